/* Principal components of data made from known components. */
#include "base/random.h"
#include "draw/components.h"
#include "testing.h"

#include <math.h>

enum { CHANNELS = 24, LEFT = 60, RIGHT = 90 };

static const double DEVIATION[COMPONENTS] = {5, 3, 1.5};

/* An orthonormal direction of the data: axis v spreads over channels v, v + 3, ... */
static double direction(size_t v, size_t channel)
{
    return channel % COMPONENTS == v ? 1 / sqrt(CHANNELS / COMPONENTS) : 0;
}

/* Cells that vary by known amounts along three known directions, on top of a mean. */
static void make_map(float *map, size_t cells, uint64_t seed)
{
    for (size_t i = 0; i < cells; i++) {
        struct random_stream stream = random_stream(seed, 0, i);
        double along[COMPONENTS];
        for (size_t v = 0; v < COMPONENTS; v++)
            along[v] = DEVIATION[v] * random_normal(&stream) / RANDOM_NORMAL_DEVIATION;
        for (size_t c = 0; c < CHANNELS; c++) {
            double value = (double)c;
            for (size_t v = 0; v < COMPONENTS; v++)
                value += along[v] * direction(v, c);
            map[c * cells + i] = (float)value;
        }
    }
}

static double product(const double *a, const double *b)
{
    double sum = 0;

    for (size_t c = 0; c < CHANNELS; c++)
        sum += a[c] * b[c];
    return sum;
}

static void test_known_directions(void **state)
{
    static float left[CHANNELS * LEFT], right[CHANNELS * RIGHT];
    const float *const maps[] = {left, right};
    const size_t cells[] = {LEFT, RIGHT};
    struct components found;

    (void)state;
    make_map(left, LEFT, 1);
    make_map(right, RIGHT, 2);
    assert_ok(components_find(context, maps, cells, 2, CHANNELS, &found));
    for (size_t v = 0; v < COMPONENTS; v++) {
        const double *axis = found.axis + v * CHANNELS;
        double along = 0;
        for (size_t c = 0; c < CHANNELS; c++)
            along += axis[c] * direction(v, c);
        assert_true(fabs(along) > 0.95); /* as near as 150 cells tell */
        assert_true(fabs(product(axis, axis) - 1) < 1e-9);
        for (size_t before = 0; before < v; before++)
            assert_true(fabs(product(axis, found.axis + before * CHANNELS)) < 1e-9);
        assert_true(fabs(sqrt(found.variance[v]) / DEVIATION[v] - 1) < 0.2);
    }
    assert_true(found.variance[0] > found.variance[1] && found.variance[1] > found.variance[2]);
    components_free(&found);
}

/* The same cell has the same colour on both sides, and coordinates vary as the variances say. */
static void test_same_basis(void **state)
{
    static float map[CHANNELS * LEFT];
    static double first[LEFT * COMPONENTS], second[LEFT * COMPONENTS];
    const float *const maps[] = {map, map};
    const size_t cells[] = {LEFT, LEFT};
    struct components found;
    double sum = 0;

    (void)state;
    make_map(map, LEFT, 3);
    assert_ok(components_find(context, maps, cells, 2, CHANNELS, &found));
    components_project(&found, maps[0], LEFT, first);
    components_project(&found, maps[1], LEFT, second);
    assert_memory_equal(first, second, sizeof first);
    for (size_t i = 0; i < LEFT; i++)
        sum += first[i * COMPONENTS] * first[i * COMPONENTS];
    assert_true(fabs(sum / LEFT - found.variance[0]) < 1e-6 * found.variance[0]);
    components_free(&found);
}

/* Nothing varies, or fewer cells than components: numbers, not NaN. */
static void test_little_data(void **state)
{
    const float same[] = {1, 1, 2, 2}, other[] = {3, 4};
    const float *const flat[] = {same}, *const two[] = {other, other};
    const size_t flat_cells[] = {2}, two_cells[] = {1, 1};
    struct components found;
    double out[2 * COMPONENTS];

    (void)state;
    assert_ok(components_find(context, flat, flat_cells, 1, 2, &found));
    components_project(&found, same, 2, out);
    for (size_t i = 0; i < 2 * COMPONENTS; i++)
        assert_true(out[i] == 0);
    components_free(&found);
    assert_ok(components_find(context, two, two_cells, 2, 2, &found));
    for (size_t v = 0; v < COMPONENTS; v++)
        assert_true(isfinite(found.axis[2 * v]) && isfinite(found.axis[2 * v + 1]));
    components_free(&found);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_known_directions),
        cmocka_unit_test(test_same_basis),
        cmocka_unit_test(test_little_data),
    };

    return cmocka_run_group_tests(tests, make_context, free_context);
}
