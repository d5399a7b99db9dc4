"""Workers that poll, acknowledge and are killed, all at once, while bookings come, move and go.

Each worker is a process of its own on one file, driven by a thread of its own; a writer makes, moves
and cancels bookings and series meanwhile, and sets the clock forward, which each process hears of
when its next call comes. Afterwards the record of all answers is judged: nothing is given before
its time, nothing that was acknowledged is given again, nothing is given twice while it is leased,
each reminder has one id, what is given was so at some moment of the call, and what is still so at
the end was given to somebody.

    reminder_workers.py [--seconds 6] [--workers 3] [--seed N] [--mutate early|lease|dead|lost]

--mutate makes the judge wrong on purpose; the script must then say so.
"""

import argparse
import os
import random
import tempfile
import threading
import time

import rota

BASE = rota.seconds("2031-03-10T08:00:00Z")
OFFSETS, LEASE, DAY = [0, 120, 1800], 90, 86400


class World:
    def __init__(self, seed, path):
        self.seed, self.path = seed, path
        self.now, self.over = BASE, False
        self.lock = threading.Lock()
        self.given, self.acked, self.tried, self.polls, self.kills = [], {}, set(), 0, 0
        self.spells = {}        # (booking, occurrence) -> [start, from, until] by time.monotonic()
        self.broken = []

    def guarded(self, run, *rest):
        try:
            run(*rest)
        except BaseException as error:  # a thread's end must not be a silent one
            self.broken.append(repr(error))
            raise

    # --- a worker ---

    def work(self, number):
        dice = random.Random(f"{self.seed} {number}")
        process = rota.Rota(self.path, self.now)
        while not self.over:
            process = self.poll(process, dice)
        process.close()

    def poll(self, process, dice, every=False):
        """One poll and what comes of it; the process, or one that took its place."""
        now = self.now
        process.must("clock.set", now=rota.text(now))
        since = time.monotonic()
        if not every and dice.random() < 0.05:
            process.write(b'{"op":"reminder.due","limit":5,"lease":%d}' % LEASE)
            return self.kill(process)
        rows = process.must("reminder.due", limit=5, lease=LEASE)["rows"]
        until = time.monotonic()
        with self.lock:
            self.polls += 1
            self.given += [(row, now, since, until) for row in rows]
        ids = [row["id"] for row in rows if every or dice.random() < 0.7]
        if not ids:
            return process
        with self.lock:
            self.tried.update(ids)
        if not every and dice.random() < 0.05:
            process.write(b'{"op":"reminder.ack","ids":["%s"]}' % '","'.join(ids).encode())
            return self.kill(process)
        process.must("reminder.ack", ids=ids)
        done = time.monotonic()
        with self.lock:
            for one in ids:
                self.acked.setdefault(one, done)
        return process

    def kill(self, process):
        process.process.kill()
        process.process.wait()
        with self.lock:
            self.kills += 1
        return rota.Rota(self.path, self.now)

    # --- the writer ---

    def write(self, seconds):
        dice = random.Random(f"{self.seed} writer")
        process = rota.Rota(self.path, self.now)
        end, mine = time.monotonic() + seconds, []
        while time.monotonic() < end:
            act = dice.random()
            if act < 0.1:
                self.now += dice.choice([1, 30, 600, 7200])
                process.must("clock.set", now=rota.text(self.now))
            elif act < 0.5 or not mine:
                mine.append(self.make(process, dice))
            elif act < 0.8:
                self.move(process, dice, dice.choice(mine))
            else:
                self.cancel(process, mine.pop(dice.randrange(len(mine))))
        process.close()

    def some_start(self, dice):
        return self.now + 60 + dice.choice([dice.randrange(1800), dice.randrange(DAY)])

    def make(self, process, dice):
        start, fields = self.some_start(dice), {"duration": 60, "claims": ["room"]}
        recurs = dice.random() < 0.2
        fields["start"] = rota.text(start)
        if recurs:
            fields |= {"start": rota.text(start)[:-1], "tz": "UTC", "rrule": "FREQ=DAILY;COUNT=3"}
        since = time.monotonic()
        row = process.must("booking.create", **fields)["id"]
        for i in range(3) if recurs else [None]:
            at = start + (i or 0) * DAY
            self.spells[row, rota.text(at) if recurs else None] = [[at, since, None]]
        return row, recurs

    def move(self, process, dice, booking):
        row, recurs = booking
        if recurs:
            return
        start, since = self.some_start(dice), time.monotonic()
        process.must("booking.move", id=row, start=rota.text(start))
        self.spells[row, None][-1][2] = time.monotonic()
        self.spells[row, None].append([start, since, None])

    def cancel(self, process, booking):
        """What has begun stays, of a series too."""
        row, _ = booking
        if process.ask("booking.cancel", id=row)["ok"]:
            for spell in [v for k, v in self.spells.items() if k[0] == row]:
                if spell[-1][0] > self.now:
                    spell[-1][2] = time.monotonic()


