"""Series without an end, where they are no longer looked at one by one: 28 years from now on, or
from their first occurrence on. What is true there of setup and cleanup, of units, of members and
of hours is what is true next week (I1). Most things stand where it begins, on 2054-01-01.
"""

from rota import Checks, Rota

NOW = "2026-01-01T00:00:00Z"
DAY = 86400


class Calendar:
    def __init__(self, checks, what):
        self.checks, self.what = checks, what
        self.rota = Rota(now=NOW)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.rota.close()

    def put(self, ref, **fields):
        self.rota.must("resource.put", ref=ref, kind="x", name=ref, **fields)

    def change(self, ref, code=None, **fields):
        self.judge(self.rota.ask("resource.put", ref=ref, **fields), code)

    def join(self, group, member, code=None, **fields):
        self.judge(self.rota.ask("member.add", group=group, member=member, **fields), code)

    def series(self, claim, start, rule, code=None, length=3600, **fields):
        fields = {"tz": "UTC", **fields}
        answer = self.rota.ask("booking.create", start=start, duration=length, rrule=rule,
                               claims=[claim], **fields)
        self.judge(answer, code)
        return answer

    def book(self, claim, start, end, code=None):
        self.judge(self.rota.ask("booking.create", start=start, end=end, claims=[claim]), code)

    def hours(self, ref, *rules):
        self.rota.must("hours.put", resource=ref, rules=list(rules))

    def judge(self, answer, code):
        if code:
            self.checks.error(self.what, answer, code)
        else:
            self.checks.ok(self.what, answer)


def of(resource, units):
    return {"resource": resource, "units": units}


def setup_reaches_back(checks):
    """Of an occurrence behind the border into what ends in front of it."""
    night = ("2053-12-31T22:00:00Z", "2053-12-31T23:00:00Z")
    rare = "FREQ=YEARLY;INTERVAL=8000"
    for before, code in ((7200, None), (7201, "ECONFLICT")):
        with Calendar(checks, f"setup of {before} s of a daily one") as c:
            c.put("A")
            c.series("A", "2026-01-02T01:00:00", "FREQ=DAILY")
            c.book("A", *night)
            c.change("A", code, before=before)
        with Calendar(checks, f"setup of {before} s of who joins") as c:
            c.put("Ann", before=before)
            c.put("G")
            c.series("G", "2026-01-02T01:00:00", "FREQ=DAILY")
            c.book("Ann", *night)
            c.join("G", "Ann", code)
        with Calendar(checks, f"setup of {before} s and two units") as c:
            c.put("A", capacity=2)
            c.series("A", "2026-01-02T01:00:00", "FREQ=DAILY")
            c.book(of("A", 2), *night)
            c.change("A", code, before=before)
        with Calendar(checks, f"setup of {before} s between two that meet once") as c:
            c.put("A")
            c.series("A", "2053-12-31T22:00:00", rare)
            c.series("A", "2054-01-01T01:00:00", rare)
            c.change("A", code, before=before)
    with Calendar(checks, "a year of setup") as c:
        c.put("A")
        c.series("A", "2054-12-20T01:00:00", "FREQ=YEARLY;INTERVAL=3")
        c.book("A", *night)
        c.change("A", "ECONFLICT", before=366 * DAY)
    for before, code in ((4800, None), (4801, "ECONFLICT"), (7200, "ECONFLICT")):
        with Calendar(checks, f"setup of {before} s of one that is made") as c:
            c.put("A", before=before)
            c.series("A", "2054-01-02T13:10:00", rare, length=1800)
            c.series("A", "2026-01-02T12:00:00", "FREQ=YEARLY;INTERVAL=28;BYHOUR=12,15", code,
                     length=600, exdate=["2054-01-02T12:00:00"])


