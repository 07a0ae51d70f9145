"""Written by tools/python/generate.py from include/ckl/*.h: not to be edited."""

import ctypes

CKL_ABSENT_SEGMENT = '00000000'
CKL_ALL_COMPONENTS = 7
CKL_AMBIGUOUS = 4
CKL_AT_STEP = 0
CKL_BEST_HIGHEST = 3
CKL_BEST_LOWEST = 2
CKL_BUSY = 9
CKL_CONFIG = 2
CKL_DAMAGED = 8
CKL_DATA = 4
CKL_DONE = 1
CKL_EDIT_DISCARD = 0
CKL_EDIT_RESTORE = 1
CKL_EDIT_TAG = 2
CKL_EDIT_UNTAG = 3
CKL_FORMAT_BY_NAME = 0
CKL_FORMAT_CSV = 4
CKL_FORMAT_JSON = 1
CKL_FORMAT_JSON_LINES = 3
CKL_FORMAT_YAML = 2
CKL_HASH_LENGTH = 24
CKL_INVALID = 3
CKL_IO = 11
CKL_LATEST = 1
CKL_MISUSE = 7
CKL_MODEL = 1
CKL_NAMES = 0
CKL_NEAREST = 4
CKL_NOTES = 1
CKL_NOT_FOUND = 2
CKL_NO_MEMORY = 13
CKL_NO_SOURCE = 6
CKL_NO_SPACE = 12
CKL_OK = 0
CKL_REFUSED = 10
CKL_SEGMENT_LENGTH = 8
CKL_SQL_BLOB = 4
CKL_SQL_INTEGER = 1
CKL_SQL_NULL = 0
CKL_SQL_REAL = 2
CKL_SQL_TEXT = 3
CKL_STEP_NEXT = -1
CKL_TAG_MAX = 256
CKL_UID_MAX = 1024
CKL_V2_HASH = 5
CKL_VERSION = '0.1.0'
CKL_WHERE_CHANGED = 4
CKL_WHERE_CONFIG = 0
CKL_WHERE_METRIC = 1
CKL_WHERE_MODULE = 2
CKL_WHERE_RUN = 5
CKL_WHERE_TAG = 3

STATUS_NAMES = (
    'CKL_OK',
    'CKL_DONE',
    'CKL_NOT_FOUND',
    'CKL_INVALID',
    'CKL_AMBIGUOUS',
    'CKL_V2_HASH',
    'CKL_NO_SOURCE',
    'CKL_MISUSE',
    'CKL_DAMAGED',
    'CKL_BUSY',
    'CKL_REFUSED',
    'CKL_IO',
    'CKL_NO_SPACE',
    'CKL_NO_MEMORY',
)


class ckl_error(ctypes.Structure):
    _fields_ = [
        ('code', ctypes.c_int),
        ('message', ctypes.c_char * 1024),
        ('hint', ctypes.c_char * 512),
    ]


class ckl_hash(ctypes.Structure):
    _fields_ = [
        ('text', ctypes.c_char * 25),
    ]


class ckl_warning_sink(ctypes.Structure):
    _fields_ = [
        ('warn', ctypes.CFUNCTYPE(None, ctypes.c_void_p, ctypes.c_char_p)),
        ('context', ctypes.c_void_p),
    ]


class ckl_sample(ctypes.Structure):
    _fields_ = [
        ('uid', ctypes.c_char_p),
        ('discarded', ctypes.c_bool),
        ('tag_count', ctypes.c_size_t),
        ('tags', ctypes.POINTER(ctypes.c_char_p)),
    ]


class ckl_sample_counts(ctypes.Structure):
    _fields_ = [
        ('total', ctypes.c_uint64),
        ('discarded', ctypes.c_uint64),
        ('tagged', ctypes.c_uint64),
    ]


class ckl_component_hashes(ctypes.Structure):
    _fields_ = [
        ('model', ctypes.c_char * 9),
        ('config', ctypes.c_char * 9),
        ('data', ctypes.c_char * 9),
        ('combined', ckl_hash),
    ]


class ckl_canonical_options(ctypes.Structure):
    _fields_ = [
        ('lines', ctypes.c_bool),
        ('ignored', ctypes.POINTER(ctypes.c_char_p)),
        ('ignored_count', ctypes.c_size_t),
    ]


