# The guide, executed: every promise of guide.md is carried by an assertion that held.
foreach(part hashes manager auto)
  add_executable(test_guide_${part} tests/guide/test_guide_${part}.c)
  target_link_libraries(test_guide_${part} PRIVATE ckl_static PkgConfig::CHECK)
  target_include_directories(test_guide_${part} PRIVATE ${CMAKE_SOURCE_DIR}/tests)
  list(APPEND GUIDE_PROGRAMS $<TARGET_FILE:test_guide_${part}>)
endforeach()
add_test(NAME guide/coverage
  COMMAND python3 ${CMAKE_SOURCE_DIR}/tests/guide/check_coverage.py
          ${CMAKE_SOURCE_DIR}/tests/guide/guide.md ${CMAKE_SOURCE_DIR}/tests/guide/no_promise.txt
          ${GUIDE_PROGRAMS} ${CMAKE_SOURCE_DIR}/tests/guide/guide.sh)
set_tests_properties(guide/coverage PROPERTIES ENVIRONMENT "CKL=$<TARGET_FILE:ckl>")
