#include "results/journal.h"

#include "base/clock.h"
#include "base/guard.h"
#include "base/place.h"
#include "base/system.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

enum { ATTEMPTS = 100 };

static const double SYNC_SECONDS = 5;

struct journal {
    char *path;
    int fd;
    bool locked; /* false: the file system has no locks */
    const struct geosc_options *options;
    struct record_shape shape;
    size_t records; /* number of pairs in the file */
    uint64_t sequence;
    bool loaded, ended;
    double synced_at, appended_at;
    bool dirty;            /* written since the last sync */
    unsigned char *record; /* [record_bytes] buffer for a record */
};

static enum geosc_status fail_errno(geosc_context *context, const struct journal *journal, const char *what)
{
    return fail(context, GEOSC_FAILED, "%s: the journal %s: %s", journal->path, what, strerror(errno));
}

/* ---- the lock ----------------------------------------------------------------------------------- */

enum lock {
    LOCK_TAKEN,
    LOCK_HELD_BY_OTHER,
    LOCK_UNKNOWN,
    LOCK_GONE /* the file was removed meanwhile: try again */,
    LOCK_FAILED
};

/* Opens a regular file and locks it. The system releases the lock of a killed process. */
static enum lock open_locked(const char *path, int flags, int *fd)
{
    struct stat own, named;

    flags |= GUARD(journal_symbolic_link) ? O_NOFOLLOW : 0;
    *fd = open(path, O_RDWR | O_APPEND | O_CLOEXEC | O_NONBLOCK | flags, 0666);
    if (*fd < 0)
        return LOCK_FAILED;
    if (fstat(*fd, &own) != 0)
        return LOCK_FAILED;
    if (GUARD(journal_regular) && !S_ISREG(own.st_mode)) {
        errno = EINVAL;
        return LOCK_FAILED;
    }
    if (GUARD(journal_lock) && flock(*fd, LOCK_EX | LOCK_NB) != 0) {
        if (errno == EINTR)
            return LOCK_GONE;
        if (errno == EWOULDBLOCK)
            return LOCK_HELD_BY_OTHER;
        /* File systems without locks say many things. */
        return GUARD(lock_errors) || errno == ENOLCK ? LOCK_UNKNOWN : LOCK_FAILED;
    }
    if (GUARD(journal_lock_of_a_removed_file) &&
        (lstat(path, &named) != 0 || named.st_ino != own.st_ino || named.st_dev != own.st_dev))
        return LOCK_GONE;
    return LOCK_TAKEN;
}

static enum lock take_lock(const char *path, int flags, int *fd)
{
    enum lock lock = LOCK_GONE;

    for (int attempt = 0; lock == LOCK_GONE && attempt < ATTEMPTS; attempt++) {
        lock = open_locked(path, flags, fd);
        if (lock != LOCK_TAKEN && lock != LOCK_UNKNOWN && *fd >= 0) {
            int error = errno;
            close(*fd);
            *fd = -1;
            errno = error;
        }
    }
    return lock;
}

static const char journal_ending[] = ".journal";

static char *journal_path(const char *output)
{
    size_t size = strlen(output) + sizeof journal_ending;
    char *long_enough = NULL;
    geosc_context own = {0};

    if (memory_allocate(&own, &long_enough, size, 1, "a file name") == GEOSC_OK)
        snprintf(long_enough, size, "%s%s", output, journal_ending);
    return long_enough;
}

enum geosc_status journal_lock(geosc_context *context, const char *output, const struct geosc_options *options,
                               struct journal **out)
{
    struct journal *journal = NULL;
    enum geosc_status status;

    *out = NULL;
    TRY(memory_allocate_zero(context, &journal, 1, sizeof *journal, "the journal"));
    journal->fd = -1;
    journal->options = options;
    journal->path = journal_path(output);
    if (!journal->path)
        TRY(fail_memory(context, strlen(output), "a file name"));
    enum lock lock = take_lock(journal->path, O_CREAT, &journal->fd);
    if (lock == LOCK_HELD_BY_OTHER)
        TRY(fail(context, GEOSC_FAILED, "%s: another run is writing this output: it holds %s", output, journal->path));
    if (lock == LOCK_FAILED || lock == LOCK_GONE)
        TRY(fail_errno(context, journal, "cannot be opened"));
    journal->locked = lock == LOCK_TAKEN;
    if (!journal->locked)
        warn(journal->options, "%s: cannot be locked (%s): make sure that no other run writes the same output",
             journal->path, strerror(errno));
    *out = journal;
    journal = NULL;
done:
    journal_close(journal);
    return status;
}

