# The Debian packages: libckl0, libckl-dev, ckl. Made by CPack with the tools of dpkg, from an
# installation below /usr (tools/package.sh).
set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME ckl)
set(CPACK_PACKAGE_VENDOR "Checkpoint Ledger")
set(CPACK_PACKAGE_VERSION ${PROJECT_VERSION})
set(CPACK_SET_DESTDIR ON)
set(CPACK_STRIP_FILES ON)
set(CPACK_INSTALL_DEFAULT_DIRECTORY_PERMISSIONS
    OWNER_READ OWNER_WRITE OWNER_EXECUTE GROUP_READ GROUP_EXECUTE WORLD_READ WORLD_EXECUTE)
set(CMAKE_INSTALL_DEFAULT_DIRECTORY_PERMISSIONS ${CPACK_INSTALL_DEFAULT_DIRECTORY_PERMISSIONS})
# Only what is packed is built, not the tests.
set(CMAKE_SKIP_INSTALL_ALL_DEPENDENCY ON)

set(CPACK_COMPONENTS_ALL library development command)
set(CPACK_DEB_COMPONENT_INSTALL ON)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)
set(CKL_MAINTAINER "Checkpoint Ledger <ckl@checkpoint-ledger.invalid>" CACHE STRING
    "Who made the packages: NAME <ADDRESS>")
set(CPACK_DEBIAN_PACKAGE_MAINTAINER "${CKL_MAINTAINER}")
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)

set(CKL_ABOUT "Checkpoint Ledger records every state of a training: the model's architecture,
the configuration, and which samples are discarded and how they are tagged.
Each has a hash, changes are pending until training resumes, and the whole
history is in one SQLite file that says what changed, when, by whom, and why.
")
set(CPACK_DEBIAN_LIBRARY_PACKAGE_NAME libckl${PROJECT_VERSION_MAJOR})
set(CPACK_DEBIAN_LIBRARY_PACKAGE_SECTION libs)
set(CPACK_DEBIAN_LIBRARY_PACKAGE_DEPENDS "libsqlite3-0 (>= 3.26)")
set(CPACK_DEBIAN_LIBRARY_DESCRIPTION "history of machine learning experiments - shared library
${CKL_ABOUT}
This package holds the shared library.")

set(CPACK_DEBIAN_DEVELOPMENT_PACKAGE_NAME libckl-dev)
set(CPACK_DEBIAN_DEVELOPMENT_PACKAGE_SECTION libdevel)
set(CPACK_DEBIAN_DEVELOPMENT_PACKAGE_DEPENDS
    "${CPACK_DEBIAN_LIBRARY_PACKAGE_NAME} (= ${PROJECT_VERSION}), libsqlite3-dev (>= 3.26), libssl-dev, libjansson-dev, libyaml-dev")
set(CPACK_DEBIAN_DEVELOPMENT_PACKAGE_SHLIBDEPS OFF)
set(CPACK_DEBIAN_DEVELOPMENT_DESCRIPTION "history of machine learning experiments - development files
${CKL_ABOUT}
This package holds the headers, the static library, and the manual of the
interface in C.")

set(CPACK_DEBIAN_COMMAND_PACKAGE_NAME ckl)
set(CPACK_DEBIAN_COMMAND_PACKAGE_SECTION science)
set(CPACK_DEBIAN_COMMAND_PACKAGE_DEPENDS "libsqlite3-0 (>= 3.26)")
set(CPACK_DEBIAN_COMMAND_PACKAGE_SUGGESTS sqlite3)
set(CPACK_DEBIAN_COMMAND_DESCRIPTION "history of machine learning experiments - command
${CKL_ABOUT}
This package holds the command ckl and the extension for SQLite.")

# What is linked with the library depends on it, and the loader is told of it.
set(CKL_CONTROL ${CMAKE_BINARY_DIR}/package/control)
file(WRITE ${CKL_CONTROL}/shlibs
     "libckl ${PROJECT_VERSION_MAJOR} libckl${PROJECT_VERSION_MAJOR} (>= ${PROJECT_VERSION})\n")
file(WRITE ${CKL_CONTROL}/triggers "activate-noawait ldconfig\n")
set(CPACK_DEBIAN_LIBRARY_PACKAGE_CONTROL_EXTRA ${CKL_CONTROL}/shlibs ${CKL_CONTROL}/triggers)

# What every package has to say about itself.
foreach(component IN LISTS CPACK_COMPONENTS_ALL)
  string(TOUPPER ${component} upper)
  set(package ${CPACK_DEBIAN_${upper}_PACKAGE_NAME})
  set(folder ${CMAKE_BINARY_DIR}/package/${package})
  configure_file(${CMAKE_SOURCE_DIR}/tools/package/copyright ${folder}/copyright COPYONLY)
  configure_file(${CMAKE_SOURCE_DIR}/tools/package/changelog.in ${folder}/changelog @ONLY)
  execute_process(COMMAND gzip -9nf ${folder}/changelog COMMAND_ERROR_IS_FATAL ANY)
  install(FILES ${folder}/copyright ${folder}/changelog.gz
          DESTINATION ${CMAKE_INSTALL_DATADIR}/doc/${package} COMPONENT ${component})
endforeach()

set(CPACK_OUTPUT_FILE_PREFIX ${CMAKE_BINARY_DIR}/debs)
include(CPack)
