"""What rota-jsonl promises as a host: its lines, its values, its fields, its answers.

Scheduling itself is checked by the other scripts; here every operation appears at least once, with
what it takes, what it gives back, and what it refuses.
"""

import json
import os
import subprocess
import tempfile

from rota import PROGRAM, Checks, Rota, rows

NOW = "2025-02-14T09:00:00Z"
TEN, ELEVEN = "2025-02-14T10:00:00Z", "2025-02-14T11:00:00Z"
NOBODY = "01950000-0000-7000-8000-00000000abcd"
MIB = 1 << 20


def started():
    """A calendar with a room, a desk, and a group of two people."""
    rota = Rota(now=NOW)
    rota.ids = {}
    for ref, kind, more in (("room", "room", {"tz": "Europe/Berlin", "tags": ["quiet", "big"]}),
                            ("desk", "desk", {"capacity": 3, "before": 60, "after": 120}),
                            ("ann", "person", {}), ("bob", "person", {}), ("team", "group", {})):
        rota.ids[ref] = rota.must("resource.put", ref=ref, kind=kind, name=ref.title(),
                                  **more)["id"]
    for member in ("ann", "bob"):
        rota.must("member.add", group="team", member=member)
    return rota


def create(rota, *claims, **fields):
    fields = {"start": TEN, "end": ELEVEN, "claims": list(claims) or ["room"], **fields}
    return rota.ask("booking.create", **fields)


def events(rota, after=0):
    return rota.must("event.list", after=after, limit=10000)["rows"]


# --- lines ---

def tags(checks, rota):
    for tag in (0, 1.5, -3, "text", "ü\n\"", True, False, None, [], [1, {"a": []}],
                {"deep": {"er": 1}}):
        for request in ({"op": "stats"}, {"op": "no such op"}, {"op": "booking.get", "id": NOBODY}):
            answer = rota.send({**request, "tag": tag})
            checks.true(f"tag {tag!r} comes back from {request['op']}",
                        "tag" in answer and json.dumps(answer["tag"]) == json.dumps(tag), answer)
    checks.true("without a tag there is none", "tag" not in rota.ask("stats"))


def lines(checks, rota):
    rota.write(b"\n\n   \n\t \r\n")
    rota.write(b'{"op":"stats","tag":1}\r')
    checks.same("blank lines have no answers", rota.read().get("tag"), 1)
    for line in (b"{", b"}", b"nonsense", b"[]", b"1", b'"stats"', b"null", b'{"op":"stats"} more',
                 b'{"op":"stats"}{"op":"stats"}', b"{'op':'stats'}", b'{"op":"stats",}',
                 b'{"op":"stats","tag":"\xff\xfe"}', b'\xef\xbb\xbf{"op":"stats"}', b'{"op":NaN}',
                 b'{"op":"stats"', b"[" * 100000, b'{"a":' * 100000):
        checks.error(f"line {line[:40]!r}", rota.line(line), "EINVALID")
        checks.ok("and the next line is read", rota.ask("stats"))
    for line in (b'{"op":"stats\\u0000"}', b'{"op":"booking.get","id":"a\\u0000b"}',
                 b'{"op":"\\ud800"}', b'{"op":"clock.set","now":"2025-02-14T09:00:00Z\\u0000"}'):
        checks.true(f"line {line!r} is refused", rota.line(line).get("ok") is False)
        checks.ok("and the next line is read", rota.ask("stats"))


def long_lines(checks, rota):
    def line(length):
        head, tail = b'{"op":"stats","tag":"', b'"}'
        return head + b"x" * (length - len(head) - len(tail)) + tail
    answer = rota.line(line(16 * MIB))
    checks.ok("a line of 16 MiB", {"ok": answer.get("ok"), "error": answer.get("error")})
    checks.same("its tag", len(answer.get("tag", "")), 16 * MIB - 23)
    for length in (16 * MIB + 1, 33 * MIB):
        answer = rota.line(line(length))
        checks.true(f"a line of {length} bytes is refused",
                    answer.get("ok") is False and answer.get("error") in ("ELIMIT", "EINVALID"))
        checks.ok("and the next line is read", rota.ask("stats"))
    spaces = rota.line(b" " * (16 * MIB - 14) + b'{"op":"stats"}')
    checks.ok("16 MiB, most of it blank", spaces)


def in_order(checks, rota):
    """Requests sent before the answers are read: one answer each, in the same order."""
    for number in range(500):
        rota.write(json.dumps({"op": ("stats", "nothing")[number % 2], "tag": number}).encode())
    answers = [rota.read() for _ in range(500)]
    checks.same("one answer a line, in order", [a["tag"] for a in answers], list(range(500)))
    checks.same("each its own", [a["ok"] for a in answers], [True, False] * 250)


def run(*arguments, given=b""):
    with tempfile.TemporaryDirectory(prefix="rota-") as folder:
        return subprocess.run([os.path.abspath(PROGRAM), *arguments], input=given, cwd=folder,
                              capture_output=True, timeout=60, check=False)


def ends(checks):
    ended = run(":memory:")
    checks.same("no input", (ended.returncode, ended.stdout), (0, b""))
    ended = run(":memory:", given=b'{"op":"stats","tag":7}')
    checks.same("a last line without its end", ended.returncode, 0)
    checks.same("is answered", ended.stdout.count(b"\n") and json.loads(ended.stdout).get("tag"), 7)
    ended = run(":memory:", given=b"{}\nnonsense\n")
    checks.same("refusals are no reason to fail", ended.returncode, 0)
    for arguments in ((), ("--now",), ("--now", NOW), ("--now", "noon", ":memory:"),
                      ("--now", "2025-02-14T09:00:00", ":memory:"), ("a", "b"),
                      ("--what", NOW, ":memory:"), ("/nowhere/at/all/calendar",)):
        ended = run(*arguments)
        checks.true(f"started with {arguments}: an exit code, a word, no output",
                    ended.returncode not in (0, -6, -11) and ended.stderr and not ended.stdout)


def clock(checks):
    """Standing with --now until clock.set; the system's without."""
    with Rota(now="2025-02-14T09:00:00+01:00") as rota:
        checks.same("--now takes an offset", rota.must(
            "resource.put", ref="room", kind="room", name="Room")["version"], 1)
        checks.same("the clock stands", [e["at"] for e in events(rota)], ["2025-02-14T08:00:00Z"])
        answer = rota.ask("clock.set", now="2025-02-14T10:00:00-05:00")
        checks.same("clock.set", (answer["ok"], answer.get("now")), (True, "2025-02-14T15:00:00Z"))
        held = create(rota, "room", start="2025-03-01T10:00:00Z", end="2025-03-01T11:00:00Z",
                      hold=60)
        checks.same("a hold counts from there", held.get("hold_expires"), "2025-02-14T15:01:00Z")
        checks.ok("backwards too", rota.ask("clock.set", now=NOW))
        checks.error("clock.set without now", rota.ask("clock.set"), "EINVALID")
        checks.error("clock.set to nonsense", rota.ask("clock.set", now="soon"), "EINVALID")
    with Rota() as rota:
        rota.must("resource.put", ref="room", kind="room", name="Room")
        checks.true("without --now it is the system's", events(rota)[0]["at"] > "2025-11-01")


def file_url(checks):
    with tempfile.TemporaryDirectory(prefix="rota-") as folder:
        path = os.path.join(folder, "a calendar.rota")
        with Rota(path, NOW) as rota:
            rota.must("resource.put", ref="room", kind="room", name="Room")
            booked = create(rota, ref="mine")
            checks.ok("booked in a file", booked)
        with Rota(path, NOW) as rota:
            found = rota.ask("booking.get", id="mine")
            checks.same("there again", (found.get("id"), found.get("start")), (booked["id"], TEN))
            checks.error("and taken", create(rota), "ECONFLICT")


# --- fields ---