class ckl_options(ctypes.Structure):
    _fields_ = [
        ('run', ctypes.c_char_p),
        ('actor', ctypes.c_char_p),
        ('busy_timeout_ms', ctypes.c_int),
        ('read_only', ctypes.c_bool),
        ('must_exist', ctypes.c_bool),
        ('training', ctypes.c_bool),
        ('warnings', ctypes.POINTER(ckl_warning_sink)),
        ('ledger', ctypes.c_char_p),
    ]


class ckl_update(ctypes.Structure):
    _fields_ = [
        ('model', ctypes.c_void_p),
        ('config', ctypes.c_void_p),
        ('data', ctypes.c_void_p),
        ('dump_immediately', ctypes.c_bool),
        ('reason', ctypes.c_char_p),
    ]


class ckl_update_result(ctypes.Structure):
    _fields_ = [
        ('experiment', ckl_hash),
        ('is_new', ctypes.c_bool),
        ('recorded_before', ctypes.c_bool),
        ('changed', ctypes.c_uint),
        ('pending', ctypes.c_uint),
        ('ignored_uids', ctypes.c_uint64),
        ('first_ignored', ctypes.c_char * 256),
        ('from', ckl_hash),
    ]


class ckl_edit(ctypes.Structure):
    _fields_ = [
        ('action', ctypes.c_int),
        ('tag', ctypes.c_char_p),
        ('uids', ctypes.POINTER(ctypes.c_char_p)),
        ('uid_count', ctypes.c_size_t),
        ('dump_immediately', ctypes.c_bool),
        ('reason', ctypes.c_char_p),
    ]


class ckl_dump_result(ctypes.Structure):
    _fields_ = [
        ('experiment', ckl_hash),
        ('dumped', ctypes.c_uint),
        ('directory', ctypes.c_char * 192),
    ]


class ckl_metric(ctypes.Structure):
    _fields_ = [
        ('name', ctypes.c_char_p),
        ('value', ctypes.c_double),
    ]


class ckl_checkpoint(ctypes.Structure):
    _fields_ = [
        ('step', ctypes.c_int64),
        ('bytes', ctypes.c_void_p),
        ('size', ctypes.c_size_t),
        ('write', ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p, ctypes.c_int, ctypes.POINTER(ckl_error))),
        ('context', ctypes.c_void_p),
        ('path', ctypes.c_char_p),
        ('move', ctypes.c_bool),
        ('metrics', ctypes.POINTER(ckl_metric)),
        ('metric_count', ctypes.c_size_t),
        ('note', ctypes.c_char_p),
        ('force_dump_pending', ctypes.c_bool),
    ]


class ckl_checkpoint_result(ctypes.Structure):
    _fields_ = [
        ('experiment', ckl_hash),
        ('step', ctypes.c_int64),
        ('path', ctypes.c_char * 192),
        ('bytes', ctypes.c_uint64),
        ('sha256', ctypes.c_char * 65),
        ('pending', ctypes.c_uint),
    ]


class ckl_switch_result(ctypes.Structure):
    _fields_ = [
        ('from', ckl_hash),
        ('experiment', ckl_hash),
        ('pending', ctypes.c_uint),
    ]


class ckl_event(ctypes.Structure):
    _fields_ = [
        ('seq', ctypes.c_int64),
        ('at_us', ctypes.c_int64),
        ('run', ctypes.c_char_p),
        ('kind', ctypes.c_char_p),
        ('experiment', ctypes.c_char_p),
        ('from', ctypes.c_char_p),
        ('changed', ctypes.c_uint),
        ('superseded', ctypes.c_bool),
        ('actor', ctypes.c_char_p),
        ('reason', ctypes.c_char_p),
        ('step', ctypes.c_int64),
        ('detail', ctypes.c_char_p),
        ('parent_seq', ctypes.c_int64),
    ]


class ckl_event_filter(ctypes.Structure):
    _fields_ = [
        ('all_runs', ctypes.c_bool),
        ('component', ctypes.c_uint),
        ('since_us', ctypes.c_int64),
        ('limit', ctypes.c_uint64),
        ('after_seq', ctypes.c_int64),
        ('oldest_first', ctypes.c_bool),
        ('states_only', ctypes.c_bool),
    ]


