/* PCK and pose statistics against numbers computed by hand. */
#include "results/evaluate.h"
#include "testing.h"

#include <math.h>

enum { PAIRS = 4, KEYPOINTS = 3 };

/* A scene that each test changes to its needs: four pairs of stacked images, targets of 20 x 10 cells, three keypoints
 * all at (5, 5) and all found there. */
struct scene {
    struct catalog catalog;
    struct results results;
    size_t source[PAIRS], target[PAIRS];
    struct image_set sets[2];
    double from[PAIRS * KEYPOINTS][2], to[PAIRS * KEYPOINTS][2], size[2 * PAIRS][2], threshold[PAIRS];
    int64_t group[PAIRS * KEYPOINTS];
    char *category[PAIRS], *pose[PAIRS];
    float xy[PAIRS * KEYPOINTS][2], score[PAIRS * KEYPOINTS], imd[PAIRS * 2];
    uint8_t chosen[PAIRS], status[PAIRS];
    struct evaluation evaluation;
};

static int scene_make(void **state)
{
    struct scene *s = calloc(1, sizeof *s);
    struct h5_writer *writer = NULL;

    if (!s || scratch_make(NULL) != 0)
        return -1;
    s->catalog = (struct catalog){.set_count = 2,
                                  .sets = s->sets,
                                  .images = 2 * PAIRS,
                                  .pairs = PAIRS,
                                  .keypoints = KEYPOINTS,
                                  .source = s->source,
                                  .target = s->target,
                                  .source_keypoints = s->from,
                                  .target_keypoints = s->to};
    s->catalog.sets[0].count = s->catalog.sets[1].count = s->catalog.sets[1].first = PAIRS;
    s->catalog.sets[1].pose[GEOSC_POSE_NONE].height = 10;
    s->catalog.sets[1].pose[GEOSC_POSE_NONE].width = 20;
    s->results = (struct results){.pairs = PAIRS,
                                  .candidates = 2,
                                  .rank = 1,
                                  .shape = {KEYPOINTS},
                                  .answers = KEYPOINTS,
                                  .xy = s->xy,
                                  .score = s->score,
                                  .imd = s->imd,
                                  .chosen = s->chosen,
                                  .status = s->status,
                                  .poses = {GEOSC_POSE_NONE, GEOSC_POSE_HFLIP}};
    for (size_t p = 0; p < PAIRS; p++) {
        s->source[p] = p;
        s->target[p] = PAIRS + p;
        s->imd[2 * p] = 0.5F;
        s->imd[2 * p + 1] = 0.75F;
        for (size_t i = p * KEYPOINTS; i < (p + 1) * KEYPOINTS; i++)
            s->from[i][0] = s->from[i][1] = s->to[i][0] = s->to[i][1] = s->xy[i][0] = s->xy[i][1] = 5;
    }
    /* Messages name the input. */
    if (h5_writer_create(context, scratch_path("input.h5"), false, &writer) != GEOSC_OK ||
        h5_writer_finish(context, writer) != GEOSC_OK ||
        h5_open(context, scratch_path("input.h5"), &s->catalog.file) != GEOSC_OK)
        return -1;
    h5_writer_free(writer);
    *state = s;
    return 0;
}

static int scene_free(void **state)
{
    struct scene *s = *state;

    evaluation_free(&s->evaluation);
    h5_close(s->catalog.file);
    free(s);
    return scratch_remove(NULL);
}

static void refuse(struct scene *s, double alpha, enum geosc_status wanted, const char *reason);

static const struct evaluation *judge(struct scene *s, double alpha)
{
    const struct evaluate_request request = {.measure = {.alpha_count = 1, .alphas = {alpha}}};

    assert_ok(evaluate(context, &s->catalog, &s->results, &request, &s->evaluation));
    return &s->evaluation;
}

static void assert_near(double value, double expected)
{
    if (!(fabs(value - expected) < 1e-12))
        fail_msg("%.17g, expected %.17g", value, expected);
}

static void all_right(void **state)
{
    const struct evaluation *e = judge(*state, 0.01);

    assert_int_equal(e->scores.all.points, PAIRS * KEYPOINTS);
    assert_int_equal(e->scores.all.pairs, PAIRS);
    assert_near(e->scores.all.share[PCK_PER_POINT][0], 1);
    assert_near(e->scores.all.share[PCK_PER_IMAGE][0], 1);
    assert_false(e->has_categories || e->has_geometry || e->has_truth);
    assert_true(isnan(e->scores.macro.share[PCK_PER_POINT][0]));
}

