"""Announcements: what may be asked for, their rhythm, their texts."""

import json
from itertools import pairwise
from typing import Any

import pytest

from tests.simulator.desk import START_NS, Desk, said
from tests.simulator.raw import ACCESS, SECRET, bearer
from tickwire.errors import UsageError
from tickwire.simulator.info.announcement_texts import TEMPLATES
from tickwire.simulator.info.announcements import (
    CATEGORIES,
    LARGEST_BODY,
    AnnouncementNotice,
    Announcements,
    AnnouncementWish,
    read_wish,
)
from tickwire.simulator.wire.formats import DEFAULT, FORMATS
from tickwire.simulator.wire.notice import Notice
from tickwire.simulator.wire.request import Refused, Wish

START_MS = START_NS // 1_000_000
HOUR_MS = 3_600_000
ALL = read_wish({"type": "announcement", "include_body": True})


def decoded(notice: Notice, wish: Wish = ALL, form: str = "DEFAULT") -> Any:
    frame = notice.frame_for(wish, None, FORMATS[form])
    return None if frame is None else json.loads(frame)


def made(seed: int = 1, *, hours: float = 1, step_ms: int = 1_000) -> list[tuple[int, Any]]:
    """What is announced from the start on, and when it was heard."""
    announcements = Announcements(seed=seed, now_ms=START_MS)
    heard, now = [], START_MS
    while now < START_MS + hours * HOUR_MS:
        now += step_ms
        heard += [(now, decoded(notice)) for notice in announcements.step(now)]
    return heard


def test_no_categories_are_all_categories() -> None:
    """Both options may be missing; codes are not looked at."""
    wish = read_wish({"type": "announcement", "codes": ["KRW-BTC"]})
    assert wish == AnnouncementWish(type="announcement", codes=())
    assert read_wish({"type": "announcement", "categories": []}) == wish
    assert wish.report() == {"type": "announcement"}


def test_every_category_may_be_asked_for() -> None:
    """All known categories are served, alone and together."""
    for category in CATEGORIES:
        assert read_wish({"type": "announcement", "categories": [category]}).categories == (
            category,
        )
    wish = read_wish({"type": "announcement", "categories": list(CATEGORIES), "include_body": True})
    assert wish.report() == {
        "type": "announcement",
        "categories": list(CATEGORIES),
        "include_body": True,
    }
    assert wish.listed(short=True) == {"ty": "announcement"}


@pytest.mark.parametrize(
    ("options", "name"),
    [
        ({"categories": ["notice", "nope"]}, "INVALID_PARAM"),
        ({"categories": ["NOTICE"]}, "INVALID_PARAM"),
        ({"categories": "notice"}, "WRONG_FORMAT"),
        ({"categories": [7]}, "WRONG_FORMAT"),
        ({"include_body": 1}, "WRONG_FORMAT"),
        ({"include_body": "true"}, "WRONG_FORMAT"),
    ],
)
def test_a_wrong_wish_is_refused_by_name(options: dict[str, Any], name: str) -> None:
    """Unknown categories are no parameters, other shapes no format."""
    with pytest.raises(Refused) as refused:
        read_wish({"type": "announcement", **options})
    assert refused.value.name == name


def test_the_rhythm_is_slow() -> None:
    """The first comes soon, then one every 30 to 90 seconds."""
    moments = [one["timestamp"] for _, one in made()]
    assert START_MS + 5_000 <= moments[0] <= START_MS + 15_000
    pauses = [after - before for before, after in pairwise(moments)]
    assert 30_000 <= min(pauses) < max(pauses) <= 90_000


def test_the_seed_decides_and_the_steps_do_not() -> None:
    """The same seed announces the same, however time is cut; another seed something else."""
    expected = [one for _, one in made(1)]
    assert [one for _, one in made(1, step_ms=77)] == expected
    assert [one for _, one in made(1, step_ms=300_000)] == expected
    assert [one for _, one in made(2)] != expected


def test_a_host_that_slept_does_not_hear_of_it_all() -> None:
    """Of a night only the last minutes are told, and time goes on from there."""
    announcements = Announcements(seed=1, now_ms=START_MS)
    morning = START_MS + 9 * HOUR_MS
    told = [decoded(notice)["timestamp"] for notice in announcements.step(morning)]
    assert 5 <= len(told) <= 21
    assert min(told) > morning - 600_000
    assert not announcements.step(morning)


def test_updates_are_of_something_announced_before() -> None:
    """An update keeps number, first date and title, and adds to the body."""
    known: dict[str, Any] = {}
    updates = 0
    for _, one in made(hours=3):
        before = known.get(one["uuid"])
        if one["event_type"] == "CREATED":
            assert before is None
            assert one["first_listed_at"] == one["listed_at"]
        else:
            updates += 1
            assert before is not None
            assert one["listed_at"] > one["first_listed_at"] == before["first_listed_at"]
            assert (one["title"], one["url"]) == (before["title"], before["url"])
            assert one["body"].startswith(before["body"])
            assert len(one["body"]) > len(before["body"])
        known[one["uuid"]] = one
    assert updates
    assert {one["category"] for one in known.values()} == {one.category for one in TEMPLATES}
    assert set(CATEGORIES[:8]) == {one.category for one in TEMPLATES}
    for one in known.values():
        assert "{" not in one["title"]
        assert "{name}" not in one["body"]


