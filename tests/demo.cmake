# The demo is a program that users copy from: its stored weights must be what is said of them.
add_test(NAME demo/story COMMAND bash ${CMAKE_SOURCE_DIR}/tests/demo/story.sh)
add_test(NAME demo/live COMMAND bash ${CMAKE_SOURCE_DIR}/tests/demo/live.sh)
set_tests_properties(demo/story demo/live PROPERTIES ENVIRONMENT
  "CKL=$<TARGET_FILE:ckl>;CKL_DEMO=$<TARGET_FILE:ckl-demo>;IRIS=${CMAKE_SOURCE_DIR}/tools/demo/iris.csv")
