"""What a recurrence means: RFC 5545 3.3.10 and 3.8.5, slow and obvious.

Made to be compared with. It shares no code with the library: every day of a period is looked at,
every rule part is asked about it, and zoneinfo converts.

The choices, where the RFC leaves one:

- Rules are worked out on the wall clock, COUNT too; then each instance is converted.
- A time in a gap takes the offset before the gap, and counts. A time in a fold is the first of the
  two. Instances that become one instant are one occurrence, but COUNT has counted both.
- DTSTART counts only if the rule gives it. Without a rule it is the first of the set.
- A period is a calendar year, a calendar month, a week that starts on WKST, a day, an hour, a
  minute or a second; the first is the one with DTSTART in it, and INTERVAL counts from there.
- YEARLY with BYWEEKNO: the period is the week-year. It owns its 52 or 53 weeks whole, days in the
  calendar year before or after too. INTERVAL counts week-years from that of DTSTART, and BYSETPOS
  picks from a week-year. Every other part asks the calendar: BYYEARDAY=1 is 1 January.
- BYWEEKNO alone, or with BYMONTH: the weekday of DTSTART. With BYYEARDAY or BYMONTHDAY: any day.
- YEARLY with BYMONTHDAY and without BYMONTH: every month.
- Where the table says "expand" of two parts that both name days, a day has to be named by both.
- UNTIL with Z is an instant, and the converted instance is compared with it. Without Z it is a wall
  clock, compared with the instance before conversion; a date is the end of that day.
- A number before a weekday counts in the month where BYMONTH is there, else in the year.
"""

import calendar
import functools
import zoneinfo
from datetime import date, datetime, timedelta, timezone

EPOCH = datetime(1970, 1, 1)
SECOND = timedelta(seconds=1)
DAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
LAST_YEAR = 9990

# RFC 5545, page 44: (L)imit, (E)xpand, - not allowed; BYDAY has notes 1 and 2, see by_day().
FREQUENCIES = ("SECONDLY", "MINUTELY", "HOURLY", "DAILY", "WEEKLY", "MONTHLY", "YEARLY")
TABLE = {
    "BYMONTH":    "LLLLLLE",
    "BYWEEKNO":   "------E",
    "BYYEARDAY":  "LLL---E",
    "BYMONTHDAY": "LLLL-EE",
    "BYDAY":      "LLLLE12",
    "BYHOUR":     "LLLEEEE",
    "BYMINUTE":   "LLEEEEE",
    "BYSECOND":   "LEEEEEE",
    "BYSETPOS":   "LLLLLLL",
}
STEP = {"SECONDLY": 1, "MINUTELY": 60, "HOURLY": 3600, "DAILY": 86400, "WEEKLY": 604800}


class Exhausted(Exception):
    """The budget is spent. Nothing is missing before `wall`."""

    def __init__(self, wall):
        super().__init__(str(wall))
        self.wall = wall


@functools.lru_cache(maxsize=None)
def zone(name):
    return zoneinfo.ZoneInfo(name)


def instant(wall, tz, fold=0):
    """Seconds since 1970. Python's fold 0 is what is wanted: the first of two, and in a gap the
    offset before it."""
    offset = wall.replace(tzinfo=zone(tz), fold=fold).utcoffset()
    return (wall - EPOCH - offset) // SECOND


def earliest(wall, tz):
    """No later wall clock becomes an earlier instant than this. A time in a gap lands behind times
    that come after it on the wall clock; with the offset after the gap it would not."""
    return min(instant(wall, tz, 0), instant(wall, tz, 1))


def local(seconds, tz):
    return (EPOCH + timedelta(seconds=seconds)).replace(tzinfo=timezone.utc) \
        .astimezone(zone(tz)).replace(tzinfo=None, fold=0)