class ckl_component_info(ctypes.Structure):
    _fields_ = [
        ('present', ctypes.c_bool),
        ('segment', ctypes.c_char * 9),
        ('digest', ctypes.c_char * 65),
        ('offset', ctypes.c_uint),
    ]


class ckl_experiment_info(ctypes.Structure):
    _fields_ = [
        ('hash', ckl_hash),
        ('model', ckl_component_info),
        ('config', ckl_component_info),
        ('data', ckl_component_info),
        ('first_seq', ctypes.c_int64),
        ('first_at_us', ctypes.c_int64),
        ('dumped', ctypes.c_bool),
        ('dumped_at_us', ctypes.c_int64),
        ('samples', ckl_sample_counts),
        ('checkpoint_count', ctypes.c_uint64),
    ]


class ckl_parent(ctypes.Structure):
    _fields_ = [
        ('experiment', ctypes.c_char_p),
        ('run', ctypes.c_char_p),
        ('kind', ctypes.c_char_p),
        ('seq', ctypes.c_int64),
        ('at_us', ctypes.c_int64),
        ('changed', ctypes.c_uint),
    ]


class ckl_session_row(ctypes.Structure):
    _fields_ = [
        ('started_at_us', ctypes.c_int64),
        ('run', ctypes.c_char_p),
        ('host', ctypes.c_char_p),
        ('user', ctypes.c_char_p),
        ('program', ctypes.c_char_p),
        ('arguments', ctypes.c_char_p),
        ('pid', ctypes.c_int64),
        ('git_commit', ctypes.c_char_p),
        ('git_dirty', ctypes.c_bool),
        ('git_diff', ctypes.c_char_p),
        ('libraries', ctypes.c_char_p),
        ('ended_at_us', ctypes.c_int64),
        ('outcome', ctypes.c_char_p),
    ]


class ckl_checkpoint_row(ctypes.Structure):
    _fields_ = [
        ('seq', ctypes.c_int64),
        ('at_us', ctypes.c_int64),
        ('step', ctypes.c_int64),
        ('run', ctypes.c_char_p),
        ('experiment', ctypes.c_char_p),
        ('path', ctypes.c_char_p),
        ('state', ctypes.c_char_p),
        ('bytes', ctypes.c_int64),
        ('sha256', ctypes.c_char_p),
        ('note', ctypes.c_char_p),
        ('from_checkpoint', ctypes.c_char_p),
        ('first_step', ctypes.c_int64),
        ('pending', ctypes.c_uint),
        ('metrics', ctypes.c_char_p),
        ('origin', ctypes.c_char_p),
        ('file_name', ctypes.c_char_p),
    ]


class ckl_metric_series_row(ctypes.Structure):
    _fields_ = [
        ('run', ctypes.c_char_p),
        ('experiment', ctypes.c_char_p),
        ('metric', ctypes.c_char_p),
        ('value_count', ctypes.c_uint64),
        ('first_step', ctypes.c_int64),
        ('last_step', ctypes.c_int64),
    ]


class ckl_metric_row(ctypes.Structure):
    _fields_ = [
        ('step', ctypes.c_int64),
        ('at_us', ctypes.c_int64),
        ('value', ctypes.c_double),
    ]


class ckl_run_row(ctypes.Structure):
    _fields_ = [
        ('name', ctypes.c_char_p),
        ('experiment', ctypes.c_char_p),
        ('pending', ctypes.c_uint),
        ('last_event_at_us', ctypes.c_int64),
    ]


class ckl_status_info(ctypes.Structure):
    _fields_ = [
        ('experiment', ckl_hash),
        ('pending', ctypes.c_uint),
        ('last_dumped', ckl_hash),
        ('last_checkpoint_step', ctypes.c_int64),
        ('last_checkpoint_path', ctypes.c_char * 192),
        ('samples', ckl_sample_counts),
        ('degraded', ctypes.c_char * 256),
        ('trainer', ctypes.c_char * 256),
    ]


class ckl_diff_info(ctypes.Structure):
    _fields_ = [
        ('from', ckl_hash),
        ('to', ckl_hash),
        ('changed', ctypes.c_uint),
        ('added', ctypes.c_uint64),
        ('removed', ctypes.c_uint64),
        ('discarded', ctypes.c_uint64),
        ('restored', ctypes.c_uint64),
        ('tagged', ctypes.c_uint64),
        ('untagged', ctypes.c_uint64),
    ]


