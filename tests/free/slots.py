"""Random states and searches beside a brute force that looks at each start by itself.

Every listed slot books; every aligned start that is not listed is refused, and explained; what packs
leaves the fewest gaps, however wide the window is; busy spans are those cells in which no unit is left;
every alternative books. Resources, groups with stays that begin and end, holds that lapse, setup and
cleanup, capacities, pools, series, hours, places, zones of odd offset and nights in which the clocks
change.

    slots.py [--states 300] [--seed N] [--mutate stays|after|lapse|hours|edges|matching]

--mutate makes the brute force wrong on purpose: it must then disagree.
"""

import argparse
import datetime
import itertools
import pathlib
import random
import sys
import zoneinfo

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "jsonl"))
import rota as host  # noqa: E402

CELL = 300
DAY = 86400
ZONES = ["UTC", "Europe/Berlin", "Asia/Kathmandu", "Australia/Lord_Howe", "America/St_Johns",
         "Pacific/Chatham"]
# The day before a change of the clocks somewhere, and one of none.
DAYS = ["2031-03-29", "2031-10-25", "2031-04-05", "2031-10-04", "2031-03-08", "2031-06-11"]
STEPS = [300, 600, 900, 900, 900, 1500, 2100, 3600, 5400]
EVER = (-1 << 60, 1 << 60)


class Thing:
    def __init__(self, ref, **fields):
        self.ref, self.capacity, self.before, self.after = ref, 1, 0, 0
        self.tz, self.parent, self.active, self.hours, self.tags = "UTC", None, True, None, []
        self.kind = "room"
        self.members = []  # (thing, from, until)
        self.__dict__.update(fields)


class Booking:
    def __init__(self, spans, claims, lapses=None, ref=None):
        self.spans, self.claims, self.lapses, self.ref = spans, claims, lapses, ref


def local(instant, tz):
    return datetime.datetime.fromtimestamp(instant, zoneinfo.ZoneInfo(tz))


def since_midnight(instant, tz):
    at = local(instant, tz)
    return at.hour * 3600 + at.minute * 60 + at.second, at.weekday()


