#include "results/output.h"

#include "base/opened.h"
#include "base/reason.h"
#include "results/hloc.h"
#include "base/place.h"
#include "input/units.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* ---- results ------------------------------------------------------------------------------------ */

enum geosc_status results_allocate(geosc_context *context, struct results *results)
{
    enum geosc_status status;
    size_t all = 0, scores = 0;

    if (!size_multiply(results->shape[0], results->rank == 2 ? results->shape[1] : 1, &results->answers) ||
        !size_multiply(results->pairs, results->answers, &all) ||
        !size_multiply(results->pairs, results->candidates, &scores))
        return fail(context, GEOSC_FAILED, "the results of %zu pairs are too large", results->pairs);
    TRY(memory_allocate(context, &results->xy, all, sizeof *results->xy, "matches"));
    TRY(memory_allocate(context, &results->score, all, sizeof *results->score, "scores"));
    TRY(memory_allocate(context, &results->imd, scores, sizeof *results->imd, "IMDs"));
    TRY(memory_allocate(context, &results->chosen, results->pairs, 1, "chosen poses"));
    TRY(memory_allocate_zero(context, &results->status, results->pairs, 1, "statuses"));
done:
    return status;
}

enum geosc_status results_create(geosc_context *context, const struct catalog *catalog, const enum geosc_pose *poses,
                                 size_t pose_count, struct results *results)
{
    enum geosc_status status;

    *results = (struct results){.pairs = catalog->pairs, .candidates = pose_count};
    results->rank = catalog_answers(catalog, results->shape);
    memcpy(results->poses, poses, pose_count * sizeof *poses);
    TRY(results_allocate(context, results));
    for (size_t i = 0; i < results->pairs * results->answers; i++)
        results->xy[i][0] = results->xy[i][1] = results->score[i] = NAN;
    for (size_t i = 0; i < results->pairs * results->candidates; i++)
        results->imd[i] = NAN;
    memset(results->chosen, GEOSC_UNDECIDED, results->pairs);
done:
    if (status != GEOSC_OK)
        results_free(results);
    return status;
}

enum geosc_status results_add_confidence(geosc_context *context, struct results *results)
{
    size_t all = results->pairs * results->answers; /* xy has as many */
    enum geosc_status status;

    TRY(memory_allocate(context, &results->peak, all, sizeof *results->peak, "peaks"));
    TRY(memory_allocate(context, &results->second, all, sizeof *results->second, "second best similarities"));
    TRY(memory_allocate_zero(context, &results->mutual, all, 1, "mutual matches"));
    for (size_t i = 0; i < all; i++) {
        results->peak[i][0] = results->peak[i][1] = -1;
        results->second[i] = NAN;
    }
done:
    return status;
}

bool results_fit(const struct results *results, const struct catalog *catalog)
{
    size_t shape[2], rank = catalog_answers(catalog, shape);

    return results->pairs == catalog->pairs && results->rank == rank && results->shape[0] == shape[0] &&
           (rank == 1 || results->shape[1] == shape[1]);
}

void results_free(struct results *results)
{
    memory_free(results->xy);
    memory_free(results->score);
    memory_free(results->peak);
    memory_free(results->second);
    memory_free(results->mutual);
    memory_free(results->imd);
    memory_free(results->chosen);
    memory_free(results->status);
    memory_free(results->source);
    memory_free(results->target);
    memory_free(results->index);
    memory_free(results->image_name);
    *results = (struct results){0};
}

/* ---- writing ------------------------------------------------------------------------------------ */

static const struct h5_layout checked = {.checksum = true};

enum geosc_status output_write_identity(geosc_context *context, struct h5_writer *writer, const char *format,
                                        const struct run_identity *identity)
{
    enum geosc_status status;

    TRY(h5_write_attribute_string(context, writer, "/", "format", format));
    TRY(h5_write_attribute_uint32(context, writer, "/", "format_version", OUTPUT_VERSION));
    TRY(h5_write_attribute_string(context, writer, "/", "geosc_version", geosc_version()));
    TRY(h5_write_attribute_string(context, writer, "/", "options", identity->options));
    TRY(h5_write_attribute_string(context, writer, "/", "isa_class", identity->isa_class));
    if (identity->has_model)
        TRY(h5_write_attribute_uint32(context, writer, "/", "model_crc32", identity->model_crc32));
    TRY(h5_write_attribute_string(context, writer, "/", "input_name", identity->input_name));
    TRY(h5_write_attribute_uint32(context, writer, "/", "input_crc32", identity->input_crc32));
    if (identity->shards) {
        TRY(h5_write_attribute_uint32(context, writer, "/", "shard", (uint32_t)identity->shard));
        TRY(h5_write_attribute_uint32(context, writer, "/", "shards", (uint32_t)identity->shards));
        TRY(h5_write_attribute_uint32(context, writer, "/", "all_pairs", (uint32_t)identity->all_pairs));
    }
done:
    return status;
}

