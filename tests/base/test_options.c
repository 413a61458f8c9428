/* Options: defaults, checks and their messages, names in both directions. */
#include "base/cgroup.h"
#include "base/options.h"
#include "naive.h"

#include <ctype.h>
#include <errno.h>
#include <omp.h>
#include <sched.h>

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

/* ---- the rows, and the struct ------------------------------------------------------------------- */

/* Fields that are in no row: they shape nothing, or what they shape has an identity of its own (the list of pairs, the
 * shard; the format of an output is looked at when one is found). */
static const char *const apart[] = {"size",          "summary_size", "pairs",      "format", "threads",
                                    "workers",       "isa",          "shard",      "shards", "memory",
                                    "force",         "restart",      "same_input", "strict", "allow_links",
                                    "allow_plugins", "progress",     "warning",    "user",   "stop"};

static bool is_word(const char *words, const char *word, size_t length)
{
    for (; *words; words += strcspn(words, " "), words += *words == ' ')
        if (strcspn(words, " ") == length && memcmp(words, word, length) == 0)
            return true;
    return false;
}

/* How many rows a field has; those that are apart count as one. */
static int count_rows(const char *field, size_t length)
{
    int count = 0;

    for (const struct option *row = options_rows; row->name; row++)
        count += is_word(row->fields, field, length);
    for (size_t i = 0; i < sizeof apart / sizeof *apart; i++)
        count += is_word(apart[i], field, length);
    return count;
}

/* The name that one declarator of a struct's member declares: "int (*f)(void *a)" f, "*const names[8]" names. */
static const char *declared(char *text, size_t *length)
{
    char *pointer = strstr(text, "(*"), *end;
    char *name = pointer ? pointer + 2 : text + strlen(text);

    if (pointer) {
        *length = strcspn(name, ")");
        return name;
    }
    if ((end = strchr(text, '[')))
        name = end;
    while (name > text && strchr(" \n", name[-1]))
        name--;
    end = name;
    while (name > text && (isalnum((unsigned char)name[-1]) || name[-1] == '_'))
        name--;
    *length = (size_t)(end - name);
    return name;
}

static void check_member(char *member)
{
    bool is_function = strstr(member, "(*") != NULL;
    char *next;

    for (char *at = member; at; at = next) {
        size_t length;
        const char *name;

        next = is_function ? NULL : strchr(at, ',');
        if (next)
            *next++ = '\0';
        name = declared(at, &length);
        if (length && count_rows(name, length) != 1)
            fail_msg("geosc_options.%.*s stands in %d rows: one that shapes the result has one in options_rows.h, any "
                     "other is "
                     "named in this test",
                     (int)length, name, count_rows(name, length));
    }
}

/* A field that has no row would be missing in the identity of a run: an output made with another value of it would be
 * taken for this run's. The struct is read from the header itself. */
static void test_every_field(void **state)
{
    char path[SCRATCH_PATH];
    size_t size, members = 0;
    char *text, *at, *end, *comment;

    (void)state;
    snprintf(path, sizeof path, "%s/include/geosc.h", getenv("srcdir") ? getenv("srcdir") : ".");
    text = (char *)scratch_read(path, &size);
    assert_non_null(text);
    text[size - 1] = '\0';
    at = strstr(text, "struct geosc_options {");
    assert_non_null(at);
    at += strlen("struct geosc_options {");
    end = strstr(at, "\n};");
    assert_non_null(end);
    *end = '\0';
    while ((comment = strstr(at, "/*"))) {
        char *behind = strstr(comment, "*/");
        assert_non_null(behind);
        memset(comment, ' ', (size_t)(behind + 2 - comment));
    }
    for (char *stop; (stop = strchr(at, ';')); at = stop + 1, members++) {
        *stop = '\0';
        check_member(at);
    }
    assert_between(members, 20, 200);
    free(text);
}

