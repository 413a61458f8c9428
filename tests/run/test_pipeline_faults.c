/* Whole jobs with pairs that fail: faulty values fail the pairs that need them; the other pairs are matched. */
#include "run/pipeline_testing.h"

static bool all_nan(const float *values, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (!isnan(values[i]))
            return false;
    return true;
}

/* The lines that a job said, in the order of the statuses. */
struct said {
    size_t count;
    char lines[GEOSC_PAIR_STATUSES][1024];
};

static void listen(void *user, const char *line)
{
    struct said *said = user;

    assert_true(said->count < GEOSC_PAIR_STATUSES);
    snprintf(said->lines[said->count++], sizeof said->lines[0], "%s", line);
}

enum fault {
    FAULT_NAN,
    FAULT_INFINITE,
    FAULT_HUGE,
    FAULT_ZERO,
    FAULT_NEGATIVE_MASK,
    FAULT_NAN_MASK,
    FAULT_EMPTY_MASK,
    FAULTS
};

static const enum geosc_pair_status fault_status[FAULTS] = {
    GEOSC_PAIR_BAD_FEATURES, GEOSC_PAIR_BAD_FEATURES, GEOSC_PAIR_BAD_FEATURES, GEOSC_PAIR_EMPTY_FEATURES,
    GEOSC_PAIR_BAD_MASK,     GEOSC_PAIR_BAD_MASK,     GEOSC_PAIR_EMPTY_MASK,
};

/* What is said of them. */
static const char *const fault_reason[FAULTS] = {"bad_features: features of one of its images are NaN",
                                                 "bad_features: features of one of its images are NaN",
                                                 "bad_features: features of one of its images are NaN",
                                                 "empty_features: features of one of its images are zero in every cell",
                                                 "bad_mask: a mask has a negative or non-finite value",
                                                 "bad_mask: a mask has a negative or non-finite value",
                                                 "empty_mask: a mask has no cell set"};

static void inject(struct indexed *input, enum fault fault, size_t image)
{
    switch (fault) {
    case FAULT_NAN:
        input->features[image][IMAGE - 1] = NAN;
        break;
    case FAULT_INFINITE:
        input->features[image][0] = -INFINITY;
        break;
    case FAULT_HUGE: /* finite, but not what the network makes of it */
        for (size_t i = 0; i < IMAGE; i++)
            input->features[image][i] = i % 2 ? 3e38F : -3e38F;
        break;
    case FAULT_ZERO: /* an extractor made room, and died */
        memset(input->features[image], 0, sizeof input->features[image]);
        break;
    case FAULT_NEGATIVE_MASK:
        input->mask[image][11] = -0.5F;
        break;
    case FAULT_NAN_MASK:
        input->mask[image][0] = NAN;
        break;
    default:
        memset(input->mask[image], 0, sizeof input->mask[image]);
    }
}

/* Whether a fault of image 2 is one of this pair. */
static bool concerns(const struct indexed *input, enum fault fault, bool restrict_target, size_t pair)
{
    bool of_mask = fault >= FAULT_NEGATIVE_MASK;

    return input->source[pair] == 2 || (input->target[pair] == 2 && (!of_mask || restrict_target));
}

static void expect_failed(const struct answers *answers, size_t pair, enum geosc_pair_status status)
{
    assert_int_equal(answers->status[pair], status);
    assert_int_equal(answers->chosen[pair], GEOSC_UNDECIDED);
    assert_true(all_nan(answers->imd[pair], 4) && all_nan(answers->xy[pair][0], 2 * K) &&
                all_nan(answers->score[pair], K));
}

static void expect_same_answer(const struct answers *found, const struct answers *expected, size_t pair)
{
    assert_int_equal(found->status[pair], GEOSC_PAIR_OK);
    assert_int_equal(found->chosen[pair], expected->chosen[pair]);
    assert_memory_equal(found->imd[pair], expected->imd[pair], 4 * sizeof found->imd[0][0]);
    assert_memory_equal(found->xy[pair], expected->xy[pair], sizeof found->xy[0]);
    assert_memory_equal(found->score[pair], expected->score[pair], sizeof found->score[0]);
}

