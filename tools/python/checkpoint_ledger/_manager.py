"""The guide's CheckpointManagerV2: record states, keep changes pending, dump, save checkpoints."""

import ctypes
import io
import os
import typing

from . import _structures as s
from . import _query, _torch, _values
from . import errors
from ._generator import Inputs
from ._ledger import Ledger, open_manager
from ._library import (call, callback, components, encoded, guarded, library, text, warn)


class UpdateResult(tuple):
    """(experiment, is_new, changed), as the guide unpacks it, and more by name.

    recorded_before: any run had this state earlier. pending: what is not dumped yet. ignored_uids:
    how many discarded or tagged uids are not among the samples; first_ignored: the first of them.
    """

    experiment = property(lambda self: self[0])
    is_new = property(lambda self: self[1])
    changed = property(lambda self: self[2])

    @classmethod
    def of(cls, raw):
        result = cls((text(raw.experiment.text), raw.is_new, components(raw.changed)))
        result.recorded_before = raw.recorded_before
        result.pending = components(raw.pending)
        result.ignored_uids = raw.ignored_uids
        result.first_ignored = text(raw.first_ignored)
        if raw.ignored_uids:
            warn(f"{raw.ignored_uids} discarded or tagged uids are not among the samples and do "
                 f"not count, first '{result.first_ignored}'")
        return result


class DumpResult(typing.NamedTuple):
    """What a dump wrote; `directory` is absolute."""

    experiment: str
    dumped: set
    directory: str


class CheckpointResult(typing.NamedTuple):
    """The weights that were saved; `path` is absolute."""

    experiment: str
    step: int
    path: str
    bytes: int
    sha256: str
    pending: set


class SwitchResult(typing.NamedTuple):
    """Where the head was, which leads back, and where it is."""

    from_experiment: typing.Optional[str]
    experiment: str
    pending: set


class _Descriptor(io.FileIO):
    """A file of the library, written to and left open. It remembers why writing failed, because
    what writes to it may tell that as an error of its own."""

    def __init__(self, descriptor):
        super().__init__(descriptor, "wb", closefd=False)
        self.failure = None

    def write(self, data):
        try:
            return super().write(data)
        except OSError as failure:
            self.failure = failure
            raise


def write_to_descriptor(write, descriptor):
    """Calls write(file) with a buffered file over a descriptor of the library."""
    raw = _Descriptor(descriptor)
    try:
        with io.BufferedWriter(raw, 1 << 20) as file:
            write(file)
    except Exception:
        if raw.failure is not None:
            raise raw.failure from None
        raise


def _metric_array(metrics):
    metrics = dict(metrics or {})
    array = (s.ckl_metric * max(1, len(metrics)))()
    for at, (name, value) in enumerate(metrics.items()):
        array[at].name = encoded(name)
        array[at].value = float(value)
    return array, len(metrics)


