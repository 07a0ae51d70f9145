/* What a file system can do, and what it cannot. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/statfs.h>
#include <unistd.h>

#include "fs.h"

/* By the number that statfs gives; linux/magic.h has not all of them. */
static const struct {
    unsigned long magic;
    const char *name;
} NETWORK[] = {
    {0x6969, "NFS"},        {0x517b, "SMB"},       {0xff534d42, "CIFS"},
    {0xfe534d42, "SMB"},    {0x01021997, "9p"},    {0x65735546, "FUSE"},
    {0x0bd00bd0, "Lustre"}, {0x47504653, "GPFS"},  {0x00c36400, "Ceph"},
    {0x5346414f, "AFS"},    {0x6b414653, "AFS"},   {0x73757245, "Coda"},
    {0x564c, "NCP"},        {0x01161970, "GFS2"},  {0x7461636f, "OCFS2"},
    {0x19830326, "BeeGFS"}, {0xaad7aaea, "PanFS"}, {0x786f4256, "a shared folder"},
};

bool fs_is_network(const char *path, const char **name)
{
    const char *said = getenv("CKL_FILE_SYSTEM"), *unused;
    struct statfs found;
    if (name == NULL)
        name = &unused;
    *name = "a network file system";
    if (said != NULL && (strcmp(said, "network") == 0 || strcmp(said, "local") == 0))
        return said[0] == 'n';
    if (statfs(path, &found) != 0)
        return false;
    for (size_t index = 0; index < sizeof NETWORK / sizeof *NETWORK; index++) {
        if (((unsigned long)found.f_type & 0xffffffffUL) == NETWORK[index].magic) {
            *name = NETWORK[index].name;
            return true;
        }
    }
    return false;
}

/* Looking who holds a lock needs what taking one needs, and takes none. */
bool fs_lacks_locks(const char *path)
{
    struct flock look = {.l_type = F_RDLCK, .l_whence = SEEK_SET, .l_len = 1};
    int descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    bool lacks = descriptor >= 0 && fcntl(descriptor, F_GETLK, &look) != 0 &&
                 (errno == ENOLCK || errno == ENOSYS || errno == EOPNOTSUPP);
    if (descriptor >= 0)
        close(descriptor);
    return lacks;
}

/* Going on without would be to lose what others write. */
ckl_status fs_refuse_without_locks(const char *path, ckl_error *err)
{
    error_set(err, CKL_IO, "'%s' is on a file system without locks, which keep writers apart",
              path);
    error_hint(err,
               "mount it with locks (NFS: without 'nolock', with lockd running), or use another"
               " place");
    return CKL_IO;
}
