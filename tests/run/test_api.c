/* The calls on arrays in memory: what they refuse; and refine, score and match together give the results of the
 * definitions, computed here in double. test_pipeline.c checks that a whole job gives the same results. */
#include "maps/pose.h"
#include "naive.h"

enum { C = 5, H = 4, W = 7, CELLS = H * W };

/* ---- what is refused -------------------------------------------------------------------------------- */

static void test_context(void **state)
{
    (void)state;
    assert_string_equal(geosc_message(context), "");
    assert_non_null(geosc_message(NULL));
    assert_true(strlen(geosc_version()) > 0);
    geosc_destroy(NULL);
    assert_fails(geosc_configure(context, -1, NULL), GEOSC_BAD_USAGE, "threads");
    assert_fails(geosc_configure(context, 0, "sse9"), GEOSC_BAD_USAGE, "sse9");
    assert_fails(geosc_configure(context, 0, ""), GEOSC_BAD_USAGE, "instruction set");
    assert_int_equal(geosc_configure(NULL, 0, NULL), GEOSC_BAD_USAGE);
    assert_int_equal(geosc_configure(context, 0, NULL), GEOSC_OK); /* which takes the message away */
    assert_string_equal(geosc_message(context), "");
    assert_true(context->threads >= 1);
}

/* Built in, but not on this machine: said so. */
static void test_isa_names(void **state)
{
    const char *name, *last = NULL;
    bool usable;

    (void)state;
    for (size_t i = 0; (name = geosc_isa_name(i, &usable)); i++) {
        last = name;
        if (usable)
            assert_ok(geosc_configure(context, 1, name));
        else
            assert_fails(geosc_configure(context, 1, name), GEOSC_BAD_USAGE, "this machine lacks it");
    }
    assert_string_equal(last, "c");
    assert_true(usable);
    assert_ok(geosc_configure(context, 2, NULL));
}

static void test_refine_refuses(void **state)
{
    float features[CELLS * C] = {0};
    geosc_map *map = (geosc_map *)(void *)features;

    (void)state;
    assert_int_equal(geosc_refine(NULL, NULL, features, C, H, W, GEOSC_POSE_NONE, &map), GEOSC_BAD_USAGE);
    assert_int_equal(geosc_refine(context, NULL, features, C, H, W, GEOSC_POSE_NONE, NULL), GEOSC_BAD_USAGE);
    assert_fails(geosc_refine(context, NULL, NULL, C, H, W, GEOSC_POSE_NONE, &map), GEOSC_BAD_USAGE, "features");
    assert_null(map);
    assert_fails(geosc_refine(context, NULL, features, 0, H, W, GEOSC_POSE_NONE, &map), GEOSC_BAD_USAGE, "sizes");
    assert_fails(geosc_refine(context, NULL, features, C, 0, W, GEOSC_POSE_NONE, &map), GEOSC_BAD_USAGE, "sizes");
    assert_fails(geosc_refine(context, NULL, features, C, H, 0, GEOSC_POSE_NONE, &map), GEOSC_BAD_USAGE, "sizes");
    assert_fails(geosc_refine(context, NULL, features, C, H, W, GEOSC_POSES, &map), GEOSC_BAD_USAGE, "pose");
    assert_fails(geosc_refine(context, NULL, features, SIZE_MAX / 2, H, W, GEOSC_POSE_NONE, &map), GEOSC_FAILED,
                 "too large");
    for (int bad = 0; bad < 3; bad++) {
        features[CELLS * C - 1] = bad == 0 ? NAN : bad == 1 ? INFINITY : -INFINITY;
        assert_fails(geosc_refine(context, NULL, features, C, H, W, GEOSC_POSE_NONE, &map), GEOSC_FAILED, "finite");
        assert_null(map);
    }
}

