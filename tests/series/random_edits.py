"""Random series, and changes of them in every scope, which must agree at every step with a model
that keeps plain lists of all occurrences.

--mutate NAME makes the model wrong in one rule (--mutate list names them); the run must then end
with 3, or the comparison would not notice a rota that is wrong in it. --alone asks no rota: the
model is compared with a second one, written in another way.
"""

import argparse
import json
import os
import random
import sys
import tempfile
import time

from edits import Disagreement, Workload
from occurrences import BEGIN, MUTATIONS
from rota import AGREED, DISAGREED, Rota, text
from second import Second


class Host:
    """rota-jsonl on a file of its own, which outlives a restart."""

    def __init__(self, directory):
        self.path = os.path.join(directory, "series.rota")
        for name in os.listdir(directory):
            os.unlink(os.path.join(directory, name))
        self.rota = Rota(self.path, text(BEGIN))

    def ask(self, request):
        return self.rota.send(request)

    def restart(self, now):
        self.close()
        self.rota = Rota(self.path, now)

    def close(self):
        code = self.rota.close()
        if code != 0:
            raise Disagreement(f"rota-jsonl ended with {code}")


class Nobody:
    def ask(self, request):
        return None

    def restart(self, now):
        pass

    def close(self):
        pass


def tell_less(workload):
    """What led to it, as lines for rota-jsonl."""
    workload.host.close()
    number = workload.steps
    disagreement = workload.shrink()
    if disagreement is None:
        print(f"step {number} does not come again when its calendar is made anew")
        return
    print("the least that leads to it:")
    for request, _ in workload.log[:workload.begun]:
        print("    " + json.dumps(request))
    for request, answer in workload.log[workload.begun:]:
        print("    " + json.dumps(request) + "\n      < " + json.dumps(answer)[:600])
    print("  " + str(disagreement).replace("\n", "\n  "), flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--steps", type=int, default=50_000)
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(1 << 32))
    parser.add_argument("--mutate", action="append", default=[])
    parser.add_argument("--alone", action="store_true", help="the model beside a second one")
    parser.add_argument("--strict", action="store_true",
                        help="ask also where rota is known to differ")
    parser.add_argument("--shrink", action="store_true",
                        help="look for the least that leads to a disagreement")
    parser.add_argument("--quiet", action="store_true", help="no table of outcomes")
    options = parser.parse_args()
    if options.mutate == ["list"]:
        for name, meaning in MUTATIONS.items():
            print(f"{name:24} {meaning}")
        return AGREED
    if set(options.mutate) - MUTATIONS.keys():
        parser.error("no such mutation")

    print(f"seed {options.seed}, {options.steps} steps" +
          "".join(f", wrong on purpose: {MUTATIONS[name]}" for name in options.mutate), flush=True)
    began = time.monotonic()
    with tempfile.TemporaryDirectory() as directory:
        workload = Workload(options.seed, Nobody if options.alone else lambda: Host(directory),
                            options.mutate, Second() if options.alone else None, options.strict)
        try:
            workload.run(options.steps)
        except Disagreement as disagreement:
            print(disagreement, flush=True)
            if options.shrink:
                tell_less(workload)
            print(f"random edits, seed {options.seed}: {str(disagreement).splitlines()[0]}",
                  flush=True)
            return DISAGREED
        finally:
            if workload.host and not options.alone:
                workload.host.rota.__exit__(DISAGREED, None, None)
    took = time.monotonic() - began
    if not options.quiet:
        workload.report()
    print(f"random edits, seed {options.seed}: {workload.steps} steps agree, "
          f"{workload.calendars} calendars, {took:.1f} s, {workload.steps / took:.0f}/s")
    return AGREED


if __name__ == "__main__":
    sys.exit(main())