def seek_from(seconds, tz):
    """The wall clock from which on instances may be at or after an instant: two days early where
    a gap may have thrown earlier wall clocks behind it."""
    walls = [local(seconds - hour * 3600, tz) for hour in range(49)]
    steady = all(walls[0] - wall == timedelta(hours=n) for n, wall in enumerate(walls))
    return walls[0] if steady else walls[-1]


def moment(text, tz):
    """A wall clock or, with Z, an instant; as an instant."""
    if text.endswith("Z"):
        return (datetime.fromisoformat(text[:-1]) - EPOCH) // SECOND
    return instant(datetime.fromisoformat(text), tz)


class Rule:
    """One RRULE, in parts."""

    def __init__(self, text):
        parts = dict(part.split("=") for part in text.split(";"))
        self.freq = parts.pop("FREQ")
        self.column = FREQUENCIES.index(self.freq)
        self.interval = int(parts.pop("INTERVAL", 1))
        self.count = int(parts.pop("COUNT")) if "COUNT" in parts else None
        self.wkst = DAYS.index(parts.pop("WKST", "MO"))
        self.until_instant = self.until_wall = None
        until = parts.pop("UNTIL", None)
        if until is not None and until.endswith("Z"):
            self.until_instant = (datetime.strptime(until, "%Y%m%dT%H%M%SZ") - EPOCH) // SECOND
        elif until is not None and "T" in until:
            self.until_wall = datetime.strptime(until, "%Y%m%dT%H%M%S")
        elif until is not None:
            self.until_wall = datetime.strptime(until + "T235959", "%Y%m%dT%H%M%S")
        self.by = {}
        for name, values in parts.items():
            if TABLE[name][self.column] == "-":
                raise ValueError(f"{name} in {self.freq}")
            if name == "BYDAY":
                self.by[name] = {(int(v[:-2] or 0), DAYS.index(v[-2:])) for v in values.split(",")}
            else:
                self.by[name] = {int(v) for v in values.split(",")}

    def has(self, *names):
        for name in names:
            if name in self.by:
                return True
        return False


def either_end(number, length, wanted):
    """Whether the number, from the front, or from the back of so many, is wanted."""
    return number in wanted or number - length - 1 in wanted


@functools.lru_cache(maxsize=None)
def week_one(year, wkst):
    """The first day of the first week with at least four days in the year."""
    fourth = date(year, 1, 4)
    return fourth - timedelta(days=(fourth.weekday() - wkst) % 7)


def week_year(day, wkst):
    year = day.year + 1
    while week_one(year, wkst) > day:
        year -= 1
    return year


@functools.lru_cache(maxsize=None)
def month_length(year, month):
    return calendar.monthrange(year, month)[1]


@functools.lru_cache(maxsize=None)
def year_length(year):
    return 366 if calendar.isleap(year) else 365


def year_day(day):
    return (day - date(day.year, 1, 1)).days + 1


def by_day(rule, day):
    """BYDAY. Notes 1 and 2 tell only where the days come from that it is asked about: from the
    month, the year, the week, or from what BYMONTHDAY, BYYEARDAY or BYWEEKNO have left."""
    in_month = rule.freq == "MONTHLY" or rule.has("BYMONTH")
    for number, weekday in rule.by["BYDAY"]:
        if weekday != day.weekday():
            continue
        if number == 0:
            return True
        if in_month:
            place, length = day.day, month_length(day.year, day.month)
        else:
            place, length = year_day(day), year_length(day.year)
        if number == (place - 1) // 7 + 1 or number == -((length - place) // 7 + 1):
            return True
    return False


