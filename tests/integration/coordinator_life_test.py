"""What a coordinator does while it runs for years: tokens and certificates expire by its own clock, its server certificate
renews itself, and SIGHUP reads the configuration again."""

import contextlib
import datetime
import os
import signal
import socket
import ssl
import subprocess
import unittest

import harness
import python_agent
import real_agent

DAY = 24 * 3600


class PushedCoordinator(harness.Coordinator):
    """Of the preset whose clock a test may push."""

    program = os.path.join(os.environ["SLIPWAY_CRASH_BIN"], "slipway-coordinator")

    def __init__(self):
        super().__init__()
        self.clock = harness.PushedClock(self.path / "clock")
        self.environment = self.clock.environment
        self.pushed = datetime.timedelta()

    def push(self, seconds):
        self.pushed += datetime.timedelta(seconds=seconds)
        self.clock.push(seconds)
        def arrived():
            date = self.client_of_any_date(self.user_port).get("/healthz").headers["Date"]
            ahead = datetime.datetime.strptime(date, "%a, %d %b %Y %H:%M:%S GMT") - datetime.datetime.utcnow()
            return ahead > self.pushed - datetime.timedelta(seconds=30)
        harness.wait_until(arrived, "the clock is pushed")

    def client_of_any_date(self, port, token=None, certificate=None):
        """The dates of certificates are the pushed clock's, not this process's."""
        client = harness.Client(port, self.ca, token, certificate)
        client.context.check_hostname = False
        client.context.verify_mode = ssl.CERT_NONE
        return client