def operations(checks, rota):
    checks.error("no op", rota.send({}), "EINVALID")
    for op in (None, 1, True, [], {}, "", "Stats", "stats ", "booking", "booking.", "booking.make"):
        checks.error(f"op {op!r}", rota.send({"op": op}), "EINVALID")
    for op in ("hours.put", "hours.open", "busy", "free.find", "reminder.put", "reminder.ack"):
        checks.error(f"{op} of nothing", rota.ask(op), "EINVALID")
    for strategy in ("other", "", 1, None):
        checks.error(f"on_conflict {strategy!r}", create(rota, on_conflict=strategy), "EINVALID")
    checks.same("nothing of this was booked", rota.must("stats")["bookings"], 0)


REQUESTS = {
    "clock.set": {"now": NOW}, "resource.put": {"ref": "new", "kind": "room", "name": "New"},
    "resource.get": {"id": "room"}, "resource.remove": {"id": "room"}, "resource.list": {},
    "member.add": {"group": "team", "member": "room"},
    "member.remove": {"group": "team", "member": "ann"}, "member.list": {"group": "team"},
    "booking.create": {"start": TEN, "end": ELEVEN, "claims": ["room"]},
    "booking.confirm": {"id": "mine"}, "booking.check_in": {"id": "mine"},
    "booking.complete": {"id": "mine"}, "booking.move": {"id": "mine", "start": TEN, "end": ELEVEN},
    "booking.cancel": {"id": "mine"}, "booking.restore": {"id": "mine"},
    "booking.get": {"id": "mine"},
    "booking.list": {"from": TEN, "to": ELEVEN}, "event.list": {}, "tick": {}, "stats": {},
    "series.expand": {"dtstart": "2031-03-10T09:00:00", "tz": "Europe/Berlin"},
    "time.resolve": {"tz": "Europe/Berlin", "local": "2031-03-10T09:00:00"},
    "zones.update": {},
}
WRITING = ("resource.put", "resource.remove", "member.add", "member.remove", "booking.create",
           "booking.confirm", "booking.check_in", "booking.complete", "booking.move",
           "booking.cancel", "booking.restore", "tick", "zones.update")
OPTIONAL = {
    "resource.put": {"id": "x", "tz": "UTC", "capacity": 1, "before": 0, "after": 0, "tags": [],
                     "parent": "room", "active": True},
    "resource.list": {"kind": "room", "tag": "quiet", "parent": "room"},
    "member.add": {"from": TEN, "until": ELEVEN}, "member.remove": {"at": TEN},
    "member.list": {"member": "ann"},
    "booking.create": {"ref": "r", "title": "t", "tz": "UTC", "hold": 60, "priority": 1,
                       "on_conflict": "reject", "rrule": "FREQ=DAILY;COUNT=2", "rdate": [],
                       "exdate": [], "partial": True, "movable": True, "kind": "absence"},
    "booking.move": {"tz": "UTC", "claims": ["room"], "occurrence": TEN, "scope": "this",
                     "movable": True},
    "booking.list": {"resource": "room", "status": "held", "limit": 1, "after": "mine",
                     "occurrence": TEN},
    "booking.get": {"occurrence": TEN},
    **{f"booking.{step}": {"occurrence": TEN, "scope": "this"}
       for step in ("confirm", "check_in", "complete", "cancel", "restore")},
    "event.list": {"after": 0, "limit": 1},
    "series.expand": {"rrule": "FREQ=DAILY", "rdate": [], "exdate": [], "from": TEN, "to": ELEVEN,
                      "limit": 1},
    "time.resolve": {"instant": TEN},
}
CALL = {"actor": "a", "role": "r", "key": "k", "trace": "t", "version": 1, "dry_run": True}


def fields(checks, rota):
    """Every field of every operation with a value of another type; unknown ones; missing ones."""
    rota.must("booking.create", ref="mine", start=TEN, end=ELEVEN, claims=["desk"], hold=3600)
    before = events(rota)
    for op, request in REQUESTS.items():
        checks.error(f"{op} with an unknown field", rota.ask(op, **request, colour="blue"),
                     "EINVALID")
        known = {**request, **OPTIONAL.get(op, {}), **(CALL if op in WRITING else {})}
        for field, value in known.items():
            for wrong in (None, 1, 1.5, "1", True, [1], {"a": 1}):
                if field == "parent" and wrong is None or type(wrong) is type(value):
                    continue
                checks.error(f"{op} with {field} {wrong!r}",
                             rota.ask(op, **{**request, field: wrong}), "EINVALID")
        for field in request if op != "resource.put" else ():
            less = {k: v for k, v in request.items() if k != field}
            if (op, field) not in (("booking.move", "start"), ("booking.move", "end")):
                checks.error(f"{op} without {field}", rota.ask(op, **less), "EINVALID")
        if op not in WRITING:
            for field in CALL:
                checks.error(f"{op} does not write and takes no {field}",
                             rota.ask(op, **request, **{field: CALL[field]}), "EINVALID")
    checks.error("a move of nothing", rota.ask("booking.move", id="mine"), "EINVALID")
    checks.error("end and duration", create(rota, duration=60), "EINVALID")
    for status in ("", "Held", "none", "held,confirmed"):
        checks.error(f"status {status!r}", rota.ask("booking.list", status=status, to=ELEVEN,
                                                    **{"from": TEN}), "EINVALID")
    checks.error("a list that ends before it begins",
                 rota.ask("booking.list", to=TEN, **{"from": ELEVEN}), "EINVALID")
    checks.error("a negative limit", rota.ask("event.list", limit=-1), "EINVALID")
    checks.error("a negative position", rota.ask("event.list", after=-1), "EINVALID")
    checks.same("nothing of this was written", events(rota), before)


def claims(checks, rota):
    for claim in ({"resource": "room", "units": 0}, {"resource": "room", "units": -1},
                  {"resource": "room", "units": 1 << 31}, {"resource": "room", "units": 1 << 63},
                  {"resource": "room", "units": "1"}, {"resource": "room", "units": 1.0},
                  {"resource": "room", "role": "guest"}, {"resource": "room", "role": ""},
                  {"resource": "room", "role": 1}, {"resource": "room", "free": "no"},
                  {"resource": "room", "colour": "blue"}, {"units": 1}, {}, 1, None, [], ["room"]):
        checks.error(f"claim {claim!r}", create(rota, claim), "EINVALID")
    checks.error("no claims", rota.ask("booking.create", start=TEN, end=ELEVEN, claims=[]),
                 "EINVALID")
    checks.error("the same resource by id and ref", create(rota, "room", rota.ids["room"]),
                 "EINVALID")
    checks.error("an id that nothing has", create(rota, NOBODY), "ENOTFOUND")
    checks.error("a ref that nothing has", create(rota, "attic"), "ENOTFOUND")
    checks.error("too many claims", create(rota, *["room"] * 1001), "ELIMIT")

    first = create(rota, {"resource": "room", "units": 1, "role": "organizer"},
                   {"resource": rota.ids["desk"], "units": 2}, {"resource": "ann", "free": True},
                   {"resource": "bob", "role": "optional"}, ref="first", title="First")
    checks.ok("claims of every kind", first)
    record = rota.must("booking.get", id="first")
    told = {c["resource"]: (c["units"], c["role"], c["free"]) for c in record["claims"]}
    checks.same("as they were asked for", told, {
        rota.ids["room"]: (1, "organizer", False), rota.ids["desk"]: (2, "required", False),
        rota.ids["ann"]: (1, "required", True), rota.ids["bob"]: (1, "optional", False)})
    answer = create(rota, "room", {"resource": "desk", "units": 2})
    checks.error("both are taken", answer, "ECONFLICT")
    checks.same("each by the first", sorted(rows(answer)), sorted(
        (rota.ids[name], first["id"], TEN, ELEVEN) for name in ("room", "desk")))
    checks.same("with its title", {c["title"] for c in answer["conflicts"]}, {"First"})
    checks.ok("optional and free claims take nothing", create(rota, "ann", "bob"))
    answer = create(rota, {"resource": "desk", "units": 4}, start="2025-02-15T10:00:00Z",
                    end="2025-02-15T11:00:00Z")
    checks.error("more units than there are", answer, "ECONFLICT")
    checks.same("and nobody in the way", [(c["resource"], c.get("booking"))
                                          for c in answer["conflicts"]], [(rota.ids["desk"], None)])
    checks.ok("more units than there are, optional", create(
        rota, {"resource": "desk", "units": 4, "role": "optional"}, start="2025-02-15T10:00:00Z",
        end="2025-02-15T11:00:00Z"))