enum geosc_status journal_claim(geosc_context *context, const char *output, const struct run_identity *identity,
                                const struct geosc_options *options, struct output_there *there, struct journal **out)
{
    struct journal *journal = NULL;
    enum geosc_status status;

    *out = NULL;
    TRY(output_prepare(context, output, identity, options->force, there));
    if (!there->complete) {
        TRY(place_check_length(context, output, journal_ending));
        TRY(journal_lock(context, output, options, &journal));
        /* Another run may have finished since the first check. */
        TRY(output_prepare(context, output, identity, options->force, there));
    }
    if (!there->complete) {
        *out = journal;
        journal = NULL;
    }
done:
    journal_close(journal);
    return status;
}

/* ---- writing ------------------------------------------------------------------------------------ */

static enum geosc_status write_all(geosc_context *context, struct journal *journal, const unsigned char *bytes,
                                   size_t size)
{
    journal->dirty = true;
    while (size) {
        ssize_t put = write(journal->fd, bytes, size);
        if (GUARD(journal_interrupted_write) && put < 0 && errno == EINTR)
            continue;
        if (put == 0)
            errno = EIO;
        if (put <= 0)
            return GUARD(journal_failed_write) ? fail_errno(context, journal, "cannot be written") : GEOSC_OK;
        bytes += put;
        size -= GUARD(journal_short_write) ? (size_t)put : size;
    }
    return GEOSC_OK;
}

/* A failed fsync is final: the kernel may have dropped the data, and a second call would report success. */
enum geosc_status journal_sync(geosc_context *context, struct journal *journal)
{
    int result;

    if (!journal->dirty)
        return GEOSC_OK;
    do
        result = system_sync(journal->fd);
    while (GUARD(journal_interrupted_sync) && result != 0 && errno == EINTR);
    if (GUARD(journal_failed_sync) && result != 0)
        return fail_errno(context, journal, "cannot be written to the disk");
    journal->dirty = false;
    journal->synced_at = clock_seconds();
    return GEOSC_OK;
}

enum geosc_status journal_append(geosc_context *context, struct journal *journal, const struct results *results,
                                 size_t pair)
{
    enum geosc_status status;
    size_t bytes = record_make_pair(&journal->shape, journal->sequence, pair, results, journal->record);
    double now;

    TRY(write_all(context, journal, journal->record, bytes));
    journal->sequence++;
    journal->records++;
    journal->ended = false;
    now = clock_seconds();
    /* Assume that the next pair takes as long as this one: sync now if it would be late after it. */
    if (GUARD(powerloss_journal_synced) && now + (now - journal->appended_at) - journal->synced_at >= SYNC_SECONDS)
        TRY(journal_sync(context, journal));
    journal->appended_at = now;
done:
    return status;
}

enum geosc_status journal_end(geosc_context *context, struct journal *journal)
{
    enum geosc_status status = GEOSC_OK;

    if (GUARD(journal_end) && !journal->ended) {
        TRY(write_all(context, journal, journal->record,
                      record_make_end(&journal->shape, journal->sequence++, journal->record)));
        journal->ended = true;
    }
    if (GUARD(powerloss_journal_end_synced))
        TRY(journal_sync(context, journal));
done:
    return status;
}

/* ---- loading ------------------------------------------------------------------------------------ */

static ssize_t read_file(void *from, void *to, size_t size, uint64_t offset)
{
    const struct journal *journal = from;

    return pread(journal->fd, to, size, (off_t)offset);
}

