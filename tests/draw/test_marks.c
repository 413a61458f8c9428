/* Colours that do not repeat and that people with any common kind of colour vision tell apart; marks side by side. */
#include "base/random.h"
#include "draw/marks.h"
#include "testing.h"

#include <math.h>
#include <string.h>

enum { MOST = 150, VISIONS = 4 };

/* What normal vision, and vision without the first, second or third kind of cones, makes of linear red, green and blue:
 * Machado, Oliveira and Fernandes, "A physiologically-based model for simulation of color vision deficiency" (2009),
 * table of severity 1. */
static const double SEEN[VISIONS][3][3] = {
    {{1, 0, 0}, {0, 1, 0}, {0, 0, 1}},
    {{0.152286, 1.052583, -0.204868}, {0.114503, 0.786281, 0.099216}, {-0.003882, -0.048116, 1.051998}},
    {{0.367322, 0.860646, -0.227968}, {0.280085, 0.672501, 0.047413}, {-0.011820, 0.042940, 0.968881}},
    {{1.255528, -0.076749, -0.178779}, {-0.078411, 0.930809, 0.147602}, {0.004733, 0.691367, 0.303900}},
};

static double curved(double t)
{
    return t > 216.0 / 24389 ? cbrt(t) : (24389.0 / 27 * t + 16) / 116;
}

/* CIELAB of a colour of sRGB, as someone sees it. */
static void see(const unsigned char rgb[3], const double seen[3][3], double lab[3])
{
    static const double xyz[3][3] = {
        {0.4124564, 0.3575761, 0.1804375}, {0.2126729, 0.7151522, 0.0721750}, {0.0193339, 0.1191920, 0.9503041}};
    static const double white[3] = {0.95047, 1, 1.08883};
    double linear[3], light[3], f[3];

    for (int i = 0; i < 3; i++) {
        double c = rgb[i] / 255.0;
        linear[i] = c <= 0.04045 ? c / 12.92 : pow((c + 0.055) / 1.055, 2.4);
    }
    for (int i = 0; i < 3; i++)
        light[i] = fmin(fmax(seen[i][0] * linear[0] + seen[i][1] * linear[1] + seen[i][2] * linear[2], 0), 1);
    for (int i = 0; i < 3; i++)
        f[i] = curved((xyz[i][0] * light[0] + xyz[i][1] * light[1] + xyz[i][2] * light[2]) / white[i]);
    lab[0] = 116 * f[1] - 16;
    lab[1] = 500 * (f[0] - f[1]);
    lab[2] = 200 * (f[1] - f[2]);
}

static double difference(const double a[3], const double b[3])
{
    return hypot(hypot(a[0] - b[0], a[1] - b[1]), a[2] - b[2]);
}

/* 18 is what the palette of Okabe and Ito has without yellow and black, for half as many colours. */
static void test_palette(void **state)
{
    double a[3], b[3], wrong[3];

    (void)state;
    see(mark_wrong, SEEN[0], wrong);
    for (size_t i = 0; i < MARK_COLOURS; i++) {
        see(mark_palette[i], SEEN[0], a);
        assert_true(a[0] > 35 && a[0] < 85); /* neither black nor white */
        assert_true(difference(a, wrong) > 18);
        for (size_t j = 0; j < i; j++)
            for (int v = 0; v < VISIONS; v++) {
                see(mark_palette[i], SEEN[v], a);
                see(mark_palette[j], SEEN[v], b);
                assert_true(difference(a, b) > 18);
            }
    }
}

/* However many keypoints there are: no colour twice, none nearly black or that of crosses. */
static void test_no_repeat(void **state)
{
    static double places[MOST][2];
    static unsigned char colours[MOST][3];
    struct random_stream stream = random_stream(5, 0, 0);
    double lab[3], wrong[3];

    (void)state;
    see(mark_wrong, SEEN[0], wrong);
    for (size_t count = 1; count <= MOST; count++) {
        for (size_t i = 0; i < count; i++)
            for (int d = 0; d < 2; d++) /* few columns: many equal ones */
                places[i][d] = (double)random_below(&stream, d ? 100 : 5);
        assert_ok(mark_colours(context, (const double(*)[2])places, count, colours));
        for (size_t i = 0; i < count; i++) {
            see(colours[i], SEEN[0], lab);
            assert_true(lab[0] > 20 && difference(lab, wrong) > 18);
            for (size_t j = 0; j < i; j++)
                assert_memory_not_equal(colours[i], colours[j], 3);
        }
    }
}

/* Absent keypoints take no colour; many are light at the top, dark at the bottom, blue at the left and yellow or red at
 * the right. */
static void test_by_place(void **state)
{
    enum { COUNT = 16 };
    double places[COUNT][2];
    unsigned char colours[COUNT][3];
    double lab[COUNT][3];

    (void)state;
    for (size_t i = 0; i < COUNT; i++) {
        places[i][0] = (double)(i % 4);
        places[i][1] = (double)(i / 4);
    }
    assert_ok(mark_colours(context, (const double(*)[2])places, COUNT, colours));
    for (size_t i = 0; i < COUNT; i++)
        see(colours[i], SEEN[0], lab[i]);
    for (size_t i = 0; i < 4; i++) {
        assert_true(lab[i][0] > lab[12 + i][0] + 20);
        assert_true(lab[4 * i + 3][2] > lab[4 * i][2] + 20);
    }
    for (size_t i = 0; i < COUNT; i += 2)
        places[i][0] = NAN;
    assert_ok(mark_colours(context, (const double(*)[2])places, COUNT, colours));
    for (size_t i = 1; i < COUNT; i += 2)
        assert_memory_equal(colours[i], mark_palette[i / 2], 3);
}

/* Marks at one place stand apart, around it; others, and missing ones, stay. */
static void test_part(void **state)
{
    enum { COUNT = 12, TOGETHER = 9 };
    double places[COUNT][2] = {{0}};
    double middle[2] = {0, 0};

    (void)state;
    for (size_t i = 0; i < TOGETHER; i++)
        places[i][0] = places[i][1] = 50;
    places[TOGETHER][0] = NAN;
    places[TOGETHER + 1][0] = 200;
    assert_ok(marks_part(context, places, COUNT, 5, 10));
    for (size_t i = 0; i < TOGETHER; i++) {
        middle[0] += places[i][0] / TOGETHER;
        middle[1] += places[i][1] / TOGETHER;
        assert_true(hypot(places[i][0] - 50, places[i][1] - 50) <= 15);
        for (size_t j = 0; j < i; j++)
            assert_true(hypot(places[i][0] - places[j][0], places[i][1] - places[j][1]) > 9.99);
    }
    assert_true(fabs(middle[0] - 50) < 1e-9 && fabs(middle[1] - 50) < 1e-9);
    assert_true(isnan(places[TOGETHER][0]));
    assert_true(places[TOGETHER + 1][0] == 200 && places[TOGETHER + 2][0] == 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_palette), cmocka_unit_test(test_no_repeat),
                                       cmocka_unit_test(test_by_place), cmocka_unit_test(test_part)};

    return cmocka_run_group_tests(tests, make_context, free_context);
}