class CheckpointManagerV2(Ledger):
    """A ledger to record in (guide, "CheckpointManagerV2").

    root_log_dir: made when it is not there. run: the line of history, "main" when None. actor: who
    records. busy_timeout: seconds to wait for other writers. training: this process trains; host,
    program and git commit are recorded. description: "full" or "guide", see
    ExperimentHashGenerator. pickler: what makes `{hash}_architecture.pkl` of a model (pickle, dill,
    cloudpickle, or a function that returns bytes); without it its description is saved. ledger:
    where ledger.db is to be when not in the root, on a disk of this machine.
    """

    def __init__(self, root_log_dir=".", run=None, actor=None, *, busy_timeout=5.0,
                 must_exist=False, training=False, description="full", pickler=None, ledger=None):
        self.description = description
        self.pickler = pickler
        self._begin(open_manager(
            root_log_dir, run=encoded(run), actor=encoded(actor), must_exist=must_exist,
            ledger=encoded(ledger), training=training, busy_timeout_ms=max(1, round(busy_timeout * 1000))
            if busy_timeout > 0 else -1))

    @property
    def created(self) -> bool:
        """Whether this opening made the ledger."""
        return library.ckl_manager_created(self.address)

    # ---- change ---------------------------------------------------------------------------------

    def _updated(self, function, *arguments):
        raw = s.ckl_update_result()
        with self.lock:
            call(function, ctypes.byref(raw), self.address, *arguments)
        return UpdateResult.of(raw)

    def update_experiment_hash(self, model=None, config=None, data_state=None,
                               dump_immediately=False, reason=None) -> UpdateResult:
        """Records a new state of any of the components; what is None keeps its value.

        Returns (hash, is_new, changed). The change is pending unless dump_immediately. data_state:
        the guide's dict, or a dataset.
        """
        inputs = Inputs(model, config, data_state, self.description, self.pickler)
        update = s.ckl_update(*inputs.addresses(), dump_immediately, encoded(reason))
        return self._updated(library.ckl_manager_update_experiment_hash, ctypes.byref(update))

    def _edit(self, action, tag, uids, dump_immediately, reason):
        array, count = _values.text_array(uids)
        edit = s.ckl_edit(action, encoded(tag), array, count, dump_immediately, encoded(reason))
        return self._updated(library.ckl_manager_edit_samples, ctypes.byref(edit))

    def discard(self, uids, reason=None, dump_immediately=False) -> UpdateResult:
        """Discards samples of the head's data state: a uid or several; all of them or none."""
        return self._edit(s.CKL_EDIT_DISCARD, None, uids, dump_immediately, reason)

    def restore(self, uids, reason=None, dump_immediately=False) -> UpdateResult:
        """Takes samples in again."""
        return self._edit(s.CKL_EDIT_RESTORE, None, uids, dump_immediately, reason)

    def tag(self, tag, uids, reason=None, dump_immediately=False) -> UpdateResult:
        """Gives samples a tag."""
        return self._edit(s.CKL_EDIT_TAG, tag, uids, dump_immediately, reason)

    def untag(self, tag, uids, reason=None, dump_immediately=False) -> UpdateResult:
        """Takes a tag from samples."""
        return self._edit(s.CKL_EDIT_UNTAG, tag, uids, dump_immediately, reason)

    def dump_pending_changes(self, force=False) -> DumpResult:
        """Writes the head's directory; with `force` also re-creates what is missing there."""
        raw = s.ckl_dump_result()
        with self.lock:
            call(library.ckl_manager_dump_pending_changes, ctypes.byref(raw), self.address, force)
            return DumpResult(text(raw.experiment.text), components(raw.dumped),
                              os.path.join(self.root, os.fsdecode(raw.directory)))

    def save_config(self, config) -> UpdateResult:
        """Records and dumps a configuration."""
        handle = _values.config_handle(config)
        return self._updated(library.ckl_manager_save_config, handle.address)

    def save_data_state(self, data_state) -> UpdateResult:
        """Records and dumps a data state."""
        handle = _values.data_handle(data_state)
        return self._updated(library.ckl_manager_save_data_state, handle.address)

    def save_model_architecture(self, model) -> UpdateResult:
        """Records and dumps a model's architecture."""
        handle = _values.model_handle(model, self.description, self.pickler)
        return self._updated(library.ckl_manager_save_model_architecture, handle.address)

    # ---- checkpoints ----------------------------------------------------------------------------

    def begin_training(self):
        """Claims the run: one process trains on it at a time. Saving a checkpoint does it, too."""
        with self.lock:
            call(library.ckl_manager_begin_training, self.address)

    def change_count(self) -> int:
        """Another number whenever some process recorded something here."""
        return library.ckl_manager_change_count(self.address)

    def save_model_checkpoint(self, model=None, step=None, force_dump_pending=False, *,
                              optimizer=None, loader=None, extra=None, random_numbers=True,
                              weights=None, move=False, metrics=None,
                              note=None) -> CheckpointResult:
        """Saves weights at a step, under the hash of what is trained.

        model: what has state_dict(); if its architecture changed, that is recorded first. The file
        is a dict: "model", and of what is given "optimizer", "loader", "extra", with the state of
        the random numbers in "random"; load_model_checkpoint() restores it, torch.load() reads it.
        weights: instead of that bytes, a path to copy (`move`: to move), or a function that is
        given an open file. metrics: numbers by name. note: what JSON can hold.
        """
        if step is None:
            raise errors.InvalidValueError("save_model_checkpoint needs a step")
        _torch.check_loader(loader)
        if weights is None:
            weights = self._weights_of(model, optimizer, loader, extra, random_numbers)
        if model is not None:
            self.update_experiment_hash(model=model)
        array, count = _metric_array(metrics)
        chosen = s.ckl_checkpoint(
            step=step, metrics=array, metric_count=count, force_dump_pending=force_dump_pending,
            note=None if note is None else _values.compact(_values.plain(note)))
        keep = self._give_weights(chosen, weights, move)
        raw = s.ckl_checkpoint_result()
        with self.lock:
            call(library.ckl_manager_save_model_checkpoint, ctypes.byref(raw), self.address,
                 ctypes.byref(chosen))
            del keep
            return CheckpointResult(text(raw.experiment.text), raw.step,
                                    os.path.join(self.root, os.fsdecode(raw.path)), raw.bytes,
                                    text(raw.sha256), components(raw.pending))

    @staticmethod
    def _weights_of(model, optimizer, loader, extra, random_numbers):
        if not callable(getattr(model, "state_dict", None)):
            raise errors.InvalidValueError(
                f"{type(model).__name__} has no state_dict(): there are no weights to save",
                "give them as weights=: bytes, a path, or a function that writes to a file")
        return lambda file: _torch.write_state(file, _torch.training_state(
            model, optimizer, loader, extra, random_numbers))

    @staticmethod
    def _give_weights(chosen, weights, move):
        """Sets one of bytes, path and write; returns what must stay alive during the call."""
        if callable(weights):
            write = callback(s.ckl_checkpoint, "write", guarded(
                lambda _context, descriptor, _error: write_to_descriptor(weights, descriptor)))
            chosen.write = write
            return write
        if isinstance(weights, (bytes, bytearray, memoryview)):
            data = bytes(weights)
            chosen.bytes = ctypes.cast(ctypes.c_char_p(data), ctypes.c_void_p)
            chosen.size = len(data)
            return data
        chosen.path, chosen.move = encoded(weights), move
        return chosen.path

    def load_model_checkpoint(self, model=None, name=None, *, step=None, nearest=None, best=None,
                              highest=False, optimizer=None, **options) -> dict:
        """As Ledger.load_model_checkpoint(). With an optimizer training goes on from these weights:
        that is recorded, and the next checkpoint says what it came from."""
        path = self.checkpoint_path(name, step=step, nearest=nearest, best=best, highest=highest)
        state = super().load_model_checkpoint(model, name, step=step, nearest=nearest, best=best,
                                              highest=highest, optimizer=optimizer, **options)
        if optimizer is not None:
            found = [row for row in self.checkpoints(name or "@", all_runs=True)
                     if os.path.join(self.root, row.path) == path]
            self.resume_from(found[-1].experiment, found[-1].step)
        return state

    def resume_from(self, name, step):
        """Says that training goes on from the weights of a checkpoint; the head stays."""
        with self.lock:
            call(library.ckl_manager_resume_from, self.address, encoded(name), step)

    def gc(self, *, keep_last=0, keep_every=0, keep_best=None, highest=False, max_bytes=None,
           names=(), all_runs=False, dry_run=False, reason=None) -> list:
        """Gives the space of weights back: what no rule keeps goes, history stays. `names`: pairs
        of hash and step that go in any case. Returns a list of Weights; dry_run: only says."""
        named = (s.ckl_gc_name * max(1, len(names)))(*(
            (encoded(name), step) for name, step in names))
        chosen = s.ckl_gc_options(
            keep_last=keep_last, keep_every=keep_every, keep_best=encoded(keep_best),
            highest=highest, limit_bytes=max_bytes is not None, max_bytes=max_bytes or 0,
            names=named, name_count=len(names), all_runs=all_runs, dry_run=dry_run,
            reason=encoded(reason))
        with _query.rows(self, _query.Weights, s.ckl_gc_row, _query.weights_row,
                         library.ckl_gc_next, library.ckl_gc_close, library.ckl_gc_run,
                         ctypes.byref(chosen)) as rows:
            return list(rows)

    def log_metric(self, step, name, value):
        """A metric of the head at a step. Buffered: written with the next change, or soon."""
        with self.lock:
            call(library.ckl_manager_log_metric, self.address, step, encoded(name), float(value))

    def log_metrics(self, step, metrics):
        """Several metrics of one step, by name."""
        for name, value in metrics.items():
            self.log_metric(step, name, value)

    def flush_metrics(self):
        """Writes what is buffered now."""
        with self.lock:
            call(library.ckl_manager_flush_metrics, self.address)

    # ---- move about -----------------------------------------------------------------------------

    def switch(self, name, step=None) -> SwitchResult:
        """Moves the head to a recorded experiment, and to its checkpoint at `step`; the next
        change branches from there. Switching to `from_experiment` leads back."""
        raw = s.ckl_switch_result()
        with self.lock:
            call(library.ckl_manager_switch, ctypes.byref(raw), self.address, encoded(name),
                 -1 if step is None else step)
        return SwitchResult(text(getattr(raw, "from").text), text(raw.experiment.text),
                            components(raw.pending))

    def new_run(self, name, from_experiment=None):
        """Begins a line of history, at a recorded experiment or empty."""
        with self.lock:
            call(library.ckl_manager_new_run, self.address, encoded(name), encoded(from_experiment))

    def ignore(self, path, ignored=True, reason=None) -> bool:
        """Leaves a JSON Pointer out of configurations' hashes, or takes it in again; whether that
        changed anything."""
        changed = ctypes.c_bool()
        with self.lock:
            call(library.ckl_manager_ignore, ctypes.byref(changed), self.address, encoded(path),
                 ignored, encoded(reason))
        return changed.value

    def ignored_paths(self) -> list:
        """The JSON Pointers that are left out now."""
        out, count = ctypes.POINTER(ctypes.c_void_p)(), ctypes.c_size_t()
        with self.lock:
            call(library.ckl_manager_ignored_paths, ctypes.byref(out), ctypes.byref(count),
                 self.address)
        try:
            return [ctypes.string_at(out[at]).decode() for at in range(count.value)]
        finally:
            library.ckl_free(out)
