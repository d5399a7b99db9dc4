#!/usr/bin/env python3
"""Mutants: would the tests notice if a line that matters were wrong?

    mutants.py [--jobs N] [--only TEXT ...] [--first N] [--again LOG] [--check]

tests/tools/mutants.txt lists them: a file, what is changed in words, the text before
and after. Each is applied to a copy of the tree below build/mutants, which is built
again and tested: the fast suites first, until one fails. That one has killed it; so
has a suite that does not end. A mutant that survives is a test that is missing, or it
makes no difference, and then a line beside it says why.

--only takes those whose file or words contain one of the texts, --first begins with the
Nth of the list, --again takes those that survived an earlier run; --check only sees to it
that each text is there, once. The exit code is 1 where fewer than 90 % are killed, or one
survives without a reason beside it.
"""
import argparse
import concurrent.futures
import os
import queue
import re
import shutil
import signal
import subprocess
import sys
import time

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
LIST = os.path.join(ROOT, "tests/tools/mutants.txt")
WORK = os.path.join(ROOT, "build/mutants")
PARTS = ["Makefile", "include", "lib", "tests", "examples", "pkgconfig"]
ENOUGH = 0.9

# The first of these, then what else there is, then those that are slow, and about who writes
# next to whom. The last ones have nothing to say of what is decided, or they run programs of
# their own.
FIRST = ["admit", "booking", "booking_series", "group", "call", "bad_input", "itree", "handle",
         "consumer"]
WRITERS = ["sqlite", "store", "threads", "crash", "faults", "race"]
OUT = ["base", "recur", "ical", "fuzz", "hosts", "jsonl"]
# Of the suite jsonl, what asks every question once, and random sequences that are short
# and always the same.
SCRIPTS = ["jsonl/contract.py", "jsonl/series.py", "jsonl/far.py", "jsonl/batch.py",
           "jsonl/random_model.py --ops 4000 --seed 1", "free/slots.py --states 400 --seed 1"]
# What is tested elsewhere than in the suite of its name.
TESTED_BY = {"admit_absent": "place", "admit_far": "booking_series", "admit_peek": "index",
             "admit_reach": "group", "admit_series": "booking_series", "block": "booking_series",
             "placement": "place", "displace": "place", "sqlite_remind": "reminder"}
LIMIT = 30  # seconds at the least; else a few times what the suite takes without a mutant
SLOWER = 4


class Mutant:
    def __init__(self, number, file, words, line):
        self.number, self.file, self.words, self.line = number, file, words, line
        self.before, self.after, self.reason = [], [], []
        self.verdict = self.by = ""
        self.seconds = 0.0


def read_list():
    """Lines: `file PATH`, `mutant WORDS`, `- before`, `+ after`, `~ why it survives`."""
    mutants, file = [], None
    with open(LIST, encoding="utf-8") as lines:
        for number, line in enumerate(lines, 1):
            line = line.rstrip("\n")
            if not line or line.startswith("#"):
                continue
            mark, rest = line.split(" ", 1) if " " in line else (line, "")
            if mark == "file":
                file = rest
            elif mark == "mutant":
                mutants.append(Mutant(len(mutants) + 1, file, rest, number))
            elif mark in "-+~" and mutants:
                part = {"-": "before", "+": "after", "~": "reason"}[mark]
                getattr(mutants[-1], part).append(rest)
            else:
                sys.exit(f"{LIST}:{number}: {line}")
    return mutants


def places(mutant, source):
    """How often the text before stands there: it must be once."""
    return source.count("\n".join(mutant.before))


def changed(mutant, source):
    return source.replace("\n".join(mutant.before), "\n".join(mutant.after))


def check(mutants):
    good = True
    for mutant in mutants:
        with open(os.path.join(ROOT, mutant.file), encoding="utf-8") as source:
            count = places(mutant, source.read())
        if count != 1:
            print(f"{LIST}:{mutant.line}: {count} places in {mutant.file}: {mutant.words}")
            good = False
    if not good:
        sys.exit(1)
    print(f"{len(mutants)} mutants, each in its place")


def end_session(session):
    """All of it: Check gives each test a process group of its own."""
    for name in filter(str.isdigit, os.listdir("/proc")):
        try:
            if os.getsid(int(name)) == session:
                os.kill(int(name), signal.SIGKILL)
        except ProcessLookupError:
            pass


def name_of(directory, suite):
    """What a suite calls itself: Check fails where it is asked for one that is not there."""
    with open(os.path.join(directory, f"tests/test_{suite}.c"), encoding="utf-8") as source:
        found = re.search(r'suite_create\("([^"]+)"\)', source.read())
    return found.group(1) if found else suite


def run(command, directory, limit, suite=None):
    """The exit code; None where it had to be stopped. All that it started is."""
    # One test that hangs must not use up the time of the whole suite.
    environment = dict(os.environ, ROTA_BUILD="build", CK_VERBOSITY="silent",
                       CK_DEFAULT_TIMEOUT="60")
    environment["ROTA_JSONL"] = "build/examples/rota-jsonl"
    environment.pop("MAKEFLAGS", None)
    if suite:
        environment["CK_RUN_SUITE"] = name_of(directory, suite)
    log = os.path.join(directory, "build/mutant.log")
    with open(log, "w", encoding="utf-8") as out:
        process = subprocess.Popen(command, cwd=directory, env=environment, stdout=out,
                                   stderr=subprocess.STDOUT, start_new_session=True)
        try:
            return process.wait(timeout=limit)
        except subprocess.TimeoutExpired:
            return None
        finally:
            end_session(process.pid)
            process.wait()


