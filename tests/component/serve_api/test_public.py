"""What everybody may read: that we are here, and what the API is."""

from html.parser import HTMLParser

from tests.component.serve_api.conftest import Api, Calls


class Page(HTMLParser):
    """What a browser would make of a page."""

    VOID = frozenset({"meta", "link", "br", "img", "input", "hr"})

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: set[str] = set()
        self.ids: set[str] = set()
        self.references: set[str] = set()
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        named = {name: value or "" for name, value in attrs}
        self.ids |= {named["id"]} if "id" in named else set()
        self.references |= {named[name] for name in ("href", "src", "action") if name in named}
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def test_health_asks_nothing_of_the_table(api: Api, calls: Calls) -> None:
    with calls.counted() as seen:
        answer = api.call("GET", "/health", claims={})
    assert (answer.status, answer.json, seen) == (200, {"status": "ok"}, {})


def test_the_document_is_open_to_everybody_and_may_be_kept_for_a_while(api: Api) -> None:
    answer = api.call("GET", "/openapi.json", claims={})
    assert (answer.status, answer.headers["content-type"]) == (200, "application/json")
    assert answer.headers["cache-control"] == "public, max-age=300"
    assert answer.json["openapi"] == "3.1.0"


def test_the_page_needs_nothing_from_elsewhere(api: Api) -> None:
    answer = api.call("GET", "/docs", claims={})
    assert (answer.status, answer.headers["content-type"]) == (200, "text/html; charset=utf-8")
    assert answer.headers["content-security-policy"].startswith("default-src 'none'")
    page = Page(answer.text)
    assert page.open == []
    assert not page.tags & {"script", "img", "iframe", "object", "form", "link"}
    assert {reference for reference in page.references if not reference.startswith("#")} == {"openapi.json"}
    assert "url(" not in answer.text
    assert "@import" not in answer.text


def test_every_jump_on_the_page_lands(api: Api) -> None:
    page = Page(api.get("/docs").text)
    assert {reference[1:] for reference in page.references if reference.startswith("#")} <= page.ids


def test_the_page_names_every_operation_with_a_line_for_a_shell(api: Api) -> None:
    document = api.get("/openapi.json").json
    text = api.get("/docs").text
    for path, methods in document["paths"].items():
        for operation in methods.values():
            assert f'<article id="{operation["operationId"]}">' in text
            assert f"$LEITPLANKE_URL{path.replace('{id}', '$ID')}&quot;" in text
