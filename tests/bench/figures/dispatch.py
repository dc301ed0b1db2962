"""From a job's POST to the main() of its task on a real agent, beside a bare posix_spawn of the same program."""

import contextlib
import json
import shutil

import harness
import real_agent
from generator import Generator
from report import Figure, at_most

PARKED_AGENTS = 1000
SLOTS = "8"


class Bench:
    """A coordinator, a real agent on the other file system, and the smallest task."""

    def __init__(self, place, options, coordinator, ending):
        self.coordinator, self.admin = coordinator, coordinator.client(coordinator.token)
        self.folder = place.fresh("agent")
        self.child = self.folder / "sh"  # a task that is one static program: what `shell` finds as its interpreter
        shutil.copy(options.tools / "bench_child", self.child)
        self.socket = self.folder / "socket"
        coordinator.path, kept = self.folder, coordinator.path
        self.agent = real_agent.RealAgent(coordinator, self.admin, "real", {"SLIPWAY_AGENT_SLOTS": SLOTS})
        coordinator.path = kept
        ending.callback(self.agent.close)
        self.agent.start()
        harness.wait_until(self.online, "the agent is online")

    def online(self):
        items = self.admin.get("/api/v1/agents?pool=default").json["items"]
        return any(item["name"] == "real" and item["contact"] == "online" for item in items)

    def job(self, script=":", **environment):
        task = {"name": "Nothing", "task": "shell@1", "inputs": {"script": script, "interpreter": "sh"}, "env": environment}
        return json.dumps({"name": "Nothing", "tasks": [task]})

    def tiny_job(self, **environment):
        return self.job(PATH=str(self.folder), **environment)


def measure(place, options):
    parked = options.sized(PARKED_AGENTS, 5)
    folder = place.fresh("coordinator")
    with contextlib.ExitStack() as ending:
        coordinator = harness.Coordinator(folder=folder)
        ending.callback(coordinator.close)
        coordinator.start()
        admin = coordinator.bootstrap()
        assert admin.post("/api/v1/pools", {"name": "parked"}).status == 201
        generator = Generator(options, coordinator, folder / "roster")
        generator.enroll(parked, pool="parked")
        ending.enter_context(generator.crowd("park", count=parked))
        bench = Bench(place, options, coordinator, ending)
        settings = {"child": bench.child, "socket": bench.socket, "count": options.sized(200, 5),
                    "warm_up": options.sized(20, 1)}
        tiny, shell = [], []
        for _ in range(options.runs):
            tiny.append(generator.ask("dispatch", job=bench.tiny_job(BENCH_SOCKET=str(bench.socket)), **settings))
            shell.append(generator.ask("dispatch", job=bench.job(f"exec {bench.child}", BENCH_SOCKET=str(bench.socket)),
                                       **settings))

    def times(runs, what, percentile):
        return [run[what][percentile] / 1000 for run in runs]

    def ratios(percentile):
        return [run["job_to_main"][percentile] / run["bare_spawn"]["p50_us"] for run in tiny]

    note = f"{parked:,} other agents parked"
    return [
        Figure("POST of a job to main() of its task, p50, to a bare spawn's p50", "x", ratios("p50_us"), at_most(3), note=note),
        Figure("POST of a job to main() of its task, p99, to a bare spawn's p50", "x", ratios("p99_us"), at_most(6), note=note),
        Figure("POST of a job to main() of its task: p50", "ms", times(tiny, "job_to_main", "p50_us")),
        Figure("POST of a job to main() of its task: p99", "ms", times(tiny, "job_to_main", "p99_us")),
        Figure("bare posix_spawn to main() of the same program: p50", "ms", times(tiny, "bare_spawn", "p50_us")),
        Figure("POST of a job to its acknowledgement: p50", "ms", times(tiny, "accepted", "p50_us")),
        Figure("POST of a job to main() behind `shell` (sh, exec): p50", "ms", times(shell, "job_to_main", "p50_us")),
        Figure("POST of a job to main() behind `shell` (sh, exec): p99", "ms", times(shell, "job_to_main", "p99_us")),
    ]
