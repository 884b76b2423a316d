"""Write a target's seeds and words as the files that libFuzzer reads.

python -m tests.fuzz.prepare NAME SEEDS WORDS
"""

import importlib
import sys
from pathlib import Path
from typing import Any

from tests.fuzz.mutations import dictionary


def main(name: str, seeds: Path, words: Path) -> None:
    module: Any = importlib.import_module(f"tests.fuzz.{name}")
    for number, text in enumerate(module.SEEDS):
        (seeds / f"{number:03}").write_bytes(text.encode())
    words.write_text(dictionary(module.WORDS))


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3]))
