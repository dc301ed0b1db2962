"""Ten thousand agents that wait: what they cost the coordinator beside what nginx holds for the same idle connections,
and how fast one of them or all of them are woken."""

import contextlib
import shutil
import signal
import subprocess
import time

import harness
from generator import Generator
from processes import cpu_s, pin, pss_bytes
from report import Figure, at_most

AGENTS = 10_000
BEATS_S = 20  # two beats of each
PARKED = "slipway_http_parked_requests{port=\"agent\"} "

NGINX = """
user root;
worker_processes 1;
worker_rlimit_nofile 20000;
pid {folder}/pid;
error_log {folder}/errors;
events {{ worker_connections 19000; }}
http {{
    access_log off;
    client_body_temp_path {folder}; proxy_temp_path {folder}; fastcgi_temp_path {folder}; uwsgi_temp_path {folder}; scgi_temp_path {folder};
    keepalive_timeout 3600s;
    keepalive_requests 1000000;
    server {{
        listen 127.0.0.1:{port} ssl backlog=4096;
        ssl_protocols TLSv1.3;
        ssl_certificate {pki}/server.pem;
        ssl_certificate_key {pki}/server.key;
        ssl_client_certificate {pki}/ca.pem;
        ssl_verify_client on;
        ssl_session_tickets off;
        location / {{ return 200 "here"; }}
    }}
}}
"""


def parked(admin):
    for line in admin.get("/metrics").body.decode().splitlines():
        if line.startswith(PARKED):
            return int(line.removeprefix(PARKED))
    raise AssertionError("/metrics does not tell how many polls are parked")


@contextlib.contextmanager
def nginx(folder, pki):
    """Its port and the processes that hold its connections."""
    port, = harness.free_ports(1)
    configuration = folder / "nginx.conf"
    configuration.write_text(NGINX.format(folder=folder, port=port, pki=pki))
    program = shutil.which("nginx", path="/usr/sbin:/usr/bin:/sbin:/bin")
    process = subprocess.Popen([program, "-c", configuration, "-g", "daemon off;"], stderr=subprocess.DEVNULL)
    try:
        def workers():
            done = subprocess.run(["pgrep", "-P", str(process.pid)], capture_output=True, text=True, check=False)
            return [int(number) for number in done.stdout.split()]
        harness.wait_until(workers, "nginx has its worker")
        yield port, [process.pid, *workers()]
    finally:
        process.send_signal(signal.SIGQUIT)
        try:
            process.wait(5)
        except subprocess.TimeoutExpired:
            process.terminate()
            process.wait(10)


class Taken:
    def __init__(self):
        self.memory, self.nginx, self.ratio, self.parking, self.beats = [], [], [], [], []
        self.wake, self.wake99, self.order, self.all = [], [], [], []


def take_nginx(taken, place, options, coordinator, generator, agents):
    with nginx(place.fresh("agent"), coordinator.state / "pki") as (port, processes):
        pin(processes[1], options.server_cores)
        before = sum(map(pss_bytes, processes))
        with generator.crowd("idle", count=agents, agent_port=port):
            taken.nginx.append((sum(map(pss_bytes, processes)) - before) / agents / 1024)


def take(taken, options, coordinator, generator, agents):
    coordinator.start()
    process = coordinator.process.pid
    pin(process, options.server_cores)
    admin = coordinator.client(coordinator.token)
    admin.get("/metrics")
    before = pss_bytes(process)
    began = time.monotonic()
    with generator.crowd("park", count=agents) as crowd:
        harness.wait_until(lambda: parked(admin) == agents, "all agents are parked", 120)
        taken.parking.append(time.monotonic() - began)
        taken.memory.append((pss_bytes(process) - before) / agents / 1024)
        taken.ratio.append(taken.memory[-1] / taken.nginx[-1])
        used = cpu_s(process)
        seconds = options.sized(BEATS_S, 1)
        time.sleep(seconds)
        taken.beats.append((cpu_s(process) - used) / seconds * 100)
        woken = crowd.ask(f"wake {options.sized(200, 5)}")["wake"]
        taken.wake.append(woken["p50_us"])
        taken.wake99.append(woken["p99_us"])
        taken.order.append(crowd.ask(f"order {options.sized(200, 5)}")["order"]["p50_us"])
        harness.wait_until(lambda: parked(admin) == agents, "all agents are parked again")
        crowd.ask("watch")
        began = time.clock_gettime(time.CLOCK_BOOTTIME)
        coordinator.process.send_signal(signal.SIGTERM)
        taken.all.append(crowd.hear()["last_us"] / 1e6 - began)
    coordinator.process.wait(30)


def measure(place, options):
    agents = options.sized(AGENTS, 20)
    taken = Taken()
    folder = place.fresh("coordinator")
    with contextlib.closing(harness.Coordinator(folder=folder)) as coordinator:
        coordinator.start()
        coordinator.bootstrap()
        generator = Generator(options, coordinator, folder / "roster")
        options.say(f"enrolling {agents} agents")
        generator.enroll(agents)
        coordinator.stop()
        for _ in range(options.runs):
            take_nginx(taken, place, options, coordinator, generator, agents)
            take(taken, options, coordinator, generator, agents)
    who = f"{agents:,} agents with client certificates"
    return [
        Figure("parked agent: memory of the coordinator to that of nginx", "x", taken.ratio, at_most(1.3), at_most(1.05),
               note=who),
        Figure("parked agent: memory of the coordinator, PSS", "KiB", taken.memory),
        Figure("the same idle connection: memory of nginx, PSS", "KiB", taken.nginx),
        Figure("parked agents: processor time for their beats", "% of a core", taken.beats, at_most(2)),
        Figure("parked agents: from the first connection to all parked", "s", taken.parking),
        Figure("waking one parked agent: p50", "us", taken.wake, at_most(100),
               note="asked for by a newer poll of the same agent, which needs no disk; its request counts"),
        Figure("waking one parked agent: p99", "us", taken.wake99),
        Figure("POST of a job to its order at one parked agent: p50", "us", taken.order, note="durable in between"),
        Figure("waking all parked agents", "s", taken.all, at_most(0.3), note="SIGTERM to the last one's answer"),
    ]
