/* Whole runs: a run resumed from its journal gives the bytes of one without interruption, and changes in between are
 * reported. */
#include "base/system.h"
#include "input/catalog_testing.h"
#include "kernel/kernel.h"
#include "results/journal_testing.h"
#include "tools/synth.h"

#include <fcntl.h>
#include <pthread.h>

static volatile int stop;
static size_t stop_after;

static void count_pairs(void *user, const struct geosc_progress *progress)
{
    (void)user;
    if (progress->pairs_done >= stop_after)
        __atomic_store_n(&stop, 1, __ATOMIC_RELAXED);
}

/* Sets the flag after a while, wherever the run is by then. */
static void *stop_later(void *microseconds)
{
    usleep(*(unsigned *)microseconds);
    __atomic_store_n(&stop, 1, __ATOMIC_RELAXED);
    return NULL;
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
    return geosc_match_file(context, scratch_path("in.h5"), scratch_path("model.h5"), scratch_path(output), options,
                            summary);
}

static void make_input_with(uint64_t seed, size_t images, int deflate)
{
    struct synth_options options;

    synth_options_init(&options);
    options.seed = seed;
    options.pairs = 7;
    options.images = images;
    options.channels = 16;
    options.height = options.width = 8;
    options.keypoints = 3;
    options.hidden = 8;
    options.blocks = 1;
    options.layout = SYNTH_INDEXED;
    options.force = true;
    options.deflate = deflate;
    assert_ok(synth_write(context, scratch_path("in.h5"), scratch_path("model.h5"), &options));
}

static void make_input(uint64_t seed)
{
    make_input_with(seed, 4, 0);
}

/* The input, the default options and no output. */
static void start_anew(struct geosc_options *options)
{
    make_input(1);
    geosc_options_init(options);
    unlink(scratch_path("out"));
}

/* A run of heavier pairs, with all options that add to the output. */
static void make_heavy_input(void)
{
    struct synth_options options;

    synth_options_init(&options);
    options.pairs = 4;
    options.images = 3;
    options.channels = 96;
    options.height = options.width = 24;
    options.keypoints = 40;
    options.hidden = 64;
    options.blocks = 2;
    options.layout = SYNTH_INDEXED;
    options.deflate = 1;
    options.force = true;
    assert_ok(synth_write(context, scratch_path("in.h5"), scratch_path("model.h5"), &options));
}

/* Stopped within pairs, again and again: nothing that is half done is kept. */
static void interrupted_within_pairs(void **state)
{
    struct geosc_options options;
    struct geosc_summary summary;
    enum geosc_status status = GEOSC_STOPPED;
    size_t stops = 0;

    (void)state;
    make_heavy_input();
    geosc_options_init(&options);
    options.imd = GEOSC_IMD_MUTUAL;
    options.confidence = true;
    options.top = 3;
    assert_ok(run_match(&options, SIZE_MAX, "heavy", &summary));
    for (unsigned wait = 500; status == GEOSC_STOPPED; wait += wait / 8 + 500) {
        pthread_t later;
        stop = 0;
        stop_after = SIZE_MAX;
        options.threads = wait % 2 + 1;
        assert_int_equal(pthread_create(&later, NULL, stop_later, &wait), 0);
        status = geosc_match_file(context, scratch_path("in.h5"), scratch_path("model.h5"), scratch_path("heavy-out"),
                                  &options, &summary);
        pthread_join(later, NULL);
        stops += status == GEOSC_STOPPED;
    }
    assert_ok(status);
    assert_true(stops > 2);
    assert_true(same_file(scratch_path("heavy"), scratch_path("heavy-out")));
}

/* Stops a run after each pair and continues it. */
static void interrupt_anywhere(struct geosc_options *options)
{
    struct geosc_summary summary;

    make_input(1);
    options->force = true;
    assert_ok(run_match(options, 99, "whole", &summary));
    assert_int_equal(summary.pairs_resumed, 0);
    for (size_t after = 1; after < 7; after++) {
        options->force = after % 2;
        if (!options->force)
            unlink(scratch_path("out"));
        assert_fails(run_match(options, after, "out", &summary), GEOSC_STOPPED, "of 7 pairs");
        /* After the last pair, too: the output is to be written. */
        assert_fails(run_match(options, after + 1, "out", &summary), GEOSC_STOPPED, "of 7 pairs");
        assert_ok(run_match(options, 99, "out", &summary));
        assert_between(summary.pairs_resumed, after + 1, 7); /* pairs may be answered before their turn */
        assert_true(same_file(scratch_path("whole"), scratch_path("out")));
        assert_int_equal(file_size(scratch_path("out.journal")), SIZE_MAX);
    }
    options->force = false;
    assert_ok(run_match(options, 99, "out", &summary));
    assert_true(summary.already_done);
}

