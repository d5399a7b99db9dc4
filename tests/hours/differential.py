"""Random hours against an oracle that paints each second of a window, by zoneinfo: which rules
contradict each other, when a resource is open, what the gate lets in, and what a series leaves out.

    differential.py [--rounds 300] [--seed N] [--mutate NAME]

--mutate makes the oracle wrong on purpose: it must be noticed.
"""

import argparse
import datetime
import os
import pathlib
import random
import re
import sys
import zoneinfo

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "jsonl"))
from rota import AGREED, DISAGREED, Rota, seconds, text  # noqa: E402

DAY = 86400
NAMES = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
ZONES = ("Europe/Berlin", "America/New_York", "Asia/Kathmandu", "Pacific/Chatham", "Pacific/Apia",
         "Australia/Lord_Howe", "Antarctica/Troll", "Africa/Casablanca", "Asia/Gaza", "UTC",
         "Pacific/Kiritimati", "America/St_Johns", "America/Santiago", "Asia/Beirut")
MUTATIONS = ("elapsed", "leak", "ends", "places")
EPOCH = datetime.date(1970, 1, 1)


class Zone:
    def __init__(self, name):
        self.name, self.info = name, zoneinfo.ZoneInfo(name)

    def instant(self, day, clock):
        """Seconds since 1970 of a wall clock, `clock` seconds behind the midnight of a day."""
        local = datetime.datetime(1970, 1, 1) + datetime.timedelta(days=day, seconds=clock)
        offset = local.replace(tzinfo=self.info, fold=0).utcoffset()
        return day * DAY + clock - int(offset.total_seconds())

    def day(self, instant):
        moment = datetime.datetime.fromtimestamp(instant, self.info)
        return (moment.date() - EPOCH).days

    def changes(self, year):
        """Days of a year that are not as long as others."""
        first = (datetime.date(year, 1, 1) - EPOCH).days
        return [day for day in range(first, first + 366)
                if self.instant(day + 1, 0) - self.instant(day, 0) != DAY]


def weekday(day):
    return (EPOCH + datetime.timedelta(days=day)).weekday()


def date(day):
    return (EPOCH + datetime.timedelta(days=day)).isoformat()


class Rule:
    def __init__(self, kind, days, first, last, start, end, closed):
        self.kind, self.days, self.first, self.last = kind, days, first, last
        self.start, self.end, self.closed = start, end, closed

    def covers(self, day):
        return ((self.first is None or self.first <= day) and
                (self.last is None or day <= self.last) and
                (not self.days or weekday(day) in self.days))

    def json(self):
        out = {"kind": self.kind}
        if self.days:
            out["days"] = [NAMES[d] for d in sorted(self.days)]
        if self.first is not None:
            out["from_date"] = date(self.first)
        if self.last is not None and not (self.kind == "exception" and self.last == self.first):
            out["to_date"] = date(self.last)
        if self.closed:
            out["closed"] = True
        else:
            out["start"], out["end"] = clock(self.start), clock(self.end)
        return out

    def length(self):
        return self.end - self.start + (DAY if self.end <= self.start else 0)


def clock(value):
    shown = f"{value // 3600:02}:{value // 60 % 60:02}"
    return shown + (f":{value % 60:02}" if value % 60 else "")


def random_rule(rnd, middle):
    kind = rnd.choice(("weekly", "weekly", "weekly", "dates", "exception"))
    days = set(rnd.sample(range(7), rnd.randint(1, 7))) if kind == "weekly" or rnd.random() < .2 \
        else set()
    first = last = None
    if kind == "exception" or rnd.random() < .25:
        first = middle + rnd.randint(-12, 8)
        last = first + (0 if rnd.random() < .5 else rnd.randint(0, 9))
        if kind != "exception" and rnd.random() < .5:
            first, last = rnd.choice(((first, None), (None, last)))
    start = rnd.choice((0, 0, 3600, 7200, 9000, 32400, 43200, 61200, 79200,
                        rnd.randrange(DAY)))
    end = rnd.choice((0, DAY, 3600, 9000, 10800, 21600, 43200, 61200, 79200, rnd.randrange(DAY)))
    return Rule(kind, days, first, last, start, end, rnd.random() < .15)