static void test_score_and_match_refuse(void **state)
{
    float features[CELLS * C] = {1}, mask[CELLS] = {0}, imd, xy[1][2], score;
    const int cells[5][2] = {{0, 0}, {W, 0}, {0, H}, {-1, 0}, {0, -1}};
    geosc_map *map, *other;

    (void)state;
    assert_ok(geosc_refine(context, NULL, features, C, H, W, GEOSC_POSE_NONE, &map));
    assert_ok(geosc_refine(context, NULL, features, C - 1, H, W, GEOSC_POSE_NONE, &other));
    assert_int_equal(geosc_score(NULL, map, NULL, map, NULL, GEOSC_IMD_SQUARED, &imd), GEOSC_BAD_USAGE);
    assert_fails(geosc_score(context, NULL, NULL, map, NULL, GEOSC_IMD_SQUARED, &imd), GEOSC_BAD_USAGE, "map");
    assert_fails(geosc_score(context, map, NULL, NULL, NULL, GEOSC_IMD_SQUARED, &imd), GEOSC_BAD_USAGE, "map");
    assert_fails(geosc_score(context, map, NULL, map, NULL, GEOSC_IMD_SQUARED, NULL), GEOSC_BAD_USAGE, "imd");
    assert_fails(geosc_score(context, map, NULL, map, NULL, GEOSC_IMD_NONE, &imd), GEOSC_BAD_USAGE, "none");
    assert_fails(geosc_score(context, map, NULL, other, NULL, GEOSC_IMD_SQUARED, &imd), GEOSC_BAD_USAGE,
                 "5 and 4 channels");
    assert_fails(geosc_score(context, map, NULL, map, NULL, (enum geosc_imd)7, &imd), GEOSC_BAD_USAGE, "7");
    assert_fails(geosc_score(context, map, mask, map, NULL, GEOSC_IMD_SQUARED, &imd), GEOSC_FAILED,
                 "source mask has no cell");
    assert_fails(geosc_score(context, map, NULL, map, mask, GEOSC_IMD_SQUARED, &imd), GEOSC_FAILED,
                 "target mask has no cell");
    assert_fails(geosc_match(context, map, cells, 1, map, mask, 15, 1, xy, &score), GEOSC_FAILED,
                 "target mask has no cell");
    mask[3] = -1;
    assert_fails(geosc_score(context, map, mask, map, NULL, GEOSC_IMD_SQUARED, &imd), GEOSC_FAILED, "negative");
    for (size_t i = 0; i < CELLS; i++)
        mask[i] = 1e30F;
    assert_fails(geosc_score(context, map, mask, map, NULL, GEOSC_IMD_SQUARED, &imd), GEOSC_FAILED, "beyond float32");
    assert_fails(geosc_match(context, map, cells, 1, other, NULL, 15, 1, xy, &score), GEOSC_BAD_USAGE, "channels");
    assert_fails(geosc_match(context, map, cells, 1, map, NULL, 14, 1, xy, &score), GEOSC_BAD_USAGE, "window");
    assert_fails(geosc_match(context, map, cells, 1, map, NULL, -1, 1, xy, &score), GEOSC_BAD_USAGE, "window");
    assert_fails(geosc_match(context, map, cells, 1, map, NULL, 15, 0, xy, &score), GEOSC_BAD_USAGE, "temperature");
    assert_fails(geosc_match(context, map, cells, 1, map, NULL, 15, NAN, xy, &score), GEOSC_BAD_USAGE, "temperature");
    assert_fails(geosc_match(context, map, cells, 1, map, NULL, 15, INFINITY, xy, &score), GEOSC_BAD_USAGE,
                 "temperature");
    assert_fails(geosc_match(context, map, NULL, 1, map, NULL, 15, 1, xy, &score), GEOSC_BAD_USAGE, "cells");
    assert_fails(geosc_match(context, map, cells, 1, map, NULL, 15, 1, NULL, &score), GEOSC_BAD_USAGE,
                 "must not be NULL");
    assert_fails(geosc_match(context, map, cells, 1, map, NULL, 15, 1, xy, NULL), GEOSC_BAD_USAGE, "must not be NULL");
    for (size_t i = 1; i < 5; i++)
        assert_fails(geosc_match(context, map, &cells[i], 1, map, NULL, 15, 1, xy, &score), GEOSC_BAD_USAGE,
                     "outside the 7 x 4 source");
    assert_ok(geosc_match(context, map, NULL, 0, map, NULL, 15, 1, NULL, NULL));
    assert_string_equal(geosc_message(context), "");
    geosc_map_free(map);
    geosc_map_free(other);
}

