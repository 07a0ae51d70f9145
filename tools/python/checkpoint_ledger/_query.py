"""What the ledger answers: cursors of the library as iterators of rows, and differences."""

import ctypes
import datetime
import json
import typing

from . import _structures as s
from . import errors
from ._library import call, components, encoded, library, text

_EPOCH = datetime.datetime(1970, 1, 1, tzinfo=datetime.timezone.utc)


def moment(microseconds):
    """A time of the library; None for none."""
    return _EPOCH + datetime.timedelta(microseconds=microseconds) if microseconds else None


def _json(value):
    return None if value is None else json.loads(value)


def _step(value):
    return None if value < 0 else value


class Event(typing.NamedTuple):
    """One entry of the history: what happened, when, by whom, and why."""

    seq: int
    at: datetime.datetime
    run: str
    kind: str
    experiment: typing.Optional[str]
    from_experiment: typing.Optional[str]
    changed: set
    superseded: bool
    actor: str
    reason: typing.Optional[str]
    step: typing.Optional[int]
    detail: typing.Any


def event_row(row):
    return Event(row.seq, moment(row.at_us), text(row.run), text(row.kind), text(row.experiment),
                 text(getattr(row, "from")), components(row.changed), row.superseded,
                 text(row.actor), text(row.reason), _step(row.step), _json(text(row.detail)))


class Parent(typing.NamedTuple):
    """One way in which an experiment was reached."""

    experiment: typing.Optional[str]
    run: str
    kind: str
    seq: int
    at: datetime.datetime
    changed: set


def parent_row(row):
    return Parent(text(row.experiment), text(row.run), text(row.kind), row.seq, moment(row.at_us),
                  components(row.changed))


class Session(typing.NamedTuple):
    """A training session: where it ran, and with what code."""

    started_at: datetime.datetime
    run: str
    host: str
    user: str
    program: str
    arguments: str
    pid: int
    git_commit: typing.Optional[str]
    git_dirty: bool
    git_diff: typing.Optional[str]
    libraries: typing.Any
    ended_at: typing.Optional[datetime.datetime]
    outcome: typing.Optional[str]


def session_row(row):
    return Session(moment(row.started_at_us), text(row.run), text(row.host), text(row.user),
                   text(row.program), text(row.arguments), row.pid, text(row.git_commit),
                   row.git_dirty, text(row.git_diff), _json(text(row.libraries)),
                   moment(row.ended_at_us), text(row.outcome))


class Checkpoint(typing.NamedTuple):
    """One saved set of weights; `path` is relative to the root."""

    seq: int
    at: datetime.datetime
    step: int
    run: str
    experiment: str
    path: str
    state: str
    bytes: int
    sha256: str
    note: typing.Any
    from_checkpoint: typing.Optional[str]
    first_step: typing.Optional[int]
    pending: set
    metrics: dict
    origin: str
    file_name: typing.Optional[str]


def checkpoint_row(row):
    return Checkpoint(row.seq, moment(row.at_us), row.step, text(row.run), text(row.experiment),
                      text(row.path), text(row.state), row.bytes, text(row.sha256),
                      _json(text(row.note)), text(row.from_checkpoint), _step(row.first_step),
                      components(row.pending), _json(text(row.metrics)) or {}, text(row.origin),
                      text(row.file_name))


class Run(typing.NamedTuple):
    """One line of history."""

    name: str
    experiment: typing.Optional[str]
    pending: set
    last_event_at: typing.Optional[datetime.datetime]


def run_row(row):
    return Run(text(row.name), text(row.experiment), components(row.pending),
               moment(row.last_event_at_us))


class MetricSeries(typing.NamedTuple):
    """One metric of one state in one run, without its values."""

    run: str
    experiment: str
    metric: str
    value_count: int
    first_step: int
    last_step: int


def series_row(row):
    return MetricSeries(text(row.run), text(row.experiment), text(row.metric), row.value_count,
                        row.first_step, row.last_step)


class Metric(typing.NamedTuple):
    """One value of a metric; NaN: it was no number."""

    step: int
    at: datetime.datetime
    value: float


def metric_row(row):
    return Metric(row.step, moment(row.at_us), row.value)


