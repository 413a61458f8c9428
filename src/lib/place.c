#include "place.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
#include <zlib.h>

enum { ATTEMPTS = 100, NAME_KEPT = 180 /* bytes for NAME: the temporary name stays within NAME_MAX */ };

static enum geosc_status fail_errno(geosc_context *context, const char *path, const char *what)
{
    return fail(context, GEOSC_FAILED, "%s: %s: %s", path, what, strerror(errno));
}

/* What stands at the name: nothing, or something that `replace` allows to be replaced. */
static enum geosc_status check_name(geosc_context *context, const char *path, bool replace)
{
    struct stat there;
    size_t length = strlen(path);

    if (length == 0)
        return fail(context, GEOSC_FAILED, "the name of the file to write is empty");
    if (lstat(path, &there) != 0) {
        if (errno == ENOENT && path[length - 1] != '/')
            return GEOSC_OK;
        return fail_errno(context, path, "cannot be written");
    }
    if (S_ISDIR(there.st_mode))
        return fail(context, GEOSC_FAILED, "%s: cannot be written: it is a folder", path);
    if (!S_ISREG(there.st_mode) && !S_ISLNK(there.st_mode))
        return fail(context, GEOSC_FAILED, "%s: cannot be written: it is there and not a regular file", path);
    if (!replace)
        return fail(context, GEOSC_FAILED, "%s: %s there already; choose another name, or replace it with --force",
                    path, S_ISLNK(there.st_mode) ? "a symbolic link is" : "is");
    return GEOSC_OK;
}

/* Length of the folder's part of a path, its slash included; 0 in the working folder. */
static size_t folder_length(const char *path)
{
    const char *slash = strrchr(path, '/');

    return slash ? (size_t)(slash - path) + 1 : 0;
}

/* What stands for NAME in a temporary name: where it is long, its beginning and a checksum of all of it. */
static void shorten(const char *name, char kept[NAME_KEPT + 1])
{
    enum { MARK = 9 };
    size_t length = strlen(name);

    if (length <= NAME_KEPT)
        memcpy(kept, name, length + 1);
    else
        snprintf(kept, NAME_KEPT + 1, "%.*s-%08lx", NAME_KEPT - MARK, name,
                 (unsigned long)crc32_z(0, (const unsigned char *)name, length));
}

/* Tells temporary files of one process apart, and those of processes with the same number on other machines. */
static unsigned long long random_mark(const struct place *place, unsigned attempt)
{
    struct timespec now = {0};
    unsigned long long mark = (unsigned long long)(uintptr_t)place + attempt;

    clock_gettime(CLOCK_REALTIME, &now);
    mark ^= (unsigned long long)now.tv_sec * 1000000000ULL + (unsigned long long)now.tv_nsec;
    mark *= 0x9e3779b97f4a7c15ULL;
    return mark ^ mark >> 32;
}

static enum geosc_status make_temporary(geosc_context *context, struct place *place)
{
    size_t folder = folder_length(place->path), room = folder + NAME_KEPT + 64;
    char name[NAME_KEPT + 1];
    enum geosc_status status = memory_allocate(context, &place->temporary, room, 1, "a file name");

    shorten(place->path + folder, name);
    for (unsigned attempt = 0; status == GEOSC_OK && attempt < ATTEMPTS; attempt++) {
        snprintf(place->temporary, room, "%.*s.%s.%ld.%08llx.tmp", (int)folder, place->path, name, (long)getpid(),
                 random_mark(place, attempt) & 0xffffffffULL);
        place->fd = open(place->temporary, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0666);
        if (place->fd >= 0)
            return GEOSC_OK;
        if (errno != EEXIST && errno != EINTR)
            break;
    }
    if (status == GEOSC_OK)
        status = errno == ENOENT
                     ? fail(context, GEOSC_FAILED, "%s: cannot be written: its folder is not there; make it first",
                            place->path)
                     : fail_errno(context, place->path, "cannot be written: no file can be made in its folder");
    memory_free(place->temporary); /* it is nobody's, or another's */
    place->temporary = NULL;
    return status;
}

enum geosc_status place_open(geosc_context *context, const char *path, bool replace, struct place *place)
{
    enum geosc_status status;

    *place = (struct place){.replace = replace, .fd = -1};
    TRY(check_name(context, path, replace));
    place->path = memory_copy_string(path);
    if (!place->path)
        return fail_memory(context, strlen(path), "a file name");
    TRY(make_temporary(context, place));
done:
    return status;
}

bool place_is_same(const char *name, const char *other)
{
    struct stat a, b;

    return name && other && stat(name, &a) == 0 && stat(other, &b) == 0 && a.st_dev == b.st_dev && a.st_ino == b.st_ino;
}

