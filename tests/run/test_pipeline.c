/*
 * Whole jobs, from file to file. Inputs are made and outputs read with plain HDF5. test_golden.c compares results with
 * the definitions; this test compares them with the calls on arrays in memory, and with each other: with any number of
 * threads and any memory. test_pipeline_faults.c has pairs that fail.
 */
#include "base/options.h"
#include "maps/pose.h"
#include "run/pipeline_testing.h"

/* ---- the same answers as in memory ------------------------------------------------------------------ */

/* One pair by the calls on arrays, its source poses derived. */
static void answer_in_memory(const struct indexed *input, size_t pair, const geosc_model *model,
                             const struct geosc_options *options, struct answers *answers)
{
    const float *features = input->features[input->source[pair]], *mask = input->mask[input->source[pair]];
    const float *target_mask = input->mask[input->target[pair]];
    const float *imd_mask = options_restrict_for(options, GEOSC_RESTRICT_IMD) ? target_mask : NULL;
    const float *match_mask = options_restrict_for(options, GEOSC_RESTRICT_MATCH) ? target_mask : NULL;
    geosc_map *sources[GEOSC_POSES], *target;
    size_t best = 0;

    assert_ok(geosc_refine(context, model, input->features[input->target[pair]], C, H, W, GEOSC_POSE_NONE, &target));
    for (size_t q = 0; q < options->pose_count; q++) {
        float posed[CELLS];
        uint32_t from[CELLS];
        pose_permutation(options->poses[q], H, W, from);
        for (size_t i = 0; i < CELLS; i++)
            posed[i] = mask[from[i]];
        assert_ok(geosc_refine(context, model, features, C, H, W, options->poses[q], &sources[q]));
        assert_ok(geosc_score(context, sources[q], posed, target, imd_mask, options->imd, &answers->imd[pair][q]));
        if (answers->imd[pair][q] < answers->imd[pair][best])
            best = q;
    }
    answers->chosen[pair] = (unsigned char)best;
    for (size_t k = 0; k < K; k++) {
        double point[1][2] = {{input->keypoints[pair][k][0], input->keypoints[pair][k][1]}};
        answers->xy[pair][k][0] = answers->xy[pair][k][1] = answers->score[pair][k] = NAN;
        if (isnan(point[0][0]) || isnan(point[0][1]))
            continue;
        for (int axis = 0; options->query == GEOSC_QUERY_CELL && axis < 2; axis++) /* found before it is posed */
            point[0][axis] = floor(point[0][axis] + 0.5);
        geosc_pose_point(options->poses[best], W, H, &point[0][0], &point[0][1]);
        assert_ok(geosc_match_points(
            context, sources[best], NULL, (const double(*)[2])point, 1, target, match_mask, options,
            &(struct geosc_answers){.xy = &answers->xy[pair][k], .score = &answers->score[pair][k]}));
    }
    for (size_t q = 0; q < options->pose_count; q++)
        geosc_map_free(sources[q]);
    geosc_map_free(target);
}

static void test_as_in_memory(void **state)
{
    static struct indexed input;
    static struct answers found, expected;
    const char *path, *model_path = write_model("model.h5", C, 4), *output = path_of("output.h5"), *isa;
    geosc_model *model;

    (void)state;
    make_indexed(&input);
    path = write_indexed(&input, "input.h5");
    assert_ok(geosc_model_load(context, model_path, &model));
    for (int variant = 0; variant < 12; variant++)
        for (size_t i = 0; (isa = usable_isa(i)); i++) {
            struct geosc_options options = options_with(2);
            options.isa = isa;
            options.imd = (enum geosc_imd)(variant % 3);
            options.restrict_target = variant > 0;
            options.restrict_use = (enum geosc_restrict)(variant / 3 % 3);
            options.window = 5;
            options.window_kind = (enum geosc_window)(variant / 2 % 3);
            options.window_sigma = options.window_kind == GEOSC_WINDOW_GAUSS ? 1.5 : 0;
            options.query = (enum geosc_query)(variant / 3 % 2);
            options.similarity = (enum geosc_similarity)(variant / 4 % 2);
            options.outside = (enum geosc_outside)(variant / 6);
            assert_ok(geosc_match_file(context, path, model_path, output, &options, NULL));
            read_answers(output, PAIRS, 4, K, &found);
            for (size_t p = 0; p < PAIRS; p++) {
                answer_in_memory(&input, p, model, &options, &expected);
                assert_int_equal(found.status[p], GEOSC_PAIR_OK);
                assert_int_equal(found.chosen[p], expected.chosen[p]);
                expect_close(found.imd[p], expected.imd[p], 4, 1e-6F);
                expect_close(found.xy[p][0], expected.xy[p][0], 2 * K, 1e-4F);
                expect_close(found.score[p], expected.score[p], K,
                             options.similarity == GEOSC_SIMILARITY_DOT ? 1e-4F : 1e-6F);
            }
        }
    geosc_model_free(model);
}

