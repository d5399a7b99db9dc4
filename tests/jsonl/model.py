"""The slow, obvious model: what rota should answer, recomputed at every question.

It keeps plain lists and asks, instant by instant, how many units every booking takes of every
resource. It has no tree, no index and no counters. The one shortcut: what ended long before the
horizon is set aside, and looked at again when a question reaches that far back.

A request is the very JSON object that rota-jsonl gets, instants written with Z. `mutate` names
rules in which the model is wrong on purpose: a run against it must then fail.
"""

import functools
import json

from rota import seconds, text

DAY = 24 * 60 * 60
FIRST, LAST = -62135596800, 253402300799  # the years 1 to 9999
MARGIN = 3600  # more than any setup or cleanup time asked for here

MUTATIONS = {
    "closed": "spans that touch collide",
    "no_before": "setup time takes nothing",
    "no_after": "cleanup time takes nothing",
    "no_lapse": "a hold never lapses",
    "lapsed_left": "whoever takes the time of a lapsed hold does not end it",
    "no_groups": "a group does not take its members",
    "no_stays": "who ever joined a group belongs to it for ever",
    "no_nesting": "a group within a group does not pass on its claims",
    "sum_of_ways": "a member reached in two ways is taken twice",
    "group_buffers": "a member is taken with the setup and cleanup time of the group",
    "capacity_per_span": "what overlaps is added up, at whatever instants it does",
    "self_collision": "a move collides with the booking itself",
    "optional_blocks": "optional claims take time",
    "completed_frees": "a completed booking takes nothing",
    "complete_keeps": "completing early gives no time back",
    "equal_priority": "override cancels bookings of equal priority",
    "no_pruning": "override cancels every rival, needed or not",
    "one_conflict": "only the first conflict is told",
    "key_for_ever": "a key is never forgotten",
    "key_without_actor": "a key is known whoever asks",
    "cancel_any_time": "a confirmed booking can be cancelled after its start",
    "late_confirm_unchecked": "a lapsed hold is confirmed without looking",
}


class Refusal(Exception):
    def __init__(self, code, conflicts=()):
        super().__init__(code)
        self.code, self.conflicts = code, conflicts


class Resource:
    def __init__(self, ref):
        self.id, self.ref, self.version = None, ref, 1
        self.capacity, self.before, self.after, self.active = 1, 0, 0, True

    FIELDS = ("capacity", "before", "after", "active")

    def values(self):
        return {name: getattr(self, name) for name in self.FIELDS}

    def take(self, values):
        for name, value in values.items():
            setattr(self, name, value)


class Stay:
    def __init__(self, group, member, start, end):
        self.group, self.member, self.start, self.end = group, member, start, end


class Claim:
    def __init__(self, resource, units, role, free):
        self.resource, self.units, self.role, self.free = resource, units, role, free

    def blocks(self):
        return self.role != "optional" and not self.free


class Booking:
    def __init__(self):
        self.id = self.ref = self.title = self.hold_expires = None
        self.version, self.priority, self.aside = 1, 0, False

    def place(self):
        return self.start, self.end, self.id


def units_at(pieces, instant):
    """Of one booking and one resource: the most that any way of taking it asks for."""
    return max((units for start, end, units in pieces if start <= instant < end), default=0)


