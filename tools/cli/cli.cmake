include(tools/report/report.cmake)
add_library(ckl_cli STATIC tools/cli/open.c tools/cli/options.c tools/cli/emit.c tools/cli/table.c tools/cli/pager.c tools/cli/progress.c tools/cli/help.c tools/cli/commands.c tools/cli/commands_record.c tools/cli/commands_ask.c tools/cli/commands_keep.c tools/cli/input.c
               tools/cli/cmd_hash.c tools/cli/cmd_record.c tools/cli/cmd_read.c tools/cli/cmd_show.c
               tools/cli/cmd_diff.c tools/cli/cmd_log.c tools/cli/graph.c tools/cli/cmd_audit.c tools/cli/cmd_find.c tools/cli/cmd_label.c tools/cli/cmd_watch.c tools/cli/cmd_gc.c
               tools/cli/cmd_fsck.c tools/cli/cmd_insight.c tools/cli/cmd_merge.c tools/cli/cmd_import.c tools/cli/cmd_sql.c tools/cli/cmd_export.c tools/cli/cmd_snapshot.c
               tools/cli/cmd_report.c tools/cli/cmd_report_text.c tools/cli/cmd_report_history.c
               tools/cli/cmd_report_nodes.c tools/cli/cmd_report_metrics.c ${CKL_REPORT_C})
target_link_libraries(ckl_cli PUBLIC ckl_static)
add_executable(ckl tools/cli/main.c)
target_link_libraries(ckl PRIVATE ckl_cli)
