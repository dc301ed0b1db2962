"""Starts the load generator of the project (tests/bench/load): each subcommand prints one JSON document."""

import contextlib
import json
import os
import subprocess

PATIENCE_S = 600


class Generator:
    """Of one coordinator. `roster` names the file of the agents that `enroll` made."""

    def __init__(self, options, coordinator, roster):
        self.program = options.tools / "bench_load"
        self.cores = options.load_cores
        self.coordinator, self.roster = coordinator, roster

    def command(self, subcommand, **more):
        server = self.coordinator
        known = {"ca": server.ca, "user-port": server.user_port, "agent-port": server.agent_port, "token": server.token,
                 "agents": self.roster}
        given = {name: known[name] for name in KNOWN[subcommand]}
        given |= {name.replace("_", "-"): value for name, value in more.items()}
        return [str(self.program), subcommand, *(word for name, value in given.items() for word in ("--" + name, str(value)))]

    def pin(self):
        os.sched_setaffinity(0, self.cores)

    def ask(self, subcommand, **more):
        done = subprocess.run(self.command(subcommand, **more), capture_output=True, text=True, timeout=PATIENCE_S,
                              check=False, preexec_fn=self.pin)
        if done.returncode != 0:
            raise AssertionError(done.stderr)
        return json.loads(done.stdout)

    def enroll(self, count, **more):
        return self.ask("enroll", count=count, **more)

    def crowd(self, subcommand, **more):
        """`park` or `idle`, which stays until it is closed; as a context manager."""
        return Crowd(self.command(subcommand, **more), self.pin)


KNOWN = {
    "enroll": ["ca", "user-port", "agent-port", "token", "agents"],
    "park": ["ca", "user-port", "agent-port", "token", "agents"],
    "idle": ["ca", "agents"],
    "queue": ["ca", "user-port", "agent-port", "token", "agents"],
    "ingest": ["ca", "user-port", "agent-port", "token", "agents"],
    "post": ["ca", "user-port", "token"],
    "dispatch": ["ca", "user-port", "token"],
    "spawn": [],
}


class Crowd:
    """`first` is its first line: all have begun."""

    def __init__(self, command, pin):
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                        text=True, preexec_fn=pin)
        try:
            self.first = self.hear()
        except BaseException:
            self.close()
            raise

    def hear(self):
        line = self.process.stdout.readline()
        if not line:
            raise AssertionError("the load generator ended: " + self.process.stderr.read())
        return json.loads(line)

    def ask(self, line):
        self.tell(line)
        return self.hear()

    def tell(self, line):
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()

    def close(self):
        with contextlib.suppress(OSError):
            self.process.stdin.close()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.process.stdout.close()
        self.process.stderr.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()
