/*
 * shim: preloaded into geosc, it makes the k-th call that changes files go wrong, or kills the process there.
 *
 *   GEOSC_FAULT=KIND:K     what happens at call K, counted from 1:
 *       before after half  SIGKILL before the call, after it, or after half of a write
 *       eio enospc         the call fails; close() closes all the same
 *       full               every write from K on fails for lack of space
 *       short eintr        a write writes half; a call is interrupted before it has done anything
 *       stumble            a write writes half, and four calls later comes SIGKILL
 *       read               the K-th read fails (EIO); reads are counted then, and nothing else
 *       nolock             flock is not there (K is not looked at)
 *       nosync             nothing is synced, and no time is lost by it (K is not looked at)
 *   GEOSC_FAULT_LOG=FILE   gets the number of calls at exit, and the name of the call that was hit
 *   GEOSC_FAULT_FOLDER     only files below it are meant: other calls, among them those of the libraries of OpenMP and
 *                          of sanitizers, are let through uncounted, and so are those of processes that geosc forks
 *   GEOSC_RECORD=FILE      gets an oplog of the calls (recorder.h)
 */
#include "recorder.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

enum kind { NONE, BEFORE, AFTER, HALF, EIO_ONCE, ENOSPC_ONCE, FULL, SHORT, EINTR_ONCE, NOLOCK, NOSYNC, STUMBLE, READ };
enum action { PASS, FAIL, HALVE, HALVE_AND_DIE, DIE_AFTER };

static const char *const kinds[] = {"none",  "before", "after",  "half",   "eio",     "enospc", "full",
                                    "short", "eintr",  "nolock", "nosync", "stumble", "read"};

static enum kind kind;
static long hit_at;
static bool elsewhere; /* in a process that geosc has forked, whose calls are not counted */
static atomic_long calls;
static const char *folder; /* as it is given, and as /proc knows it */
static char real_folder[PATH_MAX];

/* The next function of this name: libc's. */
#define REAL(type, name) ((type)(__extension__(type) dlsym(RTLD_NEXT, name)))

static void note(const char *format, ...)
{
    const char *path = getenv("GEOSC_FAULT_LOG");
    int fd = path ? (int)syscall(SYS_openat, AT_FDCWD, path, O_WRONLY | O_CREAT | O_APPEND, 0666) : -1;
    char line[64];
    va_list arguments;

    if (fd < 0)
        return;
    va_start(arguments, format);
    int length = vsnprintf(line, sizeof line, format, arguments);
    va_end(arguments);
    syscall(SYS_write, fd, line, (size_t)length);
    syscall(SYS_close, fd);
}

static void leave_alone(void)
{
    elsewhere = true;
}

__attribute__((constructor)) static void read_environment(void)
{
    const char *text = getenv("GEOSC_FAULT"), *colon = text ? strchr(text, ':') : NULL;

    for (size_t i = 0; colon && i < sizeof kinds / sizeof *kinds; i++)
        if (strlen(kinds[i]) == (size_t)(colon - text) && strncmp(kinds[i], text, strlen(kinds[i])) == 0)
            kind = (enum kind)i;
    if (colon)
        hit_at = atol(colon + 1);
    folder = getenv("GEOSC_FAULT_FOLDER");
    if (!folder || !realpath(folder, real_folder))
        abort();
    recorder_start(getenv("GEOSC_RECORD"));
    unsetenv("LD_PRELOAD"); /* a sanitizer starts a program to name what has leaked */
    pthread_atfork(NULL, NULL, leave_alone);
}

__attribute__((destructor)) static void write_count(void)
{
    if (!elsewhere)
        note("calls %ld\n", atomic_load(&calls));
}

static void die(void)
{
    syscall(SYS_kill, getpid(), SIGKILL);
    for (;;)
        pause();
}

/* What is to become of this call. Failing ones have errno set. */
static enum action strike(const char *name, bool writes, bool interruptible)
{
    if (kind == READ)
        return PASS;

    long call = atomic_fetch_add(&calls, 1) + 1;

    recorder_count(call);
    if (kind == FULL && hit_at && call >= hit_at && writes) {
        if (call == hit_at)
            note("hit %s\n", name);
        errno = ENOSPC;
        return FAIL;
    }
    if (kind == STUMBLE && hit_at && call == hit_at + 4)
        return DIE_AFTER;
    if (call != hit_at || kind == FULL || kind == NONE || kind == NOLOCK || kind == NOSYNC)
        return PASS;
    note("hit %s\n", name);
    switch (kind) {
    case BEFORE:
        die();
        return PASS;
    case AFTER:
        return DIE_AFTER;
    case HALF:
        return writes ? HALVE_AND_DIE : PASS;
    case SHORT:
    case STUMBLE:
        return writes ? HALVE : PASS;
    case EINTR_ONCE:
        errno = EINTR;
        return interruptible ? FAIL : PASS;
    default:
        errno = kind == EIO_ONCE ? EIO : ENOSPC;
        return FAIL;
    }
}

