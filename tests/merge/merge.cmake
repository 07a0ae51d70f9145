add_test(NAME merge/merge COMMAND python3 ${CMAKE_SOURCE_DIR}/tests/merge/merge.py)
set_tests_properties(merge/merge PROPERTIES ENVIRONMENT "CKL=$<TARGET_FILE:ckl>")