def instants(checks, rota):
    room = "room"
    good = {("2025-02-14T10:00:00Z", None): TEN, ("2025-02-14T15:30:00+05:30", None): TEN,
            ("2025-02-14T02:00:00-08:00", None): TEN, ("2025-02-14T10:00:00+00:00", None): TEN,
            ("2025-02-14T11:00:00", "Europe/Berlin"): TEN,
            ("2025-02-14T10:00:00Z", "Asia/Tokyo"): TEN,
            ("2025-02-14T10:00:00.000Z", None): TEN,  # as browsers write it
            ("2025-02-14T11:00:00.0", "Europe/Berlin"): TEN,
            ("2025-07-14T12:00:00", "Europe/Berlin"): "2025-07-14T10:00:00Z",
            ("2025-03-30T02:30:00", "Europe/Berlin"): "2025-03-30T01:30:00Z",  # skipped: 03:30
            ("2025-10-26T02:30:00", "Europe/Berlin"): "2025-10-26T00:30:00Z",  # the first of two
            ("2025-02-14T15:45:00", "Asia/Kathmandu"): TEN,
            ("2024-02-29T10:00:00Z", None): "2024-02-29T10:00:00Z",
            ("1969-12-31T23:59:59Z", None): "1969-12-31T23:59:59Z",
            ("9999-12-30T00:00:00Z", None): "9999-12-30T00:00:00Z"}
    for (start, zone), want in good.items():
        more = {} if zone is None else {"tz": zone}
        answer = rota.ask("booking.create", start=start, duration=60, claims=[room], dry_run=True,
                          **more)
        checks.same(f"{start} in {zone}", (answer.get("ok"), answer.get("start")), (True, want))
    bad = ("2025-02-14T10:00:00", "2025-02-14", "10:00:00Z", "2025-02-30T10:00:00Z", "",
           "2023-02-29T10:00:00Z", "2025-13-01T10:00:00Z", "2025-02-14T25:00:00Z", "now",
           "2025-02-14T10:60:00Z", "2025-02-14T10:00:61Z", "2025-02-14T10:00:00+25:00",
           "2025-02-14T10:00:00 Z", "2025-02-14T10:00:00Zulu", " 2025-02-14T10:00:00Z",
           "1739527200", "0000-01-01T00:00:00Z", "10000-01-01T00:00:00Z",
           "2025-02-14T10:00:00.5Z", "2025-02-14T10:00:00.Z", "2025-02-14T10:00:00,000Z")
    for start in bad:
        checks.error(f"start {start!r}", rota.ask("booking.create", start=start, duration=60,
                                                  claims=[room]), "EINVALID")
    for zone in ("Europe/Berln", "europe/berlin", "", "Mars", "../etc/passwd", "/etc/localtime",
                 "CEST", "UTC+1", "Europe/", "posix"):
        for start in ("2025-02-14T10:00:00", TEN):
            checks.error(f"zone {zone!r} with {start}", rota.ask(
                "booking.create", start=start, duration=60, claims=[room], tz=zone), "EINVALID")
        checks.error(f"a resource in zone {zone!r}", rota.ask(
            "resource.put", ref="elsewhere", kind="room", name="E", tz=zone), "EINVALID")
    checks.error("a span with the wrong end", rota.ask(
        "booking.create", start="9999-12-31T23:00:00Z", duration=1 << 62, claims=[room]),
        "EINVALID")
    answer = rota.ask("booking.list", tz="Europe/Berlin", **{
        "from": "2025-02-14T00:00:00", "to": "2025-02-15T00:00:00"})
    checks.ok("a window in local time", answer)
    checks.same("nothing of this was booked", rota.must("stats")["bookings"], 0)


# --- resources and groups ---

def resources(checks, rota):
    got = rota.must("resource.get", id="room")
    want = {"id": rota.ids["room"], "ref": "room", "kind": "room", "name": "Room", "capacity": 1,
            "tz": "Europe/Berlin", "before": 0, "after": 0, "tags": ["big", "quiet"],
            "active": True, "version": 1}
    checks.same("resource.get", {name: got.get(name) for name in want}, want)
    checks.same("by id as well", rota.ask("resource.get", id=rota.ids["room"]), got)
    checks.error("resource.get of nothing", rota.ask("resource.get", id=NOBODY), "ENOTFOUND")

    put = rota.ask("resource.put", ref="room", capacity=2, tags=["big"])
    checks.same("an existing ref is updated", (put["ok"], put["id"], put["version"]),
                (True, rota.ids["room"], 2))
    put = rota.ask("resource.put", ref="room", capacity=2)
    checks.same("nothing to change", (put["ok"], put["version"]), (True, 2))
    put = rota.ask("resource.put", id=rota.ids["room"], name="Blue", parent="desk")
    checks.same("an existing id", (put["ok"], put["version"]), (True, 3))
    got = rota.must("resource.get", id="room")
    checks.same("what was not named stays", (got["name"], got["kind"], got["capacity"], got["tz"]),
                ("Blue", "room", 2, "Europe/Berlin"))
    checks.error("an id that nothing has", rota.ask("resource.put", id=NOBODY, name="N"),
                 "ENOTFOUND")
    checks.error("a new one without a kind", rota.ask("resource.put", ref="n", name="N"),
                 "EINVALID")
    checks.error("a new one without a name", rota.ask("resource.put", ref="n", kind="room"),
                 "EINVALID")
    checks.error("a version that is not its", rota.ask("resource.put", ref="room", name="Green",
                                                       version=2), "EVERSION")
    checks.ok("its version", rota.ask("resource.put", ref="room", name="Green", version=3))
    checks.error("in itself", rota.ask("resource.put", ref="desk", parent="room"), "ESTATE")
    for field, value in (("capacity", 0), ("capacity", -1), ("capacity", 1 << 31), ("before", -1),
                         ("after", -1), ("before", 1 << 30)):
        checks.error(f"{field} {value}", rota.ask("resource.put", ref="room", **{field: value}),
                     "EINVALID")
    idle = rota.ask("resource.put", ref="idle", kind="room", name="Idle", active=False)
    checks.ok("created inactive", idle)
    checks.same("it is", rota.must("resource.get", id="idle")["active"], False)
    checks.same("its version", rota.must("resource.get", id="idle")["version"], idle["version"])
    checks.error("and is not booked", create(rota, "idle"), "ESTATE")

    def listed(**query):
        return [row["id"] for row in rota.must("resource.list", **query)["rows"]]
    ids = rota.ids
    checks.same("resource.list", listed(), sorted([*ids.values(), idle["id"]]))
    checks.same("by kind", listed(kind="person"), sorted([ids["ann"], ids["bob"]]))
    checks.same("by tag", (listed(tag="big"), listed(tag="quiet")), ([ids["room"]], []))
    checks.same("by parent", listed(parent="desk"), [ids["room"]])
    checks.same("by all of them", listed(kind="room", tag="big", parent="desk"), [ids["room"]])
    checks.same("a row is a record", rota.must("resource.list", kind="desk")["rows"],
                [{k: v for k, v in rota.must("resource.get", id="desk").items() if k != "ok"}])

    checks.error("removing what others are in", rota.ask("resource.remove", id="desk"), "ESTATE")
    booked = create(rota)
    checks.error("removing what is booked", rota.ask("resource.remove", id="room"), "ESTATE")
    rota.must("booking.cancel", id=booked["id"])
    gone = rota.ask("resource.remove", id="room")
    checks.ok("removing what is free", gone)
    checks.error("it is gone", rota.ask("resource.get", id=ids["room"]), "ENOTFOUND")
    checks.error("and its ref", rota.ask("resource.get", id="room"), "ENOTFOUND")
    checks.error("removed once", rota.ask("resource.remove", id=ids["room"]), "ENOTFOUND")
    again = rota.ask("resource.put", ref="room", kind="room", name="Room")
    checks.true("its ref can be given again", again["ok"] and again["id"] != ids["room"], again)
    checks.same("what it was booked for stays", rota.must("booking.get", id=booked["id"])["status"],
                "cancelled")


