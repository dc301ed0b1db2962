"""A coordinator whose store holds a million finished jobs: made once, kept in the cache, copied for each use."""

import hashlib
import os
import pathlib
import shutil
import subprocess

import harness

MILLION = 1_000_000
SMOKE_JOBS = 1000
AGENTS = 100  # ran them: filled-0000 to filled-0099, of the pools `default` and `edge`; they are not there any more
HERE = pathlib.Path(__file__).resolve().parent
SOURCES = [*sorted(HERE.glob("fill/*")), *sorted((HERE.parents[1] / "coordinator/store/migrations").iterdir())]


def coordinator(place, options):
    """One of the harness that has not been started yet, with an administrator (`client(token)`) and a million jobs."""
    image = kept_image(options)
    made = harness.Coordinator(folder=place.fresh("coordinator"))
    subprocess.run(["cp", "--archive", image / "state", made.state], check=True)
    made.token = (image / "token").read_text()
    os.sync()  # the copy is not to be written while something is measured
    return made


def kept_image(options):
    """The directory of the cached image; it is made when the schema or the filler has changed since."""
    jobs = options.sized(MILLION, SMOKE_JOBS)
    digest = hashlib.sha256(b"".join(path.read_bytes() for path in SOURCES)).hexdigest()[:12]
    image = options.cache / f"finished-{jobs}-{digest}"
    if not image.exists():
        options.say(f"making a store with {jobs:,} finished jobs (kept in {image})")
        options.cache.mkdir(parents=True, exist_ok=True)
        for old in options.cache.glob(f"finished-{jobs}-*"):
            shutil.rmtree(old)
        make(image, jobs, options)
    return image


def make(image, jobs, options):
    unfinished = image.with_name("unfinished")
    shutil.rmtree(unfinished, ignore_errors=True)
    unfinished.mkdir()
    running = harness.Coordinator(folder=unfinished)
    try:
        running.start()
        running.bootstrap()
        running.stop()
        subprocess.run([options.tools / "bench_fill", "--state", running.state, "--jobs", str(jobs), "--agents",
                        str(AGENTS)], check=True)
        running.state.rename(unfinished / "state")
        (unfinished / "token").write_text(running.token)
    finally:
        running.close()
    unfinished.rename(image)
