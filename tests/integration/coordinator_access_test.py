"""Who may call what: every route of openapi.yaml by every role, the whole list of open routes, and both ports."""

import re
import subprocess
import unittest

import harness
import python_agent

ID = "0193501b-1000-7000-8000-0000000000c1"
OPEN = {("GET", "/healthz"), ("GET", "/readyz"), ("GET", "/api/v1/openapi.yaml"), ("POST", "/api/v1/bootstrap")}

READ, RUN, PUSH, ADMIN = {"viewer", "deployer", "admin"}, {"deployer", "admin"}, {"deployer", "admin"}, {"admin"}
ALLOWED = {
    ("GET", "/metrics"): READ,
    ("GET", "/api/v1/self"): READ,
    ("GET", "/api/v1/tokens"): ADMIN,
    ("POST", "/api/v1/tokens"): ADMIN,
    ("DELETE", "/api/v1/tokens/{name}"): ADMIN,
    ("GET", "/api/v1/join-tokens"): ADMIN,
    ("POST", "/api/v1/join-tokens"): ADMIN,
    ("DELETE", "/api/v1/join-tokens/{id}"): ADMIN,
    ("GET", "/api/v1/pools"): READ,
    ("POST", "/api/v1/pools"): ADMIN,
    ("DELETE", "/api/v1/pools/{name}"): ADMIN,
    ("GET", "/api/v1/agents"): READ,
    ("GET", "/api/v1/agents/{name}"): READ,
    ("DELETE", "/api/v1/agents/{name}"): ADMIN,
    ("POST", "/api/v1/agents/{name}/enable"): ADMIN,
    ("POST", "/api/v1/agents/{name}/disable"): ADMIN,
    ("POST", "/api/v1/agents/{name}/resolve"): ADMIN,
    ("POST", "/api/v1/uploads"): PUSH,
    ("GET", "/api/v1/uploads/{id}"): PUSH,
    ("PATCH", "/api/v1/uploads/{id}"): PUSH,
    ("DELETE", "/api/v1/uploads/{id}"): PUSH,
    ("GET", "/api/v1/artifacts"): READ,
    ("POST", "/api/v1/artifacts"): PUSH,
    ("GET", "/api/v1/artifacts/{name}/{version}"): READ,
    ("DELETE", "/api/v1/artifacts/{name}/{version}"): ADMIN,
    ("GET", "/api/v1/artifacts/{name}/{version}/content"): READ,
    ("GET", "/api/v1/jobs"): READ,
    ("POST", "/api/v1/jobs"): RUN,
    ("GET", "/api/v1/jobs/{id}"): READ,
    ("POST", "/api/v1/jobs/{id}/cancel"): RUN,
    ("POST", "/api/v1/jobs/{id}/retry"): RUN,
    ("POST", "/api/v1/jobs/{id}/resolve"): RUN,
    ("POST", "/api/v1/jobs/{id}/release"): RUN,
    ("GET", "/api/v1/jobs/{id}/log"): READ,
    ("GET", "/api/v1/jobs/{id}/log/events"): READ,
    ("GET", "/api/v1/jobs/{id}/log/marks"): READ,
    ("GET", "/api/v1/audit"): ADMIN,
}

AGENT_ROUTES = [("POST", "/agent/v1/renew"), ("POST", "/agent/v1/poll"), ("POST", "/agent/v1/report"),
                ("POST", f"/agent/v1/attempts/{ID}/log?fence=1"), ("GET", "/agent/v1/blobs/" + "0" * 64)]


def documented_routes():
    """(method, path) of openapi.yaml, by its indentation."""
    routes, path = set(), None
    for line in (harness.ROOT / "coordinator" / "api" / "openapi.yaml").read_text().splitlines():
        if line == "components:":
            break
        if match := re.fullmatch(r"  (/\S+):", line):
            path = match[1]
        elif path and (match := re.fullmatch(r"    (get|post|put|patch|delete):", line)):
            routes.add((match[1].upper(), path))
    return routes


def concrete(path):
    join = "a" * 32 if "join-tokens" in path else ID
    return path.replace("{id}", join).replace("{name}", "nobody").replace("{version}", "1")


