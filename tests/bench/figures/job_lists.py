"""Pages of the job list over a million finished jobs: the newest, any page by its cursor, with filters."""

import contextlib
import json

import finished_jobs
from line import Line
from report import Figure, at_most, percentile

LIMIT = 50
# In the store that bench_fill makes, jobs fail on the agents 0049 and 0099 alone.
FILTERS = {
    "all": "",
    "state=failed": "&state=failed",
    "pool": "&pool=edge",
    "agent": "&agent=filled-0042",
    "name": "&name=Publish%2007",
    "agent and state=failed": "&agent=filled-0049&state=failed",
    "name and state=canceled": "&name=Publish%2007&state=canceled",
    "agent and state=unknown (none)": "&agent=filled-0042&state=unknown",
    "pool and state=failed": "&pool=default&state=failed",
    "agent, name and state=failed": "&agent=filled-0049&name=Publish%2009&state=failed",
}


def cursors_of(line, query, pages):
    """So many cursors along the list, from its beginning on."""
    cursors, cursor = [""], ""
    for _ in range(pages):
        page = json.loads(line.ask(f"/api/v1/jobs?limit=500{query}{cursor}")[0])
        if not page["next_cursor"]:
            break
        cursor = "&cursor=" + page["next_cursor"]
        cursors.append(cursor)
    return cursors


def measure(place, options):
    coordinator = finished_jobs.coordinator(place, options)
    figures = []
    with contextlib.closing(coordinator):
        coordinator.start()
        line = Line(coordinator.client(coordinator.token))
        health = [line.ask("/healthz")[1] for _ in range(options.sized(500, 5))]
        for name, query in FILTERS.items():
            cursors = cursors_of(line, query, options.sized(400, 2))
            p50, p99 = [], []
            for _ in range(options.runs):
                times = [line.ask(f"/api/v1/jobs?limit={LIMIT}{query}{cursors[i * 7919 % len(cursors)]}")[1]
                         for i in range(options.sized(500, 5))]
                p50.append(percentile(times, 50))
                p99.append(percentile(times, 99))
            note = f"{len(cursors)} places along the list"
            figures += [Figure(f"job list, {LIMIT} of {name}: p50", "ms", p50, at_most(0.25), note=note),
                        Figure(f"job list, {LIMIT} of {name}: p99", "ms", p99, at_most(1))]
    figures.append(Figure("request that asks for nothing (/healthz), same line: p50", "ms", [percentile(health, 50)],
                          note="raw: Python's client and TLS are in all of these"))
    return figures
