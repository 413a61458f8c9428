/* Runs the command on hostile files, within limits; and makes copies of good files with a few changed bytes. */
#include "files/hostile.h"

#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

/* CPU time is what counts, since the machine may be busy. The tests run with --memory 64M. */
enum { SECONDS_MOST = 5, WAIT_MOST = 60, MEGABYTES_MOST = 128, ARGUMENTS_MOST = 16 };

/* Sanitizers take a multiple of memory and time. */
#if defined(__SANITIZE_ADDRESS__)
enum { SLACK = 6 };
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
enum { SLACK = 6 };
#else
enum { SLACK = 1 };
#endif
#else
enum { SLACK = 1 };
#endif

static double seconds_of(struct timeval time)
{
    return (double)time.tv_sec + (double)time.tv_usec / 1e6;
}

/* err: where its stderr goes, and what there is to say of it. Returns its exit status, 128 after a signal. */
static int run_within_limits(char *const *command, int err)
{
    struct rusage usage;
    int ended = 0;
    pid_t child = fork();

    if (child == 0) {
        dup2(err, STDERR_FILENO);
        alarm(WAIT_MOST * SLACK);
        execvp(command[0], command);
        _exit(127);
    }
    CHECK(wait4(child, &ended, 0, &usage));
    if (seconds_of(usage.ru_utime) + seconds_of(usage.ru_stime) > SECONDS_MOST * SLACK)
        dprintf(err, "it took more than %d s\n", SECONDS_MOST * SLACK);
    if (usage.ru_maxrss > 1024L * MEGABYTES_MOST * SLACK)
        dprintf(err, "it took more than %d MB\n", MEGABYTES_MOST * SLACK);
    if (WIFSIGNALED(ended) && WTERMSIG(ended) == SIGALRM)
        dprintf(err, "it hung\n");
    else if (WIFSIGNALED(ended))
        dprintf(err, "it died of signal %d\n", WTERMSIG(ended));
    return WIFEXITED(ended) ? WEXITSTATUS(ended) : 128;
}

int hostile_run(char **command)
{
    return run_within_limits(command, STDERR_FILENO);
}

/* ---- mutants ------------------------------------------------------------------------------------ */

struct file {
    unsigned char bytes[1 << 20];
    size_t count;
};

/* With a zero behind it. */
static void read_file(const char *path, struct file *file)
{
    FILE *from = fopen(path, "rb");

    check(from ? 0 : -1, path);
    file->count = fread(file->bytes, 1, sizeof file->bytes - 1, from);
    file->bytes[file->count] = 0;
    fclose(from);
}

static uint64_t next_random(uint64_t *state)
{
    *state = *state * 6364136223846793005U + 1442695040888963407U;
    return *state >> 33;
}

/* One to eight bytes become others: bits flipped, or extreme values, mostly where the file is not just zeros; most of a
 * small file are HDF5's own structures. */
static void mutate(uint64_t seed, const struct file *good, const char *path)
{
    static const unsigned char extreme[] = {0, 1, 0x7f, 0x80, 0xff};
    static struct file bad;
    FILE *to = fopen(path, "wb");

    check(to ? 0 : -1, path);
    bad = *good;
    next_random(&seed);
    for (uint64_t changes = 1 + next_random(&seed) % 8; changes; changes--) {
        size_t at = next_random(&seed) % bad.count;
        for (int tries = 0; bad.bytes[at] == 0 && tries < 8; tries++)
            at = next_random(&seed) % bad.count;
        bad.bytes[at] = next_random(&seed) % 2 ? extreme[next_random(&seed) % sizeof extreme]
                                               : (unsigned char)(bad.bytes[at] ^ 1 << next_random(&seed) % 8);
    }
    CHECK(fwrite(bad.bytes, 1, bad.count, to) == bad.count ? 0 : -1);
    CHECK(fclose(to));
}

/* Ways in which the command reads a file. */
struct role {
    const char *file; /* the good one; bad.h5 is in its place */
    const char *arguments[ARGUMENTS_MOST];
};

static const struct role roles[] = {
    {"input.h5", {"match", "bad.h5", "-o", "out.h5", "--poses", "none", "-q", "-j", "1", "--memory", "64M"}},
    {"model.h5",
     {"match", "input.h5", "-m", "bad.h5", "-o", "out.h5", "--poses", "none", "-q", "-j", "1", "--memory", "64M"}},
    {"output.h5", {"merge", "bad.h5", "-o", "out.h5", "-q"}},
};
enum { ROLES = sizeof roles / sizeof *roles };

/* With an answer and nothing on stderr, or with one line that says why not; 3: some pairs have none. */
static bool ended_well(int status, const char *said)
{
    const char *end = strchr(said, '\n');

    if (status == 0 || status == 3)
        return !said[0];
    return status == 1 && strncmp(said, "geosc: ", 7) == 0 && end && (!end[1] || strstr(end, ": not written\n"));
}

/* Returns whether the command ended as it should; *contained grows by one if its child did not. */
static bool try_mutant(const struct role *role, const struct file *good, uint64_t seed, const char *geosc,
                       uint64_t *contained)
{
    char *command[ARGUMENTS_MOST + 2] = {(char *)geosc};
    int err = open("stderr", O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0600);
    static struct file said;

    CHECK(err);
    memcpy(command + 1, role->arguments, sizeof role->arguments);
    mutate(seed, good, "bad.h5");
    int status = run_within_limits(command, err);
    close(err);
    remove("out.h5");
    read_file("stderr", &said);
    const char *text = (const char *)said.bytes;
    *contained += strstr(text, "[crash]") || strstr(text, "[timeout]");
    if (ended_well(status, text))
        return true;
    printf("mutant %llu of %s: exit %d\n%s", (unsigned long long)seed, role->file, status, text);
    fflush(stdout);
    return false;
}

int hostile_mutants(uint64_t count, const char *geosc)
{
    static struct file good[ROLES];
    uint64_t failed = 0, contained = 0;

    for (size_t r = 0; r < ROLES; r++)
        read_file(roles[r].file, &good[r]);
    for (uint64_t seed = 1; seed <= count; seed++)
        for (size_t r = 0; r < ROLES; r++)
            failed += !try_mutant(&roles[r], &good[r], seed, geosc, &contained);
    printf("HDF5 crashed or hung in the child process %llu times\n", (unsigned long long)contained);
    printf("%llu passed, %llu failed\n", (unsigned long long)(ROLES * count - failed), (unsigned long long)failed);
    return failed != 0;
}
