"""Runs many seeds, or one again: `python -m tests.sim --seeds 500`, `--seed 17 --verbose`.

Each seed is ten simulated minutes of a client against the exchange's model: random wishes, losses,
errors, cancellations, jitter. What must hold is in `tests.sim.invariants`.
"""

import argparse
import hashlib
import sys
import time

from tests.sim.invariants import INVARIANTS
from tests.sim.run import Outcome, run

_PROGRESS_S = 10.0


def _tell(outcome: Outcome, *, verbose: bool) -> None:
    if outcome.violations or verbose:
        print("\n".join(outcome.tail))
    for violation in outcome.violations:
        print(f"seed {outcome.seed}: {violation}")
        print(f"  {violation.invariant}: {INVARIANTS[violation.invariant]}")
    if outcome.violations:
        print(f"  again: python -m tests.sim --seed {outcome.seed}", flush=True)


def _share(parts: list[tuple[float, float]]) -> str:
    whole = sum(whole for _, whole in parts)
    return f"{100 * sum(part for part, _ in parts) / whole:.2f} %" if whole else "none"


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--seeds", type=int, default=500, help="how many, from 1 on")
    parser.add_argument("--seed", type=int, help="this one alone")
    parser.add_argument("--verbose", action="store_true", help="show the last events of each")
    given = parser.parse_args()
    seeds = range(1, given.seeds + 1) if given.seed is None else [given.seed]
    began = told = time.monotonic()
    digests = hashlib.blake2b(digest_size=8)
    outcomes: list[Outcome] = []
    for seed in seeds:
        outcome = run(seed)
        outcomes.append(outcome)
        digests.update(outcome.digest.encode())
        _tell(outcome, verbose=given.verbose)
        if given.verbose:
            print(f"seed {seed}: {outcome.digest}", flush=True)
        if time.monotonic() - told >= _PROGRESS_S:
            told = time.monotonic()
            simulated_s = sum(each.simulated_s for each in outcomes)
            print(
                f"  {len(outcomes)} seeds, {simulated_s / 3600:.1f} simulated hours, "
                f"{simulated_s / (told - began):.0f}x",
                flush=True,
            )
    failed = sum(bool(each.violations) for each in outcomes)
    simulated_s = sum(each.simulated_s for each in outcomes)
    took_s = time.monotonic() - began
    worst = {
        name: max(each.worst_windows[name] for each in outcomes)
        for name in ("messages_1s", "messages_60s", "connects_1s")
    }
    print(
        f"sim: {len(outcomes)} seeds, {simulated_s / 3600:.1f} simulated hours in {took_s:.0f} s, "
        f"{sum(each.events for each in outcomes):,} events, "
        f"{sum(each.messages for each in outcomes):,} messages, "
        f"{sum(each.attempts for each in outcomes):,} connects, "
        f"{sum(each.losses for each in outcomes):,} losses, "
        f"converged {sum(each.convergences for each in outcomes):,} times, "
        f"served {_share([(each.served_s, each.wanted_s) for each in outcomes])} of the time, "
        f"{_share([each.untroubled_s[::-1] for each in outcomes])} of that without faults, "
        f"worst windows {worst['messages_1s']}/1 s {worst['messages_60s']}/60 s "
        f"{worst['connects_1s']} connects/1 s, {failed} seeds with violations, "
        f"{sum(len(each.violations) for each in outcomes)} violations, "
        f"hashes {digests.hexdigest()}, speed-up {simulated_s / took_s:.0f}x: "
        f"{'FAILED' if failed else 'ok'}"
    )
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
