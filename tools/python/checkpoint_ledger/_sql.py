"""SQL over the ledger, for reading, with the very SQLite that libckl uses.

A process must not open one database with two copies of SQLite: when one of them closes the file,
the system drops the locks of the other. Python's own sqlite3 may be such a second copy. So this
reaches the functions of SQLite through libckl, which are those of the copy that it was linked with.
"""

import ctypes

from . import _structures as s
from . import errors
from ._library import Handle, encoded, library
from ._query import Rows

_OK, _ROW, _DONE, _BUSY = 0, 100, 101, 5
_READ_ONLY = 0x1 | 0x01000000  # SQLITE_OPEN_READONLY | SQLITE_OPEN_NOFOLLOW
_NO_CHECKPOINT_ON_CLOSE, _DEFENSIVE, _TRUSTED_SCHEMA = 1006, 1010, 1017
_INTEGER, _FLOAT, _TEXT, _BLOB = 1, 2, 3, 4
_TRANSIENT = ctypes.c_void_p(-1)

_POINTER, _INT, _WIDE = ctypes.c_void_p, ctypes.c_int, ctypes.c_int64
_FUNCTIONS = {
    "open_v2": (_INT, [ctypes.c_char_p, ctypes.POINTER(_POINTER), _INT, ctypes.c_char_p]),
    "close_v2": (_INT, [_POINTER]),
    "errmsg": (ctypes.c_char_p, [_POINTER]),
    "busy_timeout": (_INT, [_POINTER, _INT]),
    "prepare_v2": (_INT, [_POINTER, ctypes.c_char_p, _INT, ctypes.POINTER(_POINTER),
                          ctypes.POINTER(ctypes.c_char_p)]),
    "finalize": (_INT, [_POINTER]),
    "stmt_readonly": (_INT, [_POINTER]),
    "step": (_INT, [_POINTER]),
    "bind_parameter_count": (_INT, [_POINTER]),
    "bind_parameter_name": (ctypes.c_char_p, [_POINTER, _INT]),
    "bind_null": (_INT, [_POINTER, _INT]),
    "bind_int64": (_INT, [_POINTER, _INT, _WIDE]),
    "bind_double": (_INT, [_POINTER, _INT, ctypes.c_double]),
    "bind_text": (_INT, [_POINTER, _INT, ctypes.c_char_p, _INT, _POINTER]),
    "bind_blob": (_INT, [_POINTER, _INT, ctypes.c_char_p, _INT, _POINTER]),
    "column_count": (_INT, [_POINTER]),
    "column_name": (ctypes.c_char_p, [_POINTER, _INT]),
    "column_type": (_INT, [_POINTER, _INT]),
    "column_int64": (_WIDE, [_POINTER, _INT]),
    "column_double": (ctypes.c_double, [_POINTER, _INT]),
    "column_text": (_POINTER, [_POINTER, _INT]),
    "column_blob": (_POINTER, [_POINTER, _INT]),
    "column_bytes": (_INT, [_POINTER, _INT]),
}


class _Sqlite:
    """The functions, found once."""

    def __init__(self):
        for name, (result, arguments) in _FUNCTIONS.items():
            try:
                function = getattr(library, f"sqlite3_{name}")
            except AttributeError:
                raise errors.MisuseError(
                    "this libckl hides its SQLite: sql() cannot reach it",
                    "use `sqlite3 ledger.db` from another process", "CKL_MISUSE") from None
            function.restype = result
            function.argtypes = arguments
            setattr(self, name, function)


_sqlite = None


def _functions():
    global _sqlite
    if _sqlite is None:
        _sqlite = _Sqlite()
    return _sqlite


def _error(connection, code):
    message = _functions().errmsg(connection).decode("utf-8", "replace")
    if code & 0xFF == _BUSY:
        return errors.of(s.CKL_BUSY, f"SQL: {message}")
    return errors.of(s.CKL_INVALID, f"SQL: {message}")