/* ---- the same bytes --------------------------------------------------------------------------------- */

static void test_same_bytes(void **state)
{
    static struct indexed input;
    const char *path, *model = write_model("model.h5", C, 4), *first = path_of("first.h5"),
                      *output = path_of("output.h5");
    const int threads[] = {1, 2, 3, 5, 8, 16, 33};
    size_t least, slots = 0;
    int workers = 0;
    struct geosc_summary summary;

    (void)state;
    make_indexed(&input);
    path = write_indexed(&input, "input.h5");
    struct geosc_options options = options_with(1);
    assert_ok(geosc_match_file(context, path, model, first, &options, NULL));
    least = least_memory(path, model, output);
    assert_true(same_file(first, output));
    for (size_t t = 0; t < sizeof threads / sizeof *threads; t++)
        for (int memory = 0; memory < 4; memory++) {
            options = options_with(threads[t]);
            options.workers = memory % 2 ? 0 : threads[t];
            options.memory = memory == 0 ? 0 : least * (size_t)(memory + 1);
            assert_ok(geosc_match_file(context, path, model, output, &options, &summary));
            assert_true(same_file(first, output));
            assert_between(summary.workers, 1, threads[t]);
            workers = summary.workers > workers ? summary.workers : workers;
            slots = summary.maps_refined > slots ? summary.maps_refined : slots;
        }
    assert_true(slots >= IMAGES && workers > 4);
    for (size_t i = 0; usable_isa(i); i++) { /* sets of one class */
        bool fused = strcmp(usable_isa(i), "c") != 0 && strcmp(usable_isa(0), "c") != 0;
        options = options_with(2);
        options.isa = usable_isa(i);
        assert_ok(geosc_match_file(context, path, model, output, &options, NULL));
        if (fused)
            assert_true(same_file(first, output));
    }
}

/* With memory for all, each pose of an image is refined once, whatever number of pairs asks for it. */
static void test_refined_once(void **state)
{
    static struct indexed input;
    struct geosc_options options = options_with(2);
    struct geosc_summary summary;
    bool made[IMAGES][4] = {{false}};
    size_t expected = 0, needs = 0;

    (void)state;
    make_indexed(&input);
    for (size_t p = 0; p < PAIRS; p++) {
        made[input.target[p]][0] = true;
        needs += input.source[p] == input.target[p] ? 4 : 5;
        for (size_t q = 0; q < 4; q++)
            made[input.source[p]][q] = true;
    }
    for (size_t i = 0; i < IMAGES * 4; i++)
        expected += made[i / 4][i % 4];
    assert_ok(geosc_match_file(context, write_indexed(&input, "input.h5"), write_model("model.h5", C, 4),
                               path_of("output.h5"), &options, &summary));
    assert_int_equal(summary.maps_refined, expected);
    assert_int_equal(summary.maps_reused, needs - expected);
    assert_int_equal(summary.pairs, PAIRS);
    assert_int_equal(summary.status[GEOSC_PAIR_OK], PAIRS);
    assert_true(summary.bytes_read > 0 && summary.threads == 2 && summary.seconds > 0);
    assert_int_equal(summary.chosen[0] + summary.chosen[GEOSC_POSE_HFLIP] + summary.chosen[GEOSC_POSE_ROT90] +
                         summary.chosen[GEOSC_POSE_ROT270],
                     PAIRS);
}

/* A program that was compiled with an earlier header: its structs end earlier, and nothing behind them is touched. */
static void test_older_program(void **state)
{
    static struct indexed input;
    const volatile size_t ends[] = {offsetof(struct geosc_options, strict),
                                    offsetof(struct geosc_summary, maps_refined)};
    struct geosc_options *options = malloc(ends[0]);
    struct geosc_summary *summary = malloc(ends[1] + 1);
    unsigned char *behind = (unsigned char *)summary + ends[1];

    (void)state;
    make_indexed(&input);
    *behind = 0xa5;
    geosc_options_init_sized(options, ends[0], ends[1]);
    options->force = true;
    assert_ok(
        geosc_match_file(context, write_indexed(&input, "input.h5"), NULL, path_of("output.h5"), options, summary));
    assert_int_equal(summary->pairs, PAIRS);
    assert_int_equal(summary->status[GEOSC_PAIR_OK], PAIRS);
    assert_int_equal(*behind, 0xa5);
    options->size = 0;
    assert_fails(geosc_match_file(context, "input.h5", NULL, "output.h5", options, summary), GEOSC_BAD_USAGE,
                 "geosc_options_init");
    free(options);
    free(summary);
}

