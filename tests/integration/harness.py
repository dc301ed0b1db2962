"""Starts a coordinator in a directory of its own and speaks to it as a person's program would. Nothing here sleeps for
a length that was guessed: everything waits for something, with a deadline."""

import base64
import contextlib
import hashlib
import http.client
import json
import os
import pathlib
import shutil
import signal
import socket
import ssl
import struct
import subprocess
import tempfile
import threading
import time
import urllib.parse

ROOT = pathlib.Path(__file__).parents[2]
COORDINATOR = os.path.join(os.environ["SLIPWAY_BIN"], "slipway-coordinator")
PATIENCE_S = 30


def wait_until(done, what, seconds=PATIENCE_S):
    """Answers what `done` answers as soon as that is true."""
    deadline = time.monotonic() + seconds
    while True:
        value = done()
        if value:
            return value
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {seconds} s: {what}")
        time.sleep(0.02)


def free_ports(count):
    sockets = [socket.socket() for _ in range(count)]
    try:
        for one in sockets:
            one.bind(("127.0.0.1", 0))
        return [one.getsockname()[1] for one in sockets]
    finally:
        for one in sockets:
            one.close()


def sha256(data):
    return hashlib.sha256(data).hexdigest()


class Answer:
    def __init__(self, status, headers, body):
        self.status, self.headers, self.body = status, headers, body

    @property
    def json(self):
        return json.loads(self.body)

    @property
    def reason(self):
        """The last word of a problem document's type."""
        document = self.json
        return document.get("reason") or document["type"].rsplit(":", 1)[-1]

    def __repr__(self):
        return f"{self.status} {self.body[:300]!r}"


class Client:
    """HTTPS with the coordinator's own CA; one connection for each request unless `keep` holds it."""

    def __init__(self, port, ca, token=None, certificate=None):
        self.port, self.token = port, token
        self.context = ssl.create_default_context(cafile=str(ca))
        if certificate:
            self.context.load_cert_chain(*certificate)

    def connect(self, timeout=PATIENCE_S):
        return http.client.HTTPSConnection("127.0.0.1", self.port, context=self.context, timeout=timeout)

    def headers(self, more):
        return ({"Authorization": "Bearer " + self.token} if self.token else {}) | more

    def ask(self, method, path, body=None, **headers):
        """A dict goes as JSON, bytes as they are. Header names are written with _ for -."""
        given = {name.replace("_", "-"): str(value) for name, value in headers.items()}
        if isinstance(body, (dict, list)):
            body = json.dumps(body).encode()
            given.setdefault("Content-Type", "application/json")
        elif body is not None:
            given.setdefault("Content-Type", "application/octet-stream")
        with contextlib.closing(self.connect()) as connection:
            connection.request(method, path, body, self.headers(given))
            response = connection.getresponse()
            return Answer(response.status, response.headers, response.read())

    def get(self, path, **headers):
        return self.ask("GET", path, None, **headers)

    def post(self, path, body=None, **headers):
        return self.ask("POST", path, body, **headers)

    def raw(self):
        """A TLS connection for bytes that no client library would send."""
        plain = socket.create_connection(("127.0.0.1", self.port), timeout=PATIENCE_S)
        return self.context.wrap_socket(plain, server_hostname="127.0.0.1")

    def send_raw(self, data):
        """Sends the bytes and answers all that comes until the other side closes the line."""
        with self.raw() as line:
            with contextlib.suppress(OSError):
                line.sendall(data)
            answer = b""
            with contextlib.suppress(OSError):
                while piece := line.recv(65536):
                    answer += piece
            return answer


class PushedClock:
    """For programs of the crash preset: their clock goes ahead by what was pushed."""

    def __init__(self, file):
        self.file = pathlib.Path(file)
        self.file.touch()
        self.environment = {"SLIPWAY_CLOCK_FILE": str(self.file)}

    def push(self, seconds):
        with open(self.file, "ab", buffering=0) as clock:
            clock.write(struct.pack("<qq", int(seconds * 1e6), int(seconds * 1e6)))


