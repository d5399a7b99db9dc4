"""Series at the host: what is asked for one, what is told of it, and its occurrences.

Each expectation was worked out by hand from docs/series.md; Berlin puts its clocks forward on
2031-03-30.
"""

from rota import Checks, Rota

NOW = "2031-03-01T00:00:00Z"
FROM, TO = "2031-03-01T00:00:00Z", "2031-06-01T00:00:00Z"
MONDAYS = [f"2031-{day}Z" for day in ("03-10T08:00:00", "03-17T08:00:00", "03-24T08:00:00",
                                      "03-31T07:00:00", "04-07T07:00:00", "04-14T07:00:00")]


def hour(start):
    """The end of an hour that begins then."""
    return f"{start[:11]}{int(start[11:13]) + 1:02}{start[13:]}"


def started():
    rota = Rota(now=NOW)
    rota.ids = {ref: rota.must("resource.put", ref=ref, kind="room", name=ref.title(),
                               capacity=capacity)["id"]
                for ref, capacity in (("room", 1), ("other", 1), ("pool", 3), ("ann", 1))}
    return rota


def weekly(rota, **fields):
    fields = {"ref": "weekly", "title": "Weekly", "start": "2031-03-10T09:00:00",
              "duration": 3600, "tz": "Europe/Berlin", "rrule": "FREQ=WEEKLY;COUNT=6",
              "claims": ["room"], **fields}
    return rota.ask("booking.create", **{k: v for k, v in fields.items() if v is not None})


def listed(rota, **fields):
    return rota.must("booking.list", **{"resource": "room", "from": FROM, "to": TO, **fields})["rows"]


def starts(found):
    return [row["start"] for row in found]


def asked(checks, rota):
    """Every way to ask for the same."""
    made = weekly(rota)
    checks.same("a series", {k: made.get(k) for k in (
        "ok", "status", "version", "start", "end", "series", "count", "checked_until", "skipped")},
        {"ok": True, "status": "confirmed", "version": 1, "start": MONDAYS[0],
         "end": hour(MONDAYS[0]), "series": True, "count": 6, "checked_until": None,
         "skipped": []})
    checks.true("with its id and ref", made["id"] and made["ref"] == "weekly", made)
    checks.same("each is listed", starts(listed(rota)), MONDAYS)
    for how in ({"duration": None, "end": "2031-03-10T10:00:00"},
                {"start": "2031-03-10T08:00:00Z"}, {"start": "2031-03-10T09:00:00+01:00"},
                {"rrule": "FREQ=WEEKLY;UNTIL=20310414T070000Z"},
                {"rrule": None, "rdate": ["2031-03-17T09:00:00", *MONDAYS[2:]]},
                {"rrule": "FREQ=WEEKLY;COUNT=7", "exdate": ["2031-04-21T09:00:00"]}):
        again = weekly(rota, ref=None, claims=["other"], **how)
        checks.same(f"the same by {how}", (again["ok"], again["count"]), (True, 6))
        checks.same(f"{how}: where they are", starts(listed(rota, resource="other")), MONDAYS)
        checks.ok(f"{how}: and gone", rota.ask("booking.cancel", id=again["id"]))
        checks.same(f"{how}: none is left", listed(rota, resource="other"), [])
    utc = weekly(rota, ref=None, tz=None, claims=["other"], start="2031-03-10T09:00:00Z")
    checks.same("without a zone, with Z", [row["start"][11:] for row in
                                           listed(rota, resource="other")], ["09:00:00Z"] * 6)
    checks.same("its zone", rota.must("booking.get", id=utc["id"])["tz"], "UTC")


def refused(checks, rota):
    for wrong in ({"rrule": "FREQ=SOMETIMES"}, {"rrule": ""}, {"tz": "Berlin"}, {"tz": None},
                  {"tz": None, "start": "2031-03-10T09:00:00+01:00"}, {"duration": None},
                  {"end": "2031-03-10T10:00:00"}, {"duration": 0}, {"duration": None, "end": NOW},
                  {"duration": 7 * 86400 + 1}, {"rdate": ["soon"]}, {"exdate": ["soon"]},
                  {"exdate": MONDAYS}, {"start": "2031-03-10"}, {"start": None},
                  {"on_conflict": "override"}, {"claims": []},
                  {"duration": None, "end": "2031-03-11"}):
        checks.error(f"a series with {wrong}", weekly(rota, **wrong), "EINVALID")
    alone = weekly(rota, rrule=None, partial=True)
    checks.error("partial, and no series", alone, "EINVALID")
    checks.true("it says so", '"partial"' in alone["message"], alone)
    checks.error("no such resource", weekly(rota, claims=["attic"]), "ENOTFOUND")
    checks.error("too long for a rule", weekly(rota, rrule="FREQ=DAILY;" + "X" * 20000), "ELIMIT")
    checks.same("nothing of this is there", rota.must("stats")["bookings"], 0)