/* The larger side of the target is 20 cells: 0.1 of it is 2, and an error of exactly 2 is a miss. */
static void border_is_a_miss(void **state)
{
    struct scene *s = *state;

    s->xy[0][0] = 7;
    s->xy[1][1] = nextafterf(7, 0);
    assert_near(judge(s, 0.125)->scores.all.share[PCK_PER_POINT][0], 1);
    evaluation_free(&s->evaluation);
    const struct evaluation *e = judge(s, 0.1);
    assert_near(e->scores.all.share[PCK_PER_POINT][0], 11.0 / 12);
    assert_near(e->scores.all.share[PCK_PER_IMAGE][0], (2.0 / 3 + 3) / 4);
}

/* As MARCO has it, that error is right. */
static void border_may_be_right(void **state)
{
    struct scene *s = *state;
    struct evaluate_request request = {.measure = {.alpha_count = 1, .alphas = {0.1}, .compare = MEASURE_AT_MOST}};

    s->xy[0][0] = 7;
    s->xy[1][1] = nextafterf(7, 8);
    s->xy[2][0] = NAN;
    assert_ok(evaluate(context, &s->catalog, &s->results, &request, &s->evaluation));
    assert_near(s->evaluation.scores.all.share[PCK_PER_POINT][0], 10.0 / 12);
    assert_non_null(strstr(s->evaluation.protocol, "at most alpha"));
}

/* Another target keypoint may be nearer to an answer that is near enough. Only those of points count, and of equally
 * near ones the first. */
static void nearest_of_the_points(void **state)
{
    struct scene *s = *state;

    for (size_t p = 0; p < PAIRS; p++) {
        s->to[p * KEYPOINTS + 1][0] = 7; /* truths at 5, 7 and 50 */
        s->xy[p * KEYPOINTS + 1][0] = 7;
        s->to[p * KEYPOINTS + 2][0] = s->xy[p * KEYPOINTS + 2][0] = 50;
    }
    s->xy[0][0] = 6.5F;                                                  /* nearer to 7 */
    s->xy[KEYPOINTS][0] = s->xy[KEYPOINTS + 1][0] = 6;                   /* in the middle: the first is the nearest */
    s->xy[2 * KEYPOINTS][0] = 6.5F, s->from[2 * KEYPOINTS + 1][0] = NAN; /* 7 is no point there */
    s->xy[3 * KEYPOINTS][0] = s->xy[3 * KEYPOINTS][1] = NAN;             /* missing: nearest to nothing */
    const struct evaluation *e = judge(s, 0.1);
    assert_near(e->scores.all.share[PCK_PER_POINT][0], 10.0 / 11);
    assert_near(e->scores.all.share[PCK_DAGGER_PER_POINT][0], 8.0 / 11);
    assert_near(e->scores.all.share[PCK_DAGGER_PER_IMAGE][0], (2.0 / 3 + 2.0 / 3 + 1 + 2.0 / 3) / 4);
}

/* Every pair has the same share: so has every resampling. */
static void intervals_of_equal_pairs(void **state)
{
    struct scene *s = *state;
    struct evaluate_request request = {.measure = {.alpha_count = 1, .alphas = {0.1}}, .intervals = true};
    char *names[PAIRS] = {"dog", "cat", "dog", "horse"};

    memcpy(s->category, names, sizeof names);
    s->catalog.category = s->category;
    for (size_t p = 0; p < PAIRS; p++)
        s->xy[p * KEYPOINTS][0] = NAN;
    for (size_t k = 0; k < KEYPOINTS; k++)
        s->to[3 * KEYPOINTS + k][0] = NAN; /* the horse has no points */
    assert_ok(evaluate(context, &s->catalog, &s->results, &request, &s->evaluation));
    const struct interval *interval = &s->evaluation.interval;
    for (size_t place = 0; place < SCORES_CATEGORIES + 2 * MEASURE_SUBSETS; place++) {
        bool there = !scores_is_geometry(place);
        double low = scores_pck(&interval->low, place)->share[PCK_PER_IMAGE][0];
        double high = scores_pck(&interval->high, place)->share[PCK_PER_IMAGE][0];
        assert_true(there ? fabs(low - 2.0 / 3) < 1e-12 && fabs(high - 2.0 / 3) < 1e-12 : isnan(low) && isnan(high));
    }
    assert_true(isnan(interval->low.categories[2].all.share[PCK_PER_POINT][0]));
}

