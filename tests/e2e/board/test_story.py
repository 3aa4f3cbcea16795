"""The story of the board, as the person on call lives it; with and without scripts."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from infra.local.installation import Installation
from infra.scenario import vpn
from tests.e2e.board.conftest import story_of
from tests.e2e.board.person import Looks, Person

WORKAROUND = "Restart the IKE daemon"


@pytest.mark.parametrize(
    "looks",
    [Looks(width=1280), Looks(width=375, dark=True, scripts=False), Looks(width=1920, dark=True)],
    ids=str,
)
def test_an_outage_from_its_first_alert_to_the_problem_that_stays(
    calm: Installation, person: Callable[..., Person], looks: Looks
) -> None:
    story = story_of(calm)
    grace = person(calm, width=looks.width, dark=looks.dark, scripts=looks.scripts)
    page = grace.page

    grace.signs_in()
    grace.sees("Everybody can work, as far as we know")

    for gateway in ("vpn-gateway-1", "vpn-gateway-2"):
        story.prometheus(vpn.gateway_down(gateway))
    grace.comes_to_see("1,840 people cannot work")
    grace.comes_to_see("P1")
    grace.sees("Federal Registry Office")
    grace.keeps_a_picture("story-1-outage")

    grace.goes_to("Map")
    grace.comes_to_see("2 customers are cut off")
    grace.sees("because Federal Registry Office needs registry-office-access needs vpn needs vpn-gateway-")
    if looks.scripts:
        expect(page.locator("#map-drawn .cut.edge")).to_have_count(5)
    grace.keeps_a_picture("story-2-map")

    grace.goes_to("Now")
    page.locator(".card a").first.click()
    page.get_by_role("button", name="Take it", exact=True).click()
    grace.sees(re.compile(r"Who has it\s*grace@example.com"))

    page.locator("summary", has_text="Set the priority").click()
    form = page.locator("#do-prioritise")
    form.get_by_label("To").select_option("P4")
    form.get_by_label("Why").fill("I think it is the printer")
    form.get_by_role("button").click()
    grace.sees("a guardrail speaks against it")
    grace.sees("Customers are cut off: a lower priority means that they wait longer.")
    grace.keeps_a_picture("story-3-guardrail")
    page.get_by_label("Why you go on all the same").fill("the registry is closed today")
    page.get_by_role("button", name="Set the priority, all the same").click()
    grace.sees("went past")
    grace.sees("the registry is closed today")

    page.locator("summary", has_text="They can work again").click()
    page.locator("#do-restore").get_by_label("What did it").fill(WORKAROUND)
    page.locator("#do-restore").get_by_role("button").click()
    grace.sees(re.compile(r"State\s*restored"))

    grace.goes_to("Problems")
    grace.comes_to_see("it is a major incident")
    page.locator("tbody a").first.click()
    grace.sees("What you can do")
    page.get_by_role("button", name="Take it into work").click()
    grace.sees(re.compile(r"Taken into work by\s*grace@example.com"))
    grace.keeps_a_picture("story-4-problem")

    grace.goes_to("Guardrails")
    grace.sees("1 overridden")
    assert grace.complaints == []


def test_whoever_may_only_read_sees_everything_and_no_button(
    outage: Installation, person: Callable[..., Person]
) -> None:
    reader = person(outage)
    reader.signs_in(level="read")
    reader.sees("cannot work")
    reader.page.locator(".card a").first.click()
    reader.sees("Story")
    assert reader.page.get_by_text("What you can do").count() == 0
    assert reader.page.locator("main form").count() == 0
    assert reader.complaints == []