static enum geosc_status write_matches(geosc_context *context, struct h5_writer *writer, const struct catalog *catalog,
                                       const struct results *results)
{
    size_t dims[4] = {results->pairs, results->shape[0], results->shape[1]}, rank = 1 + results->rank;
    enum geosc_status status;

    TRY(h5_write_array(context, writer, "/matches/score", NUMBER_F32, rank, dims, results->score, &checked));
    if (results->peak) {
        TRY(h5_write_array(context, writer, "/matches/second", NUMBER_F32, rank, dims, results->second, &checked));
        TRY(h5_write_array(context, writer, "/matches/mutual", NUMBER_U8, rank, dims, results->mutual, &checked));
    }
    dims[rank] = 2;
    if (results->peak)
        TRY(h5_write_array(context, writer, "/matches/peak", NUMBER_I32, rank + 1, dims, results->peak, &checked));
    TRY(h5_write_array(context, writer, "/matches/xy", NUMBER_F32, rank + 1, dims, results->xy, &checked));
    TRY(h5_write_attribute_string(context, writer, "/matches/xy", "units", units_name(catalog->units)));
done:
    return status;
}

static enum geosc_status write_poses(geosc_context *context, struct h5_writer *writer, const struct results *results)
{
    const size_t dims[2] = {results->pairs, results->candidates};
    const char *names[GEOSC_POSES + 1];
    uint8_t values[GEOSC_POSES + 1];
    enum geosc_status status;

    for (size_t q = 0; q < results->candidates; q++) {
        names[q] = geosc_pose_name(results->poses[q]);
        values[q] = (uint8_t)q;
    }
    TRY(h5_write_strings(context, writer, "/poses/name", results->candidates, names, &checked));
    TRY(h5_write_array(context, writer, "/poses/imd", NUMBER_F32, 2, dims, results->imd, &checked));
    names[results->candidates] = "undecided";
    values[results->candidates] = GEOSC_UNDECIDED;
    TRY(h5_write_enum(context, writer, "/poses/chosen", results->pairs, results->chosen, results->candidates + 1, names,
                      values, &checked));
done:
    return status;
}

/* Numbers of images or pairs. */
static enum geosc_status write_numbers(geosc_context *context, struct h5_writer *writer, const char *path,
                                       const size_t *values, size_t pairs)
{
    int64_t *numbers;
    enum geosc_status status = memory_allocate(context, &numbers, pairs, sizeof *numbers, path);

    if (status != GEOSC_OK)
        return status;
    for (size_t p = 0; p < pairs; p++)
        numbers[p] = (int64_t)values[p];
    status = h5_write_array(context, writer, path, NUMBER_I64, 1, &pairs, numbers, &checked);
    memory_free(numbers);
    return status;
}

static enum geosc_status write_pairs(geosc_context *context, struct h5_writer *writer, const struct catalog *catalog,
                                     const struct results *results)
{
    const char *names[GEOSC_PAIR_STATUSES];
    uint8_t values[GEOSC_PAIR_STATUSES];
    enum geosc_status status;

    for (int i = 0; i < GEOSC_PAIR_STATUSES; i++) {
        names[i] = geosc_pair_status_name((enum geosc_pair_status)i);
        values[i] = (uint8_t)i;
    }
    TRY(h5_write_enum(context, writer, "/pairs/status", results->pairs, results->status, GEOSC_PAIR_STATUSES, names,
                      values, &checked));
    if (catalog->indexed) {
        TRY(write_numbers(context, writer, "/pairs/source", catalog->source, catalog->pairs));
        TRY(write_numbers(context, writer, "/pairs/target", catalog->target, catalog->pairs));
    }
    if (catalog->grouped)
        TRY(h5_write_strings(context, writer, "/images/name", catalog->images, (const char *const *)catalog->image_name,
                             &checked));
    if (catalog->index)
        TRY(write_numbers(context, writer, "/pairs/index", catalog->index, catalog->pairs));
done:
    return status;
}

enum geosc_status output_write(geosc_context *context, const char *path, const struct catalog *catalog,
                               const struct run_identity *identity, const struct results *results, bool force)
{
    enum geosc_status status;
    struct h5_writer *writer = NULL;

    TRY(h5_writer_create(context, path, force, &writer));
    TRY(output_write_identity(context, writer, OUTPUT_FORMAT, identity));
    TRY(write_matches(context, writer, catalog, results));
    TRY(write_poses(context, writer, results));
    TRY(write_pairs(context, writer, catalog, results));
    TRY(h5_writer_finish(context, writer));
done:
    h5_writer_free(writer);
    return status;
}

/* ---- before a run ------------------------------------------------------------------------------- */

struct catalog_pairs output_pairs(const struct results *results, const struct run_identity *identity)
{
    if (!results->source || !results->target || !strstr(identity->options, OUTPUT_PAIRS))
        return (struct catalog_pairs){0};
    return (struct catalog_pairs){.count = results->pairs, .source = results->source, .target = results->target};
}

