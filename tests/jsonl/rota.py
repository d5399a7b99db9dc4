"""Drives rota-jsonl: starts it, sends one JSON object a line, reads one answer.

Knows the pipe, and how instants are written. What an answer should be is for the scripts to say.
ROTA_JSONL names another program than build/examples/rota-jsonl.
"""

import calendar
import functools
import json
import os
import pathlib
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
PROGRAM = os.environ.get("ROTA_JSONL") or str(ROOT / "build" / "examples" / "rota-jsonl")
SHARED = pathlib.Path(os.environ.get("ROTA_SHARED") or ROOT.parent / "shared")

# How a script ends. Python's own exits are 1 and 2: a negative control must not take a crash for
# the disagreement it waits for.
AGREED, DISAGREED, BROKEN = 0, 3, 4


@functools.lru_cache(maxsize=1 << 16)
def text(instant):
    """Seconds since 1970 as rota-jsonl writes them."""
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(instant))


@functools.lru_cache(maxsize=1 << 16)
def seconds(instant):
    """Seconds since 1970 of an instant with Z."""
    return calendar.timegm(time.strptime(instant, "%Y-%m-%dT%H:%M:%SZ"))


class Answer(dict):
    """A field that is not there is None, for a check to say so."""

    def __missing__(self, field):
        return None


class Rota:
    """One rota-jsonl process."""

    def __init__(self, url=":memory:", now=None):
        command = [PROGRAM]
        if now is not None:
            command += ["--now", now if isinstance(now, str) else text(now)]
        command.append(url)
        try:
            self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        except OSError as error:
            print(f"{PROGRAM} does not start: {error}", flush=True)
            sys.exit(BROKEN)

    def write(self, line):
        """One line as it stands, without waiting for the answer."""
        self.process.stdin.write(line + b"\n")
        self.process.stdin.flush()

    def read(self):
        """The next answer."""
        line = self.process.stdout.readline()
        if not line.endswith(b"\n"):
            code = self.process.wait()
            print(f"rota-jsonl ended with {code} instead of answering", flush=True)
            sys.exit(BROKEN)
        return Answer(json.loads(line))

    def line(self, line):
        self.write(line if isinstance(line, bytes) else line.encode())
        return self.read()

    def send(self, request):
        return self.line(json.dumps(request))

    def ask(self, op, **fields):
        return self.send({"op": op, **fields})

    def must(self, op, **fields):
        """An answer that has to be ok for the script to go on."""
        answer = self.ask(op, **fields)
        if answer.get("ok") is not True:
            print(f"{op} {fields}\n  was refused: {answer}", flush=True)
            sys.exit(DISAGREED)
        return answer

    def close(self):
        """End its input; the exit code."""
        if self.process.stdin.closed:
            return self.process.wait()
        self.process.stdin.close()
        rest = self.process.stdout.read()
        self.process.stdout.close()
        if rest:
            print(f"rota-jsonl said unasked: {rest[:200]!r}", flush=True)
        return self.process.wait() if not rest else BROKEN

    def __enter__(self):
        return self

    def __exit__(self, kind, value, trace):
        if self.process.poll() is None:
            if kind is None:
                self.close()
                return
            self.process.kill()
            self.process.wait()


class Checks:
    """Counts what was expected, tells what was not met, and ends the script."""

    SHOWN = 40

    def __init__(self, title):
        self.title, self.made, self.failed = title, 0, 0

    def same(self, what, got, want):
        self.made += 1
        if got != want:
            self.failed += 1
            if self.failed <= self.SHOWN:
                print(f"NOT MET: {what}\n  got  {got!r}\n  want {want!r}", flush=True)
        return got == want

    def true(self, what, condition, seen=None):
        return self.same(what if seen is None else f"{what}: {seen!r}", bool(condition), True)

    def error(self, what, answer, code):
        """A refusal with this code and a message for a person."""
        message = answer.get("message")
        ok = self.same(what, (answer.get("ok"), answer.get("error")), (False, code))
        line = isinstance(message, str) and message and "\n" not in message
        return ok and self.true(f"{what}: one line of message", line, message)

    def ok(self, what, answer):
        return self.true(what, answer.get("ok") is True, answer)

    def finish(self):
        print(f"{self.title}: {self.made} checks, {self.failed} not met", flush=True)
        sys.exit(DISAGREED if self.failed else AGREED)


def rows(answer):
    """Conflict rows, in their order, as tuples: resource, booking, start, end."""
    return [(c.get("resource"), c.get("booking"), c.get("start"), c.get("end"))
            for c in answer.get("conflicts", [])]