/* Errors are told by where they are nearer: to the own target keypoint or to the partner's. */
static void errors_at_the_partner(void **state)
{
    struct scene *s = *state;
    const int64_t partners[KEYPOINTS] = {1, 0, -1};

    s->catalog.mirror_index = s->group;
    for (size_t p = 0; p < PAIRS; p++) {
        memcpy(s->group + p * KEYPOINTS, partners, sizeof partners);
        s->to[p * KEYPOINTS + 1][0] = s->xy[p * KEYPOINTS + 1][0] = 15; /* the partner of 5 */
    }
    s->xy[0][0] = 15;                                                /* at the partner */
    s->xy[2][0] = 15;                                                /* there, too, but has none */
    s->xy[KEYPOINTS][0] = 10;                                        /* in the middle: not nearer */
    s->xy[KEYPOINTS + 1][0] = NAN;                                   /* nowhere */
    s->xy[2 * KEYPOINTS][0] = 15, s->to[2 * KEYPOINTS + 1][0] = NAN; /* the partner is absent */
    s->xy[3 * KEYPOINTS + 1][0] = 6; /* also at the partner, and the source need not have it: */
    s->from[3 * KEYPOINTS][0] = NAN;
    const struct evaluation *e = judge(s, 0.1);
    assert_true(e->has_partners);
    assert_int_equal(e->scores.all.errors[0], 6);
    assert_int_equal(e->scores.all.swapped[0], 2);
}

/* Scores 9, 7, 7, 7 and a missing answer, which has the least confidence; right, right, wrong, right, wrong. */
static void accuracy_by_confidence(void **state)
{
    struct scene *s = *state;
    const struct evaluate_request request = {.measure = {.alpha_count = 1, .alphas = {0.1}}, .risk = true};
    const float scores[] = {9, 7, 7, 7, 100};

    for (size_t i = 0; i < PAIRS * KEYPOINTS; i++)
        s->to[i][0] = i < 5 ? 5 : NAN;
    memcpy(s->score, scores, sizeof scores);
    s->xy[2][0] = 15;
    s->xy[4][0] = NAN;
    assert_ok(evaluate(context, &s->catalog, &s->results, &request, &s->evaluation));
    const struct risk *risk = &s->evaluation.risk[RISK_SCORE];
    assert_true(s->evaluation.has_risk[RISK_SCORE] && !s->evaluation.has_risk[RISK_MARGIN]);
    assert_int_equal(risk->points, 5);
    assert_near(risk->area[0], (0 + 3 * 0.25 + 0.4) / 5);
    assert_near(risk->roc[0], (1 + 2 * 0.5 + 3) / 6);
    assert_near(risk->accuracy[0][0], 1);
    assert_near(risk->accuracy[0][1], 1);
    assert_near(risk->accuracy[0][2], 0.75);
    assert_near(risk->accuracy[0][7], 0.75);
    assert_near(risk->accuracy[0][8], 0.6);
    assert_near(risk->accuracy[0][9], 0.6);
}

static void threshold_in_its_units(void **state)
{
    struct scene *s = *state;

    s->xy[0][0] = 9; /* off by 4 */
    assert_near(judge(s, 0.125)->scores.all.share[PCK_PER_POINT][0], 11.0 / 12);
    s->catalog.units = UNITS_PIXEL; /* 0.125 * 33 pixels is more than 4 */
    s->catalog.size = s->size;
    for (size_t p = 0; p < PAIRS; p++)
        s->size[PAIRS + p][0] = 30, s->size[PAIRS + p][1] = p ? 30 : 33;
    evaluation_free(&s->evaluation);
    assert_near(judge(s, 0.125)->scores.all.share[PCK_PER_POINT][0], 1);
    s->catalog.threshold = s->threshold; /* goes before the size */
    for (size_t p = 0; p < PAIRS; p++)
        s->threshold[p] = p ? 1 : 32;
    evaluation_free(&s->evaluation);
    assert_near(judge(s, 0.125)->scores.all.share[PCK_PER_POINT][0], 11.0 / 12); /* 4 < 0.125 * 32 is not so */
}

