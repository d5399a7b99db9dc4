"""Random series: valid rules of every kind, many of them beside a change of the clocks."""

import functools
from datetime import datetime, timedelta

import oracle

ZONES = ("Australia/Lord_Howe", "Pacific/Chatham", "Asia/Kathmandu", "Europe/Dublin",
         "Africa/Casablanca", "America/St_Johns", "America/New_York", "Europe/Berlin",
         "Europe/Lisbon", "America/Sao_Paulo", "Pacific/Apia", "UTC")
FIRST, LAST = datetime(2000, 1, 1), datetime(2046, 1, 1)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)

# How often a frequency and each of its parts is there.
FREQUENCIES = {"YEARLY": 22, "MONTHLY": 20, "WEEKLY": 18, "DAILY": 16, "HOURLY": 10,
               "MINUTELY": 8, "SECONDLY": 6}
CHANCE = {"BYMONTH": 25, "BYWEEKNO": 20, "BYYEARDAY": 20, "BYMONTHDAY": 35, "BYDAY": 60,
          "BYHOUR": 20, "BYMINUTE": 15, "BYSECOND": 12}
RANGE = {"BYMONTH": (1, 12), "BYWEEKNO": (1, 53), "BYYEARDAY": (1, 366), "BYMONTHDAY": (1, 31),
         "BYHOUR": (0, 23), "BYMINUTE": (0, 59), "BYSECOND": (0, 59)}
CALENDAR = ("BYMONTH", "BYWEEKNO", "BYYEARDAY", "BYMONTHDAY", "BYDAY")
SIGNED = ("BYWEEKNO", "BYYEARDAY", "BYMONTHDAY")