static void interrupted_anywhere(void **state)
{
    struct geosc_options options;

    (void)state;
    geosc_options_init(&options);
    interrupt_anywhere(&options);
}

/* The journal's pairs have a choice without an IMD. */
static void interrupted_without_imd(void **state)
{
    struct geosc_options options;

    (void)state;
    geosc_options_init(&options);
    options.imd = GEOSC_IMD_NONE;
    options.pose_count = 1;
    interrupt_anywhere(&options);
}

/* Changes a bit of the input, or adds a byte at its end, and puts its times back. */
static void flip_bit(size_t offset)
{
    int input = open(scratch_path("in.h5"), O_RDWR);
    struct stat before;
    char byte = 0;

    assert_int_equal(fstat(input, &before), 0);
    assert_between(pread(input, &byte, 1, (off_t)offset), 0, 1);
    byte ^= 1;
    assert_int_equal(pwrite(input, &byte, 1, (off_t)offset), 1);
    assert_int_equal(futimens(input, (struct timespec[2]){{.tv_nsec = UTIME_OMIT}, system_changed(&before)}), 0);
    close(input);
}

/* Each change since the interruption is told. */
static void changed_meanwhile(void **state)
{
    struct geosc_options options;
    struct geosc_summary summary;
    struct timespec times[2] = {{.tv_nsec = UTIME_OMIT}, {.tv_sec = 1000000000, .tv_nsec = 1}};

    (void)state;
    start_anew(&options);
    assert_int_equal(run_match(&options, 3, "out", &summary), GEOSC_STOPPED);
    options.window = 13;
    assert_refused(run_match(&options, 99, "out", &summary), "window=15, now window=13");
    options.window = 15;
    options.confidence = true;
    assert_refused(run_match(&options, 99, "out", &summary),
                   "of another run: confidence=no, now confidence=yes; use the same");
    options.shards = 2;
    assert_refused(run_match(&options, 99, "out", &summary), "of another run: none, now shard=0 of 2; use the same");
    options.confidence = false;
    options.restart = true;
    assert_int_equal(run_match(&options, 1, "out", &summary), GEOSC_STOPPED);
    options.shards = 0;
    options.restart = false;
    assert_refused(run_match(&options, 99, "out", &summary), "of another run: shard=0 of 2, now none; use the same");
    options.restart = true;
    assert_int_equal(run_match(&options, 3, "out", &summary), GEOSC_STOPPED);
    options.restart = false;
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

    /* One byte of the features: the output is not that of this input. */
    flip_bit(file_size(scratch_path("in.h5")) / 2);
    assert_refused(run_match(&options, 99, "out", &summary), "differs in its input");
}

/* One bit of the features is another while the run is interrupted. */
static void assert_bytes_are_compared(struct geosc_options *options)
{
    size_t middle = file_size(scratch_path("in.h5")) / 2;
    struct geosc_summary summary;

    flip_bit(middle);
    assert_refused(run_match(options, 99, "out", &summary), "checksum of the input=");
    flip_bit(middle);
}

/* What the time of the last change does not tell: the bytes, the size, the kernels. */
static void changed_unseen(void **state)
{
    struct geosc_options options;
    struct geosc_summary summary;
    size_t size;

    (void)state;
    make_input(1);
    size = file_size(scratch_path("in.h5"));
    geosc_options_init(&options);
    unlink(scratch_path("out"));
    assert_int_equal(run_match(&options, 3, "out", &summary), GEOSC_STOPPED);
    assert_bytes_are_compared(&options);
    if (strcmp(context->kernels->isa_class, kernels_find("c")->isa_class) != 0) { /* on Arm, both are "fma" */
        options.isa = "c";
        assert_refused(run_match(&options, 99, "out", &summary), "class of instruction sets=fma, now class of");
        options.isa = NULL;
    }
    assert_int_equal(run_match(&options, 4, "out", &summary), GEOSC_STOPPED);
    flip_bit(size);
    assert_refused(run_match(&options, 99, "out", &summary), "size of the input=");
    options.restart = true;
    assert_ok(run_match(&options, 99, "out", &summary));
}

