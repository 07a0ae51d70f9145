/* What check_files.c and check_repair.c share. */
#ifndef CHECK_FILES_H
#define CHECK_FILES_H

#include "check_internal.h"

/* The part of a path that is there, but no folder, where a folder must be; NULL: none. *out is the
 * caller's. */
ckl_status check_obstacle(char **out, const ckl_check *job, const char *relative, ckl_error *err);

#endif