def neighbours(checks):
    """Occurrences of one series among themselves."""
    for after, code in ((82800, None), (82801, "ECONFLICT")):
        with Calendar(checks, f"cleanup of {after} s of one that begins late") as c:
            c.put("A")
            c.series("A", "2060-01-01T10:00:00", "FREQ=DAILY")
            c.change("A", code, after=after)
        with Calendar(checks, f"cleanup of {after} s of two units of three") as c:
            c.put("A", capacity=3)
            c.series(of("A", 2), "2060-01-01T10:00:00", "FREQ=DAILY")
            c.change("A", code, after=after)
        with Calendar(checks, f"cleanup of {after} s of who joins") as c:
            c.put("Ann", after=after)
            c.put("G")
            c.series("G", "2060-01-01T10:00:00", "FREQ=DAILY")
            c.join("G", "Ann", code)
        with Calendar(checks, f"cleanup of {after} s of who will have joined") as c:
            c.put("Ann", after=after)
            c.put("G")
            c.join("G", "Ann", **{"from": "2060-01-01T00:00:00Z"})
            c.series("G", "2026-01-02T10:00:00", "FREQ=DAILY", code)
        with Calendar(checks, f"cleanup of {after} s and a unit less") as c:
            c.put("A", capacity=2, after=after)
            c.series("A", "2060-01-01T10:00:00", "FREQ=DAILY")
            c.change("A", code, capacity=1)
    for units, left, code in ((2, 2, None), (2, 1, "ECONFLICT"), (3, 2, "ECONFLICT")):
        with Calendar(checks, f"{units} units alone, of {left}") as c:
            c.put("A", capacity=4)
            c.series(of("A", units), "2060-01-01T10:00:00", "FREQ=DAILY")
            c.change("A", code, capacity=left)
    for units, code in ((1, None), (2, "ECONFLICT")):
        with Calendar(checks, f"two of {units} units, of three, that meet in 2100") as c:
            c.put("A", capacity=3)
            c.series(of("A", 2), "2100-03-01T10:00:00", "FREQ=DAILY")
            c.series(of("A", units), "2026-01-02T10:30:00", "FREQ=MONTHLY", code)
        with Calendar(checks, f"two of {units} units, of three, with cleanup") as c:
            c.put("A", capacity=3)
            c.series(of("A", 2), "2100-03-01T10:00:00", "FREQ=DAILY")
            c.series(of("A", units), "2026-01-02T11:00:00", "FREQ=MONTHLY")
            c.change("A", code, after=1)
    for after, code in ((2 * DAY + 82800, None), (2 * DAY + 82801, "ECONFLICT")):
        with Calendar(checks, f"cleanup of {after} s, so that four meet, of three units") as c:
            c.put("A", capacity=3)
            c.series("A", "2350-03-30T00:00:00", "FREQ=DAILY")
            c.change("A", code, after=after)
    leap = "FREQ=YEARLY;INTERVAL=4;BYMONTH=2,3;BYMONTHDAY=28,1"
    with Calendar(checks, "a rule that overlaps itself in 2100") as c:
        c.put("A")
        c.series("A", "2028-02-28T00:00:00", leap, "EINVALID", length=90000)
    for after, code in ((82800, None), (82801, "ECONFLICT")):
        with Calendar(checks, f"cleanup of {after} s in 2100") as c:
            c.put("A", after=after)
            c.series("A", "2028-02-28T00:00:00", leap, code)
        with Calendar(checks, f"a later cleanup of {after} s in 2100") as c:
            c.put("A")
            c.series("A", "2028-02-28T00:00:00", leap)
            c.change("A", code, after=after)


def additions(checks):
    """What is added far ahead, among what is there by its rule."""
    for start, before, code in (("11:00", 5100, None), ("11:00", 5101, "ECONFLICT"),
                                ("09:35", 0, None), ("09:34", 0, "EINVALID"),
                                ("09:25", 0, None), ("09:26", 0, "EINVALID")):
        with Calendar(checks, f"an addition at {start} in 9990, setup of {before} s") as c:
            c.put("A", before=before)
            c.series("A", "2026-05-22T09:30:00", "FREQ=DAILY", code, length=300,
                     rdate=[f"9990-06-01T{start}:00"])
    for start, code in (("10:59", None), ("10:58", "ECONFLICT")):
        with Calendar(checks, f"an addition in 9990 to another one, at {start}") as c:
            c.put("A", after=3600)
            c.series("A", "2026-05-22T09:30:00", "FREQ=DAILY", length=1740)
            c.series("A", "9980-05-22T12:00:00", "FREQ=YEARLY", code, length=60,
                     rdate=[f"9990-06-01T{start}:00"])


