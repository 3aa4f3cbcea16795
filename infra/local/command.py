"""`make run`: the whole system on this machine, a first story told through its front door, then a view of it.

PORT=8081        another port for the base URL; AWS_PORT for the AWS services (4566, or a free one)
SCENARIO=none    no first story
STATE=dir        another place than .local/ for the state, which survives a restart
FRESH=1          forget the kept state first
"""

import logging
import signal
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import httpx
import typer
from rich.console import Console

from infra.local.api import RefusedError
from infra.local.deploy import DeployFailedError
from infra.local.engine import Engine, EngineFailedError, PortInUseError
from infra.local.installation import Installation
from infra.local.lock import AlreadyRunningError, StateLock
from infra.local.narrator import Narrator
from infra.local.settings import EngineSettings
from infra.local.state import LOG_FILE, forget
from infra.local.stopping import Stopped, stop_on_signals
from infra.local.view import watch
from infra.local.waiting import NeverHappenedError
from infra.scenario import scenarios
from infra.scenario.story import Story

USUAL_AWS_PORT = 4566


app = typer.Typer(add_completion=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What the caller chose. `aws_port` None: the usual one if free."""

    port: int
    aws_port: int | None
    scenario: str
    state: Path
    fresh: bool


@app.command(help=__doc__)
def main(
    port: Annotated[int, typer.Option(envvar="PORT", min=1, max=65535)] = 8080,
    aws_port: Annotated[int | None, typer.Option(envvar="AWS_PORT", min=1, max=65535)] = None,
    scenario: Annotated[str, typer.Option(envvar="SCENARIO")] = "vpn",
    state: Annotated[Path, typer.Option(envvar="STATE")] = Path(".local"),
    fresh: Annotated[bool, typer.Option(envvar="FRESH")] = False,
) -> None:
    """Run until told to stop."""
    options = Options(port=port, aws_port=aws_port, scenario=scenario, state=state.resolve(), fresh=fresh)
    narrator = Narrator(Console(highlight=False))
    raise typer.Exit(_run(options, narrator))


def _run(options: Options, narrator: Narrator) -> int:
    """The exit code; what went wrong is one line that says what to do."""
    try:
        with stop_on_signals():
            return _run_locked(options, narrator)
    except Stopped:
        return 0


def _run_locked(options: Options, narrator: Narrator) -> int:
    if options.scenario not in scenarios.NAMES:
        known = " or ".join(f"SCENARIO={name}" for name in scenarios.NAMES)
        return _refuse(narrator, f"there is no scenario {options.scenario!r}; take {known}")
    try:
        with StateLock(options.state):
            _serve(options, narrator)
    except AlreadyRunningError as error:
        return _refuse(
            narrator,
            f"already running on {_shown(options.state)}: stop it (Ctrl-C there, or kill {error.pid}), "
            "or give this one a place of its own: make run STATE=.local-2 PORT=8081",
        )
    except PortInUseError as error:
        name = "PORT" if error.port == options.port else "AWS_PORT"
        return _refuse(narrator, f"{error}; take another: make run {name}={max(error.port + 1, 8081)}")
    except DeployFailedError as error:
        return _refuse(
            narrator, f"the template could not be deployed: {error}; a clean start: make run FRESH=1"
        )
    except EngineFailedError as error:
        return _refuse(narrator, f"the engine did not start: {error}; see {_shown(options.state / LOG_FILE)}")
    except (RefusedError, httpx.HTTPError) as error:
        return _refuse(narrator, f"the system went wrong: {error}; see {_shown(options.state / LOG_FILE)}")
    return 0


def _serve(options: Options, narrator: Narrator) -> None:
    """Start, play, show; in the end stop, whatever happened."""
    if options.fresh:
        forget(options.state)
    _log_to(options.state / LOG_FILE)
    with ExitStack() as cleanup:
        with narrator.step("starting the engine", "engine started"):
            engine = _engine(options)
            cleanup.callback(_stop, engine, narrator)
            engine.start()
        installation = Installation(engine, options.state)
        cleanup.callback(installation.close)
        with narrator.step("deploying", "system deployed from template.yaml"):
            installation.open(progress=narrator.doing)
        _play(options.scenario, Story(installation, narrator), narrator)
        watch(installation, narrator)


def _play(scenario: str, story: Story, narrator: Narrator) -> None:
    """A story that breaks off is told as such; the system runs on, so that one can look why."""
    try:
        scenarios.play(scenario, story)
    except (NeverHappenedError, RefusedError) as error:
        narrator.line(f"the story breaks off here: {error}; see {LOG_FILE}", style="bold red")


def _engine(options: Options) -> Engine:
    try:
        return Engine(_settings(options, options.aws_port or USUAL_AWS_PORT))
    except PortInUseError as error:
        if error.port == options.port or options.aws_port is not None:
            raise
        return Engine(_settings(options, 0))


def _settings(options: Options, aws_port: int) -> EngineSettings:
    return EngineSettings(port=options.port, aws_port=aws_port, state_dir=options.state)


def _stop(engine: Engine, narrator: Narrator) -> None:
    # From here on signals are noted and change nothing: the state is being written.
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    with narrator.step("stopping", f"stopped; state kept in {_shown(engine.settings.state_dir)}"):
        engine.stop()


def _log_to(path: Path) -> None:
    logging.basicConfig(
        level=logging.INFO,
        format="%(asctime)s %(levelname)s [%(name)s] %(message)s",
        handlers=[logging.FileHandler(path, mode="w", encoding="utf-8")],
    )
    for name in ("httpx", "httpcore", "botocore", "boto3", "urllib3"):
        logging.getLogger(name).setLevel(logging.WARNING)


def _refuse(narrator: Narrator, message: str) -> int:
    narrator.line(f"leitplanke: {message}", style="bold red")
    return 1


def _shown(path: Path) -> str:
    """The path as a person would type it from here."""
    here = Path.cwd()
    return str(path.relative_to(here)) if path.is_relative_to(here) else str(path)
