/* The journal: whatever happens to its bytes, no record is taken that the run did not write; a run goes on from it and
 * gives the bytes of one that was never interrupted. */
#include "journal.h"
#include "random.h"
#include "scratch.h"
#include "synth.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <sys/file.h>
#include <sys/wait.h>

#include <cmocka.h>

enum { PAIRS = 70, CANDIDATES = 4, ANSWERS = 20, ROOM = 1 << 16 };

static geosc_context context;
static const char run_text[] = "version=1\nmodel=none\ninput=scene.h5\nposes=none,hflip\nimd=squared\n";

#define assert_ok(call)                      \
    do {                                     \
        context.message[0] = '\0';           \
        if ((call) != GEOSC_OK)              \
            fail_msg("%s", context.message); \
    } while (0)

#define assert_refused(call, part)                           \
    do {                                                     \
        context.message[0] = '\0';                           \
        assert_int_equal(call, GEOSC_FAILED);                \
        if (!strstr(context.message, part))                  \
            fail_msg("'%s' in '%s'", part, context.message); \
    } while (0)

/* ---- a journal in memory ------------------------------------------------------------------------ */

static struct results truth, taken;
static bool done[PAIRS];

struct sample {
    unsigned char bytes[ROOM];
    size_t size, header, record; /* bytes in all, of the header, of a record */
    struct record_shape shape;
};

static struct sample whole, changed;

/* Places for results. With values, failed pairs and all, where they are to be the truth. */
static void make_results(struct results *results, bool values)
{
    struct random_stream random = random_stream(1, 2, 3);

    *results =
        (struct results){.pairs = PAIRS, .candidates = CANDIDATES, .rank = 1, .shape = {ANSWERS}, .answers = ANSWERS};
    results->xy = calloc(PAIRS * ANSWERS, sizeof *results->xy);
    results->score = calloc(PAIRS * ANSWERS, sizeof *results->score);
    results->peak = calloc(PAIRS * ANSWERS, sizeof *results->peak);
    results->second = calloc(PAIRS * ANSWERS, sizeof *results->second);
    results->mutual = calloc(PAIRS * ANSWERS, 1);
    results->imd = calloc(PAIRS * CANDIDATES, sizeof *results->imd);
    results->chosen = calloc(PAIRS, 1);
    results->status = calloc(PAIRS, 1);
    for (size_t i = 0; values && i < PAIRS * ANSWERS; i++) {
        results->xy[i][0] = (float)random_uniform(&random) * 60;
        results->xy[i][1] = (float)random_uniform(&random) * 60;
        results->score[i] = (float)random_uniform(&random);
        results->peak[i][0] = (int32_t)random_below(&random, 61) - 1;
        results->peak[i][1] = (int32_t)random_below(&random, 61) - 1;
        results->second[i] = (float)random_uniform(&random);
        results->mutual[i] = (uint8_t)random_below(&random, 2);
    }
    for (size_t i = 0; values && i < PAIRS * CANDIDATES; i++)
        results->imd[i] = (float)random_uniform(&random);
    for (size_t p = 0; values && p < PAIRS; p++) {
        results->status[p] = p % 9 == 4 ? GEOSC_PAIR_EMPTY_MASK : p % 9 == 5 ? GEOSC_PAIR_BAD_KEYPOINT : GEOSC_PAIR_OK;
        results->chosen[p] = p % 9 == 4 ? GEOSC_UNDECIDED : (uint8_t)(p % CANDIDATES);
    }
}

static void free_results(struct results *results)
{
    free(results->xy);
    free(results->score);
    free(results->peak);
    free(results->second);
    free(results->mutual);
    free(results->imd);
    free(results->chosen);
    free(results->status);
}

