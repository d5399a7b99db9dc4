"""A semester of a university's lectures as weekly series, in the order of the file, beside a second
calendar in which every single lecture of every week is a booking of its own.

Both have to refuse the same lectures because of the same others, on the same days, and to hold the
same weeks, before and after the series' calendar was opened anew. In Lisbon the clocks go back on
2016-10-30, in the sixth of fourteen weeks: a lecture at 09:30 is at 09:30 ever after.
"""

import csv
import datetime
import json
import os
import pathlib
import sys
import tempfile
import time
import zoneinfo

sys.path.append(str(pathlib.Path(__file__).resolve().parents[1] / "jsonl"))
from rota import AGREED, SHARED, Checks, Rota, seconds  # noqa: E402

FILE = SHARED / "data" / "university-timetable.csv"
DAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
ZONE = "Europe/Lisbon"
LISBON = zoneinfo.ZoneInfo(ZONE)
MONDAY, WEEKS = datetime.date(2016, 9, 19), 14
CHANGE = "2016-10-30T01:00:00Z"
BEGIN = "2016-09-01T00:00:00Z"
SEMESTER = {"tz": ZONE, "from": f"{MONDAY}T00:00:00",
            "to": f"{MONDAY + datetime.timedelta(weeks=WEEKS)}T00:00:00"}
BATCH = 100     # answers to so many fit a pipe: nobody waits for the other to read


class Lecture:
    def __init__(self, row, line):
        self.line, self.room, self.title = line, row["room"], row["course"]
        self.day, self.start, self.end = DAYS.index(row["weekday"]), row["start"], row["end"]

    def times(self, week):
        day = MONDAY + datetime.timedelta(weeks=week, days=self.day)
        return {"start": f"{day}T{self.start}:00", "end": f"{day}T{self.end}:00"}

    def request(self, rooms, week=0, **more):
        return {"op": "booking.create", "title": self.title, "tz": ZONE,
                "claims": [rooms[self.room]], **self.times(week), **more}


def read():
    with open(FILE, newline="", encoding="utf-8") as file:
        return [Lecture(row, line) for line, row in enumerate(csv.DictReader(file), 2)]


def local(instant):
    moment = datetime.datetime.fromtimestamp(seconds(instant), LISBON)
    return moment.strftime("%Y-%m-%dT%H:%M:%S")


class Calendar:
    """One rota-jsonl, its rooms, and which lecture a booking is."""

    def __init__(self, lectures, url):
        self.url, self.rota, self.lines = url, Rota(url, BEGIN), {}
        self.rooms = {}
        for lecture in lectures:
            if lecture.room not in self.rooms:
                self.rooms[lecture.room] = self.rota.must(
                    "resource.put", kind="room", tz=ZONE, ref=lecture.room,
                    name=lecture.room)["id"]

    def ask_all(self, requests):
        """Many at a time, answered in their order."""
        answers = []
        for at in range(0, len(requests), BATCH):
            batch = requests[at:at + BATCH]
            for request in batch:
                self.rota.process.stdin.write(json_line(request))
            self.rota.process.stdin.flush()
            answers += [self.rota.read() for _ in batch]
        return answers

    def book(self, lectures, week=0, **more):
        """What became of each: None, or the lectures in its way: (line, start, end)."""
        refused = {}
        answers = self.ask_all([lecture.request(self.rooms, week, **more) for lecture in lectures])
        for lecture, answer in zip(lectures, answers):
            if answer["ok"]:
                self.lines[answer["id"]] = lecture.line
            else:
                refused[lecture.line] = answer
        return refused

    def in_the_way(self, answer):
        return [(self.lines.get(row["booking"]), row["start"], row["end"], row["title"])
                for row in answer.get("conflicts", [])]

    def weeks(self):
        """Every room's semester: (start, end, line, title)."""
        found = {}
        for room, resource in self.rooms.items():
            rows = self.rota.must("booking.list", resource=resource, **SEMESTER)["rows"]
            found[room] = sorted((r["start"], r["end"], self.lines.get(r["id"]), r["title"])
                                 for r in rows)
        return found


