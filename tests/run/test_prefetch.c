/* The threads that read: items in any order of their ends, taken in the plan's order; and failures, told as those of
 * the first read that failed. */
#include "h5/h5.h"
#include "input/catalog_testing.h"
#include "run/job.h"
#include "run/prefetch.h"
#include "tools/synth.h"

#include <fcntl.h>

enum { IMAGES = 60, C = 8, SIDE = 6, READERS = 4, WORKERS = 16 * READERS };

static struct job job;
static struct plan plan;
static struct geosc_options options;

/* Pairs of images that no other pair has: as many reads as images. layout, deflate: how they are stored. */
static void make_job(enum synth_layout layout, int deflate)
{
    struct synth_options synth;
    struct plan_request request;

    synth_options_init(&synth);
    synth.pairs = IMAGES / 2;
    synth.images = IMAGES;
    synth.channels = C;
    synth.height = synth.width = SIDE;
    synth.layout = layout;
    synth.deflate = deflate;
    synth.force = true;
    assert_ok(synth_write(context, scratch_path("in.h5"), NULL, &synth));
    geosc_options_init(&options);
    options.pose_count = 1;
    assert_ok(job_open(context, scratch_path("in.h5"), NULL, &options, &job));
    request = (struct plan_request){.catalog = &job.catalog,
                                    .options = &options,
                                    .order = job.order,
                                    .count = job.catalog.pairs,
                                    .slots = IMAGES,
                                    .workers = WORKERS};
    assert_ok(plan_create(context, &request, &plan));
    assert_true(plan.read_count > 2 * READERS);
}

static void drop_job(void)
{
    plan_free(&plan);
    job_close(&job);
    job = (struct job){0};
}

/* The features that an item holds are those that one reader reads. */
static void check_item(const struct prefetch_item *item, size_t read)
{
    size_t image = plan.reads[read].image;
    float got[C * SIDE * SIDE], want[C * SIDE * SIDE];
    struct raw raw = {0};
    char *desk;

    assert_ok(catalog_read_level(context, &job.catalog, image, GEOSC_POSE_NONE, 0, &raw));
    assert_int_equal(raw.piece_count, item->levels[0].piece_count);
    assert_ok(memory_allocate(context, &desk, raw_scratch_bytes(&raw), 1, "a desk"));
    for (size_t i = 0; i < raw.piece_count; i++) {
        assert_int_equal(raw_decode_piece(&raw, i, context->kernels, desk, want), RAW_OK);
        assert_int_equal(raw_decode_piece(&item->levels[0], i, context->kernels, desk, got), RAW_OK);
    }
    assert_memory_equal(got, want, sizeof got);
    memory_free(desk);
    raw_free(&raw);
}

static struct prefetch *start(struct crew **crew, size_t depth)
{
    struct prefetch *prefetch;

    assert_int_equal(prefetch_readers(WORKERS), READERS);
    assert_ok(crew_create(context, crew));
    assert_ok(prefetch_start(context, &job.catalog, &plan, WORKERS, depth, *crew, &prefetch));
    return prefetch;
}

/* Takes all items; each is released only when two more have been taken. */
static void walk(size_t depth)
{
    const struct prefetch_item *item;
    struct crew *crew;
    struct prefetch *prefetch = start(&crew, depth);
    size_t bytes;
    double mean, seconds;

    for (size_t r = 0; r < plan.read_count; r++) {
        assert_ok(prefetch_take(context, prefetch, r, &item));
        assert_true(prefetch_has(prefetch, r));
        check_item(item, r);
        if (r >= 2)
            prefetch_release(prefetch, r - 2);
    }
    prefetch_figures(prefetch, &bytes, &mean, &seconds);
    assert_true(bytes > 0 && mean > 0 && seconds > 0);
    prefetch_stop(prefetch);
    crew_free(crew);
}

static void reads_in_order(void **state)
{
    static const enum synth_layout layouts[] = {SYNTH_INDEXED, SYNTH_GROUPED};

    (void)state;
    for (size_t i = 0; i < 4; i++) {
        make_job(layouts[i % 2], i < 2 ? 0 : 1);
        walk(3);
        walk(READERS + 1);
        walk(IMAGES);
        drop_job();
    }
}

/* From some moment on, no read succeeds: the items that are there can be taken, and no other. */
static void fails_at_first(void **state)
{
    const struct prefetch_item *item;
    struct crew *crew;
    size_t lost = 0;

    (void)state;
    make_job(SYNTH_INDEXED, 0);
    int fd = h5_file_descriptor(job.catalog.file), kept = dup(fd), folder = open("/", O_RDONLY);
    struct prefetch *prefetch = start(&crew, 5);
    for (size_t r = 0; r < 7; r++) {
        assert_ok(prefetch_take(context, prefetch, r, &item));
        prefetch_release(prefetch, r);
    }
    assert_true(dup2(folder, fd) == fd); /* reading it is an error */
    for (size_t r = 7; r < plan.read_count; r++) {
        enum geosc_status status = prefetch_take(context, prefetch, r, &item);
        assert_true(prefetch_has(prefetch, r));
        if (status == GEOSC_OK) {
            prefetch_release(prefetch, r);
            continue;
        }
        assert_non_null(strstr(geosc_message(context), "Is a directory"));
        lost++;
    }
    assert_true(lost >= plan.read_count - 7 - 5 - READERS);
    prefetch_stop(prefetch);
    crew_free(crew);
    assert_true(dup2(kept, fd) == fd);
    close(kept);
    close(folder);
    drop_job();
}

/* A stop ends a wait for an item that does not come. */
static void stops(void **state)
{
    static volatile int stop;
    const struct prefetch_item *item;
    struct crew *crew;

    (void)state;
    make_job(SYNTH_INDEXED, 0);
    stop = 0;
    context->stop = &stop;
    struct prefetch *prefetch = start(&crew, 2);
    assert_ok(prefetch_take(context, prefetch, 0, &item));
    assert_ok(prefetch_take(context, prefetch, 1, &item));
    __atomic_store_n(&stop, 1, __ATOMIC_RELAXED); /* read 2 waits for a place */
    assert_int_equal(prefetch_take(context, prefetch, 2, &item), GEOSC_STOPPED);
    prefetch_stop(prefetch);
    crew_free(crew);
    context->stop = NULL;
    drop_job();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_in_order),
        cmocka_unit_test(fails_at_first),
        cmocka_unit_test(stops),
    };

    return cmocka_run_group_tests(tests, make_all, free_all);
}
