"""YAML as a policy may use it: plain data, no surprises.

Stricter than YAML where YAML surprises people:
* a key twice in one mapping is a fault (YAML parsers silently keep the last one);
* anchors, aliases and tags are faults (they make small texts huge, or run code);
* `no`, `on`, `yes`, `off` are words, and 12:30 and 2024-05-01 are texts: only true, false, null and numbers
  are special, as in YAML 1.2's core schema (https://yaml.org/spec/1.2.2/#103-core-schema).
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import yaml

from leitplanke.domain.errors import Fault

MAX_CHARS = 1_000_000
MAX_DEPTH = 40

_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # libyaml where it is there: ten times as fast
_INT = re.compile(r"[-+]?[0-9]+")
_FLOAT = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?")
_WORDS: dict[str, Any] = {
    "": None, "~": None, "null": None, "Null": None, "NULL": None,
    "true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False,
}  # fmt: skip

Path = tuple[str | int, ...]


@dataclass(slots=True)
class Read:
    """What a text says: plain data, the line of each path, and what is wrong with it as YAML."""

    data: Any = None
    lines: dict[Path, int] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)

    def written(self, path: Path) -> Path:
        """`path` without the parts that a shorthand leaves out: `needs: [a]` is stored as `needs.all_of`."""
        found: Path = ()
        for i, part in enumerate(path):
            if (*found, part) in self.lines:
                found = (*found, part)
            elif part not in ("service", "all_of"):
                return (*found, *path[i:])
        return found

    def line(self, path: Path) -> int | None:
        """The line of this path, or of the nearest thing above it that was written."""
        while path and path not in self.lines:
            path = path[:-1]
        return self.lines.get(path)


def dotted(path: Path) -> str:
    """A path as people read it; names with dots or blanks are quoted: `customers."Harbour Club".heads`."""
    parts = [str(p) if isinstance(p, int) or re.fullmatch(r"[\w-]+", p) else f'"{p}"' for p in path]
    return ".".join(parts) or "policy"


def read_yaml(text: str) -> Read:
    """`text` as plain data. Never raises for what the text holds: `faults` says what is wrong."""
    result = Read()
    if len(text) > MAX_CHARS:
        result.faults.append(
            Fault(
                path="policy",
                message=f"has {len(text)} characters, the limit is {MAX_CHARS}",
                remedy="leave out what no rule needs",
            )
        )
        return result
    try:
        _Reader(yaml.parse(text, Loader=_LOADER), result).document()
    except yaml.YAMLError as fault:
        result.faults.append(_syntax(fault))
    except UnicodeEncodeError:
        result.faults.append(
            Fault(
                path="policy", message="holds half a character", remedy="save it as UTF-8 and send it again"
            )
        )
    return result


class _TooDeepError(yaml.YAMLError):
    """Nesting that no policy needs and a parser should not follow."""


class _Reader:
    """Reads parser events: they know duplicates, aliases and lines; YAML's own loader forgets them."""

    def __init__(self, events: Iterator[Any], result: Read) -> None:
        self.events = events
        self.result = result

    def document(self) -> None:
        for event in self.events:
            if isinstance(event, yaml.DocumentStartEvent):
                break
        else:
            return
        self.result.data = self._value(self._next(), ())
        for event in self.events:
            if isinstance(event, yaml.DocumentStartEvent):
                self._fault((), "holds more than one document", "remove the line with ---", event)
                return

    def _value(self, event: Any, path: Path) -> Any:
        self.result.lines.setdefault(path, _line(event))
        if len(path) > MAX_DEPTH:
            raise _TooDeepError(f"is nested more than {MAX_DEPTH} levels deep (line {_line(event)})")
        if isinstance(event, yaml.AliasEvent):
            self._fault(
                path,
                f"uses the alias *{event.anchor}",
                "write the value out; a text that starts with * needs quotes",
                event,
            )
            return None
        if event.anchor:
            self._fault(path, f"sets the anchor &{event.anchor}", "remove it; write values out", event)
        if event.tag is not None and event.tag != "!":
            self._fault(
                path,
                f"carries the tag {event.tag}",
                "remove it; a text that starts with ! needs quotes",
                event,
            )
        if isinstance(event, yaml.MappingStartEvent):
            return self._mapping(path)
        if isinstance(event, yaml.SequenceStartEvent):
            return self._sequence(path)
        return _scalar(event)

    def _mapping(self, path: Path) -> dict[str, Any]:
        found: dict[str, Any] = {}
        while not isinstance(event := self._next(), yaml.MappingEndEvent):
            if not isinstance(event, yaml.ScalarEvent):
                self._fault(path, "has a key that is not a text", "use a plain name as key", event)
                self._value(event, (*path, "?"))
                self._value(self._next(), (*path, "?"))
                continue
            key = event.value
            if key in found:
                first = self.result.lines.get((*path, key))
                self._fault((*path, key), f"is there twice, first in line {first}", "keep one of them", event)
            if event.anchor:
                self._fault((*path, key), f"sets the anchor &{event.anchor}", "remove it", event)
            self.result.lines.setdefault((*path, key), _line(event))
            found[key] = self._value(self._next(), (*path, key))
        return found

    def _sequence(self, path: Path) -> list[Any]:
        found: list[Any] = []
        while not isinstance(event := self._next(), yaml.SequenceEndEvent):
            found.append(self._value(event, (*path, len(found))))
        return found

    def _next(self) -> Any:
        return next(self.events)

    def _fault(self, path: Path, message: str, remedy: str, event: Any) -> None:
        line = _line(event)
        self.result.faults.append(Fault(path=dotted(path), message=f"{message} (line {line})", remedy=remedy))


def _line(event: Any) -> int:
    return int(event.start_mark.line) + 1


def _scalar(event: Any) -> Any:
    text: str = event.value
    if event.style is not None and event.style != "":
        return text
    if text in _WORDS:
        return _WORDS[text]
    if len(text) > 20:  # noqa: PLR2004 - longer than any number that a policy holds; int() is slow on huge ones
        return text
    if _INT.fullmatch(text):
        return int(text)
    return float(text) if _FLOAT.fullmatch(text) else text


def _syntax(fault: yaml.YAMLError) -> Fault:
    where = ""
    what = str(fault)
    if isinstance(fault, yaml.MarkedYAMLError):
        what = fault.problem or what
        if fault.problem_mark is not None:
            where = f" (line {fault.problem_mark.line + 1}, column {fault.problem_mark.column + 1})"
    return Fault(
        path="policy",
        message=f"cannot be read as YAML: {what}{where}",
        remedy="mind indentation, quotes and colons; a text with `: ` or ` #` in it needs quotes",
    )
