# The command as users meet it: standard output, standard error and the exit code.
foreach(name bad_input json story clash help root text watch gc full hostile fsck progress ask older)
  add_test(NAME cli/${name} COMMAND bash ${CMAKE_SOURCE_DIR}/tests/cli/${name}.sh)
  set_tests_properties(cli/${name} PROPERTIES ENVIRONMENT "CKL=$<TARGET_FILE:ckl>")
endforeach()