/* ---- which files are meant ---------------------------------------------------------------------- */

static bool is_below(const char *path, const char *top)
{
    size_t length = strlen(top);

    return strncmp(path, top, length) == 0 && (path[length] == '/' || path[length] == '\0');
}

static bool is_foreign(int fd)
{
    char link[64], name[PATH_MAX];

    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t length = elsewhere ? -1 : readlink(link, name, sizeof name - 1);
    name[length > 0 ? length : 0] = '\0';
    return !is_below(name, real_folder);
}

static bool is_foreign_path(const char *path)
{
    return elsewhere || !is_below(path, folder);
}

/* ---- the calls ---------------------------------------------------------------------------------- */

/* A call that is made or not: `call` is made unless it fails, and what it did recorded by `record`. */
#define PLAIN(name, interruptible, call, record)                 \
    do {                                                         \
        enum action action = strike(name, false, interruptible); \
        if (action == FAIL)                                      \
            return -1;                                           \
        int result = (call);                                     \
        if (result >= 0)                                         \
            record;                                              \
        if (action == DIE_AFTER)                                 \
            die();                                               \
        return result;                                           \
    } while (0)

/* A write of `count` bytes: `call` is made with what count has become, and began at `offset`. */
#define WRITING(name, call, offset)                                              \
    do {                                                                         \
        enum action action = strike(name, true, true);                           \
        if (action == FAIL)                                                      \
            return -1;                                                           \
        if (action == HALVE || action == HALVE_AND_DIE)                          \
            count = count > 1 ? count / 2 : count;                               \
        ssize_t result = (call);                                                 \
        if (result > 0)                                                          \
            recorder_add_file(OPLOG_WRITE, fd, bytes, (size_t)result, (offset)); \
        if (action == HALVE_AND_DIE || action == DIE_AFTER)                      \
            die();                                                               \
        return result;                                                           \
    } while (0)

ssize_t write(int fd, const void *bytes, size_t count)
{
    ssize_t (*real)(int, const void *, size_t) = REAL(ssize_t(*)(int, const void *, size_t), "write");

    if (is_foreign(fd))
        return real(fd, bytes, count);
    WRITING("write", real(fd, bytes, count), lseek(fd, 0, SEEK_CUR) - result);
}

static ssize_t write_at(const char *name, int fd, const void *bytes, size_t count, off_t offset)
{
    ssize_t (*real)(int, const void *, size_t, off_t) = REAL(ssize_t(*)(int, const void *, size_t, off_t), name);

    if (is_foreign(fd))
        return real(fd, bytes, count, offset);
    WRITING("pwrite", real(fd, bytes, count, offset), offset);
}

ssize_t pwrite(int fd, const void *bytes, size_t count, off_t offset)
{
    return write_at("pwrite", fd, bytes, count, offset);
}

/* In musl these names are macros. */
#ifndef pwrite64
ssize_t pwrite64(int fd, const void *bytes, size_t count, off_t offset)
{
    return write_at("pwrite64", fd, bytes, count, offset);
}
#endif

/* Whether this read fails. */
static bool strike_read(int fd)
{
    if (kind != READ || is_foreign(fd) || atomic_fetch_add(&calls, 1) + 1 != hit_at)
        return false;
    note("hit read\n");
    errno = EIO;
    return true;
}

ssize_t read(int fd, void *bytes, size_t count)
{
    return strike_read(fd) ? -1 : REAL(ssize_t(*)(int, void *, size_t), "read")(fd, bytes, count);
}

ssize_t pread(int fd, void *bytes, size_t count, off_t offset)
{
    return strike_read(fd) ? -1 : REAL(ssize_t(*)(int, void *, size_t, off_t), "pread")(fd, bytes, count, offset);
}

#ifndef pread64
ssize_t pread64(int fd, void *bytes, size_t count, off_t offset)
{
    return strike_read(fd) ? -1 : REAL(ssize_t(*)(int, void *, size_t, off_t), "pread64")(fd, bytes, count, offset);
}
#endif