enum geosc_status place_check(geosc_context *context, const char *path, bool replace)
{
    struct place place;
    enum geosc_status status = place_open(context, path, replace, &place);

    place_close(&place);
    return status;
}

static int sync_retrying(int fd)
{
    int result;

    do
        result = fsync(fd);
    while (result != 0 && errno == EINTR);
    return result;
}

enum geosc_status place_sync(geosc_context *context, struct place *place)
{
    /* A failed fsync is final: the kernel may have dropped the data, and a second call would say that all is well. */
    if (sync_retrying(place->fd) != 0)
        return fail_errno(context, place->path, "cannot be written to the disk");
    posix_fadvise(place->fd, 0, 0, POSIX_FADV_DONTNEED);
    return GEOSC_OK;
}

/* Nothing is allocated: the file is there already. Some file systems cannot sync a folder, and say so: they have
 * nothing to be synced. A folder that may be written but not read cannot be opened. */
enum geosc_status place_sync_folder(geosc_context *context, const char *path)
{
    size_t length = folder_length(path);
    enum geosc_status status = GEOSC_OK;
    char folder[PATH_MAX] = ".";
    int fd = -1;

    if (length >= sizeof folder)
        errno = ENAMETOOLONG;
    else {
        memcpy(folder, path, length);
        fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    }
    if (fd < 0 ? errno != EACCES : sync_retrying(fd) != 0 && errno != EINVAL && errno != ENOTSUP && errno != EROFS)
        status = fail_errno(context, path, "is written, but its folder cannot be synced");
    if (fd >= 0)
        close(fd);
    return status;
}

/* link() never overwrites, as rename() would. Where a file system has no links, the name is looked at a last time. */
static enum geosc_status rename_new(geosc_context *context, struct place *place)
{
    enum geosc_status status;

    if (link(place->temporary, place->path) == 0)
        return unlink(place->temporary) == 0
                   ? GEOSC_OK
                   : fail_errno(context, place->temporary, "cannot be removed, though its other name is in place");
    if (errno == EEXIST)
        return check_name(context, place->path, false) == GEOSC_OK
                   ? fail(context, GEOSC_FAILED, "%s: cannot be put in place: another file came and went", place->path)
                   : GEOSC_FAILED;
    if (errno != EPERM && errno != ENOTSUP && errno != ENOSYS && errno != EMLINK)
        return fail_errno(context, place->path, "cannot be put in place");
    status = check_name(context, place->path, false);
    if (status == GEOSC_OK && rename(place->temporary, place->path) != 0)
        status = fail_errno(context, place->path, "cannot be put in place");
    return status;
}

enum geosc_status place_finish(geosc_context *context, struct place *place)
{
    enum geosc_status status = GEOSC_OK;
    int fd = place->fd;

    place->fd = -1;
    if (close(fd) != 0 && errno != EINTR)
        return fail_errno(context, place->path, "cannot be written");
    TRY(check_name(context, place->path, place->replace));
    if (!place->replace)
        TRY(rename_new(context, place));
    else if (rename(place->temporary, place->path) != 0)
        TRY(fail_errno(context, place->path, "cannot be put in place"));
    memory_free(place->temporary);
    place->temporary = NULL;
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
    TRY(place_sync_folder(context, path));
done:
    close(fd);
    return status;
}

/* Whether `entry` is `.NAME.PID.RANDOM.tmp` of this name, shortened. */
static bool is_temporary(const char *entry, const char *name)
{
    size_t length = strlen(name), digits, marks;

    if (entry[0] != '.' || strncmp(entry + 1, name, length) != 0 || entry[1 + length] != '.')
        return false;
    entry += length + 2;
    digits = strspn(entry, "0123456789");
    if (digits == 0 || entry[digits] != '.')
        return false;
    entry += digits + 1;
    marks = strspn(entry, "0123456789abcdef");
    return marks == 8 && strcmp(entry + marks, ".tmp") == 0;
}

void place_sweep(const char *path)
{
    size_t length = folder_length(path);
    char *name = memory_copy_string(length ? path : "."), kept[NAME_KEPT + 1];
    DIR *folder;

    if (name && length)
        name[length] = '\0';
    shorten(path + length, kept);
    folder = name ? opendir(name) : NULL;
    for (struct dirent *entry; folder && (entry = readdir(folder));)
        if (is_temporary(entry->d_name, kept))
            unlinkat(dirfd(folder), entry->d_name, 0);
    if (folder)
        closedir(folder);
    memory_free(name);
}

void place_close(struct place *place)
{
    if (place->path && place->fd >= 0)
        close(place->fd);
    if (place->temporary)
        unlink(place->temporary);
    memory_free(place->temporary);
    memory_free(place->path);
    *place = (struct place){.fd = -1};
}
