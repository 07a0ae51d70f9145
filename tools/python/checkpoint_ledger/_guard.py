"""Keeps Python's own sqlite3 away from a ledger that this process has open, where it is another copy
of SQLite than libckl's (as in a wheel).

When one copy closes the file, the system drops the locks that the other holds on it: states that
were acknowledged can then be lost to another process. The interpreter tells hooks of every
sqlite3.connect(), so that it can be refused before anything is touched.
"""

import ctypes
import os
import sys

from . import errors
from ._library import library

_hooked = False
_same_copy = None
_paths = {}  # of open ledgers, and how often each is open

# A child has nothing open, and no locks.
os.register_at_fork(after_in_child=_paths.clear)


def opened(path):
    """The ledger at `path` is open from here on."""
    global _hooked
    _paths[path] = _paths.get(path, 0) + 1
    if not _hooked:
        _hooked = True
        sys.addaudithook(_hear)
    return path


def closed(path):
    """It is closed, once."""
    left = _paths.get(path, 0) - 1
    if left > 0:
        _paths[path] = left
    else:
        _paths.pop(path, None)


def is_one_copy():
    """Whether Python's sqlite3 runs the code that libckl runs."""
    global _same_copy
    if _same_copy is None:
        try:
            import _sqlite3
            theirs = ctypes.CDLL(_sqlite3.__file__).sqlite3_open_v2
            ours = library.sqlite3_open_v2
            _same_copy = _address(theirs) == _address(ours)
        except (ImportError, AttributeError, OSError):
            _same_copy = False
    return _same_copy


def _address(function):
    return ctypes.cast(function, ctypes.c_void_p).value


def _file_of(database):
    """The file that sqlite3.connect() means, which may be bytes, a path or a URI."""
    name = os.fsdecode(database)
    if name.startswith("file:"):
        from urllib.parse import unquote
        name = unquote(name[5:].split("?")[0].split("#")[0])
        name = "/" + name.lstrip("/") if name.startswith("/") else name
    return os.path.realpath(name)


def _hear(event, arguments):
    if event != "sqlite3.connect" or not _paths:
        return
    try:
        path = _file_of(arguments[0])
    except (TypeError, ValueError):
        return
    if path in _paths and not is_one_copy():
        raise errors.MisuseError(
            f"'{path}' is open in this process, and Python's sqlite3 is another copy of SQLite",
            "two copies would break each other's locks: use the ledger's sql(), or close it first",
            "CKL_MISUSE")
