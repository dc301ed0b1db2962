"""Jobs from the request to the last byte of the log, as people and programs see them; a Python agent does the work."""

import base64
import hashlib
import json
import threading
import unittest

import harness
import python_agent


class Jobs(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.coordinator, cls.admin = harness.serving(cls)
        cls.agents = 0

    def setUp(self):
        """A pool and an agent of its own for each test, so that they do not take each other's jobs."""
        type(self).agents += 1
        self.name = f"edge-{self.agents}"
        self.assertEqual(self.admin.post("/api/v1/pools", {"name": self.name}).status, 201)

    def enrolled(self):
        token = self.admin.post("/api/v1/join-tokens", {"pool": self.name}).json["token"]
        agent = python_agent.Agent.enroll(self.coordinator.path / self.name,
                                          f"https://127.0.0.1:{self.coordinator.agent_port}", token, self.name)
        self.addCleanup(agent.close)
        return agent

    def job(self, script="true", **fields):
        made = self.admin.post("/api/v1/jobs", harness.shell_job(script, pool=self.name, **fields))
        self.assertEqual(made.status, 201, made)
        self.assertEqual(made.headers["Location"], "/api/v1/jobs/" + made.json["id"])
        return made.json["id"]

    def shown(self, job):
        return self.admin.get(f"/api/v1/jobs/{job}").json

    def received(self, agent):
        """The next order; a poll that only says what to forget is answered at once."""
        agent.poll()
        if not agent.attempts:
            agent.poll()
        self.assertEqual(len(agent.attempts), 1)
        return next(iter(agent.attempts.values()))

    def send_log(self, agent, attempt, offset, data):
        return agent.send("log", f"attempts/{attempt.id}/log?fence={attempt.fence}", data,
                          **{"Content-Type": "application/octet-stream", "Upload-Offset": str(offset)})

    def outcome(self, agent, attempt, log, result="succeeded", **fields):
        outcome = {"result": result, "summary": "", "exit_codes": [0], "log_length": len(log),
                   "log_sha256": hashlib.sha256(log).hexdigest(), "ended": python_agent.now(), "duration_ms": 1}
        agent.seq += 1
        return agent.send("control", "report", {"seq": agent.seq, "attempts": [
            {"id": attempt.id, "fence": attempt.fence, "outcome": outcome | fields}]})

    def test_a_job_that_asks_for_what_is_not_there_is_422_and_queues_nothing(self):
        before = len(harness.audited(self.admin))
        for reason, fields in {
                "unknown_task": {"tasks": [{"name": "a", "task": "nonsense@1"}]},
                "invalid_input": {"tasks": [{"name": "a", "task": "shell@1", "inputs": {"script": "x", "scrpt": "y"}}]},
                "artifact_missing": {"artifacts": [{"name": "nothing", "version": "1"}]},
                "pool_missing": {"pool": "nowhere"},
                "reserved_name": {"variables": {"slipway.fence": "1"}}}.items():
            with self.subTest(reason):
                answer = self.admin.post("/api/v1/jobs", harness.shell_job("true", **fields))
                self.assertEqual((answer.status, answer.reason), (422, reason), answer)
        for tasks in ([{"name": "a", "task": "shell@2", "inputs": {"script": "x"}}],
                      [{"name": "a", "task": "shell@1", "inputs": {}}],
                      [{"name": "a", "task": "http-check@1", "inputs": {"url": "http://x/", "expect": "many"}}]):
            self.assertEqual(self.admin.post("/api/v1/jobs", harness.shell_job("", tasks=tasks)).status, 422, tasks)
        self.assertEqual(len(harness.audited(self.admin)), before)

    def test_a_job_too_large_for_an_order_is_refused_and_one_just_under_it_reaches_the_agent(self):
        def large(bytes_in_all):
            count = 9
            script = {"script": "#" + "y" * (bytes_in_all // count)}
            return harness.shell_job("", pool=self.name, tasks=[
                {"name": str(number), "task": "shell@1", "inputs": script} for number in range(count)])
        refused = self.admin.post("/api/v1/jobs", large(720_896))
        self.assertEqual((refused.status, refused.reason), (413, "field_limit"))
        self.assertEqual(self.admin.post("/api/v1/jobs", large(720_000)).status, 201)
        attempt = self.received(self.enrolled())
        self.assertEqual(len(attempt.order["tasks"]), 9)
        self.assertLessEqual((attempt.directory / "attempt.json").stat().st_size, 2 ** 20)

    def test_lists_are_filtered_by_state_pool_agent_and_name(self):
        agent = self.enrolled()
        done = self.job(name="done")
        self.received(agent)
        agent.work()
        queued = [self.job(name="waits", demands=["never"]) for _ in range(3)]
        def listed(query):
            return [job["id"] for job in self.admin.get(f"/api/v1/jobs?pool={self.name}&{query}").json["items"]]
        self.assertEqual(listed("state=queued"), queued[::-1])
        self.assertEqual(listed("state=succeeded"), [done])
        self.assertEqual(listed("agent=" + self.name), [done])
        self.assertEqual(listed("name=waits&limit=2"), queued[:0:-1])
        self.assertEqual(listed("name=done&state=failed"), [])
        self.assertEqual(self.admin.get("/api/v1/jobs?state=sleeping").status, 400)

    def test_a_queued_job_says_why_it_waits(self):
        def waiting(job):
            return self.shown(job)["waiting"]
        first = self.job(demands=["gpu"])
        self.assertEqual(waiting(first), "pool_empty")
        agent = self.enrolled()
        self.assertIn(waiting(first), ("demand_unmet", "none_online"))
        other = self.job()
        attempt = self.received(agent)
        self.assertEqual(attempt.job, other)
        self.assertEqual(waiting(first), "demand_unmet")
        self.assertEqual(waiting(self.job()), "all_busy")
        self.assertEqual(self.admin.post(f"/api/v1/agents/{self.name}/disable").status, 200)
        self.assertEqual(waiting(first), "maintenance")
        self.assertEqual(self.admin.post(f"/api/v1/agents/{self.name}/enable").status, 200)
        self.assertEqual(waiting(first), "demand_unmet")

    def test_the_answer_to_a_creation_says_why_the_job_waits_if_it_does(self):
        def created(**fields):
            return self.admin.post("/api/v1/jobs", harness.shell_job("true", pool=self.name, **fields)).json["waiting"]
        self.assertEqual(created(demands=["gpu"]), "pool_empty")
        agent = self.enrolled()
        polling = threading.Thread(target=agent.poll)
        polling.start()
        contact = lambda: self.admin.get("/api/v1/agents/" + self.name).json["contact"]
        harness.wait_until(lambda: contact() == "online", "the agent is online")
        self.assertEqual(created(demands=["gpu"]), "demand_unmet")
        self.assertIsNone(created())  # it goes to the agent at once
        polling.join()
        self.assertEqual(created(), "all_busy")

    def test_an_agent_whose_line_closes_between_two_polls_is_offline(self):
        agent = self.enrolled()
        self.job()
        self.received(agent)
        contact = lambda: self.admin.get("/api/v1/agents/" + self.name).json["contact"]
        self.assertEqual(contact(), "online")
        agent.line("log").connect()
        agent.lines.pop("log").close()  # another line of his says nothing
        self.assertEqual(contact(), "online")
        agent.line("control").close()
        harness.wait_until(lambda: contact() == "offline", "the agent is offline")
        agent.report()
        agent.lines.pop("control").close()

    def test_marks_tell_when_the_bytes_of_a_log_were_written(self):
        agent, job = self.enrolled(), self.job()
        attempt = self.received(agent)
        agent.report()
        path = f"/api/v1/jobs/{job}/log/marks"
        def report(offset, data, marks):
            agent.seq += 1
            agent.send("control", "report", {"seq": agent.seq, "attempts": [
                {"id": attempt.id, "fence": attempt.fence, "log": {
                    "offset": offset, "base64": base64.b64encode(data).decode(), "marks": marks}}]})
        report(0, b"0123456789", [[0, 5], [4, 120], [99, 130]])
        self.assertEqual(self.admin.get(path).json,
                         {"attempt": attempt.id, "marks": [[0, 5], [4, 120]], "next_offset": None})
        self.send_log(agent, attempt, 10, b"x" * 1000)
        report(1010, b"", [[4, 120], [10, 300], [700, 400]])  # of bytes that went by themselves
        self.assertEqual(self.admin.get(path + "?offset=650").json["marks"], [[10, 300], [700, 400]])
        self.assertEqual(self.admin.get(path + f"?attempt={attempt.id}&offset=5").json["marks"],
                         [[4, 120], [10, 300], [700, 400]])
        self.assertEqual(self.admin.get(path + "?offset=-1").status, 400)
        self.outcome(agent, attempt, b"0123456789" + b"x" * 1000)
        report(1010, b"", [[900, 500]])  # the log is sealed by now
        self.assertEqual(self.admin.get(path + "?offset=900").json["marks"], [[700, 400], [900, 500]])

    def test_a_job_whose_agents_all_went_away_says_none_online(self):
        agent = self.enrolled()
        parked = agent.line("control")
        parked.request("POST", "/agent/v1/poll", json.dumps(agent.poll_request()), {"Content-Type": "application/json"})
        def contact():
            return self.admin.get("/api/v1/agents/" + self.name).json["contact"]
        harness.wait_until(lambda: contact() == "online", "the agent is online")
        agent.close()
        harness.wait_until(lambda: contact() == "offline", "the agent is offline")
        self.assertEqual(self.shown(self.job(demands=["bash"]))["waiting"], "none_online")

    def test_the_highest_priority_goes_first_and_the_oldest_of_it(self):
        low = self.job(priority=1)
        oldest, younger = self.job(priority=7), self.job(priority=7)
        agent, ran = self.enrolled(), []
        for _ in range(3):
            ran.append(self.received(agent).job)
            agent.work()
        self.assertEqual(ran, [oldest, younger, low])

    def test_a_log_is_read_by_ranges_while_it_grows_and_after(self):
        agent, job = self.enrolled(), self.job()
        attempt = self.received(agent)
        agent.report()
        self.send_log(agent, attempt, 0, b"0123456789")
        path = f"/api/v1/jobs/{job}/log"
        growing = self.admin.get(path)
        self.assertEqual((growing.status, growing.body, growing.headers["Slipway-Log-State"]),
                         (200, b"0123456789", "growing"))
        part = self.admin.get(path, Range="bytes=4-6")
        self.assertEqual((part.status, part.body), (206, b"456"))
        self.assertEqual(self.admin.get(path, Range="bytes=10-").status, 416)
        whole = b"0123456789abc"
        self.outcome(agent, attempt, whole)
        self.assertEqual(self.admin.get(path).headers["Slipway-Log-State"], "ended")
        self.assertEqual(self.shown(job)["state"], "succeeded")  # a result does not wait for the log
        self.send_log(agent, attempt, 10, b"abc")
        sealed = self.admin.get(path, Range="bytes=10-")
        self.assertEqual((sealed.body, sealed.headers["Slipway-Log-State"]), (b"abc", "sealed"))
        self.assertEqual(self.admin.get(f"{path}?attempt={attempt.id}").body, whole)
        self.assertEqual(self.admin.get(f"{path}?attempt={job}").status, 404)

    def test_followers_see_the_log_live_and_go_on_where_they_were(self):
        agent, job = self.enrolled(), self.job()
        path = f"/api/v1/jobs/{job}/log/events"
        early = harness.Follower(self.admin, path)  # waits for the first attempt
        harness.wait_until(lambda: "state" in early.kinds(), "the state before any attempt")
        attempt = self.received(agent)
        harness.wait_until(lambda: early.data("attempt"), "the attempt is told")
        self.assertEqual(early.data("attempt"), [{"attempt": attempt.id, "fence": attempt.fence}])
        agent.report()
        self.send_log(agent, attempt, 0, b"first ")
        harness.wait_until(lambda: early.log() == b"first ", "the first bytes")
        last_id = next(event["id"] for event in early.events if event["event"] == "log")
        self.assertEqual(last_id, f"{attempt.id}:6")
        late = harness.Follower(self.admin, path, Last_Event_ID=last_id)
        middle = harness.Follower(self.admin, path + "?offset=3")
        self.send_log(agent, attempt, 6, b"second")
        harness.wait_until(lambda: early.log() == b"first second", "the next bytes")
        self.outcome(agent, attempt, b"first second")
        for follower, expected in ((early, b"first second"), (late, b"second"), (middle, b"st second")):
            self.assertTrue(follower.over.wait(harness.PATIENCE_S))
            self.assertEqual(follower.log(), expected)
            end = follower.data("end")
            self.assertEqual([(end[0]["state"], end[0]["sealed"])], [("succeeded", True)])
            self.assertEqual(follower.kinds()[-1], "end")
            follower.close()

    def test_a_long_log_reaches_a_follower_byte_for_byte(self):
        agent, job = self.enrolled(), self.job("seq 1 100000")
        follower = harness.Follower(self.admin, f"/api/v1/jobs/{job}/log/events")
        attempt = self.received(agent)
        agent.work()
        self.assertTrue(follower.over.wait(harness.PATIENCE_S))
        self.assertEqual(follower.log(), attempt.log())
        follower.close()

    def test_cancelling_a_queued_job_ends_it_and_a_running_one_is_asked(self):
        queued = self.job()
        ended = self.admin.post(f"/api/v1/jobs/{queued}/cancel")
        self.assertEqual((ended.status, ended.json["state"]), (200, "canceled"))
        self.assertEqual(self.admin.post(f"/api/v1/jobs/{queued}/cancel").reason, "already_finished")
        agent, job = self.enrolled(), self.job()
        attempt = self.received(agent)
        agent.report()
        for _ in range(2):  # asking twice changes nothing
            asked = self.admin.post(f"/api/v1/jobs/{job}/cancel")
            self.assertEqual((asked.status, asked.json["state"]), (200, "canceling"))
        agent.poll()
        self.assertEqual(agent.cancels, [attempt.id])
        self.outcome(agent, attempt, b"", "canceled", reason="canceled_by_user")
        self.assertEqual((self.shown(job)["state"], self.shown(job)["reason"]), ("canceled", "canceled_by_user"))

    def test_retry_and_resolve_are_for_unknown_jobs_alone(self):
        agent, queued = self.enrolled(), self.job(demands=["never"])
        resolve = {"as": "succeeded", "reason": "seen on the host"}
        self.assertEqual(self.admin.post(f"/api/v1/jobs/{queued}/retry").reason, "not_unknown")
        self.assertEqual(self.admin.post(f"/api/v1/jobs/{queued}/resolve", resolve).reason, "not_unknown")
        self.assertEqual(self.admin.post(f"/api/v1/jobs/{queued}/release").reason, "not_held")
        job = self.job()
        attempt = self.received(agent)
        agent.refused = [{"attempt": attempt.id, "fence": attempt.fence}]
        agent.attempts.clear()
        self.job()  # so that the poll is answered at once
        agent.about["highest_fence"] = attempt.fence
        agent.poll()
        self.assertEqual(self.shown(job)["state"], "unknown")
        self.assertEqual(self.admin.post(f"/api/v1/jobs/{job}/resolve", {"as": "queued", "reason": "x"}).status, 400)
        resolved = self.admin.post(f"/api/v1/jobs/{job}/resolve", resolve)
        self.assertEqual((resolved.status, resolved.json["state"]), (200, "succeeded"))
        self.assertEqual(self.shown(job)["resolved"], {"by": "token:root", "reason": "seen on the host"})
        self.assertEqual(self.admin.post(f"/api/v1/jobs/{job}/retry").reason, "already_finished")
        late = self.outcome(agent, attempt, b"", "failed", reason="exit_code")["attempts"][0]
        self.assertEqual((late["outcome"], late["superseded"]), ("stored", True))
        self.assertEqual(self.shown(job)["state"], "succeeded")

    def test_there_is_one_audit_record_for_each_change(self):
        before = len(harness.audited(self.admin))
        job = self.job()
        self.admin.post(f"/api/v1/jobs/{job}/cancel")
        token = self.admin.post("/api/v1/join-tokens", {"pool": self.name}).json
        self.admin.ask("DELETE", "/api/v1/join-tokens/" + token["id"])
        self.admin.post("/api/v1/tokens", {"name": "audited-" + self.name, "role": "viewer"})
        self.admin.ask("DELETE", "/api/v1/tokens/audited-" + self.name)
        self.enrolled()
        self.admin.post(f"/api/v1/agents/{self.name}/disable")
        self.admin.post(f"/api/v1/agents/{self.name}/enable")
        self.admin.ask("DELETE", f"/api/v1/agents/{self.name}")
        self.admin.ask("DELETE", f"/api/v1/pools/{self.name}")
        for refused in ("/api/v1/pools/nowhere", "/api/v1/agents/nobody"):
            self.assertEqual(self.admin.ask("DELETE", refused).status, 404)
        records = harness.audited(self.admin)[before:]
        self.assertEqual([record["action"] for record in records],
                         ["job_created", "job_cancel_requested", "join_token_created", "join_token_revoked",
                          "token_created", "token_revoked", "join_token_created", "agent_enrolled", "agent_disabled",
                          "agent_enabled", "agent_deleted", "pool_deleted"])
        self.assertEqual([record["seq"] for record in records], list(range(before + 1, before + 13)))
        self.assertEqual(records[0]["object"], "job:" + job)
        self.assertEqual({record["actor"] for record in records}, {"token:root", "agent:" + self.name})
        self.assertEqual({record["address"] for record in records}, {"127.0.0.1"})
        self.assertEqual(len({record["hash"] for record in records}), 12)

    def test_a_pool_in_use_stays(self):
        job = self.job()
        self.assertEqual(self.admin.ask("DELETE", f"/api/v1/pools/{self.name}").status, 409)
        self.admin.post(f"/api/v1/jobs/{job}/cancel")
        self.assertEqual(self.admin.ask("DELETE", f"/api/v1/pools/{self.name}").status, 204)

    def test_what_an_agent_may_fetch_are_the_blobs_of_its_own_jobs(self):
        data = b"artifact of one agent"
        upload = self.admin.post("/api/v1/uploads", {"bytes": len(data)}).json["id"]
        self.admin.ask("PATCH", f"/api/v1/uploads/{upload}", data, Upload_Offset=0)
        digest = harness.sha256(data)
        self.admin.post("/api/v1/artifacts", {"name": self.name, "version": "1", "sha256": digest, "upload": upload})
        agent = self.enrolled()
        client = self.coordinator.agent_client((agent.state / "certificate.pem", agent.state / "key.pem"))
        self.assertEqual(client.get("/agent/v1/blobs/" + digest).reason, "blob_missing")
        self.job(artifacts=[{"name": self.name, "version": "1", "alias": "site"}])
        attempt = self.received(agent)
        self.assertEqual([(one["alias"], one["sha256"]) for one in attempt.order["artifacts"]], [("site", digest)])
        self.assertEqual(client.get("/agent/v1/blobs/" + digest).body, data)
        part = client.get("/agent/v1/blobs/" + digest, Range="bytes=9-")
        self.assertEqual((part.status, part.body), (206, data[9:]))
        self.assertEqual(client.get("/agent/v1/blobs/" + digest, Range="bytes=99-").status, 416)
        self.assertEqual(client.get("/agent/v1/blobs/" + "0" * 64).reason, "blob_missing")

    def test_events_of_a_log_in_base64_say_where_they_begin(self):
        agent, job = self.enrolled(), self.job()
        attempt = self.received(agent)
        agent.report()
        self.send_log(agent, attempt, 0, bytes(range(256)))
        follower = harness.Follower(self.admin, f"/api/v1/jobs/{job}/log/events")
        harness.wait_until(lambda: follower.data("log"), "the bytes")
        piece = follower.data("log")[0]
        self.assertEqual((piece["offset"], base64.b64decode(piece["base64"])), (0, bytes(range(256))))
        follower.close()


if __name__ == "__main__":
    unittest.main()
