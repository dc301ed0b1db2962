"""What happens on a deployment while its programs are killed, and the oracle that compares afterwards."""

import contextlib
import hashlib
import io
import os
import random
import signal
import tarfile
import time

from deployment import Deployment, Wrong, wait_until

ENDED = {"succeeded", "failed", "canceled"}
DAY_US = 24 * 3600 * 1_000_000
BIG_LINES = 52000  # 306,894 bytes: more than one piece of a bulk log


def numbers(first, last):
    return "".join(f"{n}\n" for n in range(first, last + 1)).encode()


def shell(name, script, **fields):
    return {"name": name, "task": "shell@1", "inputs": {"script": script}, **fields}


class Story:
    """Jobs with what they have to come to. `expected`: job id to (state, log of the first task or None)."""

    def __init__(self, deployment, attempts_die=False):
        self.d = deployment
        self.attempts_die = attempts_die  # a crash point of theirs was set
        self.unbegun = set()  # jobs that have to fail before their first task
        self.dead = set()  # jobs whose attempt process the test killed
        self.expected = {}
        self.artifacts = {}

    def run_job(self, name, script, state, log, tasks=(), **fields):
        first = shell("first", self.d.witness_script() + script)
        job = self.d.job({"name": name, "tasks": [first, *tasks], "timeout_s": 300, "cancel_grace_s": 1, **fields})
        self.expected[job] = (state, log)
        return job

    def push(self, version, content):
        self.d.push("docs", version, content)
        self.artifacts["docs", version] = content

    def use_artifact(self, version):
        check = shell("check", "sha256sum < site")
        return self.run_job("artifact " + version, "wc -c < site\n", "succeeded",
                            f"{len(self.artifacts['docs', version])}\n".encode(), [check],
                            artifacts=[{"name": "docs", "version": version, "alias": "site"}])

    def extract(self):
        """A tree is unpacked by a process under a task. Killed there, the task fails and nothing of the tree is in
        place; the next agent makes all of it."""
        d = self.d
        content = {f"pages/{n}": random.Random(n).randbytes(1000 * n) for n in range(4)}
        if ("tree", "1") not in self.artifacts:
            packed = io.BytesIO()
            with tarfile.open(fileobj=packed, mode="w:gz") as archive:
                for name, data in content.items():
                    entry = tarfile.TarInfo(name)
                    entry.size = len(data)
                    archive.addfile(entry, io.BytesIO(data))
            d.push("tree", "1", packed.getvalue())
            self.artifacts["tree", "1"] = packed.getvalue()
        (d.folder / "web").mkdir(exist_ok=True)
        task = {"name": "unpack", "task": "extract@1", "inputs": {"from": "tree", "to": "site", "existing": "replace"}}
        fails = bool(d.agent.at and d.agent.at.startswith("unpack."))
        job = self.run_job("extract", "echo here\n", "failed" if fails else "succeeded", b"here\n", [task],
                           artifacts=[{"name": "tree", "version": "1", "alias": "tree"}],
                           working_directory=str(d.folder / "web"))
        self.await_end(job)
        site = d.folder / "web" / "site"
        held = {str(f.relative_to(site)): f.read_bytes() for f in site.rglob("*") if f.is_file()}
        if held not in ({}, content) or (held != content and d.show(job)["state"] == "succeeded"):
            raise Wrong(f"the tree in place holds {sorted(held)}")
        if fails:
            d.agent.kill()  # with nothing planned for the next one
            wait_until(lambda: d.check() or d.agent.at is None, "the agent runs again")
            self.extract()
            left = sorted(f.name for f in (d.folder / "web").iterdir())
            if left != ["site"]:
                raise Wrong(f"beside the tree lie {left}")

    def begin(self):
        self.tokens = [self.d.call("POST", "/api/v1/tokens", {"name": "deployer", "role": "deployer"}, (201,))["token"]]
        self.d.call("POST", "/api/v1/pools", {"name": "other"}, (201,))

    def work(self):
        d = self.d
        self.begin()
        self.push("1", random.Random(1).randbytes(600_000))
        self.push("2", random.Random(2).randbytes(600_001))
        canceled = self.run_job("canceled", "sleep 100\n", "canceled", None)
        self.run_job("plain", "seq 1 100\n", "succeeded", numbers(1, 100), [shell("second", "seq 101 200")])
        self.run_job("big", f"seq 1 {BIG_LINES}\n", "succeeded", numbers(1, BIG_LINES))
        self.run_job("fails", "echo no; exit 3\n", "failed", b"no\n")
        one = self.use_artifact("1")
        self.give_up_things()
        wait_until(lambda: d.check() or d.show(canceled)["state"] in ("running", "unknown", *ENDED), "the long job runs")
        time.sleep(0.1)
        d.call("POST", f"/api/v1/jobs/{canceled}/cancel", expect=(200, 409))
        self.await_end(one)
        self.use_artifact("2")  # pushes the first one out of the agent's cache
        self.extract()
        self.await_all()

    def give_up_things(self):
        d = self.d
        d.push("gone", "1", b"bytes of an artifact that is deleted")
        d.call("DELETE", "/api/v1/artifacts/gone/1", expect=(204, 404))
        upload = d.call("POST", "/api/v1/uploads", {"bytes": 10}, (201,))["id"]
        d.call("DELETE", f"/api/v1/uploads/{upload}", expect=(204, 404))

    def renew(self):
        """At two thirds of 30 days; the agent learns the time from the answers to its polls."""
        self.d.coordinator.push_clock(21 * DAY_US)
        for n in range(4):
            self.await_end(self.run_job(f"renewal {n}", "echo here\n", "succeeded", b"here\n"))

    def rot(self, plan):
        """A byte of a log turns over on the coordinator's disk: the digest asks for all of it once more."""
        d = self.d
        go_on = d.folder / "go-on"
        job = self.run_job("rot", f"seq 1 1000\nwhile [ ! -e {go_on} ]; do sleep 0.02; done\n", "succeeded",
                           numbers(1, 1000))

        def files():
            d.check()
            attempts = d.show(job)["attempts"]
            found = (d.folder / "coordinator" / "logs").glob(f"*/{attempts[-1]['id']}.log") if attempts else ()
            return [file for file in found if file.stat().st_size == len(numbers(1, 1000))]

        file = wait_until(files, "the log is at the coordinator")[0]
        with d.coordinator.lock:
            d.coordinator.kill()
            content = bytearray(file.read_bytes())
            content[100] ^= 1
            file.write_bytes(content)
            d.coordinator.plan = list(plan)
            d.coordinator.start()
        go_on.touch()
        self.await_end(job)

    def dead_attempt(self, plan):
        """Link and attempt process are both killed while a task runs: the next link ends the attempt."""
        d = self.d
        before = set(d.witnessed())
        job = self.run_job("orphan", "exec sleep 100\n", "failed", b"")
        attempt = wait_until(lambda: d.check() or set(d.witnessed()) - before, "its task runs").pop()
        with d.agent.lock:
            d.agent.kill()
            for process in d.processes_with(b"\0attempt\0--wait\0"):
                with contextlib.suppress(ProcessLookupError):  # one that waited ends with its link
                    os.kill(process, signal.SIGKILL)
            d.agent.plan = list(plan)
            d.agent.start()
        self.await_all()
        self.dead.add(job)
        now = d.show(job)
        if now["reason"] != "attempt_process_died":
            raise Wrong(f"attempt {attempt} died with its link, and its job is {now['state']} ({now['reason']})")

    def state_of(self, job):
        self.d.check()
        return self.d.show(job)["state"]

    def await_end(self, job):
        wait_until(lambda: self.state_of(job) in (*ENDED, "unknown"), f"job {job} ends")

    def await_all(self):
        for job in self.expected:
            self.await_end(job)

    # --- the oracle ---

    def judge(self):
        d = self.d
        shown = {item["id"] for item in d.all_items("/api/v1/jobs")}
        if shown != set(self.expected):
            raise Wrong(f"jobs missing {set(self.expected) - shown}, jobs nobody asked for {shown - set(self.expected)}")
        lines = d.witnessed()
        twice = {line for line in lines if lines.count(line) > 1}
        if twice:
            raise Wrong(f"started twice: {twice}")
        known = set()
        for job, (state, log) in self.expected.items():
            known |= self.judge_job(job, state, log)
        if not set(lines) <= known:
            raise Wrong(f"started and not known: {set(lines) - known}")
        self.judge_rest()
        self.judge_agent()

    def judge_job(self, job, state, log):
        d = self.d
        now = d.show(job)
        if now["state"] == "unknown":
            d.call("POST", f"/api/v1/jobs/{job}/retry", expect=(200, 409))
            wait_until(lambda: self.state_of(job) in ENDED, f"job {job} ends after a retry")
            now = d.show(job)
        died = now["state"] == "failed" and now["reason"] in ("attempt_process_died", "start_failed")
        if died and not self.attempts_die and job not in self.dead:
            raise Wrong(f"job {now['name']}: {now['reason']}, and no attempt process was killed")
        if now["state"] != state and not died:
            raise Wrong(f"job {now['name']} {job} is {now['state']} ({now['reason']}, {now['summary']}), not {state}")
        for attempt in now["attempts"]:
            bad = set(attempt["flags"]) & {"log_gap", "log_mismatch", "log_tampered", "outcome_tampered"}
            if bad:
                raise Wrong(f"job {now['name']}: attempt {attempt['id']} is flagged {bad}")
        last = now["attempts"][-1] if now["attempts"] else None
        begun = last and last["id"] in d.witnessed()
        if begun and job in self.unbegun:
            raise Wrong(f"job {now['name']} began, and it had to fail before")
        if state in ("succeeded", "failed") and not died and not begun and job not in self.unbegun:
            raise Wrong(f"job {now['name']} is {now['state']}, and its attempt never began")
        if log is not None and last and begun:
            self.judge_log(job, last["id"], log, died)
        return {attempt["id"] for attempt in now["attempts"]}

    def judge_log(self, job, attempt, log, died):
        d = self.d

        def sealed():
            d.check()
            now = d.show(job)
            return next(a for a in now["attempts"] if a["id"] == attempt)["log_sealed"]

        wait_until(sealed, f"the log of {job} is sealed", 30)
        held = d.call("GET", f"/api/v1/jobs/{job}/log?attempt={attempt}", expect=(200, 416))
        fits = log.startswith(held[:len(log)]) if died else held.startswith(log)
        if not fits:
            raise Wrong(f"the log of {job} has {len(held)} bytes that differ from the {len(log)} the task wrote")

    def judge_rest(self):
        d = self.d
        for (name, version), content in self.artifacts.items():
            held = d.call("GET", f"/api/v1/artifacts/{name}/{version}/content")
            if hashlib.sha256(held).digest() != hashlib.sha256(content).digest():
                raise Wrong(f"artifact {name} {version} has other bytes")
        admin = d.token
        for token in self.tokens:
            d.token = token
            d.call("GET", "/api/v1/self")
        d.token = admin
        if "other" not in {pool["name"] for pool in d.call("GET", "/api/v1/pools")["items"]}:
            raise Wrong("a pool that was made is missing")

    def judge_agent(self):
        """Nothing is listed for ever; one agent, no conflict."""
        d = self.d

        def idle():
            d.check()
            agent = d.call("GET", "/api/v1/agents/web")
            if agent["status"] != "enabled":
                raise Wrong(f"the agent is {agent['status']}")
            return agent["contact"] == "online" and not agent["attempts"]

        wait_until(idle, "the agent is online and holds nothing", 60)


