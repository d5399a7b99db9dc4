"""Random requests about series, each answered by rota and by the model, and the two compared.

Small calendars, each with a life of a few hundred requests: eight resources, hours that are much
wanted, zones whose clocks change on different nights, and rules that fall into those nights. Knows
which requests to make; what should come of them only the model knows.
"""

import collections
import functools
import json
import random
from datetime import timedelta

import mirror
import occurrences
import oracle
from occurrences import BEGIN, DAY, HORIZON, LAST, SURE, TOLD, Model, Resource, Unclear
from rota import seconds, text

LIFE = 250      # requests to one calendar
LIVE = 11       # series with something to come; more are cancelled before others are made
ZONES = ("Europe/Lisbon", "Europe/Lisbon", "Europe/Berlin", "America/New_York",
         "Australia/Lord_Howe", "America/Sao_Paulo", "Asia/Kolkata", "UTC", "Pacific/Chatham",
         "Europe/Dublin", "Africa/Casablanca")
HOURS = (8, 9, 9, 9, 10, 10, 11, 12, 13, 14, 14, 15, 16, 17)
NIGHT = ((0, 30), (1, 0), (1, 15), (1, 30), (2, 0), (2, 15), (2, 30), (3, 0))
LENGTHS = (900, 1800, 2700, 3600, 3600, 5400, 5400, 7200, 10800)
WEEKDAYS = ("MO", "MO", "TU", "WE", "TH", "FR", "SA", "SU")
WEEK, HOUR = timedelta(days=7), timedelta(hours=1)
EPOCH = oracle.EPOCH
ERRORS = ("ECONFLICT", "EINVALID", "ENOTFOUND", "ESTATE", "EVERSION", "ELIMIT")
COMPARED = ("ok", "error", "id", "ref", "status", "version", "start", "end", "series", "count",
            "now", "phase", "occurrence", "title")


class Disagreement(Exception):
    pass


def resources():
    return [Resource("aula"), Resource("blue", 1, 300, 900), Resource("lab", 2),
            Resource("hall", 3, 0, 600), Resource("ana"), Resource("ben"),
            Resource("cleo", 1, 0, 300), Resource("team"), Resource("staff")]


def memberships(by_ref):
    """Cleo is in the team for some months only, and the team is part of the staff."""
    return [(by_ref["team"], by_ref["ana"], seconds("2000-01-01T00:00:00Z"), LAST),
            (by_ref["team"], by_ref["cleo"], BEGIN + 40 * DAY + 3600 * 2, BEGIN + 300 * DAY),
            (by_ref["staff"], by_ref["team"], seconds("2000-01-01T00:00:00Z"), LAST),
            (by_ref["staff"], by_ref["ben"], BEGIN + 100 * DAY, LAST)]


