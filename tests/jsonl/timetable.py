"""One week of a university's lectures, each booked in its room in the order of the file.

What must be refused is computed here by comparing every lecture with all that were booked before
it: those that overlap one in the same room, each with exactly its counterparts.
"""

import csv
import datetime
import sys
import time

from rota import AGREED, SHARED, Checks, Rota, rows

FILE = SHARED / "data" / "university-timetable.csv"
DAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
ZONE = "Europe/Lisbon"
MONDAY = datetime.date(2016, 9, 19)  # summer time: an hour ahead of UTC


def read():
    lectures = []
    with open(FILE, newline="", encoding="utf-8") as file:
        for row in csv.DictReader(file):
            day = MONDAY + datetime.timedelta(days=DAYS.index(row["weekday"]))
            lectures.append({"room": row["room"], "title": row["course"],
                             "start": f"{day}T{row['start']}:00", "end": f"{day}T{row['end']}:00"})
    return lectures


def in_utc(local):
    instant = datetime.datetime.fromisoformat(local) - datetime.timedelta(hours=1)
    return instant.strftime("%Y-%m-%dT%H:%M:%SZ")


def overlaps(one, other):
    return (one["room"] == other["room"] and one["start"] < other["end"]
            and other["start"] < one["end"])


def book(checks, rota, rooms, lectures):
    booked, refused, pairs = [], 0, 0
    for number, lecture in enumerate(lectures, 2):
        rivals = [other for other in booked if overlaps(lecture, other)]
        what = f"line {number}, {lecture['title']} in {lecture['room']} at {lecture['start']}"
        answer = rota.ask("booking.create", claims=[rooms[lecture["room"]]], tz=ZONE,
                          title=lecture["title"], start=lecture["start"], end=lecture["end"])
        if rivals:
            refused += 1
            pairs += len(rivals)
            checks.error(what, answer, "ECONFLICT")
            want = sorted((in_utc(r["start"]), rooms[r["room"]], r["id"], in_utc(r["end"]))
                          for r in rivals)
            checks.same(f"{what}: its counterparts", rows(answer),
                        [(room, booking, start, end) for start, room, booking, end in want])
            checks.same(f"{what}: their titles",
                        sorted(c["title"] for c in answer.get("conflicts", [])),
                        sorted(r["title"] for r in rivals))
        elif checks.ok(what, answer):
            checks.same(f"{what}: when", (answer["start"], answer["end"]),
                        (in_utc(lecture["start"]), in_utc(lecture["end"])))
            booked.append({**lecture, "id": answer["id"]})
    return booked, refused, pairs


def read_back(checks, rota, rooms, booked):
    """Every room's week, as it was booked."""
    week = {"from": f"{MONDAY}T00:00:00", "to": f"{MONDAY + datetime.timedelta(days=7)}T00:00:00"}
    for room, resource in rooms.items():
        found = rota.must("booking.list", resource=resource, tz=ZONE, **week)["rows"]
        want = sorted((in_utc(b["start"]), in_utc(b["end"]), b["id"], b["title"])
                      for b in booked if b["room"] == room)
        checks.same(f"the week of {room}",
                    [(r["start"], r["end"], r["id"], r["title"]) for r in found], want)


def main():
    if not FILE.exists():
        print(f"timetable: skipped, there is no {FILE.name} in ../shared/data")
        return AGREED
    checks = Checks("timetable")
    lectures = read()
    checks.same("lectures in the file", len(lectures), 2099)
    with Rota(now="2016-09-01T00:00:00Z") as rota:
        rooms = {}
        for lecture in lectures:
            if lecture["room"] not in rooms:
                rooms[lecture["room"]] = rota.must("resource.put", kind="room", tz=ZONE,
                                                   ref=lecture["room"],
                                                   name=lecture["room"])["id"]
        began = time.monotonic()
        booked, refused, pairs = book(checks, rota, rooms, lectures)
        took = time.monotonic() - began
        read_back(checks, rota, rooms, booked)
    print(f"timetable: {len(lectures)} lectures in {len(rooms)} rooms: {len(booked)} booked, "
          f"{refused} refused because of {pairs} counterparts, {took:.2f} s")
    checks.finish()


if __name__ == "__main__":
    sys.exit(main())
