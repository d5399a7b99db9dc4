"""The slow, obvious model of bookings that recur: a plain list of all of their occurrences.

A series is the list of its occurrences from its first to HORIZON; a change loops over that list, and
a check compares every occurrence with all that is booked. Original starts come from
../recur/oracle.py, every other time is worked out on the wall clock with zoneinfo. There are no
eras, no exceptions and no patterns, and what helps to find who is near is a list for every day.

A request is the JSON object that rota-jsonl gets. Records are named by their refs. What
docs/series.md leaves open raises Unclear, and is not asked. `mutate` names rules in which the model
is wrong on purpose: a run against it must then fail.
"""

import functools
import pathlib
import sys
from datetime import datetime, timedelta

sys.path += [str(pathlib.Path(__file__).resolve().parents[1] / name) for name in ("jsonl", "recur")]
import oracle  # noqa: E402
from rota import seconds, text  # noqa: E402

DAY = 86400
MARGIN = 3600  # more than any setup or cleanup time asked for here
FIRST, LAST = -62135596800, 253402300799  # the years 1 to 9999
TOLD = 9000    # conflicts that are told of a series; somewhat more are
BEGIN = seconds("2031-03-05T08:00:00Z")
YEARS = 30
HORIZON = BEGIN + YEARS * 1461 * DAY // 4
# An endless series is checked for 28 years at the least. What is met later may be told or not.
SURE = BEGIN + 28 * 1461 * DAY // 4 - 2 * DAY

MUTATIONS = {
    "elapsed": "a move shifts by seconds, not on the wall clock",
    "same_time": "a move of all gives each the time of the one, where it should shift each",
    "second_fold": "a wall clock that is shown twice is the second of the two",
    "after_gap": "a wall clock that is left out is read with the offset after the gap",
    "apart_moves": "what was changed by itself is moved with the others",
    "named_stays": "who is named when many are moved stays, if it was changed by itself",
    "own_way": "a move of many is measured from where the named one went by itself",
    "apart_stays": "what was changed by itself is left by a cancel of all",
    "begun_moves": "what has begun is changed with the others",
    "future_is_all": "from one on is read as every one",
    "originals_move": "a moved occurrence is named by its new start",
    "no_buffers": "setup and cleanup time take nothing",
    "no_members": "a group does not take its members",
    "no_stays": "who ever joined a group belongs to it for ever",
    "one_unit": "capacity is 1",
    "first_conflict": "only the first conflict is told",
    "one_version": "a change of one occurrence adds nothing to the version of the series",
    "skipped_takes": "an occurrence that was left out takes its time all the same",
    "skipped_hidden": "an occurrence that was left out is in no list",
    "cancelled_takes": "a cancelled occurrence takes its time all the same",
    "restore_unchecked": "a restore does not look whether the time is free",
    "own_overlap": "occurrences of one series may overlap",
    "mirror_forgets": "the mirror does not know what was left out",
    "mirror_elapsed": "the mirror shifts by seconds, not on the wall clock",
}


class Refusal(Exception):
    def __init__(self, code, conflicts=()):
        super().__init__(code)
        self.code, self.conflicts = code, conflicts


class Unclear(Exception):
    """docs/series.md does not say what should come of it."""


class Resource:
    def __init__(self, ref, capacity=1, before=0, after=0):
        self.id, self.ref, self.capacity = None, ref, capacity
        self.before, self.after = before, after


class Claim:
    def __init__(self, resource, units=1, role="required", free=False):
        self.resource, self.units, self.role, self.free = resource, units, role, free

    def blocks(self):
        return self.role != "optional" and not self.free


class Occurrence:
    """One, of a series or of a booking that happens once. `original` and `wall` are who it is: the
    instant and the wall clock that the rule gave. `shift` is that of its series, also where it was
    changed by itself."""

    __slots__ = ("booking", "original", "wall", "shift", "length", "start", "end", "claims",
                 "status", "apart", "skipped", "takes")

    def __init__(self, booking, original, wall, shift, length, claims):
        self.booking, self.original, self.wall = booking, original, wall
        self.shift, self.length, self.claims = shift, length, claims
        self.status, self.apart, self.skipped = "confirmed", False, False
        self.takes = None   # as Model.pieces() has found, until it is changed

    def copy(self):
        other = Occurrence.__new__(Occurrence)
        for name in Occurrence.__slots__:
            setattr(other, name, getattr(self, name))
        other.takes = None
        return other

    def place(self):
        return self.start, self.end, self.booking.id, self.original or 0


