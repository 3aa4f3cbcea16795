"""Our own code as one zip for the local engine: functions/ and leitplanke/, compiled, nothing of others'.

Real artefacts hold wheels for arm64 and Python 3.13 and do not import here; locally the workers use this
environment's packages (docs/guides/local-engine.md). One zip serves all functions.
"""

import hashlib
import importlib.util
import io
import py_compile
import tempfile
import zipfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
OUR_SOURCES = (("functions", ROOT / "functions"), ("leitplanke", ROOT / "shared" / "leitplanke"))
"""Name in the zip, folder here."""

_LEFT_OUT = {"__pycache__", "requirements.txt"}


@dataclass(frozen=True, slots=True, kw_only=True)
class CodePackage:
    """A zip and the name of what is in it: the same sources give the same name."""

    digest: str
    data: bytes


def package_code(sources: Iterable[tuple[str, Path]] = OUR_SOURCES) -> CodePackage:
    """Everything that the functions import from this repository (or what `sources` says)."""
    files = sorted(_files(sources))
    digest = hashlib.sha256()
    buffer = io.BytesIO()
    with (
        zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive,
        tempfile.TemporaryDirectory() as scratch,
    ):
        for name, path in files:
            data = path.read_bytes()
            digest.update(f"{name}\0{len(data)}\0".encode() + data)
            archive.writestr(name, data)
            if path.suffix == ".py":
                archive.writestr(_cache_name(name), _compiled(path, name, Path(scratch) / "module.pyc"))
    return CodePackage(digest=digest.hexdigest()[:16], data=buffer.getvalue())


def _files(sources: Iterable[tuple[str, Path]]) -> Iterator[tuple[str, Path]]:
    for prefix, folder in sources:
        for path in folder.rglob("*"):
            if path.is_file() and not _LEFT_OUT & set(path.parts) and path.suffix != ".pyc":
                yield f"{prefix}/{path.relative_to(folder).as_posix()}", path


def _cache_name(name: str) -> str:
    return importlib.util.cache_from_source(name)


def _compiled(path: Path, name: str, target: Path) -> bytes:
    """Byte code not checked against its source: each worker unpacks afresh, and would compile afresh."""
    py_compile.compile(
        str(path),
        cfile=str(target),
        dfile=name,
        doraise=True,
        invalidation_mode=py_compile.PycInvalidationMode.UNCHECKED_HASH,
    )
    return target.read_bytes()
