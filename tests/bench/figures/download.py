"""An artifact fetched by eight agents at once, beside nginx that serves the same file over the same TLS."""

import contextlib
import os
import subprocess
import time

import agents
import harness
from processes import cpu_s, pin
from report import Figure, at_least

AGENTS = 8
MIB = 1 << 20
NGINX = """
daemon off; master_process off; worker_processes 1; pid {folder}/pid; error_log {folder}/error.log;
events {{ worker_connections 256; }}
http {{
  access_log off; server_tokens off; sendfile on; tcp_nopush on;
  client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy; fastcgi_temp_path {folder}/fastcgi;
  uwsgi_temp_path {folder}/uwsgi; scgi_temp_path {folder}/scgi;
  server {{
    listen 127.0.0.1:{port} ssl; root {root};
    ssl_protocols TLSv1.3; ssl_certificate {pki}/server.pem; ssl_certificate_key {pki}/server.key;
    ssl_client_certificate {pki}/ca.pem; ssl_verify_client on; ssl_verify_depth 2;
  }}
}}
"""


class Peer:
    """nginx on one core, with the coordinator's own certificate and the blob's own file."""

    def __init__(self, coordinator, folder, cores):
        self.port, self.folder = harness.free_ports(1)[0], folder
        text = NGINX.format(folder=folder, port=self.port, root=coordinator.state / "blobs", pki=coordinator.state / "pki")
        (folder / "nginx.conf").write_text(text)
        self.process = subprocess.Popen(["nginx", "-p", folder, "-c", folder / "nginx.conf", "-g", "user root;"],
                                        stderr=subprocess.DEVNULL)
        pin(self.process.pid, cores)

    def close(self):
        self.process.terminate()
        self.process.wait()


def fetch_all(fetchers, url, ca, size, cores):
    """All at once; megabytes per second over the whole of it."""
    begin = time.perf_counter()
    clients = [subprocess.Popen(["curl", "--silent", "--show-error", "--fail", "--tlsv1.3", "--cacert", ca, "--cert",
                                 certificate, "--key", key, "--output", "/dev/null", "--write-out", "%{size_download}", url],
                                stdout=subprocess.PIPE, preexec_fn=lambda: os.sched_setaffinity(0, cores))
               for certificate, key in map(agents.client_files, fetchers)]
    for client in clients:
        out, _ = client.communicate(timeout=120)
        assert client.returncode == 0 and int(out) == size, (client.returncode, out, url)
    return size * len(clients) / 1e6 / (time.perf_counter() - begin)


def pushed(admin, size):
    """An artifact of so many bytes that do not repeat; its digest."""
    data = os.urandom(MIB)
    data = b"".join(i.to_bytes(8, "big") + data[8:] for i in range(size // MIB))
    digest = harness.sha256(data)
    upload = admin.post("/api/v1/uploads", {"bytes": size})
    assert upload.status == 201, upload
    put = admin.ask("PATCH", "/api/v1/uploads/" + upload.json["id"], data, Upload_Offset=0)
    assert put.status == 200, put
    made = admin.post("/api/v1/artifacts", {"name": "large", "version": "1", "upload": upload.json["id"], "sha256": digest})
    assert made.status == 201, made
    return digest


def measure(place, options):
    size = options.sized(256, 1) * MIB
    coordinator = harness.Coordinator(folder=place.fresh("coordinator"))
    with contextlib.ExitStack() as ending:
        ending.callback(coordinator.close)
        coordinator.start()
        pin(coordinator.process.pid, options.server_cores)
        admin = coordinator.bootstrap()
        digest = pushed(admin, size)
        fetchers = [agents.enrolled(coordinator, admin, place.fresh("agent"), f"fetcher-{i}") for i in range(AGENTS)]
        for _ in fetchers:
            admin.post("/api/v1/jobs", harness.shell_job("true", artifacts=[{"alias": "large", "name": "large",
                                                                           "version": "1"}]))
        for agent in fetchers:
            agents.received(agent)
        peer = Peer(coordinator, place.fresh("agent"), options.server_cores)
        ending.callback(peer.close)
        ours = f"https://127.0.0.1:{coordinator.agent_port}/agent/v1/blobs/{digest}"
        theirs = f"https://127.0.0.1:{peer.port}/{digest[:2]}/{digest}"
        return compared(coordinator, peer, fetchers, (ours, theirs), size, options)


def compared(coordinator, peer, fetchers, urls, size, options):
    rates, work = ([], []), ([], [])
    processes = (coordinator.process.pid, peer.process.pid)
    for run in range(options.runs + options.sized(1, 0)):
        for side, (url, process) in enumerate(zip(urls, processes)):
            before = cpu_s(process)
            rate = fetch_all(fetchers, url, coordinator.ca, size, options.load_cores)
            if run > 0 or options.smoke:  # the first one warms up
                rates[side].append(rate)
                work[side].append((cpu_s(process) - before) / (size * AGENTS / 1e9))
    ratios = [ours / theirs for ours, theirs in zip(*rates)]
    return [
        Figure("artifact download, 8 agents at once", "of nginx", ratios, at_least(0.95)),
        Figure("artifact download, 8 agents at once: coordinator", "MB/s", rates[0]),
        Figure("artifact download, 8 agents at once: nginx", "MB/s", rates[1]),
        Figure("artifact download: CPU of the coordinator", "s/GB", work[0]),
        Figure("artifact download: CPU of nginx", "s/GB", work[1]),
    ]
