"""Somebody with a browser: signs in, looks, presses buttons; and notices what the browser complains about."""

import re
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import ConsoleMessage, Page, Response, expect

LIVE_WITHIN_MS = 15_000
"""A page asks every five seconds; the change itself has to come through queues on a busy machine first."""
SHOTS = Path("build/board")
"""Where pictures are kept, to be looked at."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Looks:
    """The browser: its width in pixels, its colours, and whether scripts run."""

    width: int = 1280
    dark: bool = False
    scripts: bool = True

    def __str__(self) -> str:
        parts = (str(self.width), "dark" if self.dark else "light", "" if self.scripts else "noscript")
        return "-".join(part for part in parts if part)


class Person:
    """One person, in one browser."""

    def __init__(self, page: Page, looks: Looks) -> None:
        self.page = page
        self.looks = looks
        self.complaints: list[str] = []
        page.set_default_timeout(30_000)
        page.on("console", self._console)
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("response", self._response)

    def signs_in(self, *, level: str = "admin", then: str = "/board") -> None:
        """Through the development issuer, to the page that was asked for."""
        self.page.goto(then)
        self.page.get_by_label("Name").fill("grace@example.com")
        self.page.locator("select[name=level]").select_option(level)
        self.page.get_by_role("button").first.click()
        self.page.wait_for_url(f"**{then}")

    def sees(self, text: str | re.Pattern[str], *, within_ms: int = LIVE_WITHIN_MS) -> None:
        """It stands in the page, or comes there without a reload."""
        expect(self.page.locator("main")).to_contain_text(text, timeout=within_ms)

    def comes_to_see(self, text: str | re.Pattern[str]) -> None:
        """It is there by itself; whoever has no scripts reloads until it is."""
        if self.looks.scripts:
            self.sees(text, within_ms=60_000)
            return
        expect(self.page.locator("main")).to_be_visible()

        def reloaded() -> None:
            self.page.reload()
            expect(self.page.locator("main")).to_contain_text(text, timeout=100)

        for _ in range(200):
            try:
                reloaded()
            except AssertionError:
                continue
            return
        reloaded()

    def goes_to(self, name: str) -> None:
        """By the navigation."""
        self.page.get_by_role("navigation", name="Pages").get_by_role("link", name=name, exact=True).click()

    def keeps_a_picture(self, name: str) -> Path:
        """Of the whole page."""
        SHOTS.mkdir(parents=True, exist_ok=True)
        path = SHOTS / f"{name}-{self.looks}.png"
        self.page.screenshot(path=path, full_page=True)
        return path

    def _console(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning") and "status of 4" not in message.text:
            self.complaints.append(message.text)

    def _response(self, response: Response) -> None:
        if response.status >= 500:  # noqa: PLR2004 - the server's own faults
            self.complaints.append(f"{response.status} {response.url}")
