# Files and their places, with a hand on the system calls: these tests link wrappers around those of
# fs (tests/unit/fault.h).
set(CKL_WRAPPED open openat close read write fsync rename syscall link unlink unlinkat mkdir rmdir
                fchmod ioctl fallocate)
list(TRANSFORM CKL_WRAPPED PREPEND "-Wl,--wrap=")

foreach(name fs fs_system storage storage_crash)
  ckl_unit_test(${name} 3 tests/unit/fault.c)
  target_link_options(test_${name} PRIVATE ${CKL_WRAPPED})
endforeach()
