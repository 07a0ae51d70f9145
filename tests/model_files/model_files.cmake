# Files of weights, written and read again by tests/model_files/formats.py. MODEL_FILE_MUTATIONS=10000
# in the environment tries as many mutated headers.
add_executable(model_probe tests/model_files/model_probe.c $<TARGET_OBJECTS:layer0>
                           $<TARGET_OBJECTS:layer1>)
target_link_libraries(model_probe PRIVATE ckl_settings)
set(sanitized 0)
if(CKL_SANITIZE)
  set(sanitized 1)
endif()
foreach(part types wrong mutated large command many library names)
  add_test(NAME model_files/${part}
           COMMAND python3 ${CMAKE_SOURCE_DIR}/tests/model_files/check_model_files.py
                   $<TARGET_FILE:model_probe> $<TARGET_FILE:ckl> ${part})
  set_tests_properties(model_files/${part} PROPERTIES ENVIRONMENT "MODEL_FILE_SANITIZED=${sanitized}")
endforeach()