/* A journal that another version has left. */
static void another_version(void **state)
{
    unsigned char header[RECORD_HEADER + RECORD_TEXT];
    struct geosc_options options;
    struct geosc_summary summary;
    char text[RECORD_TEXT];
    size_t size, bytes;

    (void)state;
    start_anew(&options);
    assert_int_equal(run_match(&options, 3, "out", &summary), GEOSC_STOPPED);
    unsigned char *journal = scratch_read(scratch_path("out.journal"), &size);
    assert_int_equal(record_read_header(journal, size, size, &bytes, text), RECORD_HEADER_WHOLE);
    free(journal);
    assert_int_equal(strncmp(text, "version=", strlen("version=")), 0);
    text[strlen("version=")]++;
    write_file(scratch_path("out.journal"), header, record_make_header(text, header));
    assert_refused(run_match(&options, 99, "out", &summary), "the journal is of another run: version=");
    options.restart = true;
    assert_ok(run_match(&options, 99, "out", &summary));
}

/* All that is read of an input before its features is in its checksum, wherever in the file it stands. */
static void metadata(void **state)
{
    struct catalog catalog;
    uint32_t before, after;

    (void)state;
    make_input(1);
    open_catalog(scratch_path("in.h5"), NULL, &catalog);
    assert_ok(fingerprint_input(context, &catalog, &before));
    double *const numbers[] = {&catalog.source_keypoints[0][1], &catalog.target_keypoints[5][0], &catalog.threshold[6],
                               &catalog.size[3][0]};
    size_t *const places[] = {&catalog.source[2], &catalog.target[6],
                              &catalog.sets[0].pose[GEOSC_POSE_NONE].levels[0].dims[1]};
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        *numbers[i] += 1;
        assert_ok(fingerprint_input(context, &catalog, &after));
        assert_int_not_equal(before, after);
        *numbers[i] -= 1;
    }
    for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
        *places[i] ^= 1;
        assert_ok(fingerprint_input(context, &catalog, &after));
        assert_int_not_equal(before, after);
        *places[i] ^= 1;
    }
    assert_ok(fingerprint_input(context, &catalog, &after));
    assert_int_equal(before, after);
    catalog_close(&catalog);
}

/* Damages some image's chunk: pairs of it cannot be read. Returns their number. */
static size_t damage_chunk(struct geosc_options *options)
{
    struct geosc_summary summary;
    size_t size = file_size(scratch_path("in.h5"));

    for (size_t offset = size / 2; offset < size; offset += 101) {
        unlink(scratch_path("out"));
        flip_bit(offset);
        if (run_match(options, 99, "out", &summary) == GEOSC_PAIRS_FAILED && summary.status[GEOSC_PAIR_UNREADABLE] > 1)
            return summary.status[GEOSC_PAIR_UNREADABLE];
        flip_bit(offset);
    }
    fail_msg("no chunk was found");
    return 0;
}

/* What could not be read may be readable another time: it is tried again. */
static void unreadable(void **state)
{
    struct geosc_options options;
    struct geosc_summary summary;
    size_t all;

    (void)state;
    make_input_with(1, 4, 6);
    geosc_options_init(&options);
    all = damage_chunk(&options);
    unlink(scratch_path("out"));
    assert_int_equal(run_match(&options, 6, "out", &summary), GEOSC_STOPPED);
    assert_int_equal(run_match(&options, 99, "out", &summary), GEOSC_PAIRS_FAILED);
    assert_between(summary.pairs_resumed, 6 - all, 7 - all);
    assert_int_equal(summary.status[GEOSC_PAIR_UNREADABLE], all);
}

static void set_time(time_t seconds)
{
    struct timespec times[2] = {{.tv_nsec = UTIME_OMIT}, {.tv_sec = seconds, .tv_nsec = 7}};

    assert_int_equal(utimensat(AT_FDCWD, scratch_path("in.h5"), times, 0), 0);
}

/* A copy, or a touch: the input's time says nothing then, and whoever knows that may say so. */
static void touched_meanwhile(void **state)
{
    struct geosc_options options;
    struct geosc_summary summary;

    (void)state;
    start_anew(&options);
    options.force = true;
    assert_ok(run_match(&options, 99, "whole", &summary));
    assert_int_equal(run_match(&options, 3, "out", &summary), GEOSC_STOPPED);
    set_time(1000000000);
    assert_refused(run_match(&options, 99, "out", &summary),
                   "continue with --same-input if all of it is the same, else");
    options.same_input = true;
    assert_bytes_are_compared(&options);
    assert_int_equal(run_match(&options, 5, "out", &summary), GEOSC_STOPPED);
    set_time(1000000001);
    assert_ok(run_match(&options, 99, "out", &summary));
    assert_int_equal(summary.pairs_resumed, 5);
    assert_true(same_file(scratch_path("whole"), scratch_path("out")));
}

