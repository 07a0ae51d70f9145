# Random operations by several processes against a model in memory. CKL_MODEL_HISTORIES and CKL_SEED
# say how many and which; see main.c. Its planted mistakes are tried by run.sh.
add_executable(fault_model tests/fault/model/main.c tests/fault/model/play.c
               tests/fault/model/shrink.c tests/fault/model/compare_views.c
               tests/fault/model/compare_root.c tests/fault/model/expected.c tests/fault/model/lookup.c
               tests/fault/model/request.c tests/fault/model/worker.c
               tests/fault/model/operation.c)
target_link_libraries(fault_model PRIVATE ckl_static)
add_test(NAME fault/model COMMAND fault_model)

# Histories that once failed, shrunk.
file(GLOB MODEL_CASES CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/tests/fault/model/cases/*.txt)
foreach(case ${MODEL_CASES})
  get_filename_component(name ${case} NAME_WE)
  add_test(NAME fault/model_${name} COMMAND fault_model --replay ${case})
endforeach()

add_executable(fault_interrupted tests/fault/model/test_interrupted.c)
target_link_libraries(fault_interrupted PRIVATE ckl_static PkgConfig::CHECK)
add_test(NAME fault/interrupted COMMAND fault_interrupted)
