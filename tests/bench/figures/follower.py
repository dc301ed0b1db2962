"""How soon a line of a log is at a follower, from the moment at which the agent hears that it is durable."""

import contextlib
import selectors
import ssl
import time

import agents
import harness
from report import Figure, at_most, percentile

PATIENCE_S = 30
PAUSE_S = 0.002  # lines come one by one, none while another is on its way


class Wire:
    """A TLS connection that is read by whoever waits on many."""

    def __init__(self, client):
        self.socket = client.raw()
        self.socket.setblocking(False)
        self.received = b""

    def send(self, data):
        self.socket.setblocking(True)
        self.socket.sendall(data)
        self.socket.setblocking(False)

    def take(self):
        """All that is there now; the time is the caller's."""
        with contextlib.suppress(ssl.SSLWantReadError):
            while piece := self.socket.recv(65536):
                self.received += piece


class Scene:
    """One job, its agent's log line, and one follower of its log, all in this one thread."""

    def __init__(self, place, coordinator, admin):
        self.agent = agents.enrolled(coordinator, admin, place.fresh("agent"), "writer")
        job = admin.post("/api/v1/jobs", harness.shell_job("true")).json["id"]
        self.attempt = agents.received(self.agent)
        self.sender = Wire(coordinator.agent_client(agents.client_files(self.agent)))
        self.follower = Wire(admin)
        self.follower.send(f"GET /api/v1/jobs/{job}/log/events HTTP/1.1\r\nHost: 127.0.0.1\r\n"
                           f"Authorization: Bearer {admin.token}\r\n\r\n".encode())
        self.offset = 0
        self.selector = selectors.DefaultSelector()
        for wire in (self.sender, self.follower):
            self.selector.register(wire.socket, selectors.EVENT_READ, wire)
        self.wait(lambda: b"event: attempt" in self.follower.received)

    def wait(self, done):
        deadline = time.monotonic() + PATIENCE_S
        while not done():
            if time.monotonic() > deadline:
                raise AssertionError(f"nothing came: {self.sender.received[:300]!r} {self.follower.received[-300:]!r}")
            for key, _ in self.selector.select(1):
                key.data.take()

    def line(self, number):
        """Appends one line; milliseconds from the answer, and from the request, to the follower's event. The log route
        is used because its answer leaves at once when the bytes are durable: the one of a report waits for a commit."""
        body = f"line {number:06} of the log, as long as such lines are in deployments\n".encode()
        request = (f"POST /agent/v1/attempts/{self.attempt.id}/log?fence={self.attempt.fence} HTTP/1.1\r\n"
                   f"Host: 127.0.0.1\r\nContent-Type: application/octet-stream\r\nUpload-Offset: {self.offset}\r\n"
                   f"Content-Length: {len(body)}\r\n\r\n")
        self.sender.received = self.follower.received = b""
        self.offset += len(body)
        seen = {}

        def look():
            now = time.perf_counter()
            if "durable" not in seen and b"log_offset" in self.sender.received:
                seen["durable"] = now
            if "visible" not in seen and f"{self.attempt.id}:{self.offset}".encode() in self.follower.received:
                seen["visible"] = now
            return len(seen) == 2

        begin = time.perf_counter()
        self.sender.send(request.encode() + body)
        self.wait(look)
        return (seen["visible"] - seen["durable"]) * 1000, (seen["visible"] - begin) * 1000


def measure(place, options):
    coordinator = harness.Coordinator(folder=place.fresh("coordinator"))
    with contextlib.closing(coordinator):
        coordinator.start()
        scene = Scene(place, coordinator, coordinator.bootstrap())
        p50, p99, sent_p50, sent_p99 = [], [], [], []
        number = 0
        for _ in range(options.runs):
            after_durable, after_sent = [], []
            for _ in range(options.sized(500, 10)):
                number += 1
                durable, sent = scene.line(number)
                after_durable.append(durable)
                after_sent.append(sent)
                time.sleep(PAUSE_S)
            p50.append(percentile(after_durable, 50))
            p99.append(percentile(after_durable, 99))
            sent_p50.append(percentile(after_sent, 50))
            sent_p99.append(percentile(after_sent, 99))
    note = "from the agent's answer; below 0: the follower had it before"
    return [
        Figure("log line, durable to visible at a follower: p50", "ms", p50, at_most(1), note=note),
        Figure("log line, durable to visible at a follower: p99", "ms", p99, at_most(5), note=note),
        Figure("log line, sent by the agent to visible at a follower: p50", "ms", sent_p50, note="durable in between"),
        Figure("log line, sent by the agent to visible at a follower: p99", "ms", sent_p99),
    ]