class ckl_code(ctypes.Structure):
    _fields_ = [
        ('commit', ctypes.c_char * 65),
        ('dirty', ctypes.c_bool),
        ('difference', ctypes.c_char * 65),
    ]


class ckl_diff_code(ctypes.Structure):
    _fields_ = [
        ('changed', ctypes.c_bool),
        ('from', ckl_code),
        ('to', ckl_code),
    ]


class ckl_diff_entry(ctypes.Structure):
    _fields_ = [
        ('name', ctypes.c_char_p),
        ('change', ctypes.c_char_p),
        ('from', ctypes.c_char_p),
        ('to', ctypes.c_char_p),
    ]


class ckl_diff_sample(ctypes.Structure):
    _fields_ = [
        ('uid', ctypes.c_char_p),
        ('change', ctypes.c_char_p),
        ('discarded_from', ctypes.c_int),
        ('discarded_to', ctypes.c_int),
        ('tags_added_count', ctypes.c_size_t),
        ('tags_removed_count', ctypes.c_size_t),
        ('tags_added', ctypes.POINTER(ctypes.c_char_p)),
        ('tags_removed', ctypes.POINTER(ctypes.c_char_p)),
    ]


class ckl_sample_change(ctypes.Structure):
    _fields_ = [
        ('seq', ctypes.c_int64),
        ('at_us', ctypes.c_int64),
        ('run', ctypes.c_char_p),
        ('uid', ctypes.c_char_p),
        ('change', ctypes.c_char_p),
        ('discarded_from', ctypes.c_int),
        ('discarded_to', ctypes.c_int),
        ('tags', ctypes.c_char_p),
        ('tags_added', ctypes.c_char_p),
        ('tags_removed', ctypes.c_char_p),
        ('from', ctypes.c_char_p),
        ('experiment', ctypes.c_char_p),
        ('actor', ctypes.c_char_p),
        ('reason', ctypes.c_char_p),
    ]


class ckl_sample_change_filter(ctypes.Structure):
    _fields_ = [
        ('uid', ctypes.c_char_p),
        ('tag', ctypes.c_char_p),
        ('action', ctypes.c_char_p),
        ('actor', ctypes.c_char_p),
        ('run', ctypes.c_char_p),
        ('since_us', ctypes.c_int64),
        ('until_us', ctypes.c_int64),
        ('limit', ctypes.c_uint64),
        ('oldest_first', ctypes.c_bool),
    ]


class ckl_condition(ctypes.Structure):
    _fields_ = [
        ('kind', ctypes.c_int),
        ('text', ctypes.c_char_p),
    ]


class ckl_found(ctypes.Structure):
    _fields_ = [
        ('experiment', ctypes.c_char_p),
        ('at_us', ctypes.c_int64),
        ('run', ctypes.c_char_p),
        ('name', ctypes.c_char_p),
        ('dumped', ctypes.c_bool),
        ('checkpoint_count', ctypes.c_uint64),
        ('metrics', ctypes.c_char_p),
    ]


class ckl_label(ctypes.Structure):
    _fields_ = [
        ('seq', ctypes.c_int64),
        ('at_us', ctypes.c_int64),
        ('experiment', ctypes.c_char_p),
        ('text', ctypes.c_char_p),
        ('current', ctypes.c_bool),
        ('actor', ctypes.c_char_p),
        ('reason', ctypes.c_char_p),
    ]


class ckl_pair_row(ctypes.Structure):
    _fields_ = [
        ('kind', ctypes.c_char_p),
        ('item', ctypes.c_char_p),
        ('from', ctypes.c_char_p),
        ('to', ctypes.c_char_p),
        ('from_experiment', ctypes.c_char_p),
        ('to_experiment', ctypes.c_char_p),
        ('step', ctypes.c_int64),
        ('from_value', ctypes.c_double),
        ('to_value', ctypes.c_double),
        ('difference', ctypes.c_double),
        ('better', ctypes.c_bool),
        ('group_count', ctypes.c_uint64),
        ('group_mean', ctypes.c_double),
        ('group_spread', ctypes.c_double),
    ]


class ckl_pairs_options(ctypes.Structure):
    _fields_ = [
        ('metric', ctypes.c_char_p),
        ('path', ctypes.c_char_p),
        ('tag', ctypes.c_char_p),
        ('component', ctypes.c_uint),
        ('higher_is_better', ctypes.c_int),
    ]


