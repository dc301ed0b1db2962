"""The agent's commands as an operator meets them: enrolling anew, the exit codes of `run`, and the proxy of its
configuration file."""

import os
import socket
import subprocess
import threading
import unittest

import harness
import real_agent

CRASH_AGENT = os.path.join(os.environ["SLIPWAY_CRASH_BIN"], "slipway-agent")


def wait_until_online(admin):
    harness.wait_until(lambda: admin.get("/api/v1/agents/one").json["contact"] == "online", "the agent is in contact")


class Enrol(unittest.TestCase):
    def setUp(self):
        self.coordinator, self.admin = harness.serving(self)
        self.agent = real_agent.RealAgent(self.coordinator, self.admin, "one")
        self.addCleanup(self.agent.close)

    def enroll(self, *arguments):
        token = self.admin.post("/api/v1/join-tokens", {}).json["token"]
        return self.agent.call("enroll", "--url", f"https://127.0.0.1:{self.coordinator.agent_port}", "--token", token,
                               *arguments, check=False)

    def identity(self):
        return (self.agent.state / "agent.json").read_bytes()

    def test_a_host_that_is_enrolled_is_enrolled_anew_by_force_alone(self):
        before = self.identity()
        refused = self.enroll("--name", "two")
        self.assertEqual(refused.returncode, 5, refused)
        self.assertIn("--force", refused.stderr)
        self.assertEqual(self.identity(), before)
        self.assertEqual(self.admin.get("/api/v1/join-tokens").json["items"][0]["state"], "open")
        forced = self.enroll("--name", "two", "--force")
        self.assertEqual((forced.returncode, forced.stderr), (0, ""))
        self.assertNotEqual(self.identity(), before)
        self.assertEqual(sorted(agent["name"] for agent in self.admin.get("/api/v1/agents").json["items"]), ["one", "two"])
        self.agent.start()
        job = self.admin.post("/api/v1/jobs", harness.shell_job("true")).json["id"]
        shown = lambda: self.admin.get("/api/v1/jobs/" + job).json
        harness.wait_until(lambda: shown()["state"] == "succeeded", "the host works under its new name")
        self.assertEqual(shown()["agent"], "two")

    def test_a_forced_enrolment_that_is_refused_leaves_the_old_identity_at_work(self):
        before = self.identity()
        refused = self.enroll("--name", "one", "--force")  # taken, by this very host
        self.assertEqual(refused.returncode, 3, refused)
        self.assertIn("--name", refused.stderr)
        self.assertEqual(self.identity(), before)
        self.agent.start()
        wait_until_online(self.admin)

    def test_a_running_agent_is_not_enrolled_anew_under_its_feet(self):
        self.agent.start()
        wait_until_online(self.admin)
        before = self.identity()
        refused = self.enroll("--name", "two", "--force")
        self.assertEqual(refused.returncode, 5, refused)
        self.assertRegex(refused.stderr, rf"\b{self.agent.process.pid}\b")
        self.assertEqual(self.identity(), before)


class Run(unittest.TestCase):
    def setUp(self):
        self.coordinator, self.admin = harness.serving(self)

    def enrolled(self, environment=None):
        agent = real_agent.RealAgent(self.coordinator, self.admin, "one", environment)
        self.addCleanup(agent.close)
        return agent

    def test_once_ends_with_the_result_of_one_job_and_takes_no_second(self):
        agent = self.enrolled()
        jobs = [self.admin.post("/api/v1/jobs", harness.shell_job(script)).json["id"]
                for script in ("true", "exit 9", "true")]
        for code in (0, 1):
            done = agent.call("run", "--once", check=False)
            self.assertEqual(done.returncode, code, done)
        states = [self.admin.get("/api/v1/jobs/" + job).json["state"] for job in jobs]
        self.assertEqual(states[:2], ["succeeded", "failed"])
        self.assertIn(states[2], ("queued", "leased"))  # offered perhaps, and passed over
        self.assertEqual(agent.call("run", "--once", check=False).returncode, 0)
        self.assertEqual(self.admin.get("/api/v1/jobs/" + jobs[2]).json["state"], "succeeded")

    def test_once_is_6_when_nothing_came_in_a_minute(self):
        agent = self.enrolled()
        clock = harness.PushedClock(self.coordinator.path / "clock")
        with open(agent.log_file, "wb") as log:
            agent.process = subprocess.Popen(
                [CRASH_AGENT, "run", "--once", "--state", str(agent.state)], stdin=subprocess.DEVNULL, stdout=log,
                stderr=log, env=os.environ | clock.environment)
        wait_until_online(self.admin)
        self.assertIsNone(agent.process.poll())
        clock.push(60)
        self.assertEqual(agent.process.wait(harness.PATIENCE_S), 6, agent.log_file.read_text())

    def test_other_ends_have_their_own_codes(self):
        agent = self.enrolled()
        def run(*arguments, state=agent.state):
            return subprocess.run([real_agent.AGENT, "run", *arguments, "--state", str(state)], capture_output=True,
                                  text=True, timeout=60, check=False)
        self.assertEqual(run("--color").returncode, 2)
        self.assertEqual(run("--slots", "65").returncode, 2)
        empty = self.coordinator.path / "empty"
        missing = run(state=empty)
        self.assertEqual(missing.returncode, 3, missing)
        self.assertIn("enroll", missing.stderr)
        agent.start()
        wait_until_online(self.admin)
        second = run()
        self.assertEqual(second.returncode, 5, second)
        self.assertRegex(second.stderr, rf"\b{agent.process.pid}\b")
        self.assertEqual(agent.stop(), 0)