def ask(client, method, path):
    """A request that the handler itself would refuse, if it came so far."""
    if method == "PATCH":
        return client.ask(method, concrete(path), b"x", Upload_Offset=0)
    if path == "/api/v1/bootstrap":
        return client.post(path, {"code": "A" * 43, "name": "eve"})
    return client.ask(method, concrete(path), {"unknown": 1} if method == "POST" else None)


class Access(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.coordinator, cls.admin = harness.serving(cls)
        cls.clients = {"admin": cls.admin}
        for role in ("viewer", "deployer"):
            cls.clients[role] = cls.coordinator.client_of_role(cls.admin, role)
        token = cls.admin.post("/api/v1/join-tokens", {}).json["token"]
        cls.agent = python_agent.Agent.enroll(cls.coordinator.path / "agent",
                                              f"https://127.0.0.1:{cls.coordinator.agent_port}", token, "one")
        cls.addClassCleanup(cls.agent.close)
        cls.certificate = (cls.agent.state / "certificate.pem", cls.agent.state / "key.pem")

    def test_the_tables_here_name_every_documented_route_and_no_other(self):
        self.assertEqual(set(ALLOWED) | OPEN, documented_routes())

    def test_a_query_parameter_that_a_route_does_not_know_is_refused_by_every_route(self):
        for method, path in documented_routes():
            with self.subTest(route=(method, path)):
                answer = self.admin.ask(method, concrete(path) + "?mood=good", {} if method == "POST" else None)
                self.assertEqual(answer.status, 400, answer)
                self.assertIn("mood", answer.json["detail"])

    def test_the_served_document_is_the_file(self):
        served = self.coordinator.client().get("/api/v1/openapi.yaml")
        self.assertEqual(served.status, 200)
        self.assertEqual(served.headers["Content-Type"].split(";")[0], "application/yaml")
        self.assertEqual(served.body, (harness.ROOT / "coordinator" / "api" / "openapi.yaml").read_bytes())

    def test_without_a_token_only_the_open_routes_answer(self):
        anonymous = self.coordinator.client()
        answers = {route: ask(anonymous, *route) for route in documented_routes()}
        self.assertEqual({route for route, answer in answers.items() if answer.status != 401}, OPEN)
        for route in OPEN - {("POST", "/api/v1/bootstrap")}:
            self.assertEqual(answers[route].status, 200, route)
        self.assertEqual(answers["POST", "/api/v1/bootstrap"].status, 404)

    def test_a_refusal_for_lack_of_a_token_says_how_to_send_one(self):
        answer = self.coordinator.client().get("/api/v1/jobs")
        self.assertEqual(answer.headers["Content-Type"], "application/problem+json")
        self.assertIn("Bearer", answer.headers["WWW-Authenticate"] or "")
        self.assertIn("Bearer", answer.json["detail"])

    def test_every_role_may_call_what_the_table_says_and_nothing_else(self):
        for route, roles in ALLOWED.items():
            for role, client in self.clients.items():
                with self.subTest(route=route, role=role):
                    answer = ask(client, *route)
                    self.assertEqual(answer.status != 403, role in roles, answer)
                    self.assertNotIn(answer.status, (401, 500), answer)

    def test_a_refused_request_changes_nothing(self):
        before = len(harness.audited(self.admin))
        viewer = self.clients["viewer"]
        for method, path, body in (("POST", "/api/v1/pools", {"name": "mine"}), ("DELETE", "/api/v1/agents/one", None),
                                   ("POST", "/api/v1/jobs", harness.shell_job("true")),
                                   ("POST", "/api/v1/tokens", {"name": "boss", "role": "admin"})):
            self.assertEqual(viewer.ask(method, path, body).status, 403)
        self.assertEqual(len(harness.audited(self.admin)), before)
        self.assertEqual([pool["name"] for pool in self.admin.get("/api/v1/pools").json["items"]], ["default"])

    def test_tokens_that_are_wrong_in_any_part_are_refused(self):
        good = self.admin.token
        other = "slt_" + "0" * 32 + good[36:]
        flipped = good[:50] + ("A" if good[50] != "A" else "B") + good[51:]
        for wrong in (other, flipped, good[:-1], good + "0", "", "slt_", "Basic"):
            self.assertEqual(self.coordinator.client(wrong or " ").get("/api/v1/self").status, 401, wrong)
        basic = self.coordinator.client().get("/api/v1/self", Authorization="Basic " + good)
        self.assertEqual(basic.status, 401)

    def test_a_revoked_token_is_refused_from_that_answer_on(self):
        client = self.coordinator.client_of_role(self.admin, "viewer", "short-lived")
        self.assertEqual(client.get("/api/v1/self").status, 200)
        self.assertEqual(self.admin.ask("DELETE", "/api/v1/tokens/short-lived").status, 204)
        self.assertEqual(client.get("/api/v1/self").status, 401)

    def test_the_last_administrators_token_cannot_be_revoked(self):
        self.assertEqual(self.admin.ask("DELETE", "/api/v1/tokens/root").status, 409)
        self.assertEqual(self.admin.get("/api/v1/self").status, 200)

    def test_a_tokens_text_stands_in_one_answer_and_nowhere_on_the_disk(self):
        made = self.admin.post("/api/v1/tokens", {"name": "secretive", "role": "viewer"}).json
        secret = made["token"][37:80].encode()
        self.assertNotIn("token", self.admin.get("/api/v1/tokens").json["items"][0])
        for path in self.coordinator.state.rglob("*"):
            if path.is_file():
                self.assertNotIn(secret, path.read_bytes(), path)
        self.assertNotIn(secret.decode(), self.coordinator.log())

    def test_self_tells_who_asks(self):
        shown = self.clients["deployer"].get("/api/v1/self").json
        self.assertEqual((shown["token"]["name"], shown["token"]["role"]), ("deployer-1", "deployer"))

    def test_the_agent_port_wants_a_certificate_for_all_but_enroll(self):
        for client in (self.coordinator.agent_client(), self.coordinator.agent_client(token=self.admin.token)):
            for method, path in AGENT_ROUTES:
                answer = client.ask(method, path, {} if method == "POST" else None)
                self.assertEqual((answer.status, answer.reason), (401, "certificate_missing"), path)
            self.assertEqual(client.post("/agent/v1/enroll", {}).status, 400)

    def test_each_port_knows_only_its_own_routes(self):
        for method, path in AGENT_ROUTES + [("POST", "/agent/v1/enroll")]:
            self.assertEqual(self.admin.ask(method, path, {} if method == "POST" else None).status, 404, path)
        agent = self.coordinator.agent_client(self.certificate)
        for route in documented_routes():
            self.assertEqual(ask(agent, *route).status, 404, route)

    def test_an_agents_certificate_opens_nothing_on_the_user_port(self):
        client = harness.Client(self.coordinator.user_port, self.coordinator.ca, certificate=self.certificate)
        self.assertEqual(client.get("/api/v1/jobs").status, 401)

    def test_paths_that_another_reader_would_read_otherwise_reach_no_handler(self):
        for path in ("/api/v1/../v1/pools", "//api/v1/pools", "/api/v1//pools", "/api/v1/%2e%2e/v1/pools",
                     "/api/v1/pools;x=1", "/api/v1/pools.", "/api/v1/pools/", "/api/v1/pools%00", "/api/v1/p%6fols",
                     "/api/v1/pool%c1%b3", "/api/v1/jobs/" + ID + ".json", "/API/v1/pools", "/api/v1/Pools",
                     "/api/v1/pools%2f", "/api\\v1\\pools"):
            self.assertIn(self.admin.get(path).status, (400, 404), path)

    def test_metrics_are_clean_for_promtool(self):
        for accept in ("text/plain", "application/openmetrics-text; version=1.0.0"):
            answer = self.admin.get("/metrics", Accept=accept)
            self.assertEqual(answer.status, 200)
            self.assertTrue(answer.headers["Content-Type"].startswith(accept.split(";")[0]), answer.headers)
            self.assertEqual(answer.body.endswith(b"# EOF\n"), "openmetrics" in accept)
        checked = subprocess.run(["promtool", "check", "metrics"], input=self.admin.get("/metrics").body,
                                 capture_output=True, check=False)
        self.assertEqual((checked.returncode, checked.stdout, checked.stderr), (0, b"", b""))

    def test_health_and_readiness_answer(self):
        anonymous = self.coordinator.client()
        self.assertEqual(anonymous.get("/healthz").body, b"ok\n")
        self.assertEqual(anonymous.get("/readyz").body, b"ready\n")


if __name__ == "__main__":
    unittest.main()