/* By the box, or by the target keypoints that are present, also those that are absent in the source. */
static void threshold_by_what(void **state)
{
    struct scene *s = *state;
    struct evaluate_request request = {.measure = {.alpha_count = 1, .alphas = {0.5}}};
    double box[PAIRS][4] = {{0, 0, 3, 4}, {9, 9, 4.5, 1}, {0, 0, 1, 1}, {0, 0, 1, 1}};

    s->catalog.threshold = s->threshold;
    for (size_t p = 0; p < PAIRS; p++)
        s->threshold[p] = 100;
    s->xy[0][0] = s->xy[KEYPOINTS][0] = 7; /* off by 2 */
    s->catalog.target_box = box;
    request.measure.length = MEASURE_BOX; /* half of 4 and of 4.5 */
    assert_ok(evaluate(context, &s->catalog, &s->results, &request, &s->evaluation));
    assert_near(s->evaluation.scores.all.share[PCK_PER_POINT][0], 11.0 / 12);
    evaluation_free(&s->evaluation);
    request.measure.length = MEASURE_IMAGE; /* half of 20 */
    s->xy[0][0] = 15;
    assert_ok(evaluate(context, &s->catalog, &s->results, &request, &s->evaluation));
    assert_near(s->evaluation.scores.all.share[PCK_PER_POINT][0], 11.0 / 12);
    evaluation_free(&s->evaluation);
    request.measure.length = MEASURE_KEYPOINTS;
    s->xy[0][0] = 7;
    s->to[1][1] = s->xy[1][1] = 9;   /* pair 0: half of 4 */
    s->to[KEYPOINTS + 1][0] = 9.5;   /* pair 1: half of 4.5, */
    s->from[KEYPOINTS + 1][0] = NAN; /* though its source lacks this one; */
    s->to[3 * KEYPOINTS + 1][0] = s->xy[3 * KEYPOINTS + 1][0] = 6;
    assert_ok(evaluate(context, &s->catalog, &s->results, &request, &s->evaluation));
    assert_near(s->evaluation.scores.all.share[PCK_PER_POINT][0], (2 + 2 + 0 + 3) / 11.0); /* pair 2: a box of size 0 */
    evaluation_free(&s->evaluation);
    s->catalog.target_box = NULL;
    request.measure.length = MEASURE_BOX;
    assert_fails(evaluate(context, &s->catalog, &s->results, &request, &s->evaluation), GEOSC_FAILED,
                 "/pairs/target_box: missing");
}

static void boxes_that_are_none(void **state)
{
    struct scene *s = *state;
    double box[PAIRS][4] = {{0, 0, 1, 0}, {0, 0, 0, 1}, {0, 0, 2, 2}, {0, 0, 2, 2}};
    const double wrong[][2] = {{0, 0}, {-1, 0}, {NAN, 5}, {5, INFINITY}};

    s->catalog.target_box = box;
    judge(s, 0.1);
    evaluation_free(&s->evaluation);
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        memcpy(&box[2][2], wrong[i], sizeof wrong[i]);
        refuse(s, 0.1, GEOSC_FAILED, "input.h5: /pairs/target_box: pair 2: has sides ");
    }
}

static void absent_and_missing(void **state)
{
    struct scene *s = *state;

    s->from[0][0] = NAN;                  /* absent in the source: no point */
    s->to[1][1] = NAN;                    /* absent in the target */
    s->xy[2][0] = s->xy[2][1] = NAN;      /* no answer: a miss */
    s->status[1] = GEOSC_PAIR_EMPTY_MASK; /* failed: misses, whatever stands there */
    s->chosen[1] = GEOSC_UNDECIDED;
    s->status[2] = GEOSC_PAIR_BAD_KEYPOINT; /* the others of the pair count */
    for (size_t k = 0; k < KEYPOINTS; k++)
        s->to[3 * KEYPOINTS + k][0] = NAN; /* a pair without points */
    const struct evaluation *e = judge(s, 0.1);
    assert_int_equal(e->scores.all.points, 1 + 3 + 3);
    assert_int_equal(e->scores.all.pairs, 3);
    assert_int_equal(e->scores.all.pairs_without, 1);
    assert_near(e->scores.all.share[PCK_PER_POINT][0], 3.0 / 7);
    assert_near(e->scores.all.share[PCK_PER_IMAGE][0], 1.0 / 3);
    assert_int_equal(e->failed, 2);
    assert_int_equal(e->undecided, 1);
}

static void nothing_to_average(void **state)
{
    struct scene *s = *state;

    for (size_t i = 0; i < PAIRS * KEYPOINTS; i++)
        s->to[i][0] = NAN;
    const struct evaluation *e = judge(s, 0.1);
    assert_int_equal(e->scores.all.points, 0);
    assert_int_equal(e->scores.all.pairs_without, PAIRS);
    assert_true(isnan(e->scores.all.share[PCK_PER_POINT][0]) && isnan(e->scores.all.share[PCK_PER_IMAGE][0]));
}