class Forwarder:
    """A proxy that carries what it is asked to carry, and remembers what it was asked."""

    def __init__(self):
        self.asked = []
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        try:
            while True:
                threading.Thread(target=self.carry, args=(self.listener.accept()[0],), daemon=True).start()
        except OSError:
            return

    def carry(self, client):
        head = b""
        while b"\r\n\r\n" not in head:
            head += client.recv(65536)
        self.asked.append(head.split(b"\r\n")[0].decode())
        host, port = head.split(b" ")[1].rsplit(b":", 1)
        with client, socket.create_connection((host.decode(), int(port))) as server:
            client.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
            back = threading.Thread(target=self.pump, args=(server, client), daemon=True)
            back.start()
            self.pump(client, server)
            back.join()

    @staticmethod
    def pump(source, sink):
        try:
            while piece := source.recv(65536):
                sink.sendall(piece)
        except OSError:
            pass
        for line in (source, sink):
            try:
                line.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass

    def close(self):
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()


class ConfiguredProxy(unittest.TestCase):
    def setUp(self):
        self.coordinator, self.admin = harness.serving(self)
        self.proxy = Forwarder()
        self.addCleanup(self.proxy.close)
        self.file = self.coordinator.path / "agent.yaml"
        self.state = self.coordinator.path / "agent"
        self.token = self.admin.post("/api/v1/join-tokens", {}).json["token"]

    def enroll(self, **environment):
        return subprocess.run(
            [real_agent.AGENT, "enroll", "--config", str(self.file), "--state", str(self.state), "--name", "one", "--url",
             f"https://127.0.0.1:{self.coordinator.agent_port}", "--token", self.token], capture_output=True, text=True,
            timeout=90, check=False, env={"PATH": os.environ["PATH"]} | environment)

    def test_the_proxy_of_the_file_goes_before_that_of_the_environment(self):
        self.file.write_text(f"https_proxy: http://127.0.0.1:{self.proxy.port}\n")
        done = self.enroll(https_proxy="http://127.0.0.1:1", no_proxy="127.0.0.1")
        self.assertEqual(done.returncode, 0, done)
        self.assertEqual(self.proxy.asked, [f"CONNECT 127.0.0.1:{self.coordinator.agent_port} HTTP/1.1"])

    def test_no_proxy_of_the_file_is_obeyed(self):
        self.file.write_text(f"https_proxy: http://127.0.0.1:{self.proxy.port}\nno_proxy: 127.0.0.1\n")
        self.assertEqual(self.enroll().returncode, 0)
        self.assertEqual(self.proxy.asked, [])

    def test_the_proxy_of_the_environment_counts_when_the_file_names_none(self):
        self.file.write_text("slots: 1\n")
        self.assertEqual(self.enroll(https_proxy=f"http://127.0.0.1:{self.proxy.port}").returncode, 0)
        self.assertEqual(len(self.proxy.asked), 1)

    def test_a_proxy_that_makes_no_sense_is_refused_and_its_password_is_not_repeated(self):
        self.file.write_text("https_proxy: ftp://site:secret@127.0.0.1:1\n")
        done = self.enroll()
        self.assertNotEqual(done.returncode, 0)
        self.assertIn("proxy", done.stderr)
        self.assertNotIn("secret", done.stderr)
        self.assertEqual(self.admin.get("/api/v1/join-tokens").json["items"][0]["state"], "open")


if __name__ == "__main__":
    unittest.main()