@functools.lru_cache(maxsize=None)
def changes(tz):
    """(first wall clock of a gap or fold, its length) of each change."""
    def offset(at):
        return oracle.local(at, tz) - oracle.local(at, "UTC")

    found, step = [], 86400
    first, last = ((day - oracle.EPOCH) // oracle.SECOND for day in (FIRST, LAST))
    for day in range(first, last, step):
        low, high = day, day + step
        before, after = offset(low), offset(high)
        if before == after:
            continue
        while high - low > 1:
            middle = (low + high) // 2
            low, high = (middle, high) if offset(middle) == before else (low, middle)
        found.append((oracle.local(high, "UTC") + min(before, after), abs(after - before)))
    return found


def within(random, low, size):
    """A wall clock in a gap or fold, as often as not on the hour or half of it."""
    step = random.choice((1800, 1800, 900, 60, 1))
    return low + timedelta(seconds=random.randrange(0, size // oracle.SECOND, step))


def start_time(random, tz):
    """A wall clock; often in the hours of the night and within days of a change, or so that it is
    reached by counting days, weeks, months or years."""
    beside = changes(tz)
    if beside and random.random() < 0.3:
        wall = within(random, *random.choice(beside))
        back = random.choice((0, 1, 2, 3, 5, 7, 14, 21, 28, 28 * random.randrange(30),
                              random.randrange(400)))
        return max(wall - back * DAY, FIRST)
    if beside and random.random() < 0.4:
        wall = random.choice(beside)[0] - random.choice((0, 0, 0, 1, 1, 2, 3, 7, 30)) * DAY
        wall += random.choice((-3, -2, -1, 0, 1, 2, 3)) * HOUR
        wall += timedelta(minutes=random.choice((0, 0, 15, 30, 45, random.randrange(60))))
        return wall + timedelta(seconds=random.choice((0, 0, 0, 1, 59)))
    wall = FIRST + random.randrange((LAST - FIRST).days) * DAY
    if random.random() < 0.15:
        wall = wall.replace(month=random.choice((1, 12)),
                            day=random.choice((1, 2, 3, 4, 28, 29, 30, 31)))
    elif random.random() < 0.05:
        wall = wall.replace(year=random.choice(range(2000, 2045, 4)), month=2, day=29)
    return wall + random.choice((timedelta(hours=9), timedelta(seconds=random.randrange(86400))))


def of_start(name, start):
    """The value with which the start meets the part."""
    week = start.isocalendar()[1]
    return {"BYMONTH": start.month, "BYWEEKNO": week, "BYYEARDAY": start.timetuple().tm_yday,
            "BYMONTHDAY": start.day, "BYHOUR": start.hour, "BYMINUTE": start.minute,
            "BYSECOND": start.second}[name]


def size(random):
    return random.choice((1, 1, 1, 2, 2, 3, 4, 7))


def numbers(random, name, start):
    low, high = RANGE[name]
    values = []
    for _ in range(size(random)):
        if name in SIGNED and random.random() < 0.35:
            near = random.random() < 0.7
            values.append(-random.randint(1, 5 if near else high))
        elif random.random() < 0.15:
            values.append(random.choice((low, high, high - 1)))
        else:
            values.append(random.randint(low, high))
    if random.random() < 0.5:
        values[0] = of_start(name, start)
    return ",".join(map(str, values))


def weekdays(random, freq, plain, start, in_month):
    values = []
    for _ in range(size(random)):
        number = ""
        if not plain and random.random() < 0.5:
            high = 5 if in_month or random.random() < 0.5 else 53
            number = random.choice(("", "", "+", "-")) + str(random.randint(1, high))
        values.append(number + random.choice(oracle.DAYS))
    if random.random() < 0.4:
        values[0] = oracle.DAYS[start.weekday()]
    return ",".join(values)


def positions(random, single):
    if single and random.random() < 0.8:
        return random.choice(("1", "-1"))
    values = [random.choice((1, -1, 2, -2, 3, -3, random.randint(1, 12), -random.randint(1, 12),
                             random.choice((366, -366, 100, -50))))
              for _ in range(random.choice((1, 1, 1, 2, 3)))]
    return ",".join(map(str, values))


def interval(random):
    return random.choice((1, 1, 1, 1, 1, 2, 2, 3, 4, 5, random.randint(6, 30),
                          random.choice((36, 48, 90, 100, 365, 1000))))


def parts(random, freq, start):
    column = oracle.FREQUENCIES.index(freq)
    rule = {}
    for name, chance in CHANCE.items():
        # The more parts there are, the less often any day meets them all.
        sparse = len([part for part in rule if part in CALENDAR]) if name in CALENDAR else 0
        if column < 3:
            sparse *= 2
        elif freq == "YEARLY":
            sparse = min(sparse, 1)
        if oracle.TABLE[name][column] == "-" or random.randrange(100) >= chance >> sparse:
            continue
        if name == "BYDAY":
            plain = freq not in ("MONTHLY", "YEARLY") or "BYWEEKNO" in rule
            rule[name] = weekdays(random, freq, plain, start,
                                  freq == "MONTHLY" or "BYMONTH" in rule)
        else:
            rule[name] = numbers(random, name, start)
    if rule and random.random() < 0.25:
        rule["BYSETPOS"] = positions(random, freq == "SECONDLY" or
                                     freq == "MINUTELY" and "BYSECOND" not in rule)
    every = interval(random)
    if every > 1 or random.random() < 0.05:
        rule["INTERVAL"] = str(every)
    if random.random() < 0.3:
        rule["WKST"] = random.choice(oracle.DAYS)
    return rule


def some_instances(start, text):
    """The first wall clocks of a rule, so that UNTIL and EXDATE hit; few, at little cost."""
    walls = []
    try:
        for wall in oracle.Walk(oracle.Rule(text), start, 3000).instances(start):
            walls.append(wall)
            if len(walls) == 25:
                break
    except oracle.Exhausted:
        pass
    return walls


def end(random, start, tz, walls):
    """COUNT, or UNTIL in its forms, or nothing."""
    kind = random.random()
    if kind < 0.2:
        return f"COUNT={random.choice((1, 2, 3, random.randint(1, 40), random.randint(1, 400)))}"
    if kind > (0.8 if walls else 0.3):
        return None
    if walls and random.random() < 0.9:
        wall = random.choice(walls)
    else:
        wall = start + random.choice((DAY, 30 * DAY, 400 * DAY, 4000 * DAY)) * random.random()
    wall = wall.replace(microsecond=0)
    if random.random() < 0.3:
        wall += timedelta(seconds=random.choice((-1, 1)))
    form = random.random()
    if form < 0.6:
        at = oracle.EPOCH + timedelta(seconds=oracle.instant(wall, tz))
        return f"UNTIL={at:%Y%m%dT%H%M%SZ}"
    return f"UNTIL={wall:%Y%m%dT%H%M%S}" if form < 0.8 else f"UNTIL={wall:%Y%m%d}"


def written(random, moment, tz):
    if random.random() < 0.6:
        return moment.isoformat()
    at = oracle.EPOCH + timedelta(seconds=oracle.instant(moment, tz))
    return at.isoformat() + "Z"


def series(random):
    """The fields of a series.expand, without its window."""
    tz = random.choice(ZONES)
    start = start_time(random, tz)
    freq = random.choices(list(FREQUENCIES), FREQUENCIES.values())[0]
    rule = parts(random, freq, start)
    texts = [f"{name}={value}" for name, value in rule.items()]
    random.shuffle(texts)
    text = ";".join([f"FREQ={freq}", *texts])
    walls = some_instances(start, text) if random.random() < 0.4 else []
    last = end(random, start, tz, walls)
    if last is not None:
        text += ";" + last
    fields = {"dtstart": start.isoformat(), "tz": tz, "rrule": text}
    if walls and random.random() < 0.3:
        fields["exdate"] = [written(random, wall, tz) for wall in random.choices(walls, k=3)]
        if random.random() < 0.3:
            fields["exdate"].append(written(random, random.choice(walls) + HOUR, tz))
    if random.random() < 0.1:
        span = (walls[-1] - start if len(walls) > 1 else 30 * DAY) // timedelta(seconds=1)
        fields["rdate"] = [written(random, start + timedelta(seconds=random.randrange(span + 1)),
                                   tz) for _ in range(random.randint(1, 3))]
        if walls and random.random() < 0.4:
            fields["rdate"].append(written(random, random.choice(walls), tz))
    return fields
