# Looking a ledger over: nothing in it can be changed unseen; what derives comes back.
add_test(NAME check/every_column COMMAND bash ${CMAKE_SOURCE_DIR}/tests/check/every_column.sh)
add_test(NAME check/repair COMMAND bash ${CMAKE_SOURCE_DIR}/tests/check/repair.sh)
add_test(NAME check/evidence COMMAND bash ${CMAKE_SOURCE_DIR}/tests/check/evidence.sh)
add_test(NAME check/older COMMAND bash ${CMAKE_SOURCE_DIR}/tests/check/older.sh)
set_tests_properties(check/every_column check/repair check/evidence check/older PROPERTIES ENVIRONMENT
  "CKL=$<TARGET_FILE:ckl>;CKL_DEMO=$<TARGET_FILE:ckl-demo>;IRIS=${CMAKE_SOURCE_DIR}/tools/demo/iris.csv")
# Under a sanitizer each look costs five times as much: every column and table once, of the rest a few.
if(CKL_SANITIZE)
  set_property(TEST check/every_column APPEND PROPERTY ENVIRONMENT "CKL_EVERY=40")
endif()
ckl_library_test(check)
