"""A coordinator that says whatever a test wants, on the agent port of a real one that has been stopped: its certificate
is the real one, so an agent has no reason to doubt it."""

import collections
import contextlib
import json
import socket
import ssl
import threading
import time

import harness

EMPTY = {"restore_epoch": 0, "hold_s": 20, "orders": [], "cancels": [], "forget": [], "want": []}


class Whole(bytes):
    """An answer after which the line serves the next request."""


def http(body=b"", status="200 OK", *fields):
    """A whole answer. A dict goes as JSON."""
    if isinstance(body, dict):
        body = json.dumps(body).encode()
    head = [f"HTTP/1.1 {status}", "Content-Type: application/json", f"Content-Length: {len(body)}", *fields, "", ""]
    return Whole("\r\n".join(head).encode() + body)


def endless(begin, piece, bytes_in_all=64 * 1024 * 1024):
    """`begin`, then `piece` again and again: the one who reads has to end it."""
    yield begin
    for _ in range(bytes_in_all // len(piece)):
        yield piece


class Asked:
    def __init__(self, line, head, body):
        self.line, self.head, self.body, self.at = line, head, body, time.monotonic()

    @property
    def path(self):
        return self.head.split(" ")[1]

    @property
    def route(self):
        """poll, report, log, blobs, enroll or renew."""
        parts = self.path.partition("?")[0].split("/")
        return "blobs" if "blobs" in parts else parts[-1]

    @property
    def json(self):
        return json.loads(self.body)


class FakeCoordinator:
    """`say(route, *answers)` queues answers, `always[route]` is said when none is queued. A poll without an answer is
    parked, all else gets 503. An answer is bytes, an iterator of bytes, or a function that makes one of these of the
    request. The line ends after whatever http() did not make."""

    def __init__(self, pki, port):
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.load_cert_chain(pki / "server.pem", pki / "server.key")
        self.lock = threading.Condition()
        self.answers = collections.defaultdict(collections.deque)
        self.always = {}
        self.asked = []
        self.parked = 0
        self.lines = set()
        self.listener = socket.create_server(("127.0.0.1", port), backlog=64)
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        with contextlib.suppress(OSError):
            while True:
                plain = self.listener.accept()[0]
                threading.Thread(target=self.serve, args=(plain,), daemon=True).start()

    def serve(self, plain):
        with contextlib.suppress(OSError, ValueError), plain:
            with self.context.wrap_socket(plain, server_side=True) as line:
                with self.lock:
                    self.lines.add(line)
                try:
                    while self.one(line):
                        pass
                finally:
                    with self.lock:
                        self.lines.discard(line)

    def one(self, line):
        data = b""
        while b"\r\n\r\n" not in data:
            piece = line.recv(65536)
            if not piece:
                return False
            data += piece
        head, _, body = data.partition(b"\r\n\r\n")
        length = next((int(field.split(b":")[1]) for field in head.split(b"\r\n") if
                       field.lower().startswith(b"content-length:")), 0)
        while len(body) < length:
            body += line.recv(65536)
        asked = Asked(line, head.decode(), body)
        with self.lock:
            self.asked.append(asked)
            queue = self.answers[asked.route]
            answer = queue.popleft() if queue else self.always.get(asked.route)
            while answer is None and asked.route == "poll":
                self.parked += 1
                self.lock.notify_all()
                self.lock.wait_for(lambda: queue or line not in self.lines)
                self.parked -= 1
                if not queue:
                    return False  # closed
                answer = queue.popleft()
            self.lock.notify_all()
        if answer is None:
            answer = http(b"", "503 Service Unavailable")
        if callable(answer):
            answer = answer(asked)
        for piece in [answer] if isinstance(answer, bytes) else answer:
            line.sendall(piece)
        return isinstance(answer, Whole)

    def say(self, route, *answers):
        with self.lock:
            self.answers[route].extend(answers)
            self.lock.notify_all()

    def everything(self):
        with self.lock:
            return list(self.asked)

    def requests(self, route):
        return [asked for asked in self.everything() if asked.route == route]

    def next_request(self, route, seen):
        """The first one to this route beyond the first `seen`."""
        with self.lock:
            found = lambda: [asked for asked in self.asked if asked.route == route][seen:]
            if not self.lock.wait_for(found, harness.PATIENCE_S):
                raise AssertionError(f"no further request to {route} within {harness.PATIENCE_S} s")
            return found()[0]

    def close(self):
        with contextlib.suppress(OSError):
            self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        with self.lock:
            lines, self.lines = self.lines, set()
            self.lock.notify_all()
        for line in lines:
            with contextlib.suppress(OSError):
                line.shutdown(socket.SHUT_RDWR)
