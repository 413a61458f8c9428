#include "base/system.h"

#include <errno.h>
#include <fcntl.h>
#ifdef GEOSC_HAVE_MALLOPT
#include <malloc.h>
#endif
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#ifdef GEOSC_HAVE_PDEATHSIG
#include <sys/prctl.h>
#endif
#include <sys/resource.h>
#include <unistd.h>

#include "base/guard.h"

/* ---- processes ---------------------------------------------------------------------------------- */

int system_cpus(void)
{
#ifdef GEOSC_HAVE_AFFINITY
    union {
        cpu_set_t set; /* for 1024 CPUs: a kernel that supports more refuses it, and FreeBSD's a larger one */
        unsigned char bytes[8192];
    } mask;

    if (GUARD(threads_of_large_machines) && sched_getaffinity(0, sizeof mask, &mask.set) == 0)
        return CPU_COUNT_S(sizeof mask, &mask.set);
    return sched_getaffinity(0, sizeof mask.set, &mask.set) == 0 ? CPU_COUNT_S(sizeof mask.set, &mask.set) : 1;
#else
    long cpus = sysconf(_SC_NPROCESSORS_ONLN);

    return cpus > 0 ? (int)cpus : 1;
#endif
}

int system_pipe(int ends[2])
{
#ifdef GEOSC_HAVE_PIPE2
    return pipe2(ends, O_CLOEXEC);
#else
    if (pipe(ends) != 0)
        return -1;
    fcntl(ends[0], F_SETFD, FD_CLOEXEC);
    fcntl(ends[1], F_SETFD, FD_CLOEXEC);
    return 0;
#endif
}

void system_die_with_parent(void)
{
#ifdef GEOSC_HAVE_PDEATHSIG
    prctl(PR_SET_PDEATHSIG, SIGKILL);
#endif
}

void system_set_up_heap(void)
{
#ifdef GEOSC_HAVE_MALLOPT
    mallopt(M_MMAP_THRESHOLD, 1 << 20); /* else it rises with the blocks that are freed */
    mallopt(M_ARENA_MAX, 1);
#endif
}

/* ---- memory ------------------------------------------------------------------------------------- */

uint64_t system_memory(void)
{
#ifdef GEOSC_HAVE_PHYS_PAGES
    long pages = sysconf(_SC_PHYS_PAGES), page = sysconf(_SC_PAGESIZE);

    if (pages > 0 && page > 0)
        return (uint64_t)pages * (uint64_t)page;
#endif
    return SYSTEM_MEMORY_ASSUMED;
}

double system_memory_most(void)
{
#ifdef GEOSC_HAVE_MAXRSS
#ifdef __APPLE__
    const double unit = 1;
#else
    const double unit = 1024;
#endif
    struct rusage usage = {0};

    getrusage(RUSAGE_SELF, &usage);
    return (double)usage.ru_maxrss * unit;
#else
    return 0;
#endif
}

size_t system_huge_page(size_t bytes)
{
    enum {
        HUGE_PAGE = 2 * 1024 * 1024, /* of most processors */
        HUGE_FROM = 4 * 1024 * 1024  /* bytes of a block from which huge pages are asked for */
    };

#ifdef GEOSC_HAVE_HUGE_PAGES
    if (bytes >= HUGE_FROM && bytes <= SIZE_MAX - HUGE_PAGE)
        return HUGE_PAGE;
#endif
    (void)bytes;
    return 0;
}

void system_ask_huge_pages(void *block, size_t bytes)
{
#ifdef GEOSC_HAVE_HUGE_PAGES
    madvise(block, bytes, MADV_HUGEPAGE);
#else
    (void)block;
    (void)bytes;
#endif
}

#ifdef RLIMIT_AS
/* Whether a page more can be mapped under this limit. macOS refuses a limit below what is mapped. */
static bool fits(uint64_t bytes, const struct rlimit *before, int fd, size_t page)
{
    void *mapped = MAP_FAILED;

    if (setrlimit(RLIMIT_AS, &(struct rlimit){(rlim_t)bytes, before->rlim_max}) == 0)
        mapped = mmap(NULL, page, PROT_READ, MAP_PRIVATE, fd, 0);
    if (mapped != MAP_FAILED)
        munmap(mapped, page);
    return mapped != MAP_FAILED;
}
#endif

