# Tests of the library as its users have it: they link the static library and see what they need.
function(ckl_library_test name)
  add_executable(test_${name} tests/unit/test_${name}.c)
  target_link_libraries(test_${name} PRIVATE ckl_static PkgConfig::CHECK)
  target_compile_definitions(test_${name} PRIVATE TESTS_DIR="${CMAKE_SOURCE_DIR}/tests")
  add_test(NAME unit/${name} COMMAND test_${name} WORKING_DIRECTORY ${CMAKE_BINARY_DIR})
endfunction()

ckl_unit_test(plan 4)
ckl_library_test(manager)
ckl_library_test(checkpoint)
ckl_library_test(crash)
ckl_library_test(auto)
ckl_library_test(survive)
ckl_library_test(crash_many)
ckl_library_test(many)

# A locale with a decimal comma, from the package `locales` (tools/test.sh installs it).
set(COMMA_LOCALE ${CMAKE_BINARY_DIR}/locale/de_DE.UTF-8)
find_program(LOCALEDEF localedef)
if(LOCALEDEF AND EXISTS /usr/share/i18n/locales/de_DE)
  add_custom_command(
    OUTPUT ${COMMA_LOCALE}/LC_NUMERIC
    COMMAND ${CMAKE_COMMAND} -E make_directory ${CMAKE_BINARY_DIR}/locale
    COMMAND ${LOCALEDEF} -i de_DE -f UTF-8 ${COMMA_LOCALE}
    VERBATIM)
  add_custom_target(comma_locale ALL DEPENDS ${COMMA_LOCALE}/LC_NUMERIC)
  ckl_library_test(locale)
  set_property(TEST unit/locale unit/doc APPEND PROPERTY
               ENVIRONMENT LOCPATH=${CMAKE_BINARY_DIR}/locale)
else()
  message(STATUS "unit/locale is left out: the package locales is not installed")
endif()
