/* Convolutions and the residual network on panels against the same in double, cell by cell. Weights are packed here
 * as model.h says, so that only the layers are tested. */
#include "maps/pose.h"
#include "naive.h"
#include "network/refine.h"

enum { MOST_MAPS = 4 };

/* A layer's weights as PyTorch has them, [outputs][inputs][taps], and packed. */
struct layer {
    float *weights;
    struct convolution packed;
};

static struct layer random_layer(struct random *random, size_t inputs, size_t outputs, size_t taps, bool bias)
{
    size_t depth = inputs * taps, tiles = (outputs + TILE - 1) / TILE;
    struct layer layer = {malloc(outputs * depth * sizeof(float)), {inputs, outputs, taps, NULL, NULL}};
    float *packed, *biases;

    assert_ok(memory_allocate_zero(context, &packed, tiles * depth * TILE, sizeof *packed, "weights"));
    assert_ok(memory_allocate_zero(context, &biases, outputs, sizeof *biases, "bias"));
    random_fill(random, layer.weights, outputs * depth);
    random_fill(random, biases, outputs);
    for (size_t o = 0; o < outputs; o++)
        for (size_t k = 0; k < depth; k++)
            packed[(o / TILE * depth + k) * TILE + o % TILE] = layer.weights[o * depth + k];
    layer.packed.weights = packed;
    layer.packed.bias = bias ? biases : NULL;
    if (!bias)
        memory_free(biases);
    return layer;
}

static void free_layer(struct layer *layer)
{
    free(layer->weights);
    memory_free(layer->packed.weights);
    memory_free(layer->packed.bias);
}

/* out [outputs][H][W] = relu(weights * in + bias + residual), zero beyond the borders; PyTorch's conv2d. */
static void naive_layer(const struct layer *layer, const double *in, size_t H, size_t W, const double *residual,
                        double *out)
{
    size_t inputs = layer->packed.inputs, taps = layer->packed.taps;
    long reach = taps == 9;

    for (size_t o = 0; o < layer->packed.outputs; o++)
        for (long y = 0; y < (long)H; y++)
            for (long x = 0; x < (long)W; x++) {
                size_t at = (o * H + (size_t)y) * W + (size_t)x, k = o * inputs * taps;
                double sum = layer->packed.bias ? (double)layer->packed.bias[o] : 0;
                for (size_t i = 0; i < inputs; i++)
                    for (long dy = -reach; dy <= reach; dy++)
                        for (long dx = -reach; dx <= reach; dx++, k++)
                            if (y + dy >= 0 && y + dy < (long)H && x + dx >= 0 && x + dx < (long)W)
                                sum +=
                                    (double)layer->weights[k] * in[(i * H + (size_t)(y + dy)) * W + (size_t)(x + dx)];
                if (residual)
                    sum += residual[at];
                out[at] = sum > 0 ? sum : 0;
            }
}

static double *widen(const float *in, size_t n)
{
    double *out = malloc(n * sizeof *out);

    for (size_t i = 0; i < n; i++)
        out[i] = (double)in[i];
    return out;
}

/* Panels [panels][channels][PANEL] against planes [channels][cells], relative to the planes' root mean square. */
static void expect_panels(const char *what, const float *panel, const double *planes, size_t channels, size_t cells)
{
    double square = 0;

    for (size_t i = 0; i < channels * cells; i++)
        square += planes[i] * planes[i];
    double tolerance = 1e-5 * sqrt(square / (double)(channels * cells)) + 1e-12;
    for (size_t c = 0; c < channels; c++)
        for (size_t i = 0; i < map_panels(cells) * PANEL; i++) {
            double expected = planes[c * cells + (i < cells ? i : cells - 1)];
            double found = (double)panel[(i / PANEL * channels + c) * PANEL + i % PANEL];
            if (!(fabs(found - expected) <= tolerance))
                fail_msg("%s: channel %zu, place %zu: %.9g instead of %.9g (%.2g)", what, c, i, found, expected,
                         tolerance);
        }
}

