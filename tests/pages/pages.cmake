add_test(NAME pages/pages COMMAND bash ${CMAKE_SOURCE_DIR}/tests/pages/pages.sh)
set_tests_properties(pages/pages PROPERTIES ENVIRONMENT
  "CKL=$<TARGET_FILE:ckl>;PAGES=${CMAKE_BINARY_DIR}/pages;INCLUDE=${CMAKE_SOURCE_DIR}/include")
