"""The life of one participant: it joins a manager, is one component of it, and leaves."""

import warnings
from collections.abc import Callable
from types import TracebackType
from typing import ClassVar, Self

from tickwire.components import check_component_id
from tickwire.core.explanation import Explanation
from tickwire.delivery.component import Component
from tickwire.errors import UsageError
from tickwire.manager import WebSocketManager
from tickwire.readiness import Readiness

__all__ = ["Participant"]


class Participant:
    """What clients and pools have in common. The manager is found when it is first needed.

    The manager holds it weakly: once it is collected, its wishes are withdrawn. If another one
    takes its id, it has lost its place for good, and every call but that to leave says so.
    """

    _kind: ClassVar[str]
    """What messages call it, such as "client"."""
    _left: ClassVar[str]
    """What has happened to one that has left, and what to do then."""

    def __init__(self, component_id: str, find_manager: Callable[[], WebSocketManager]) -> None:
        check_component_id(component_id)
        self.component_id = component_id
        self._manager: WebSocketManager | None = None
        self._find_manager = find_manager
        self._component: Component | None = None
        self._is_open = True

    def __del__(self) -> None:
        if getattr(self, "_component", None) is not None and self._is_open:
            warnings.warn(
                f"{self._kind} {self.component_id!r} was collected while open and its wishes are "
                "gone; keep a reference to it, or use 'async with'",
                ResourceWarning,
                stacklevel=2,
                source=self,
            )

    async def __aenter__(self) -> Self:
        await self._join()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._leave()

    @property
    def manager(self) -> WebSocketManager:
        """The manager whose connections are shared here: its statistics, limits and plan.

        Raises `UsageError` if it has to be found first, and no event loop is running.
        """
        if self._manager is None:
            self._manager = self._find_manager()
        return self._manager

    async def _join(self) -> tuple[WebSocketManager, Component]:
        self._check_open()
        manager = self.manager
        await manager.start()
        self._check_open()  # it may have been left meanwhile
        if self._component is None:
            self._component = manager.components.new(self.component_id, self)
        manager.components.join(self._component)
        return manager, self._component

    def _check_open(self) -> None:
        if not self._is_open:
            raise UsageError(f"{self._kind} {self.component_id!r} was {self._left}")

    def _check_place(self) -> None:
        """Raise `UsageError` for whoever is open still but has lost its id to another one."""
        if self._is_open and self._manager is not None and self._component is not None:
            self._manager.components.check(self._component)

    def _leave(self) -> None:
        if self._manager is not None and self._component is not None:
            self._manager._release(self._component)
        self._is_open = False

    async def ready(self, timeout: float | None = 10.0) -> Readiness:
        """Wait until every stream wanted is confirmed, or the time (seconds) is up.

        The result tells what is `confirmed`, what is `missing` and what was `rejected` because it
        does not exist; it is true if all is confirmed. See `Readiness` for what confirms.
        """
        manager, _ = await self._join()
        readiness = await manager.ready(timeout, component_id=self.component_id)
        self._check_place()  # else it would be that of another one
        return readiness

    def explain(self) -> Explanation:
        """What is wanted here and what has become of each stream; `print` it to read it."""
        self._check_place()
        if self._manager is None or self._manager.components.find(self) is None:
            return Explanation(self.component_id, ())
        return self._manager.explain(self)
