/* Reads an output back and verifies it. */
#include "base/guard.h"
#include "results/output.h"

#include "base/options.h"
#include "base/reason.h"
#include "input/units.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include <zlib.h>

/* State of one reading. Every function adds faults to `problems`, and other failures, such as lack of memory, too:
 * there is no result in either case. */
struct output_reader {
    geosc_context *context;
    struct h5_file *file;
    struct problems *problems;
    struct results *results;
};

static bool refuse_message(struct output_reader *reader)
{
    problems_add(reader->problems, "%s", reader->context->message);
    return false;
}

static bool refuse_part(struct output_reader *reader, const char *path, const char *reason)
{
    problems_add(reader->problems, "%s: %s: %s" REASON_DAMAGED, h5_file_path(reader->file), path, reason);
    return false;
}

static const size_t ANY = SIZE_MAX;

/* Opens a dataset of the given type and shape whose data is all stored; ANY in dims matches any size and is replaced by
 * it. */
static bool open_part(struct output_reader *reader, const char *path, enum number_type type, size_t rank, size_t *dims,
                      struct h5_array *array)
{
    bool lists_names = type == NUMBER_U8 && rank == 1; /* enums: chosen poses and statuses */

    if (h5_array_open(reader->context, reader->file, path, array) != GEOSC_OK)
        return refuse_message(reader);
    if (array->format.type != type || array->enumerated != lists_names)
        return refuse_part(reader, path, "has another type than geosc writes");
    if (array->rank != rank)
        return refuse_part(reader, path, "has another number of dimensions than geosc writes");
    for (size_t d = 0; d < rank; d++) {
        if (dims[d] != ANY && dims[d] != array->dims[d])
            return refuse_part(reader, path, "its shape does not fit that of the other datasets");
        dims[d] = array->dims[d];
    }
    return h5_array_items(array) == 0 || h5_array_stored(reader->context, array) == GEOSC_OK || refuse_message(reader);
}

static bool check_sum(struct output_reader *reader, const char *path, uint32_t sum)
{
    double stored = 0;
    bool found = false;

    if (h5_attribute_double(reader->context, reader->file, path, "crc32", &stored, &found) != GEOSC_OK)
        return refuse_message(reader);
    if (GUARD(output_sums_wanted) && !found)
        return refuse_part(reader, path, "has no attribute crc32");
    return !GUARD(output_sums_read) || stored == (double)sum ||
           refuse_part(reader, path, "is damaged: its bytes do not match its attribute crc32");
}

static bool read_floats(struct output_reader *reader, const char *path, size_t rank, size_t *dims, float *out)
{
    struct h5_array array = {0};
    bool finite, good = open_part(reader, path, NUMBER_F32, rank, dims, &array);

    if (good && h5_array_items(&array) && h5_read_floats(reader->context, &array, out, &finite) != GEOSC_OK)
        good = refuse_message(reader);
    if (good)
        good = check_sum(reader, path, (uint32_t)crc32_z(0, (void *)out, h5_array_items(&array) * sizeof *out));
    h5_array_close(&array);
    return good;
}

/* Reads uint8 within 0..most, where they are to stay: heat maps are large. */
static bool read_bytes(struct output_reader *reader, const char *path, size_t rank, size_t *dims, uint8_t most,
                       uint8_t *out)
{
    struct h5_array array = {0};
    bool good = open_part(reader, path, NUMBER_U8, rank, dims, &array);
    const size_t count = good ? h5_array_items(&array) : 0;

    if (count && h5_read_bytes(reader->context, &array, out) != GEOSC_OK)
        good = refuse_message(reader);
    for (size_t i = 0; good && i < count; i++)
        if (out[i] > most)
            good = refuse_part(reader, path, "holds a value out of range");
    if (good)
        good = check_sum(reader, path, (uint32_t)crc32_z(0, out, count));
    h5_array_close(&array);
    return good;
}

