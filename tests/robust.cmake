# Disks, file systems and links that are not as they should be.
add_executable(test_outcome tests/unit/test_outcome.c tests/unit/disk_fault.c)
target_link_libraries(test_outcome PRIVATE ckl_static PkgConfig::CHECK)
add_test(NAME unit/outcome COMMAND test_outcome WORKING_DIRECTORY ${CMAKE_BINARY_DIR})
