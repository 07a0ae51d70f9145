# Tests of the library as its users have it: they link the static library and see what they need.
function(ckl_library_test name)
  add_executable(test_${name} tests/unit/test_${name}.c)
  target_link_libraries(test_${name} PRIVATE ckl_static PkgConfig::CHECK)
  target_compile_definitions(test_${name} PRIVATE TESTS_DIR="${CMAKE_SOURCE_DIR}/tests")
  add_test(NAME unit/${name} COMMAND test_${name} WORKING_DIRECTORY ${CMAKE_BINARY_DIR})
endfunction()

ckl_unit_test(plan 4)
ckl_library_test(manager)
ckl_library_test(checkpoint)
ckl_library_test(crash)
ckl_library_test(auto)
ckl_library_test(survive)
