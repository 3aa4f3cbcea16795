"""Every function looks alike: a handler, its requirements, a place in the template."""

import ast
from typing import Any

import pytest

from infra.local.template import load_template
from infra.packaging.artefact import LAMBDA_PLATFORM, LAMBDA_PYTHON
from infra.packaging.functions import ROOT, Function, all_functions

FUNCTIONS = list(all_functions())


@pytest.fixture(scope="module")
def template() -> dict[str, Any]:
    return load_template()


@pytest.mark.parametrize("function", FUNCTIONS, ids=lambda function: function.name)
def test_a_function_is_a_handler_with_its_requirements_and_what_the_handler_imports(
    function: Function,
) -> None:
    folder = function.requirements.parent
    shipped = {path for path in function.closure().files.values() if path.is_relative_to(folder)}
    there = {f for f in folder.rglob("*") if f.is_file() and "__pycache__" not in f.parts}
    assert there == shipped | {function.requirements}
    tree = ast.parse((folder / "handler.py").read_text(encoding="utf-8"))
    handlers = [node for node in tree.body if isinstance(node, ast.FunctionDef) and node.name == "handler"]
    assert [[a.arg.lstrip("_") for a in node.args.args] for node in handlers] == [["event", "context"]]


def test_the_template_and_the_folders_name_the_same_functions(template: dict[str, Any]) -> None:
    described = {
        logical_id: resource["Properties"]["Handler"]
        for logical_id, resource in template["Resources"].items()
        if resource["Type"] == "AWS::Serverless::Function"
    }
    assert described == {function.logical_id: f"{function.entry}.handler" for function in FUNCTIONS}


def test_artefacts_are_built_for_what_the_template_runs_on(template: dict[str, Any]) -> None:
    settings = template["Globals"]["Function"]
    assert settings["Runtime"] == f"python{LAMBDA_PYTHON}"
    assert settings["Architectures"] == ["arm64"]
    assert LAMBDA_PLATFORM.startswith("aarch64")


def test_every_function_is_built_by_our_recipe(template: dict[str, Any]) -> None:
    functions = [r for r in template["Resources"].values() if r["Type"] == "AWS::Serverless::Function"]
    assert functions
    assert {resource["Metadata"]["BuildMethod"] for resource in functions} == {"makefile"}
    assert "\nbuild-%:" in (ROOT / "Makefile").read_text(encoding="utf-8")