def conflicts(checks, rota):
    made = weekly(rota)
    other = rota.ask("booking.create", title="Late", start="2031-03-31T07:30:00Z", duration=3600,
                     claims=["room"])
    checks.error("one in the way", other, "ECONFLICT")
    checks.same("it is told which", other["conflicts"], [
        {"resource": rota.ids["room"], "booking": made["id"], "title": "Weekly",
         "start": MONDAYS[3], "end": hour(MONDAYS[3]), "occurrence": MONDAYS[3]}])
    late = rota.must("booking.create", start="2031-03-31T08:00:00Z", duration=3600, title="Late",
                     claims=["room"])
    daily = {"ref": "daily", "start": "2031-03-29T10:00:00", "duration": 1800,
             "rrule": "FREQ=DAILY;COUNT=4"}
    clash = weekly(rota, **daily)
    checks.error("a series on a booking", clash, "ECONFLICT")
    checks.same("a plain one has no occurrence", clash["conflicts"], [
        {"resource": rota.ids["room"], "booking": late["id"], "title": "Late",
         "start": "2031-03-31T08:00:00Z", "end": "2031-03-31T09:00:00Z"}])
    part = weekly(rota, partial=True, **daily)
    checks.same("in part", (part["ok"], part["count"], part["skipped"]), (True, 3, [
        {"occurrence": "2031-03-31T08:00:00Z", "conflicts": clash["conflicts"],
         "violations": []}]))
    gone = rota.must("booking.get", id="daily", occurrence="2031-03-31T08:00:00Z")
    checks.same("what was left out is cancelled", (gone["status"], gone["occurrence"]),
                ("cancelled", "2031-03-31T08:00:00Z"))
    checks.true("and not listed", "2031-03-31T08:00:00Z" not in [
        row["start"] for row in listed(rota) if row["id"] == part["id"]])
    told = {k: v for k, v in gone.items() if k in listed(rota)[0]}
    for number in range(3):  # from the store, then from memory
        checks.same(f"unless cancelled ones are asked for, list {number}",
                    listed(rota, status="cancelled"), [told])
    checks.error("nor restored while it is not free", rota.ask(
        "booking.restore", id="daily", occurrence="2031-03-31T08:00:00Z"), "ECONFLICT")
    checks.ok("the other goes", rota.ask("booking.cancel", id=late["id"]))
    back = rota.ask("booking.restore", id="daily", occurrence="2031-03-31T10:00:00+02:00")
    checks.same("then it is restored", (back["ok"], back["status"], back["occurrence"]),
                (True, "confirmed", "2031-03-31T08:00:00Z"))
    checks.error("nothing of it is free", weekly(rota, ref=None, partial=True), "ECONFLICT")
    long = rota.must("booking.create", start="2031-06-10T00:00:00Z", duration=3 * 86400,
                     claims=["room"], title="Long")
    several = weekly(rota, ref=None, start="2031-06-10T09:00:00", rrule="FREQ=DAILY;COUNT=5")
    checks.same("what is in the way of three is told once", several.get("conflicts"), [
        {"resource": rota.ids["room"], "booking": long["id"], "title": "Long",
         "start": "2031-06-10T00:00:00Z", "end": "2031-06-13T00:00:00Z"}])


