"""A random sequence of operations, which must agree with the model at every step.

--mutate NAME makes the model wrong in one rule (--mutate list names them); the run must then end
with 3, or the comparison would not notice a rota that is wrong in it.
"""

import argparse
import random
import sys
import time

from model import MUTATIONS
from rota import AGREED, DISAGREED, Rota
from workload import BEGIN, Disagreement, Workload


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--ops", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(1 << 32))
    parser.add_argument("--mutate", action="append", default=[])
    parser.add_argument("--url", default=":memory:")
    parser.add_argument("--quiet", action="store_true", help="no table of outcomes")
    options = parser.parse_args()
    if options.mutate == ["list"]:
        for name, meaning in MUTATIONS.items():
            print(f"{name:24} {meaning}")
        return AGREED
    if set(options.mutate) - MUTATIONS.keys():
        parser.error("no such mutation")

    print(f"seed {options.seed}, {options.ops} operations" +
          "".join(f", wrong on purpose: {MUTATIONS[name]}" for name in options.mutate), flush=True)
    began = time.monotonic()
    with Rota(options.url, BEGIN) as rota:
        workload = None
        try:
            workload = Workload(options.seed, rota.send, mutate=options.mutate)
            workload.run(options.ops)
        except Disagreement as disagreement:
            print(f"{disagreement}\nrandom model, seed {options.seed}, {options.ops} operations: "
                  f"{str(disagreement).splitlines()[0]}", flush=True)
            return DISAGREED
    took = time.monotonic() - began
    if not options.quiet:
        workload.report()
    print(f"random model, seed {options.seed}: {workload.steps} operations agree, "
          f"{len(workload.model.bookings)} bookings, {workload.seen} events, {took:.1f} s, "
          f"{workload.steps / took:.0f}/s")
    return AGREED


if __name__ == "__main__":
    sys.exit(main())
