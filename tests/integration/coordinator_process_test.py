"""The coordinator as a process: its first start, who may share its state, how it stops, what kill -9 takes with it, and
what it tells systemd."""

import ctypes
import os
import pathlib
import re
import select
import socket
import subprocess
import tempfile
import threading
import time
import unittest

import harness
import python_agent


class FirstStart(unittest.TestCase):
    def setUp(self):
        self.coordinator = harness.Coordinator()
        self.addCleanup(self.coordinator.close)

    def listeners(self, port):
        """The local addresses, as /proc writes them, that listen on the port."""
        found = []
        for name in ("tcp", "tcp6"):
            for line in pathlib.Path("/proc/net/" + name).read_text().splitlines()[1:]:
                _, local, _, state = line.split()[:4]
                if state == "0A" and int(local.rsplit(":", 1)[1], 16) == port:
                    found.append(local.rsplit(":", 1)[0])
        return found

    def test_the_state_and_the_bootstrap_file_are_for_their_owner_alone(self):
        self.coordinator.start()
        state = self.coordinator.state
        self.assertEqual(state.stat().st_mode & 0o7777, 0o700)
        self.assertEqual((state / "bootstrap").stat().st_mode & 0o7777, 0o600)
        self.assertIn(str(state / "bootstrap"), self.coordinator.log())
        for path in state.rglob("*"):
            self.assertEqual(path.stat().st_mode & 0o077, 0, path)

    def test_a_state_directory_that_others_may_read_is_closed(self):
        self.coordinator.state.mkdir(mode=0o755)
        self.coordinator.start()
        self.assertEqual(self.coordinator.state.stat().st_mode & 0o7777, 0o700)

    def test_the_user_port_is_on_loopback_until_there_is_an_administrator_and_opens_without_a_restart(self):
        self.coordinator.arguments = lambda given=self.coordinator.arguments(): [
            argument.replace(f"127.0.0.1:{self.coordinator.user_port}", f"0.0.0.0:{self.coordinator.user_port}")
            for argument in given]
        self.coordinator.start()
        port = self.coordinator.user_port
        self.assertEqual(self.listeners(port), ["0100007F"])
        admin = self.coordinator.bootstrap()
        harness.wait_until(lambda: "00000000" in self.listeners(port), "the user port is open to all")
        # A token that was never shown may never have been received: only from its first use on is the code good for
        # nothing, also after a restart.
        self.assertEqual(admin.get("/api/v1/self").status, 200)
        harness.wait_until(lambda: not (self.coordinator.state / "bootstrap").exists(), "the bootstrap file is gone")
        self.coordinator.stop()
        self.coordinator.start()
        self.assertEqual(self.listeners(port), ["00000000"])

    def test_the_bootstrap_code_works_once_and_a_wrong_one_never(self):
        self.coordinator.start()
        client = self.coordinator.client()
        code = self.coordinator.bootstrap_file()["code"]
        wrong = client.post("/api/v1/bootstrap", {"code": "A" * len(code), "name": "eve"})
        self.assertIn(wrong.status, (401, 403), wrong)
        answers = []
        def race(name):
            answers.append(client.post("/api/v1/bootstrap", {"code": code, "name": name}).status)
        threads = [threading.Thread(target=race, args=(name,)) for name in ("one", "two", "three")]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(sorted(answers), [201, 404, 404])
        for body in ({"code": code, "name": "again"}, {"code": 7}, [], b"garbage"):
            self.assertEqual(client.post("/api/v1/bootstrap", body).status, 404, body)

    def test_the_bootstrap_file_carries_url_and_ca_digest_and_a_second_start_keeps_its_code(self):
        self.coordinator.start()
        first = self.coordinator.bootstrap_file()
        der = subprocess.run(["openssl", "x509", "-in", self.coordinator.ca, "-outform", "DER"], capture_output=True,
                             check=True).stdout
        self.assertEqual(first["ca_sha256"], harness.sha256(der))
        self.assertEqual(first["url"], f"https://127.0.0.1:{self.coordinator.user_port}")
        self.coordinator.kill()
        self.coordinator.start()
        self.assertEqual(self.coordinator.bootstrap_file(), first)

    def test_a_second_process_on_the_same_state_is_refused_with_the_first_ones_pid(self):
        self.coordinator.start()
        ports = harness.free_ports(2)
        second = subprocess.run(
            [harness.COORDINATOR, "serve", "--state", str(self.coordinator.state), "--user-listen",
             f"127.0.0.1:{ports[0]}", "--agent-listen", f"127.0.0.1:{ports[1]}"],
            capture_output=True, text=True, timeout=harness.PATIENCE_S, check=False)
        self.assertEqual(second.returncode, 1)
        self.assertRegex(second.stderr, rf"\b{self.coordinator.process.pid}\b")
        self.assertEqual(self.coordinator.client().get("/healthz").status, 200)

    def test_a_port_that_is_taken_ends_the_start_with_a_sentence(self):
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", self.coordinator.user_port))
            taken.listen()
            self.assertEqual(self.coordinator.launch().wait(harness.PATIENCE_S), 1)
        self.assertIn(str(self.coordinator.user_port), self.coordinator.log())


