"""A real exam period: 81 exams as groups of 2,823 students, placed one by one by free.find in
three-hour slots, the ones with the most clashing others first. No student sits two at once.

    exams.py [--most 26]

The input is ../shared/data/exam-enrolment.txt; without it there is nothing to do.
"""

import argparse
import pathlib
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "jsonl"))
import rota as host  # noqa: E402

FIRST = "2031-06-02T00:00:00Z"
LENGTH, SLOTS = 3 * 3600, 40


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--most", type=int, default=26)
    arguments = parser.parse_args()
    path = host.SHARED / "data" / "exam-enrolment.txt"
    if not path.exists():
        print("exams: skipped, there is no exam-enrolment.txt")
        return
    sits = [[int(n) for n in line.split()] for line in path.read_text().splitlines() if line.strip()]
    students = {}
    for n, exams in enumerate(sits):
        for exam in exams:
            students.setdefault(exam, set()).add(n)
    clashing = {e: sum(1 for o in students if o != e and students[e] & students[o]) for e in students}
    checks = host.Checks(f"{len(students)} exams of {len(sits)} students")
    with host.Rota(":memory:", FIRST) as r:
        for n in range(len(sits)):
            r.must("resource.put", ref=f"s{n}", kind="person", name=f"s{n}")
        for exam in sorted(students):
            r.must("resource.put", ref=f"e{exam}", kind="group", name=f"e{exam}")
            for n in sorted(students[exam]):
                r.must("member.add", group=f"e{exam}", member=f"s{n}")
        first, placed, asked = host.seconds(FIRST), {}, 0.0
        window = {"from": FIRST, "to": host.text(first + SLOTS * LENGTH)}
        for exam in sorted(students, key=lambda e: (-clashing[e], -len(students[e]), e)):
            since = time.monotonic()
            slots = r.must("free.find", all=[f"e{exam}"], duration=LENGTH, step=LENGTH, limit=1,
                           **window)["slots"]
            asked += time.monotonic() - since
            if not checks.true(f"exam {exam} has a slot", slots):
                break
            r.must("booking.create", claims=[f"e{exam}"], start=slots[0]["start"],
                   end=slots[0]["end"])
            placed[exam] = (host.seconds(slots[0]["start"]) - first) // LENGTH
    for n, exams in enumerate(sits):
        at = [placed.get(e) for e in exams]
        checks.same(f"student {n} is in one place at a time", len(set(at)), len(at))
    used = len(set(placed.values()))
    checks.true(f"{used} slots are {arguments.most} at most", used <= arguments.most)
    print(f"exams: {len(placed)} placed in {used} slots, free.find took {asked * 1e3:.0f} ms of all")
    checks.finish()


if __name__ == "__main__":
    main()
