"""Finds and loads libckl, and calls it: statuses become exceptions, warnings Python warnings.

Keeps true: an exception raised inside a callback leaves through the call that caused it, never
through C; a handle from before a fork is never given to the library again.
"""

import ctypes
import ctypes.util
import errno
import functools
import os
import pathlib
import sys
import threading
import warnings

from . import _structures as s
from . import errors
from ._prototypes import PROTOTYPES

HERE = pathlib.Path(__file__).resolve().parent


def _candidates():
    """Where libckl may be: in the package (a wheel), $CKL_LIBRARY, the system, a source tree."""
    yield from sorted(map(str, (HERE / "lib").glob("libckl.so*")))
    if os.environ.get("CKL_LIBRARY"):
        yield os.environ["CKL_LIBRARY"]
        return
    yield "libckl.so.0"
    yield ctypes.util.find_library("ckl")
    yield str(HERE.parents[2] / "build" / "release" / "libckl.so.0")


def _load():
    tried = []
    for path in filter(None, _candidates()):
        try:
            return ctypes.CDLL(path)
        except OSError as failure:
            tried.append(f"{path}: {failure}")
    raise ImportError("libckl is not to be found; name it in CKL_LIBRARY\n  " + "\n  ".join(tried))


def _prepare(loaded):
    loaded.ckl_version.restype = ctypes.c_char_p
    version = loaded.ckl_version().decode()
    if version != s.CKL_VERSION:
        raise ImportError(f"libckl is version {version}, this package needs {s.CKL_VERSION}")
    for name, (result, arguments) in PROTOTYPES.items():
        try:
            function = getattr(loaded, name)
        except AttributeError:
            raise ImportError(f"libckl lacks {name}: it is older than this package") from None
        function.restype = result
        function.argtypes = arguments
    return loaded


library = _prepare(_load())

# ---- threads and forks ---------------------------------------------------------------------------


class _Thread(threading.local):
    """What callbacks of the running call left for after it."""

    def __init__(self):
        self.raised = None  # what a failing callback raised
        self.late = None  # what a listener raised, which has no way to fail
        self.warned = []
        self.within = 0


thread = _Thread()
_generation = 0


def generation():
    """A number that is another one in a forked child."""
    return _generation


def _forked():
    global _generation
    _generation += 1


os.register_at_fork(after_in_child=_forked)


class Handle:
    """An object of the library, released once: by close(), or with the last reference to it.

    What belongs to it (the cursors of a manager) is released before it, in whatever order the
    objects of Python end. A forked child has a copy that is nobody's: it can neither use nor
    release it.
    """

    __slots__ = ("_address", "_release", "_generation", "_parent", "_children", "what")

    def __init__(self, address, release, what, parent=None):
        self._address = address
        self._release = release
        self._generation = _generation
        self._parent = parent
        self._children = set()
        self.what = what
        if parent is not None:
            parent._children.add(self)

    @property
    def address(self):
        """For a call; raises MisuseError where it must not be used."""
        if self._address is None:
            raise errors.MisuseError(f"the {self.what} is closed", "", "CKL_MISUSE")
        self.check_process()
        return self._address

    def check_process(self):
        """Raises MisuseError in a forked child."""
        if self._generation != _generation:
            raise errors.MisuseError(f"the {self.what} was opened before a fork",
                                     "open it again in the child", "CKL_MISUSE")

    @property
    def is_open(self):
        return self._address is not None

    @property
    def is_owner(self):
        """Whether it is ours to release."""
        return self._release is not None

    @property
    def is_foreign(self):
        """Whether it belongs to the process that this one was forked from."""
        return self._generation != _generation

    def give_away(self):
        """The address for who releases it from here on."""
        address, self._address = self.address, None
        return address.value

    def close(self):
        while self._children:
            self._children.pop().close()
        address, self._address = self._address, None
        if address is None:
            return
        if self._parent is not None:
            self._parent._children.discard(self)
            self._parent = None
        if self._release is not None and not self.is_foreign:
            self._release(address)

    __del__ = close


# ---- calls ---------------------------------------------------------------------------------------

_reference = ctypes.byref


def warn(message):
    """As a warning of the line that called the package."""
    level, frame = 1, sys._getframe()
    while frame.f_back is not None and frame.f_globals.get("__package__") == __package__:
        frame, level = frame.f_back, level + 1
    warnings.warn(message, errors.CheckpointWarning, stacklevel=level)


