/* inspect on inputs, models, outputs, and other files. */
#include "results/output.h"
#include "testing.h"
#include "tools/inspect.h"
#include "tools/synth.h"

static const char *value_of(const struct inspection *inspection, const char *name)
{
    for (size_t i = 0; i < inspection->count; i++)
        if (strcmp(inspection->facts[i].name, name) == 0)
            return inspection->facts[i].value;
    return "(not there)";
}

/* Pairs of a fact's name and value, up to NULL. */
static void assert_facts(const struct inspection *inspection, const char *const (*expected)[2])
{
    for (; (*expected)[0]; expected++)
        if (strcmp(value_of(inspection, (*expected)[0]), (*expected)[1]) != 0)
            fail_msg("%s is \"%s\", expected \"%s\"", (*expected)[0], value_of(inspection, (*expected)[0]),
                     (*expected)[1]);
}

static void look(const char *name, struct inspection *inspection)
{
    assert_ok(inspect_file(context, scratch_path(name), &(struct inspect_options){0}, inspection));
    if (inspection->problems.count)
        fail_msg("%s", inspection->problems.lines[0]);
    assert_string_equal(inspection->facts[0].name, "kind");
}

static const char *const indexed[][2] = {{"kind", "input"},
                                         {"layout", "indexed"},
                                         {"pairs", "9"},
                                         {"images", "6"},
                                         {"channels", "16"},
                                         {"height", "8"},
                                         {"width", "12"},
                                         {"type", "float16"},
                                         {"chunks", "1x16x8x12"},
                                         {"filters", "shuffle, deflate"},
                                         {"stored_poses", "none"},
                                         {"masks", "yes"},
                                         {"image_sizes", "yes"},
                                         {"image_names", "yes"},
                                         {"keypoints", "12"},
                                         {"units", "pixel"},
                                         {"target_keypoints", "yes"},
                                         {"mirror_index", "yes"},
                                         {"symmetry_groups", "yes"},
                                         {"thresholds", "yes"},
                                         {"true_poses", "yes"},
                                         {NULL, NULL}};
static const char *const stacked[][2] = {{"kind", "input"},
                                         {"layout", "stacked"},
                                         {"pairs", "9"},
                                         {"images", "18"},
                                         {"type", "float32"},
                                         {"chunks", "none (contiguous)"},
                                         {"filters", "none"},
                                         {"keypoints", "none (dense matches)"},
                                         {"target_masks", "yes"},
                                         {"units", "(not there)"},
                                         {"categories", "(not there)"},
                                         {NULL, NULL}};
static const char *const grouped[][2] = {
    {"kind", "input"},  {"layout", "grouped"},     {"pairs", "9"},         {"images", "6"},
    {"channels", "16"}, {"height", "(not there)"}, {"min_height", "8"},    {"max_height", "12"},
    {"min_width", "8"}, {"max_width", "12"},       {"type", "float32"},    {"stored_poses", "none"},
    {"masks", "yes"},   {"image_sizes", "yes"},    {"image_names", "yes"}, {"keypoints", "none (dense matches)"},
    {NULL, NULL}};

/* An input by synth in one layout, and the facts that inspect must find. */
static void check_input(const struct synth_options *options, const char *const (*expected)[2])
{
    struct inspection inspection;

    assert_ok(synth_write(context, scratch_path("i.h5"), NULL, options));
    look("i.h5", &inspection);
    assert_facts(&inspection, expected);
    inspection_free(&inspection);
    assert_int_equal(unlink(scratch_path("i.h5")), 0);
}

static void inputs(void **state)
{
    struct synth_options options;

    (void)state;
    synth_options_init(&options);
    options.pairs = 9;
    options.channels = 16;
    options.height = 8;
    options.width = 12;
    options.layout = SYNTH_INDEXED;
    options.deflate = 1;
    options.type = NUMBER_F16;
    check_input(&options, indexed);
    options.layout = SYNTH_STACKED;
    options.deflate = 0;
    options.keypoints = 0;
    options.type = NUMBER_F32;
    check_input(&options, stacked);
    options.layout = SYNTH_GROUPED;
    check_input(&options, grouped);
}

static void models(void **state)
{
    /* Per block 2 * 8 * 6 + 6 * 6 * 9 weights and 2 * (6 + 6 + 8) of the norms. */
    static const char *const expected[][2] = {{"kind", "model"}, {"architecture", "residual-bottleneck"},
                                              {"channels", "8"}, {"hidden", "6"},
                                              {"blocks", "3"},   {"parameters", "1380"},
                                              {NULL, NULL}};
    struct synth_options options;
    struct inspection inspection;

    (void)state;
    synth_options_init(&options);
    options.channels = 8;
    options.hidden = 6;
    options.blocks = 3;
    assert_ok(synth_write(context, scratch_path("s.h5"), scratch_path("m.h5"), &options));
    look("m.h5", &inspection);
    assert_facts(&inspection, expected);
    assert_int_equal(strlen(value_of(&inspection, "crc32")), 8);
    inspection_free(&inspection);
}

