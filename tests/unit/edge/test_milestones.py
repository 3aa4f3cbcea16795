import json
from typing import Any

import pytest

from leitplanke.edge.milestones import MILESTONES, OVERRIDES, count_milestones


def told(kind: str, **change: Any) -> dict[str, Any]:
    return {"type": kind, "data": {"change": change, "by": "Ada Example"}}


def test_milestones_are_one_line_under_the_name_of_the_stream_s_function(
    capsys: pytest.CaptureFixture[str],
) -> None:
    past = [{"guardrail": "third-hand-over"}, {"guardrail": "haste"}]
    count_milestones(
        [
            told("incident.restored", overrides=past),
            told("incident.restored"),
            told("problem.opened"),
            told("incident.noted"),
        ]
    )

    line = json.loads(capsys.readouterr().out)
    assert line["service"] == "publish_changes"
    assert line["IncidentsRestored"] == [2.0]
    assert line["ProblemsOpened"] == [1.0]
    assert line[OVERRIDES] == [2.0]
    assert not {"IncidentsClosed", "IncidentsOpened"} & set(line)


def test_where_nothing_of_that_is_said_no_line_is_written(capsys: pytest.CaptureFixture[str]) -> None:
    count_milestones([told("incident.alerts_changed", reason="one more"), told("incident.linked")])
    assert capsys.readouterr().out == ""


def test_no_milestone_shares_its_figure_with_another() -> None:
    assert len({*MILESTONES.values(), OVERRIDES}) == len(MILESTONES) + 1
