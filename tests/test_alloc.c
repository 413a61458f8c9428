/*
 * Each allocation of our own fails once, then all from it on: every run ends with a clean error and gives back what it took (the
 * sanitized build looks), and leaves no output. Linked with --wrap=aligned_alloc, which is what memory.c calls; HDF5's own
 * allocations are left alone.
 */
#include "evaluate.h"
#include "inspect.h"
#include "memory.h"
#include "scratch.h"
#include "synth.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <time.h>

#include <cmocka.h>

static atomic_size_t calls;  /* since a run began */
static size_t first_failing; /* its number, from 1; 0: none */
static bool for_ever;

void *__real_aligned_alloc(size_t alignment, size_t bytes);
void *__wrap_aligned_alloc(size_t alignment, size_t bytes);

void *__wrap_aligned_alloc(size_t alignment, size_t bytes)
{
    size_t number = atomic_fetch_add(&calls, 1) + 1;
    bool fails = first_failing && (number == first_failing || (for_ever && number > first_failing));

    return fails ? NULL : __real_aligned_alloc(alignment, bytes);
}

/* The stacked layout comes with a residual-bottleneck, the indexed one with an aggregation network. */
static void make_input(const char *name, bool indexed, const char *model_name)
{
    geosc_context *context = geosc_create();
    struct synth_options options;

    synth_options_init(&options);
    options.indexed = options.aggregation = indexed;
    options.pairs = 2;
    options.images = indexed ? 3 : 0;
    options.channels = 5;
    options.height = 6;
    options.width = 7;
    options.keypoints = 3;
    options.hidden = 3;
    options.blocks = 1;
    options.deflate = indexed ? 1 : 0;
    options.force = true;
    assert_non_null(context);
    assert_int_equal(synth_write(context, scratch_path(name), scratch_path(model_name), &options), GEOSC_OK);
    geosc_destroy(context);
}

/* ---- what is run -------------------------------------------------------------------------------- */

static const char *input, *model;

static enum geosc_status match(geosc_context *context)
{
    struct geosc_options options;

    geosc_options_init(&options);
    options.threads = 2;
    options.isa = "c";
    options.memory = 64 << 20;
    return geosc_match_file(context, scratch_path(input), scratch_path(model), scratch_path("out.h5"), &options, NULL);
}

static enum geosc_status inspect(geosc_context *context)
{
    struct inspection inspection = {0};
    enum geosc_status status = inspect_file(context, scratch_path(input), NULL, &inspection);

    if (status == GEOSC_OK && inspection.problems.count) {
        snprintf(context->message, sizeof context->message, "memory: %s", inspection.problems.lines ? "a problem" : "no room for it");
        status = GEOSC_FAILED;
    }
    inspection_free(&inspection);
    return status;
}

static void clean(void)
{
    unlink(scratch_path("out.h5"));
    unlink(scratch_path("out.h5.journal"));
}

/* One run with the number `failing` failing. True if it was never reached. */
static bool try(enum geosc_status (*run)(geosc_context *), size_t failing)
{
    enum geosc_status status = GEOSC_FAILED;
    geosc_context *context;
    struct stat there;
    bool reached, whole;

    clean();
    atomic_store(&calls, 0);
    first_failing = failing;
    context = geosc_create();
    if (context)
        status = run(context);
    first_failing = 0;
    reached = atomic_load(&calls) >= failing;
    whole = stat(scratch_path("out.h5"), &there) == 0;
    if (context && status != GEOSC_OK && !strstr(context->message, "memory"))
        fail_msg("allocation %zu: \"%s\"", failing, context->message);
    if (run == match && whole != (status == GEOSC_OK))
        fail_msg("allocation %zu: status %d, and the output is %sthere: %s", failing, (int)status, whole ? "" : "not ", context ? context->message : "");
    geosc_destroy(context);
    if (!reached && status != GEOSC_OK)
        fail_msg("it fails without a failing allocation");
    return !reached;
}

/* Each of them in make check-long; a fifth, another one by the second, where time counts: a run syncs files. */
static void each_fails(enum geosc_status (*run)(geosc_context *), const char *what)
{
    size_t step = getenv("GEOSC_LONG") || run != match ? 1 : 5;
    size_t first = step == 1 ? 1 : 1 + (size_t)time(NULL) % step, number;

    for (int repeated = 0; repeated < 2; repeated++) {
        for_ever = repeated;
        for (number = first; !try(run, number); number += step)
            ;
        print_message("# %s of %s: every %zu. of some %zu allocations fails%s\n", what, input, step, number, for_ever ? ", and all after it" : "");
        assert_true(number > 10);
    }
}

static void matches(void **state)
{
    static const char *const names[][2] = {{"stacked.h5", "residual.h5"}, {"indexed.h5", "aggregation.h5"}};

    (void)state;
    for (size_t i = 0; i < 2; i++) {
        input = names[i][0];
        model = names[i][1];
        each_fails(match, "match");
        assert_true(scratch_entries() >= 4); /* the inputs, the models, perhaps an output: no temporary file */
        assert_true(scratch_entries() <= 5);
    }
}

static void inspections(void **state)
{
    static const char *const names[] = {"stacked.h5", "indexed.h5", "residual.h5", "aggregation.h5"};

    (void)state;
    for (size_t i = 0; i < 4; i++) {
        input = names[i];
        each_fails(inspect, "inspect");
    }
    input = "stacked.h5";
    model = "residual.h5";
    clean();
    geosc_context *context = geosc_create();
    assert_int_equal(match(context), GEOSC_OK);
    geosc_destroy(context);
    assert_int_equal(rename(scratch_path("out.h5"), scratch_path("kept.h5")), 0);
    input = "kept.h5";
    each_fails(inspect, "inspect");
}

static int make_files(void **state)
{
    int made = scratch_make(state);

    make_input("stacked.h5", false, "residual.h5");
    make_input("indexed.h5", true, "aggregation.h5");
    return made;
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(matches), cmocka_unit_test(inspections)};

    return cmocka_run_group_tests(tests, make_files, scratch_remove);
}