/* Cells so long that inner products may be beyond float32 have a cosine, but no dot. */
static void test_long_cells(void **state)
{
    static struct indexed input;
    static struct answers found;
    struct geosc_options options = options_with(2);
    const char *path, *output = path_of("output.h5");

    (void)state;
    make_indexed(&input);
    for (size_t i = 0; i < IMAGE; i++)
        input.features[2][i] *= 1e20F;
    path = write_indexed(&input, "long.h5");
    assert_ok(geosc_match_file(context, path, NULL, output, &options, NULL));
    options.similarity = GEOSC_SIMILARITY_DOT;
    options.window_kind = GEOSC_WINDOW_ALL;
    assert_int_equal(geosc_match_file(context, path, NULL, output, &options, NULL), GEOSC_PAIRS_FAILED);
    read_answers(output, PAIRS, 4, K, &found);
    for (size_t p = 0; p < PAIRS; p++)
        if (input.source[p] == 2 || input.target[p] == 2)
            expect_failed(&found, p, GEOSC_PAIR_BAD_FEATURES);
        else
            assert_int_equal(found.status[p], GEOSC_PAIR_OK);
}

/* A fault in one image is that of its pairs; the others have the answers that they have without it. */
static void test_faults(void **state)
{
    static struct indexed good, bad;
    static struct answers expected, found;
    const char *model = write_model("model.h5", C, 4), *output = path_of("output.h5");

    (void)state;
    make_indexed(&good);
    for (int restricted = 0; restricted < 4; restricted++) {
        struct geosc_options options = options_with(2);
        struct geosc_summary summary;
        struct said said = {0};
        options.restrict_target = restricted > 0;
        options.restrict_use = (enum geosc_restrict)(restricted ? restricted - 1 : 0);
        options.warning = listen;
        options.user = &said;
        assert_ok(geosc_match_file(context, write_indexed(&good, "good.h5"), model, output, &options, NULL));
        read_answers(output, PAIRS, 4, K, &expected);
        for (int fault = 0; fault < FAULTS; fault++) {
            size_t failed = 0;
            said.count = 0;
            bad = good;
            inject(&bad, (enum fault)fault, 2);
            assert_int_equal(
                geosc_match_file(context, write_indexed(&bad, "bad.h5"), model, output, &options, &summary),
                GEOSC_PAIRS_FAILED);
            read_answers(output, PAIRS, 4, K, &found);
            for (size_t p = 0; p < PAIRS; p++) {
                if (concerns(&bad, (enum fault)fault, restricted, p)) {
                    expect_failed(&found, p, fault_status[fault]);
                    failed++;
                } else {
                    expect_same_answer(&found, &expected, p);
                }
            }
            assert_true(failed > 0 && failed < PAIRS);
            assert_int_equal(summary.status[fault_status[fault]], failed);
            assert_int_equal(said.count, 2); /* the first is about the poses */
            assert_non_null(strstr(said.lines[1], fault_reason[fault]));
        }
    }
}

/* Writes a model whose output is what comes in, but for negative numbers, which become 0. */
static const char *write_passing_model(void)
{
    static const char *const none[] = {"/blocks.0.net.6.weight", "/blocks.0.net.7.running_mean",
                                       "/blocks.0.net.7.bias"};
    static const float zeros[C * 4];
    const char *path = write_model("passing.h5", C, 4);
    hid_t file, dataset;

    MAKE(file = H5Fopen(path, H5F_ACC_RDWR, H5P_DEFAULT));
    for (size_t i = 0; i < 3; i++) {
        MAKE(dataset = H5Dopen2(file, none[i], H5P_DEFAULT));
        MAKE(H5Dwrite(dataset, H5T_NATIVE_FLOAT, H5S_ALL, H5S_ALL, H5P_DEFAULT, zeros));
        MAKE(H5Dclose(dataset));
    }
    MAKE(H5Fclose(file));
    return path;
}