def one_date(checks):
    """A date far ahead does not keep from being said for ever what is true without it."""
    with Calendar(checks, "an exception in the year 9990") as c:
        c.put("A")
        made = c.series("A", "2026-05-22T09:30:00", "FREQ=DAILY;BYHOUR=9,21;BYMONTH=1,2,3,4,5,6",
                        length=300, exdate=["9990-06-01T09:30:00"])
        checks.same("without setup it is", made["checked_until"], None)
        c.change("A", "ECONFLICT", before=46800)
    with Calendar(checks, "an addition in the year 9990") as c:
        c.put("A")
        made = c.series("A", "2026-05-22T09:30:00", "FREQ=DAILY", length=300,
                        rdate=["9990-06-01T11:00:00"])
        checks.same("is no hindrance", made["checked_until"], None)
        c.change("A", "ECONFLICT", before=46800)
        c.change("A", before=60)
        c.change("A", capacity=2)
        c.change("A", active=False)
        c.change("A", active=True, capacity=1)


def stays(checks):
    """Who belongs to a group from some day on, or up to one."""
    since = {"from": "2090-01-01T12:00:00Z"}
    for rule, code in (("FREQ=DAILY", "ECONFLICT"), ("FREQ=YEARLY;INTERVAL=8000", None)):
        start = "2026-01-02" if code else "2090-01-01"
        with Calendar(checks, f"cleanup of a member, {rule}") as c:
            c.put("Ann")
            c.put("G")
            c.join("G", "Ann", **since)
            c.series("Ann", "2026-01-02T11:52:00", "FREQ=DAILY", length=1800)
            c.series("G", f"{start}T11:45:00", rule, length=300)
            c.change("Ann", code, after=1200)
        with Calendar(checks, f"a series of a member, {rule}") as c:
            c.put("Ann", after=1200)
            c.put("G")
            c.join("G", "Ann", **since)
            c.series("G", f"{start}T11:45:00", rule, length=300)
            c.series("Ann", "2026-01-02T11:52:00", "FREQ=DAILY", code, length=1800)
    once = "FREQ=YEARLY;INTERVAL=8000"
    for after, code in ((2400, None), (2401, "ECONFLICT")):
        with Calendar(checks, f"cleanup of {after} s across where a stay begins") as c:
            c.put("Ann")
            c.put("G")
            c.join("G", "Ann", **since)
            c.series("Ann", "2026-01-02T11:00:00", "FREQ=DAILY", length=1800)
            c.series("G", "2090-01-01T12:10:00", once, length=300)
            c.change("Ann", code, after=after)
    for before, code in ((1200, None), (1201, "ECONFLICT")):
        with Calendar(checks, f"setup of {before} s across where a stay ends") as c:
            c.put("Ann")
            c.put("G")
            c.join("G", "Ann", until="2090-01-01T12:00:00Z")
            c.series("Ann", "2026-01-02T12:10:00", "FREQ=DAILY", length=1800)
            c.series("G", "2090-01-01T11:30:00", once, length=1200)
            c.change("Ann", code, before=before)
    with Calendar(checks, "a long stay among very many") as c:
        c.put("A")
        c.put("G")
        c.series("G", "2026-01-02T11:00:00", "FREQ=HOURLY", length=1800)
        c.join("G", "A", until="2074-01-01T12:00:00Z")
        c.change("G", after=60)
    with Calendar(checks, "a stay up to 2070 of who has two of which nobody can say") as c:
        c.put("Ann")
        c.put("G")
        for start, zone in (("00:00", "Europe/Berlin"), ("01:30", "America/New_York")):
            made = c.series("Ann", f"2026-01-02T{start}:00", "FREQ=HOURLY;INTERVAL=2", length=600,
                            tz=zone)
        checks.true("nobody says for ever", made["checked_until"])
        c.join("G", "Ann", until="2070-01-01T00:00:00Z")
        c.change("Ann", active=False)
    for until, code in (("2060-01-01T10:00:00Z", None), ("2060-01-01T10:00:01Z", "ECONFLICT")):
        with Calendar(checks, f"a stay up to {until} of who is taken from then on") as c:
            c.put("Ann")
            c.put("G")
            c.series("G", "2026-01-02T10:00:00", "FREQ=DAILY")
            c.series("Ann", "2060-01-01T10:30:00", "FREQ=DAILY")
            c.join("G", "Ann", code, until=until.replace("10:00", "10:30"))
    with Calendar(checks, "a member that is active again") as c:
        c.put("Ann")
        c.put("G")
        c.series("Ann", "2060-01-01T10:30:00", "FREQ=DAILY")
        c.change("Ann", active=False)
        c.join("G", "Ann")
        c.series("G", "2060-01-01T10:00:00", "FREQ=DAILY")
        c.change("Ann", "ECONFLICT", active=True)
    with Calendar(checks, "what stays until 2170 is counted where it begins") as c:
        c.put("Ann", capacity=2)
        c.put("G")
        c.join("G", "Ann", **{"from": "2160-01-01T00:00:00Z", "until": "2170-01-01T00:00:00Z"})
        c.series("G", "2026-01-02T10:00:00", "FREQ=DAILY")
        c.series(of("Ann", 2), "2026-01-02T10:00:00", "FREQ=DAILY", "ECONFLICT")


