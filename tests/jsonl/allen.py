"""Allen's thirteen relations between two spans, with setup and cleanup time, capacity 1 and 2, and
either of the two booked first. What must be refused follows from one rule: occupied spans
[start - before, end + after) compete, and [a, b) and [c, d) overlap where a < d and c < b.
"""

from rota import Checks, Rota, rows, text

HOUR = 3600
NOON = 1739534400  # 2025-02-14T12:00:00Z
BUFFERS = ((0, 0), (900, 0), (0, 900), (600, 300), (1, 1), (HOUR, 2 * HOUR))


def relations(reach):
    """Second spans by their relation to the first, NOON to NOON + HOUR. Where there is a gap, it
    is once what setup and cleanup time need, once a second less, once a second more."""
    start, end = NOON, NOON + HOUR
    for gap in sorted({1, max(reach - 1, 1), max(reach, 1), reach + 1, reach + HOUR}):
        yield f"before by {gap} s", start - gap - 600, start - gap
        yield f"after by {gap} s", end + gap, end + gap + 600
    yield "meets", start - 600, start
    yield "met by", end, end + 600
    yield "overlaps", start - 600, start + 600
    yield "overlapped by", end - 600, end + 600
    yield "starts", start, start + 600
    yield "started by", start, end + 600
    yield "during", start + 600, end - 600
    yield "contains", start - 600, end + 600
    yield "finishes", end - 600, end
    yield "finished by", start - 600, end
    yield "equals", start, end
    yield "overlaps by a second", start - 600, start + 1
    yield "overlapped by a second", end - 1, end + 600


def collide(one, other, before, after):
    return one[0] - before < other[1] + after and other[0] - before < one[1] + after


class Room:
    def __init__(self, rota, capacity, before, after):
        self.rota = rota
        self.id = rota.must("resource.put", kind="room", name="Room", capacity=capacity,
                            before=before, after=after)["id"]

    def book(self, span, units=1):
        return self.rota.ask("booking.create", start=text(span[0]), end=text(span[1]),
                             claims=[{"resource": self.id, "units": units}])


def check(checks, what, room, others, span, units, refused):
    """Book, and see that a refusal names exactly those that are in the way."""
    answer = room.book(span, units)
    if not refused:
        checks.ok(what, answer)
        return
    checks.error(what, answer, "ECONFLICT")
    want = sorted((text(o["span"][0]), room.id, o["id"], text(o["span"][1])) for o in others)
    checks.same(f"{what}: its conflicts", rows(answer), [(r, b, s, e) for s, r, b, e in want])


def booked(checks, what, room, span, units=1):
    answer = room.book(span, units)
    checks.ok(what, answer)
    return {"id": answer.get("id"), "span": span}


def relate(checks, rota, before, after):
    first = NOON, NOON + HOUR
    for relation, start, end in relations(before + after):
        for one, other, order in ((first, (start, end), ""), ((start, end), first, ", in turn")):
            hit = collide(one, other, before, after)
            what = f"{relation}{order}, before {before}, after {after}"

            room = Room(rota, 1, before, after)
            there = [booked(checks, what, room, one)]
            check(checks, f"capacity 1: {what}", room, there, other, 1, hit)

            room = Room(rota, 2, before, after)
            there = [booked(checks, what, room, one)]
            check(checks, f"capacity 2, one unit each: {what}", room, there, other, 1, False)

            room = Room(rota, 2, before, after)
            there = [booked(checks, what, room, one)]
            check(checks, f"capacity 2, both units: {what}", room, there, other, 2, hit)

            room = Room(rota, 2, before, after)
            there = [booked(checks, what, room, one), booked(checks, what, room, one)]
            check(checks, f"capacity 2, third: {what}", room, there, other, 1, hit)


def capacity_at_every_instant(checks, rota):
    """Two that do not meet each other leave a unit to one that meets both."""
    room = Room(rota, 2, 0, 0)
    for start in (0, 2):
        booked(checks, "apart", room, (NOON + start * HOUR, NOON + (start + 1) * HOUR))
    check(checks, "meets both, one at a time", room, (), (NOON, NOON + 3 * HOUR), 1, False)
    there = {"span": (NOON, NOON + HOUR)}
    answer = room.book(there["span"])
    checks.error("a third in the first hour", answer, "ECONFLICT")
    checks.same("its conflicts", len(rows(answer)), 2)


def no_spans(checks, rota):
    room = Room(rota, 1, 0, 0)
    for what, start, end in (("empty", NOON, NOON), ("reversed", NOON + 1, NOON),
                             ("reversed by far", NOON + 10 ** 9, NOON)):
        checks.error(f"a span that is {what}", room.book((start, end)), "EINVALID")
    answer = rota.ask("booking.create", start=text(NOON), duration=0, claims=[room.id])
    checks.error("a duration of nothing", answer, "EINVALID")
    answer = rota.ask("booking.create", start=text(NOON), duration=-60, claims=[room.id])
    checks.error("a negative duration", answer, "EINVALID")
    one = booked(checks, "a second", room, (NOON, NOON + 1))
    check(checks, "that second again", room, [one], (NOON, NOON + 1), 1, True)
    check(checks, "the second after it", room, (), (NOON + 1, NOON + 2), 1, False)
    check(checks, "the second before it", room, (), (NOON - 1, NOON), 1, False)


def main():
    checks = Checks("allen")
    with Rota(now=NOON - 24 * HOUR) as rota:
        for before, after in BUFFERS:
            relate(checks, rota, before, after)
        capacity_at_every_instant(checks, rota)
        no_spans(checks, rota)
    checks.finish()


if __name__ == "__main__":
    main()
