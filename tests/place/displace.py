"""Random placement and displacement beside a plain list of bookings.

Bookings that give no start, movable ones that do, fixed ones that displace, moves, cancellations,
holds that lapse, a clock that goes on; capacities, setup and cleanup, hours, a group, a series in
the way, a zone with a night in which the clocks change. The list says of each call whether it is
taken, when it lies, and who moves where, in which order; at the end of each calendar that nothing
is lost and nothing double, that the feed tells the same, and that the same calls again give the
same calendar.

    displace.py [--steps 2000] [--seed N] [--mutate order|buffer|window|begun]

--mutate makes the list wrong on purpose: it must then disagree.
"""

import argparse
import datetime
import pathlib
import random
import sys
import zoneinfo

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "jsonl"))
import rota as host  # noqa: E402

CELL, HOUR, DAY, WEEK = 300, 3600, 86400, 7 * 86400
USUAL = 28 * DAY
WEEKDAYS = ["MO", "TU", "WE", "TH", "FR", "SA", "SU"]
ZONES = ["UTC", "Europe/Berlin", "Asia/Kathmandu"]
STEPS_A_CALENDAR = 120
LIVE = ("held", "confirmed", "checked_in")


class Thing:
    def __init__(self, ref, tz, capacity=1, before=0, after=0, hours=None):
        self.ref, self.tz, self.capacity, self.before, self.after = ref, tz, capacity, before, after
        self.hours, self.members = hours, []


class Booking:
    def __init__(self, span, claims, **fields):
        self.span, self.claims, self.status, self.priority = span, claims, "confirmed", 0
        self.place, self.lapses, self.id, self.kind = None, None, None, 0
        self.original = None        # of one of a series
        self.__dict__.update(fields)


class Place:
    def __init__(self, window, step, tz, days=None, day=None):
        self.window, self.step, self.tz, self.days, self.day = window, step, tz, days, day


def local(instant, tz):
    return datetime.datetime.fromtimestamp(instant, zoneinfo.ZoneInfo(tz))


def clock(seconds):
    return f"{seconds // 3600:02d}:{seconds // 60 % 60:02d}"


def in_day(span, tz, days, day):
    """Does it lie as a whole on one of these days, between two times of the clock?"""
    first, last = local(span[0], tz), local(span[1] - 1, tz)
    if first.date() != last.date() or (days and WEEKDAYS[first.weekday()] not in days):
        return False
    begins = first.hour * 3600 + first.minute * 60 + first.second
    ends = last.hour * 3600 + last.minute * 60 + last.second + 1
    return day[0] <= begins and ends <= day[1]


