"""Package versions recorded in a saved model, read without loading it: a pickle may run any code."""

from __future__ import annotations

import bz2
import json
import lzma
import os
import re
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import IO, Any

__all__ = ["CannotRead", "Recorded", "packages_in", "recorded_versions"]

#: Bytes read at a time, plain and packed; what two readings share; and where reading stops.
_CHUNK, _PACKED, _OVERLAP, MAX_BYTES = 1 << 24, 1 << 18, 1 << 10, 1 << 29
_PACKAGES = (
    rb"sklearn|scikit[-_]learn|numpy|scipy|pandas|joblib|xgboost|lightgbm|catboost|imblearn|imbalanced[-_]learn|"
    rb"torch|tensorflow|keras|polars|pyarrow|statsmodels|category[-_]encoders|feature[-_]engine|skorch|skrub|"
    rb"cloudpickle|dill|python"
)
#: A name of the kinds people and packages use as a key, such as ``_sklearn_version`` or ``numpy``.
_KEY = re.compile(rb"_{0,2}(" + _PACKAGES + rb")(?:_{0,2}version_{0,2})?(?=[\x94qrp\n'\x8cX\x8dU])")
#: What may stand between a key and its value: the key is put into the memo.
_MEMO = re.compile(rb"\x94|q.|r.{4}|p\d+\n", re.DOTALL)
#: The ways of writing a string of fewer than 256 bytes, protocol 0 to 5.
_STRING = re.compile(
    rb"\x8c(?P<short>.)|X(?P<long>.)\x00\x00\x00|\x8d(?P<very>.)\x00{7}|U(?P<old>.)|[VS](?P<line>[^\n]{1,80})\n",
    re.DOTALL,
)
_VERSION = re.compile(r"\d+(\.\d+)+([-.+]?[0-9A-Za-z.+]+)?")
#: Modules are named as ``sklearn.pipeline`` in a pickle and in a schema.
_MODULE = re.compile(
    rb"(?<![\w.])(sklearn|numpy|scipy|pandas|joblib|xgboost|lightgbm|catboost|imblearn|skorch|skrub)(?=[.\n\x94])"
)
_ALIASES = {"sklearn": "scikit-learn", "imblearn": "imbalanced-learn"}


class CannotRead(Exception):
    """The artifact is not there, or is not of a kind that can be read without loading it."""


@dataclass(frozen=True, slots=True)
class Recorded:
    """A version and where it is written."""

    package: str
    version: str
    where: str


def recorded_versions(artifact: Any) -> tuple[list[Recorded], set[str]]:
    """Return the versions recorded in an artifact, and the packages it is made of.

    Parameters
    ----------
    artifact : path, bytes or binary file
        A pickle of any protocol, packed or not, a joblib or skops file, or a folder that holds one.

    Raises
    ------
    CannotRead
        If it is not there or cannot be opened.
    """
    if isinstance(artifact, bytes | bytearray):
        return _scan(BytesIO(bytes(artifact)), "the artifact")
    if hasattr(artifact, "read") and hasattr(artifact, "seek"):
        place = artifact.tell()
        content = artifact.read()
        artifact.seek(place)
        return _scan(BytesIO(content if isinstance(content, bytes) else b""), "the artifact")
    try:
        path = Path(os.fspath(artifact)).expanduser()
    except TypeError as error:
        raise CannotRead(
            f"the artifact is a {type(artifact).__name__}, not the path of a saved model"
        ) from error
    if not path.exists():
        raise CannotRead(f"there is no file {str(path)!r}")
    files = [path] if path.is_file() else sorted(each for each in path.rglob("*") if each.suffix in _MODELS)
    found: list[Recorded] = []
    modules: set[str] = set()
    for file in files[:20]:
        try:
            with file.open("rb") as stream:
                more, names = _scan(stream, file.name)
        except OSError as error:
            raise CannotRead(f"{str(file)!r} cannot be opened ({error.strerror})") from error
        found += more
        modules |= names
    return list(dict.fromkeys(found)), modules


_MODELS = (".pkl", ".pickle", ".joblib", ".skops", ".gz", ".sav", ".bin")


def packages_in(content: bytes) -> set[str]:
    r"""Return the packages whose modules are named.

    Examples
    --------
    >>> packages_in(b"csklearn.pipeline\nPipeline\n")
    {'scikit-learn'}
    """
    return {_named(match.group(1)) for match in _MODULE.finditer(content.replace(b"csklearn", b"\nsklearn"))}


