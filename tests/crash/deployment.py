"""A coordinator, an agent and a client for the crash tests: real processes of the crash preset in a directory of their own."""

import contextlib
import hashlib
import http.client
import json
import os
import pathlib
import random
import shutil
import signal
import socket
import ssl
import struct
import subprocess
import tempfile
import threading
import time
import uuid

from disk import SmallDisk

BIN = pathlib.Path(os.environ.get("SLIPWAY_CRASH_BIN", "build/crash/bin"))
PATIENCE = 120  # seconds for anything that has to happen at last

IN_USE = 5  # exit code of an agent whose state directory another one uses
REFUSED_MAX = 20

_ports_lock = threading.Lock()
_ports_used = set()


class Wrong(Exception):
    """What the oracle found, and the directory that was kept for it."""

    def __init__(self, text, kept=None):
        super().__init__(text + (f" [kept: {kept}]" if kept else ""))
        self.kept = kept


def wait_until(done, what, seconds=PATIENCE):
    deadline = time.monotonic() + seconds
    while True:
        found = done()
        if found:
            return found
        if time.monotonic() > deadline:
            raise Wrong(f"not within {seconds} s: {what}")
        time.sleep(0.01)


def free_port():
    """Below the range from which the kernel takes the ports of clients."""
    with _ports_lock:
        while True:
            port = random.SystemRandom().randrange(20000, 31000)
            with socket.socket() as probe:
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                if port not in _ports_used and not probe.connect_ex(("127.0.0.1", port)) == 0:
                    _ports_used.add(port)
                    return port


class Program:
    """One program that is started again and again. `plan` holds SLIPWAY_CRASH_AT for the starts to come."""

    def __init__(self, name, folder, arguments):
        self.name, self.folder, self.arguments = name, folder, arguments
        self.plan, self.died_at, self.process = [], [], None
        self.refused = 0
        self.crash_log = folder / f"points-{name}"
        self.output = folder / f"{name}.log"
        self.environment = {}
        self.clock_file = folder / f"clock-{name}"  # all that it was pushed; each process of the program reads it
        self.clock_file.touch()
        self.lock = threading.RLock()

    def start(self):
        with self.lock:
            self.at = self.plan.pop(0) if self.plan else None
            environment = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "HOME": str(self.folder), "LANG": "C.UTF-8",
                           "SLIPWAY_CRASH_LOG": str(self.crash_log), "SLIPWAY_CLOCK_FILE": str(self.clock_file),
                           **self.environment}
            if self.at:
                environment["SLIPWAY_CRASH_AT"] = self.at
            self.seen = self.output.stat().st_size if self.output.exists() else 0
            with open(self.output, "ab") as output:
                self.process = subprocess.Popen(
                    [BIN / self.arguments[0], *self.arguments[1:]], stdin=subprocess.DEVNULL, stdout=output, stderr=output,
                    env=environment)

    def said(self):
        """What this run wrote."""
        with open(self.output, "rb") as output:
            output.seek(self.seen)
            return output.read()

    def push_clock(self, wall_us, steady_us=0):
        with open(self.clock_file, "ab", buffering=0) as clock:
            clock.write(struct.pack("<qq", wall_us, steady_us))

    def kill(self):
        with self.lock:
            if self.process and self.process.poll() is None:
                self.process.kill()
            if self.process:
                self.process.wait()

    def look(self):
        """Starts it again when it was killed at its point, or one of its attempt processes was."""
        with self.lock:
            if not self.process:
                return
            code = self.process.poll()
            if code is None and self.at and b"ended badly" in self.said():
                self.kill()
                code = -signal.SIGKILL
            if code is None:
                return
            if code == IN_USE and self.refused < REFUSED_MAX:
                # A child of the killed one, on its way to exec, may hold the lock a moment longer. A service manager
                # starts it again, too.
                self.refused += 1
                time.sleep(0.05)
                self.plan.insert(0, self.at)
                return self.start()
            if code != -signal.SIGKILL:
                raise Wrong(f"{self.name} ended with {code}: {self.said()[-600:].decode(errors='replace')}")
            self.died_at.append(self.at)
            self.refused = 0
            self.start()


