#!/usr/bin/env python3
"""What Python's zoneinfo says of the system's zones, for test_base.c to compare.

    zones.py SEED   a sample, chosen by the seed
    zones.py all    every zone, every change from 1970 to 2060

Prints lines, and says at the end how many there were:

    zone NAME
    i INSTANT OFFSET           the offset, in seconds east, at an instant
    l LOCAL INSTANT KIND       a clock's reading, its instant; 1 unique, 2 gap, 3 fold
    end LINES

Changes are looked for in the offsets themselves, without reading any zone file, so
that nothing is shared with the reader that is tested. Exits with 77 where this
Python has no zoneinfo.
"""
import random
import sys
from datetime import datetime, timedelta, timezone

try:
    import zoneinfo
except ImportError:
    sys.exit(77)

EPOCH = datetime(1970, 1, 1)
FIRST = 0                                                    # 1970-01-01
LAST = 2871763200                                            # 2061-01-01
MIN, MAX = -62135596800, 253402300799                        # years 1 to 9999
AROUND = [-90000, -86400, -43200, -7201, -7200, -5400, -3601, -3600, -1801, -1800,
          -1, 0, 1, 1799, 1800, 3599, 3600, 5400, 7199, 7200, 43200, 86400, 90000]

# Zones with something of their own: summer time below standard time, half hours, two
# hours, skipped and repeated days, changes at odd clock times or of a few seconds.
ALWAYS = ["Europe/Dublin", "Africa/Casablanca", "Africa/El_Aaiun", "Australia/Lord_Howe",
          "Pacific/Chatham", "Antarctica/Troll", "Pacific/Apia", "Pacific/Kwajalein",
          "Pacific/Kiritimati", "America/St_Johns", "Africa/Cairo", "America/Nuuk",
          "America/Scoresbysund", "Africa/Monrovia", "Asia/Gaza", "Asia/Jerusalem",
          "Asia/Tehran", "Asia/Kathmandu", "Pacific/Easter", "America/Sao_Paulo",
          "Asia/Pyongyang", "America/Caracas", "Europe/Lisbon", "Europe/Berlin",
          "Asia/Kolkata", "Antarctica/Casey", "Asia/Amman", "UTC", "Etc/GMT+12"]


def offset_at(zone, instant):
    moment = EPOCH + timedelta(seconds=instant)
    local = moment.replace(tzinfo=timezone.utc).astimezone(zone)
    return int(local.utcoffset().total_seconds())


def changes(zone, step):
    """Instants at which the offset becomes another one; two within a step that undo
    each other are not seen."""
    found, before, at = [], offset_at(zone, FIRST), FIRST
    while at < LAST:
        after = offset_at(zone, at + step)
        if after != before:
            low, high = at, at + step
            while high - low > 1:
                middle = (low + high) // 2
                if offset_at(zone, middle) == before:
                    low = middle
                else:
                    high = middle
            found.append(high)
            before = offset_at(zone, high)
            at = high
        else:
            at += step
    return found


def reading(zone, local):
    """The instant of a clock's reading, and what kind of reading it is."""
    wall = EPOCH + timedelta(seconds=local)
    offsets = [int(wall.replace(tzinfo=zone, fold=f).utcoffset().total_seconds())
               for f in (0, 1)]
    instant = local - offsets[0]
    if offsets[0] == offsets[1]:
        return instant, 1
    return instant, 2 if offset_at(zone, instant) != offsets[0] else 3


class Printer:
    def __init__(self):
        self.lines, self.pending = 0, []

    def add(self, line):
        self.lines += 1
        self.pending.append(line)
        if len(self.pending) >= 10000:
            self.flush()

    def flush(self):
        if self.pending:
            sys.stdout.write("\n".join(self.pending) + "\n")
        self.pending = []


def print_zone(out, name, rng, most):
    zone = zoneinfo.ZoneInfo(name)
    found = changes(zone, 21600 if most is None else 432000)
    if most is not None and len(found) > most:
        found = sorted(rng.sample(found, most))
    out.add(f"zone {name}")
    for at in found:
        before, after = offset_at(zone, at - 1), offset_at(zone, at)
        for by in AROUND:
            out.add(f"i {at + by} {offset_at(zone, at + by)}")
            for base in (at + before, at + after):
                instant, kind = reading(zone, base + by)
                out.add(f"l {base + by} {instant} {kind}")
    for low, high in ((MIN, MAX), (FIRST, LAST)):
        for _ in range(20):
            at = rng.randrange(low + 200000, high - 200000)
            instant, kind = reading(zone, at)
            out.add(f"i {at} {offset_at(zone, at)}")
            out.add(f"l {at} {instant} {kind}")


def main():
    everything = sys.argv[1] == "all"
    rng = random.Random(1 if everything else int(sys.argv[1]))
    zoneinfo.reset_tzpath(["/usr/share/zoneinfo", "/usr/lib/zoneinfo"])
    known = sorted(zoneinfo.available_timezones())
    names = known if everything else sorted(set(
        [name for name in ALWAYS if name in known] + rng.sample(known, min(len(known), 31))))
    out = Printer()
    for name in names:
        print_zone(out, name, rng, None if everything else 10)
    lines = out.lines
    out.add(f"end {lines}")
    out.flush()


if __name__ == "__main__":
    main()
