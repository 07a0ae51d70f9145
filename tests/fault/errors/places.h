/* places: folders that are copied, compared and removed; what is open. */
#ifndef PLACES_H
#define PLACES_H

#include <stdbool.h>
#include <stddef.h>

/* `to` becomes what `from` is. */
void place_copy(const char *from, const char *to);
void place_remove(const char *folder);
/* What is below a folder, with sizes, inodes and times, but for SQLite's log and shared memory,
 * which come and go with those who read. The caller's (free). */
char *place_list(const char *folder);
/* Whether a file below the folder has exactly these bytes. */
bool place_has_bytes(const char *folder, const char *bytes);
/* Of this process. */
size_t count_descriptors(void);

#endif
