"""Scripts tell times in the server's words, so that nothing changes its words when a page becomes live."""

import json
import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path

from leitplanke.domain.plain_text import ago, span

NODE = Path(".tools/node/bin/node")
TELL = """
import { ago, ahead } from "./infra/board/words.js";
const now = Date.parse("2026-11-26T09:00:00Z");
const seconds = JSON.parse(process.argv[1]);
console.log(JSON.stringify(seconds.map((one) => [ago(now - one * 1000, now), ahead(now + one * 1000, now)])));
"""
EDGES = (0, 60, 120, 3600, 7200, 10_800, 86_400, 172_800, 259_200, 1000 * 86_400, 1234 * 86_400)
SECONDS = sorted({edge + by for edge in EDGES for by in (-1, 0, 1, 59)})


def test_times_are_told_in_the_same_words() -> None:
    now = datetime(2026, 11, 26, 9, 0, tzinfo=UTC)
    told = subprocess.run(  # noqa: S603 - our own node on our own file
        [NODE, "--input-type=module", "--eval", TELL, json.dumps(SECONDS)],
        capture_output=True,
        text=True,
        check=True,
    )
    assert json.loads(told.stdout) == [
        [ago(now - timedelta(seconds=one), now), f"in {span(timedelta(seconds=one))}"] for one in SECONDS
    ]
