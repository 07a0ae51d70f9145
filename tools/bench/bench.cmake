# The library beside raw baselines (tools/bench.sh): not installed, decides nothing. A tiny run of
# it is a test, so that it cannot rot.
add_executable(ckl-bench tools/bench/bench.c tools/bench/measure.c tools/bench/data.c
               tools/bench/raw.c tools/bench/process.c tools/bench/rows_values.c
               tools/bench/rows_state.c tools/bench/rows_history.c)
target_link_libraries(ckl-bench PRIVATE ckl_static)
add_test(NAME bench/small COMMAND ckl-bench --ckl $<TARGET_FILE:ckl> --samples 1000 --experiments 30
         --weights 10000000 --repeat 2 --only calls,values,states,memory,history,experiments,weights)
