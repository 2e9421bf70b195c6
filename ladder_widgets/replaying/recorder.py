"""A model's own answer to some rows, with every call between the estimators inside it written down.

The model is not taken apart: it is asked once, and while it answers each estimator inside it notes what
it is given and what it returns. What is walked is therefore what is computed, for wrappers of any make.
"""

from __future__ import annotations

import threading
import time
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import wraps
from typing import Any

from joblib import parallel_config

from ladder_widgets.copies import copied
from ladder_widgets.replaying.cells import differs
from ladder_widgets.replaying.nested import METHODS, Nested, nested

__all__ = ["Call", "Walk", "quietly", "walk"]

#: One walk at a time: two would write down each other's calls.
_LOCK = threading.RLock()


@dataclass(eq=False)
class Call:
    """One call of a method of one estimator.

    Attributes
    ----------
    nested : Nested
    method : str
    parent : int or None
        Position of the call it was made from.
    source, returned : object
        The very objects, to tell what became of them.
    given, answer : object
        Copies of them, as they were then: a later step may change an object in place.
    seconds : float
        Calls inside included.
    error : Exception or None
        What it raised, if no call inside it did.
    failed : bool
        Whether it ended by raising, its own error or another's.
    in_place : bool
        Whether it, or a call inside it, changed the row it was given; of many rows that is not looked at.
    """

    nested: Nested
    method: str
    parent: int | None
    source: Any
    given: Any
    returned: Any = None
    answer: Any = None
    seconds: float = 0.0
    error: Exception | None = None
    failed: bool = False
    inner: int = 0
    in_place: bool = False


@dataclass(eq=False)
class Walk:
    """What a model answers to some rows, and how.

    ``answer`` is None where the model raised ``error``; ``messages`` are the warnings, each once.
    """

    calls: list[Call]
    answer: Any
    error: Exception | None
    messages: list[str] = field(default_factory=list)


def walk(model: Any, data: Any, method: str) -> Walk:
    """Ask ``model`` with ``method`` and write down every call inside it.

    Parameters
    ----------
    model : object
        Left as it was when the answer is there.
    data : frame, array, sparse matrix or list
    method : str
    """
    notes = _Notes()
    answer: Any = None
    error: Exception | None = None
    with _LOCK, _watched(nested(model), notes), quietly() as messages:
        try:
            answer = getattr(model, method)(copied(data))
        except Exception as raised:  # the user's steps may raise anything
            error = raised
    if not notes.calls:
        notes.calls.append(_whole(model, method, data, answer, error))
    return Walk(notes.calls, answer, error, list(dict.fromkeys(messages)))


def _whole(model: Any, method: str, data: Any, answer: Any, error: Exception | None) -> Call:
    """The only call of a model that nothing can be noted of, such as one without attributes."""
    told = Call(Nested("", model), method, None, data, data, answer, answer)
    told.error, told.failed = error, error is not None
    return told


@contextmanager
def quietly() -> Iterator[list[str]]:
    """Keep to this process and thread, and collect warnings instead of printing them."""
    messages: list[str] = []
    with parallel_config(backend="sequential"), warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            yield messages
        finally:
            messages += [
                f"{each.category.__name__}: {' '.join(str(each.message).split())}" for each in caught
            ]


class _Notes:
    """Calls in the order in which they began; only those of the thread that asked."""

    def __init__(self) -> None:
        self.calls: list[Call] = []
        self._open: list[int] = []
        self._thread = threading.get_ident()

    def wrap(self, one: Nested, method: str, function: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(function)  # scikit-learn asks a method for its name
        def noted(X: Any, *args: Any, **kwargs: Any) -> Any:
            parent = self._open[-1] if self._open else None
            own = parent is not None and self.calls[parent].nested is one
            if own or threading.get_ident() != self._thread:
                return function(X, *args, **kwargs)
            call = Call(one, method, parent, X, copied(X))
            return self._timed(call, lambda: function(X, *args, **kwargs))

        return noted

    def _timed(self, call: Call, function: Callable[[], Any]) -> Any:
        if call.parent is not None:
            self.calls[call.parent].inner += 1
        self._open.append(len(self.calls))
        self.calls.append(call)
        begun = time.perf_counter()
        try:
            returned = function()
        except Exception as error:
            call.failed = True
            if not self._told(error):
                call.error = error
            raise
        finally:
            call.seconds = time.perf_counter() - begun
            self._open.pop()
            call.in_place = _is_one_row(call.given) and differs(call.source, call.given)
        call.returned, call.answer = returned, copied(returned)
        return returned

    def _told(self, error: Exception) -> bool:
        """Whether a call inside has this error, or what this one was made from, already."""
        chain: list[BaseException | None] = [error, error.__cause__, error.__context__]
        return any(call.error is not None and call.error in chain for call in self.calls)


def _is_one_row(data: Any) -> bool:
    shape: Any = getattr(data, "shape", ())
    return len(shape) == 2 and bool(shape[0] == 1)


@contextmanager
def _watched(estimators: Sequence[Nested], notes: _Notes) -> Iterator[None]:
    """Put a noting method before each estimator's own, and take it away again."""
    placed: list[tuple[Any, str]] = []
    try:
        for one in estimators:
            held = getattr(one.estimator, "__dict__", None)
            for method in METHODS:
                # What an object passes on to another by itself is watched at the other.
                if held is None or method in held or not hasattr(type(one.estimator), method):
                    continue
                function = None
                with suppress(Exception):  # a method that is only there for some parameters
                    function = getattr(one.estimator, method, None)
                if callable(function):
                    with suppress(Exception):  # an object that does not let itself be watched
                        object.__setattr__(one.estimator, method, notes.wrap(one, method, function))
                        placed.append((one.estimator, method))
        yield
    finally:
        for estimator, method in placed:
            with suppress(AttributeError):
                object.__delattr__(estimator, method)
