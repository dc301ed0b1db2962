"""Both sides killed at random moments while many tiny jobs run."""

import random
import threading
import time

from deployment import Deployment, Wrong
from story import ready

OPEN_MAX = 16


def kill_at_random(d, seed, kills_per_side):
    chance = random.Random(seed)
    turns = [d.coordinator, d.agent] * kills_per_side
    chance.shuffle(turns)
    for program in turns:
        time.sleep(chance.choice((0.01, 0.05, 0.1, 0.2, 0.6)) * chance.random())
        d.check()
        with program.lock:  # only one that runs: each kill counts
            program.look()
            program.process.kill()
            program.process.wait()
    return len(turns)


def play(seed, kills_per_side):
    """How many kills, and how many jobs there were."""
    d = Deployment("random")
    keep = True
    try:
        d.agent.environment["SLIPWAY_AGENT_SLOTS"] = "8"
        story = ready(d)
        failures, done, kills = [], threading.Event(), []

        def submit():
            count, unended = 0, []
            try:
                while not done.is_set():
                    d.check()
                    unended = [job for job in unended if story.state_of(job) in ("queued", "leased", "running")]
                    while len(unended) < OPEN_MAX and not done.is_set():
                        count += 1
                        unended.append(story.run_job(f"tiny {count}", f"echo {count}\n", "succeeded", b"%d\n" % count))
            except Exception as error:
                failures.append(error)

        submitter = threading.Thread(target=submit)
        submitter.start()
        try:
            kills.append(kill_at_random(d, seed, kills_per_side))
        finally:
            done.set()
            submitter.join()
        if failures:
            raise failures[0]
        story.await_all()
        story.judge()
        ran = len(d.witnessed())
        if ran < 2 * OPEN_MAX:
            raise Wrong(f"only {ran} jobs ran under {kills[0]} kills: this was no load")
        keep = False
        return kills[0], ran, d.points_reached()
    except Exception as error:
        raise Wrong(f"seed {seed}: {error if isinstance(error, Wrong) else repr(error)}", d.folder) from error
    finally:
        d.close(keep)
