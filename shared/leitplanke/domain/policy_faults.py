"""Pydantic's complaints about a policy, as faults that a person can act on."""

from difflib import get_close_matches
from typing import Any, get_args

from pydantic import BaseModel, ValidationError

from leitplanke.domain.errors import Fault
from leitplanke.domain.yaml_text import Path, Read, dotted

_SHAPES = {
    "string_type": "a text",
    "int_type": "a whole number",
    "bool_type": "true or false",
    "bool_parsing": "true or false",
    "tuple_type": "a list",
    "dict_type": "a mapping of names to values",
    "model_type": "a mapping of names to values",
    "string_pattern_mismatch": "one line without blanks at its ends",
}


def faults_of(wrong: ValidationError, model: type[BaseModel], read: Read) -> list[Fault]:
    """Every complaint with its dotted path, its line, and a remedy."""
    errors = wrong.errors(include_url=False)
    return [_fault(error, model, read) for error in errors if not _follows(error, errors)]


def _follows(error: Any, errors: list[Any]) -> bool:
    """Whether a list only seems empty, because its items are wrong and were reported."""
    at = error["loc"]
    return error["type"] == "too_short" and any(e["loc"][: len(at)] == at != e["loc"] for e in errors)


def _fault(error: Any, model: type[BaseModel], read: Read) -> Fault:
    path = read.written(tuple(part for part in error["loc"] if part != "[key]"))
    message, remedy = _words(error, path, model)
    line = read.line(path)
    return Fault(path=dotted(path), message=f"{message} (line {line})" if line else message, remedy=remedy)


def _words(error: Any, path: Path, model: type[BaseModel]) -> tuple[str, str]:
    context = error.get("ctx", {})
    kind, value = error["type"], error["input"]
    if "remedy" in context:
        return error["msg"], context["remedy"]
    if kind == "missing":
        return "is missing", f"add `{path[-1]}:`"
    if kind == "extra_forbidden":
        return "is not known here", _did_you_mean(str(path[-1]), _keys_at(model, path[:-1]))
    if kind in ("literal_error", "enum"):
        return f"is {_shown(value)}", f"write {context['expected']}"
    if kind in _SHAPES:
        quote = kind == "string_type" and isinstance(value, bool | int | float)
        remedy = f'put it in quotes: "{_shown(value)}"' if quote else f"write {_SHAPES[kind]}"
        return f"is {_shown(value)}, and must be {_SHAPES[kind]}", remedy
    return _limit_words(error)


def _limit_words(error: Any) -> tuple[str, str]:
    """A value of the right shape that is too large, too small, or too many."""
    context, value = error.get("ctx", {}), error["input"]
    if error["type"] == "too_short":
        size, limit = context["actual_length"], context["min_length"]
        return f"holds {size}, and must hold at least {limit}", "add one, or leave the key out"
    if error["type"] == "too_long":
        return f"holds more than {context['max_length']}", "leave out what no rule needs"
    message = error["msg"][:1].lower() + error["msg"][1:]
    return f"is {_shown(value)}: {message}", "see docs/guides/policy.md"


def _shown(value: Any) -> str:
    if value is None:
        return "empty"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, dict):
        return "a mapping"
    if isinstance(value, list | tuple):
        return "a list"
    text = str(value)
    return repr(text if len(text) <= 60 else text[:60] + "…") if isinstance(value, str) else text  # noqa: PLR2004


def _did_you_mean(word: str, known: list[str]) -> str:
    close = get_close_matches(word, known, n=1)
    names = ", ".join(known)
    return f"did you mean `{close[0]}`? known here: {names}" if close else f"known here: {names}"


def _keys_at(model: type[BaseModel], path: Path) -> list[str]:
    """The keys that the model at `path` below `model` knows."""
    here: Any = model
    for part in path:
        models = _models_in(here)
        if isinstance(here, type) and issubclass(here, BaseModel):
            fields = {info.alias or name: info.annotation for name, info in here.model_fields.items()}
            here = fields.get(str(part))
        elif models:
            here = models[0]  # an item of a list or a mapping
    found = _models_in(here)
    return [info.alias or name for name, info in found[0].model_fields.items()] if found else []


def _models_in(annotation: Any) -> list[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    return [model for argument in get_args(annotation) for model in _models_in(argument)]
