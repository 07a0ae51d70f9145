# Manual pages and completions, made from the table of commands and the schema.
add_executable(ckl-pages tools/pages/pages.c tools/pages/pages_command.c
               tools/pages/pages_ledger.c tools/pages/pages_completion.c)
target_include_directories(ckl-pages PRIVATE tools/cli src)
target_link_libraries(ckl-pages PRIVATE ckl_cli)
set(CKL_PAGES ${CMAKE_BINARY_DIR}/pages)
add_custom_command(OUTPUT ${CKL_PAGES}/ckl.1
                   COMMAND ${CMAKE_COMMAND} -E make_directory ${CKL_PAGES}
                   COMMAND ckl-pages ${CKL_PAGES}
                   DEPENDS ckl-pages VERBATIM)
add_custom_target(pages ALL DEPENDS ${CKL_PAGES}/ckl.1)
