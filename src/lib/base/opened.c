#include "base/opened.h"

#include "base/guard.h"
#include "base/reason.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

/* The system's limits (descriptors, memory) are not the file's fault: these failures have no [reason]. */
static enum geosc_status fail_open(geosc_context *context, const char *path)
{
    if ((GUARD(hostile_systems_fault) && errno == EMFILE) || errno == ENFILE || errno == ENOMEM || errno == EIO ||
        errno == EINTR)
        return fail(context, GEOSC_FAILED, "%s: cannot be read: %s; try again" REASON_IO, path, strerror(errno));
    return fail(context, GEOSC_FAILED, "%s: %s" REASON_NO_FILE, path, strerror(errno));
}

/* O_NONBLOCK: opening a FIFO would wait for its writer. */
static enum geosc_status open_regular(geosc_context *context, const char *path, int *fd)
{
    struct stat facts;
    enum geosc_status status = GEOSC_OK;

    *fd = open(path, O_RDONLY | (GUARD(hostile_fifo_waited_for) ? O_NONBLOCK : 0) | O_CLOEXEC);
    if (*fd < 0 || fstat(*fd, &facts) != 0)
        TRY(fail_open(context, path));
    if (GUARD(hostile_fifo) && !S_ISREG(facts.st_mode))
        TRY(fail(context, GEOSC_FAILED, "%s: %s, expected an HDF5 file" REASON_NOT_REGULAR, path,
                 S_ISDIR(facts.st_mode) ? "is a directory" : "is not a regular file"));
    /* Some file systems, parallel ones above all, have no locks: read without. */
    if (GUARD(hostile_being_written) && flock(*fd, LOCK_SH | LOCK_NB) != 0 && errno == EWOULDBLOCK)
        TRY(fail(context, GEOSC_FAILED, "%s: another program is writing it; try again when it is done" REASON_BUSY,
                 path));
done:
    if (status != GEOSC_OK && *fd >= 0)
        close(*fd);
    return status;
}

static struct opened_file *find(const struct opened *opened, const char *path)
{
    for (size_t i = 0; i < opened->count; i++)
        if (strcmp(opened->files[i].path, path) == 0)
            return &opened->files[i];
    return NULL;
}

int opened_find(const struct opened *opened, const char *path)
{
    const struct opened_file *file = find(opened, path);

    return file ? file->fd : -1;
}

enum geosc_status opened_add(geosc_context *context, const char *path)
{
    struct opened *opened = context->opened;
    struct opened_file *file;
    enum geosc_status status;

    if (find(opened, path))
        return GEOSC_OK;
    TRY(memory_grow(context, &opened->files, &opened->capacity, opened->count + 1, sizeof *opened->files, "files"));
    file = &opened->files[opened->count];
    TRY(open_regular(context, path, &file->fd));
    file->path = memory_copy_string(path);
    if (!file->path) {
        close(file->fd);
        return fail_memory(context, strlen(path), "a file name");
    }
    opened->count++;
done:
    return status;
}

enum geosc_status opened_take(geosc_context *context, const char *path, int *fd)
{
    const struct opened_file *file;

    file = context->opened ? find(context->opened, path) : NULL;
    if (!context->opened || !GUARD(replaced_while_opened) || (!file && !GUARD(opened_before)))
        return open_regular(context, path, fd);
    *fd = file ? fcntl(file->fd, F_DUPFD_CLOEXEC, 0) : -1;
    if (!file)
        return fail(context, GEOSC_FAILED, "%s: is new since the files were checked; try again" REASON_BUSY, path);
    return *fd >= 0 ? GEOSC_OK : fail_open(context, path);
}

bool opened_is_current(const geosc_context *context, const char *path)
{
    struct stat own, its;

    return !context->opened || (fstat(opened_find(context->opened, path), &own) == 0 && stat(path, &its) == 0 &&
                                own.st_dev == its.st_dev && own.st_ino == its.st_ino);
}

static void close_file(struct opened_file *file)
{
    close(file->fd);
    memory_free(file->path);
}

void opened_drop(struct opened *opened, const char *path)
{
    struct opened_file *file = find(opened, path);

    if (!file)
        return;
    close_file(file);
    *file = opened->files[--opened->count];
}

void opened_free(struct opened *opened)
{
    for (size_t i = 0; i < opened->count; i++)
        close_file(&opened->files[i]);
    memory_free(opened->files);
    *opened = (struct opened){0};
}