/* Two dogs and a cat have points, the horse has none. Micro: over all points and pairs; macro: over categories. */
static void categories(void **state)
{
    struct scene *s = *state;
    char *names[PAIRS] = {"dog", "cat", "dog", "horse"};

    memcpy(s->category, names, sizeof names);
    s->catalog.category = s->category;
    s->xy[0][0] = s->xy[1][0] = s->xy[KEYPOINTS][0] = NAN; /* dog 1 of 3, cat 2 of 3, dog 3 of 3 */
    for (size_t k = 0; k < KEYPOINTS; k++)
        s->from[3 * KEYPOINTS + k][0] = NAN;
    s->from[2 * KEYPOINTS][0] = s->from[2 * KEYPOINTS + 1][0] = NAN; /* the second dog: 1 of 1 */
    const struct evaluation *e = judge(s, 0.1);
    assert_int_equal(e->scores.category_count, 3);
    assert_string_equal(e->scores.categories[0].name, "cat");
    assert_string_equal(e->scores.categories[1].name, "dog");
    assert_string_equal(e->scores.categories[2].name, "horse");
    assert_near(e->scores.categories[1].all.share[PCK_PER_POINT][0], 2.0 / 4);
    assert_near(e->scores.categories[1].all.share[PCK_PER_IMAGE][0], (1.0 / 3 + 1) / 2);
    assert_true(isnan(e->scores.categories[2].all.share[PCK_PER_POINT][0]));
    assert_near(e->scores.all.share[PCK_PER_POINT][0], 4.0 / 7);
    assert_near(e->scores.all.share[PCK_PER_IMAGE][0], (1.0 / 3 + 2.0 / 3 + 1) / 3);
    assert_near(e->scores.macro.share[PCK_PER_POINT][0], (2.0 / 4 + 2.0 / 3) / 2);
    assert_near(e->scores.macro.share[PCK_PER_IMAGE][0], ((1.0 / 3 + 1) / 2 + 2.0 / 3) / 2);
    assert_int_equal(e->scores.macro.points, 7);
}

/* In a group by itself, or alone in the target, a point is not geometry-aware. */
static void geometry_subset(void **state)
{
    struct scene *s = *state;
    const int64_t groups[PAIRS * KEYPOINTS] = {4, 4, -1, 4, 4, -1, 0, 1, 2, 7, 7, 7};

    memcpy(s->group, groups, sizeof groups);
    s->catalog.symmetry_group = s->group;
    s->xy[0][0] = NAN;               /* pair 0: 1 of 2 */
    s->to[KEYPOINTS][0] = NAN;       /* pair 1: its partner is alone: none */
    s->from[3 * KEYPOINTS][0] = NAN; /* pair 3: absent in the source only, so the others still have company: 2 */
    const struct evaluation *e = judge(s, 0.1);
    assert_true(e->has_geometry);
    assert_int_equal(e->scores.geometry.points, 4);
    assert_int_equal(e->scores.geometry.pairs, 2);
    assert_int_equal(e->scores.geometry.pairs_without, 2);
    assert_near(e->scores.geometry.share[PCK_PER_POINT][0], 3.0 / 4);
    assert_near(e->scores.geometry.share[PCK_PER_IMAGE][0], (0.5 + 1) / 2);
    assert_int_equal(e->scores.all.points, 12 - 2);
}

static void pose_statistics(void **state)
{
    struct scene *s = *state;
    char *names[PAIRS] = {"hflip", "none", "rot90", "unknown to us"};
    const float imd[PAIRS * 2] = {0.5F, 0.25F, 0.5F, 0.5F, NAN, 0.125F, 1, 2};

    memcpy(s->pose, names, sizeof names);
    memcpy(s->imd, imd, sizeof imd);
    s->catalog.true_pose = s->pose;
    s->chosen[0] = s->chosen[2] = 1;
    const struct evaluation *e = judge(s, 0.1);
    assert_int_equal(e->chosen[0], 2);
    assert_int_equal(e->chosen[1], 2);
    assert_int_equal(e->ties, 1);
    assert_near(e->margin_median, 0.25); /* of 0.25, 0 and 1; the third pair has no runner-up */
    assert_true(e->has_truth);
    assert_int_equal(e->pose_known, 3);
    assert_int_equal(e->pose_right, 2);

    evaluation_free(&s->evaluation);
    s->catalog.target_keypoints = NULL; /* poses alone can be judged */
    e = judge(s, 0.1);
    assert_false(e->has_points);
    assert_int_equal(e->pose_right, 2);
}

