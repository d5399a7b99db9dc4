"""Batches of students: who is in two of them cannot sit in both at once.

B1 has U1 to U4, B2 has U1, U4 and U5, B3 has only U6, as requirements B-25, B-26, B-03 and B-06
want it: B1 is scheduled for 2025-02-14 10:00 to 11:00 and succeeds; B2 for the same hour is
refused; B3 for the same hour succeeds.
"""

from rota import Checks, Rota, rows

BATCHES = {"B1": ("U1", "U2", "U3", "U4"), "B2": ("U1", "U4", "U5"), "B3": ("U6",)}
TIMES = {
    "in UTC": ({"start": "2025-02-14T10:00:00Z", "end": "2025-02-14T11:00:00Z"},
               ("2025-02-14T10:00:00Z", "2025-02-14T11:00:00Z")),
    "with an offset": ({"start": "2025-02-14T10:00:00+05:30", "duration": 3600},
                       ("2025-02-14T04:30:00Z", "2025-02-14T05:30:00Z")),
    "in local time": ({"start": "2025-02-14T10:00:00", "end": "2025-02-14T11:00:00",
                       "tz": "Asia/Kolkata"}, ("2025-02-14T04:30:00Z", "2025-02-14T05:30:00Z")),
}
NOW = "2025-02-01T00:00:00Z"


def enrol(rota):
    ids = {}
    for user in ("U1", "U2", "U3", "U4", "U5", "U6"):
        ids[user] = rota.must("resource.put", ref=user, kind="student", name=user)["id"]
    for batch, users in BATCHES.items():
        ids[batch] = rota.must("resource.put", ref=batch, kind="batch", name=batch)["id"]
        for user in users:
            rota.must("member.add", group=batch, member=user, **{"from": "2025-01-01T00:00:00Z"})
    return ids


def taken(ids, booking, span, *names):
    """Conflict rows: these resources, all of them taken by one booking."""
    return [(resource, booking, *span) for resource in sorted(ids[name] for name in names)]


def events(rota):
    return len(rota.must("event.list", limit=10000)["rows"])


def scenario(checks, how, when, span):
    with Rota(now=NOW) as rota:
        ids = enrol(rota)
        schedule = {"op": "booking.create", **when}

        b1 = rota.must("booking.create", **when, claims=["B1"], title="Physics", ref="physics")
        checks.same(f"B-25 {how}: B1 is scheduled", (b1["status"], b1["start"], b1["end"]),
                    ("confirmed", *span))

        before = events(rota)
        answer = rota.send({**schedule, "claims": ["B2"], "dry_run": True})
        checks.error(f"B-03 {how}: the conflict is shown before booking", answer, "ECONFLICT")
        shared = taken(ids, b1["id"], span, "U1", "U4")
        checks.same(f"B-03 {how}: who, with what, when", rows(answer), shared)
        checks.same(f"B-03 {how}: its title", {c["title"] for c in answer.get("conflicts", [])},
                    {"Physics"})

        answer = rota.send({**schedule, "claims": ["B2"]})
        checks.error(f"B-26 {how}: B2 in the same hour is refused", answer, "ECONFLICT")
        checks.same(f"B-26 {how}: who, with what, when", rows(answer), shared)
        checks.same(f"B-26 {how}: nothing was written", events(rota), before)

        answer = rota.send({**schedule, "claims": ["B3"]})
        checks.ok(f"B-26 {how}: the control, B3 in the same hour", answer)

        answer = rota.send({**schedule, "claims": ["B1"]})
        checks.error(f"B-06 {how}: the same batch twice", answer, "ECONFLICT")
        checks.same(f"B-06 {how}: the batch and everybody in it", rows(answer),
                    taken(ids, b1["id"], span, "B1", "U1", "U2", "U3", "U4"))

        answer = rota.send({**schedule, "claims": ["U1"]})
        checks.same(f"{how}: U1 alone has no time either", rows(answer),
                    taken(ids, b1["id"], span, "U1"))
        checks.ok(f"{how}: U5 has", rota.send({**schedule, "claims": ["U5"]}))
        reads(checks, how, rota, ids, span)