/* Given once more, --restart would throw away what is there: whoever puts a job back into a queue is told. */
static void stopped_with_restart(void **state)
{
    struct geosc_options options;
    struct geosc_summary summary;

    (void)state;
    start_anew(&options);
    options.restart = true;
    assert_fails(run_match(&options, 3, "out", &summary), GEOSC_STOPPED,
                 "stopped after 3 of 7 pairs; the same command without --restart continues from there");
    options.restart = false;
    assert_fails(run_match(&options, 5, "out", &summary), GEOSC_STOPPED,
                 "stopped after 5 of 7 pairs; the same command continues from there");
    assert_ok(run_match(&options, 99, "out", &summary));
    assert_int_equal(summary.pairs_resumed, 5);
}

static void touch_input(void *user, const struct geosc_progress *progress)
{
    (void)user;
    if (progress->pairs_done == 2)
        set_time(1000000000);
}

static void change_input(void *user, const struct geosc_progress *progress)
{
    (void)user;
    if (progress->pairs_done == 2)
        flip_bit(file_size(scratch_path("in.h5")) / 2);
}

/* A run of which all pairs are done when the input is found to be another. */
static void assert_changed_during_the_run(void (*change)(void *, const struct geosc_progress *), bool same_input,
                                          const char *message)
{
    struct geosc_options options;
    struct geosc_summary summary;

    start_anew(&options);
    options.threads = 1;
    options.restart = true;
    options.same_input = same_input;
    options.progress = change;
    assert_refused(geosc_match_file(context, scratch_path("in.h5"), scratch_path("model.h5"), scratch_path("out"),
                                    &options, &summary),
                   message);
    assert_int_equal(file_size(scratch_path("out")), SIZE_MAX);
}

/* Nothing is written, and nothing of what was computed is lost. */
static void changed_during_the_run(void **state)
{
    struct geosc_options options;
    struct geosc_summary summary;

    (void)state;
    assert_changed_during_the_run(change_input, false, "changed during the run: bytes of it; start again");
    assert_changed_during_the_run(change_input, true, "changed during the run: bytes of it; start again");
    assert_changed_during_the_run(touch_input, false, "the same command with --same-input writes the output");
    geosc_options_init(&options);
    options.same_input = true;
    assert_ok(run_match(&options, 99, "out", &summary));
    assert_int_equal(summary.pairs_resumed, 7);
    assert_int_equal(summary.maps_refined, 0);
    options.force = true;
    options.same_input = false;
    assert_ok(run_match(&options, 99, "whole", &summary));
    assert_true(same_file(scratch_path("whole"), scratch_path("out")));
}

static void cut_input(void *user, const struct geosc_progress *progress)
{
    (void)user;
    if (progress->pairs_done == 1)
        assert_int_equal(truncate(scratch_path("in.h5"), (off_t)file_size(scratch_path("in.h5")) / 8), 0);
}

/* What a file that was cut short reads as, zeros, does not get into the journal: once the file is whole again, nothing
 * would tell. */
static void cut_during_the_run(void **state)
{
    struct geosc_options options;
    struct geosc_summary summary;

    (void)state;
    geosc_options_init(&options);
    options.force = true;
    make_input_with(1, 14, 0); /* more than are read ahead */
    set_time(1000000000);
    assert_ok(run_match(&options, 99, "whole", &summary));
    unlink(scratch_path("out"));
    options.progress = cut_input;
    assert_refused(geosc_match_file(context, scratch_path("in.h5"), scratch_path("model.h5"), scratch_path("out"),
                                    &options, &summary),
                   "changed during the run: size of the input=");
    make_input_with(1, 14, 0);
    set_time(1000000000);
    assert_ok(run_match(&options, 99, "out", &summary));
    assert_between(summary.pairs_resumed, 1, 6);
    assert_true(same_file(scratch_path("whole"), scratch_path("out")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(interrupted_anywhere),
        cmocka_unit_test(interrupted_without_imd),
        cmocka_unit_test(interrupted_within_pairs),
        cmocka_unit_test(changed_meanwhile),
        cmocka_unit_test(changed_unseen),
        cmocka_unit_test(another_version),
        cmocka_unit_test(metadata),
        cmocka_unit_test(unreadable),
        cmocka_unit_test(touched_meanwhile),
        cmocka_unit_test(stopped_with_restart),
        cmocka_unit_test(changed_during_the_run),
        cmocka_unit_test(cut_during_the_run),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
