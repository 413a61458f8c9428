/*
 * From stored bytes to features on one grid, and to masks: levels against naive bilinear interpolation in double,
 * groups normalised together, and faulty values. The raw rows are made here, as plain arrays or as chunks without
 * filters.
 */
#include "naive.h"
#include "network/load.h"

/* Row 1 of an array [2][C][H][W] of float32, stored whole. */
static struct raw make_raw(const float *values, size_t C, size_t H, size_t W)
{
    size_t bytes = C * H * W * sizeof(float);
    struct raw raw = {.rank = 4,
                      .dims = {2, C, H, W},
                      .row = 1,
                      .format = {NUMBER_F32, false},
                      .piece_count = 1,
                      .byte_count = bytes};

    assert_ok(memory_allocate(context, &raw.pieces, 1, sizeof *raw.pieces, "pieces"));
    assert_ok(memory_allocate(context, &raw.bytes, bytes, 1, "bytes"));
    memcpy(raw.bytes, values, bytes);
    raw.pieces[0] = (struct raw_piece){.bytes = bytes, .start = {1, 0, 0, 0}, .size = {1, C, H, W}};
    return raw;
}

/* The same in chunks of [1][2][3][2], those at the edge stored whole. */
static struct raw make_chunked(const float *values, size_t C, size_t H, size_t W)
{
    enum { C_CHUNK = 2, H_CHUNK = 3, W_CHUNK = 2, CHUNK = C_CHUNK * H_CHUNK * W_CHUNK };
    struct raw raw = {.rank = 4, .dims = {2, C, H, W}, .row = 1, .format = {NUMBER_F32, false}};
    size_t most = (C / C_CHUNK + 1) * (H / H_CHUNK + 1) * (W / W_CHUNK + 1);

    assert_ok(memory_allocate(context, &raw.pieces, most, sizeof *raw.pieces, "pieces"));
    assert_ok(memory_allocate_zero(context, &raw.bytes, most * CHUNK, sizeof(float), "bytes"));
    for (size_t c = 0; c < C; c += C_CHUNK)
        for (size_t h = 0; h < H; h += H_CHUNK)
            for (size_t w = 0; w < W; w += W_CHUNK) {
                float *chunk = (float *)(void *)(raw.bytes + raw.byte_count);
                for (size_t i = 0; i < CHUNK; i++) {
                    size_t cc = c + i / (H_CHUNK * W_CHUNK), hh = h + i / W_CHUNK % H_CHUNK, ww = w + i % W_CHUNK;
                    /* what hangs over the edge must not be looked at */
                    chunk[i] = cc < C && hh < H && ww < W ? values[(cc * H + hh) * W + ww] : NAN;
                }
                raw.pieces[raw.piece_count++] = (struct raw_piece){.byte_offset = raw.byte_count,
                                                                   .bytes = CHUNK * sizeof(float),
                                                                   .start = {1, c, h, w},
                                                                   .size = {1, C_CHUNK, H_CHUNK, W_CHUNK}};
                raw.byte_count += CHUNK * sizeof(float);
            }
    return raw;
}

/* torch.nn.functional.interpolate(mode="bilinear", align_corners=False) of one plane, at one place. */
static double naive_bilinear(const float *plane, size_t m_h, size_t m_w, size_t H, size_t W, size_t y, size_t x)
{
    double sy = fmax(0, ((double)y + 0.5) * (double)m_h / (double)H - 0.5),
           sx = fmax(0, ((double)x + 0.5) * (double)m_w / (double)W - 0.5);
    double sum = 0;

    for (size_t j = 0; j < m_h; j++)
        for (size_t i = 0; i < m_w; i++) {
            /* hat functions; beyond the last centre the last one stays 1 */
            double wy = fmax(0, 1 - fabs(fmin(sy, (double)m_h - 1) - (double)j));
            double wx = fmax(0, 1 - fabs(fmin(sx, (double)m_w - 1) - (double)i));
            sum += wy * wx * (double)plane[j * m_w + i];
        }
    return sum;
}

struct level {
    size_t C, H, W;
    int group;
};

/* The fused features in double, [channels][H][W]. */
static void naive_fuse(const struct level *levels, size_t count, float *const *values, bool zero_shot, double *out)
{
    size_t H = levels[0].H, W = levels[0].W, channel = 0;
    int group_of[64];

    for (size_t l = 0; l < count; l++)
        for (size_t c = 0; c < levels[l].C; c++, channel++) {
            group_of[channel] = levels[l].group;
            for (size_t i = 0; i < H * W; i++)
                out[channel * H * W + i] = naive_bilinear(values[l] + c * levels[l].H * levels[l].W, levels[l].H,
                                                          levels[l].W, H, W, i / W, i % W);
        }
    for (size_t i = 0; zero_shot && i < H * W; i++) {
        double norm[64] = {0};
        for (size_t a = 0; a < channel; a++)
            for (size_t b = 0; b < channel; b++)
                if (group_of[b] == group_of[a])
                    norm[a] += out[b * H * W + i] * out[b * H * W + i];
        for (size_t a = 0; a < channel; a++)
            if (group_of[a] != CATALOG_NO_GROUP)
                out[a * H * W + i] /= sqrt(norm[a]) + 1e-6;
    }
}