class Stop(unittest.TestCase):
    def setUp(self):
        self.coordinator, self.admin = harness.serving(self)

    def test_sigterm_ends_parked_polls_and_followers_and_exits_with_0(self):
        token = self.admin.post("/api/v1/join-tokens", {}).json["token"]
        agent = python_agent.Agent.enroll(self.coordinator.path / "agent",
                                          f"https://127.0.0.1:{self.coordinator.agent_port}", token, "one")
        self.addCleanup(agent.close)
        parked = {}
        def poll():
            try:
                parked["status"] = 200 if agent.send("control", "poll", agent.poll_request()) else 0
            except python_agent.Refused as refused:
                parked.update(status=refused.status, again=refused.document.get("retry_after_s"))
        thread = threading.Thread(target=poll)
        thread.start()
        job = self.admin.post("/api/v1/jobs", harness.shell_job("true", demands=["never"])).json["id"]
        follower = harness.Follower(self.admin, f"/api/v1/jobs/{job}/log/events")
        harness.wait_until(lambda: "state" in follower.kinds(), "the follower hears of the job's state")
        told = lambda: "bash" in self.admin.get("/api/v1/agents/one").json["capabilities"]
        harness.wait_until(told, "the coordinator has the poll")
        began = time.monotonic()
        self.assertEqual(self.coordinator.stop(), 0)
        self.assertLess(time.monotonic() - began, 20)
        thread.join(harness.PATIENCE_S)
        self.assertEqual(parked["status"], 503)
        self.assertIn(parked["again"], range(5))
        self.assertTrue(follower.over.wait(harness.PATIENCE_S))
        follower.close()

    def test_what_was_made_before_a_stop_is_there_after_the_next_start(self):
        self.assertEqual(self.admin.post("/api/v1/pools", {"name": "edge"}).status, 201)
        self.assertEqual(self.coordinator.stop(), 0)
        self.coordinator.start()
        self.assertEqual([pool["name"] for pool in self.admin.get("/api/v1/pools").json["items"]], ["default", "edge"])


class Kill(unittest.TestCase):
    def test_kill_9_loses_nothing_that_was_acknowledged(self):
        coordinator, admin = harness.serving(self)
        acknowledged, lock, enough = {"pools": [], "tokens": [], "jobs": []}, threading.Lock(), threading.Event()
        makers = {"pools": lambda name: ({"name": name}, "name"),
                  "tokens": lambda name: ({"name": name, "role": "viewer"}, "name"),
                  "jobs": lambda name: (harness.shell_job("true", name=name), "id")}
        def create(kind, worker):
            for number in range(10_000):
                body, key = makers[kind](f"{kind}-{worker}-{number}")
                try:
                    made = admin.post("/api/v1/" + kind, body)
                except (OSError, harness.http.client.HTTPException):
                    return
                if made.status != 201:
                    return
                with lock:
                    acknowledged[kind].append(made.json[key])
                    if sum(map(len, acknowledged.values())) >= 200:
                        enough.set()
        threads = [threading.Thread(target=create, args=(kind, worker)) for kind in makers for worker in range(3)]
        for thread in threads:
            thread.start()
        self.assertTrue(enough.wait(60))
        coordinator.kill()
        for thread in threads:
            thread.join()
        coordinator.start()
        self.assertGreaterEqual(sum(map(len, acknowledged.values())), 200)
        there = {pool["name"] for pool in admin.get("/api/v1/pools").json["items"]}
        self.assertLessEqual(set(acknowledged["pools"]), there)
        audit = {record["object"] for record in harness.audited(admin)}
        for job in acknowledged["jobs"]:
            self.assertEqual(admin.get(f"/api/v1/jobs/{job}").json["state"], "queued")
            self.assertIn("job:" + job, audit)
        names, cursor = set(), ""
        while cursor is not None:
            page = admin.get("/api/v1/tokens?limit=500" + (f"&cursor={cursor}" if cursor else "")).json
            names |= {token["name"] for token in page["items"]}
            cursor = page["next_cursor"]
        self.assertLessEqual(set(acknowledged["tokens"]), names)


class Thread:
    """One thread of another process, held with ptrace while the others go on."""

    SEIZE, INTERRUPT, DETACH, ALL_THREADS = 0x4206, 0x4207, 17, 0x40000000

    def __init__(self, number):
        self.number = number
        self.call = ctypes.CDLL(None, use_errno=True).ptrace
        self.call.argtypes = [ctypes.c_long, ctypes.c_long, ctypes.c_void_p, ctypes.c_void_p]

    def ptrace(self, request):
        if self.call(request, self.number, None, None) != 0:
            raise OSError(ctypes.get_errno(), "ptrace")

    def stop(self):
        self.ptrace(self.SEIZE)
        self.ptrace(self.INTERRUPT)
        os.waitpid(self.number, self.ALL_THREADS)

    def go_on(self):
        self.ptrace(self.DETACH)