def whole(checks, rota):
    """A series as it is read."""
    weekly(rota, exdate=["2031-04-07T09:00:00"], rdate=["2031-05-01T12:00:00Z"])
    got = rota.must("booking.get", id="weekly")
    want = {"title": "Weekly", "start": MONDAYS[0], "end": hour(MONDAYS[0]), "series": True,
            "status": "confirmed", "phase": "upcoming", "version": 1, "tz": "Europe/Berlin",
            "dtstart": "2031-03-10T09:00:00", "rrule": "FREQ=WEEKLY;COUNT=6",
            "rdate": ["2031-05-01T12:00:00Z"], "exdate": [MONDAYS[4]], "all_day": False,
            "duration": 3600, "checked_until": None, "occurrence": None}
    checks.same("booking.get", {name: got.get(name) for name in want}, want)
    for now, phase in ((MONDAYS[0], "ongoing"), ("2031-05-01T12:59:59Z", "ongoing"),
                       ("2031-05-01T13:00:00Z", "past"), (NOW, "upcoming")):
        rota.must("clock.set", now=now)
        checks.same(f"phase at {now}", rota.must("booking.get", id="weekly")["phase"], phase)
    again = weekly(rota, ref="again", claims=["other"], start=got["dtstart"], rrule=got["rrule"],
                   rdate=got["rdate"], exdate=got["exdate"])
    checks.same("what is read can be given again", (again["ok"], starts(listed(
        rota, resource="other"))), (True, starts(listed(rota))))
    forever = weekly(rota, ref="ever", claims=["pool"], rrule="FREQ=WEEKLY")
    checks.same("without an end", (forever["ok"], forever["count"]), (True, None))
    checks.true("count is there, and null", "count" in forever, forever)


def all_day(checks, rota):
    made = rota.ask("booking.create", start="2031-03-30", end="2031-03-31", tz="Europe/Berlin",
                    claims=["room"], ref="sunday")
    checks.same("the day the clocks go forward has 23 hours", (made["start"], made["end"]),
                ("2031-03-29T23:00:00Z", "2031-03-30T22:00:00Z"))
    checks.true("it is no series", "series" not in made and "count" not in made, made)
    two = rota.ask("booking.create", start="2031-04-01", duration=2 * 86400, tz="Europe/Berlin",
                   claims=["room"])
    checks.same("days by duration", (two["start"], two["end"]),
                ("2031-03-31T22:00:00Z", "2031-04-02T22:00:00Z"))
    for wrong in ({"duration": 3600}, {"duration": 86400, "tz": None}, {"end": "2031-04-10"},
                  {"end": "2031-04-09"}, {"end": "2031-04-10T09:00:00"},
                  {"start": "2031-02-30", "duration": 86400}):
        fields = {"start": "2031-04-10", "tz": "Europe/Berlin", "claims": ["room"], **wrong}
        checks.error(f"all day with {wrong}", rota.ask(
            "booking.create", **{k: v for k, v in fields.items() if v is not None}), "EINVALID")
    zoneless = rota.ask("booking.move", id="sunday", start="2031-04-10")
    checks.error("a date of no clock", zoneless, "EINVALID")
    checks.true("what is missing is said", '"tz"' in zoneless["message"], zoneless)
    for start, want in (("2031-10-26", ("2031-10-25T22:00:00Z", "2031-10-26T23:00:00Z")),
                        ("2031-10-27", ("2031-10-26T23:00:00Z", "2031-10-27T23:00:00Z"))):
        moved = rota.ask("booking.move", id="sunday", start=start, tz="Europe/Berlin")
        checks.same(f"whole days stay whole days on {start}", (moved["start"], moved["end"]), want)
    rota.must("booking.move", id="sunday", start="2031-03-30T10:00:00", duration=7200,
              tz="Europe/Berlin")
    moved = rota.ask("booking.move", id="sunday", start="2031-10-26", tz="Europe/Berlin")
    checks.same("what takes no whole days keeps its length", (moved["start"], moved["end"]),
                ("2031-10-25T22:00:00Z", "2031-10-26T00:00:00Z"))
    weekends = {"ref": "weekends", "start": "2031-03-22", "duration": None, "end": "2031-03-24",
                "rrule": "FREQ=WEEKLY;COUNT=2", "claims": ["other"]}
    made = weekly(rota, **weekends)
    checks.same("an all-day series", (made["ok"], made["start"], made["end"], made["count"]),
                (True, "2031-03-21T23:00:00Z", "2031-03-23T23:00:00Z", 2))
    checks.same("its weekends", [(r["start"], r["end"]) for r in listed(rota, resource="other")],
                [("2031-03-21T23:00:00Z", "2031-03-23T23:00:00Z"),
                 ("2031-03-28T23:00:00Z", "2031-03-30T22:00:00Z")])
    got = rota.must("booking.get", id="weekends")
    checks.same("as it is read", (got["all_day"], got["dtstart"], got["duration"]),
                (True, "2031-03-22", 2 * 86400))
    checks.ok("gone", rota.ask("booking.cancel", id="weekends"))
    by_days = weekly(rota, **{**weekends, "ref": None, "end": None, "duration": 2 * 86400})
    checks.same("by its days", (by_days["ok"], by_days["end"]), (True, "2031-03-23T23:00:00Z"))


