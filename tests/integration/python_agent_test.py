"""The protocol as its page tells it: an agent that was written from PROTOCOL.md alone does its work."""

import base64
import json
import pathlib
import tempfile
import unittest

import harness
import python_agent


class PythonAgent(unittest.TestCase):
    def setUp(self):
        self.coordinator, self.admin = harness.serving(self)
        self.states = tempfile.TemporaryDirectory(prefix="slipway-python-agent-")
        self.addCleanup(self.states.cleanup)
        self.agent = self.enrolled("one")

    def join_token(self, **fields):
        made = self.admin.post("/api/v1/join-tokens", fields)
        self.assertEqual(made.status, 201, made)
        return made.json["token"]

    def enrolled(self, name):
        url = f"https://127.0.0.1:{self.coordinator.agent_port}"
        agent = python_agent.Agent.enroll(f"{self.states.name}/{name}", url, self.join_token(), name)
        self.addCleanup(agent.close)
        return agent

    def job(self, script, **fields):
        made = self.admin.post("/api/v1/jobs", harness.shell_job(script, **fields))
        self.assertEqual(made.status, 201, made)
        return made.json["id"]

    def shown(self, job):
        return self.admin.get(f"/api/v1/jobs/{job}").json

    def log(self, job):
        return self.admin.get(f"/api/v1/jobs/{job}/log")

    def received(self):
        """Polls until an order is here; answers its attempt."""
        self.agent.poll()
        self.assertEqual(len(self.agent.attempts), 1)
        return next(iter(self.agent.attempts.values()))

    def test_a_job_runs_from_the_join_token_to_forget(self):
        job = self.job("echo one; echo two >&2; echo fence $SLIPWAY_FENCE")
        attempt = self.received()
        self.agent.work()
        shown = self.shown(job)
        self.assertEqual(shown["state"], "succeeded")
        self.assertEqual(shown["agent"], "one")
        self.assertEqual([task["state"] for task in shown["attempts"][0]["tasks"]], ["succeeded"])
        self.assertEqual(shown["attempts"][0]["tasks"][0]["exit_code"], 0)
        log = self.log(job)
        self.assertEqual(log.body, f"one\ntwo\nfence {attempt.fence}\n".encode())
        self.assertEqual(log.headers["Slipway-Log-State"], "sealed")
        self.assertTrue(attempt.directory.exists())
        self.agent.poll()
        self.assertEqual(self.agent.attempts, {})
        self.assertFalse(attempt.directory.exists())

    def test_a_failed_task_ends_the_job_with_its_exit_code_and_skips_the_rest(self):
        tasks = [{"name": name, "task": "shell@1", "inputs": {"script": script}}
                 for name, script in (("First", "exit 7"), ("Second", "echo never"))]
        job = self.job("", tasks=tasks)
        self.received()
        self.agent.work()
        shown = self.shown(job)
        self.assertEqual((shown["state"], shown["reason"]), ("failed", "exit_code"))
        self.assertEqual([(task["state"], task["exit_code"]) for task in shown["attempts"][0]["tasks"]],
                         [("failed", 7), ("skipped", None)])
        self.assertEqual(self.log(job).body, b"")

    def test_a_server_that_is_not_the_one_the_token_names_hears_no_http(self):
        other, admin = harness.serving(self)
        token = admin.post("/api/v1/join-tokens", {}).json["token"]
        url = f"https://127.0.0.1:{self.coordinator.agent_port}"
        with self.assertRaisesRegex(ValueError, "another coordinator"):
            python_agent.Agent.enroll(f"{self.states.name}/wrong", url, token, "wrong")
        self.assertEqual(admin.get("/api/v1/join-tokens").json["items"][0]["state"], "open")

    def test_an_enrolment_whose_answer_was_lost_is_repeated_with_the_same_key(self):
        token = self.join_token()
        url = f"https://127.0.0.1:{self.coordinator.agent_port}"
        path = pathlib.Path(self.states.name) / "again"
        first = python_agent.Agent.enroll(path, url, token, "again")
        certificate = (path / "certificate.pem").read_text()
        second = python_agent.Agent.enroll(path, url, token, "again")
        self.assertEqual(second.about["agent"], first.about["agent"])
        self.assertEqual((path / "certificate.pem").read_text(), certificate)
        names = [agent["name"] for agent in self.admin.get("/api/v1/agents").json["items"]]
        self.assertEqual(sorted(names), ["again", "one"])

    def test_a_log_goes_on_after_a_409_where_the_coordinator_says(self):
        job = self.job("seq 1 200000")
        attempt = self.received()
        attempt.run()
        whole = attempt.log()
        self.assertGreater(len(whole), 4 * python_agent.LOG_CHUNK_BYTES)
        attempt.log_sent = 3 * python_agent.LOG_CHUNK_BYTES  # as after a coordinator that forgot: it holds nothing
        with self.assertRaises(python_agent.Refused) as caught:
            self.agent.send("log", f"attempts/{attempt.id}/log?fence={attempt.fence}", b"beyond",
                            **{"Content-Type": "application/octet-stream", "Upload-Offset": str(attempt.log_sent)})
        self.assertEqual((caught.exception.status, caught.exception.reason), (409, "wrong_offset"))
        self.assertEqual(caught.exception.document["log_offset"], 0)
        self.agent.ship_log(attempt)
        self.agent.report()
        self.assertEqual(self.log(job).body, whole)
        self.assertEqual(self.log(job).headers["Slipway-Log-State"], "sealed")
        self.assertEqual(self.shown(job)["attempts"][0]["flags"], [])

    def test_a_new_process_of_the_agent_ships_what_the_old_one_left_on_the_disk(self):
        job = self.job("seq 1 100000")
        attempt = self.received()
        attempt.run()
        half = attempt.log()[:200_000]
        self.agent.send("log", f"attempts/{attempt.id}/log?fence={attempt.fence}", half,
                        **{"Content-Type": "application/octet-stream", "Upload-Offset": "0"})
        self.agent.close()
        self.agent = python_agent.Agent(self.agent.state)
        self.addCleanup(self.agent.close)
        self.agent.work()
        self.assertEqual(self.log(job).body, attempt.log())
        self.assertEqual(self.shown(job)["state"], "succeeded")
        self.agent.poll()
        self.assertEqual(self.agent.attempts, {})

    def test_a_poll_whose_answer_was_lost_brings_the_same_order_again(self):
        job = self.job("echo once")
        lost = self.agent.send("control", "poll", self.agent.poll_request())
        self.assertEqual(len(lost["orders"]), 1)
        self.agent.close()
        again = self.agent.send("control", "poll", self.agent.poll_request())
        self.assertEqual(again["orders"], lost["orders"])
        self.assertEqual(len(self.shown(job)["attempts"]), 1)
        self.agent.take(again)
        self.agent.work()
        self.assertEqual(self.log(job).body, b"once\n")
        self.assertEqual(self.shown(job)["attempts_made"], 1)

    def test_the_same_poll_sent_twice_is_answered_empty_and_changes_nothing(self):
        self.job("true")
        request = self.agent.poll_request()
        self.assertEqual(len(self.agent.send("control", "poll", request)["orders"]), 1)
        again = self.agent.send("control", "poll", request)
        self.assertEqual((again["orders"], again["cancels"], again["forget"]), ([], [], []))

    def test_the_same_report_sent_twice_doubles_nothing(self):
        job = self.job("echo once")
        attempt = self.received()
        attempt.run()
        request = self.agent.report_request()
        first = self.agent.send("control", "report", request)
        self.agent.close()
        second = self.agent.send("control", "report", request)
        third = self.agent.send("control", "report", request | {"seq": request["seq"] + 1})
        self.agent.seq += 1
        for answer in (first, second, third):
            judged = answer["attempts"][0]
            self.assertEqual((judged["log_offset"], judged["event_seq"], judged["outcome"]), (5, 2, "stored"))
        self.assertEqual(self.log(job).body, b"once\n")
        self.assertEqual(len(self.shown(job)["attempts"][0]["tasks"]), 1)
        self.agent.take_report(third)
        self.agent.poll()
        self.assertEqual(self.agent.attempts, {})

    def test_a_log_whose_answer_was_lost_is_sent_again_and_not_doubled(self):
        job = self.job("seq 1 20000")
        attempt = self.received()
        attempt.run()
        piece = attempt.log()[:50_000]
        for _ in range(2):
            try:
                answer = self.agent.send("log", f"attempts/{attempt.id}/log?fence={attempt.fence}", piece,
                                         **{"Content-Type": "application/octet-stream", "Upload-Offset": "0"})
                self.assertEqual(answer["log_offset"], 50_000)
            except python_agent.Refused as refused:
                self.assertEqual((refused.reason, refused.document["log_offset"]), ("wrong_offset", 50_000))
            self.agent.close()
        self.agent.ship_log(attempt)
        self.agent.report()
        self.assertEqual(self.log(job).body, attempt.log())

    def test_the_order_on_the_disk_is_the_document_of_the_wire(self):
        self.job("true", variables={"port": "8088"})
        answer = self.agent.send("control", "poll", self.agent.poll_request())
        self.agent.take(answer)
        attempt = next(iter(self.agent.attempts.values()))
        document = base64.b64decode(answer["orders"][0]["document"])
        self.assertEqual((attempt.directory / "attempt.json").read_bytes(), document)
        envelope = json.loads(document)
        self.assertEqual((envelope["payloadType"], envelope["signatures"]),
                         ("application/vnd.slipway.order.v1+json", []))
        self.assertEqual(attempt.order["variables"], {"port": "8088"})
        self.assertEqual(attempt.order["agent"], self.agent.about["agent"])

    def test_a_cancel_before_the_job_began_means_that_it_never_starts(self):
        job = self.job("touch " + self.states.name + "/witness")
        self.received()
        self.assertEqual(self.admin.post(f"/api/v1/jobs/{job}/cancel").status, 200)
        self.agent.poll()
        self.agent.work()
        self.assertEqual(self.shown(job)["state"], "canceled")
        self.assertFalse((pathlib.Path(self.states.name) / "witness").exists())


class Size(unittest.TestCase):
    def test_the_page_is_enough_in_300_lines(self):
        self.assertLessEqual(len(pathlib.Path(python_agent.__file__).read_text().splitlines()), 300)


if __name__ == "__main__":
    unittest.main()