static void deep_models(void **state)
{
    static const char *const published[][2] = {
        {"architecture", "aggregation"}, {"channels", "12"}, {"widths", "4+4+4"}, {"outputs", "24"}, {"levels", "3"},
        {"bottlenecks", "1+1+1"},        {"conv1", "1x1"},   {"time_steps", "1"}, {NULL, NULL}};
    static const char *const deep[][2] = {{"architecture", "aggregation"},
                                          {"channels", "12"},
                                          {"widths", "2+2+2+2+2+2"},
                                          {"outputs", "24"},
                                          {"levels", "3"},
                                          {"bottlenecks", "2+2+2"},
                                          {"conv1", "3x3"},
                                          {"time_steps", "2"},
                                          {NULL, NULL}};
    struct synth_options options;
    struct inspection inspection;

    (void)state;
    synth_options_init(&options);
    options.aggregation = true;
    options.channels = 12;
    options.hidden = 6;
    options.blocks = 3;
    options.force = true;
    for (size_t i = 0; i < 2; i++) {
        options.bottlenecks = options.time_steps = 1 + i;
        options.wide = i;
        assert_ok(synth_write(context, scratch_path("s.h5"), scratch_path("m.h5"), &options));
        look("m.h5", &inspection);
        assert_facts(&inspection, i ? deep : published);
        inspection_free(&inspection);
    }
}

static void write_output(const char *name)
{
    const enum geosc_pose poses[2] = {GEOSC_POSE_NONE, GEOSC_POSE_VFLIP};
    const struct run_identity identity = {.options = "window=15", .isa_class = "c", .input_name = "s.h5"};
    struct image_set sets[2] = {0};
    struct catalog catalog = {.set_count = 2, .sets = sets, .pairs = 4, .keypoints = 2};
    struct results results;

    assert_ok(results_create(context, &catalog, poses, 2, &results));
    for (size_t p = 0; p < 4; p++)
        results.chosen[p] = p > 0;
    results.chosen[3] = GEOSC_UNDECIDED;
    results.status[3] = GEOSC_PAIR_EMPTY_MASK;
    assert_ok(output_write(context, scratch_path(name), &catalog, &identity, &results, true));
    results_free(&results);
}

static void outputs(void **state)
{
    static const char *const expected[][2] = {{"kind", "output"},
                                              {"pairs", "4"},
                                              {"keypoints", "2"},
                                              {"status", "ok 3, empty_mask 1"},
                                              {"chosen", "none 1, vflip 2, undecided 1"},
                                              {"input_name", "s.h5"},
                                              {"model_crc32", "none"},
                                              {"options", "window=15"},
                                              {"isa_class", "c"},
                                              {NULL, NULL}};
    struct inspection inspection;

    (void)state;
    write_output("o.h5");
    look("o.h5", &inspection);
    assert_facts(&inspection, expected);
    assert_string_equal(value_of(&inspection, "geosc_version"), geosc_version());
    inspection_free(&inspection);
}

/* A file with one array, or none. */
static void write_array(const char *name, const char *path, size_t rank)
{
    const float zeros[16] = {0};
    struct h5_writer *writer;

    assert_ok(h5_writer_create(context, scratch_path(name), true, &writer));
    if (path)
        assert_ok(h5_write_array(context, writer, path, NUMBER_F32, rank, (size_t[]){2, 2, 2, 2}, zeros, NULL));
    assert_ok(h5_writer_finish(context, writer));
    h5_writer_free(writer);
}

static void faulty_files(void **state)
{
    static const struct {
        const char *path;
        size_t rank;
        const char *kind, *line;
    } cases[] = {{NULL, 0, "unknown", "is not a file of geosc"},
                 {"/numbers", 2, "unknown", "is not a file of geosc"},
                 {"/source", 2, "input", "/source"},
                 {"/images/rgb", 4, "input", "/images/features"},
                 {"/a.weight", 2, "model", "is not a model"},
                 {"/mixing_weights", 1, "model", "is not a model"},
                 {"/projection.mean", 1, "model", "/projection.weight: missing"},
                 {"/module.projection.bias", 1, "model", "/module.projection.weight: missing"},
                 {"/bottleneck_layers.0.0.conv1.norm.bias", 1, "model", "/bottleneck_layers.0.0.conv1.weight: missing"},
                 {"/blocks.0.net.1.running_mean", 1, "model", "/blocks.0.net.0.weight: missing"},
                 {"/blocks/0/net/1/running_mean", 1, "model", "/blocks.0.net.0.weight: missing"},
                 {"/matches/score", 2, "output", "is not an output of geosc match"}};
    struct inspection inspection;

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        write_array("x.h5", cases[i].path, cases[i].rank);
        assert_ok(inspect_file(context, scratch_path("x.h5"), &(struct inspect_options){0}, &inspection));
        assert_string_equal(value_of(&inspection, "kind"), cases[i].kind);
        assert_true(inspection.problems.count > 0);
        assert_non_null(strstr(inspection.problems.lines[0], "x.h5"));
        if (!strstr(inspection.problems.lines[0], cases[i].line))
            fail_msg("%s; expected: %s", inspection.problems.lines[0], cases[i].line);
        inspection_free(&inspection);
    }
}

static void unreadable_files(void **state)
{
    struct inspection inspection;

    (void)state;
    assert_int_equal(inspect_file(context, scratch_path("none.h5"), &(struct inspect_options){0}, &inspection),
                     GEOSC_FAILED);
    assert_int_equal(inspection.count, 0);
    write_output("o.h5");
    assert_int_equal(truncate(scratch_path("o.h5"), (off_t)file_size(scratch_path("o.h5")) / 2), 0);
    assert_refused(inspect_file(context, scratch_path("o.h5"), &(struct inspect_options){0}, &inspection), "truncated");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(inputs), TEST(models), TEST(deep_models), TEST(outputs), TEST(faulty_files), TEST(unreadable_files),
    };
    return cmocka_run_group_tests_name("inspect", tests, make_plain_context, free_context);
}