/* A batch of maps of different shapes through one layer; every instruction set, and the same bits on any threads. */
static void check_layer(struct random *random, size_t inputs, size_t outputs, size_t taps, bool bias, bool residual)
{
    struct layer layer = random_layer(random, inputs, outputs, taps, bias);
    size_t count = 1 + random_below(random, 3);
    struct layer_item items[3];
    geosc_map *in[3], *out[3];
    float *features[3], *before[3];
    float *scratch = aligned_alloc(64, 8 * convolution_scratch_floats() * sizeof *scratch);
    const char *isa;

    for (size_t i = 0; i < count; i++) {
        size_t H = 1 + random_below(random, 12), W = 1 + random_below(random, 12);
        features[i] = random_features(random, inputs * H * W);
        before[i] = random_features(random, outputs * H * W);
        in[i] = raw_map(features[i], inputs, H, W);
    }
    for (size_t set = 0; (isa = usable_isa(set)); set++) {
        float *first[3] = {NULL, NULL, NULL};
        for (int t = 0; t < THREAD_COUNTS; t++) {
            assert_ok(geosc_configure(context, thread_counts[t], isa));
            for (size_t i = 0; i < count; i++) {
                out[i] = raw_map(before[i], outputs, in[i]->height, in[i]->width);
                items[i] = (struct layer_item){in[i]->values, out[i]->values, in[i]->height,
                                               in[i]->width,  in[i]->cells,   in[i]->panels};
            }
            if (taps == 1)
                convolution_pointwise(context, &layer.packed, items, count, residual);
            else
                convolution_direct(context, &layer.packed, items, count, true, scratch);
            for (size_t i = 0; i < count; i++) {
                size_t bytes = out[i]->panels * outputs * PANEL * sizeof(float);
                if (t == 0) {
                    first[i] = malloc(bytes);
                    memcpy(first[i], out[i]->values, bytes);
                }
                assert_memory_equal(out[i]->values, first[i], bytes);
                geosc_map_free(out[i]);
            }
        }
        for (size_t i = 0; i < count; i++) {
            double *x = widen(features[i], inputs * in[i]->cells), *add = widen(before[i], outputs * in[i]->cells);
            double *expected = malloc(outputs * in[i]->cells * sizeof *expected);
            naive_layer(&layer, x, in[i]->height, in[i]->width, residual ? add : NULL, expected);
            expect_panels(isa, first[i], expected, outputs, in[i]->cells);
            free(x);
            free(add);
            free(expected);
            free(first[i]);
        }
    }
    for (size_t i = 0; i < count; i++) {
        geosc_map_free(in[i]);
        free(features[i]);
        free(before[i]);
    }
    free(scratch);
    free_layer(&layer);
}

static void test_pointwise(void **state)
{
    struct random random = {1};

    (void)state;
    check_layer(&random, 1, 1, 1, true, false);
    check_layer(&random, 5, 37, 1, true, true);
    check_layer(&random, 37, 5, 1, false, true);
    check_layer(&random, 64, 64, 1, false, false);
    check_layer(&random, 3, 391, 1, true, true); /* more outputs than one unit computes */
    check_layer(&random, 2, 384, 1, true, false);
}

static void test_direct(void **state)
{
    struct random random = {2};

    (void)state;
    check_layer(&random, 1, 1, 9, true, false);
    check_layer(&random, 5, 37, 9, true, false);
    check_layer(&random, 37, 5, 9, false, false); /* more inputs than are gathered at a time */
    check_layer(&random, 32, 9, 9, true, false);
    check_layer(&random, 64, 8, 9, true, false);
}

/* ---- the network ------------------------------------------------------------------------------------ */

enum { BLOCKS = 2 };

struct network {
    struct layer layers[BLOCKS][3];
    struct bottleneck blocks[BLOCKS];
    geosc_model model;
};