static void check_levels(struct random *random, const struct level *levels, size_t count, bool zero_shot)
{
    struct h5_array arrays[CATALOG_LEVELS] = {0};
    struct features features = {.level_count = count, .levels = arrays, .height = levels[0].H, .width = levels[0].W};
    struct load_scratch scratch = {0};
    struct raw raws[CATALOG_LEVELS];
    float *values[CATALOG_LEVELS];
    enum geosc_pair_status result;
    const char *isa;

    for (size_t l = 0; l < count; l++) {
        size_t n = levels[l].C * levels[l].H * levels[l].W;
        values[l] = malloc(n * sizeof(float));
        random_fill(random, values[l], n);
        raws[l] = (l % 2 ? make_raw : make_chunked)(values[l], levels[l].C, levels[l].H, levels[l].W);
        memcpy(arrays[l].dims, raws[l].dims, sizeof raws[l].dims);
        arrays[l].rank = 4;
        features.norm_group[l] = levels[l].group;
        features.grouped |= levels[l].group != CATALOG_NO_GROUP;
        features.channels += levels[l].C;
    }
    size_t n = features.channels * features.height * features.width;
    float *out = malloc(n * sizeof *out);
    double *expected = malloc(n * sizeof *expected);
    naive_fuse(levels, count, values, zero_shot, expected);
    for (size_t set = 0; (isa = usable_isa(set)); set++)
        for (int t = 0; t < THREAD_COUNTS; t++) {
            assert_ok(geosc_configure(context, thread_counts[t], isa));
            memset(out, 0xff, n * sizeof *out);
            assert_ok(load_features(context, &features, raws, NULL, zero_shot, &scratch, out, &result));
            assert_int_equal(result, GEOSC_PAIR_OK);
            for (size_t i = 0; i < n; i++)
                if (!(fabs((double)out[i] - expected[i]) <= 5e-7))
                    fail_msg("element %zu: %.9g instead of %.9g", i, (double)out[i], expected[i]);
            if (count == 1 && !features.grouped)
                assert_memory_equal(out, values[0], n * sizeof *out);
        }
    for (size_t l = 0; l < count; l++) {
        raw_free(&raws[l]);
        free(values[l]);
    }
    free(out);
    free(expected);
    load_scratch_free(&scratch);
}

static void test_levels(void **state)
{
    enum { NO = CATALOG_NO_GROUP };
    const struct level one[] = {{37, 13, 29, NO}};
    const struct level larger_and_smaller[] = {{3, 7, 5, NO}, {2, 14, 10, NO}, {5, 3, 2, NO},
                                               {1, 1, 1, NO}, {2, 7, 5, NO},   {3, 20, 3, NO}};
    const struct level tiny[] = {{1, 1, 1, NO}, {2, 4, 9, NO}};
    const struct level grouped[] = {{3, 12, 11, 1}, {2, 6, 5, 7},  {4, 12, 11, NO},
                                    {5, 24, 22, 1}, {1, 3, 3, -1}, {2, 12, 11, 7}};
    const struct level one_group[] = {{5, 9, 8, 0}};
    struct random random = {1};

    (void)state;
    check_levels(&random, one, 1, true);
    check_levels(&random, larger_and_smaller, 6, false);
    check_levels(&random, larger_and_smaller, 6, true);
    check_levels(&random, tiny, 2, false);
    check_levels(&random, grouped, 6, true);
    check_levels(&random, grouped, 6, false); /* a model takes the levels as they are */
    check_levels(&random, one_group, 1, true);
}

