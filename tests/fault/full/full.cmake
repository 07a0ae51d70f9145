# Disk full at every size; CKL_FULL_POINTS says at how many.
add_test(NAME fault/full COMMAND python3 ${CMAKE_SOURCE_DIR}/tests/fault/full/full.py)
set_tests_properties(fault/full PROPERTIES ENVIRONMENT "CKL=$<TARGET_FILE:ckl>")
