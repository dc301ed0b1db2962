"""The line is cut for longer than a lease; the agent's clock is a year off."""

import subprocess

from deployment import BIN, Deployment, Wrong, free_port, wait_until
from line import Line
from story import DAY_US, ENDED, numbers, ready

STEP_US = 2_000_000  # more at once would be a machine that slept, and leases would begin anew
LEASE_S = 90


def staged(name):
    def decorate(act):
        def play():
            d = Deployment(name)
            keep = True
            try:
                act(d)
                keep = False
                return d.points_reached()
            except Exception as error:
                raise Wrong(str(error) if isinstance(error, Wrong) else repr(error), d.folder) from error
            finally:
                d.close(keep)
        return play
    return decorate


def pass_time(d):
    """A step on both sides; the coordinator has taken it in when it answers."""
    for program in (d.coordinator, d.agent):
        program.push_clock(STEP_US, STEP_US)
    d.call("GET", "/api/v1/agents/web")


def pass_time_until(d, done, what):
    def stepped():
        pass_time(d)
        return done()

    wait_until(stepped, what)


def waiting_job(story, name):
    """Its log has a part before and a part after the file `go on` is there."""
    go_on = story.d.folder / f"go-on-{name}"
    job = story.run_job(name, f"seq 1 1000\nwhile [ ! -e {go_on} ]; do sleep 0.02; done\nseq 1001 20000\n", "succeeded",
                        numbers(1, 20000), timeout_s=7200)
    wait_until(lambda: story.d.call("GET", f"/api/v1/jobs/{job}/log", expect=(200, 404, 416)) == numbers(1, 1000),
               f"the first part of the log of {name} is here")
    return job, go_on


@staged("cut")
def cut_line(d):
    d.line_port = free_port()
    line = Line(d.line_port, d.agent_port)
    try:
        story = ready(d)
        in_the_dark, end_in_the_dark = waiting_job(story, "in-the-dark")
        afterwards, end_afterwards = waiting_job(story, "afterwards")
        both = (in_the_dark, afterwards)
        attempts = {job: [a["id"] for a in d.show(job)["attempts"]] for job in both}

        line.cut()
        for _ in range(LEASE_S * 1_000_000 // STEP_US - 15):
            pass_time(d)
        if {story.state_of(job) for job in both} != {"running"}:
            raise Wrong("a lease ended before its time")
        pass_time_until(d, lambda: all(story.state_of(job) == "unknown" for job in both), "the attempts become unknown")
        agent = d.call("GET", "/api/v1/agents/web")
        if agent["contact"] != "offline":
            raise Wrong(f"nothing was heard of the agent, and it is {agent['contact']}")
        end_in_the_dark.touch()
        for _ in range(60):
            pass_time(d)
        if {story.state_of(job) for job in both} != {"unknown"}:
            raise Wrong("a state changed while nothing was heard")

        line.heal()
        pass_time_until(d, lambda: story.state_of(afterwards) == "running", "the agent attaches again")
        pass_time_until(d, lambda: story.state_of(in_the_dark) == "succeeded", "what ended meanwhile is told")
        end_afterwards.touch()
        pass_time_until(d, lambda: story.state_of(afterwards) in ENDED, "the other ends")
        if {job: [a["id"] for a in d.show(job)["attempts"]] for job in both} != attempts:
            raise Wrong("there is a second attempt")
        story.judge()
    finally:
        line.close()


def agent_says(d, command):
    said = subprocess.run([BIN / "slipway-agent", command, "--state", d.folder / "agent"], capture_output=True, text=True,
                          timeout=60, env={"PATH": "/usr/bin:/bin", "SLIPWAY_CLOCK_FILE": str(d.agent.clock_file)})
    return said.stdout + said.stderr


def clock_off(days):
    @staged(f"clock{days}")
    def play(d):
        d.agent.push_clock(days * DAY_US)
        story = ready(d)
        certificate = d.folder / "agent" / "pki" / "current" / "certificate.pem"
        first = certificate.read_bytes()
        for number in range(3):
            story.await_end(story.run_job(f"off {number}", "seq 1 10\n", "succeeded", numbers(1, 10)))
        for command in ("status", "doctor"):
            wait_until(lambda command=command: "clock_suspect" in agent_says(d, command), f"{command} tells of the clock", 20)

        # Set to the other side while a job runs: time-outs count what passed, and renewal goes by the coordinator's time.
        job, go_on = waiting_job(story, "across")
        d.agent.push_clock(-2 * days * DAY_US)
        go_on.touch()
        story.await_end(job)
        story.await_end(story.run_job("set back", "seq 1 10\n", "succeeded", numbers(1, 10)))
        if certificate.read_bytes() != first or (d.folder / "agent" / "pki" / "next").exists():
            raise Wrong("the agent renewed its certificate by its own clock")
        story.renew()
        wait_until(lambda: d.check() or certificate.read_bytes() != first, "the certificate is renewed at its time")
        story.judge()
    return play