def reads(checks, how, rota, ids, span):
    """B-04, B-05: a student sees his batches, and nobody else's."""
    window = {"from": "2025-02-01T00:00:00Z", "to": "2025-03-01T00:00:00Z"}
    wanted = {"U1": ["B1"], "U2": ["B1"], "U4": ["B1"], "U5": ["U5"], "U6": ["B3"], "B2": []}
    for name, batches in wanted.items():
        found = rota.must("booking.list", resource=name, **window)["rows"]
        checks.same(f"B-04 {how}: the schedule of {name}",
                    [(row["resources"], row["start"], row["end"]) for row in found],
                    [([ids[batch]], *span) for batch in batches])
    everything = rota.must("booking.list", **window)["rows"]
    checks.same(f"B-05 {how}: everything scheduled", len(everything), 3)
    checks.same(f"B-05 {how}: by id within the same hour", [row["id"] for row in everything],
                sorted(row["id"] for row in everything))


def repeated(checks):
    """BX-6: the same request with the same key is answered again; without one it is B-06."""
    when, _ = TIMES["in UTC"]
    with Rota(now=NOW) as rota:
        enrol(rota)
        schedule = {"op": "booking.create", **when, "claims": ["B1"], "key": "k", "actor": "op"}
        first = rota.send(schedule)
        checks.ok("BX-6: the first time", first)
        before = events(rota)
        checks.same("BX-6: the second time", rota.send(schedule), first)
        checks.same("BX-6: written once", events(rota), before)
        checks.error("BX-6: another batch under this key",
                     rota.send({**schedule, "claims": ["B3"]}), "EKEY")
        checks.error("BX-6: another actor's key is another one",
                     rota.send({**schedule, "actor": "other"}), "ECONFLICT")


def membership(checks):
    """BX-1: joining is checked, leaving frees, and what was before stays."""
    when, span = TIMES["in UTC"]
    with Rota(now=NOW) as rota:
        ids = enrol(rota)
        b1 = rota.must("booking.create", **when, claims=["B1"])
        b3 = rota.must("booking.create", **when, claims=["B3"])
        answer = rota.ask("member.add", group="B3", member="U1")
        checks.error("BX-1: joining a batch that meets at the same hour", answer, "ECONFLICT")
        checks.same("BX-1: both bookings are named", sorted(rows(answer)),
                    sorted((ids["U1"], b["id"], *span) for b in (b1, b3)))
        checks.error("BX-1: shown before it is done",
                     rota.ask("member.add", group="B3", member="U1", dry_run=True), "ECONFLICT")
        checks.ok("BX-1: joining afterwards",
                  rota.ask("member.add", group="B3", member="U1", **{"from": span[1]}))
        checks.ok("BX-1: joining until then",
                  rota.ask("member.add", group="B3", member="U2", until=span[0]))
        answer = rota.ask("booking.create", **when, claims=["B2"])
        checks.same("BX-1: U1 and U4 are still taken", rows(answer),
                    taken(ids, b1["id"], span, "U1", "U4"))
        for user in ("U1", "U4"):
            checks.ok(f"BX-1: {user} leaves B1",
                      rota.ask("member.remove", group="B1", member=user))
        checks.ok("BX-1: whoever left is free", rota.ask("booking.create", **when, claims=["B2"]))
        checks.error("BX-1: and cannot come back",
                     rota.ask("member.add", group="B1", member="U4"), "ECONFLICT")


def main():
    checks = Checks("batch")
    for how, (when, span) in TIMES.items():
        scenario(checks, how, when, span)
    repeated(checks)
    membership(checks)
    checks.finish()


if __name__ == "__main__":
    main()
