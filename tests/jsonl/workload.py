"""Random requests, each answered by rota and by the model, and the two compared.

The calendar is small and crowded on purpose: a dozen resources, a horizon of a day or two, starts
and ends that are taken from what is already booked, a second off where that is where mistakes
hide. Knows which requests to make; what they should lead to, only the model knows.
"""

import collections
import random

from model import DAY, LAST, Model
from rota import text

QUARTER = 15 * 60
BACK = 6 * 3600     # how far behind the clock requests reach, but for the rare ones
BEGIN = 1739523600  # 2025-02-14T09:00:00Z
BUFFERS = (0, 0, 0, 1, 300, 900)
ACTORS = (None, "ann", "bob")
GROUPS = ("team0", "team1", "all", "top")


class Disagreement(Exception):
    pass


class Workload:
    def __init__(self, seed, ask, now=BEGIN, mutate=()):
        self.random = random.Random(seed)
        self.ask_rota = ask
        self.model = Model(now, mutate)
        self.steps = 0
        self.outcomes = collections.Counter()
        self.history = collections.deque(maxlen=12)
        self.keyed = collections.deque(maxlen=60)  # (instant, request) that went under a key
        self.seen, self.told = 0, 0   # events read: rota's seq, and writes of the model
        self.waiting = []             # of the write whose events are half read
        self.refs = 0
        self.populate()

    # --- one request: ask both, compare ---

    def ask(self, request, label=None):
        """rota's answer, which is the model's as well, or there would be no further step."""
        self.steps += 1
        model, op = self.model, request["op"]
        if op in model.WRITES:
            request = {"trace": f"t{self.steps}", **request}
        request = {**request, "tag": self.steps}
        want = model.answer(request)
        got = self.ask_rota(request)
        self.history.append((request, got))
        self.compare(request, got, want)
        if want["ok"] and model.fresh:
            model.adopt(got["id"])
        self.count(label or op, request, got)
        return got

    def count(self, label, request, got):
        if request.get("dry_run"):
            label += " (dry run)"
        if request.get("on_conflict") == "override":
            label += " (override)"
            if got.get("cancelled"):
                label += " that cancels"
        outcome = "ok" if got["ok"] else got["error"]
        if got["ok"] and got.get("status") and request["op"] == "booking.create":
            outcome = got["status"]
        self.outcomes[label, outcome] += 1

    def compare(self, request, got, want):
        if got.get("tag") != request["tag"]:
            self.disagree("tag", got, want)
        if got.get("ok") != want["ok"] or got.get("error") != want.get("error"):
            self.disagree("outcome", got, want)
        for name in want.keys() - {"rows", "conflicts", "keys"}:
            if got.get(name) != want[name]:
                self.disagree(name, got, want)
        receipt = want["ok"] and request["op"] in ("booking.create", "booking.move")
        for name in ("hold_expires", "cancelled") if receipt else ():
            if got.get(name) and name not in want:
                self.disagree(name, got, want)
        if "keys" in want and "keys" in got and got["keys"] != want["keys"]:
            self.disagree("keys", got, want)
        if "conflicts" in want:
            self.compare_conflicts(got, want)
        if "rows" in want:
            self.compare_rows(request, got, want)

    def compare_conflicts(self, got, want):
        told = got.get("conflicts", [])
        rows = [(c["resource"], c["booking"], c["start"], c["end"]) for c in told
                if c.get("booking")]
        alone = sorted(c["resource"] for c in told if not c.get("booking"))
        if rows != [row for row in want["conflicts"] if row[1]]:
            self.disagree("conflicts", rows, want["conflicts"])
        if alone != sorted(row[0] for row in want["conflicts"] if not row[1]):
            self.disagree("conflicts without a booking", told, want["conflicts"])

    def compare_rows(self, request, got, want):
        if request["op"] == "member.list":
            rows = [(r["group"], r["member"], r["from"], r.get("until") or text(LAST))
                    for r in got["rows"]]
            wanted = [(g, m, text(a), text(b)) for g, m, a, b in want["rows"]]
        else:
            rows = [{**r, "resources": sorted(r["resources"])} for r in got["rows"]]
            wanted = want["rows"]
            for row in rows:
                for name in ("ref", "title"):
                    if row.get(name, 0) is None:
                        del row[name]
        if rows != wanted:
            for i, pair in enumerate(zip(rows, wanted)):
                if pair[0] != pair[1]:
                    self.disagree(f"row {i}", *pair)
            self.disagree("number of rows", len(rows), len(wanted))

    def disagree(self, what, got, want):
        lines = [f"step {self.steps}: {what} differs", f"  rota:  {got}", f"  model: {want}",
                 f"  now {text(self.model.now)}; the last requests and what rota answered:"]
        lines += [f"    {request}\n      {answer}" for request, answer in self.history]
        lines += ["  resources: " + repr([(r.id, r.ref, r.values()) for r in self.model.resources])]
        raise Disagreement("\n".join(lines))

    # --- the calendar to begin with ---

    def populate(self):
        for number, capacity in enumerate((1, 1, 1, 2, 3, 5)):
            self.new_resource(f"room{number}", capacity)
        for number in range(5):
            self.new_resource(f"person{number}", 1 if number < 4 else 2, (0, 0, 0, 60))
        for group in GROUPS:
            self.new_resource(group, 1, (0, 0, 600))
        for group, member in (("team0", "person0"), ("team0", "person1"), ("team1", "person1"),
                              ("team1", "person2"), ("team1", "person4"), ("all", "team0"),
                              ("all", "team1"), ("all", "person3"), ("top", "all")):
            self.ask({"op": "member.add", "group": group, "member": member})

    def new_resource(self, ref, capacity, buffers=BUFFERS):
        self.ask({"op": "resource.put", "ref": ref, "kind": ref.rstrip("0123456789"),
                  "name": ref.title(), "capacity": capacity,
                  "before": self.random.choice(buffers), "after": self.random.choice(buffers)})

    # --- what to draw from ---

    def resource(self):
        return self.random.choice(self.model.resources)

    def name(self, record):
        """Its id, or the host's own key where it has one: both stand for it."""
        return record.ref if record.ref and self.random.random() < 0.5 else record.id

    def booking(self, *statuses):
        """Mostly one of the recent bookings that has one of these statuses."""
        draw, model = self.random.random(), self.model
        if not model.recent:
            return None
        if draw < 0.03:
            return self.random.choice(model.bookings)
        fitting = [b for b in model.recent if model.status(b) in statuses] if draw > 0.15 else []
        return self.random.choice(fitting or model.recent)

    def instant(self):
        """A quarter of an hour near now, or an edge of something, or a second beside it."""
        draw, model = self.random.random(), self.model
        if draw < 0.55 or not model.recent:
            base = model.now // QUARTER * QUARTER + QUARTER * self.random.randint(-8, 40)
        elif draw < 0.97:
            booking = self.random.choice(model.recent)
            resource = self.random.choice(booking.claims).resource
            base = self.random.choice((booking.start, booking.end,
                                       booking.end + resource.after,
                                       booking.end + resource.after + resource.before,
                                       booking.start - resource.before))
        else:
            base = model.now + self.random.randint(-10, 10)
        if self.random.random() < 0.15:
            base += self.random.choice((-1, 1, self.random.randint(-600, 600)))
        return max(base, model.now - BACK)

    def when(self):
        """Fields that say when: `start` with `end` or `duration`."""
        start = self.instant()
        draw = self.random.random()
        if draw < 0.75:
            length = QUARTER * self.random.choice((1, 1, 2, 2, 3, 4, 4, 6, 8))
        elif draw < 0.85:
            length = self.random.choice((1, 2, 59, 899, 901, 3599, 3601))
        elif draw < 0.98:
            length = abs(self.instant() - start) % (4 * 3600) + 1
        else:
            length = self.random.randint(1, 2) * DAY
        if self.random.random() < 0.3:
            return {"start": text(start), "duration": length}
        return {"start": text(start), "end": text(start + length)}

    def claims(self):
        count = self.random.choice((1, 1, 1, 1, 2, 2, 3, 4))
        resources = self.random.sample(self.model.resources,
                                       min(count, len(self.model.resources)))
        return [self.claim(resource) for resource in resources]

    def claim(self, resource):
        draw = self.random.random()
        if draw < 0.5:
            return self.name(resource)
        claim = {"resource": self.name(resource)}
        if resource.capacity > 1 and draw < 0.9:
            claim["units"] = self.random.randint(1, resource.capacity)
        if self.random.random() < 0.01:
            claim["units"] = resource.capacity + 1
        if self.random.random() < 0.12:
            claim["role"] = self.random.choice(("optional", "required", "organizer"))
        if self.random.random() < 0.04:
            claim["free"] = self.random.random() < 0.7
        return claim

    def calling(self, request, record=None):
        """Who asks, and how."""
        if self.random.random() < 0.3:
            request["actor"] = self.random.choice(ACTORS[1:])
        if record and self.random.random() < 0.15:
            request["version"] = record.version
        elif record and self.random.random() < 0.03:
            request["version"] = max(1, record.version + self.random.choice((-1, 1)))
        if self.random.random() < 0.08:
            request["dry_run"] = True
        elif self.random.random() < 0.06:
            request["key"] = f"k{self.steps}"
            self.keyed.append((self.model.now, request))
        return request

    # --- the steps ---

    STEPS = (
        (30, "create"), (5, "override"), (7, "confirm"), (7, "cancel"), (10, "move"),
        (3, "check_in"), (4, "complete"), (5, "join"), (2, "leave"), (4, "update"), (3, "wake"),
        (1, "come_and_go"), (6, "clock"), (2, "tick"), (6, "list"), (2, "page"), (6, "get"),
        (3, "feed"), (1, "members"), (3, "repeat"), (1, "other_content"), (2, "nonsense"),
    )

    def step(self):
        weights, names = zip(*self.STEPS)
        getattr(self, self.random.choices(names, weights)[0])()
        if self.steps // 64 != self.swept:
            self.swept = self.steps // 64
            self.model.set_aside(self.model.now - BACK)

    swept = 0

    def run(self, operations):
        while self.steps < operations:
            self.step()
        self.finish()

    def finish(self):
        """Everything that was ever booked, and every event."""
        span = {"from": text(self.model.now - 4000 * DAY), "to": text(self.model.now + 4000 * DAY)}
        self.ask({"op": "booking.list", **span}, "booking.list of everything")
        for status in ("held", "confirmed", "checked_in", "completed", "cancelled", "expired"):
            self.ask({"op": "booking.list", "status": status, **span},
                     "booking.list of everything")
        while self.feed(limit=1000):
            pass
        if self.told != len(self.model.events) or self.waiting:
            self.disagree("end of the feed", self.told, len(self.model.events))

    def create(self):
        request = {"op": "booking.create", **self.when(), "claims": self.claims()}
        if self.random.random() < 0.3:
            self.refs += 1
            request["ref"] = f"booking{self.refs}"
            if self.refs > 1 and self.random.random() < 0.02:
                request["ref"] = f"booking{self.random.randint(1, self.refs)}"
        if self.random.random() < 0.5:
            request["title"] = f"Title {self.steps}"
        if self.random.random() < 0.35:
            request["hold"] = self.random.choice((1, 60, 300, 600, 600, 3600, DAY))
        if self.random.random() < 0.5:
            request["priority"] = self.random.choice((-1, 0, 1, 2, 5))
        if self.random.random() < 0.1:
            request["on_conflict"] = "reject"
        self.ask(self.calling(request))

    def override(self):
        request = {"op": "booking.create", **self.when(), "claims": self.claims(),
                   "priority": self.random.choice((0, 1, 2, 2, 3, 5, 9)),
                   "on_conflict": "override"}
        if self.random.random() < 0.3:
            request["hold"] = 600
        self.ask(self.calling(request))

    def on_booking(self, op, *statuses, **fields):
        booking = self.booking(*statuses)
        if booking:
            self.ask(self.calling({"op": op, "id": self.name(booking), **fields}, booking))

    def confirm(self):
        self.on_booking("booking.confirm", *self.random.choice((("held",), ("expired",))))

    def cancel(self):
        """Mostly those that have not begun."""
        early = [b for b in self.model.recent if b.start > self.model.now
                 and self.model.status(b) in ("held", "confirmed")]
        if early and self.random.random() < 0.6:
            booking = self.random.choice(early)
            self.ask(self.calling({"op": "booking.cancel", "id": self.name(booking)}, booking))
        else:
            self.on_booking("booking.cancel", "held", "confirmed")

    def check_in(self):
        self.on_booking("booking.check_in", "confirmed")

    def complete(self):
        """Mostly those that are under way, for what they give back."""
        now = self.model.now
        begun = [b for b in self.model.recent if b.start <= now and b.end > now - 3600
                 and self.model.status(b) in ("confirmed", "checked_in")]
        if begun and self.random.random() < 0.8:
            booking = self.random.choice(begun)
            self.ask(self.calling({"op": "booking.complete", "id": self.name(booking)}, booking))
        else:
            self.on_booking("booking.complete", "confirmed", "checked_in")

    def move(self):
        booking = self.booking("held", "confirmed", "checked_in")
        if not booking:
            return
        draw, fields = self.random.random(), {}
        if draw < 0.3:
            # A little to the side: it must not collide with where it was.
            shift = self.random.choice((-1, 1)) * self.random.choice((1, QUARTER, QUARTER, 1800))
            fields = {"start": text(booking.start + shift), "end": text(booking.end + shift)}
        elif draw < 0.8:
            fields = self.when()
        if draw > 0.65:
            fields["claims"] = self.claims()
        if self.random.random() < 0.1:
            fields["on_conflict"] = "override"
        if not fields:
            return
        self.ask(self.calling({"op": "booking.move", "id": self.name(booking), **fields}, booking))

    def pair(self):
        groups = [r for r in self.model.resources if r.ref in GROUPS]
        group = self.random.choice(groups if groups and self.random.random() < 0.93
                                   else self.model.resources)
        likely = tuple("ptag")  # people, teams, all, guests
        others = [r for r in self.model.resources if r is not group
                  and (self.random.random() < 0.2 or r.ref and r.ref.startswith(likely))]
        return group, self.random.choice(others or self.model.resources)

    def join(self):
        group, member = self.pair()
        if group is member:
            return
        request = {"op": "member.add", "group": self.name(group), "member": self.name(member)}
        if sum(s.end > self.model.now for s in self.model.recent_stays) > 24:
            self.leave()
            return
        start = self.model.now
        if self.random.random() < 0.7:
            start = self.instant()
            request["from"] = text(start)
        if self.random.random() < 0.6:
            request["until"] = text(start + self.random.choice((0, 1, 900, 3600, 7200, DAY)))
        self.ask(self.calling(request, group))

    def leave(self):
        current = [s for s in self.model.recent_stays if s.end > self.model.now]
        if current and self.random.random() < 0.95:
            stay = self.random.choice(current)
            group, member = stay.group, stay.member
            at = min(self.random.choice((stay.start, stay.end, self.instant())), LAST)
        else:
            group, member = self.pair()
            at = self.instant()
            if group is member:
                return
        request = {"op": "member.remove", "group": self.name(group), "member": self.name(member)}
        if self.random.random() < 0.6:
            request["at"] = text(at)
        self.ask(self.calling(request, group))

    def update(self):
        resource = self.resource()
        request = {"op": "resource.put", self.random.choice(("id", "ref")): None}
        if "ref" in request and resource.ref is None:
            request = {"op": "resource.put", "id": None}
        for name in request.keys() & {"id", "ref"}:
            request[name] = getattr(resource, name)
        draw = self.random.random()
        if draw < 0.35:
            request["capacity"] = self.random.randint(1, 5)
        elif draw < 0.45:
            request["active"] = self.random.random() < 0.5
        elif draw < 0.55:
            groups = [r for r in self.model.resources if r.ref in GROUPS]
            resource = self.random.choice(groups or [resource])
            request = {"op": "resource.put", "id": resource.id, "active": not resource.active}
        if draw > 0.4:
            request[self.random.choice(("before", "after"))] = self.random.choice(BUFFERS)
        self.ask(self.calling(request, resource))

    def wake(self):
        """Most resources are active most of the time."""
        asleep = [r for r in self.model.resources if not r.active]
        if asleep:
            resource = self.random.choice(asleep)
            self.ask(self.calling({"op": "resource.put", "id": resource.id, "active": True},
                                  resource), "resource.put (active again)")

    def come_and_go(self):
        """Resources beyond those of the beginning, which are always there."""
        spare = [r for r in self.model.resources if r.ref is None or r.ref.startswith("guest")]
        if len(spare) > 3 and self.random.random() < 0.8:
            resource = self.random.choice(spare)
            self.ask(self.calling({"op": "resource.remove", "id": self.name(resource)}, resource))
        elif len(spare) < 6:
            self.new_resource(f"guest{self.random.randint(0, 30)}", self.random.randint(1, 5))
        if self.random.random() < 0.1:
            self.ask({"op": "resource.remove", "id": self.name(self.resource()), "dry_run": True})

    def clock(self):
        """A second, a while, or just before, at, or just after a moment that matters."""
        model, draw = self.model, self.random.random()
        if draw < 0.45:
            to = model.now + self.random.choice((1, 30, 60, 300, 900))
        elif draw < 0.998:
            moments = [b.hold_expires for b in model.recent if b.status == "held"]
            moments += [t for b in model.recent for t in (b.start, b.end)]
            moments = [t for t in moments if model.now < t < model.now + 3600]
            to = self.random.choice(moments or [model.now + 60]) + self.random.choice((-1, 0, 1))
        else:
            to = model.now + self.random.randint(1, 2 * DAY)
        self.set_clock(max(to, model.now))

    def set_clock(self, now):
        self.ask({"op": "clock.set", "now": text(now)})

    def tick(self):
        request = {"op": "tick"}
        if self.random.random() < 0.1:
            request["dry_run"] = True
        self.ask(request)

    def window(self):
        start = self.model.now + self.random.randint(-BACK, DAY)
        if self.random.random() < 0.5:
            start = self.instant()
        return start, start + self.random.choice((1, 900, 3600, 4 * 3600, DAY))

    def query(self):
        start, end = self.window()
        request = {"op": "booking.list", "from": text(start), "to": text(end)}
        if self.random.random() < 0.6:
            request["resource"] = self.name(self.resource())
        if self.random.random() < 0.4:
            request["status"] = self.random.choice(
                ("held", "confirmed", "checked_in", "completed", "cancelled", "expired"))
        return request

    def list(self):
        self.ask(self.query())

    def page(self):
        """The same question in pages, to the end."""
        request = self.query()
        request["limit"] = self.random.choice((1, 2, 3, 7))
        for _ in range(8):
            rows = self.ask(request, "booking.list (page)").get("rows", [])
            if len(rows) < request["limit"]:
                break
            request["after"] = rows[-1]["id"]

    def get(self):
        booking = self.booking()
        if booking:
            self.ask({"op": "booking.get", "id": self.name(booking)})

    def members(self):
        group, member = self.pair()
        names = self.random.choice((("group",), ("member",), ("group", "member")))
        pair = {"group": self.name(group), "member": self.name(member)}
        self.ask({"op": "member.list", **{name: pair[name] for name in names}})

    def feed(self, limit=None):
        """Rows from where the last ones ended: each write's own, in the order of the writes."""
        self.steps += 1
        request = {"op": "event.list", "after": self.seen, "tag": self.steps,
                   "limit": limit or self.random.choice((1, 3, 20, 200))}
        got = self.ask_rota(request)
        self.history.append((request, got))
        if not got.get("ok"):
            self.disagree("outcome", got, "rows")
        self.outcomes["event.list", "ok"] += 1
        for row in got["rows"]:
            self.seen += 1
            if row["seq"] != self.seen:
                self.disagree("gap in the feed", row, self.seen)
            if not self.waiting:
                if self.told == len(self.model.events):
                    self.disagree("event", row, None)
                trace, at, events = self.model.events[self.told]
                self.told += 1
                self.waiting = [(kind, record.id, trace, text(at)) for kind, record in events]
            event = row["type"], row["subject"], row["trace"], row["at"]
            if event not in self.waiting:
                self.disagree("event", event, self.waiting)
            self.waiting.remove(event)
        if len(got["rows"]) < request["limit"] and (
                self.waiting or self.told < len(self.model.events)):
            self.disagree("end of the feed", got["rows"][-1:], self.waiting)
        return got["rows"]

    # --- keys ---

    def kept(self):
        """A request that went under a key, and perhaps the clock at the edge of its day."""
        if not self.keyed:
            return None
        if self.random.random() < 0.1:
            made, request = self.keyed[0]
            edge = made + DAY + self.random.choice((-1, 0, 1))
            if edge > self.model.now and self.random.random() < 0.3:
                self.set_clock(edge)
        else:
            made, request = self.random.choice(self.keyed)
        return request

    def repeat(self):
        request = self.kept()
        if request:
            again = dict(request)
            if self.random.random() < 0.1:
                again["actor"] = self.random.choice(("ann", "bob", "eve"))
            self.ask(again, request["op"] + " (repeated)")

    def other_content(self):
        request = self.kept()
        if request and request["op"] == "booking.create":
            self.ask({**request, "title": "Other"}, request["op"] + " (key, other content)")
        elif request and request["op"].startswith("booking."):
            other = self.booking()
            if other:
                self.ask({**request, "id": other.id}, request["op"] + " (key, other content)")

    # --- what is wrong whatever the calendar holds, or names nobody ---

    def nonsense(self):
        start, resource = self.instant(), self.resource()
        create = {"op": "booking.create", "start": text(start), "end": text(start + 900),
                  "claims": [resource.id]}
        nobody = "00000000-0000-7000-8000-000000000000"
        self.ask(self.random.choice((
            {**create, "end": create["start"]},
            {**create, "end": text(start - 900)},
            {**create, "claims": [{"resource": resource.id, "units": 0}]},
            {**create, "claims": [{"resource": resource.id, "units": -1}]},
            {**create, "claims": []},
            {**create, "claims": [resource.id, {"resource": self.name(resource)}]},
            {**create, "claims": [resource.id, nobody]},
            {**create, "hold": -1},
            {"op": "booking.confirm", "id": nobody},
            {"op": "booking.cancel", "id": "nobody"},
            {"op": "booking.get", "id": nobody},
            {"op": "booking.move", "id": nobody, "start": create["start"], "end": create["end"]},
            {"op": "resource.put", "id": nobody, "capacity": 2},
            {"op": "resource.put", "id": resource.id, "capacity": -1},
            {"op": "resource.put", "id": resource.id, "before": -1},
            {"op": "member.add", "group": nobody, "member": resource.id},
            {"op": "member.remove", "group": resource.id, "member": nobody},
        )), "nonsense")

    def report(self):
        """How often each operation came to each outcome."""
        for label in sorted({label for label, _ in self.outcomes}):
            counts = sorted((outcome, count) for (name, outcome), count in self.outcomes.items()
                            if name == label)
            print(f"  {label:48}" + "  ".join(f"{name} {count}" for name, count in counts))
