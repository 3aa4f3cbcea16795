"""What an artefact is made of: import closures, the part of the lock, what is trimmed. No network."""

from pathlib import Path

import pytest

from infra.packaging.artefact import Target, build
from infra.packaging.closure import Closure, UnknownModuleError, closure
from infra.packaging.functions import ROOT, Function, all_functions, function_of
from infra.packaging.lock import Lock, LockError
from infra.packaging.requirements import distributions_of
from infra.packaging.trim import trim


def write(root: Path, **files: str) -> None:
    """Source files by dotted name: `ours__domain__events="import json"` is ours/domain/events.py."""
    for dotted, text in files.items():
        path = root.joinpath(*dotted.split("__")).with_suffix(".py")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


def closure_of(root: Path, entry: str) -> Closure:
    return closure(entry, {"ours": root, "entries": root})


def test_a_closure_follows_imports_of_ours_and_names_those_of_others(tmp_path: Path) -> None:
    write(
        tmp_path,
        entries__door="from ours.work import act\nimport os, yaml",
        ours__work="from ours.rules import decide\nimport pydantic.main\ndef act(): ...",
        ours__rules="import json\ndef decide(): ...",
        ours__other="import requests",
    )
    found = closure_of(tmp_path, "entries.door")
    assert set(found.files) == {Path("entries/door.py"), Path("ours/work.py"), Path("ours/rules.py")}
    assert found.foreign_packages == {"yaml", "pydantic"}


def test_a_closure_tells_a_module_from_a_name_in_from_imports(tmp_path: Path) -> None:
    write(
        tmp_path,
        entries__door="from ours.rules import first, LIMIT",
        ours__rules__first="",
        ours__rules__second="",
    )
    (tmp_path / "ours/rules/__init__.py").write_text("LIMIT = 3")
    found = closure_of(tmp_path, "entries.door")
    assert set(found.files) == {
        Path("entries/door.py"),
        Path("ours/rules/__init__.py"),
        Path("ours/rules/first.py"),
    }


def test_a_closure_runs_through_relative_and_late_imports(tmp_path: Path) -> None:
    write(
        tmp_path,
        entries__door="def handler():\n    import ours.late\n    return ours.late",
        ours__late="from . import near\nfrom .near import thing",
        ours__near="thing = 1",
    )
    assert {"ours.late", "ours.near"} <= closure_of(tmp_path, "entries.door").modules


def test_imports_for_type_checkers_only_are_not_shipped(tmp_path: Path) -> None:
    write(
        tmp_path,
        entries__door=(
            "from typing import TYPE_CHECKING\n"
            "if TYPE_CHECKING:\n    import mypy_boto3_sqs\n    import ours.big\nelse:\n    import ours.small"
        ),
        ours__big="",
        ours__small="",
    )
    found = closure_of(tmp_path, "entries.door")
    assert set(found.files) == {Path("entries/door.py"), Path("ours/small.py")}
    assert found.foreign == frozenset()


def test_a_data_file_named_after_its_module_comes_along(tmp_path: Path) -> None:
    write(tmp_path, entries__door="import ours.page", ours__page="")
    (tmp_path / "ours/page.html").write_text("<p>")
    (tmp_path / "ours/pages.html").write_text("<p>")
    assert Path("ours/page.html") in closure_of(tmp_path, "entries.door").files
    assert Path("ours/pages.html") not in closure_of(tmp_path, "entries.door").files


def test_an_import_of_ours_that_leads_nowhere_is_named_with_its_line(tmp_path: Path) -> None:
    write(tmp_path, entries__door="import json\nimport ours.gone")
    with pytest.raises(UnknownModuleError, match=r"door\.py:2: there is no module ours"):
        closure_of(tmp_path, "entries.door")


def test_logical_ids_and_folders_name_each_other() -> None:
    assert Function(name="receive_events").logical_id == "ReceiveEvents"
    for function in all_functions():
        assert function_of(function.logical_id) == function
    with pytest.raises(LookupError, match="no functions/make_coffee/handler.py"):
        function_of("MakeCoffee")


