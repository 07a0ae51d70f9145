add_test(NAME import/import COMMAND python3 ${CMAKE_SOURCE_DIR}/tests/import/import.py)
set_tests_properties(import/import PROPERTIES ENVIRONMENT "CKL=$<TARGET_FILE:ckl>")
