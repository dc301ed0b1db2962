"""Kills each program of the crash preset at each of its crash points, restarts it and compares; then at random moments.

    python3 tests/crash/run.py [--seed N] [--kills N] [--only TEXT]     SLIPWAY_CRASH_BIN and SLIPWAY_BIN name the programs
"""

import argparse
import concurrent.futures
import io
import os
import pathlib
import random
import signal
import subprocess
import tarfile
import tempfile
import threading
import time

import disk
import full_disk as full_disk_story
import load
import points
import story
import time_and_line
from deployment import BIN, Wrong

AT_ONCE = 2
KILLS_PER_SIDE = 200
RELEASE = pathlib.Path(os.environ.get("SLIPWAY_BIN", "build/release/bin"))

# Points that are passed again and again: killed at later passes too.
LATER = {
    "points-first": {"desk.commit_after": (2,), "store.commit_after": (2,)},
    "points-work": {"desk.commit_before": (2, 5, 9, 14), "desk.commit_after": (2, 5, 9, 14), "store.commit_after": (3, 7, 12),
                    "blobs.log_sync_before": (2, 4), "blobs.log_sync_after": (2, 4), "blobs.events_sync_after": (2, 4)},
    "points-agent": {"journal.write_before": (2, 4), "journal.sync_before": (2, 4), "journal.sync_after": (2, 4),
                     "link.report_before": (2, 4), "link.report_after": (2, 4), "link.poll_before": (2, 5),
                     "link.poll_after": (2, 4), "link.go_after": (2, 4), "link.forget_before": (3,), "link.log_after": (2,),
                     "attempt.event_written": (2, 3), "fetch.piece_after": (2,)},
}
# The link finds a dead attempt when it starts, and is killed while it ends that.
DEAD_ATTEMPT = ("link.outcome_before", "link.outcome_after", "run.outcome_before", "run.outcome_durable",
          "run.attempt_before_remade", "run.attempt_remade")
# Passed only when a disk is full.
FULL_DISK = ("reserve.release_before", "reserve.release_after")
RENEWAL = ("link.renewal_", "identity.")


class Tests:
    def __init__(self, only):
        self.only, self.reached = only, set()
        self.counts = {"ok": 0, "FAILED": 0, "skipped": 0}
        self.lock = threading.Lock()

    def run(self, name, test, always=False):
        if self.only and not always and self.only not in name:
            return
        began = time.monotonic()
        try:
            told, result = test() or "", "ok"
        except disk.Refused as error:
            told, result = f"no file system can be mounted here: {error}", "skipped"
        except Wrong as error:
            told, result = str(error), "FAILED"
        except Exception as error:  # each failure is one line, the rest goes on
            told, result = repr(error), "FAILED"
        with self.lock:
            self.counts[result] += 1
            print(f"{result} {name} ({time.monotonic() - began:.1f} s){': ' + told if told else ''}", flush=True)

    def add(self, reached):
        with self.lock:
            for names in reached.values():
                self.reached |= names


def scenario(tests, name, **plan):
    def test():
        reached, missed = story.play(name, **plan)
        tests.add(reached)
        if missed:
            raise Wrong(f"{missed}: nothing was killed there")
    return test


def unpack_at(tests, point):
    """The unpacker is killed: what is there is nothing or all, and a second run makes all of it."""
    with tempfile.TemporaryDirectory(prefix="slipway-crash-unpack-") as folder:
        folder = pathlib.Path(folder)
        content = {f"d/{n}": os.urandom(1000 * n) for n in range(5)}
        with tarfile.open(folder / "a.tar.gz", "w:gz") as archive:
            for name, data in content.items():
                entry = tarfile.TarInfo(name)
                entry.size = len(data)
                archive.addfile(entry, io.BytesIO(data))
        there = folder / ("to/there" if point.endswith("_of_parents") else "there")
        command = [BIN / "slipway-agent", "unpack", "--from", folder / "a.tar.gz", "--into", there]
        environment = {"PATH": "/usr/bin:/bin", "SLIPWAY_CRASH_LOG": str(folder / "points")}
        killed = subprocess.run(command, env={**environment, "SLIPWAY_CRASH_AT": point}, capture_output=True, timeout=60)
        if killed.returncode != -signal.SIGKILL:
            raise Wrong(f"not killed: {killed.returncode} {killed.stderr[:300]}")
        tests.add({"points": set((folder / "points").read_text().split())})

        def held():
            return {str(f.relative_to(there)): f.read_bytes() for f in there.rglob("*") if f.is_file()}

        if there.exists() and held() not in ({}, content):
            raise Wrong(f"half a tree is in place: {sorted(held())}")
        if not there.exists() or not held():
            again = subprocess.run(command, env=environment, capture_output=True, timeout=60)
            if again.returncode != 0:
                raise Wrong(f"the second run ended with {again.returncode}: {again.stderr[:300]}")
        if held() != content:
            raise Wrong("the tree differs")
        left = [str(f.relative_to(folder)) for above in {folder, there.parent} for f in above.iterdir()
                if f.name not in ("a.tar.gz", "points", "to", "there")]
        if left and "after_rename" not in point and point != "unpack.after_folder_sync":
            raise Wrong(f"left over: {left}")


def release_holds_no_name(names):
    for program in points.PROGRAMS:
        held = points.in_program(RELEASE / program, names)
        if held:
            raise Wrong(f"{RELEASE / program} holds {held}")


