# Debian's own interpreter, where Debian's pandas is.
find_program(CKL_DEBIAN_PYTHON python3 PATHS /usr/bin NO_DEFAULT_PATH)
if(CKL_DEBIAN_PYTHON)
  add_test(NAME live/reads COMMAND ${CKL_DEBIAN_PYTHON} -B ${CMAKE_SOURCE_DIR}/tests/live/live_reads.py)
  set_tests_properties(live/reads PROPERTIES ENVIRONMENT
    "CKL=$<TARGET_FILE:ckl>;CKL_DEMO=$<TARGET_FILE:ckl-demo>;IRIS=${CMAKE_SOURCE_DIR}/tools/demo/iris.csv;DASHBOARD=${CMAKE_SOURCE_DIR}/tools/dashboards/datasette.json")
endif()