def ready(d, attempts_die=False):
    """Starts both sides of `d`; what the oracle asks for is there."""
    d.serve()
    d.bootstrap()
    d.enrol()
    d.agent.start()
    story = Story(d, attempts_die)
    story.begin()
    return story


def play(name, *, first=None, at_work=(), enrol=None, agent=(), renew=False, rot=None, dead_attempt=None, then=None):
    """One deployment from its first start to the oracle, killed where the arguments say. `then(story)` comes last.
    Returns what was passed, by file, and the points where nothing was killed."""
    d = Deployment(name.replace(".", "-").replace(":", "-"))
    keep = True
    try:
        d.coordinator.plan = [first]
        d.coordinator.crash_log = d.folder / "points-first"
        d.serve()
        d.bootstrap()
        with d.coordinator.lock:
            d.coordinator.kill()
            d.coordinator.crash_log = d.folder / "points-work"
            d.coordinator.plan = list(at_work)
            d.coordinator.start()
        d.enrol(enrol)
        d.agent.plan = list(agent)
        d.agent.start()
        story = Story(d, attempts_die=any(point.startswith(("attempt.", "os.", "run.")) for point in agent))
        story.work()
        if renew:
            story.renew()
        if rot is not None:
            story.rot(rot)
        if dead_attempt is not None:
            story.dead_attempt(dead_attempt)
        story.judge()
        d.check()
        if then:
            then(story)
        expected = [point for point in (first, *at_work, *agent, *(rot or ()), *(dead_attempt or ())) if point]
        died = d.coordinator.died_at + d.agent.died_at
        keep = False
        return d.points_reached(), [point for point in expected if point not in died]
    except Exception as error:
        raise Wrong(str(error) if isinstance(error, Wrong) else repr(error), d.folder) from error
    finally:
        d.close(keep)