def shown_certificate(port):
    """What the port shows, as openssl x509 tells it."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    with socket.create_connection(("127.0.0.1", port)) as plain, context.wrap_socket(plain) as line:
        der = line.getpeercert(binary_form=True)
    return subprocess.run(["openssl", "x509", "-inform", "DER", "-noout", "-serial", "-dates", "-ext", "subjectAltName"],
                          input=der, capture_output=True, check=True).stdout.decode()


class Expiry(unittest.TestCase):
    def setUp(self):
        self.coordinator = PushedCoordinator()
        self.addCleanup(self.coordinator.close)
        self.coordinator.start()
        self.admin = self.coordinator.bootstrap()
        self.url = f"https://127.0.0.1:{self.coordinator.agent_port}"

    def csr(self, name):
        key = self.coordinator.path / name
        python_agent.openssl("ecparam", "-name", "prime256v1", "-genkey", "-noout", "-out", key)
        return python_agent.openssl("req", "-new", "-key", key, "-subj", "/CN=x")

    def client(self, certificate, key):
        return self.coordinator.client_of_any_date(self.coordinator.agent_port, None, (certificate, key))

    def refused(self, answer, status, reason):
        self.assertEqual((answer.status, answer.reason), (status, reason), answer)

    def test_an_expired_join_token_is_refused_and_makes_no_agent(self):
        token = self.admin.post("/api/v1/join-tokens", {"lifetime_s": 60}).json["token"]
        request = {"protocol": 1, "token": token, "csr": self.csr("key.pem"), "name": "one", "version": "1"}
        self.coordinator.push(61)
        self.refused(self.coordinator.agent_client().post("/agent/v1/enroll", request), 403, "token_expired")
        self.assertEqual(self.admin.get("/api/v1/agents").json["items"], [])
        self.assertEqual(self.admin.get("/api/v1/join-tokens").json["items"][0]["state"], "expired")
        state = self.coordinator.path / "real"
        done = subprocess.run([real_agent.AGENT, "enroll", "--url", self.url, "--token", token, "--state", str(state)],
                              capture_output=True, text=True, timeout=90, check=False)
        self.assertEqual(done.returncode, 3, done)
        self.assertIn("slipway agent token create", done.stderr)
        self.assertFalse((state / "agent.json").exists())

    def test_an_expired_token_of_a_person_is_refused(self):
        made = self.admin.post("/api/v1/tokens", {"name": "short", "role": "viewer", "lifetime_s": 60})
        client = self.coordinator.client(made.json["token"])
        self.assertEqual(client.get("/api/v1/self").status, 200)
        self.coordinator.push(61)
        self.refused(client.get("/api/v1/self"), 401, "token_expired")

    def test_an_expired_client_certificate_may_renew_and_nothing_else_until_it_is_too_old_for_a_handshake(self):
        token = self.admin.post("/api/v1/join-tokens", {}).json["token"]
        agent = python_agent.Agent.enroll(self.coordinator.path / "agent", self.url, token, "one")
        self.addCleanup(agent.close)
        job = self.admin.post("/api/v1/jobs", harness.shell_job("true")).json["id"]
        self.coordinator.push(31 * DAY)
        client = self.client(agent.state / "certificate.pem", agent.state / "key.pem")
        for method, path, body in (("POST", "poll", agent.poll_request()), ("POST", "report", {"seq": 1, "attempts": []}),
                                   ("GET", "blobs/" + "0" * 64, None)):
            self.refused(client.ask(method, "/agent/v1/" + path, body), 403, "certificate_expired")
        self.assertEqual(self.admin.get("/api/v1/jobs/" + job).json["state"], "queued")
        renewed = client.post("/agent/v1/renew", {"protocol": 1, "csr": self.csr("new.key")})
        self.assertEqual(renewed.status, 200, renewed)
        certificate = self.coordinator.path / "new.pem"
        certificate.write_text(renewed.json["certificate"])
        new = self.client(certificate, self.coordinator.path / "new.key")
        self.assertEqual(len(new.post("/agent/v1/poll", agent.poll_request()).json["orders"]), 1)
        self.coordinator.push(401 * DAY)
        with self.assertRaises(OSError):
            client.post("/agent/v1/renew", {})

    def test_the_server_certificate_renews_itself_and_agents_go_on(self):
        agent = real_agent.RealAgent(self.coordinator, self.admin, "one")
        self.addCleanup(agent.close)
        ports = (self.coordinator.user_port, self.coordinator.agent_port)
        before = [shown_certificate(port) for port in ports]
        self.assertEqual(len(set(before)), 1)
        self.coordinator.push(200 * DAY)
        self.assertEqual([shown_certificate(port) for port in ports], before)
        self.coordinator.push(50 * DAY)
        harness.wait_until(lambda: all(shown_certificate(port) not in before for port in ports),
                           "both ports show the new certificate")
        self.assertEqual(len({shown_certificate(port) for port in ports}), 1)
        self.assertEqual(self.coordinator.log().count("certificate was made anew"), 1)
        agent.start()  # its clock is eight months behind, and its own certificate is long over
        def online():
            return "contact:      online" in agent.call("status", check=False).stdout
        harness.wait_until(online, "the agent renewed its own certificate and is online")


class HangUp(unittest.TestCase):
    def setUp(self):
        self.coordinator = harness.Coordinator()
        self.addCleanup(self.coordinator.close)
        self.file = self.coordinator.path / "coordinator.yaml"
        self.file.write_text("names: [first.example]\nlog_level: info\n")
        self.coordinator.start("--config", str(self.file))

    def hang_up(self, text, said):
        """Writes the configuration, sends SIGHUP, waits for this word of the log; answers what the log says since."""
        before = len(self.coordinator.log())
        self.file.write_text(text)
        self.coordinator.process.send_signal(signal.SIGHUP)
        return harness.wait_until(lambda: said in (log := self.coordinator.log()[before:]) and log, said)

    def test_names_and_log_level_are_taken_and_all_else_needs_a_restart(self):
        port = self.coordinator.user_port
        self.assertIn("first.example", shown_certificate(port))
        self.assertNotIn("restart", self.hang_up("names: [second.example]\nlog_level: info\n", "made anew"))
        self.assertIn("second.example", shown_certificate(port))
        self.assertNotIn("first.example", shown_certificate(port))
        self.assertIn("second.example", shown_certificate(self.coordinator.agent_port))
        self.assertNotIn(" debug ", self.coordinator.log())
        self.hang_up("names: [second.example]\nlog_level: debug\n", "read again")
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port)) as plain:
            plain.sendall(b"this is no TLS\r\n\r\n")
            plain.recv(100)
        harness.wait_until(lambda: "handshake failed" in self.coordinator.log(), "debug lines are written")
        said = self.hang_up("names: [second.example]\nlog_format: json\nstate: /elsewhere\n", "read again")
        self.assertRegex(said, "needs a restart.*log_format")
        self.assertEqual(self.coordinator.client().get("/healthz").status, 200)

    def test_a_configuration_with_a_fault_changes_nothing_and_is_told(self):
        port, before = self.coordinator.user_port, shown_certificate(self.coordinator.user_port)
        for text, named in (("log_level: loud\n", "loud"), ("names: [second.example]\nnams: 1\n", "nams"),
                            ("{", "coordinator.yaml"), ("names: 7\n", "names")):
            with self.subTest(text):
                self.assertIn(named, self.hang_up(text, "not taken"))
        self.file.unlink()
        self.coordinator.process.send_signal(signal.SIGHUP)
        harness.wait_until(lambda: "does not exist" in self.coordinator.log(), "the missing file is told")
        self.assertEqual(shown_certificate(port), before)
        self.assertEqual(self.coordinator.client().get("/healthz").status, 200)


if __name__ == "__main__":
    unittest.main()
