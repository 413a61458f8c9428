/* Each of our own allocations fails, once and permanently (failing_memory.h), while the library works on whole
 * files. Every run ends with an error, frees its memory (the sanitized build checks), and leaves no output. */
#include "base/memory.h"
#include "failing_memory.h"
#include "tools/inspect.h"
#include "tools/synth.h"

/* The stacked layout comes with a residual-bottleneck, the others with an aggregation network. */
static void make_input(const char *name, enum synth_layout layout, const char *model_name)
{
    bool stacked = layout == SYNTH_STACKED;
    struct synth_options options;

    synth_options_init(&options);
    options.layout = layout;
    options.aggregation = !stacked;
    options.pairs = 2;
    options.images = stacked ? 0 : 3;
    options.channels = 5;
    options.height = 6;
    options.width = 7;
    options.keypoints = 3;
    options.hidden = 3;
    options.blocks = 1;
    options.bottlenecks = 2; /* of the aggregation network */
    options.time_steps = options.channels;
    options.wide = true;
    options.deflate = stacked ? 0 : 1;
    options.force = true;
    assert_ok(synth_write(context, scratch_path(name), scratch_path(model_name), &options));
}

/* ---- what is run -------------------------------------------------------------------------------- */

static const char *input, *model;

static enum geosc_status match(void)
{
    struct geosc_options options;

    geosc_options_init(&options);
    options.threads = 2;
    options.isa = "c";
    options.memory = 64 << 20;
    return geosc_match_file(context, scratch_path(input), scratch_path(model), scratch_path("out.h5"), &options, NULL);
}

static enum geosc_status inspect(void)
{
    struct inspection inspection = {0};
    enum geosc_status status = inspect_file(context, scratch_path(input), &(struct inspect_options){0}, &inspection);

    if (status == GEOSC_OK && inspection.problems.count) {
        snprintf(context->message, sizeof context->message, "memory: %s",
                 inspection.problems.lines ? "a problem" : "no room for it");
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
static bool try(enum geosc_status (*run)(void), size_t failing)
{
    enum geosc_status status = GEOSC_FAILED;
    bool reached, whole;

    clean();
    failing_from(failing);
    if (make_context(NULL) == 0)
        status = run();
    reached = failing_reached();
    whole = is_there(scratch_path("out.h5"));
    if (context && status != GEOSC_OK && !says_memory(context->message))
        fail_msg("allocation %zu: \"%s\"", failing, context->message);
    if (run == match && whole != (status == GEOSC_OK))
        fail_msg("allocation %zu: status %d, and the output is %sthere: %s", failing, (int)status, whole ? "" : "not ",
                 context ? context->message : "");
    free_context(NULL);
    if (!reached && status != GEOSC_OK)
        fail_msg("it fails without a failing allocation");
    return !reached;
}

/* Each of them in make check-long; a fifth, another one by the second, where time counts: a run syncs files. */
static void each_fails(enum geosc_status (*run)(void), const char *what)
{
    size_t step = getenv("GEOSC_LONG") || run != match ? 1 : 5;
    size_t first = step == 1 ? 1 : 1 + (size_t)time(NULL) % step, number;

    for (int repeated = 0; repeated < 2; repeated++) {
        failing_for_ever = repeated;
        for (number = first; !try(run, number); number += step)
            ;
        print_message("# %s of %s: every %zu. of some %zu allocations fails%s\n", what, input, step, number,
                      repeated ? ", and all after it" : "");
        assert_true(number > 10);
    }
}

static void matches(void **state)
{
    static const char *const names[][2] = {
        {"stacked.h5", "residual.h5"}, {"indexed.h5", "aggregation.h5"}, {"grouped.h5", "aggregation.h5"}};

    (void)state;
    for (size_t i = 0; i < 3; i++) {
        input = names[i][0];
        model = names[i][1];
        each_fails(match, "match");
        assert_true(scratch_entries() >= 5); /* the inputs, the models, perhaps an output: no temporary file */
        assert_true(scratch_entries() <= 6);
    }
}

static void inspections(void **state)
{
    static const char *const names[] = {"stacked.h5", "indexed.h5", "grouped.h5", "residual.h5", "aggregation.h5"};

    (void)state;
    for (size_t i = 0; i < 5; i++) {
        input = names[i];
        each_fails(inspect, "inspect");
    }
    input = "stacked.h5";
    model = "residual.h5";
    clean();
    assert_int_equal(make_context(NULL), 0);
    assert_ok(match());
    free_context(NULL);
    assert_int_equal(rename(scratch_path("out.h5"), scratch_path("kept.h5")), 0);
    input = "kept.h5";
    each_fails(inspect, "inspect");
}

static int make_files(void **state)
{
    int made = make_all(state);

    make_input("stacked.h5", SYNTH_STACKED, "residual.h5");
    make_input("indexed.h5", SYNTH_INDEXED, "aggregation.h5");
    make_input("grouped.h5", SYNTH_GROUPED, "aggregation.h5");
    free_context(state); /* each run has its own */
    return made;
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(matches), cmocka_unit_test(inspections)};

    return cmocka_run_group_tests(tests, make_files, scratch_remove);
}