static void make_network(struct random *random, size_t C, const size_t hidden[BLOCKS], struct network *network)
{
    network->model = (geosc_model){.channels = C, .block_count = BLOCKS, .blocks = network->blocks};
    for (size_t b = 0; b < BLOCKS; b++) {
        network->layers[b][0] = random_layer(random, C, hidden[b], 1, true);
        network->layers[b][1] = random_layer(random, hidden[b], hidden[b], 9, true);
        network->layers[b][2] = random_layer(random, hidden[b], C, 1, true);
        network->blocks[b] = (struct bottleneck){.reduce = network->layers[b][0].packed,
                                                 .spatial = network->layers[b][1].packed,
                                                 .expand = network->layers[b][2].packed};
        if (hidden[b] > network->model.hidden)
            network->model.hidden = hidden[b];
    }
}

static void free_network(struct network *network)
{
    for (size_t b = 0; b < BLOCKS; b++)
        for (size_t l = 0; l < 3; l++)
            free_layer(&network->layers[b][l]);
}

/* x [C][H][W] becomes its refined features. */
static void naive_refine(const struct network *network, double *x, size_t C, size_t H, size_t W)
{
    size_t cells = H * W, most = network ? network->model.hidden : 0;
    double *a = malloc((most + 1) * cells * sizeof *a), *b = malloc((most + 1) * cells * sizeof *b),
           *out = malloc(C * cells * sizeof *out);

    for (size_t block = 0; network && block < BLOCKS; block++) {
        naive_layer(&network->layers[block][0], x, H, W, NULL, a);
        naive_layer(&network->layers[block][1], a, H, W, NULL, b);
        naive_layer(&network->layers[block][2], b, H, W, x, out);
        memcpy(x, out, C * cells * sizeof *x);
    }
    for (size_t i = 0; i < cells; i++) {
        double norm = 0;
        for (size_t c = 0; c < C; c++)
            norm += x[c * cells + i] * x[c * cells + i];
        for (size_t c = 0; c < C; c++)
            x[c * cells + i] /= sqrt(norm) + 1e-6;
    }
    free(a);
    free(b);
    free(out);
}

static void expect_refined(const geosc_map *map, const double *expected)
{
    size_t n = map->channels * map->cells;
    float *copy = malloc(n * sizeof *copy);

    geosc_map_copy(map, copy);
    for (size_t i = 0; i < n; i++)
        if (!(fabs((double)copy[i] - expected[i]) <= 1e-5))
            fail_msg("element %zu: %.9g instead of %.9g", i, (double)copy[i], expected[i]);
    free(copy);
}

static void check_refine(struct random *random, size_t C, const size_t hidden[BLOCKS], bool has_model)
{
    struct network network;
    struct refine_scratch scratch = {0};
    const size_t shapes[MOST_MAPS][2] = {{3, 2}, {1, 1}, {13, 29}, {6, 8}};
    float *features[MOST_MAPS], *first[MOST_MAPS];
    const char *isa, *first_class = "";

    make_network(random, C, hidden, &network);
    for (size_t m = 0; m < MOST_MAPS; m++) {
        features[m] = random_features(random, C * shapes[m][0] * shapes[m][1]);
        first[m] = malloc(C * shapes[m][0] * shapes[m][1] * sizeof(float));
    }
    for (size_t set = 0; (isa = usable_isa(set)); set++)
        for (int t = 0; t < THREAD_COUNTS; t++) {
            geosc_map *maps[MOST_MAPS];
            struct refine_job jobs[MOST_MAPS] = {{NULL, NULL, NULL}};
            bool finite[MOST_MAPS];
            assert_ok(geosc_configure(context, thread_counts[t], isa));
            bool new_class = strcmp(first_class, context->kernels->isa_class) != 0;
            first_class = context->kernels->isa_class;
            for (size_t m = 0; m < MOST_MAPS; m++)
                jobs[m].map = maps[m] = raw_map(features[m], C, shapes[m][0], shapes[m][1]);
            /* as one batch, and one by one: the batch must not show in the bits */
            for (size_t m = 0; t == 1 && m < MOST_MAPS; m++)
                assert_ok(refine(context, has_model ? &network.model : NULL, &jobs[m], 1, &scratch, &finite[m]));
            if (t != 1)
                assert_ok(refine(context, has_model ? &network.model : NULL, jobs, MOST_MAPS, &scratch, finite));
            for (size_t m = 0; m < MOST_MAPS; m++) {
                size_t n = C * maps[m]->cells;
                float *copy = malloc(n * sizeof *copy);
                double *expected = widen(features[m], n);
                naive_refine(has_model ? &network : NULL, expected, C, shapes[m][0], shapes[m][1]);
                assert_true(finite[m]);
                expect_refined(maps[m], expected);
                geosc_map_copy(maps[m], copy);
                if (new_class) /* within a class of instruction sets, and on any threads, the same bits */
                    memcpy(first[m], copy, n * sizeof *copy);
                assert_memory_equal(first[m], copy, n * sizeof *copy);
                free(copy);
                free(expected);
                geosc_map_free(maps[m]);
            }
        }
    for (size_t m = 0; m < MOST_MAPS; m++) {
        free(features[m]);
        free(first[m]);
    }
    refine_scratch_free(&scratch);
    free_network(&network);
}