class ckl_exposure_row(ctypes.Structure):
    _fields_ = [
        ('seq', ctypes.c_int64),
        ('step', ctypes.c_int64),
        ('first_step', ctypes.c_int64),
        ('run', ctypes.c_char_p),
        ('experiment', ctypes.c_char_p),
        ('path', ctypes.c_char_p),
        ('sha256', ctypes.c_char_p),
        ('verdict', ctypes.c_char_p),
        ('because', ctypes.c_char_p),
    ]


class ckl_seen_row(ctypes.Structure):
    _fields_ = [
        ('experiment', ctypes.c_char_p),
        ('different', ctypes.c_uint),
        ('path_count', ctypes.c_uint64),
        ('paths', ctypes.c_char_p),
        ('sample_difference', ctypes.c_int64),
        ('metrics', ctypes.c_char_p),
        ('checkpoint_count', ctypes.c_uint64),
    ]


class ckl_blame_row(ctypes.Structure):
    _fields_ = [
        ('seq', ctypes.c_int64),
        ('at_us', ctypes.c_int64),
        ('kind', ctypes.c_char_p),
        ('from', ctypes.c_char_p),
        ('experiment', ctypes.c_char_p),
        ('changed', ctypes.c_uint),
        ('what', ctypes.c_char_p),
        ('actor', ctypes.c_char_p),
        ('reason', ctypes.c_char_p),
        ('before', ctypes.c_double),
        ('after', ctypes.c_double),
        ('moved', ctypes.c_double),
        ('chance', ctypes.c_double),
        ('stands_out', ctypes.c_bool),
    ]


class ckl_churn_row(ctypes.Structure):
    _fields_ = [
        ('run', ctypes.c_char_p),
        ('kind', ctypes.c_char_p),
        ('item', ctypes.c_char_p),
        ('tag', ctypes.c_char_p),
        ('count', ctypes.c_uint64),
        ('last_seq', ctypes.c_int64),
        ('last_actor', ctypes.c_char_p),
    ]


class ckl_merge_options(ctypes.Structure):
    _fields_ = [
        ('as', ctypes.c_char_p),
        ('reason', ctypes.c_char_p),
    ]


class ckl_merge_result(ctypes.Structure):
    _fields_ = [
        ('run_count', ctypes.c_uint64),
        ('event_count', ctypes.c_uint64),
        ('new_event_count', ctypes.c_uint64),
        ('experiment_count', ctypes.c_uint64),
        ('alias_count', ctypes.c_uint64),
    ]


class ckl_import_options(ctypes.Structure):
    _fields_ = [
        ('as', ctypes.c_char_p),
        ('reason', ctypes.c_char_p),
    ]


class ckl_import_summary(ctypes.Structure):
    _fields_ = [
        ('experiment_count', ctypes.c_uint64),
        ('new_count', ctypes.c_uint64),
        ('config_count', ctypes.c_uint64),
        ('model_count', ctypes.c_uint64),
        ('data_count', ctypes.c_uint64),
        ('checkpoint_count', ctypes.c_uint64),
        ('new_checkpoint_count', ctypes.c_uint64),
        ('refused_count', ctypes.c_uint64),
        ('problem_count', ctypes.c_uint64),
    ]


class ckl_gc_name(ctypes.Structure):
    _fields_ = [
        ('hash', ctypes.c_char_p),
        ('step', ctypes.c_int64),
    ]


class ckl_gc_options(ctypes.Structure):
    _fields_ = [
        ('keep_last', ctypes.c_uint64),
        ('keep_every', ctypes.c_int64),
        ('keep_best', ctypes.c_char_p),
        ('highest', ctypes.c_bool),
        ('limit_bytes', ctypes.c_bool),
        ('max_bytes', ctypes.c_uint64),
        ('names', ctypes.POINTER(ckl_gc_name)),
        ('name_count', ctypes.c_size_t),
        ('all_runs', ctypes.c_bool),
        ('dry_run', ctypes.c_bool),
        ('reason', ctypes.c_char_p),
    ]


class ckl_gc_row(ctypes.Structure):
    _fields_ = [
        ('run', ctypes.c_char_p),
        ('experiment', ctypes.c_char_p),
        ('path', ctypes.c_char_p),
        ('step', ctypes.c_int64),
        ('bytes', ctypes.c_uint64),
        ('removed', ctypes.c_bool),
        ('why', ctypes.c_char_p),
        ('copy', ctypes.c_char_p),
    ]


