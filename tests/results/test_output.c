/* The output file: values come back as written, the bytes are the same each time, and damage is always detected. */
#include "base/options.h"
#include "h5/h5_versions.h"
#include "results/existing.h"
#include "results/merge.h"
#include "results/output.h"
#include "testing.h"

#include <fcntl.h>
#include <math.h>

enum { PAIRS = 5, KEYPOINTS = 3, HEIGHT = 2, WIDTH = 4 };

static const enum geosc_pose poses[3] = {GEOSC_POSE_ROT90, GEOSC_POSE_NONE, GEOSC_POSE_ANTITRANSPOSE};
static const struct run_identity sample_identity = {
    .options = "poses=rot90,none,antitranspose imd=squared",
    .isa_class = "fma",
    .has_model = true,
    .model_crc32 = 0xfedcba98U,
    .input_name = "scene.h5",
};

/* A catalog as far as an output needs one. */
static struct catalog sample_catalog(bool dense)
{
    static size_t source[PAIRS] = {0, 1, 2, 0, 1}, target[PAIRS] = {1, 2, 0, 2, 0};
    static struct image_set set;
    struct catalog catalog = {
        .indexed = true, .set_count = 1, .sets = &set, .pairs = PAIRS, .images = 3, .source = source, .target = target};

    catalog.keypoints = dense ? 0 : KEYPOINTS;
    catalog.sets[0].count = 3;
    catalog.sets[0].pose[GEOSC_POSE_NONE].height = HEIGHT;
    catalog.sets[0].pose[GEOSC_POSE_NONE].width = WIDTH;
    return catalog;
}

/* Pair 1 fails, pair 3 has a bad keypoint, the others have answers. */
static void fill_results(struct results *results)
{
    for (size_t p = 0; p < results->pairs; p++) {
        if (p == 1) {
            results->status[p] = GEOSC_PAIR_EMPTY_MASK;
            continue;
        }
        results->status[p] = p == 3 ? GEOSC_PAIR_BAD_KEYPOINT : GEOSC_PAIR_OK;
        results->chosen[p] = (uint8_t)(p % results->candidates);
        if (results->kaps)
            results->kap_range[p][0] = -2, results->kap_range[p][1] = 1;
        for (size_t q = 0; q < results->candidates; q++)
            results->imd[p * results->candidates + q] = 0.25F * (float)(p + q);
        for (size_t k = 0; k < results->answers; k++) {
            size_t i = p * results->answers + k;
            if (p == 3 && k == 1)
                continue;
            results->xy[i][0] = (float)i + 0.5F;
            results->xy[i][1] = -(float)i;
            results->score[i] = 1 / (float)(i + 1);
            for (size_t t = 0; t < results->tops; t++) {
                results->top_xy[i * results->tops + t][0] = (float)t;
                results->top_xy[i * results->tops + t][1] = (float)i;
                results->top_score[i * results->tops + t] = 1 / (float)(i + t + 1);
            }
            for (size_t a = 0; a < results->kaps; a++) {
                results->kap_in[i * results->kaps + a] = k == 0 ? NAN : results->score[i];
                results->kap_out[i * results->kaps + a] = -(float)a;
            }
            for (size_t h = 0; h < results->heat_side * results->heat_side; h++)
                results->heat[i * results->heat_side * results->heat_side + h] = (uint8_t)(255 - i - h);
            if (results->kaps)
                results->kap_max[i] = results->score[i];
            if (!results->peak)
                continue;
            results->peak[i][0] = (int32_t)(i % 7);
            results->peak[i][1] = (int32_t)(i % 5);
            results->second[i] = 1 / (float)(i + 3);
            results->mutual[i] = i % 3 == 0;
            results->cycle[i] = (float)i / 4;
        }
    }
}

static enum geosc_status write_sample(const char *path, bool dense, bool force)
{
    struct catalog catalog = sample_catalog(dense);
    struct results results = {0};
    enum geosc_status status;