static void make_sample(struct sample *sample, const char *text)
{
    *sample = (struct sample){.shape = {PAIRS, CANDIDATES, ANSWERS, 0, true}};
    sample->size = sample->header = record_make_header(text, sample->bytes);
    sample->shape.seed = record_header_seed(sample->bytes, sample->header);
    sample->record = record_bytes(&sample->shape);
    for (size_t p = 0; p < PAIRS; p++) /* not in the order of the file */
        sample->size += record_make_pair(&sample->shape, p, p * 37 % PAIRS, &truth, sample->bytes + sample->size);
    sample->size += record_make_end(&sample->shape, PAIRS, sample->bytes + sample->size);
    assert_true(sample->size >= 20000 && sample->size + 8192 < ROOM);
}

static int set_up(void **state)
{
    make_results(&truth, true);
    make_results(&taken, false);
    make_sample(&whole, run_text);
    return scratch_make(state);
}

static int tear_down(void **state)
{
    free_results(&truth);
    free_results(&taken);
    return scratch_remove(state);
}

static const uint64_t FAR = (uint64_t)5 << 30; /* where the records seem to be */

static ssize_t read_sample(void *from, void *to, size_t size, uint64_t offset)
{
    const struct sample *sample = from;
    size_t at = (size_t)(offset - FAR), left = at < sample->size ? sample->size - at : 0;

    size = size < left ? size : left;
    memcpy(to, sample->bytes + at, size);
    return (ssize_t)size;
}

static bool same_pair(size_t p)
{
    return taken.status[p] == truth.status[p] && taken.chosen[p] == truth.chosen[p] &&
           memcmp(taken.imd + p * CANDIDATES, truth.imd + p * CANDIDATES, CANDIDATES * sizeof *truth.imd) == 0 &&
           memcmp(taken.xy + p * ANSWERS, truth.xy + p * ANSWERS, ANSWERS * sizeof *truth.xy) == 0 &&
           memcmp(taken.score + p * ANSWERS, truth.score + p * ANSWERS, ANSWERS * sizeof *truth.score) == 0 &&
           memcmp(taken.peak + p * ANSWERS, truth.peak + p * ANSWERS, ANSWERS * sizeof *truth.peak) == 0 &&
           memcmp(taken.second + p * ANSWERS, truth.second + p * ANSWERS, ANSWERS * sizeof *truth.second) == 0 &&
           memcmp(taken.mutual + p * ANSWERS, truth.mutual + p * ANSWERS, ANSWERS) == 0;
}

/* Pairs taken from a journal as journal_load would; 0 where it would refuse it. A wrong one ends the test. */
static size_t take(const struct sample *sample, struct record_scan *scan)
{
    char text[RECORD_TEXT];
    size_t header = 0, count = 0;
    int error;

    *scan = (struct record_scan){0};
    memset(done, 0, sizeof done);
    if (record_read_header(sample->bytes,
                           sample->size < RECORD_HEADER + RECORD_TEXT ? sample->size : RECORD_HEADER + RECORD_TEXT,
                           sample->size, &header, text) != RECORD_HEADER_WHOLE ||
        strcmp(text, run_text) != 0)
        return 0;
    struct record_shape shape = {PAIRS, CANDIDATES, ANSWERS, record_header_seed(sample->bytes, header), true};
    assert_ok(record_walk(&context, &shape, read_sample, (void *)sample, FAR + header, &taken, done, scan, &error));
    scan->end -= FAR;
    for (size_t p = 0; p < PAIRS; p++) {
        count += done[p];
        if (done[p] && !same_pair(p))
            fail_msg("pair %zu is not what was written", p);
    }
    return count;
}

static void takes_all(void **state)
{
    struct record_scan scan;

    (void)state;
    assert_int_equal(take(&whole, &scan), PAIRS);
    assert_int_equal(scan.records, PAIRS);
    assert_int_equal(scan.end, whole.size);
    assert_int_equal(scan.sequence, PAIRS + 1);
    assert_int_equal(scan.damaged, 0);
    assert_true(scan.ended);
}

