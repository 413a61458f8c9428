#include "results/output.h"

#include "input/units.h"

#include <string.h>

static const struct h5_layout checked = {.checksum = true};

static enum geosc_status write_matches(geosc_context *context, struct h5_writer *writer, const struct catalog *catalog,
                                       const struct results *results)
{
    size_t dims[5] = {results->pairs, results->shape[0], results->shape[1]}, rank = 1 + results->rank;
    struct results_part parts[RESULTS_PARTS];
    size_t count = results_parts(results, parts);
    enum geosc_status status;

    TRY(h5_write_array(context, writer, "/matches/score", NUMBER_F32, rank, dims, results->score, &checked));
    for (size_t i = 0; i < count; i++) {
        size_t own[5] = {dims[0], dims[1], dims[2]}, before = parts[i].of_pair ? 1 : rank;
        memcpy(own + before, parts[i].dims, sizeof parts[i].dims);
        TRY(h5_write_array(context, writer, parts[i].path, parts[i].type, before + parts[i].rank, own, parts[i].values,
                           &checked));
    }
    for (size_t i = 0; i < 2 && results->kaps; i++)
        TRY(h5_write_attribute_doubles(context, writer, i ? "/matches/kap_out" : "/matches/kap_in", "alpha",
                                       results->kap_alpha, results->kaps));
    dims[rank] = 2;
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
    TRY(h5_write_enum(context, writer, "/poses/chosen", results->pairs, results->chosen,
                      &(struct h5_enum){results->candidates + 1, names, values}, &checked));
done:
    return status;
}

/* Writes numbers of images or pairs. */
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
    TRY(h5_write_enum(context, writer, "/pairs/status", results->pairs, results->status,
                      &(struct h5_enum){GEOSC_PAIR_STATUSES, names, values}, &checked));
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
    TRY(identity_write(context, writer, OUTPUT_FORMAT, identity));
    TRY(write_matches(context, writer, catalog, results));
    TRY(write_poses(context, writer, results));
    TRY(write_pairs(context, writer, catalog, results));
    TRY(h5_writer_finish(context, writer));
done:
    h5_writer_free(writer);
    return status;
}

size_t output_size(const struct catalog *catalog, const struct geosc_options *options, size_t pairs, bool shard)
{
    enum { OWN_BYTES = 3300, SHARD_OWN_BYTES = 6500 /* headers and attributes */ };
    size_t shape[2], answers = catalog_answers(catalog, shape) == 2 ? shape[0] * shape[1] : shape[0];
    size_t numbers = (catalog->indexed ? 2 : 0) + shard;
    const struct results_asked asked = results_asked_by(options);

    return (size_t)(shard ? SHARD_OWN_BYTES : OWN_BYTES) +
           pairs * (answers * 3 * sizeof(float) + results_parts_bytes(&asked, answers) +
                    options->pose_count * sizeof(float) + numbers * sizeof(int64_t) + 2);
}

struct catalog_pairs output_pairs(const struct results *results, const struct run_identity *identity)
{
    if (!results->source || !results->target || !strstr(identity->options, OUTPUT_PAIRS))
        return (struct catalog_pairs){0};
    return (struct catalog_pairs){.count = results->pairs, .source = results->source, .target = results->target};
}
