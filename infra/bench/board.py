"""What the board costs whoever looks while very much is open: the first page, and a look at the same."""

import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

import httpx

from infra.local.installation import Installation
from leitplanke.domain.attempts import Actor
from leitplanke.domain.events import Severity
from leitplanke.domain.incidents import Incident, IncidentState
from leitplanke.domain.rules import PRIORITIES, Lane
from leitplanke.edge.identity import Caller, Scope
from leitplanke.edge.sessions import Cookies
from leitplanke.table import rows
from leitplanke.table.board import Board
from leitplanke.table.client import Put, Table
from leitplanke.table.incidents import Incidents
from leitplanke.usecases.keep_board import BoardKeeper

OPEN = 10_000
LOOKS = 20
_TOGETHER = 100
_LANES: tuple[Lane, ...] = ("expedite", "standard", "backlog")


@dataclass(frozen=True, slots=True, kw_only=True)
class Looked:
    """Seconds of each look, and the bytes of one as they go over the wire."""

    pages: list[float]
    unchanged: list[float]
    packed_bytes: int


def look_at_many(installation: Installation, *, number: int = OPEN) -> Looked:
    """Open so many incidents in the table, then look at the first page as a browser does."""
    (name,) = installation.engine.aws.client("dynamodb").list_tables()["TableNames"]
    _open(Table(installation.engine.aws.client("dynamodb"), name), number)
    headers = {"cookie": f"leitplanke-session={_session(installation)}", "accept-encoding": "gzip"}
    with httpx.Client(base_url=installation.engine.base_url, trust_env=False, timeout=30) as browser:
        first = browser.get("/board", headers=headers).raise_for_status()
        if f"<b>{number:,}</b> open" not in first.text:
            raise RuntimeError(f"the page does not say that {number:,} are open")
        pages = [_seconds(browser, headers, 200) for _ in range(LOOKS)]
        headers |= {"hx-request": "true", "if-none-match": first.headers["etag"]}
        unchanged = [_seconds(browser, headers, 304) for _ in range(LOOKS)]
    return Looked(pages=pages, unchanged=unchanged, packed_bytes=int(first.headers["content-length"]))


def _seconds(browser: httpx.Client, headers: dict[str, str], status: int) -> float:
    begun = time.monotonic()
    answer = browser.get("/board", headers=headers)
    taken = time.monotonic() - begun
    if answer.status_code != status:
        raise RuntimeError(f"the board answered {answer.status_code} and not {status}")
    return taken


def _session(installation: Installation) -> str:
    """A session as signing in makes it."""
    secrets = installation.engine.aws.client("secretsmanager")
    (secret,) = secrets.list_secrets()["SecretList"]
    cookies = Cookies(secrets.get_secret_value(SecretId=secret["ARN"])["SecretString"])
    now = datetime.now(UTC)
    caller = Caller(actor=Actor(name="Grace Example", ident="u-1"), scope=Scope.RESPOND)
    return cookies.session(caller, expires_at=now + timedelta(hours=1), now=now)


def _open(table: Table, number: int) -> None:
    """Incidents that are published and routed already, so that nothing else has to be done about them."""
    keeper = BoardKeeper(incidents=Incidents(table), board=Board(table))
    made = list(_incidents(number))
    for start in range(0, number, _TOGETHER):
        together = made[start : start + _TOGETHER]
        for one in together:
            table.put(Put(row=rows.incident_row(one)))
        keeper.keep(f"incident/{one.incident_id}" for one in together)


def _incidents(number: int) -> Iterator[Incident]:
    now = datetime.now(UTC)
    usual = Incident(
        incident_id="",
        group_key="",
        state=IncidentState.OPEN,
        title="does not answer",
        service="",
        symptom="NotAnswering",
        signature="",
        severity=Severity.ERROR,
        labels={},
        policy_version=1,
        began_at=now,
        opened_at=now,
        changed_at=now,
        pulsed_at=now,
        published_revision=1,
        routed_pulse=1,
        checked_pulse=1,
        team="platform",
    )
    for one in range(number):
        yield replace(
            usual,
            incident_id=f"bench{one:06}",
            group_key=f"group {one}",
            service=f"service-{one % 500}",
            signature=f"signature-{one % 500}",
            lane=_LANES[one % 3],
            priority=PRIORITIES[one % len(PRIORITIES)],
            opened_at=now - timedelta(seconds=one),
        )