static void cut_at_every_byte(void **state)
{
    struct record_scan scan;

    (void)state;
    changed = whole;
    for (changed.size = whole.size; changed.size-- > 0;) {
        size_t behind = changed.size > whole.header ? changed.size - whole.header : 0;
        size_t records = behind / whole.record < PAIRS ? behind / whole.record : PAIRS;
        assert_int_equal(take(&changed, &scan), records);
        if (changed.size < whole.header)
            continue;
        assert_int_equal(scan.end, whole.header + records * whole.record);
        assert_int_equal(scan.damaged, 0);
        assert_false(scan.ended);
    }
}

static void each_bit_flipped(void **state)
{
    struct record_scan scan;

    (void)state;
    changed = whole;
    for (size_t bit = 0; bit < 8 * whole.size; bit++) {
        unsigned char *byte = &changed.bytes[bit / 8];
        *byte ^= (unsigned char)(1U << bit % 8);
        size_t count = take(&changed, &scan);
        if (bit / 8 < whole.header)
            assert_int_equal(count, 0); /* refused */
        else
            assert_int_equal(count, bit / 8 < whole.header + PAIRS * whole.record ? PAIRS - 1 : PAIRS);
        if (count == PAIRS - 1)
            assert_int_equal(scan.damaged, whole.record);
        *byte ^= (unsigned char)(1U << bit % 8);
    }
}

static void tails(void **state)
{
    struct random_stream random = random_stream(4, 5, 6);
    struct record_scan scan;

    (void)state;
    changed = whole;
    for (size_t length = 1; length <= 4096; length++) { /* zeros */
        changed.size = whole.size + length;
        assert_int_equal(take(&changed, &scan), PAIRS);
        assert_int_equal(scan.end, whole.size);
        assert_int_equal(scan.damaged, 0);
    }
    for (int round = 0; round < 200; round++) { /* anything */
        changed.size = whole.size + 1 + random_below(&random, 4096);
        for (size_t i = whole.size; i < changed.size; i++)
            changed.bytes[i] = (unsigned char)random_next(&random);
        assert_int_equal(take(&changed, &scan), PAIRS);
        assert_int_equal(scan.end, whole.size);
    }
    memset(&changed, 0, sizeof changed); /* nothing but zeros behind the header, as after a power cut */
    memcpy(changed.bytes, whole.bytes, whole.header);
    changed.size = whole.size;
    assert_int_equal(take(&changed, &scan), 0);
    assert_int_equal(scan.end, whole.header);
}

static void doubled_and_swapped(void **state)
{
    struct record_scan scan;

    (void)state;
    for (size_t i = 0; i < PAIRS; i++) {
        unsigned char *at = changed.bytes + whole.header + i * whole.record;
        changed = whole;
        memmove(at + whole.record, at, whole.size - whole.header - i * whole.record);
        changed.size += whole.record;
        assert_int_equal(take(&changed, &scan), PAIRS);
        assert_int_equal(scan.records, PAIRS);
        assert_int_equal(scan.damaged, whole.record);
        if (i + 1 == PAIRS)
            break;
        changed = whole;
        memcpy(at, whole.bytes + whole.header + (i + 1) * whole.record, whole.record);
        memcpy(at + whole.record, whole.bytes + whole.header + i * whole.record, whole.record);
        assert_int_equal(take(&changed, &scan), PAIRS - 1);
    }
}

/* Bytes lost and bytes added in the middle: what follows is found again. */
static void shifted(void **state)
{
    size_t middle = whole.header + 7 * whole.record + 11;
    struct record_scan scan;

    (void)state;
    for (size_t length = 1; length < 2 * whole.record; length += 13) {
        changed = whole;
        memmove(changed.bytes + middle, changed.bytes + middle + length, whole.size - middle - length);
        changed.size -= length;
        assert_in_range(take(&changed, &scan), PAIRS - 3, PAIRS - 1);
        assert_true(scan.damaged > 0 && scan.ended);
        changed = whole;
        memmove(changed.bytes + middle + length, changed.bytes + middle, whole.size - middle);
        memset(changed.bytes + middle, whole.bytes[whole.header], length); /* as records begin */
        changed.size += length;
        assert_int_equal(take(&changed, &scan), PAIRS - 1);
        assert_int_equal(scan.damaged, whole.record + length);
    }
}

