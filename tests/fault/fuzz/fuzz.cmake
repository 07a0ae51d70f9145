# Fuzz targets: NAME.c with LLVMFuzzerTestOneInput, its inputs in corpus/NAME. An ordinary build runs
# the inputs as tests; one with the preset `fuzz` (clang) makes the fuzzers themselves: see fuzz.sh.
set(FUZZ_TARGETS
    data
    description
    expressions
    ignored
    imported
    json
    ledger
    model_files
    receipts
    yaml
)

# Those that need files, or a ledger.
set(FUZZ_FOLDERS ${CMAKE_SOURCE_DIR}/tests/fault/errors/places.c)
set(FUZZ_LEDGERS ${FUZZ_FOLDERS} ${CMAKE_SOURCE_DIR}/tests/fault/damage/answers.c
    ${CMAKE_SOURCE_DIR}/tests/fault/damage/fixed.c)
set(FUZZ_SOURCES_model_files ${FUZZ_FOLDERS})
foreach(name expressions imported ledger receipts)
  set(FUZZ_SOURCES_${name} ${FUZZ_LEDGERS})
endforeach()

set(fuzz ${CMAKE_SOURCE_DIR}/tests/fault/fuzz)
foreach(name ${FUZZ_TARGETS})
  add_executable(fuzz_${name} ${fuzz}/${name}.c ${FUZZ_SOURCES_${name}})
  target_link_libraries(fuzz_${name} PRIVATE ckl_static)
  if(FUZZ_SOURCES_${name} MATCHES fixed)
    target_link_options(fuzz_${name} PRIVATE LINKER:--wrap=getrandom LINKER:--wrap=clock_gettime)
  endif()
  if(CKL_SANITIZE MATCHES fuzzer)
    target_link_options(fuzz_${name} PRIVATE -fsanitize=fuzzer)
  else()
    target_sources(fuzz_${name} PRIVATE ${fuzz}/replay.c)
    add_test(NAME fuzz/${name} COMMAND fuzz_${name} ${fuzz}/corpus/${name})
  endif()
endforeach()
