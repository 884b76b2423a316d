"""Who may come in: bans, limits of connects and of `Origin`s, tokens, private connections.

An attempt meets these in turn, and the first that says no is the answer:

    `Origin`, if it has one ──► 429        its address: one in 10 s
    connects, or a ban ──────► 429, 418    its address or, with a token, its Pocket: 5 in a second
    token ───────────────────► 401         where one is needed; by a switch it is told in band
    private connections ─────► 429         its key, where a switch limits them
"""

from typing import NamedTuple, TypeVar

from tickwire.simulator.auth import AuthError, Authority, Authorized
from tickwire.simulator.limits import CONNECTS_PER_SECOND, ConnectGate, OriginGate
from tickwire.simulator.referee import Referee
from tickwire.simulator.switches import Switches
from tickwire.simulator.wire.endpoints import Endpoint

__all__ = ["Admission", "Admitted", "Refusal"]

_K = TypeVar("_K")
_V = TypeVar("_V")

# A client that changes its address for each attempt must not fill the memory.
_GATES_KEPT = 10_000


class Admitted(NamedTuple):
    """A connection that is let in: the access key of its token, what is to be told in band."""

    account: str | None
    error: AuthError | None = None


class Refusal(NamedTuple):
    """A connection that is not let in: HTTP status, if blocked for how long, what is wrong."""

    status: int
    wait_s: float
    error: AuthError | None = None


class Admission:
    """The door of the exchange. The referee hears of every attempt."""

    def __init__(self, authority: Authority, referee: Referee, switches: Switches) -> None:
        self._authority = authority
        self._referee = referee
        self._switches = switches
        self._gates: dict[tuple[str, str], ConnectGate] = {}
        self._origins: dict[str, OriginGate] = {}
        self._banned_until_ns = 0

    def __repr__(self) -> str:
        return f"Admission({len(self._gates)} gates)"

    def knock(
        self,
        address: str,
        now_ns: int,
        *,
        endpoint: Endpoint,
        authorization: str | None,
        origin: bool,
    ) -> Admitted | Refusal:
        """Somebody at this address opens an endpoint, with these headers."""
        if origin and not self.admit_origin(address, now_ns):
            return Refusal(429, 0.0)
        account, error = self._who(endpoint, authorization)
        gate = self._gate(address, account)
        if now_ns < self._banned_until_ns:
            status, wait_s = gate.turn_away(now_ns, self._banned_until_ns)
        else:
            status, wait_s = gate.knock(now_ns)
        self._referee.attempted(gate, status, CONNECTS_PER_SECOND, now_ns)
        if status != 101:
            return Refusal(status, wait_s)
        if error is not None and not self._switches.in_band_auth:
            return Refusal(401, 0.0, error)
        most = self._switches.private_connections
        if most is not None and endpoint != "public" and self._referee.private(account) >= most:
            return Refusal(429, 0.0)
        return Admitted(account, error)

    def admit_origin(self, address: str, now_ns: int) -> bool:
        """May this address make a request with an `Origin` now? Counts it."""
        admitted = _kept(self._origins, address, OriginGate()).knock(now_ns)
        self._referee.originated(admitted)
        return admitted

    def connects_left(self, address: str, account: str | None, now_ns: int) -> int:
        """How many more connects the address, or the Pocket of the account, may make at once."""
        return self._gate(address, account).left(now_ns)

    def ban(self, until_ns: int) -> None:
        """Let nobody in until then, whoever they are."""
        self._banned_until_ns = until_ns

    def _who(
        self, endpoint: Endpoint, authorization: str | None
    ) -> tuple[str | None, AuthError | None]:
        """The account that a token is for; what is wrong with it where one is needed."""
        if endpoint == "public" and authorization is None:
            return None, None
        # Also of a connect that is refused then: whoever tries again needs a new token.
        checked = self._authority.check(authorization, reuse=self._switches.nonce_reuse)
        if isinstance(checked, Authorized):
            return checked.access_key, None
        return None, (None if endpoint == "public" else checked)

    def _gate(self, address: str, account: str | None) -> ConnectGate:
        """Connects count for the address, those with a token for its Pocket: here, for its key."""
        who = ("address", address) if account is None else ("pocket", account)
        return _kept(self._gates, who, ConnectGate())


def _kept(gates: dict[_K, _V], who: _K, new: _V) -> _V:
    """The gate of somebody; for a new one the longest unused has to go once there are too many."""
    gate = gates.pop(who, new)
    gates[who] = gate
    if len(gates) > _GATES_KEPT:
        del gates[next(iter(gates))]
    return gate