/* Records of another run, byte for byte of the right form. */
static void foreign(void **state)
{
    static struct sample other;
    struct record_scan scan;

    (void)state;
    make_sample(&other, "version=1\nmodel=none\ninput=scene.h5\nposes=none,hflip\nimd=mutual_\n");
    assert_int_equal(other.size, whole.size);
    assert_int_equal(take(&other, &scan), 0); /* refused by its text */
    changed = other;
    memcpy(changed.bytes, whole.bytes, whole.header); /* and by its records' sums */
    assert_int_equal(take(&changed, &scan), 0);
    changed = whole;
    memcpy(changed.bytes + whole.header + 3 * whole.record, other.bytes + whole.header + 3 * whole.record,
           whole.record);
    assert_int_equal(take(&changed, &scan), PAIRS - 1);
}

/* Sums that are right over values that no run gives. */
static void values_that_cannot_be(void **state)
{
    static const struct {
        uint8_t status, chosen;
    } bad[] = {{GEOSC_PAIR_STATUSES, 0},      {255, 255}, {0, CANDIDATES}, {0, 255}, {GEOSC_PAIR_EMPTY_MASK, 0},
               {GEOSC_PAIR_BAD_KEYPOINT, 255}};
    struct record_scan scan;
    size_t pair = 37;
    uint8_t status = truth.status[pair], chosen = truth.chosen[pair];

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        changed = whole;
        truth.status[pair] = bad[i].status;
        truth.chosen[pair] = bad[i].chosen;
        record_make_pair(&whole.shape, 1, pair, &truth, changed.bytes + whole.header + whole.record);
        truth.status[pair] = status;
        truth.chosen[pair] = chosen;
        assert_int_equal(take(&changed, &scan), PAIRS - 1);
        assert_false(done[pair]);
    }
}

/* ---- the file ----------------------------------------------------------------------------------- */

static char said[STATUS_MESSAGE_SIZE];

static void listen(void *user, const char *line)
{
    (void)user;
    snprintf(said, sizeof said, "%s", line);
}

static void write_file(const char *path, const void *bytes, size_t size)
{
    FILE *file = fopen(path, "wb");

    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, size, file), size);
    assert_int_equal(fclose(file), 0);
}

static size_t file_size(const char *path)
{
    struct stat there;

    return stat(path, &there) == 0 ? (size_t)there.st_size : SIZE_MAX;
}

/* Loads what stands in the file `out.journal`; GEOSC_OK leaves it open. */
static enum geosc_status load(struct geosc_options *options, struct journal **journal, size_t *resumed)
{
    struct fingerprint fingerprint;
    enum geosc_status status;

    said[0] = '\0';
    options->warning = listen;
    memset(done, 0, sizeof done);
    snprintf(fingerprint.text, sizeof fingerprint.text, "%s", run_text);
    TRY(journal_lock(&context, scratch_path("out"), options, journal));
    TRY(journal_load(&context, *journal, &fingerprint, &taken, done, resumed));
done:
    if (status != GEOSC_OK) {
        journal_close(*journal);
        *journal = NULL;
    }
    return status;
}

