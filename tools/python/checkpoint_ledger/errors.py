"""What can go wrong, one class for each kind that a caller may want to tell apart."""

from . import _structures as s


class CheckpointLedgerError(Exception):
    """An error of the library: `message` says what is wrong, `hint` what to do, `code` its name."""

    def __init__(self, message, hint="", code="CKL_INVALID"):
        super().__init__(f"{message} ({hint})" if hint else message)
        self.message = message
        self.hint = hint
        self.code = code

    def __reduce__(self):
        return type(self), (self.message, self.hint, self.code)


class NotFoundError(CheckpointLedgerError, LookupError):
    """What was named is not recorded."""


class InvalidValueError(CheckpointLedgerError, ValueError):
    """Bad input: the message names the key, the uid or the place."""


class AmbiguousHashError(InvalidValueError):
    """A prefix that fits more than one recorded experiment."""


class IncompatibleHashError(InvalidValueError):
    """A 16-character V2 hash: it must be regenerated."""


class NoSourceError(CheckpointLedgerError):
    """The automatic system has neither a value nor a registered source."""


class MisuseError(CheckpointLedgerError, RuntimeError):
    """A call that is not allowed there: a closed manager, or one from before a fork."""


class DamagedError(CheckpointLedgerError):
    """The ledger or a file of the tree does not hold what it must."""


class BusyError(CheckpointLedgerError):
    """Another process holds what is needed; it may be tried again."""


class RefusedError(CheckpointLedgerError):
    """A file from a newer version, of another program, or hostile."""


class StorageError(CheckpointLedgerError):
    """The system could not read or write."""


class DiskFullError(StorageError):
    """Disk full, or quota reached."""


class CheckpointWarning(UserWarning):
    """Something was accepted that its author may not have meant, or training goes on unrecorded."""


CLASSES = {
    s.CKL_NOT_FOUND: NotFoundError,
    s.CKL_INVALID: InvalidValueError,
    s.CKL_AMBIGUOUS: AmbiguousHashError,
    s.CKL_V2_HASH: IncompatibleHashError,
    s.CKL_NO_SOURCE: NoSourceError,
    s.CKL_MISUSE: MisuseError,
    s.CKL_DAMAGED: DamagedError,
    s.CKL_BUSY: BusyError,
    s.CKL_REFUSED: RefusedError,
    s.CKL_IO: StorageError,
    s.CKL_NO_SPACE: DiskFullError,
}


def of(status, message, hint=""):
    """The exception for a status of the library."""
    if status == s.CKL_NO_MEMORY:
        return MemoryError(message)
    kind = CLASSES.get(status, CheckpointLedgerError)
    return kind(message, hint, s.STATUS_NAMES[status])
