/* Winograd's convolution of batches of odd sizes against the definition of a 3x3 convolution in double. */
#include "naive.h"
#include "network/winograd.h"

enum { ITEMS_MOST = 12 };

static struct random stream = {1};

static float *random_floats(size_t count)
{
    float *p = aligned_alloc(64, (count * sizeof *p + 63) / 64 * 64);

    assert_non_null(p);
    random_fill(&stream, p, count);
    return p;
}

struct batch {
    struct convolution convolution; /* sizes and bias; not packed */
    float *weights;                 /* [outputs][inputs][9] */
    struct layer_item items[ITEMS_MOST];
    size_t count, out_floats;
    float *in, *out;
};

static void batch_make(struct batch *batch, const size_t (*sizes)[2], size_t count, size_t inputs, size_t outputs,
                       bool bias)
{
    size_t panels = 0, first = 0;

    *batch = (struct batch){.count = count, .convolution = {.inputs = inputs, .outputs = outputs, .taps = 9}};
    batch->weights = random_floats(outputs * inputs * 9);
    batch->convolution.bias = bias ? random_floats(outputs) : NULL;
    for (size_t i = 0; i < count; i++)
        panels += map_panels(sizes[i][0] * sizes[i][1]);
    batch->in = random_floats(panels * inputs * PANEL);
    batch->out_floats = panels * outputs * PANEL;
    batch->out = random_floats(batch->out_floats);
    for (size_t i = 0; i < count; i++) {
        size_t cells = sizes[i][0] * sizes[i][1];
        batch->items[i] = (struct layer_item){.in = batch->in + first * inputs * PANEL,
                                              .out = batch->out + first * outputs * PANEL,
                                              .height = sizes[i][0],
                                              .width = sizes[i][1],
                                              .cells = cells,
                                              .panels = map_panels(cells)};
        first += map_panels(cells);
    }
}

static void batch_free(struct batch *batch)
{
    free(batch->weights);
    free(batch->convolution.bias);
    free(batch->in);
    free(batch->out);
}

static float at(const float *map, size_t channels, size_t channel, size_t cell)
{
    return map[(cell / PANEL * channels + channel) * PANEL + cell % PANEL];
}

/* One output by the definition; *magnitude: the sum of its terms' sizes. */
static double convolve(const struct batch *batch, const struct layer_item *item, size_t output, size_t cell,
                       double *magnitude)
{
    const struct convolution *convolution = &batch->convolution;
    double sum = convolution->bias ? convolution->bias[output] : 0;

    *magnitude = fabs(sum);
    for (size_t k = 0; k < convolution->inputs * 9; k++) {
        size_t y = cell / item->width + k % 9 / 3 - 1, x = cell % item->width + k % 3 - 1;
        if (y >= item->height || x >= item->width)
            continue;
        double term = (double)at(item->in, convolution->inputs, k / 9, y * item->width + x) *
                      batch->weights[output * convolution->inputs * 9 + k];
        sum += term;
        *magnitude += fabs(term);
    }
    return sum < 0 ? 0 : sum;
}

static void check_item(const struct batch *batch, const struct layer_item *item)
{
    size_t outputs = batch->convolution.outputs;

    for (size_t output = 0; output < outputs; output++) {
        for (size_t cell = 0; cell < item->cells; cell++) {
            double magnitude, expected = convolve(batch, item, output, cell, &magnitude);
            assert_true(fabs(at(item->out, outputs, output, cell) - expected) <= 1e-5 * (magnitude + 1));
        }
        for (size_t cell = item->cells; cell < item->panels * PANEL; cell++)
            assert_true(at(item->out, outputs, output, cell) == at(item->out, outputs, output, item->cells - 1));
    }
}

static void run(struct batch *batch, const struct kernels *kernels, int threads)
{
    struct winograd winograd;
    bool finite;
    void *scratch = aligned_alloc(64, winograd_scratch_bytes(batch->convolution.inputs, batch->convolution.outputs));

    assert_non_null(scratch);
    context->kernels = kernels;
    context->threads = threads;
    assert_ok(winograd_create(context, batch->weights, NULL, &batch->convolution, &winograd, &finite));
    assert_true(finite);
    winograd_convolve(context, &winograd, batch->convolution.bias, true, batch->items, batch->count, scratch);
    winograd_free(&winograd);
    free(scratch);
}