static void goes_on_from_a_file(void **state)
{
    const char *path = scratch_path("out.journal");
    struct geosc_options options = {0};
    struct journal *journal;
    size_t resumed, half = whole.header + 5 * whole.record;

    (void)state;
    write_file(path, whole.bytes, half + 100); /* torn */
    assert_ok(load(&options, &journal, &resumed));
    assert_int_equal(resumed, 5);
    assert_int_equal(file_size(path), half);
    assert_string_equal(said, "");
    assert_ok(journal_append(&context, journal, &truth, 5 * 37 % PAIRS));
    journal_close(journal);
    assert_int_equal(file_size(path), half + whole.record);
    assert_ok(load(&options, &journal, &resumed));
    assert_int_equal(resumed, 6);
    for (size_t p = 6; p < PAIRS; p++)
        assert_ok(journal_append(&context, journal, &truth, p * 37 % PAIRS));
    assert_ok(journal_end(&context, journal));
    size_t size;
    unsigned char *bytes = scratch_read(path, &size);
    assert_int_equal(size, whole.size); /* as if never torn */
    assert_memory_equal(bytes, whole.bytes, size);
    free(bytes);
    assert_ok(journal_remove(&context, journal));
    assert_int_equal(scratch_entries(), 0);
}

static void tells_of_damage(void **state)
{
    const char *path = scratch_path("out.journal");
    struct geosc_options options = {0};
    struct journal *journal;
    size_t resumed;

    (void)state;
    changed = whole;
    changed.bytes[whole.header + 9 * whole.record + 50] ^= 1;
    write_file(path, changed.bytes, changed.size);
    assert_ok(load(&options, &journal, &resumed));
    assert_int_equal(resumed, PAIRS - 1);
    assert_non_null(strstr(said, "bytes within the journal are damaged"));
    assert_ok(journal_append(&context, journal, &truth, 9 * 37 % PAIRS));
    assert_ok(journal_end(&context, journal));
    journal_close(journal);
    assert_ok(load(&options, &journal, &resumed));
    assert_int_equal(resumed, PAIRS);
    assert_ok(journal_remove(&context, journal));
}

static void refuses(void **state)
{
    static const char strange[] = "a letter to my journal, which is long";
    const char *path = scratch_path("out.journal");
    struct geosc_options options = {0};
    struct journal *journal;
    size_t resumed;

    (void)state;
    make_sample(&changed, "version=1\nmodel=none\ninput=scene.h5\nposes=none,hflip\nimd=mutual\n");
    write_file(path, changed.bytes, changed.size);
    assert_refused(load(&options, &journal, &resumed), "imd=mutual, now imd=squared");
    assert_int_equal(file_size(path), changed.size);
    options.restart = true;
    assert_ok(load(&options, &journal, &resumed));
    assert_int_equal(resumed, 0);
    journal_close(journal); /* nothing is in it */
    assert_int_equal(scratch_entries(), 0);

    options.restart = false;
    changed = whole;
    changed.bytes[30] ^= 4;
    write_file(path, changed.bytes, changed.size);
    assert_refused(load(&options, &journal, &resumed), "beginning is damaged");
    assert_int_equal(file_size(path), changed.size);
    options.restart = true; /* even then a file of somebody else's is left alone */
    write_file(path, strange, sizeof strange);
    assert_refused(load(&options, &journal, &resumed), "no journal of geosc");
    assert_int_equal(file_size(path), sizeof strange);
    unlink(path);
    assert_int_equal(symlink("elsewhere", path), 0);
    assert_refused(load(&options, &journal, &resumed), "cannot be opened");
    unlink(path);
    assert_int_equal(mkfifo(path, 0600), 0);
    assert_refused(load(&options, &journal, &resumed), "cannot be opened");
    unlink(path);
    assert_int_equal(scratch_entries(), 0);
}

/* What a run leaves that is killed while it begins. */
static void begins_anew(void **state)
{
    static const unsigned char zeros[300];
    struct geosc_options options = {0};
    struct journal *journal;
    size_t resumed;

    (void)state;
    for (size_t size = 0; size < whole.header; size++) {
        write_file(scratch_path("out.journal"), size % 3 ? whole.bytes : zeros, size);
        assert_ok(load(&options, &journal, &resumed));
        assert_int_equal(resumed, 0);
        assert_int_equal(file_size(scratch_path("out.journal")), whole.header);
        journal_close(journal);
    }
}

