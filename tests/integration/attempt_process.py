"""Starts attempt processes as the link does, from a test: platform/run/handover.h and the files of an attempt."""

import base64
import contextlib
import hashlib
import json
import os
import pathlib
import shutil
import struct
import subprocess
import tempfile
import time
import uuid

ORDER_TYPE = "application/vnd.slipway.order.v1+json"


def wait_until(done, what, seconds=20):
    deadline = time.monotonic() + seconds
    while not done():
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {seconds} s: {what}")
        time.sleep(0.002)


class Host:
    """A state directory; removed, with every process that was started, by close()."""

    def __init__(self, program):
        self.program = program
        self.path = pathlib.Path(tempfile.mkdtemp(prefix="slipway-attempt-"))
        self.attempts = self.path / "attempts"
        self.attempts.mkdir()
        (self.path / "cache").mkdir()
        self.name = "t" + uuid.uuid4().hex[:8]
        self.count = 0
        self.processes = []

    def close(self):
        for process in self.processes:
            if process.poll() is None:
                process.kill()
            process.wait()
            with contextlib.suppress(BrokenPipeError):
                process.stdin.close()
        self.kill_tasks()
        shutil.rmtree(self.path)

    def kill_tasks(self):
        """What the link does to the groups of a dead attempt process, for this level of groups."""
        token = f"SLIPWAY_GROUP={self.name}/".encode()
        for entry in os.listdir("/proc"):
            if entry.isdigit():
                try:
                    with open(f"/proc/{entry}/environ", "rb") as file:
                        if token in file.read():
                            os.kill(int(entry), 9)
                except OSError:
                    pass

    def order(self, tasks, **fields):
        order = {"attempt": str(uuid.uuid4()), "job": str(uuid.uuid4()), "fence": 7, "agent": str(uuid.uuid4()),
                 "created": "2026-11-21T12:00:00.000000Z", "name": "Publish", "tasks": tasks, "variables": {},
                 "working_directory": str(self.path), "timeout_s": 60, "cancel_grace_s": 2, "artifacts": [],
                 "limits": {"log_bytes": 1 << 30, "events": 100000}}
        order.update(fields)
        return order

    @staticmethod
    def document(order):
        payload = base64.b64encode(json.dumps(order).encode()).decode()
        return json.dumps({"payload": payload, "payloadType": ORDER_TYPE, "signatures": []}).encode()

    @staticmethod
    def order_frame(document):
        return b"o" + struct.pack(">I", len(document)) + document

    GO = b"g\0\0\0\0"

    def start(self, environment=None):
        self.count += 1
        process = subprocess.Popen(
            [self.program, "attempt", "--wait", "--attempts", self.attempts, "--name", f".next-{self.count}", "--group",
             f"k{self.count}", "--groups", f"session:{self.name}", "--cache", self.path / "cache"],
            stdin=subprocess.PIPE, env={"HOME": "/", **(environment or {})}, start_new_session=True)
        self.processes.append(process)
        return process

    def run(self, order, environment=None):
        """From start to end; the exit code."""
        process = self.start(environment)
        self.say(process, self.order_frame(self.document(order)) + self.GO)
        return process.wait(30)

    @staticmethod
    def say(process, data):
        try:
            process.stdin.write(data)
            process.stdin.flush()
        except BrokenPipeError:
            pass

    def directory(self, order):
        return self.attempts / order["attempt"]

    def events(self, order):
        file = self.directory(order) / "events"
        return [json.loads(line) for line in file.read_bytes().splitlines()] if file.exists() else []

    def outcome(self, order):
        file = self.directory(order) / "outcome.json"
        return json.loads(file.read_text()) if file.exists() else None

    def log(self, order):
        return (self.directory(order) / "log").read_bytes()

    def next_step(self, order):
        """protocol.md 6, "When the link starts", for a dead process of the same boot."""
        if not self.directory(order).exists():
            return "give again"
        if self.outcome(order):
            return "ship"
        if not any(event["kind"] == "task_started" for event in self.events(order)):
            return "move away, give again"
        return "lost"


def shell(script, **fields):
    return {"name": "Step", "task": "shell@1", "inputs": {"script": script, "interpreter": "sh"}, **fields}


def sha256(data):
    return hashlib.sha256(data).hexdigest()