def removed_for_good(checks, rota):
    """What was booked on a resource that is gone cannot come back to life on it."""
    held = create(rota, hold=60)
    past = create(rota, start="2025-02-14T09:00:00Z", end="2025-02-14T09:05:00Z")
    rota.must("clock.set", now="2025-02-14T09:10:00Z")
    rota.must("resource.remove", id="room")
    checks.error("a lapsed hold", rota.ask("booking.confirm", id=held["id"]), "ESTATE")
    checks.error("a move from the past", rota.ask("booking.move", id=past["id"], start=TEN,
                                                  end=ELEVEN), "ESTATE")
    checks.ok("a move to another room", rota.ask("booking.move", id=past["id"], start=TEN,
                                                 end=ELEVEN, claims=["desk"]))


def members(checks, rota):
    ids = rota.ids
    found = rota.must("member.list", group="team")["rows"]
    checks.same("member.list of a group", [(r["group"], r["member"], r["from"], r["until"])
                                           for r in found],
                [(ids["team"], ids[name], NOW, None) for name in ("ann", "bob")])
    checks.same("of a member", [r["group"] for r in rota.must("member.list", member="ann")["rows"]],
                [ids["team"]])
    checks.same("of the pair", len(rota.must("member.list", group="team", member="ann")["rows"]), 1)
    checks.error("of neither", rota.ask("member.list"), "EINVALID")
    checks.same("the group counts its changes", rota.must("resource.get", id="team")["version"], 3)
    checks.error("twice", rota.ask("member.add", group="team", member="ann"), "ESTATE")
    checks.error("in itself", rota.ask("member.add", group="team", member="team"), "EINVALID")
    rota.must("resource.put", ref="all", kind="group", name="All")
    checks.ok("a group in a group", rota.ask("member.add", group="all", member="team"))
    checks.error("in a circle", rota.ask("member.add", group="team", member="all"), "ESTATE")
    checks.error("a group with units", rota.ask("member.add", group="desk", member="ann"), "ESTATE")
    checks.error("more units for a group", rota.ask("resource.put", ref="team", capacity=2),
                 "ESTATE")
    checks.error("a stay that is empty", rota.ask("member.add", group="team", member="room",
                                                  until=TEN, **{"from": TEN}), "EINVALID")
    left = rota.ask("member.remove", group="team", member="bob", at=TEN)
    checks.same("leaving", (left["ok"], left["version"]), (True, 4))
    checks.same("ends the stay", [r["until"] for r in
                                  rota.must("member.list", group="team", member="bob")["rows"]],
                [TEN])
    checks.error("who has left", rota.ask("member.remove", group="team", member="bob", at=TEN),
                 "ENOTFOUND")
    back = rota.ask("member.add", group="team", member="bob", version=4, **{"from": TEN})
    checks.ok("coming back", back)
    checks.error("another version of the group", rota.ask("member.remove", group="team",
                                                          member="bob", version=4), "EVERSION")
    everybody = create(rota, "all", title="Everybody")
    answer = create(rota, "ann", "bob", "team", "room")
    checks.same("everybody is taken, and the group between", sorted(rows(answer)), sorted(
        (ids[name], everybody["id"], TEN, ELEVEN) for name in ("ann", "bob", "team")))


def reached_in_two_ways(checks, rota):
    """Ann is in two teams of one group: what is in her way is told once."""
    ids = rota.ids
    for group in ("crew", "all", "top"):
        ids[group] = rota.must("resource.put", ref=group, kind="group", name=group)["id"]
    for group, member in (("crew", "ann"), ("all", "team"), ("all", "crew")):
        rota.must("member.add", group=group, member=member)
    own, top = create(rota, "ann"), create(rota, "top")
    want = sorted((ids["ann"], booking["id"], TEN, ELEVEN) for booking in (own, top))
    answer = rota.ask("member.add", group="top", member="all")
    checks.error("joining both", answer, "ECONFLICT")
    checks.same("each conflict once", rows(answer), want)
    rota.must("resource.put", ref="all", active=False)
    checks.ok("an inactive group may join", rota.ask("member.add", group="top", member="all"))
    answer = rota.ask("resource.put", ref="all", active=True)
    checks.error("and wakes in vain", answer, "ECONFLICT")
    checks.same("each conflict once again", rows(answer), want)
    rota.must("booking.cancel", id=own["id"])
    checks.ok("taken once, not twice", rota.ask("resource.put", ref="all", active=True))
    checks.error("but taken", create(rota, "ann"), "ECONFLICT")


def members_of_removed(checks, rota):
    """A member or a group that is removed leaves, and the other side counts it as a change."""
    version = rota.must("resource.get", id="team")["version"]
    rota.must("resource.remove", id="ann")
    checks.same("the group's version", rota.must("resource.get", id="team")["version"],
                version + 1)
    checks.same("who is left", [r["until"] for r in rota.must("member.list", group="team")["rows"]
                                if r["member"] == rota.ids["bob"]], [None])
    rota.must("resource.remove", id="team")
    checks.ok("the member is free of it", create(rota, "bob"))


# --- bookings ---