/* Reads integers within -1..INT32_MAX. */
static bool read_int32s(struct output_reader *reader, const char *path, size_t rank, size_t *dims, int32_t *out)
{
    struct h5_array array = {0};
    int64_t *wide = NULL;
    bool good = open_part(reader, path, NUMBER_I32, rank, dims, &array);
    const size_t count = good ? h5_array_items(&array) : 0;

    if (count && (memory_allocate(reader->context, &wide, count, sizeof *wide, path) != GEOSC_OK ||
                  h5_read_int64s(reader->context, &array, wide) != GEOSC_OK))
        good = refuse_message(reader);
    for (size_t i = 0; good && i < count; i++) {
        out[i] = (int32_t)wide[i];
        if (wide[i] < -1)
            good = refuse_part(reader, path, "holds a value out of range");
    }
    if (good)
        good = check_sum(reader, path, (uint32_t)crc32_z(0, (void *)out, count * sizeof *out));
    memory_free(wide);
    h5_array_close(&array);
    return good;
}

/* The number of entries that an array has for each answer, along one axis or along each of two (`square`), at most
 * `most`; 0 without the array. dims: of the scores. */
static bool count_entries(struct output_reader *reader, const char *path, size_t rank, const size_t *dims, bool square,
                          size_t most, size_t *count)
{
    struct h5_array array = {0};
    size_t own[5];
    bool good;

    *count = 0;
    if (h5_kind(reader->file, path) == H5_MISSING)
        return true;
    memcpy(own, dims, rank * sizeof *own);
    own[rank] = own[rank + square] = ANY;
    good = open_part(reader, path, square ? NUMBER_U8 : NUMBER_F32, rank + 1 + square, own, &array);
    h5_array_close(&array);
    if (good && GUARD(output_entries) && (own[rank] < 1 || own[rank] > most || own[rank + square] != own[rank]))
        good = refuse_part(reader, path, "has another number of entries for each answer than geosc writes");
    *count = own[rank];
    return good;
}

/* The alphas of KAP: those of both arrays. */
static bool read_alphas(struct output_reader *reader, const char *path, struct results_asked *asked)
{
    double alphas[GEOSC_KAP_ALPHAS] = {0};
    size_t count;
    bool found;

    if (h5_attribute_doubles(reader->context, reader->file, path, "alpha", alphas, GEOSC_KAP_ALPHAS, &count, &found) !=
        GEOSC_OK)
        return refuse_message(reader);
    if (GUARD(output_alphas) && count != asked->kaps)
        return refuse_part(reader, path, "its attribute alpha is missing, or does not fit its shape");
    for (size_t a = 0; a < asked->kaps; a++) {
        if (GUARD(output_alphas) && !(alphas[a] > 0 && isfinite(alphas[a])))
            return refuse_part(reader, path, "its attribute alpha has a number that is not above 0");
        asked->kap_alpha[a] = alphas[a];
    }
    return true;
}

/* Finds out which arrays that only some outputs have are there: those of --confidence, --top, --kap and
 * --heat. */
static bool find_parts(struct output_reader *reader, size_t rank, const size_t *dims)
{
    struct results_asked asked = {.confidence = h5_kind(reader->file, "/matches/peak") != H5_MISSING}, other;

    if (!count_entries(reader, "/matches/top_score", rank, dims, false, OPTIONS_TOP, &asked.tops) ||
        !count_entries(reader, "/matches/kap_in", rank, dims, false, GEOSC_KAP_ALPHAS, &asked.kaps) ||
        !count_entries(reader, "/matches/heat", rank, dims, true, OPTIONS_HEAT, &asked.heat))
        return false;
    other = asked;
    if (asked.kaps &&
        (!read_alphas(reader, "/matches/kap_in", &asked) || !read_alphas(reader, "/matches/kap_out", &other)))
        return false;
    if (GUARD(output_alphas) && asked.kaps && !results_asked_alike(&asked, &other))
        return refuse_part(reader, "/matches/kap_out", "its attribute alpha differs from that of /matches/kap_in");
    return results_add_asked(reader->context, &asked, reader->results) == GEOSC_OK || refuse_message(reader);
}

static bool read_parts(struct output_reader *reader, size_t rank, const size_t *dims)
{
    struct results_part parts[RESULTS_PARTS];
    bool good = find_parts(reader, rank, dims);
    size_t count = good ? results_parts(reader->results, parts) : 0;

    for (size_t i = 0; i < count; i++) {
        const struct results_part *part = &parts[i];
        size_t own[5], before = part->of_pair ? 1 : rank;
        memcpy(own, dims, before * sizeof *own);
        memcpy(own + before, part->dims, sizeof part->dims);
        if (part->type == NUMBER_F32)
            good &= read_floats(reader, part->path, before + part->rank, own, part->values);
        else if (part->type == NUMBER_U8)
            good &= read_bytes(reader, part->path, before + part->rank, own, part->most, part->values);
        else
            good &= read_int32s(reader, part->path, before + part->rank, own, part->values);
    }
    return good;
}