/* What rows' values may be as text, in all types: each takes some of these. */
static const char *const texts[] = {"yes",
                                    "no",
                                    "1",
                                    "3",
                                    "17",
                                    "0.5",
                                    "0.02000000000000002",
                                    "1e-300",
                                    "none",
                                    "hflip",
                                    "all",
                                    "hflip,none",
                                    "rot90,rot270,vflip",
                                    "squared",
                                    "euclidean",
                                    "mutual",
                                    "auto",
                                    "stored",
                                    "derived",
                                    "direct",
                                    "winograd",
                                    "imd",
                                    "match",
                                    "both",
                                    "gauss:7",
                                    "gauss:0.1",
                                    "bilinear",
                                    "dot",
                                    "zero"};

/* Another value is another identity, the same is the same; and the text that stands there is read as the value again.
 */
static void test_identity(void **state)
{
    struct geosc_options plain;
    char before[512];

    (void)state;
    geosc_options_init(&plain);
    options_describe(&plain, before, sizeof before);
    for (const struct option *row = options_rows; row->name; row++) {
        size_t others = 0;

        for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
            struct geosc_options options = plain, again = plain;
            char reason[256], shown[256], first[256], now[512];

            row->type->show(row, (char *)&plain + row->offset, first, sizeof first);
            if (!row->type->parse(row, texts[i], (char *)&options + row->offset, reason, sizeof reason))
                continue;
            if (options.imd == GEOSC_IMD_NONE) /* with one candidate only */
                options.pose_count = again.pose_count = 1;
            assert_ok(options_check(context, &options));
            row->type->show(row, (char *)&options + row->offset, shown, sizeof shown);
            options_describe(&options, now, sizeof now);
            if ((strcmp(now, before) == 0) != (strcmp(shown, first) == 0))
                fail_msg("--%s %s: %s", row->name, texts[i], now);
            others += strcmp(now, before) != 0;
            if (!shown[0]) /* off */
                continue;
            assert_true(row->type->parse(row, shown, (char *)&again + row->offset, reason, sizeof reason));
            options_describe(&again, shown, sizeof shown);
            assert_string_equal(shown, now);
        }
        if (others == 0)
            fail_msg("--%s: no text has another value than the default: add one to this test", row->name);
    }
}

/* Where the value of a row begins, in a byte whose last bit counts. Of poses: the first, hflip twice. */
static size_t value_offset(const struct option *row)
{
    return row->type == &options_poses      ? offsetof(struct geosc_options, poses)
           : row->type == &options_restrict ? offsetof(struct geosc_options, restrict_target)
           : row->type == &options_window   ? offsetof(struct geosc_options, window)
           : row->type == &options_outside  ? offsetof(struct geosc_options, outside)
           : row->type == &options_kap      ? offsetof(struct geosc_options, kap_count)
                                            : row->offset;
}

/* The last bit of each value counts; what shapes nothing doesn't. */
static void test_description(void **state)
{
    struct geosc_options plain, options;
    char expected[512], text[512], shown[256];
    const char *at = expected;

    (void)state;
    geosc_options_init(&plain);
    options_describe(&plain, expected, sizeof expected);
    for (const struct option *row = options_rows; row->name; row++) {
        row->type->show(row, (char *)&plain + row->offset, shown, sizeof shown);
        if (!shown[0]) /* off */
            continue;
        snprintf(text, sizeof text, "%s=%s%s", row->name, shown, row[1].name ? " " : "");
        assert_memory_equal(at, text, strlen(text));
        at += strlen(text);
    }
    assert_int_equal(*at, 0);
    for (const struct option *row = options_rows; row->name; row++) {
        options = plain;
        ((char *)&options)[value_offset(row)] ^= 1;
        options_describe(&options, text, sizeof text);
        assert_string_not_equal(text, expected);
    }
    options = plain;
    options.pose_count = 3;
    options_describe(&options, text, sizeof text);
    assert_string_not_equal(text, expected);
    options = plain;
    options.threads = options.workers = 3;
    options.isa = "c";
    options.memory = 1;
    options.force = options.strict = options.restart = options.same_input = options.allow_links =
        options.allow_plugins = true;
    options_describe(&options, text, sizeof text);
    assert_string_equal(text, expected);
    options.pose_count = GEOSC_POSES;
    for (int p = 0; p < GEOSC_POSES; p++)
        options.poses[p] = (enum geosc_pose)p;
    options_describe(&options, text, sizeof text);
    assert_non_null(strstr(text, "poses=none,hflip,vflip,rot180,rot90,rot270,transpose,antitranspose "));
}