class Systemd(unittest.TestCase):
    WATCHDOG_US = 300_000

    def setUp(self):
        directory = tempfile.TemporaryDirectory(prefix="slipway-notify-")
        self.addCleanup(directory.cleanup)
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.addCleanup(self.socket.close)
        self.socket.bind(directory.name + "/notify")
        self.told = []
        self.coordinator = harness.Coordinator({"NOTIFY_SOCKET": directory.name + "/notify"})
        self.addCleanup(self.coordinator.close)

    def start(self, watchdog):
        """As systemd does it: the process finds its own pid in the environment."""
        program = self.coordinator.path / "started"
        words = f"WATCHDOG_USEC={self.WATCHDOG_US} WATCHDOG_PID=$$" if watchdog else ""
        program.write_text(f'#!/bin/sh\nexport X=1 {words}\nexec "$@"\n')
        program.chmod(0o700)
        self.coordinator.arguments = lambda given=self.coordinator.arguments(): [str(program), *given]
        self.coordinator.start()

    def hear(self, seconds):
        if select.select([self.socket], [], [], seconds)[0]:
            self.told += self.socket.recv(4096).decode().splitlines()
            return True
        return False

    def test_ready_is_told_once_and_stopping_at_the_end(self):
        self.start(watchdog=False)
        harness.wait_until(lambda: self.hear(1) and "READY=1" in self.told, "READY=1")
        self.assertEqual(self.coordinator.stop(), 0)
        while self.hear(0.2):
            pass
        self.assertEqual(self.told, ["READY=1", "STOPPING=1"])

    def writer(self):
        """Beside the main thread, the only one that waits in an event loop of its own."""
        tasks = pathlib.Path(f"/proc/{self.coordinator.process.pid}/task")
        waiting = [int(task.name) for task in tasks.iterdir() if "epoll" in (task / "wchan").read_text()]
        waiting = [number for number in waiting if number != self.coordinator.process.pid]
        return waiting[0] if len(waiting) == 1 else None

    def test_the_watchdog_hears_of_the_writer_and_nothing_while_the_writer_stands_still(self):
        self.start(watchdog=True)
        harness.wait_until(lambda: self.hear(1) and self.told.count("WATCHDOG=1") >= 3, "three beats")
        self.assertEqual(self.told.count("READY=1"), 1)
        writer = Thread(harness.wait_until(self.writer, "the writer's thread waits in its loop"))
        writer.stop()
        while self.hear(0):
            pass
        # One beat may have been on its way from the writer when it was stopped.
        beats = self.told.count("WATCHDOG=1")
        deadline = time.monotonic() + 5 * self.WATCHDOG_US / 1e6
        while (left := deadline - time.monotonic()) > 0:
            self.hear(left)
        self.assertLessEqual(self.told.count("WATCHDOG=1"), beats)
        self.assertEqual(self.coordinator.client().get("/healthz").status, 200)
        writer.go_on()
        harness.wait_until(lambda: self.hear(1) and self.told.count("WATCHDOG=1") >= beats + 3, "three beats more")


class Commands(unittest.TestCase):
    def run_with(self, *arguments):
        return subprocess.run([harness.COORDINATOR, *arguments], capture_output=True, text=True, check=False,
                              timeout=harness.PATIENCE_S)

    def test_version_prints_one_line(self):
        done = self.run_with("version")
        self.assertEqual(done.returncode, 0)
        self.assertRegex(done.stdout, re.compile(r"\Aslipway-coordinator \S+\n\Z"))

    def test_bad_usage_is_exit_code_2_and_makes_nothing(self):
        with tempfile.TemporaryDirectory() as directory:
            state = directory + "/state"
            for wrong in (["serve", "--state", "relative"], ["serve", "--state", state, "--user-listen", "nowhere"],
                          ["serve", "--state", state, "--agent-listen", "127.0.0.1:70000"], ["serve", "--unknown"], []):
                done = self.run_with(*wrong)
                self.assertEqual(done.returncode, 2, (wrong, done.stderr))
                self.assertNotEqual(done.stderr, "", wrong)
            self.assertEqual(os.listdir(directory), [])

    def test_a_configuration_with_an_unknown_key_is_refused_with_its_line(self):
        with tempfile.TemporaryDirectory() as directory:
            path = pathlib.Path(directory) / "coordinator.yaml"
            path.write_text(f"state: {directory}/state\nuser_lisen: 127.0.0.1:1\n")
            done = self.run_with("serve", "--config", str(path))
            self.assertEqual(done.returncode, 2, done.stderr)
            self.assertIn("user_lisen", done.stderr)
            self.assertRegex(done.stderr, r":2\b")
            self.assertEqual(os.listdir(directory), ["coordinator.yaml"])


if __name__ == "__main__":
    unittest.main()