def lists(checks, rota):
    made = weekly(rota)
    row = listed(rota)[3]
    checks.same("a row", row, {"id": made["id"], "ref": "weekly", "title": "Weekly",
                               "start": MONDAYS[3], "end": hour(MONDAYS[3]),
                               "status": "confirmed", "occurrence": MONDAYS[3],
                               "resources": [rota.ids["room"]]})
    plain = rota.must("booking.create", start="2031-03-20T08:00:00Z", duration=60,
                      claims=["room"])
    both = sorted([*MONDAYS, "2031-03-20T08:00:00Z"])
    for number in range(3):  # from the store, then from memory
        checks.same(f"among others, list {number}", starts(listed(rota)), both)
    checks.same("a booking has no occurrence", [r["start"] for r in listed(rota)
                                                if "occurrence" not in r],
                ["2031-03-20T08:00:00Z"])
    checks.same("of all resources", starts(rota.must("booking.list", **{"from": FROM, "to": TO})
                                           ["rows"]), both)
    checks.same("of another one", listed(rota, resource="other"), [])
    checks.same("what reaches into the window", starts(listed(
        rota, **{"from": "2031-03-17T08:59:59Z", "to": "2031-03-17T09:00:00Z"})), MONDAYS[1:2])
    checks.same("what ends there does not", listed(
        rota, **{"from": "2031-03-17T09:00:00Z", "to": "2031-03-17T10:00:00Z"}), [])
    checks.same("a limit", starts(listed(rota, limit=4)), both[:4])
    page, seen = listed(rota, limit=2), []
    while page:
        seen += page
        more = {"occurrence": page[-1]["occurrence"]} if "occurrence" in page[-1] else {}
        page = listed(rota, limit=2, after=page[-1]["id"], **more)
    checks.same("in pages", seen, listed(rota))
    checks.error("behind any of a series", rota.ask(
        "booking.list", resource="room", after="weekly", **{"from": FROM, "to": TO}), "EINVALID")
    checks.error("behind one that is not there", rota.ask(
        "booking.list", after="weekly", occurrence=NOW, **{"from": FROM, "to": TO}), "ENOTFOUND")
    checks.ok("one goes", rota.ask("booking.cancel", id="weekly", occurrence=MONDAYS[1]))
    checks.same("and is not listed", starts(listed(rota)), [s for s in both if s != MONDAYS[1]])
    checks.same("unless asked for", [(r["start"], r["occurrence"], r["status"]) for r in
                                     listed(rota, status="cancelled")],
                [(MONDAYS[1], MONDAYS[1], "cancelled")])
    rota.must("resource.put", ref="club", kind="group", name="Club")
    rota.must("member.add", group="club", member="ann", **{"from": MONDAYS[2], "until": MONDAYS[4]})
    weekly(rota, ref="club's", claims=["club"])
    checks.same("as a member, while he is one", starts(listed(rota, resource="ann")), MONDAYS[2:4])
    checks.error("a row too many", rota.ask("booking.list", limit=10001, **{"from": FROM, "to": TO}),
                 "ELIMIT")
    checks.ok("cancelled as a whole", rota.ask("booking.cancel", id="weekly"))
    checks.same("the other is left", [r["id"] for r in listed(rota)], [plain["id"]])