/* ---- what comes out --------------------------------------------------------------------------------- */

/* A residual network as a state_dict: one block of HIDDEN channels, the 3x3 a plain identity or a random mix. */
enum { HIDDEN = 3, TENSORS = 15 };

struct state_dict {
    float values[TENSORS][C * HIDDEN * 9];
    struct geosc_tensor tensors[TENSORS];
};

static void make_state_dict(struct random *random, struct state_dict *dict)
{
    static const struct {
        const char *key;
        size_t rank, dims[4];
    } rows[TENSORS] = {
        {"blocks.0.net.0.weight", 4, {HIDDEN, C, 1, 1}},
        {"blocks.0.net.1.weight", 1, {HIDDEN}},
        {"blocks.0.net.1.bias", 1, {HIDDEN}},
        {"blocks.0.net.1.running_mean", 1, {HIDDEN}},
        {"blocks.0.net.1.running_var", 1, {HIDDEN}},
        {"blocks.0.net.3.weight", 4, {HIDDEN, HIDDEN, 3, 3}},
        {"blocks.0.net.4.weight", 1, {HIDDEN}},
        {"blocks.0.net.4.bias", 1, {HIDDEN}},
        {"blocks.0.net.4.running_mean", 1, {HIDDEN}},
        {"blocks.0.net.4.running_var", 1, {HIDDEN}},
        {"blocks.0.net.6.weight", 4, {C, HIDDEN, 1, 1}},
        {"blocks.0.net.7.weight", 1, {C}},
        {"blocks.0.net.7.bias", 1, {C}},
        {"blocks.0.net.7.running_mean", 1, {C}},
        {"blocks.0.net.7.running_var", 1, {C}},
    };

    for (size_t t = 0; t < TENSORS; t++) {
        struct geosc_tensor *tensor = &dict->tensors[t];
        *tensor = (struct geosc_tensor){.key = rows[t].key, .rank = rows[t].rank, .data = dict->values[t]};
        size_t n = 1;
        for (size_t d = 0; d < rows[t].rank; d++)
            n *= tensor->dims[d] = rows[t].dims[d];
        random_fill(random, dict->values[t], n);
        for (size_t i = 0; strstr(rows[t].key, "running_var") && i < n; i++)
            dict->values[t][i] = 1.5F + dict->values[t][i]; /* 0.5 .. 2.5 */
    }
}

/* y = batchnorm(conv(x)) with the five tensors that begin at `first`; taps 1 or 9. */
static void naive_convolution(const struct state_dict *dict, size_t first, const double *x, size_t inputs, size_t h,
                              size_t w, double *y)
{
    const struct geosc_tensor *weight = &dict->tensors[first];
    long reach = weight->dims[2] == 3;

    for (size_t o = 0; o < weight->dims[0]; o++)
        for (long r = 0; r < (long)h; r++)
            for (long c = 0; c < (long)w; c++) {
                double sum = 0, scale, mean, variance, shift;
                for (size_t i = 0; i < inputs; i++)
                    for (long dr = -reach; dr <= reach; dr++)
                        for (long dc = -reach; dc <= reach; dc++) {
                            size_t k = ((o * inputs + i) * weight->dims[2] + (size_t)(dr + reach)) * weight->dims[3] +
                                       (size_t)(dc + reach);
                            if (r + dr >= 0 && r + dr < (long)h && c + dc >= 0 && c + dc < (long)w)
                                sum += (double)weight->data[k] * x[(i * h + (size_t)(r + dr)) * w + (size_t)(c + dc)];
                        }
                scale = (double)dict->tensors[first + 1].data[o];
                shift = (double)dict->tensors[first + 2].data[o];
                mean = (double)dict->tensors[first + 3].data[o];
                variance = (double)dict->tensors[first + 4].data[o];
                y[(o * h + (size_t)r) * w + (size_t)c] = (sum - mean) / sqrt(variance + 1e-5) * scale + shift;
            }
}

