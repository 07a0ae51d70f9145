# The demo is a program that users copy from: its stored weights must be what is said of them.
add_test(NAME demo/story COMMAND bash ${CMAKE_SOURCE_DIR}/tests/demo/story.sh)
add_test(NAME demo/live COMMAND bash ${CMAKE_SOURCE_DIR}/tests/demo/live.sh)
add_test(NAME demo/survive COMMAND bash ${CMAKE_SOURCE_DIR}/tests/demo/survive.sh)
add_test(NAME demo/ranks COMMAND bash ${CMAKE_SOURCE_DIR}/tests/demo/ranks.sh)
add_test(NAME demo/code COMMAND bash ${CMAKE_SOURCE_DIR}/tests/demo/code.sh)
set_tests_properties(demo/survive PROPERTIES SKIP_RETURN_CODE 77)
set_tests_properties(demo/story demo/live demo/survive demo/ranks demo/code PROPERTIES ENVIRONMENT
  "CKL=$<TARGET_FILE:ckl>;CKL_DEMO=$<TARGET_FILE:ckl-demo>;IRIS=${CMAKE_SOURCE_DIR}/tools/demo/iris.csv")
