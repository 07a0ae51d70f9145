"""SQL over the ledger, for reading: ckl_sql_open() and its rows.

A process must not open one database with two copies of SQLite: when one of them closes the file,
the system drops the locks of the other. Python's own sqlite3 may be such a second copy; the library
asks the copy that it runs itself.
"""

import ctypes

from . import _structures as s
from . import errors
from ._library import call, encoded, library
from ._query import Rows


def _value(given):
    """A value of Python as a parameter, and what must live until it is bound."""
    if hasattr(given, "item") and hasattr(given, "dtype"):
        given = given.item()
    if given is None:
        return s.ckl_sql_value(type=s.CKL_SQL_NULL), None
    if isinstance(given, int):
        if not -(2**63) <= given < 2**63:
            raise errors.InvalidValueError(f"SQL: {given} has more than 64 bits")
        return s.ckl_sql_value(type=s.CKL_SQL_INTEGER, integer=given), None
    if isinstance(given, float):
        return s.ckl_sql_value(type=s.CKL_SQL_REAL, real=given), None
    if isinstance(given, (bytes, bytearray)):
        data = bytes(given)
        pointer = ctypes.cast(ctypes.c_char_p(data), ctypes.c_void_p)
        return s.ckl_sql_value(type=s.CKL_SQL_BLOB, bytes=pointer, size=len(data)), data
    data = str(given).encode("utf-8")
    return s.ckl_sql_value(type=s.CKL_SQL_TEXT, text=data, size=len(data)), data


def _bind(rows, number, given):
    value, data = _value(given)
    call(library.ckl_sql_bind, rows, number, ctypes.byref(value))
    del data


def _bind_all(rows, parameters):
    expected = library.ckl_sql_parameter_count(rows)
    if hasattr(parameters, "keys"):
        for number in range(1, expected + 1):
            name = library.ckl_sql_parameter_name(rows, number)
            if name is None or name.decode()[1:] not in parameters:
                raise errors.InvalidValueError(
                    f"SQL: no value for parameter {(name or b'?').decode()}")
            _bind(rows, number, parameters[name.decode()[1:]])
        return
    parameters = tuple(parameters)
    if len(parameters) != expected:
        raise errors.InvalidValueError(
            f"SQL: {expected} parameters are expected, {len(parameters)} were given")
    for number, given in enumerate(parameters, 1):
        _bind(rows, number, given)


def _read(value):
    if value.type == s.CKL_SQL_INTEGER:
        return value.integer
    if value.type == s.CKL_SQL_REAL:
        return value.real
    if value.type == s.CKL_SQL_TEXT:
        return ctypes.string_at(value.bytes, value.size).decode("utf-8", "replace")
    if value.type == s.CKL_SQL_BLOB:
        return ctypes.string_at(value.bytes, value.size) if value.size else b""
    return None


def query(owner, sql, parameters, time_limit):
    """The rows of one SELECT, as tuples."""
    limit = -1 if time_limit is None else max(1, int(time_limit * 1000))
    with owner.lock:
        out = ctypes.c_void_p()
        options = s.ckl_sql_options(time_limit_ms=limit)
        call(library.ckl_sql_open, ctypes.byref(out), owner.address, encoded(sql),
             ctypes.byref(options))
        handle = owner.adopt(out, library.ckl_sql_close, "SQL statement")
        try:
            _bind_all(handle.address, parameters)
        except BaseException:
            handle.close()
            raise
        width = library.ckl_sql_column_count(handle.address)
        names = [library.ckl_sql_column_name(handle.address, column).decode("utf-8", "replace")
                 for column in range(width)]
    row = ctypes.POINTER(s.ckl_sql_value)()

    def read(cursor):
        if not call(library.ckl_sql_next, ctypes.byref(row), cursor.address):
            return None
        return tuple(_read(row[column]) for column in range(width))

    return Rows(owner, handle, names, read)
