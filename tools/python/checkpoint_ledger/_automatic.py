"""The automatic system: one per process, in the library; this holds the Python side of its sources.

Keeps true: what the library may call back stays alive as long as it is registered; the library is
never called from its own callbacks, which run with its lock held.
"""

import atexit
import ctypes
import os
import threading

from . import _dataset, _torch, _values
from . import _structures as s
from . import errors
from ._ledger import Ledger
from ._library import (Handle, after_call, call, callback, encoded, generation, guarded,
                       guarded_listener, library, text, thread, warn, warning_sink_pointer)
from ._manager import CheckpointManagerV2, write_to_descriptor

STEP_NEXT = s.CKL_STEP_NEXT

# What may pass: the library says so once, and tries again; training goes on.
_PASSING = (errors.StorageError, errors.NotFoundError, errors.DamagedError, errors.BusyError,
            OSError, MemoryError)


class Change:
    """What another process changed: told to change listeners at the next step.

    from_experiment, to_experiment: hashes. changed: names of components. samples: SampleChange by
    uid. config, model: Entry by Entry.
    """

    def __init__(self, ledger, first, second):
        with ledger.diff(first, second) as difference:
            self.from_experiment = difference.from_experiment
            self.to_experiment = difference.to_experiment
            self.changed = difference.changed
            self.samples = difference.samples
            self.config = difference.config
            self.model = difference.model

    def __repr__(self):
        return (f"<Change {self.from_experiment} -> {self.to_experiment}: "
                f"{', '.join(sorted(self.changed))}>")


def _borrowed(kind, address, lock):
    """A manager of the library's own, which is not ours to close."""
    view = kind.__new__(kind)
    view._begin(Handle(ctypes.c_void_p(address), None, "checkpoint system"), lock)
    view.description, view.pickler = "full", None
    return view


class _State:
    """What is registered and what is open in this process."""

    def __init__(self):
        self.lock = threading.RLock()
        self.kept = {}  # callbacks that the library holds, by kind of source
        self.generation = None  # of the process that opened it; None: nobody did here
        self.system = None
        self.manager = None
        self.forget_sources()

    def forget_sources(self):
        self.description, self.pickler = "full", None
        self.model = self.optimizer = self.loader = self.extra = self.weights = None
        self.config = self.dataset = self.listener = None


_state = _State()


def _enter():
    """Before every call: not from a callback, not in a forked child; and warnings go to Python."""
    if thread.within:
        raise errors.MisuseError("the automatic system is called from its own callback",
                                 "let the callback return first", "CKL_MISUSE")
    if _state.generation is None:
        _open(s.ckl_system_options(warnings=warning_sink_pointer), must=False)
    elif _state.generation != generation():
        raise errors.MisuseError("the automatic system was opened before a fork",
                                 "record in the parent, or call close_checkpoint_system() first",
                                 "CKL_MISUSE")


def _open(options, must):
    """Opens it; unless it must be open now, later steps try again."""
    out = ctypes.c_void_p()
    try:
        call(library.ckl_get_checkpoint_system, ctypes.byref(out), ctypes.byref(options))
        _manager()  # known as open from here on
    except _PASSING:
        if must:
            raise
    _state.generation = generation()


def _close_at_exit():
    if _state.generation is not None and _state.generation == generation():
        close_checkpoint_system()


def _forked():
    """Another thread of the parent may have had the lock."""
    _state.lock = threading.RLock()
    thread.within = 0


os.register_at_fork(after_in_child=_forked)
# Before the library's own end of the process, which comes when no Python can run any more.
atexit.register(_close_at_exit)


def close_checkpoint_system():
    """Closes the process's system; the next call opens anew. What is registered stays."""
    with _state.lock:
        if _state.manager is not None:
            _state.manager.close()
        _state.manager = _state.system = _state.generation = None
        library.ckl_close_checkpoint_system()
        after_call()


# ---- sources -------------------------------------------------------------------------------------


def _register(function, structure, callbacks):
    """Gives the library a source made of Python functions; None takes it away."""
    with _state.lock:
        if callbacks is None:
            call(function, None)
            _state.kept.pop(structure, None)
            return
        source = structure(**{name: callback(structure, name, one)
                              for name, one in callbacks.items()})
        call(function, ctypes.byref(source))
        _state.kept[structure] = source


def _describe(_context, out, _error):
    out[0] = _values.model_handle(_state.model, _state.description, _state.pickler).give_away()


def _write_weights(_context, descriptor, _error):
    if _state.weights is not None:
        write_to_descriptor(_state.weights, descriptor)
        return
    state = _torch.training_state(_state.model, _state.optimizer, _state.loader,
                                  _state.extra() if callable(_state.extra) else _state.extra)
    write_to_descriptor(lambda file: _torch.write_state(file, state), descriptor)


