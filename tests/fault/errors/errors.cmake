# Errors: what the program asks of the system fails. Libraries are linked statically, so that what
# they ask is seen, too. CKL_ERRORS and CKL_SEED say how much and which; see main.c.
set(FAILING_CALLS
    open open64 openat close read pread pread64 getrandom lseek write pwrite pwrite64 ftruncate ftruncate64
    fallocate posix_fallocate fsync fdatasync sync_file_range rename link mkdir unlink unlinkat
    rmdir fchmod syscall stat lstat fstat stat64 lstat64 fstat64 statfs statvfs fstatvfs access
    readlink realpath getcwd opendir fdopendir readdir flock mmap mmap64 fcntl fcntl64 ioctl
    malloc calloc realloc free strdup strndup)
list(TRANSFORM FAILING_CALLS PREPEND "LINKER:--wrap=")

add_executable(fault_errors tests/fault/errors/main.c tests/fault/errors/judge.c
               tests/fault/errors/operations.c tests/fault/errors/places.c
               tests/fault/errors/failing.c tests/fault/errors/failing_calls.c
               tests/fault/errors/failing_memory.c tests/fault/errors/failing_vfs.c)
set(static_libraries $<TARGET_FILE:ckl_static>)
foreach(name sqlite3 jansson yaml crypto)
  find_library(STATIC_${name} lib${name}.a REQUIRED)
  list(APPEND static_libraries ${STATIC_${name}})
endforeach()
foreach(kind COMPILE_DEFINITIONS COMPILE_OPTIONS INCLUDE_DIRECTORIES LINK_OPTIONS)
  set_property(TARGET fault_errors PROPERTY ${kind}
               $<TARGET_PROPERTY:ckl_settings,INTERFACE_${kind}>)
endforeach()
target_link_options(fault_errors PRIVATE ${FAILING_CALLS})
target_link_libraries(fault_errors PRIVATE ${static_libraries} Threads::Threads m ${CMAKE_DL_LIBS})
add_dependencies(fault_errors ckl_static)
add_test(NAME fault/errors COMMAND fault_errors)
if(CKL_SANITIZE) # where each costs five times as much
  set_tests_properties(fault/errors PROPERTIES ENVIRONMENT CKL_ERRORS=1)
endif()

# What these found once: a read error that was not noticed, an error after the commit, texts and lists
# that memory did not suffice for, a full disk that was not told as one.
foreach(once "update IOERR 140" "switch IOERR 60" "switch BUSY 10" "dump memory 140" "gc memory 60"
        "edit memory 60" "first-open ENOSPC 20")
  separate_arguments(words UNIX_COMMAND ${once})
  list(GET words 0 operation)
  list(GET words 1 way)
  list(GET words 2 points)
  if(CKL_SANITIZE)
    math(EXPR points "${points} / 5")
  endif()
  add_test(NAME fault/errors_${operation}_${way} COMMAND fault_errors ${operation} ${way})
  set_tests_properties(fault/errors_${operation}_${way} PROPERTIES ENVIRONMENT CKL_ERRORS=${points})
endforeach()