static void one_at_a_time(void **state)
{
    struct geosc_options options = {0};
    struct journal *journal, *second;
    size_t resumed;
    int ready[2], status;
    char byte;

    (void)state;
    assert_ok(load(&options, &journal, &resumed));
    assert_refused(journal_lock(&context, scratch_path("out"), &options, &second), "another run is at work");
    journal_close(journal);
    assert_int_equal(pipe(ready), 0);
    pid_t child = fork();
    if (child == 0) { /* an owner that is killed */
        if (journal_lock(&context, scratch_path("out"), &options, &journal) != GEOSC_OK || write(ready[1], "", 1) != 1)
            _exit(1);
        for (;;)
            pause();
    }
    assert_int_equal(read(ready[0], &byte, 1), 1);
    assert_refused(journal_lock(&context, scratch_path("out"), &options, &second), "another run is at work");
    kill(child, SIGKILL);
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_ok(journal_lock(&context, scratch_path("out"), &options, &second));
    journal_close(second);
    close(ready[0]);
    close(ready[1]);
}

static void differences(void **state)
{
    char out[64] = "";

    (void)state;
    assert_false(fingerprint_difference("a=1\nb=2\n", "a=1\nb=2\n", out, sizeof out));
    assert_true(fingerprint_difference("a=1\nb=2\n", "a=1\nb=3\n", out, sizeof out));
    assert_string_equal(out, "b=2, now b=3");
    assert_true(fingerprint_difference("a=1\n", "a=1\nb=3\n", out, sizeof out));
    assert_true(fingerprint_difference("a=1\nb=3", "a=1\n", out, sizeof out));
    assert_true(fingerprint_difference("a=12\n", "a=1\n", out, sizeof out));
}

/* ---- whole runs --------------------------------------------------------------------------------- */

static volatile int stop;
static size_t stop_after;

static void count_pairs(void *user, const struct geosc_progress *progress)
{
    (void)user;
    if (progress->pairs_done >= stop_after)
        stop = 1;
}

static enum geosc_status run_match(struct geosc_options *options, size_t after, const char *output,
                                   struct geosc_summary *summary)
{
    stop = 0;
    stop_after = after;
    options->threads = 1;
    options->progress = count_pairs;
    options->warning = listen;
    options->stop = &stop;
    return geosc_match_file(&context, scratch_path("in.h5"), scratch_path("model.h5"), scratch_path(output), options,
                            summary);
}

static void make_input(uint64_t seed)
{
    struct synth_options options;

    synth_options_init(&options);
    options.seed = seed;
    options.pairs = 7;
    options.images = 4;
    options.channels = 16;
    options.height = options.width = 8;
    options.keypoints = 3;
    options.hidden = 8;
    options.blocks = 1;
    options.indexed = true;
    options.force = true;
    assert_ok(synth_write(&context, scratch_path("in.h5"), scratch_path("model.h5"), &options));
}

static void assert_same_file(const char *a, const char *b)
{
    size_t size, other;
    unsigned char *bytes = scratch_read(scratch_path(a), &size), *others = scratch_read(scratch_path(b), &other);

    assert_true(bytes && others && size == other);
    assert_memory_equal(bytes, others, size);
    free(bytes);
    free(others);
}

static void interrupted_anywhere(void **state)
{
    struct geosc_options options;
    struct geosc_summary summary;

    (void)state;
    make_input(1);
    geosc_options_init(&options);
    assert_ok(run_match(&options, 99, "whole", &summary));
    assert_int_equal(summary.pairs_resumed, 0);
    for (size_t after = 1; after < 7; after++) {
        options.force = after % 2;
        if (!options.force)
            unlink(scratch_path("out"));
        assert_int_equal(run_match(&options, after, "out", &summary), GEOSC_STOPPED);
        assert_non_null(strstr(geosc_message(&context), "of 7 pairs"));
        assert_int_equal(run_match(&options, after + 1, "out", &summary), after + 1 < 7 ? GEOSC_STOPPED : GEOSC_OK);
        if (after + 1 < 7)
            assert_ok(run_match(&options, 99, "out", &summary));
        assert_int_equal(summary.pairs_resumed, after + 1 < 7 ? after + 1 : after);
        assert_same_file("whole", "out");
        assert_int_equal(file_size(scratch_path("out.journal")), SIZE_MAX);
    }
    options.force = false;
    assert_ok(run_match(&options, 99, "out", &summary));
    assert_true(summary.already_done);
}

