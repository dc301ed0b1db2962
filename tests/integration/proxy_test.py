"""What stands between the programs on real sites: an HTTP proxy with a password before the agent, nginx before the user
port."""

import os
import subprocess
import unittest

import harness
import real_agent


def listens(port):
    with harness.socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


class Daemon(unittest.TestCase):
    def setUp(self):
        self.coordinator, self.admin = harness.serving(self)
        self.path = self.coordinator.path
        self.port = harness.free_ports(1)[0]

    def run_daemon(self, *command):
        with open(self.path / "daemon.log", "ab") as log:
            process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        def end():
            process.terminate()
            process.wait(harness.PATIENCE_S)
        self.addCleanup(end)
        harness.wait_until(lambda: listens(self.port), command[0] + " listens")


class Proxy(Daemon):
    def setUp(self):
        super().setUp()
        configuration = self.path / "tinyproxy.conf"
        self.log = self.path / "tinyproxy.log"
        configuration.write_text(f'Port {self.port}\nListen 127.0.0.1\nTimeout 600\nLogFile "{self.log}"\n'
                                 "LogLevel Connect\nBasicAuth site secret\n"
                                 f"ConnectPort {self.coordinator.agent_port}\n")
        self.run_daemon("tinyproxy", "-d", "-c", str(configuration))

    def agent(self, credentials):
        proxy = {"https_proxy": f"http://{credentials}@127.0.0.1:{self.port}", "no_proxy": "", "NO_PROXY": ""}
        agent = real_agent.RealAgent(self.coordinator, self.admin, "one", proxy)
        self.addCleanup(agent.close)
        return agent

    def test_an_agent_enrols_and_works_through_a_proxy_with_a_password(self):
        agent = self.agent("site:secret").start()
        job = self.admin.post("/api/v1/jobs", harness.shell_job("seq 1 100000")).json["id"]
        state = lambda: self.admin.get(f"/api/v1/jobs/{job}").json["state"]
        harness.wait_until(lambda: state() == "succeeded", "the job ends")
        expected = b"".join(b"%d\n" % number for number in range(1, 100_001))
        whole = lambda: self.admin.get(f"/api/v1/jobs/{job}/log").body == expected
        harness.wait_until(whole, "the log is here")
        self.assertIn(f"CONNECT 127.0.0.1:{self.coordinator.agent_port}", self.log.read_text(errors="replace"))
        self.assertNotIn("secret", agent.log_file.read_text())

    def test_a_wrong_password_is_told_and_uses_no_join_token(self):
        with self.assertRaises(subprocess.CalledProcessError) as caught:
            self.agent("site:wrong")
        self.assertIn("proxy", caught.exception.stderr.lower())
        self.assertNotIn("wrong", caught.exception.stderr)
        self.assertEqual(self.admin.get("/api/v1/join-tokens").json["items"][0]["state"], "open")


class Nginx(Daemon):
    def setUp(self):
        super().setUp()
        pki = self.coordinator.state / "pki"
        configuration = self.path / "nginx.conf"
        temporary = "".join(f"{name}_temp_path {self.path}/{name};" for name in
                            ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
        configuration.write_text(f"""
daemon off; pid {self.path}/nginx.pid; error_log {self.path}/nginx.log; user root;
events {{}}
http {{
  access_log off; {temporary}
  server {{
    listen 127.0.0.1:{self.port} ssl;
    ssl_certificate {pki}/server.pem; ssl_certificate_key {pki}/server.key;
    client_max_body_size 0;
    location / {{
      proxy_pass https://127.0.0.1:{self.coordinator.user_port};
      proxy_http_version 1.1; proxy_set_header Host $host; proxy_set_header Connection "";
      proxy_ssl_verify on;
      proxy_ssl_trusted_certificate {pki}/ca.pem; proxy_ssl_name localhost;
    }}
  }}
}}
""")
        self.run_daemon("nginx", "-c", str(configuration), "-e", str(self.path / "nginx.log"))
        self.through = harness.Client(self.port, self.coordinator.ca, self.admin.token)

    def test_the_api_works_behind_nginx(self):
        self.assertEqual(self.through.get("/healthz").body, b"ok\n")
        self.assertEqual(self.through.get("/api/v1/self").json["token"]["name"], "root")
        data = os.urandom(3_000_000)
        upload = self.through.post("/api/v1/uploads", {"bytes": len(data)}).json["id"]
        pushed = self.through.ask("PATCH", "/api/v1/uploads/" + upload, data, Upload_Offset=0)
        self.assertEqual((pushed.status, pushed.json["offset"]), (200, len(data)))
        made = self.through.post("/api/v1/artifacts", {"name": "docs", "version": "1", "sha256": harness.sha256(data),
                                                       "upload": upload})
        self.assertEqual(made.status, 201)
        self.assertEqual(self.through.get("/api/v1/artifacts/docs/1/content").body, data)
        part = self.through.get("/api/v1/artifacts/docs/1/content", Range="bytes=2999990-")
        self.assertEqual((part.status, part.body), (206, data[-10:]))

    def test_a_log_is_followed_live_behind_nginx(self):
        agent = real_agent.RealAgent(self.coordinator, self.admin, "one")
        self.addCleanup(agent.close)
        go_on = self.path / "go-on"
        script = f"echo before; until [ -e {go_on} ]; do sleep 0.02; done; echo after"
        job = self.through.post("/api/v1/jobs", harness.shell_job(script)).json["id"]
        follower = harness.Follower(self.through, f"/api/v1/jobs/{job}/log/events")
        agent.start()
        harness.wait_until(lambda: follower.log() == b"before\n", "the first line comes while the job runs")
        go_on.touch()
        self.assertTrue(follower.over.wait(harness.PATIENCE_S))
        self.assertEqual((follower.log(), follower.kinds()[-1]), (b"before\nafter\n", "end"))
        follower.close()


del Daemon


if __name__ == "__main__":
    unittest.main()
