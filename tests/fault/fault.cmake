# Power loss: record.c writes down what workloads do to the disk, `fault` tries what is left of it
# after a crash. The parts of the harness are put together by run.sh.
add_library(fault_record SHARED tests/fault/record.c tests/fault/record_calls.c
            tests/fault/record_names.c)
target_compile_definitions(fault_record PRIVATE _GNU_SOURCE)
target_compile_options(fault_record PRIVATE -Wall -Wextra -Wpedantic -Wconversion -Wshadow
                       -Wstrict-prototypes -Wmissing-prototypes -Wvla)
target_link_libraries(fault_record PRIVATE ${CMAKE_DL_LIBS})
set_target_properties(fault_record PROPERTIES C_VISIBILITY_PRESET default)

add_executable(fault tests/fault/main.c tests/fault/sweep.c tests/fault/verify.c
               tests/fault/disk.c tests/fault/crash.c tests/fault/trace.c tests/fault/work.c
               tests/fault/workloads.c tests/fault/workloads_tree.c tests/fault/workloads_ledger.c
               tests/fault/workloads_many.c tests/fault/workloads_recovery.c)
target_link_libraries(fault PRIVATE ckl_static ${CMAKE_DL_LIBS})
target_compile_definitions(fault PRIVATE TESTS_DIR="${CMAKE_SOURCE_DIR}/tests"
                           FAULT_RECORDER="$<TARGET_FILE:fault_record>")
add_dependencies(fault fault_record)

set(FAULT_PARTS power plants)
if(CKL_SANITIZE) # there it would only be slower that planted mistakes are found
  set(FAULT_PARTS power)
endif()
add_test(NAME fault/power_loss
         COMMAND bash ${CMAKE_SOURCE_DIR}/tests/fault/run.sh ${FAULT_PARTS})
set_tests_properties(fault/power_loss PROPERTIES ENVIRONMENT
  "CKL_BUILD=${CMAKE_BINARY_DIR};CKL_FAULT_ROWS=${CMAKE_BINARY_DIR}/rows;ASAN_OPTIONS=verify_asan_link_order=0")

# The other parts have tests of their own; that run.sh puts them together:
add_test(NAME fault/run
         COMMAND bash ${CMAKE_SOURCE_DIR}/tests/fault/run.sh errors damage model)
set_tests_properties(fault/run PROPERTIES ENVIRONMENT
  "CKL_BUILD=${CMAKE_BINARY_DIR};CKL_FAULT_ROWS=${CMAKE_BINARY_DIR}/rows_run;CKL_FAULT_ONLY=receipt;CKL_ERRORS=1;CKL_DAMAGES=10;CKL_MODEL_HISTORIES=1")

include(${CMAKE_SOURCE_DIR}/tests/fault/fuzz/fuzz.cmake)
include(${CMAKE_SOURCE_DIR}/tests/fault/model/model.cmake)
include(${CMAKE_SOURCE_DIR}/tests/fault/errors/errors.cmake)
include(${CMAKE_SOURCE_DIR}/tests/fault/full/full.cmake)
include(${CMAKE_SOURCE_DIR}/tests/fault/damage/damage.cmake)
