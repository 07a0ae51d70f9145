"""Written by tools/python/generate.py from include/ckl/*.h: not to be edited."""

import ctypes

from . import _structures as s

# name: (what it returns, what it takes)
PROTOTYPES = {
    'ckl_status_name': (ctypes.c_char_p, [
        ctypes.c_int
    ]),
    'ckl_status_exit_code': (ctypes.c_int, [
        ctypes.c_int
    ]),
    'ckl_error_clear': (None, [
        ctypes.POINTER(s.ckl_error)
    ]),
    'ckl_version': (ctypes.c_char_p, [
    ]),
    'ckl_free': (None, [
        ctypes.c_void_p
    ]),
    'ckl_compare_hashes': (ctypes.c_int, [
        ctypes.POINTER(ctypes.c_uint), ctypes.c_char_p, ctypes.c_char_p, ctypes.POINTER(s.ckl_error)
    ]),
    'ckl_config_parse': (ctypes.c_int, [
        ctypes.POINTER(ctypes.c_void_p), ctypes.c_char_p, ctypes.c_size_t, ctypes.c_int,
        ctypes.c_char_p, ctypes.POINTER(s.ckl_warning_sink), ctypes.POINTER(s.ckl_error)
    ]),
    'ckl_config_read': (ctypes.c_int, [
        ctypes.POINTER(ctypes.c_void_p), ctypes.c_char_p, ctypes.POINTER(s.ckl_warning_sink),
        ctypes.POINTER(s.ckl_error)
    ]),
    'ckl_config_text': (ctypes.c_char_p, [
        ctypes.c_void_p
    ]),
    'ckl_config_free': (None, [
        ctypes.c_void_p
    ]),
    'ckl_model_new': (ctypes.c_int, [
        ctypes.POINTER(ctypes.c_void_p), ctypes.c_char_p, ctypes.POINTER(s.ckl_error)
    ]),
    'ckl_model_add_module': (ctypes.c_int, [
        ctypes.c_void_p, ctypes.c_char_p, ctypes.c_char_p, ctypes.POINTER(s.ckl_error)
    ]),
    'ckl_model_add_attribute': (ctypes.c_int, [
        ctypes.c_void_p, ctypes.c_char_p, ctypes.c_char_p, ctypes.POINTER(s.ckl_error)
    ]),
    'ckl_model_parse': (ctypes.c_int, [
        ctypes.POINTER(ctypes.c_void_p), ctypes.c_char_p, ctypes.c_size_t, ctypes.c_int,
        ctypes.c_char_p, ctypes.POINTER(s.ckl_warning_sink), ctypes.POINTER(s.ckl_error)
    ]),
    'ckl_model_read': (ctypes.c_int, [
        ctypes.POINTER(ctypes.c_void_p), ctypes.c_char_p, ctypes.POINTER(s.ckl_warning_sink),
        ctypes.POINTER(s.ckl_error)
    ]),
    'ckl_model_from_bytes': (ctypes.c_int, [
        ctypes.POINTER(ctypes.c_void_p), ctypes.c_void_p, ctypes.c_size_t,
        ctypes.POINTER(s.ckl_error)
    ]),
    'ckl_model_set_architecture': (ctypes.c_int, [
        ctypes.c_void_p, ctypes.c_void_p, ctypes.c_size_t, ctypes.POINTER(s.ckl_error)
    ]),
    'ckl_model_free': (None, [
        ctypes.c_void_p
    ]),
    'ckl_data_state_new': (ctypes.c_int, [
        ctypes.POINTER(ctypes.c_void_p), ctypes.POINTER(s.ckl_error)
    ]),
    'ckl_data_state_add': (ctypes.c_int, [
        ctypes.c_void_p, ctypes.c_char_p, ctypes.POINTER(s.ckl_error)
    ]),
    'ckl_data_state_add_discarded': (ctypes.c_int, [
        ctypes.c_void_p, ctypes.c_char_p, ctypes.POINTER(s.ckl_error)
    ]),
    'ckl_data_state_add_tag': (ctypes.c_int, [
        ctypes.c_void_p, ctypes.c_char_p, ctypes.c_char_p, ctypes.POINTER(s.ckl_error)
    ]),
    'ckl_data_state_parse': (ctypes.c_int, [
        ctypes.POINTER(ctypes.c_void_p), ctypes.c_char_p, ctypes.c_size_t, ctypes.c_int,
        ctypes.c_char_p, ctypes.POINTER(s.ckl_warning_sink), ctypes.POINTER(s.ckl_error)
    ]),
    'ckl_data_state_read': (ctypes.c_int, [
        ctypes.POINTER(ctypes.c_void_p), ctypes.c_char_p, ctypes.POINTER(s.ckl_warning_sink),
        ctypes.POINTER(s.ckl_error)
    ]),
    'ckl_data_state_finish': (ctypes.c_int, [
        ctypes.c_void_p, ctypes.POINTER(s.ckl_error)
    ]),
    'ckl_data_state_free': (None, [
        ctypes.c_void_p
    ]),
    'ckl_data_state_counts': (s.ckl_sample_counts, [
        ctypes.c_void_p
    ]),
    'ckl_data_state_sample': (s.ckl_sample, [
        ctypes.c_void_p, ctypes.c_uint64
    ]),
    'ckl_data_state_find': (ctypes.c_bool, [
        ctypes.c_void_p, ctypes.c_char_p, ctypes.POINTER(ctypes.c_uint64)
    ]),
    'ckl_data_state_ignored': (ctypes.c_uint64, [
        ctypes.c_void_p, ctypes.POINTER(ctypes.c_char_p)
    ]),
    'ckl_hash_generator_new': (ctypes.c_int, [
        ctypes.POINTER(ctypes.c_void_p), ctypes.POINTER(s.ckl_error)
    ]),
    'ckl_hash_generator_ignore': (ctypes.c_int, [
        ctypes.c_void_p, ctypes.c_char_p, ctypes.POINTER(s.ckl_error)
    ]),
    'ckl_hash_generator_generate_hash': (ctypes.c_int, [
        ctypes.POINTER(s.ckl_hash), ctypes.c_void_p, ctypes.c_void_p, ctypes.c_void_p,
        ctypes.c_void_p, ctypes.POINTER(s.ckl_error)
    ]),
    'ckl_hash_generator_has_changed': (ctypes.c_int, [
        ctypes.POINTER(ctypes.c_bool), ctypes.POINTER(ctypes.c_uint), ctypes.c_void_p,
        ctypes.c_void_p, ctypes.c_void_p, ctypes.c_void_p, ctypes.POINTER(s.ckl_error)
    ]),
    'ckl_hash_generator_get_component_hashes': (ctypes.c_int, [
        ctypes.POINTER(s.ckl_component_hashes), ctypes.c_void_p, ctypes.POINTER(s.ckl_error)
    ]),
    'ckl_hash_generator_digest': (ctypes.c_int, [
        ctypes.c_char_p, ctypes.c_void_p, ctypes.c_uint, ctypes.POINTER(s.ckl_error)
    ]),
    'ckl_hash_generator_free': (None, [
        ctypes.c_void_p
    ]),
    'ckl_canonical_text': (ctypes.c_int, [
        ctypes.POINTER(ctypes.c_void_p), ctypes.POINTER(ctypes.c_size_t), ctypes.c_void_p,
        ctypes.c_void_p, ctypes.c_void_p, ctypes.POINTER(s.ckl_canonical_options),
        ctypes.POINTER(s.ckl_error)
    ]),
    'ckl_manager_open': (ctypes.c_int, [
        ctypes.POINTER(ctypes.c_void_p), ctypes.c_char_p, ctypes.POINTER(s.ckl_options),
        ctypes.POINTER(s.ckl_error)
    ]),
    'ckl_manager_close': (None, [
        ctypes.c_void_p
    ]),
    'ckl_manager_root': (ctypes.c_char_p, [
        ctypes.c_void_p
    ]),
    'ckl_manager_run': (ctypes.c_char_p, [
        ctypes.c_void_p
    ]),
    'ckl_manager_ledger': (ctypes.c_char_p, [
        ctypes.c_void_p
    ]),
    'ckl_manager_created': (ctypes.c_bool, [
        ctypes.c_void_p
    ]),
    'ckl_manager_update_experiment_hash': (ctypes.c_int, [
        ctypes.POINTER(s.ckl_update_result), ctypes.c_void_p, ctypes.POINTER(s.ckl_update),
        ctypes.POINTER(s.ckl_error)
    ]),
    'ckl_manager_edit_samples': (ctypes.c_int, [
        ctypes.POINTER(s.ckl_update_result), ctypes.c_void_p, ctypes.POINTER(s.ckl_edit),
        ctypes.POINTER(s.ckl_error)
    ]),
    'ckl_manager_has_pending_changes': (ctypes.c_int, [
        ctypes.POINTER(ctypes.c_bool), ctypes.POINTER(ctypes.c_uint), ctypes.c_void_p,
        ctypes.POINTER(s.ckl_error)
    ]),
    'ckl_manager_dump_pending_changes': (ctypes.c_int, [
        ctypes.POINTER(s.ckl_dump_result), ctypes.c_void_p, ctypes.c_bool,
        ctypes.POINTER(s.ckl_error)
    ]),
    'ckl_manager_save_config': (ctypes.c_int, [
        ctypes.POINTER(s.ckl_update_result), ctypes.c_void_p, ctypes.c_void_p,
        ctypes.POINTER(s.ckl_error)
    ]),
    'ckl_manager_save_data_state': (ctypes.c_int, [
        ctypes.POINTER(s.ckl_update_result), ctypes.c_void_p, ctypes.c_void_p,
        ctypes.POINTER(s.ckl_error)
    ]),
    'ckl_manager_save_model_architecture': (ctypes.c_int, [
        ctypes.POINTER(s.ckl_update_result), ctypes.c_void_p, ctypes.c_void_p,
        ctypes.POINTER(s.ckl_error)
    ]),
    'ckl_manager_begin_training': (ctypes.c_int, [
        ctypes.c_void_p, ctypes.POINTER(s.ckl_error)
    ]),
    'ckl_manager_change_count': (ctypes.c_uint64, [
        ctypes.c_void_p
    ]),
    'ckl_manager_save_model_checkpoint': (ctypes.c_int, [
        ctypes.POINTER(s.ckl_checkpoint_result), ctypes.c_void_p, ctypes.POINTER(s.ckl_checkpoint),
        ctypes.POINTER(s.ckl_error)
    ]),
    'ckl_manager_log_metric': (ctypes.c_int, [
        ctypes.c_void_p, ctypes.c_int64, ctypes.c_char_p, ctypes.c_double,
        ctypes.POINTER(s.ckl_error)
    ]),
    'ckl_manager_flush_metrics': (ctypes.c_int, [
        ctypes.c_void_p, ctypes.POINTER(s.ckl_error)
    ]),
    'ckl_manager_switch': (ctypes.c_int, [
        ctypes.POINTER(s.ckl_switch_result), ctypes.c_void_p, ctypes.c_char_p, ctypes.c_int64,
        ctypes.POINTER(s.ckl_error)
    ]),
    'ckl_manager_resume_from': (ctypes.c_int, [
        ctypes.c_void_p, ctypes.c_char_p, ctypes.c_int64, ctypes.POINTER(s.ckl_error)
    ]),
    'ckl_manager_new_run': (ctypes.c_int, [
        ctypes.c_void_p, ctypes.c_char_p, ctypes.c_char_p, ctypes.POINTER(s.ckl_error)
    ]),
    'ckl_manager_ignore': (ctypes.c_int, [
        ctypes.POINTER(ctypes.c_bool), ctypes.c_void_p, ctypes.c_char_p, ctypes.c_bool,
        ctypes.c_char_p, ctypes.POINTER(s.ckl_error)
    ]),
    'ckl_manager_ignored_paths': (ctypes.c_int, [
        ctypes.POINTER(ctypes.POINTER(ctypes.c_void_p)), ctypes.POINTER(ctypes.c_size_t),
        ctypes.c_void_p, ctypes.POINTER(s.ckl_error)
    ]),
    'ckl_manager_resolve': (ctypes.c_int, [
        ctypes.POINTER(s.ckl_hash), ctypes.c_void_p, ctypes.c_char_p, ctypes.POINTER(s.ckl_error)
    ]),
    'ckl_manager_load_config': (ctypes.c_int, [
        ctypes.POINTER(ctypes.c_void_p), ctypes.c_void_p, ctypes.c_char_p,
        ctypes.POINTER(s.ckl_error)
    ]),
    'ckl_manager_load_data_state': (ctypes.c_int, [
        ctypes.POINTER(ctypes.c_void_p), ctypes.c_void_p, ctypes.c_char_p,
        ctypes.POINTER(s.ckl_error)
    ]),
    'ckl_manager_load_model': (ctypes.c_int, [
        ctypes.POINTER(ctypes.c_void_p), ctypes.POINTER(ctypes.c_size_t), ctypes.c_void_p,
        ctypes.c_char_p, ctypes.POINTER(s.ckl_error)
    ]),
    'ckl_manager_load_architecture': (ctypes.c_int, [
        ctypes.POINTER(ctypes.c_void_p), ctypes.POINTER(ctypes.c_size_t), ctypes.c_void_p,
        ctypes.c_char_p, ctypes.POINTER(s.ckl_error)
    ]),
    'ckl_manager_checkpoint_path': (ctypes.c_int, [
        ctypes.POINTER(ctypes.c_void_p), ctypes.c_void_p, ctypes.c_char_p, ctypes.c_int,
        ctypes.c_int64, ctypes.c_char_p, ctypes.POINTER(s.ckl_error)
    ]),
    'ckl_manager_copy_checkpoint': (ctypes.c_int, [
        ctypes.POINTER(ctypes.c_void_p), ctypes.c_void_p, ctypes.c_char_p, ctypes.c_int,
        ctypes.c_int64, ctypes.c_char_p, ctypes.c_char_p, ctypes.POINTER(s.ckl_error)
    ]),
    'ckl_manager_recorded_hash': (ctypes.c_int, [
        ctypes.POINTER(s.ckl_hash), ctypes.c_void_p, ctypes.c_void_p, ctypes.POINTER(s.ckl_error)
    ]),
    'ckl_events': (ctypes.c_int, [
        ctypes.POINTER(ctypes.c_void_p), ctypes.c_void_p, ctypes.POINTER(s.ckl_event_filter),
        ctypes.POINTER(s.ckl_error)
    ]),
    'ckl_event_next': (ctypes.c_int, [
        ctypes.POINTER(s.ckl_event), ctypes.c_void_p, ctypes.POINTER(s.ckl_error)
    ]),
    'ckl_event_cursor_close': (None, [
        ctypes.c_void_p
    ]),
    'ckl_experiment': (ctypes.c_int, [
        ctypes.POINTER(s.ckl_experiment_info), ctypes.c_void_p, ctypes.c_char_p,
        ctypes.POINTER(s.ckl_error)
    ]),
    'ckl_parents': (ctypes.c_int, [
        ctypes.POINTER(ctypes.c_void_p), ctypes.c_void_p, ctypes.c_char_p,
        ctypes.POINTER(s.ckl_error)
    ]),
    'ckl_parent_next': (ctypes.c_int, [
        ctypes.POINTER(s.ckl_parent), ctypes.c_void_p, ctypes.POINTER(s.ckl_error)
    ]),
    'ckl_parent_cursor_close': (None, [
        ctypes.c_void_p
    ]),
    'ckl_sessions': (ctypes.c_int, [
        ctypes.POINTER(ctypes.c_void_p), ctypes.c_void_p, ctypes.c_char_p,
        ctypes.POINTER(s.ckl_error)
    ]),
    'ckl_session_next': (ctypes.c_int, [
        ctypes.POINTER(s.ckl_session_row), ctypes.c_void_p, ctypes.POINTER(s.ckl_error)
    ]),
    'ckl_session_cursor_close': (None, [
        ctypes.c_void_p
    ]),
    'ckl_checkpoints': (ctypes.c_int, [
        ctypes.POINTER(ctypes.c_void_p), ctypes.c_void_p, ctypes.c_char_p, ctypes.c_bool,
        ctypes.POINTER(s.ckl_error)
    ]),
    'ckl_checkpoint_next': (ctypes.c_int, [
        ctypes.POINTER(s.ckl_checkpoint_row), ctypes.c_void_p, ctypes.POINTER(s.ckl_error)
    ]),
    'ckl_checkpoint_cursor_close': (None, [
        ctypes.c_void_p
    ]),
    'ckl_metric_series': (ctypes.c_int, [
        ctypes.POINTER(ctypes.c_void_p), ctypes.c_void_p, ctypes.c_bool, ctypes.POINTER(s.ckl_error)
    ]),
    'ckl_metric_series_next': (ctypes.c_int, [
        ctypes.POINTER(s.ckl_metric_series_row), ctypes.c_void_p, ctypes.POINTER(s.ckl_error)
    ]),
    'ckl_metric_series_cursor_close': (None, [
        ctypes.c_void_p
    ]),
    'ckl_metrics': (ctypes.c_int, [
        ctypes.POINTER(ctypes.c_void_p), ctypes.c_void_p, ctypes.c_char_p, ctypes.c_char_p,
        ctypes.c_char_p, ctypes.c_int64, ctypes.POINTER(s.ckl_error)
    ]),
    'ckl_metric_next': (ctypes.c_int, [
        ctypes.POINTER(s.ckl_metric_row), ctypes.c_void_p, ctypes.POINTER(s.ckl_error)
    ]),
    'ckl_metric_cursor_close': (None, [
        ctypes.c_void_p
    ]),
    'ckl_runs': (ctypes.c_int, [
        ctypes.POINTER(ctypes.c_void_p), ctypes.c_void_p, ctypes.POINTER(s.ckl_error)
    ]),
    'ckl_run_next': (ctypes.c_int, [
        ctypes.POINTER(s.ckl_run_row), ctypes.c_void_p, ctypes.POINTER(s.ckl_error)
    ]),
    'ckl_run_cursor_close': (None, [
        ctypes.c_void_p
    ]),
    'ckl_manager_status': (ctypes.c_int, [
        ctypes.POINTER(s.ckl_status_info), ctypes.c_void_p, ctypes.POINTER(s.ckl_error)
    ]),
    'ckl_diff_open': (ctypes.c_int, [
        ctypes.POINTER(ctypes.c_void_p), ctypes.c_void_p, ctypes.c_char_p, ctypes.c_char_p,
        ctypes.POINTER(s.ckl_error)
    ]),
    'ckl_diff_close': (None, [
        ctypes.c_void_p
    ]),
    'ckl_diff_summary': (ctypes.c_int, [
        ctypes.POINTER(s.ckl_diff_info), ctypes.c_void_p, ctypes.POINTER(s.ckl_error)
    ]),
    'ckl_diff_read_code': (ctypes.c_int, [
        ctypes.POINTER(s.ckl_diff_code), ctypes.c_void_p, ctypes.POINTER(s.ckl_error)
    ]),
    'ckl_diff_next_model': (ctypes.c_int, [
        ctypes.POINTER(s.ckl_diff_entry), ctypes.c_void_p, ctypes.POINTER(s.ckl_error)
    ]),
    'ckl_diff_next_config': (ctypes.c_int, [
        ctypes.POINTER(s.ckl_diff_entry), ctypes.c_void_p, ctypes.POINTER(s.ckl_error)
    ]),
    'ckl_diff_next_sample': (ctypes.c_int, [
        ctypes.POINTER(s.ckl_diff_sample), ctypes.c_void_p, ctypes.POINTER(s.ckl_error)
    ]),
    'ckl_time_parse': (ctypes.c_int, [
        ctypes.POINTER(ctypes.c_int64), ctypes.c_char_p, ctypes.POINTER(s.ckl_error)
    ]),
    'ckl_manager_head_at': (ctypes.c_int, [
        ctypes.POINTER(s.ckl_hash), ctypes.c_void_p, ctypes.c_int64, ctypes.POINTER(s.ckl_error)
    ]),
    'ckl_sample_changes': (ctypes.c_int, [
        ctypes.POINTER(ctypes.c_void_p), ctypes.c_void_p,
        ctypes.POINTER(s.ckl_sample_change_filter), ctypes.POINTER(s.ckl_error)
    ]),
    'ckl_sample_change_next': (ctypes.c_int, [
        ctypes.POINTER(s.ckl_sample_change), ctypes.c_void_p, ctypes.POINTER(s.ckl_error)
    ]),
    'ckl_sample_change_cursor_close': (None, [
        ctypes.c_void_p
    ]),
    'ckl_find': (ctypes.c_int, [
        ctypes.POINTER(ctypes.c_void_p), ctypes.c_void_p, ctypes.POINTER(s.ckl_condition),
        ctypes.c_size_t, ctypes.c_uint64, ctypes.POINTER(s.ckl_error)
    ]),
    'ckl_found_next': (ctypes.c_int, [
        ctypes.POINTER(s.ckl_found), ctypes.c_void_p, ctypes.POINTER(s.ckl_error)
    ]),
    'ckl_found_cursor_close': (None, [
        ctypes.c_void_p
    ]),
    'ckl_manager_name': (ctypes.c_int, [
        ctypes.POINTER(ctypes.c_bool), ctypes.c_void_p, ctypes.c_char_p, ctypes.c_char_p,
        ctypes.c_char_p, ctypes.POINTER(s.ckl_error)
    ]),
    'ckl_manager_note': (ctypes.c_int, [
        ctypes.POINTER(ctypes.c_bool), ctypes.c_void_p, ctypes.c_char_p, ctypes.c_char_p,
        ctypes.c_char_p, ctypes.POINTER(s.ckl_error)
    ]),
    'ckl_labels': (ctypes.c_int, [
        ctypes.POINTER(ctypes.c_void_p), ctypes.c_void_p, ctypes.c_int, ctypes.c_char_p,
        ctypes.c_bool, ctypes.POINTER(s.ckl_error)
    ]),
    'ckl_label_next': (ctypes.c_int, [
        ctypes.POINTER(s.ckl_label), ctypes.c_void_p, ctypes.POINTER(s.ckl_error)
    ]),
    'ckl_label_cursor_close': (None, [
        ctypes.c_void_p
    ]),
    'ckl_pairs_open': (ctypes.c_int, [
        ctypes.POINTER(ctypes.c_void_p), ctypes.c_void_p, ctypes.POINTER(s.ckl_pairs_options),
        ctypes.POINTER(s.ckl_error)
    ]),
    'ckl_pairs_next': (ctypes.c_int, [
        ctypes.POINTER(ctypes.POINTER(s.ckl_pair_row)), ctypes.c_void_p, ctypes.POINTER(s.ckl_error)
    ]),
    'ckl_pairs_close': (None, [
        ctypes.c_void_p
    ]),
    'ckl_exposure_open': (ctypes.c_int, [
        ctypes.POINTER(ctypes.c_void_p), ctypes.c_void_p, ctypes.c_char_p, ctypes.c_char_p,
        ctypes.POINTER(s.ckl_error)
    ]),
    'ckl_exposure_next': (ctypes.c_int, [
        ctypes.POINTER(ctypes.POINTER(s.ckl_exposure_row)), ctypes.c_void_p,
        ctypes.POINTER(s.ckl_error)
    ]),
    'ckl_exposure_close': (None, [
        ctypes.c_void_p
    ]),
    'ckl_seen_open': (ctypes.c_int, [
        ctypes.POINTER(ctypes.c_void_p), ctypes.c_void_p, ctypes.c_void_p, ctypes.c_void_p,
        ctypes.c_void_p, ctypes.c_uint64, ctypes.POINTER(s.ckl_error)
    ]),
    'ckl_seen_next': (ctypes.c_int, [
        ctypes.POINTER(ctypes.POINTER(s.ckl_seen_row)), ctypes.c_void_p, ctypes.POINTER(s.ckl_error)
    ]),
    'ckl_seen_close': (None, [
        ctypes.c_void_p
    ]),
    'ckl_blame_open': (ctypes.c_int, [
        ctypes.POINTER(ctypes.c_void_p), ctypes.c_void_p, ctypes.c_char_p, ctypes.c_uint64,
        ctypes.POINTER(s.ckl_error)
    ]),
    'ckl_blame_next': (ctypes.c_int, [
        ctypes.POINTER(ctypes.POINTER(s.ckl_blame_row)), ctypes.c_void_p,
        ctypes.POINTER(s.ckl_error)
    ]),
    'ckl_blame_close': (None, [
        ctypes.c_void_p
    ]),
    'ckl_churn_open': (ctypes.c_int, [
        ctypes.POINTER(ctypes.c_void_p), ctypes.c_void_p, ctypes.c_char_p,
        ctypes.POINTER(s.ckl_error)
    ]),
    'ckl_churn_next': (ctypes.c_int, [
        ctypes.POINTER(ctypes.POINTER(s.ckl_churn_row)), ctypes.c_void_p,
        ctypes.POINTER(s.ckl_error)
    ]),
    'ckl_churn_close': (None, [
        ctypes.c_void_p
    ]),
    'ckl_merge': (ctypes.c_int, [
        ctypes.POINTER(s.ckl_merge_result), ctypes.c_void_p, ctypes.c_char_p,
        ctypes.POINTER(s.ckl_merge_options), ctypes.POINTER(s.ckl_error)
    ]),
    'ckl_import_run': (ctypes.c_int, [
        ctypes.POINTER(ctypes.c_void_p), ctypes.c_void_p, ctypes.c_char_p,
        ctypes.POINTER(s.ckl_import_options), ctypes.POINTER(s.ckl_error)
    ]),
    'ckl_import_read_summary': (None, [
        ctypes.POINTER(s.ckl_import_summary), ctypes.c_void_p
    ]),
    'ckl_import_problem': (ctypes.c_char_p, [
        ctypes.c_void_p, ctypes.c_size_t
    ]),
    'ckl_import_close': (None, [
        ctypes.c_void_p
    ]),
    'ckl_gc_run': (ctypes.c_int, [
        ctypes.POINTER(ctypes.c_void_p), ctypes.c_void_p, ctypes.POINTER(s.ckl_gc_options),
        ctypes.POINTER(s.ckl_error)
    ]),
    'ckl_gc_next': (ctypes.c_int, [
        ctypes.POINTER(s.ckl_gc_row), ctypes.c_void_p, ctypes.POINTER(s.ckl_error)
    ]),
    'ckl_gc_close': (None, [
        ctypes.c_void_p
    ]),
    'ckl_sql_open': (ctypes.c_int, [
        ctypes.POINTER(ctypes.c_void_p), ctypes.c_void_p, ctypes.c_char_p,
        ctypes.POINTER(s.ckl_sql_options), ctypes.POINTER(s.ckl_error)
    ]),
    'ckl_sql_column_count': (ctypes.c_size_t, [
        ctypes.c_void_p
    ]),
    'ckl_sql_column_name': (ctypes.c_char_p, [
        ctypes.c_void_p, ctypes.c_size_t
    ]),
    'ckl_sql_parameter_count': (ctypes.c_size_t, [
        ctypes.c_void_p
    ]),
    'ckl_sql_parameter_name': (ctypes.c_char_p, [
        ctypes.c_void_p, ctypes.c_size_t
    ]),
    'ckl_sql_bind': (ctypes.c_int, [
        ctypes.c_void_p, ctypes.c_size_t, ctypes.POINTER(s.ckl_sql_value),
        ctypes.POINTER(s.ckl_error)
    ]),
    'ckl_sql_next': (ctypes.c_int, [
        ctypes.POINTER(ctypes.POINTER(s.ckl_sql_value)), ctypes.c_void_p,
        ctypes.POINTER(s.ckl_error)
    ]),
    'ckl_sql_close': (None, [
        ctypes.c_void_p
    ]),
    'ckl_snapshot': (ctypes.c_int, [
        ctypes.POINTER(s.ckl_snapshot_info), ctypes.c_void_p, ctypes.c_char_p,
        ctypes.POINTER(s.ckl_snapshot_info), ctypes.POINTER(s.ckl_error)
    ]),
    'ckl_check_open': (ctypes.c_int, [
        ctypes.POINTER(ctypes.c_void_p), ctypes.c_char_p, ctypes.POINTER(s.ckl_check_options),
        ctypes.POINTER(s.ckl_error)
    ]),
    'ckl_check_next': (ctypes.c_int, [
        ctypes.POINTER(s.ckl_finding), ctypes.c_void_p, ctypes.POINTER(s.ckl_error)
    ]),
    'ckl_check_read_counts': (None, [
        ctypes.POINTER(s.ckl_check_counts), ctypes.c_void_p
    ]),
    'ckl_check_close': (None, [
        ctypes.c_void_p
    ]),
    'ckl_receipt': (ctypes.c_int, [
        ctypes.POINTER(ctypes.c_void_p), ctypes.c_void_p, ctypes.POINTER(s.ckl_error)
    ]),
    'ckl_register_model_source': (ctypes.c_int, [
        ctypes.POINTER(s.ckl_model_source), ctypes.POINTER(s.ckl_error)
    ]),
    'ckl_register_config_source': (ctypes.c_int, [
        ctypes.POINTER(s.ckl_config_source), ctypes.POINTER(s.ckl_error)
    ]),
    'ckl_register_dataset_source': (ctypes.c_int, [
        ctypes.POINTER(s.ckl_dataset_source), ctypes.POINTER(s.ckl_error)
    ]),
    'ckl_register_change_listener': (ctypes.c_int, [
        ctypes.POINTER(s.ckl_change_listener), ctypes.POINTER(s.ckl_error)
    ]),
    'ckl_get_checkpoint_system': (ctypes.c_int, [
        ctypes.POINTER(ctypes.c_void_p), ctypes.POINTER(s.ckl_system_options),
        ctypes.POINTER(s.ckl_error)
    ]),
    'ckl_close_checkpoint_system': (None, [
    ]),
    'ckl_checkpoint_on_step': (ctypes.c_int, [
        ctypes.c_int64, ctypes.c_bool, ctypes.POINTER(s.ckl_error)
    ]),
    'ckl_checkpoint_on_model_change': (ctypes.c_int, [
        ctypes.c_void_p, ctypes.c_bool, ctypes.POINTER(s.ckl_error)
    ]),
    'ckl_checkpoint_on_config_change': (ctypes.c_int, [
        ctypes.c_void_p, ctypes.c_bool, ctypes.POINTER(s.ckl_error)
    ]),
    'ckl_checkpoint_on_data_change': (ctypes.c_int, [
        ctypes.c_void_p, ctypes.c_bool, ctypes.POINTER(s.ckl_error)
    ]),
    'ckl_log_metric': (ctypes.c_int, [
        ctypes.c_int64, ctypes.c_char_p, ctypes.c_double, ctypes.POINTER(s.ckl_error)
    ]),
}