/* All instruction sets and several numbers of threads: right, and the same bits within a class. */
static void check_batch(const size_t (*sizes)[2], size_t count, size_t inputs, size_t outputs, bool bias)
{
    struct batch batch;
    const struct kernels *kernels;
    float *first[2] = {NULL, NULL};
    bool usable;

    batch_make(&batch, sizes, count, inputs, outputs, bias);
    for (size_t i = 0; (kernels = kernels_list(i, &usable)); i++)
        for (int threads = 1; usable && threads <= 3; threads += 2) {
            float **same_class = &first[strcmp(kernels->isa_class, "fma") == 0];
            memset(batch.out, 0xff, batch.out_floats * sizeof(float)); /* NaN */
            run(&batch, kernels, threads);
            if (*same_class) {
                assert_memory_equal(batch.out, *same_class, batch.out_floats * sizeof(float));
                continue;
            }
            for (size_t j = 0; j < count; j++)
                check_item(&batch, &batch.items[j]);
            *same_class = random_floats(batch.out_floats);
            memcpy(*same_class, batch.out, batch.out_floats * sizeof(float));
        }
    free(first[0]);
    free(first[1]);
    batch_free(&batch);
}

static void test_sizes(void **state)
{
    (void)state;
    for (size_t height = 1; height <= 9; height++)
        for (size_t width = 1; width <= 9; width++)
            check_batch((const size_t[][2]){{height, width}}, 1, 3, 5, true);
    check_batch((const size_t[][2]){{13, 29}}, 1, 37, 17, false);
    check_batch((const size_t[][2]){{29, 13}}, 1, 33, 8, true);
    check_batch((const size_t[][2]){{60, 60}}, 1, 2, 1, true);
    check_batch((const size_t[][2]){{1, 200}}, 1, 1, 9, false);
}

static void test_many_channels(void **state)
{
    (void)state;
    check_batch((const size_t[][2]){{6, 7}}, 1, 70, 400, true); /* several blocks of rows and channels */
}

static void test_batches(void **state)
{
    (void)state;
    check_batch((const size_t[][2]){{1, 1}, {13, 29}, {1, 1}, {2, 50}, {60, 5}, {4, 4}}, 6, 5, 11, true);
    check_batch(
        (const size_t[][2]){
            {1, 2}, {1, 2}, {1, 2}, {1, 2}, {1, 2}, {1, 2}, {1, 2}, {1, 2}, {1, 2}, {1, 2}, {1, 2}, {3, 3}},
        12, 4, 3, false);
    check_batch((const size_t[][2]){{60, 60}, {60, 60}}, 2, 3, 2, true); /* more panels of tiles than one group */
}

static void test_fits(void **state)
{
    (void)state;
    const struct winograd winograd = {.inputs = 768, .outputs = 512};

    assert_true(winograd_fits(&winograd, UINT32_MAX / (768 * PANEL)));
    assert_false(winograd_fits(&winograd, UINT32_MAX / (768 * PANEL) + 1));
    assert_false(winograd_fits(&winograd, SIZE_MAX / 48));
}

/* One form of the weights is made: that which runs. */
static void test_one_form(void **state)
{
    static const struct {
        enum geosc_conv conv;
        size_t channels;
        bool transformed;
    } cases[] = {{GEOSC_CONV_DIRECT, 32, false},
                 {GEOSC_CONV_AUTO, 15, false},
                 {GEOSC_CONV_AUTO, 16, true},
                 {GEOSC_CONV_WINOGRAD, 2, true}};
    static const float weights[32 * 32 * 9];

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct convolution convolution = {.inputs = cases[i].channels, .outputs = cases[i].channels, .taps = 9};
        struct winograd winograd = {0};
        bool finite;
        assert_ok(winograd_or_pack(context, cases[i].conv, weights, NULL, &convolution, &winograd, &finite));
        assert_int_equal(winograd.weights != NULL, cases[i].transformed);
        assert_int_equal(convolution.weights == NULL, cases[i].transformed);
        winograd_free(&winograd);
        convolution_free(&convolution);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sizes), cmocka_unit_test(test_many_channels), cmocka_unit_test(test_batches),
        cmocka_unit_test(test_fits),  cmocka_unit_test(test_one_form),
    };
    return cmocka_run_group_tests(tests, make_context, free_context);
}