static void test_refine(void **state)
{
    struct random random = {3};

    (void)state;
    check_refine(&random, 37, (const size_t[]){5, 11}, true);
    check_refine(&random, 5, (const size_t[]){40, 3}, true);
    check_refine(&random, 1, (const size_t[]){1, 1}, true);
    check_refine(&random, 64, (const size_t[]){1, 1}, false);
    check_refine(&random, 1, (const size_t[]){1, 1}, false);
}

/* Poses of one image, and a part of it, share the first 1x1 with the whole: the same bits as each alone. */
static void test_bases(void **state)
{
    enum { C = 7, H = 9, W = 11, JOBS = GEOSC_POSES + 1 };
    struct random random = {6};
    struct network network;
    struct refine_scratch scratch = {0};
    float features[C * H * W], *shared = malloc(C * H * W * sizeof *shared), *alone = malloc(C * H * W * sizeof *alone);
    static uint32_t from[JOBS][H * W];
    const char *isa;

    (void)state;
    make_network(&random, C, (const size_t[]){50, 9}, &network);
    random_fill(&random, features, C * H * W);
    for (size_t p = 0; p < GEOSC_POSES; p++)
        pose_permutation((enum geosc_pose)p, H, W, from[p]);
    for (size_t i = 0; i < 3 * 4; i++) /* rows 2 .. 4, columns 5 .. 8 */
        from[GEOSC_POSES][i] = (uint32_t)((2 + i / 4) * W + 5 + i % 4);
    for (size_t set = 0; (isa = usable_isa(set)); set++) {
        struct refine_job jobs[JOBS];
        bool finite[JOBS];
        assert_ok(geosc_configure(context, 3, isa));
        for (size_t j = 0; j < JOBS; j++) {
            size_t height = 3, width = 4;
            if (j < GEOSC_POSES)
                pose_size((enum geosc_pose)j, H, W, &height, &width);
            assert_ok(map_create(context, C, height, width, &jobs[j].map));
            map_fill(jobs[j].map, features, H * W, from[j], 0, jobs[j].map->channels);
            jobs[j].base = j > 0 ? &jobs[0] : NULL;
            jobs[j].from = from[j];
        }
        assert_ok(refine(context, &network.model, jobs, JOBS, &scratch, finite));
        for (size_t j = 0; j < JOBS; j++) {
            struct refine_job one = {.map = raw_map(features, C, jobs[j].map->height, jobs[j].map->width)};
            size_t bytes = C * jobs[j].map->cells * sizeof(float);
            map_fill(one.map, features, H * W, from[j], 0, one.map->channels);
            assert_ok(refine(context, &network.model, &one, 1, &scratch, finite));
            geosc_map_copy(jobs[j].map, shared);
            geosc_map_copy(one.map, alone);
            assert_memory_equal(shared, alone, bytes);
            geosc_map_free(jobs[j].map);
            geosc_map_free(one.map);
        }
    }
    refine_scratch_free(&scratch);
    free_network(&network);
    free(shared);
    free(alone);
}