    TRY(results_create(context, &catalog, poses, 3, &results));
    fill_results(&results);
    TRY(output_write(context, path, &catalog, &sample_identity, &results, force));
done:
    results_free(&results);
    return status;
}

static void assert_same(const struct results *a, const struct results *b)
{
    struct results_part parts[2][RESULTS_PARTS];
    size_t count;

    assert_int_equal(a->pairs, b->pairs);
    assert_int_equal(a->rank, b->rank);
    assert_int_equal(a->answers, b->answers);
    assert_int_equal(a->candidates, b->candidates);
    assert_memory_equal(a->shape, b->shape, a->rank * sizeof *a->shape);
    assert_memory_equal(a->poses, b->poses, a->candidates * sizeof *a->poses);
    assert_memory_equal(a->xy, b->xy, a->pairs * a->answers * sizeof *a->xy);
    assert_memory_equal(a->score, b->score, a->pairs * a->answers * sizeof *a->score);
    assert_memory_equal(a->imd, b->imd, a->pairs * a->candidates * sizeof *a->imd);
    count = results_parts(a, parts[0]);
    assert_int_equal(count, results_parts(b, parts[1]));
    for (size_t i = 0; i < count; i++) {
        assert_string_equal(parts[0][i].path, parts[1][i].path);
        assert_int_equal(parts[0][i].items, parts[1][i].items);
        assert_memory_equal(parts[0][i].values, parts[1][i].values,
                            a->pairs * parts[0][i].items * number_size(parts[0][i].type));
    }
    assert_memory_equal(a->kap_alpha, b->kap_alpha, a->kaps * sizeof *a->kap_alpha);
    assert_memory_equal(a->chosen, b->chosen, a->pairs);
    assert_memory_equal(a->status, b->status, a->pairs);
}

static void starts_without_answers(void **state)
{
    struct catalog catalog = sample_catalog(true);
    struct results results;

    (void)state;
    assert_ok(results_create(context, &catalog, poses, 3, &results));
    assert_int_equal(results.rank, 2);
    assert_int_equal(results.answers, HEIGHT * WIDTH);
    for (size_t i = 0; i < PAIRS * HEIGHT * WIDTH; i++)
        assert_true(isnan(results.xy[i][0]) && isnan(results.xy[i][1]) && isnan(results.score[i]));
    for (size_t i = 0; i < PAIRS * 3; i++)
        assert_true(isnan(results.imd[i]));
    for (size_t p = 0; p < PAIRS; p++)
        assert_int_equal(results.chosen[p], GEOSC_UNDECIDED);
    results_free(&results);
}

static void comes_back_as_it_went(void **state)
{
    (void)state;
    for (int way = 0; way < 32; way++) {
        bool dense = way % 2;
        struct catalog catalog = sample_catalog(dense);
        struct results written, read;
        struct run_identity identity;
        struct problems problems = {0};

        assert_ok(results_create(context, &catalog, poses, 3, &written));
        if (way & 2)
            assert_ok(results_add_confidence(context, &written));
        if (way & 4)
            assert_ok(results_add_top(context, &written, 3));
        if (way & 8)
            assert_ok(results_add_kap(context, &written, (double[]){0.1, 0.25}, 2));
        if (way & 16)
            assert_ok(results_add_heat(context, &written, 3));
        fill_results(&written);
        assert_ok(output_write(context, scratch_path("o.h5"), &catalog, &sample_identity, &written, true));
        assert_ok(output_read(context, scratch_path("o.h5"), &read, &identity, &problems));
        assert_ok(problems_status(context, &problems));
        assert_same(&written, &read);
        assert_string_equal(identity.options, sample_identity.options);
        assert_string_equal(identity.isa_class, "fma");
        assert_string_equal(identity.input_name, "scene.h5");
        assert_string_equal(identity.version, geosc_version());
        assert_true(identity.has_model);
        assert_int_equal(identity.model_crc32, 0xfedcba98U);
        results_free(&written);
        results_free(&read);
    }
}