/* Reads the header. One that this run began to write is torn, whatever part is missing. */
static enum geosc_status read_header(geosc_context *context, struct journal *journal,
                                     const struct fingerprint *fingerprint, enum record_header *header, size_t *bytes,
                                     char *text)
{
    unsigned char data[RECORD_HEADER + RECORD_TEXT];
    struct stat there;
    ssize_t got;

    do
        got = fstat(journal->fd, &there) == 0 ? pread(journal->fd, data, sizeof data, 0) : -1;
    while (got < 0 && errno == EINTR);
    if (got < 0)
        return fail_errno(context, journal, "cannot be read");
    *header = record_read_header(data, (size_t)got, (uint64_t)there.st_size, bytes, text);
    if (*header == RECORD_HEADER_WHOLE)
        journal->shape.seed = record_header_seed(data, *bytes);
    else if (GUARD(powerloss_header_torn) &&
             record_is_torn_header(data, (size_t)got, (uint64_t)there.st_size, fingerprint->text))
        *header = RECORD_HEADER_TORN;
    return GEOSC_OK;
}

static enum geosc_status cut(geosc_context *context, struct journal *journal, uint64_t end)
{
    int result;

    journal->dirty = true;
    do
        result = ftruncate(journal->fd, (off_t)end);
    while (GUARD(journal_interrupted_cut) && result != 0 && errno == EINTR);
    return result == 0 || !GUARD(journal_failed_cut) ? GEOSC_OK : fail_errno(context, journal, "cannot be cut");
}

/* Writes an empty journal of this run and makes its name durable. */
static enum geosc_status begin(geosc_context *context, struct journal *journal, const struct fingerprint *fingerprint)
{
    unsigned char header[RECORD_HEADER + RECORD_TEXT];
    size_t bytes = record_make_header(fingerprint->text, header);
    enum geosc_status status;

    TRY(cut(context, journal, 0));
    TRY(write_all(context, journal, header, bytes));
    if (GUARD(powerloss_journal_header_synced))
        TRY(journal_sync(context, journal));
    if (GUARD(powerloss_journal_name_synced))
        TRY(place_sync_folder(context, journal->path));
    journal->shape.seed = record_header_seed(header, bytes);
done:
    return status;
}

/* Takes the records after a header of `header` bytes. */
static enum geosc_status take_records(geosc_context *context, struct journal *journal, size_t header,
                                      struct results *results, bool *done)
{
    struct record_source source = {read_file, journal, header};
    struct record_scan scan;
    struct stat there;
    enum geosc_status status = record_walk(context, &journal->shape, &source, results, done, &scan);

    errno = scan.error;
    if (scan.error)
        TRY(fail_errno(context, journal, "cannot be read"));
    TRY(status);
    if (GUARD(journal_damage_said) && scan.damaged)
        warn(journal->options, "%s: %llu bytes within the journal are damaged: their pairs are computed again",
             journal->path, (unsigned long long)scan.damaged);
    journal->records = scan.records;
    journal->sequence = scan.sequence;
    journal->ended = scan.ended;
    if (fstat(journal->fd, &there) != 0)
        TRY(fail_errno(context, journal, "cannot read its properties"));
    if (GUARD(journal_torn_tail) && (uint64_t)there.st_size != scan.end)
        TRY(cut(context, journal, scan.end));
    if (GUARD(powerloss_journal_resumed_synced))
        journal->dirty = true; /* a killed run may not have synced its records and name */
    TRY(journal_sync(context, journal));
    if (GUARD(powerloss_journal_resumed_name_synced))
        TRY(place_sync_folder(context, journal->path));
done:
    return status;
}