class Code(typing.NamedTuple):
    """The code that a training session ran; `difference`: the SHA-256 of what was not committed."""

    commit: typing.Optional[str]
    dirty: bool
    difference: typing.Optional[str]


class Weights(typing.NamedTuple):
    """What gc() decided of one checkpoint, and why; `copy`: a file that stays with equal bytes."""

    run: str
    experiment: str
    path: str
    step: int
    bytes: int
    removed: bool
    why: str
    copy: typing.Optional[str]


def weights_row(row):
    return Weights(text(row.run), text(row.experiment), text(row.path), row.step, row.bytes,
                   row.removed, text(row.why), text(row.copy))


class Entry(typing.NamedTuple):
    """One line of the difference of models (texts) or configurations (values)."""

    name: str
    change: str
    value_from: typing.Any
    value_to: typing.Any


def model_entry(row):
    return Entry(text(row.name), text(row.change), text(getattr(row, "from")), text(row.to))


def config_entry(row):
    return Entry(row.name.decode("utf-8"), text(row.change), _json(text(getattr(row, "from"))),
                 _json(text(row.to)))


class SampleChange(typing.NamedTuple):
    """What happened to one sample; None: it is not in that state."""

    uid: str
    change: str
    discarded_from: typing.Optional[bool]
    discarded_to: typing.Optional[bool]
    tags_added: tuple
    tags_removed: tuple


def _flag(value):
    return None if value < 0 else bool(value)


def sample_change(row):
    return SampleChange(text(row.uid), text(row.change), _flag(row.discarded_from),
                        _flag(row.discarded_to),
                        tuple(map(text, row.tags_added[:row.tags_added_count])),
                        tuple(map(text, row.tags_removed[:row.tags_removed_count])))


class Reading:
    """What reads from a ledger: its handle is released under the ledger's lock."""

    def __init__(self, owner, handle):
        self._owner = owner
        self._handle = handle

    def close(self):
        if self._handle.is_foreign:
            self._handle.close()
            return
        with self._owner.lock:
            self._handle.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def __del__(self):
        if hasattr(self, "_owner"):
            self._owner.drop(self._handle)


class Rows(Reading):
    """Rows as they are read, in one pass; closed at the end, by close(), or by `with`.

    What it reads is one moment of the ledger. `columns` names the values of a row.
    """

    def __init__(self, owner, handle, columns, following):
        super().__init__(owner, handle)
        self.columns = tuple(columns)
        self._following = following

    def __iter__(self):
        return self

    def __next__(self):
        with self._owner.lock:
            if not self._handle.is_open:
                raise StopIteration
            row = self._following(self._handle)
            if row is None:
                self._handle.close()
                raise StopIteration
            return row

    def to_pandas(self):
        """The rest of the rows as a pandas.DataFrame."""
        return frame(self, self.columns)


def frame(rows, columns):
    """A pandas.DataFrame; pandas is asked for only here."""
    import pandas
    return pandas.DataFrame([tuple(row) for row in rows], columns=list(columns))


def rows(owner, kind, structure, convert, following, release, opening, *arguments):
    """A cursor of the library over a manager, as Rows."""
    with owner.lock:
        out = ctypes.c_void_p()
        call(opening, ctypes.byref(out), owner.address, *arguments)
        handle = owner.adopt(out, release, "cursor")
    raw = structure()

    def read(cursor):
        return convert(raw) if call(following, ctypes.byref(raw), cursor.address) else None

    return Rows(owner, handle, kind._fields, read)