static int sync_file(const char *name, int fd)
{
    int (*real)(int) = REAL(int (*)(int), name);

    if (is_foreign(fd))
        return real(fd);
    PLAIN(name, true, kind == NOSYNC ? 0 : real(fd), recorder_add_file(OPLOG_SYNC, fd, NULL, 0, 0));
}

int fsync(int fd)
{
    return sync_file("fsync", fd);
}

int fdatasync(int fd)
{
    return sync_file("fdatasync", fd);
}

/* Of the output, whose file is neither appended to, as the journal, nor empty, as one that is made to see whether it
 * can be. */
static const char *close_name(int fd)
{
    int flags = fcntl(fd, F_GETFL);
    struct stat there;
    bool written = flags >= 0 && (flags & O_ACCMODE) != O_RDONLY && !(flags & O_APPEND);

    return written && fstat(fd, &there) == 0 && there.st_size > 0 ? "close-output" : "close";
}

int close(int fd)
{
    int (*real)(int) = REAL(int (*)(int), "close");

    if (is_foreign(fd))
        return real(fd);
    enum action action = strike(close_name(fd), false, false);
    int error = errno, result = real(fd);
    if (action == DIE_AFTER)
        die();
    errno = error;
    return action == FAIL ? -1 : result;
}

static int cut(const char *name, int fd, off_t length)
{
    int (*real)(int, off_t) = REAL(int (*)(int, off_t), name);

    if (is_foreign(fd))
        return real(fd, length);
    PLAIN("ftruncate", true, real(fd, length), recorder_add_file(OPLOG_TRUNCATE, fd, NULL, 0, length));
}

int ftruncate(int fd, off_t length)
{
    return cut("ftruncate", fd, length);
}

#ifndef ftruncate64
int ftruncate64(int fd, off_t length)
{
    return cut("ftruncate64", fd, length);
}
#endif

int rename(const char *from, const char *to)
{
    int (*real)(const char *, const char *) = REAL(int (*)(const char *, const char *), "rename");

    if (is_foreign_path(to))
        return real(from, to);
    PLAIN("rename", false, real(from, to), recorder_add_name(OPLOG_RENAME, to, from));
}

int link(const char *from, const char *to)
{
    int (*real)(const char *, const char *) = REAL(int (*)(const char *, const char *), "link");

    if (is_foreign_path(to))
        return real(from, to);
    PLAIN("link", false, real(from, to), recorder_add_name(OPLOG_LINK, to, NULL));
}

int unlink(const char *path)
{
    int (*real)(const char *) = REAL(int (*)(const char *), "unlink");

    if (is_foreign_path(path))
        return real(path);
    PLAIN("unlink", false, real(path), recorder_add_name(OPLOG_UNLINK, path, NULL));
}

int unlinkat(int at, const char *path, int flags)
{
    int (*real)(int, const char *, int) = REAL(int (*)(int, const char *, int), "unlinkat");

    if (is_foreign(at))
        return real(at, path, flags);
    PLAIN("unlink", false, real(at, path, flags), recorder_add_name(OPLOG_UNLINK, path, NULL));
}

static int open_file(const char *name, const char *path, int flags, mode_t mode)
{
    int (*real)(const char *, int, ...) = REAL(int (*)(const char *, int, ...), name);

    if (!(flags & O_CREAT) || is_foreign_path(path))
        return real(path, flags, mode);
    bool is_new = access(path, F_OK) != 0;
    PLAIN("open", false, real(path, flags, mode), if (is_new) recorder_add_name(OPLOG_CREATE, path, NULL));
}

#define OPEN(name)                                                               \
    int name(const char *path, int flags, ...)                                   \
    {                                                                            \
        va_list arguments;                                                       \
        va_start(arguments, flags);                                              \
        mode_t mode = flags & O_CREAT ? (mode_t)va_arg(arguments, unsigned) : 0; \
        va_end(arguments);                                                       \
        return open_file(#name, path, flags, mode);                              \
    }

OPEN(open)
#ifndef open64
OPEN(open64)
#endif

int flock(int fd, int operation)
{
    if (kind == NOLOCK && operation & LOCK_EX) {
        errno = ENOLCK;
        return -1;
    }
    return REAL(int (*)(int, int), "flock")(fd, operation);
}

/* While a run is recorded its time goes on with its writes. */
int clock_gettime(clockid_t id, struct timespec *now)
{
    int result = (int)syscall(SYS_clock_gettime, id, now);

    if (recorder_is_on() && !elsewhere && id == CLOCK_MONOTONIC)
        now->tv_sec += (time_t)recorder_seconds();
    return result;
}
