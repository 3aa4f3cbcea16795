"""What scripts add: the page follows what happens, and disturbs nobody who reads or writes in it."""

import re
from collections.abc import Callable

from playwright.sync_api import expect

from infra.local.installation import Installation
from tests.e2e.board.conftest import story_of
from tests.e2e.board.person import LIVE_WITHIN_MS, Person


def to_the_incident(somebody: Person) -> str:
    """The page of the first one of the first lane; its id."""
    somebody.signs_in()
    somebody.page.locator(".expedite .card a").first.click()
    somebody.page.wait_for_url("**/board/incidents/*")
    return somebody.page.url.rsplit("/", 1)[-1]


def test_whoever_writes_is_not_disturbed(outage: Installation, person: Callable[..., Person]) -> None:
    somebody = person(outage)
    page = somebody.page
    ident = to_the_incident(somebody)
    page.locator("summary", has_text="Note").click()
    remark = page.locator("#do-note textarea")
    remark.fill("half a sen")
    page.evaluate("window.scrollTo(0, 80)")

    story_of(outage).act({"id": ident}, "note", {"text": "the carrier confirms"})

    somebody.sees("the carrier confirms")
    assert remark.input_value() == "half a sen"
    assert page.evaluate("document.activeElement.name") == "text"
    assert page.evaluate("window.scrollY") == 80
    remark.press_sequentially("tence")
    page.locator("#do-note").get_by_role("button").click()
    somebody.sees("half a sentence")
    assert somebody.complaints == []


def test_while_nothing_changes_the_server_says_so_and_sends_nothing(
    outage: Installation, person: Callable[..., Person]
) -> None:
    somebody = person(outage)
    to_the_incident(somebody)
    with somebody.page.expect_response(
        lambda answer: answer.request.headers.get("hx-request") == "true" and answer.status == 304,
        timeout=LIVE_WITHIN_MS,
    ) as seen:
        pass
    assert seen.value.request.headers["if-none-match"]
    expect(somebody.page.get_by_role("status")).to_have_text("Live")


def test_when_a_time_runs_out_the_page_comes_anew_though_nothing_changed(
    outage: Installation, person: Callable[..., Person]
) -> None:
    somebody = person(outage)
    page = somebody.page
    somebody.signs_in()
    due = page.locator("main time[data-ahead]")
    expect(due.first).to_have_text(re.compile(r"in (\d+ minutes?|less than a minute)"))
    with page.expect_response(
        lambda answer: answer.request.headers.get("hx-request") == "true" and answer.status == 200,
        timeout=LIVE_WITHIN_MS,
    ) as seen:
        due.first.evaluate("(one) => { one.dateTime = '2026-01-01T00:00:00Z'; }")
    assert not seen.value.request.headers.get("if-none-match")
    expect(page.locator("main time[data-ahead][datetime^='2026-01-01']")).to_have_count(0)


def test_what_somebody_wrote_is_not_lost_when_they_are_signed_out(
    outage: Installation, person: Callable[..., Person]
) -> None:
    somebody = person(outage)
    page = somebody.page
    to_the_incident(somebody)
    page.locator("#do-note > summary").click()
    page.locator("#do-note textarea").fill("the carrier\nwill call back")
    page.context.clear_cookies()
    page.locator("#do-note").get_by_role("button").click()
    somebody.sees("Nothing was done")
    assert page.get_by_label("What you wrote").input_value() == "the carrier\nwill call back"
    page.get_by_role("link", name="Sign in").click()
    expect(page.get_by_label("Name")).to_be_visible()


def test_it_says_when_it_cannot_reach_the_server_and_when_it_can_again(
    outage: Installation, person: Callable[..., Person]
) -> None:
    somebody = person(outage)
    somebody.signs_in()
    status = somebody.page.get_by_role("status")
    somebody.page.context.set_offline(True)
    expect(status).to_contain_text(re.compile(r"Not reached since \d\d:\d\d UTC"), timeout=LIVE_WITHIN_MS)
    somebody.page.context.set_offline(False)
    expect(status).to_have_text("Live", timeout=LIVE_WITHIN_MS)


def test_it_says_when_somebody_is_signed_out_and_leads_back(
    outage: Installation, person: Callable[..., Person]
) -> None:
    somebody = person(outage)
    somebody.signs_in()
    somebody.page.context.clear_cookies()
    status = somebody.page.get_by_role("status")
    expect(status).to_contain_text("You are signed out", timeout=LIVE_WITHIN_MS)
    somebody.sees("cannot work")  # what stood there still does
    status.get_by_role("link", name="Sign in").click()
    expect(somebody.page.get_by_label("Name")).to_be_visible()


def test_whoever_follows_the_map_by_keyboard_keeps_their_place_when_it_is_drawn_anew(
    outage: Installation, person: Callable[..., Person]
) -> None:
    somebody = person(outage)
    page = somebody.page
    somebody.signs_in(then="/board/map")
    link = page.locator("#map-drawn a").first
    href = link.get_attribute("href")
    link.focus()
    page.evaluate("document.querySelector('#map-drawn svg').dataset.first = ''")
    page.set_viewport_size({"width": 375, "height": 900})
    expect(page.locator("#map-drawn svg[data-first]")).to_have_count(0)
    assert page.evaluate("document.activeElement.getAttribute('href')") == href
    assert page.evaluate("document.activeElement.closest('#map-drawn') !== null")
