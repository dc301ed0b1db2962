"""The main job with the programs that ship: push, queue, run, follow, cancel; and what kill -9 leaves on each side."""

import hashlib
import io
import os
import pathlib
import random
import tarfile
import threading
import unittest

import harness
import real_agent

ENDED = ("succeeded", "failed", "canceled")


def process_state(number):
    """The letter of ps, or nothing for a process that is gone; one that only waits for its parent's look is gone."""
    try:
        state = pathlib.Path(f"/proc/{number}/stat").read_text().rsplit(")", 1)[1].split()[0]
    except OSError:
        return None
    return state if state not in "ZX" else None


class EndToEnd(unittest.TestCase):
    def setUp(self):
        self.coordinator, self.admin = harness.serving(self)
        self.agent = real_agent.RealAgent(self.coordinator, self.admin, "one")
        self.addCleanup(self.agent.close)

    def job(self, script="true", **fields):
        made = self.admin.post("/api/v1/jobs", harness.shell_job(script, **fields))
        self.assertEqual(made.status, 201, made)
        return made.json["id"]

    def shown(self, job):
        return self.admin.get(f"/api/v1/jobs/{job}").json

    def ended(self, job, seconds=harness.PATIENCE_S):
        over = lambda: (shown := self.shown(job))["state"] in ENDED and shown
        return harness.wait_until(over, "the job ends", seconds)

    def log(self, job):
        return self.admin.get(f"/api/v1/jobs/{job}/log")

    def sealed(self, job):
        return harness.wait_until(
            lambda: (log := self.log(job)).headers["Slipway-Log-State"] == "sealed" and log.body, "the log is sealed")

    def running(self, job):
        harness.wait_until(lambda: self.shown(job)["state"] == "running", "the job runs")

    def push(self, name, version, data):
        upload = self.admin.post("/api/v1/uploads", {"bytes": len(data)}).json["id"]
        self.assertEqual(self.admin.ask("PATCH", "/api/v1/uploads/" + upload, data, Upload_Offset=0).status, 200)
        body = {"name": name, "version": version, "sha256": harness.sha256(data), "upload": upload}
        self.assertEqual(self.admin.post("/api/v1/artifacts", body).status, 201)

    def test_an_artifact_is_pushed_unpacked_and_used_by_a_job_whose_log_comes_back(self):
        page = os.urandom(300_000)
        packed = io.BytesIO()
        with tarfile.open(fileobj=packed, mode="w:xz") as archive:
            info = tarfile.TarInfo("site/index.html")
            info.size = len(page)
            archive.addfile(info, io.BytesIO(page))
        self.push("docs", "1.0", packed.getvalue())
        job = self.job(artifacts=[{"name": "docs", "version": "1.0", "alias": "site"}], tasks=[
            {"name": "Unpack", "task": "extract@1",
             "inputs": {"from": "site", "to": "releases/$(artifacts.site.version)"}},
            {"name": "Use", "task": "shell@1",
             "inputs": {"script": 'sha256sum < "releases/$ARTIFACTS_SITE_VERSION/site/index.html"; exit 3'}}])
        follower = harness.Follower(self.admin, f"/api/v1/jobs/{job}/log/events")
        self.agent.start()
        shown = self.ended(job)
        self.assertEqual((shown["state"], shown["reason"]), ("failed", "exit_code"))
        self.assertEqual([task["exit_code"] for task in shown["attempts"][0]["tasks"]], [0, 3])
        self.assertIn(harness.sha256(page).encode(), self.sealed(job))
        self.assertTrue(follower.over.wait(harness.PATIENCE_S))
        self.assertEqual(follower.log(), self.log(job).body)
        follower.close()

    def test_a_million_lines_arrive_whole_while_the_link_is_killed_20_times(self):
        seed = random.randrange(2 ** 32)
        print(f"seed {seed}", end=" ", flush=True)
        chance = random.Random(seed)
        witness = self.coordinator.path / "witness"
        job = self.job(f'echo begun >> {witness}; i=0; while [ $i -lt 100 ]; do '
                       'seq $((i * 10000 + 1)) $((i * 10000 + 10000)); i=$((i + 1)); sleep 0.05; done')
        self.agent.start()
        self.running(job)
        for _ in range(20):
            threading.Event().wait(chance.uniform(0.02, 0.4))
            self.agent.kill()
            self.agent.start()
        shown = self.ended(job, 90)
        self.assertEqual(shown["state"], "succeeded", shown)
        self.assertEqual(witness.read_text(), "begun\n")
        lines = b"".join(b"%d\n" % number for number in range(1, 1_000_001))
        log = self.sealed(job)
        self.assertEqual(hashlib.sha256(log).hexdigest(), hashlib.sha256(lines).hexdigest())
        self.assertEqual(shown["attempts_made"], 1)
        self.assertEqual(shown["attempts"][0]["flags"], [])

    def test_a_coordinator_that_is_killed_under_a_running_job_hears_of_its_end(self):
        go_on = self.coordinator.path / "go-on"
        witness = self.coordinator.path / "witness"
        job = self.job(f"echo begun >> {witness}; echo before; until [ -e {go_on} ]; do sleep 0.02; done; echo after")
        self.agent.start()
        harness.wait_until(lambda: self.log(job).body == b"before\n", "the first line")
        for _ in range(3):
            self.coordinator.kill()
            self.coordinator.start()
        go_on.touch()
        shown = self.ended(job, 60)
        self.assertEqual((shown["state"], shown["attempts_made"]), ("succeeded", 1))
        self.assertEqual(self.sealed(job), b"before\nafter\n")
        self.assertEqual(witness.read_text(), "begun\n")

    def test_a_job_that_ends_while_the_link_is_dead_is_reported_by_the_next_one(self):
        go_on = self.coordinator.path / "go-on"
        done = self.coordinator.path / "done"
        job = self.job(f"echo before; until [ -e {go_on} ]; do sleep 0.02; done; echo after; touch {done}")
        self.agent.start()
        self.running(job)
        self.agent.kill()
        go_on.touch()
        harness.wait_until(done.exists, "the task goes on without its link")
        self.agent.start()
        self.assertEqual(self.ended(job)["state"], "succeeded")
        self.assertEqual(self.sealed(job), b"before\nafter\n")

    def test_a_cancelled_job_leaves_no_process_of_its_tree(self):
        pids = self.coordinator.path / "pids"
        job = self.job(f"(trap '' TERM INT; echo $BASHPID >> {pids}; while :; do sleep 600; done) & "
                       f"(setsid sh -c 'echo $$ >> {pids}; exec sleep 600') & echo $$ >> {pids}; sleep 600",
                       cancel_grace_s=1)
        self.agent.start()
        harness.wait_until(lambda: pids.exists() and len(pids.read_text().split()) == 3, "the tree has grown")
        self.assertEqual(self.admin.post(f"/api/v1/jobs/{job}/cancel").json["state"], "canceling")
        shown = self.ended(job)
        self.assertEqual((shown["state"], shown["reason"]), ("canceled", "canceled_by_user"))
        self.assertEqual({number: state for number in pids.read_text().split() if (state := process_state(number))}, {})

    def test_a_job_over_its_time_ends_as_timed_out(self):
        job = self.job("sleep 600", timeout_s=1, cancel_grace_s=0)
        self.agent.start()
        shown = self.ended(job)
        self.assertEqual((shown["state"], shown["reason"]), ("failed", "timed_out"))

    def test_a_task_that_replaces_the_log_by_a_link_and_writes_an_outcome_changes_neither(self):
        secret = self.coordinator.path / "secret"
        secret.write_text("not for the log\n")
        forged = '{"result":"succeeded","summary":"","exit_codes":[0],"log_length":0,"log_sha256":null,"duration_ms":0}'
        go_on = self.coordinator.path / "go-on"
        job = self.job(f"echo before; until [ -e {go_on} ]; do sleep 0.05; done; cd ..; mv log away; ln -s {secret} log; echo '{forged}' > outcome.json; "
                       "mv events gone; ln -s away events; echo after; exit 7")
        self.agent.start()
        harness.wait_until(lambda: self.log(job).body, "the link reads the log")
        go_on.touch()
        shown = self.ended(job)
        self.assertEqual((shown["state"], shown["reason"]), ("failed", "exit_code"))
        self.assertIn("outcome_tampered", shown["attempts"][0]["flags"])
        self.assertEqual(self.sealed(job), b"before\nafter\n")
        self.assertEqual(self.ended(self.job())["state"], "succeeded")

    def test_run_once_ends_after_one_job_with_its_result(self):
        for script, code in (("true", 0), ("exit 9", 1)):
            self.job(script)
            self.agent.start("--once")
            self.assertEqual(self.agent.process.wait(harness.PATIENCE_S), code, script)

    def control_groups(self):
        name = "slipway-agent-" + hashlib.sha256(str(self.agent.state).encode()).hexdigest()[:12]
        return list(pathlib.Path("/sys/fs/cgroup").glob("**/" + name))

    def test_an_agent_that_ends_leaves_no_process_and_no_control_group(self):
        self.agent.start()
        job = self.job("echo done")
        self.assertEqual(self.ended(job)["state"], "succeeded")
        self.assertEqual(self.agent.stop(), 0)
        self.assertEqual(self.agent.processes(), [])
        self.assertEqual(self.control_groups(), [], self.agent.log_file.read_text()[-2000:])

    def test_two_agents_of_a_pool_share_its_jobs_fairly(self):
        other = real_agent.RealAgent(self.coordinator, self.admin, "two")
        self.addCleanup(other.close)
        self.agent.start()
        other.start()
        for name in ("one", "two"):
            contact = lambda: self.admin.get("/api/v1/agents/" + name).json["contact"]
            harness.wait_until(lambda: contact() == "online", name + " is online")
        ran = [self.ended(self.job())["agent"] for _ in range(6)]
        self.assertEqual(sorted(ran), ["one"] * 3 + ["two"] * 3)

    def test_a_deleted_agent_takes_no_more_jobs(self):
        self.agent.start()
        self.assertEqual(self.ended(self.job())["state"], "succeeded")
        self.assertEqual(self.admin.ask("DELETE", "/api/v1/agents/one").status, 204)
        self.assertEqual(self.shown(self.job())["waiting"], "pool_empty")


if __name__ == "__main__":
    unittest.main()
