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
            rejected, quiet = await self._markets.judge(silent)
        except (TransportError, ProtocolError) as error:
            _log.warning("the market list could not be read: %s", error)
            lane.answered(epoch, (), silent)
            return
        # What has come while the list was read exists, whether it is listed yet or not.
        alive = lane.connection.ledger.alive
        rejected = tuple(each for each in rejected if each.stream not in alive)
        lane.answered(epoch, [each.stream for each in rejected], quiet)
        for each in rejected:
            self._reject(each)

    def _reject(self, rejected: Rejected) -> None:
        stream = rejected.stream
        hint = f"; did you mean {rejected.suggestion}?" if rejected.suggestion else ""
        reason = rejected.reason + hint
        _log.warning("%s is rejected: %s", stream, reason)
        self._hub.tell([stream], rejected)
        self._components.reject(stream, reason)
