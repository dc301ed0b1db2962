"""The agent at rest: memory of all its processes, how often they wake, the size of its file."""

import contextlib
import pathlib
import time

import harness
import real_agent

from processes import pss_bytes
from report import Figure, at_most

IDLE_S = 60
MIB = 1 << 20


def voluntary_switches(process):
    """Of all its threads."""
    total = 0
    for thread in pathlib.Path(f"/proc/{process}/task").iterdir():
        for line in (thread / "status").read_text().splitlines():
            if line.startswith("voluntary_ctxt_switches:"):
                total += int(line.split()[1])
    return total


def measure(place, options):
    coordinator = harness.Coordinator(folder=place.fresh("coordinator"))
    with contextlib.ExitStack() as ending:
        ending.callback(coordinator.close)
        coordinator.start()
        admin = coordinator.bootstrap()
        coordinator.path, kept = place.fresh("agent"), coordinator.path
        agent = real_agent.RealAgent(coordinator, admin, "idle", {"SLIPWAY_AGENT_SLOTS": "1"})
        coordinator.path = kept
        ending.callback(agent.close)
        agent.start()
        harness.wait_until(lambda: online(admin) and len(agent.processes()) >= 2, "the agent is parked with its waiting attempt")
        harness.wait_until(settled(agent, options.sized(5, 0.2)), "the agent has come to rest")
        memory, switches = [], []
        for _ in range(options.runs):
            before = {process: voluntary_switches(process) for process in agent.processes()}
            time.sleep(options.sized(IDLE_S, 1))
            after = {process: voluntary_switches(process) for process in agent.processes()}
            if after.keys() != before.keys():
                raise AssertionError("the idle agent started or ended a process")
            switches.append(sum(after.values()) - sum(before.values()))
            memory.append(sum(map(pss_bytes, after)) / MIB)
    return [
        Figure("agent idle: memory, PSS of all its processes", "MiB", memory, at_most(6), note=f"{len(after)} processes"),
        Figure("agent idle: voluntary context switches in 60 s", "", switches, at_most(20)),
        Figure("agent: executable", "MB", [pathlib.Path(real_agent.AGENT).stat().st_size / 1e6]),
    ]


def online(admin):
    items = admin.get("/api/v1/agents").json["items"]
    return items and items[0]["contact"] == "online"


def settled(agent, seconds):
    """Whether nothing of it has woken for so long."""
    seen = {"at": time.monotonic(), "switches": None}

    def look():
        now = sum(map(voluntary_switches, agent.processes()))
        if now != seen["switches"]:
            seen.update(at=time.monotonic(), switches=now)
        return time.monotonic() - seen["at"] > seconds

    return look
