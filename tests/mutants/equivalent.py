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
    (
        "lease",
        '_NEVER = float("-inf")',
        '_NEVER = float("-INF")',
    ): "float() reads infinity in any case of letters",
    (
        "lease",
        "self._with_the_others(now, lambda: None)",
        "self._with_the_others(now, lambda: 0)",
    ): "what it gives is not looked at",
    ("lease", "is_spoilt = False", "is_spoilt = None"): "it is only asked whether it is true",
}
"""(module, what stood there, what stands there now) → why it makes no difference."""