/* out [C][h][w]: the features posed, refined by the network (NULL: none) and normalised. */
static void naive_refine(const struct state_dict *dict, const float *features, enum geosc_pose pose, size_t h, size_t w,
                         double *out)
{
    double a[HIDDEN * CELLS], b[HIDDEN * CELLS], x[C * CELLS];

    for (size_t i = 0; i < C * CELLS; i++) /* features are H x W, the posed map h x w */
        out[i] = (double)features[i / CELLS * CELLS + naive_pose_from(pose, H, W, i % CELLS / w, i % CELLS % w)];
    if (dict) {
        naive_convolution(dict, 0, out, C, h, w, a);
        for (size_t i = 0; i < HIDDEN * CELLS; i++)
            a[i] = fmax(0, a[i]);
        naive_convolution(dict, 5, a, HIDDEN, h, w, b);
        for (size_t i = 0; i < HIDDEN * CELLS; i++)
            b[i] = fmax(0, b[i]);
        naive_convolution(dict, 10, b, HIDDEN, h, w, x);
        for (size_t i = 0; i < C * CELLS; i++)
            out[i] = fmax(0, out[i] + x[i]);
    }
    for (size_t i = 0; i < CELLS; i++) {
        double norm = 0;
        for (size_t c = 0; c < C; c++)
            norm += out[c * CELLS + i] * out[c * CELLS + i];
        for (size_t c = 0; c < C; c++)
            out[c * CELLS + i] /= sqrt(norm) + 1e-6;
    }
}

static void test_refine(void **state)
{
    struct random random = {1};
    struct state_dict dict;
    float features[C * CELLS], copy[C * CELLS];
    double expected[C * CELLS];
    geosc_model *model;
    const char *isa;

    (void)state;
    make_state_dict(&random, &dict);
    random_fill(&random, features, C * CELLS);
    assert_ok(geosc_model_from_tensors(context, dict.tensors, TENSORS, &model));
    assert_int_equal(geosc_model_channels(model), C);
    assert_int_equal(geosc_model_parameters(model), 2 * C * HIDDEN + 9 * HIDDEN * HIDDEN + 4 * HIDDEN + 2 * C);
    for (size_t set = 0; (isa = usable_isa(set)); set++)
        for (int p = 0; p < 2 * GEOSC_POSES; p++) {
            enum geosc_pose pose = (enum geosc_pose)(p % GEOSC_POSES);
            bool with_model = p >= GEOSC_POSES;
            size_t channels, h, w;
            geosc_map *map;
            assert_ok(geosc_configure(context, 2, isa));
            assert_ok(geosc_refine(context, with_model ? model : NULL, features, C, H, W, pose, &map));
            geosc_map_size(map, &channels, &h, &w);
            assert_true(channels == C && h == (naive_pose_turns(pose) ? W : H) &&
                        w == (naive_pose_turns(pose) ? H : W));
            geosc_map_copy(map, copy);
            naive_refine(with_model ? &dict : NULL, features, pose, h, w, expected);
            for (size_t i = 0; i < C * CELLS; i++)
                if (!(fabs((double)copy[i] - expected[i]) <= 5e-6))
                    fail_msg("%s, pose %s: %.9g instead of %.9g", isa, geosc_pose_name(pose), (double)copy[i],
                             expected[i]);
            geosc_map_free(map);
        }
    float more[6 * 4] = {0};
    geosc_map *map;
    assert_fails(geosc_refine(context, model, more, 6, 2, 2, GEOSC_POSE_NONE, &map), GEOSC_BAD_USAGE,
                 "5 channels, not 6");
    geosc_model_free(model);
    geosc_model_free(NULL);
}

