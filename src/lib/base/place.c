#include "base/place.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
#include <zlib.h>

#include "base/guard.h"
#include "base/system.h"

enum {
    ATTEMPTS = 100,
    NAME_KEPT = 180, /* bytes of NAME in a temporary name, which must fit NAME_MAX */
    MARKS = 48,      /* most bytes that a temporary name adds to NAME */
    HOPS = 40        /* longest chain of symbolic links, the system's limit */
};

static enum geosc_status fail_errno(geosc_context *context, const char *path, const char *what)
{
    return fail(context, GEOSC_FAILED, "%s: %s: %s", path, what, strerror(errno));
}

/* ---- names -------------------------------------------------------------------------------------- */

/* Length of the path's folder, with its slash; 0 for the working folder. */
static size_t folder_length(const char *path)
{
    const char *slash = strrchr(path, '/');

    return slash ? (size_t)(slash - path) + 1 : 0;
}

/* Copies the path's folder; false if it is too long. */
static bool copy_folder(const char *path, char folder[PATH_MAX])
{
    size_t length = folder_length(path);

    if (length >= PATH_MAX)
        return false;
    snprintf(folder, PATH_MAX, "%.*s", length ? (int)length : 1, length ? path : ".");
    return true;
}

/* Folders of devices, processes and settings, in which a regular file would replace a device's name. Shared memory
 * (/dev/shm) holds regular files. */
static const char *system_folder(const char *path)
{
    static const char *const folders[] = {"/dev", "/proc", "/sys"}, memory[] = "/dev/shm";
    char folder[PATH_MAX], real[PATH_MAX];

    if (!copy_folder(path, folder) || !realpath(folder, real) ||
        (strncmp(real, memory, strlen(memory)) == 0 && strchr("/", real[strlen(memory)])))
        return NULL;
    for (size_t i = 0; i < sizeof folders / sizeof *folders; i++)
        if (strncmp(real, folders[i], strlen(folders[i])) == 0 && strchr("/", real[strlen(folders[i])]))
            return folders[i];
    return NULL;
}

/* The system folder that the path is in, or leads to link by link; NULL if none. */
static const char *leads_to_system(const char *path, bool *by_link)
{
    char at[PATH_MAX], to[PATH_MAX], folder[PATH_MAX];
    const char *found = NULL;

    *by_link = false;
    if (strlen(path) >= sizeof at)
        return NULL;
    strcpy(at, path);
    for (int hop = 0; hop < (GUARD(output_link_into_dev) ? HOPS : 1) && !(found = system_folder(at)); hop++) {
        ssize_t length = readlink(at, to, sizeof to - 1);
        if (length <= 0 || !copy_folder(at, folder))
            break;
        to[length] = '\0';
        if ((size_t)snprintf(at, sizeof at, "%s%s%s", to[0] == '/' ? "" : folder,
                             to[0] == '/' || strchr(at, '/') ? "" : "/", to) >= sizeof at)
            break;
        *by_link = true;
    }
    return found;
}

enum geosc_status place_check_length(geosc_context *context, const char *path, const char *ending)
{
    char folder[PATH_MAX];
    size_t name = strlen(path) - folder_length(path), more = strlen(ending);
    long most = copy_folder(path, folder) ? pathconf(folder, _PC_NAME_MAX) : -1;

    most = most > (long)more ? most : NAME_MAX;
    if (name + more > (size_t)most)
        return fail(context, GEOSC_FAILED, "%s: cannot be written: its name has %zu bytes; the limit is %zu%s%s%s",
                    path, name, (size_t)most - more, more ? ", as " : "", more ? ending : "",
                    more ? " is added for a file beside it" : "");
    if (strlen(path) + MARKS + more >= PATH_MAX)
        return fail(context, GEOSC_FAILED, "%s: cannot be written: its path has %zu bytes; the limit is %d", path,
                    strlen(path), PATH_MAX - MARKS - (int)more - 1);
    return GEOSC_OK;
}

/* NULL for what may be replaced: a regular file or nothing (behind a link). */
static const char *kind_of(const struct stat *there)
{
    return S_ISREG(there->st_mode)    ? NULL
           : S_ISDIR(there->st_mode)  ? "a folder"
           : S_ISFIFO(there->st_mode) ? "a FIFO"
           : S_ISSOCK(there->st_mode) ? "a socket"
                                      : "a device";
}

/* Fails unless the name is free, or `replace` allows to replace what has it. */
static enum geosc_status check_name(geosc_context *context, const char *path, bool replace)
{
    struct stat there, behind;
    size_t length = strlen(path);
    const char *kind, *folder;
    bool link;