def json_line(request):
    return json.dumps(request).encode() + b"\n"


def compare_refusals(checks, series, refused, single, by_week):
    """A series is refused if one of its weeks is, and tells of each what stood in its way."""
    checks.same("lectures refused", sorted(refused), sorted(set().union(*by_week)))
    for line, answer in refused.items():
        checks.error(f"line {line}", answer, "ECONFLICT")
        got = series.in_the_way(answer)
        want = [row for week in by_week if line in week for row in single.in_the_way(week[line])]
        checks.same(f"line {line}: its counterparts", sorted(got), sorted(want))
        checks.same(f"line {line}: in the order of time", [r[1] for r in got],
                    sorted(r[1] for r in want))
        checks.true(f"line {line}: each by its occurrence", all(
            row.get("occurrence") == row["start"] for row in answer["conflicts"]))


def check_clocks(checks, lectures, weeks):
    """Before and after the change each is where the timetable has it."""
    by_line = {lecture.line: lecture for lecture in lectures}
    summer = winter = 0
    for room, rows in weeks.items():
        wrong = []
        for start, end, line, _ in rows:
            lecture = by_line[line]
            shown = local(start)[11:16], local(end)[11:16]
            day = datetime.datetime.fromisoformat(local(start)).weekday()
            if (*shown, day) != (lecture.start, lecture.end, lecture.day):
                wrong.append((start, end, line))
            summer += start < CHANGE
            winter += start > CHANGE
        checks.same(f"{room} by the wall clock", wrong, [])
    return summer, winter


def main():
    if not FILE.exists():
        print(f"semester: skipped, there is no {FILE.name} in ../shared/data")
        return AGREED
    checks, lectures = Checks("semester"), read()
    checks.same("lectures in the file", len(lectures), 2099)
    with tempfile.TemporaryDirectory() as directory:
        series = Calendar(lectures, os.path.join(directory, "semester.rota"))
        began = time.monotonic()
        refused = series.book(lectures, rrule=f"FREQ=WEEKLY;COUNT={WEEKS}")
        took = time.monotonic() - began
        single = Calendar(lectures, ":memory:")
        by_week = [single.book(lectures, week) for week in range(WEEKS)]
        compare_refusals(checks, series, refused, single, by_week)
        held, wanted = series.weeks(), single.weeks()
        for room in series.rooms:
            checks.same(f"the semester of {room}", held[room], wanted[room])
        summer, winter = check_clocks(checks, lectures, held)
        checks.same("lectures before the change", summer % 6, 0)
        checks.same("and after it", winter, summer // 6 * 8)

        checks.same("rota-jsonl ends", series.rota.close(), 0)
        series.rota = Rota(series.url, BEGIN)
        checks.true("all is as it was when it is opened again", series.weeks() == held)
        again = series.book([lecture for lecture in lectures if lecture.line in refused],
                            rrule=f"FREQ=WEEKLY;COUNT={WEEKS}")
        both = [{line: series.in_the_way(answer) for line, answer in those.items()}
                for those in (again, refused)]
        checks.same("and refuses the same", *both)
        bookings = [calendar.rota.must("stats")["bookings"] for calendar in (series, single)]
        checks.same("series and bookings", bookings, [2099 - len(refused),
                                                      summer + winter])
        for calendar in (series, single):
            checks.same("rota-jsonl ends", calendar.rota.close(), 0)
    print(f"semester: {len(lectures)} lectures of {WEEKS} weeks: {len(lectures) - len(refused)} "
          f"series in {took:.2f} s, {len(refused)} refused; {summer} lectures in summer time, "
          f"{winter} after the change")
    checks.finish()


if __name__ == "__main__":
    sys.exit(main())
