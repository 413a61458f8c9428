#include "recorder.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

static const char *log_file;
static long writes, number;

void recorder_start(const char *file)
{
    log_file = file;
}

bool recorder_is_on(void)
{
    return log_file;
}

double recorder_seconds(void)
{
    return (double)writes;
}

void recorder_count(long call)
{
    number = call;
}

/* By calls of the system, which the shim does not see. */
static void add(struct oplog_entry *entry, const void *data)
{
    int fd = (int)syscall(SYS_openat, AT_FDCWD, log_file, O_WRONLY | O_CREAT | O_APPEND, 0666);

    writes += entry->call == OPLOG_WRITE;
    entry->clock = recorder_seconds();
    entry->number = (uint32_t)number;
    syscall(SYS_write, fd, entry, sizeof *entry);
    if (entry->bytes)
        syscall(SYS_write, fd, data, (size_t)entry->bytes);
    syscall(SYS_close, fd);
}

static void put_name(char *out, const char *path)
{
    const char *slash = strrchr(path, '/');

    snprintf(out, OPLOG_NAME, "%s", slash ? slash + 1 : path);
}

void recorder_add_file(enum oplog_call call, int fd, const void *data, size_t bytes, long long offset)
{
    struct oplog_entry entry = {.call = call, .bytes = (uint32_t)bytes, .offset = (uint64_t)offset};
    struct stat facts;

    if (!log_file || fstat(fd, &facts) != 0)
        return;
    entry.inode = facts.st_ino;
    if (call == OPLOG_SYNC && S_ISDIR(facts.st_mode))
        entry.call = OPLOG_SYNC_FOLDER;
    add(&entry, data);
}

void recorder_add_name(enum oplog_call call, const char *path, const char *from)
{
    struct oplog_entry entry = {.call = call};
    struct stat facts = {0};

    if (!log_file || (call != OPLOG_UNLINK && lstat(path, &facts) != 0))
        return;
    entry.inode = facts.st_ino;
    put_name(entry.name, path);
    if (from)
        put_name(entry.from, from);
    add(&entry, NULL);
}