/* ---- callers that were compiled with the header of another version ------------------------------- */

enum { OLDER = offsetof(struct geosc_options, strict), NEWER = sizeof(struct geosc_options) + 40, GUARD = 0xa5 };

static union {
    struct geosc_options options;
    unsigned char bytes[NEWER + 8];
} theirs;

/* What a caller has whose struct is of that size; nothing behind it is written. */
static struct geosc_options *start_theirs(size_t size)
{
    memset(theirs.bytes, GUARD, sizeof theirs.bytes);
    geosc_options_init_sized(&theirs.options, size, sizeof(struct geosc_summary));
    for (size_t i = size; i < sizeof theirs.bytes; i++)
        assert_int_equal(theirs.bytes[i], GUARD);
    return &theirs.options;
}

static void test_older_and_newer(void **state)
{
    struct geosc_options own, *options = start_theirs(OLDER);

    (void)state;
    options->window = 7;
    options->restart = true;
    assert_ok(options_take(context, options, &own));
    assert_true(own.window == 7 && own.restart && own.temperature == 0.02);
    assert_true(!own.strict && !own.allow_links && !own.progress && !own.stop);
    options = start_theirs(NEWER);
    options->window = 7;
    options->strict = true;
    assert_ok(options_take(context, options, &own));
    assert_true(own.window == 7 && own.strict);
    theirs.bytes[NEWER - 1] = 1;
    assert_fails(options_take(context, options, &own), GEOSC_BAD_USAGE, "a field is set");
    for (int byte = 0; byte <= 0xff; byte += 0xff) {
        memset(theirs.bytes, byte, sizeof theirs.bytes);
        assert_fails(options_take(context, options, &own), GEOSC_BAD_USAGE, "geosc_options_init");
        options->size = sizeof *options;
        if (byte)
            assert_fails(options_take(context, options, &own), GEOSC_BAD_USAGE, "geosc_options_init");
    }
}

static void test_summary_of_another_size(void **state)
{
    const struct geosc_summary own = {.pairs = 3, .seconds = 2.5};
    struct geosc_options options;
    union {
        struct geosc_summary summary;
        unsigned char bytes[sizeof own + 16];
    } given;

    (void)state;
    memset(given.bytes, GUARD, sizeof given.bytes);
    geosc_options_init_sized(&options, sizeof options, offsetof(struct geosc_summary, seconds));
    options_give_summary(&options, &own, &given.summary);
    assert_int_equal(given.summary.pairs, 3);
    for (size_t i = offsetof(struct geosc_summary, seconds); i < sizeof given.bytes; i++)
        assert_int_equal(given.bytes[i], GUARD);
    geosc_options_init_sized(&options, sizeof options, sizeof own + 8);
    options_give_summary(&options, &own, &given.summary);
    assert_true(given.summary.seconds == 2.5);
    for (size_t i = sizeof own; i < sizeof given.bytes; i++)
        assert_int_equal(given.bytes[i], i < sizeof own + 8 ? 0 : GUARD);
}

