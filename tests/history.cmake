add_test(NAME history/random
         COMMAND python3 ${CMAKE_SOURCE_DIR}/tests/history/check_history.py)
set_tests_properties(history/random PROPERTIES ENVIRONMENT "CKL=$<TARGET_FILE:ckl>")
