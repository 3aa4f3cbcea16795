"""docs/event-flow.md is made from the template, and cannot go stale unseen."""

from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest

from infra.template import event_flow
from infra.template.reading import QUEUE, Template, read_template


@pytest.fixture
def written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = tmp_path / "event-flow.md"
    monkeypatch.setattr(event_flow, "PAGE", path)
    assert event_flow.main([]) == 0
    return path


def test_the_page_in_docs_is_fresh() -> None:
    assert event_flow.PAGE.read_text("utf-8") == event_flow.page(read_template())


def test_the_check_says_that_a_page_is_stale_and_leaves_it(
    written: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    written.write_text("old", "utf-8")

    assert event_flow.main(["--check"]) == 1
    assert "docs/event-flow.md is stale: run `make fmt`" in capsys.readouterr().out
    assert written.read_text("utf-8") == "old"


def test_the_check_accepts_a_page_that_was_just_written(written: Path) -> None:
    assert written.stat().st_size > 0
    assert event_flow.main(["--check"]) == 0


def test_the_diagram_shows_every_function_queue_trigger_and_rule() -> None:
    template = read_template()
    page = event_flow.page(template)

    for function in template.functions():
        assert f"  {function}[" in page
    for queue in template.of_type(QUEUE):
        assert f"| {queue} |" in page
    for event in template.events():
        assert f"{event.source or 'minute'} --" in page
    assert 'Bus -->|"incident.*<br/>loud, lane expedite"| ExpediteQueue' in page


def test_the_diagram_follows_the_template() -> None:
    document: dict[str, Any] = deepcopy(dict(read_template().document))
    properties = document["Resources"]["RoutingRule"]["Properties"]
    properties["EventPattern"]["detail-type"].append("problem.closed")

    page = event_flow.page(Template(document))

    assert "service.flipped<br/>problem.closed" in page
    assert "| `problem.closed` |  | RoutingQueue | RoutingRule |" in page
