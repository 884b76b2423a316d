"""The behaviours of the exchange that nobody has confirmed, each with a switch.

The default is what was measured where something was, else what the documentation or its sister
exchange suggests. A client that claims to cope tries both positions.
"""

from dataclasses import dataclass
from typing import Literal

__all__ = ["Switches"]


@dataclass(frozen=True, kw_only=True)
class Switches:
    """How the wire behaves where the documentation leaves it open."""

    # --- frames

    text_frames: bool = False
    """Data in text frames: 2,807 of 2,807 were binary, but the documentation promises neither."""
    list_wrapping: bool = False
    """Errors, `UP` and method replies in an array too, where the format is a list format."""
    batched_lists: bool = False
    """What is due together in one array: the list formats allow it, samples show one element."""
    english_messages: bool = False
    """Error texts as the hosts of Singapore, Indonesia and Thailand write them."""

    # --- authentication

    in_band_auth: bool = False
    """A bad token is let in and told `INVALID_AUTH`, rather than refused with HTTP 401."""
    nonce_reuse: bool = False
    """A nonce may be used again to connect; REST is known to refuse that."""
    public_types_everywhere: bool = False
    """Public types are served on the private endpoints too, rather than `INVALID_PARAM`."""
    private_connections: int | None = None
    """Open connections of a key to the private endpoints; there is a limit, unpublished."""

    # --- requests

    camel_case_flags: bool = True
    """`isOnlySnapshot` works as it did in 2021; otherwise it is one more unknown key."""
    both_flags: Literal["nothing", "everything", "WRONG_FORMAT"] = "nothing"
    """What both only-flags at once bring."""
    same_code_twice: Literal["all", "first", "last"] = "all"
    """Which of several wishes for one type and code are served, where their options differ."""
    empty_codes: Literal["NO_CODES", "INVALID_PARAM", "nothing"] = "NO_CODES"
    """What `"codes": []` brings on public types; Bithumb says `INVALID_PARAM`."""
    unknown_keys_refused: bool = False
    """Members that the documentation does not know are `WRONG_FORMAT`."""
    unknown_format: Literal["DEFAULT", "WRONG_FORMAT", "INVALID_PARAM"] = "DEFAULT"
    """What an unknown format brings; Bithumb falls back to DEFAULT."""
    level_refused: bool = False
    """`level` is `WRONG_FORMAT`, as measured on the Indonesian host."""
    request_bytes: int | None = None
    """Longer requests are `WRONG_FORMAT`; 9,468 bytes were accepted."""
    method_beside_types_refused: bool = False
    """A method and type objects in one request are `WRONG_FORMAT`; otherwise the method wins."""
    list_without_format: Literal["answer", "streams", "keep"] = "answer"
    """LIST_SUBSCRIPTIONS without a format: DEFAULT for the answer alone, DEFAULT for the streams
    too, or the format the streams have."""
    listed_suffixes: bool = True
    """LIST_SUBSCRIPTIONS shows `KRW-BTC.5` as it was asked for, rather than `KRW-BTC`."""
    listed_flags: bool = False
    """LIST_SUBSCRIPTIONS shows `is_only_realtime` and `is_only_snapshot` where they are set."""
    listed_snapshots: bool = True
    """LIST_SUBSCRIPTIONS shows what was asked for as a snapshot only, and is no live stream."""

    # --- limits and keep-alive

    rate_error_closes: bool = True
    """`TOO_MANY_REQUEST` for too many messages ends the connection, as every error does."""
    block_told: Literal["both", "header", "body", "nowhere"] = "both"
    """Where a 418 says for how long: `Retry-After`, the body's `block_seconds`, or both."""
    idle_timeout_s: float = 60.0
    """Silence until the cut: 60 s measured, 120 s documented."""
    ping_counts: bool = False
    """A text `PING` counts against the message limit."""
    lower_case_ping: bool = False
    """`ping` is as good as `PING`; otherwise it is a request that is no JSON."""

    # --- orders

    smp_by_default: bool = False
    """An order without `smp_type` is one of `cancel_maker`, with `post_only` one of `none`, and
    says so: announced for 2026-11-09, while the pages of 2026-08 and 2026-09 know no default."""
