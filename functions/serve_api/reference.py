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
Line = tuple[str, str, str]


def page_of(document: Json) -> str:
    """The whole page."""
    return _frame().substitute(
        title=escape(document["info"]["title"]),
        summary=escape(document["info"]["summary"]),
        version=escape(document["info"]["version"]),
        introduction=_paragraphs(document["info"]["description"]),
        contents="".join(_contents(document)),
        sections="".join(_section(document, tag) for tag in document["tags"]),
        records="".join(_records(document)),
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
        f"{_table('Parameters', _parameters(operation))}"
        f"{_table('Body', _body(document, operation))}"
        f"<pre>{escape(_example(document, path, method, operation))}</pre>"
        f"{_answers(document, operation)}</article>"
    )


def _parameters(operation: Json) -> Iterator[Line]:
    for parameter in operation.get("parameters", []):
        needed = "required. " if parameter.get("required") else ""
        kind = f"{parameter['in']}, {_kind(parameter['schema'])}"
        yield parameter["name"], kind, needed + parameter.get("description", "")


def _body(document: Json, operation: Json) -> Iterator[Line]:
    content = operation.get("requestBody", {}).get("content", {})
    for media_type, media in content.items():
        if len(content) > 1:
            yield media_type, _kind(media["schema"]), operation["requestBody"].get("description", "")
        yield from _fields(_resolved(document, media["schema"]), is_given=True)


def _fields(schema: Json, *, is_given: bool = False) -> Iterator[Line]:
    """The fields of a record; of one that is sent, with those that must be there."""
    for name, field in schema.get("properties", {}).items():
        needed = "required. " if is_given and name in schema.get("required", []) else ""
        yield name, _kind(field), needed + field.get("description", "")


def _answers(document: Json, operation: Json) -> str:
    """What comes back, then (folded away) what may go wrong."""
    good = "".join(
        f"<p>{status} {' or '.join(_answer(*media) for media in one['content'].items())}</p>"
        for status, one in operation["responses"].items()
        if "content" in one
    )
    faults = document["components"]["responses"]
    lines = (
        (status, "", faults[_last(one["$ref"])]["description"])
        for status, one in operation["responses"].items()
        if "$ref" in one
    )
    return f"{good}<details><summary>Errors</summary>{_table('', lines)}</details>"


def _answer(media_type: str, media: Json) -> str:
    kind = _kind(media.get("schema", {}))
    return kind if media_type == "application/json" else f"<code>{escape(media_type)}</code>"


def _records(document: Json) -> Iterator[str]:
    """Everything that has a name, with a place to jump to."""
    for name, schema in document["components"]["schemas"].items():
        words = _code(escape(" ".join(schema.get("description", "").split())))
        values = f"<p><code>{_kind(schema)}</code></p>" if "enum" in schema else ""
        yield (
            f'<article id="{escape(name)}"><h3>{escape(name)}</h3><p>{words}</p>'
            f"{values}{_table('', _fields(schema))}</article>"
        )


def _table(caption: str, lines: Iterator[Line]) -> str:
    """Lines of (name, kind as HTML, words)."""
    cells = "".join(
        f"<tr><td><code>{escape(name)}</code></td><td>{kind}</td><td>{_code(escape(words))}</td></tr>"
        for name, kind, words in lines
    )
    title = f"<caption>{escape(caption)}</caption>" if caption else ""
    return f"<table>{title}{cells}</table>" if cells else ""


def _kind(schema: Json) -> str:
    """A schema in a few words, as HTML: `text`, `list of ShownIncident`, `open | closed`."""
    if "$ref" in schema:
        name = escape(_last(schema["$ref"]))
        return f'<a href="#{name}">{name}</a>'
    if "anyOf" in schema:
        return " or ".join(_kind(one) for one in schema["anyOf"])
    if "enum" in schema:
        return escape(" | ".join(str(one) for one in schema["enum"]))
    if schema.get("type") == "array":
        return f"list of {_kind(schema.get('items', {}))}"
    words = {"string": "text", "integer": "number", "object": "mapping", "boolean": "true or false"}
    kind = str(schema.get("type", "anything"))
    return {"date-time": "time", "date": "date"}.get(schema.get("format", ""), words.get(kind, kind))


def _last(reference: str) -> str:
    return reference.rsplit("/", 1)[-1]


def _resolved(document: Json, schema: Json) -> Json:
    """Behind a reference."""
    if "$ref" not in schema:
        return schema
    found: Json = document["components"]["schemas"][_last(schema["$ref"])]
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
    parts.append(f'"$LEITPLANKE_URL{path.replace("{id}", "$ID")}"')
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
