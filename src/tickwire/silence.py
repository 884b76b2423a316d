"""Streams that stay silent: those that do not exist are rejected, the others asked for again."""

import logging

from tickwire.components import Components
from tickwire.control import Rejected
from tickwire.delivery.hub import DataProcessor
from tickwire.errors import ProtocolError, TransportError
from tickwire.markets import Markets
from tickwire.subscription import Stream
from tickwire.transport.supervisor import Supervisor

__all__ = ["Silence"]

_log = logging.getLogger("tickwire.manager")


class Silence:
    """Looks silent streams up in the market list, and tells who wants them what became of it."""

    def __init__(self, markets: Markets, hub: DataProcessor, components: Components) -> None:
        self._markets = markets
        self._hub = hub
        self._components = components

    async def answer(self, lane: Supervisor, silent: tuple[Stream, ...]) -> None:
        """Tell a lane which of its silent streams do not exist, and reject those."""
        epoch = lane.connection.epoch
        try:
            unknown, quiet = await self._markets.judge(silent)
        except (TransportError, ProtocolError) as error:
            _log.warning("the market list could not be read: %s", error)
            lane.answered(epoch, (), silent)
            return
        # What has come while the list was read exists, whether it is listed yet or not.
        alive = lane.connection.ledger.alive
        unknown = {each: near for each, near in unknown.items() if each not in alive}
        lane.answered(epoch, unknown, quiet)
        for stream, suggestion in unknown.items():
            self._reject(stream, suggestion)

    def _reject(self, stream: Stream, suggestion: str | None) -> None:
        hint = f"; did you mean {suggestion}?" if suggestion else ""
        _log.warning("%s does not exist on this exchange%s", stream, hint)
        reason = f"the exchange lists no market {stream.symbol}"
        self._hub.tell([stream], Rejected(stream, reason, suggestion))
        self._components.reject(stream)
