"""A second opinion about the model: the same questions, asked in another way.

Times are found by looking for an instant at which the clock shows what is wanted. Conflicts are
found by a sweep over all takings, from the groups down to their members, for pairs of occurrences
without any search. Changes are judged by what differs after them, not by what was asked.
"""

import bisect
from datetime import datetime, timedelta, timezone
import zoneinfo

from edits import Disagreement
from occurrences import HORIZON
from rota import text

UTC = timezone.utc
ZERO = datetime(1970, 1, 1, tzinfo=UTC)


def clock(at, tz):
    """What the clock shows at an instant."""
    moment = ZERO + timedelta(seconds=at)
    return moment.astimezone(zoneinfo.ZoneInfo(tz)).replace(tzinfo=None)


def offset(at, tz):
    moment = (ZERO + timedelta(seconds=at)).astimezone(zoneinfo.ZoneInfo(tz))
    return int(moment.utcoffset().total_seconds())


def resolve(wall, tz):
    """The first instant at which the clock shows this; where it never does, with the offset of
    before the clock jumped."""
    naive = int((wall.replace(tzinfo=UTC) - ZERO).total_seconds())
    offsets = {offset(naive + hours * 3600, tz) for hours in range(-30, 31, 2)}
    shown = [naive - o for o in offsets if clock(naive - o, tz) == wall.replace(tzinfo=None)]
    if shown:
        return min(shown)
    instants = range(naive - 86400 * 2, naive + 86400 * 2)
    jump = bisect.bisect_left(instants, True, key=lambda t: clock(t, tz) > wall)
    return naive - offset(instants[jump] - 1, tz)


