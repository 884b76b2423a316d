"""One target under libFuzzer, in the fuzzer's environment.

python -m tests.fuzz.target NAME CORPUS [-OPTION=VALUE ...]      fuzz
python -m tests.fuzz.target NAME FILE                            repeat one input
"""

import importlib
import logging
import sys
from typing import Any


def main() -> None:
    import atheris  # type: ignore[import-not-found, import-untyped, unused-ignore]

    name = sys.argv.pop(1)
    with atheris.instrument_imports(include=["tickwire"]):
        module: Any = importlib.import_module(f"tests.fuzz.{name}")
    from tests.fuzz.mutations import mutated

    words: tuple[str, ...] = module.WORDS
    logging.disable()

    def mutate(data: bytes, max_size: int, seed: int) -> bytes:
        changed = mutated(data, words, seed) if seed % 4 else None
        if changed is None or len(changed) > max_size:
            changed = atheris.Mutate(data, max_size)
        return bytes(changed)

    atheris.Setup(sys.argv, module.target, custom_mutator=mutate)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
