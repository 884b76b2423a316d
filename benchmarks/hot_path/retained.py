"""What an event costs that is kept, in bytes, after its two numbers have been read."""

from pathlib import Path
from typing import Any

from benchmarks.hot_path.contenders import CONTENDERS, INLINE
from benchmarks.hot_path.corpus import Corpus
from benchmarks.hot_path.measure import Failed, feed, measure
from benchmarks.hot_path.plan import Plan

__all__ = ["retained"]


def retained(corpora: list[Corpus], place: Path, plan: Plan) -> list[dict[str, Any]]:
    """Rows of contender and kind. Counted by tracemalloc, once: it comes out the same each time."""
    rows = []
    for corpus in corpora:
        source = feed(corpus, place)
        for contender in CONTENDERS:
            skipped = contender.numbers == "-" or contender is INLINE
            # Both change the one book they have of a symbol, so there is nothing to keep.
            changes_it = contender.name in ("ccxt.pro", "cryptofeed")
            only_one = changes_it and corpus.kind in ("orderbook", "mix")
            if skipped or only_one or corpus.kind not in contender.kinds:
                continue
            if corpus.format not in contender.formats:
                continue
            try:
                figures = measure(contender, source, plan.retained, retain=True)
            except Failed as failed:
                print(f"  retained: {contender.name} FAILED: {failed}", flush=True)
                continue
            size = round(figures.more["retained_bytes"] / figures.events)
            print(f"  retained: {corpus.kind}, {contender.name}: {size} bytes", flush=True)
            rows.append(
                {
                    "kind": corpus.kind,
                    "format": corpus.format,
                    "contender": contender.name,
                    "bytes": size,
                    "payload_bytes": round(corpus.mean_bytes),
                }
            )
        source.frames.path.unlink()
    return rows
