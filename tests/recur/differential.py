#!/usr/bin/env python3
"""Random series, worked out three times: by rota-jsonl, by oracle.py and by python3-dateutil.

    differential.py [--rules N] [--first K] [--seed S] [--host PATH] [--only K] [--no-host]
                    [--no-dateutil] [--control]

Each series is asked for twice: its first occurrences, and those behind some later instant.
rota-jsonl has to agree with oracle.py, whose choices are at its top. Where dateutil does not, the
difference has to be in a class of DATEUTIL below, which say what in the RFC's text decides it; they
are counted. Any other difference is printed with the request that shows it, and the exit code is 1.
--only K does the K-th series of the seed alone.

--control gives the oracle a fault at a time and wants each to be found: 0 when all of them are.
"""

import argparse
import collections
import json
import pathlib
import random
import signal
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "jsonl"))
import oracle  # noqa: E402
import rota  # noqa: E402
import rules  # noqa: E402

try:
    from dateutil import rrule as dateutil
except ImportError:
    dateutil = None

LIMIT, FAR_LIMIT = 30, 8
BUDGET = 6000
BATCH = 40          # answers to so many fit a pipe: nobody waits for the other to read
PATIENCE = 10       # seconds for one answer
DAY, YEAR = 86400, 366 * 86400

# Where dateutil is known to read the RFC otherwise, or not to follow it; `wall` is the first
# instance that only one of the two has.
DATEUTIL = (
    ("BYWEEKNO without BYDAY: all seven days",
     # 3.3.10: what the rule does not say comes from DTSTART, its weekday here.
     lambda rule, wall: rule.has("BYWEEKNO")
     and not rule.has("BYDAY", "BYMONTHDAY", "BYYEARDAY")),
    ("BYWEEKNO with INTERVAL or BYSETPOS: the calendar year owns the days",
     lambda rule, wall: rule.has("BYWEEKNO") and (rule.interval > 1 or rule.has("BYSETPOS"))),
    ("BYWEEKNO in the last week of a year: its days in January are left out, or too many",
     # It misnumbers such weeks where the year after begins so; isocalendar() has them right.
     lambda rule, wall: rule.has("BYWEEKNO")
     and oracle.week_year(wall.date(), rule.wkst) != wall.year),
    ("BYDAY with and without a number: both wanted of one day",
     # 3.3.10: BYDAY is a list, and a day has to be in it.
     lambda rule, wall: rule.has("BYDAY") and len({n == 0 for n, _ in rule.by["BYDAY"]}) == 2),
    ("WEEKLY with BYSETPOS: the first week begins with DTSTART",
     # BYSETPOS picks within the whole interval, and a week begins on WKST.
     lambda rule, wall: rule.freq == "WEEKLY" and rule.has("BYSETPOS")),
)


SIXTY = ",".join(map(str, range(60)))
YEAR_2024 = {"start": 1704067200, "end": 1735689600}
NIGHT = {"dtstart": "2024-03-10T02:30:00", "tz": "America/New_York"}
MORNING = {"dtstart": "2024-01-01T09:00:00", "tz": "UTC"}

# What has been wrong once, and what random rules hardly meet: (fields, window). Before the rest.
KNOWN = (
    ({**MORNING, "rrule": "FREQ=YEARLY;BYMONTH=1;BYYEARDAY=1,2,3,8;BYDAY=1MO"}, {}),
    ({**MORNING, "rrule": "FREQ=YEARLY;BYMONTH=1;BYYEARDAY=1,2,3,8;BYDAY=1MO,TU"}, {}),
    # Each of them in a gap: the next one that is not will never come.
    ({**NIGHT, "rrule": "FREQ=YEARLY;BYMONTH=3;BYDAY=2SU"}, {}),
    ({**NIGHT, "rrule": f"FREQ=YEARLY;BYMONTH=3;BYDAY=2SU;BYMINUTE={SIXTY}"}, {}),
    ({**NIGHT, "rrule": f"FREQ=YEARLY;BYMONTH=3;BYDAY=2SU;BYMINUTE={SIXTY};BYSECOND={SIXTY}"}, {}),
    ({**NIGHT, "rrule": f"FREQ=YEARLY;BYMONTH=3;BYDAY=2SU;BYMINUTE={SIXTY};BYSECOND={SIXTY};"
                        "UNTIL=20250101T000000Z"}, {}),
    ({**NIGHT, "rrule": "FREQ=DAILY;BYMONTH=3;BYMONTHDAY=8,9,10,11,12,13,14;BYDAY=SU"}, {}),
    ({**NIGHT, "rrule": "FREQ=DAILY;BYMONTH=3;BYMONTHDAY=8,9,10,11,12,13,14;BYDAY=SU"}, YEAR_2024),
    # The next is thousands of years away, but nobody has asked about that.
    ({**MORNING, "rrule": "FREQ=HOURLY;INTERVAL=1009;BYYEARDAY=366;BYHOUR=3;BYDAY=MO"}, YEAR_2024),
    ({**MORNING, "rrule": "FREQ=HOURLY;INTERVAL=1009;BYYEARDAY=366;BYHOUR=3;BYDAY=MO;"
                          "UNTIL=20250101T000000Z"}, {}),
    ({**MORNING, "rrule": "FREQ=SECONDLY;INTERVAL=1000003;BYYEARDAY=1;BYHOUR=0;BYMINUTE=0;"
                          "UNTIL=20250101"}, {}),
    # A day that the calendar of Samoa does not have, and minutes read as later than their next.
    ({"dtstart": "2011-12-28T09:00:00", "tz": "Pacific/Apia", "rrule": "FREQ=DAILY;COUNT=5"}, {}),
    ({"dtstart": "2011-12-29T23:00:00", "tz": "Pacific/Apia",
      "rrule": "FREQ=MINUTELY;INTERVAL=7;COUNT=400"}, {}),
    ({"dtstart": "2024-03-10T01:30:00", "tz": "America/New_York",
      "rrule": "FREQ=MINUTELY;INTERVAL=20;COUNT=9"}, {}),
)

