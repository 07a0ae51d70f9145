"""Checkpoint Ledger for Python: what changed between two results, and when, by whom, and why.

    from checkpoint_ledger import checkpoint_on_step, get_checkpoint_system

    system = get_checkpoint_system("experiments", checkpoint_frequency=100)
    system.register_model(model, optimizer=optimizer)
    system.register_config(config)
    system.register_dataset(dataset)
    for step in range(1, 1001):
        train_step()
        checkpoint_on_step(step)

    with Ledger("experiments") as ledger:
        for event in ledger.log():
            print(event.at, event.kind, event.experiment, event.reason)

Names and signatures are those of the guide; everything is decided, hashed and recorded by libckl.
"""

from ._automatic import (STEP_NEXT, AutomaticCheckpointSystem, Change, checkpoint_on_config_change,
                         checkpoint_on_data_change, checkpoint_on_model_change, checkpoint_on_step,
                         close_checkpoint_system, get_checkpoint_system, log_metric,
                         register_change_listener, register_config, register_dataset,
                         register_model)
from ._generator import ExperimentHashGenerator, canonical_text, compare_hashes
from ._ledger import Ledger
from ._manager import (CheckpointManagerV2, CheckpointResult, DumpResult, SwitchResult,
                       UpdateResult)
from ._query import (Checkpoint, Code, ComponentInfo, Diff, Entry, Event, Experiment, Metric,
                     MetricSeries, Parent, Rows, Run, SampleChange, Session, Status, Weights)
from ._structures import CKL_VERSION as __version__
from ._torch import ResumableLoader, describe
from .errors import (AmbiguousHashError, BusyError, CheckpointLedgerError, CheckpointWarning,
                     DamagedError, DiskFullError, IncompatibleHashError, InvalidValueError,
                     MisuseError, NoSourceError, NotFoundError, RefusedError, StorageError)

__all__ = [name for name in dir() if not name.startswith("_")] + ["__version__"]