static void same_bytes_from_another_process(void **state)
{
    (void)state;
    assert_ok(write_sample(scratch_path("a.h5"), false, false));
    assert_ok_later(write_sample(scratch_path("another-name.h5"), false, false));
    assert_true(same_file(scratch_path("a.h5"), scratch_path("another-name.h5")));
}

/* One bit after the other: the reader sees it, or it was in a place that says nothing. */
static void no_damage_passes(void **state)
{
    const char *path = scratch_path("o.h5");
    struct results whole, read;
    struct run_identity identity, found;
    struct problems problems = {0};
    size_t seen = 0, tried = 0;

    (void)state;
    assert_ok(write_sample(path, false, false));
    assert_ok(output_read(context, path, &whole, &identity, &problems));
    const size_t size = file_size(path);
    int file = open(path, O_RDWR);
    for (size_t at = 0; at < size; at += 5, tried++) {
        unsigned char byte, damaged;
        assert_int_equal(pread(file, &byte, 1, (off_t)at), 1);
        damaged = byte ^ (unsigned char)(1 << at % 8);
        assert_int_equal(pwrite(file, &damaged, 1, (off_t)at), 1);
        problems = (struct problems){0};
        enum geosc_status status = output_read(context, path, &read, &found, &problems);
        if (status == GEOSC_OK && problems.count == 0) {
            assert_same(&whole, &read);
            assert_null(identity_difference(&identity, &found));
        } else {
            seen++;
        }
        results_free(&read);
        problems_free(&problems);
        assert_int_equal(pwrite(file, &byte, 1, (off_t)at), 1);
    }
    close(file);
    results_free(&whole);
    assert_true(seen > tried / 20);
}

struct fault {
    const char *name;    /* as write_faulty knows it */
    const char *message; /* part of what is said of it */
};

static const struct h5_layout checked = {.checksum = true};

/* What KAP needs, with one thing wrong. */
static void write_faulty_kap(struct h5_writer *writer, const char *wrong)
{
    const size_t alphas = strcmp(wrong, "kap count") == 0 ? 2 : strcmp(wrong, "kap alphas") == 0 ? 9 : 1;
    const size_t entries = strcmp(wrong, "kaps") == 0 || strcmp(wrong, "kap alphas") == 0 ? 9 : 1;
    const size_t dims[3] = {2, 2, entries};
    const float most[2 * 2] = {1, 2, 3, 4}, range[2 * 2] = {0, 2, 0, strcmp(wrong, "kap range") == 0 ? 3 : 4};
    const double alpha[9] = {strcmp(wrong, "kap zero") == 0 ? 0 : 0.1, 1, 1, 1, 1, 1, 1, 1, 1}, other = 0.2;
    const bool differs = strcmp(wrong, "kap differs") == 0;
    float in[2 * 2 * 9] = {0.5F, 0.5F, 0.5F, 0.5F};

    in[0] = strcmp(wrong, "kap infinite") == 0 ? -INFINITY : in[0];
    assert_ok(h5_write_array(context, writer, "/matches/kap_in", NUMBER_F32, 3, dims, in, &checked));
    assert_ok(h5_write_array(context, writer, "/matches/kap_out", NUMBER_F32, 3, dims, in, &checked));
    assert_ok(h5_write_array(context, writer, "/matches/kap_max", NUMBER_F32, 2, dims, most, &checked));
    if (strcmp(wrong, "kap alone") != 0)
        assert_ok(
            h5_write_array(context, writer, "/matches/kap_range", NUMBER_F32, 2, (size_t[]){2, 2}, range, &checked));
    assert_ok(h5_write_attribute_doubles(context, writer, "/matches/kap_in", "alpha", alpha, alphas));
    if (strcmp(wrong, "kap missing") != 0)
        assert_ok(
            h5_write_attribute_doubles(context, writer, "/matches/kap_out", "alpha", differs ? &other : alpha, alphas));
}

