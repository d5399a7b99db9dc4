"""Does the demo answer right? Runs it on a timetable, and computes from the same file, knowing
nothing of rota, which lectures must be refused, which rooms are free, when all groups are, what
is to be told, and how the week looks.

Usage: demo.py DEMO CSV
"""

import csv
import re
import subprocess
import sys
from collections import Counter

DAYS = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"]
OPEN = {day: (8 * 60, 20 * 60) for day in range(5)} | {5: (9 * 60, 13 * 60)}
TODAY, NOW, LARGE, ROWS, SLOTS = 0, 9 * 60 + 40, 60, 12, 5


def minutes(text):
    return int(text[:2]) * 60 + int(text[3:])


def clock(minute):
    return f"{minute // 60:02}:{minute % 60:02}"


class Lecture:
    def __init__(self, row):
        self.room, self.seats, self.course = row["room"], int(row["capacity"]), row["course"]
        self.day = ["MO", "TU", "WE", "TH", "FR", "SA", "SU"].index(row["weekday"])
        self.start, self.end = minutes(row["start"]), minutes(row["end"])
        self.title = f"{row['course']} {row['kind']}"

    def meets(self, day, start, end):
        return self.day == day and self.start < end and start < self.end


class Timetable:
    def __init__(self, path):
        with open(path, encoding="utf-8") as file:
            lectures = [Lecture(row) for row in csv.DictReader(file)]
        self.booked = []
        for new in lectures:
            if not any(old.room == new.room and old.meets(new.day, new.start, new.end)
                       for old in self.booked):
                self.booked.append(new)
        self.refused = len(lectures) - len(self.booked)
        self.groups = [course for course, _ in Counter(l.course for l in lectures).most_common(5)]
        self.large = {}
        for lecture in lectures:
            if self.seats_of(lectures, lecture.room) >= LARGE:
                self.large[lecture.room] = self.seats_of(lectures, lecture.room)

    @staticmethod
    def seats_of(lectures, room):
        return next(l.seats for l in lectures if l.room == room)

    def is_free(self, room, day, start, end):
        first, last = OPEN.get(day, (0, 0))
        return first <= start and end <= last and not any(
            l.room == room and l.meets(day, start, end) for l in self.booked)

    def free_rooms(self):
        """Each room's line, and the one below them."""
        lines = []
        for room, seats in self.large.items():
            starts = [m for m in range(0, 24 * 60, 30) if self.is_free(room, TODAY + 1, m, m + 90)]
            spans = []
            for start in starts:
                if spans and spans[-1][1] == start - 30:
                    spans[-1][1] = start
                else:
                    spans.append([start, start])
            told = ", ".join(clock(a) if a == b else f"{clock(a)} to {clock(b)}" for a, b in spans)
            if starts:
                lines.append(f"{room:10} {seats:4}  {told}")
        found = len(lines)
        more = f"and {found - ROWS} more; " if found > ROWS else ""
        return lines[:ROWS] + [f"{more}{found} of the {len(self.large)} rooms with so many seats"]

    def common_hours(self):
        lines = []
        for day in range(TODAY, 5):
            for start in range(0, 24 * 60, 30):
                rooms = sorted((r for r in self.large if self.is_free(r, day, start, start + 60)),
                               key=str.encode)
                busy = any(l.course in self.groups and l.meets(day, start, start + 60)
                           for l in self.booked)
                if rooms and not busy and (day > TODAY or start >= NOW):
                    lines.append(f"{DAYS[day]:10} {clock(start)}-{clock(start + 60)}  "
                                 f"in {rooms[0]}")
        return lines[:SLOTS] or ["none until Friday"]

    def reminders(self):
        return sorted(
            f"{clock(l.start - 15)}  {l.title} begins at {clock(l.start)} in {l.room}"
            for l in self.booked
            if l.course in self.groups and l.day == TODAY and NOW < l.start - 15 <= NOW + 60)

    def week(self):
        room = next(iter(self.large))
        lines = []
        for day, name in enumerate(DAYS):
            bar = ""
            for minute in range(7 * 60, 21 * 60, 15):
                first, last = OPEN.get(day, (0, 0))
                busy = any(l.room == room and l.meets(day, minute, minute + 1)
                           for l in self.booked)
                bar += "█" if busy else "·" if first <= minute < last else " "
            free = bar.count("·") * 15
            lines.append(f"{name:10} {bar}  {free // 60:2}:{free % 60:02} free")
        return lines


def section(output, heading):
    """The lines under a heading, up to the next empty one."""
    found = re.search(heading + r".*?\n\n(?: {13}\d\d[^\n]*\n)?(.*?)\n\n", output, re.DOTALL)
    return [line[2:] for line in found.group(1).split("\n")] if found else []


def main():
    demo, path = sys.argv[1:]
    output = subprocess.run([demo, path], check=True, stdout=subprocess.PIPE).stdout.decode()
    expected = Timetable(path)
    told = sorted(section(output, r"Reminders"))
    reminders = expected.reminders()
    if len(reminders) > ROWS:  # of those at one minute any may be told
        sys.exit("the demo's day has more reminders than it shows; choose another")
    failed = 0
    for what, got, want in [
            ("free tomorrow", section(output, r"Free tomorrow, Tuesday"), expected.free_rooms()),
            ("a common hour", section(output, r"An hour this week"), expected.common_hours()),
            ("reminders", told, reminders or ["none"]),
            ("the week", section(output, r"Week 7 of"), expected.week()),
            ("refused", re.findall(r"(\d+) refused;", output), [str(expected.refused)]),
            ("the groups", re.findall(r"60 seats: (.*)", output), [", ".join(expected.groups)])]:
        if got != want:
            failed += 1
            print(f"{what}: the demo says", *got, "and it must say", *want, sep="\n  ")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