def after_call():
    """Says what the callbacks of a call that went well had to say."""
    late, thread.late, thread.raised = thread.late, None, None
    warned, thread.warned = thread.warned, []
    for message in warned:
        warn(message)
    if late is not None:
        raise late


def _fail(status, error):
    raised, thread.raised, thread.late = thread.raised, None, None
    if thread.warned:
        after_call()
    if raised is not None:
        raise raised
    raise errors.of(status, error.message.decode("utf-8", "replace"),
                    error.hint.decode("utf-8", "replace"))


def call(function, *arguments):
    """Calls a function that ends in `ckl_error *err`; raises what it says."""
    error = s.ckl_error()
    status = function(*arguments, _reference(error))
    if status:
        if status == s.CKL_DONE:
            return False
        _fail(status, error)
    if thread.warned or thread.late is not None or thread.raised is not None:
        after_call()
    return True


def guarded(function):
    """For a callback that returns a status: an exception becomes one, and waits for the call."""

    @functools.wraps(function)
    def safe(*arguments):
        thread.within += 1
        try:
            function(*arguments)
            return s.CKL_OK
        except BaseException as raised:  # noqa: B902: nothing may leave through C
            thread.raised = raised
            return _report(raised, arguments[-1])
        finally:
            thread.within -= 1

    return safe


def guarded_listener(function):
    """For a callback that cannot fail: an exception waits for the end of the call."""

    @functools.wraps(function)
    def safe(*arguments):
        thread.within += 1
        try:
            function(*arguments)
        except BaseException as raised:  # noqa: B902: nothing may leave through C
            thread.late = raised
        finally:
            thread.within -= 1

    return safe


def _report(raised, error):
    """The status that stands for an exception; its text goes where the library keeps messages."""
    status = s.CKL_INVALID
    if isinstance(raised, MemoryError):
        status = s.CKL_NO_MEMORY
    elif isinstance(raised, OSError):
        full = raised.errno in (errno.ENOSPC, errno.EDQUOT)
        status = s.CKL_NO_SPACE if full else s.CKL_IO
    elif isinstance(raised, errors.CheckpointLedgerError):
        status = s.STATUS_NAMES.index(raised.code)
    if error and error.contents.code == s.CKL_OK:
        error.contents.code = status
        text = f"{type(raised).__name__}: {raised}".replace("\n", " ").encode("utf-8", "replace")
        error.contents.message = text[:1000].decode("utf-8", "ignore").encode()
    return status


def _collect_warning(_context, message):
    thread.warned.append(message.decode("utf-8", "replace"))


_WARN = dict(s.ckl_warning_sink._fields_)["warn"](_collect_warning)
warning_sink = s.ckl_warning_sink(_WARN, None)
warning_sink_pointer = ctypes.pointer(warning_sink)


def callback(structure, field, function):
    """`function` as the C function that the field of a structure wants. The caller keeps it."""
    return dict(structure._fields_)[field](function)


# ---- values from C -------------------------------------------------------------------------------


def text(value):
    """bytes to str; None and empty stay None."""
    return value.decode("utf-8", "replace") if value else None


def encoded(value):
    """str or path to bytes; None stays None. A NUL would end the text early: refused."""
    if value is None:
        return None
    value = os.fsencode(value) if isinstance(value, os.PathLike) else str(value).encode(
        "utf-8", "surrogateescape")
    if b"\0" in value:
        raise errors.InvalidValueError(f"NUL in text: {value!r}")
    return value


COMPONENTS = (("model", s.CKL_MODEL), ("config", s.CKL_CONFIG), ("data", s.CKL_DATA))


def components(mask):
    """A mask as a set of names."""
    return {name for name, bit in COMPONENTS if mask & bit}


def component_mask(names):
    """A name or several, as a mask."""
    known = dict(COMPONENTS)
    names = [names] if isinstance(names, str) else list(names or ())
    for name in names:
        if name not in known:
            raise errors.InvalidValueError(f"no component '{name}'",
                                           "components are model, config and data")
    return functools.reduce(lambda mask, name: mask | known[name], names, 0)


def taken_bytes(pointer, size):
    """Memory that the library gave away, as bytes; it is released."""
    try:
        return ctypes.string_at(pointer, size)
    finally:
        library.ckl_free(pointer)


def taken_text(pointer):
    try:
        return ctypes.string_at(pointer).decode("utf-8", "replace")
    finally:
        library.ckl_free(pointer)