class Follower:
    """Reads server-sent events in a thread of its own."""

    def __init__(self, client, path, **headers):
        self.connection = client.connect()
        given = {name.replace("_", "-"): str(value) for name, value in headers.items()}
        self.connection.request("GET", path, None, client.headers(given))
        # The socket itself: http.client lets go of it when the answer says that the line will be closed.
        self.socket = self.connection.sock
        self.response = self.connection.getresponse()
        self.events = []
        self.over = threading.Event()
        self.thread = threading.Thread(target=self.run, daemon=True)
        self.thread.start()

    def run(self):
        event = {}
        with contextlib.suppress(OSError, ValueError, http.client.HTTPException):
            for line in self.response:
                line = line.decode().rstrip("\n")
                if line and not line.startswith(":"):
                    name, _, value = line.partition(":")
                    event[name] = value.removeprefix(" ")
                elif not line and event:
                    self.events.append(event)
                    event = {}
        self.over.set()

    def kinds(self):
        return [event.get("event") for event in self.events]

    def data(self, kind):
        return [json.loads(event["data"]) for event in self.events if event.get("event") == kind]

    def log(self):
        return b"".join(base64.b64decode(piece["base64"]) for piece in self.data("log"))

    def close(self):
        with contextlib.suppress(OSError):
            self.socket.shutdown(socket.SHUT_RDWR)
        self.over.wait(PATIENCE_S)
        self.connection.close()
        self.response.close()


class Coordinator:
    """One state directory and the processes that served it, one after the other."""

    program = COORDINATOR

    def __init__(self, environment=None, folder=None):
        """`folder`: where its directory is made, for a test that cares which file system that is."""
        self.path = pathlib.Path(tempfile.mkdtemp(prefix="slipway-integration-", dir=folder))
        self.state = self.path / "state"
        self.user_port, self.agent_port = free_ports(2)
        self.environment = environment or {}
        self.process = None
        self.starts = 0
        self.token = None

    def arguments(self):
        return [self.program, "serve", "--state", str(self.state), "--user-listen", f"127.0.0.1:{self.user_port}",
                "--agent-listen", f"127.0.0.1:{self.agent_port}"]

    def launch(self, *more):
        """Starts it and waits for nothing."""
        self.starts += 1
        environment = {"PATH": os.environ["PATH"], "LANG": "C.UTF-8"} | self.environment
        with open(self.log_file(), "wb") as log:
            self.process = subprocess.Popen(self.arguments() + list(more), stdin=subprocess.DEVNULL, stdout=log,
                                            stderr=log, env=environment)
        return self.process

    def log_file(self):
        return self.path / f"log.{self.starts}"

    def log(self):
        return self.log_file().read_text(errors="replace")

    def start(self, *more):
        self.launch(*more)
        wait_until(self.is_serving, "the coordinator serves")
        return self

    def is_serving(self):
        if self.process.poll() is not None:
            raise AssertionError(f"the coordinator ended with {self.process.returncode}:\n{self.log()}")
        return " serving " in self.log() and "agents=" in self.log()

    def stop(self, seconds=25):
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(seconds)

    def kill(self):
        self.process.kill()
        self.process.wait()

    def close(self):
        if self.process and self.process.poll() is None:
            self.kill()
        shutil.rmtree(self.path, ignore_errors=True)

    @property
    def ca(self):
        return self.state / "pki" / "ca.pem"

    def client(self, token=None):
        return Client(self.user_port, self.ca, token)

    def agent_client(self, certificate=None, token=None):
        return Client(self.agent_port, self.ca, token, certificate)

    def bootstrap_file(self):
        return json.loads((self.state / "bootstrap").read_text())

    def bootstrap(self, name="root"):
        """Makes the first administrator and answers a client that is he."""
        code = self.bootstrap_file()["code"]
        made = self.client().post("/api/v1/bootstrap", {"code": code, "name": name})
        assert made.status == 201, made
        self.token = made.json["token"]
        return self.client(self.token)

    def client_of_role(self, admin, role, name=None):
        made = admin.post("/api/v1/tokens", {"name": name or role + "-1", "role": role})
        assert made.status == 201, made
        return self.client(made.json["token"])


def serving(test, environment=None):
    """For setUp and setUpClass: a coordinator that serves, and a client of its administrator."""
    coordinator = Coordinator(environment)
    cleanup = test.addClassCleanup if isinstance(test, type) else test.addCleanup
    cleanup(coordinator.close)
    coordinator.start()
    return coordinator, coordinator.bootstrap()


def shell_job(script, **fields):
    return {"name": "Publish", "tasks": [{"name": "Run", "task": "shell@1", "inputs": {"script": script}}]} | fields


def audited(client):
    """All audit records, oldest first."""
    items, cursor = [], None
    while True:
        query = {"limit": "500"} | ({"cursor": cursor} if cursor else {})
        page = client.get("/api/v1/audit?" + urllib.parse.urlencode(query)).json
        items += page["items"]
        cursor = page["next_cursor"]
        if not cursor:
            return items[::-1]