/* What the network leaves nothing of is as empty as what came in so. One cell that is not zero is enough. */
static void test_empty_after_the_network(void **state)
{
    static struct indexed input;
    static struct answers found;
    const char *model = write_passing_model(), *output = path_of("output.h5");
    struct geosc_options options = options_with(2);

    (void)state;
    make_indexed(&input);
    for (size_t i = 0; i < IMAGES * IMAGE; i++) {
        float *feature = &input.features[i / IMAGE][i % IMAGE];
        *feature = fabsf(*feature) + 0.25F;
    }
    for (size_t i = 0; i < IMAGE; i++)
        input.features[2][i] = -1;
    memset(input.features[5], 0, sizeof input.features[5]);
    input.features[5][CELLS - 1] = 1e-30F;
    assert_int_equal(geosc_match_file(context, write_indexed(&input, "input.h5"), model, output, &options, NULL),
                     GEOSC_PAIRS_FAILED);
    read_answers(output, PAIRS, 4, K, &found);
    for (size_t p = 0; p < PAIRS; p++) {
        if (input.source[p] == 2 || input.target[p] == 2)
            expect_failed(&found, p, GEOSC_PAIR_EMPTY_FEATURES);
        else
            assert_int_equal(found.status[p], GEOSC_PAIR_OK);
    }
}

/* Of several faults of a pair, wherever they are, the first of a fixed order is told. */
static void test_several_faults(void **state)
{
    static const enum fault from_first[] = {FAULT_NAN, FAULT_ZERO, FAULT_NEGATIVE_MASK, FAULT_EMPTY_MASK};
    enum { COUNT = sizeof from_first / sizeof *from_first };
    static struct indexed input;
    static struct answers found;
    const char *model = write_model("model.h5", C, 4), *output = path_of("output.h5");
    struct geosc_options options = options_with(2);

    (void)state;
    options.restrict_target = true;
    for (int source = 0; source < COUNT; source++)
        for (int target = 0; target < COUNT; target++) {
            make_indexed(&input);
            for (size_t p = 0; p < PAIRS; p++) {
                input.source[p] = 1;
                input.target[p] = 2;
                input.keypoints[p][0][0] = -7;
            }
            inject(&input, from_first[source], 1);
            inject(&input, from_first[target], 2);
            assert_int_equal(
                geosc_match_file(context, write_indexed(&input, "input.h5"), model, output, &options, NULL),
                GEOSC_PAIRS_FAILED);
            read_answers(output, PAIRS, 4, K, &found);
            expect_failed(&found, 0, fault_status[from_first[source < target ? source : target]]);
        }
}

/* Weights that an IMD is beyond float32 with are none; smaller ones of any size are. */
static void test_huge_weights(void **state)
{
    static const float weights[] = {1e10F, 1e30F};
    static struct indexed input;
    static struct answers found;
    const char *model = write_model("model.h5", C, 4), *output = path_of("output.h5");

    (void)state;
    for (size_t i = 0; i < 2; i++)
        for (int kind = GEOSC_IMD_SQUARED; kind <= GEOSC_IMD_MUTUAL; kind++) {
            struct geosc_options options = options_with(2);
            bool beyond = weights[i] > 1e20F && kind == GEOSC_IMD_SQUARED;
            options.imd = (enum geosc_imd)kind;
            make_indexed(&input);
            for (size_t cell = 0; cell < CELLS; cell++)
                input.mask[2][cell] *= weights[i];
            int expected = beyond ? GEOSC_PAIRS_FAILED : GEOSC_OK;
            assert_int_equal(
                geosc_match_file(context, write_indexed(&input, "input.h5"), model, output, &options, NULL), expected);
            read_answers(output, PAIRS, 4, K, &found);
            for (size_t p = 0; p < PAIRS; p++) {
                if (beyond && input.source[p] == 2)
                    expect_failed(&found, p, GEOSC_PAIR_BAD_MASK);
                else
                    assert_int_equal(found.status[p], GEOSC_PAIR_OK);
            }
        }
}

