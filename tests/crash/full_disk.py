"""The disk of one side is full: what is small and matters still works, what is large is refused, and nothing is lost."""

import hashlib
import http.client
import json
import random

from deployment import Deployment, Wrong, wait_until
from disk import MIB, Refused
from story import ENDED, numbers, ready, shell

PIECE = MIB // 2
NEARLY_FULL = 16 * MIB  # less than the reserve, more than what a few commits take


def answered(d, method, path, **request):
    """(status, body) of a request that is sent until it has an answer."""
    def sent():
        d.check()
        try:
            return d.once(method, path, **request)[:2]
        except (OSError, http.client.HTTPException):
            return None

    status, body = wait_until(sent, f"{method} {path} is answered")
    return status, json.loads(body)


def refused(d, method, path, **request):
    status, problem = answered(d, method, path, **request)
    if status != 507 or "make room" not in problem["detail"] + problem.get("hint", ""):
        raise Wrong(f"{method} {path} on a full disk: {status} {problem}")


class Push:
    def __init__(self, d, content):
        self.d, self.content = d, content
        self.path = "/api/v1/uploads/" + d.call("POST", "/api/v1/uploads", {"bytes": len(content)}, (201,))["id"]

    def offset(self):
        return self.d.call("GET", self.path)["offset"]

    def send(self):
        offset = self.offset()
        # A client that writes all of it before it reads might meet a closed line instead of the refusal.
        return {"raw": self.content[offset:offset + PIECE],
                "headers": {"Upload-Offset": str(offset), "Content-Type": "application/octet-stream"}}

    def end(self, name, version):
        while self.offset() < len(self.content):
            status, answer = answered(self.d, "PATCH", self.path, **self.send())
            if status not in (200, 409):
                raise Wrong(f"a push cannot go on when there is room again: {status} {answer}")
        self.d.call("POST", "/api/v1/artifacts", {"name": name, "version": version, "upload": self.path.split("/")[-1],
                                                  "sha256": hashlib.sha256(self.content).hexdigest()}, (200, 201))


def meets_the_end(d, push):
    """Whatever of it found room is kept, and was not counted twice: its digest decides at the end."""
    for _ in range(100):
        before = push.offset()
        status, answer = answered(d, "PATCH", push.path, **push.send())
        if status == 507:
            return
        if status not in (200, 409) or push.offset() < before:
            raise Wrong(f"a push that meets a full disk: {status} {answer}")
    raise Wrong("a push never met the end of the disk")


def work_on_a_full_coordinator(d, disk, story):
    go_on = d.folder / "go-on"
    talks = story.run_job("talks", f"seq 1 1000\nwhile [ ! -e {go_on} ]; do sleep 0.02; done\nseq 1001 2000\n",
                          "succeeded", numbers(1, 2000))
    canceled = story.run_job("canceled", "exec sleep 100\n", "canceled", None)
    push = Push(d, random.Random(1).randbytes(20 * MIB))
    wait_until(lambda: [story.state_of(job) for job in (talks, canceled)] == ["running"] * 2, "both jobs run")
    wait_until(lambda: d.call("GET", f"/api/v1/jobs/{talks}/log", expect=(200, 404, 416)) == numbers(1, 1000),
               "the first half of the log is here")

    disk.fill(leave=12 * MIB)
    meets_the_end(d, push)
    story.tokens.append(d.call("POST", "/api/v1/tokens", {"name": "late", "role": "viewer"}, (201,))["token"])
    wait_until(lambda: d.check() or not (disk.folder / "reserve").exists(), "the reserve is given back", 20)
    disk.fill(leave=NEARLY_FULL)

    held, jobs = push.offset(), len(d.all_items("/api/v1/jobs"))
    refused(d, "PATCH", push.path, **push.send())
    refused(d, "POST", "/api/v1/jobs", body={"name": "refused", "tasks": [shell("first", "true")]})
    refused(d, "POST", "/api/v1/uploads", body={"bytes": 1})
    if (push.offset(), len(d.all_items("/api/v1/jobs"))) != (held, jobs):
        raise Wrong("what was refused changed something")
    d.call("POST", f"/api/v1/jobs/{canceled}/cancel", expect=(200,))
    go_on.touch()
    for job, state in ((canceled, "canceled"), (talks, "succeeded")):
        wait_until(lambda job=job: story.state_of(job) in ENDED, f"the outcome of {job} finds room")
        if story.state_of(job) != state:
            raise Wrong(f"a job is {story.state_of(job)} on a full disk, not {state}")
    d.coordinator.kill()  # it starts on a full disk, too
    d.call("GET", "/api/v1/self")
    refused(d, "PATCH", push.path, **push.send())

    disk.make_room()
    push.end("big", "1")
    story.artifacts["big", "1"] = push.content
    story.await_end(story.run_job("afterwards", "seq 1 10\n", "succeeded", numbers(1, 10)))


def work_on_a_full_agent(d, disk, story):
    reserve = disk.folder / "reserve"
    push = random.Random(2).randbytes(5 * MIB)
    d.push("docs", "1", push)
    story.artifacts["docs", "1"] = push
    wait_until(lambda: d.check() or reserve.exists(), "the agent has its reserve")

    full = story.run_job("fills", "dd if=/dev/zero of=fill bs=65536 2> /dev/null; exit 7\n", "failed", b"")
    story.await_end(full)
    wait_until(lambda: d.check() or reserve.exists(), "what the task wrote is gone, and the reserve is there again")
    story.await_end(story.run_job("again", "seq 1 100\n", "succeeded", numbers(1, 100)))

    # More than the mark below which the reserve goes, less than the artifact with its copy.
    story.await_end(story.run_job("first", "seq 1 10\n", "succeeded", numbers(1, 10)))
    disk.fill(leave=4 * MIB)
    fetches = story.run_job("fetches", "true\n", "failed", None, artifacts=[{"name": "docs", "version": "1", "alias": "site"}])
    story.unbegun.add(fetches)
    story.await_end(fetches)
    reason = d.show(fetches)["reason"]
    if reason != "disk_full":
        raise Wrong(f"an artifact met a full disk, and its job says {reason}")
    disk.fill()
    d.agent.kill()  # it starts on a full disk, too
    story.await_end(story.run_job("from the reserve", "seq 1 10\n", "succeeded", numbers(1, 10)))
    disk.make_room()
    story.await_end(story.run_job("afterwards", "seq 1 10\n", "succeeded", numbers(1, 10)))
    wait_until(lambda: d.check() or reserve.exists(), "the reserve is there again")


def play(side, point=None):
    """With a point, the program is killed there. What was passed, by file, and whether it was killed."""
    d = Deployment(f"full-{side}")
    keep = True
    try:
        disk = d.small_disk(side)
        program = d.coordinator if side == "coordinator" else d.agent
        program.plan = [point]
        story = ready(d, attempts_die=side == "agent" and point is not None)
        (work_on_a_full_coordinator if side == "coordinator" else work_on_a_full_agent)(d, disk, story)
        story.judge()
        keep = False
        return d.points_reached(), point is None or point in program.died_at
    except Refused:
        keep = False
        raise
    except Exception as error:
        raise Wrong(str(error) if isinstance(error, Wrong) else repr(error), d.folder) from error
    finally:
        d.close(keep)