class State:
    def __init__(self, rng, name, mutate):
        self.rng, self.name, self.mutate = rng, name, mutate
        self.base = host.seconds(rng.choice(DAYS) + "T00:00:00Z")
        self.now = self.base + rng.randrange(0, 12) * CELL
        self.things, self.bookings = [], []
        self.first, self.last = self.base - 4 * DAY, self.base + 8 * DAY
        self.taken_cache = {}

    # --- what there is ---

    def make(self, r):
        rng = self.rng
        place = None
        if rng.random() < 0.3:
            place = Thing(f"{self.name}-place", kind="place", tz=rng.choice(ZONES))
            self.things.append(place)
        for i in range(rng.randint(1, 6)):
            t = Thing(f"{self.name}-{'cadbfe'[i]}", tz=rng.choice(ZONES))
            t.capacity = rng.choice([1, 1, 1, 2, 3])
            t.before, t.after = rng.choice([0, 0, CELL, 900]), rng.choice([0, 0, 600, 3600])
            t.parent = place if place and rng.random() < 0.5 else None
            t.tags = [f"{self.name}-t"] if rng.random() < 0.6 else []
            t.active = rng.random() < 0.93
            self.things.append(t)
        people = [t for t in self.things if t.kind == "room"]
        for i in range(rng.choice([0, 0, 1, 2])):
            g = Thing(f"{self.name}-g{i}", kind="group", tz=rng.choice(ZONES),
                      before=rng.choice([0, 600]), after=rng.choice([0, 900]))
            for t in rng.sample(people, rng.randint(1, len(people))):
                stay = EVER
                if rng.random() < 0.5:
                    a = self.base + rng.randint(-100, 300) * CELL
                    stay = rng.choice([(a, EVER[1]), (EVER[0], a), (a, a + rng.randint(1, 300) * CELL)])
                g.members.append((t, *stay))
            if i and rng.random() < 0.5:
                g.members.append((self.things[-1], *EVER))
            self.things.append(g)
        for t in self.things:
            fields = {"ref": t.ref, "kind": t.kind, "name": t.ref, "tz": t.tz, "before": t.before,
                      "after": t.after, "capacity": t.capacity, "tags": t.tags}
            if t.parent:
                fields["parent"] = t.parent.ref
            t.id = r.must("resource.put", **fields)["id"]
            for member, start, end in t.members:
                fields = {"group": t.ref, "member": member.ref}
                fields["from"] = host.text(max(start, host.seconds("2000-01-01T00:00:00Z")))
                if end != EVER[1]:
                    fields["until"] = host.text(end)
                r.must("member.add", **fields)
        self.book(r)
        for t in self.things:
            if rng.random() < 0.25 and t.kind != "group":
                periods = rng.choice([[(6 * 3600, 22 * 3600)], [(22 * 3600, 6 * 3600)],
                                      [(8 * 3600, 12 * 3600), (13 * 3600, 18 * 3600)]])
                days = sorted(rng.sample(range(7), rng.randint(3, 7)))
                t.hours = (periods, days)
                names = ["MO", "TU", "WE", "TH", "FR", "SA", "SU"]
                clock = lambda s: f"{s // 3600:02}:{s % 3600 // 60:02}"  # noqa: E731
                r.must("hours.put", resource=t.ref, rules=[
                    {"kind": "weekly", "days": [names[d] for d in days], "start": clock(a),
                     "end": clock(b)} for a, b in periods])
            if not t.active:
                r.must("resource.put", ref=t.ref, active=False)

    def book(self, r):
        rng = self.rng
        for n in range(rng.randint(0, 14)):
            start = self.base + rng.randint(-40, 500) * CELL
            length = rng.choice([1, 3, 6, 12, 12, 24, 100]) * CELL
            claims = {}
            for t in rng.sample(self.things, min(len(self.things), rng.randint(1, 2))):
                claims[t] = rng.randint(1, t.capacity)
            fields = {"ref": f"{self.name}-b{n}", "duration": length, "claims": [
                {"resource": t.ref, "units": u} for t, u in claims.items()]}
            b = Booking([(start, start + length)], claims, ref=fields["ref"])
            if rng.random() < 0.15:
                tz, count = rng.choice(ZONES), rng.randint(2, 4)
                at = local(start, tz).replace(hour=12, minute=start // CELL % 12 * 5, second=0)
                at = at.replace(tzinfo=None)
                fields.update(tz=tz, start=at.isoformat(), rrule=f"FREQ=DAILY;COUNT={count}")
                b.spans = []
                for i in range(count):
                    day = (at + datetime.timedelta(days=i)).replace(tzinfo=zoneinfo.ZoneInfo(tz))
                    b.spans.append((int(day.timestamp()), int(day.timestamp()) + length))
                b.ref = None
            else:
                fields["start"] = host.text(start)
                if rng.random() < 0.3:
                    fields["hold"] = rng.choice([60, 600, 3600])
                    b.lapses = self.now + fields["hold"]
            if r.ask("booking.create", **fields)["ok"]:
                self.bookings.append(b)
        if rng.random() < 0.5:
            self.now += 600
            r.must("clock.set", now=host.text(self.now))

    # --- what it means ---

    def ways(self, thing):
        """Through what a resource is taken: (thing, span in which it is)."""
        out = [(thing, EVER)]
        for g in self.things:
            for member, start, end in g.members:
                if member is thing and thing.active:
                    if self.mutate == "stays":
                        start, end = EVER
                    for via, (a, b) in self.ways(g):
                        a, b = max(a, start), min(b, end)
                        if a < b:
                            out.append((via, (a, b)))
        return out

    def below(self, thing, span=EVER):
        out = [(thing, span)]
        for member, start, end in thing.members:
            if self.mutate == "stays":
                start, end = EVER
            a, b = max(span[0], start), min(span[1], end)
            if a < b and member.active:
                out += self.below(member, (a, b))
        return out

    def cells(self, thing, span, stay):
        """What a booking of that span takes of it."""
        if not (span[0] < stay[1] and stay[0] < span[1]):
            return range(0)
        after = 0 if self.mutate == "after" else thing.after
        a, b = max(span[0] - thing.before, stay[0]), min(span[1] + after, stay[1])
        return range(a // CELL, max(a, b) // CELL)

    def taken(self, thing, ignored):
        key = (thing, ignored)
        if key not in self.taken_cache:
            units = {}
            ways = self.ways(thing)
            for b in self.bookings:
                lapsed = b.lapses is not None and b.lapses <= self.now
                if (lapsed and self.mutate != "lapse") or b is ignored:
                    continue
                for span in b.spans:
                    one = {}
                    for via, stay in ways:
                        u = b.claims.get(via, 0)
                        for c in self.cells(thing, span, stay) if u else ():
                            one[c] = max(one.get(c, 0), u)
                    for c, u in one.items():
                        units[c] = units.get(c, 0) + u
            self.taken_cache[key] = units
        return self.taken_cache[key]

    def is_open(self, thing, span):
        if self.mutate == "hours":
            return True
        while thing:
            if thing.hours:
                periods, days = thing.hours
                for at in range(span[0], span[1], CELL):
                    s, weekday = since_midnight(at, thing.tz)
                    if not any((weekday in days and a <= s < b) if a < b else
                               ((weekday in days and s >= a) or ((weekday - 1) % 7 in days and s < b))
                               for a, b in periods):
                        return False
            thing = thing.parent
        return True

    def fits(self, claims, span, ignored=None):
        asked = {}
        for thing, units in claims:
            if not thing.active:
                return False
            for one, stay in self.below(thing):
                common = (max(span[0], stay[0]), min(span[1], stay[1]))
                if common[0] < common[1] and not self.is_open(one, common):
                    return False
                for c in self.cells(one, span, stay):
                    key = (one, c)
                    asked[key] = max(asked.get(key, 0), units)
        return all(self.taken(one, ignored).get(c, 0) + units <= one.capacity
                   for (one, c), units in asked.items())

    def choose(self, pools, open_in):
        """The pools' members, in order: the first ones where nobody gives way, else whether any."""
        used, out = set(), []
        for members, count, _ in pools:
            mine = [t for t in members if (t in open_in[_]) and t not in used][:count]
            used.update(mine)
            out.append(mine)
        if all(len(m) == count for m, (_, count, _) in zip(out, pools)):
            return out, True
        if self.mutate == "matching":
            return None, True
        options = [itertools.combinations([t for t in members if t in open_in[i]], count)
                   for members, count, i in pools]
        for picks in itertools.product(*options):
            flat = [t for p in picks for t in p]
            if len(flat) == len(set(flat)):
                return None, False
        return None, True


def check(state, r, checks):
    rng = state.rng
    rooms = [t for t in state.things if t.kind == "room"]
    takers = [t for t in state.things if t.active]
    if not takers:
        return
    all_of = [(t, rng.randint(1, t.capacity + (rng.random() < 0.05)))
              for t in rng.sample(takers, min(len(takers), rng.choice([0, 1, 1, 2, 3])))]
    pools = []
    for i in range(rng.choice([0, 0, 1, 2]) if all_of else rng.choice([1, 2])):
        count = rng.randint(1, 2)
        if rng.random() < 0.5:
            named = rng.sample(rooms, rng.randint(1, len(rooms)))
            ask = {"of": [t.ref for t in named], "count": count}
        else:
            least = rng.choice([0, 2])
            place = next((t for t in state.things if t.kind == "place"), None)
            ask = {"of": {"kind": "room", "tag": f"{state.name}-t", "capacity": least}, "count": count}
            named = [t for t in rooms if t.tags and t.capacity >= least]
            if place and rng.random() < 0.5:
                ask["of"]["parent"] = place.ref
                named = [t for t in named if t.parent is place]
        members = sorted((t for t in named if t.active and t not in [a for a, _ in all_of]),
                         key=lambda t: t.ref)
        pools.append((members, count, i, ask))
    length = rng.choice([300, 900, 1800, 3600, 5400])
    start = state.base + rng.randint(-20, 288) * CELL
    window = (start, start + length + rng.randint(0, 200) * CELL)
    step, notice = rng.choice(STEPS), rng.choice([0, 0, 3600])
    align = rng.choice(["local", "local", "window"])
    ignored = next((b for b in state.bookings if b.ref), None) if rng.random() < 0.2 else None
    first = all_of[0][0] if all_of else next((t for p in pools for t in p[0]), None)
    query = {"all": [{"resource": t.ref, "units": u} for t, u in all_of], "duration": length,
             "any": [p[3] for p in pools], "from": host.text(window[0]), "to": host.text(window[1]),
             "step": step, "notice": notice, "align": align}
    if ignored:
        query["ignore"] = ignored.ref
    found = r.must("free.find", limit=10000, **query)["slots"]
    listed = {host.seconds(s["start"]): s for s in found}
    checks.same("ascending, once", [host.seconds(s["start"]) for s in found], sorted(listed))
    zone = first.tz if first else "UTC"
    for at in range(window[0], window[1] - length + 1, CELL):
        since = at - window[0] if align == "window" else since_midnight(at, zone)[0]
        aligned = since % step == 0
        span = (at, at + length)
        open_in = [{t for t in p[0] if state.fits([(t, 1)], span, ignored)} for p in pools]
        chosen, short = state.choose([p[:3] for p in pools], open_in)
        free = (at >= state.now + notice and state.fits(all_of, span, ignored) and
                (chosen is not None or not short))
        what = f"{state.name} {host.text(at)} {query}"
        slot = listed.get(at)
        if not checks.same(what, slot is not None, aligned and free):
            return
        if slot and chosen is not None:
            want = [t.id for t, _ in all_of] + [t.id for p in chosen for t in p]
            checks.same(what + " resources", slot["resources"], want)
        if slot and not ignored and rng.random() < 0.3:
            units = [u for _, u in all_of] + [1] * len(slot["resources"])
            checks.ok(what + " books", r.ask("booking.create", dry_run=True, start=slot["start"],
                                             end=slot["end"], claims=[
                {"resource": i, "units": u} for i, u in zip(slot["resources"], units)]))
        if rng.random() < 0.15:
            answer = r.ask("free.explain", start=host.text(at), **query)
            if free:
                checks.ok(what + " explained", answer)
            else:
                explained(state, checks, what, answer, at < state.now + notice)
    search = query, all_of, [p[:3] for p in pools], ignored
    packed = check_packed(state, r, checks, *search)
    checks.same(f"{state.name} packed {query}, the same starts", sorted(s["start"] for s in packed),
                [host.text(at) for at in sorted(listed)])
    if packed:
        edges = [packed[0], rng.choice(packed)]
        query["from"], query["to"] = min(s["start"] for s in edges), max(s["end"] for s in edges)
        checks.same(f"{state.name} packed {query} as in a wider window",
                    check_packed(state, r, checks, *search),
                    [s for s in packed if query["from"] <= s["start"] and s["end"] <= query["to"]])


def check_packed(state, r, checks, query, all_of, pools, ignored):
    """A side of a resource is a gap if the resource could be taken a cell earlier, or later."""
    length, known = query["duration"], {}
    window = host.seconds(query["from"]), host.seconds(query["to"])
    named = {t.id: t for t in state.things}
    what = f"{state.name} packed {query}"

    def gaps(thing, units, at):
        def touched(beside):
            if state.mutate == "edges" and not window[0] <= beside <= window[1] - length:
                return False
            return not state.fits([(thing, units)], (beside, beside + length), ignored)

        if (thing, at) not in known:
            known[thing, at] = (not touched(at - CELL)) + (not touched(at + CELL))
        return known[thing, at]

    packed = r.must("free.find", limit=10000, order="packed", **query)["slots"]
    ranks = []
    for slot in packed:
        at = host.seconds(slot["start"])
        open_in = [{t for t in p[0] if state.fits([(t, 1)], (at, at + length), ignored)} for p in pools]
        ranked = [(sorted(open_in[i], key=lambda t: (gaps(t, 1, at), t.ref)), count, i)
                  for _, count, i in pools]
        chosen, _ = state.choose(ranked, open_in)
        if chosen is not None:
            want = [t.id for t, _ in all_of] + [t.id for p in chosen for t in p]
            checks.same(f"{what} resources at {slot['start']}", slot["resources"], want)
        taken = all_of + [(named[i], 1) for i in slot["resources"][len(all_of):]]
        ranks.append((sum(gaps(t, units, at) for t, units in taken), at))
    checks.same(f"{what} by gaps, then start", ranks, sorted(ranks))
    return packed


def explained(state, checks, what, answer, early):
    named = answer.get("conflicts") or answer.get("violations")
    checks.true(what + " has a reason", not answer["ok"] and (early or answer["error"] in (
        "ECONFLICT", "EPOLICY")) and (named or early or "pool" in answer["message"]), answer)
    for c in answer.get("conflicts", []):
        thing = next(t for t in state.things if t.id == c["resource"])
        if c["booking"] is None:
            continue
        span = (host.seconds(c["start"]), host.seconds(c["end"]))
        held = [b for b in state.bookings if span in b.spans]
        checks.true(what + " for a true reason", any(
            b.claims.get(via) for b in held for via, _ in state.ways(thing)), c)


def check_busy(state, r, checks):
    for t in state.things:
        window = (state.base + state.rng.randint(-20, 50) * CELL, state.base + 400 * CELL)
        answer = r.must("busy", resource=t.ref, **{"from": host.text(window[0]),
                                                   "to": host.text(window[1])})
        got = set()
        spans = [(host.seconds(s["start"]), host.seconds(s["end"])) for s in answer["spans"]]
        for a, b in spans:
            got.update(range(a // CELL, b // CELL))
        want = set()
        for one, stay in state.below(t):
            want.update(c for c, u in state.taken(one, None).items()
                        if u >= one.capacity and window[0] <= c * CELL < window[1]
                        and stay[0] <= c * CELL < stay[1])
        checks.same(f"{state.name} busy {t.ref}", sorted(got), sorted(want))
        checks.true("apart", all(a[1] < b[0] for a, b in zip(spans, spans[1:])), spans)


def check_propose(state, r, checks):
    """Each alternative is taken as it stands, claim by claim; of the same resources the nearest
    start that is free is among them."""
    rng = state.rng
    takers = [t for t in state.things if t.active]
    if not takers:
        return
    claims = [{"resource": t.id, "units": rng.randint(1, t.capacity),
               "role": rng.choice(["required", "organizer"])}
              for t in rng.sample(takers, min(len(takers), rng.randint(1, 3)))]
    start, length = state.base + rng.randint(0, 300) * CELL, 1800
    fields = {"duration": length, "dry_run": True}
    if rng.random() < 0.3:
        fields["kind"] = rng.choice(["booking", "maintenance", "absence"])
    answer = r.ask("booking.create", start=host.text(start), on_conflict="propose", alternatives=6,
                   claims=claims, **fields)
    if answer["ok"]:
        return
    found = answer.get("alternatives") or []
    for a in found:
        checks.same(f"{state.name} as long", host.seconds(a["end"]) - host.seconds(a["start"]), length)
        checks.ok(f"{state.name} {fields} {claims} alternative {a}", r.ask(
            "booking.create", start=a["start"],
            claims=[{**c, "resource": i} for c, i in zip(claims, a["resources"])], **fields))
    starts = [abs(host.seconds(a["start"]) - start) for a in found]
    checks.same("nearest first", starts, sorted(starts))
    same = [host.seconds(a["start"]) for a in found
            if a["resources"] == [c["resource"] for c in claims]]
    for distance in range(900, 2 * DAY, 900):
        for at in (start - distance, start + distance):
            if at >= state.now and r.ask("booking.create", start=host.text(at), claims=claims,
                                         **fields)["ok"]:
                checks.same(f"{state.name} {fields} the nearest of {claims}",
                            [host.text(t) for t in same[:1]], [host.text(at)])
                return


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--states", type=int, default=300)
    parser.add_argument("--seed", type=int, default=None)
    parser.add_argument("--mutate", default=None)
    arguments = parser.parse_args()
    seed = arguments.seed if arguments.seed is not None else random.SystemRandom().randrange(1 << 32)
    checks = host.Checks(f"free time of {arguments.states} states, seed {seed}")
    r = None
    for n in range(arguments.states):
        state = State(random.Random(f"{seed} {n}"), f"s{n}", arguments.mutate)
        if n % 100 == 0:
            if r:
                r.close()
            r = host.Rota(":memory:", state.now)
        r.must("clock.set", now=host.text(state.now))
        state.make(r)
        check(state, r, checks)
        check_busy(state, r, checks)
        check_propose(state, r, checks)
        if checks.failed:
            break
    r.close()
    checks.finish()


if __name__ == "__main__":
    main()
