"""A coordinator that is killed and started again: a million finished jobs in its store, 10,000 agents at its port."""

import contextlib
import json
import socket
import time

import finished_jobs
import harness
from generator import Generator
from processes import pin
from report import Figure, at_most

AGENTS = 10_000
PATIENCE_S = 60
JOBS_BEFORE = 200  # new ones, so that there is a write-ahead log to recover


def now_s():
    """The clock of the load generator."""
    return time.clock_gettime(time.CLOCK_BOOTTIME)


def until_accepting(ports):
    """Waits until each of them takes a connection."""
    for port in ports:
        deadline = time.monotonic() + PATIENCE_S
        while True:
            with contextlib.suppress(ConnectionRefusedError), socket.create_connection(("127.0.0.1", port)):
                break
            if time.monotonic() > deadline:
                raise AssertionError("nothing listens")
            time.sleep(0.0005)


def online(admin):
    for line in admin.get("/metrics").body.decode().splitlines():
        if line.startswith("slipway_agents_online "):
            return float(line.split()[1])
    raise AssertionError("no slipway_agents_online in /metrics")


def all_parked(crowd, admin, count):
    """The state of the crowd once the coordinator counts every agent and none has a request on its way."""
    def look():
        state = crowd.ask("state")
        return state if state["polling"] == count and online(admin) == count else None
    return harness.wait_until(look, "all agents are parked again", PATIENCE_S)


def restarted(coordinator, crowd, admin, options, count):
    """Seconds from the start of the program to: it listens; its last agent has sent its poll. And the refusals."""
    for _ in range(options.sized(JOBS_BEFORE, 5)):
        made = admin.post("/api/v1/jobs", harness.shell_job("true", pool="edge"))
        assert made.status == 201, made
    before = crowd.ask("state")
    coordinator.kill()
    begin = now_s()
    coordinator.launch()
    pin(coordinator.process.pid, options.server_cores)
    until_accepting([coordinator.user_port, coordinator.agent_port])
    listening = now_s() - begin
    harness.wait_until(coordinator.is_serving, "the coordinator serves")
    after = all_parked(crowd, admin, count)
    refused = {name: after[name] - before[name] for name in ("lines_broken", "refused", "refused_again")}
    return listening, after["last_poll_us"] / 1e6 - begin, refused


def measure(place, options):
    count = options.sized(AGENTS, 20)
    coordinator = finished_jobs.coordinator(place, options)
    listening, parked, refused, again = [], [], [], []
    with contextlib.closing(coordinator):
        coordinator.start()
        pin(coordinator.process.pid, options.server_cores)
        admin = coordinator.client(coordinator.token)
        generator = Generator(options, coordinator, coordinator.path / "roster")
        options.say(f"enrolling {count:,} agents")
        generator.enroll(count)
        with generator.crowd("park", count=count) as crowd:
            all_parked(crowd, admin, count)
            for _ in range(options.runs):
                opened, last, troubles = restarted(coordinator, crowd, admin, options, count)
                listening.append(opened * 1000)
                parked.append(last)
                refused.append(troubles["refused"])
                again.append(troubles["refused_again"])
                options.say(f"listening after {opened * 1000:.0f} ms, parked after {last:.2f} s, {json.dumps(troubles)}")
    what = f"restart with {options.sized(finished_jobs.MILLION, finished_jobs.SMOKE_JOBS):,} finished jobs and {count:,} agents"
    return [
        Figure(f"{what}: listening", "ms", listening, at_most(150), note="after kill -9"),
        Figure(f"{what}: all parked again", "s", parked, at_most(8)),
        Figure(f"{what}: refused although Retry-After was obeyed", "requests", again, at_most(0)),
        Figure(f"{what}: refused", "requests", refused),
    ]
