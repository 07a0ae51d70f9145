add_test(NAME tour/questions COMMAND python3 ${CMAKE_SOURCE_DIR}/tests/tour/tour.py)
set_tests_properties(tour/questions PROPERTIES ENVIRONMENT
  "CKL=$<TARGET_FILE:ckl>;CKL_DEMO=$<TARGET_FILE:ckl-demo>;IRIS=${CMAKE_SOURCE_DIR}/tools/demo/iris.csv;README=${CMAKE_SOURCE_DIR}/README.md;EXTENSION=$<TARGET_FILE:ckl_sqlite>;PRELOAD=${CKL_HOST_ASAN}")
