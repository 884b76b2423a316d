"""The HTTP answers beside the WebSocket: market list, errors, refusals. Text in, text out."""

import json
from collections.abc import Iterable
from math import ceil

from tickwire.simulator.market.instruments import Instrument

__all__ = [
    "bad_upgrade",
    "blocked",
    "forbidden",
    "market_list",
    "not_found",
    "quotation_error",
    "refused",
    "too_many_connects",
]

_CAUTIONS = (
    "PRICE_FLUCTUATIONS",
    "TRADING_VOLUME_SOARING",
    "DEPOSIT_AMOUNT_SOARING",
    "GLOBAL_PRICE_DIFFERENCES",
    "CONCENTRATION_OF_SMALL_ACCOUNTS",
)


def market_list(instruments: Iterable[Instrument], *, details: bool) -> str:
    """The body of `GET /v1/market/all`. No market here is under any warning."""
    event = {"warning": False, "caution": dict.fromkeys(_CAUTIONS, False)}
    return _text(
        [
            {
                "market": one.code,
                "korean_name": one.korean_name,
                "english_name": one.english_name,
                **({"market_event": event} if details else {}),
            }
            for one in instruments
        ]
    )


def quotation_error(status: int, message: str) -> str:
    """The body of a quotation call that went wrong; its name is the status as a number."""
    return _text({"error": {"name": status, "message": message}})


def not_found() -> str:
    """The body for a path that does not exist."""
    return _error("not_found", "no Route matched with those values")


def bad_upgrade() -> str:
    """The body for a request to a WebSocket path that is no upgrade."""
    return _error("bad_request", "This path speaks WebSocket only.")


def forbidden() -> str:
    """The body for a look at the referee from elsewhere."""
    return _error("forbidden", "The statistics are for this machine only.")


def refused(name: str, message: str) -> str:
    """The body of a 401."""
    return _error(name, message)


def too_many_connects() -> str:
    """The body of a 429."""
    return _error("too_many_requests", "Too many API requests.")


def blocked(wait_s: float) -> tuple[str, int]:
    """The body of a 418, and the seconds for `Retry-After`."""
    seconds = ceil(wait_s)
    error = {"name": "too_many_requests", "message": f"Blocked for {seconds} more seconds."}
    return _text({"error": error, "block_seconds": seconds}), seconds


def _error(name: str, message: str) -> str:
    return _text({"error": {"name": name, "message": message}})


def _text(body: object) -> str:
    return json.dumps(body, ensure_ascii=False, separators=(",", ":"))