class Booking:
    """A series, or a booking that happens once: then it has one occurrence, without a name."""

    def __init__(self, ref):
        self.id, self.ref, self.title, self.zone = None, ref, None, None
        self.series = self.all_day = self.endless = False
        self.version, self.status, self.hold_expires = 1, "confirmed", None
        self.mixed = False  # what has begun was moved, the rest cancelled: its status is not said
        self.occurrences = []


@functools.lru_cache(maxsize=512)
def originals(dtstart, tz, rrule, rdate, exdate):
    """(instant, wall clock) of each occurrence before HORIZON, and whether it has no end."""
    series = oracle.Series(dtstart, tz, rrule, rdate, exdate)
    rule = series.rule
    endless = bool(rule) and rule.count is rule.until_instant is rule.until_wall is None
    found, _, _ = series.expand(end=HORIZON if endless else None, limit=1 << 40)
    return [(at, wall_of(series, at)) for at in found], endless


def wall_of(series, at):
    """The wall clock that the rule gave, or the start without one: what the clock shows, unless
    the rule gave only one that was left out. An addition is an instant."""
    shown = oracle.local(at, series.tz)
    if not series.rule and oracle.instant(series.start, series.tz) == at:
        return series.start
    if series.rule and shown - oracle.local(at - DAY, series.tz) > timedelta(days=1):
        given = shown
        for wall in oracle.Walk(series.rule, series.start, 1 << 40).instances(
                shown - timedelta(days=2)):
            if wall > shown:
                break
            if oracle.instant(wall, series.tz) == at:
                given = wall
        return given
    return shown