def register_model(model, *, optimizer=None, loader=None, extra=None, weights=None):
    """The model that is trained, and what training needs to go on from its weights.

    optimizer: one with state_dict(), or a dict of several. loader: a ResumableLoader. extra: more
    to save, or a function that returns it. weights: a function that writes the weights to an open
    file, for models without state_dict(). None as the model takes it away.
    """
    with _state.lock:
        if model is None:
            _register(library.ckl_register_model_source, s.ckl_model_source, None)
            _state.model = None
            return
        if weights is None and not callable(getattr(model, "state_dict", None)):
            raise errors.InvalidValueError(
                f"{type(model).__name__} has no state_dict(): its weights cannot be saved",
                "give weights=, a function that writes them to a file")
        _torch.check_loader(loader)
        _state.model, _state.optimizer, _state.loader = model, optimizer, loader
        _state.extra, _state.weights = extra, weights
        _register(library.ckl_register_model_source, s.ckl_model_source,
                  {"describe": guarded(_describe), "write_weights": guarded(_write_weights)})


def _read_config(_context, out, _error):
    value = _state.config() if callable(_state.config) else _state.config
    out[0] = _values.config_handle(value).give_away()


def register_config(config):
    """The hyperparameters: a dict that is read again at every change, or a function that returns
    one. None takes it away."""
    with _state.lock:
        _state.config = config
        _register(library.ckl_register_config_source, s.ckl_config_source,
                  None if config is None else {"read": guarded(_read_config)})


class _Samples:
    """A dataset's answers for the length of one reading, by the uid's bytes."""

    def __init__(self):
        self.discarded, self.tags = set(), {}

    def read(self, _context, state, _error):
        value = _dataset.state_of(_state.dataset)
        self.discarded = {encoded(uid) for uid in value["discarded"]}
        self.tags = {encoded(uid): [encoded(tag) for tag in tags]
                     for uid, tags in value["tags"].items()}
        for uid in value["uids"]:
            call(library.ckl_data_state_add, state, encoded(uid))

    def is_discarded(self, _context, uid):
        return uid in self.discarded

    def add_tags(self, _context, uid, state, _error):
        for tag in self.tags.get(uid, ()):
            call(library.ckl_data_state_add_tag, state, uid, tag)


def register_dataset(dataset):
    """The dataset, by the guide's protocol: get_sample_uids() or .sample_ids or .uids;
    is_discarded(uid); get_tags(uid) or .tags. What other processes change reaches its own
    discard(uid), restore(uid), add_tag(uid, tag) and remove_tag(uid, tag), as far as it has them.
    None takes it away."""
    with _state.lock:
        if dataset is not None:
            _dataset.state_of(dataset)  # says now what it lacks
        _state.dataset = dataset
        samples = _Samples()
        _register(library.ckl_register_dataset_source, s.ckl_dataset_source,
                  None if dataset is None else {
                      "get_sample_uids": guarded(samples.read),
                      "is_discarded": samples.is_discarded,
                      "get_tags": guarded(samples.add_tags)})
        _listen()


def register_change_listener(listener):
    """A function that is given a Change at the next step after another process moved the head. It
    must not call the automatic system. None takes it away."""
    with _state.lock:
        _state.listener = listener
        _listen()


def _listen():
    wanted = _state.listener is not None or _state.dataset is not None
    _register(library.ckl_register_change_listener, s.ckl_change_listener,
              {"on_change": guarded_listener(_on_change)} if wanted else None)


def _on_change(_context, manager, first, second):
    change = Change(_borrowed(Ledger, manager, threading.RLock()), text(first), text(second))
    if _state.dataset is not None:
        _dataset.apply_changes(_state.dataset, change.samples)
    if _state.listener is not None:
        _state.listener(change)


# ---- the guide's calls ---------------------------------------------------------------------------


def checkpoint_on_step(step=STEP_NEXT, force_dump=False) -> bool:
    """Call it once a step, after the step is trained; without a step it counts by itself.

    Dumps what is pending at the first step after a change, or with force_dump; saves weights when
    `step` is a multiple of the frequency and over 0. Returns False, with a warning, when the disk
    did not take these weights: training goes on.
    """
    with _state.lock:
        if _state.generation != generation() or thread.within:
            _enter()
        try:
            return call(library.ckl_checkpoint_on_step, step, force_dump)
        except _PASSING as failure:
            if isinstance(failure, errors.BusyError) and not _is_ours():
                raise
            warn(f"the weights of step {step} were not saved, training goes on: {failure}")
            return False


def _is_ours():
    """Whether this process is the one that trains on the run."""
    try:
        trainer = _manager().status().trainer
    except (errors.CheckpointLedgerError, AttributeError):
        return False
    return trainer is not None and f"pid {os.getpid()}," in trainer


