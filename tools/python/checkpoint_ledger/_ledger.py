"""Reading a ledger: history, experiments, checkpoints, differences, contents, SQL."""

import atexit
import ctypes
import json
import os
import threading
import weakref

from . import _guard, _query, _sql, _torch, _values
from . import _structures as s
from . import errors
from ._library import (Handle, call, component_mask, encoded, library, taken_bytes, taken_text,
                       text, warning_sink_pointer)


def open_manager(root, **options):
    """The library's manager at a root, as a Handle."""
    chosen = s.ckl_options(warnings=warning_sink_pointer, **options)
    out = ctypes.c_void_p()
    call(library.ckl_manager_open, ctypes.byref(out), encoded(root), ctypes.byref(chosen))
    return Handle(out, library.ckl_manager_close, "ledger")


_open = weakref.WeakSet()


def _close_all():
    for ledger in list(_open):
        ledger.close()


# While everything is there that closing needs: modules are taken apart later, in any order.
atexit.register(_close_all)


def _choice(step, nearest, best, highest):
    """What is asked for, and the step that goes with it."""
    if best is not None:
        return (s.CKL_BEST_HIGHEST if highest else s.CKL_BEST_LOWEST), -1
    if step is not None:
        return s.CKL_AT_STEP, step
    if nearest is not None:
        return s.CKL_NEAREST, nearest
    return s.CKL_LATEST, -1


