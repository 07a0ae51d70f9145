# The package in tools/python/, with the interpreter of the path, over the library that was just
# built. Under ASan the interpreter, which has none, is given it first; it frees nothing at its end.
find_package(Python3 COMPONENTS Interpreter REQUIRED)

set(CKL_PYTHON_ENVIRONMENT
    "CKL_LIBRARY=$<TARGET_FILE:ckl_shared>" "CKL=$<TARGET_FILE:ckl>" PYTHONDONTWRITEBYTECODE=1
    "PYTHONPATH=${CMAKE_SOURCE_DIR}/tools/python:${CMAKE_SOURCE_DIR}/tests/python")
if(CKL_SANITIZE MATCHES "address")
  execute_process(COMMAND ${CMAKE_C_COMPILER} -print-file-name=libasan.so
                  OUTPUT_VARIABLE CKL_ASAN OUTPUT_STRIP_TRAILING_WHITESPACE)
  list(APPEND CKL_PYTHON_ENVIRONMENT "LD_PRELOAD=${CKL_ASAN}" ASAN_OPTIONS=detect_leaks=0
       CKL_SLOW=1 CKL_CYCLES=300 CKL_VALUES=1000 CKL_COMMANDS=30)
endif()

function(ckl_python_test name path)
  add_test(NAME python/${name} COMMAND Python3::Interpreter ${CMAKE_SOURCE_DIR}/tests/python/${path})
  set_tests_properties(python/${name} PROPERTIES ENVIRONMENT "${CKL_PYTHON_ENVIRONMENT}")
endfunction()

if(NOT CKL_SANITIZE OR CKL_SANITIZE MATCHES "address")
  foreach(name layout values manager guide automatic disk_full)
    ckl_python_test(${name} test_${name}.py)
  endforeach()
  set_tests_properties(python/disk_full PROPERTIES SKIP_RETURN_CODE 77)
endif()

if(NOT CKL_SANITIZE)
  add_test(NAME python/wheel COMMAND bash ${CMAKE_SOURCE_DIR}/tests/python/wheel.sh)
  set_tests_properties(python/wheel PROPERTIES SKIP_RETURN_CODE 77 ENVIRONMENT
    "PYTHON=${Python3_EXECUTABLE};LIBRARY=$<TARGET_FILE:ckl_shared>;SOURCE=${CMAKE_SOURCE_DIR};CKL=$<TARGET_FILE:ckl>")
endif()

# With torch, which Debian's own interpreter has; without it these are skipped, unless
# CKL_WITH_TORCH=1 (tools/test.sh --with-torch).
find_program(CKL_TORCH_PYTHON python3 PATHS /usr/bin NO_DEFAULT_PATH)
if(CKL_TORCH_PYTHON AND NOT CKL_SANITIZE)
  foreach(name torch_describe torch_training guide disk_full)
    string(REGEX REPLACE "^torch_" "" short ${name})
    add_test(NAME torch/${short}
             COMMAND ${CKL_TORCH_PYTHON} ${CMAKE_SOURCE_DIR}/tests/python/with_torch.py
                     ${CMAKE_SOURCE_DIR}/tests/python/test_${name}.py)
    set_tests_properties(torch/${short} PROPERTIES ENVIRONMENT "${CKL_PYTHON_ENVIRONMENT}"
                         SKIP_RETURN_CODE 77)
  endforeach()
endif()

# Whoever changes a header gets the package's view of it with the next build, to commit with it.
set(CKL_PYTHON_PACKAGE ${CMAKE_SOURCE_DIR}/tools/python/checkpoint_ledger)
file(GLOB CKL_HEADERS CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/include/ckl/*.h)
add_custom_command(
  OUTPUT ${CMAKE_BINARY_DIR}/python-prototypes
  COMMAND Python3::Interpreter ${CMAKE_SOURCE_DIR}/tools/python/generate.py
  COMMAND ${CMAKE_COMMAND} -E touch ${CMAKE_BINARY_DIR}/python-prototypes
  DEPENDS ${CKL_HEADERS} ${CMAKE_SOURCE_DIR}/tools/python/generate.py
  COMMENT "Reading the headers for Python"
  VERBATIM)
add_custom_target(python_prototypes ALL DEPENDS ${CMAKE_BINARY_DIR}/python-prototypes)