const char *output_run_difference(const struct run_identity *a, const struct run_identity *b)
{
    if (strcmp(a->input_name, b->input_name) != 0 || a->input_crc32 != b->input_crc32)
        return "input";
    if (a->has_model != b->has_model || a->model_crc32 != b->model_crc32)
        return "model";
    if (strcmp(a->options, b->options) != 0)
        return "options";
    if (strcmp(a->version, b->version) != 0)
        return "version of geosc";
    return strcmp(a->isa_class, b->isa_class) != 0 ? "class of instruction sets" : NULL;
}

const char *output_difference(const struct run_identity *a, const struct run_identity *b)
{
    const char *difference = output_run_difference(a, b);

    if (!difference && (a->shard != b->shard || a->shards != b->shards))
        difference = "shard";
    return difference;
}

bool output_next_difference(const char **before, const char **now, char separator)
{
    const char end[2] = {separator, '\0'};

    for (;;) {
        size_t a = strcspn(*before, end), b = strcspn(*now, end);
        bool last_before = !(*before)[a], last_now = !(*now)[b];
        if (a != b || strncmp(*before, *now, a) != 0)
            return true;
        *before += a + !last_before;
        *now += b + !last_now;
        if (last_before || last_now)
            return last_before != last_now;
    }
}

/* Whether the text has a part with the name of this one, up to its =. */
static bool has_name(const char *text, const char *part, char separator)
{
    const char *end = strchr(part, '=');

    for (const char *at = text; end && at; at = strchr(at, separator)) {
        at += *at == separator;
        if (strncmp(at, part, (size_t)(end - part) + 1) == 0)
            return true;
    }
    return false;
}

void output_describe_difference(const char *before, const char *now, char separator, char *out, size_t size)
{
    const char end[2] = {separator, '\0'};
    bool gone = *before && !has_name(now, before, separator), added = !gone && !has_name(before, now, separator);

    before = added ? "none" : before;
    now = gone ? "none" : now;
    snprintf(out, size, "%.*s, now %.*s", (int)strcspn(before, end), before, (int)strcspn(now, end), now);
}

/* Appends the first word in which the options differ, as ": window=15, now window=7". */
static void describe_options(const char *before, const char *now, char *out, size_t size)
{
    size_t length = strlen(out);

    output_next_difference(&before, &now, ' ');
    length += (size_t)snprintf(out + length, size - length, ": ");
    output_describe_difference(before, now, ' ', out + length, size - length);
}

size_t results_count_failed(const struct results *results)
{
    size_t failed = 0;

    for (size_t p = 0; p < results->pairs; p++)
        failed += results->status[p] != GEOSC_PAIR_OK;
    return failed;
}

/* Whether a sound output is at `path`, how many of its pairs have failed, and in `difference` what makes it another
 * run's, "" if nothing does. */
static bool read_existing(geosc_context *context, const char *path, const struct run_identity *identity, size_t *failed,
                          char *difference, size_t size)
{
    const char *what = NULL;
    struct run_identity own = *identity, there;
    struct results results = {0};
    struct problems problems = {0};
    struct hloc_summary summary;
    bool sound = place_is_file(path) &&
                 (own.hloc ? hloc_read(context, path, &there, &summary, &problems)
                           : output_read(context, path, &results, &there, &problems)) == GEOSC_OK &&
                 problems.count == 0;

    snprintf(own.version, sizeof own.version, "%s", geosc_version());
    context->message[0] = '\0'; /* what is wrong with it is of no interest */
    if (sound) {
        what = output_difference(&own, &there);
        *failed = own.hloc ? summary.failed : results_count_failed(&results);
    }
    snprintf(difference, size, "%s", what ? what : "");
    if (what && strcmp(what, "options") == 0)
        describe_options(there.options, own.options, difference, size);
    results_free(&results);
    problems_free(&problems);
    return sound;
}

/* Where a sound output is there already: whether nothing is left to do. */
static enum geosc_status judge_existing(geosc_context *context, const char *path, const char *difference,
                                        struct output_there *there)
{
    if (difference[0])
        return fail(context, GEOSC_FAILED,
                    "%s: is there already, and differs in its %s; choose another name, or replace it with --force",
                    path, difference);
    there->complete = place_confirm(context, path) == GEOSC_OK; /* the run that wrote it may have been killed before */
    return there->complete ? GEOSC_OK : GEOSC_FAILED;
}

enum geosc_status output_prepare(geosc_context *context, const char *path, const struct run_identity *identity,
                                 bool force, struct output_there *there)
{
    enum geosc_status status = GEOSC_OK;
    char difference[512] = "";

    *there = (struct output_there){0};
    /* Twice: another run may put its output there between the two calls. */
    for (int attempt = 0; attempt < 2; attempt++) {
        if (!force && !opened_is_current(context, path) && place_is_file(path))
            return fail(context, GEOSC_FAILED,
                        "%s: has come up, or another file in its place, since the files were looked at; try again"
                        REASON_BUSY, path);
        if (!force && read_existing(context, path, identity, &there->failed, difference, sizeof difference))
            return judge_existing(context, path, difference, there);
        TRY(check_stop(context)); /* what it has not read it does not know */
        status = place_check(context, path, force);
        if (status == GEOSC_OK || force || access(path, F_OK) != 0)
            break;
    }
done:
    return status;
}