/* Whether there is a journal to continue from; fails if there is one that must not be lost. */
static enum geosc_status judge(geosc_context *context, const struct journal *journal, enum record_header header,
                               const char *text, const struct fingerprint *fingerprint, bool *go_on)
{
    char difference[256];
    enum fingerprint_change change;

    *go_on = false;
    if (GUARD(journal_foreign) && header == RECORD_HEADER_FOREIGN)
        return fail(context, GEOSC_FAILED,
                    "%s: exists, but is not a journal of geosc: move it, or choose another "
                    "output",
                    journal->path);
    if (header == RECORD_HEADER_TORN || journal->options->restart)
        return GEOSC_OK;
    if (header == RECORD_HEADER_DAMAGED)
        return fail(context, GEOSC_FAILED, "%s: the start of the journal is damaged: start again with --restart",
                    journal->path);
    change = fingerprint_compare(text, fingerprint->text, difference, sizeof difference);
    if (GUARD(changed_options) && change == FINGERPRINT_OTHER)
        return fail(
            context, GEOSC_FAILED,
            "%s: the journal is of another run: %s; use the same options and geosc, or start again with --restart",
            journal->path, difference);
    if (GUARD(touched_meanwhile) && change == FINGERPRINT_TOUCHED && !journal->options->same_input)
        return fail(context, GEOSC_FAILED,
                    "%s: the input's modification time has changed since the journal was started: %s; its size, "
                    "structure and a sample of its bytes are the same: continue with --same-input if all of it is the "
                    "same, else start again with --restart",
                    journal->path, difference);
    *go_on = true;
    return GEOSC_OK;
}

enum geosc_status journal_load(geosc_context *context, struct journal *journal, const struct fingerprint *fingerprint,
                               struct results *results, bool *done, size_t *resumed)
{
    char text[RECORD_TEXT];
    enum record_header header;
    enum geosc_status status;
    size_t bytes = 0;
    bool go_on;

    *resumed = 0;
    TRY(read_header(context, journal, fingerprint, &header, &bytes, text));
    TRY(judge(context, journal, header, text, fingerprint, &go_on));
    journal->shape.pairs = results->pairs;
    journal->shape.candidates = results->candidates;
    journal->shape.answers = results->answers;
    journal->shape.asked = results_have(results);
    journal->shape.unscored = journal->options->imd == GEOSC_IMD_NONE;
    TRY(memory_allocate(context, &journal->record, record_bytes(&journal->shape), 1, "a journal's record"));
    if (go_on)
        TRY(take_records(context, journal, bytes, results, done));
    else
        TRY(begin(context, journal, fingerprint));
    for (size_t p = 0; p < results->pairs; p++)
        *resumed += done[p];
    journal->appended_at = journal->synced_at = clock_seconds();
    journal->loaded = true;
done:
    return status;
}

/* ---- the end ------------------------------------------------------------------------------------ */

static void free_journal(struct journal *journal)
{
    if (journal->fd >= 0)
        close(journal->fd);
    memory_free(journal->record);
    memory_free(journal->path);
    memory_free(journal);
}

enum geosc_status journal_remove(geosc_context *context, struct journal *journal)
{
    enum geosc_status status = GEOSC_OK;

    if (GUARD(output_journal_removed) && unlink(journal->path) != 0 && errno != ENOENT)
        status = fail_errno(context, journal, "cannot be removed, but the output is written");
    free_journal(journal);
    return status;
}

/* Whether the file has no pairs and belongs to this run. */
static bool is_void(const struct journal *journal)
{
    struct stat there;

    return journal->fd >= 0 && journal->locked && journal->records == 0 &&
           (journal->loaded || (fstat(journal->fd, &there) == 0 && there.st_size == 0));
}

void journal_close(struct journal *journal)
{
    if (!journal)
        return;
    if (GUARD(journal_empty_removed) && is_void(journal))
        unlink(journal->path);
    free_journal(journal);
}

void journal_forget(const char *output, const struct fingerprint *fingerprint)
{
    struct journal journal = {.path = journal_path(output), .fd = -1};
    geosc_context own = {0};
    char text[RECORD_TEXT], difference[256];
    enum record_header header;
    size_t bytes;

    if (journal.path && take_lock(journal.path, 0, &journal.fd) == LOCK_TAKEN &&
        read_header(&own, &journal, fingerprint, &header, &bytes, text) == GEOSC_OK && header == RECORD_HEADER_WHOLE &&
        fingerprint_compare(text, fingerprint->text, difference, sizeof difference) != FINGERPRINT_OTHER) {
        place_sweep(output);
        /* Sync the removals while the journal still exists. */
        if (!GUARD(powerloss_swept) || place_sync_folder(&own, output) == GEOSC_OK)
            unlink(journal.path);
    }
    if (journal.fd >= 0)
        close(journal.fd);
    memory_free(journal.path);
}