/* A keypoint off the image has no answer; the other keypoints of its pair have theirs. */
static void test_bad_keypoint(void **state)
{
    static struct indexed good, bad;
    static struct answers expected, found;
    const double outside[][2] = {{-0.51, 0}, {W - 0.499, 0}, {0, H}, {0, -1e300}, {INFINITY, 1}};
    const char *model = write_model("model.h5", C, 4), *output = path_of("output.h5");
    struct geosc_options options = options_with(2);
    struct said said = {0};

    (void)state;
    make_indexed(&good);
    assert_ok(geosc_match_file(context, write_indexed(&good, "good.h5"), model, output, &options, NULL));
    read_answers(output, PAIRS, 4, K, &expected);
    options.warning = listen;
    options.user = &said;
    bad = good;
    for (size_t p = 0; p < 5; p++)
        memcpy(bad.keypoints[p][(p + 1) % K], outside[p], sizeof outside[p]);
    assert_int_equal(geosc_match_file(context, write_indexed(&bad, "bad.h5"), model, output, &options, NULL),
                     GEOSC_PAIRS_FAILED);
    assert_int_equal(said.count, 2); /* the first is about the poses */
    assert_ptr_equal(strstr(said.lines[1], "pair 0 (image "), said.lines[1]);
    assert_non_null(strstr(said.lines[1], " and others: bad_keypoint: keypoint 1 at (-0.51, 0) is outside the source"));
    read_answers(output, PAIRS, 4, K, &found);
    for (size_t p = 0; p < 5; p++) {
        size_t k = (p + 1) % K;
        assert_int_equal(found.status[p], GEOSC_PAIR_BAD_KEYPOINT);
        assert_true(all_nan(found.xy[p][k], 2) && all_nan(&found.score[p][k], 1));
        found.status[p] = GEOSC_PAIR_OK;
        memcpy(found.xy[p][k], expected.xy[p][k], sizeof found.xy[p][k]);
        found.score[p][k] = expected.score[p][k];
    }
    for (size_t p = 0; p < PAIRS; p++) {
        assert_int_equal(found.chosen[p], expected.chosen[p]);
        expect_close(found.imd[p], expected.imd[p], 4, 1e-6F); /* other keypoints: other parts may be refined */
        expect_close(found.xy[p][0], expected.xy[p][0], 2 * K, 1e-4F);
        expect_close(found.score[p], expected.score[p], K, 1e-6F);
    }
}

/* A chunk that does not inflate: the pairs of that image are unreadable. */
static void test_unreadable(void **state)
{
    static struct indexed input;
    static struct answers expected, found;
    const char *model = write_model("model.h5", C, 4), *output = path_of("output.h5"), *path;
    struct geosc_options options = options_with(2);
    const unsigned char rubbish[20] = {1, 2, 3};
    const hsize_t place[4] = {2, 0, 0, 5};
    hid_t file, dataset;

    (void)state;
    make_indexed(&input);
    path = write_indexed(&input, "input.h5");
    assert_ok(geosc_match_file(context, path, model, output, &options, NULL));
    read_answers(output, PAIRS, 4, K, &expected);
    MAKE(file = H5Fopen(path, H5F_ACC_RDWR, H5P_DEFAULT));
    MAKE(dataset = H5Dopen2(file, "/images/features", H5P_DEFAULT));
    MAKE(H5Dwrite_chunk(dataset, H5P_DEFAULT, 0, place, sizeof rubbish, rubbish));
    MAKE(H5Dclose(dataset));
    MAKE(H5Fclose(file));
    assert_int_equal(geosc_match_file(context, path, model, output, &options, NULL), GEOSC_PAIRS_FAILED);
    read_answers(output, PAIRS, 4, K, &found);
    for (size_t p = 0; p < PAIRS; p++) {
        if (concerns(&input, FAULT_NAN, false, p))
            expect_failed(&found, p, GEOSC_PAIR_UNREADABLE);
        else
            expect_same_answer(&found, &expected, p);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_faults),
        cmocka_unit_test(test_long_cells),
        cmocka_unit_test(test_empty_after_the_network),
        cmocka_unit_test(test_several_faults),
        cmocka_unit_test(test_huge_weights),
        cmocka_unit_test(test_bad_keypoint),
        cmocka_unit_test(test_unreadable),
    };

    return cmocka_run_group_tests_name("pipeline_faults", tests, make_all, free_all);
}