class Diff(Reading):
    """What differs between two experiments, from the models down to single samples.

    `model`, `config` and `samples` are lists, read when they are first asked for. Close it, use it
    in a `with` block, or let go of it.
    """

    def __init__(self, owner, first, second):
        with owner.lock:
            out = ctypes.c_void_p()
            call(library.ckl_diff_open, ctypes.byref(out), owner.address, encoded(first),
                 encoded(second))
            super().__init__(owner, owner.adopt(out, library.ckl_diff_close, "difference"))
            info = s.ckl_diff_info()
            call(library.ckl_diff_summary, ctypes.byref(info), out)
        self.from_experiment = text(getattr(info, "from").text)
        self.to_experiment = text(info.to.text)
        self.changed = components(info.changed)
        self.counts = {name: getattr(info, name) for name in
                       ("added", "removed", "discarded", "restored", "tagged", "untagged")}
        self._lists = {}

    def _list(self, name, structure, function, convert):
        with self._owner.lock:
            if name not in self._lists:
                found, raw = [], structure()
                while call(function, ctypes.byref(raw), self._handle.address):
                    found.append(convert(raw))
                self._lists[name] = found
            return self._lists[name]

    @property
    def model(self):
        """Entry by Entry, by name of the module."""
        return self._list("model", s.ckl_diff_entry, library.ckl_diff_next_model, model_entry)

    @property
    def config(self):
        """Entry by Entry, by JSON Pointer."""
        return self._list("config", s.ckl_diff_entry, library.ckl_diff_next_config, config_entry)

    @property
    def samples(self):
        """SampleChange by SampleChange, by uid."""
        return self._list("samples", s.ckl_diff_sample, library.ckl_diff_next_sample,
                          sample_change)

    @property
    def code(self):
        """(Code, Code) of the two when the code changed, which no hash shows; else None."""
        with self._owner.lock:
            raw = s.ckl_diff_code()
            call(library.ckl_diff_read_code, ctypes.byref(raw), self._handle.address)
        if not raw.changed:
            return None
        return tuple(Code(text(one.commit), one.dirty, text(one.difference))
                     for one in (getattr(raw, "from"), raw.to))

    def to_pandas(self):
        """The samples as a pandas.DataFrame."""
        return frame(self.samples, SampleChange._fields)

    def __bool__(self):
        return bool(self.changed)

    def __repr__(self):
        return (f"<Diff {self.from_experiment} -> {self.to_experiment}: "
                f"{', '.join(sorted(self.changed)) or 'no difference'}>")


class ComponentInfo(typing.NamedTuple):
    """One component of an experiment; `offset` is not 0 after a clash of segments."""

    segment: str
    digest: str
    offset: int


class Experiment(typing.NamedTuple):
    """What is known of one experiment; a component that is absent is None."""

    hash: str
    model: typing.Optional[ComponentInfo]
    config: typing.Optional[ComponentInfo]
    data: typing.Optional[ComponentInfo]
    first_seq: int
    first_at: datetime.datetime
    dumped_at: typing.Optional[datetime.datetime]
    samples: dict
    checkpoint_count: int

    @property
    def dumped(self):
        return self.dumped_at is not None


def counts(value):
    return {"total": value.total, "discarded": value.discarded, "tagged": value.tagged}


def _component(info):
    if not info.present:
        return None
    return ComponentInfo(text(info.segment), text(info.digest), info.offset)


def experiment_info(owner, name):
    info = s.ckl_experiment_info()
    with owner.lock:
        call(library.ckl_experiment, ctypes.byref(info), owner.address, encoded(name))
    return Experiment(text(info.hash.text), _component(info.model), _component(info.config),
                      _component(info.data), info.first_seq, moment(info.first_at_us),
                      moment(info.dumped_at_us) if info.dumped else None, counts(info.samples),
                      info.checkpoint_count)


class Status(typing.NamedTuple):
    """Where a run stands."""

    experiment: typing.Optional[str]
    pending: set
    last_dumped: typing.Optional[str]
    last_checkpoint_step: typing.Optional[int]
    last_checkpoint_path: typing.Optional[str]
    samples: dict
    degraded: typing.Optional[str]
    trainer: typing.Optional[str]


def status_info(owner):
    info = s.ckl_status_info()
    with owner.lock:
        call(library.ckl_manager_status, ctypes.byref(info), owner.address)
    return Status(text(info.experiment.text), components(info.pending), text(info.last_dumped.text),
                  _step(info.last_checkpoint_step), text(info.last_checkpoint_path),
                  counts(info.samples), text(info.degraded), text(info.trainer))


def since_us(since):
    """A datetime (without a zone: local), or seconds since 1970, in microseconds."""
    if since is None:
        return 0
    if isinstance(since, datetime.datetime):
        return (since.astimezone(datetime.timezone.utc) - _EPOCH) // datetime.timedelta(
            microseconds=1)
    if isinstance(since, (int, float)):
        return int(since * 1_000_000)
    raise errors.InvalidValueError(f"since is a datetime or seconds, not {since!r}")