class ckl_sql_options(ctypes.Structure):
    _fields_ = [
        ('time_limit_ms', ctypes.c_int64),
    ]


class ckl_sql_value(ctypes.Structure):
    _fields_ = [
        ('type', ctypes.c_int),
        ('integer', ctypes.c_int64),
        ('real', ctypes.c_double),
        ('text', ctypes.c_char_p),
        ('bytes', ctypes.c_void_p),
        ('size', ctypes.c_size_t),
    ]


class ckl_snapshot_info(ctypes.Structure):
    _fields_ = [
        ('written', ctypes.c_bool),
        ('version', ctypes.c_int64),
        ('seq', ctypes.c_int64),
        ('bytes', ctypes.c_uint64),
    ]


class ckl_check_options(ctypes.Structure):
    _fields_ = [
        ('repair', ctypes.c_bool),
        ('accept_missing', ctypes.c_bool),
        ('receipt', ctypes.c_char_p),
        ('actor', ctypes.c_char_p),
        ('reason', ctypes.c_char_p),
        ('progress', ctypes.CFUNCTYPE(None, ctypes.c_void_p, ctypes.c_char_p, ctypes.c_uint64, ctypes.c_uint64)),
        ('progress_context', ctypes.c_void_p),
        ('warnings', ctypes.POINTER(ckl_warning_sink)),
    ]


class ckl_finding(ctypes.Structure):
    _fields_ = [
        ('kind', ctypes.c_char_p),
        ('subject', ctypes.c_char_p),
        ('message', ctypes.c_char_p),
        ('repaired', ctypes.c_bool),
        ('lost', ctypes.c_char_p),
    ]


class ckl_check_counts(ctypes.Structure):
    _fields_ = [
        ('events', ctypes.c_uint64),
        ('experiments', ctypes.c_uint64),
        ('components', ctypes.c_uint64),
        ('data_states', ctypes.c_uint64),
        ('samples', ctypes.c_uint64),
        ('checkpoints', ctypes.c_uint64),
        ('metrics', ctypes.c_uint64),
        ('files', ctypes.c_uint64),
        ('bytes', ctypes.c_uint64),
    ]


class ckl_model_source(ctypes.Structure):
    _fields_ = [
        ('describe', ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p, ctypes.POINTER(ctypes.c_void_p), ctypes.POINTER(ckl_error))),
        ('write_weights', ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p, ctypes.c_int, ctypes.POINTER(ckl_error))),
        ('write_architecture', ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p, ctypes.c_int, ctypes.POINTER(ckl_error))),
        ('context', ctypes.c_void_p),
    ]


class ckl_config_source(ctypes.Structure):
    _fields_ = [
        ('read', ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p, ctypes.POINTER(ctypes.c_void_p), ctypes.POINTER(ckl_error))),
        ('context', ctypes.c_void_p),
    ]


class ckl_dataset_source(ctypes.Structure):
    _fields_ = [
        ('get_sample_uids', ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p, ctypes.c_void_p, ctypes.POINTER(ckl_error))),
        ('is_discarded', ctypes.CFUNCTYPE(ctypes.c_bool, ctypes.c_void_p, ctypes.c_char_p)),
        ('get_tags', ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p, ctypes.c_char_p, ctypes.c_void_p, ctypes.POINTER(ckl_error))),
        ('context', ctypes.c_void_p),
    ]


class ckl_change_listener(ctypes.Structure):
    _fields_ = [
        ('on_change', ctypes.CFUNCTYPE(None, ctypes.c_void_p, ctypes.c_void_p, ctypes.c_char_p, ctypes.c_char_p)),
        ('context', ctypes.c_void_p),
    ]


class ckl_system_options(ctypes.Structure):
    _fields_ = [
        ('root_log_dir', ctypes.c_char_p),
        ('checkpoint_frequency', ctypes.c_int64),
        ('run', ctypes.c_char_p),
        ('actor', ctypes.c_char_p),
        ('warnings', ctypes.POINTER(ckl_warning_sink)),
        ('rank', ctypes.c_int),
        ('keep_last', ctypes.c_uint64),
    ]
