#!/usr/bin/env python3
"""Every zone, every change of its clocks from 1970 to 2060: time.resolve against zoneinfo.

    zones.py [--sample] [--seed S] [--host PATH]

Both read the system's files, so every answer has to be the same: around each change the second
before it, its own and the one after, on both clocks, within the gap or fold, at its edges, and
some hours and a day away. Instants are resolved to the wall clock, and wall clocks to instants.
--sample takes a zone in eight, those with something of their own, and a change in three.
"""

import argparse
import bisect
import collections
import json
import pathlib
import random
import struct
import sys
import zoneinfo
from datetime import datetime, timedelta, timezone

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "jsonl"))
import rota  # noqa: E402

EPOCH = datetime(1970, 1, 1)
FIRST, LAST = 0, 2871763200  # to 2061-01-01
DAY = 86400
BATCH = 150

# Summer time below standard time, half hours, two hours, days left out and days twice, offsets
# with seconds, changes at odd times of the day; and the one that is named for none.
ALWAYS = ("Africa/Cairo", "Africa/Casablanca", "Africa/El_Aaiun", "Africa/Monrovia",
          "America/Nuuk", "America/Scoresbysund", "America/St_Johns", "Antarctica/Casey",
          "Antarctica/Troll", "Asia/Gaza", "Asia/Kathmandu", "Asia/Pyongyang", "Asia/Tehran",
          "Australia/Lord_Howe", "Europe/Dublin", "Europe/Lisbon", "Pacific/Apia",
          "Pacific/Chatham", "Pacific/Easter", "Pacific/Kiritimati", "Pacific/Kwajalein", "UTC",
          "localtime")


def file_of(name):
    for directory in zoneinfo.TZPATH:
        path = pathlib.Path(directory) / name
        if path.is_file():
            return path.read_bytes()
    raise FileNotFoundError(name)


def table(data):
    """The instants in a TZif file of version 2 or later; whether they change anything or not."""
    def header(at):
        return struct.unpack(">6l", data[at + 20:at + 44])
    isut, isstd, leap, count, types, chars = header(0)
    at = 44 + count * 5 + types * 6 + chars + leap * 8 + isstd + isut
    count = header(at)[3]
    return struct.unpack(f">{count}q", data[at + 44:at + 44 + 8 * count])


def local_of(zone, instant):
    utc = (EPOCH + timedelta(seconds=instant)).replace(tzinfo=timezone.utc)
    return utc.astimezone(zone).replace(tzinfo=None, fold=0)


def offset_at(zone, instant):
    return seconds(local_of(zone, instant)) - instant


def seconds(wall):
    return (wall - EPOCH) // timedelta(seconds=1)


def changes(zone, data):
    """What the table says, and what is found by looking once a day: the footer's changes."""
    found = {at for at in table(data) if FIRST <= at < LAST}
    start = max(found, default=FIRST)
    before = offset_at(zone, start)
    for at in range(start, LAST, DAY):
        after = offset_at(zone, at + DAY)
        if after == before:
            continue
        moments = range(at, at + DAY + 1)
        found.add(moments[bisect.bisect_left(moments, True, key=lambda t, was=before:
                                             offset_at(zone, t) != was)])
        before = after
    return sorted(found)


def by_local(zone, wall):
    """What the wall clock `wall`, in seconds, is: (instant, local, offset, kind)."""
    moment = EPOCH + timedelta(seconds=wall)
    first, second = (int(moment.replace(tzinfo=zone, fold=fold).utcoffset().total_seconds())
                     for fold in (0, 1))
    instant = wall - first
    if first == second:
        kind = "unique"
    else:
        # PEP 495: in a gap, fold=0 has the offset before it, the smaller of the two.
        kind = "gap" if first < second else "fold"
    offset = second if kind == "gap" else first
    return instant, instant + offset, offset, kind


def by_instant(zone, instant):
    offset = offset_at(zone, instant)
    kind = by_local(zone, instant + offset)[3]
    return instant, instant + offset, offset, "fold" if kind == "fold" else "unique"


def points(zone, change):
    """Instants and wall clocks to ask about."""
    before, after = offset_at(zone, change - 1), offset_at(zone, change)
    size = abs(after - before)
    low, high = change + min(before, after), change + max(before, after)
    instants = {change + d for base in (-size, 0, size) for d in (-1, 0, 1)}
    instants |= {change + d for d in (-DAY, -3600, 3600, DAY, size // 2, -(size // 2))}
    walls = {edge + d for edge in (low, high) for d in (-1, 0, 1, -3600, 3600, -DAY, DAY)}
    walls |= {low + size // 2, low + size // 3, low + size * 2 // 3}
    return sorted(t for t in instants if t >= FIRST), sorted(t for t in walls if t >= FIRST)


class Pipe:
    """Asks in batches."""

    def __init__(self, checks):
        self.rota, self.checks, self.waiting = rota.Rota(), checks, []
        self.kinds = collections.Counter()

    def ask(self, request, want):
        self.waiting.append((request, want))
        if len(self.waiting) == BATCH:
            self.flush()

    def flush(self):
        pipe = self.rota.process.stdin
        pipe.write(b"".join(json.dumps(r).encode() + b"\n" for r, _ in self.waiting))
        pipe.flush()
        for request, (instant, local, offset, kind) in self.waiting:
            answer = self.rota.read()
            got = tuple(answer.get(f) for f in ("instant", "local", "offset", "kind"))
            want = rota.text(instant), rota.text(local)[:-1], offset, kind
            self.checks.same(json.dumps(request), got if answer.get("ok") else answer, want)
            self.kinds[kind] += 1
        self.waiting = []


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--sample", action="store_true")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--host")
    options = parser.parse_args()
    if options.host:
        rota.PROGRAM = options.host
    chosen = random.Random(options.seed)
    names = sorted(zoneinfo.available_timezones())
    if options.sample:
        names = sorted({*chosen.sample(names, len(names) // 8), *ALWAYS}.intersection(names))
    checks, known, number = rota.Checks("zones"), {}, 0
    pipe = Pipe(checks)
    for name in names:
        zone, data = zoneinfo.ZoneInfo(name), file_of(name)
        if data not in known:
            known[data] = changes(zone, data)
        moments = known[data]
        if options.sample:
            moments = chosen.sample(moments, -(-len(moments) // 3))
        # A zone without changes has an offset all the same.
        for change in moments or [DAY, LAST // 2, LAST]:
            number += 1
            instants, walls = points(zone, change)
            for t in instants:
                pipe.ask({"op": "time.resolve", "tz": name, "instant": rota.text(t)},
                         by_instant(zone, t))
            for t in walls:
                pipe.ask({"op": "time.resolve", "tz": name, "local": rota.text(t)[:-1]},
                         by_local(zone, t))
    pipe.flush()
    pipe.rota.close()
    print(f"{len(names)} zones, {len(known)} different files, {number} changes; "
          f"{dict(pipe.kinds)}; seed {options.seed}")
    checks.finish()


if __name__ == "__main__":
    main()