/* What only some outputs have, with one thing wrong: a shard's numbers, and confidence. */
static void write_faulty_parts(struct h5_writer *writer, const char *wrong)
{
    const bool alone = strcmp(wrong, "shard alone") == 0, beyond = strcmp(wrong, "shard beyond") == 0;
    const bool many = strcmp(wrong, "shards") == 0;
    const int64_t places[2] = {strcmp(wrong, "shard places") == 0 ? 1 : 0,
                               strcmp(wrong, "place beyond") == 0 ? 3 : many};
    const int32_t peaks[2 * 2 * 2] = {0};
    const float second[2 * 2] = {0};
    const uint8_t mutual[2 * 2] = {0, 1, 2, 0};
    static const float many_scores[2 * 2 * 101 * 2];
    static const uint8_t pictures[2 * 2 * 65 * 65];
    const size_t heat = strcmp(wrong, "heat large") == 0 ? 65 : 3;
    const size_t dims[3] = {2, 2, 2};

    if (alone || beyond || places[0] || places[1])
        assert_ok(h5_write_attribute_uint32(context, writer, "/", "shard", beyond ? 2 : 1));
    if (beyond || places[0] || places[1]) {
        assert_ok(h5_write_attribute_uint32(context, writer, "/", "shards", many ? OPTIONS_SHARDS + 1 : 2));
        assert_ok(h5_write_attribute_uint32(context, writer, "/", "all_pairs", 3));
        assert_ok(h5_write_array(context, writer, "/pairs/index", NUMBER_I64, 1, dims, places, &checked));
    }
    if (strcmp(wrong, "mutual value") == 0) {
        assert_ok(h5_write_array(context, writer, "/matches/second", NUMBER_F32, 2, dims, second, &checked));
        assert_ok(h5_write_array(context, writer, "/matches/mutual", NUMBER_U8, 2, dims, mutual, &checked));
        assert_ok(h5_write_array(context, writer, "/matches/peak", NUMBER_I32, 3, dims, peaks, &checked));
        assert_ok(h5_write_array(context, writer, "/matches/cycle", NUMBER_F32, 2, dims, second, &checked));
    }
    if (strcmp(wrong, "tops") == 0 || strcmp(wrong, "top alone") == 0)
        assert_ok(h5_write_array(context, writer, "/matches/top_score", NUMBER_F32, 3,
                                 strcmp(wrong, "tops") == 0 ? (size_t[]){2, 2, 101} : dims, many_scores, &checked));
    if (strcmp(wrong, "tops") == 0)
        assert_ok(h5_write_array(context, writer, "/matches/top_xy", NUMBER_F32, 4, (size_t[]){2, 2, 101, 2},
                                 many_scores, &checked));
    if (strncmp(wrong, "heat", 4) == 0)
        assert_ok(h5_write_array(context, writer, "/matches/heat", NUMBER_U8, 4,
                                 (size_t[]){2, 2, heat, strcmp(wrong, "heat oblong") == 0 ? 2 : heat}, pictures,
                                 &checked));
    if (strncmp(wrong, "kap", 3) == 0)
        write_faulty_kap(writer, wrong);
    if (strcmp(wrong, "model sum") == 0)
        assert_ok(h5_write_attribute_string(context, writer, "/", "model_crc32", "1"));
}