class _Connection:
    """A connection that can only read, and never touches the log."""

    def __init__(self, path):
        lite = _functions()
        connection = _POINTER()
        code = lite.open_v2(encoded(path), ctypes.byref(connection), _READ_ONLY, None)
        if code != _OK:
            failure = _error(connection, code)
            lite.close_v2(connection)
            raise failure
        for option, value in ((_NO_CHECKPOINT_ON_CLOSE, 1), (_DEFENSIVE, 1), (_TRUSTED_SCHEMA, 0)):
            library.sqlite3_db_config(connection, _INT(option), _INT(value), None)
        lite.busy_timeout(connection, 5000)
        self.handle = Handle(connection, lite.close_v2, "SQL connection")

    def prepare(self, sql):
        lite, connection = _functions(), self.handle.address
        statement, rest = _POINTER(), ctypes.c_char_p()
        data = encoded(sql)
        code = lite.prepare_v2(connection, data, len(data), ctypes.byref(statement),
                               ctypes.byref(rest))
        if code != _OK:
            raise _error(connection, code)
        handle = Handle(statement, lite.finalize, "SQL statement")
        if not statement or (rest.value or b"").strip(b" \t\r\n;"):
            handle.close()
            raise errors.InvalidValueError("SQL: one statement is expected")
        if not lite.stmt_readonly(statement):
            handle.close()
            raise errors.InvalidValueError("SQL: only reading is allowed",
                                           "the ledger is written by its own calls")
        return handle


def _bind(statement, number, value):
    lite = _functions()
    if hasattr(value, "item") and hasattr(value, "dtype"):
        value = value.item()
    if value is None:
        return lite.bind_null(statement, number)
    if isinstance(value, int):
        if not -(2**63) <= value < 2**63:
            raise errors.InvalidValueError(f"SQL: {value} has more than 64 bits")
        return lite.bind_int64(statement, number, value)
    if isinstance(value, float):
        return lite.bind_double(statement, number, value)
    if isinstance(value, (bytes, bytearray)):
        return lite.bind_blob(statement, number, bytes(value), len(value), _TRANSIENT)
    data = str(value).encode("utf-8")
    return lite.bind_text(statement, number, data, len(data), _TRANSIENT)


def _bind_all(statement, parameters):
    lite = _functions()
    expected = lite.bind_parameter_count(statement)
    if hasattr(parameters, "keys"):
        for number in range(1, expected + 1):
            name = lite.bind_parameter_name(statement, number)
            if name is None or name.decode()[1:] not in parameters:
                raise errors.InvalidValueError(
                    f"SQL: no value for parameter {(name or b'?').decode()}")
            _bind(statement, number, parameters[name.decode()[1:]])
        return
    parameters = tuple(parameters)
    if len(parameters) != expected:
        raise errors.InvalidValueError(
            f"SQL: {expected} parameters are expected, {len(parameters)} were given")
    for number, value in enumerate(parameters, 1):
        _bind(statement, number, value)


def _column(statement, column):
    lite = _functions()
    kind = lite.column_type(statement, column)
    if kind == _INTEGER:
        return lite.column_int64(statement, column)
    if kind == _FLOAT:
        return lite.column_double(statement, column)
    if kind == _TEXT:
        pointer = lite.column_text(statement, column)
        return ctypes.string_at(pointer, lite.column_bytes(statement, column)).decode(
            "utf-8", "replace")
    if kind == _BLOB:
        pointer = lite.column_blob(statement, column)
        return ctypes.string_at(pointer, lite.column_bytes(statement, column)) if pointer else b""
    return None


def query(owner, path, sql, parameters):
    """The rows of one SELECT, as tuples."""
    lite = _functions()
    with owner.lock:
        connection = _Connection(path)
        prepared = connection.prepare(sql)
        handle = owner.adopt(ctypes.c_void_p(prepared.give_away()), lite.finalize, "SQL statement")
        _bind_all(handle.address, parameters)
        width = lite.column_count(handle.address)
        names = [lite.column_name(handle.address, column).decode() for column in range(width)]

    def read(cursor):
        code = lite.step(cursor.address)
        if code == _ROW:
            return tuple(_column(cursor.address, column) for column in range(width))
        if code != _DONE:
            raise _error(connection.handle.address, code)
        cursor.close()
        connection.handle.close()
        return None

    return Rows(owner, handle, names, read)