    if (length == 0)
        return fail(context, GEOSC_FAILED, "the name of the output file is empty");
    if (place_check_length(context, path, "") != GEOSC_OK)
        return GEOSC_FAILED;
    folder = leads_to_system(path, &link);
    if (GUARD(output_in_dev) && folder)
        return fail(context, GEOSC_FAILED,
                    "%s: cannot be written: it %s %s, which holds devices and processes; name a file elsewhere", path,
                    link ? "leads to" : "is in", folder);
    if ((GUARD(output_symbolic_link) ? lstat : stat)(path, &there) != 0) {
        if (errno == ENOENT && path[length - 1] != '/')
            return GEOSC_OK;
        return fail_errno(context, path, "cannot be written");
    }
    link = S_ISLNK(there.st_mode);
    kind =
        link && (!GUARD(output_link_to_a_fifo) || stat(path, &behind) != 0) ? NULL : kind_of(link ? &behind : &there);
    if (GUARD(output_regular) && kind)
        return fail(context, GEOSC_FAILED, "%s: cannot be written: it is %s%s; name a regular file", path,
                    link ? "a link that leads to " : "", kind);
    if (GUARD(output_never_over_another) && !replace)
        return fail(context, GEOSC_FAILED, "%s: %salready exists; choose another name, or replace it with --force",
                    path, link ? "is a symbolic link and " : "");
    return GEOSC_OK;
}

/* Whether both names are in one folder and equal there. */
static bool is_same_name(const char *name, const char *other)
{
    char folder[PATH_MAX], others[PATH_MAX];
    struct stat a, b;

    return strcmp(name + folder_length(name), other + folder_length(other)) == 0 && copy_folder(name, folder) &&
           copy_folder(other, others) && stat(folder, &a) == 0 && stat(others, &b) == 0 && a.st_dev == b.st_dev &&
           a.st_ino == b.st_ino;
}

bool place_is_file(const char *path)
{
    struct stat there;

    return (GUARD(output_link_to_a_finished_one) ? lstat : stat)(path, &there) == 0 && S_ISREG(there.st_mode);
}

bool place_is_same(const char *name, const char *other)
{
    struct stat a, b;

    return name && other &&
           ((stat(name, &a) == 0 && stat(other, &b) == 0 && GUARD(input_is_not_output) && a.st_dev == b.st_dev &&
             a.st_ino == b.st_ino) ||
            (GUARD(output_name_of_its_own) && is_same_name(name, other)));
}

/* ---- temporary files ---------------------------------------------------------------------------- */

/* NAME in a temporary name: a long one is cut, and a checksum of the whole name is added. */
static void shorten(const char *name, char kept[NAME_KEPT + 1])
{
    enum { MARK = 9 };
    size_t length = strlen(name);

    if (length <= NAME_KEPT)
        memcpy(kept, name, length + 1);
    else
        snprintf(kept, NAME_KEPT + 1, "%.*s-%08lx", NAME_KEPT - MARK, name,
                 GUARD(output_temporary_of_another) ? (unsigned long)crc32_z(0, (const unsigned char *)name, length)
                                                    : 0UL);
}

/* Distinguishes temporary files of one process, and those of processes with the same number on other machines. */
static unsigned long long random_mark(const struct place *place, unsigned attempt)
{
    struct timespec now = {0};
    unsigned long long mark = (unsigned long long)(uintptr_t)place + attempt;

    clock_gettime(CLOCK_REALTIME, &now);
    mark ^= (unsigned long long)now.tv_sec * 1000000000ULL + (unsigned long long)now.tv_nsec;
    mark *= 0x9e3779b97f4a7c15ULL;
    return mark ^ mark >> 32;
}

/* Locks the temporary file just made: the lock says that its process lives. It is shared, since it lasts until the file
 * has its final name and readers share it. False: a sweep took the file for a killed process's and removed it. Without
 * locks on the file system, nothing is swept. */
static bool lock_temporary(struct place *place)
{
    struct stat own;
    int result;

    do
        result = flock(place->fd, LOCK_SH | LOCK_NB);
    while (result != 0 && errno == EINTR);
    if ((result != 0 && errno == EWOULDBLOCK) || fstat(place->fd, &own) != 0 || own.st_nlink == 0) {
        unlink(place->temporary);
        close(place->fd);
        place->fd = -1;
        errno = EEXIST;
        return false;
    }
    place->lock = fcntl(place->fd, F_DUPFD_CLOEXEC, 0);
    return true;
}

