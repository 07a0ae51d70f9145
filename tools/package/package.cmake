# What `cmake --install` and the Debian packages (tools/package.sh) give: three components, one for
# each package.
include(GNUInstallDirs)
include(CMakePackageConfigHelpers)
option(CKL_DEBIAN "Install what a Debian package must have, too" OFF)

# ---- the libraries ----

# The shared one shows what the headers declare, each name with a version, so that a program says
# which one it was linked with.
set(CKL_MAP ${CMAKE_BINARY_DIR}/package/libckl.map)
add_custom_command(OUTPUT ${CKL_MAP}
                   COMMAND ${CMAKE_COMMAND} -D OUTPUT=${CKL_MAP} -D VERSION=CKL_${PROJECT_VERSION_MAJOR}
                           -D INCLUDE=${CMAKE_SOURCE_DIR}/include
                           -P ${CMAKE_SOURCE_DIR}/tools/package/exports.cmake
                   DEPENDS ${CKL_PUBLIC_HEADERS} ${CMAKE_SOURCE_DIR}/tools/package/exports.cmake
                   COMMENT "Listing what libckl shows" VERBATIM)
add_custom_target(ckl_map DEPENDS ${CKL_MAP})
add_dependencies(ckl_shared ckl_map)
set_property(TARGET ckl_shared APPEND PROPERTY LINK_DEPENDS ${CKL_MAP})
target_link_options(ckl_shared PRIVATE -Wl,--version-script=${CKL_MAP})

# The static one is one object in which all other names are local: they cannot clash with those of
# the program.
set(CKL_ARCHIVE ${CMAKE_BINARY_DIR}/package/libckl.a)
add_custom_command(OUTPUT ${CKL_ARCHIVE}
                   COMMAND ${CMAKE_COMMAND} -E rm -f ${CKL_ARCHIVE}
                   COMMAND ${CMAKE_LINKER} -r -o ${CMAKE_BINARY_DIR}/package/ckl.o ${CKL_OBJECTS}
                   COMMAND ${CMAKE_OBJCOPY} --localize-hidden ${CMAKE_BINARY_DIR}/package/ckl.o
                   COMMAND ${CMAKE_AR} rcsD ${CKL_ARCHIVE} ${CMAKE_BINARY_DIR}/package/ckl.o
                   DEPENDS ${CKL_OBJECTS}
                   COMMENT "Joining the static library" COMMAND_EXPAND_LISTS VERBATIM)
add_custom_target(ckl_archive ALL DEPENDS ${CKL_ARCHIVE})

install(TARGETS ckl_shared LIBRARY
        DESTINATION ${CMAKE_INSTALL_LIBDIR} COMPONENT library NAMELINK_COMPONENT development)
install(FILES ${CKL_ARCHIVE} DESTINATION ${CMAKE_INSTALL_LIBDIR} COMPONENT development)
install(FILES ${CKL_PUBLIC_HEADERS} DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/ckl
        COMPONENT development)

# ---- how programs find them ----

# Written while installing: only then is the prefix known.
foreach(kind INCLUDE LIB)
  set(CKL_PC_${kind}DIR ${CMAKE_INSTALL_${kind}DIR})
  if(NOT IS_ABSOLUTE "${CKL_PC_${kind}DIR}")
    string(PREPEND CKL_PC_${kind}DIR "\${prefix}/")
  endif()
endforeach()
install(CODE "
  set(CKL_PC_INCLUDEDIR [[${CKL_PC_INCLUDEDIR}]])
  set(CKL_PC_LIBDIR [[${CKL_PC_LIBDIR}]])
  set(PROJECT_VERSION ${PROJECT_VERSION})
  configure_file(\"${CMAKE_SOURCE_DIR}/tools/package/ckl.pc.in\"
                 \"${CMAKE_BINARY_DIR}/package/ckl.pc\" @ONLY)"
  COMPONENT development)
install(FILES ${CMAKE_BINARY_DIR}/package/ckl.pc
        DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig COMPONENT development)
set(CKL_CMAKE_DIR ${CMAKE_INSTALL_LIBDIR}/cmake/ckl)
configure_package_config_file(${CMAKE_SOURCE_DIR}/tools/package/cklConfig.cmake.in
  ${CMAKE_BINARY_DIR}/package/cklConfig.cmake INSTALL_DESTINATION ${CKL_CMAKE_DIR}
  PATH_VARS CMAKE_INSTALL_INCLUDEDIR CMAKE_INSTALL_LIBDIR)
# Before 1.0 a new minor version may take something away.
write_basic_package_version_file(${CMAKE_BINARY_DIR}/package/cklConfigVersion.cmake
                                 COMPATIBILITY SameMinorVersion)
install(FILES ${CMAKE_BINARY_DIR}/package/cklConfig.cmake
              ${CMAKE_BINARY_DIR}/package/cklConfigVersion.cmake
        DESTINATION ${CKL_CMAKE_DIR} COMPONENT development)

# ---- the command, the extension, what explains them ----

install(TARGETS ckl RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR} COMPONENT command)
install(TARGETS ckl_sqlite LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR}/ckl COMPONENT command)
set(CKL_BASH_COMPLETIONS ${CMAKE_INSTALL_DATADIR}/bash-completion/completions)
install(FILES ${CKL_PAGES}/ckl.bash DESTINATION ${CKL_BASH_COMPLETIONS} RENAME ckl
        COMPONENT command)
set(CKL_ZSH_COMPLETIONS ${CMAKE_INSTALL_DATADIR}/zsh/site-functions)
if(CKL_DEBIAN)
  set(CKL_ZSH_COMPLETIONS ${CMAKE_INSTALL_DATADIR}/zsh/vendor-completions)
endif()
install(FILES ${CKL_PAGES}/_ckl DESTINATION ${CKL_ZSH_COMPLETIONS} COMPONENT command)
install(FILES ${CKL_PAGES}/ckl.fish
        DESTINATION ${CMAKE_INSTALL_DATADIR}/fish/vendor_completions.d COMPONENT command)
set(CKL_PAGES_DIR ${CKL_PAGES})
if(CKL_DEBIAN)
  # Debian's pages are compressed, without names and times, so that the packages come out the same.
  set(CKL_PAGES_DIR ${CMAKE_BINARY_DIR}/package/man)
  install(CODE "
    file(REMOVE_RECURSE \"${CKL_PAGES_DIR}\")
    file(MAKE_DIRECTORY \"${CKL_PAGES_DIR}\")
    file(GLOB pages \"${CKL_PAGES}/*.[135]\")
    file(COPY \${pages} DESTINATION \"${CKL_PAGES_DIR}\")
    file(GLOB pages \"${CKL_PAGES_DIR}/*\")
    execute_process(COMMAND gzip -9n \${pages} COMMAND_ERROR_IS_FATAL ANY)"
    ALL_COMPONENTS)
endif()
foreach(section 1 3 5)
  set(component command)
  if(section EQUAL 3)
    set(component development)
  endif()
  install(DIRECTORY ${CKL_PAGES_DIR}/ DESTINATION ${CMAKE_INSTALL_MANDIR}/man${section}
          COMPONENT ${component} FILES_MATCHING PATTERN "*.${section}" PATTERN "*.${section}.gz")
endforeach()
if(CKL_DEBIAN)
  include(tools/package/debian.cmake)
endif()