def test_an_artefact_never_empties_the_project(tmp_path: Path) -> None:
    function = Function(name="any", root=tmp_path / "project")
    with pytest.raises(LookupError, match="holds the project"):
        build(function, tmp_path, target=Target(wheels_for=(), interpreter=None))


LOCK = Lock(
    {
        "door": {
            "version": "1",
            "wheels": [{"hash": "sha256:d"}],
            "dependencies": [
                {"name": "hinge"},
                {"name": "backport", "marker": "python_version < '3.12'"},
                {"name": "handle", "marker": "sys_platform == 'win32'"},
            ],
        },
        "hinge": {"version": "2", "wheels": [{"hash": "sha256:h2"}, {"hash": "sha256:h1"}]},
        "backport": {"version": "3", "wheels": [{"hash": "sha256:b"}]},
        "handle": {"version": "4", "wheels": [{"hash": "sha256:x"}]},
        "rusty": {"version": "5"},
        "optional": {"version": "6", "dependencies": [{"name": "door", "extra": ["brass"]}]},
    }
)


def test_requirements_hold_what_is_needed_on_linux_with_all_hashes() -> None:
    assert list(LOCK.requirements(["door"])) == [
        "backport==3 ; python_version == '3.11' \\",
        "    --hash=sha256:b",
        "door==1 \\",
        "    --hash=sha256:d",
        "hinge==2 \\",
        "    --hash=sha256:h1 \\",
        "    --hash=sha256:h2",
    ]


@pytest.mark.parametrize(
    ("name", "said"),
    [("gone", "uv add"), ("rusty", "no wheel"), ("optional", "needed with an extra")],
)
def test_what_the_lock_cannot_answer_is_an_error_that_says_so(name: str, said: str) -> None:
    with pytest.raises(LockError, match=said):
        list(LOCK.requirements([name]))


def test_the_projects_lock_is_of_the_known_format_and_has_what_functions_need() -> None:
    lock = Lock.read(ROOT / "uv.lock")
    assert "pydantic-core" in lock.closure(["pydantic"])


def test_a_newer_lock_format_is_refused(tmp_path: Path) -> None:
    (tmp_path / "uv.lock").write_text("version = 2\n")
    with pytest.raises(LockError, match="format 2"):
        Lock.read(tmp_path / "uv.lock")


def test_import_names_lead_to_packages() -> None:
    assert distributions_of(frozenset({"yaml", "cel_expr_python"})) == {"pyyaml", "cel-expr-python"}
    with pytest.raises(LockError, match="no_such_thing"):
        distributions_of(frozenset({"no_such_thing"}))


def test_only_the_service_models_that_the_code_names_are_shipped(tmp_path: Path) -> None:
    write(tmp_path, entries__door='import botocore\nqueue = make("sqs")')
    for model in ("sqs", "ec2"):
        (tmp_path / "artefact/botocore/data" / model).mkdir(parents=True)
    (tmp_path / "artefact/botocore/data/endpoints.json").write_text("{}")
    (tmp_path / "artefact/cel_expr_python/ext").mkdir(parents=True)
    (tmp_path / "artefact/bin").mkdir()
    trim(tmp_path / "artefact", closure_of(tmp_path, "entries.door"))
    assert sorted(f.name for f in (tmp_path / "artefact/botocore/data").iterdir()) == [
        "endpoints.json",
        "sqs",
    ]
    assert not (tmp_path / "artefact/bin").exists()
    assert not (tmp_path / "artefact/cel_expr_python/ext").exists()


def test_extensions_of_cel_that_the_code_imports_are_shipped(tmp_path: Path) -> None:
    write(tmp_path, entries__door="from cel_expr_python.ext import ext_math")
    (tmp_path / "artefact/cel_expr_python/ext").mkdir(parents=True)
    trim(tmp_path / "artefact", closure_of(tmp_path, "entries.door"))
    assert (tmp_path / "artefact/cel_expr_python/ext").exists()
