add_test(NAME ledger/explains_itself
         COMMAND bash ${CMAKE_SOURCE_DIR}/tests/ledger/explains_itself.sh)
set_tests_properties(ledger/explains_itself PROPERTIES ENVIRONMENT
  "CKL=$<TARGET_FILE:ckl>;CKL_DEMO=$<TARGET_FILE:ckl-demo>;IRIS=${CMAKE_SOURCE_DIR}/tools/demo/iris.csv")