def contradicts(rules, middle):
    """Some day, near enough to see all that is bounded, has two rules of a kind in one place."""
    for kind in ("weekly", "dates", "exception"):
        own = [rule for rule in rules if rule.kind == kind]
        spans = []
        for day in range(middle - 40, middle + 40):
            there = [rule for rule in own if rule.covers(day)]
            if len({rule.closed for rule in there}) > 1:
                return True
            spans += [(day * DAY + rule.start, day * DAY + rule.start + rule.length())
                      for rule in there if not rule.closed]
        spans.sort()
        if any(one[1] > other[0] for one, other in zip(spans, spans[1:])):
            return True
    return False


class Paint:
    """One byte for each second of a window."""

    def __init__(self, window):
        self.start, self.size = window[0], window[1] - window[0]
        self.bytes = bytearray(self.size)

    def add(self, start, end):
        low, high = max(0, start - self.start), min(self.size, end - self.start)
        if low < high:
            self.bytes[low:high] = b"\1" * (high - low)

    def narrow(self, other):
        both = int.from_bytes(self.bytes, "big") & int.from_bytes(other.bytes, "big")
        self.bytes = bytearray(both.to_bytes(self.size, "big"))

    def spans(self):
        return [(self.start + m.start(), self.start + m.end())
                for m in re.finditer(b"\1+", self.bytes)]

    def whole(self, start, end):
        return b"\0" not in self.bytes[start - self.start:end - self.start]


def paint(rules, zone, window, mutation):
    out = Paint(window)
    regular = any(rule.kind != "exception" for rule in rules)
    for day in range(zone.day(window[0]) - 3, zone.day(window[1]) + 4):
        midnight, after = zone.instant(day, 0), zone.instant(day + 1, 0)
        if midnight >= after:
            continue  # a day that the zone leaves out
        for kind in ("exception", "dates", "weekly"):
            there = [rule for rule in rules if rule.kind == kind and rule.covers(day)]
            if there:
                break
        if kind == "exception" and there and mutation == "leak":
            low, high = max(0, midnight - out.start), min(out.size, after - out.start)
            if low < high:
                out.bytes[low:high] = bytes(high - low)
        if not there and not regular:
            out.add(midnight, after)
        for rule in there:
            if rule.closed:
                continue
            start = zone.instant(day, rule.start)
            end = zone.instant(day, rule.start + rule.length())
            if mutation == "elapsed":
                end = start + rule.length()
            out.add(start, end)
    return out


def make_rules(rnd, middle, checks, rota, ref):
    """Puts rules that go together; those that do not must be refused."""
    for _ in range(40):
        rules = [random_rule(rnd, middle) for _ in range(rnd.choice((0, 1, 1, 2, 2, 3, 4, 6)))]
        answer = rota.ask("hours.put", resource=ref, rules=[rule.json() for rule in rules])
        bad = contradicts(rules, middle)
        checks.expect(answer["ok"] != bad and (answer["ok"] or answer["error"] == "EINVALID"),
                      f"{'bad' if bad else 'good'} rules {[r.json() for r in rules]}: {answer}")
        if answer["ok"]:
            return rules
    return None


class Checks:
    def __init__(self, what):
        self.what, self.count, self.failed = what, 0, 0

    def expect(self, good, message):
        self.count += 1
        if good:
            return
        self.failed += 1
        if self.failed <= 5:
            print(f"{self.what}: {message}", flush=True)


def near(rnd, edges, window):
    edge = rnd.choice(edges) + rnd.choice((0, 0, 0, 1, -1, 60, -60, 3600, -3600))
    return min(max(edge, window[0]), window[1])


def try_gate(rnd, checks, rota, ref, open_, window, mutation):
    edges = [edge for span in open_.spans() for edge in span] + \
        [rnd.randrange(*window) for _ in range(4)]
    for _ in range(6):
        start, end = sorted((near(rnd, edges, window), near(rnd, edges, window)))
        if start == end:
            continue
        fits = open_.whole(start, end)
        if mutation == "ends":
            fits = open_.whole(start, start + 1) and open_.whole(end - 1, end)
        answer = rota.ask("booking.create", claims=[ref], start=text(start), end=text(end),
                          dry_run=True)
        told = answer["ok"] or (answer["error"] == "EPOLICY" and
                                [v["rule"] for v in answer["violations"]] == ["hours"])
        checks.expect(told and answer["ok"] == fits,
                      f"{text(start)} to {text(end)} {'fits' if fits else 'does not'}: {answer}")


