"""Every page, for everybody: valid, accessible, at every width, by day and by night, by keyboard alone."""

import json
import re
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from infra.local.installation import Installation
from tests.e2e.board.person import Looks, Person

TOOLS = Path("infra/board/node_modules")
NODE = Path(".tools/node/bin/node")
AXE = TOOLS / "axe-core" / "axe.min.js"
HTML_VALIDATE = TOOLS / "html-validate" / "bin" / "html-validate.mjs"
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
WIDTHS = (375, 1280, 1920)
PAGES = {
    "now": "/board",
    "map": "/board/map",
    "incidents": "/board/incidents?state=all",
    "problems": "/board/problems?state=all",
    "guardrails": "/board/guardrails",
    "trends": "/board/trends",
    "plumbing": "/board/plumbing",
    "not-there": "/board/incidents/nobody",
    "no-such-range": "/board/guardrails?days=3",
}
"""By the name of their picture. The page of an incident and of a problem are found by way of the lists."""


def every_page(somebody: Person) -> dict[str, str]:
    """All addresses, also those that a list leads to."""
    found = dict(PAGES)
    for name in ("incident", "problem"):
        somebody.page.goto(PAGES[f"{name}s"])
        found[name] = str(somebody.page.locator("tbody th a").first.get_attribute("href"))
    return found


LOOKS = [Looks(width=width, dark=dark) for width in WIDTHS for dark in (False, True)]


@pytest.mark.parametrize("looks", LOOKS, ids=str)
def test_every_page_is_accessible_and_fits(
    outage: Installation, person: Callable[..., Person], looks: Looks
) -> None:
    somebody = person(outage, width=looks.width, dark=looks.dark)
    page = somebody.page
    somebody.signs_in()
    found: dict[str, list[str]] = {}
    for name, address in every_page(somebody).items():
        page.goto(address)
        page.wait_for_function("() => !document.querySelector('figure[data-chart]:not(:has(canvas))')")
        somebody.keeps_a_picture(name)
        assert page.evaluate("document.documentElement.scrollWidth") <= looks.width, name
        # Playwright evaluates outside of the page, so the page's own policy stays as strict as it is.
        page.evaluate(AXE.read_text("utf-8"))
        result = page.evaluate("rules => axe.run(document, {runOnly: rules})", RULES)
        for violation in result["violations"]:
            nodes = "; ".join(node["html"][:200] for node in violation["nodes"][:3])
            found.setdefault(name, []).append(f"{violation['id']}: {violation['help']}: {nodes}")
    assert found == {}
    assert somebody.complaints == []


def test_html_is_valid(outage: Installation, person: Callable[..., Person], tmp_path: Path) -> None:
    somebody = person(outage, scripts=False)
    somebody.signs_in()
    for name, address in every_page(somebody).items():
        answer = somebody.page.request.get(address)
        (tmp_path / f"{name}.html").write_text(answer.text(), "utf-8")
    rules = {
        "extends": ["html-validate:standard"],
        "rules": {"no-trailing-whitespace": "off", "void-style": "off"},
    }
    config = tmp_path / ".htmlvalidate.json"
    config.write_text(json.dumps(rules), "utf-8")
    done = subprocess.run(  # noqa: S603 - our own tool on our own files
        [NODE, HTML_VALIDATE, "--config", config, *sorted(tmp_path.glob("*.html"))],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout) == (0, ""), done.stdout + done.stderr


def test_everything_is_reached_by_keyboard_alone(outage: Installation, person: Callable[..., Person]) -> None:
    somebody = person(outage)
    page = somebody.page
    somebody.signs_in()
    for address in every_page(somebody).values():
        page.goto(address)
        wanted = page.evaluate(
            """() => [...document.querySelectorAll(
                    'a[href], button, summary, input:not([type=hidden]), select, textarea')]
                .filter((one) => one.checkVisibility({visibilityProperty: true}))
                .map((one, place) => (one.dataset.place = place))"""
        )
        reached = set()
        for _ in range(len(wanted) + 60):
            page.keyboard.press("Tab")
            reached.add(page.evaluate("document.activeElement?.dataset?.place ?? null"))
            if reached >= {str(place) for place in wanted}:
                break
        assert reached >= {str(place) for place in wanted}, address


def test_the_first_stop_leads_past_the_navigation(
    outage: Installation, person: Callable[..., Person]
) -> None:
    somebody = person(outage)
    somebody.signs_in()
    somebody.page.keyboard.press("Tab")
    assert somebody.page.evaluate("document.activeElement.textContent") == "To the content"
    somebody.page.keyboard.press("Enter")
    assert somebody.page.evaluate("document.activeElement.id") == "main"


def test_an_incident_is_taken_by_keyboard_alone(outage: Installation, person: Callable[..., Person]) -> None:
    somebody = person(outage)
    page = somebody.page
    somebody.signs_in()
    page.locator(".expedite .card a").first.focus()
    page.keyboard.press("Enter")
    page.wait_for_url("**/board/incidents/*")
    for _ in range(60):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.textContent").strip() == "Take it":
            break
    page.keyboard.press("Enter")
    somebody.sees(re.compile(r"Who has it\s*grace@example.com"))