class Second:
    EVERY = 12

    def __init__(self):
        self.was, self.by_itself, self.model, self.calls = {}, set(), None, 0
        self.known = {}     # takings, while an occurrence is as it was

    def before(self, model, request):
        """Of an answer that was not yet acted upon: the conflicts."""
        self.calls += 1
        if model.asked:
            self.wrong_if(model, request, lambda: self.compare_conflicts(model))

    def after(self, model, request, want):
        if model is not self.model:
            self.model, self.was, self.by_itself, self.known = model, {}, set(), {}
        self.wrong_if(model, request, lambda: self.judge(model, request, want))
        if self.calls % self.EVERY == 0:
            self.wrong_if(model, request, lambda: self.nobody_takes_too_much(model))

    @staticmethod
    def wrong_if(model, request, check):
        try:
            check()
        except AssertionError as wrong:
            raise Disagreement(f"second opinion: {wrong}\n  {request}\n"
                               f"  now {text(model.now)}") from wrong

    # --- what a change changed ---

    def state(self, model):
        return {(b.ref, o.original): (o.start, o.end, o.status, tuple(
            (c.resource.ref, c.units, c.role, c.free) for c in o.claims), b.version, b.status)
            for b in model.bookings.values() for o in b.occurrences}

    def judge(self, model, request, want):
        now, before = self.state(model), self.was
        self.was = now
        op = request["op"]
        changed = {key for key in now.keys() | before.keys()
                   if before.get(key, ())[:4] != now.get(key, ())[:4]}
        versions = {key[0] for key in now if key in before and before[key][4] != now[key][4]}
        if not want["ok"] or request.get("dry_run") or op not in model.WRITES:
            assert not changed and not versions, "something changed all the same"
            return
        assert not before.keys() - now.keys(), "an occurrence has lost its name"
        if op == "booking.create":
            assert {key[0] for key in changed} == {request["ref"]}, "others changed too"
            return self.judge_new(model.bookings[request["ref"]], want)
        booking = model.bookings[request["id"]]
        assert all(key[0] == booking.ref for key in changed), "others changed too"
        assert booking.ref in versions and all(
            now[key][4] == before[key][4] + 1 for key in before if key[0] in versions), "versions"
        if not booking.series:
            return
        scope = model.scope(request)
        at = request.get("occurrence")
        keys = [key for key in now if key[0] == booking.ref]
        if scope == "this":
            assert {text(key[1]) for key in changed} <= {at}, "more than the one"
            self.by_itself |= {key for key in keys if text(key[1]) == at}
        elif op != "booking.confirm":
            self.judge_many(model, booking, op, scope, at, keys, changed, before)
        self.judge_times(booking, changed)

    def judge_new(self, booking, want):
        for one, other in zip(booking.occurrences, booking.occurrences[1:]):
            assert one.end <= other.start, "two of its own overlap"
        if not booking.series:
            return
        for o in booking.occurrences[:: max(1, len(booking.occurrences) // 40)]:
            assert o.start == o.original
            assert clock(o.original, booking.zone) == o.wall or \
                resolve(o.wall, booking.zone) == o.original, "original start"
        left_out = {occurrence for occurrence, _ in want["skipped"]}
        assert left_out == {text(o.original) for o in booking.occurrences
                            if o.status == "cancelled"}

    def judge_many(self, model, booking, op, scope, at, keys, changed, before):
        held = before[keys[0]][5] == "held"
        for key in changed:
            start, _, status = before[key][:3]
            assert held or start > model.now, "what has begun was changed"
            assert scope != "future" or text(key[1]) >= at, "an earlier one was changed"
            if op == "booking.move":
                assert key not in self.by_itself or text(key[1]) == at, (
                    "what was changed by itself was moved")
            else:
                assert status in ("confirmed", "checked_in")
        for key in set(keys) - changed:
            start, _, status = before[key][:3]
            due = (start > model.now or held) and (scope != "future" or text(key[1]) >= at)
            if op == "booking.cancel":
                assert not due or status in ("cancelled", "completed"), "one is left"

    def judge_times(self, booking, changed):
        """Those that were changed together stand at one time of the clock, so much later."""
        if len(changed) < 2:
            return
        there = [o for o in booking.occurrences if (booking.ref, o.original) in changed]
        for o in there[:: max(1, len(there) // 25)]:
            if o.status == "confirmed" and o.shift and not o.apart:
                assert o.start == resolve(o.wall + o.shift, booking.zone), "on the wall clock"

    # --- who takes what ---

    def below(self, model, resource, since, until):
        """Everybody who is taken with a resource."""
        yield resource, since, until
        for group, member, start, end in model.stays:
            if group is resource and max(start, since) < min(end, until):
                yield from self.below(model, member, max(start, since), min(end, until))

    def takings(self, model, occurrence):
        """{resource: [(start, end, units)]}, no two of which overlap."""
        like = occurrence.start, occurrence.end, occurrence.claims
        known = self.known.get(occurrence)
        if known is None or known[0] != like:
            known = self.known[occurrence] = like, self.take(model, occurrence)
        return known[1]

    def take(self, model, occurrence):
        found = {}
        for claim in occurrence.claims:
            if claim.role == "optional" or claim.free:
                continue
            for r, since, until in self.below(model, claim.resource, -1 << 60, 1 << 60):
                if occurrence.start < until and since < occurrence.end:
                    start, end = occurrence.start - r.before, occurrence.end + r.after
                    found.setdefault(r, []).append((max(start, since), min(end, until),
                                                    claim.units))
        return {r: self.flat(spans) for r, spans in found.items()}

    @staticmethod
    def flat(spans):
        """The highest of overlapping spans, piece by piece."""
        if len(spans) == 1:
            return spans
        edges = sorted({edge for start, end, _ in spans for edge in (start, end)})
        pieces = []
        for start, end in zip(edges, edges[1:]):
            most = max((u for s, e, u in spans if s <= start and end <= e), default=0)
            if most:
                pieces.append((start, end, most))
        return pieces

    def takes(self, model, occurrence):
        booking = occurrence.booking
        if booking.status == "held" and model.now >= booking.hold_expires:
            return False
        return booking.status != "expired" and occurrence.status != "cancelled"

    def nobody_takes_too_much(self, model):
        changes = {}
        for booking in model.bookings.values():
            for o in booking.occurrences:
                if self.takes(model, o):
                    for r, pieces in self.takings(model, o).items():
                        for start, end, units in pieces:
                            changes.setdefault(r, []).extend(((start, units), (end, -units)))
        for r, steps in changes.items():
            units = 0
            for at, more in sorted(steps):
                units += more
                assert units <= r.capacity or at > HORIZON, f"{r.ref} has too few at {text(at)}"

    def compare_conflicts(self, model):
        asked, absent, found, beside = model.asked
        model.asked = None
        others = [(o, self.takings(model, o)) for b in model.bookings.values()
                  for o in b.occurrences if o not in absent and self.takes(model, o)]
        # Not every one of thousands; but all of those next to what was found.
        if len(asked) * len(others) > 100_000:
            step = len(asked) * len(others) // 100_000 + 1
            asked = asked[self.calls % step::step]
        for one in asked:
            wanted = set()
            mine = self.takings(model, one)
            for r, pieces in mine.items():
                new = [(o, self.takings(model, o)) for o in beside.get(one, ())]
                there = [(o, p) for o, takings in others + new
                         for p in takings.get(r, ())
                         if any(p[0] < end and start < p[1] for start, end, _ in pieces)]
                for start, end, units in pieces:
                    wanted |= {(r, o) for o in self.sweep(r, start, end, units, there)}
            got = found.get(one, set())
            assert got == wanted, f"conflicts of {text(one.start)}: {len(got)}, not {len(wanted)}"

    @staticmethod
    def sweep(resource, start, end, units, there):
        edges = sorted({start} | {max(start, p[0]) for _, p in there if p[0] < end})
        for edge in edges:
            now = [(o, p) for o, p in there if p[0] <= edge < p[1]]
            if units + sum(p[2] for _, p in now) > resource.capacity:
                yield from (o for o, _ in now)