/* ---- dense matches ---------------------------------------------------------------------------------- */

/* The source's own mask says which cells ask, also where stored features of a pose come with another one. */
static void test_dense(void **state)
{
    enum { N = 4, SIDE = N * N };
    const hsize_t features[4] = {1, 2, N, N}, mask[3] = {1, N, N};
    struct random random = {3};
    float source[2 * SIDE], posed[2 * SIDE], plain_mask[SIDE], posed_mask[SIDE], xy[SIDE][2], score[SIDE];
    const char *path = path_of("dense.h5"), *output = path_of("output.h5");
    struct geosc_options options = options_with(2);

    (void)state;
    random_fill(&random, source, 2 * SIDE);
    for (size_t i = 0; i < SIDE; i++) {
        size_t from = naive_pose_from(GEOSC_POSE_HFLIP, N, N, i / N, i % N);
        posed[i] = source[from];
        posed[SIDE + i] = source[SIDE + from];
        plain_mask[i] = i % 3 == 0;
        posed_mask[i] = i / N == 1; /* one row */
    }
    hid_t file = make_file(path);
    make_array(file, "/source", H5T_NATIVE_FLOAT, 4, features, source, H5P_DEFAULT);
    make_array(file, "/target", H5T_NATIVE_FLOAT, 4, features, posed, H5P_DEFAULT);
    make_array(file, "/mask", H5T_NATIVE_FLOAT, 3, mask, plain_mask, H5P_DEFAULT);
    make_array(file, "/poses/hflip/source", H5T_NATIVE_FLOAT, 4, features, posed, H5P_DEFAULT);
    make_array(file, "/poses/hflip/mask", H5T_NATIVE_FLOAT, 3, mask, posed_mask, H5P_DEFAULT);
    MAKE(H5Fclose(file));
    options.poses[0] = GEOSC_POSE_HFLIP;
    options.window = 1;
    for (int variant = 0; variant < 4; variant++) {
        bool has_model = variant >= 2; /* what it finds is another matter: only who asks is looked at */
        options.pose_count = 1 + (size_t)variant % 2;
        options.poses[1] = GEOSC_POSE_NONE;
        assert_ok(
            geosc_match_file(context, path, has_model ? write_model("narrow.h5", 2, 3) : NULL, output, &options, NULL));
        MAKE(file = H5Fopen(output, H5F_ACC_RDONLY, H5P_DEFAULT));
        read_array(file, "/matches/xy", H5T_NATIVE_FLOAT, 2 * SIDE, xy);
        read_array(file, "/matches/score", H5T_NATIVE_FLOAT, SIDE, score);
        MAKE(H5Fclose(file));
        for (size_t i = 0; i < SIDE; i++) {
            assert_int_equal(isnan(score[i]), plain_mask[i] == 0);
            assert_int_equal(isnan(xy[i][0]) || isnan(xy[i][1]), plain_mask[i] == 0);
            if (plain_mask[i] != 0 && !has_model) /* the target is the source flipped */
                assert_true(xy[i][0] == (float)(N - 1 - i % N) && xy[i][1] == (float)(i / N));
        }
    }
}

/* ---- the caller's side ------------------------------------------------------------------------------ */

struct heard {
    size_t calls, done, failed, warnings;
    bool orderly; /* one pair more each time */
    volatile int stop;
    size_t stop_after;
};

static void hear_progress(void *user, const struct geosc_progress *progress)
{
    struct heard *heard = user;

    heard->orderly &= progress->pairs == PAIRS && progress->pairs_done <= PAIRS && progress->pairs_done >= heard->done;
    heard->done = progress->pairs_done;
    heard->failed = progress->pairs_failed;
    if (++heard->calls == heard->stop_after)
        heard->stop = 1;
}

static void hear_warning(void *user, const char *line)
{
    assert_null(strchr(line, '\n'));
    ((struct heard *)user)->warnings++;
}

static struct geosc_options options_that_tell(struct heard *heard)
{
    struct geosc_options options = options_with(2);

    *heard = (struct heard){.orderly = true};
    options.progress = hear_progress;
    options.warning = hear_warning;
    options.user = heard;
    options.stop = &heard->stop;
    return options;
}