/* Reads one number of an image or pair for each pair; *values is NULL if the file has none. */
static bool read_numbers(struct output_reader *reader, const char *path, size_t **values)
{
    struct h5_array array = {0};
    int64_t *numbers = NULL;
    size_t count = reader->results->pairs;
    bool good;

    if (h5_kind(reader->file, path) == H5_MISSING)
        return true;
    good = open_part(reader, path, NUMBER_I64, 1, &count, &array);
    if (good && (memory_allocate(reader->context, &numbers, count, sizeof *numbers, path) != GEOSC_OK ||
                 memory_allocate(reader->context, values, count, sizeof **values, path) != GEOSC_OK ||
                 (count && h5_read_int64s(reader->context, &array, numbers) != GEOSC_OK)))
        good = refuse_message(reader);
    if (good)
        good = check_sum(reader, path, (uint32_t)crc32_z(0, (void *)numbers, count * sizeof *numbers));
    for (size_t p = 0; good && p < count; p++) {
        (*values)[p] = (size_t)numbers[p];
        good = numbers[p] >= 0 || refuse_part(reader, path, "holds a negative number");
    }
    memory_free(numbers);
    h5_array_close(&array);
    return good;
}

/* Parses names of poses, without duplicates. */
static bool parse_candidates(struct output_reader *reader, const char *path, char *const *names, size_t count)
{
    struct results *results = reader->results;
    enum geosc_pose pose;

    for (size_t q = 0; q < count; q++) {
        if (!pose_parse(names[q], &pose))
            return refuse_part(reader, path, "holds a name that is not a pose's");
        for (size_t before = 0; before < q; before++)
            if (results->poses[before] == pose)
                return refuse_part(reader, path, "holds a pose twice");
        results->poses[q] = pose;
    }
    results->candidates = count;
    return true;
}

static uint32_t sum_of_strings(char *const *strings, size_t count, size_t width)
{
    static const unsigned char zeros[32];
    uLong sum = crc32_z(0, NULL, 0);

    for (size_t i = 0; i < count; i++) {
        size_t length = strlen(strings[i]);
        sum = crc32_z(sum, (const void *)strings[i], length);
        for (size_t rest = width - length; rest; rest -= rest < sizeof zeros ? rest : sizeof zeros)
            sum = crc32_z(sum, zeros, rest < sizeof zeros ? rest : sizeof zeros);
    }
    return (uint32_t)sum;
}

/* Reads the image names of a grouped input, if the output has them. */
static bool read_image_names(struct output_reader *reader)
{
    const char *path = "/images/name";
    struct results *results = reader->results;
    struct h5_array array = {0};
    bool good;

    if (h5_kind(reader->file, path) == H5_MISSING)
        return true;
    if (h5_array_open(reader->context, reader->file, path, &array) != GEOSC_OK)
        return refuse_message(reader);
    good = (array.format.type == NUMBER_STRING && array.string_size && array.rank == 1) ||
           refuse_part(reader, path, "is not a list of names of fixed length");
    if (good && (h5_array_stored(reader->context, &array) != GEOSC_OK ||
                 h5_read_strings(reader->context, &array, &results->image_name) != GEOSC_OK))
        good = refuse_message(reader);
    results->images = array.dims[0];
    good = good && check_sum(reader, path, sum_of_strings(results->image_name, results->images, array.string_size));
    for (size_t p = 0; good && p < results->pairs; p++)
        good = (results->source && results->target && results->source[p] < results->images &&
                results->target[p] < results->images) ||
               refuse_part(reader, path, "has too few names for /pairs/source and /pairs/target");
    h5_array_close(&array);
    return good;
}

