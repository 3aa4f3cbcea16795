"""A real Prometheus and a real Alertmanager on free ports of this machine, ended with the test."""

import json
import socket
import subprocess
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from shutil import which

import httpx
import pytest

from infra.local.waiting import wait_for

RULES = """
groups:
  - name: e2e
    interval: 1s
    rules:
      - alert: InstanceDown
        expr: broken == 1
        labels: {severity: critical}
        annotations: {summary: "{{ $labels.service }} is down on {{ $labels.host }}"}
"""


class MonitoredWorld:
    """An exporter of the metric `broken{service, host}`; `break_` and `mend` change it."""

    def __init__(self) -> None:
        self._broken: dict[tuple[str, str], int] = {}
        world = self

        class Exporter(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                body = world._text().encode()
                self.send_response(200)
                self.send_header("content-type", "text/plain; version=0.0.4")
                self.send_header("content-length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                """Nothing to say."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Exporter)
        self.address = f"127.0.0.1:{self._server.server_address[1]}"

    def break_(self, service: str, hosts: list[str]) -> None:
        """These hosts of the service are down."""
        self._broken |= {(service, host): 1 for host in hosts}

    def mend(self, service: str) -> None:
        """All hosts of the service are up."""
        self._broken |= {key: 0 for key in self._broken if key[0] == service}

    def _text(self) -> str:
        lines = [
            f'broken{{service="{service}",host="{host}"}} {value}'
            for (service, host), value in sorted(self._broken.items())
        ]
        return "\n".join(["# TYPE broken gauge", *lines, ""])

    def __enter__(self) -> "MonitoredWorld":
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()


@contextmanager
def prometheus(folder: Path, world: MonitoredWorld, alertmanager: Mapping[str, object]) -> Iterator[str]:
    """Debian's Prometheus, watching `world` every second; its URL."""
    (folder / "rules.yml").write_text(RULES)
    config = {
        "global": {"scrape_interval": "1s", "evaluation_interval": "1s"},
        "rule_files": [str(folder / "rules.yml")],
        "alerting": {"alertmanagers": [alertmanager]},
        "scrape_configs": [{"job_name": "world", "static_configs": [{"targets": [world.address]}]}],
    }
    (folder / "prometheus.yml").write_text(json.dumps(config))  # JSON is YAML
    port = _free_port()
    arguments = [
        f"--config.file={folder / 'prometheus.yml'}",
        f"--storage.tsdb.path={folder / 'prometheus'}",
        f"--web.listen-address=127.0.0.1:{port}",
        "--rules.alert.resend-delay=5s",
    ]
    with _running("prometheus", arguments, folder, f"http://127.0.0.1:{port}/-/ready") as url:
        yield url


@contextmanager
def alertmanager(folder: Path, *, webhook: str, key: str) -> Iterator[str]:
    """Debian's Alertmanager, telling `webhook`; its address as host:port."""
    config = {
        "route": {
            "receiver": "leitplanke",
            "group_by": ["alertname", "service"],
            "group_wait": "1s",
            "group_interval": "1s",
            "repeat_interval": "1m",
        },
        "receivers": [
            {
                "name": "leitplanke",
                "webhook_configs": [
                    {
                        "url": webhook,
                        "send_resolved": True,
                        "http_config": {"authorization": {"type": "Bearer", "credentials": key}},
                    }
                ],
            }
        ],
    }
    (folder / "alertmanager.yml").write_text(json.dumps(config))
    port = _free_port()
    arguments = [
        f"--config.file={folder / 'alertmanager.yml'}",
        f"--storage.path={folder / 'alertmanager'}",
        f"--web.listen-address=127.0.0.1:{port}",
        "--cluster.listen-address=",
    ]
    ready = f"http://127.0.0.1:{port}/-/ready"
    with _running("prometheus-alertmanager", arguments, folder, ready):
        yield f"127.0.0.1:{port}"


@contextmanager
def _running(command: str, arguments: list[str], folder: Path, ready: str) -> Iterator[str]:
    program = which(command)
    if program is None:
        pytest.fail(f"{command} is not installed; infra/e2e/install.sh does it")
    log = (folder / f"{command}.log").open("w")
    process = subprocess.Popen([program, *arguments], stdout=log, stderr=subprocess.STDOUT)
    try:
        wait_for(lambda: _answers(ready), timeout=30, what=f"{command} ready (see {log.name})")
        yield ready.rsplit("/-/", 1)[0]
    finally:
        process.terminate()
        try:
            process.wait(timeout=15)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait(timeout=15)
        log.close()


def _answers(url: str) -> bool:
    try:
        return httpx.get(url, trust_env=False, timeout=2).is_success
    except httpx.HTTPError:
        return False


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