static void test_progress_and_stop(void **state)
{
    static struct indexed input;
    struct heard heard;
    const char *path, *model = write_model("model.h5", C, 4), *output = path_of("stopped.h5"),
                      *whole = path_of("whole.h5");

    (void)state;
    make_indexed(&input);
    path = write_indexed(&input, "input.h5");
    struct geosc_options options = options_that_tell(&heard);
    assert_ok(geosc_match_file(context, path, model, whole, &options, NULL));
    assert_true(heard.orderly && heard.done == PAIRS && heard.failed == 0 && heard.calls >= PAIRS &&
                heard.warnings == 1); /* about the poses */
    options = options_that_tell(&heard);
    heard.stop_after = 5;
    assert_fails(geosc_match_file(context, path, model, output, &options, NULL), GEOSC_STOPPED, "of 14");
    assert_int_equal(heard.done, 5);
    assert_false(is_there(output));
    options = options_that_tell(&heard); /* the same call goes on, or begins anew: the same bytes */
    options.restart = false;
    assert_ok(geosc_match_file(context, path, model, output, &options, NULL));
    assert_true(same_file(output, whole));
    options = options_that_tell(&heard);
    assert_ok(
        geosc_match_file(context, path, NULL, output, &options, NULL)); /* derived poses without a model: said once */
    assert_int_equal(heard.warnings, 1);
    input.features[2][0] = NAN;
    options = options_that_tell(&heard);
    options.strict = true;
    unlink(output);
    assert_refused(geosc_match_file(context, write_indexed(&input, "input.h5"), model, output, &options, NULL),
                   "bad_features");
    assert_false(is_there(output));
}

static void test_output_there(void **state)
{
    static struct indexed input;
    struct geosc_options options = options_with(2);
    struct geosc_summary summary;
    const char *path, *model = write_model("model.h5", C, 4), *output = path_of("there.h5");

    (void)state;
    make_indexed(&input);
    path = write_indexed(&input, "input.h5");
    options.force = false;
    assert_ok(geosc_match_file(context, path, model, output, &options, &summary));
    assert_false(summary.already_done);
    options.threads = 1;
    assert_ok(geosc_match_file(context, path, model, output, &options, &summary));
    assert_true(summary.already_done);
    options.window = 3;
    assert_refused(geosc_match_file(context, path, model, output, &options, &summary), "there.h5");
    options.force = true;
    assert_ok(geosc_match_file(context, path, model, output, &options, &summary));
}

static void refuse(enum geosc_status wanted, const char *word, const char *input, const char *model,
                   const struct geosc_options *options)
{
    const char *output = path_of("refused.h5");

    assert_fails(geosc_match_file(context, input, model, output, options, NULL), wanted, word);
    assert_false(is_there(output));
}

static void test_refusals(void **state)
{
    static struct indexed input;
    struct geosc_options options = options_with(1), wrong = options;
    const char *path, *model = write_model("model.h5", C, 4);

    (void)state;
    make_indexed(&input);
    path = write_indexed(&input, "input.h5");
    assert_int_equal(geosc_match_file(NULL, path, model, "x", &options, NULL), GEOSC_BAD_USAGE);
    assert_int_equal(geosc_match_file(context, NULL, model, "x", &options, NULL), GEOSC_BAD_USAGE);
    assert_int_equal(geosc_match_file(context, path, model, NULL, &options, NULL), GEOSC_BAD_USAGE);
    assert_int_equal(geosc_match_file(context, path, model, "x", NULL, NULL), GEOSC_BAD_USAGE);
    wrong.window = 2;
    refuse(GEOSC_BAD_USAGE, "window", path, model, &wrong);
    wrong = options;
    wrong.isa = "sse9";
    refuse(GEOSC_BAD_USAGE, "sse9", path, model, &wrong);
    wrong = options;
    wrong.pose_source = GEOSC_POSE_SOURCE_STORED;
    refuse(GEOSC_FAILED, "hflip", path, model, &wrong);
    refuse(GEOSC_FAILED, "nothing.h5", path_of("nothing.h5"), model, &options);
    refuse(GEOSC_FAILED, "nothing.h5", path, path_of("nothing.h5"), &options);
    refuse(GEOSC_FAILED, "channels", path, write_model("wide.h5", C + 1, 4), &options);
    refuse(GEOSC_FAILED, "input.h5", path, path, &options);  /* an input is no model, */
    refuse(GEOSC_FAILED, "model.h5", model, NULL, &options); /* and the other way round */
    input.source[3] = IMAGES;
    refuse(GEOSC_FAILED, "/pairs/source", write_indexed(&input, "index.h5"), model, &options);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_as_in_memory),      cmocka_unit_test(test_same_bytes),
        cmocka_unit_test(test_refined_once),      cmocka_unit_test(test_dense),
        cmocka_unit_test(test_progress_and_stop), cmocka_unit_test(test_output_there),
        cmocka_unit_test(test_refusals),          cmocka_unit_test(test_older_program),
    };

    return cmocka_run_group_tests_name("pipeline", tests, make_all, free_all);
}
