# ckl_sqlite.so in its hosts, `ckl sql`, snapshots. Debian's own interpreter loads extensions, others
# may not. Built with a sanitizer, the extension's hosts must load that first.
add_executable(test_sql tests/extension/test_sql.c)
target_link_libraries(test_sql PRIVATE ckl_static PkgConfig::CHECK)
target_include_directories(test_sql PRIVATE ${CMAKE_SOURCE_DIR}/tests)
add_test(NAME unit/sql COMMAND test_sql WORKING_DIRECTORY ${CMAKE_BINARY_DIR})

set(CKL_EXTENSION_ENVIRONMENT
    "CKL=$<TARGET_FILE:ckl>" "CKL_EXTENSION=$<TARGET_FILE:ckl_sqlite>"
    "CKL_DEMO=$<TARGET_FILE:ckl-demo>" "IRIS=${CMAKE_SOURCE_DIR}/tools/demo/iris.csv")
set(CKL_HOST_ENVIRONMENT "")
if(CKL_SANITIZE MATCHES "address")
  execute_process(COMMAND ${CMAKE_C_COMPILER} -print-file-name=libasan.so
                  OUTPUT_VARIABLE CKL_HOST_ASAN OUTPUT_STRIP_TRAILING_WHITESPACE)
  list(APPEND CKL_EXTENSION_ENVIRONMENT "CKL_PRELOAD=${CKL_HOST_ASAN}")
  set(CKL_HOST_ENVIRONMENT "LD_PRELOAD=${CKL_HOST_ASAN}" ASAN_OPTIONS=detect_leaks=0)
endif()

foreach(name hosts sql snapshot)
  add_test(NAME extension/${name} COMMAND bash ${CMAKE_SOURCE_DIR}/tests/extension/${name}.sh)
  set_tests_properties(extension/${name} PROPERTIES ENVIRONMENT "${CKL_EXTENSION_ENVIRONMENT}")
endforeach()

find_program(CKL_HOST_PYTHON python3 PATHS /usr/bin NO_DEFAULT_PATH)
if(CKL_HOST_PYTHON)
  foreach(name extension cost)
    add_test(NAME extension/${name} COMMAND ${CKL_HOST_PYTHON} -B
             ${CMAKE_SOURCE_DIR}/tests/extension/check_${name}.py)
    set_tests_properties(extension/${name} PROPERTIES SKIP_RETURN_CODE 77 ENVIRONMENT
      "${CKL_EXTENSION_ENVIRONMENT};${CKL_HOST_ENVIRONMENT}")
  endforeach()
endif()