def bookings(checks, rota):
    made = create(rota, "room", "desk", ref="mine", title="Mine", priority=3, hold=600)
    checks.same("booking.create", {k: made.get(k) for k in made if k != "id"}, {
        "ok": True, "ref": "mine", "status": "held", "version": 1, "start": TEN, "end": ELEVEN,
        "hold_expires": "2025-02-14T09:10:00Z"})
    checks.true("its id is a UUIDv7", len(made["id"]) == 36 and made["id"][14] == "7", made["id"])
    checks.error("its ref is taken", create(rota, "ann", ref="mine"), "ESTATE")
    confirmed = rota.ask("booking.confirm", id="mine")
    checks.same("booking.confirm", (confirmed["ok"], confirmed["status"], confirmed["version"]),
                (True, "confirmed", 2))
    checks.same("its ref beside its id", (confirmed.get("id"), confirmed.get("ref")),
                (made["id"], "mine"))
    checks.error("once", rota.ask("booking.confirm", id=made["id"]), "ESTATE")
    moved = rota.ask("booking.move", id="mine", start=ELEVEN, duration=1800, claims=["room"],
                     version=2)
    checks.same("booking.move", (moved["ok"], moved["id"], moved["status"], moved["version"],
                                 moved["start"], moved["end"]),
                (True, made["id"], "confirmed", 3, ELEVEN, "2025-02-14T11:30:00Z"))
    checks.error("another version", rota.ask("booking.move", id="mine", start=TEN, end=ELEVEN,
                                             version=2), "EVERSION")
    later = rota.ask("booking.move", id="mine", start="2025-02-14T12:00:00Z")
    checks.same("only the start: it keeps its length", (later["start"], later["end"]),
                ("2025-02-14T12:00:00Z", "2025-02-14T12:30:00Z"))
    longer = rota.ask("booking.move", id="mine", end="2025-02-14T13:00:00Z")
    checks.same("only the end: it keeps its start", (longer["start"], longer["end"]),
                ("2025-02-14T12:00:00Z", "2025-02-14T13:00:00Z"))
    got = rota.must("booking.get", id="mine")
    want = {"id": made["id"], "ref": "mine", "title": "Mine", "status": "confirmed", "version": 5,
            "phase": "upcoming", "start": "2025-02-14T12:00:00Z", "end": "2025-02-14T13:00:00Z",
            "priority": 3, "resources": [rota.ids["room"]]}
    checks.same("booking.get", {k: got.get(k) for k in want}, want)
    checks.same("by id as well", rota.must("booking.get", id=made["id"]), got)

    for now, phase in (("11:59:59", "upcoming"), ("12:00:00", "ongoing"), ("12:59:59", "ongoing"),
                       ("13:00:00", "past")):
        rota.must("clock.set", now=f"2025-02-14T{now}Z")
        checks.same(f"phase at {now}", rota.must("booking.get", id="mine")["phase"], phase)
    rota.must("clock.set", now="2025-02-14T12:10:00Z")
    checks.error("what has begun is not cancelled", rota.ask("booking.cancel", id="mine"), "ESTATE")
    checked = rota.ask("booking.check_in", id="mine")
    checks.same("booking.check_in", (checked["ok"], checked["status"], checked["version"]),
                (True, "checked_in", 6))
    done = rota.ask("booking.complete", id="mine")
    checks.same("booking.complete", (done["ok"], done["status"], done["version"]),
                (True, "completed", 7))
    got = rota.must("booking.get", id="mine")
    checks.same("it ended then", (got["end"], got["phase"]), ("2025-02-14T12:10:00Z", "past"))
    for op in ("confirm", "check_in", "complete", "cancel"):
        checks.error(f"{op} of what is over", rota.ask(f"booking.{op}", id="mine"), "ESTATE")
    checks.error("a move of what is over", rota.ask("booking.move", id="mine", start=TEN,
                                                    end=ELEVEN), "ESTATE")
    for op, more in (("get", {}), ("confirm", {}), ("cancel", {}), ("check_in", {}),
                     ("complete", {}), ("move", {"start": TEN, "end": ELEVEN})):
        for name in (NOBODY, "nobody's"):
            checks.error(f"{op} of {name}", rota.ask(f"booking.{op}", id=name, **more), "ENOTFOUND")

    soon = create(rota, start="2025-02-14T20:00:00Z", end="2025-02-14T21:00:00Z")
    gone = rota.ask("booking.cancel", id=soon["id"])
    checks.same("booking.cancel", (gone["ok"], gone["status"], gone["version"]),
                (True, "cancelled", 2))
    checks.same("the record stays", rota.must("booking.get", id=soon["id"])["status"], "cancelled")


def override(checks, rota):
    low = create(rota, priority=1, title="Low")
    same = create(rota, priority=5, on_conflict="reject")
    checks.error("reject", same, "ECONFLICT")
    checks.error("override of an equal", create(rota, priority=1, on_conflict="override"),
                 "ECONFLICT")
    shown = create(rota, priority=5, on_conflict="override", dry_run=True)
    checks.same("shown before it is done", (shown["ok"], shown["cancelled"]), (True, [low["id"]]))
    checks.same("and not done", rota.must("booking.get", id=low["id"])["status"], "confirmed")
    high = create(rota, priority=5, on_conflict="override", key="over")
    checks.same("override", (high["ok"], high["cancelled"], high["moved"]), (True, [low["id"]], []))
    checks.same("cancelled", rota.must("booking.get", id=low["id"])["status"], "cancelled")
    checks.same("each cancellation told", sorted((e["type"], e["subject"]) for e in
                                                 events(rota)[-2:]),
                sorted([("booking.cancelled", low["id"]), ("booking.created", high["id"])]))
    checks.same("answered again, with whom it cancelled", create(
        rota, priority=5, on_conflict="override", key="over"), high)


PLACED = {"date": "2025-02-14", "from": TEN, "to": "2025-02-15T10:00:00Z", "step": 1800,
          "days": ["FR", "SA"], "earliest": "08:00", "latest": "17:00"}


def placements(checks, rota):
    """A booking without a start, and one that displaces it."""
    for field, value in PLACED.items():
        checks.error(f"{field} beside a start", create(rota, **{field: value}), "EINVALID")
        for wrong in (None, 1.5, True, "x", {"a": 1}, [1], -1):
            answer = rota.ask("booking.create", claims=["room"], duration=60, **{field: wrong})
            checks.error(f"{field} {wrong!r} of what is placed", answer, "EINVALID")
    checks.error("no duration", rota.ask("booking.create", claims=["room"]), "EINVALID")
    checks.error("a date and a window", rota.ask("booking.create", claims=["room"], duration=60,
                                                 date="2025-02-14", **{"from": TEN}), "EINVALID")
    checks.error("an end", rota.ask("booking.create", claims=["room"], end=ELEVEN), "EINVALID")
    zoneless = rota.ask("booking.create", claims=["room"], duration=60, date="2025-02-14")
    checks.error("a date of no zone", zoneless, "EINVALID")
    checks.true("what is missing is named", '"tz"' in zoneless["message"], zoneless)
    night = rota.ask("booking.create", claims=["room"], duration=3600, earliest="09:00",
                     latest="09:30")
    checks.error("days and times leave no start", night, "ECONFLICT")
    checks.true("which is said, and no id that nobody knows", night["message"].startswith(
        "the booking has no place of 3600 seconds") and "leave no start" in night["message"], night)
    for kind in ("booking", "maintenance", "absence"):
        made = rota.must("booking.create", claims=["room"], start=TEN, duration=60, kind=kind,
                         dry_run=True)
        checks.same(f"a {kind}", made["status"], "confirmed")
    checks.error("no kind", rota.ask("booking.create", claims=["room"], start=TEN, duration=60,
                                     kind="party"), "EINVALID")
    day = {"tz": "Europe/Berlin", "date": "2025-02-17", "earliest": "09:00", "latest": "11:00"}
    first = rota.must("booking.create", claims=["room"], duration=3600, title="auto", **day)
    second = rota.must("booking.create", claims=["room"], duration=3600, **day)
    checks.same("one after the other", (first["start"], second["start"]),
                ("2025-02-17T08:00:00Z", "2025-02-17T09:00:00Z"))
    checks.error("no more room", rota.ask("booking.create", claims=["room"], duration=3600, **day),
                 "ECONFLICT")
    checks.same("told", rota.must("event.list", after=0)["rows"][-1]["type"], "booking.unplaced")
    checks.same("movable", rota.must("booking.get", id=first["id"])["movable"], True)
    fixed = {"claims": ["room"], "start": "2025-02-17T08:30:00Z", "duration": 1800}
    checks.error("they have no other day", rota.ask("booking.create", on_conflict="displace",
                                                    **fixed), "ECONFLICT")
    rota.must("booking.cancel", id=second["id"])
    got = rota.must("booking.create", on_conflict="displace", **fixed)
    checks.same("displaced", (got["cancelled"], got["moved"]), ([], [
        {"booking": first["id"], "from": "2025-02-17T08:00:00Z", "to": "2025-02-17T09:00:00Z"}]))
    rota.must("booking.move", id=first["id"], start="2025-02-17T10:00:00Z")
    checks.same("fixed", rota.must("booking.get", id=first["id"])["movable"], False)
    rota.must("booking.move", id=first["id"], start="2025-02-17T11:00:00Z", movable=True)
    checks.same("movable again", rota.must("booking.get", id=first["id"])["movable"], True)
    checks.error("movable without a time", rota.ask("booking.move", id=first["id"], claims=["room"],
                                                    movable=True), "EINVALID")
    shorter = {"id": first["id"], "duration": 1800, "key": "shorter"}
    said = rota.must("booking.move", **shorter)
    checks.same("a length alone", (said["start"], said["end"]),
                ("2025-02-17T11:00:00Z", "2025-02-17T11:30:00Z"))
    rota.must("booking.move", id=first["id"], start="2025-02-17T12:00:00Z")
    checks.same("asked again", rota.must("booking.move", **shorter), said)
    for window in ({}, {"to": "2025-03-01T11:00:00Z"}, {"from": "2025-02-28T00:00:00Z"}):
        rota.must("clock.set", now="2025-03-01T09:00:00Z")
        asked = {"claims": ["room"], "duration": 600, "key": f"placed {window}", **window}
        first = rota.must("booking.create", **asked)
        checks.true(f"from now on {window}", first["start"] >= "2025-03-01T09:00:00Z", first)
        for later in ("2025-03-01T09:00:01Z", "2025-03-01T12:00:00Z"):
            rota.must("clock.set", now=later)
            checks.same(f"repeated at {later} {window}", rota.must("booking.create", **asked), first)
    checks.error("a window that is over", rota.ask(
        "booking.create", claims=["room"], duration=600, to="2025-03-01T11:00:00Z"), "ECONFLICT")
    rota.must("clock.set", now="9999-12-30T00:00:00Z")
    last = rota.must("booking.create", claims=["room"], duration=3600)
    checks.same("four weeks end with time itself", last["start"], "9999-12-30T00:00:00Z")