# Nothing, for ever, and that has to be said without a window, before PATIENCE is at its end.
NEVER = ("FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30", "FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30",
         "FREQ=MONTHLY;BYDAY=5MO;BYMONTHDAY=1", "FREQ=MONTHLY;BYDAY=MO;BYSETPOS=6",
         "FREQ=SECONDLY;BYMONTH=2;BYMONTHDAY=30", "FREQ=HOURLY;INTERVAL=24;BYHOUR=5",
         "FREQ=MINUTELY;BYDAY=MO;BYSETPOS=-2", "FREQ=SECONDLY;INTERVAL=3600;BYMINUTE=5")


class TooLong(Exception):
    pass


def ring(_signal, _frame):
    raise TooLong


signal.signal(signal.SIGALRM, ring)
signal.signal(signal.SIGVTALRM, ring)


class Host:
    """rota-jsonl, started again where it dies or does not answer."""

    def __init__(self):
        self.rota = rota.Rota()

    def ask(self, requests):
        signal.setitimer(signal.ITIMER_REAL, PATIENCE)
        try:
            for request in requests:
                self.rota.process.stdin.write(json.dumps(request).encode() + b"\n")
            self.rota.process.stdin.flush()
            return [self.rota.read() for _ in requests]
        except (TooLong, SystemExit, BrokenPipeError) as error:
            signal.setitimer(signal.ITIMER_REAL, 0)
            self.rota.process.kill()
            self.rota.process.wait()
            self.rota = rota.Rota()
            if len(requests) == 1:
                late = isinstance(error, TooLong)
                return [{"ok": False, "error": f"no answer in {PATIENCE} s" if late else "died"}]
            return [answer for request in requests for answer in self.ask([request])]
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)


class Case:
    """One series.expand and what should come of it."""

    def __init__(self, number, fields, window, limit, budget=BUDGET):
        self.number, self.fields, self.window, self.limit = number, fields, dict(window), limit
        self.series = oracle.Series(fields["dtstart"], fields["tz"], fields["rrule"],
                                    fields.get("rdate", ()), fields.get("exdate", ()))
        self.starts, self.more, known = self.series.expand(
            limit=self.limit, budget=budget, **self.window)
        self.shortened = known is not None
        if self.shortened:
            self.window["end"] = min(known, window.get("end", known))
        first = max(oracle.instant(self.series.start, self.series.tz), window.get("start", 0))
        self.skipped = self.shortened and not self.starts and known < first + DAY

    def request(self):
        names = {"start": "from", "end": "to"}
        return {"op": "series.expand", **self.fields, "limit": self.limit,
                **{names[k]: rota.text(v) for k, v in self.window.items()}}

    def agrees(self, answer):
        return (answer.get("ok") is True and answer.get("starts") == list(map(rota.text,
                self.starts)) and bool(answer.get("more")) == self.more)


