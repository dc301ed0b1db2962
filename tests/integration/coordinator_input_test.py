"""Requests that are wrong, too large, too slow or made to be read in two ways: a clear refusal, nothing changed, and
nobody else disturbed."""

import contextlib
import json
import socket
import threading
import time
import unittest

import harness


def head(line, *fields):
    return "\r\n".join([line, "Host: localhost", *fields, "", ""]).encode()


class Input(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.coordinator, cls.admin = harness.serving(cls)
        cls.authorization = "Authorization: Bearer " + cls.admin.token

    def pools(self):
        return [pool["name"] for pool in self.admin.get("/api/v1/pools").json["items"]]

    def status_of(self, raw):
        """Of the only answer; the line is closed after it."""
        answer = self.admin.send_raw(raw)
        self.assertEqual(answer.count(b"X-Request-Id: "), 1, answer)
        return int(answer.split(b" ", 2)[1])

    def refused(self, answer, status, reason):
        self.assertEqual((answer.status, answer.reason), (status, reason), answer)
        self.assertEqual(answer.headers["Content-Type"], "application/problem+json")
        self.assertNotEqual(answer.json["detail"], "")

    # Framing

    def test_requests_that_two_servers_would_cut_in_two_places_are_refused_and_the_line_is_closed(self):
        hidden = head("POST /api/v1/pools HTTP/1.1", self.authorization, "Content-Type: application/json",
                      "Content-Length: 19") + b'{"name":"smuggled"}'
        for name, fields in {
                "two lengths": ["Content-Length: 0", f"Content-Length: {len(hidden)}"],
                "two equal lengths": ["Content-Length: 0", "Content-Length: 0"],
                "length and chunks": ["Content-Length: 4", "Transfer-Encoding: chunked"],
                "a list of lengths": ["Content-Length: 0, 0"],
                "a signed length": ["Content-Length: +0"],
                "a hexadecimal length": ["Content-Length: 0x0"],
                "a length beyond 2^64": ["Content-Length: 18446744073709551616"],
                "an unknown coding": ["Transfer-Encoding: xchunked"],
                "a coding twice": ["Transfer-Encoding: chunked", "Transfer-Encoding: chunked"],
                "a coding with a tab": ["Transfer-Encoding:\tchunked, identity"],
                "a blank before the colon": ["Content-Length : 0"],
                "a folded line": ["A: b", " Content-Length: 0"],
        }.items():
            with self.subTest(name):
                request = head("POST /api/v1/pools HTTP/1.1", self.authorization, *fields)
                self.assertIn(self.status_of(request + b"0\r\n\r\n" + hidden), (400, 413, 501))
        bare = head("GET /healthz HTTP/1.1").replace(b"\r\n", b"\n")
        self.assertEqual(self.status_of(bare + hidden), 400)
        self.assertEqual(self.pools(), ["default"])

    def test_chunks_that_lie_are_refused_and_what_follows_them_is_not_run(self):
        hidden = head("POST /api/v1/pools HTTP/1.1", self.authorization, "Content-Type: application/json",
                      "Content-Length: 19") + b'{"name":"smuggled"}'
        start = head("POST /api/v1/pools HTTP/1.1", self.authorization, "Content-Type: application/json",
                     "Transfer-Encoding: chunked")
        for name, body in {"a size beyond 2^64": b"10000000000000000\r\n{}",
                           "an extension": b"2;a=b\r\n{}\r\n0\r\n\r\n",
                           "no number": b"zz\r\n{}\r\n", "a negative size": b"-2\r\n{}\r\n",
                           "a trailer": b"2\r\n{}\r\n0\r\nA: b\r\n\r\n"}.items():
            with self.subTest(name):
                self.assertEqual(self.status_of(start + body + hidden), 400)
        self.assertEqual(self.pools(), ["default"])

    def test_a_request_line_a_header_or_a_number_of_fields_over_its_limit_is_refused(self):
        for expected, request in ((414, head(f"GET /{'a' * 8192} HTTP/1.1")),
                                  (431, head("GET /healthz HTTP/1.1", "A: " + "a" * (16 * 1024))),
                                  (431, head("GET /healthz HTTP/1.1", *["A: b"] * 100)),
                                  (505, head("GET /healthz HTTP/1.0")),
                                  (400, head("GET /healthz HTTP/1.1", "Host: another")),
                                  (400, b"GET /healthz HTTP/1.1\r\n\r\n"), (400, b"nonsense\r\n\r\n")):
            with self.subTest(request[:40]):
                self.assertEqual(self.status_of(request), expected)

    def test_a_header_just_under_its_limits_is_served(self):
        self.assertEqual(self.admin.get("/healthz", A="a" * 15_000).status, 200)

    def test_a_body_over_its_limit_is_refused_before_it_is_read(self):
        request = head("POST /api/v1/jobs HTTP/1.1", self.authorization, "Content-Type: application/json",
                       f"Content-Length: {2 ** 40}")
        self.assertEqual(self.status_of(request), 413)
        chunked = head("POST /api/v1/pools HTTP/1.1", self.authorization, "Content-Type: application/json",
                       "Transfer-Encoding: chunked")
        self.assertEqual(self.status_of(chunked + b"100000\r\n" + b" " * 0x100000 + b"\r\n0\r\n\r\n"), 413)

    def test_a_body_with_an_encoding_is_refused(self):
        answer = self.admin.post("/api/v1/pools", b"\x1f\x8b", Content_Type="application/json", Content_Encoding="gzip")
        self.assertEqual(answer.status, 415)

    def test_a_body_on_a_get_never_becomes_a_second_request(self):
        hidden = head("POST /api/v1/pools HTTP/1.1", self.authorization, "Content-Type: application/json",
                      "Content-Length: 19", "Connection: close") + b'{"name":"smuggled"}'
        self.admin.send_raw(head("GET /healthz HTTP/1.1", f"Content-Length: {len(hidden)}") + hidden)
        self.assertEqual(self.pools(), ["default"])

    # Documents

    def test_json_that_is_no_single_plain_document_is_refused(self):
        deep = b'{"name":' + b"[" * 64 + b"]" * 64 + b"}"
        keys = json.dumps({f"key-{number}": 1 for number in range(10_001)}).encode()
        for name, body in {"nothing": b"", "no JSON": b"{", "too deep": deep, "a million brackets": b"[" * 3_000,
                           "a key twice": b'{"name":"a","name":"b"}', "two documents": b'{"name":"a"}{"name":"b"}',
                           "trailing bytes": b'{"name":"a"} x', "a byte order mark": b'\xef\xbb\xbf{"name":"a"}',
                           "NaN": b'{"name":NaN}', "an overflow": b'{"name":1e999999}',
                           "half a surrogate": b'{"name":"\\ud800"}', "no UTF-8": b'{"name":"\xff"}',
                           "NUL": b'{"name":"a\\u0000"}', "a number": b"1", "a list": b"[]"}.items():
            with self.subTest(name):
                answer = self.admin.post("/api/v1/pools", body, Content_Type="application/json")
                self.assertIn(answer.status, (400, 413), answer)
        answer = self.admin.post("/api/v1/jobs", keys, Content_Type="application/json")
        self.assertIn(answer.status, (400, 413), answer)
        self.assertEqual(self.pools(), ["default"])

    def test_depth_64_of_json_is_read_and_65_is_not(self):
        def nested(depth):
            return b'{"name":"x","tasks":' + b"[" * (depth - 1) + b"]" * (depth - 1) + b"}"
        shallow = self.admin.post("/api/v1/jobs", nested(64), Content_Type="application/json")
        deep = self.admin.post("/api/v1/jobs", nested(65), Content_Type="application/json")
        self.refused(shallow, 400, "invalid_field")
        self.refused(deep, 413, "json_limit")
        self.assertIn("64", deep.json["detail"])

    def test_a_field_that_is_not_known_or_of_another_type_is_named(self):
        for path, body, named in (
                ("/api/v1/pools", {"name": "a", "id": 1}, "/id"),
                ("/api/v1/pools", {"name": 1}, "/name"),
                ("/api/v1/pools", {"name": "Upper"}, "/name"),
                ("/api/v1/pools", {}, "/name"),
                ("/api/v1/tokens", {"name": "a", "role": "root"}, "/role"),
                ("/api/v1/tokens", {"name": "a", "role": "viewer", "admin": True}, "/admin"),
                ("/api/v1/tokens", {"name": "a", "role": "viewer", "lifetime_s": 59}, "/lifetime_s"),
                ("/api/v1/join-tokens", {"lifetime_s": 604_801}, "/lifetime_s"),
                ("/api/v1/uploads", {"bytes": -1}, "/bytes"),
                ("/api/v1/uploads", {"bytes": 64 * 2 ** 30 + 1}, "/bytes"),
                ("/api/v1/artifacts", {"name": "a", "version": "../b", "sha256": "0" * 64}, "/version"),
                ("/api/v1/jobs", harness.shell_job("true", priority=10), "/priority"),
                ("/api/v1/jobs", harness.shell_job("true", owner="me"), "/owner"),
                ("/api/v1/jobs", harness.shell_job("true", name="two\nlines"), "/name"),
                ("/api/v1/jobs", harness.shell_job("true", name="\u001b[2J"), "/name"),
                ("/api/v1/jobs", harness.shell_job("true", name=""), "/name"),
                ("/api/v1/jobs", harness.shell_job("true", name="n" * 201), "/name"),
                ("/api/v1/jobs", harness.shell_job("true", timeout_s=0), "/timeout_s"),
                ("/api/v1/jobs", harness.shell_job("true", working_directory="srv"), "/working_directory"),
                ("/api/v1/jobs", harness.shell_job("true", demands=["a b c"]), "/demands/0"),
                ("/api/v1/jobs", {"name": "a", "tasks": [{"name": "b", "task": "shell@1", "inputs": {"script": 1}}]},
                 "/tasks/0/inputs/script")):
            with self.subTest(path=path, named=named):
                answer = self.admin.post(path, body)
                self.assertIn(answer.status, (400, 413), answer)
                self.assertIn(named, answer.json["detail"])
        self.assertEqual(self.admin.get("/api/v1/jobs").json["items"], [])

    def test_another_content_type_is_refused(self):
        self.refused(self.admin.post("/api/v1/pools", b'{"name":"a"}', Content_Type="text/plain"), 415,
                     "unsupported_media_type")

    def test_a_method_that_a_path_does_not_know_is_405_with_those_it_knows(self):
        answer = self.admin.ask("PUT", "/api/v1/pools", {})
        self.assertEqual(answer.status, 405)
        self.assertLessEqual({"GET", "POST"}, set(answer.headers["Allow"].replace(" ", "").split(",")))

    # Lists

    def test_limits_of_lists_and_cursors_are_judged(self):
        for number in range(5):
            self.admin.post("/api/v1/join-tokens", {})
        page = self.admin.get("/api/v1/join-tokens?limit=2").json
        cursor = page["next_cursor"]
        self.assertEqual(len(page["items"]), 2)
        flipped = cursor[:-2] + ("A" if cursor[-2] != "A" else "B") + cursor[-1]
        flipped_first = ("A" if cursor[0] != "A" else "B") + cursor[1:]
        for wrong in (flipped, flipped_first, cursor[:-1], cursor + "A", "x", "%00"):
            self.assertEqual(self.admin.get(f"/api/v1/join-tokens?cursor={wrong}").status, 400, wrong)
        self.refused(self.admin.get(f"/api/v1/tokens?cursor={cursor}"), 400, "invalid_cursor")
        for wrong in ("limit=0", "limit=501", "limit=-1", "limit=x", "limit=1&limit=2"):
            self.assertEqual(self.admin.get(f"/api/v1/join-tokens?{wrong}").status, 400, wrong)
        self.assertEqual(self.admin.get("/api/v1/join-tokens?limit=500").status, 200)

    def test_pages_hold_every_item_once_newest_first(self):
        made = [self.admin.post("/api/v1/jobs", harness.shell_job("true", name="page")).json["id"] for _ in range(7)]
        seen, cursor = [], None
        while cursor is not None or not seen:
            page = self.admin.get("/api/v1/jobs?limit=3&name=page" + (f"&cursor={cursor}" if cursor else "")).json
            seen += [job["id"] for job in page["items"]]
            cursor = page["next_cursor"]
        self.assertEqual(seen, made[::-1])
        for job in made:
            self.admin.post(f"/api/v1/jobs/{job}/cancel")

    # Slow ones

    def test_slow_requests_do_not_disturb_others(self):
        with contextlib.ExitStack() as stack:
            for number in range(50):
                line = stack.enter_context(self.admin.raw())
                line.sendall(head("POST /api/v1/pools HTTP/1.1", self.authorization, "Content-Length: 19",
                                  "Content-Type: application/json")[:10 + number * 3])
            began = time.monotonic()
            for _ in range(20):
                self.assertEqual(self.admin.get("/api/v1/pools").status, 200)
            self.assertLess(time.monotonic() - began, 4)

    def test_handshakes_that_do_not_go_on_hold_up_nobody_at_another_address(self):
        with contextlib.ExitStack() as stack:
            for _ in range(40):
                line = stack.enter_context(socket.socket())
                line.bind(("127.0.0.2", 0))
                line.connect(("127.0.0.1", self.coordinator.user_port))
                line.sendall(b"\x16")
            began = time.monotonic()
            self.assertEqual(self.admin.get("/api/v1/pools").status, 200)
            self.assertLess(time.monotonic() - began, 4)  # a handshake has 5 s

    def test_a_header_that_does_not_end_is_cut_off_in_time(self):
        with self.admin.raw() as line:
            line.sendall(b"GET /healthz HTTP/1.1\r\nHost:")
            answer = line.recv(65536)
            self.assertTrue(answer == b"" or answer.startswith(b"HTTP/1.1 408 "), answer)

    def test_the_same_line_serves_one_request_after_another(self):
        request = head("GET /healthz HTTP/1.1")
        answer = self.admin.send_raw(request * 2 + head("GET /healthz HTTP/1.1", "Connection: close"))
        self.assertEqual(answer.count(b"HTTP/1.1 200 OK"), 3)


class IdempotencyKey(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.coordinator, cls.admin = harness.serving(cls)

    def test_the_same_key_gives_the_same_answer_and_makes_one_thing(self):
        for path, body in (("/api/v1/pools", {"name": "once"}), ("/api/v1/jobs", harness.shell_job("true")),
                           ("/api/v1/join-tokens", {})):
            with self.subTest(path):
                before = len(harness.audited(self.admin))
                first = self.admin.post(path, body, Idempotency_Key="key:" + path)
                again = self.admin.post(path, body, Idempotency_Key="key:" + path)
                self.assertEqual(first.status, 201, first)
                self.assertEqual(len(harness.audited(self.admin)), before + 1)
                if path != "/api/v1/join-tokens":
                    self.assertEqual((again.status, again.body), (201, first.body))
                    self.assertEqual(again.headers["Location"], first.headers["Location"])

    def test_the_same_key_with_another_body_is_422(self):
        self.assertEqual(self.admin.post("/api/v1/pools", {"name": "a"}, Idempotency_Key="k").status, 201)
        other = self.admin.post("/api/v1/pools", {"name": "b"}, Idempotency_Key="k")
        self.assertEqual((other.status, other.reason), (422, "idempotency_key_reused"))
        self.assertNotIn("b", [pool["name"] for pool in self.admin.get("/api/v1/pools").json["items"]])

    def test_another_token_may_use_the_same_key(self):
        deployer = self.coordinator.client_of_role(self.admin, "deployer")
        ids = {client.post("/api/v1/jobs", harness.shell_job("true"), Idempotency_Key="shared").json["id"]
               for client in (self.admin, deployer)}
        self.assertEqual(len(ids), 2)

    def test_the_answer_is_the_same_after_kill_9(self):
        first = self.admin.post("/api/v1/jobs", harness.shell_job("true"), Idempotency_Key="durable")
        self.coordinator.kill()
        self.coordinator.start()
        again = self.admin.post("/api/v1/jobs", harness.shell_job("true"), Idempotency_Key="durable")
        self.assertEqual((again.status, again.body), (201, first.body))

    def test_requests_at_once_with_one_key_make_one_job(self):
        answers = []
        def create():
            answers.append(self.admin.post("/api/v1/jobs", harness.shell_job("true", name="raced"),
                                           Idempotency_Key="raced").json["id"])
        threads = [threading.Thread(target=create) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual((len(answers), len(set(answers))), (8, 1))

    def test_a_key_that_is_too_long_is_refused(self):
        self.assertEqual(self.admin.post("/api/v1/pools", {"name": "x"}, Idempotency_Key="k" * 129).status, 400)


if __name__ == "__main__":
    unittest.main()
