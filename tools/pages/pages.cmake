# Manual pages and completions, made from the table of commands, the schema and the headers.
add_executable(ckl-pages tools/pages/pages.c tools/pages/pages_command.c
               tools/pages/pages_ledger.c tools/pages/pages_completion.c tools/pages/pages_api.c
               tools/pages/pages_header.c tools/pages/pages_comment.c)
target_include_directories(ckl-pages PRIVATE tools/cli src)
target_link_libraries(ckl-pages PRIVATE ckl_cli)
set(CKL_PAGES ${CMAKE_BINARY_DIR}/pages)
file(GLOB CKL_PUBLIC_HEADERS CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/include/ckl/*.h)
add_custom_command(OUTPUT ${CKL_PAGES}/ckl.1
                   COMMAND ${CMAKE_COMMAND} -E rm -rf ${CKL_PAGES}
                   COMMAND ${CMAKE_COMMAND} -E make_directory ${CKL_PAGES}
                   COMMAND ckl-pages ${CKL_PAGES} ${CKL_PUBLIC_HEADERS}
                   DEPENDS ckl-pages ${CKL_PUBLIC_HEADERS} VERBATIM)
add_custom_target(pages ALL DEPENDS ${CKL_PAGES}/ckl.1)