def steps(checks, rota):
    """Each operation on one occurrence, on those that follow, and on all."""
    weekly(rota)
    moved = rota.ask("booking.move", id="weekly", occurrence=MONDAYS[1], tz="Europe/Berlin",
                     start="2031-03-18T11:00:00")
    checks.same("one is moved", {k: moved.get(k) for k in (
        "ok", "ref", "status", "version", "occurrence", "start", "end")}, {
            "ok": True, "ref": "weekly", "status": "confirmed", "version": 2,
            "occurrence": MONDAYS[1], "start": "2031-03-18T10:00:00Z",
            "end": "2031-03-18T11:00:00Z"})
    checks.true("it is no series", "series" not in moved and "skipped" not in moved, moved)
    longer = rota.ask("booking.move", id="weekly", occurrence=MONDAYS[1], duration=7200)
    checks.same("a length counts from where it is", (longer["ok"], longer["start"], longer["end"]),
                (True, "2031-03-18T10:00:00Z", "2031-03-18T12:00:00Z"))
    ended = rota.ask("booking.move", id="weekly", occurrence=MONDAYS[1], scope="this",
                     end="2031-03-18T10:30:00Z")
    checks.same("an end alone", (ended["ok"], ended["end"]), (True, "2031-03-18T10:30:00Z"))
    other = rota.ask("booking.move", id="weekly", occurrence=MONDAYS[2], claims=["other"])
    checks.same("claims alone", (other["ok"], other["start"]), (True, MONDAYS[2]))
    checks.same("it is in the other room", starts(listed(rota, resource="other")), [MONDAYS[2]])
    got = rota.must("booking.get", id="weekly", occurrence=MONDAYS[1])
    checks.same("booking.get of one", {k: got.get(k) for k in (
        "ref", "title", "start", "status", "occurrence", "version", "series")}, {
            "ref": "weekly", "title": "Weekly", "start": "2031-03-18T10:00:00Z",
            "status": "confirmed", "occurrence": MONDAYS[1], "version": 5, "series": None})

    rest = rota.ask("booking.move", id="weekly", occurrence=MONDAYS[3], scope="future",
                    start="2031-03-31T10:30:00", tz="Europe/Berlin")
    checks.same("those that follow", (rest["ok"], rest["series"], rest["count"]), (True, True, 6))
    checks.same("are shifted on the clock", starts(listed(rota)), [
        MONDAYS[0], "2031-03-18T10:00:00Z", "2031-03-31T08:30:00Z", "2031-04-07T08:30:00Z",
        "2031-04-14T08:30:00Z"])
    checks.same("by their names as before", [r["occurrence"] for r in listed(rota)],
                [MONDAYS[n] for n in (0, 1, 3, 4, 5)])
    gone = rota.ask("booking.cancel", id="weekly", occurrence=MONDAYS[5], scope="future")
    checks.same("the last one is cancelled", (gone["ok"], gone["status"]), (True, "cancelled"))
    checks.same("and not there", len(listed(rota)), 4)
    checks.same("as one", rota.must("booking.get", id="weekly", occurrence=MONDAYS[5])["status"],
                "cancelled")

    checks.error("a series is not checked in", rota.ask("booking.check_in", id="weekly"),
                 "EINVALID")
    rota.must("clock.set", now=MONDAYS[0])
    here = rota.ask("booking.check_in", id="weekly", occurrence=MONDAYS[0])
    checks.same("one is", (here["ok"], here["status"], here["occurrence"]),
                (True, "checked_in", MONDAYS[0]))
    done = rota.ask("booking.complete", id="weekly", occurrence=MONDAYS[0])
    checks.same("and completed", (done["ok"], done["status"]), (True, "completed"))

    for op, fields in (("booking.move", {"start": TO}), ("booking.cancel", {}),
                       ("booking.check_in", {}), ("booking.complete", {}), ("booking.restore", {}),
                       ("booking.get", {})):
        answer = rota.ask(op, id="weekly", occurrence="2031-03-11T08:00:00Z", **fields)
        checks.error(f"{op} of none", answer, "ENOTFOUND")
        checks.true(f"{op} names it", "2031-03-11T08:00:00Z" in answer["message"], answer)
    for scope in ("this", "future"):
        checks.error(f"{scope} of what", rota.ask("booking.cancel", id="weekly", scope=scope),
                     "EINVALID")
    checks.error("no such scope", rota.ask("booking.cancel", id="weekly", scope="some",
                                           occurrence=MONDAYS[3]), "EINVALID")
    checks.error("an occurrence that is no instant", rota.ask(
        "booking.cancel", id="weekly", occurrence="2031-03-31T09:00:00"), "EINVALID")
    rota.must("booking.create", ref="plain", start=TO, duration=60, claims=["pool"])
    checks.error("a booking has none", rota.ask("booking.get", id="plain", occurrence=TO),
                 "ENOTFOUND")
    checks.ok("all", rota.ask("booking.cancel", id="weekly", scope="all"))
    checks.same("and nothing is left but what was", [r["status"] for r in listed(rota)],
                ["completed"])


