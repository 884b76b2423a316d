"""Announcements: wishes for them, and a slow row of made-up ones.

    read_wish(element)    a type object of a request ──► AnnouncementWish, or Refused
    step(now)             time goes on ──► Notices of what has been announced
    announce(…)           one more, for the next step: what a user's own test waits for
    update(…)             a change of that one, likewise

The row follows from the seed alone: every 30 to 90 seconds a new announcement, or now and then
the update of a recent one. Source: the websocket-announcement page of docs.upbit.com (2026-09-22).
"""

import json
from collections import deque
from dataclasses import dataclass, replace
from typing import Any

from tickwire.errors import UsageError
from tickwire.simulator.dates import written
from tickwire.simulator.info.announcement_texts import ASSETS, TEMPLATES, UPDATES
from tickwire.simulator.wire.formats import Format
from tickwire.simulator.wire.frames import REALTIME
from tickwire.simulator.wire.notice import Notice
from tickwire.simulator.wire.request import Refused, Wish
from tickwire.world import Random

__all__ = [
    "CATEGORIES",
    "CREATED",
    "LARGEST_BODY",
    "UPDATED",
    "Announcement",
    "AnnouncementNotice",
    "AnnouncementWish",
    "Announcements",
    "read_wish",
]

# The first eight are the page's. The others are in the SDK, and one of them in a sample of the
# guide: they may be asked for, but nothing is ever announced under them unless a test does.
CATEGORIES = (
    "notice",
    "trade",
    "wallet",
    "maintenance",
    "digital_asset",
    "nft",
    "service",
    "event",
    "note",
    "trading",
    "airdrop",
    "feature",
    "disclosure",
)

CREATED, UPDATED = "CREATED", "UPDATED"

# The page says that a large body is left out, not how large that is.
LARGEST_BODY = 20_000

# The first comes soon, for those who have just connected to have a look.
_FIRST_MS = (5_000, 15_000)
_PAUSE_MS = (30_000, 90_000)
_UPDATED_SHARE = 0.2
_REMEMBERED = 5
_HOUR_MS = 3_600_000
# A host that slept does not get all that it missed.
_OLDEST_MS = 600_000

_KEYS = (
    ("type", "ty"),
    ("event_type", "et"),
    ("uuid", "uid"),
    ("title", "tt"),
    ("category", "cat"),
    ("url", "url"),
    ("first_listed_at", "flat"),
    ("listed_at", "lat"),
    ("timestamp", "tms"),
    ("stream_type", "st"),
)
_BODY = ("body", "bd")


@dataclass(frozen=True, kw_only=True)
class AnnouncementWish(Wish):
    """A type object for `announcement`. No categories are all categories."""

    categories: tuple[str, ...] = ()
    include_body: bool = False

    def listed(self, *, short: bool) -> dict[str, Any]:
        """The entry of LIST_SUBSCRIPTIONS. That it shows no options is a guess."""
        return {"ty" if short else "type": self.type}

    def report(self) -> dict[str, object]:
        """As the referee shows it: what differs from the default is named."""
        shown: dict[str, object] = {"type": self.type}
        if self.categories:
            shown["categories"] = list(self.categories)
        if self.include_body:
            shown["include_body"] = True
        return shown


def read_wish(element: dict[str, Any]) -> AnnouncementWish:
    """The wish in a type object for `announcement`; codes are not looked at. Raises `Refused`."""
    categories = element.get("categories")
    if categories is None:
        categories = []
    if not isinstance(categories, list) or not all(isinstance(one, str) for one in categories):
        raise Refused("WRONG_FORMAT")
    for category in categories:
        if category not in CATEGORIES:
            raise Refused("INVALID_PARAM", category)
    include_body = element.get("include_body", False)
    if not isinstance(include_body, bool):
        raise Refused("WRONG_FORMAT")
    return AnnouncementWish(
        type="announcement",
        codes=(),
        categories=tuple(categories),
        include_body=include_body,
    )


@dataclass(frozen=True, kw_only=True)
class Announcement:
    """One announcement as it stands. Times in ms since 1970 UTC; `body` is Markdown."""

    number: int
    title: str
    category: str
    body: str | None
    first_listed_ms: int
    listed_ms: int

    @property
    def uuid(self) -> str:
        return str(560_000_000 + self.number)

    @property
    def url(self) -> str:
        return f"https://upbit.com/service_center/notice?id={9_000 + self.number}&view=share"