def stacks(checks):
    """One of which several are there at once counts as often."""
    with Calendar(checks, "two hourly ones and one every thirty years, of two") as c:
        c.put("A", capacity=2, after=2700)
        c.series("A", "2050-01-01T00:00:00", "FREQ=HOURLY", length=1800)
        made = c.series("A", "2030-06-01T00:00:00", "FREQ=YEARLY;INTERVAL=30")
        checks.true("nobody says for ever", made["checked_until"])
    with Calendar(checks, "at most two at once, of three and of two") as c:
        c.put("A", capacity=3, after=5400)
        c.series("A", "2026-01-02T00:00:00", "FREQ=HOURLY;INTERVAL=2")
        c.change("A", capacity=2)
        c.change("A", "ECONFLICT", capacity=1)


def lapsed(checks):
    """A hold that has lapsed takes nothing, and is ended by who takes its time."""
    with Calendar(checks, "a hold from 2060 on") as c:
        c.put("A")
        c.series("A", "2060-01-01T10:00:00", "FREQ=DAILY", hold=60)
        c.series("A", "2026-01-02T10:30:00", "FREQ=MONTHLY", "ECONFLICT")
        c.rota.must("clock.set", now="2026-01-01T00:02:00Z")
        made = c.series("A", "2026-01-02T10:30:00", "FREQ=MONTHLY")
        checks.same("for ever", made["checked_until"], None)
        types = [row["type"] for row in c.rota.must("event.list")["rows"]]
        checks.true("it is ended", "booking.expired" in types)
    with Calendar(checks, "a hold from 2060 on, beside what begins then, too") as c:
        c.put("A")
        c.series("A", "2060-01-01T10:00:00", "FREQ=DAILY", hold=60)
        c.change("A", "ECONFLICT", after=82801)
        c.rota.must("clock.set", now="2026-01-01T00:02:00Z")
        c.change("A", after=82801)


