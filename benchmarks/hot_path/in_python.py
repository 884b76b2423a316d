"""Run a module with tickwire's hot path in Python, as where there is no compiler.

python -m benchmarks.hot_path.in_python MODULE [ARGUMENT ...]
"""

import runpy
import sys

if __name__ == "__main__":
    sys.modules["tickwire._hot"] = None  # type: ignore[assignment]
    sys.argv[:] = sys.argv[1:]
    runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)
