"""Artifacts from push to delete: what breaks half way goes on, what does not fit is refused, and a version never
changes."""

import contextlib
import os
import socket
import unittest

import harness


class Artifacts(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.coordinator, cls.admin = harness.serving(cls)

    def upload(self, size):
        begun = self.admin.post("/api/v1/uploads", {"bytes": size})
        self.assertEqual((begun.status, begun.json["offset"]), (201, 0), begun)
        self.assertEqual(begun.headers["Location"], "/api/v1/uploads/" + begun.json["id"])
        return begun.headers["Location"]

    def append(self, upload, offset, data):
        return self.admin.ask("PATCH", upload, data, Upload_Offset=offset)

    def create(self, name, version, data, upload=None, digest=None):
        body = {"name": name, "version": version, "sha256": digest or harness.sha256(data)}
        return self.admin.post("/api/v1/artifacts", body | ({"upload": upload.rsplit("/", 1)[1]} if upload else {}))

    def pushed(self, name, version, data):
        upload = self.upload(len(data))
        self.assertEqual(self.append(upload, 0, data).status, 200)
        made = self.create(name, version, data, upload)
        self.assertEqual(made.status, 201, made)
        return made.json

    def blobs(self):
        return {path.name for path in (self.coordinator.state / "blobs").rglob("*") if path.is_file()}

    def content(self, name, version, **headers):
        return self.admin.get(f"/api/v1/artifacts/{name}/{version}/content", **headers)

    def test_a_push_in_pieces_is_downloaded_byte_for_byte(self):
        data = os.urandom(3_000_001)
        upload = self.upload(len(data))
        for begin in range(0, len(data), 1_000_000):
            answer = self.append(upload, begin, data[begin:begin + 1_000_000])
            self.assertEqual((answer.status, answer.json["offset"]), (200, min(begin + 1_000_000, len(data))))
        made = self.create("whole", "1.0", data, upload)
        self.assertEqual(made.status, 201, made)
        self.assertEqual((made.json["sha256"], made.json["bytes"]), (harness.sha256(data), len(data)))
        content = self.content("whole", "1.0")
        self.assertEqual((content.status, content.body), (200, data))
        self.assertEqual(content.headers["ETag"], f'"{harness.sha256(data)}"')
        self.assertEqual(self.admin.get("/api/v1/artifacts/whole/1.0").json, made.json)
        self.assertEqual(self.admin.get(upload).status, 404)

    def test_a_push_that_stops_half_way_goes_on_where_it_stopped(self):
        data = os.urandom(2_000_000)
        upload = self.upload(len(data))
        with self.admin.raw() as line:
            line.sendall((f"PATCH {upload} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {self.admin.token}\r\n"
                          "Content-Type: application/octet-stream\r\nUpload-Offset: 0\r\n"
                          f"Content-Length: {len(data)}\r\n\r\n").encode() + data[:1_200_000])
            line.shutdown(socket.SHUT_WR)
            with contextlib.suppress(OSError):
                while line.recv(65536):  # until the coordinator has let go of the request
                    pass
        offset = self.admin.get(upload).json["offset"]
        self.assertGreater(offset, 1_000_000)
        self.assertEqual(self.append(upload, offset, data[offset:]).json["offset"], len(data))
        self.assertEqual(self.create("resumed", "1", data, upload).status, 201)
        self.assertEqual(self.content("resumed", "1").body, data)

    def test_kill_9_in_the_middle_of_a_push_keeps_every_acknowledged_byte(self):
        data = os.urandom(500_000)
        upload = self.upload(len(data))
        self.assertEqual(self.append(upload, 0, data[:300_000]).status, 200)
        self.coordinator.kill()
        self.coordinator.start()
        offset = self.admin.get(upload).json["offset"]
        self.assertEqual(offset, 300_000)
        self.assertEqual(self.append(upload, offset, data[offset:]).status, 200)
        self.assertEqual(self.create("killed", "1", data, upload).status, 201)
        self.assertEqual(self.content("killed", "1").body, data)

    def test_a_wrong_offset_is_409_with_the_right_one_and_stores_nothing(self):
        upload = self.upload(10)
        self.append(upload, 0, b"01234")
        for wrong in (0, 4, 6, 10):
            answer = self.append(upload, wrong, b"xxxxx")
            self.assertEqual((answer.status, answer.reason), (409, "upload_offset_wrong"), answer)
            self.assertEqual(answer.headers["Upload-Offset"], "5")
        self.assertEqual(self.admin.get(upload).json["offset"], 5)
        for wrong in ("-1", "x", "99999999999999999999", ""):
            self.assertEqual(self.append(upload, wrong, b"x").status, 400, wrong)

    def test_a_wrong_digest_is_422_and_leaves_no_artifact_and_no_blob(self):
        before = self.blobs()
        upload = self.upload(5)
        self.append(upload, 0, b"right")
        answer = self.create("wrong", "1", b"", upload, harness.sha256(b"other"))
        self.assertEqual((answer.status, answer.reason), (422, "digest_mismatch"), answer)
        self.assertEqual(self.admin.get("/api/v1/artifacts/wrong/1").status, 404)
        self.assertEqual(self.admin.get(upload).status, 404)
        self.assertEqual(self.blobs(), before)

    def test_a_digest_that_was_never_pushed_is_422(self):
        answer = self.create("nothing", "1", b"never pushed")
        self.assertEqual((answer.status, answer.reason), (422, "blob_missing"))

    def test_a_version_never_changes(self):
        made = self.pushed("fixed", "1.0", b"first")
        upload = self.upload(6)
        self.append(upload, 0, b"second")
        other = self.create("fixed", "1.0", b"second", upload)
        self.assertEqual(other.status, 409, other)
        self.assertEqual(self.content("fixed", "1.0").body, b"first")
        again = self.create("fixed", "1.0", b"first")
        self.assertEqual((again.status, again.json), (200, made))

    def test_bytes_that_are_here_already_need_no_upload(self):
        self.pushed("source", "1", b"shared bytes")
        self.assertEqual(self.create("copy", "1", b"shared bytes").status, 201)
        self.assertEqual(self.admin.ask("DELETE", "/api/v1/artifacts/source/1").status, 204)
        self.assertEqual(self.content("copy", "1").body, b"shared bytes")
        self.assertEqual(self.admin.ask("DELETE", "/api/v1/artifacts/copy/1").status, 204)
        digest = harness.sha256(b"shared bytes")
        harness.wait_until(lambda: digest not in self.blobs(), "bytes that nothing needs are removed")

    def test_ranges_and_etags(self):
        self.pushed("ranged", "1", b"0123456789")
        etag = self.content("ranged", "1").headers["ETag"]
        for asked, expected in (("bytes=0-0", b"0"), ("bytes=3-", b"3456789"), ("bytes=-2", b"89"),
                                ("bytes=5-99", b"56789"), ("bytes=0-18446744073709551615", b"0123456789")):
            answer = self.content("ranged", "1", Range=asked)
            self.assertEqual((answer.status, answer.body), (206, expected), asked)
            begin = b"0123456789".index(expected)
            self.assertEqual(answer.headers["Content-Range"], f"bytes {begin}-{begin + len(expected) - 1}/10")
        for asked in ("bytes=10-", "bytes=-0", "bytes=18446744073709551616-", "bytes=5-3"):
            answer = self.content("ranged", "1", Range=asked)
            self.assertEqual((answer.status, answer.headers["Content-Range"]), (416, "bytes */10"), asked)
        self.assertIn(self.content("ranged", "1", Range="bytes=0-0,2-3").status, (200, 416))
        self.assertEqual(self.content("ranged", "1", If_None_Match=etag).status, 304)
        self.assertEqual(self.content("ranged", "1", If_None_Match='"other"').status, 200)
        stale = self.content("ranged", "1", Range="bytes=3-", If_Range='"other"')
        self.assertEqual((stale.status, stale.body), (200, b"0123456789"))
        fresh = self.content("ranged", "1", Range="bytes=3-", If_Range=etag)
        self.assertEqual((fresh.status, fresh.body), (206, b"3456789"))

    def test_head_tells_the_length_and_sends_no_body(self):
        self.pushed("headed", "1", b"0123456789")
        answer = self.admin.ask("HEAD", "/api/v1/artifacts/headed/1/content")
        self.assertEqual((answer.status, answer.headers["Content-Length"], answer.body), (200, "10", b""))

    def test_an_artifact_that_a_queued_job_needs_stays(self):
        self.pushed("needed", "1", b"needed")
        job = self.admin.post("/api/v1/jobs", harness.shell_job(
            "true", artifacts=[{"name": "needed", "version": "1"}])).json["id"]
        refused = self.admin.ask("DELETE", "/api/v1/artifacts/needed/1")
        self.assertEqual(refused.status, 409, refused)
        self.assertEqual(self.content("needed", "1").status, 200)
        self.assertEqual(self.admin.post(f"/api/v1/jobs/{job}/cancel").json["state"], "canceled")
        self.assertEqual(self.admin.ask("DELETE", "/api/v1/artifacts/needed/1").status, 204)
        self.assertEqual(self.content("needed", "1").status, 404)

    def test_an_upload_that_is_given_up_leaves_nothing(self):
        before = set((self.coordinator.state / "uploads").iterdir())
        upload = self.upload(100)
        self.append(upload, 0, b"x" * 50)
        self.assertEqual(self.admin.ask("DELETE", upload).status, 204)
        self.assertEqual(self.admin.get(upload).status, 404)
        self.assertEqual(self.append(upload, 50, b"x").status, 404)
        self.assertEqual(set((self.coordinator.state / "uploads").iterdir()), before)

    def test_an_artifact_of_no_bytes_is_one(self):
        upload = self.upload(0)
        self.assertEqual(self.create("empty", "1", b"", upload).status, 201)
        self.assertEqual((self.content("empty", "1").status, self.content("empty", "1").body), (200, b""))

    def test_lists_are_filtered_by_name(self):
        for version in ("1", "2", "3"):
            self.pushed("listed", version, version.encode())
        page = self.admin.get("/api/v1/artifacts?name=listed&limit=2").json
        self.assertEqual([artifact["version"] for artifact in page["items"]], ["3", "2"])
        rest = self.admin.get(f"/api/v1/artifacts?name=listed&limit=2&cursor={page['next_cursor']}").json
        self.assertEqual(([artifact["version"] for artifact in rest["items"]], rest["next_cursor"]), (["1"], None))


if __name__ == "__main__":
    unittest.main()
