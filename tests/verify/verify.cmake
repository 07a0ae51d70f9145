# The verifier that knows nothing of the library: whatever is changed in a ledger is found.
add_test(NAME verify/every_column
  COMMAND python3 ${CMAKE_SOURCE_DIR}/tests/verify/every_column.py ${CMAKE_SOURCE_DIR}/tools
          $<TARGET_FILE:ckl> $<TARGET_FILE:ckl-demo> ${CMAKE_SOURCE_DIR}/tools/demo/iris.csv)