def cases(number, seed):
    """The requests of the number-th series."""
    chosen = random.Random(f"{seed}/{number}")
    fields = rules.series(chosen)
    first = Case(number, fields, {}, LIMIT)
    yield first
    if first.series.rule.count is not None and first.shortened:
        return
    years = chosen.choice((1, 3, 10, 25, 60, 150))
    start = oracle.instant(first.series.start, fields["tz"])
    window = {"start": start + int(years * YEAR * chosen.random())}
    beside = rules.changes(fields["tz"])
    if beside and chosen.random() < 0.3:
        night = chosen.choice(beside)[0]
        night += chosen.randrange(-24 * 12, 12 * 12) * rules.HOUR / 12
        window["start"] = max(oracle.instant(night, fields["tz"]), start)
    ends = first.series.rule.count or "UNTIL" in fields["rrule"]
    if first.starts and chosen.random() < (0.8 if ends else 0.3):
        window["start"] = chosen.choice(first.starts) + chosen.choice((-1, 0, 1))
    if chosen.random() < 0.3:
        window["end"] = window["start"] + chosen.choice((1, 3600, DAY, 40 * DAY, 3 * YEAR))
    yield Case(number, fields, window, FAR_LIMIT)


def by_dateutil(case):
    """What dateutil makes of the rule on the wall clock, cut and converted as oracle.py does."""
    series, rule = case.series, case.series.rule
    text = ";".join(p for p in case.fields["rrule"].split(";") if not p.startswith("UNTIL"))
    end = case.window.get("end")
    found = set()
    signal.setitimer(signal.ITIMER_VIRTUAL, 0.03)
    try:
        for wall in dateutil.rrulestr(text, dtstart=series.start):
            at, low = oracle.instant(wall, series.tz), oracle.earliest(wall, series.tz)
            if end is not None and low >= end or rule.until_wall and wall > rule.until_wall \
                    or rule.until_instant is not None and low > rule.until_instant:
                break
            if len(found) > case.limit and sorted(found)[case.limit] < low:
                break
            if at not in series.not_dates and (end is None or at < end) \
                    and (rule.until_instant is None or at <= rule.until_instant):
                found.add(at)
    except ValueError as error:
        # Its constructor refuses some of the rules that give nothing.
        if "invalid" not in str(error).lower():
            raise
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
    found |= {at for at in series.more_dates - series.not_dates if end is None or at < end}
    return sorted(found)[:case.limit], len(found) > case.limit


class Run:
    def __init__(self, options):
        self.options = options
        self.host = None if options.no_host else Host()
        self.counts = collections.Counter()
        self.classes = collections.Counter()
        self.unexplained = 0

    def fault(self, case, whose, got, want):
        self.unexplained += 1
        if self.unexplained > self.options.show:
            return
        print(f"DIFFERENT: --seed {self.options.seed} --only {case.number}\n"
              f"  echo '{json.dumps(case.request())}' | rota-jsonl :memory:\n"
              f"  {whose}: {got}\n  oracle: {want}", flush=True)

    def compare(self, case, answer):
        self.counts["requests"] += 1
        if case.agrees(answer):
            return
        got = answer if answer.get("ok") is not True else \
            [*answer.get("starts", ()), "more" if answer.get("more") else "end"]
        self.fault(case, "rota  ", got,
                   [*map(rota.text, case.starts), "more" if case.more else "end"])

    def compare_dateutil(self, case):
        try:
            got = by_dateutil(case)
        except TooLong:
            self.counts["dateutil too slow"] += 1
            return
        self.counts["by dateutil"] += 1
        if got == (case.starts, case.more):
            return
        first = min(set(got[0]).symmetric_difference(case.starts), default=0)
        for name, applies in DATEUTIL:
            if applies(case.series.rule, oracle.local(first, case.series.tz)):
                self.classes[f"dateutil: {name}"] += 1
                return
        self.fault(case, "dateutil", [*map(rota.text, got[0]), got[1]],
                   [*map(rota.text, case.starts), case.more])

    def answer(self, batch):
        if self.host is not None and batch:
            for case, answer in zip(batch, self.host.ask([case.request() for case in batch])):
                self.compare(case, answer)
        batch.clear()

    def known(self):
        """KNOWN, one at a time: some have taken minutes."""
        for number, (fields, window) in enumerate(KNOWN):
            case = Case(f"KNOWN[{number}]", fields, window, LIMIT, 40 * BUDGET)
            self.counts["known"] += 1
            self.answer([case])
        for text in NEVER if self.host is not None else ():
            self.counts["known"] += 1
            request = {"op": "series.expand", **MORNING, "rrule": text}
            answer = self.host.ask([request])[0]
            if answer.get("ok") is not True or answer.get("starts") or answer.get("more"):
                self.unexplained += 1
                print(f"DIFFERENT: {json.dumps(request)}\n  rota: {answer}\n  want: nothing")

    def all(self, numbers):
        batch = []
        for number in numbers:
            self.counts["rules"] += 1
            for n, case in enumerate(cases(number, self.options.seed)):
                if case.skipped:
                    self.counts["skipped"] += 1
                    continue
                self.counts["shortened"] += case.shortened
                self.counts["occurrences"] += len(case.starts)
                self.counts["empty"] += not case.starts
                self.counts["gap"] += case.series.gaps
                self.counts["fold"] += case.series.folds
                batch.append(case)
                if n == 0 and dateutil is not None and not self.options.no_dateutil:
                    self.compare_dateutil(case)
            if len(batch) >= BATCH:
                self.answer(batch)
        self.answer(batch)

    def report(self):
        c = self.counts
        print(f"seed {self.options.seed}: {c['rules']} rules and {c['known']} by hand, "
              f"{c['requests']} requests, "
              f"{c['occurrences']} occurrences, {c['gap']} "
              f"instances in a gap, {c['fold']} in a fold; {c['empty']} empty answers, "
              f"{c['shortened']} "
              f"requests made shorter, {c['skipped']} skipped; {c['by dateutil']} compared with "
              f"dateutil, {c['dateutil too slow']} too slow for it; "
              f"{self.unexplained} unexplained differences", flush=True)
        for name, number in sorted(self.classes.items()):
            print(f"  explained {number:6}  {name}")


