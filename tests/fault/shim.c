/*
 * shim: preloaded into geosc, it makes the k-th call that changes files go wrong, or kills the process there.
 *
 *   GEOSC_FAULT=KIND:K     what happens at call K, counted from 1:
 *       before after half  SIGKILL before the call, after it, or after half of a write
 *       eio enospc         the call fails; close() closes all the same
 *       full               every write from K on fails for lack of space
 *       short eintr        a write writes half; a call is interrupted before it has done anything
 *       stumble            a write writes half, and four calls later comes SIGKILL
 *       nolock             flock is not there (K is not looked at)
 *   GEOSC_FAULT_LOG=FILE   gets the number of calls at exit, and the name of the call that was hit
 *
 * Calls on stdin, stdout and stderr, those of the OpenMP library, and those of processes that geosc forks, are let
 * through uncounted.
 */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
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
#include <unistd.h>

enum kind { NONE, BEFORE, AFTER, HALF, EIO_ONCE, ENOSPC_ONCE, FULL, SHORT, EINTR_ONCE, NOLOCK, STUMBLE };
enum action { PASS, FAIL, HALVE, HALVE_AND_DIE, DIE_AFTER };

static const char *const kinds[] = {"none", "before", "after", "half",   "eio",    "enospc",
                                    "full", "short",  "eintr", "nolock", "stumble"};

static enum kind kind;
static long hit_at;
static bool elsewhere; /* in a process that geosc has forked, whose calls are not counted */
static atomic_long calls;

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
    long call = elsewhere ? 0 : atomic_fetch_add(&calls, 1) + 1;

    if (kind == FULL && hit_at && call >= hit_at && writes) {
        if (call == hit_at)
            note("hit %s\n", name);
        errno = ENOSPC;
        return FAIL;
    }
    if (kind == STUMBLE && hit_at && call == hit_at + 4)
        return DIE_AFTER;
    if (call == 0 || call != hit_at || kind == FULL || kind == NONE || kind == NOLOCK)
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

/* A call that is made or not: `call` is made unless it fails. */
#define PLAIN(name, interruptible, call)                         \
    do {                                                         \
        enum action action = strike(name, false, interruptible); \
        if (action == FAIL)                                      \
            return -1;                                           \
        int result = (call);                                     \
        if (action == DIE_AFTER)                                 \
            die();                                               \
        return result;                                           \
    } while (0)

/* A write of `count` bytes: `call` is made with what count has become. */
#define WRITING(name, call)                                 \
    do {                                                    \
        enum action action = strike(name, true, true);      \
        if (action == FAIL)                                 \
            return -1;                                      \
        if (action == HALVE || action == HALVE_AND_DIE)     \
            count = count > 1 ? count / 2 : count;          \
        ssize_t result = (call);                            \
        if (action == HALVE_AND_DIE || action == DIE_AFTER) \
            die();                                          \
        return result;                                      \
    } while (0)

/* stdin, stdout, stderr, and the file by which LLVM's OpenMP knows itself. */
static bool is_foreign(int fd)
{
    char link[64], name[256];

    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t length = fd > STDERR_FILENO ? readlink(link, name, sizeof name - 1) : -1;
    name[length > 0 ? length : 0] = '\0';
    return fd <= STDERR_FILENO || strstr(name, "__KMP_REGISTERED");
}

ssize_t write(int fd, const void *bytes, size_t count)
{
    ssize_t (*real)(int, const void *, size_t) = REAL(ssize_t(*)(int, const void *, size_t), "write");

    if (is_foreign(fd))
        return real(fd, bytes, count);
    WRITING("write", real(fd, bytes, count));
}

ssize_t pwrite(int fd, const void *bytes, size_t count, off_t offset)
{
    WRITING("pwrite", REAL(ssize_t(*)(int, const void *, size_t, off_t), "pwrite")(fd, bytes, count, offset));
}

ssize_t pwrite64(int fd, const void *bytes, size_t count, off_t offset)
{
    WRITING("pwrite", REAL(ssize_t(*)(int, const void *, size_t, off_t), "pwrite64")(fd, bytes, count, offset));
}

int fsync(int fd)
{
    PLAIN("fsync", true, REAL(int (*)(int), "fsync")(fd));
}

int fdatasync(int fd)
{
    PLAIN("fdatasync", true, REAL(int (*)(int), "fdatasync")(fd));
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

int ftruncate(int fd, off_t length)
{
    int (*real)(int, off_t) = REAL(int (*)(int, off_t), "ftruncate");

    if (is_foreign(fd))
        return real(fd, length);
    PLAIN("ftruncate", true, real(fd, length));
}

int ftruncate64(int fd, off_t length)
{
    int (*real)(int, off_t) = REAL(int (*)(int, off_t), "ftruncate64");

    if (is_foreign(fd))
        return real(fd, length);
    PLAIN("ftruncate", true, real(fd, length));
}

int rename(const char *from, const char *to)
{
    PLAIN("rename", false, REAL(int (*)(const char *, const char *), "rename")(from, to));
}

int renameat2(int from_folder, const char *from, int to_folder, const char *to, unsigned flags)
{
    PLAIN("rename", false,
          REAL(int (*)(int, const char *, int, const char *, unsigned), "renameat2")(from_folder, from, to_folder, to,
                                                                                     flags));
}

int link(const char *from, const char *to)
{
    PLAIN("link", false, REAL(int (*)(const char *, const char *), "link")(from, to));
}

int unlink(const char *path)
{
    PLAIN("unlink", false, REAL(int (*)(const char *), "unlink")(path));
}

int unlinkat(int folder, const char *path, int flags)
{
    PLAIN("unlink", false, REAL(int (*)(int, const char *, int), "unlinkat")(folder, path, flags));
}

static int open_file(const char *name, const char *path, int flags, mode_t mode)
{
    int (*real)(const char *, int, ...) = REAL(int (*)(const char *, int, ...), name);

    if (!(flags & O_CREAT))
        return real(path, flags, mode);
    PLAIN("open", false, real(path, flags, mode));
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
OPEN(open64)

int flock(int fd, int operation)
{
    if (kind == NOLOCK && operation & LOCK_EX) {
        errno = ENOLCK;
        return -1;
    }
    return REAL(int (*)(int, int), "flock")(fd, operation);
}