/* A cell of zeros stays zero; tiny and huge ones come to length 1 as the definition has it. */
static void test_lengths(void **state)
{
    const float features[2][5] = {{0, 1e-30F, 3e-6F, 3, 3e38F}, {0, 0, 4e-6F, -4, -3e38F}};
    const double expected[2][5] = {{0, 1e-24, 0.5, 0.6, 0.70710678118654752},
                                   {0, 0, 4. / 6, -0.8, -0.70710678118654752}};
    const char *isa;
    geosc_map *map;
    float out[2][5];

    (void)state;
    for (size_t i = 0; (isa = usable_isa(i)); i++) {
        assert_ok(geosc_configure(context, 1, isa));
        assert_ok(geosc_refine(context, NULL, features[0], 2, 1, 5, GEOSC_POSE_NONE, &map));
        geosc_map_copy(map, out[0]);
        for (size_t c = 0; c < 2; c++)
            for (size_t x = 0; x < 5; x++)
                assert_true(fabs((double)out[c][x] - expected[c][x]) <= 1e-6);
        geosc_map_free(map);
    }
}

/* What float32 can't hold on the way is told, wherever in the network it happens: what counts as finite is right. The
 * other maps of the batch are not touched. */
static void test_not_finite(void **state)
{
    struct random random = {4};
    struct network network;
    struct refine_scratch scratch = {0};
    const float extremes[] = {3e38F, 1e38F, 1e37F, 3e36F, 1e36F, 1e35F, 1e34F, 1e33F};
    const char *isa;

    (void)state;
    make_network(&random, 6, (const size_t[]){20, 20}, &network);
    for (size_t set = 0; (isa = usable_isa(set)); set++)
        for (size_t e = 0; e < sizeof extremes / sizeof *extremes; e++) {
            float good[6 * 12], bad[6 * 12];
            geosc_map *maps[2];
            bool finite[2];
            random_fill(&random, good, 6 * 12);
            for (size_t i = 0; i < 6 * 12; i++)
                bad[i] = good[i] < 0 ? -extremes[e] : extremes[e];
            assert_ok(geosc_configure(context, 2, isa));
            maps[0] = raw_map(good, 6, 3, 4);
            maps[1] = raw_map(bad, 6, 3, 4);
            const struct refine_job jobs[2] = {{.map = maps[0]}, {.map = maps[1]}};
            assert_ok(refine(context, &network.model, jobs, 2, &scratch, finite));
            assert_true(finite[0]);
            if (finite[1]) {
                double *expected = widen(bad, 6 * 12);
                naive_refine(&network, expected, 6, 3, 4);
                expect_refined(maps[1], expected);
                free(expected);
            }
            if (finite[1] && extremes[e] > 2e37F)
                fail_msg("%s: features of %g come out finite", isa, (double)extremes[e]);
            geosc_map_free(maps[0]);
            geosc_map_free(maps[1]);
        }
    refine_scratch_free(&scratch);
    free_network(&network);
}

/* No map at all, and the scratch that a batch is said to take. */
static void test_empty_batch(void **state)
{
    struct random random = {5};
    struct network network;
    struct refine_scratch scratch = {0};

    (void)state;
    make_network(&random, 3, (const size_t[]){7, 2}, &network);
    assert_ok(refine(context, &network.model, NULL, 0, &scratch, NULL));
    assert_int_equal(refine_scratch_bytes(NULL, 1000, 5, 2, 2), 2 * 1000 * PANEL * sizeof(float));
    assert_int_equal(refine_scratch_bytes(&network.model, 3, 5, 2, 2),
                     (2 * 10 * PANEL * 7 + 2 * convolution_scratch_floats()) * sizeof(float));
    refine_scratch_free(&scratch);
    free_network(&network);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_pointwise),   cmocka_unit_test(test_direct),  cmocka_unit_test(test_refine),
        cmocka_unit_test(test_bases),       cmocka_unit_test(test_lengths), cmocka_unit_test(test_not_finite),
        cmocka_unit_test(test_empty_batch),
    };

    return cmocka_run_group_tests_name("refine", tests, make_context, free_context);
}
