"""A coordinator that answers garbage to the agent: the agent stays alive, says what is wrong, waits longer each time,
loses nothing, and does its work as soon as the coordinator is sane."""

import base64
import collections
import json
import pathlib
import re
import subprocess
import tempfile
import time
import unittest

import fake_coordinator
import harness
import real_agent
from fake_coordinator import EMPTY, endless, http

ID = "0193501b-1000-7000-8000-0000000000c1"
OTHER_ID = "0193501b-0000-7000-8000-0000000000b1"
CHUNKED = (b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n")


def order_of(payload, payload_type="application/vnd.slipway.order.v1+json", fence=10 ** 6, **envelope):
    text = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
    document = {"payload": base64.b64encode(text).decode(), "payloadType": payload_type, "signatures": []} | envelope
    return {"attempt": ID, "fence": fence, "document": base64.b64encode(json.dumps(document).encode()).decode()}


def payload(**fields):
    return {"attempt": ID, "job": OTHER_ID, "fence": 10 ** 6, "agent": OTHER_ID,
            "created": "2026-11-21T12:00:00.000000Z", "name": "x", "timeout_s": 60, "cancel_grace_s": 10,
            "tasks": [{"name": "x", "task": "shell@1", "inputs": {"script": "touch /tmp/slipway-garbage"}}],
            "limits": {"log_bytes": 1, "events": 1}} | fields


def sane(_):
    """An answer to a poll that was held for a while."""
    time.sleep(0.6)
    return http(EMPTY)


# What is said, and what the agent's log says of it.
ANSWERS = {
    "no JSON": (lambda: http(b"hello"), "JSON"),
    "nothing": (lambda: http(b""), "JSON"),
    "half a document": (lambda: http(json.dumps(EMPTY).encode()[:-9]), "JSON"),
    "a list": (lambda: http(b"[]"), "object"),
    "no field": (lambda: http(b"{}"), "restore_epoch"),
    "a wrong type": (lambda: http(EMPTY | {"hold_s": "20"}), "hold_s"),
    "a negative number": (lambda: http(EMPTY | {"restore_epoch": -1}), "restore_epoch"),
    "orders that are a text": (lambda: http(EMPTY | {"orders": "none"}), "orders"),
    "a key twice": (lambda: http(b'{"restore_epoch":0,"restore_epoch":1}'), "restore_epoch"),
    "brackets": (lambda: http(b"[" * 100_000), "64"),
    "a page": (lambda: http(b"<html><body>It works!</body></html>"), "JSON"),
    "a page of a proxy": (lambda: http(b"<html>Bad gateway</html>", "502 Bad Gateway"), "502|no problem document"),
    "an answer that is too large": (lambda: http(b" " * 5_000_000), "larger than"),
    "an answer without an end": (lambda: endless(CHUNKED, b"10000\r\n" + b" " * 65536 + b"\r\n"), "larger than"),
    "a header without an end": (lambda: endless(b"HTTP/1.1 200 OK\r\n", b"A: " + b"b" * 1000 + b"\r\n"), "header"),
    "a field without an end": (lambda: endless(b"HTTP/1.1 200 OK\r\nA: ", b"b" * 10_000), "header"),
    "a line that closes half way": (lambda: http(EMPTY)[:-20] + b"", "broke|closed|ended|incomplete"),
    "a line that closes in a chunk": (lambda: CHUNKED + b"ffff\r\n{", "broke|closed|ended|incomplete"),
    "a line that closes": (lambda: b"", "^"),  # as a kept line may: that is no fault
    "a length that is none": (lambda: b"HTTP/1.1 200 OK\r\nContent-Length: many\r\n\r\n{}", "ength|HTTP"),
    "a chunk that is none": (lambda: CHUNKED + b"many\r\n{}", "chunk|HTTP"),
    "no HTTP": (lambda: b"SSH-2.0-OpenSSH_9.2\r\n", "HTTP"),
    "a status that is none": (lambda: b"HTTP/1.1 abc\r\n\r\n", "HTTP"),
    "a redirect": (lambda: http(b"", "302 Found", "Location: https://127.0.0.1:1/agent/v1/poll"), "302"),
    "an encoding": (lambda: http(b"\x1f\x8b\x08", "200 OK", "Content-Encoding: gzip"), "JSON"),
    "base64 that is none": (lambda: http(EMPTY | {"orders": [order_of({}) | {"document": "?"}]}), "document"),
    "a path as an id": (lambda: http(EMPTY | {"forget": ["../../journal"]}), "forget"),
    "control characters": (lambda: http({"status": 409, "detail": "\u001b[2J\n2026 error forged"}, "409 Conflict"),
                           re.escape(r"\\x1b[2J\\x0a2026 error forged")),
}

# Orders that agents do not carry out: each comes back as refused.
ORDERS = {
    "no order": order_of(b"hello"),
    "another type": order_of(payload(), "application/vnd.slipway.order.v9+json"),
    "an unknown field": order_of(payload(mood="good")),
    "an unknown field of the envelope": order_of(payload(), mood="good"),
    "another attempt": order_of(payload(attempt=OTHER_ID)),
    "another fence": order_of(payload(fence=7)),
    "no task": order_of(payload(tasks=[])),
    "201 tasks": order_of(payload(tasks=payload()["tasks"] * 201)),
    "a negative time-out": order_of(payload(timeout_s=-1)),
}


class Garbage(unittest.TestCase):
    """The coordinator is stopped while a job with a large log runs; in its place stands one that says garbage."""

    def setUp(self):
        self.coordinator, self.admin = harness.serving(self)
        self.agent = real_agent.RealAgent(self.coordinator, self.admin, "one")
        self.addCleanup(self.agent.close)
        self.agent.start()
        self.go_on = self.coordinator.path / "go-on"
        script = f"while [ ! -e {self.go_on} ]; do sleep 0.01; done; seq 1 60000; echo end"
        self.job = self.admin.post("/api/v1/jobs", harness.shell_job(script)).json["id"]
        harness.wait_until(lambda: self.shown()["state"] == "running", "the job runs")
        self.coordinator.stop()
        self.fake = fake_coordinator.FakeCoordinator(self.coordinator.state / "pki", self.coordinator.agent_port)
        self.addCleanup(self.fake.close)

    def shown(self):
        return self.admin.get("/api/v1/jobs/" + self.job).json

    def agent_log(self):
        return self.agent.log_file.read_text(errors="replace")

    def sane_again(self):
        """The real coordinator is back; the job ends as if nothing had been."""
        self.assertIsNone(self.agent.process.poll(), self.agent_log())
        self.fake.close()
        self.go_on.touch()
        self.coordinator.start()
        whole = "".join(f"{number}\n" for number in range(1, 60_001)).encode() + b"end\n"
        def sealed():
            log = self.admin.get(f"/api/v1/jobs/{self.job}/log")
            return log.headers["Slipway-Log-State"] == "sealed" and log.body
        # Polls, reports and logs may each wait for half a minute by now.
        self.assertEqual(harness.wait_until(sealed, "the log is here", 180), whole)
        shown = harness.wait_until(lambda: (now := self.shown())["state"] == "succeeded" and now, "the job ends")
        self.assertEqual((shown["attempts_made"], shown["attempts"][0]["flags"]), (1, []))
        after = self.admin.post("/api/v1/jobs", harness.shell_job("true")).json["id"]
        harness.wait_until(lambda: self.admin.get("/api/v1/jobs/" + after).json["state"] == "succeeded",
                           "the next job runs")

    def polled_after(self, *answers):
        """The request of the poll that follows these answers."""
        seen = len(self.fake.requests("poll"))
        if self.fake.parked:
            seen -= 1
        self.fake.say("poll", *answers)
        return self.fake.next_request("poll", seen + len(answers))

    def test_whatever_a_poll_is_answered_the_agent_says_what_is_wrong_and_asks_again(self):
        for name, (answer, said) in ANSWERS.items():
            with self.subTest(name):
                before = len(self.agent_log())
                asked = self.polled_after(answer())
                self.assertEqual([held["state"] for held in asked.json["attempts"]], ["running"])
                self.assertRegex(self.agent_log()[before:], said)
                self.polled_after(sane)  # the next wait is short again
        self.assertEqual(self.agent_log().count("\nforged"), 0)
        harness.wait_until(lambda: "online" in self.agent.call("status", check=False).stdout, "status says online")
        self.sane_again()

    def test_orders_that_make_no_sense_come_back_as_refused_and_nothing_of_them_is_done(self):
        witness = pathlib.Path("/tmp/slipway-garbage")
        for name, order in ORDERS.items():
            with self.subTest(name):
                asked = self.polled_after(http(EMPTY | {"orders": [order]}))
                self.assertEqual(asked.json["refused"], [{"attempt": ID, "fence": 10 ** 6}])
                self.assertEqual(len(asked.json["attempts"]), 1)
                self.polled_after(sane)
        cancel = {"attempt": ID, "fence": 7, "grace_s": 10}
        self.assertEqual(self.polled_after(http(EMPTY | {"cancels": [cancel]})).json["refused"],
                         [{"attempt": ID, "fence": 7}])
        self.polled_after(http(EMPTY | {"forget": [ID, self.fake.requests("poll")[-1].json["attempts"][0]["id"]]}))
        self.assertFalse(witness.exists())
        self.sane_again()

    def test_the_agent_does_not_hurry_whatever_it_is_told(self):
        self.go_on.touch()
        def judged(asked, **fields):
            return http({"restore_epoch": 0, "attempts": [
                {"id": said["id"], "log_offset": 0, "event_seq": 0} | fields for said in asked.json["attempts"]]})
        stuck = {"restore_epoch": 0, "log_offset": 0}
        def wrong(number):
            return http(stuck | {"status": 409, "reason": "wrong_offset", "log_offset": number}, "409 Conflict")
        for name, always in {
                "garbage": {"poll": http(b"hello"), "report": http(b"hello"), "log": http(b"hello")},
                "empty answers at once": {"poll": http(EMPTY), "report": judged, "log": http(stuck)},
                "nothing of what was reported": {"report": http({"restore_epoch": 0, "attempts": []}),
                                                 "log": wrong(0)},
                "events go back": {"report": lambda asked: judged(asked, event_seq=asked.at > 0), "log": wrong(70_000)},
                "offsets beyond the log": {"report": lambda asked: judged(asked, log_offset=2 ** 30),
                                           "log": wrong(2 ** 62)},
                "an older epoch": {"report": http({"restore_epoch": 0, "attempts": []}), "log": http(stuck)},
        }.items():
            with self.subTest(name):
                self.fake.always = always
                begun = time.monotonic()
                time.sleep(4)  # what is counted is what does not happen meanwhile
                counts = collections.Counter(asked.route for asked in self.fake.everything() if asked.at > begun)
                self.assertTrue(all(count <= 25 for count in counts.values()), counts)
        self.fake.always = {}
        self.sane_again()

    def test_reports_and_logs_are_sent_again_whatever_they_are_answered(self):
        self.go_on.touch()
        for name in ("no JSON", "a wrong type", "a line that closes half way", "an answer that is too large"):
            for route in ("report", "log"):
                self.fake.say(route, ANSWERS[name][0]())
        for route in ("report", "log"):
            self.fake.next_request(route, 4)
        self.assertRegex(self.agent_log(), "a report was not taken.*JSON")
        self.assertRegex(self.agent_log(), "a piece of a log was not taken.*JSON")
        self.sane_again()


class Enrolment(unittest.TestCase):
    def test_an_answer_to_enroll_that_is_garbage_enrols_nothing_and_the_token_stays_good(self):
        coordinator, admin = harness.serving(self)
        token = admin.post("/api/v1/join-tokens", {}).json["token"]
        url = f"https://127.0.0.1:{coordinator.agent_port}"
        coordinator.stop()
        fake = fake_coordinator.FakeCoordinator(coordinator.state / "pki", coordinator.agent_port)
        self.addCleanup(fake.close)
        state = pathlib.Path(tempfile.mkdtemp(dir=coordinator.path))
        def enroll():
            return subprocess.run([real_agent.AGENT, "enroll", "--state", str(state), "--url", url, "--token", token,
                                   "--name", "one"], capture_output=True, text=True, timeout=90, check=False)
        pem = (coordinator.state / "pki" / "ca.pem").read_text()
        made = {"restore_epoch": 0, "agent": ID, "name": "one", "pool": "default", "certificate": pem, "trust": pem}
        for name, answer in {**{name: answer for name, (answer, _) in ANSWERS.items()},
                             "a certificate of another key": lambda: http(made),
                             "no certificate": lambda: http(made | {"certificate": "none"})}.items():
            with self.subTest(name):
                fake.say("enroll", answer())
                done = enroll()
                self.assertIn(done.returncode, (3, 6), done)
                self.assertRegex(done.stderr, r"\Aslipway-agent enroll: \S")
                self.assertFalse((state / "agent.json").exists())
        fake.close()
        coordinator.start()
        done = enroll()
        self.assertEqual((done.returncode, done.stderr), (0, ""))


if __name__ == "__main__":
    unittest.main()