class Model:
    WRITES = {"resource.put", "resource.remove", "member.add", "member.remove", "booking.create",
              "booking.confirm", "booking.move", "booking.cancel", "booking.check_in",
              "booking.complete", "tick"}

    def __init__(self, now, mutate=(), new_id=None):
        self.now, self.mutate, self.new_id = now, frozenset(mutate), new_id
        self.resources, self.stays, self.bookings = [], [], []
        self.removed = []   # (ref, id)
        self.recent_stays, self.recent, self.horizon = [], [], FIRST
        self.by_name = {}   # id or ref of a booking
        self.keys = {}      # (actor, key): (made, content, answer)
        self.events = []    # (trace, instant, [(type, record), ...]) in the order of the writes
        self.fresh = None   # what the last call created, until its id is known

    # --- the answer to a request ---

    def answer(self, request):
        """What rota should answer. Bookings and resources it creates get their id by adopt()."""
        op = request["op"]
        decide = getattr(self, op.replace(".", "_"))
        self.fresh = None
        try:
            self.check_shape(request)
            request = self.resolved(request)
            if op not in self.WRITES:
                return {"ok": True, **decide(request)}
            known = self.known(request)
            if known is not None:
                return known
            answer, apply, events = decide(request)
        except Refusal as refusal:
            answer = {"ok": False, "error": refusal.code}
            if refusal.code == "ECONFLICT":
                answer["conflicts"] = refusal.conflicts
            return answer
        answer = {"ok": True, **answer}
        if request.get("dry_run"):
            self.fresh = None
            return answer
        apply()
        if events:
            self.events.append((request.get("trace"), self.now, events))
        if request.get("key"):
            self.keys[self.key_of(request)] = self.now, self.content(request), answer
        if self.fresh:
            self.fresh = self.fresh, answer
            if self.new_id:
                self.adopt(self.new_id())
        return answer

    def adopt(self, new_id):
        """The id that rota gave to what the last call created."""
        record, answer = self.fresh
        record.id = answer["id"] = new_id
        if isinstance(record, Booking):
            self.by_name[new_id] = record
        self.fresh = None

    # --- keys ---

    def key_of(self, request):
        return None if "key_without_actor" in self.mutate else request.get("actor"), request["key"]

    @staticmethod
    def content(request):
        beside = ("tag", "key", "actor", "role", "trace", "dry_run")
        return json.dumps({k: v for k, v in request.items() if k not in beside}, sort_keys=True)

    def resolved(self, request):
        """The request with ids for refs. A ref that nothing has is known before any key is, but for
        those of removed resources; an id that nothing has is for the operation to find out."""
        resource = functools.partial(self.resource_id, with_removed="key" in request)
        if request["op"] == "resource.remove":
            for i in self.removed_ids(request["id"])[:1]: # another one may have the ref by now
                if self.is_kept({**request, "id": i}):
                    return {**request, "id": i}
        kind = self.booking_id if request["op"].startswith("booking.") else resource
        kinds = {"id": kind, "after": self.booking_id, "resource": resource,
                 "group": resource, "member": resource}
        if request["op"] == "resource.put":
            kinds.pop("after")
            if self.creates(request) and not {"kind", "name"} <= request.keys():
                if not self.is_kept(request): # as of one that was removed
                    raise Refusal("EINVALID")
        request = {k: kinds[k](v) if k in kinds else v for k, v in request.items()}
        if "claims" in request:
            request["claims"] = [
                {**c, "resource": resource(c["resource"])} if isinstance(c, dict)
                else {"resource": resource(c)} for c in request["claims"]]
        return request

    def resource_id(self, name, with_removed=False):
        found = [r.id for r in self.resources if name in (r.id, r.ref)]
        if not found and with_removed:
            found = self.removed_ids(name)
        return found[0] if found else self.unknown(name)

    def removed_ids(self, ref):
        return [i for r, i in reversed(self.removed) if r == ref]

    def booking_id(self, name):
        return self.by_name[name].id if name in self.by_name else self.unknown(name)

    @staticmethod
    def unknown(name):
        if len(name) == 36 and name.count("-") == 4:
            return name
        raise Refusal("ENOTFOUND")

    def is_kept(self, request):
        """Is this what its key stands for?"""
        if "key" not in request or self.key_of(request) not in self.keys:
            return False
        made, content, _ = self.keys[self.key_of(request)]
        return content == self.content(request) and self.now < made + DAY

    def known(self, request):
        if not request.get("key") or self.key_of(request) not in self.keys:
            return None
        made, content, answer = self.keys[self.key_of(request)]
        if self.now >= made + DAY and "key_for_ever" not in self.mutate:
            return None
        if content != self.content(request):
            raise Refusal("EKEY")
        return answer

    # --- shape: what is wrong whatever the calendar holds ---

    def check_shape(self, request):
        if "start" in request:
            start, end = self.span_of(request)
            if not FIRST <= start < end <= LAST:
                raise Refusal("EINVALID")
        lowest = {"booking.create": {"hold": 0},
                  "resource.put": {"before": 0, "after": 0, "capacity": 1}}
        for name, low in lowest.get(request["op"], {}).items():
            if request.get(name, low) < low:
                raise Refusal("EINVALID")
        if "claims" in request:
            names = [c["resource"] if isinstance(c, dict) else c for c in request["claims"]]
            if not names:
                raise Refusal("EINVALID")
            if any(c.get("units", 1) < 1 for c in request["claims"] if isinstance(c, dict)):
                raise Refusal("EINVALID")

    @staticmethod
    def span_of(request):
        start = seconds(request["start"])
        return start, seconds(request["end"]) if "end" in request else start + request["duration"]

    # --- finding records ---

    def resource(self, name):
        for resource in self.resources:
            if name in (resource.id, resource.ref):
                return resource
        raise Refusal("ENOTFOUND")

    def booking(self, name):
        if name not in self.by_name:
            raise Refusal("ENOTFOUND")
        return self.by_name[name]

    @staticmethod
    def expect(request, record):
        if request.get("version", 0) not in (0, record.version):
            raise Refusal("EVERSION")

    # --- the horizon: what ended before it takes part only where somebody looks that far back ---

    def set_aside(self, horizon):
        self.horizon = horizon
        self.recent_stays = [s for s in self.stays if s.end > horizon - MARGIN]
        for booking in self.recent:
            booking.aside = booking.end < horizon - MARGIN
        self.recent = [b for b in self.recent if not b.aside]

    def bookings_since(self, start):
        return self.recent if start >= self.horizon else self.bookings

    def stays_since(self, start):
        return self.recent_stays if start >= self.horizon else self.stays

    def touch(self, booking):
        booking.version += 1
        if booking.aside:
            booking.aside = False
            self.recent.append(booking)

    # --- who takes what ---

    def status(self, booking):
        lapsed = booking.status == "held" and self.now >= booking.hold_expires
        return "expired" if lapsed else booking.status

    def occupies(self, booking):
        if "no_lapse" in self.mutate and booking.status == "held":
            return True
        if "completed_frees" in self.mutate and booking.status == "completed":
            return False
        return self.status(booking) in ("held", "confirmed", "checked_in", "completed")

    def ways(self, resource, stays, everybody=False, since=FIRST, until=LAST, depth=0):
        """Whose claims take this resource, and when: its own, and those of its groups. An inactive
        resource takes no part in its groups, but for `everybody`."""
        found = [(resource, since, until)]
        if not (resource.active or everybody) or "no_groups" in self.mutate:
            return found
        if depth > 0 and "no_nesting" in self.mutate or depth > 8:
            return found
        for stay in stays:
            if stay.member is resource:
                start, end = max(since, stay.start), min(until, stay.end)
                if "no_stays" in self.mutate:
                    start, end = since, until
                if start < end:
                    found += self.ways(stay.group, stays, everybody, start, end, depth + 1)
        return found

    def below(self, resource, stays, everybody=False, since=FIRST, until=LAST):
        """Who is taken with this resource, and when: itself, its active members, and theirs."""
        found = [(resource, since, until)]
        for stay in stays:
            if stay.group is resource and (stay.member.active or everybody):
                start, end = max(since, stay.start), min(until, stay.end)
                if start < end:
                    found += self.below(stay.member, stays, everybody, start, end)
        return found

    def pieces(self, booking, resource, ways):
        """The spans in which a booking takes a resource, with the resource's own setup and
        cleanup time, one for each way."""
        found = []
        for claim in booking.claims:
            if not claim.blocks() and "optional_blocks" not in self.mutate:
                continue
            for source, since, until in ways:
                there = booking.start < until and since < booking.end  # in it himself
                if source is claim.resource and there:
                    lent = source if "group_buffers" in self.mutate else resource
                    before = 0 if "no_before" in self.mutate else lent.before
                    after = 0 if "no_after" in self.mutate else lent.after
                    start = max(booking.start - before, since)
                    end = min(booking.end + after + ("closed" in self.mutate), until)
                    if start < end:
                        found.append((start, end, claim.units))
        if "sum_of_ways" in self.mutate and len(found) > 1:
            found = [(start, end, units + 1) for start, end, units in found]
        return found

    def shortage(self, resource, asked, others, windows):
        """Conflict rows of one resource. Where something is asked for, it must fit on top of the
        others at every instant that it wants; else the others must fit within the windows."""
        others = [(booking, pieces) for booking, pieces in others if pieces]
        instants = {i for start, end, _ in asked for i in (start, end)}
        instants |= {i for _, pieces in others for start, end, _ in pieces for i in (start, end)}
        instants |= {start for start, _ in windows}
        short, takers = False, []
        for instant in instants:
            mine = units_at(asked, instant)
            if not mine and (asked or not any(start <= instant < end for start, end in windows)):
                continue
            there = [(b, units_at(pieces, instant)) for b, pieces in others]
            if "capacity_per_span" in self.mutate and asked:
                there = [(b, max(u for _, _, u in pieces)) for b, pieces in others
                         if any(a < end and start < e for a, e, _ in asked
                                for start, end, _ in pieces)]
            if mine + sum(units for _, units in there) > resource.capacity:
                short = True
                takers += [b for b, units in there if units and b not in takers]
        if short and not takers:
            return [(resource, None)]
        return [(resource, booking) for booking in takers]

    def reach(self):
        """How far setup and cleanup time can carry a booking, twice over."""
        return 1 + max((r.before for r in self.resources), default=0) + max(
            (r.after for r in self.resources), default=0)

    def stays_near(self, start, end):
        """Stays that could be within reach of a span."""
        reach = self.reach()
        return [s for s in self.stays_since(start) if "no_stays" in self.mutate or
                s.start < end + reach and start < s.end + reach]

    def near(self, start, end, wanted=None):
        """Occupying bookings, or those that are wanted, that could be within reach of a span."""
        reach = self.reach()
        return [b for b in self.bookings_since(start)
                if b.start < end + reach and start < b.end + reach
                and (wanted or self.occupies)(b)]

    def lapsed(self, booking):
        """A hold that nobody has ended yet, though the clock has."""
        return booking.status == "held" and self.status(booking) == "expired"

    def passed_over(self, windows, stays, absent=()):
        """Lapsed holds of the resources within their windows. Whoever takes their time ends them,
        lest somebody with a slower clock confirms them still."""
        if not windows or "lapsed_left" in self.mutate:
            return []
        holds = self.near(min(start for _, start, _ in windows),
                          max(end for _, _, end in windows), self.lapsed)
        return [b for b in holds if b not in absent and any(
            a < end and start < e
            for resource, start, end in windows
            for a, e, _ in self.pieces(b, resource, self.ways(resource, stays)))]

    def in_the_way(self, booking, absent):
        """Lapsed holds where a booking is about to be."""
        stays = self.stays_near(booking.start, booking.end)
        windows = [(r, booking.start - r.before, booking.end + r.after) for r in self.resources
                   if self.pieces(booking, r, self.ways(r, stays))]
        return self.passed_over(windows, stays, absent)

    def expire_all(self, holds):
        for hold in holds:
            hold.status = "expired"
            self.touch(hold)

    def conflicts(self, booking, absent):
        """Rows for a booking that wants to be, as if the absent ones were not."""
        stays = self.stays_near(booking.start, booking.end)
        others = [b for b in self.near(booking.start, booking.end) if b not in absent]
        found = []
        for resource in self.resources:
            ways = self.ways(resource, stays)
            asked = self.pieces(booking, resource, ways)
            if asked:
                found += self.shortage(resource, asked,
                                       [(b, self.pieces(b, resource, ways)) for b in others], ())
        return found

    def crowded(self, reached, stays, start, end, before=None):
        """Rows for what must fit as it is, each resource in its own windows. before: as the stays
        were; a window in which no more is taken than then may have too much of it."""
        others = self.near(start, end)
        found = []
        for resource in self.resources:
            windows = [(max(a, start), min(b, end)) for r, a, b in reached if r is resource]
            if not windows:
                continue
            now = self.taking(others, resource, stays)
            if before is not None:
                was = self.taking(others, resource, before)
                windows = [w for w in windows if self.is_fuller(resource, was, now, w)]
            found += self.shortage(resource, (), now, windows)
        return found

    def taking(self, bookings, resource, stays):
        ways = self.ways(resource, stays)
        return [(b, self.pieces(b, resource, ways)) for b in bookings]

    @staticmethod
    def is_fuller(resource, was, now, window):
        """Is more taken than there is, and than before? Units may have been taken away from now on,
        and in the past more be taken than there is. Where what was taken ends, too: it may be
        taken in another way for longer."""
        a, b = window
        instants = {a} | {i for _, pieces in was + now for s, e, _ in pieces for i in (s, e)
                          if a <= i < b}
        for instant in instants if a < b else ():
            taken, more = (sum(units_at(pieces, instant) for _, pieces in each)
                           for each in (was, now))
            if more > resource.capacity and more > taken:
                return True
        return False

    def refuse(self, found):
        """ECONFLICT with its rows by start, resource, booking; those without a booking last."""
        told = sorted((b.start, r.id, b.id, b.end) for r, b in found if b)
        rows = [(r, b, text(start), text(end)) for start, r, b, end in told]
        if "one_conflict" in self.mutate:
            rows = rows[:1]
        raise Refusal("ECONFLICT", rows + [(r.id, None) for r, b in found if not b])

    # --- resources ---

    def resource_put(self, request):
        values = {name: request[name] for name in Resource.FIELDS if name in request}
        if self.creates(request):
            return self.resource_new(request, values)
        resource = self.resource(request.get("id", request.get("ref")))
        self.expect(request, resource)
        changes = {n: v for n, v in values.items() if v != getattr(resource, n)}
        if changes.get("capacity", 1) != 1 and any(s.group is resource and s.end > self.now
                                                   for s in self.stays):
            raise Refusal("ESTATE")
        if not changes:
            return {"id": resource.id, "version": resource.version}, lambda: None, []
        was = resource.values()
        resource.take(values)
        try:
            stays = self.stays_since(self.now)
            below = self.below(resource, stays, since=self.now)
            crowded = self.crowded(below, stays, self.now, LAST)
            expired = self.passed_over(below, stays)
        finally:
            resource.take(was)
        if crowded:
            self.refuse(crowded)

        def apply():
            self.expire_all(expired)
            resource.take(values)
            resource.version += 1
        return ({"id": resource.id, "version": resource.version + 1}, apply,
                [("booking.expired", b) for b in expired] + [("resource.updated", resource)])

    def creates(self, request):
        """An id is updated, and so is a ref that something has."""
        return "id" not in request and request.get("ref") not in [
            r.ref for r in self.resources if r.ref is not None]

    def resource_new(self, request, values):
        resource = Resource(request.get("ref"))
        resource.take(values)
        self.fresh = resource
        return {"version": 1}, lambda: self.resources.append(resource), [
            ("resource.created", resource)]

    def resource_remove(self, request):
        resource = self.resource(request["id"])
        self.expect(request, resource)
        for booking in self.bookings_since(self.now):
            live = self.status(booking) in ("held", "confirmed", "checked_in")
            if live and booking.end > self.now and any(c.resource is resource
                                                       for c in booking.claims):
                raise Refusal("ESTATE")
        expired = sorted([b for b in self.bookings_since(self.now)
                          if self.lapsed(b) and b.end > self.now and any(
                              c.resource is resource for c in b.claims)], key=Booking.place)
        ended = [s for s in self.stays
                 if resource in (s.group, s.member) and s.end > self.now]
        groups = {s.group for s in ended if s.group is not resource}

        def apply():
            self.expire_all(expired)
            resource.version += 1
            self.removed.append((resource.ref, resource.id))
            resource.active, resource.ref = False, None
            self.resources.remove(resource)
            self.cut(ended, self.now)
            for group in groups:
                group.version += 1
        return {"id": resource.id, "version": resource.version + 1}, apply, [
            ("booking.expired", b) for b in expired] + [
            ("member.removed", stay.group) for stay in ended] + [("resource.removed", resource)]

    # --- groups ---

    def stay_of(self, request):
        start = seconds(request["from"]) if "from" in request else self.now
        return start, seconds(request["until"]) if "until" in request else LAST

    def member_add(self, request):
        start, end = self.stay_of(request)  # from now on: so a known key is looked at first
        if start >= end:
            raise Refusal("EINVALID")
        group, member = self.resource(request["group"]), self.resource(request["member"])
        self.expect(request, group)
        stays = self.stays_since(start)
        joined = stays + [Stay(group, member, start, end)]
        if group.capacity != 1 or any(s.group is group and s.member is member and
                                      s.start < end and start < s.end for s in stays):
            raise Refusal("ESTATE")
        if any(r is group and max(a, start) < min(b, end)
               for r, a, b in self.below(member, stays, everybody=True)):
            raise Refusal("ESTATE")
        expired = []
        if member.active:
            below = self.below(member, stays, since=start, until=end)
            crowded = self.crowded(below, joined, start, end, before=stays)
            if crowded:
                self.refuse(crowded)
            expired = self.passed_over(below, joined)

        def apply():
            self.expire_all(expired)
            group.version += 1
            self.stays.append(joined[-1])
            self.recent_stays.append(joined[-1])
        return {"version": group.version + 1}, apply, [
            ("booking.expired", b) for b in expired] + [("member.added", group)]

    def member_remove(self, request):
        group, member = self.resource(request["group"]), self.resource(request["member"])
        at = seconds(request["at"]) if "at" in request else self.now
        self.expect(request, group)
        later = [s for s in self.stays if s.group is group and s.member is member and s.end > at]
        if not later:
            raise Refusal("ENOTFOUND")

        def apply():
            group.version += 1
            self.cut(later, at)
        return {"version": group.version + 1}, apply, [("member.removed", group)] * len(later)

    def cut(self, stays, at):
        """End stays at a moment; those that would begin later are taken back."""
        for stay in stays:
            if stay.start < at:
                stay.end = at
            else:
                self.stays.remove(stay)
                if stay in self.recent_stays:
                    self.recent_stays.remove(stay)

    def member_list(self, request):
        pair = [self.resource(request[name]) if name in request else None
                for name in ("group", "member")]
        found = [s for s in self.stays
                 if pair[0] in (None, s.group) and pair[1] in (None, s.member)]
        return {"rows": sorted((s.group.id, s.member.id, s.start, s.end) for s in found)}

    # --- bookings ---

    def claims_of(self, request):
        """Every claimed resource must be there; twice the same one is no request at all."""
        claims = []
        for claim in request["claims"]:
            resource = self.resource(claim["resource"])
            if any(c.resource is resource for c in claims):
                raise Refusal("EINVALID")
            claims.append(Claim(resource, claim.get("units", 1), claim.get("role", "required"),
                                claim.get("free", False)))
        return claims

    def must_be_active(self, claims):
        for claim in claims:
            if claim.blocks() and not claim.resource.active:
                raise Refusal("ESTATE")

    def receipt(self, booking, version):
        answer = {"id": booking.id, "status": booking.status, "version": version,
                  "start": text(booking.start), "end": text(booking.end)}
        if booking.status == "held":
            answer["hold_expires"] = text(booking.hold_expires)
        return answer

    def booking_create(self, request):
        booking = Booking()
        booking.ref, booking.title = request.get("ref"), request.get("title")
        booking.start, booking.end = self.span_of(request)
        booking.claims = self.claims_of(request)
        booking.priority = request.get("priority", 0)
        booking.status = "held" if request.get("hold") else "confirmed"
        if request.get("hold"):
            booking.hold_expires = self.now + request["hold"]
        if booking.ref in self.by_name:
            raise Refusal("ESTATE")
        self.must_be_active(booking.claims)
        cancelled = self.make_room(booking, [], request)
        expired = self.in_the_way(booking, [])
        self.fresh = booking

        def apply():
            self.cancel_all(cancelled)
            self.expire_all(expired)
            self.bookings.append(booking)
            self.recent.append(booking)
            if booking.ref:
                self.by_name[booking.ref] = booking
        answer = self.receipt(booking, 1)
        del answer["id"]
        if request.get("on_conflict") == "override":
            answer["cancelled"] = [b.id for b in sorted(cancelled, key=Booking.place)]
        return answer, apply, [("booking.cancelled", b) for b in cancelled] + [
            ("booking.expired", b) for b in expired] + [("booking.created", booking)]

    def make_room(self, booking, itself, request):
        """What has to be cancelled, or a refusal. With override, of the rivals of lower priority
        those go that must: from the highest priority down, each stays if it can."""
        found = self.conflicts(booking, itself)
        if not found:
            return []
        rivals = []
        for _, other in found if request.get("on_conflict") == "override" else ():
            lower = other and (other.priority < booking.priority or
                               "equal_priority" in self.mutate and
                               other.priority == booking.priority)
            if lower and other not in rivals and other.status in ("held", "confirmed",
                                                                  "checked_in"):
                rivals.append(other)
        if self.conflicts(booking, itself + rivals):
            self.refuse(found)
        gone = list(rivals)
        for other in sorted(rivals, key=lambda b: (-b.priority, b.start, b.id)):
            without = [b for b in gone if b is not other]
            if "no_pruning" not in self.mutate and not self.conflicts(booking, itself + without):
                gone = without
        return gone

    def cancel_all(self, bookings):
        for booking in bookings:
            booking.status = "cancelled"
            self.touch(booking)

    def change(self, booking, type, expired=(), **values):
        """An answer, a change and its event, for a booking that is already there."""
        answer = {"id": booking.id, "status": values["status"], "version": booking.version + 1}

        def apply():
            self.expire_all(expired)
            for name, value in values.items():
                setattr(booking, name, value)
            self.touch(booking)
        return answer, apply, [("booking.expired", b) for b in expired] + [(type, booking)]

    def booking_confirm(self, request):
        booking = self.booking(request["id"])
        self.expect(request, booking)
        status = self.status(booking)
        if status not in ("held", "expired"):
            raise Refusal("ESTATE")
        expired = []
        if status == "expired":
            expired = self.in_the_way(booking, [booking])
            self.must_be_active(booking.claims)
            found = self.conflicts(booking, [booking])
            if found and "late_confirm_unchecked" not in self.mutate:
                self.refuse(found)
        return self.change(booking, "booking.confirmed", expired, status="confirmed",
                           hold_expires=None)

    def booking_cancel(self, request):
        booking = self.booking(request["id"])
        self.expect(request, booking)
        status = self.status(booking)
        early = self.now < booking.start or "cancel_any_time" in self.mutate
        if not (status == "held" or status in ("confirmed", "checked_in") and early):
            raise Refusal("ESTATE")
        return self.change(booking, "booking.cancelled", status="cancelled", hold_expires=None)

    def booking_check_in(self, request):
        booking = self.booking(request["id"])
        self.expect(request, booking)
        if self.status(booking) != "confirmed" or self.now >= booking.end:
            raise Refusal("ESTATE")
        return self.change(booking, "booking.checked_in", status="checked_in")

    def booking_complete(self, request):
        booking = self.booking(request["id"])
        self.expect(request, booking)
        if self.status(booking) not in ("confirmed", "checked_in") or self.now < booking.start:
            raise Refusal("ESTATE")
        end = max(booking.start + 1, min(booking.end, self.now))
        if "complete_keeps" in self.mutate:
            end = booking.end
        return self.change(booking, "booking.completed", status="completed", end=end)

    def booking_move(self, request):
        booking = self.booking(request["id"])
        self.expect(request, booking)
        claims = self.claims_of(request) if "claims" in request else booking.claims
        if self.status(booking) not in ("held", "confirmed", "checked_in"):
            raise Refusal("ESTATE")
        moved = Booking()
        moved.id, moved.status, moved.claims = booking.id, booking.status, claims
        moved.start, moved.end = booking.start, booking.end
        moved.hold_expires, moved.priority = booking.hold_expires, booking.priority
        if "start" in request:
            moved.start, moved.end = self.span_of(request)
        self.must_be_active(claims)
        itself = [] if "self_collision" in self.mutate else [booking]
        cancelled = self.make_room(moved, itself, request)
        changed = "start" in request or "end" in request or "claims" in request
        expired = self.in_the_way(moved, [booking]) if changed else []

        def apply():
            self.cancel_all(cancelled)
            self.expire_all(expired)
            booking.start, booking.end, booking.claims = moved.start, moved.end, claims
            self.touch(booking)
        answer = self.receipt(moved, booking.version + 1)
        if request.get("on_conflict") == "override":
            answer["cancelled"] = [b.id for b in sorted(cancelled, key=Booking.place)]
        return answer, apply, [("booking.cancelled", b) for b in cancelled] + [
            ("booking.expired", b) for b in expired] + [("booking.moved", booking)]

    def record(self, booking):
        row = {"id": booking.id, "start": text(booking.start), "end": text(booking.end),
               "status": self.status(booking)}
        if booking.ref is not None:
            row["ref"] = booking.ref
        if booking.title is not None:
            row["title"] = booking.title
        return row

    def booking_get(self, request):
        booking = self.booking(request["id"])
        phase = "past" if self.now >= booking.end else (
            "ongoing" if self.now >= booking.start else "upcoming")
        return {**self.record(booking), "phase": phase, "version": booking.version}

    def booking_list(self, request):
        start, end = seconds(request["from"]), seconds(request["to"])
        found = [b for b in self.bookings_since(start) if b.start < end and start < b.end]
        if "status" in request:
            found = [b for b in found if self.status(b) == request["status"]]
        else:
            found = [b for b in found if b.status != "cancelled"]
        if "resource" in request:
            stays = self.stays_since(min([start] + [b.start for b in found]))
            ways = self.ways(self.resource(request["resource"]), stays, everybody=True)
            found = [b for b in found if any(
                claim.resource is group and since < b.end and b.start < until
                for claim in b.claims for group, since, until in ways)]
        if "after" in request:
            last = self.booking(request["after"])
            found = [b for b in found if b.place() > last.place()]
        found.sort(key=Booking.place)
        if request.get("limit"):
            found = found[:request["limit"]]
        return {"rows": [{**self.record(b), "resources": sorted(c.resource.id for c in b.claims)}
                         for b in found]}

    # --- the clock ---

    def clock_set(self, request):
        self.now = seconds(request["now"])
        return {"now": request["now"]}

    def tick(self, request):
        lapsed = [b for b in self.bookings
                  if b.status == "held" and self.now >= b.hold_expires]
        old = [key for key, (made, _, _) in self.keys.items() if self.now >= made + DAY]

        def apply():
            for booking in lapsed:
                booking.status = "expired"
                self.touch(booking)
            for key in old:
                del self.keys[key]
        return ({"expired": len(lapsed), "keys": len(old)}, apply,
                [("booking.expired", b) for b in lapsed])