static bool read_candidates(struct output_reader *reader)
{
    const char *path = "/poses/name";
    struct h5_array array = {0};
    char **names = NULL;
    bool good;

    if (h5_array_open(reader->context, reader->file, path, &array) != GEOSC_OK)
        return refuse_message(reader);
    good = array.format.type == NUMBER_STRING && array.string_size && array.rank == 1 && array.dims[0] <= GEOSC_POSES;
    if (!good)
        refuse_part(reader, path, "is not a list of at most eight names of fixed length");
    if (good && h5_read_strings(reader->context, &array, &names) != GEOSC_OK)
        good = refuse_message(reader);
    good = good && parse_candidates(reader, path, names, array.dims[0]) &&
           check_sum(reader, path, sum_of_strings(names, array.dims[0], array.string_size));
    memory_free(names);
    h5_array_close(&array);
    return good;
}

/* Reads the number of pairs and the shape of their matches from the scores. */
static bool read_shape(struct output_reader *reader)
{
    const char *path = "/matches/score";
    struct results *results = reader->results;
    struct h5_array array = {0};
    size_t dims[3] = {ANY, ANY, ANY};
    bool good;

    if (h5_array_open(reader->context, reader->file, path, &array) != GEOSC_OK)
        return refuse_message(reader);
    results->rank = array.rank ? array.rank - 1 : 0;
    h5_array_close(&array);
    if (results->rank < 1 || results->rank > 2)
        return refuse_part(reader, path, "has another number of dimensions than geosc writes");
    good = open_part(reader, path, NUMBER_F32, results->rank + 1, dims, &array);
    h5_array_close(&array);
    /* Also for pairs without answers: allocate only what the file has bytes for. */
    good = good && open_part(reader, "/pairs/status", NUMBER_U8, 1, dims, &array);
    h5_array_close(&array);
    results->pairs = dims[0];
    results->shape[0] = dims[1];
    results->shape[1] = results->rank == 2 ? dims[2] : 0;
    return good;
}

/* Numbers that no run gives would break the order in which eval sorts them. */
static bool check_kap(struct output_reader *reader)
{
    const struct results *results = reader->results;

    for (size_t i = 0; results->kaps && i < results->pairs * results->answers; i++)
        if (!results_kap_can_be(results->kap_in + i * results->kaps, results->kap_out + i * results->kaps,
                                results->kaps, results->kap_max[i], results->kap_range[i / results->answers],
                                !isnan(results->score[i])))
            return refuse_part(reader, "/matches/kap_in", "does not agree with kap_out, kap_max, kap_range and score");
    return true;
}

/* Checks values across datasets. */
static bool check_values(struct output_reader *reader)
{
    const struct results *results = reader->results;

    for (size_t p = 0; p < results->pairs; p++) {
        bool chosen = results->chosen[p] != GEOSC_UNDECIDED;
        bool answered = results->status[p] == GEOSC_PAIR_OK || results->status[p] == GEOSC_PAIR_BAD_KEYPOINT;
        if (results->status[p] >= GEOSC_PAIR_STATUSES)
            return refuse_part(reader, "/pairs/status", "holds a value that is not a status");
        if (GUARD(output_values) && chosen && results->chosen[p] >= results->candidates)
            return refuse_part(reader, "/poses/chosen", "holds a value that is not the index of a candidate");
        if (GUARD(output_agreement) && chosen != answered)
            return refuse_part(reader, "/poses/chosen", "does not agree with /pairs/status");
    }
    return GUARD(output_kap) ? check_kap(reader) : true;
}

static bool read_results(struct output_reader *reader)
{
    struct results *results = reader->results;
    size_t rank, dims[5], imd_dims[2];
    bool good;

    if (!read_candidates(reader) || !read_shape(reader))
        return false;
    rank = results->rank + 1;
    memcpy(dims, (size_t[5]){results->pairs, results->shape[0], results->shape[1]}, sizeof dims);
    memcpy(imd_dims, (size_t[2]){results->pairs, results->candidates}, sizeof imd_dims);
    if (results_allocate(reader->context, results) != GEOSC_OK)
        return refuse_message(reader);
    good = read_floats(reader, "/matches/score", rank, dims, results->score);
    good &= read_parts(reader, rank, dims);
    dims[rank] = 2;
    good &= read_floats(reader, "/matches/xy", rank + 1, dims, (float *)results->xy);
    good &= read_floats(reader, "/poses/imd", 2, imd_dims, results->imd);
    good &= read_bytes(reader, "/poses/chosen", 1, &results->pairs, UINT8_MAX, results->chosen);
    good &= read_bytes(reader, "/pairs/status", 1, &results->pairs, UINT8_MAX, results->status);
    good &= read_numbers(reader, "/pairs/source", &results->source);
    good &= read_numbers(reader, "/pairs/target", &results->target);
    good &= read_numbers(reader, "/pairs/index", &results->index);
    good = good && read_image_names(reader);
    return good && check_values(reader);
}

