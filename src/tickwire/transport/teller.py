"""Says what becomes of a connection: to the log, and to the components that want data of it."""

import logging
from collections.abc import Callable, Sized

from tickwire.control import ControlEvent, Reconnecting, Refused, Restored
from tickwire.core import actions
from tickwire.core.exchange import Endpoint, Refusal
from tickwire.core.listing import Verification
from tickwire.core.planner import Plan
from tickwire.errors import AuthenticationError, ExchangeError

__all__ = ["Teller"]

_log = logging.getLogger("tickwire.connection")

_KEYS_REMEDY = (
    "check that both are right and not expired, that they are allowed from the IP address of this "
    "machine, and that they have the permissions for what is wanted"
)


class Teller:
    """The voice of one connection; `tell` reaches the components."""

    def __init__(self, endpoint: Endpoint, tell: Callable[[ControlEvent], None]) -> None:
        self._endpoint = endpoint
        self._tell = tell

    def __repr__(self) -> str:
        return f"<Teller of {self._endpoint}>"

    # --- to the log alone ---------------------------------------------------------------------

    def connected(self, url: str) -> None:
        """The connection stands."""
        _log.info("%s: connected to %s", self._endpoint, url)

    def closing(self, reason: str) -> None:
        """It is given up."""
        _log.info("%s: closing: %s", self._endpoint, reason)

    def sent(self, plan: Plan) -> None:
        """A message has gone out."""
        _log.debug(
            "%s: sent %d streams, %d of them live already, and asked for %d snapshots",
            self._endpoint,
            len(plan.streams),
            len(plan.live),
            len(plan.once),
        )

    def confirmed(self, streams: Sized) -> None:
        """Nobody has objected to what was asked for."""
        _log.debug("%s: %d streams confirmed without data", self._endpoint, len(streams))

    def differs(self, found: Verification) -> None:
        """The exchange does not serve what it was asked for."""
        _log.warning(
            "%s: the exchange does not serve %s, and serves %s unasked",
            self._endpoint,
            ", ".join(map(str, sorted(found.missing))) or "nothing less",
            ", ".join(map(str, sorted(found.extra))) or "nothing",
        )

    def slowed(self, answer: int | str, ratio: float, strategy: str) -> None:
        """The exchange has complained of the rate, which is so much of the strategy's now."""
        _log.warning(
            "%s: the exchange complains of the rate (%s); it is %.0f %% of %s from now on",
            self._endpoint,
            answer,
            100 * ratio,
            strategy,
        )

    # --- to the components as well ------------------------------------------------------------

    def lost(self, loss: actions.Lost) -> None:
        """The connection was lost, or the attempt at one has failed."""
        _log.log(
            logging.ERROR if loss.alarm else logging.WARNING,
            "%s: %s; next attempt in %.1f s (failure %d in a row)",
            self._endpoint,
            loss.reason,
            loss.delay_s,
            loss.failures,
        )
        if loss.keys_refused:
            error = AuthenticationError(
                f"the exchange does not accept the keys ({loss.reason}): {_KEYS_REMEDY}"
            )
            _log.error("%s: %s", self._endpoint, error)
            self._tell(Refused(error))
        self._tell(Reconnecting(loss.reason, loss.failures, loss.delay_s, loss.alarm))

    def restored(self, back: actions.Restored) -> None:
        """After a loss everything that was asked for has come, but for what is missing."""
        _log.info(
            "%s: restored %d streams after %.3f s; missing: %s",
            self._endpoint,
            back.confirmed,
            back.outage_s,
            ", ".join(map(str, back.missing)) or "none",
        )
        self._tell(Restored(back.confirmed, back.missing, back.outage_s))

    def refused(self, refusal: Refusal) -> None:
        """The exchange has answered with an error."""
        _log.error(
            "%s: the exchange answered %s: %s", self._endpoint, refusal.name, refusal.message
        )
        self._tell(Refused(ExchangeError(refusal.name, refusal.message)))