def build(directory, target="build/tests/rota-tests"):
    return run(["make", "--no-print-directory", "WERROR=0", "CFLAGS=-O1 -g", target], directory,
               600)


def run_scripts(directory):
    """As a suite: its exit code, or None."""
    code = build(directory, "build/examples/rota-jsonl")
    for script in SCRIPTS if code == 0 else []:
        code = run(["python3", "-B", *f"tests/{script}".split()], directory, 4 * LIMIT)
        if code != 0:
            break
    return code


def suites(directory):
    """Those that this tree has, in order."""
    found = [name[len("test_"):-len(".c")] for name in sorted(os.listdir(f"{directory}/tests"))
             if name.startswith("test_") and name.endswith(".c")]
    named = FIRST + WRITERS + OUT
    order = FIRST + [name for name in found if name not in named] + WRITERS
    return [name for name in order if name in found]


def suites_for(file, limits):
    """The one of its name first, those about writers last."""
    stem = os.path.basename(file)[:-len(".c")]
    own = TESTED_BY.get(stem, stem)
    first = own if own in limits else own.split("_")[0]
    return sorted(limits, key=lambda name: name != first)


def prepare(directory):
    """A tree without a mutant, built, and how long each suite takes on it."""
    shutil.rmtree(directory, ignore_errors=True)
    os.makedirs(os.path.join(directory, "build"))
    for part in PARTS:
        source, target = os.path.join(ROOT, part), os.path.join(directory, part)
        if os.path.isdir(source):
            shutil.copytree(source, target)
        else:
            shutil.copy2(source, target)
    if build(directory) != 0:
        sys.exit(f"the tree does not build: see {directory}/build/mutant.log")
    limits = {}
    for suite in suites(directory):
        before = time.monotonic()
        good = run(["build/tests/rota-tests"], directory, 900, suite) == 0
        seconds = time.monotonic() - before
        print(f"  {suite}: {seconds:.1f} s{'' if good else ', fails: left out'}", flush=True)
        if good:
            limits[suite] = max(LIMIT, SLOWER * seconds)
    if run_scripts(directory) != 0:
        sys.exit(f"the scripts fail without a mutant: see {directory}/build/mutant.log")
    return limits


def judge(mutant, directory, limits):
    path = os.path.join(directory, mutant.file)
    with open(path, encoding="utf-8") as source:
        original = source.read()
    before = time.monotonic()
    try:
        with open(path, "w", encoding="utf-8") as target:
            target.write(changed(mutant, original))
        if build(directory) != 0:
            mutant.verdict = "does not build"
            return
        for suite in [*suites_for(mutant.file, limits), "jsonl"]:
            code = (run_scripts(directory) if suite == "jsonl" else
                    run(["build/tests/rota-tests"], directory, limits[suite], suite))
            if code != 0:
                mutant.verdict = "killed"
                mutant.by = suite if code is not None else f"{suite}, by the clock"
                return
        mutant.verdict = "survived"
    finally:
        mutant.seconds = time.monotonic() - before
        with open(path, "w", encoding="utf-8") as target:
            target.write(original)


def work(mutants, jobs):
    base = os.path.join(WORK, "base")
    print("without a mutant:")
    limits = prepare(base)
    trees = queue.Queue()
    for job in range(jobs):
        tree = os.path.join(WORK, str(job + 1))
        shutil.rmtree(tree, ignore_errors=True)
        shutil.copytree(base, tree)  # with its times, so that nothing is built again
        trees.put(tree)

    def one(mutant):
        tree = trees.get()
        judge(mutant, tree, limits)
        trees.put(tree)
        print(f"{mutant.number:4} {mutant.verdict:9} {mutant.by:12} {mutant.seconds:5.0f} s  "
              f"{mutant.file}: {mutant.words}", flush=True)

    with concurrent.futures.ThreadPoolExecutor(jobs) as pool:
        list(pool.map(one, mutants))


def table(mutants):
    files = {}
    for mutant in mutants:
        counts = files.setdefault(mutant.file, [0, 0])
        counts[0] += 1
        counts[1] += mutant.verdict == "killed"
    print(f"\n{'file':32} mutants killed")
    for file, (count, killed) in files.items():
        print(f"{file:32} {count:7} {killed:6}")
    killed = sum(mutant.verdict == "killed" for mutant in mutants)
    print(f"{'all':32} {len(mutants):7} {killed:6}   {100 * killed / len(mutants):.1f} %")
    return killed


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--only", nargs="+", default=[""], metavar="TEXT")
    parser.add_argument("--first", type=int, default=1)
    parser.add_argument("--again", metavar="LOG", help="those that survived, by what it printed")
    parser.add_argument("--check", action="store_true")
    asked = parser.parse_args()
    mutants = [m for m in read_list()
               if any(text in f"{m.file}: {m.words}" for text in asked.only)
               and m.number >= asked.first]
    if asked.again:
        with open(asked.again, encoding="utf-8") as log:
            survived = [line for line in log if " survived " in line]
        mutants = [m for m in mutants
                   if any(line.rstrip().endswith(f"{m.file}: {m.words}") for line in survived)]
    check(mutants)
    if asked.check or not mutants:
        return 0 if mutants else 1
    work(mutants, asked.jobs)
    killed = table(mutants)
    status = 0 if killed >= ENOUGH * len(mutants) else 1
    for mutant in mutants:
        if mutant.verdict == "killed":
            if mutant.reason:
                print(f"{mutant.number} is killed, and a reason says that it survives")
        elif mutant.verdict != "survived" or not mutant.reason:
            print(f"{mutant.number} {mutant.verdict}: {mutant.file}: {mutant.words}")
            status = 1
    return status


if __name__ == "__main__":
    sys.exit(main())