/* Windows in both directions; what has no effect is no part of the identity. */
static void test_windows(void **state)
{
    static const char *const good[] = {"1", "15", "9999", "gauss:7", "gauss:0.25", "gauss:1e-05", "all"};
    static const char *const bad[] = {"",      "0",        "14",      "10001",     "15x",       "-3",
                                      "gauss", "gauss:",   "gauss:0", "gauss:-1",  "gauss:nan", "gauss:inf",
                                      "ALL",   "gauss:7 ", "all ",    "gauss:1e9", "15.0",      "gauss:x"};
    struct geosc_options options, other;
    const struct option *row = options_rows;
    char reason[256], shown[64], text[512], same[512];

    (void)state;
    while (row->type != &options_window)
        row++;
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        geosc_options_init(&options);
        assert_true(row->type->parse(row, "gauss:3", &options, reason, sizeof reason));
        assert_true(row->type->parse(row, good[i], &options, reason, sizeof reason));
        row->type->show(row, &options, shown, sizeof shown);
        assert_string_equal(shown, good[i]);
        options_describe(&options, text, sizeof text);
        other = options;
        other.outside = GEOSC_OUTSIDE_ZERO;
        options_describe(&other, same, sizeof same);
        assert_int_equal(strcmp(text, same) == 0, options.window_kind != GEOSC_WINDOW_BOX);
        assert_int_equal(strstr(text, "outside") == NULL, options.window_kind != GEOSC_WINDOW_BOX);
    }
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        geosc_options_init(&options);
        other = options;
        if (row->type->parse(row, bad[i], &options, reason, sizeof reason))
            fail_msg("--window '%s' was taken", bad[i]);
        assert_memory_equal(&options, &other, sizeof options);
    }
}

/* A list of alphas, or none; the value may be missing. What the identity says is all that is there. */
static void test_alphas(void **state)
{
    static const char *const good[][2] = {{"", "0.1"},
                                          {"0.1", "0.1"},
                                          {"no", ""},
                                          {"0.05,0.1,0.150", "0.05,0.1,0.15"},
                                          {"1,2,3,4,5,6,7,8", "1,2,3,4,5,6,7,8"}};
    static const char *const bad[] = {"yes",     "0",   "-1",  "0.1,",  ",0.1",
                                      "0.1 0.2", "nan", "inf", "1e999", "1,2,3,4,5,6,7,8,9"};
    struct geosc_options options, other;
    const struct option *row = options_rows;
    char reason[256], shown[64], text[512];

    (void)state;
    while (row->type != &options_kap)
        row++;
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        geosc_options_init(&options);
        assert_true(row->type->parse(row, "7", &options, reason, sizeof reason));
        assert_true(row->type->parse(row, good[i][0], &options, reason, sizeof reason));
        assert_ok(options_check(context, &options));
        row->type->show(row, &options, shown, sizeof shown);
        assert_string_equal(shown, good[i][1]);
        options_describe(&options, text, sizeof text);
        assert_int_equal(strstr(text, "kap=") == NULL, !shown[0]);
    }
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        geosc_options_init(&options);
        other = options;
        if (row->type->parse(row, bad[i], &options, reason, sizeof reason))
            fail_msg("--kap '%s' was taken", bad[i]);
        assert_memory_equal(&options, &other, sizeof options);
    }
    assert_true(row->type->takes("0.1,") && row->type->takes("-1") && !row->type->takes("-o") &&
                !row->type->takes("-e"));
    assert_false(row->type->takes("in.h5") || row->type->takes("2in.h5"));
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
    REFUSE(options.window = 10001, "9999");
    REFUSE(options.temperature = 0, "temperature");
    REFUSE(options.temperature = -0.5, "-0.5");
    REFUSE(options.temperature = NAN, "temperature");
    REFUSE(options.temperature = INFINITY, "temperature");
    REFUSE(options.pose_count = 0, "poses");
    REFUSE(options.pose_count = 9, "poses");
    REFUSE(options.poses[2] = GEOSC_POSE_HFLIP, "hflip is named twice");
    REFUSE(options.poses[3] = GEOSC_POSES, "unknown pose number 8");
    REFUSE(options.poses[0] = (enum geosc_pose)(-1), "unknown pose");
    REFUSE(options.imd = GEOSC_IMDS, "imd");
    REFUSE(options.pose_source = (enum geosc_pose_source)3, "pose-source '3'");
    REFUSE(options.window_kind = (enum geosc_window)3, "window '3'");
    REFUSE(options.window_kind = GEOSC_WINDOW_GAUSS, "window 'gauss:0': S is a number above 0");
    REFUSE((options.window_kind = GEOSC_WINDOW_GAUSS, options.window_sigma = NAN), "S is a number above 0");
    REFUSE(options.outside = (enum geosc_outside)2, "outside '2': not one of drop, zero");
    REFUSE(options.query = (enum geosc_query)2, "query '2': not one of cell, bilinear");
    REFUSE(options.similarity = (enum geosc_similarity)(-1), "similarity '-1'");
    REFUSE((options.restrict_target = true, options.restrict_use = (enum geosc_restrict)3),
           "restrict-target '3': not one of both, imd, match");
    REFUSE(options.top = -1, "top '-1': not a whole number from 1 to 100");
    REFUSE(options.top = 101, "top '101'");
    REFUSE((options.top = 3, options.format = GEOSC_FORMAT_HLOC), "top: format hloc has no place");
    REFUSE(options.kap_count = 1, "kap '0': up to 8 numbers above 0");
    REFUSE((options.kap_count = 1, options.kap[0] = INFINITY), "kap 'inf'");
    REFUSE(options.kap_count = 9, "kap '0,0,0,0,0,0,0,0'");
    REFUSE((options.kap_count = 1, options.kap[0] = 0.1, options.format = GEOSC_FORMAT_HLOC),
           "kap: format hloc has no place for what KAP needs");
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
    options.window = 9999;
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
    assert_null(geosc_imd_name(GEOSC_IMDS));
    assert_string_equal(geosc_pose_source_name(GEOSC_POSE_SOURCE_DERIVED), "derived");
    assert_null(geosc_pose_source_name((enum geosc_pose_source)3));
    assert_string_equal(geosc_pair_status_name(GEOSC_PAIR_BAD_KEYPOINT), "bad_keypoint");
    assert_string_equal(geosc_pair_status_name(GEOSC_PAIR_UNREADABLE), "unreadable");
    assert_int_equal(GEOSC_PAIR_EMPTY_FEATURES, 7);
    assert_string_equal(geosc_pair_status_name(GEOSC_PAIR_EMPTY_FEATURES), "empty_features");
    assert_null(geosc_pair_status_name(GEOSC_PAIR_STATUSES));
}

