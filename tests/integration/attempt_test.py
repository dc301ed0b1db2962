"""The attempt process as a process: what kills it and what does not, and what it leaves."""

import http.server
import io
import os
import pathlib
import re
import signal
import subprocess
import tarfile
import threading
import unittest

from attempt_process import Host, sha256, shell, wait_until

RELEASE = os.path.join(os.environ["SLIPWAY_BIN"], "slipway-agent")
CRASH = os.path.join(os.environ["SLIPWAY_CRASH_BIN"], "slipway-agent")
ROOT = pathlib.Path(__file__).parents[2]


class AttemptProcess(unittest.TestCase):
    def setUp(self):
        self.host = Host(RELEASE)
        self.addCleanup(self.host.close)

    def test_a_job_runs_from_order_to_outcome(self):
        order = self.host.order([shell("echo hello")])
        self.assertEqual(self.host.run(order), 0)
        outcome = self.host.outcome(order)
        self.assertEqual(outcome["result"], "succeeded")
        self.assertEqual(self.host.log(order), b"hello\n")
        self.assertEqual(outcome["log_sha256"], sha256(b"hello\n"))
        self.assertEqual((self.host.directory(order) / "attempt.json").read_bytes(), self.host.document(order))

    def test_a_task_sees_nothing_of_the_agent(self):
        order = self.host.order([shell("env; echo; ls /proc/self/fd; umask")])
        self.assertEqual(self.host.run(order, {"SECRET_OF_THE_AGENT": "x", "LD_PRELOAD": ""}), 0)
        environment, rest = self.host.log(order).decode().split("\n\n")
        names = {line.split("=")[0] for line in environment.splitlines()}
        self.assertNotIn("SECRET_OF_THE_AGENT", names)
        self.assertNotIn("LD_PRELOAD", names)
        self.assertLessEqual({"PATH", "HOME", "LANG", "TMPDIR", "SLIPWAY_FENCE", "SLIPWAY_ATTEMPT"}, names)
        self.assertEqual(rest, "0\n1\n2\n3\n0022\n")  # 3 is ls itself, looking

    def test_signals_to_the_attempt_process_do_not_end_its_job(self):
        order = self.host.order([shell("echo begun; while [ ! -e release ]; do sleep 0.01; done; echo done")])
        process = self.host.start()
        self.host.say(process, self.host.order_frame(self.host.document(order)) + self.host.GO)
        process.stdin.close()
        log = self.host.directory(order) / "log"
        wait_until(lambda: log.exists() and log.read_bytes() == b"begun\n", "the task begins")
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            os.kill(process.pid, number)
        (self.host.path / "release").touch()
        self.assertEqual(process.wait(20), 0)
        self.assertEqual(self.host.log(order), b"begun\ndone\n")

    def test_of_two_processes_with_one_order_one_runs_it(self):
        for _ in range(10):
            order = self.host.order([shell("echo ran >> witness-$SLIPWAY_ATTEMPT")])
            pair = [self.host.start(), self.host.start()]
            wait_until(lambda: all((self.host.attempts / f".next-{self.host.count - n}" / "events").exists() for n in (0, 1)),
                       "both wait")
            for process in pair:
                self.host.say(process, self.host.order_frame(self.host.document(order)) + self.host.GO)
            self.assertEqual([process.wait(20) for process in pair], [0, 0])
            self.assertEqual((self.host.path / f"witness-{order['attempt']}").read_text(), "ran\n")
            self.assertEqual(self.host.outcome(order)["result"], "succeeded")
            self.assertEqual([p.name for p in self.host.attempts.glob(".next-*")], [])

    def test_wrong_usage_is_told(self):
        for arguments in ([], ["--wait"], ["--wait", "--attempts"], ["--color"]):
            done = subprocess.run([RELEASE, "attempt", *arguments], stdin=subprocess.DEVNULL, capture_output=True, text=True)
            self.assertEqual(done.returncode, 2)
            self.assertIn("usage: slipway-agent attempt", done.stderr)