class AnnouncementNotice:
    """An announcement that has been made, or made anew."""

    def __init__(self, announcement: Announcement, event_type: str) -> None:
        self.announcement = announcement
        self.event_type = event_type
        self._frames: dict[tuple[Format, bool], bytes] = {}

    def __repr__(self) -> str:
        return f"AnnouncementNotice({self.event_type}, {self.announcement.title})"

    def frame_for(self, wish: Wish, account: str | None, form: Format) -> bytes | None:
        """The frame for a connection with this wish; announcements are for every account."""
        if not isinstance(wish, AnnouncementWish) or (
            wish.categories and self.announcement.category not in wish.categories
        ):
            return None
        variant = form, wish.include_body
        frame = self._frames.get(variant)
        if frame is None:
            frame = self._frames[variant] = self._written(form, include_body=wish.include_body)
        return frame

    def _written(self, form: Format, *, include_body: bool) -> bytes:
        one = self.announcement
        members: dict[str, object] = {
            names[form.short]: value
            for names, value in zip(
                _KEYS,
                (
                    "announcement",
                    self.event_type,
                    one.uuid,
                    one.title,
                    one.category,
                    one.url,
                    f"{written(one.first_listed_ms).kst}+09:00",
                    f"{written(one.listed_ms).kst}+09:00",
                    one.listed_ms,
                    REALTIME,
                ),
                strict=True,
            )
        }
        if include_body:
            fits = one.body is not None and len(one.body) <= LARGEST_BODY
            members[_BODY[form.short]] = one.body if fits else None
        return form.frame(json.dumps(members, ensure_ascii=False, separators=(",", ":")))


class Announcements:
    """All that is announced, moved forward in time."""

    def __init__(self, *, seed: int, now_ms: int) -> None:
        self._random = Random(f"{seed}/announcements")
        self._number = self._random.randrange(100, 900)
        # Those asked for count by themselves: the made-up row stays as the seed has it.
        self._asked_number = 100_000
        self._due_ms = now_ms + self._random.randrange(*_FIRST_MS)
        self._recent: deque[Announcement] = deque(maxlen=_REMEMBERED)
        self._asked: list[AnnouncementNotice] = []

    def __repr__(self) -> str:
        return f"Announcements(next at {self._due_ms})"

    def announce(
        self, title: str, category: str, body: str | None = None, *, now_ms: int
    ) -> Announcement:
        """Announce this with the next step. Raises `UsageError` for an unknown category."""
        if category not in CATEGORIES:
            raise UsageError(f"no category {category!r}; there are {', '.join(CATEGORIES)}")
        self._asked_number += 1
        made = Announcement(
            number=self._asked_number,
            title=title,
            category=category,
            body=body,
            first_listed_ms=now_ms,
            listed_ms=now_ms,
        )
        self._asked.append(AnnouncementNotice(made, CREATED))
        return made

    def update(
        self,
        announcement: Announcement,
        *,
        title: str | None = None,
        body: str | None = None,
        now_ms: int,
    ) -> Announcement:
        """Announce with the next step that this one has changed; what is not given stays."""
        changed = replace(
            announcement,
            title=announcement.title if title is None else title,
            body=announcement.body if body is None else body,
            listed_ms=now_ms,
        )
        self._asked.append(AnnouncementNotice(changed, UPDATED))
        return changed

    def due_ms(self, by_ms: int) -> int:
        """When there is next something to announce, at the latest `by_ms`."""
        return min(by_ms, 0 if self._asked else self._due_ms)

    def step(self, now_ms: int) -> list[Notice]:
        """What has been announced by now."""
        notices: list[Notice] = []
        while self._due_ms <= now_ms:
            notice = self._next(self._due_ms)
            if self._due_ms > now_ms - _OLDEST_MS:
                notices.append(notice)
            self._due_ms += self._random.randrange(*_PAUSE_MS)
        notices += self._asked
        self._asked = []
        return notices

    def _next(self, at_ms: int) -> AnnouncementNotice:
        rng = self._random
        name, code = rng.choice(ASSETS)
        begin_ms = at_ms - at_ms % _HOUR_MS + _HOUR_MS * rng.randrange(2, 30)
        begin, end = written(begin_ms).kst, written(begin_ms + _HOUR_MS * rng.randrange(1, 5)).kst
        slots = {
            "name": name,
            "code": code,
            "day": f"{int(begin[5:7])}월 {int(begin[8:10])}일",
            "clock": begin[11:16],
            "until": end[11:16],
        }
        if self._recent and rng.random() < _UPDATED_SHARE:
            place = rng.randrange(len(self._recent))
            before = self._recent[place]
            body = (before.body or "") + rng.choice(UPDATES).format(**slots)
            self._recent[place] = changed = replace(before, body=body, listed_ms=at_ms)
            return AnnouncementNotice(changed, UPDATED)
        template = rng.choice(TEMPLATES)
        self._number += 1
        made = Announcement(
            number=self._number,
            title=template.title.format(**slots),
            category=template.category,
            body=template.body.format(**slots),
            first_listed_ms=at_ms,
            listed_ms=at_ms,
        )
        self._recent.append(made)
        return AnnouncementNotice(made, CREATED)