/* A source against itself posed: each cell finds itself, at similarity 1, and the distance is that of normalisation. */
static void test_score_and_match(void **state)
{
    struct random random = {2};
    float features[C * CELLS], mask[CELLS], imd, xy[CELLS][2], score[CELLS];
    int cells[CELLS][2];
    geosc_map *source, *target;

    (void)state;
    random_fill(&random, features, C * CELLS);
    for (size_t i = 0; i < CELLS; i++) {
        cells[i][0] = (int)(i % W);
        cells[i][1] = (int)(i / W);
        mask[i] = (float)(i % 3) / 2;
    }
    assert_ok(geosc_configure(context, 2, NULL));
    assert_ok(geosc_refine(context, NULL, features, C, H, W, GEOSC_POSE_NONE, &source));
    for (int p = 0; p < GEOSC_POSES; p++) {
        size_t channels, h, w;
        assert_ok(geosc_refine(context, NULL, features, C, H, W, (enum geosc_pose)p, &target));
        geosc_map_size(target, &channels, &h, &w);
        for (int kind = GEOSC_IMD_SQUARED; kind < GEOSC_IMD_NONE; kind++) {
            assert_ok(geosc_score(context, source, NULL, target, NULL, (enum geosc_imd)kind, &imd));
            assert_true(imd == 0);
        }
        /* weights 0.5 and 1: a cell of weight m is at distance |m f - f| = (1 - m) |f| */
        assert_ok(geosc_score(context, source, mask, target, NULL, GEOSC_IMD_SQUARED, &imd));
        assert_true(fabs((double)imd - 9 * 0.5 * 0.25 / (9 * 0.5 + 9 * 1)) < 1e-5);
        assert_ok(geosc_match(context, source, (const int(*)[2])cells, CELLS, target, NULL, 3, 1e-6, xy, score));
        for (size_t i = 0; i < CELLS; i++) {
            double x = cells[i][0], y = cells[i][1];
            geosc_pose_point((enum geosc_pose)p, W, H, &x, &y);
            assert_true(fabs((double)xy[i][0] - x) < 1e-3 && fabs((double)xy[i][1] - y) < 1e-3);
            assert_true(fabs((double)score[i] - 1) < 1e-5);
        }
        geosc_map_free(target);
    }
    geosc_map_free(source);
}

/* A failed call leaves its message until the next one; many contexts don't mix. */
static void test_messages(void **state)
{
    geosc_context *other = geosc_create();
    geosc_map *map;
    const float one = 1;

    (void)state;
    assert_non_null(other);
    assert_int_equal(geosc_configure(other, -3, NULL), GEOSC_BAD_USAGE);
    assert_ok(geosc_refine(context, NULL, &one, 1, 1, 1, GEOSC_POSE_NONE, &map));
    assert_non_null(strstr(geosc_message(other), "-3"));
    assert_string_equal(geosc_message(context), "");
    /* One line, whatever is named in it. */
    assert_int_equal(geosc_configure(other, 1, "a\nb\033[2J\177"), GEOSC_BAD_USAGE);
    assert_non_null(strstr(geosc_message(other), "a\\x0ab\\x1b[2J\\x7f"));
    geosc_map_free(map);
    geosc_destroy(other);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_context),        cmocka_unit_test(test_isa_names),
        cmocka_unit_test(test_refine_refuses), cmocka_unit_test(test_score_and_match_refuse),
        cmocka_unit_test(test_refine),         cmocka_unit_test(test_score_and_match),
        cmocka_unit_test(test_messages),
    };

    return cmocka_run_group_tests_name("api", tests, make_context, free_context);
}
