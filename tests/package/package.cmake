# What is installed, as those meet it who build with it and have nothing else of ours.
add_test(NAME package/exports COMMAND bash ${CMAKE_SOURCE_DIR}/tests/package/exports.sh)
set_tests_properties(package/exports PROPERTIES ENVIRONMENT
  "INCLUDE=${CMAKE_SOURCE_DIR}/include;LIBRARY=$<TARGET_FILE:ckl_shared>;ARCHIVE=${CKL_ARCHIVE}")
