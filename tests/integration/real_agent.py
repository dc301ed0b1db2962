"""Enrols and runs the agent that ships, against a coordinator of the harness."""

import os
import pathlib
import signal
import subprocess

import harness

AGENT = os.path.join(os.environ["SLIPWAY_BIN"], "slipway-agent")


class RealAgent:
    def __init__(self, coordinator, admin, name, environment=None, **join_token):
        self.name = name
        self.environment = os.environ | (environment or {})
        self.state = coordinator.path / ("state-of-" + name)
        self.log_file = coordinator.path / ("log-of-" + name)
        self.process = None
        made = admin.post("/api/v1/join-tokens", join_token)
        assert made.status == 201, made
        self.call("enroll", "--url", f"https://127.0.0.1:{coordinator.agent_port}", "--token", made.json["token"],
                  "--name", name)

    def call(self, command, *arguments, check=True):
        return subprocess.run([AGENT, command, "--state", str(self.state), *arguments], capture_output=True, text=True,
                              check=check, timeout=90, env=self.environment)

    def start(self, *arguments):
        with open(self.log_file, "ab") as log:
            self.process = subprocess.Popen([AGENT, "run", "--state", str(self.state), *arguments],
                                            stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=self.environment)
        return self

    def kill(self):
        """The link alone; what it started goes on."""
        self.process.kill()
        self.process.wait()

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(harness.PATIENCE_S)

    def processes(self):
        """Ids of living processes that were started for this agent's state."""
        found = []
        for process in pathlib.Path("/proc").glob("[0-9]*"):
            try:
                known = (process / "cmdline").read_bytes() + (process / "environ").read_bytes()
                where = os.readlink(process / "cwd")
            except OSError:
                continue  # it has ended
            if str(self.state).encode() in known or where.startswith(str(self.state)):
                found.append(int(process.name))
        return found

    def close(self):
        if self.process and self.process.poll() is None:
            self.kill()
        def gone():
            for number in self.processes():
                try:
                    os.kill(number, signal.SIGKILL)
                except ProcessLookupError:
                    pass
            return not self.processes()
        harness.wait_until(gone, "the agent's processes are gone")