def named(checks, rota):
    """Who is named when many are moved, though it was moved by itself before."""
    weekly(rota)
    rota.must("booking.move", id="weekly", occurrence=MONDAYS[2], tz="Europe/Berlin",
              start="2031-03-25T14:00:00")
    answer = rota.ask("booking.move", id="weekly", occurrence=MONDAYS[2], scope="future",
                      tz="Europe/Berlin", start="2031-03-25T16:00:00")
    checks.same("it goes where it is asked to", (answer["ok"], answer["start"], answer["end"]),
                (True, "2031-03-25T15:00:00Z", "2031-03-25T16:00:00Z"))
    checks.same("and the others with it", starts(listed(rota)), [
        *MONDAYS[:2], "2031-03-25T15:00:00Z", "2031-04-01T14:00:00Z", "2031-04-08T14:00:00Z",
        "2031-04-15T14:00:00Z"])
    answer = rota.ask("booking.move", id="weekly", occurrence=MONDAYS[2], scope="future",
                      duration=7200)
    checks.same("a length counts from there", (answer["ok"], answer["start"], answer["end"]),
                (True, "2031-03-25T15:00:00Z", "2031-03-25T17:00:00Z"))
    checks.same("for each", [r["end"][11:16] for r in listed(rota)],
                ["09:00", "09:00", "17:00", "16:00", "16:00", "16:00"])


def blocked(checks, rota):
    """What a dry run tells of occurrences that a block would cancel."""
    made = weekly(rota)
    block = {"title": "Paint", "start": "2031-03-31T00:00:00Z", "duration": 8 * 86400,
             "claims": ["room"], "kind": "maintenance", "on_conflict": "override"}
    want = [{"booking": made["id"], "occurrence": at} for at in MONDAYS[3:5]]
    dry = rota.ask("booking.create", dry_run=True, **block)
    checks.same("a dry run tells whom", (dry["ok"], dry["cancelled"]), (True, want))
    checks.same("and cancels none", starts(listed(rota)), MONDAYS)
    done = rota.ask("booking.create", **block)
    checks.same("as it is done", (done["ok"], done["cancelled"]), (True, want))


def held(checks, rota):
    made = weekly(rota, hold=600)
    checks.same("a series is held", (made["ok"], made["status"], made["hold_expires"]),
                (True, "held", "2031-03-01T00:10:00Z"))
    checks.same("and so is each", {r["status"] for r in listed(rota)}, {"held"})
    checks.error("one is not confirmed", rota.ask("booking.confirm", id="weekly",
                                                  occurrence=MONDAYS[0]), "EINVALID")
    rota.must("clock.set", now="2031-03-01T00:10:00Z")
    checks.same("lapsed", {r["status"] for r in listed(rota)}, {"expired"})
    firm = rota.ask("booking.confirm", id="weekly")
    checks.same("confirmed while it is free", (firm["ok"], firm["status"]), (True, "confirmed"))
    checks.same("each", {r["status"] for r in listed(rota)}, {"confirmed"})


def feed(checks, rota):
    made = weekly(rota)
    rota.must("booking.move", id="weekly", occurrence=MONDAYS[1], start="2031-03-18T08:00:00Z")
    rota.must("booking.cancel", id="weekly", occurrence=MONDAYS[3], scope="future")
    created, moved, cancelled = rota.must("event.list", limit=1000)["rows"][-3:]
    checks.same("created", (created["type"], created["subject"], created["before"]),
                ("booking.created", made["id"], None))
    checks.same("with its recurrence", created["after"]["recurrence"], {
        "start": "2031-03-10T09:00:00", "zone": "Europe/Berlin", "rule": "FREQ=WEEKLY;COUNT=6",
        "length": 3600, "all_day": False, "rdates": [], "exdates": [], "exceptions": 0})
    checks.same("one moved", [(moved["type"], moved["subject"])] + [
        (moved[side]["id"], moved[side]["occurrence"], moved[side]["start"])
        for side in ("before", "after")], [
            ("booking.moved", made["id"]), (made["id"], MONDAYS[1], MONDAYS[1]),
            (made["id"], MONDAYS[1], "2031-03-18T08:00:00Z")])
    eras = cancelled["after"]["recurrence"]["eras"]
    checks.same("a part cancelled", [(era["from"], era["cancelled"]) for era in eras],
                [(None, False), ("2031-03-31T09:00:00", True)])