/* A small output with one thing wrong, or nothing. */
static void write_faulty(const char *path, const char *wrong)
{
    const float numbers[2 * 2 * 2] = {1, 2, 3, 4, 5, 6, 7, 8};
    const uint8_t values[3] = {0, 1, 255}, pose_values[3] = {0, 1, 255};
    const uint8_t chosen[2] = {0, strcmp(wrong, "chosen value") == 0 ? 2 : 1};
    const uint8_t states[2] = {0, strcmp(wrong, "status value") == 0 ? 99 : strcmp(wrong, "agreement") == 0 ? 1 : 0};
    const char *const candidates[2] = {"none", strcmp(wrong, "pose name") == 0    ? "left"
                                               : strcmp(wrong, "pose twice") == 0 ? "none"
                                                                                  : "hflip"};
    const char *const members[3] = {"a", "b", "undecided"};
    size_t count = 2;
    struct h5_writer *writer;

    assert_ok(h5_writer_create(context, path, true, &writer));
    assert_ok(h5_write_attribute_string(context, writer, "/", "format",
                                        strcmp(wrong, "format") == 0 ? "other" : OUTPUT_FORMAT));
    assert_ok(h5_write_attribute_uint32(context, writer, "/", "format_version", strcmp(wrong, "version") == 0 ? 2 : 1));
    assert_ok(h5_write_attribute_string(context, writer, "/", "geosc_version", "1"));
    if (strcmp(wrong, "options") != 0)
        assert_ok(h5_write_attribute_string(context, writer, "/", "options", "-"));
    assert_ok(h5_write_attribute_string(context, writer, "/", "isa_class", "c"));
    assert_ok(h5_write_attribute_string(context, writer, "/", "input_name", "i"));
    assert_ok(h5_write_array(context, writer, "/matches/score", NUMBER_F32, strcmp(wrong, "score rank") == 0 ? 4 : 2,
                             (size_t[]){2, 2, 1, 1}, numbers, &checked));
    if (strcmp(wrong, "xy") != 0) {
        assert_ok(h5_write_array(context, writer, "/matches/xy",
                                 strcmp(wrong, "xy type") == 0 ? NUMBER_I32 : NUMBER_F32, 3,
                                 strcmp(wrong, "xy shape") == 0 ? (size_t[]){2, 1, 2} : (size_t[]){2, 2, 2}, numbers,
                                 strcmp(wrong, "no crc") == 0 ? NULL : &checked));
        if (strcmp(wrong, "units") != 0)
            assert_ok(h5_write_attribute_string(context, writer, "/matches/xy", "units", "cell"));
    }
    assert_ok(h5_write_strings(context, writer, "/poses/name", count, candidates, &checked));
    assert_ok(h5_write_array(context, writer, "/poses/imd", NUMBER_F32, strcmp(wrong, "imd rank") == 0 ? 3 : 2,
                             (size_t[]){2, 2, 1}, numbers, strcmp(wrong, "crc") == 0 ? NULL : &checked));
    if (strcmp(wrong, "crc") == 0)
        assert_ok(h5_write_attribute_uint32(context, writer, "/poses/imd", "crc32", 1));
    assert_ok(h5_write_enum(context, writer, "/poses/chosen", count, chosen, &(struct h5_enum){3, members, pose_values},
                            &checked));
    assert_ok(h5_write_enum(context, writer, "/pairs/status", count, states, &(struct h5_enum){3, members, values},
                            &checked));
    write_faulty_parts(writer, wrong);
    assert_ok(h5_writer_finish(context, writer));
    h5_writer_free(writer);
}