uint64_t system_search_address_space(int fd)
{
#ifdef RLIMIT_AS
    struct rlimit before;
    long page = sysconf(_SC_PAGESIZE);
    uint64_t below = 0, enough;

    if (page <= 0 || getrlimit(RLIMIT_AS, &before) != 0)
        return 0;
    enough = before.rlim_max < RLIM_INFINITY / 2 ? before.rlim_max : RLIM_INFINITY / 2;
    if (fits(0, &before, fd, (size_t)page) || !fits(enough, &before, fd, (size_t)page))
        enough = 0;
    while (enough > below + (uint64_t)page) {
        uint64_t middle = below + (enough - below) / 2;
        if (fits(middle, &before, fd, (size_t)page))
            enough = middle;
        else
            below = middle;
    }
    setrlimit(RLIMIT_AS, &before);
    return enough;
#else
    (void)fd;
    return 0;
#endif
}

#ifdef RLIMIT_AS
static uint64_t address_space(int fd)
{
#ifdef GEOSC_HAVE_STATM
    FILE *file = fopen("/proc/self/statm", "re");
    unsigned long long pages;
    bool known = file && fscanf(file, "%llu", &pages) == 1;
    long page = sysconf(_SC_PAGESIZE);

    if (file)
        fclose(file);
    if (known && page > 0)
        return (uint64_t)pages * (uint64_t)page;
#endif
    return system_search_address_space(fd);
}
#endif

bool system_limit_memory(uint64_t more, int fd)
{
#ifdef RLIMIT_AS
    uint64_t now = address_space(fd);
    rlim_t limit = (rlim_t)(now + more);

    return now && more <= RLIM_INFINITY / 2 && setrlimit(RLIMIT_AS, &(struct rlimit){limit, limit}) == 0;
#else
    (void)more;
    (void)fd;
    return false;
#endif
}

/* ---- files -------------------------------------------------------------------------------------- */

struct timespec system_changed(const struct stat *facts)
{
#if defined GEOSC_HAVE_ST_MTIM
    return facts->st_mtim;
#elif defined GEOSC_HAVE_ST_MTIMESPEC
    return facts->st_mtimespec;
#else
    return (struct timespec){.tv_sec = facts->st_mtime};
#endif
}

int system_sync(int fd)
{
#ifdef GEOSC_HAVE_FULLFSYNC
    if (fcntl(fd, F_FULLFSYNC) == 0)
        return 0;
    if (errno != ENOTSUP && errno != EINVAL && errno != ENOTTY) /* of file systems that know no such sync */
        return -1;
#endif
    return fsync(fd);
}

void system_drop_pages(int fd)
{
#ifdef GEOSC_HAVE_FADVISE
    posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED);
#else
    (void)fd;
#endif
}

#ifdef GEOSC_HAVE_FOPENCOOKIE
struct cookie {
    void *sink;
    system_take *take;
};

static ssize_t write_cookie(void *opened, const char *data, size_t count)
{
    const struct cookie *cookie = opened;
    return cookie->take(cookie->sink, data, count) ? (ssize_t)count : 0;
}

static int close_cookie(void *opened)
{
    free(opened);
    return 0;
}

FILE *system_stream(void *sink, system_take *take)
{
    struct cookie *cookie = malloc(sizeof *cookie);
    FILE *stream;

    if (!cookie)
        return NULL;
    *cookie = (struct cookie){sink, take};
    stream = fopencookie(cookie, "w", (cookie_io_functions_t){.write = write_cookie, .close = close_cookie});
    if (!stream)
        free(cookie);
    return stream;
}

bool system_stream_end(FILE *stream, void *sink, system_take *take)
{
    (void)sink, (void)take;
    return fflush(stream) == 0 && !ferror(stream); /* glibc's fflush forgets what failed before */
}
#else
FILE *system_stream(void *sink, system_take *take)
{
    (void)sink, (void)take;
    return tmpfile();
}

bool system_stream_end(FILE *stream, void *sink, system_take *take)
{
    char data[BUFSIZ];
    size_t count;

    if (fflush(stream) != 0 || ferror(stream))
        return false;
    rewind(stream);
    while ((count = fread(data, 1, sizeof data, stream)) > 0)
        if (!take(sink, data, count))
            return false;
    return !ferror(stream);
}
#endif

/* ---- waits -------------------------------------------------------------------------------------- */

clockid_t system_wait_clock(void)
{
#ifdef GEOSC_HAVE_WAIT_CLOCK
    return CLOCK_MONOTONIC;
#else
    return CLOCK_REALTIME;
#endif
}

void system_init_condition(pthread_cond_t *condition)
{
    pthread_condattr_t by_clock;

    pthread_condattr_init(&by_clock);
#ifdef GEOSC_HAVE_WAIT_CLOCK
    pthread_condattr_setclock(&by_clock, system_wait_clock());
#endif
    pthread_cond_init(condition, &by_clock);
    pthread_condattr_destroy(&by_clock);
}
