"""Random histories of reminders beside a model of them, by several workers that are killed.

Usage: reminders.py [--steps N] [--seed N] [--mutate WHAT]

Bookings, series in UTC, groups and lists come, move and go; clocks run, stand still and jump. The
model keeps what each booking is at the moment, and asks of every answer: is each row of a
booking as it is, for somebody it concerns, at an offset of his list, due and neither leased nor
done; has each reminder one id and each id one reminder; are attempts counted; is what came due
since the last answer there. --mutate makes the model wrong on purpose; the script must then say so.
"""

import argparse
import os
import random
import sys
import tempfile

import rota

BASE = rota.seconds("2031-03-10T08:00:00Z")
OFFSETS = [0, 60, 300, 900, 3600, 86400]
DAY = 86400
EVER = 1 << 60


class Disagreement(Exception):
    pass


class Booking:
    def __init__(self, row, claims):
        self.id = row
        self.claims = claims        # resources
        self.times = {}             # occurrence (None: it happens once) -> start
        self.since = {}             # the same -> after how many answers it came to have that
                                    # start, when, and after how many lists
        self.own = None             # a list
        self.series = False


class World:
    def __init__(self, seed, mutate):
        self.dice = random.Random(seed)
        self.mutate = mutate
        self.now = BASE
        self.path = os.path.join(tempfile.mkdtemp(prefix="rota"), "calendar")
        self.workers = [rota.Rota(self.path, BASE) for _ in range(2)]
        self.bookings, self.people, self.groups = {}, [], {}
        self.lists = {}             # resource or None -> list
        self.cursor = None
        self.least = None           # of what rota keeps of that, behind answers that were cut
        self.ids, self.keys = {}, {}
        self.state = {}             # key -> [attempt, leased until, done]
        self.forgotten = {}         # key -> after how many answers
        self.given = self.polls = self.puts = 0
        self.owed = set()           # due, and not given by an answer that was cut
        self.waiting = set()        # late, when a list was put

    def ask(self, op, **fields):
        answer = self.dice.choice(self.workers).ask(op, **fields)
        if not answer["ok"]:
            raise Disagreement(f"{op} {fields}: {answer['message']}")
        return answer

    def clock(self, now):
        self.now = now
        for worker in self.workers:
            worker.ask("clock.set", now=rota.text(now))

    # --- what there is ---

    def whom(self, booking, start):
        """person -> list, each once: who is claimed himself first."""
        found = {}
        for claim in booking.claims:
            found.setdefault(claim, self.list_of(booking, claim))
        found = {k: v for k, v in found.items() if v is not None}
        for claim in sorted(booking.claims):
            offsets = self.list_of(booking, claim)
            if offsets is not None:
                for member, since, until in self.groups.get(claim, ()):
                    if since < start + 600 and start < until:
                        found.setdefault(member, offsets)
        return found

    def since(self):
        return self.polls, self.now, self.puts

    def is_late(self, key):
        """Was it due already when it came to be, by the lists as they were then?"""
        poll, since, puts = self.bookings[key[0]].since[key[1]]
        return poll == self.polls and puts == self.puts and key[3] > since

    def list_of(self, booking, claim):
        for offsets in (booking.own, self.lists.get(claim), self.lists.get(None)):
            if offsets is not None:
                return offsets
        return None

    def may(self):
        """Every reminder of everything as it is, that is due."""
        for booking in self.bookings.values():
            for occurrence, start in booking.times.items():
                if start - OFFSETS[-1] > self.now:
                    continue
                for person, offsets in self.whom(booking, start).items():
                    for offset in offsets:
                        if start - offset <= self.now:
                            yield (booking.id, occurrence, person, start, offset)

    # --- steps ---

    def resource(self):
        person = self.dice.random() < 0.6
        if person and len(self.people) < 6:
            self.people.append(self.ask("resource.put", kind="person", name="p",
                                        ref=f"p{len(self.people)}", capacity=1000)["id"])
        elif not person and len(self.groups) < 4:
            row = self.ask("resource.put", kind="group", name="g", ref=f"g{len(self.groups)}")
            self.groups[row["id"]] = []

    def when(self):
        near = self.dice.random() < 0.4
        return self.now + (self.dice.randrange(1, 1800) if near
                           else self.dice.randrange(1, 3 * DAY))

    def create(self):
        if not self.people:
            return
        claims = self.dice.sample(self.people, min(len(self.people), self.dice.randint(1, 2)))
        start = self.when()
        free = [g for g in self.groups if not any(g in b.claims for b in self.bookings.values())]
        if free and self.dice.random() < 0.3:
            claims = [self.dice.choice(free)]
        fields = {"start": rota.text(start), "duration": 600, "claims": claims}
        rule = None
        if self.dice.random() < 0.3 and claims[0] in self.people:
            count = self.dice.choice([3, 8, 0])
            step = self.dice.choice([DAY, 7 * DAY])
            rule = "FREQ=DAILY" if step == DAY else "FREQ=WEEKLY"
            fields.update(start=rota.text(start)[:-1], tz="UTC",
                          rrule=rule + (f";COUNT={count}" if count else ""))
        answer = self.ask("booking.create", **fields)
        booking = Booking(answer["id"], sorted(claims))
        if rule:
            booking.series = True
            for i in range(count or 400):
                booking.times[start + i * step] = start + i * step
        else:
            booking.times[None] = start
        booking.since = dict.fromkeys(booking.times, self.since())
        self.bookings[booking.id] = booking

    def pick(self):
        """A booking, and one of its times that is to come."""
        rows = [(b, o) for b in self.bookings.values()
                for o, s in list(b.times.items())[:12] if s > self.now]
        return self.dice.choice(rows) if rows else (None, None)

    def move(self):
        booking, occurrence = self.pick()
        if not booking:
            return
        fields = {"occurrence": rota.text(occurrence), "scope": "this"} if booking.series else {}
        start = self.when() if self.dice.random() < 0.9 else self.now - self.dice.randrange(2 * DAY)
        self.ask("booking.move", id=booking.id, start=rota.text(start), **fields)
        if booking.times[occurrence] != start:
            booking.since[occurrence] = self.since()
        if self.mutate != "moved":
            booking.times[occurrence] = start

    def later(self):
        """One occurrence and all that follow it, by some minutes."""
        booking, occurrence = self.pick()
        if not booking or not booking.series or booking.times[occurrence] != occurrence:
            return
        if any(s != o for o, s in booking.times.items()):
            return
        by = self.dice.choice([600, -300, 7200])
        if occurrence + by <= self.now:
            return
        answer = self.dice.choice(self.workers).ask(
            "booking.move", id=booking.id, occurrence=rota.text(occurrence), scope="future",
            start=rota.text(occurrence + by))
        if answer["ok"]:
            for at in booking.times:
                if at >= occurrence:
                    booking.times[at] = at + by
                    booking.since[at] = self.since()

    def cancel(self):
        booking, occurrence = self.pick()
        if not booking:
            return
        if booking.series and self.dice.random() < 0.7:
            self.ask("booking.cancel", id=booking.id, occurrence=rota.text(occurrence),
                     scope="this")
            del booking.times[occurrence]
        else:
            answer = self.dice.choice(self.workers).ask("booking.cancel", id=booking.id)
            if answer["ok"]:
                for at in [o for o, s in booking.times.items() if s > self.now]:
                    del booking.times[at]

    def member(self):
        if not self.groups or not self.people:
            return
        group, person = self.dice.choice(list(self.groups)), self.dice.choice(self.people)
        stays = self.groups[group]
        inside = any(who == person and until > self.now for who, _, until in stays)
        answer = self.dice.choice(self.workers).ask("member.remove" if inside else "member.add",
                                                    group=group, member=person)
        if not answer["ok"]:
            return
        if not inside:
            stays.append((person, self.now, EVER))
            return
        self.groups[group] = [(who, since, min(until, self.now) if who == person else until)
                              for who, since, until in stays
                              if who != person or since < self.now]

    def put(self):
        offsets = sorted(self.dice.sample(OFFSETS, self.dice.randint(0, 3)))
        kind = self.dice.random()
        if kind < 0.3 or not self.people:
            self.changes_lists(self.lists.get(None), offsets)
            self.ask("reminder.put", before=offsets)
            self.lists[None] = offsets
        elif kind < 0.6:
            whose = self.dice.choice(self.people + list(self.groups))
            inherit = self.dice.random() < 0.3
            self.changes_lists(self.lists.get(whose), None if inherit else offsets)
            self.ask("reminder.put", resource=whose,
                     **({"inherit": True} if inherit else {"before": offsets}))
            self.lists[whose] = None if inherit else offsets
        elif self.bookings:
            booking = self.dice.choice(list(self.bookings.values()))
            self.changes_lists(booking.own, offsets)
            self.ask("reminder.put", booking=booking.id, before=offsets)
            booking.own = offsets
        else:
            return
        lists = [*self.lists.values(), *(b.own for b in self.bookings.values())]
        if self.cursor is None and any(offsets is not None for offsets in lists):
            self.cursor = self.least = self.now

    def changes_lists(self, was, now):
        """What is late goes by the lists of before, and nothing is late by one that is put."""
        if was == now:
            return
        if self.cursor is not None:
            self.waiting |= {key for key in self.may() if self.is_late(key)}
        self.puts += 1

    def wait(self):
        kind = self.dice.random()
        by = self.dice.randrange(1, 120) if kind < 0.6 else self.dice.randrange(1, 7200)
        if kind > 0.97:
            by = 7 * DAY
        elif kind > 0.95:
            by = -self.dice.randrange(1, 3 * DAY)
        self.clock(self.now + by)

    def kill(self):
        i = self.dice.randrange(2)
        self.workers[i].process.kill()
        self.workers[i].process.wait()
        self.workers[i] = rota.Rota(self.path, self.now)

    def tick(self):
        self.ask("tick")
        for key, state in self.state.items():
            if state[2] and key[3] < self.now - DAY:
                self.forgotten.setdefault(key, self.polls)

    def comes_again(self, key):
        """What was acknowledged and is forgotten comes again only if it comes to be again."""
        return key in self.forgotten and (
            self.bookings[key[0]].since[key[1]][0] >= self.forgotten[key])

    def go_back(self):
        """The cursor goes back with the clock, and what is forgotten behind it comes again."""
        if self.cursor is None or self.now >= self.cursor - 60:
            return
        self.cursor = self.least = self.now
        for key in [key for key in self.forgotten if key[3] - key[4] > self.now]:
            del self.forgotten[key], self.state[key]

    def due(self):
        limit = self.dice.choice([1, 3, 10000, 10000])
        may = set(self.may())
        self.go_back()
        for key, state in self.state.items():
            if key not in may and not self.is_leased(state):
                state[1] = None     # nobody wants it any more: it is gone, with its lease
        rows = self.ask("reminder.due", limit=limit, attempts=3)["rows"]
        if len(rows) > limit:
            raise Disagreement("more than the limit")
        if [(r["due"], r["id"]) for r in rows] != sorted((r["due"], r["id"]) for r in rows):
            raise Disagreement("not in order")
        for row in rows:
            self.look(row, may)
        if self.cursor is not None:
            self.complete(may, limit > 3)
            if len(rows) < limit:
                self.least = max(self.least, self.now - 60)
            for key in self.owed if len(rows) == limit else ():
                if key[3] - key[4] < rota.seconds(rows[-1]["due"]):
                    raise Disagreement(f"left out, and later ones given: {key}")
        if rows and self.dice.random() < 0.7:
            done = [row for row in rows if self.dice.random() < 0.8]
            answer = self.ask("reminder.ack", ids=[row["id"] for row in done])
            if answer["count"] != len(done):
                raise Disagreement(f"{len(done)} acknowledged, {answer['count']} counted")
            for row in done:
                self.state[self.ids[row["id"]]][1:] = None, True

    def is_leased(self, state):
        return state[1] is not None and self.now < state[1] <= self.now + 60 + DAY

    def look(self, row, may):
        start, due = rota.seconds(row["start"]), rota.seconds(row["due"])
        at = row.get("occurrence")
        key = (row["booking"], at and rota.seconds(at), row["resource"], start, start - due)
        if key not in may:
            raise Disagreement(f"given, and not of anything as it is: {row}")
        if self.ids.setdefault(row["id"], key) != key or self.keys.setdefault(key,
                                                                              row["id"]) != row["id"]:
            raise Disagreement(f"two ids, or two reminders: {row}")
        if self.comes_again(key):
            del self.forgotten[key], self.state[key]
        began = self.bookings[key[0]].since[key[1]][1] > start and start >= self.least
        if key not in self.state and not (due > self.least or began or self.is_late(key) or
                                          key in self.owed or key in self.waiting):
            raise Disagreement(f"given, and it was due before it came to be: {row}")
        state = self.state.setdefault(key, [0, None, False])
        if state[2]:
            raise Disagreement(f"given again when it was done: {row}")
        if self.is_leased(state):
            raise Disagreement(f"given while it is leased: {row}")
        if row["attempt"] not in (1, state[0] + 1):
            raise Disagreement(f"attempt {row['attempt']} after {state[0]}")
        state[0], state[1] = row["attempt"], self.now + 60
        self.given += 1

    def complete(self, may, whole):
        """What came due since the last answer is owed, and a whole answer leaves nothing out."""
        for key in may:
            fresh = key[3] - key[4] > self.cursor or key in self.waiting or self.is_late(key)
            if self.mutate == "early":
                fresh = True
            if fresh:
                self.owed.add(key)
        self.owed = {key for key in self.owed if key in may and key not in self.state}
        if whole and self.owed:
            raise Disagreement(f"never given: {min(self.owed, key=str)}, cursor {self.cursor}, "
                               f"now {self.now}")
        self.cursor = max(self.cursor, self.now)
        self.waiting &= self.owed
        self.polls += 1

    def step(self):
        self.dice.choice([self.resource, self.create, self.create, self.move, self.later,
                          self.cancel, self.member, self.put, self.wait, self.wait, self.wait,
                          self.due, self.due, self.due, self.tick,
                          self.kill if self.dice.random() < 0.1 else self.due])()


def main():
    options = argparse.ArgumentParser()
    options.add_argument("--steps", type=int, default=3000)
    options.add_argument("--seed", type=int, default=None)
    options.add_argument("--mutate", choices=["moved", "early"])
    args = options.parse_args()
    seed = args.seed if args.seed is not None else int(os.environ.get("ROTA_SEED") or
                                                       random.randrange(1 << 31))
    print(f"reminders: seed {seed}", flush=True)
    steps, world = 0, None
    try:
        while steps < args.steps:
            world = World(seed + steps, args.mutate)
            for _ in range(min(500, args.steps - steps)):
                world.step()
                steps += 1
            print(f"reminders: {steps} steps, {world.given} given", flush=True)
    except Disagreement as what:
        print(f"reminders: seed {seed}, step {steps}: {what}", flush=True)
        return rota.DISAGREED
    return rota.AGREED


if __name__ == "__main__":
    sys.exit(main())