class BuiltInTasks(unittest.TestCase):
    def setUp(self):
        self.host = Host(RELEASE)
        self.addCleanup(self.host.close)

    def archive(self, files):
        data = io.BytesIO()
        with tarfile.open(fileobj=data, mode="w:gz") as tar:
            for name, content in files.items():
                entry = tarfile.TarInfo(name)
                entry.size = len(content)
                tar.addfile(entry, io.BytesIO(content))
        return data.getvalue()

    def run_with(self, data, *tasks):
        (self.host.path / "cache" / sha256(data)).write_bytes(data)
        order = self.host.order(list(tasks), artifacts=[
            {"alias": "site", "name": "docs", "version": "3.11", "sha256": sha256(data), "bytes": len(data)}])
        self.assertEqual(self.host.run(order), 0)
        return self.host.outcome(order), self.host.log(order).decode()

    @staticmethod
    def task(reference, **inputs):
        return {"name": reference, "task": reference, "inputs": inputs}

    def test_an_artifact_is_unpacked_and_copied(self):
        outcome, log = self.run_with(
            self.archive({"index.html": b"hello", "conf/site.conf": b"listen"}),
            self.task("extract@1", **{"from": "site", "to": "releases/$(artifacts.site.version)"}),
            self.task("copy@1", **{"from": "releases/3.11", "to": "etc", "patterns": "conf/**"}),
            shell('cat "releases/$ARTIFACTS_SITE_VERSION/index.html" etc/conf/site.conf; stat -c %a releases etc'))
        self.assertEqual(outcome["result"], "succeeded", (outcome, log))
        self.assertTrue(log.endswith("hellolisten755\n755\n"), log)

    def test_an_archive_that_climbs_out_is_refused_and_says_so_in_the_summary(self):
        outcome, _ = self.run_with(self.archive({"good": b"1", "../evil": b"2"}),
                                   self.task("extract@1", **{"from": "site", "to": "out"}))
        self.assertEqual((outcome["result"], outcome["reason"]), ("failed", "archive_refused"))
        self.assertIn("../evil", outcome["summary"])
        self.assertFalse((self.host.path / "out").exists())
        self.assertFalse((self.host.path / "evil").exists())

    def test_a_folder_that_is_not_empty_is_replaced_only_when_the_job_says_so(self):
        (self.host.path / "out").mkdir()
        (self.host.path / "out" / "old").write_text("old")
        outcome, _ = self.run_with(self.archive({"new": b"1"}), self.task("extract@1", **{"from": "site", "to": "out"}))
        self.assertEqual(outcome["reason"], "input_invalid")
        self.assertIn("existing: replace", outcome["summary"])
        self.assertEqual([p.name for p in (self.host.path / "out").iterdir()], ["old"])
        data = self.archive({"../evil": b"1"})
        replace = {"from": "site", "to": "out", "existing": "replace"}
        self.assertEqual(self.run_with(data, self.task("extract@1", **replace))[0]["reason"], "archive_refused")
        self.assertEqual([p.name for p in (self.host.path / "out").iterdir()], ["old"])
        self.assertEqual(self.run_with(self.archive({"new": b"1"}), self.task("extract@1", **replace))[0]["result"], "succeeded")
        self.assertEqual([p.name for p in (self.host.path / "out").iterdir()], ["new"])
        self.assertEqual([p.name for p in self.host.path.iterdir() if p.name.startswith(".")], [])

    def test_http_check_tries_again_until_the_answer_is_good(self):
        answers = [(503, b"starting"), (200, b"old page"), (200, b"new page")]

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                status, body = answers.pop(0) if len(answers) > 1 else answers[0]
                self.send_response(status)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_):
                pass

        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        self.addCleanup(server.server_close)
        self.addCleanup(server.shutdown)
        check = {"url": f"http://127.0.0.1:{server.server_port}/", "contains": "new", "interval": "1s"}
        outcome, log = self.run_with(b"", self.task("http-check@1", retries="5", **check))
        self.assertEqual(outcome["result"], "succeeded", log)
        self.assertEqual(log.count("try "), 3)
        outcome, log = self.run_with(b"", self.task("http-check@1", expect="404", **check))
        self.assertEqual((outcome["result"], outcome["reason"]), ("failed", "exit_code"))
        self.assertIn("status 200, expected 404", outcome["summary"])
        outcome, _ = self.run_with(b"", self.task("http-check@1", url="http://$(host)/"))
        self.assertEqual(outcome["reason"], "input_invalid")