def test_categories_filter() -> None:
    """Who wants one category hears nothing of the others."""
    announcements = Announcements(seed=1, now_ms=START_MS)
    wish = read_wish({"type": "announcement", "categories": ["trade", "event"]})
    notices = announcements.step(START_MS + 500_000)
    announcements.announce("t", "event", now_ms=START_MS + 500_000)
    announcements.announce("t", "nft", now_ms=START_MS + 500_000)
    notices += announcements.step(START_MS + 500_001)
    for notice in notices:
        heard, everything = decoded(notice, wish), decoded(notice)
        assert (heard is not None) == (everything["category"] in {"trade", "event"})
        assert heard is None or "body" not in heard
    assert decoded(notices[0], Wish(type="ticker", codes=("KRW-BTC",))) is None


def test_an_announcement_of_ones_own() -> None:
    """It comes with the next step, to the letter of the page, and can be updated."""
    announcements = Announcements(seed=1, now_ms=START_MS)
    first = announcements.announce(
        "[점검] 지갑 점검 안내", "maintenance", '## 점검\n- "14:00"', now_ms=START_MS
    )
    (notice,) = announcements.step(START_MS)
    assert announcements.step(START_MS) == []
    bare = read_wish({"type": "announcement"})
    frame = notice.frame_for(bare, "key", DEFAULT)
    assert frame is not None
    assert frame.decode() == (
        '{"type":"announcement","event_type":"CREATED","uuid":"560100001",'
        '"title":"[점검] 지갑 점검 안내","category":"maintenance",'
        '"url":"https://upbit.com/service_center/notice?id=109001&view=share",'
        '"first_listed_at":"2026-11-20T12:59:12+09:00","listed_at":"2026-11-20T12:59:12+09:00",'
        '"timestamp":1795147152000,"stream_type":"REALTIME"}'
    )
    announcements.update(first, body="끝", now_ms=START_MS + 2_000)
    (update,) = announcements.step(START_MS + 2_000)
    assert decoded(update, ALL, "SIMPLE") == {
        "ty": "announcement",
        "et": "UPDATED",
        "uid": "560100001",
        "tt": "[점검] 지갑 점검 안내",
        "cat": "maintenance",
        "url": "https://upbit.com/service_center/notice?id=109001&view=share",
        "flat": "2026-11-20T12:59:12+09:00",
        "lat": "2026-11-20T12:59:14+09:00",
        "tms": START_MS + 2_000,
        "st": "REALTIME",
        "bd": "끝",
    }
    assert isinstance(update, AnnouncementNotice)
    assert update.announcement.uuid == first.uuid


def test_ones_own_do_not_disturb_the_row() -> None:
    """What the seed announces is the same beside what a test announces."""
    announcements = Announcements(seed=1, now_ms=START_MS)
    announcements.announce("t", "event", now_ms=START_MS)
    heard = [decoded(notice) for notice in announcements.step(START_MS + 300_000)]
    assert [one for one in heard if one["title"] != "t"] == [one for _, one in made(hours=1 / 12)]


def test_a_body_is_null_where_there_is_none_to_send() -> None:
    """Too large a body is left out; who did not ask has no such key."""
    announcements = Announcements(seed=1, now_ms=START_MS)
    announcements.announce("a", "event", now_ms=START_MS)
    announcements.announce("b", "event", "x" * (LARGEST_BODY + 1), now_ms=START_MS)
    announcements.announce("c", "event", "x" * LARGEST_BODY, now_ms=START_MS)
    bodies = [decoded(notice)["body"] for notice in announcements.step(START_MS)]
    assert bodies == [None, None, "x" * LARGEST_BODY]


def test_an_unknown_category_is_a_mistake_of_the_caller() -> None:
    """A test that announces nonsense is told so at once."""
    with pytest.raises(UsageError):
        Announcements(seed=1, now_ms=START_MS).announce("t", "nope", now_ms=START_MS)


def test_the_four_formats_say_the_same() -> None:
    """Same values in the same order; the lists have one element."""
    announcements = Announcements(seed=1, now_ms=START_MS)
    for notice in announcements.step(START_MS + 400_000):
        long, short, listed, short_listed = (decoded(notice, ALL, form) for form in FORMATS)
        assert list(long.values()) == list(short.values())
        assert (listed, short_listed) == ([long], [short])


def test_a_connection_hears_of_its_categories() -> None:
    """On /private, without a snapshot, as long as the wish stands."""
    desk = Desk(keys={ACCESS: SECRET})
    session = desk.connect(endpoint="private", authorization=bearer())
    desk.ask(session, {"type": "announcement", "categories": ["nft"]}, {"format": "SIMPLE"})
    announcements, now_ms = desk.exchange.announcements, desk.now_ns // 1_000_000
    announcements.announce("하나", "nft", now_ms=now_ms)
    announcements.announce("둘", "event", now_ms=now_ms)
    desk.advance(0.1)
    assert [(one["tt"], one["st"], "bd" in one) for one in said(session)] == [
        ("하나", "REALTIME", False)
    ]
    desk.ask(session, {"method": "LIST_SUBSCRIPTIONS"})
    (answer,) = said(session)
    assert answer["result"] == [{"type": "announcement"}]
    desk.ask(session, {"type": "announcement", "categories": ["nope"]})
    assert session.closing == "INVALID_PARAM"
