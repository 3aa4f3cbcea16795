"""Our rules for template.yaml: the template keeps them, and each of them notices what it is there for.

Every case takes the real template, breaks one thing in it, and reads what the check says.
"""

import json
import re
from pathlib import Path

import pytest

from infra.template.alarm_rules import alarms_are_in_the_runbook
from infra.template.check import breaches
from infra.template.counted import HiddenFiguresError, counted_figures
from infra.template.function_rules import settings_classes, snake_case
from infra.template.reading import DASHBOARD, QUEUE, ROOT, one_of, referenced
from infra.template.route_rules import OPEN_ROUTES
from leitplanke.table.ledger import LEASE
from tests.architecture.broken_templates import CASES, TEMPLATE, Break, broken


def test_the_template_keeps_all_of_our_rules() -> None:
    assert breaches(TEMPLATE) == []


@pytest.mark.parametrize(("break_it", "message"), CASES.values(), ids=CASES.keys())
def test_the_check_notices(break_it: Break, message: str) -> None:
    assert [line for line in breaches(broken(break_it)) if line.startswith(f"template.yaml: {message}")]


def test_every_open_route_of_the_list_exists() -> None:
    keys = {route["RouteKey"] for route in TEMPLATE.of_type("AWS::ApiGatewayV2::Route").values()}
    assert keys >= OPEN_ROUTES


def test_every_settings_class_has_its_function() -> None:
    assert set(settings_classes()) == set(TEMPLATE.functions())


def test_the_check_notices_an_alarm_without_a_runbook_entry_and_an_entry_without_an_alarm(
    tmp_path: Path,
) -> None:
    runbook = tmp_path / "runbook.md"
    runbook.write_text("### GoneAlarm\n", "utf-8")

    found = list(alarms_are_in_the_runbook(TEMPLATE, runbook))

    assert "ApiFaultsAlarm: docs/runbook.md has no heading '### ApiFaultsAlarm'" in found
    assert "docs/runbook.md: '### GoneAlarm' is not an alarm of the template" in found


def test_log_groups_and_routes_hold_no_integration_key() -> None:
    access_log = TEMPLATE.of_type("AWS::ApiGatewayV2::Stage")["Stage"]["AccessLogSettings"]["Format"]
    assert "$context.path" not in access_log  # /i/<key>/... would put the key there
    assert "$context.routeKey" in access_log


def test_the_dashboards_are_json_that_fills_their_grid_without_overlap() -> None:
    for name, properties in TEMPLATE.of_type(DASHBOARD).items():
        text = properties["DashboardBody"]["Fn::Sub"]
        taken: set[tuple[int, int]] = set()
        for widget in json.loads(text if isinstance(text, str) else text[0])["widgets"]:
            x, y, width, height = (widget[side] for side in ("x", "y", "width", "height"))
            cells = {(column, row) for column in range(x, x + width) for row in range(y, y + height)}
            assert not taken & cells, (name, widget["properties"]["title"])
            assert x + width <= 24, name
            taken |= cells
        assert len(taken) == 24 * (1 + max(row for _, row in taken)), name


def test_every_function_with_figures_says_in_place_what_it_counts(tmp_path: Path) -> None:
    services = {figure.service for figure in counted_figures()}
    assert {"receive_events", "correlate_alerts", "publish_changes", "serve_api", "watch_clocks"} < services

    hidden = tmp_path / "serve_api"
    hidden.mkdir()
    (hidden / "handler.py").write_text("count(SERVICE, figures)\n", "utf-8")
    with pytest.raises(HiddenFiguresError, match="serve_api/handler.py, line 1"):
        counted_figures(tmp_path)
    (hidden / "handler.py").write_text('count(SERVICE, {name: 1, "Known": 2})\n', "utf-8")
    with pytest.raises(HiddenFiguresError):
        counted_figures(tmp_path)


def test_nobody_counts_where_the_check_does_not_look() -> None:
    """It reads the functions, and knows of the milestones; figures of any other module would go unseen."""
    importing = re.compile(r"edge\.logs import .*\bcount\b|edge import .*\blogs\b")
    paths = (path for path in (ROOT / "shared").rglob("*.py") if importing.search(path.read_text("utf-8")))
    assert [path.name for path in paths] == ["milestones.py"]
    assert not [path for path in ROOT.glob("functions/*/*.py") if "logs.count(" in path.read_text("utf-8")]


def test_a_claim_to_tell_a_channel_outlives_the_function_and_ends_before_the_next_delivery() -> None:
    timeout = TEMPLATE.functions()["NotifyResponders"]["Timeout"]
    queues = TEMPLATE.of_type(QUEUE)
    lanes = [event.source for event in TEMPLATE.events() if event.function == "NotifyResponders"]

    assert len(lanes) == 4
    for lane in lanes:
        assert timeout < LEASE.total_seconds() < queues[str(lane)]["VisibilityTimeout"]


@pytest.mark.parametrize("function", TEMPLATE.functions())
def test_a_function_uses_every_setting_and_may_send_to_exactly_the_queues_that_it_sends_to(
    function: str,
) -> None:
    folder = ROOT / "functions" / snake_case(function)
    source = "".join(path.read_text("utf-8") for path in sorted(folder.glob("*.py")))
    variables = TEMPLATE.functions()[function].get("Environment", {}).get("Variables", {})
    sent_to = {
        one_of(variables[name.upper()]) for name in re.findall(r"send_all\(.*?(\w+_url)\b", source, re.S)
    }
    homes = referenced(variables.get("DEAD_LETTERS"))
    sent_to |= {queue for queue in homes if not queue.endswith("DeadLetters")}
    may_send_to = {
        queue
        for statement in TEMPLATE.statements(function)
        if "sqs:SendMessage" in statement["Action"]
        for queue in referenced(statement["Resource"])
    }

    assert may_send_to == sent_to
    assert [name for name in settings_classes()[function] if f".{name.lower()}" not in source] == []