def judge(world, mutate, checks):
    names, ids, leased = {}, {}, {}
    seen = set()
    for row, now, since, until in sorted(world.given, key=lambda g: g[3]):
        key = (row["booking"], row.get("occurrence"), row["resource"], row["start"], row["due"])
        start, due = rota.seconds(row["start"]), rota.seconds(row["due"])
        checks.same("one id", (names.setdefault(key, row["id"]), ids.setdefault(row["id"], key)),
                    (row["id"], key))
        checks.true("not before its time", due <= now - (600 if mutate == "early" else 0), row)
        checks.true("an offset of the list", start - due in OFFSETS, row)
        done = world.acked.get(row["id"])
        checks.true("not once it is acknowledged", done is None or since < done, row)
        for other, clock, answered in leased.get(row["id"], []):
            free = LEASE * (10 if mutate == "lease" else 1)
            checks.true("not while it is leased", since < answered or now >= clock + free, row)
        leased.setdefault(row["id"], []).append((row, now, until))
        spells = world.spells.get((row["booking"], row.get("occurrence")), [])
        early = 0.01 if mutate == "dead" else 0
        checks.true("of a booking as it was in the call", any(
            s == start and a <= until and (b is None or since < b - early) for s, a, b in spells),
            (row, spells))
        seen.add(key[:2] + (start, start - due))
    for (row, occurrence), spells in world.spells.items():
        start, _, end = spells[-1]
        if end is not None and mutate != "lost":
            continue
        for offset in OFFSETS:
            checks.true("given to somebody", (row, occurrence, start, offset) in seen,
                        (row, occurrence, rota.text(start), offset))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--seconds", type=float, default=6)
    parser.add_argument("--workers", type=int, default=3)
    parser.add_argument("--seed", type=int, default=None)
    parser.add_argument("--mutate", default=None)
    arguments = parser.parse_args()
    seed = arguments.seed if arguments.seed is not None else random.SystemRandom().randrange(1 << 32)
    checks = rota.Checks(f"parallel workers, seed {seed}")
    with tempfile.TemporaryDirectory(prefix="rota") as folder:
        world = World(seed, os.path.join(folder, "calendar"))
        with rota.Rota(world.path, BASE) as first:
            first.must("resource.put", ref="room", kind="room", name="room", capacity=100000)
            first.must("reminder.put", before=OFFSETS)
        threads = [threading.Thread(target=world.guarded, args=(world.work, n))
                   for n in range(arguments.workers)]
        for thread in threads:
            thread.start()
        try:
            world.write(arguments.seconds)
        finally:
            world.over = True
        for thread in threads:
            thread.join()
        checks.same("every thread came to its end", world.broken, [])
        world.now += 10 * DAY       # everything is due, and no lease holds
        last = rota.Rota(world.path, world.now)
        while True:
            given = len(world.given)
            last = world.poll(last, None, every=True)
            if len(world.given) == given:
                break
        last.close()
    judge(world, arguments.mutate, checks)
    print(f"{len(world.spells)} bookings, {len(world.given)} rows in {world.polls} polls, "
          f"{world.kills} kills", flush=True)
    checks.true("there was enough to judge", world.kills > 3 and len(world.given) > 500)
    checks.finish()


if __name__ == "__main__":
    main()