class Deployment:
    def __init__(self, name):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix=f"slipway-crash-{name}-"))
        self.user_port, self.agent_port = free_port(), free_port()
        self.coordinator = Program("coordinator", self.folder, [
            "slipway-coordinator", "serve", "--state", self.folder / "coordinator", "--user-listen",
            f"127.0.0.1:{self.user_port}", "--agent-listen", f"127.0.0.1:{self.agent_port}"])
        self.agent = Program("agent", self.folder, ["slipway-agent", "run", "--state", self.folder / "agent"])
        self.agent.environment = {"SLIPWAY_AGENT_SLOTS": "4", "SLIPWAY_AGENT_CACHE_BYTES": "1048576"}
        self.disks = []
        self.lines = threading.local()
        self.line_port = None  # of a line between the agent and the coordinator, if there is one
        self.witness = self.folder / "witness"
        self.token = None
        self.broken = None
        self.stopping = threading.Event()
        self.watcher = threading.Thread(target=self._watch, daemon=True)
        self.watcher.start()

    def _watch(self):
        while not self.stopping.wait(0.01):
            try:
                for program in (self.coordinator, self.agent):
                    program.look()
            except Exception as error:  # told by the next call of the test
                self.broken = error
                return

    def check(self):
        if self.broken:
            raise self.broken

    # --- the client ---

    def once(self, method, path, body=None, headers=None, raw=None):
        """One request: (status, bytes, headers). OSError, HTTPException: no answer, so nothing is promised. Each thread
        keeps its line until then."""
        connection = getattr(self.lines, "line", None)
        if connection is None:
            context = ssl.create_default_context(cafile=self.folder / "coordinator" / "pki" / "ca.pem")
            connection = http.client.HTTPSConnection("127.0.0.1", self.user_port, timeout=20, context=context)
            self.lines.line = connection
        try:
            headers = dict(headers or {})
            if self.token:
                headers["Authorization"] = f"Bearer {self.token}"
            if body is not None:
                raw = json.dumps(body).encode()
                headers["Content-Type"] = "application/json"
            connection.request(method, path, body=raw, headers=headers)
            answer = connection.getresponse()
            return answer.status, answer.read(), answer.headers
        except (OSError, http.client.HTTPException):
            connection.close()
            self.lines.line = None
            raise

    def call(self, method, path, body=None, expect=(200,), headers=None, raw=None):
        """Asks until there is an answer, as a person would: creations under one Idempotency-Key."""
        headers = dict(headers or {})
        if method == "POST" and path in ("/api/v1/jobs", "/api/v1/tokens", "/api/v1/pools", "/api/v1/join-tokens"):
            headers["Idempotency-Key"] = str(uuid.uuid4())
        deadline = time.monotonic() + PATIENCE
        while True:
            self.check()
            try:
                status, answer, got = self.once(method, path, body, headers, raw)
                if status == 409 and b"already_created" in answer:
                    # Done, but its answer was lost, and a secret is told only once: another one is made.
                    headers["Idempotency-Key"] = str(uuid.uuid4())
                    if "name" in body:
                        body = {**body, "name": body["name"] + "-again"}
                elif status not in (429, 503):
                    break
            except (OSError, http.client.HTTPException) as error:
                answer = repr(error).encode()
            if time.monotonic() > deadline:
                raise Wrong(f"{method} {path} was not answered: {answer[:300]}")
            time.sleep(0.02)
        if status not in expect:
            raise Wrong(f"{method} {path}: {status} {answer[:400].decode(errors='replace')}")
        if got.get_content_type() == "application/json":
            return json.loads(answer)
        return answer

    def all_items(self, path):
        items, cursor = [], None
        while True:
            page = self.call("GET", path + ("?limit=500" + (f"&cursor={cursor}" if cursor else "")))
            items += page["items"]
            cursor = page.get("next_cursor")
            if not cursor:
                return items

    # --- steps ---

    def small_disk(self, side):
        """Before the first start of that side."""
        disk = SmallDisk(self.folder / f"{side}.img", self.folder / side)
        self.disks.append(disk)
        return disk

    def serve(self):
        self.coordinator.start()

    def bootstrap(self):
        file = self.folder / "coordinator" / "bootstrap"

        def answered():
            self.check()
            try:
                code = json.loads(file.read_text())["code"]
                status, answer, _ = self.once("POST", "/api/v1/bootstrap", {"code": code, "name": "admin"})
            except (OSError, http.client.HTTPException, ValueError):
                return None
            return (status, answer)

        status, answer = wait_until(answered, "bootstrap is answered")
        if status != 201:
            raise Wrong(f"no administrator, and none can be made: bootstrap answers {status} {answer[:300]}")
        self.token = json.loads(answer)["token"]

    def enrol(self, at=None):
        """With crash point `at`: killed there once, then again with the same token."""
        token = self.call("POST", "/api/v1/join-tokens", {}, (201,))["token"]
        for point in [at, None] if at else [None]:
            environment = {"PATH": "/usr/bin:/bin", "HOME": str(self.folder),
                           "SLIPWAY_CRASH_LOG": str(self.folder / "points-enroll"),
                           "SLIPWAY_CLOCK_FILE": str(self.agent.clock_file)}
            if point:
                environment["SLIPWAY_CRASH_AT"] = point
            for _ in range(100):
                done = subprocess.run(
                    [BIN / "slipway-agent", "enroll", "--url", f"https://127.0.0.1:{self.line_port or self.agent_port}",
                     "--token", token,
                     "--name", "web", "--state", self.folder / "agent"], env=environment, stdin=subprocess.DEVNULL,
                    capture_output=True, timeout=60)
                self.check()
                if done.returncode in (0, -signal.SIGKILL):
                    break
                if at and point is None and b"already" in done.stderr:
                    return  # the killed one had done it all
                time.sleep(0.1)
            if done.returncode != (-signal.SIGKILL if point else 0):
                raise Wrong(f"enroll ended with {done.returncode} at {point}: {done.stderr.decode()[:500]}")

    def push(self, name, version, content):
        """In two pieces; an offset that was answered has to be there ever after."""
        digest = hashlib.sha256(content).hexdigest()
        for _ in range(20):
            upload = self.call("POST", "/api/v1/uploads", {"bytes": len(content)}, (201,))
            path, acknowledged = f"/api/v1/uploads/{upload['id']}", 0
            while acknowledged < len(content):
                offset = self.call("GET", path)["offset"]
                if offset < acknowledged:
                    raise Wrong(f"upload {upload['id']} holds {offset} bytes, {acknowledged} were acknowledged")
                if offset == len(content):
                    break
                end = min(len(content), max(offset + 1, len(content) // 2 if offset < len(content) // 2 else len(content)))
                with contextlib.suppress(OSError, http.client.HTTPException):
                    status, answer, _ = self.once("PATCH", path, raw=content[offset:end],
                                                  headers={"Upload-Offset": str(offset),
                                                           "Content-Type": "application/octet-stream"})
                    if status == 200:
                        acknowledged = json.loads(answer)["offset"]
            self.call("POST", "/api/v1/artifacts",
                      {"name": name, "version": version, "sha256": digest, "upload": upload["id"]}, (200, 201))
            return digest
        raise Wrong(f"artifact {name} could not be pushed")

    def job(self, spec):
        return self.call("POST", "/api/v1/jobs", spec, (201,))["id"]

    def show(self, job):
        return self.call("GET", f"/api/v1/jobs/{job}")

    def witnessed(self):
        return self.witness.read_text().split() if self.witness.exists() else []

    def witness_script(self):
        return f'printf "%s\\n" "$SLIPWAY_ATTEMPT" | dd of={self.witness} oflag=append conv=notrunc,fsync status=none\n'

    def points_reached(self):
        """By file: points-first, points-work (the coordinator), points-enroll, points-agent."""
        return {file.name: set(file.read_text().split()) for file in self.folder.glob("points-*")}

    def close(self, keep):
        self.stopping.set()
        self.watcher.join()
        for program in (self.agent, self.coordinator):
            program.kill()
        self._kill_rest()
        for disk in self.disks:
            disk.close()
        if not keep:
            shutil.rmtree(self.folder, ignore_errors=True)

    def processes_with(self, text):
        """Those that name the directory in their arguments or environment, and have `text` among their arguments."""
        mark, found = (str(self.folder) + "/").encode(), []
        for entry in pathlib.Path("/proc").glob("[0-9]*"):
            with contextlib.suppress(OSError):
                arguments = (entry / "cmdline").read_bytes()
                if text in arguments and (mark in arguments or mark in (entry / "environ").read_bytes()):
                    found.append(int(entry.name))
        return [process for process in found if process != os.getpid()]

    def _kill_rest(self):
        """Attempt processes and tasks, then their groups."""
        for process in self.processes_with(b""):
            with contextlib.suppress(ProcessLookupError):
                os.kill(process, signal.SIGKILL)
        name = "slipway-agent-" + hashlib.sha256(str(self.folder / "agent").encode()).hexdigest()[:12]
        own = [line.split("::", 1)[1] for line in pathlib.Path("/proc/self/cgroup").read_text().splitlines() if "::" in line]
        for above in {f"{mount}/{path}" for mount in ("/sys/fs/cgroup", "/sys/fs/cgroup/unified") for path in ("", *own)}:
            for folder, _, _ in os.walk(f"{above}/{name}", topdown=False):
                for _ in range(100):  # the killed ones leave a moment later
                    with contextlib.suppress(OSError):
                        os.rmdir(folder)
                        break
                    time.sleep(0.01)
