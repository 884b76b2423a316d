"""Mutants that no test can kill, because they do the same; each with the reason."""

__all__ = ["EQUIVALENT"]

EQUIVALENT = {
    (
        "limiter",
        'self._blocked_until = float("-inf")',
        'self._blocked_until = float("-INF")',
    ): "float() reads infinity in any case of letters",
    (
        "limiter",
        "if self._grants and now < self._grants[-1]:",
        "if self._grants and now <= self._grants[-1]:",
    ): "at equality the time is replaced by the same time",
}
"""(module, what stood there, what stands there now) → why it makes no difference."""
