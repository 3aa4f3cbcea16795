"""The OpenAPI document as a page to read: no scripts, nothing loaded from elsewhere, prints well."""

import json
from collections.abc import Iterator
from functools import cache
from html import escape
from pathlib import Path
from string import Template
from typing import Any

from functions.serve_api.scopes import SCHEME

Json = dict[str, Any]


def page_of(document: Json) -> str:
    """The whole page."""
    return _frame().substitute(
        title=escape(document["info"]["title"]),
        summary=escape(document["info"]["summary"]),
        version=escape(document["info"]["version"]),
        introduction=_paragraphs(document["info"]["description"]),
        contents="".join(_contents(document)),
        sections="".join(_section(document, tag) for tag in document["tags"]),
    )


@cache
def _frame() -> Template:
    return Template(Path(__file__).with_suffix(".html").read_text("utf-8"))


def _contents(document: Json) -> Iterator[str]:
    for tag in document["tags"]:
        lines = "".join(
            f'<li><a href="#{escape(operation["operationId"])}"><code>{method} {escape(path)}</code></a> '
            f"{escape(operation['summary'])}</li>"
            for path, method, operation in _of_tag(document, tag["name"])
        )
        yield f"<li>{escape(tag['name'])}<ul>{lines}</ul></li>"


def _section(document: Json, tag: Json) -> str:
    inner = "".join(
        _operation(document, path, method, operation)
        for path, method, operation in _of_tag(document, tag["name"])
    )
    return f"<section><h2>{escape(tag['name'])}</h2><p>{escape(tag['description'])}</p>{inner}</section>"


def _of_tag(document: Json, tag: str) -> Iterator[tuple[str, str, Json]]:
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            if tag in operation.get("tags", []):
                yield path, method.upper(), operation


def _operation(document: Json, path: str, method: str, operation: Json) -> str:
    scope = next((words for need in operation.get("security", []) for words in need.get(SCHEME, [])), None)
    needed = f"scope <b>{escape(scope)}</b>" if scope else "open"
    return (
        f'<article id="{escape(operation["operationId"])}">'
        f'<h3><span class="{method.lower()}">{method}</span> <code>{escape(path)}</code></h3>'
        f"<p><b>{escape(operation['summary'])}</b> ({needed})</p>"
        f"{_paragraphs(operation.get('description', ''))}"
        f"{_table('Parameters', _parameters(document, operation))}"
        f"{_table('Body', _body(document, operation))}"
        f"<pre>{escape(_example(document, path, method, operation))}</pre>"
        f"{_answers(document, operation)}</article>"
    )


def _parameters(document: Json, operation: Json) -> Iterator[tuple[str, str, str]]:
    for parameter in operation.get("parameters", []):
        needed = "required" if parameter.get("required") else ""
        words = parameter.get("description", "")
        kind = f"{parameter['in']}, {_kind(document, parameter['schema'])}"
        yield parameter["name"], kind, f"{needed} {words}".strip()


def _body(document: Json, operation: Json) -> Iterator[tuple[str, str, str]]:
    content = operation.get("requestBody", {}).get("content", {})
    for media_type, media in content.items():
        if media_type != "application/json" or len(content) > 1:
            yield media_type, _kind(document, media["schema"]), ""
        yield from _fields(document, media["schema"])


def _fields(document: Json, schema: Json) -> Iterator[tuple[str, str, str]]:
    target = _resolved(document, schema)
    for name, field in target.get("properties", {}).items():
        needed = "required" if name in target.get("required", []) and "additionalProperties" in target else ""
        yield name, _kind(document, field), f"{needed} {field.get('description', '')}".strip()


def _answers(document: Json, operation: Json) -> str:
    good = [(status, one) for status, one in operation["responses"].items() if status.startswith("2")]
    faults = [
        (status, "", document["components"]["responses"][one["$ref"].rsplit("/", 1)[-1]]["description"])
        for status, one in operation["responses"].items()
        if "$ref" in one
    ]
    shown = "".join(
        _table(f"{status}: {media_type}", _fields(document, media.get("schema", {})))
        for status, one in good
        for media_type, media in one.get("content", {}).items()
    )
    return f"<details><summary>Answers</summary>{shown}{_table('Errors', iter(faults))}</details>"


def _table(caption: str, lines: Iterator[tuple[str, str, str]]) -> str:
    cells = "".join(
        f"<tr><td><code>{escape(name)}</code></td><td>{escape(kind)}</td><td>{escape(words)}</td></tr>"
        for name, kind, words in lines
    )
    return f"<table><caption>{escape(caption)}</caption>{cells}</table>" if cells else ""


def _kind(document: Json, schema: Json) -> str:
    """A schema in a few words: `text`, `list of ShownIncident`, `open | closed`."""
    if "$ref" in schema:
        target = _resolved(document, schema)
        return _kind(document, target) if "enum" in target else str(schema["$ref"]).rsplit("/", 1)[-1]
    if "anyOf" in schema:
        return " or ".join(_kind(document, one) for one in schema["anyOf"])
    if "enum" in schema:
        return " | ".join(str(one) for one in schema["enum"])
    if schema.get("type") == "array":
        return f"list of {_kind(document, schema.get('items', {}))}"
    if "const" in schema:
        return str(schema["const"])
    words = {"string": "text", "integer": "number", "object": "mapping"}
    kind = str(schema.get("type", "anything"))
    return {"date-time": "time", "date": "date"}.get(schema.get("format", ""), words.get(kind, kind))


def _resolved(document: Json, schema: Json) -> Json:
    """Behind a reference, and behind "this or null"."""
    for one in schema.get("anyOf", []):
        if "$ref" in one:
            return _resolved(document, one)
    if "$ref" not in schema:
        return schema
    found: Json = document["components"]["schemas"][schema["$ref"].rsplit("/", 1)[-1]]
    return found


def _example(document: Json, path: str, method: str, operation: Json) -> str:
    """A line for a shell that works as it stands, but for the id."""
    parts = ["curl -s"]
    if method != "GET":
        parts.append(f"-X {method}")
    if operation.get("security"):
        parts.append('-H "Authorization: Bearer $LEITPLANKE_TOKEN"')
    content = operation.get("requestBody", {}).get("content", {})
    if "application/yaml" in content:
        parts.append('-H "Content-Type: application/yaml" --data-binary @policy.yaml')
    elif content:
        body = _example_body(document, content["application/json"]["schema"])
        parts.append(f"-H \"Content-Type: application/json\" -d '{json.dumps(body)}'")
    parts.append(f'"$LEITPLANKE_URL{path}"')
    return " \\\n  ".join(parts)


def _example_body(document: Json, schema: Json) -> Json:
    properties = _resolved(document, schema).get("properties", {})
    return {name: field["examples"][0] for name, field in properties.items() if field.get("examples")}


def _paragraphs(text: str) -> str:
    """Blank lines part paragraphs; `words` between backticks are code."""
    blocks = [" ".join(block.split()) for block in text.strip().split("\n\n")]
    return "".join(f"<p>{_code(escape(block))}</p>" for block in blocks if block)


def _code(text: str) -> str:
    parts = text.split("`")
    return "".join(f"<code>{part}</code>" if place % 2 else part for place, part in enumerate(parts))