def crash_programs_hold_all(names):
    held = {name for program in points.PROGRAMS for name in points.in_program(BIN / program, names)}
    if held != set(names):
        raise Wrong(f"in the sources and in no program of the crash preset: {sorted(set(names) - held)}")


def all_are_reached(names, reached, but):
    missing = sorted(set(names) - reached - set(but))
    if missing:
        raise Wrong(f"no scenario reaches {[f'{n} ({names[n]})' for n in missing]}")


def all_scenarios(tests, files):
    """(name, test) of each point of each program, from what an undisturbed run passed."""
    def of(file):
        for point in sorted(files.get(file, ())):
            yield point
            for n in LATER.get(file, {}).get(point, ()):
                yield f"{point}:{n}"

    for point in of("points-first"):
        yield f"first start, {point}", scenario(tests, f"first-{point}", first=point)
    for point in of("points-work"):
        yield f"coordinator, {point}", scenario(tests, f"work-{point}", at_work=[point])
    for point in of("points-enroll"):
        yield f"enrolment, {point}", scenario(tests, f"enrol-{point}", enrol=point)
    for point in of("points-agent"):
        yield f"agent, {point}", scenario(tests, f"agent-{point}", agent=[point], renew=point.startswith(RENEWAL))
    for point in DEAD_ATTEMPT:
        yield f"agent after a dead attempt, {point}", scenario(tests, f"dead-{point}", dead_attempt=[point])
    for point in ("blobs.log_restart_before", "blobs.log_restart_after"):
        yield f"coordinator, {point}", scenario(tests, f"rot-{point}", rot=[point])
    for point in (name for name in points.in_sources() if name.startswith("unpack.")):
        yield f"unpacker, {point}", lambda point=point: unpack_at(tests, point)


def full_disk(tests, side, point=None):
    def test():
        reached, killed = full_disk_story.play(side, point)
        tests.add(reached)
        if not killed:
            raise Wrong(f"{point}: nothing was killed there")
    return test


def passes(tests, play):
    return lambda: tests.add(play())


def random_kills(tests, seed, kills):
    killed, ran, reached = load.play(seed, kills)
    tests.add(reached)
    return f"seed {seed}: {killed} kills, {ran} attempts ran"


def oracle_notices(was):
    """What the oracle is for, done to a deployment that it found in order."""
    d = was.d

    def notices(what):
        try:
            was.judge()
        except Wrong:
            return
        raise Wrong(f"the oracle does not notice {what}")

    job, (state, log) = next((j, e) for j, e in was.expected.items() if e[0] == "succeeded")
    for wrong, what in (((state, log + b"x"), "a log that is too short"), (("failed", log), "a job that ended otherwise")):
        was.expected[job] = wrong
        notices(what)
    was.expected[job] = (state, log)
    was.expected["01a1fe97-0000-7000-8000-000000000000"] = (state, log)
    notices("a job that is gone")
    del was.expected["01a1fe97-0000-7000-8000-000000000000"]
    was.tokens.append("slt_" + "0" * 32 + "_gone")
    notices("a token that is gone")
    was.tokens.pop()
    lines = d.witness.read_text()
    d.witness.write_text(lines + lines.split()[0] + "\n")
    notices("an attempt that started twice")


def undisturbed(tests):
    """What is passed where nothing is killed; the oracle is tried on it."""
    files = {}

    def test():
        reached, _ = story.play("undisturbed", renew=True, then=oracle_notices)
        files.update(reached)
        tests.add(reached)

    tests.run("nothing is killed, and the oracle notices what is done to it", test, always=True)
    return files


def main():
    options = argparse.ArgumentParser()
    options.add_argument("--seed", type=int, default=random.SystemRandom().randrange(1 << 32))
    options.add_argument("--kills", type=int, default=KILLS_PER_SIDE)
    options.add_argument("--only", default="")
    asked = options.parse_args()
    tests = Tests(asked.only)
    names = points.in_sources()
    print(f"{len(names)} crash points in the sources, seed {asked.seed}", flush=True)
    tests.run("the release programs hold none of the names", lambda: release_holds_no_name(names))
    tests.run("the crash programs hold all of the names", lambda: crash_programs_hold_all(names))
    files = undisturbed(tests)
    with concurrent.futures.ThreadPoolExecutor(AT_ONCE) as pool:
        pool.submit(tests.run, "random kills under load", lambda: random_kills(tests, asked.seed, asked.kills))
        for side in ("coordinator", "agent"):
            for point in (None, *FULL_DISK):
                pool.submit(tests.run, f"{side} with a full disk" + (f", {point}" if point else ""),
                            full_disk(tests, side, point))
        pool.submit(tests.run, "the line is cut for longer than a lease", passes(tests, time_and_line.cut_line))
        for days, where in ((365, "a year ahead"), (-365, "a year behind")):
            pool.submit(tests.run, f"the agent's clock is {where}", passes(tests, time_and_line.clock_off(days)))
        for name, test in all_scenarios(tests, files):
            pool.submit(tests.run, name, test)
    if not asked.only:
        but = FULL_DISK if tests.counts["skipped"] else ()
        tests.run("every point is reached by a scenario", lambda: all_are_reached(names, tests.reached, but))
    passed, failed, skipped = tests.counts.values()
    print(f"{passed} passed, {failed} failed, {skipped} skipped")
    return 0 if failed == 0 and passed > 0 else 1


if __name__ == "__main__":
    raise SystemExit(main())
