"""What a running process costs, read from /proc."""

import os
import pathlib


def cpu_s(process):
    """Processor time that it has used so far, its ended and reaped children not counted."""
    fields = pathlib.Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def pss_bytes(process):
    for line in pathlib.Path(f"/proc/{process}/smaps_rollup").read_text().splitlines():
        if line.startswith("Pss:"):
            return int(line.split()[1]) * 1024
    raise AssertionError(f"process {process} has no Pss line")


def pin(process, cores):
    """All threads that it has now, and what they start."""
    for thread in pathlib.Path(f"/proc/{process}/task").iterdir():
        os.sched_setaffinity(int(thread.name), cores)