class Ledger:
    """A ledger, opened for reading: what changed, when, by whom, and what came of it.

    Threads may share it; they wait for one another. Close it, use it in a `with` block, or let go
    of it. A forked child must open its own.
    """

    def __init__(self, root_log_dir=".", run=None):
        self._begin(open_manager(root_log_dir, run=encoded(run), read_only=True))

    def _begin(self, handle, lock=None):
        self._lock = lock or threading.RLock()
        self._handle = handle
        self._dropped = []
        self._path = None
        if handle.is_owner:
            _open.add(self)
        self._path = _guard.opened(os.fsdecode(library.ckl_manager_ledger(self.address)))

    @property
    def lock(self):
        """What threads take in turn; another thread of a forked child's parent may have it."""
        self._handle.check_process()
        return self._lock

    @property
    def address(self):
        return self._handle.address

    def adopt(self, address, release, what):
        """A handle of something that must be released before the manager is."""
        while self._dropped:
            self._dropped.pop().close()
        return Handle(address, release, what, self._handle)

    def drop(self, handle):
        """Releases a handle that nobody needs any more: now, or when the manager is next used,
        because this may come in the middle of a call of another thread."""
        if not handle.is_open or handle.is_foreign or not self._lock.acquire(blocking=False):
            if handle.is_open:
                self._dropped.append(handle)
            return
        try:
            handle.close()
        finally:
            self._lock.release()

    def close(self):
        """Closes it, and the cursors that are still open. Twice is fine."""
        if self._handle.is_foreign:
            self._handle.close()
            return
        with self.lock:
            if self._handle.is_open and self._path is not None:
                _guard.closed(self._path)
            self._handle.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def __del__(self):
        if hasattr(self, "_handle"):
            self.close()

    def __repr__(self):
        where = self.root if self._handle.is_open else "closed"
        return f"<{type(self).__name__} {where}>"

    # ---- where ----------------------------------------------------------------------------------

    @property
    def root(self) -> str:
        """The absolute path of the root."""
        return os.fsdecode(library.ckl_manager_root(self.address))

    @property
    def run(self) -> str:
        """The run that this works on."""
        return text(library.ckl_manager_run(self.address))

    def status(self) -> _query.Status:
        """Where the run stands, at one moment."""
        return _query.status_info(self)

    def has_pending_changes(self):
        """(whether, which components of) the head are not dumped yet."""
        with self.lock:
            mask, found = ctypes.c_uint(), ctypes.c_bool()
            call(library.ckl_manager_has_pending_changes, ctypes.byref(found), ctypes.byref(mask),
                 self.address)
        return found.value, _query.components(mask.value)

    # ---- history --------------------------------------------------------------------------------

    def log(self, *, all_runs=False, component=None, since=None, limit=0, after_seq=0,
            oldest_first=False) -> _query.Rows:
        """What happened, newest first: rows of Event. `since`: a datetime, or seconds; after_seq:
        only later than that event."""
        chosen = s.ckl_event_filter(
            all_runs=all_runs, component=component_mask(component),
            since_us=_query.since_us(since), limit=limit, after_seq=after_seq,
            oldest_first=oldest_first)
        return _query.rows(self, _query.Event, s.ckl_event, _query.event_row,
                           library.ckl_event_next, library.ckl_event_cursor_close,
                           library.ckl_events, ctypes.byref(chosen))

    events = log

    def experiment(self, name=None) -> _query.Experiment:
        """One experiment: a hash, a prefix, "@" (the head, also None) or "@~N"."""
        return _query.experiment_info(self, name)

    def parents(self, name=None) -> _query.Rows:
        """The ways in which an experiment was reached, oldest first: rows of Parent."""
        return _query.rows(self, _query.Parent, s.ckl_parent, _query.parent_row,
                           library.ckl_parent_next, library.ckl_parent_cursor_close,
                           library.ckl_parents, encoded(name))

    def sessions(self, name=None) -> _query.Rows:
        """The training sessions that recorded something for an experiment: rows of Session."""
        return _query.rows(self, _query.Session, s.ckl_session_row, _query.session_row,
                           library.ckl_session_next, library.ckl_session_cursor_close,
                           library.ckl_sessions, encoded(name))

    def checkpoints(self, name=None, *, all_runs=False) -> _query.Rows:
        """The saved weights of an experiment, or of all, in order: rows of Checkpoint."""
        return _query.rows(self, _query.Checkpoint, s.ckl_checkpoint_row, _query.checkpoint_row,
                           library.ckl_checkpoint_next, library.ckl_checkpoint_cursor_close,
                           library.ckl_checkpoints, encoded(name), all_runs)

    def runs(self) -> _query.Rows:
        """The lines of history, in the order in which they began: rows of Run."""
        return _query.rows(self, _query.Run, s.ckl_run_row, _query.run_row, library.ckl_run_next,
                           library.ckl_run_cursor_close, library.ckl_runs)

    def diff(self, first=None, second=None) -> _query.Diff:
        """What differs; without arguments from what was dumped last to the head."""
        return _query.Diff(self, first, second)

    def metrics(self, metric, name=None, *, run=None, after_step=-1) -> _query.Rows:
        """The values of one metric of an experiment by step: rows of Metric."""
        return _query.rows(self, _query.Metric, s.ckl_metric_row, _query.metric_row,
                           library.ckl_metric_next, library.ckl_metric_cursor_close,
                           library.ckl_metrics, encoded(run), encoded(name or "@"),
                           encoded(metric), after_step)

    def metric_series(self, *, all_runs=False) -> _query.Rows:
        """Which metrics there are, by run and experiment: rows of MetricSeries."""
        return _query.rows(self, _query.MetricSeries, s.ckl_metric_series_row, _query.series_row,
                           library.ckl_metric_series_next, library.ckl_metric_series_cursor_close,
                           library.ckl_metric_series, all_runs)

    def sql(self, statement, parameters=(), *, time_limit=None) -> _query.Rows:
        """The rows of a SELECT over the views (`SELECT * FROM about` lists them), and over
        ckl_diff(), ckl_state_at(), ckl_sample_history() and the other functions of <ckl/sql.h>.

        `time_limit` in seconds ends it with BusyError. Use this and not Python's sqlite3 where the
        ledger is open in the same process: a second copy of SQLite takes away the locks of the
        first.
        """
        return _sql.query(self, statement, parameters, time_limit)

    def snapshot(self, path) -> int:
        """Copies the ledger to a file for dashboards, which immutable=1 opens; its size."""
        info = s.ckl_snapshot_info()
        with self.lock:
            call(library.ckl_snapshot, ctypes.byref(info), self.address, encoded(path), None)
        return info.bytes

    # ---- contents -------------------------------------------------------------------------------

    def resolve(self, name) -> str:
        """The whole hash that a prefix, "@" or "@~N" means."""
        out = s.ckl_hash()
        with self.lock:
            call(library.ckl_manager_resolve, ctypes.byref(out), self.address, encoded(name))
        return text(out.text)

    def recorded_hash(self, generator) -> str:
        """The generator's last hash with this ledger's segments."""
        out = s.ckl_hash()
        with self.lock:
            call(library.ckl_manager_recorded_hash, ctypes.byref(out), self.address,
                 generator.address)
        return text(out.text)

    def _loaded(self, function, name, release, what):
        out = ctypes.c_void_p()
        with self.lock:
            call(function, ctypes.byref(out), self.address, encoded(name))
        return Handle(out, release, what)

    def load_config(self, name=None) -> dict:
        """The configuration of an experiment, as it was given."""
        return _values.config_value(self._loaded(
            library.ckl_manager_load_config, name, library.ckl_config_free, "configuration"))

    def load_data_state(self, name=None) -> dict:
        """The data state of an experiment in the guide's form; `discarded` is a set."""
        return _values.data_value(self._loaded(
            library.ckl_manager_load_data_state, name, library.ckl_data_state_free, "data state"))

    def _bytes(self, function, name):
        out, size = ctypes.c_void_p(), ctypes.c_size_t()
        with self.lock:
            call(function, ctypes.byref(out), ctypes.byref(size), self.address, encoded(name))
        return taken_bytes(out, size.value)

    def load_model(self, name=None):
        """The description of a model; the bytes of an opaque one."""
        content = self._bytes(library.ckl_manager_load_model, name)
        try:
            return json.loads(content)
        except ValueError:
            return content

    def load_architecture(self, name=None, *, unpickler=None):
        """The bytes of `{hash}_architecture.pkl`; with `unpickler` (pickle, dill, …) the object.

        A pickle can run anything: unpickle only what you trust.
        """
        content = self._bytes(library.ckl_manager_load_architecture, name)
        return content if unpickler is None else unpickler.loads(content)

    def checkpoint_path(self, name=None, *, step=None, nearest=None, best=None,
                        highest=False) -> str:
        """The path of the weights at `step`, of those nearest to one, of the best by a metric's
        name, or of the latest."""
        choice, step = _choice(step, nearest, best, highest)
        out = ctypes.c_void_p()
        with self.lock:
            call(library.ckl_manager_checkpoint_path, ctypes.byref(out), self.address,
                 encoded(name), choice, step, encoded(best))
        return taken_text(out)

    def copy_checkpoint(self, to, name=None, *, step=None, nearest=None, best=None,
                        highest=False) -> str:
        """Copies weights (see checkpoint_path) to a new file, or into a folder under the name that
        their file had when they were saved; returns where the copy is."""
        choice, step = _choice(step, nearest, best, highest)
        out = ctypes.c_void_p()
        with self.lock:
            call(library.ckl_manager_copy_checkpoint, ctypes.byref(out), self.address,
                 encoded(name), choice, step, encoded(best), os.fsencode(to))
        return taken_text(out)

    def load_model_checkpoint(self, model=None, name=None, *, step=None, nearest=None, best=None,
                              highest=False, optimizer=None, loader=None, random_numbers=True,
                              map_location=None, weights_only=True) -> dict:
        """Loads saved weights (see checkpoint_path) into what is given; returns all of the file.

        With the optimizer and the loader that were saved, too, training goes on as if it had not
        stopped. `optimizer` may be a dict of several things with load_state_dict().
        """
        path = self.checkpoint_path(name, step=step, nearest=nearest, best=best, highest=highest)
        state = _torch.read_state(path, map_location, weights_only)
        if not isinstance(state, dict) or "model" not in state:
            raise errors.InvalidValueError(f"'{path}' was not written by save_model_checkpoint",
                                           "load it with what wrote it: checkpoint_path()")
        _torch.restore(state, model, optimizer, loader, random_numbers)
        return state
