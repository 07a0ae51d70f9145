# What is installed, as those meet it who build with it and have nothing else of ours.
add_test(NAME package/exports COMMAND bash ${CMAKE_SOURCE_DIR}/tests/package/exports.sh)
set_tests_properties(package/exports PROPERTIES ENVIRONMENT
  "INCLUDE=${CMAKE_SOURCE_DIR}/include;LIBRARY=$<TARGET_FILE:ckl_shared>;ARCHIVE=${CKL_ARCHIVE}")

# With a sanitizer the library needs what programs of others do not have.
if(NOT CKL_SANITIZE)
  foreach(name install debs torch)
    add_test(NAME package/${name} COMMAND bash ${CMAKE_SOURCE_DIR}/tests/package/${name}.sh)
    set_tests_properties(package/${name} PROPERTIES SKIP_RETURN_CODE 77 ENVIRONMENT
      "SOURCE=${CMAKE_SOURCE_DIR};BUILD=${CMAKE_BINARY_DIR};FOLDER=${CMAKE_BINARY_DIR}/debian;VERSION=${PROJECT_VERSION}")
  endforeach()
  set_tests_properties(package/debs PROPERTIES RUN_SERIAL TRUE) # it changes the machine
endif()
