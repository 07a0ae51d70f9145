add_test(NAME insight/insight COMMAND python3 ${CMAKE_SOURCE_DIR}/tests/insight/insight.py)
set_tests_properties(insight/insight PROPERTIES ENVIRONMENT
  "CKL=$<TARGET_FILE:ckl>;IRIS=${CMAKE_SOURCE_DIR}/tools/demo/iris.csv;VERIFY=${CMAKE_SOURCE_DIR}/tools/verify_ledger.py")
