"""Who an agent is, and what it may do: join tokens, certificates, clones, fences, logs, and another agent's things."""

import subprocess
import threading
import unittest

import harness
import python_agent


class Agents(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.coordinator, cls.admin = harness.serving(cls)
        cls.url = f"https://127.0.0.1:{cls.coordinator.agent_port}"
        cls.made = 0

    def setUp(self):
        type(self).made += 1
        self.name = f"host-{self.made}"
        self.admin.post("/api/v1/pools", {"name": self.name})

    def join_token(self, **fields):
        return self.admin.post("/api/v1/join-tokens", {"pool": self.name} | fields).json

    def enrolled(self, name=None, **fields):
        agent = python_agent.Agent.enroll(self.coordinator.path / (name or self.name), self.url,
                                          self.join_token(**fields)["token"], name or self.name)
        self.addCleanup(agent.close)
        return agent

    def client(self, agent):
        return self.coordinator.agent_client((agent.state / "certificate.pem", agent.state / "key.pem"))

    def job(self, **fields):
        return self.admin.post("/api/v1/jobs", harness.shell_job("true", pool=self.name, **fields)).json["id"]

    def received(self, agent):
        agent.poll()
        self.assertEqual(len(agent.attempts), 1)
        return next(iter(agent.attempts.values()))

    def csr(self, name="key", *key):
        path = self.coordinator.path / f"{self.name}-{name}.pem"
        if not path.exists():
            key = key or ("ecparam", "-name", "prime256v1", "-genkey", "-noout")
            python_agent.openssl(*key, "-out", path)
        return python_agent.openssl("req", "-new", "-key", path, "-subj", "/CN=x")

    def enroll(self, token, csr, name=None, **fields):
        return self.coordinator.agent_client().post("/agent/v1/enroll", {
            "protocol": 1, "token": token, "csr": csr, "name": name or self.name, "version": "1"} | fields)

    def refused(self, answer, status, reason):
        self.assertEqual((answer.status, answer.reason), (status, reason), answer)

    # Join tokens

    def test_a_join_token_works_once(self):
        token = self.join_token()
        self.assertEqual(self.enroll(token["token"], self.csr("one")).status, 200)
        self.refused(self.enroll(token["token"], self.csr("two"), "other"), 403, "token_used")
        listed = next(item for item in self.admin.get("/api/v1/join-tokens").json["items"] if item["id"] == token["id"])
        self.assertEqual((listed["state"], listed["agent"]), ("used", self.name))
        self.assertEqual(self.admin.get("/api/v1/agents/other").status, 404)

    def test_of_two_hosts_with_one_join_token_at_once_one_wins(self):
        token, answers = self.join_token()["token"], []
        requests = [(self.csr(f"racer-{number}"), f"{self.name}-{number}") for number in range(6)]
        threads = [threading.Thread(target=lambda r=r: answers.append(self.enroll(token, *r).status)) for r in requests]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(sorted(answers), [200] + [403] * 5)

    def test_a_revoked_join_token_is_refused(self):
        token = self.join_token()
        self.assertEqual(self.admin.ask("DELETE", "/api/v1/join-tokens/" + token["id"]).status, 204)
        self.refused(self.enroll(token["token"], self.csr()), 403, "token_revoked")

    def test_a_join_token_with_another_secret_is_not_known(self):
        token = self.join_token()["token"]
        other = token[:38] + ("A" if token[38] != "A" else "B") + token[39:-9]
        forged = other + f"_{python_agent.zlib.crc32(other.encode()):08x}"
        self.refused(self.enroll(forged, self.csr()), 403, "token_unknown")
        for damaged in (token[:-1], token[:-1] + ("0" if token[-1] != "0" else "1"), "slj1_", ""):
            self.assertIn(self.enroll(damaged, self.csr()).status, (400, 403), damaged)
        self.assertEqual(self.enroll(token, self.csr()).status, 200)

    def test_a_name_that_is_taken_is_409_and_the_token_stays_good(self):
        self.enrolled()
        token = self.join_token()["token"]
        self.refused(self.enroll(token, self.csr("second")), 409, "name_taken")
        self.assertEqual(self.enroll(token, self.csr("second"), self.name + "-b").status, 200)

    def test_a_name_of_the_token_goes_before_the_agents_own(self):
        token = self.join_token(agent_name=self.name + "-given")["token"]
        self.assertEqual(self.enroll(token, self.csr(), "own").json["name"], self.name + "-given")

    def test_requests_for_certificates_that_are_not_p_256_are_refused_and_use_no_token(self):
        token = self.join_token()["token"]
        for name, key in {"rsa": ("genpkey", "-algorithm", "RSA"),
                          "p384": ("ecparam", "-name", "secp384r1", "-genkey", "-noout")}.items():
            self.refused(self.enroll(token, self.csr(name, *key)), 400, "csr_invalid")
        good = self.csr()
        broken = good.replace(good.splitlines()[2][:8], "AAAAAAAA")
        for csr in (broken, "", "-----BEGIN CERTIFICATE REQUEST-----\nMIHh\n-----END CERTIFICATE REQUEST-----\n"):
            self.assertEqual(self.enroll(token, csr).status, 400)
        self.assertIn(self.enroll(token, good + "A" * 16_384).status, (400, 413))
        self.assertEqual(self.enroll(token, good).status, 200)

    def test_what_else_a_request_for_a_certificate_asks_for_is_ignored(self):
        self.csr()
        key = self.coordinator.path / f"{self.name}-key.pem"
        csr = python_agent.openssl("req", "-new", "-key", key, "-subj", "/CN=root/O=Slipway", "-addext",
                                   "basicConstraints=critical,CA:TRUE", "-addext", "extendedKeyUsage=serverAuth",
                                   "-addext", "subjectAltName=DNS:localhost")
        made = self.enroll(self.join_token()["token"], csr).json
        text = subprocess.run(["openssl", "x509", "-noout", "-text"], input=made["certificate"], text=True,
                              capture_output=True, check=True).stdout
        self.assertIn("urn:slipway:agent:" + made["agent"], text)
        for asked in ("CA:TRUE", "DNS:localhost", "O = Slipway", "TLS Web Server"):
            self.assertNotIn(asked, text)

    def test_fields_of_another_kind_are_refused(self):
        token, csr = self.join_token()["token"], self.csr()
        self.refused(self.enroll(token, csr, color="red"), 400, "unknown_field")
        self.refused(self.enroll(token, csr, protocol=0), 400, "protocol_unsupported")
        self.refused(self.enroll(token, csr, protocol="1"), 400, "invalid_field")
        self.refused(self.enroll(token, csr, "Not A Name"), 400, "invalid_field")

    # Certificates

    def test_a_certificate_of_another_authority_ends_in_the_handshake(self):
        path = self.coordinator.path
        key, certificate = path / f"{self.name}-foreign.key", path / f"{self.name}-foreign.pem"
        python_agent.openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                             "-keyout", key, "-out", certificate, "-subj", "/CN=x", "-addext",
                             "subjectAltName=URI:urn:slipway:agent:" + self.enrolled().about["agent"])
        with self.assertRaises(OSError):
            self.coordinator.agent_client((certificate, key)).post("/agent/v1/poll", {})

    def test_a_deleted_agent_is_refused_and_its_parked_line_ends(self):
        agent, ended = self.enrolled(), []
        def parked():
            try:
                agent.poll()
            except (OSError, python_agent.http.client.HTTPException, python_agent.Refused) as failure:
                ended.append(failure)
        thread = threading.Thread(target=parked)
        thread.start()
        online = lambda: self.admin.get("/api/v1/agents/" + self.name).json["contact"] == "online"
        harness.wait_until(online, "the agent is parked")
        self.assertEqual(self.admin.ask("DELETE", "/api/v1/agents/" + self.name).status, 204)
        thread.join(harness.PATIENCE_S)
        self.assertFalse(thread.is_alive())
        for path, body in (("poll", agent.poll_request()), ("renew", {"protocol": 1, "csr": self.csr()})):
            self.refused(self.client(agent).post("/agent/v1/" + path, body), 403, "agent_deleted")
        self.refused(self.client(agent).get("/agent/v1/blobs/" + "0" * 64), 403, "agent_deleted")
        self.assertEqual(self.admin.get("/api/v1/agents/" + self.name).status, 404)

    def test_an_agent_with_an_open_attempt_is_deleted_by_force_alone_and_may_still_report_it(self):
        agent, job = self.enrolled(), self.job()
        attempt = self.received(agent)
        agent.report()
        for query in ("", "?force=false"):
            self.assertEqual(self.admin.ask("DELETE", f"/api/v1/agents/{self.name}{query}").status, 409)
        for query in ("?force=maybe", "?force=", "?force", "?force=TRUE", "?force=true&force=true"):
            self.assertEqual(self.admin.ask("DELETE", f"/api/v1/agents/{self.name}{query}").status, 400, query)
        self.assertEqual(self.admin.get("/api/v1/jobs/" + job).json["state"], "leased")
        self.assertEqual(self.admin.ask("DELETE", f"/api/v1/agents/{self.name}?force=true").status, 204)
        shown = self.admin.get("/api/v1/jobs/" + job).json
        self.assertEqual((shown["state"], shown["reason"]), ("failed", "agent_deleted"))
        agent.close()
        attempt.run()
        agent.report()
        self.assertTrue(attempt.outcome_stored)
        after = self.admin.get("/api/v1/jobs/" + job).json
        self.assertEqual((after["state"], after["attempts"][0]["flags"]), ("failed", ["superseded"]))

    def test_an_old_certificate_is_good_until_the_renewed_one_has_polled(self):
        agent = self.enrolled()
        self.csr("new")
        answer = self.client(agent).post("/agent/v1/renew", {"protocol": 1, "csr": self.csr("new")})
        self.assertEqual(answer.status, 200, answer)
        renewed = self.coordinator.path / f"{self.name}-renewed.pem"
        renewed.write_text(answer.json["certificate"])
        old = self.client(agent)
        new = self.coordinator.agent_client((renewed, self.coordinator.path / f"{self.name}-new.pem"))
        for client in (old, new):
            self.assertEqual(client.get("/agent/v1/blobs/" + "0" * 64).reason, "blob_missing")
        self.job()
        self.assertEqual(new.post("/agent/v1/poll", agent.poll_request()).status, 200)
        harness.wait_until(lambda: old.get("/agent/v1/blobs/" + "0" * 64).status == 403, "the old one is out of force")
        self.refused(old.get("/agent/v1/blobs/" + "0" * 64), 403, "certificate_revoked")
        self.assertEqual(new.get("/agent/v1/blobs/" + "0" * 64).reason, "blob_missing")

    # Identity

    def test_a_clone_is_a_conflict_until_a_person_says_which_instance_stays(self):
        agent, job = self.enrolled(), self.job()
        attempt = self.received(agent)
        agent.report()
        clone = python_agent.Agent(agent.state)
        self.addCleanup(clone.close)
        clone.about["start_epoch"] = agent.about["start_epoch"]
        with self.assertRaises(python_agent.Refused) as caught:
            clone.poll()
        self.assertEqual((caught.exception.status, caught.exception.reason), (409, "identity_conflict"))
        shown = self.admin.get("/api/v1/agents/" + self.name).json
        self.assertEqual(shown["status"], "conflicted")
        self.assertEqual({one["instance"] for one in shown["conflict"]["instances"]}, {agent.instance, clone.instance})
        attempt.run()
        agent.report()  # what runs may still report
        self.assertEqual(self.admin.get("/api/v1/jobs/" + job).json["state"], "succeeded")
        waiting = self.job()
        self.assertEqual(self.admin.get("/api/v1/jobs/" + waiting).json["waiting"], "maintenance")
        for wrong in ({}, {"keep": "f" * 32}, {"keep": agent.instance, "re_enroll": True}):
            self.assertIn(self.admin.post(f"/api/v1/agents/{self.name}/resolve", wrong).status, (400, 409), wrong)
        kept = self.admin.post(f"/api/v1/agents/{self.name}/resolve", {"keep": agent.instance})
        self.assertEqual((kept.status, kept.json["status"]), (200, "enabled"))
        agent.poll()
        if not agent.attempts:
            agent.poll()
        self.assertEqual([one.job for one in agent.attempts.values()], [waiting])
        with self.assertRaises(python_agent.Refused):
            clone.poll()
        self.assertEqual(self.admin.post(f"/api/v1/agents/{self.name}/resolve", {"keep": agent.instance}).status, 409)

    def test_a_restarted_agent_is_no_clone(self):
        agent = self.enrolled()
        self.job()
        self.received(agent)
        agent.close()
        again = python_agent.Agent(agent.state)
        self.addCleanup(again.close)
        self.assertEqual(len(again.attempts), 1)
        again.work()
        again.poll()
        self.assertEqual(again.attempts, {})

    # Attempts

    def log(self, client, attempt, fence, offset, data=b"x"):
        return client.post(f"/agent/v1/attempts/{attempt}/log?fence={fence}", data, Upload_Offset=offset)

    def test_logs_are_judged_by_owner_fence_offset_and_end(self):
        agent, other = self.enrolled(), self.enrolled(self.name + "-other")
        job = self.job()
        attempt = self.received(agent)
        agent.report()
        mine, stranger = self.client(agent), self.client(other)
        self.assertEqual(self.log(mine, attempt.id, attempt.fence, 0, b"0123").json["log_offset"], 4)
        self.refused(self.log(stranger, attempt.id, attempt.fence, 4), 404, "attempt_missing")
        self.refused(self.log(mine, job, attempt.fence, 4), 404, "attempt_missing")
        self.refused(self.log(mine, attempt.id, attempt.fence + 1, 4), 409, "stale_fence")
        for offset, data in ((9, b"gap"), (0, b"0123"), (0, b"01234567"), (1, b"rewrite"), (3, b"")):
            wrong = self.log(mine, attempt.id, attempt.fence, offset, data)
            self.refused(wrong, 409, "wrong_offset")
            self.assertEqual(wrong.json["log_offset"], 4)
        self.assertEqual(self.log(mine, attempt.id, attempt.fence, 4, b"").json["log_offset"], 4)
        self.assertEqual(self.admin.get(f"/api/v1/jobs/{job}/log").body, b"0123")
        for offset in ("-1", "x", "", str(2 ** 64)):
            self.assertEqual(self.log(mine, attempt.id, attempt.fence, offset).status, 400, offset)
        self.assertEqual(self.log(mine, attempt.id, attempt.fence, 10 * 2 ** 40).status, 413)
        self.assertEqual(self.log(mine, attempt.id, "x", 4).status, 400)
        self.assertEqual(self.log(mine, attempt.id, attempt.fence, 4, b"x" * (256 * 1024 + 1)).status, 413)
        (attempt.directory / "log").write_bytes(b"0123")
        attempt.end("succeeded")
        agent.report()
        self.refused(self.log(mine, attempt.id, attempt.fence, 4), 409, "log_sealed")
        self.assertEqual(self.admin.get(f"/api/v1/jobs/{job}/log").body, b"0123")

    def test_a_report_judges_each_attempt_alone(self):
        agent, other = self.enrolled(), self.enrolled(self.name + "-other")
        job = self.job()
        attempt = self.received(agent)
        agent.report()
        def entries(*pairs):
            return [{"id": name, "fence": fence, "log": {"offset": 0, "base64": "YWI="}} for name, fence in pairs]
        other.seq += 1
        strange = other.send("control", "report", {"seq": other.seq, "attempts": entries((attempt.id, attempt.fence))})
        self.assertEqual(strange["attempts"][0]["error"], "stale_fence")
        agent.seq += 1
        answer = agent.send("control", "report", {"seq": agent.seq, "attempts": entries(
            (attempt.id, attempt.fence), (job, attempt.fence), (attempt.id, attempt.fence + 7))})
        self.assertEqual([judged.get("error") for judged in answer["attempts"]], [None, "stale_fence", "stale_fence"])
        self.assertEqual(answer["attempts"][0]["log_offset"], 2)

    def test_a_log_whose_digest_does_not_fit_is_asked_for_once_more_and_then_marked(self):
        agent, job = self.enrolled(), self.job()
        attempt = self.received(agent)
        agent.report()
        (attempt.directory / "log").write_bytes(b"true")
        attempt.end("succeeded")
        self.assertEqual(self.log(self.client(agent), attempt.id, attempt.fence, 0, b"lies").json["log_offset"], 4)
        attempt.log_sent = 4
        agent.report()
        again = self.log(self.client(agent), attempt.id, attempt.fence, 0, b"lies")
        self.assertIn(again.status, (200, 409), again)
        shown = self.admin.get("/api/v1/jobs/" + job).json["attempts"][0]
        self.assertEqual((shown["log_sealed"], shown["flags"]), (True, ["log_mismatch"]))

    def test_polls_that_say_what_cannot_be_are_refused_and_change_nothing(self):
        agent = self.enrolled()
        good = agent.poll_request()
        for name, change in {"slots of 65": {"slots": 65}, "no slots": {"slots": 0},
                             "an epoch of 0": {"start_epoch": 0},
                             "an unknown state": {"attempts": [{"id": self.job(), "job": self.job(), "fence": 1,
                                                                "state": "sleeping"}]},
                             "an unknown field": {"mood": "good"}, "a short instance": {"instance": "ab"},
                             }.items():
            with self.subTest(name):
                answer = self.client(agent).post("/agent/v1/poll", good | change)
                self.assertEqual(answer.status, 400, answer)
        self.refused(self.client(agent).post("/agent/v1/poll", good | {"protocol": 0}), 400, "protocol_unsupported")
        large = good | {"capabilities": {f"name-{number}": "v" * 200 for number in range(2_000)}}
        self.assertEqual(self.client(agent).post("/agent/v1/poll", large).status, 413)
        self.assertEqual(self.admin.get("/api/v1/agents/" + self.name).json["last_contact"], None)


if __name__ == "__main__":
    unittest.main()
