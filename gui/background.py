"""Short work off the GUI thread: a request, a response, and stale answers dropped.

A request is made on the GUI thread and copies all it needs; the function runs in a thread of the global pool and
touches no widget, and no `Store` but through `Store.apart`; the answer is handed over on the GUI thread. What nobody
waits for any more is not begun. Files that are read or written in a moment have threads of their own, so that they
never wait behind long work.
"""

import collections
import functools
import sys
import threading
from collections.abc import Callable
from typing import Any, TypeVar

import shiboken6
from PySide6.QtCore import QObject, QRunnable, Qt, QThreadPool, Signal

from core.errors import MultihotError

T = TypeVar("T")


class UnexpectedError(MultihotError):
    """What an asker hears of a bug in its work, which the crash dialog tells of in full."""


# one is enough to write, another reads meanwhile
_SHORT_THREADS = 2

_latest: dict[tuple[int, str], "Request"] = {}


class Request(QObject):
    """Work that was asked for; lives until its answer was given or dropped.

    Attributes:
        is_short: whether it has the threads that no long work has.
    """

    _returned = Signal(object)
    _raised = Signal(object)
    _reported = Signal(object)

    def __init__(self, parent: QObject, *, is_short: bool) -> None:
        super().__init__()
        self.is_short = is_short
        self._asker = parent
        self._cancelled = threading.Event()

    def cancel(self) -> None:
        """The answer is no longer wanted; the function may end early if it asks `is_cancelled`."""
        self._cancelled.set()

    def is_cancelled(self) -> bool:
        """Whether the answer is no longer wanted; may be asked from any thread."""
        return self._cancelled.is_set()

    def report(self, value: object) -> None:
        """Hand `value` to `on_progress` on the GUI thread; may be called from any thread."""
        if not self.is_cancelled():
            self._reported.emit(value)

    def is_wanted(self) -> bool:
        """Whether somebody still waits for the answer."""
        return not self.is_cancelled() and shiboken6.isValid(self._asker)


class _Work(QRunnable):
    def __init__(self, request: Request, function: Callable[[Request], Any]) -> None:
        super().__init__()
        self._request = request
        self._function = function

    def run(self) -> None:
        """Work, in a thread of the pool."""
        try:
            result = None if self._request.is_cancelled() else self._function(self._request)
        except Exception as error:  # the border between threads: it goes on where the request was made
            self._request._raised.emit(error)
        else:
            self._request._returned.emit(result)


def run(
    parent: QObject,
    function: Callable[[], T],
    on_result: Callable[[T], None],
    on_error: Callable[[MultihotError], None],
    *,
    key: str = "",
    is_short: bool = False,
) -> Request:
    """Run `function` in a thread and hand over its result on the GUI thread.

    Args:
        parent: who asks; once it is deleted the answer is dropped.
        function: what to do; touches no widget.
        on_result: gets the result.
        on_error: gets a `MultihotError`; any other error is a bug and goes to the crash dialog, after which it gets an
            `UnexpectedError`, so that the asker waits no longer.
        key: a newer request of the same parent with the same key cancels this one; empty for none.
        is_short: whether it only reads or writes a file, so that it is to wait for no long work, nor be dropped when
            the program ends.

    Returns:
        The request, which can be cancelled.
    """
    return run_with_progress(
        parent, lambda _: function(), on_result, on_error, on_progress=None, key=key, is_short=is_short
    )


def run_with_progress(
    parent: QObject,
    function: Callable[[Request], T],
    on_result: Callable[[T], None],
    on_error: Callable[[MultihotError], None],
    *,
    on_progress: Callable[[Any], None] | None,
    key: str = "",
    is_short: bool = False,
) -> Request:
    """As `run`, for a function that reports on its way and may be asked to end early.

    Args:
        parent: who asks.
        function: gets the request, for `report` and `is_cancelled`.
        on_result: gets the result.
        on_error: see `run`.
        on_progress: gets what the function reported.
        key: see `run`.
        is_short: see `run`.

    Returns:
        The request, which can be cancelled.
    """
    request = Request(parent, is_short=is_short)
    place = (id(parent), key)
    if key:
        if place in _latest:
            _latest[place].cancel()
        _latest[place] = request

    def finish() -> bool:
        _running.discard(request)
        _retired.append(request)
        if _latest.get(place) is request:
            del _latest[place]
        return request.is_wanted()

    def returned(result: T) -> None:
        if finish():
            on_result(result)

    def raised(error: Exception) -> None:
        wanted = finish()
        if not isinstance(error, MultihotError):
            sys.excepthook(type(error), error, error.__traceback__)
            error = UnexpectedError("Something went wrong in the program.", next_step="Try again; the log says more.")
        # asked again, as the asker may have gone while the crash dialog was seen
        if wanted and request.is_wanted():
            on_error(error)

    def reported(value: object) -> None:
        if on_progress is not None and request.is_wanted():
            on_progress(value)

    queued = Qt.ConnectionType.QueuedConnection
    request._returned.connect(returned, queued)
    request._raised.connect(raised, queued)
    request._reported.connect(reported, queued)
    _running.add(request)
    pool = _short_pool() if is_short else QThreadPool.globalInstance()
    pool.start(_Work(request, function))
    return request


def nothing(_: object) -> None:
    """For an answer, or an error, that nobody waits for."""


def cancel_of(asker: QObject) -> None:
    """Cancel all that was asked for by one: the project that it was of is closed."""
    for request in _running:
        if request._asker is asker:
            request.cancel()


def cancel_all() -> None:
    """Cancel long work, finish what is short, and wait for both: the last step before the program ends."""
    for request in _running:
        if not request.is_short:
            request.cancel()
    wait()
    for request in _running:
        request.cancel()
    _running.clear()
    _latest.clear()


def wait(milliseconds: int = -1) -> bool:
    """Wait until nothing is at work, or for so long; whether nothing is."""
    return all(pool.waitForDone(milliseconds) for pool in (_short_pool(), QThreadPool.globalInstance()))


def wait_for_short() -> None:
    """Wait until what only reads or writes a file is done; the answers come later, or not at all."""
    _short_pool().waitForDone()


@functools.cache
def _short_pool() -> QThreadPool:
    pool = QThreadPool()
    pool.setMaxThreadCount(_SHORT_THREADS)
    return pool


_running: set[Request] = set()
# the thread may hold its request a moment longer than we do, and must not be the one to delete it
_retired: collections.deque[Request] = collections.deque(maxlen=64)
