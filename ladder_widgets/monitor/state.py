"""A file that is whole or the one before, and that says when it is neither."""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
from pathlib import Path
from typing import Any

from ladder_widgets.validation import refuse, shown

__all__ = ["FORMAT", "dumps", "read_state", "write_atomically", "write_state"]

#: Version of the file; a later one may hold what this package does not know.
FORMAT = 2
KIND = "ladder-widgets/monitor"
#: What comes before the content, and after it: the checksum is that of the bytes between.
OPENS, CLOSES = '"content":\n', "\n}"


def dumps(content: Any, **how: Any) -> str:
    """Return JSON that people can read; a lone surrogate, which UTF-8 cannot hold, is escaped."""
    text = json.dumps(content, ensure_ascii=False, allow_nan=False, **how)
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return json.dumps(content, allow_nan=False, **how)
    return text


def write_state(path: str | os.PathLike[str], content: dict[str, Any]) -> None:
    """Write plain data with a checksum: either all of it, or the file stays as it was."""
    body = dumps(content, separators=(",", ":"))
    digest = hashlib.sha256(body.encode()).hexdigest()
    head = f'{{"kind": "{KIND}", "format": {FORMAT}, "sha256": "{digest}",\n'
    write_atomically(path, f"{head}{OPENS}{body}{CLOSES}\n")


def write_atomically(path: str | os.PathLike[str], text: str) -> None:
    """Write text beside the file and put it in its place at once.

    A process killed at any moment leaves the file whole or as it was, and at most a hidden temporary
    file beside it. Of a link the file is written that it leads to.
    """
    target = Path(path).resolve()
    handle, name = tempfile.mkstemp(prefix=f".{target.name}.", suffix=".tmp", dir=target.parent)
    try:
        with os.fdopen(handle, "w", encoding="utf-8", newline="\n") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        Path(name).chmod(target.stat().st_mode if target.exists() else 0o666 & ~_umask())
        Path(name).replace(target)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


def read_state(path: str | os.PathLike[str]) -> dict[str, Any]:
    """Read what :func:`write_state` wrote.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    ValueError
        If it is another kind of file, of another version, cut off or changed; it is left as it is.
    """
    text = Path(path).read_bytes()
    accepted = "the file of a monitor"
    try:
        told = json.loads(text)
        kind, version, digest = told["kind"], told["format"], told["sha256"]
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        got = f"{shown(str(path), 500)}, which is cut off or is another kind of file ({error})"
        raise refuse("path", accepted, got, "It was not changed: restore a copy.") from None
    if kind != KIND or not isinstance(version, int):
        raise refuse("path", accepted, f"{shown(str(path), 500)}, a file of kind {shown(kind)}")
    if version > FORMAT:
        hint = "Update ladder-widgets."
        raise refuse(
            "path", accepted, f"{shown(str(path), 500)}, written by a later version ({version})", hint
        )
    if version < FORMAT:
        hint = "Learn it again with Monitor.fit: batches were known otherwise then."
        raise refuse(
            "path", accepted, f"{shown(str(path), 500)}, written by an earlier version ({version})", hint
        )
    body = text.partition(OPENS.encode())[2].rpartition(CLOSES.encode())[0]
    if hashlib.sha256(body).hexdigest() != digest:
        got = f"{shown(str(path), 500)}, whose content does not have the checksum it was written with"
        raise refuse("path", accepted, got, "It was not changed: restore a copy.")
    return told["content"]