static enum geosc_status make_temporary(geosc_context *context, struct place *place)
{
    size_t folder = folder_length(place->path), room = folder + NAME_KEPT + MARKS;
    char name[NAME_KEPT + 1];
    enum geosc_status status = memory_allocate(context, &place->temporary, room, 1, "a file name");

    shorten(place->path + folder, name);
    for (unsigned attempt = 0; status == GEOSC_OK && attempt < ATTEMPTS; attempt++) {
        snprintf(place->temporary, room, "%.*s.%s.%ld.%08llx.tmp", (int)folder, place->path, name, (long)getpid(),
                 random_mark(place, attempt) & 0xffffffffULL);
        place->fd = open(place->temporary, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
                         GUARD(output_permissions) ? 0666 : 0600);
        if (place->fd >= 0 && lock_temporary(place))
            return GEOSC_OK;
        if (errno != EEXIST && errno != EINTR)
            break;
    }
    if (status == GEOSC_OK)
        status = errno == ENOENT
                     ? fail(context, GEOSC_FAILED, "%s: cannot be written: its folder does not exist; create it first",
                            place->path)
                     : fail_errno(context, place->path, "cannot be written: its folder takes no new file");
    memory_free(place->temporary); /* no longer ours */
    place->temporary = NULL;
    return status;
}

/* Whether `entry` is `.NAME.PID.RANDOM.tmp` for this name, shortened; begins: for any name that begins with it. */
static bool is_temporary(const char *entry, const char *name, bool begins)
{
    size_t length = strlen(name), mark = strlen(entry);

    if (entry[0] != '.' || strncmp(entry + 1, name, length) != 0)
        return false;
    /* Parse from the end: .PID.RANDOM.tmp. */
    if (mark < 4 || strcmp(entry + mark - 4, ".tmp") != 0)
        return false;
    mark -= 4;
    for (size_t i = 0; i < 8; i++)
        if (mark == 0 || !strchr("0123456789abcdef", entry[--mark]))
            return false;
    if (mark == 0 || entry[--mark] != '.')
        return false;
    size_t digits = mark;
    while (mark && entry[mark - 1] >= '0' && entry[mark - 1] <= '9')
        mark--;
    if (mark == digits || mark == 0 || entry[--mark] != '.')
        return false;
    return begins ? mark > length : mark == length + 1;
}

/* Removes a temporary file unless a live process locks it or the file system has no locks. One that also has its final
 * name is always removed: nobody writes it, and only readers of the final name may lock it. */
static void remove_left(int folder, const char *entry, const char *path)
{
    struct stat facts, final;
    int fd = openat(folder, entry, O_RDWR | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);

    if (fd < 0)
        return;
    if (GUARD(output_temporary_swept) && fstat(fd, &facts) == 0 && S_ISREG(facts.st_mode) &&
        ((GUARD(output_in_place_swept) && lstat(path, &final) == 0 && final.st_dev == facts.st_dev &&
          final.st_ino == facts.st_ino) ||
         !GUARD(output_swept_while_at_work) || flock(fd, LOCK_EX | LOCK_NB) == 0))
        unlinkat(folder, entry, 0);
    close(fd);
}

static void sweep(const char *path, bool begins)
{
    char name[PATH_MAX], kept[NAME_KEPT + 1];
    DIR *folder = copy_folder(path, name) ? opendir(name) : NULL;

    shorten(path + folder_length(path), kept);
    for (struct dirent *entry; folder && (entry = readdir(folder));)
        if (is_temporary(entry->d_name, kept, begins))
            remove_left(dirfd(folder), entry->d_name, path);
    if (folder)
        closedir(folder);
}

void place_sweep(const char *path)
{
    sweep(path, false);
}

void place_sweep_all(const char *beginning)
{
    sweep(beginning, true);
}

/* ---- all together ------------------------------------------------------------------------------- */

enum geosc_status place_open(geosc_context *context, const char *path, bool replace, struct place *place)
{
    enum geosc_status status;

    *place = (struct place){.replace = replace, .fd = -1, .lock = -1};
    TRY(check_name(context, path, replace));
    place->path = memory_copy_string(path);
    if (GUARD(memory_none_left_for_a_name) && !place->path)
        return fail_memory(context, strlen(path), "a file name");
    TRY(make_temporary(context, place));
done:
    return status;
}

enum geosc_status place_check(geosc_context *context, const char *path, bool replace)
{
    struct place place;
    enum geosc_status status = place_open(context, path, replace, &place);

    place_close(&place);
    if (status == GEOSC_OK)
        place_sweep(path);
    return status;
}