class Model:
    WRITES = {"booking.create", "booking.move", "booking.cancel", "booking.restore",
              "booking.confirm", "booking.check_in", "booking.complete"}

    def __init__(self, resources, stays, mutate=(), strict=False):
        """stays: (group, member, from, until), which never change."""
        self.strict = strict
        self.now, self.mutate = BEGIN, frozenset(mutate)
        self.resources = {r.ref: r for r in resources}
        self.stays, self.bookings, self.days, self.fresh = stays, {}, {}, None
        self.pending = None
        self.asked = None   # the last check: who asked, without whom, and what was found
        self.ways_of = {r: self.ways(r) for r in resources}
        self.taken_by = {source: [(r, since, until) for r, ways in self.ways_of.items()
                                  for way, since, until in ways if way is source]
                         for source in resources}

    # --- the answer to a request ---

    def answer(self, request):
        """What rota should answer. What comes of it is done by commit()."""
        self.fresh = self.asked = self.pending = None
        try:
            decide = getattr(self, request["op"].replace(".", "_"))
            if request["op"] not in self.WRITES:
                return {"ok": True, **decide(request)}
            answer, apply = decide(request)
        except Refusal as refusal:
            answer = {"ok": False, "error": refusal.code}
            if refusal.code == "ECONFLICT":
                answer["conflicts"] = refusal.conflicts
            return answer
        if not request.get("dry_run"):
            self.pending = apply
        return {"ok": True, **answer}

    def commit(self, new_id):
        """The last answer stands; new_id is what rota gave to what it made, if it did."""
        if self.pending:
            self.pending()
            if self.fresh:
                self.fresh.id = new_id
        self.pending = self.fresh = None

    def differs(self, why):
        """Where rota is known to answer otherwise than docs/series.md."""
        if not self.strict:
            raise Unclear(f"known to differ: {why}")

    # --- times ---

    def instant(self, wall, tz):
        if "after_gap" in self.mutate or "second_fold" in self.mutate:
            first, second = oracle.instant(wall, tz), oracle.instant(wall, tz, 1)
            gap = oracle.local(first, tz) != wall
            if "after_gap" in self.mutate and gap or "second_fold" in self.mutate and not gap:
                return second
        return oracle.instant(wall, tz)

    def moment(self, written, tz):
        if written.endswith("Z"):
            return oracle.moment(written, tz)
        return self.instant(datetime.fromisoformat(written), tz)

    def put(self, occurrence):
        """Its start and end, from who it is, its shift and its length."""
        booking = occurrence.booking
        if "elapsed" in self.mutate:
            occurrence.start = occurrence.original + occurrence.shift // oracle.SECOND
        elif occurrence.shift:
            occurrence.start = self.instant(occurrence.wall + occurrence.shift, booking.zone)
        else:
            occurrence.start = occurrence.original
        if booking.all_day:
            day = occurrence.wall + occurrence.shift + timedelta(days=occurrence.length)
            occurrence.end = self.instant(day, booking.zone)
        else:
            occurrence.end = occurrence.start + occurrence.length

    # --- who takes what ---

    def ways(self, resource, since=FIRST, until=LAST):
        """Whose claims take this resource, and when: its own, and those of its groups."""
        found = [(resource, since, until)]
        for group, member, start, end in self.stays:
            if "no_stays" in self.mutate:
                start, end = FIRST, LAST
            start, end = max(since, start), min(until, end)
            if member is resource and start < end and "no_members" not in self.mutate:
                found += self.ways(group, start, end)
        return found

    def pieces(self, occurrence):
        """{resource: spans in which an occurrence takes it, with the resource's own setup and
        cleanup time, one for each way}."""
        if occurrence.takes is not None:
            return occurrence.takes
        found = {}
        for claim in occurrence.claims:
            for resource, since, until in self.taken_by[claim.resource] if claim.blocks() else ():
                if occurrence.start < until and since < occurrence.end:
                    start, end = occurrence.start, occurrence.end
                    if "no_buffers" not in self.mutate:
                        start, end = start - resource.before, end + resource.after
                    found.setdefault(resource, []).append(
                        (max(start, since), min(end, until), claim.units))
        occurrence.takes = found
        return found

    def status_of(self, booking):
        lapsed = booking.status == "held" and self.now >= booking.hold_expires
        return "expired" if lapsed else booking.status

    def status(self, occurrence):
        whole = self.status_of(occurrence.booking)
        if whole in ("held", "expired") and occurrence.status == "confirmed":
            return whole
        return occurrence.status

    def occupies(self, occurrence):
        if "cancelled_takes" in self.mutate and occurrence.status == "cancelled" and (
                not occurrence.skipped):
            return True
        if "skipped_takes" in self.mutate and occurrence.skipped:
            return True
        return self.status(occurrence) in ("held", "confirmed", "checked_in", "completed")

    # --- conflicts ---

    def put_in(self, booking, occurrences):
        """The list of a booking, as it is from now on; each on the days that it touches."""
        old, new = set(booking.occurrences), set(occurrences)
        for occurrence in old - new:
            for day in self.days_of(occurrence):
                self.days[day].discard(occurrence)
        for occurrence in new if booking.ref not in self.bookings else new - old:
            for day in self.days_of(occurrence):
                self.days.setdefault(day, set()).add(occurrence)
        self.bookings[booking.ref] = booking
        booking.occurrences = occurrences

    @staticmethod
    def days_of(occurrence):
        return range((occurrence.start - MARGIN) // DAY, (occurrence.end + MARGIN) // DAY + 1)

    def met(self, asked, absent, wanted=None, beside=None):
        """(asked occurrence, resource that it takes): its pieces, and those of the occurrences of
        other bookings on the same days. beside: {asked occurrence: others that are about to be
        there}."""
        taken, wanted = {}, wanted or self.occupies
        for occurrence in asked:
            others = set()
            for day in self.days_of(occurrence):
                others |= self.days.get(day, set())
            others = [(o, self.pieces(o)) for o in others
                      if o not in absent and wanted(o)]
            others += [(o, self.pieces(o)) for o in (beside or {}).get(occurrence, ())]
            for resource, mine in self.pieces(occurrence).items():
                taken[occurrence, resource] = mine, {
                    o: pieces[resource] for o, pieces in others if resource in pieces}
        return taken

    def short(self, resource, mine, others):
        """Who takes units where there are too few: at every instant that is asked for, all of
        their units and mine must fit."""
        if not others:
            return set()
        instants = {i for start, end, _ in mine for i in (start, end)}
        instants |= {i for pieces in others.values() for start, end, _ in pieces
                     for i in (start, end)}
        found = set()
        for instant in instants:
            asked = units_at(mine, instant)
            if asked:
                there = {o: units for o, pieces in others.items()
                         if (units := units_at(pieces, instant))}
                capacity = 1 if "one_unit" in self.mutate else resource.capacity
                if there and asked + sum(there.values()) > capacity:
                    found |= there.keys()
        return found

    def conflicts(self, asked, absent, beside=None):
        """{asked occurrence: {(resource, other occurrence)}}."""
        found = {}
        for (occurrence, resource), (mine, others) in self.met(
                asked, absent, beside=beside).items():
            for other in self.short(resource, mine, others):
                found.setdefault(occurrence, set()).add((resource, other))
        self.asked = asked, absent, found, beside or {}
        return found

    def rows(self, pairs):
        """Of pairs of a resource and another's occurrence, as they are told."""
        rows = {(o.start, r.id, o.booking.id, o.original or 0, o.end) for r, o in pairs}
        rows = [(text(start), resource, booking, text(original) if original else None, text(end))
                for start, resource, booking, original, end in sorted(rows)]
        return rows[:1] if "first_conflict" in self.mutate else rows

    def refuse(self, found):
        raise Refusal("ECONFLICT", self.rows(set().union(*found.values())))

    def lapsed_there(self, asked, absent):
        """Lapsed holds in the way. Whoever takes their time ends them."""
        def lapsed(occurrence):
            return (occurrence.booking.status == "held"
                    and self.status(occurrence) == "expired" and occurrence.status != "cancelled")
        found = set()
        for (_, _), (mine, others) in self.met(asked, absent, lapsed).items():
            found |= {other.booking for other, pieces in others.items() if any(
                a < end and start < e for a, e, _ in mine for start, end, _ in pieces)}
        return found

    def admit(self, asked, absent=(), beside=None):
        """A refusal if one of them is not free, with the absent ones left out. Else the lapsed
        holds in their way, which then end."""
        found = self.conflicts(asked, absent, beside)
        others = {other for pairs in found.values() for _, other in pairs}
        if others and all(other.start >= SURE for other in others):
            raise Unclear("met beyond the years that are checked for sure")
        if found:
            self.refuse(found)
        return self.lapsed_there(asked, absent)

    def expire(self, bookings):
        for booking in bookings:
            booking.status = "expired"
            booking.version += 1

    def among_themselves(self, occurrences):
        """Two occurrences of one series never overlap. What was changed by itself is a booking of
        its own, and is met as others are."""
        there = sorted((o for o in occurrences if o.status != "cancelled" and not o.apart),
                       key=lambda o: (o.start, o.end))
        for one, other in zip(there, there[1:]):
            if other.start < one.end and "own_overlap" not in self.mutate:
                raise Refusal("EINVALID")
        # Whether the setup and cleanup time of one resource keeps them apart is not said.
        for one, other in zip(there, there[1:]):
            close = other.start - one.end
            if 0 <= close < MARGIN and any(close < r.before + r.after and r in self.pieces(other)
                                      for r in self.pieces(one)):
                raise Unclear("setup and cleanup between two occurrences of a series")

    # --- making ---

    def claims_of(self, request):
        claims = []
        for claim in request["claims"]:
            fields = dict(claim) if isinstance(claim, dict) else {"resource": claim}
            name = fields.pop("resource")
            if name not in self.resources:
                raise Refusal("ENOTFOUND")
            claims.append(Claim(self.resources[name], **fields))
        return claims

    def booking_create(self, request):
        booking = Booking(request["ref"])
        booking.title, booking.zone = request.get("title"), request.get("tz", "UTC")
        claims = self.claims_of(request)
        booking.series = bool({"rrule", "rdate"} & request.keys())
        if booking.series and request.get("on_conflict", "reject") != "reject":
            raise Refusal("EINVALID")
        if booking.series:
            self.expand(booking, request, claims)
        else:
            only = Occurrence(booking, None, None, None, None, claims)
            only.start = self.moment(request["start"], booking.zone)
            only.end = only.start + request["duration"]
            only.length = request["duration"]
            booking.occurrences = [only]
        if request["ref"] in self.bookings:
            raise Refusal("ESTATE")
        if request.get("hold"):
            booking.status, booking.hold_expires = "held", self.now + request["hold"]
        skipped = {}
        if request.get("partial"):
            skipped = self.conflicts(booking.occurrences, ())
            if booking.endless and any(o.start >= SURE for o in skipped):
                raise Unclear("left out beyond the years that are checked for sure")
            if sum(map(len, skipped.values())) > TOLD:
                raise Unclear("more conflicts than are told")
            if len(skipped) == len(booking.occurrences):
                self.refuse(skipped)
            for occurrence in skipped:
                occurrence.status, occurrence.skipped = "cancelled", True
            kept = [o for o in booking.occurrences if not o.skipped]
            expired = self.lapsed_there(kept, ())
        else:
            expired = self.admit(booking.occurrences)
        self.fresh = booking

        def apply():
            self.expire(expired)
            self.put_in(booking, booking.occurrences)
        answer = {"ref": booking.ref, "status": booking.status, "version": 1,
                  **self.first_of(booking.occurrences)}
        if booking.series:
            answer["series"] = True
            answer["count"] = None if booking.endless else len(booking.occurrences) - len(skipped)
            answer["skipped"] = [(text(o.original), self.rows(skipped[o]))
                                 for o in booking.occurrences if o in skipped]
        return answer, apply

    def expand(self, booking, request, claims):
        start = request["start"]
        booking.all_day = len(start) == len("2031-03-10")
        found, booking.endless = originals(start, booking.zone, request.get("rrule"),
                                           tuple(request.get("rdate", ())),
                                           tuple(request.get("exdate", ())))
        if not found:
            raise Refusal("EINVALID")
        length = request["duration"] // DAY if booking.all_day else request["duration"]
        for at, wall in found:
            occurrence = Occurrence(booking, at, wall, timedelta(0), length, claims)
            self.put(occurrence)
            booking.occurrences.append(occurrence)
        self.among_themselves(booking.occurrences)

    # --- whom a call is for ---

    def booking(self, request):
        if request["id"] not in self.bookings:
            raise Refusal("ENOTFOUND")
        booking = self.bookings[request["id"]]
        if request.get("version", 0) not in (0, booking.version):
            raise Refusal("EVERSION")
        return booking

    @staticmethod
    def scope(request):
        return request.get("scope") or ("this" if "occurrence" in request else None)

    def named(self, booking, request):
        """The occurrence that the request names; the first one where it names none."""
        if "occurrence" not in request:
            return min(booking.occurrences, key=self.by_series) # some may go before those of old
        at = seconds(request["occurrence"])
        for occurrence in booking.occurrences:
            name = occurrence.original
            if "originals_move" in self.mutate:
                name = occurrence.start
            if name == at:
                return occurrence
        raise Refusal("ENOTFOUND")

    def those(self, booking, named, scope):
        """The occurrences of a call that have not begun."""
        if "future_is_all" in self.mutate:
            scope = "all"
        return [o for o in booking.occurrences
                if (scope != "future" or o.original >= named.original)
                and (o.start > self.now or "begun_moves" in self.mutate)]

    # --- moving ---

    def booking_move(self, request):
        booking = self.booking(request)
        scope, claims = self.scope(request), None
        if "claims" in request:
            claims = self.claims_of(request)
        named = self.named(booking, request)
        start = None
        if "start" in request:
            start = self.moment(request["start"], request.get("tz", booking.zone))
        if booking.series and self.status_of(booking) == "held":
            raise Refusal("ESTATE")
        if self.status_of(booking) == "expired" or not booking.series and (
                booking.status == "cancelled"):
            raise Refusal("ESTATE")
        if booking.series and scope != "this":
            return self.move_many(booking, named, scope, start, request.get("duration"), claims)
        return self.move_one(booking, named, start, request.get("duration"), claims)

    def move_one(self, booking, was, start, duration, claims):
        if self.status(was) not in ("held", "confirmed", "checked_in"):
            raise Refusal("ESTATE")
        moved = self.moved_one(booking, was, start, duration, claims)
        expired = self.admit([moved], [was])

        def apply():
            self.expire(expired)
            self.put_in(booking, [moved if o is was else o for o in booking.occurrences])
            self.count_up(booking, one=booking.series)
        return self.receipt(booking, moved, self.status(moved), booking.version + 1), apply

    def moved_one(self, booking, was, start, duration, claims):
        moved = was.copy()
        moved.start = was.start if start is None else start
        moved.end = moved.start + (duration or was.end - was.start)
        if booking.all_day and duration and not start and self.uneven(was, duration):
            self.differs("a length in days alone, across a change of the clocks")
        if booking.all_day:
            days = duration // DAY if duration else (
                oracle.local(was.end, booking.zone) - oracle.local(was.start, booking.zone)).days
            moved.end = self.instant(oracle.local(moved.start, booking.zone)
                                     + timedelta(days=days), booking.zone)
        moved.claims = claims or was.claims
        moved.apart = True
        return moved

    def move_many(self, booking, named, scope, start, duration, claims):
        chosen = self.those(booking, named, scope)
        if not chosen:
            raise Refusal("ESTATE")
        chosen = [o for o in chosen if "apart_moves" in self.mutate or not o.apart]
        if not any(o.status == "confirmed" for o in chosen):
            raise Unclear("nothing that could be moved")
        if scope is None and (named.apart or named.skipped or named.status == "cancelled"):
            raise Unclear("the first one is not moved itself")
        if named.status == "cancelled" and not named.apart and not named.skipped:
            raise Unclear("named is one that was cancelled with others")
        shift = None
        if start == self.by_series(named): # also where the clock leaves its own time out
            shift = timedelta(0)
        elif start is not None:
            # The time that it is to have, and no other, on the clock.
            shift = oracle.local(start, booking.zone) - named.wall - named.shift
            if "own_way" in self.mutate:
                shift = oracle.local(start, booking.zone) - oracle.local(named.start, booking.zone)
            elif oracle.instant(named.wall + named.shift + shift, booking.zone) != start:
                if named in chosen:     # the second of two
                    raise Refusal("EINVALID")
            if booking.all_day and shift % timedelta(days=1):
                raise Unclear("all-day, moved to an hour")
        length = duration
        if booking.all_day and duration and not start and self.uneven(named, duration):
            self.differs("a length in days alone, across a change of the clocks")
        if duration is not None and booking.all_day:
            length = duration // DAY
        changed = {}
        for was in chosen:
            moved = was.copy()
            if shift is not None:
                moved.shift = shift + (named.shift if "same_time" in self.mutate else was.shift)
            if length is not None:
                moved.length = length
            moved.claims = claims or was.claims
            self.put(moved)
            changed[was] = moved
        slots = [o for o in booking.occurrences
                 if o.apart and self.by_series(o) > self.now
                 and (scope != "future" or o.original >= named.original)]
        absent, beside = {o for o in booking.occurrences if not o.apart}, {}
        if self.follows(named, scope):
            follower = changed[named] = self.moved_one(booking, named, start, duration, claims)
            absent.add(named)
        after = [changed.get(o, o) for o in booking.occurrences]
        self.among_themselves(after)
        asked = [o for o in changed.values() if o.status != "cancelled"]
        if self.follows(named, scope):
            beside[follower] = [o for o in after if not o.apart and o.status != "cancelled"]
        expired = self.admit(asked, absent, beside)

        def apply():
            self.expire(expired)
            for slot in slots:
                changed.get(slot, slot).shift += shift or timedelta(0)
            self.put_in(booking, after)
            self.count_up(booking)
        if scope:
            when = changed.get(named, named)
            when = {"start": text(when.start), "end": text(when.end)}
        else:
            when = self.first_of(after)
        return {"ref": booking.ref, "status": booking.status, "version": booking.version + 1,
                **when}, apply

    def by_series(self, occurrence):
        """Where its series has one that was changed by itself."""
        if not occurrence.apart:
            return occurrence.start
        if not occurrence.shift:
            return occurrence.original
        return self.instant(occurrence.wall + occurrence.shift, occurrence.booking.zone)

    def follows(self, named, scope):
        """Who is named when many are moved goes where it is asked to, also when it was changed by
        itself; and a cancelled one, for when it is restored."""
        return (scope in ("future", "all") and named.apart and named.start > self.now
                and named.status in ("confirmed", "checked_in", "cancelled")
                and "named_stays" not in self.mutate)

    @staticmethod
    def uneven(occurrence, duration):
        start, zone = occurrence.start, occurrence.booking.zone
        return oracle.local(start + duration, zone) - oracle.local(start, zone) != timedelta(
            seconds=duration)

    @staticmethod
    def first_of(occurrences):
        """When a series is: its first occurrence. Nothing where it is not said which one that is,
        for the first ones differ from the others."""
        there = [o for o in occurrences if not o.skipped]
        first = min(there, key=lambda o: o.start)
        if there[0].apart or first.apart or there[0].status == "cancelled":
            return {}
        return {"start": text(first.start), "end": text(first.end)}

    def count_up(self, booking, one=False):
        booking.version += not (one and "one_version" in self.mutate)

    def receipt(self, booking, occurrence, status, version):
        return {"ref": booking.ref, "status": status, "version": version,
                "start": text(occurrence.start), "end": text(occurrence.end)}

    # --- ending, coming, coming back ---

    def booking_cancel(self, request):
        booking = self.booking(request)
        scope, named = self.scope(request), self.named(booking, request)
        whole = self.status_of(booking)
        if booking.series and whole == "held" and scope in ("this", "future"):
            if scope == "future":
                raise Unclear("a held series, cancelled from one on")
            raise Refusal("ESTATE")
        if whole == "expired" or whole == "cancelled" and not booking.series:
            raise Refusal("ESTATE")
        if whole == "held":
            chosen = list(booking.occurrences)
        elif not booking.series or scope == "this":
            chosen = [named] if named.start > self.now else []
        else:
            chosen = self.those(booking, named, scope)
            if "apart_stays" in self.mutate:
                chosen = [o for o in chosen if not o.apart]
        live = [o for o in chosen if o.status in ("confirmed", "checked_in")]
        if chosen and not live and booking.series and scope != "this":
            raise Refusal("ESTATE")
        if not live:
            raise Refusal("ESTATE")
        ends = not booking.series or scope != "this" and len(chosen) == len(booking.occurrences)
        if scope != "this" and any(o.apart for o in booking.occurrences):
            booking.mixed = True

        def apply():
            for occurrence in live:
                occurrence.status = "cancelled"
                occurrence.apart = occurrence.apart or scope == "this"
            if ends:
                booking.status = "cancelled"
            self.count_up(booking, one=scope == "this")
        return {"ref": booking.ref, "status": "cancelled", "version": booking.version + 1}, apply

    def only_one(self, request, booking):
        """Of a series these are for one occurrence, which has to be named."""
        if booking.series and self.scope(request) != "this":
            raise Refusal("EINVALID")
        if booking.series and "occurrence" not in request:
            raise Refusal("EINVALID")

    def booking_restore(self, request):
        booking = self.booking(request)
        self.only_one(request, booking)
        was = self.named(booking, request)
        if booking.series and self.status_of(booking) in ("held", "expired"):
            raise Refusal("ESTATE")
        if was.status != "cancelled" or was.end <= self.now:
            raise Refusal("ESTATE")
        if booking.hold_expires is not None and not booking.series:
            raise Unclear("a cancelled hold")
        back = was.copy()
        back.status, back.skipped, back.apart = "confirmed", False, True
        expired = set()
        if "restore_unchecked" not in self.mutate:
            expired = self.admit([back], [was])

        def apply():
            self.expire(expired)
            self.put_in(booking, [back if o is was else o for o in booking.occurrences])
            if not booking.series:
                booking.status = "confirmed"
            self.count_up(booking, one=booking.series)
        return {"ref": booking.ref, "status": "confirmed", "version": booking.version + 1}, apply

    def booking_confirm(self, request):
        booking = self.booking(request)
        if self.scope(request) in ("this", "future"):
            raise Refusal("EINVALID" if booking.series else "ENOTFOUND")
        if booking.status not in ("held", "expired"):
            raise Refusal("ESTATE")
        expired = set()
        if self.status_of(booking) == "expired":
            expired = self.admit([o for o in booking.occurrences if not o.skipped],
                                 set(booking.occurrences))

        def apply():
            self.expire(expired)
            booking.status = "confirmed"
            self.count_up(booking)
        return {"ref": booking.ref, "status": "confirmed", "version": booking.version + 1}, apply

    def on_one(self, request, statuses, status, fits):
        booking = self.booking(request)
        self.only_one(request, booking)
        occurrence = self.named(booking, request)
        if self.status(occurrence) not in statuses or not fits(occurrence):
            raise Refusal("ESTATE")

        def apply():
            occurrence.status, occurrence.apart = status, True
            if status == "completed" and self.now < occurrence.end:
                occurrence.end, occurrence.takes = max(self.now, occurrence.start + 1), None
            self.count_up(booking, one=booking.series)
        return {"ref": booking.ref, "status": status, "version": booking.version + 1}, apply

    def booking_check_in(self, request):
        return self.on_one(request, ("confirmed",), "checked_in", lambda o: self.now < o.end)

    def booking_complete(self, request):
        return self.on_one(request, ("confirmed", "checked_in"), "completed",
                           lambda o: o.start <= self.now)

    # --- reading ---

    def record(self, occurrence):
        booking = occurrence.booking
        row = {"id": booking.id, "ref": booking.ref, "start": text(occurrence.start),
               "end": text(occurrence.end), "status": self.status(occurrence)}
        if booking.title is not None:
            row["title"] = booking.title
        if booking.series:
            row["occurrence"] = text(occurrence.original)
        return {**row, "resources": sorted(c.resource.id for c in occurrence.claims)}

    def booking_get(self, request):
        booking = self.booking(request)
        if booking.series and "occurrence" not in request:
            status = {} if booking.mixed else {"status": self.status_of(booking)}
            return {"id": booking.id, "ref": booking.ref, "version": booking.version, **status}
        occurrence = self.named(booking, request)
        phase = "past" if self.now >= occurrence.end else (
            "ongoing" if self.now >= occurrence.start else "upcoming")
        return {**self.record(occurrence), "phase": phase, "version": booking.version}

    def booking_list(self, request):
        start, end = seconds(request["from"]), seconds(request["to"])
        wanted = request.get("status")
        ways = None
        if "resource" in request:
            if request["resource"] not in self.resources:
                raise Refusal("ENOTFOUND")
            ways = self.ways_of[self.resources[request["resource"]]]
        found = []
        for booking in self.bookings.values():
            for o in booking.occurrences:
                if not (o.start < end and start < o.end):
                    continue
                if o.skipped and "skipped_hidden" in self.mutate:
                    continue
                status = self.status(o)
                if status != wanted if wanted else status == "cancelled":
                    continue
                if ways is None or any(
                        claim.resource is source and since < o.end and o.start < until
                        for claim in o.claims for source, since, until in ways):
                    found.append(o)
        found.sort(key=Occurrence.place)
        if "after" in request:
            at = seconds(request["occurrence"]) if "occurrence" in request else None
            last = [o for b in self.bookings.values() for o in b.occurrences
                    if b.ref == request["after"] and o.original == at]
            if not last:
                raise Refusal("ENOTFOUND")
            found = [o for o in found if o.place() > last[0].place()]
        if request.get("limit"):
            found = found[:request["limit"]]
        return {"rows": [self.record(o) for o in found]}

    def clock_set(self, request):
        self.now = seconds(request["now"])
        return {"now": request["now"]}


def units_at(pieces, instant):
    """Of one occurrence and one resource: the most that any way of taking it asks for."""
    return max((units for start, end, units in pieces if start <= instant < end), default=0)