def lists(checks, rota):
    start = "2025-02-14T{:02d}:00:00Z".format
    made = [create(rota, "desk", start=start(hour), end=start(hour + 1), ref=f"b{hour}{n}",
                   title=f"{hour}") for hour in range(10, 20) for n in range(3)
            if hour != 12 or n < 1]
    checks.true("booked", all(b["ok"] for b in made) or
                any(b.get("error") == "ECONFLICT" for b in made))
    window = {"from": start(0), "to": start(23)}
    everything = rota.must("booking.list", **window)["rows"]
    checks.same("by start, end, id", everything,
                sorted(everything, key=lambda r: (r["start"], r["end"], r["id"])))
    checks.same("every one", sorted(r["id"] for r in everything),
                sorted(b["id"] for b in made if b["ok"]))
    row = everything[0]
    checks.same("a row", {**row, "id": None}, {
        "id": None, "ref": row["ref"], "title": "10", "start": start(10), "end": start(11),
        "status": "confirmed", "resources": [rota.ids["desk"]]})
    for limit in (1, 2, 5, 1000):
        for by in ("id", "ref"):
            paged, more = [], {}
            while True:
                page = rota.must("booking.list", limit=limit, **window, **more)["rows"]
                paged += page
                if len(page) < limit or len(paged) > len(everything):
                    break
                more = {"after": page[-1][by]}
            checks.same(f"in pages of {limit}, by {by}", paged, everything)
    checks.error("after nothing", rota.ask("booking.list", after=NOBODY, **window), "ENOTFOUND")
    checks.error("of nothing", rota.ask("booking.list", resource=NOBODY, **window), "ENOTFOUND")
    checks.error("a limit beyond", rota.ask("booking.list", limit=10001, **window), "ELIMIT")
    checks.error("a limit beyond", rota.ask("event.list", limit=10001), "ELIMIT")
    checks.same("what touches the window is outside", rota.must(
        "booking.list", to=start(10), **{"from": start(9)})["rows"], [])
    checks.same("a second of it is inside", len(rota.must(
        "booking.list", to="2025-02-14T10:00:01Z", **{"from": start(9)})["rows"]),
        len([r for r in everything if r["start"] == start(10)]))

    held = create(rota, "ann", hold=60, ref="held")
    gone = create(rota, "bob", ref="gone")
    rota.must("booking.cancel", id="gone")
    team = create(rota, "team", start=start(21), end=start(22))
    checks.same("those of a member: his own and the group's", [r["id"] for r in rota.must(
        "booking.list", resource="ann", **window)["rows"]], [held["id"], team["id"]])
    rota.must("clock.set", now="2025-02-14T09:01:00Z")
    for status, want in (("expired", [held["id"]]), ("held", []), ("cancelled", [gone["id"]]),
                         ("completed", []), ("checked_in", [])):
        found = rota.must("booking.list", status=status, **window)["rows"]
        checks.same(f"status {status}", [(r["id"], r["status"]) for r in found],
                    [(booking, status) for booking in want])
    checks.same("a lapsed hold before the tick", rota.must("booking.get", id="held")["status"],
                "expired")


def ticks(checks, rota):
    checks.same("nothing is due", rota.must("tick")["expired"], 0)
    for name in ("room", "ann", "bob"):
        create(rota, name, hold=60, ref=name + "'s")
    create(rota, "desk", hold=61)
    rota.must("clock.set", now="2025-02-14T09:00:59Z")
    checks.same("a second early", rota.must("tick")["expired"], 0)
    rota.must("clock.set", now="2025-02-14T09:01:00Z")
    before = events(rota)
    checks.same("a dry run", rota.must("tick", dry_run=True)["expired"], 3)
    checks.same("writes nothing", events(rota), before)
    checks.same("on time", rota.must("tick", actor="cron", trace="t9")["expired"], 3)
    told = events(rota, len(before))
    checks.same("is told", [(e["type"], e["actor"], e["trace"], e["after"]["status"])
                            for e in told], [("booking.expired", "cron", "t9", "expired")] * 3)
    checks.same("once", rota.must("tick")["expired"], 0)
    late = rota.ask("booking.confirm", id="room's")
    checks.same("confirmed late, while its time is free", (late["ok"], late["status"]),
                (True, "confirmed"))


# --- how it is called ---

def dry_runs(checks, rota):
    rota.must("booking.create", ref="held", claims=["ann"], start=TEN, end=ELEVEN, hold=600)
    rota.must("booking.create", ref="firm", claims=["bob"], start=NOW, end=ELEVEN)
    requests = (
        {"op": "resource.put", "ref": "new", "kind": "room", "name": "New"},
        {"op": "resource.put", "ref": "room", "capacity": 4},
        {"op": "resource.remove", "id": "room"},
        {"op": "member.add", "group": "team", "member": "desk"},
        {"op": "member.remove", "group": "team", "member": "ann"},
        {"op": "booking.create", "start": TEN, "end": ELEVEN, "claims": ["desk"], "ref": "dry"},
        {"op": "booking.create", "start": TEN, "end": ELEVEN, "claims": ["desk"], "hold": 60},
        {"op": "booking.confirm", "id": "held"}, {"op": "booking.cancel", "id": "held"},
        {"op": "booking.move", "id": "held", "start": ELEVEN, "duration": 60},
        {"op": "booking.check_in", "id": "firm"}, {"op": "booking.complete", "id": "firm"},
        {"op": "booking.restore", "id": "gone"},
        {"op": "booking.create", "start": TEN, "duration": 60, "rrule": "FREQ=DAILY;COUNT=3",
         "claims": ["desk"]},
        {"op": "booking.move", "id": "daily", "start": ELEVEN, "occurrence": TEN},
        {"op": "booking.cancel", "id": "daily", "scope": "future", "occurrence": TEN},
    )
    rota.must("booking.create", ref="gone", claims=["room"], start=TEN, end=ELEVEN)
    rota.must("booking.cancel", id="gone")
    rota.must("booking.create", ref="daily", claims=["desk"], start=TEN, end=ELEVEN,
              rrule="FREQ=DAILY;COUNT=3")
    before, count = events(rota), rota.must("stats")
    for request in requests:
        dry = rota.send({**request, "dry_run": True, "key": "dry"})
        checks.ok(f"dry run of {request['op']}", dry)
        again = rota.send({**request, "dry_run": True})
        checks.same(f"{request['op']}: the same again", {**again, "id": None}, {**dry, "id": None})
    checks.same("nothing was written", events(rota), before)
    after = rota.must("stats")
    checks.same("and nothing counted", [after[name] for name in ("bookings", "resources", "events",
                                                                 "commits")],
                [count[name] for name in ("bookings", "resources", "events", "commits")])
    for name in ("new", "dry"):
        op = "resource.get" if name == "new" else "booking.get"
        checks.error(f"{name} is not there", rota.ask(op, id=name), "ENOTFOUND")
    for request in requests[5:7]:
        dry, done = rota.send({**request, "dry_run": True}), rota.send(request)
        for answer in (dry, done):
            answer.pop("id")
        checks.same("a dry run answers as the call does", dry, done)
    checks.error("a refusal in full", create(rota, "ann", dry_run=True), "ECONFLICT")