def wanted(rule, start, day):
    """Whether every part that names days names this one."""
    by = rule.by
    if rule.has("BYMONTH") and day.month not in by["BYMONTH"]:
        return False
    if rule.has("BYWEEKNO"):
        year = week_year(day, rule.wkst)
        first, after = week_one(year, rule.wkst), week_one(year + 1, rule.wkst)
        if not either_end((day - first).days // 7 + 1, (after - first).days // 7, by["BYWEEKNO"]):
            return False
    if rule.has("BYYEARDAY"):
        if not either_end(year_day(day), year_length(day.year), by["BYYEARDAY"]):
            return False
    if rule.has("BYMONTHDAY"):
        if not either_end(day.day, month_length(day.year, day.month), by["BYMONTHDAY"]):
            return False
    if rule.has("BYDAY"):
        return by_day(rule, day)

    # "Information, not contained in the rule, necessary to determine the various recurrence
    # instance start time and dates are derived from the Start Time (DTSTART) component property."
    if rule.freq == "WEEKLY":
        return day.weekday() == start.weekday()
    if rule.freq == "MONTHLY" and not rule.has("BYMONTHDAY"):
        return day.day == start.day
    if rule.freq == "YEARLY" and not rule.has("BYYEARDAY", "BYMONTHDAY"):
        if rule.has("BYWEEKNO"):
            return day.weekday() == start.weekday()
        return day.day == start.day and (rule.has("BYMONTH") or day.month == start.month)
    return True


def one_time_part(rule, name, of_period, of_start, size):
    """The hours, minutes or seconds of a period."""
    if TABLE[name][rule.column] == "L":
        return [of_period] if not rule.has(name) or of_period in rule.by[name] else []
    return [v for v in range(size) if v in rule.by[name]] if rule.has(name) else [of_start]


def times(rule, start, period):
    return [(h, m, s)
            for h in one_time_part(rule, "BYHOUR", period.hour, start.hour, 24)
            for m in one_time_part(rule, "BYMINUTE", period.minute, start.minute, 60)
            for s in one_time_part(rule, "BYSECOND", period.second, start.second, 60)]


class Walk:
    """The wall clocks of a rule, in order, without COUNT and UNTIL."""

    def __init__(self, rule, start, budget):
        self.rule, self.start, self.left = rule, start, budget

    def spend(self, amount, wall):
        self.left -= amount
        if self.left < 0:
            raise Exhausted(wall)

    def periods(self, seek):
        """First wall clock and days of each period, from one that is not after `seek`."""
        rule, start = self.rule, self.start
        if rule.freq == "YEARLY":
            weeks = rule.has("BYWEEKNO")
            base = week_year(start.date(), rule.wkst) if weeks else start.year
            k = max(0, (seek.year - 2 - base) // rule.interval)
            while (year := base + k * rule.interval) < LAST_YEAR:
                first = week_one(year, rule.wkst) if weeks else date(year, 1, 1)
                after = week_one(year + 1, rule.wkst) if weeks else date(year + 1, 1, 1)
                yield datetime.combine(first, datetime.min.time()), (after - first).days
                k += 1
        elif rule.freq == "MONTHLY":
            base = start.year * 12 + start.month - 1
            k = max(0, (seek.year * 12 + seek.month - 2 - base) // rule.interval)
            while (month := base + k * rule.interval) < LAST_YEAR * 12:
                year, month = month // 12, month % 12 + 1
                yield datetime(year, month, 1), month_length(year, month)
                k += 1
        else:
            yield from self.even_periods(seek)

    def even_periods(self, seek):
        """Weeks and shorter: all of one length."""
        rule, start = self.rule, self.start
        step = timedelta(seconds=STEP[rule.freq] * rule.interval)
        base = {"WEEKLY": start.replace(hour=0, minute=0, second=0)
                          - timedelta(days=(start.weekday() - rule.wkst) % 7),
                "DAILY": start.replace(hour=0, minute=0, second=0),
                "HOURLY": start.replace(minute=0, second=0),
                "MINUTELY": start.replace(second=0),
                "SECONDLY": start}[rule.freq]
        days = 7 if rule.freq == "WEEKLY" else 1
        k = max(0, (seek - base) // step)
        while k <= (datetime(LAST_YEAR, 1, 1) - base) // step:
            period = base + k * step
            skip = self.skip(period)
            if skip is None:
                yield period, days
                k += 1
            else:
                self.spend(1, period)
                k += max(1, -((period - skip) // step))

    def skip(self, period):
        """Where no limit can be met before: the next day, hour or minute. Else None."""
        rule = self.rule
        if rule.column > FREQUENCIES.index("DAILY"):
            return None
        if not wanted(rule, self.start, period.date()):
            return period.replace(hour=0, minute=0, second=0) + timedelta(days=1)
        if rule.column < 3 and rule.has("BYHOUR") and period.hour not in rule.by["BYHOUR"]:
            return period.replace(minute=0, second=0) + timedelta(hours=1)
        if rule.column < 2 and rule.has("BYMINUTE") and period.minute not in rule.by["BYMINUTE"]:
            return period.replace(second=0) + timedelta(minutes=1)
        return None

    def instances(self, seek):
        rule, start = self.rule, self.start
        for period, days in self.periods(max(seek, start)):
            self.spend(days, period)
            clock = times(rule, start, period)
            found = []
            for n in range(days):
                day = period.date() + timedelta(days=n)
                if clock and wanted(rule, start, day):
                    found += [datetime(day.year, day.month, day.day, h, m, s)
                              for h, m, s in clock]
                    self.spend(len(clock), period)
            if rule.has("BYSETPOS"):
                found = [w for n, w in enumerate(found, 1)
                         if either_end(n, len(found), rule.by["BYSETPOS"])]
            for wall in found:
                if wall >= start:
                    yield wall


class Series:
    """DTSTART, zone, rule, RDATE and EXDATE as series.expand takes them."""

    def __init__(self, dtstart, tz, rrule=None, rdate=(), exdate=()):
        self.start, self.tz = datetime.fromisoformat(dtstart), tz
        self.rule = Rule(rrule) if rrule else None
        self.more_dates = {moment(text, tz) for text in rdate}
        self.not_dates = {moment(text, tz) for text in exdate}
        self.gaps = self.folds = 0  # instances seen there, for a report

    def rule_instants(self, seek, budget):
        """(a lower bound for all that follow, instant or None), then Exhausted or the end."""
        if self.rule is None:
            first = instant(self.start, self.tz)
            yield first, first
            return
        rule, counted = self.rule, 0
        if rule.count is not None:
            seek = self.start
        for wall in Walk(rule, self.start, budget).instances(seek):
            if rule.count is not None and counted >= rule.count:
                return
            at, low = instant(wall, self.tz), earliest(wall, self.tz)
            self.gaps += low < at
            self.folds += instant(wall, self.tz, 1) > at
            counted += 1
            if rule.until_wall is not None and wall > rule.until_wall:
                return
            if rule.until_instant is not None and low > rule.until_instant:
                return
            late = rule.until_instant is not None and at > rule.until_instant
            yield low, None if late else at

    def expand(self, start=None, end=None, limit=1000, budget=1 << 40):
        """The first `limit` occurrences in [start, end), whether there are more, and None or an
        instant from which on the budget did not reach."""
        seek = self.start if start is None else seek_from(start, self.tz)
        found, known = set(), None
        inside = [at for at in self.more_dates - self.not_dates
                  if (start is None or at >= start) and (end is None or at < end)]
        try:
            for low, at in self.rule_instants(seek, budget):
                if end is not None and low >= end:
                    break
                if len(found) > limit and sorted(found)[limit] < low:
                    break
                if at is None or at in self.not_dates:
                    continue
                if (start is None or at >= start) and (end is None or at < end):
                    found.add(at)
        except Exhausted as spent:
            known = earliest(spent.wall, self.tz)
            inside = [at for at in inside if at < known]
            found = {at for at in found if at < known}
        got = sorted(found.union(inside))
        return got[:limit], len(got) > limit, known
