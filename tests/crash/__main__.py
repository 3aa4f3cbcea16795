"""`make crash`: every call of every function, with every fault.

Exit status 1 if anything ends differently.
"""

import argparse
import os
import sys
from collections.abc import Sequence


def main(arguments: Sequence[str]) -> int:
    """Parse, run, report."""
    from tests.crash.faults import Fault
    from tests.crash.report import run
    from tests.crash.running import Choice
    from tests.crash.scenarios import SCENARIOS

    parser = argparse.ArgumentParser(prog="python -m tests.crash", description=__doc__)
    parser.add_argument("--seed", type=int, default=1, help="another order of everything (1)")
    parser.add_argument("--every", type=int, default=1, help="a sample: only every n-th call")
    parser.add_argument("--scenario", default="", help="only scenarios whose name holds this")
    parser.add_argument("--point", type=int, help="only the call of this number")
    parser.add_argument(
        "--fault", type=Fault.__getitem__, help="only this fault: " + ", ".join(Fault.__members__)
    )
    parser.add_argument("--at-once", type=int, default=os.cpu_count() or 2, help="runs at the same time")
    given = parser.parse_args(arguments)
    chosen = [one for one in SCENARIOS if given.scenario in one.name]
    choice = Choice(seed=given.seed, every=given.every, point=given.point, fault=given.fault)
    return run(chosen, choice, at_once=given.at_once)


if __name__ == "__main__":
    if os.environ.get("PYTHONHASHSEED") != "0":
        # The order of sets is part of what a seed must reproduce.
        os.environ["PYTHONHASHSEED"] = "0"
        os.execv(sys.executable, [sys.executable, "-m", "tests.crash", *sys.argv[1:]])  # noqa: S606
    sys.exit(main(sys.argv[1:]))