static bool read_format(struct output_reader *reader)
{
    return identity_read_format(reader->context, reader->file, OUTPUT_FORMAT, reader->problems);
}

static bool read_number(struct output_reader *reader, const char *name, uint32_t *value, bool *found)
{
    return identity_read_number(reader->context, reader->file, name, value, found, reader->problems);
}

/* Reads which shard it is, if any, and checks its pairs against the whole. */
static bool read_shard(struct output_reader *reader, struct run_identity *identity)
{
    const struct results *results = reader->results;
    uint32_t shard, shards, all_pairs;
    bool found[3];

    if (!read_number(reader, "shard", &shard, &found[0]) || !read_number(reader, "shards", &shards, &found[1]) ||
        !read_number(reader, "all_pairs", &all_pairs, &found[2]))
        return false;
    if (found[0] != found[1] || found[0] != found[2] || found[0] != (results->index != NULL) ||
        (found[0] && shard >= shards))
        return refuse_part(reader, "/",
                           "its attributes shard, shards and all_pairs do not agree with each other and /pairs/index");
    if (GUARD(memory_shards) && shards > OPTIONS_SHARDS) /* geosc merge allocates an entry for each */
        return refuse_part(reader, "/", "its attribute shards is larger than geosc writes");
    for (size_t p = 0; results->index && p < results->pairs; p++)
        if (results->index[p] >= all_pairs || (p && results->index[p] <= results->index[p - 1]))
            return refuse_part(reader, "/pairs/index", "its numbers are not ascending places of pairs of the input");
    identity->shard = shard;
    identity->shards = shards;
    identity->all_pairs = all_pairs;
    return true;
}

static bool read_units(struct output_reader *reader)
{
    char units[16] = "";
    bool found;

    if (h5_attribute_string(reader->context, reader->file, "/matches/xy", "units", units, sizeof units, &found) !=
        GEOSC_OK)
        return refuse_message(reader);
    return (found && units_parse(units, &reader->results->units)) ||
           refuse_part(reader, "/matches/xy", "its attribute units is missing or unknown");
}

enum geosc_status output_read(geosc_context *context, const char *path, struct results *results,
                              struct run_identity *identity, struct problems *problems)
{
    struct output_reader reader = {.context = context, .problems = problems, .results = results};
    enum geosc_status status;

    *results = (struct results){0};
    *identity = (struct run_identity){0};
    TRY(h5_open(context, path, &reader.file));
    h5_allow(reader.file, &(struct h5_access){.empty = true});
    if (read_format(&reader)) {
        identity_read(context, reader.file, identity, problems);
        if (read_results(&reader) && read_units(&reader))
            read_shard(&reader, identity);
    }
done:
    h5_close(reader.file);
    return status;
}

enum geosc_status output_read_outline(geosc_context *context, const char *path, struct output_outline *outline)
{
    struct problems problems = {0};
    struct results results = {0};
    struct output_reader reader = {.context = context, .problems = &problems, .results = &results};
    uint32_t shards = 0, all_pairs = 0;
    bool found, good = false;
    enum geosc_status status;

    *outline = (struct output_outline){0};
    TRY(h5_open(context, path, &reader.file));
    h5_allow(reader.file, &(struct h5_access){.empty = true});
    good = read_format(&reader) && read_candidates(&reader) && read_shape(&reader) &&
           read_number(&reader, "shards", &shards, &found) && read_number(&reader, "all_pairs", &all_pairs, &found);
    good = good && size_multiply(results.shape[0], results.rank == 2 ? results.shape[1] : 1, &outline->answers) &&
           size_multiply(outline->answers, results.pairs, &outline->answers);
    outline->shards = shards;
    outline->all_pairs = all_pairs;
    outline->rank = results.rank;
    memcpy(outline->shape, results.shape, sizeof outline->shape);
    outline->candidates = results.candidates;
    outline->pairs = results.pairs;
    status = good ? GEOSC_OK : GEOSC_FAILED;
done:
    h5_close(reader.file);
    problems_free(&problems);
    return status;
}