static const struct fault faults[] = {
    {"", NULL}, /* nothing: the frame itself is sound */
    {"format", "format"},
    {"version", "format_version"},
    {"options", "options"},
    {"xy", "/matches/xy"},
    {"xy type", "/matches/xy"},
    {"xy shape", "/matches/xy"},
    {"no crc", "/matches/xy: has no attribute crc32"},
    {"units", "/matches/xy"},
    {"crc", "/poses/imd: is damaged"},
    {"pose name", "/poses/name"},
    {"pose twice", "/poses/name"},
    {"chosen value", "/poses/chosen"},
    {"status value", "/pairs/status"},
    {"agreement", "/poses/chosen"},
    {"score rank", "/matches/score: has another number of dimensions"},
    {"imd rank", "/poses/imd: has another number of dimensions"},
    {"shard alone", "/: its attributes shard, shards and all_pairs"},
    {"shard beyond", "/: its attributes shard, shards and all_pairs"},
    {"shards", "/: its attribute shards is larger"},
    {"shard places", "/pairs/index: its numbers are not ascending"},
    {"place beyond", "/pairs/index: its numbers are not ascending"},
    {"mutual value", "/matches/mutual: holds a value out of range"},
    {"tops", "/matches/top_score: has another number of entries for each answer than geosc writes"},
    {"top alone", "/matches/top_xy"},
    {"heat", NULL},
    {"heat oblong", "/matches/heat: has another number of entries for each answer than geosc writes"},
    {"heat large", "/matches/heat: has another number of entries for each answer than geosc writes"},
    {"kap", NULL},
    {"kap count", "/matches/kap_in: its attribute alpha is missing, or does not fit its shape"},
    {"kap alphas", "/matches/kap_in: has another number of entries for each answer than geosc writes"},
    {"kaps", "/matches/kap_in: has another number of entries for each answer than geosc writes"},
    {"kap zero", "/matches/kap_in: its attribute alpha has a number that is not above 0"},
    {"kap missing", "/matches/kap_out: its attribute alpha is missing, or does not fit its shape"},
    {"kap differs", "/matches/kap_out: its attribute alpha differs from that of /matches/kap_in"},
    {"kap alone", "/matches/kap_range"},
    {"kap range", "/matches/kap_in: does not agree with kap_out, kap_max, kap_range and score"},
    {"kap infinite", "/matches/kap_in: does not agree with kap_out, kap_max, kap_range and score"},
    {"model sum", "/: attribute model_crc32"},
};

static void says_what_is_wrong(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof faults / sizeof *faults; i++) {
        struct results results;
        struct run_identity identity;
        struct problems problems = {0};

        write_faulty(scratch_path("o.h5"), faults[i].name);
        assert_ok(output_read(context, scratch_path("o.h5"), &results, &identity, &problems));
        assert_int_equal(problems.count, faults[i].message != NULL);
        if (faults[i].message && (!strstr(problems.lines[0], faults[i].message) || !strstr(problems.lines[0], "o.h5")))
            fail_msg("%s: \"%s\" does not say \"%s\"", faults[i].name, problems.lines[0], faults[i].message);
        results_free(&results);
        problems_free(&problems);
    }
}

static void knows_a_finished_run(void **state)
{
    const char *path = scratch_path("o.h5");
    struct run_identity identity = sample_identity;
    struct output_there there = {.complete = true};

    (void)state;
    assert_ok(output_prepare(context, path, &identity, false, &there));
    assert_false(there.complete);
    assert_int_equal(scratch_entries(), 0);
    assert_ok(write_sample(path, false, false));
    assert_ok(output_prepare(context, path, &identity, false, &there));
    assert_true(there.complete);
    assert_ok(output_prepare(context, path, &identity, true, &there)); /* to be replaced: done again */
    assert_false(there.complete);

    snprintf(identity.options, sizeof identity.options, "poses=none imd=squared");
    assert_refused(output_prepare(context, path, &identity, false, &there),
                   ": poses=rot90,none,antitranspose, now poses=none; choose");
    identity = sample_identity;
    identity.model_crc32 ^= 1;
    assert_refused(output_prepare(context, path, &identity, false, &there), "differs in its model");
    assert_ok(output_prepare(context, path, &identity, true, &there));
    assert_false(there.complete);
    identity = sample_identity;
    identity.input_crc32 ^= 1;
    assert_refused(output_prepare(context, path, &identity, false, &there), "differs in its input");
    identity = sample_identity;
    snprintf(identity.isa_class, sizeof identity.isa_class, "c");
    assert_refused(output_prepare(context, path, &identity, false, &there), "differs in its class of instruction sets");
    snprintf(identity.version, sizeof identity.version, "0");
    snprintf(identity.isa_class, sizeof identity.isa_class, "%s", sample_identity.isa_class);
    assert_string_equal(identity_run_difference(&identity, &sample_identity), "version of geosc");
    /* A link to it is not it. */
    assert_int_equal(symlink("o.h5", scratch_path("link.h5")), 0);
    assert_refused(output_prepare(context, scratch_path("link.h5"), &sample_identity, false, &there),
                   "is a symbolic link and already exists");
}