/* A level that keeps its grid lies between the others as it is; these are resized as without it. */
static void test_own_grid(void **state)
{
    enum { CELLS = 7 * 5, OWN = 2 * 3 * 2 };
    const struct level levels[3] = {
        {3, 7, 5, CATALOG_NO_GROUP}, {2, 3, 2, CATALOG_NO_GROUP}, {4, 6, 4, CATALOG_NO_GROUP}};
    const struct grids grids = {9, 7, 5, 1, {{3, 2, 3, 2}}};
    struct features features = {.level_count = 3, .channels = 9, .height = 7, .width = 5};
    struct random random = {7};
    struct load_scratch scratch = {0};
    enum geosc_pair_status result;
    float values[4 * CELLS], own[OWN], all[9 * CELLS], out[9 * CELLS];
    struct raw raws[3];

    (void)state;
    assert_ok(geosc_configure(context, 2, NULL));
    for (size_t l = 0; l < 3; l++) {
        random_fill(&random, values, sizeof values / sizeof *values);
        raws[l] = make_raw(values, levels[l].C, levels[l].H, levels[l].W);
        if (l == 1)
            memcpy(own, values, sizeof own);
    }
    assert_ok(load_features(context, &features, raws, NULL, false, &scratch, all, &result));
    assert_ok(load_features(context, &features, raws, &grids, false, &scratch, out, &result));
    assert_int_equal(result, GEOSC_PAIR_OK);
    assert_memory_equal(out, all, 3 * CELLS * sizeof *out);
    assert_memory_equal(out + 3 * CELLS, own, sizeof own);
    assert_memory_equal(out + 3 * CELLS + OWN, all + 5 * CELLS, 4 * CELLS * sizeof *out);
    for (size_t l = 0; l < 3; l++)
        raw_free(&raws[l]);
    load_scratch_free(&scratch);
}

/* The worst of the levels is what the image is. */
static void test_faults(void **state)
{
    const float good[4] = {1, 2, 3, 4}, infinite[4] = {1, INFINITY, 3, 4}, nan[4] = {1, 2, NAN, 4},
                zero[4] = {0, -0.0F, 0, 0};
    struct h5_array arrays[2] = {0};
    struct features features = {.level_count = 2, .levels = arrays, .channels = 2, .height = 2, .width = 2};
    struct load_scratch scratch = {0};
    enum geosc_pair_status result;
    float out[8];

    (void)state;
    assert_ok(geosc_configure(context, 2, NULL));
    for (int bad = 0; bad < 4; bad++) {
        struct raw raws[2] = {make_raw(bad == 1 ? infinite : bad == 2 ? nan : good, 1, 2, 2), make_raw(good, 1, 2, 2)};
        arrays[0].dims[1] = arrays[1].dims[1] = 1;
        if (bad == 3) { /* unreadable outweighs not finite */
            ((float *)(void *)raws[0].bytes)[0] = NAN;
            raws[1].pieces[0].bytes = 0;
        }
        assert_ok(load_features(context, &features, raws, NULL, false, &scratch, out, &result));
        assert_int_equal(result, bad == 0 ? GEOSC_PAIR_OK : bad == 3 ? GEOSC_PAIR_UNREADABLE : GEOSC_PAIR_BAD_FEATURES);
        raw_free(&raws[0]);
        raw_free(&raws[1]);
    }
    for (int all = 0; all < 2; all++) { /* one level that is not zero is enough */
        struct raw raws[2] = {make_raw(zero, 1, 2, 2), make_raw(all ? zero : good, 1, 2, 2)};
        assert_ok(load_features(context, &features, raws, NULL, true, &scratch, out, &result));
        assert_int_equal(result, all ? GEOSC_PAIR_EMPTY_FEATURES : GEOSC_PAIR_OK);
        raw_free(&raws[0]);
        raw_free(&raws[1]);
    }
    load_scratch_free(&scratch);
}

static void test_masks(void **state)
{
    const struct {
        float mask[3];
        enum geosc_pair_status status;
    } cases[] = {
        {{0, 0, 1}, GEOSC_PAIR_OK},
        {{1e-38F, 0, 0}, GEOSC_PAIR_OK},
        {{0.25F, 255, 3e38F}, GEOSC_PAIR_OK},
        {{0, 0, 0}, GEOSC_PAIR_EMPTY_MASK},
        {{-0.0F, 0, -0.0F}, GEOSC_PAIR_EMPTY_MASK},
        {{1, -1e-38F, 0}, GEOSC_PAIR_BAD_MASK},
        {{1, 1, NAN}, GEOSC_PAIR_BAD_MASK},
        {{INFINITY, 1, 1}, GEOSC_PAIR_BAD_MASK},
        {{-INFINITY, 0, 0}, GEOSC_PAIR_BAD_MASK},
    };
    struct load_scratch scratch = {0};
    enum geosc_pair_status result;
    float out[3];

    (void)state;
    assert_ok(geosc_configure(context, 2, NULL));
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct raw raw = make_raw(cases[i].mask, 1, 1, 3);
        assert_int_equal(load_check_mask(cases[i].mask, 3), cases[i].status);
        assert_ok(load_mask(context, &raw, &scratch, out, &result));
        assert_int_equal(result, cases[i].status);
        raw.pieces[0].bytes--;
        assert_ok(load_mask(context, &raw, &scratch, out, &result));
        assert_int_equal(result, GEOSC_PAIR_UNREADABLE);
        raw_free(&raw);
    }
    load_scratch_free(&scratch);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_levels),
        cmocka_unit_test(test_own_grid),
        cmocka_unit_test(test_faults),
        cmocka_unit_test(test_masks),
    };

    return cmocka_run_group_tests_name("load", tests, make_context, free_context);
}