def without(name):
    """The rule text is read as if one part were not there."""
    read = oracle.Rule.__init__

    def forgetful(self, text):
        read(self, ";".join(p for p in text.split(";") if not p.startswith(name)))
    return oracle.Rule, "__init__", forgetful


def other_side(wall, tz, fold=0):
    """A gap resolved with the offset after it."""
    offsets = [wall.replace(tzinfo=oracle.zone(tz), fold=f).utcoffset() for f in (0, 1)]
    return (wall - oracle.EPOCH - max(offsets)) // oracle.SECOND


def second_of_fold(wall, tz, fold=0):
    offsets = [wall.replace(tzinfo=oracle.zone(tz), fold=f).utcoffset() for f in (0, 1)]
    return (wall - oracle.EPOCH - min(offsets)) // oracle.SECOND


WRONG = {
    "BYSETPOS is not read": lambda: without("BYSETPOS"),
    "WKST is not read": lambda: without("WKST"),
    "a gap takes the offset after it": lambda: (oracle, "instant", other_side),
    "a fold takes its second": lambda: (oracle, "instant", second_of_fold),
    "numbers from the back are not read": lambda: (
        oracle, "either_end", lambda number, length, wanted: number in wanted),
    "the first week is that of 1 January": lambda: (
        oracle, "week_one", lambda year, wkst: oracle.date(year, 1, 1) - oracle.timedelta(
            days=(oracle.date(year, 1, 1).weekday() - wkst) % 7)),
    "numbers before a weekday always count in the month": lambda: (
        oracle, "year_day", lambda day: day.day),
}


def control(options):
    """Every fault has to be found."""
    blind = []
    for what, fault in WRONG.items():
        owner, name, wrong = fault()
        right = getattr(owner, name)
        setattr(owner, name, wrong)
        try:
            run = Run(options)
            run.options.show = 0
            for first in range(0, options.rules, 500):
                run.all(range(first, min(first + 500, options.rules)))
                if run.unexplained:
                    break
        finally:
            setattr(owner, name, right)
        print(f"control: {what}: {run.unexplained} differences in {run.counts['rules']} rules",
              flush=True)
        if not run.unexplained:
            blind.append(what)
    return 1 if blind else 0


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--rules", type=int, default=20000)
    parser.add_argument("--first", type=int, default=0, help="number of the first series")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--host")
    parser.add_argument("--only", type=int)
    parser.add_argument("--no-host", action="store_true")
    parser.add_argument("--no-dateutil", action="store_true")
    parser.add_argument("--control", action="store_true")
    parser.add_argument("--show", type=int, default=20)
    options = parser.parse_args()
    if options.host:
        rota.PROGRAM = options.host
    if options.control:
        options.rules, options.no_dateutil = min(options.rules, 5000), True
        sys.exit(control(options))
    run = Run(options)
    if options.only is None and options.first == 0:
        run.known()
    run.all([options.only] if options.only is not None
            else range(options.first, options.first + options.rules))
    run.report()
    too_many = run.counts["skipped"] * 50 > run.counts["rules"] and options.only is None
    if too_many:
        print("more than one in fifty was skipped")
    sys.exit(1 if run.unexplained or too_many else 0)


if __name__ == "__main__":
    main()