/* One of the three shards of a run over three pairs, with what it says of the run's pairs. */
static void write_shard(const char *path, size_t shard, size_t keypoints, size_t all_pairs)
{
    size_t index = shard;
    const struct catalog catalog = {.pairs = 1, .index = &index};
    struct run_identity identity = sample_identity;
    struct results results = {.pairs = 1, .candidates = 1, .rank = 1, .shape = {keypoints}};

    identity.shard = shard;
    identity.shards = 3;
    identity.all_pairs = all_pairs;
    assert_ok(results_allocate(context, &results));
    for (size_t i = 0; i < keypoints; i++)
        results.xy[i][0] = results.xy[i][1] = results.score[i] = 0;
    results.imd[0] = 0;
    results.chosen[0] = 0;
    assert_ok(output_write(context, path, &catalog, &identity, &results, true));
    results_free(&results);
}

/* What one shard says of the whole run is not believed before the others bear it out: nothing is allocated for it, and
 * it is the one that is named. */
static void a_shard_that_claims_too_much(void **state)
{
    const struct {
        size_t liar, keypoints, all_pairs;
        const char *said;
    } lies[] = {
        {0, 2, UINT32_MAX, "s0.h5: its datasets do not fit those of "},
        {1, 2, UINT32_MAX, "s1.h5: its datasets do not fit those of "},
        {0, 50, 3, "s0.h5: its datasets do not fit those of "},
        {3, 2, UINT32_MAX, "claims 4294967295 pairs with 2 answers for the run, but all shards together have 3"}};
    const char *paths[] = {scratch_path("s0.h5"), scratch_path("s1.h5"), scratch_path("s2.h5")};

    (void)state;
    for (size_t i = 0; i < sizeof lies / sizeof *lies; i++) {
        struct problems problems = {0};
        struct merged merged = {0};
        for (size_t s = 0; s < 3; s++) {
            bool lies_too = s == lies[i].liar || lies[i].liar == 3;
            write_shard(paths[s], s, lies_too ? lies[i].keypoints : 2, lies_too ? lies[i].all_pairs : 3);
        }
        assert_ok(merge_read(context, paths, 3, NULL, &merged, &problems));
        assert_true(problems.count > 0 && merged.results.pairs * merged.results.answers < 1000);
        if (!strstr(problems.lines[0], lies[i].said))
            fail_msg("\"%s\" does not say \"%s\"", problems.lines[0], lies[i].said);
        merge_free(&merged);
        problems_free(&problems);
    }
}

static void refuses_early(void **state)
{
    struct output_there there;

    (void)state;
    write_file(scratch_path("notes.txt"), "no output", 9);
    assert_refused(output_prepare(context, scratch_path("notes.txt"), &sample_identity, false, &there), "notes.txt");
    assert_int_equal(output_prepare(context, scratch_path("none/o.h5"), &sample_identity, true, &there), GEOSC_FAILED);
    assert_int_equal(output_prepare(context, scratch_folder, &sample_identity, true, &there), GEOSC_FAILED);
    assert_int_equal(output_prepare(context, "", &sample_identity, true, &there), GEOSC_FAILED);
    assert_int_equal(output_prepare(context, "/dev/null", &sample_identity, true, &there), GEOSC_FAILED);
    assert_int_equal(scratch_entries(), 1);
}

int main(void)
{
    H5dont_atexit(); /* which goes round in circles after damaged files */
    const struct CMUnitTest tests[] = {
        TEST(starts_without_answers), TEST(comes_back_as_it_went),        TEST(same_bytes_from_another_process),
        TEST(no_damage_passes),       TEST(says_what_is_wrong),           TEST(knows_a_finished_run),
        TEST(refuses_early),          TEST(a_shard_that_claims_too_much),
    };
    return cmocka_run_group_tests_name("output", tests, make_plain_context, free_context);
}
