"""Many jobs that do nothing, with real processes and durable results, beside a bare loop of the same processes; and the
same with a million finished jobs in the store."""

import contextlib

import finished_jobs
import harness
from figures.dispatch import SLOTS, Bench
from generator import Generator
from report import Figure, at_least

JOBS = 2000


def take(place, options, coordinator):
    """Jobs per second, and children per second of the bare loop just before."""
    with contextlib.ExitStack() as ending:
        ending.callback(coordinator.close)
        coordinator.start()
        if not coordinator.token:
            coordinator.bootstrap()
        generator = Generator(options, coordinator, None)
        bench = Bench(place, options, coordinator, ending)
        jobs, bare = [], []
        for _ in range(options.runs):
            bare.append(generator.ask("spawn", child=bench.child, count=options.sized(JOBS, 20), in_flight=SLOTS)["children_per_s"])
            done = generator.ask("post", job=bench.tiny_job(), count=options.sized(JOBS, 20), connections=SLOTS)
            jobs.append(done["jobs_per_s"])
    return jobs, bare


def measure(place, options):
    jobs, bare = take(place, options, harness.Coordinator(folder=place.fresh("coordinator")))
    full, full_bare = take(place, options, finished_jobs.coordinator(place, options))
    ratios = [one / raw for one, raw in zip(jobs, bare)]
    full_ratios = [one / raw for one, raw in zip(full, full_bare)]
    return [
        Figure("tiny jobs, 8 slots on one agent, to the bare spawn loop", "x", ratios, at_least(0.33)),
        Figure("tiny jobs: rate", "jobs/s", jobs, note="first POST to the last durable result"),
        Figure("bare spawn loop, 8 in flight", "1/s", bare),
        Figure("tiny jobs with a million finished jobs in the store, to those without", "x",
               [one / other for one, other in zip(full_ratios, ratios)], at_least(0.9),
               note="both as ratios to their bare loops"),
        Figure("tiny jobs with a million finished jobs in the store: rate", "jobs/s", full),
    ]
