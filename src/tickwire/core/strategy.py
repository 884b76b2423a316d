"""How much of what the exchange allows is used, and what becomes of it after complaints.

    strategy       of each window   for subscriptions   a second   a minute   spread over
    conservative   0.6              0.5                 2 (3)      50 (60)    15 s
    balanced       0.9              0.8                 4 (4)      80 (90)    15 s
    aggressive     1.0              1.0                 5 (5)      100 (100)  no

The figures in brackets are those with one-off requests: what subscriptions leave is kept for them,
so that a program that never stops changing its mind can still ask for a snapshot. Spreading keeps
such a program from using up its minute in the first seconds and being silent for the rest.
"""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from math import ceil, inf

from tickwire.checks import is_number
from tickwire.core.limiter import Limit
from tickwire.errors import UsageError

__all__ = ["STRATEGIES", "Strategy", "strategy_of"]


@dataclass(frozen=True, kw_only=True)
class Strategy:
    """Shares of the exchange's windows, and the answer to its complaints (see `Adjustment`).

    Raises `UsageError` for figures that would not keep the limits or never recover.
    """

    name: str = "custom"
    share: float = 0.9
    """How much of each window is used at all."""
    reserve: float = 0.1
    """How much of it only one-off requests may use."""
    spread_s: float = 15.0
    """Subscriptions use no more of a longer window than its part in any span as long as this."""
    error_threshold: int = 3
    """So many complaints of the exchange within `error_window` lead to a reduction."""
    error_window: float = 60.0
    """Seconds."""
    reduction_ratio: float = 0.7
    """What the rate is multiplied by at each reduction."""
    least_ratio: float = 0.3
    """No reduction goes below this part of the rate."""
    recovery_delay: float = 60.0
    """Seconds without a complaint before the first step back."""
    recovery_step: float = 0.15
    """How much of the rate a step gives back."""
    recovery_interval: float = 20.0
    """Seconds from one step to the next."""

    def __post_init__(self) -> None:
        if not isinstance(self.name, str) or not self.name.strip():
            raise UsageError(f"a strategy's name must be text with something in it: {self!r}")
        for each in fields(self)[1:]:
            if not is_number(getattr(self, each.name)):
                raise UsageError(f"a strategy's {each.name} must be a number: {self!r}")
        for is_right, rule in (
            (0 < self.share <= 1, "share must be above 0 and at most 1, the exchange's own limits"),
            (0 <= self.reserve < self.share, "reserve must be at least 0 and less than share"),
            (self.spread_s > 0, "spread_s must be above 0; infinity does not spread"),
            (self.error_threshold >= 1, "error_threshold must be at least 1"),
            (self.error_window > 0, "error_window must be above 0"),
            (0 < self.reduction_ratio < 1, "reduction_ratio must be between 0 and 1"),
            (0 < self.least_ratio <= 1, "least_ratio must be above 0 and at most 1"),
            (self.recovery_delay >= 0, "recovery_delay must be at least 0"),
            (self.recovery_step > 0, "recovery_step must be above 0"),
            (self.recovery_interval > 0, "recovery_interval must be above 0"),
        ):
            if not is_right:
                raise UsageError(f"a strategy's {rule}: {self!r}")

    def whole(self, limits: Sequence[Limit]) -> tuple[Limit, ...]:
        """What everything together keeps to, of these limits of the exchange."""
        return tuple(_part(limit, self.share) for limit in limits)

    def of_subscriptions(self, limits: Sequence[Limit]) -> tuple[Limit, ...]:
        """What subscriptions keep to as well."""
        parts = tuple(_part(limit, self.share - self.reserve) for limit in limits)
        return parts + tuple(
            Limit(ceil(part.count * self.spread_s / part.window_s), self.spread_s)
            for part in parts
            if part.window_s > self.spread_s
        )


def _part(limit: Limit, share: float) -> Limit:
    # A hair more, because a product of exact tenths may fall short of the whole number it is.
    return Limit(max(1, int(limit.count * share + 1e-9)), limit.window_s)


STRATEGIES = {
    each.name: each
    for each in (
        Strategy(name="conservative", share=0.6, reserve=0.1),
        Strategy(name="balanced", share=0.9, reserve=0.1),
        Strategy(name="aggressive", share=1.0, reserve=0.0, spread_s=inf),
    )
}


def strategy_of(strategy: str | Strategy) -> Strategy:
    """The strategy of a name; raises `UsageError`."""
    if isinstance(strategy, Strategy):
        return strategy
    if not isinstance(strategy, str) or strategy not in STRATEGIES:
        expected = ", ".join(STRATEGIES)
        raise UsageError(
            f"unknown strategy {strategy!r}; expected one of: {expected}, or a Strategy"
        )
    return STRATEGIES[strategy]
