# Disks, file systems and links that are not as they should be.
add_executable(test_outcome tests/unit/test_outcome.c tests/unit/disk_fault.c)
target_link_libraries(test_outcome PRIVATE ckl_static PkgConfig::CHECK)
add_test(NAME unit/outcome COMMAND test_outcome WORKING_DIRECTORY ${CMAKE_BINARY_DIR})

add_test(NAME unit/outcome_network COMMAND test_outcome WORKING_DIRECTORY ${CMAKE_BINARY_DIR})
set_tests_properties(unit/outcome_network PROPERTIES ENVIRONMENT CKL_FILE_SYSTEM=network)

add_library(limits SHARED tests/preload/limits.c)
target_compile_definitions(limits PRIVATE _GNU_SOURCE)
set_target_properties(limits PROPERTIES C_VISIBILITY_PRESET default)

foreach(name limits network elsewhere reading)
  add_test(NAME robust/${name} COMMAND bash ${CMAKE_SOURCE_DIR}/tests/robust/${name}.sh)
  set_tests_properties(robust/${name} PROPERTIES SKIP_RETURN_CODE 77 ENVIRONMENT
    "CKL=$<TARGET_FILE:ckl>;CKL_DEMO=$<TARGET_FILE:ckl-demo>;LIMITS_LIBRARY=$<TARGET_FILE:limits>")
endforeach()