/* A machine of so many CPUs, of which this process may use three in four; 0: this machine. */
static size_t machine;
int __real_sched_getaffinity(pid_t pid, size_t size, cpu_set_t *set);
int __wrap_sched_getaffinity(pid_t pid, size_t size, cpu_set_t *set);

int __wrap_sched_getaffinity(pid_t pid, size_t size, cpu_set_t *set)
{
    if (!machine)
        return __real_sched_getaffinity(pid, size, set);
    if (size * 8 < machine) {
        errno = EINVAL; /* as kernels do */
        return -1;
    }
    CPU_ZERO_S(size, set);
    for (size_t cpu = 0; cpu < machine; cpu++)
        if (cpu % 4)
            CPU_SET_S(cpu, size, set);
    return 0;
}

/* The quota of a control group is as this machine has it. */
static void test_threads(void **state)
{
    size_t quota = cgroup_cpus("");

    (void)state;
    assert_between(options_default_threads(), 1, 1 << 20);
#ifndef GEOSC_HAVE_AFFINITY
    print_message("# left out: built without masks of CPUs\n");
    return;
#endif
    if (omp_get_num_places() > 0) {
        print_message("# left out: OpenMP binds threads, and the mask is not looked at\n");
        return; /* not skip(): cmocka's TAP says "not ok" of it */
    }
    for (machine = 4; machine <= 8192; machine *= 2)
        assert_int_equal(options_default_threads(), machine / 4 * 3 < quota ? machine / 4 * 3 : quota);
    machine = 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_defaults),        cmocka_unit_test(test_every_field),
        cmocka_unit_test(test_identity),        cmocka_unit_test(test_description),
        cmocka_unit_test(test_windows),         cmocka_unit_test(test_alphas),
        cmocka_unit_test(test_refusals),        cmocka_unit_test(test_accepted),
        cmocka_unit_test(test_names),           cmocka_unit_test(test_threads),
        cmocka_unit_test(test_older_and_newer), cmocka_unit_test(test_summary_of_another_size),
    };

    return cmocka_run_group_tests_name("options", tests, make_context, free_context);
}
