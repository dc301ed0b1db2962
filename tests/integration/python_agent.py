"""An agent for Slipway in Python, written from platform/wire/PROTOCOL.md alone: a second implementation that shows that
the page is enough. It keeps its state in one directory and runs `shell@1` tasks. Tests drive it, one step at a time.
"""

import base64
import datetime
import hashlib
import http.client
import json
import os
import pathlib
import random
import shutil
import ssl
import subprocess
import tempfile
import time
import urllib.parse
import zlib

REPORT_LOG_BYTES = 16 * 1024
LOG_CHUNK_BYTES = 256 * 1024


class Refused(Exception):
    def __init__(self, status, document):
        super().__init__(status, document)
        self.status, self.document, self.reason = status, document, document.get("reason")


class JoinToken:
    """Section 2.1: fields of fixed length, cut by length."""
    def __init__(self, text):
        if len(text) != 5 + 32 + 1 + 43 + 1 + 43 + 1 + 8 or not text.startswith("slj1_"):
            raise ValueError("this is not a join token")
        if f"{zlib.crc32(text[:-9].encode()):08x}" != text[-8:]:
            raise ValueError("the join token was not copied whole: its last eight digits do not fit")
        self.text = text
        self.ca_digest = base64.urlsafe_b64decode(text[82:125] + "=")


def openssl(*arguments):
    return subprocess.run(["openssl", *map(str, arguments)], input=b"", check=True, capture_output=True).stdout.decode()


def pin_authority(host, port, digest):
    """The one certificate of the server's chain that the token names, as PEM. Nothing of HTTP has left by then: this
    line ends after the handshake, and the next one trusts that certificate alone."""
    shown = openssl("s_client", "-connect", f"{host}:{port}", "-showcerts")
    for part in shown.split("-----BEGIN CERTIFICATE-----")[1:]:
        der = base64.b64decode(part[:part.index("-----END")])
        if hashlib.sha256(der).digest() == digest:
            return ssl.DER_cert_to_PEM_cert(der)
    raise ValueError("the server does not show the certificate that the join token names: it is another coordinator")


