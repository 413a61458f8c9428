/* Each form of progress, for a run of uneven speed. */
#include "show/progress.h"
#include "testing.h"

#include <math.h>

enum { PAIRS = 200 };

/* A run of 100 s in which every tenth pair takes ten times as long; 5 pairs fail. The library takes the speed so far.
 */
static struct geosc_progress at(size_t pair)
{
    double seconds = 100.0 / (PAIRS * 1.9) * (double)(pair + 9 * (pair / 10));

    return (struct geosc_progress){
        .pairs_done = pair,
        .pairs = PAIRS,
        .pairs_failed = pair / 40,
        .maps_refined = pair,
        .maps_to_refine = PAIRS,
        .maps_reused = pair,
        .seconds = seconds,
        .seconds_left = seconds / (double)pair * (double)(PAIRS - pair),
    };
}

/* Everything that a form shows of the run. */
static char *show(enum progress_form form)
{
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    struct progress progress;

    progress_start(&progress, form, out);
    for (size_t pair = 1; pair <= PAIRS; pair++) {
        struct geosc_progress state = at(pair);
        progress_show(&progress, &state);
    }
    progress_clear(&progress);
    fclose(out);
    return text;
}

static void test_lines(void **state)
{
    char *text = show(PROGRESS_LINE);
    size_t lines = 0;

    (void)state;
    for (const char *at_line = text; (at_line = strchr(at_line, '\n')); at_line++)
        lines++;
    assert_true(lines >= 10 && lines <= 12); /* one for each tenth, and for the minute that passed */
    assert_non_null(strstr(text, " %: 100 of 200 pairs (2 failed)"));
    assert_non_null(strstr(text, "100 %: 200 of 200 pairs (5 failed), 200 maps refined, 0:00 left\n"));
    free(text);
}

/* A run that is over within a second has one line, the last. */
static void test_short(void **state)
{
    struct progress progress;
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);

    (void)state;
    progress_start(&progress, PROGRESS_LINE, out);
    for (size_t pair = 1; pair <= PAIRS; pair++) {
        struct geosc_progress now = at(pair);
        now.seconds /= 200;
        now.seconds_left /= 200;
        progress_show(&progress, &now);
    }
    progress_clear(&progress);
    fclose(out);
    assert_ptr_equal(strstr(text, "geosc: 100 %: 200 of 200 pairs"), text);
    free(text);
}

/* The seconds left in each JSON line: never far from the truth, and without jumps. */
static void test_steady(void **state)
{
    char *text = show(PROGRESS_JSON);
    double before = NAN;
    size_t lines = 0;

    (void)state;
    for (char *line = strtok(text, "\n"); line; line = strtok(NULL, "\n"), lines++) {
        double seconds = atof(strstr(line, "\"seconds\": ") + 11), left = atof(strstr(line, "\"seconds_left\": ") + 16);
        if (seconds > 20) {
            assert_true(fabs(left - (100 - seconds)) < 12);
            assert_true(isnan(before) || fabs(before - left) < 8);
            before = left;
        }
    }
    assert_true(lines > 20 && before == 0);
    free(text);
}

/* Without a terminal the bar is 80 wide at most, has no colour, and is taken away at the end. */
static void test_bar(void **state)
{
    char *text = show(PROGRESS_BAR);
    size_t drawn = 0;

    (void)state;
    assert_null(strstr(text, "\033[1;"));
    assert_true(strlen(text) > 4 && strcmp(text + strlen(text) - 4, "\r\033[K") == 0);
    assert_non_null(strstr(text, "[############............]  5"));
    assert_non_null(strstr(text, "  2 failed  100/200 pairs"));
    for (char *part = strtok(text, "\r"); part; part = strtok(NULL, "\r"), drawn++)
        assert_true(strlen(part) < 80 + strlen("\033[K"));
    assert_true(drawn > 50);
    free(text);
}

static void test_none(void **state)
{
    char *text = show(PROGRESS_NONE);

    (void)state;
    assert_string_equal(text, "");
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_lines), cmocka_unit_test(test_short), cmocka_unit_test(test_steady),
        cmocka_unit_test(test_bar),   cmocka_unit_test(test_none),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
