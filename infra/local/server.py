"""An engine in a process of its own, for tests: `python -m infra.local.server '<settings as JSON>'`.

Prints one line of JSON when ready, stops cleanly on SIGTERM, SIGINT, or when its standard input closes:
a test run that is killed leaves nothing behind.
"""

import json
import signal
import sys
import threading
from pathlib import Path

from infra.local.engine import Engine
from infra.local.settings import EngineSettings


def main(argument: str) -> None:
    """Run until told to stop."""
    given = json.loads(argument)
    engine = Engine(EngineSettings(**{**given, "state_dir": Path(given["state_dir"])}))
    engine.start()
    done = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: done.set())
    threading.Thread(target=_wait_for_end_of_input, args=(done,), daemon=True).start()
    ready = {"port": engine.settings.port, "aws_port": engine.settings.aws_port}
    sys.stdout.write(json.dumps(ready) + "\n")
    sys.stdout.flush()
    done.wait()
    engine.stop()


def _wait_for_end_of_input(done: threading.Event) -> None:
    sys.stdin.read()
    done.set()


if __name__ == "__main__":
    main(sys.argv[1])