def now():
    return datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def write_durably(path, data):
    made = path.with_name(path.name + ".tmp")
    with open(made, "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    os.rename(made, path)


class Attempt:
    """One directory: order, log, events, outcome. What is sent is read from there, so a new process goes on."""

    def __init__(self, directory):
        self.directory = pathlib.Path(directory)
        envelope = json.loads((self.directory / "attempt.json").read_bytes())
        self.order = json.loads(base64.b64decode(envelope["payload"]))
        self.id, self.job, self.fence = (self.order[name] for name in ("attempt", "job", "fence"))
        self.log_sent = self.events_sent = 0
        self.outcome_stored = False

    def log(self):
        path = self.directory / "log"
        return path.read_bytes() if path.exists() else b""

    def events(self):
        path = self.directory / "events"
        return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []

    def outcome(self):
        path = self.directory / "outcome.json"
        return json.loads(path.read_text()) if path.exists() else None

    def state(self):
        return "ended" if self.outcome() else "running" if self.events() else "received"

    def run(self):
        begun, started = time.monotonic(), now()
        result, reason, codes, script = "succeeded", None, [], lambda task: ["bash", "-c", task["inputs"]["script"]]
        with open(self.directory / "log", "ab") as log, open(self.directory / "events", "a") as events:
            def tell(kind, **fields):
                tell.seq += 1
                ms = int((time.monotonic() - begun) * 1000)
                events.write(json.dumps({"seq": tell.seq, "at": now(), "ms": ms, "kind": kind} | fields) + "\n")
                events.flush()
            tell.seq = 0
            for index, task in enumerate(self.order["tasks"]):
                if result == "failed" or not task.get("enabled", True):
                    tell("task_finished", task=index, state="skipped", log_offset=log.tell())
                    codes.append(None)
                    continue
                tell("task_started", task=index, name=task["name"], log_offset=log.tell())
                variables = self.order.get("variables", {}) | task.get("env", {})
                with tempfile.TemporaryDirectory() as work:
                    environment = dict(os.environ, SLIPWAY_FENCE=str(self.fence), **variables)
                    done = subprocess.run(script(task), stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                                          env=environment, cwd=self.order.get("working_directory") or work)
                log.seek(0, os.SEEK_END)
                ended = {"state": "succeeded"} if done.returncode == 0 else {"state": "failed", "reason": "exit_code"}
                tell("task_finished", task=index, exit_code=done.returncode, log_offset=log.tell(), **ended)
                codes.append(done.returncode)
                if done.returncode != 0 and not task.get("continue_on_error"):
                    result, reason = "failed", "exit_code"
        self.end(result, reason, codes, started, int((time.monotonic() - begun) * 1000))

    def end(self, result, reason=None, codes=(), started=None, duration_ms=0):
        data = self.log()
        outcome = {"result": result, "summary": "", "exit_codes": list(codes), "log_length": len(data),
                   "log_sha256": hashlib.sha256(data).hexdigest(), "ended": now(), "duration_ms": duration_ms}
        outcome |= ({"reason": reason} if reason else {}) | ({"started": started} if started else {})
        write_durably(self.directory / "outcome.json", json.dumps(outcome).encode())


class Agent:
    def __init__(self, state):
        self.state = pathlib.Path(state)
        self.about = json.loads((self.state / "agent.json").read_text())
        self.about["start_epoch"] += 1
        self.save()
        self.instance = random.randbytes(16).hex()
        self.boot_id = pathlib.Path("/proc/sys/kernel/random/boot_id").read_text().strip()
        self.seq, self.restore_epoch, self.want = 0, 0, {"capabilities"}
        self.cancels, self.refused, self.slots = [], [], 1
        self.capabilities = {"os": "linux", "bash": "", "slipway-agent": "1"}
        (self.state / "attempts").mkdir(exist_ok=True)
        kept = [path for path in (self.state / "attempts").iterdir() if not path.name.startswith(".")]
        self.attempts = {path.name: Attempt(path) for path in kept}
        for attempt in self.attempts.values():
            if attempt.state() == "running":  # nobody runs it any more
                attempt.end("lost", "attempt_process_died")
        self.lines = {}

    def save(self):
        write_durably(self.state / "agent.json", json.dumps(self.about).encode())

    @staticmethod
    def enroll(state, url, token_text, name):
        """Section 2.3. A state that has a key already uses it again, so an answer that was lost costs nothing."""
        state, token, where = pathlib.Path(state), JoinToken(token_text), urllib.parse.urlsplit(url)
        state.mkdir(mode=0o700, exist_ok=True)
        (state / "ca.pem").write_text(pin_authority(where.hostname, where.port, token.ca_digest))
        if not (state / "key.pem").exists():
            openssl("ecparam", "-name", "prime256v1", "-genkey", "-noout", "-out", state / "key.pem")
        csr = openssl("req", "-new", "-key", state / "key.pem", "-subj", "/CN=" + name)
        context = ssl.create_default_context(cafile=str(state / "ca.pem"))
        line = http.client.HTTPSConnection(where.hostname, where.port, context=context)
        request = {"protocol": 1, "token": token.text, "csr": csr, "name": name, "version": "1"}
        answer = Agent.ask(line, "enroll", request)
        line.close()
        (state / "certificate.pem").write_text(answer["certificate"])
        (state / "ca.pem").write_text(answer["trust"])
        about = {"url": url, "agent": answer["agent"], "name": answer["name"], "start_epoch": 0, "highest_fence": 0,
                 "pruned_fence": 0}
        (state / "agent.json").write_text(json.dumps(about))
        return Agent(state)

    @staticmethod
    def ask(line, path, body, **headers):
        if isinstance(body, dict):
            body, headers = json.dumps(body).encode(), {"Content-Type": "application/json"} | headers
        line.request("POST", "/agent/v1/" + path, body, headers)
        response = line.getresponse()
        text = response.read()  # beats before the JSON are white space to its reader
        document = json.loads(text) if text else {}
        if response.status != 200 or "problem" in document:
            problem = document.get("problem", document)
            raise Refused(problem.get("status", response.status), problem)
        return document

    def line(self, purpose):
        """Section 3: control and log traffic have connections of their own."""
        if purpose not in self.lines:
            context = ssl.create_default_context(cafile=str(self.state / "ca.pem"))
            context.load_cert_chain(self.state / "certificate.pem", self.state / "key.pem")
            where = urllib.parse.urlsplit(self.about["url"])
            self.lines[purpose] = http.client.HTTPSConnection(where.hostname, where.port, context=context, timeout=25)
        return self.lines[purpose]

    def close(self):
        while self.lines:
            self.lines.popitem()[1].close()

    def send(self, purpose, path, body, **headers):
        try:
            return self.ask(self.line(purpose), path, body, **headers)
        except (OSError, http.client.HTTPException):
            self.close()
            raise

    def poll_request(self):
        text = json.dumps(self.capabilities, separators=(",", ":"), sort_keys=True)
        self.seq += 1
        request = {"protocol": 1, "instance": self.instance, "start_epoch": self.about["start_epoch"],
                   "boot_id": self.boot_id, "seq": self.seq, "slots": self.slots,
                   "capabilities_sha256": hashlib.sha256(text.encode()).hexdigest(),
                   "restore_epoch": self.restore_epoch, "highest_fence": self.about["highest_fence"],
                   "pruned_fence": self.about["pruned_fence"], "refused": self.refused,
                   "attempts": [{"id": attempt.id, "job": attempt.job, "fence": attempt.fence, "state": attempt.state()}
                                for attempt in self.attempts.values()]}
        return request | ({"capabilities": self.capabilities} if "capabilities" in self.want else {})

    def poll(self):
        self.take(self.send("control", "poll", self.poll_request()))

    def take(self, answer):
        if answer["restore_epoch"] < self.restore_epoch:
            return
        self.restore_epoch = answer["restore_epoch"]
        self.want, self.refused = set(answer["want"]), []
        for attempt in filter(None, [self.attempts.pop(gone, None) for gone in answer["forget"]]):
            shutil.rmtree(attempt.directory)
            self.about["pruned_fence"] = max(self.about["pruned_fence"], attempt.fence)
            self.save()
        for order in answer["orders"]:
            if order["attempt"] in self.attempts or len(self.attempts) >= self.slots:
                continue
            if order["fence"] > self.about["highest_fence"]:
                self.keep(order)
            else:
                self.refused.append({"attempt": order["attempt"], "fence": order["fence"]})
        self.cancels = [cancel["attempt"] for cancel in answer["cancels"]]
        self.refused += [{"attempt": cancel["attempt"], "fence": cancel["fence"]} for cancel in answer["cancels"]
                         if cancel["attempt"] not in self.attempts]

    def keep(self, order):
        """Durable before acknowledged: the next poll lists it only because it is on the disk."""
        self.about["highest_fence"] = order["fence"]
        self.save()
        made, kept = (self.state / "attempts" / name for name in ("." + order["attempt"], order["attempt"]))
        made.mkdir()
        write_durably(made / "attempt.json", base64.b64decode(order["document"]))
        os.rename(made, kept)
        self.attempts[order["attempt"]] = Attempt(kept)

    def report_request(self):
        self.seq += 1
        entries = []
        for attempt in self.attempts.values():
            entry = {"id": attempt.id, "fence": attempt.fence}
            if tail := attempt.log()[attempt.log_sent:][:REPORT_LOG_BYTES]:
                entry["log"] = {"offset": attempt.log_sent, "base64": base64.b64encode(tail).decode()}
            if events := attempt.events()[attempt.events_sent:][:500]:
                entry["events"] = events
            if (outcome := attempt.outcome()) and not attempt.outcome_stored:
                entry["outcome"] = outcome
            entries.append(entry)
        return {"seq": self.seq, "attempts": entries}

    def report(self):
        self.take_report(self.send("control", "report", self.report_request()))

    def take_report(self, answer):
        for judged in answer["attempts"]:
            if (attempt := self.attempts.get(judged["id"])) and "error" not in judged:
                attempt.log_sent, attempt.events_sent = judged["log_offset"], judged["event_seq"]
                attempt.outcome_stored |= judged.get("outcome") == "stored"

    def ship_log(self, attempt):
        """Section 3.4: in pieces, and from where the coordinator says after a 409."""
        while piece := attempt.log()[attempt.log_sent:][:LOG_CHUNK_BYTES]:
            headers = {"Content-Type": "application/octet-stream", "Upload-Offset": str(attempt.log_sent)}
            try:
                answer = self.send("log", f"attempts/{attempt.id}/log?fence={attempt.fence}", piece, **headers)
                attempt.log_sent = answer["log_offset"]
            except Refused as refused:
                if refused.reason != "wrong_offset":
                    raise
                attempt.log_sent = refused.document["log_offset"]

    def work(self):
        """Lists what came in a report, which acknowledges it; then runs and ships it."""
        for attempt in list(self.attempts.values()):
            if attempt.state() == "received" and attempt.id in self.cancels:
                attempt.end("canceled", "canceled_by_user")
            elif attempt.state() == "received":
                self.report()
                attempt.run()
            if len(attempt.log()) - attempt.log_sent > REPORT_LOG_BYTES:
                self.ship_log(attempt)
        if self.attempts:
            self.report()
