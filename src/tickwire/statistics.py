"""A manager in figures."""

from dataclasses import dataclass

from tickwire.delivery.component import ComponentStatistics
from tickwire.delivery.hub import DeliveryStatistics
from tickwire.transport.supervisor import LaneStatistics

__all__ = ["ManagerStatistics"]


@dataclass(frozen=True)
class ManagerStatistics:
    """The whole in figures."""

    streams: int
    lanes: tuple[LaneStatistics, ...]
    delivery: DeliveryStatistics
    components: dict[str, ComponentStatistics]
    uptime_s: float

    @property
    def messages_sent(self) -> int:
        return sum(lane.messages_sent for lane in self.lanes)

    @property
    def connects(self) -> int:
        return sum(lane.connects for lane in self.lanes)