static void refuse(struct scene *s, double alpha, enum geosc_status wanted, const char *reason)
{
    const struct evaluate_request request = {.measure = {.alpha_count = 1, .alphas = {alpha}}};

    assert_fails(evaluate(context, &s->catalog, &s->results, &request, &s->evaluation), wanted, reason);
}

static void refusals(void **state)
{
    struct scene *s = *state;

    refuse(s, 0, GEOSC_BAD_USAGE, "alpha");
    refuse(s, NAN, GEOSC_BAD_USAGE, "alpha");
    s->results.pairs--;
    refuse(s, 0.1, GEOSC_FAILED, "input.h5: has 4 pairs, the output 3");
    s->results.pairs++;
    s->results.answers--;
    refuse(s, 0.1, GEOSC_FAILED, "keypoints");
    s->catalog.target_keypoints = NULL;
    refuse(s, 0.1, GEOSC_FAILED, "store the true positions there");
}

static void thresholds_that_are_none(void **state)
{
    struct scene *s = *state;
    const double wrong[] = {0, -1, NAN, INFINITY};

    s->catalog.threshold = s->threshold;
    for (size_t p = 0; p < PAIRS; p++)
        s->threshold[p] = 10;
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        s->threshold[2] = wrong[i];
        refuse(s, 0.1, GEOSC_FAILED, "input.h5: /pairs/threshold: pair 2: is ");
    }
    for (size_t k = 0; k < KEYPOINTS; k++)
        s->to[2 * KEYPOINTS + k][0] = NAN; /* a pair without points needs none */
    assert_int_equal(judge(s, 0.1)->scores.all.pairs, PAIRS - 1);
}

/* NaN alone is an absent target: infinity is refused, and what lies outside its image is told. */
static void targets_that_are_none(void **state)
{
    struct scene *s = *state;
    const double outside[][2] = {{-1, -1}, {1e9, 3}, {20, 3}, {3, 9.51}, {-0.6, 0}};

    assert_int_equal(judge(s, 0.1)->outside.points, 0);
    for (size_t i = 0; i < sizeof outside / sizeof *outside; i++) {
        const struct evaluation *evaluation;
        memcpy(s->to[KEYPOINTS + 1], outside[i], sizeof outside[i]);
        memcpy(s->to[2 * KEYPOINTS], outside[i], sizeof outside[i]);
        memcpy(s->to[2 * KEYPOINTS + 1], outside[i], sizeof outside[i]);
        evaluation = judge(s, 0.1);
        assert_int_equal(evaluation->outside.points, 3);
        assert_int_equal(evaluation->outside.pairs, 2);
        assert_int_equal(evaluation->outside.first_pair, 1);
        assert_int_equal(evaluation->outside.first_k, 1);
    }
    s->to[KEYPOINTS + 1][0] = NAN;
    assert_int_equal(judge(s, 0.1)->outside.points, 2);
    s->to[3 * KEYPOINTS + 2][1] = -INFINITY;
    refuse(s, 0.1, GEOSC_FAILED, "input.h5: /target_keypoints: pair 3: keypoint 2 is at (5, -inf)");
    s->to[3 * KEYPOINTS + 2][0] = NAN;
    assert_int_equal(judge(s, 0.1)->outside.points, 2);
}

#define SCENE(name) cmocka_unit_test_setup_teardown(name, scene_make, scene_free)

int main(void)
{
    const struct CMUnitTest tests[] = {
        SCENE(all_right),
        SCENE(border_is_a_miss),
        SCENE(border_may_be_right),
        SCENE(nearest_of_the_points),
        SCENE(intervals_of_equal_pairs),
        SCENE(errors_at_the_partner),
        SCENE(accuracy_by_confidence),
        SCENE(threshold_in_its_units),
        SCENE(threshold_by_what),
        SCENE(boxes_that_are_none),
        SCENE(absent_and_missing),
        SCENE(nothing_to_average),
        SCENE(categories),
        SCENE(geometry_subset),
        SCENE(pose_statistics),
        SCENE(refusals),
        SCENE(thresholds_that_are_none),
        SCENE(targets_that_are_none),
    };
    return cmocka_run_group_tests_name("evaluate", tests, make_single_context, free_context);
}
