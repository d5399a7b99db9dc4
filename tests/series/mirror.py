"""A mirror of bookings that knows the feed alone: the last record of each, and docs/event.md.

Which original starts there are is ../recur/oracle.py's to say, as it is for the model; all else is
worked out from what the record says.
"""

from datetime import timedelta

import occurrences
import oracle
from occurrences import DAY
from rota import seconds, text

NIGHTS = 3 * DAY    # more than a clock that changes moves anything


def place(row):
    """In the order of lists."""
    return row["start"], row["end"], row["id"], row.get("occurrence", "")


class Mirror:
    def __init__(self, mutate=()):
        self.mutate = mutate
        self.seen, self.whole, self.parts = 0, {}, {}

    def read(self, ask):
        """What is new in the feed; ask(request) gives the answer."""
        while True:
            rows = ask({"op": "event.list", "after": self.seen, "limit": 500})["rows"]
            for event in rows:
                self.seen = event["seq"]
                if event["type"].startswith("booking."):
                    self.apply(event["after"])
            if len(rows) < 500:
                return

    def apply(self, record):
        if "occurrence" in record:
            self.parts.setdefault(record["id"], {})[seconds(record["occurrence"])] = record
        else:
            self.whole[record["id"]] = record

    # --- what there is ---

    def rows(self, start, end, now):
        """All that overlaps a window, cancelled or not."""
        found = []
        for record in self.whole.values():
            found += self.occurrences(record, start, end) if "recurrence" in record else [
                self.row(record, record)]
        for row in found:
            if row["status"] == "held" and seconds(row["hold_expires"]) <= now:
                row["status"] = "expired"
        found = [row for row in found if row["start"] < text(end) and text(start) < row["end"]]
        return sorted(found, key=place)

    @staticmethod
    def row(series, record, **more):
        """Of an occurrence name and title are the series'."""
        return {"id": series["id"], "ref": series.get("ref"), "title": series.get("title"),
                "start": record["start"], "end": record["end"], "status": record["status"],
                "hold_expires": series.get("hold_expires"), "claims": record["claims"],
                "resources": [claim["resource"] for claim in record["claims"]], **more}

    def occurrences(self, record, start, end):
        recurrence, parts = record["recurrence"], self.parts.get(record["id"], {})
        skipped = set() if "mirror_forgets" in self.mutate else {
            seconds(original) for original in recurrence.get("skipped", ())}
        eras = recurrence.get("eras", [{"from": None, "shift": 0, "cancelled": False,
                                        "length": recurrence["length"],
                                        "claims": record["claims"]}])
        begins = [era["from"] and oracle.moment(era["from"], recurrence["zone"]) for era in eras]
        found, _ = occurrences.originals(
            recurrence["start"], recurrence["zone"], recurrence.get("rule"),
            tuple(recurrence["rdates"]), tuple(recurrence["exdates"]))
        for original, wall in found:
            if original in parts:
                yield self.row(record, parts[original], occurrence=text(original))
                continue
            era = next(era for era, begin in zip(reversed(eras), reversed(begins))
                       if begin is None or begin <= original)
            if abs(original + era["shift"] - (start + end) // 2) > (
                    (end - start) // 2 + self.longest(recurrence, era) + NIGHTS):
                continue
            when = self.when(recurrence, era, original, wall)
            gone = era["cancelled"] or original in skipped
            yield self.row(record, {"start": text(when[0]), "end": text(when[1]),
                                    "status": "cancelled" if gone else record["status"],
                                    "claims": era["claims"]}, occurrence=text(original))

    @staticmethod
    def longest(recurrence, era):
        return era["length"] * (DAY if recurrence["all_day"] else 1)

    def when(self, recurrence, era, original, wall):
        zone, start = recurrence["zone"], original
        if recurrence["all_day"]:
            wall = wall.replace(hour=0, minute=0, second=0)
        if "mirror_elapsed" in self.mutate:
            start = original + era["shift"]
        elif era["shift"]:
            start = oracle.instant(wall + timedelta(seconds=era["shift"]), zone)
        if not recurrence["all_day"]:
            return start, start + era["length"]
        day = oracle.local(start, zone).replace(hour=0, minute=0, second=0)
        return start, oracle.instant(day + timedelta(days=era["length"]), zone)