class Calendar:
    """What should be so, and the calls that make it."""

    def __init__(self, rng, mutate):
        self.rng, self.mutate = rng, mutate
        self.base = host.seconds(rng.choice(["2031-03-28", "2031-06-10", "2031-10-24"]) + "T06:00:00Z")
        self.now = self.base
        self.things, self.bookings, self.calls = [], [], []

    # --- what there is ---

    def start(self, ask):
        rng = self.rng
        ask("clock.set", now=host.text(self.now))
        for i in range(4):
            t = Thing("abcd"[i], rng.choice(ZONES), rng.choice([1, 1, 2, 3]),
                      rng.choice([0, 0, CELL, 900]), rng.choice([0, 0, 600]))
            if rng.random() < 0.3:
                t.hours = (rng.randrange(6, 10) * HOUR, rng.randrange(15, 22) * HOUR)
            self.things.append(t)
            ask("resource.put", ref=t.ref, name=t.ref, kind="room", tz=t.tz, capacity=t.capacity,
                before=t.before, after=t.after)
            if t.hours:
                ask("hours.put", resource=t.ref, rules=[
                    {"kind": "weekly", "days": WEEKDAYS, "start": clock(t.hours[0]),
                     "end": clock(t.hours[1])}])
        team = Thing("team", "UTC")
        ask("resource.put", ref="team", name="team", kind="group", tz="UTC")
        for t in self.things[:2]:
            team.members.append(t)
            ask("member.add", group="team", member=t.ref, **{"from": host.text(self.base - WEEK)})
        self.things.append(team)
        if rng.random() < 0.5:
            self.weekly(ask)

    def weekly(self, ask):
        t = self.things[2]
        first = (self.base // DAY + 2) * DAY + 10 * HOUR
        answer = ask("booking.create", start=host.text(first)[:-1], tz="UTC", duration=HOUR,
                     claims=[t.ref], rrule="FREQ=DAILY;COUNT=20", partial=True)
        if not answer["ok"]:
            return
        left_out = {s["occurrence"] for s in answer["skipped"]}
        for i in range(20):
            at = first + i * DAY
            if host.text(at) not in left_out:
                self.bookings.append(Booking((at, at + HOUR), {t: 1}, original=at,
                                             id=answer["id"]))

    # --- what is taken ---

    def uses(self, claims):
        most = {}
        for t, units in claims.items():
            for one in [t] + t.members:
                most[one] = max(most.get(one, 0), units)
        return most

    def live(self, b):
        if b.status == "held" and b.lapses <= self.now:
            return False
        return b.status in LIVE

    def occupied(self, t, span):
        after = 0 if self.mutate == "buffer" else t.after
        return (span[0] - t.before, span[1] + after)

    def shortages(self, span, claims, absent, arrivals=()):
        """Of each resource the spans in which it has too few units."""
        for t, units in self.uses(claims).items():
            own = self.occupied(t, span)
            edges = []
            for b, when in [(b, b.span) for b in self.bookings if b not in absent] + list(arrivals):
                taken = self.uses(b.claims).get(t, 0)
                other = self.occupied(t, when)
                if taken and other[0] < own[1] and own[0] < other[1] and self.live(b):
                    edges += [(max(other[0], own[0]), taken), (min(other[1], own[1]), -taken)]
            edges.append((own[1], 0))
            total, at = 0, own[0]
            for point, change in sorted(edges):
                if point > at and total + units > t.capacity:
                    yield t, (at, point)
                total, at = total + change, max(at, point)

    def fits(self, span, claims, absent=(), arrivals=()):
        return next(self.shortages(span, claims, absent, arrivals), None) is None

    def open(self, span, claims):
        return all(not t.hours or in_day(span, t.tz, None, t.hours) for t in self.uses(claims))

    def rivals(self, span, claims, absent):
        """Who is in the way, and of these who is on a resource of one unit."""
        found, alone = [], set()
        for t, gap in self.shortages(span, claims, absent):
            for b in self.bookings:
                when = self.occupied(t, b.span)
                if b in absent or not self.live(b) or not self.uses(b.claims).get(t):
                    continue
                if when[0] < gap[1] and gap[0] < when[1]:
                    if b not in found:
                        found.append(b)
                    if t.capacity == 1:
                        alone.add(b)
        return found, alone

    # --- what should become of a call ---

    def first_place(self, place, length, claims, absent=(), arrivals=()):
        at = max(place.window[0], self.now if self.mutate != "window" else place.window[0])
        while at + length <= place.window[1]:
            here = local(at, place.tz)
            since = here.hour * 3600 + here.minute * 60 + here.second
            span = (at, at + length)
            if since % place.step == 0 and (not place.day or in_day(span, place.tz, place.days,
                                                                    place.day)):
                if self.open(span, claims) and self.fits(span, claims, absent, arrivals):
                    return span
            at += CELL - at % CELL
        return None

    def make_way(self, winner, span, claims, absent):
        """Who moves, and where to, in order; None: it is refused."""
        rivals, alone = self.rivals(span, claims, absent)
        movable = [b for b in rivals if b.place or (winner.kind and not b.kind)]
        going = [b for b in movable if b.status in ("held", "confirmed") and
                 (b.span[0] > self.now or self.mutate == "begun")]
        going.sort(key=lambda b: (b.priority if self.mutate == "order" else -b.priority,
                                  b.span[0], b.id, b.original))
        if not self.fits(span, claims, list(absent) + going):
            return None
        for b in list(going):
            if b not in alone and self.fits(span, claims, [g for g in list(absent) + going
                                                           if g is not b]):
                going.remove(b)
        arrivals, moved = [(winner, span)], []
        for b in going:
            usual = Place((b.span[0], b.span[1] + USUAL), 900, min(b.claims, key=lambda t: t.id).tz)
            to = self.first_place(b.place or usual, b.span[1] - b.span[0], b.claims,
                                  list(absent) + going, arrivals)
            if to is None:
                return None
            arrivals.append((b, to))
            moved.append((b, to))
        return moved

    # --- the calls ---

    def some_claims(self):
        return {t: self.rng.randint(1, t.capacity if self.rng.random() < 0.3 else 1)
                for t in self.rng.sample(self.things, self.rng.choice([1, 1, 1, 2]))}

    def create(self, ask):
        rng = self.rng
        claims, length = self.some_claims(), rng.choice([CELL, 1800, HOUR, HOUR, 5400, 3 * HOUR])
        fields = {"claims": [{"resource": t.ref, "units": u} for t, u in claims.items()],
                  "duration": length, "priority": rng.choice([0, 0, 0, 1, 2])}
        b = Booking(None, claims, priority=fields["priority"])
        if rng.random() < 0.15:
            fields["hold"] = rng.choice([HOUR, 6 * HOUR])
            b.status, b.lapses = "held", self.now + fields["hold"]
        if rng.random() < 0.1:
            return self.block(ask, b, fields)
        if rng.random() < 0.45:
            return self.create_placed(ask, b, fields, length)
        start = self.now - self.now % CELL + rng.randrange(-4, 500) * CELL
        span = (start, start + length)
        fields["start"] = host.text(start)
        displaces = rng.random() < 0.6
        if displaces:
            fields["on_conflict"] = "displace"
            if rng.random() < 0.4:
                span = (start, start + rng.choice([6 * HOUR, 8 * HOUR]))
                fields["duration"] = span[1] - span[0]
        if rng.random() < 0.3:
            fields["movable"] = True
            b.place = Place((start, span[1] + USUAL), 900, next(iter(claims)).tz)
        answer = ask("booking.create", **fields)
        moved = self.expected(b, span, claims, (), displaces)
        self.taken(answer, b, span, moved, displaces)
        return f"create {fields}"

    def block(self, ask, b, fields):
        """Cancels or moves whatever is no block, moves what is movable, or is refused; hours do
        not matter."""
        rng = self.rng
        b.kind, b.status = 1, "confirmed"
        fields.pop("hold", None)
        fields["kind"] = rng.choice(["maintenance", "absence"])
        how = rng.choice([None, "override", "override", "displace"])
        start = self.now - self.now % CELL + rng.randrange(-4, 500) * CELL
        span = (start, start + rng.choice([HOUR, 6 * HOUR, DAY]))
        fields |= {"start": host.text(start), "duration": span[1] - span[0]}
        if how:
            fields["on_conflict"] = how
        if rng.random() < 0.3:
            fields["movable"] = True
            b.place = Place((start, span[1] + USUAL), 900, next(iter(b.claims)).tz)
        answer = ask("booking.create", **fields)
        if how == "override":
            self.cancelled(answer, b, span)
        else:
            moved = [] if self.fits(span, b.claims) else \
                self.make_way(b, span, b.claims, ()) if how else None
            self.taken(answer, b, span, moved, bool(how))
        return f"block {fields}"

    def cancelled(self, answer, b, span):
        rivals, alone = self.rivals(span, b.claims, ())
        going = [r for r in rivals if not r.kind or r.priority < b.priority]
        going.sort(key=lambda r: (-r.priority, r.span[0], r.id))
        self.wanted, self.got = ("refused", None, None), ("refused", None, None)
        if self.fits(span, b.claims, going):
            for r in list(going):
                if r not in alone and self.fits(span, b.claims, [g for g in going if g is not r]):
                    going.remove(r)
            self.wanted = ("ok", span, sorted((r.id, r.original) for r in going))
        if answer["ok"]:
            whom = [(c, None) if isinstance(c, str) else
                    (c["booking"], host.seconds(c["occurrence"])) for c in answer["cancelled"]]
            self.got = ("ok", span, sorted(whom))
        if self.wanted[0] == "ok":
            for r in going:
                r.status = "cancelled"
            b.span, b.id = span, answer["id"]
            self.bookings.append(b)

    def expected(self, b, span, claims, absent, displaces):
        if not b.kind and not self.open(span, claims):
            return None
        if self.fits(span, claims, absent):
            return []
        return self.make_way(b, span, claims, absent) if displaces else None

    def taken(self, answer, b, span, moved, displaces):
        self.wanted = ("ok", span, [(m.id, m.original, m.span[0], to[0]) for m, to in moved]) \
            if moved is not None else ("refused", None, None)
        self.got = ("refused", None, None)
        if answer["ok"]:
            self.got = ("ok", (host.seconds(answer["start"]), host.seconds(answer["end"])),
                        [(m["booking"], m.get("occurrence") and host.seconds(m["occurrence"]),
                          host.seconds(m["from"]), host.seconds(m["to"]))
                         for m in answer["moved"] or []])
        if moved is None:
            return
        for m, to in moved:
            m.span = to
        b.span = span
        if b.id is None:
            b.id = answer["id"]
            self.bookings.append(b)

    def create_placed(self, ask, b, fields, length):
        rng = self.rng
        day = self.now - self.now % DAY
        window = (self.now, self.now + USUAL)
        if rng.random() < 0.7:
            window = (day + rng.randrange(-20, 300) * CELL,
                      day + rng.randrange(310, 900) * CELL)
            fields["from"], fields["to"] = map(host.text, window)
        step = rng.choice([900, 900, 300, 1800, 3600])
        tz = next(iter(b.claims)).tz
        if rng.random() < 0.2:
            b.kind, fields["kind"] = 1, "maintenance"
        if step != 900:
            fields["step"] = step
        if rng.random() < 0.3:
            fields["tz"] = tz = rng.choice(ZONES)
        b.place = Place(window, step, tz)
        if rng.random() < 0.6:
            b.place.day = (rng.randrange(0, 12) * HOUR, rng.randrange(13, 24) * HOUR)
            fields["earliest"], fields["latest"] = map(clock, b.place.day)
            if rng.random() < 0.4:
                b.place.days = fields["days"] = rng.sample(WEEKDAYS, rng.randint(1, 6))
        answer = ask("booking.create", **fields)
        span = self.first_place(b.place, length, b.claims)
        self.taken(answer, b, span, [] if span else None, False)
        return f"place {fields}"

    def one(self, accept):
        some = [b for b in self.bookings if b.original is None and accept(b)]
        return self.rng.choice(some) if some else None

    def move(self, ask):
        rng = self.rng
        b = self.one(self.live)
        if not b:
            return "nothing"
        start = self.now - self.now % CELL + rng.randrange(0, 400) * CELL
        span = (start, start + b.span[1] - b.span[0])
        displaces, stays = rng.random() < 0.5, rng.random() < 0.3
        fields = {"id": b.id, "start": host.text(start)}
        if displaces:
            fields["on_conflict"] = "displace"
        if stays:
            fields["movable"] = True
        answer = ask("booking.move", **fields)
        moved = self.expected(b, span, b.claims, [b], displaces)
        self.taken(answer, b, span, moved, displaces)
        if moved is not None:
            first = min(b.claims, key=lambda t: t.id)
            usual = Place((span[0], span[1] + USUAL), 900, first.tz)
            b.place = (b.place or usual) if stays else None
        return f"move {fields}"

    def cancel(self, ask):
        b = self.one(lambda b: self.live(b) and b.span[0] > self.now)
        if not b:
            return "nothing"
        ask("booking.cancel", id=b.id)
        b.status = "cancelled"
        return f"cancel {b.id}"

    def later(self, ask):
        self.now += self.rng.choice([CELL, HOUR, 5 * HOUR])
        ask("clock.set", now=host.text(self.now))
        return "later"

    def step(self, ask):
        self.wanted = self.got = None
        act = self.rng.choices([self.create, self.move, self.cancel, self.later], [10, 3, 2, 1])[0]
        return act(ask)

    def listed(self):
        return sorted((b.id, host.text(b.span[0]), host.text(b.span[1])) for b in self.bookings
                      if self.live(b))


def read(r, calendar):
    rows = r.must("booking.list", **{"from": host.text(calendar.base - WEEK),
                                     "to": host.text(calendar.base + 100 * DAY)})["rows"]
    return sorted((row["id"], row["start"], row["end"]) for row in rows
                  if row["status"] in LIVE)


def told(r):
    """Where the feed says that each booking lies, and how many could not be placed."""
    where, unplaced, after = {}, 0, 0
    while True:
        rows = r.must("event.list", after=after, limit=1000)["rows"]
        if not rows:
            return where, unplaced
        after = rows[-1]["seq"]
        for row in rows:
            if row["type"] == "booking.unplaced":
                unplaced += 1
            elif row["type"].startswith("booking.") and not row["after"].get("recurrence"):
                is_ = row["after"]
                where[is_["id"]] = (is_["start"], is_["end"], is_["status"])


def run(seed, n, steps, mutate, checks):
    calendar = Calendar(random.Random(f"{seed} {n}"), mutate)
    calls = []
    with host.Rota(":memory:", calendar.now) as r:
        def ask(op, **fields):
            answer = r.ask(op, **fields)
            calls.append((op, fields, dict(answer)))
            return answer
        calendar.start(ask)
        for t in calendar.things:
            t.id = r.must("resource.get", id=t.ref)["id"]
        for i in range(steps):
            what = calendar.step(ask)
            if not checks.same(f"calendar {n}, step {i}: {what}", calendar.got, calendar.wanted):
                return
        if not checks.same(f"calendar {n}: what is there", read(r, calendar), calendar.listed()):
            return
        where, _ = told(r)
        checks.same(f"calendar {n}: the feed", {b.id: where[b.id][:2] for b in calendar.bookings
                                                if b.original is None},
                    {b.id: (host.text(b.span[0]), host.text(b.span[1]))
                     for b in calendar.bookings if b.original is None})
    again(calls, n, calendar, checks)


def again(calls, n, calendar, checks):
    """The same calls give the same answers, but for the ids."""
    names = {}

    def strip(value):
        if isinstance(value, dict):
            return {k: strip(v) for k, v in value.items()}
        if isinstance(value, list):
            return [strip(v) for v in value]
        return names.get(value, value) if isinstance(value, str) else value

    with host.Rota(":memory:", calendar.base) as r:
        for op, fields, first in calls:
            sent = {k: next((new for new, old in names.items() if old == v), v)
                    if k == "id" else v for k, v in fields.items()}
            answer = r.ask(op, **sent)
            if answer.get("id") and first.get("id"):
                names[answer["id"]] = first["id"]
            for field in ("ok", "start", "end", "moved"):
                if not checks.same(f"calendar {n}, again: {op} {fields} {field}",
                                   strip(answer.get(field)), first.get(field)):
                    return


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--steps", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=None)
    parser.add_argument("--mutate", default=None)
    arguments = parser.parse_args()
    seed = arguments.seed if arguments.seed is not None else random.SystemRandom().randrange(1 << 32)
    checks = host.Checks(f"{arguments.steps} steps of placement and displacement, seed {seed}")
    for n in range(-(-arguments.steps // STEPS_A_CALENDAR)):
        run(seed, n, STEPS_A_CALENDAR, arguments.mutate, checks)
        if checks.failed:
            break
    checks.finish()


if __name__ == "__main__":
    main()
