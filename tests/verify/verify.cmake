# The verifier that knows nothing of the library: whatever is changed in a ledger is found, and nothing
# where nothing is wrong.
set(verify_tools ${CMAKE_SOURCE_DIR}/tools)
add_test(NAME verify/every_column
  COMMAND python3 ${CMAKE_SOURCE_DIR}/tests/verify/every_column.py ${verify_tools}
          $<TARGET_FILE:ckl> $<TARGET_FILE:ckl-demo> ${CMAKE_SOURCE_DIR}/tools/demo/iris.csv)
add_test(NAME verify/older
  COMMAND python3 ${CMAKE_SOURCE_DIR}/tests/verify/older.py ${verify_tools} $<TARGET_FILE:ckl>
          ${CMAKE_SOURCE_DIR}/tests/golden/ledger_v1.sql ${CMAKE_SOURCE_DIR}/tests/check/version_1.sql
          ${CMAKE_SOURCE_DIR}/tests/verify/version_2.sql)
add_test(NAME verify/random_histories
  COMMAND python3 ${CMAKE_SOURCE_DIR}/tests/verify/random_histories.py ${verify_tools})
set_tests_properties(verify/random_histories PROPERTIES ENVIRONMENT
  "CKL=$<TARGET_FILE:ckl>;CKL_SLOW=${CKL_SANITIZE}")
