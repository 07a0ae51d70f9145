# The page of `ckl report`, in a real browser, with Debian's interpreter, which has its driver.
find_program(CKL_BROWSER_PYTHON python3 PATHS /usr/bin NO_DEFAULT_PATH)
if(CKL_BROWSER_PYTHON)
  add_test(NAME report/page COMMAND ${CKL_BROWSER_PYTHON} -B
           ${CMAKE_SOURCE_DIR}/tests/report/check_report.py)
  set_tests_properties(report/page PROPERTIES SKIP_RETURN_CODE 77 TIMEOUT 600 ENVIRONMENT
    "CKL=$<TARGET_FILE:ckl>;CKL_DEMO=$<TARGET_FILE:ckl-demo>;IRIS=${CMAKE_SOURCE_DIR}/tools/demo/iris.csv")
endif()

add_test(NAME report/files COMMAND bash ${CMAKE_SOURCE_DIR}/tests/report/files.sh)
set_tests_properties(report/files PROPERTIES ENVIRONMENT "CKL=$<TARGET_FILE:ckl>")
add_test(NAME report/dashboards COMMAND Python3::Interpreter -B
         ${CMAKE_SOURCE_DIR}/tests/report/check_dashboards.py)
set_tests_properties(report/dashboards PROPERTIES ENVIRONMENT
  "CKL=$<TARGET_FILE:ckl>;CKL_DEMO=$<TARGET_FILE:ckl-demo>;IRIS=${CMAKE_SOURCE_DIR}/tools/demo/iris.csv")