def keys(checks, rota):
    rota.must("booking.create", ref="held", claims=["ann"], start=TEN, end=ELEVEN, hold=600)
    rota.must("booking.create", ref="firm", claims=["bob"], start=NOW, end=ELEVEN)
    requests = (
        {"op": "resource.put", "ref": "new", "kind": "room", "name": "New"},
        {"op": "resource.put", "kind": "room", "name": "No ref"},
        {"op": "resource.put", "ref": "room", "capacity": 4},
        {"op": "resource.put", "ref": "sleeper", "kind": "room", "name": "S", "active": False},
        {"op": "member.add", "group": "team", "member": "new"},
        {"op": "member.remove", "group": "team", "member": "ann"},
        {"op": "booking.create", "start": TEN, "end": ELEVEN, "claims": ["desk"], "ref": "mine"},
        {"op": "booking.create", "start": TEN, "end": ELEVEN, "claims": ["desk"], "hold": 60},
        {"op": "booking.confirm", "id": "held"},
        {"op": "booking.move", "id": "mine", "start": ELEVEN, "duration": 60},
        {"op": "booking.cancel", "id": "mine"},
        {"op": "booking.check_in", "id": "firm"}, {"op": "booking.complete", "id": "firm"},
        {"op": "booking.restore", "id": "mine"},
        {"op": "booking.create", "start": TEN, "duration": 60, "rrule": "FREQ=DAILY;COUNT=3",
         "claims": ["desk"], "ref": "daily"},
        {"op": "booking.create", "start": TEN, "duration": 60, "rrule": "FREQ=DAILY;COUNT=3",
         "claims": [{"resource": "desk", "units": 2}], "partial": True},
        {"op": "booking.move", "id": "daily", "occurrence": TEN, "start": ELEVEN},
        {"op": "booking.cancel", "id": "daily", "occurrence": TEN},
        {"op": "booking.restore", "id": "daily", "occurrence": TEN},
        {"op": "resource.put", "ref": "spare", "capacity": 2},
        {"op": "member.add", "group": "team", "member": "spare"},
        {"op": "resource.remove", "id": "spare"},
        {"op": "resource.remove", "id": "desk's id"},
    )
    requests[-1]["id"] = rota.must("resource.put", kind="desk", name="Spare")["id"]
    rota.must("resource.put", ref="spare", kind="person", name="Spare")
    first = []
    for number, request in enumerate(requests):
        first.append(rota.send({**request, "key": f"k{number}", "actor": "ann", "trace": "1"}))
        checks.ok(f"{request} under a key", first[-1])
    before = events(rota)
    for number, request in enumerate(requests):
        again = rota.send({**request, "key": f"k{number}", "actor": "ann", "trace": "2"})
        checks.same(f"{request} again", again, first[number])
    checks.same("written once", events(rota), before)
    for request in requests[6:8]:
        other = {**request, "title": "Other"}
        checks.error("other content", rota.send({**other, "key": "k6", "actor": "ann"}), "EKEY")
    checks.error("another operation", rota.send({"op": "booking.cancel", "id": "firm",
                                                 "key": "k6", "actor": "ann"}), "EKEY")
    checks.same("replays are counted", rota.must("stats")["replays"], len(requests))
    removal = {"op": "resource.remove", "id": "spare", "actor": "ann"}
    checks.error("removed, and no key", rota.send(removal), "ENOTFOUND")
    checks.error("removed, and another key", rota.send({**removal, "key": "k"}), "ENOTFOUND")
    checks.error("never there", rota.send({**removal, "id": "nobody", "key": "k"}), "ENOTFOUND")
    rota.must("resource.put", ref="spare", kind="person", name="Another")
    for number, request in enumerate(requests):
        if "spare" in (request.get("ref"), request.get("id")):
            again = rota.send({**request, "key": f"k{number}", "actor": "ann"})
            checks.same("again, where another one has the ref", again, first[number])
    rota.must("resource.get", id="spare")


def same_content(checks, rota):
    """A request is the same by what it means, not by how it is written."""
    first = create(rota, "desk", key="k")
    for how, fields in (("an offset", {"start": "2025-02-14T11:00:00+01:00"}),
                        ("a zone", {"start": "2025-02-14T11:00:00", "tz": "Europe/Berlin"})):
        checks.same(f"the same instant with {how}", create(rota, "desk", key="k", **fields), first)
    checks.same("a claim written out", create(rota, {"resource": "desk", "units": 1}, key="k"),
                first)
    checks.same("an id for a ref", create(rota, rota.ids["desk"], key="k"), first)
    answer = rota.ask("booking.create", start=TEN, duration=3600, claims=["desk"], key="k")
    checks.same("a duration for an end", answer, first)
    rota.must("clock.set", now="2025-02-15T08:59:59Z")
    checks.same("a second before the day is over", create(rota, "desk", key="k"), first)
    rota.must("clock.set", now="2025-02-15T09:00:00Z")
    later = create(rota, "desk", key="k")
    checks.true("when it is over it is a new request", later["ok"] and later["id"] != first["id"],
                later)
    refused = create(rota, {"resource": "desk", "units": 3}, key="again")
    checks.error("refused", refused, "ECONFLICT")
    rota.must("booking.move", id=first["id"], claims=["room"])
    rota.must("booking.move", id=later["id"], claims=["ann"])
    checks.ok("a refusal is not remembered", create(rota, {"resource": "desk", "units": 3},
                                                    key="again"))


def feed(checks, rota):
    told = events(rota)
    checks.same("seq without gaps", [e["seq"] for e in told], list(range(1, len(told) + 1)))
    made = create(rota, title="Told", actor="ann", role="host", trace="t1")
    event, = events(rota, len(told))
    checks.same("an event", {k: event.get(k) for k in ("seq", "at", "type", "subject", "actor",
                                                       "trace", "before")},
                {"seq": len(told) + 1, "at": NOW, "type": "booking.created", "subject": made["id"],
                 "actor": "ann", "trace": "t1", "before": None})
    checks.same("and the record after it", (event["after"].get("id"), event["after"].get("title")),
                (made["id"], "Told"))
    rota.must("booking.move", id=made["id"], start=ELEVEN, duration=60)
    event, = events(rota, len(told) + 1)
    checks.same("a move, before and after", (event["type"], event["before"]["start"],
                                             event["after"]["start"]),
                ("booking.moved", TEN, ELEVEN))
    everything = events(rota)
    paged = []
    while len(paged) < len(everything):
        page = rota.must("event.list", after=len(paged), limit=3)["rows"]
        checks.true("pages of three", len(page) == 3 or len(paged) + len(page) == len(everything))
        paged += page
    checks.same("in pages", paged, everything)
    checks.same("beyond the end", rota.must("event.list", after=10 ** 9)["rows"], [])


