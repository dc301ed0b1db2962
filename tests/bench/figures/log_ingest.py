"""Logs of 100 agents at once, each piece durable before it is acknowledged, beside plain appends with their fsync."""

import contextlib
import os
import shutil
import threading
import time

import harness
from generator import Generator
from processes import pin
from report import Figure, at_least

AGENTS = 100
KIB = 1 << 10
SIZES_KIB = (4, 64, 256, 1024)
PIECE_MAX = 256 * KIB  # of one request (PROTOCOL.md 3.4)
RAW_THREADS = 4


class Raw:
    """As many files as there are agents, appended to and synced one after the other by each of a few threads."""

    def __init__(self, folder, size, seconds):
        self.data, self.seconds = os.urandom(size), seconds
        self.files = [os.open(folder / str(i), os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600) for i in range(AGENTS)]

    def rate(self, threads):
        """Megabytes per second."""
        counts = [0] * threads
        end = time.perf_counter() + self.seconds

        def work(number):
            mine = self.files[number::threads]
            while time.perf_counter() < end:
                file = mine[counts[number] % len(mine)]
                os.write(file, self.data)
                os.fdatasync(file)
                counts[number] += 1

        begin = time.perf_counter()
        workers = [threading.Thread(target=work, args=(number,)) for number in range(threads)]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join()
        return sum(counts) * len(self.data) / 1e6 / (time.perf_counter() - begin)

    def close(self):
        for file in self.files:
            os.close(file)


def raw_rates(place, size, options):
    folder = place.fresh("coordinator")
    with contextlib.closing(Raw(folder, size, options.sized(1, 0.1))) as raw:
        found = raw.rate(1), raw.rate(RAW_THREADS)
    shutil.rmtree(folder)
    return found


def ingested(place, size, options):
    """Megabytes per second through a fresh coordinator. The first pieces, which make the files, are not counted."""
    folder = place.fresh("coordinator")
    count = options.sized(AGENTS, 4)
    with contextlib.closing(harness.Coordinator(folder=folder)) as coordinator:
        coordinator.start()
        coordinator.bootstrap()
        pin(coordinator.process.pid, options.server_cores)
        generator = Generator(options, coordinator, folder / "roster")
        generator.enroll(count)
        done = generator.ask("ingest", count=count, piece=min(size, PIECE_MAX), warm_up_ms=options.sized(1500, 20),
                             measured_ms=options.sized(2000, 100))
    shutil.rmtree(folder)
    return done["bytes_per_s"] / 1e6


def measure(place, options):
    figures = []
    for size_kib in options.sized(SIZES_KIB, (4, 256)):
        ratios, rates, raws, threaded = [], [], [], []
        for _ in range(options.runs):
            raw, raw_threaded = raw_rates(place, size_kib * KIB, options)
            rate = ingested(place, size_kib * KIB, options)
            ratios.append(rate / raw)
            rates.append(rate)
            raws.append(raw)
            threaded.append(raw_threaded)
        what = f"log ingest, {AGENTS} agents, {size_kib} KiB"
        note = "sent in pieces of 256 KiB, each durable" if size_kib * KIB > PIECE_MAX else ""
        figures += [Figure(what, "of append+fsync", ratios, at_least(0.8), note=note), Figure(what, "MB/s", rates),
                    Figure(f"plain append+fsync, {size_kib} KiB", "MB/s", raws, note="one at a time"),
                    Figure(f"plain append+fsync, {size_kib} KiB, {RAW_THREADS} threads", "MB/s", threaded)]
    return figures