class KilledAttempt(unittest.TestCase):
    """kill -9 at each crash point: the state that is left maps to one next step, and no task ran twice."""

    POINTS = sorted({name for file in (ROOT / "agent" / "attempt").glob("*.cpp")
                     for name in re.findall(r'CRASH_POINT\("([^"]+)"\)', file.read_text())} |
                    {"os.file_written", "os.file_renamed", "os.file_durable"})

    def setUp(self):
        self.host = Host(CRASH)
        self.addCleanup(self.host.close)

    def order(self):
        return self.host.order([shell("echo one >> witness-$SLIPWAY_ATTEMPT; echo one"),
                                shell("echo two >> witness-$SLIPWAY_ATTEMPT; echo two")])

    def witness(self, order):
        file = self.host.path / f"witness-{order['attempt']}"
        return file.read_text().split() if file.exists() else []

    def judge(self, order, document):
        """What holds wherever it was killed."""
        step = self.host.next_step(order)
        directory = self.host.directory(order)
        if directory.exists():
            self.assertEqual((directory / "attempt.json").read_bytes(), document)
        if step in ("give again", "move away, give again"):
            self.assertEqual(self.witness(order), [])
        if step == "ship":
            outcome = self.host.outcome(order)
            log = self.host.log(order)
            self.assertEqual((outcome["log_length"], outcome["log_sha256"]), (len(log), sha256(log)))
            self.assertEqual(self.witness(order), ["one", "two"])
        self.assertIn(self.witness(order), ([], ["one"], ["one", "two"]))
        return step

    def test_every_point_of_the_attempt_process_is_passed_and_leaves_one_next_step(self):
        self.assertGreaterEqual(len(self.POINTS), 15)
        passed = self.host.path / "points"
        order = self.order()
        self.assertEqual(self.host.run(order, {"SLIPWAY_CRASH_LOG": str(passed)}), 0)
        self.assertEqual(self.witness(order), ["one", "two"])
        self.assertLessEqual(set(self.POINTS), set(passed.read_text().split()))

        steps = set()
        for point in self.POINTS:
            for pass_number in (1, 2, 3):
                with self.subTest(point=point, pass_number=pass_number):
                    order = self.order()
                    document = self.host.document(order)
                    code = self.host.run(order, {"SLIPWAY_CRASH_AT": f"{point}:{pass_number}"})
                    if code == 0:  # it does not come by so often
                        self.assertGreater(pass_number, 1)
                        self.assertEqual(self.judge(order, document), "ship")
                        break
                    self.assertEqual(code, -9)
                    self.host.kill_tasks()
                    step = self.judge(order, document)
                    steps.add(step)
                    if "give again" in step:
                        if self.host.directory(order).exists():
                            self.host.directory(order).rename(self.host.path / f"moved-{order['attempt']}")
                        self.assertEqual(self.host.run(order), 0)
                        self.assertEqual(self.host.next_step(order), "ship")
                        self.assertEqual(self.witness(order), ["one", "two"])
        self.assertEqual(steps, {"give again", "move away, give again", "lost", "ship"})

    def test_the_release_program_holds_no_crash_point(self):
        program = pathlib.Path(RELEASE).read_bytes()
        self.assertEqual([point for point in self.POINTS if point.encode() in program], [])


if __name__ == "__main__":
    unittest.main()
