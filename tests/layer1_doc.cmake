ckl_unit_test(doc 1)
ckl_unit_test(doc_yaml 1)
ckl_unit_test(doc_limits 1)
ckl_unit_test(emit_yaml 1)

# Generated documents, compared with PyYAML; skipped with a reason where python3-yaml is missing.
# CKL_CORPUS says how many, CKL_SEED which.
add_executable(doc_dump tests/yaml/doc_dump.c $<TARGET_OBJECTS:layer0> $<TARGET_OBJECTS:layer1>)
target_link_libraries(doc_dump PRIVATE ckl_settings)
foreach(script read emit)
  add_test(NAME yaml/${script}
           COMMAND /usr/bin/python3 -B ${CMAKE_SOURCE_DIR}/tests/yaml/check_${script}.py
                   $<TARGET_FILE:doc_dump>)
  set_tests_properties(yaml/${script} PROPERTIES SKIP_RETURN_CODE 77)
endforeach()
