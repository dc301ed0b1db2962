"""The queue alone: jobs in by one POST each, simulated agents that end each of them at once, everything durable."""

import contextlib

import harness
from generator import Generator
from processes import cpu_s, pin
from report import Figure, at_least

AGENTS, SLOTS, CONNECTIONS = 64, 16, 64


def measure(place, options):
    folder = place.fresh("coordinator")
    agents = options.sized(AGENTS, 4)
    values, accepted, server = [], [], []
    with contextlib.closing(harness.Coordinator(folder=folder)) as coordinator:
        coordinator.start()
        coordinator.bootstrap()
        pin(coordinator.process.pid, options.server_cores)
        generator = Generator(options, coordinator, folder / "roster")
        generator.enroll(agents)
        for _ in range(options.runs):
            before = cpu_s(coordinator.process.pid)
            done = generator.ask("queue", count=agents, slots=SLOTS, connections=options.sized(CONNECTIONS, 4),
                                 warm_up_ms=options.sized(1000, 50), measured_ms=options.sized(5000, 200))
            values.append(done["jobs_per_s"])
            accepted.append(done["accepted"]["p50_us"] / 1000)
            server.append((cpu_s(coordinator.process.pid) - before) * 1e6 / max(done["finished"], 1))
    note = f"{agents} agents of {SLOTS} slots, {CONNECTIONS} connections"
    return [Figure("queue alone, one POST each, over HTTPS", "jobs/s", values, at_least(30_000), note=note),
            Figure("queue alone: POST to acknowledgement, p50", "ms", accepted),
            Figure("queue alone: processor time of the coordinator for one job", "us", server, note="warm-up included")]