static int sync_retrying(int fd)
{
    int result;

    do
        result = system_sync(fd);
    while (GUARD(output_interrupted_sync) && result != 0 && errno == EINTR);
    return result;
}

enum geosc_status place_sync(geosc_context *context, struct place *place)
{
    /* A failed fsync is final: the kernel may have dropped the data, and a second call would report success. */
    if (GUARD(powerloss_output_synced) && sync_retrying(place->fd) != 0 && GUARD(output_failed_sync))
        return fail_errno(context, place->path, "cannot be written to the disk");
    system_drop_pages(place->fd);
    return GEOSC_OK;
}

/* Allocates nothing: the file already exists. Some file systems cannot sync a folder and need no sync. A folder with
 * write but no read permission cannot be opened. */
enum geosc_status place_sync_folder(geosc_context *context, const char *path)
{
    enum geosc_status status = GEOSC_OK;
    char folder[PATH_MAX];
    int fd = -1;

    if (copy_folder(path, folder))
        fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    else
        errno = ENAMETOOLONG;
    if (fd < 0 ? errno != EACCES
               : sync_retrying(fd) != 0 && errno != EINVAL && errno != ENOTSUP && errno != EROFS &&
                     GUARD(output_failed_sync_of_the_folder))
        status = fail_errno(context, path, "is written, but its folder cannot be synced");
    if (fd >= 0)
        close(fd);
    return status;
}

/* link() never overwrites; rename() would. Without links on the file system, check the name once more and rename. */
static enum geosc_status rename_new(geosc_context *context, struct place *place)
{
    enum geosc_status status;

    if (link(place->temporary, place->path) == 0)
        return unlink(place->temporary) == 0 || errno == ENOENT /* already swept */
                   ? GEOSC_OK
                   : fail_errno(context, place->temporary,
                                "cannot be removed; the file is complete under its other "
                                "name");
    if (errno == EEXIST)
        return check_name(context, place->path, false) == GEOSC_OK
                   ? fail(context, GEOSC_FAILED,
                          "%s: cannot be put in place: another file appeared and vanished "
                          "meanwhile",
                          place->path)
                   : GEOSC_FAILED;
    if (errno != EPERM && errno != ENOTSUP && errno != ENOSYS && errno != EMLINK)
        return GUARD(output_failed_link) ? fail_errno(context, place->path, "cannot be put in place") : GEOSC_OK;
    status = check_name(context, place->path, false);
    if (status == GEOSC_OK && rename(place->temporary, place->path) != 0)
        status = fail_errno(context, place->path, "cannot be put in place");
    return status;
}

enum geosc_status place_finish(geosc_context *context, struct place *place)
{
    enum geosc_status status = GEOSC_OK;
    int fd = place->fd, lock;

    place->fd = -1;
    if (close(fd) != 0 && errno != EINTR && GUARD(output_failed_close))
        return fail_errno(context, place->path, "cannot be written");
    if (GUARD(output_never_over_a_late_one))
        TRY(check_name(context, place->path, place->replace));
    if (GUARD(output_never_over_a_late_one) && !place->replace)
        TRY(rename_new(context, place));
    else if (rename(place->temporary, place->path) != 0)
        TRY(fail_errno(context, place->path, "cannot be put in place"));
    memory_free(place->temporary);
    place->temporary = NULL;
    lock = place->lock;
    place->lock = -1;
    if (lock >= 0 && close(lock) != 0 && errno != EINTR)
        TRY(fail_errno(context, place->path, "is written, but cannot be closed"));
    if (GUARD(powerloss_output_name_synced))
        TRY(place_sync_folder(context, place->path));
done:
    return status;
}

enum geosc_status place_confirm(geosc_context *context, const char *path)
{
    enum geosc_status status = GEOSC_OK;
    int fd = open(path, O_RDONLY | O_CLOEXEC);

    if (fd < 0)
        return fail_errno(context, path, "cannot be opened");
    if (sync_retrying(fd) != 0 && errno != EINVAL && errno != EROFS)
        TRY(fail_errno(context, path, "cannot be written to the disk"));
    if (GUARD(powerloss_output_confirmed))
        TRY(place_sync_folder(context, path));
done:
    close(fd);
    return status;
}

void place_close(struct place *place)
{
    if (place->path && place->fd >= 0)
        close(place->fd);
    if (GUARD(output_temporary_removed) && place->temporary)
        unlink(place->temporary);
    if (place->path && place->lock >= 0) /* held until here: a file that is still to be renamed or removed must not be
                                          * swept */
        close(place->lock);
    memory_free(place->temporary);
    memory_free(place->path);
    *place = (struct place){.fd = -1, .lock = -1};
}
