"""What the referee reports beside counts of messages, frames and connects."""

from typing import Any

from tests.simulator.desk import Desk, said
from tests.simulator.raw import ACCESS, KEYS, bearer
from tickwire.simulator.wire.session import Session

TICKER = {"type": "ticker", "codes": ["KRW-BTC"]}
TRADE = {"type": "trade", "codes": ["KRW-BTC", "KRW-ETH"]}


def report(desk: Desk) -> dict[str, Any]:
    return desk.exchange.referee.report(desk.now_ns)


def orphaned(desk: Desk) -> list[int]:
    """Of each connection."""
    listed = report(desk)
    counts = [one["orphaned"] for one in listed["connections"]]
    assert listed["totals"]["orphaned"] == sum(counts)
    return counts


def at(desk: Desk, address: str, *wishes: dict[str, Any]) -> Session:
    session = desk.connect(address)
    desk.ask(session, *wishes)
    return session


def test_an_account_is_shown_by_its_first_characters() -> None:
    """A report tells keys apart and does not give them away."""
    desk = Desk(keys=KEYS)
    desk.connect()
    desk.connect(endpoint="private", authorization=bearer())
    desk.connect(endpoint="info", authorization=bearer())
    shown = [(one["endpoint"], one["account"]) for one in report(desk)["connections"]]
    assert shown == [("public", None), ("private", "ACCE"), ("info", "ACCE")]
    assert ACCESS not in str(report(desk))


def test_failures_of_tokens_are_counted() -> None:
    """Refused tokens and nonces that came twice; a used nonce is both."""
    desk = Desk(keys=KEYS)
    token = bearer()
    for authorization in (None, "Bearer nonsense", token, token):
        desk.knock("10.0.0.1", endpoint="private", authorization=authorization)
    totals = report(desk)["totals"]
    assert (totals["auth_failures"], totals["nonce_reuses"]) == (3, 1)
    assert totals["connects"] == 1


def test_origins_are_counted() -> None:
    """Every request with `Origin`, let in or not; a refusal is a 429 but no connect too many."""
    desk = Desk()
    for _ in range(3):
        desk.knock("10.0.0.1", origin=True)
    desk.knock("10.0.0.2", origin=True)
    totals = report(desk)["totals"]
    assert (totals["origins"], totals["origin_refusals"]) == (4, 2)
    assert totals["refusals"] == {"429": 2, "418": 0}
    assert totals["breaches"]["connects_per_second"] == 0


def test_ids_issued_are_those_told() -> None:
    """Count and last id of each market's trades, as a client that hears all of them finds."""
    desk = Desk()
    session = desk.subscribed({**TRADE, "is_only_realtime": True})
    desk.advance(20)
    told: dict[str, list[int]] = {}
    for trade in said(session):
        told.setdefault(trade["code"], []).append(int(trade["sequential_id"]))
    issued = report(desk)["ids_issued"]
    assert set(issued) > {"KRW-BTC", "KRW-ETH"}
    for code, ids in told.items():
        assert issued[code] == {"count": len(ids), "last": ids[-1]}


def test_streams_of_unknown_codes_are_orphaned() -> None:
    """What nothing will ever come for counts, each stream once, until it is given up."""
    desk = Desk()
    session = at(desk, "10.0.0.1", {"type": "ticker", "codes": ["KRW-NOPE", "KRW-BTC", "krw-btc"]})
    assert orphaned(desk) == [2]
    desk.ask(session, TICKER)
    assert orphaned(desk) == [0]
    desk.ask(session, {"type": "ticker", "codes": ["KRW-NOPE"], "is_only_snapshot": True})
    assert orphaned(desk) == [0]
    desk.ask(session, {"type": "ticker", "codes": ["KRW-NOPE"]})
    desk.send(session, "nonsense")
    assert orphaned(desk) == [0]


def test_a_connection_that_another_covers_is_orphaned() -> None:
    """The old connection counts once its client has everything on another one as well."""
    desk = Desk()
    old = at(desk, "10.0.0.1", TICKER, TRADE)
    new = at(desk, "10.0.0.1", TRADE)
    # The new one covers a part; the old one covers the new one.
    assert orphaned(desk) == [0, 2]
    desk.ask(new, TICKER, TRADE)
    assert orphaned(desk) == [3, 0]
    at(desk, "10.0.0.2", TICKER, TRADE)
    assert orphaned(desk) == [3, 0, 0]
    desk.exchange.disconnect(old, desk.now_ns, 1000, "")
    assert orphaned(desk) == [0, 0, 0]


def test_one_of_several_equals_is_needed() -> None:
    """Three connections of the same streams are two too many; other options are other streams."""
    desk = Desk()
    for _ in range(3):
        at(desk, "10.0.0.1", TICKER)
    assert orphaned(desk) == [1, 1, 0]
    book = {"type": "orderbook", "codes": ["KRW-BTC"]}
    at(desk, "10.0.0.1", book)
    at(desk, "10.0.0.1", {**book, "codes": ["KRW-BTC.5"]})
    assert orphaned(desk) == [1, 1, 0, 0, 0]


def test_worst_windows_and_breaches_are_exact() -> None:
    """Every message counts in its windows, also those that the limit refused."""
    desk = Desk()
    session = desk.connect()
    for _ in range(5):
        desk.ask(session, {"method": "LIST_SUBSCRIPTIONS"})
        desk.now_ns += 200_000_000
    desk.ask(session, {"method": "LIST_SUBSCRIPTIONS"})
    totals = report(desk)["totals"]
    assert totals["worst_windows"]["messages_1s"] == 5
    assert totals["worst_windows"]["messages_60s"] == 6
    assert totals["breaches"]["messages_per_second"] == 0
    desk.ask(session, {"method": "LIST_SUBSCRIPTIONS"})
    totals = report(desk)["totals"]
    assert totals["worst_windows"]["messages_1s"] == 6
    assert totals["breaches"]["messages_per_second"] == 1