/* Each change since the interruption is told. */
static void changed_meanwhile(void **state)
{
    struct geosc_options options;
    struct geosc_summary summary;
    struct timespec times[2] = {{.tv_nsec = UTIME_OMIT}, {.tv_sec = 1000000000, .tv_nsec = 1}};

    (void)state;
    make_input(1);
    geosc_options_init(&options);
    unlink(scratch_path("out"));
    assert_int_equal(run_match(&options, 3, "out", &summary), GEOSC_STOPPED);
    options.window = 13;
    assert_refused(run_match(&options, 99, "out", &summary), "window=15, now window=13");
    options.window = 15;
    assert_int_equal(utimensat(AT_FDCWD, scratch_path("in.h5"), times, 0), 0);
    assert_refused(run_match(&options, 99, "out", &summary), "last change of the input");
    options.restart = true;
    assert_int_equal(run_match(&options, 3, "out", &summary), GEOSC_STOPPED);
    options.restart = false;
    make_input(2);
    assert_refused(run_match(&options, 99, "out", &summary), "model=");
    options.restart = true;
    assert_ok(run_match(&options, 99, "out", &summary));
    options.restart = false;
    assert_ok(run_match(&options, 99, "out", &summary));
    assert_true(summary.already_done);

    /* One byte of the features, the time put back: the output is not that of this input. */
    int input = open(scratch_path("in.h5"), O_RDWR);
    off_t middle = lseek(input, 0, SEEK_END) / 2;
    char byte;
    assert_int_equal(pread(input, &byte, 1, middle), 1);
    byte ^= 1;
    assert_int_equal(pwrite(input, &byte, 1, middle), 1);
    close(input);
    assert_refused(run_match(&options, 99, "out", &summary), "differs in its input");
}

static void touch_input(void *user, const struct geosc_progress *progress)
{
    struct timespec times[2] = {{.tv_nsec = UTIME_OMIT}, {.tv_sec = 1000000000, .tv_nsec = 7}};

    (void)user;
    if (progress->pairs_done == 2)
        utimensat(AT_FDCWD, scratch_path("in.h5"), times, 0);
}

static void changed_during_the_run(void **state)
{
    struct geosc_options options;
    struct geosc_summary summary;

    (void)state;
    make_input(1);
    geosc_options_init(&options);
    unlink(scratch_path("out"));
    options.threads = 1;
    options.progress = touch_input;
    assert_refused(geosc_match_file(&context, scratch_path("in.h5"), NULL, scratch_path("out"), &options, &summary),
                   "changed during the run");
    assert_int_equal(file_size(scratch_path("out")), SIZE_MAX);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(takes_all),
        cmocka_unit_test(cut_at_every_byte),
        cmocka_unit_test(each_bit_flipped),
        cmocka_unit_test(tails),
        cmocka_unit_test(doubled_and_swapped),
        cmocka_unit_test(shifted),
        cmocka_unit_test(foreign),
        cmocka_unit_test(values_that_cannot_be),
        cmocka_unit_test(goes_on_from_a_file),
        cmocka_unit_test(tells_of_damage),
        cmocka_unit_test(refuses),
        cmocka_unit_test(begins_anew),
        cmocka_unit_test(one_at_a_time),
        cmocka_unit_test(differences),
        cmocka_unit_test(interrupted_anywhere),
        cmocka_unit_test(changed_meanwhile),
        cmocka_unit_test(changed_during_the_run),
    };

    geosc_configure(&context, 1, NULL);
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