def expansions(checks, rota):
    """The night the clocks go forward in Berlin, and what may be asked for."""
    def expand(**more):
        return rota.ask("series.expand", **{"dtstart": "2031-03-29T02:30:00",
                                            "tz": "Europe/Berlin", **more})
    three = ["2031-03-29T01:30:00Z", "2031-03-30T01:30:00Z", "2031-03-31T00:30:00Z"]
    checks.same("without a rule the start alone", expand(), {"ok": True, "starts": three[:1]})
    checks.same("a rule", expand(rrule="FREQ=DAILY;COUNT=3"), {"ok": True, "starts": three})
    checks.same("a limit says so", expand(rrule="FREQ=DAILY", limit=2),
                {"ok": True, "starts": three[:2], "more": True})
    checks.same("a thousand without one", len(expand(rrule="FREQ=DAILY")["starts"]), 1000)
    checks.same("a window", expand(rrule="FREQ=DAILY", **{"from": three[1], "to": three[2]}),
                {"ok": True, "starts": three[1:2]})
    checks.same("additions and exceptions, in any form",
                expand(rrule="FREQ=DAILY;COUNT=2", rdate=["2031-03-31T02:30:00", three[0]],
                       exdate=["2031-03-30T02:30:00+01:00"]),
                {"ok": True, "starts": [three[0], three[2]]})
    checks.same("an all-day series", expand(dtstart="2031-03-29", rrule="FREQ=DAILY;COUNT=2")
                ["starts"], ["2031-03-28T23:00:00Z", "2031-03-29T23:00:00Z"])
    for wrong in ({"rrule": "FREQ=DAILY;BYHOUR=24"}, {"rrule": ""}, {"tz": "Berlin"},
                  {"dtstart": "2031-03-32T00:00:00"}, {"rdate": ["soon"]}, {"rdate": "soon"},
                  {"exdate": [1]}, {"limit": 0}, {"from": three[1], "to": three[1]}):
        checks.error(f"expand {wrong}", expand(**wrong), "EINVALID")
    checks.true("the message names the part",
                "BYHOUR=24" in expand(rrule="FREQ=DAILY;BYHOUR=24")["message"])
    checks.error("more than may be asked for", expand(limit=10001), "ELIMIT")
    checks.same("a rule that never matches is no error",
                expand(rrule="FREQ=SECONDLY;BYMONTH=2;BYMONTHDAY=30"), {"ok": True, "starts": []})


def readings(checks, rota):
    def resolve(**more):
        return rota.ask("time.resolve", **{"tz": "Europe/Berlin", **more})
    for request, instant, local, offset, kind in (
            ({"local": "2031-03-10T09:00:00"}, "2031-03-10T08:00:00Z", "2031-03-10T09:00:00", 3600,
             "unique"),
            ({"local": "2031-03-30T02:30"}, "2031-03-30T01:30:00Z", "2031-03-30T03:30:00", 7200,
             "gap"),
            ({"local": "2031-10-26T02:30:00"}, "2031-10-26T00:30:00Z", "2031-10-26T02:30:00", 7200,
             "fold"),
            ({"instant": "2031-10-26T01:30:00Z"}, "2031-10-26T01:30:00Z", "2031-10-26T02:30:00",
             3600, "fold"),
            ({"instant": "2031-06-01T09:00:00+05:30"}, "2031-06-01T03:30:00Z",
             "2031-06-01T05:30:00", 7200, "unique")):
        checks.same(f"{request}", resolve(**request),
                    {"ok": True, "instant": instant, "local": local, "offset": offset,
                     "kind": kind})
    for wrong in ({}, {"local": TEN}, {"local": TEN[:-1], "instant": TEN}, {"local": "2031-03-10"},
                  {"local": TEN[:-1], "tz": "Atlantis"}):
        checks.error(f"resolve {wrong}", resolve(**wrong), "EINVALID")


def statistics(checks, rota):
    before = rota.must("stats")
    create(rota)
    create(rota)
    after = rota.must("stats")
    for name, more in (("resources", 0), ("bookings", 1), ("events", 1), ("commits", 1),
                       ("conflicts", 1)):
        checks.same(f"stats: {name}", after[name] - before[name], more)


def searches(checks, rota):
    """Starts go by the clock of the first resource, whatever zone the window is written in."""
    rota.must("resource.put", ref="hall", kind="hall", name="Hall", tz="Asia/Kathmandu")
    window = {"tz": "Europe/Berlin", "from": "2025-02-17T10:00:00", "to": "2025-02-17T13:00:00"}
    asked = {"duration": 3600, "step": 3600, **window}

    def first(**more):
        slots = rota.must("free.find", **{**asked, **more})["slots"]
        return slots[0]["start"] if slots else None

    for who in ({"all": ["hall"]}, {"any": [{"of": ["hall"], "count": 1}]},
                {"all": ["hall", "room"]}):
        checks.same(f"as contracted {who}", first(**who), "2025-02-17T09:15:00Z")
        checks.same(f"local {who}", first(align="local", **who), "2025-02-17T09:15:00Z")
        checks.same(f"tz {who}", first(align="tz", **who), "2025-02-17T09:00:00Z")
        late = {"from": "2025-02-17T10:05:00", **who}
        checks.same(f"window {who}", first(align="window", **late), "2025-02-17T09:05:00Z")
    checks.same("the other one first", first(all=["room", "hall"]), "2025-02-17T09:00:00Z")
    plain = {"from": "2025-02-17T09:00:00Z", "to": "2025-02-17T12:00:00Z", "tz": None}
    asked = {k: v for k, v in {**asked, **plain}.items() if v is not None}
    checks.error("no tz to align to", rota.ask("free.find", all=["hall"], align="tz", **asked),
                 "EINVALID")
    for wrong in ("utc", "", 1, None, True):
        checks.error(f"align {wrong!r}", rota.ask("free.find", all=["hall"], align=wrong, **asked),
                     "EINVALID")
    early = rota.ask("free.explain", all=["room"], start=TEN, duration=3600, notice=7200,
                     **{"from": TEN, "to": ELEVEN})
    checks.error("too early", early, "EPOLICY")
    checks.same("which is a violation", [(v["rule"], v["limit"] - v["actual"])
                                         for v in early["violations"] or []], [("notice", 3600)])


def proposals(checks, rota):
    """What could be booked instead, in the order of the claims; and that nothing could."""
    first = create(rota, "room", start=TEN, end=ELEVEN)
    claims = [{"resource": "desk", "units": 3}, {"resource": "room"}]
    asked = {"claims": claims, "start": TEN, "duration": 3600, "on_conflict": "propose"}
    checks.same("3, unless said", len(rota.ask("booking.create", **asked)["alternatives"]), 3)
    other = create(rota, "desk", "room", start=ELEVEN, end="2025-02-14T11:10:00Z")["id"]
    for op, more in (("booking.create", {}), ("booking.move", {"id": other})):
        refused = rota.ask(op, alternatives=7, **more, **asked)
        checks.error(f"{op} is taken", refused, "ECONFLICT")
        checks.same("so many", len(refused["alternatives"]), 7)
        for one in refused["alternatives"]:
            checks.same("each in its place", one["resources"], [rota.ids["desk"], rota.ids["room"]])
            take = {"start": one["start"], "end": one["end"], "dry_run": True, **more,
                    "claims": [{**c, "resource": r} for c, r in zip(claims, one["resources"])]}
            checks.ok(f"{op} {one}", rota.ask(op, **take))
    rota.must("booking.cancel", id=other)
    rota.must("booking.move", id=first["id"], start="2025-01-20T00:00:00Z", duration=60 * 86400)
    full = rota.ask("booking.create", **asked)
    checks.error("full for weeks", full, "ECONFLICT")
    checks.same("none is told as none", full["alternatives"], [])
    checks.same("not asked for", "alternatives" in rota.ask(
        "booking.create", **{**asked, "on_conflict": "reject"}), False)


def main():
    checks = Checks("contract")
    ends(checks)
    clock(checks)
    file_url(checks)
    for part in (tags, lines, long_lines, in_order, operations, fields, claims, instants,
                 resources, removed_for_good, members, reached_in_two_ways, members_of_removed,
                 bookings, override, placements, searches, proposals,
                 lists, ticks, dry_runs, keys, same_content, feed, expansions, readings,
                 statistics):
        with started() as rota:
            part(checks, rota)
            checks.same(f"{part.__name__}: the end of its input", rota.close(), 0)
    checks.finish()


if __name__ == "__main__":
    main()
