"""microburst, in a process and an environment of its own, between the functions and the engine."""

import re
import subprocess
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from types import TracebackType

import httpx

from infra.chaos.faults import Rule, kind_of
from infra.local.engine import free_port
from infra.local.settings import HOST
from infra.local.waiting import wait_for

ROOT = Path(__file__).resolve().parents[2]
PYTHON = ROOT / ".tools" / "microburst" / "bin" / "python"
_SEEDED = (
    "import logging, random, sys; logging.disable(logging.INFO); random.seed(sys.argv[1]); "
    "from microburst.cli import main; sys.exit(main(sys.argv[2:]))"
)
"""Its draws are random's, which it does not seed: the same order of calls gets the same faults."""
_COUNT = re.compile(
    r'^microburst_faults_total\{service="([^"]*)",operation="([^"]*)",action="([^"]*)"\} (\d+)$'
)


class Proxy:
    """A context manager; `url` is what the functions take for AWS."""

    def __init__(self, upstream: str, *, seed: int, log: Path) -> None:
        port = free_port()
        self.url = f"http://{HOST}:{port}"
        self._http = httpx.Client(base_url=f"{self.url}/_microburst", trust_env=False, timeout=30)
        self._log = log.open("w")
        self._process = subprocess.Popen(
            [
                str(PYTHON),
                "-c",
                _SEEDED,
                str(seed),
                "--upstream",
                upstream,
                "--port",
                str(port),
                "--host",
                HOST,
            ],
            stdin=subprocess.DEVNULL,
            stdout=self._log,
            stderr=self._log,
        )
        wait_for(self._answers, timeout=30, what=f"microburst (see {log})")

    def break_(self, rules: Iterable[Rule]) -> None:
        """These rules and no others; none lifts all faults."""
        self._http.post("/rules", json=list(rules)).raise_for_status()

    def fired(self) -> Counter[str]:
        """Faults so far, by kind. The log itself keeps the last 2,000; its counters keep all."""
        found: Counter[str] = Counter()
        for line in self._http.get("/metrics").raise_for_status().text.splitlines():
            if match := _COUNT.match(line):
                found[kind_of(match[3])] += int(match[4])
        return found

    def requests(self) -> int:
        """Calls that went through it so far."""
        return int(self._http.get("/stats").raise_for_status().json()["requests"]["total"])

    def __enter__(self) -> "Proxy":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._http.close()
        self._process.terminate()
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._log.close()

    def _answers(self) -> bool:
        if self._process.poll() is not None:
            raise RuntimeError(f"microburst ended while starting; see {self._log.name}")
        try:
            return self._http.get("/health").is_success
        except httpx.HTTPError:
            return False
