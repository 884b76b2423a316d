"""What the exchange announces."""

from typing import Any

from tickwire.events.base import BaseWebSocketEvent
from tickwire.fields import Field
from tickwire.subscription import DataType, Stream

__all__ = ["AnnouncementEvent"]


class AnnouncementEvent(BaseWebSocketEvent):
    """An announcement that was published or changed."""

    __slots__ = ()
    event_type = Field[str]("`CREATED` or `UPDATED`")
    uuid = Field[str]("identifies the announcement")
    title = Field[str]("its title")
    category = Field[str]("its category, such as `notice`")
    url = Field[str]("where it can be read")
    first_listed_at = Field[str]("when it was first published, ISO 8601 with its offset")
    listed_at = Field[str]("when this state was published, ISO 8601 with its offset")
    body = Field[str | None]("its text, Markdown; only if asked for and not too large")

    @classmethod
    def _stream_of(cls, values: Any) -> Stream:
        return Stream(DataType.ANNOUNCEMENT, category=values.category or "")