def checkpoint_on_model_change(model=None, dump_immediately=False):
    """Says that the architecture changed: pending until training resumes, unless dump_immediately.

    Without a model the registered one is described; a model with state_dict() that is given here
    is the registered one from here on.
    """
    with _state.lock:
        _enter()
        handle = None
        if model is not None:
            if callable(getattr(model, "state_dict", None)) and model is not _state.model:
                register_model(model, optimizer=_state.optimizer, loader=_state.loader,
                               extra=_state.extra)
            handle = _values.model_handle(model, _state.description, _state.pickler)
        call(library.ckl_checkpoint_on_model_change, handle and handle.address, dump_immediately)


def checkpoint_on_config_change(config=None, dump_immediately=False):
    """Says that hyperparameters changed: those that are given, else the registered ones."""
    with _state.lock:
        _enter()
        handle = None if config is None else _values.config_handle(config)
        call(library.ckl_checkpoint_on_config_change, handle and handle.address, dump_immediately)


def checkpoint_on_data_change(data_state=None, dump_immediately=False):
    """Says that samples were discarded or tagged: a data state in the guide's form, a dataset, or
    None for the registered dataset."""
    with _state.lock:
        _enter()
        value = data_state if data_state is not None else _state.dataset
        handle = None if value is None else _values.data_handle(value)
        call(library.ckl_checkpoint_on_data_change, handle and handle.address, dump_immediately)


def log_metric(step, name, value):
    """A metric of what is trained, at a step."""
    with _state.lock:
        _enter()
        call(library.ckl_log_metric, step, encoded(name), float(value))


# ---- the system ----------------------------------------------------------------------------------


def _manager():
    """The manager of the open system; None on ranks that do not record."""
    with _state.lock:
        out = ctypes.c_void_p()
        call(library.ckl_get_checkpoint_system, ctypes.byref(out), None)
        if not out.value:
            return None
        if _state.manager is None or _state.manager.address.value != out.value:
            if _state.manager is not None:
                _state.manager.close()
            _state.manager = _borrowed(CheckpointManagerV2, out.value, _state.lock)
            _state.manager.description = _state.description
            _state.manager.pickler = _state.pickler
        return _state.manager


class AutomaticCheckpointSystem:
    """The process's automatic system: there is one, and this is a way to hold it.

    root_log_dir: $CKL_ROOT, else "." when None. checkpoint_frequency: steps between weights, 100
    when None. run, actor: as CheckpointManagerV2 takes. rank: of this process in a distributed job,
    $RANK when None; only rank 0 records. keep_last: how many newest checkpoints keep their weights.
    description, pickler: as CheckpointManagerV2 takes.
    """

    def __init__(self, root_log_dir=None, checkpoint_frequency=None, run=None, actor=None, *,
                 rank=None, keep_last=None, description="full", pickler=None):
        with _state.lock:
            if thread.within or _state.generation is not None:
                _enter()
            _open(s.ckl_system_options(
                root_log_dir=encoded(root_log_dir), run=encoded(run), actor=encoded(actor),
                checkpoint_frequency=checkpoint_frequency or 0, rank=rank or 0,
                keep_last=keep_last or 0, warnings=warning_sink_pointer), must=True)
            _state.description, _state.pickler = description, pickler
            _state.system = self

    manager = property(lambda self: _manager(), doc="Its CheckpointManagerV2, for reading what was "
                       "recorded; None on ranks that do not record.")

    on_step = staticmethod(checkpoint_on_step)
    on_model_change = staticmethod(checkpoint_on_model_change)
    on_config_change = staticmethod(checkpoint_on_config_change)
    on_data_change = staticmethod(checkpoint_on_data_change)
    log_metric = staticmethod(log_metric)
    register_model = staticmethod(register_model)
    register_config = staticmethod(register_config)
    register_dataset = staticmethod(register_dataset)
    register_change_listener = staticmethod(register_change_listener)
    close = staticmethod(close_checkpoint_system)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


def get_checkpoint_system(root_log_dir=None, checkpoint_frequency=None, run=None, actor=None,
                          **options) -> AutomaticCheckpointSystem:
    """The process's system, opened at the first call; without arguments whatever is open, else the
    defaults. Other arguments than it is open with raise MisuseError."""
    with _state.lock:
        given = any(one is not None for one in (root_log_dir, checkpoint_frequency, run, actor))
        if not given and not options and _state.generation is not None:
            _enter()
            if _state.system is None:
                _state.system = AutomaticCheckpointSystem.__new__(AutomaticCheckpointSystem)
            return _state.system
        return AutomaticCheckpointSystem(root_log_dir, checkpoint_frequency, run, actor, **options)
