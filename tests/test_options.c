/* Options: the defaults of SPEC 4, what is refused and in which words, names both ways. */
#include "naive.h"
#include "options.h"

static void test_defaults(void **state)
{
    struct geosc_options options;
    char text[512];

    (void)state;
    memset(&options, 0xff, sizeof options);
    geosc_options_init(&options);
    assert_ok(options_check(context, &options));
    assert_true(options.window == 15 && options.temperature == 0.02 && options.imd == GEOSC_IMD_SQUARED);
    assert_true(!options.restrict_target && !options.force && !options.strict && !options.isa);
    assert_true(options.threads == 0 && options.memory == 0);
    assert_true(!options.progress && !options.warning && !options.stop);
    options_describe(&options, text, sizeof text);
    assert_non_null(strstr(text, "poses=none,hflip,rot90,rot270 "));
    assert_non_null(strstr(text, "imd=squared"));
    assert_non_null(strstr(text, "window=15"));
}

/* Each option that shapes the result shows in the description; the others don't. */
static void test_description(void **state)
{
    struct geosc_options plain, options;
    char expected[512], text[512];

    (void)state;
    geosc_options_init(&plain);
    options_describe(&plain, expected, sizeof expected);
    for (int change = 0; change < 10; change++) {
        options = plain;
        switch (change) {
        case 0:
            options.poses[1] = GEOSC_POSE_VFLIP;
            break;
        case 1:
            options.pose_count = 3;
            break;
        case 2:
            options.pose_source = GEOSC_POSE_SOURCE_DERIVED;
            break;
        case 3:
            options.imd = GEOSC_IMD_MUTUAL;
            break;
        case 4:
            options.restrict_target = true;
            break;
        case 5:
            options.window = 17;
            break;
        case 6:
            options.temperature = 0.02 * (1 + 1e-15);
            break;
        case 7:
            options.threads = 3;
            break;
        case 8:
            options.isa = "c";
            break;
        default:
            options.memory = 1;
            options.force = options.strict = true;
        }
        options_describe(&options, text, sizeof text);
        if (change < 7)
            assert_string_not_equal(text, expected);
        else
            assert_string_equal(text, expected);
    }
    options.pose_count = GEOSC_POSES;
    for (int p = 0; p < GEOSC_POSES; p++)
        options.poses[p] = (enum geosc_pose)p;
    options_describe(&options, text, sizeof text);
    assert_non_null(strstr(text, "poses=none,hflip,vflip,rot180,rot90,rot270,transpose,antitranspose "));
}

#define REFUSE(change, word)                                                   \
    do {                                                                       \
        struct geosc_options options;                                          \
        geosc_options_init(&options);                                          \
        change;                                                                \
        assert_fails(options_check(context, &options), GEOSC_BAD_USAGE, word); \
    } while (0)

static void test_refusals(void **state)
{
    (void)state;
    REFUSE(options.window = 0, "window");
    REFUSE(options.window = -1, "window");
    REFUSE(options.window = 14, "14");
    REFUSE(options.temperature = 0, "temperature");
    REFUSE(options.temperature = -0.5, "-0.5");
    REFUSE(options.temperature = NAN, "temperature");
    REFUSE(options.temperature = INFINITY, "temperature");
    REFUSE(options.pose_count = 0, "poses");
    REFUSE(options.pose_count = 9, "poses");
    REFUSE(options.poses[2] = GEOSC_POSE_HFLIP, "hflip is named twice");
    REFUSE(options.poses[3] = GEOSC_POSES, "no pose number 8");
    REFUSE(options.poses[0] = (enum geosc_pose)(-1), "no pose");
    REFUSE(options.imd = (enum geosc_imd)3, "imd");
    REFUSE(options.pose_source = (enum geosc_pose_source)3, "pose source");
    REFUSE(options.threads = -1, "threads");
    REFUSE(options.shards = 1000001, "shards");
    REFUSE(options.shard = 1, "shard");
    REFUSE(options.shard = options.shards = 3, "shard");
}

static void test_accepted(void **state)
{
    struct geosc_options options;

    (void)state;
    geosc_options_init(&options);
    options.window = 2147483647;
    options.temperature = 1e-300;
    options.threads = 10000;
    options.pose_count = 1;
    options.poses[1] = (enum geosc_pose)99; /* beyond the candidates */
    assert_ok(options_check(context, &options));
}

static void test_names(void **state)
{
    enum geosc_pose pose;

    (void)state;
    for (int p = 0; p < GEOSC_POSES; p++) {
        assert_true(pose_parse(geosc_pose_name((enum geosc_pose)p), &pose));
        assert_int_equal(pose, p);
    }
    assert_false(pose_parse("", &pose) || pose_parse("None", &pose) || pose_parse("rot", &pose) ||
                 pose_parse("rot900", &pose));
    assert_null(geosc_pose_name(GEOSC_POSES));
    assert_null(geosc_pose_name((enum geosc_pose)(-1)));
    assert_string_equal(geosc_imd_name(GEOSC_IMD_MUTUAL), "mutual");
    assert_null(geosc_imd_name((enum geosc_imd)3));
    assert_string_equal(geosc_pose_source_name(GEOSC_POSE_SOURCE_DERIVED), "derived");
    assert_null(geosc_pose_source_name((enum geosc_pose_source)3));
    assert_string_equal(geosc_pair_status_name(GEOSC_PAIR_BAD_KEYPOINT), "bad_keypoint");
    assert_string_equal(geosc_pair_status_name(GEOSC_PAIR_UNREADABLE), "unreadable");
    assert_int_equal(GEOSC_PAIR_EMPTY_FEATURES, 7);
    assert_string_equal(geosc_pair_status_name(GEOSC_PAIR_EMPTY_FEATURES), "empty_features");
    assert_null(geosc_pair_status_name(GEOSC_PAIR_STATUSES));
}

static void test_threads(void **state)
{
    (void)state;
    assert_between(options_default_threads(), 1, 1 << 20);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_defaults), cmocka_unit_test(test_description), cmocka_unit_test(test_refusals),
        cmocka_unit_test(test_accepted), cmocka_unit_test(test_names),       cmocka_unit_test(test_threads),
    };

    return cmocka_run_group_tests_name("options", tests, make_context, free_context);
}