class Workload:
    """open_host(): a new, empty calendar, with ask(request), restart(now) and close()."""

    def __init__(self, seed, open_host, mutate=(), second=None, strict=False):
        self.random, self.open_host, self.mutate = random.Random(seed), open_host, mutate
        self.second, self.strict = second, strict
        self.steps = self.calendars = self.refs = 0
        self.outcomes, self.unclear = collections.Counter(), collections.Counter()
        self.host = self.model = None
        self.log, self.born = [], 0

    # --- one request: ask both, compare ---

    def ask(self, request, label=None):
        """rota's answer; None where nobody can say what it should be."""
        try:
            want = self.model.answer(request)
        except Unclear as unclear:
            self.unclear[str(unclear)] += 1
            return None
        got = self.host.ask(request)
        self.steps += 1
        self.log.append((request, got))
        if got is None:         # there is no host: the model alone
            got = dict(want, id=f"id-{request.get('ref', request.get('id'))}")
        if want["ok"] and self.met_late(request, got):
            self.unclear["an endless series, met by others beyond the years of the model"] += 1
            return got
        self.compare(request, got, want)
        if self.second:
            self.second.before(self.model, request)
        self.model.commit(got.get("id"))
        self.count(label or request["op"], request, want)
        if self.second:
            self.second.after(self.model, request, want)
        return got

    def met_late(self, request, got):
        """Whether a refusal is of a time of which the model knows nothing."""
        told = got.get("conflicts")
        return got.get("error") == "ECONFLICT" and told and all(
            seconds(row["start"]) >= SURE for row in told)

    def count(self, label, request, want):
        scope = Model.scope(request)
        if scope and not label.startswith("booking.list"):
            label += f" {scope}"
        if request.get("dry_run"):
            label += " (dry run)"
        if request.get("partial"):
            label += " in part"
        outcome = "ok" if want["ok"] else want["error"]
        if want.get("skipped"):
            outcome = "ok, some left out"
        self.outcomes[label, outcome] += 1

    def compare(self, request, got, want):
        for name in COMPARED:
            if name in want and got.get(name) != want[name]:
                self.disagree(name, got, want)
        if not want["ok"]:
            if got.get("ok") is not False or not got.get("message", "no host"):
                self.disagree("refusal", got, want)
        if "conflicts" in want:
            self.compare_conflicts("conflicts", got.get("conflicts"), want["conflicts"])
        if "skipped" in want:
            self.compare_skipped(got.get("skipped", []), want["skipped"])
        if "rows" in want:
            self.compare_rows(got["rows"], want["rows"])
        if want.get("series") and "checked_until" in got:
            until = got["checked_until"]
            if until is not None and want["count"] is None and seconds(until) < SURE:
                self.disagree("checked_until", got, want)

    def told(self, conflicts):
        """Conflict rows as the model writes them. Beyond SURE it is not said which are known."""
        rows = []
        for row in conflicts or ():
            if not isinstance(row, dict):
                rows.append(tuple(row))
                continue
            rows.append((row["start"], row["resource"], row.get("booking"), row.get("occurrence"),
                         row["end"]))
        limit = text(SURE)
        return [row for row in rows if row[0] < limit]

    def compare_conflicts(self, what, got, want):
        got, want = self.told(got), self.told(want)
        if len(got) >= TOLD:
            got, want = got[:TOLD], want[:TOLD]
        if got != want:
            for number, (one, other) in enumerate(zip(got, want)):
                if one != other:
                    self.disagree(f"{what}: row {number}", one, other)
            self.disagree(f"{what}: number of rows", len(got), len(want))

    def compare_skipped(self, got, want):
        if got and isinstance(got[0], dict):
            got = [(row["occurrence"], row.get("conflicts")) for row in got]
        if [row[0] for row in got] != [row[0] for row in want]:
            self.disagree("skipped", [row[0] for row in got], [row[0] for row in want])
        for one, other in zip(got, want):
            if one[1] is not None:
                self.compare_conflicts(f"skipped {one[0]}", one[1], other[1])

    @staticmethod
    def shown(rows):
        return [{name: sorted(value) if name == "resources" else value
                 for name, value in row.items() if name in (
                     "id", "ref", "start", "end", "status", "title", "occurrence", "resources")
                 and value is not None} for row in rows]

    def compare_rows(self, got, want):
        got, want = self.shown(got), self.shown(want)
        for number, (one, other) in enumerate(zip(got, want)):
            if one != other:
                self.disagree(f"row {number}", one, other)
        if len(got) != len(want):
            self.disagree("number of rows", len(got), len(want))

    def disagree(self, what, got, want):
        lines = [f"step {self.steps}: {what} differs", f"  rota:  {json.dumps(got)[:2000]}",
                 f"  model: {json.dumps(want)[:2000]}"]
        raise Disagreement("\n".join(lines))

    def mirrored(self, request):
        """Whether the feed alone tells of what is listed."""
        self.log.append((request, None))
        span = {"op": "booking.list", "from": request["from"], "to": request["to"]}
        got = self.host.ask(span)
        if got is None:
            return
        got = got["rows"] + self.host.ask({**span, "status": "cancelled"})["rows"]
        got.sort(key=mirror.place)
        self.feed.read(self.host.ask)
        want = self.feed.rows(seconds(span["from"]), seconds(span["to"]), self.model.now)
        self.compare_rows(got, want)
        for row in want[:1] + want[-1:]:
            named = {"occurrence": row["occurrence"]} if "occurrence" in row else {}
            told = self.host.ask({"op": "booking.get", "id": row["id"], **named})
            if told["claims"] != row["claims"]:
                self.disagree("claims", told["claims"], row["claims"])
        self.outcomes["mirror of the feed", "ok"] += 1

    def replay(self, requests):
        """What was asked of one calendar before, or a part of it; the disagreement, or None."""
        self.begin()
        try:
            for request in requests:
                if request["op"] == "restart":
                    self.host.restart(text(self.model.now))
                elif request["op"] == "mirror":
                    self.mirrored(request)
                else:
                    self.ask(request)
        except Disagreement as disagreement:
            return disagreement
        finally:
            self.host.close()
            self.host = None
        return None

    def shrink(self):
        """The least of what led to the disagreement, and how it is told then."""
        asked = [request for request, _ in self.log[self.begun:]]
        told = self.replay(asked)
        size = len(asked) // 2
        while told and size:
            kept, at = list(asked), 0
            while at < len(kept) - 1:
                fewer = kept[:at] + kept[min(at + size, len(kept) - 1):]
                less = self.replay(fewer)
                if less and self.kind(less) == self.kind(told):
                    kept, told = fewer, less
                else:
                    at += size
            size = size // 2 if size > 1 or len(kept) == len(asked) else 1
            asked = kept
        return self.replay(asked) if told else None

    @staticmethod
    def kind(disagreement):
        what, got, want = str(disagreement).splitlines()
        return [what.split(": ", 1)[1].split(" row ")[0]] + [
            word for word in ERRORS if word in got] + [word for word in ERRORS if word in want]

    # --- a calendar ---

    def begin(self):
        if self.host:
            self.host.close()
        self.calendars += 1
        self.log, self.born = [], self.steps
        self.host, self.feed = self.open_host(), mirror.Mirror(self.mutate)
        made = resources()
        by_ref = {r.ref: r for r in made}
        for r in made:
            request = {"op": "resource.put", "ref": r.ref, "kind": "room", "name": r.ref.title(),
                       "capacity": r.capacity, "before": r.before, "after": r.after}
            r.id = self.plain(request).get("id", f"id-{r.ref}")
        stays = memberships(by_ref)
        for group, member, start, end in stays:
            request = {"op": "member.add", "group": group.ref, "member": member.ref,
                       "from": text(start)}
            if end != LAST:
                request["until"] = text(end)
            self.plain(request)
        self.model, self.begun = Model(made, stays, self.mutate, self.strict), len(self.log)

    def plain(self, request):
        """What is no question here."""
        got = self.host.ask(request)
        self.log.append((request, got))
        if got is not None and not got["ok"]:
            raise Disagreement(f"{request}\n  was refused: {got}")
        return got or {}

    def run(self, steps):
        while self.steps < steps:
            if self.model is None or self.steps - self.born >= LIFE:
                if self.model:
                    self.everything()
                self.begin()
            self.step()
        self.everything()
        self.host.close()
        self.host = None

    STEPS = ((24, "create"), (10, "create_partial"), (14, "create_once"), (10, "move_this"),
             (8, "move_future"), (6, "move_all"), (5, "move_to_night"),
             (7, "cancel_this"), (4, "cancel_future"),
             (2, "cancel_all"), (8, "restore"), (3, "check_in"), (3, "complete"), (3, "confirm"),
             (3, "move_once"), (3, "cancel_once"), (9, "week"), (6, "get"), (4, "clock"),
             (1, "restart"), (5, "wrong"), (1, "every_resource"), (4, "mirror"))

    def step(self):
        weights, names = zip(*self.STEPS)
        getattr(self, self.random.choices(names, weights)[0])()

    # --- what to draw from ---

    def chance(self, share):
        return self.random.random() < share

    def living(self):
        return [b for b in self.model.bookings.values() if b.series and any(
            o.start > self.model.now and o.status == "confirmed" for o in b.occurrences[-50:])]

    def series(self):
        """Mostly one with something to come."""
        every = [b for b in self.model.bookings.values() if b.series]
        living = self.living()
        if living and self.chance(0.9):
            return self.random.choice(living)
        return self.random.choice(every) if every else None

    def occurrence(self, booking, *statuses):
        """Mostly near the clock: before it, around it, in its first year; or far away, at a change
        of the clocks, or one that was changed before."""
        now, draw = self.model.now, self.random.random()
        fitting = [o for o in booking.occurrences if o.start < SURE and (
            not statuses or self.model.status(o) in statuses)]
        if not fitting:
            fitting = booking.occurrences
        if draw < 0.12:
            near = [o for o in fitting if abs(o.start - now) < 2 * DAY]
        elif draw < 0.24:
            near = [o for o in fitting if o.apart or o.skipped]
        elif draw < 0.34 and booking.zone:
            nights = {wall.date() for wall, _ in changes(booking.zone)}
            near = [o for o in fitting if o.wall and o.wall.date() in nights]
        elif draw < 0.8:
            near = [o for o in fitting if now < o.start < now + 400 * DAY][:40]
        elif draw < 0.85:
            near = fitting[:1]
        else:
            near = fitting
        return self.random.choice(near or fitting)

    def claims(self):
        count = self.random.choice((1, 1, 1, 1, 2, 2, 3))
        chosen = self.random.sample(list(self.model.resources.values()), count)
        return [self.claim(r) for r in chosen]

    def claim(self, r):
        if r.capacity == 1 and self.chance(0.8):
            return r.ref
        claim = {"resource": r.ref}
        if r.capacity > 1:
            claim["units"] = self.random.randint(1, r.capacity)
        if self.chance(0.12):
            claim["role"] = self.random.choice(("optional", "required", "organizer"))
        if self.chance(0.04):
            claim["free"] = True
        return claim

    def written(self, wall, zone):
        """A wall clock as one may write it: as it is, or as the instant."""
        if self.chance(0.5):
            return wall.isoformat(), zone
        return text(oracle.instant(wall, zone)), zone

    def length(self):
        return self.random.choice(LENGTHS)

    def start_of_series(self, zone):
        """Near the clock, at wanted hours; or in a night in which the clocks change, sooner or
        later."""
        today = oracle.local(self.model.now, zone).replace(hour=0, minute=0, second=0)
        day = today + timedelta(days=self.random.choice((-20, -3, 0, 1, 1, 2, 3, 4, 5, 6, 8, 12, 30,
                                                         200, 360)))
        nights = changes(zone)
        if nights and self.chance(0.3):
            night, size = self.random.choice(nights[:8])
            wall = night + self.random.randrange(0, int(size.total_seconds()), 900) * oracle.SECOND
            if self.chance(0.3):
                wall += self.random.choice((-1, 1, 2)) * HOUR
            return wall - self.random.choice((0, 7, 7, 14, 28, 1, 2, 364)) * timedelta(days=1)
        if self.chance(0.12):
            hour, minute = self.random.choice(NIGHT)
        else:
            hour, minute = self.random.choice(HOURS), self.random.choice((0, 0, 0, 30, 15))
        return day + timedelta(hours=hour, minutes=minute)

    def rule(self, start):
        pick = self.random.choice
        freq = self.random.choices(("WEEKLY", "DAILY", "MONTHLY", "YEARLY"), (60, 18, 14, 8))[0]
        parts = [f"FREQ={freq}"]
        if freq == "WEEKLY":
            days = {pick(WEEKDAYS) for _ in range(pick((1, 1, 1, 2, 3)))}
            if self.chance(0.6):
                days.add(oracle.DAYS[start.weekday()])
            if self.chance(0.85):
                parts.append("BYDAY=" + ",".join(sorted(days)))
            if self.chance(0.3):
                parts.append(f"INTERVAL={pick((2, 2, 3, 4))}")
            if self.chance(0.1):
                parts.append(f"WKST={pick(('SU', 'WE'))}")
        elif freq == "DAILY":
            if self.chance(0.5):
                parts.append(f"INTERVAL={pick((2, 3, 7, 10))}")
            if self.chance(0.2):
                parts.append("BYHOUR=9,14")
            if self.chance(0.2):
                parts.append("BYDAY=MO,TU,WE,TH,FR")
        elif freq == "MONTHLY":
            parts.append(pick(("BYMONTHDAY=15", "BYMONTHDAY=31", "BYDAY=1MO", "BYDAY=-1FR",
                               "BYDAY=2SU", "BYDAY=-1SU", "BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1",
                               "BYMONTHDAY=1,15", f"BYMONTHDAY={start.day}")))
            if self.chance(0.2):
                parts.append("INTERVAL=2")
        else:
            parts.append(pick(("BYMONTH=3;BYDAY=-1SU", "BYMONTH=10;BYDAY=-1SU",
                               "BYMONTH=3;BYDAY=2SU", "BYMONTH=4,9;BYDAY=1MO",
                               "BYWEEKNO=20;BYDAY=MO", "BYYEARDAY=100",
                               f"BYMONTH={start.month};BYMONTHDAY={start.day}")))
        return ";".join(parts)

    def last(self, rule, start, zone):
        """COUNT, UNTIL or nothing. Every day without end is rare: it fills the calendar."""
        draw = self.random.random()
        endless = 0.15 if "DAILY" in rule else 0.4
        if draw < endless:
            return ""
        if draw < 0.8:
            return f";COUNT={self.random.choice((1, 2, 3, 5, 8, 13, 14, 20, 30, 52, 100))}"
        wall = start + timedelta(days=self.random.choice((0, 7, 14, 60, 100, 200, 400, 1500)))
        form = self.random.randrange(3)
        if form == 0:
            at = EPOCH + timedelta(seconds=oracle.instant(wall, zone))
            return f";UNTIL={at:%Y%m%dT%H%M%SZ}"
        return f";UNTIL={wall:%Y%m%dT%H%M%S}" if form == 1 else f";UNTIL={wall:%Y%m%d}"

    def new_ref(self, letter):
        self.refs += 1
        return f"{letter}{self.refs}"

    def recurrence(self):
        zone = self.random.choice(ZONES)
        start = self.start_of_series(zone)
        all_day = self.chance(0.08)
        request = {"op": "booking.create", "ref": self.new_ref("s"), "tz": zone,
                   "start": start.isoformat(), "claims": self.claims(), "duration": self.length()}
        if self.chance(0.5):
            request["title"] = f"Series {self.refs}"
        if not self.chance(0.06):
            rule = self.rule(start)
            if all_day:
                rule = rule.replace(";BYHOUR=9,14", "")
            request["rrule"] = rule + self.last(rule, start, zone)
            if all_day and "UNTIL" in request["rrule"]:
                request["rrule"] = rule + ";COUNT=9"
        if all_day:
            request["start"] = f"{start:%Y-%m-%d}"
            request["duration"] = DAY * self.random.choice((1, 1, 1, 2, 3))
        elif self.chance(0.05):
            request["duration"] = self.random.choice((DAY, DAY, DAY - 3600, 2 * DAY, 8 * DAY))
        self.additions(request, start, zone, all_day)
        if self.chance(0.06) and not all_day:
            request["hold"] = self.random.choice((600, 3600, DAY, 40 * DAY))
        return request

    def additions(self, request, start, zone, all_day):
        """RDATE and EXDATE, most of which hit something."""
        def write(wall):
            return f"{wall:%Y-%m-%d}" if all_day else self.written(wall, zone)[0]
        walls = []
        if "rrule" in request:
            found, _ = occurrences.originals(request["start"], zone, request["rrule"], (), ())
            walls = [wall for _, wall in found[:30]]
        if "rrule" not in request or self.chance(0.12):
            request["rdate"] = [write(start + timedelta(
                days=self.random.randrange(1, 60), hours=0 if all_day else self.random.choice(
                    (0, 0, 1, 3, -2)))) for _ in range(self.random.randint(1, 4))]
        if walls and self.chance(0.2):
            request["exdate"] = [write(wall) for wall in self.random.choices(walls, k=3)]

    # --- making ---

    def create(self, **more):
        if len(self.living()) >= LIVE:
            self.cancel_all()
            return
        request = {**self.recurrence(), **more}
        if self.chance(0.06):
            request["dry_run"] = True
        if not self.within(request):
            return
        self.ask(request, "booking.create series")

    @staticmethod
    def within(request):
        """A series with an end has it within the years that the model keeps."""
        found, _ = occurrences.originals(
            request["start"], request["tz"], request.get("rrule"),
            tuple(request.get("rdate", ())), tuple(request.get("exdate", ())))
        return not found or found[-1][0] < HORIZON

    def create_partial(self):
        self.create(partial=True)

    def create_once(self):
        zone = self.random.choice(ZONES)
        living = self.living()
        if living and self.chance(0.5):
            # Beside or in one of a series, now or in twenty years.
            other = self.occurrence(self.random.choice(living))
            at = other.start + self.random.choice((0, 0, -900, 900, 1800, -3600, 3600,
                                                   other.end - other.start))
        else:
            at = oracle.instant(self.start_of_series(zone), zone)
        request = {"op": "booking.create", "ref": self.new_ref("b"), "tz": zone, "start": text(at),
                   "duration": self.length(), "claims": self.claims()}
        if self.chance(0.08):
            request["duration"] = self.random.choice((DAY, 9 * DAY, 40 * DAY))
        if self.chance(0.15):
            request["hold"] = self.random.choice((600, 3600, DAY))
        if self.chance(0.06):
            request["dry_run"] = True
        self.ask(request, "booking.create once")

    # --- changing ---

    def shifted(self, booking, occurrence):
        """Where to move an occurrence: near where it is, on the wall clock."""
        zone = booking.zone
        wall = oracle.local(occurrence.start, zone)
        if booking.all_day:
            return f"{wall + self.random.choice((-2, -1, 1, 2, 7)) * timedelta(days=1):%Y-%m-%d}"
        draw = self.random.random()
        if draw < 0.08:
            hour, minute = self.random.choice(NIGHT)
            step = wall.replace(hour=hour, minute=minute) - wall
        elif draw < 0.45:
            step = self.random.choice((-2, -1, 1, 2, 4, 6)) * timedelta(minutes=15)
        elif draw < 0.75:
            step = self.random.choice((-3, -2, -1, 1, 2, 3, 5)) * HOUR
        elif draw < 0.92:
            step = self.random.choice((-3, -2, -1, 1, 1, 2, 3)) * timedelta(days=1)
        else:
            step = self.random.choice((-1, 1, 1, 2)) * WEEK
        return self.written(wall + step, zone)[0]

    def move_fields(self, booking, occurrence, claims=0.15):
        draw, request = self.random.random(), {}
        if draw < 0.75:
            request["start"] = self.shifted(booking, occurrence)
            request["tz"] = booking.zone
        if 0.55 < draw:
            if booking.all_day:
                request["duration"] = DAY * self.random.randint(1, 3)
            else:
                request["duration"] = self.length()
        if self.chance(claims):
            request["claims"] = self.claims()
        return request

    def calling(self, request, booking):
        if self.chance(0.15):
            request["version"] = booking.version
        elif self.chance(0.02):
            request["version"] = booking.version + self.random.choice((1, 7))
        if self.chance(0.05):
            request["dry_run"] = True
        return request

    def move(self, scope, *statuses):
        booking = self.series()
        if booking is None:
            return
        occurrence = self.occurrence(booking, *statuses)
        request = {"op": "booking.move", "id": booking.ref,
                   **self.move_fields(booking, occurrence)}
        if scope is not None:
            request["occurrence"], request["scope"] = text(occurrence.original), scope
        self.ask(self.calling(request, booking))

    def move_this(self):
        self.move("this", "confirmed", "checked_in")

    def move_future(self):
        self.move("future", "confirmed")

    def move_all(self):
        self.move(self.random.choice(("all", "all", None)), "confirmed")

    def move_to_night(self):
        """From one on, or all, to an hour that one of them has not, or has twice."""
        found = []
        for booking in self.living():
            nights = {} if booking.all_day else dict(
                (night.date(), (night, size)) for night, size in changes(booking.zone))
            found += [(booking, *nights[o.wall.date()]) for o in booking.occurrences[:400]
                      if o.wall.date() in nights and o.start > self.model.now and not o.apart]
        if not found:
            return
        booking, night, size = self.random.choice(found)
        one = self.occurrence(booking, "confirmed")
        quarters = size // timedelta(minutes=15)
        hour = night + self.random.randrange(quarters) * timedelta(minutes=15)
        wall = oracle.local(one.start, booking.zone).replace(hour=hour.hour, minute=hour.minute)
        start = wall.isoformat()
        if self.chance(0.3):    # of two the second
            start = text(oracle.instant(wall, booking.zone, 1))
        request = {"op": "booking.move", "id": booking.ref, "tz": booking.zone,
                   "start": start, "occurrence": text(one.original),
                   "scope": self.random.choice(("future", "all", "all", "this"))}
        if self.chance(0.7):    # an hour that nobody else wants is often free
            request["duration"] = 900
        self.ask(self.calling(request, booking), "booking.move to a night")

    def cancel(self, scope, *statuses):
        booking = self.series()
        if booking is None:
            return
        request = {"op": "booking.cancel", "id": booking.ref}
        if scope is not None:
            request["occurrence"] = text(self.occurrence(booking, *statuses).original)
            request["scope"] = scope
        self.ask(self.calling(request, booking))

    def cancel_this(self):
        self.cancel("this", "confirmed")

    def cancel_future(self):
        self.cancel("future", "confirmed")

    def cancel_all(self):
        self.cancel(self.random.choice(("all", None)), "confirmed")

    def restore(self):
        self.on_one("booking.restore", "cancelled", most=0.9)

    def on_one(self, op, *statuses, most=0.8):
        """Of a series, or of a booking that happens once."""
        fitting = [o for b in self.model.bookings.values() for o in b.occurrences
                   if o.status in statuses and o.start < SURE]
        begun = [o for o in fitting if self.model.now - 9 * DAY < o.end
                 and o.start < self.model.now + DAY]
        if op != "booking.restore" and begun and self.chance(0.8):
            fitting = begun
        if not fitting or not self.chance(most):
            fitting = [o for b in self.model.bookings.values() for o in b.occurrences[:100]]
        if not fitting:
            return
        chosen = self.random.choice(fitting)
        request = {"op": op, "id": chosen.booking.ref}
        if chosen.booking.series:
            request["occurrence"] = text(chosen.original)
            if self.chance(0.5):
                request["scope"] = "this"
        self.ask(self.calling(request, chosen.booking))

    def check_in(self):
        self.on_one("booking.check_in", "confirmed")

    def complete(self):
        self.on_one("booking.complete", "confirmed", "checked_in")

    def once(self, *statuses):
        fitting = [b for b in self.model.bookings.values() if not b.series]
        good = [b for b in fitting if self.model.status_of(b) in statuses]
        if good and self.chance(0.85):
            fitting = good
        return self.random.choice(fitting) if fitting else None

    def move_once(self):
        booking = self.once("confirmed", "held")
        if booking:
            request = {"op": "booking.move", "id": booking.ref,
                       **self.move_fields(booking, booking.occurrences[0])}
            self.ask(self.calling(request, booking))

    def cancel_once(self):
        booking = self.once("confirmed", "held")
        if booking:
            self.ask(self.calling({"op": "booking.cancel", "id": booking.ref}, booking))

    def confirm(self):
        held = [b for b in self.model.bookings.values() if b.status in ("held", "expired")]
        every = list(self.model.bookings.values())
        if held and self.chance(0.9):
            every = held
        if every:
            booking = self.random.choice(every)
            request = {"op": "booking.confirm", "id": booking.ref}
            self.ask(self.calling(request, booking))

    # --- reading, and the rest ---

    def instant(self):
        """Near the clock, beside an occurrence, or years later."""
        draw, living = self.random.random(), self.living()
        if living and draw < 0.5:
            return self.occurrence(self.random.choice(living)).start
        if draw < 0.8:
            return self.model.now + self.random.randint(-20, 60) * DAY
        return self.model.now + self.random.randint(0, 27 * 365) * DAY

    def week(self):
        at = self.instant()
        span = self.random.choice((DAY, 7 * DAY, 7 * DAY, 31 * DAY))
        at = min(at, SURE - span)
        request = {"op": "booking.list", "from": text(at), "to": text(at + span)}
        if self.chance(0.85):
            request["resource"] = self.random.choice(list(self.model.resources))
        if self.chance(0.2):
            request["status"] = self.random.choice(("confirmed", "held", "checked_in", "completed",
                                                    "expired", *("cancelled",) * 3))
        if self.chance(0.3):
            self.pages(request)
        else:
            self.ask(request)

    def pages(self, request):
        """The same list, some rows at a time."""
        limit = self.random.choice((1, 2, 5, 20))
        for _ in range(5):
            got = self.ask({**request, "limit": limit}, "booking.list in pages")
            if got is None or len(got["rows"]) < limit:
                break
            found = got["rows"]
            request = {**request, "after": found[-1]["ref"]}
            request.pop("occurrence", None)
            if "occurrence" in found[-1]:
                request["occurrence"] = found[-1]["occurrence"]

    def every_resource(self):
        """A year of each resource, and of all."""
        at = self.instant()
        at = min(at, SURE - 366 * DAY)
        span = {"from": text(at), "to": text(at + 366 * DAY)}
        for ref in self.model.resources:
            self.ask({"op": "booking.list", "resource": ref, **span}, "booking.list of a year")
        self.ask({"op": "booking.list", **span}, "booking.list of a year")

    def mirror(self):
        """Months or years, soon or late."""
        span = self.random.choice((31, 366, 3 * 366)) * DAY
        at = min(self.instant() - 10 * DAY, SURE - span)
        self.mirrored({"op": "mirror", "from": text(at), "to": text(at + span)})

    def everything(self):
        """At the end of a calendar: what its first years hold, and every series."""
        span = {"from": text(BEGIN - 100 * DAY), "to": text(BEGIN + 3 * 366 * DAY)}
        self.mirrored({"op": "mirror", **span})
        self.ask({"op": "booking.list", **span}, "booking.list of three years")
        gone = {"op": "booking.list", "status": "cancelled", **span}
        self.ask(gone, "booking.list of three years")
        self.pages(gone)
        for booking in list(self.model.bookings.values()):
            self.ask({"op": "booking.get", "id": booking.ref})

    def get(self):
        every = list(self.model.bookings.values())
        if not every:
            return
        booking = self.random.choice(every)
        request = {"op": "booking.get", "id": booking.ref}
        if booking.series and self.chance(0.8):
            request["occurrence"] = text(self.occurrence(booking).original)
        self.ask(request)

    def clock(self):
        """Forward: minutes, or into one of the occurrences."""
        now = self.model.now
        coming = [o for b in self.model.bookings.values() for o in b.occurrences[:200]
                  if now < o.start < now + 30 * DAY]
        if coming and self.chance(0.7):
            one = self.random.choice(coming)
            at = self.random.choice((one.start, one.start - 1, one.start + 60, one.end - 1,
                                     one.end))
        else:
            at = now + self.random.choice((1, 600, 3600, DAY, 7 * DAY))
        if at > now:
            self.ask({"op": "clock.set", "now": text(at)})

    def restart(self):
        self.host.restart(text(self.model.now))
        self.log.append(({"op": "restart"}, None))
        self.outcomes["restart", "ok"] += 1

    def wrong(self):
        """What is refused whatever the calendar holds."""
        booking = self.series()
        if booking is None:
            return
        one = self.occurrence(booking)
        named = {"id": booking.ref, "occurrence": text(one.original)}
        nobody = {"id": booking.ref, "occurrence": text(one.original + 1)}
        held = self.model.status_of(booking) != "confirmed"
        whole = {"id": booking.ref}
        choices = [
            ({"op": "booking.get", **nobody}, "ENOTFOUND"),
            ({"op": "booking.get", "id": "nobody"}, "ENOTFOUND"),
            ({"op": "booking.restore", "scope": "all", **named}, "EINVALID"),
            ({"op": "booking.restore", "scope": "future", **named}, "EINVALID"),
            ({"op": "booking.check_in", "scope": "future", **named}, "EINVALID"),
            ({"op": "booking.complete", "scope": "all", **named}, "EINVALID"),
            ({"op": "booking.restore", **whole}, "EINVALID"),
            ({"op": "booking.check_in", **whole}, "EINVALID"),
            ({"op": "booking.complete", **whole}, "EINVALID"),
            ({"op": "booking.confirm", "scope": "this", **named}, "EINVALID"),
            ({"op": "booking.confirm", "scope": "future", **named}, "EINVALID"),
            ({"op": "booking.cancel", "scope": "this", "id": booking.ref}, "EINVALID"),
            ({"op": "booking.create", **self.broken()}, "EINVALID"),
        ]
        if not held:
            choices += [({"op": op, "scope": scope, "duration": 60, **nobody}, "ENOTFOUND")
                        for op in ("booking.move",) for scope in ("this", "future", "all")]
            choices += [({"op": "booking.cancel", "scope": scope, **nobody}, "ENOTFOUND")
                        for scope in ("this", "future", "all")]
            choices += [({"op": "booking.restore", **nobody}, "ENOTFOUND"),
                        ({"op": "booking.check_in", **nobody}, "ENOTFOUND")]
        request, error = self.random.choice(choices)
        got = self.host.ask(request)
        self.steps += 1
        if got is not None and (got.get("ok"), got.get("error")) != (False, error):
            self.disagree("error", got, {"ok": False, "error": error})
        self.outcomes["what is no request", error] += 1

    def broken(self):
        request = self.recurrence()
        request.pop("op")
        request.pop("hold", None)
        rule, never = "FREQ=WEEKLY;BYDAY=MO", "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30"
        request["rrule"] = rule
        request.update(self.random.choice((
            {"rrule": "FREQ=WEEKLY;BYDAY=2MO"}, {"rrule": "FREQ=NEVER"}, {"tz": "Moon/Base"},
            {"on_conflict": "override"}, {"rrule": never}, {"rrule": rule + ";COUNT=0"},
            {"start": "2031-03-10T09:00:00", "duration": 8 * DAY},
            {"rrule": "FREQ=DAILY", "start": "2031-03-10T09:00:00", "duration": DAY,
             "tz": "Europe/Lisbon"},
            {"exdate": ["yesterday"]}, {"duration": 0})))
        if request["rrule"] in (rule, never, "FREQ=DAILY"):
            request.pop("rdate", None)
        return request


    def report(self):
        for (label, outcome), count in sorted(self.outcomes.items()):
            print(f"  {label:44} {outcome:20} {count:6}")
        for why, count in sorted(self.unclear.items()):
            print(f"  not asked, for it is not said: {why:60} {count:6}")


@functools.lru_cache(maxsize=None)
def changes(zone):
    """The nights in which the clocks change, from the time of the model on: the first wall clock
    that is left out or shown twice, and how much is."""
    def offset(at):
        return oracle.local(at, zone) - oracle.local(at, "UTC")

    found = []
    for day in range(BEGIN // DAY * DAY, BEGIN + 10 * 366 * DAY, DAY):
        before, after = offset(day), offset(day + DAY)
        if before != after:
            at = next(t for t in range(day, day + DAY + 1, 900) if offset(t) == after)
            found.append((oracle.local(at, "UTC") + min(before, after), abs(after - before)))
    return found