def try_series(rnd, checks, rota, ref, zone, open_, window):
    day, start = zone.day(window[0]) + 2, rnd.randrange(0, DAY, 900)
    length, count = rnd.choice((900, 3600, 5400, 28800)), 7
    starts = [zone.instant(day + i, start) for i in range(count)]
    if any(a + length > b for a, b in zip(starts, starts[1:])):
        return
    answer = rota.ask("booking.create", claims=[ref], tz=zone.name, duration=length, dry_run=True,
                      start=f"{date(day)}T{clock(start)}" + ("" if start % 60 else ":00"),
                      rrule=f"FREQ=DAILY;COUNT={count}", partial=True)
    out = [at for at in starts if not open_.whole(at, at + length)]
    if len(out) == count:
        checks.expect(answer["error"] == "EPOLICY", f"a series of nothing: {answer}")
        return
    checks.expect(answer["ok"] and [seconds(s["occurrence"]) for s in answer["skipped"]] == out,
                  f"a series from {date(day)} {clock(start)} of {length} s leaves out "
                  f"{[text(at) for at in out]}: {answer}")


def run(rnd, number, rota, mutation):
    zone, other = Zone(rnd.choice(ZONES)), Zone(rnd.choice(ZONES))
    changes = (zone if rnd.random() < .7 else other).changes(rnd.choice((2011, 2024, 2031, 2036)))
    middle = rnd.choice(changes) if changes else \
        (datetime.date(2031, 1, 1) - EPOCH).days + rnd.randrange(400)
    window = zone.instant(middle - 6, 0) + rnd.randrange(DAY), \
        zone.instant(middle + 6, 0) + rnd.randrange(DAY)
    place, ref = f"place-{number}", f"room-{number}"
    checks = Checks(f"round {number}, {zone.name} in {other.name}, {date(middle)}")
    rota.must("resource.put", ref=place, kind="place", name=place, tz=other.name)
    rota.must("resource.put", ref=ref, kind="room", name=ref, tz=zone.name, parent=place)
    outer = make_rules(rnd, middle, checks, rota, place) if rnd.random() < .5 else []
    inner = make_rules(rnd, middle, checks, rota, ref)
    if outer is None or inner is None:
        return checks
    open_ = paint(inner, zone, window, mutation)
    if mutation != "places":
        open_.narrow(paint(outer, other, window, mutation))
    answer = rota.must("hours.open", resource=ref, **{"from": text(window[0]),
                                                      "to": text(window[1])})
    got = [(seconds(s["start"]), seconds(s["end"])) for s in answer["spans"]]
    checks.expect(got == open_.spans(),
                  f"{[r.json() for r in inner]} in {[r.json() for r in outer]}: "
                  f"{[(text(a), text(b)) for a, b in got]} is not "
                  f"{[(text(a), text(b)) for a, b in open_.spans()]}")
    try_gate(rnd, checks, rota, ref, open_, window, mutation)
    try_series(rnd, checks, rota, ref, zone, open_, window)
    return checks


def main():
    options = argparse.ArgumentParser()
    options.add_argument("--rounds", type=int, default=300)
    options.add_argument("--seed", type=int, default=int(os.environ.get("ROTA_SEED") or 1))
    options.add_argument("--mutate", choices=MUTATIONS)
    options = options.parse_args()
    rnd, rota = random.Random(options.seed), Rota(now="2011-01-01T00:00:00Z")
    count = failed = 0
    for number in range(options.rounds):
        checks = run(rnd, number, rota, options.mutate)
        count += checks.count
        failed += checks.failed
        if failed > 20:
            break
    rota.close()
    print(f"hours: seed {options.seed}, {count} checks, {failed} differ")
    return DISAGREED if failed else AGREED


if __name__ == "__main__":
    sys.exit(main())