def _named(raw: bytes) -> str:
    name = raw.decode().lower().replace("_", "-")
    return _ALIASES.get(name, name)


# ---- any file ------------------------------------------------------------------------------------


def _scan(stream: IO[bytes], where: str) -> tuple[list[Recorded], set[str]]:
    head = stream.read(8)
    stream.seek(0)
    if head.startswith(b"PK"):
        return _zipped(stream, where)
    found: list[Recorded] = []
    modules: set[str] = set()
    for window in _windows(_unpacked(stream, head)):
        found += [Recorded(name, version, where) for name, version in _in_pickle(window)]
        modules |= packages_in(window)
    return list(dict.fromkeys(found)), modules


def _unpacked(stream: IO[bytes], head: bytes) -> Iterator[bytes]:
    """Yield what the file holds, unpacked as joblib and the standard library pack."""
    engine: Any = None
    if head.startswith(b"\x1f\x8b") or (head[:1] == b"\x78" and int.from_bytes(head[:2], "big") % 31 == 0):
        engine = zlib.decompressobj(wbits=47)  # gzip or zlib, as the head says
    elif head.startswith(b"BZh"):
        engine = bz2.BZ2Decompressor()
    elif head.startswith((b"\xfd7zXZ", b"\x5d\x00")):
        engine = lzma.LZMADecompressor()
    size = _PACKED if engine else _CHUNK
    with suppress(EOFError, OSError, zlib.error, lzma.LZMAError):  # cut off: what is there is read
        while chunk := stream.read(size):
            yield engine.decompress(chunk) if engine else chunk


def _windows(chunks: Iterator[bytes]) -> Iterator[bytes]:
    """Join each chunk with the end of the last, so that no key is cut in two."""
    tail, total = b"", 0
    for chunk in chunks:
        yield tail + chunk
        tail = (tail + chunk)[-_OVERLAP:]
        total += len(chunk)
        if total > MAX_BYTES:
            return


def _in_pickle(content: bytes) -> Iterator[tuple[str, str]]:
    """Yield ``(package, version)`` where a string that names a package is followed by a version.

    Opcodes are not walked one by one: joblib writes raw numbers between them.
    """
    for match in _KEY.finditer(content):
        place = match.end()
        # Protocol 0 ends a string with a line, and that of Python 2 with a quote, too.
        place += len(content[place : place + 2]) - len(content[place : place + 2].lstrip(b"'\n"))
        memo = _MEMO.match(content, place)
        version = _string(content, memo.end() if memo else place)
        if version is not None and _VERSION.fullmatch(version):
            yield _named(match.group(1)), version


def _string(content: bytes, place: int) -> str | None:
    match = _STRING.match(content, place)
    if match is None:
        return None
    line = match.group("line")
    if line is not None:
        return line.decode("latin-1").strip("'\"")
    length = next(ord(size) for size in match.groups()[:4] if size is not None)
    return content[match.end() : match.end() + length].decode("latin-1")


# ---- zip files -----------------------------------------------------------------------------------


def _zipped(stream: IO[bytes], where: str) -> tuple[list[Recorded], set[str]]:
    """A skops file keeps a schema in JSON; others keep pickles."""
    found: list[Recorded] = []
    modules: set[str] = set()
    try:
        with zipfile.ZipFile(stream) as archive:
            for member in archive.infolist():
                if member.file_size > MAX_BYTES or member.filename.endswith(".npy"):
                    continue
                content = archive.read(member)
                if member.filename == "schema.json":
                    pairs = list(_in_schema(json.loads(content)))
                    modules |= packages_in(content.replace(b'"', b"\n"))
                else:
                    pairs = list(_in_pickle(content))
                    modules |= packages_in(content)
                found += [Recorded(name, version, where) for name, version in pairs]
    except (zipfile.BadZipFile, ValueError, RuntimeError, zlib.error, EOFError, OSError) as error:
        raise CannotRead(f"{where} cannot be read ({error})") from error
    return list(dict.fromkeys(found)), modules


def _in_schema(root: Any) -> Iterator[tuple[str, str]]:
    nodes = [root]
    while nodes:
        node = nodes.pop()
        if isinstance(node, Mapping):
            for key, value in node.items():
                content = value.get("content") if isinstance(value, Mapping) else None
                if key == "_sklearn_version" and isinstance(content, str):
                    yield "scikit-learn", content.strip('"')
                else:
                    nodes.append(value)
        elif isinstance(node, list):
            nodes += node
