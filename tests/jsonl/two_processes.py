"""Two processes on one file, in turn: random operations, each sent to either of them, must agree
with the one model. What one has committed the other sees at its next call, and neither
double-books. Now and then one of them ends and starts again.
"""

import argparse
import os
import random
import sys
import tempfile

from rota import AGREED, DISAGREED, Checks, Rota, rows, text
from workload import BEGIN, Disagreement, Workload


class Two:
    def __init__(self, path, seed):
        self.path, self.random = path, random.Random(seed)
        self.now = text(BEGIN)
        self.handles = [Rota(path, self.now), Rota(path, self.now)]
        self.turns, self.changes, self.restarts, self.last = [0, 0], 0, 0, 0

    def send(self, request):
        """To one of them; the clock is set for both, for there is only one time."""
        if request["op"] == "clock.set":
            self.now = request["now"]
            return [handle.send(request) for handle in self.handles][0]
        if self.random.random() < 0.001:
            self.restart(self.random.randrange(2))
        which = self.random.randrange(2)
        self.turns[which] += 1
        self.changes += which != self.last
        self.last = which
        return self.handles[which].send(request)

    def restart(self, which):
        self.restarts += 1
        code = self.handles[which].close()
        if code != 0:
            raise Disagreement(f"rota-jsonl ended with {code}")
        self.handles[which] = Rota(self.path, self.now)

    def close(self):
        codes = [handle.close() for handle in self.handles]
        if codes != [0, 0]:
            raise Disagreement(f"rota-jsonl ended with {codes}")


def both_see_the_same(two, workload):
    """At the end each lists everything, and so does a third that opens the file anew."""
    span = {"from": "2000-01-01T00:00:00Z", "to": "2100-01-01T00:00:00Z"}
    third = Rota(two.path, two.now)
    answers = [handle.must("booking.list", **span) for handle in (*two.handles, third)]
    answers += [workload.model.answer({"op": "booking.list", **span})]
    ids = [[row["id"] for row in answer["rows"]] for answer in answers]
    third.close()
    if any(one != ids[0] for one in ids):
        raise Disagreement(f"lists of {[len(one) for one in ids]} bookings differ")


def clocks_apart(folder):
    """One clock is ten minutes behind. What one sees lapsed and takes, the other does not confirm
    beside it, though to him it holds still."""
    checks = Checks("clocks apart")
    path = os.path.join(folder, "apart.rota")
    times = {"start": text(BEGIN + 3600), "end": text(BEGIN + 7200), "claims": ["room"]}
    with Rota(path, BEGIN) as slow, Rota(path, BEGIN + 600) as fast:
        slow.must("resource.put", ref="room", kind="room", name="Room")
        hold = slow.must("booking.create", hold=300, **times)
        checks.error("held, by the slow clock", slow.ask("booking.create", **times), "ECONFLICT")
        taken = fast.ask("booking.create", **times)
        checks.ok("lapsed, by the fast clock, and taken", taken)
        answer = slow.ask("booking.confirm", id=hold["id"])
        checks.error("confirmed too late", answer, "ECONFLICT")
        checks.same("because of whom", [row[1] for row in rows(answer)], [taken["id"]])
        checks.same("both see it so", [handle.must("booking.get", id=hold["id"])["status"]
                                       for handle in (slow, fast)], ["expired", "expired"])
    return checks


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--ops", type=int, default=5_000)
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(1 << 32))
    parser.add_argument("--mutate", action="append", default=[])
    options = parser.parse_args()
    print(f"seed {options.seed}, {options.ops} operations", flush=True)
    with tempfile.TemporaryDirectory(prefix="rota-") as folder:
        two = Two(os.path.join(folder, "calendar.rota"), options.seed)
        try:
            workload = Workload(options.seed, two.send, mutate=options.mutate)
            workload.run(options.ops)
            both_see_the_same(two, workload)
            two.close()
        except Disagreement as disagreement:
            print(f"{disagreement}\ntwo processes, seed {options.seed}, {options.ops} operations: "
                  f"{str(disagreement).splitlines()[0]}", flush=True)
            for handle in two.handles:
                handle.process.kill()
            return DISAGREED
        checks = clocks_apart(folder)
    print(f"two processes, seed {options.seed}: {workload.steps} operations agree, "
          f"{two.turns[0]} and {two.turns[1]} in turn, {two.changes} changes of hands, "
          f"{two.restarts} restarts, {len(workload.model.bookings)} bookings")
    return DISAGREED if checks.failed else AGREED


if __name__ == "__main__":
    sys.exit(main())