def feed_of_the_left_out(checks, rota):
    for at in MONDAYS[1], MONDAYS[4]:
        rota.must("booking.create", start=at, duration=60, claims=["room"])
    weekly(rota, partial=True)
    rota.must("booking.cancel", id="weekly", occurrence=MONDAYS[0])
    rota.must("booking.cancel", id="weekly", occurrence=MONDAYS[3], scope="future")
    records = [row["after"] for row in rota.must("event.list", limit=1000)["rows"][-3:]]
    checks.same("who was left out, beside how many differ",
                [(r["recurrence"]["exceptions"], r["recurrence"]["skipped"])
                 for r in records if "recurrence" in r],
                [(2, [MONDAYS[1], MONDAYS[4]]), (3, [MONDAYS[1], MONDAYS[4]])])


def feed_of_a_shift(checks, rota):
    """Both begin in the hour that is left out, at one instant: the shift tells them apart."""
    for ref, start in ("two", "2031-03-31T02:30:00"), ("three", "2031-03-31T03:30:00"):
        weekly(rota, ref=ref, start="2031-03-30T01:30:00", rrule="FREQ=DAILY", claims=["pool"])
        rota.must("booking.move", id=ref, occurrence="2031-03-30T23:30:00Z", scope="all",
                  start=start, tz="Europe/Berlin")
    two, three = [row["after"] for row in rota.must("event.list", limit=1000)["rows"]
                  if row["type"] == "booking.moved"]
    checks.same("both begin", (two["start"], three["start"]), ("2031-03-30T01:30:00Z",) * 2)
    checks.same("an era that is shifted is told, be it the only one",
                [r["recurrence"]["eras"] for r in (two, three)],
                [[{"from": None, "shift": shift, "length": 3600, "cancelled": False,
                   "claims": two["claims"]}] for shift in (3600, 7200)])
    rota.must("booking.move", id="two", occurrence="2031-03-30T23:30:00Z", scope="all",
              start="2031-03-31T01:30:00", tz="Europe/Berlin")
    back = rota.must("event.list", limit=1000)["rows"][-1]["after"]
    checks.true("one that is not, is not", "eras" not in back["recurrence"], back)


def restored(checks, rota):
    """Of a plain booking."""
    made = rota.must("booking.create", ref="mine", start=MONDAYS[0], duration=3600,
                     claims=["room"])
    checks.error("what stands", rota.ask("booking.restore", id="mine"), "ESTATE")
    rota.must("booking.cancel", id="mine")
    other = rota.must("booking.create", start=MONDAYS[0], duration=60, claims=["room"])
    answer = rota.ask("booking.restore", id="mine")
    checks.error("what is not free", answer, "ECONFLICT")
    checks.same("by whom", [c["booking"] for c in answer["conflicts"]], [other["id"]])
    rota.must("booking.cancel", id=other["id"])
    answer = rota.ask("booking.restore", id="mine", version=2)
    checks.same("restored", answer, {"ok": True, "id": made["id"], "ref": "mine",
                                     "status": "confirmed", "version": 3})
    rota.must("booking.cancel", id="mine")
    rota.must("clock.set", now=hour(MONDAYS[0]))
    checks.error("what is over", rota.ask("booking.restore", id="mine"), "ESTATE")
    checks.error("nothing", rota.ask("booking.restore"), "EINVALID")


def main():
    checks = Checks("series")
    for part in (asked, refused, conflicts, whole, all_day, lists, steps, named, blocked, held, feed,
                 feed_of_the_left_out, feed_of_a_shift, restored):
        with started() as rota:
            part(checks, rota)
            checks.same(f"{part.__name__}: the end of its input", rota.close(), 0)
    checks.finish()


if __name__ == "__main__":
    main()