def moves(checks):
    """One that is moved is not in its own way, nor are three of which never all meet."""
    with Calendar(checks, "one moves by half an hour") as c:
        c.put("A")
        made = c.series("A", "2026-01-02T10:00:00", "FREQ=DAILY")
        moved = c.rota.ask("booking.move", id=made["id"], occurrence="2026-01-02T10:00:00Z",
                           scope="all", start="2026-01-02T10:30:00Z")
        checks.ok("it is not in its own way", moved)
        checks.same("for ever", moved["checked_until"], None)
    with Calendar(checks, "three on two units") as c:
        c.put("A", capacity=2)
        c.series("A", "2026-03-03T09:00:00", "FREQ=DAILY;INTERVAL=14000")
        second = c.series("A", "2026-03-04T09:00:00", "FREQ=DAILY;INTERVAL=13999")
        checks.same("two are not too many", second["checked_until"], None)
        third = c.series("A", "2026-03-05T09:00:00", "FREQ=DAILY;INTERVAL=13998")
        checks.true("nobody says for ever", third["checked_until"])


def long(checks):
    """What lasts longer than all the years that are looked at one by one."""
    for end, code in (("2070-01-01T10:00:00Z", None), ("2070-01-01T10:00:01Z", "ECONFLICT")):
        with Calendar(checks, f"a booking up to {end}") as c:
            c.put("A")
            c.series("A", "2070-01-01T10:00:00", "FREQ=DAILY")
            c.book("A", "2026-01-02T10:00:00Z", end, code)
    for rule, code in (("FREQ=YEARLY", "ECONFLICT"), ("FREQ=DAILY", "ELIMIT")):
        with Calendar(checks, f"a booking up to the end of the years, {rule}") as c:
            c.put("A")
            c.series("A", "2070-01-01T10:00:00", rule)
            c.book("A", "2026-01-02T10:00:00Z", "9999-12-31T23:59:59Z", code)


def late(checks):
    """What has an end and lasts: only its last days are in the way."""
    for minute, code in (("29", "ECONFLICT"), ("30", None)):
        with Calendar(checks, f"the end of a year, 10:{minute}") as c:
            c.put("A")
            c.series("A", "2190-01-01T12:00:00", "FREQ=DAILY;UNTIL=21901130T235959Z", length=60)
            c.series("A", "2190-12-01T10:00:00", "FREQ=DAILY;COUNT=9", length=1800)
            c.book("A", "2189-12-20T00:00:00Z", "2189-12-20T00:01:00Z")
            c.series("A", f"2026-01-02T10:{minute}:00", "FREQ=DAILY", code)


    for minute, code in (("29", "ECONFLICT"), ("30", None)):
        with Calendar(checks, f"an autumn, in which 12:00 is 11:00, 11:{minute}") as c:
            c.put("A")
            c.series("A", "2190-04-15T12:00:00", "FREQ=DAILY;COUNT=250", length=1800,
                     tz="Europe/Berlin")
            c.series("A", f"2026-01-02T11:{minute}:00", "FREQ=DAILY", code, length=60)


def hours(checks):
    """Closed far ahead, where all is open before and afterwards."""
    week = ["MO", "TU", "WE", "TH", "FR", "SA", "SU"]
    always = {"kind": "weekly", "days": week, "start": "00:00", "end": "24:00"}
    noon = {"kind": "weekly", "days": week, "start": "12:00", "end": "24:00"}
    for year in (2060, 2110, 2150, 2300):
        with Calendar(checks, f"closed in {year}") as c:
            c.put("A")
            c.hours("A", always, {"kind": "exception", "from_date": f"{year}-01-01",
                                  "to_date": f"{year}-12-31", "closed": True})
            c.series("A", "2026-01-02T11:00:00", "FREQ=DAILY", "EPOLICY")
        with Calendar(checks, f"in a place with hours from {year} on") as c:
            c.put("A")
            c.put("G")
            c.hours("A", noon)
            c.join("G", "A", **{"from": f"{year}-01-01T12:00:00Z"})
            c.series("G", "2026-01-02T11:00:00", "FREQ=DAILY", "EPOLICY")
            c.series("G", "2026-01-02T12:00:00", "FREQ=DAILY")


def main():
    checks = Checks("far ahead")
    for part in (setup_reaches_back, neighbours, additions, one_date, stays, stacks, lapsed, moves,
                 long, late, hours):
        part(checks)
    checks.finish()


if __name__ == "__main__":
    main()
