#include "results/hloc.h"

#include "base/guard.h"
#include "base/reason.h"
#include "input/units.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

/* Datasets of a pair's group in the order of names, which is the checksum's: [N, width], or [N] for width 1. */
static const struct part {
    const char *name;
    enum number_type type;
    size_t width;
    bool confidence; /* only with confidence */
} parts[] = {{"cycle", NUMBER_F32, 1, true}, {"keypoints0", NUMBER_F32, 2, false}, {"keypoints1", NUMBER_F32, 2, false},
             {"mutual", NUMBER_U8, 1, true}, {"scores", NUMBER_F32, 1, false},     {"second", NUMBER_F32, 1, true}};

enum { PARTS = sizeof parts / sizeof *parts };

/* A pair and its group's path. */
struct entry {
    char *path;
    size_t pair;
};

/* ---- groups of pairs ---------------------------------------------------------------------------- */

/* The order of reading back, group by group: a name's end, / in the path, sorts before all characters. */
static int compare_paths(const char *a, const char *b)
{
    while (*a && *a == *b)
        a++, b++;
    return (*a == '/' ? 0 : (unsigned char)*a) - (*b == '/' ? 0 : (unsigned char)*b);
}

static int compare_entries(const void *a, const void *b)
{
    const struct entry *x = a, *y = b;
    int order = compare_paths(x->path, y->path);

    return order ? order : (x->pair > y->pair) - (x->pair < y->pair);
}

static void free_entries(struct entry *entries, size_t count)
{
    for (size_t i = 0; entries && i < count; i++)
        memory_free(entries[i].path);
    memory_free(entries);
}

static void replace_slashes(char *name)
{
    for (; *name; name++)
        if (*name == '/')
            *name = '-';
}

/* HDF5 takes "." for the group itself and "" for no group. */
static bool names_group(const char *name)
{
    return name[0] && strcmp(name, ".") != 0;
}

/* Writes "/NAME0/NAME1". Fails if a group cannot have this path, or if it leaves no space for the datasets below. */
static enum geosc_status make_path(geosc_context *context, const struct catalog *catalog, size_t pair, char **out)
{
    char path[H5_PATH - sizeof "/keypoints0"], *source = path + 1, *target;
    const char *names[2] = {catalog->image_name[catalog->source[pair]], catalog->image_name[catalog->target[pair]]};
    int length = snprintf(path, sizeof path, "/%s/%s", names[0], names[1]);
    enum geosc_status status;

    if (length < 0 || (size_t)length >= sizeof path ||
        (GUARD(hloc_names) && (!names_group(names[0]) || !names_group(names[1]))))
        TRY(fail(context, GEOSC_FAILED,
                 "%s: pair %zu: '%s' and '%s' cannot name a group of hloc's format: too long, empty or a "
                 "dot" REASON_BAD_NAME,
                 h5_file_path(catalog->file), pair, names[0], names[1]));
    target = source + strlen(names[0]) + 1;
    target[-1] = '\0';
    replace_slashes(source);
    replace_slashes(target);
    target[-1] = '/';
    TRY(memory_allocate(context, out, (size_t)length + 1, 1, "names of groups"));
    memcpy(*out, path, (size_t)length + 1);
done:
    return status;
}

/* The pairs by their paths, sorted. */
static enum geosc_status list_entries(geosc_context *context, const struct catalog *catalog, struct entry **entries)
{
    enum geosc_status status;

    TRY(memory_allocate_zero(context, entries, catalog->pairs, sizeof **entries, "pairs"));
    for (size_t p = 0; p < catalog->pairs; p++) {
        (*entries)[p].pair = p;
        TRY(make_path(context, catalog, p, &(*entries)[p].path));
    }
    qsort(*entries, catalog->pairs, sizeof **entries, compare_entries);
done:
    return status;
}

static bool has_size(const struct catalog *catalog, size_t image)
{
    return catalog->size && !isnan(catalog->size[image][0]);
}

enum geosc_status hloc_check(geosc_context *context, const struct catalog *catalog)
{
    const char *input = h5_file_path(catalog->file);
    struct entry *entries = NULL;
    enum geosc_status status;

    if (!catalog->image_name)
        return fail(context, GEOSC_FAILED,
                    "%s: /images/name: missing; hloc's format needs image "
                    "names" REASON_MISSING,
                    input);
    for (size_t p = 0; p < 2 * catalog->pairs; p++) {
        size_t image = (p % 2 ? catalog->target : catalog->source)[p / 2];
        if (!has_size(catalog, image))
            return fail(context, GEOSC_FAILED,
                        "%s: image %s has no size, which hloc's format needs for "
                        "pixels" REASON_MISSING,
                        input, catalog->image_name[image]);
    }
    TRY(list_entries(context, catalog, &entries));
    for (size_t p = 1; p < catalog->pairs; p++)
        if (strcmp(entries[p - 1].path, entries[p].path) == 0)
            TRY(fail(context, GEOSC_FAILED,
                     "%s: pairs %zu and %zu are both %s in hloc's "
                     "format" REASON_DUPLICATE,
                     input, entries[p - 1].pair, entries[p].pair, entries[p].path));
done:
    free_entries(entries, catalog->pairs);
    return status;
}

/* ---- writing ------------------------------------------------------------------------------------ */

/* The matches of one pair. */
struct pair_matches {
    size_t count;
    float (*from)[2], (*to)[2], *score, *second, *cycle;
    uint8_t *mutual;
};

static void free_matches(struct pair_matches *matches)
{
    memory_free(matches->from);
    memory_free(matches->to);
    memory_free(matches->score);
    memory_free(matches->second);
    memory_free(matches->cycle);
    memory_free(matches->mutual);
}

static enum geosc_status make_matches(geosc_context *context, size_t answers, struct pair_matches *matches)
{
    enum geosc_status status;

    TRY(memory_allocate(context, &matches->from, answers, sizeof *matches->from, "matches"));
    TRY(memory_allocate(context, &matches->to, answers, sizeof *matches->to, "matches"));
    TRY(memory_allocate(context, &matches->score, answers, sizeof *matches->score, "matches"));
    TRY(memory_allocate(context, &matches->second, answers, sizeof *matches->second, "matches"));
    TRY(memory_allocate(context, &matches->cycle, answers, sizeof *matches->cycle, "matches"));
    TRY(memory_allocate(context, &matches->mutual, answers, 1, "matches"));
done:
    return status;
}

/* Converts cells of an image to pixels of its photograph or, if unknown, of the extractor's input. */
static float to_pixel(const struct catalog *catalog, size_t image, int axis, double cell)
{
    bool placed = catalog->placement && !isnan(catalog->placement[image][0]);

    return (float)(units_of_cell(catalog, placed ? UNITS_ORIGINAL : UNITS_PIXEL, image, axis, cell) - 0.5);
}

static void collect(const struct catalog *catalog, const struct results *results, size_t pair,
                    struct pair_matches *matches)
{
    size_t source = catalog->source[pair], target = catalog->target[pair];

    matches->count = 0;
    for (size_t i = 0; i < results->answers; i++) {
        size_t answer = pair * results->answers + i;
        const float *xy = results->xy[answer];
        if (isnan(xy[0]) || isnan(xy[1]))
            continue;
        for (int axis = 0; axis < 2; axis++) {
            double cell = results->rank == 2
                              ? (double)(axis ? i / results->shape[1] : i % results->shape[1])
                              : units_to_cell(catalog, source, axis, catalog->source_keypoints[answer][axis]);
            matches->from[matches->count][axis] = to_pixel(catalog, source, axis, cell);
            matches->to[matches->count][axis] =
                to_pixel(catalog, target, axis, units_to_cell(catalog, target, axis, (double)xy[axis]));
        }
        matches->score[matches->count] = results->score[answer];
        matches->second[matches->count] = results->peak ? results->second[answer] : 0;
        matches->cycle[matches->count] = results->peak ? results->cycle[answer] : 0;
        matches->mutual[matches->count++] = results->peak ? results->mutual[answer] : 0;
    }
}

/* For 0 bytes data may be NULL, which would make zlib restart. */
static uLong add_part(uLong sum, const char *path, const void *data, size_t bytes)
{
    sum = crc32_z(sum, (const void *)path, strlen(path));
    return bytes ? crc32_z(sum, data, bytes) : sum;
}

static enum geosc_status write_pair(geosc_context *context, struct h5_writer *writer, const char *group,
                                    const struct pair_matches *matches, bool confidence, uLong *sum)
{
    const void *const data[PARTS] = {matches->cycle,  matches->from,  matches->to,
                                     matches->mutual, matches->score, matches->second};
    char path[H5_PATH];
    enum geosc_status status = GEOSC_OK;

    for (size_t i = 0; i < PARTS; i++) {
        const size_t dims[2] = {matches->count, parts[i].width};
        if (parts[i].confidence && !confidence)
            continue;
        snprintf(path, sizeof path, "%s/%s", group, parts[i].name);
        TRY(h5_write_array(context, writer, path, parts[i].type, parts[i].width, dims, data[i], NULL));
        *sum = add_part(*sum, path, data[i], matches->count * parts[i].width * number_size(parts[i].type));
    }
done:
    return status;
}

enum geosc_status hloc_write(geosc_context *context, const char *path, const struct catalog *catalog,
                             const struct run_identity *identity, const struct results *results, bool force)
{
    struct h5_writer *writer = NULL;
    struct pair_matches matches = {0};
    struct entry *entries = NULL;
    uLong sum = crc32_z(0, NULL, 0);
    enum geosc_status status;

    TRY(list_entries(context, catalog, &entries));
    TRY(make_matches(context, results->answers, &matches));
    TRY(h5_writer_create(context, path, force, &writer));
    for (size_t p = 0; p < catalog->pairs; p++) {
        collect(catalog, results, entries[p].pair, &matches);
        TRY(write_pair(context, writer, entries[p].path, &matches, results->peak != NULL, &sum));
    }
    TRY(identity_write(context, writer, HLOC_FORMAT, identity));
    TRY(h5_write_attribute_uint32(context, writer, "/", "matches_crc32", (uint32_t)sum));
    TRY(h5_write_attribute_uint32(context, writer, "/", "pairs_failed", (uint32_t)results_count_failed(results)));
    TRY(h5_writer_finish(context, writer));
done:
    h5_writer_free(writer);
    free_matches(&matches);
    free_entries(entries, catalog->pairs);
    return status;
}

size_t hloc_memory(size_t pairs, bool confidence)
{
    enum {
        PATH_BYTES = 128 /* enough for most pairs */,
        HEADERS_PER_PAIR = 16 << 10,
        HEADERS_MOST = 32 << 20 /* of HDF5 */
    };
    size_t arrays = 0, bytes,
           headers = pairs < HEADERS_MOST / HEADERS_PER_PAIR ? pairs * HEADERS_PER_PAIR : HEADERS_MOST;

    for (size_t i = 0; i < PARTS; i++)
        arrays += confidence || !parts[i].confidence;
    return size_multiply(pairs, sizeof(struct entry) + PATH_BYTES + arrays * h5_writer_array_bytes(), &bytes) &&
                   bytes <= SIZE_MAX - headers
               ? bytes + headers
               : SIZE_MAX;
}

size_t hloc_size(const struct catalog *catalog, const struct geosc_options *options, size_t pairs, bool shard)
{
    enum { OWN_BYTES = 3300, GROUP_BYTES = 120, HEADER_BYTES = 300 };
    size_t shape[2], answers = catalog_answers(catalog, shape) == 2 ? shape[0] * shape[1] : shape[0];
    size_t bytes = GROUP_BYTES;

    (void)shard;
    for (size_t i = 0; i < PARTS; i++)
        if (options->confidence || !parts[i].confidence)
            bytes += HEADER_BYTES + answers * parts[i].width * number_size(parts[i].type);
    return OWN_BYTES + pairs * bytes;
}

/* ---- reading back ------------------------------------------------------------------------------- */

/* State of a reading. */
struct scan {
    geosc_context *context;
    struct h5_file *file;
    struct problems *problems;
    struct output_summary *summary;
    size_t parts; /* of each pair; 0 before the first pair */
    uLong sum;
};

static bool refuse_message(const struct scan *scan)
{
    problems_add(scan->problems, "%s", scan->context->message);
    return false;
}

static bool refuse(const struct scan *scan, const char *path)
{
    problems_add(scan->problems, "%s: %s: is damaged or modified: geosc does not write it so" REASON_DAMAGED,
                 h5_file_path(scan->file), path);
    return false;
}

/* Adds the stored numbers of a dataset to the checksum. */
static bool add_array(struct scan *scan, const struct h5_array *array)
{
    size_t items = h5_array_items(array);
    float *values = NULL;
    bool finite, good;

    good = items == 0 || (h5_array_stored(scan->context, array) == GEOSC_OK &&
                          memory_allocate(scan->context, &values, items, sizeof *values, array->path) == GEOSC_OK &&
                          h5_read_floats(scan->context, array, values, &finite) == GEOSC_OK);
    if (good && array->format.type == NUMBER_U8) /* convert in place */
        for (size_t i = 0; i < items; i++)
            ((unsigned char *)values)[i] = (unsigned char)values[i];
    if (good)
        scan->sum = add_part(scan->sum, array->path, values, items * number_size(array->format.type));
    memory_free(values);
    return good || refuse_message(scan);
}

/* Reads a dataset of a pair; *matches: its required length, any for the first dataset. */
static bool scan_part(struct scan *scan, const char *path, const struct part *part, size_t *matches)
{
    struct h5_array array = {0};
    bool good = h5_array_open(scan->context, scan->file, path, &array) == GEOSC_OK || refuse_message(scan);

    if (good && ((GUARD(hloc_form) && (array.format.type != part->type || array.format.swapped)) || array.enumerated ||
                 array.rank != part->width || (array.rank == 2 && array.dims[1] != part->width) ||
                 (*matches != SIZE_MAX && array.dims[0] != *matches)))
        good = refuse(scan, path);
    if (good)
        *matches = array.dims[0];
    good = good && add_array(scan, &array);
    h5_array_close(&array);
    return good;
}

/* Reads the datasets of a pair's group: all, or those without confidence, like the pairs before. */
static bool scan_pair(struct scan *scan, const char *group, char *const *names, size_t count)
{
    const bool confidence = count == PARTS;
    size_t matches = SIZE_MAX, n = 0;
    char path[2 * H5_PATH];

    if (GUARD(hloc_mixed) && scan->parts && count != scan->parts)
        return refuse(scan, group);
    scan->parts = count;
    for (size_t i = 0; i < PARTS; i++) {
        if (parts[i].confidence && !confidence)
            continue;
        if (n == count || strcmp(names[n], parts[i].name) != 0)
            return refuse(scan, group);
        snprintf(path, sizeof path, "%s/%s", group, names[n++]);
        if (!scan_part(scan, path, &parts[i], &matches))
            return false;
    }
    scan->summary->pairs++;
    scan->summary->matches += matches;
    return n == count || refuse(scan, group);
}

/* Reads everything below a group: `depth` levels of groups, then datasets. */
static bool scan_group(struct scan *scan, const char *group, int depth)
{
    char path[2 * H5_PATH], **names = NULL;
    size_t count = 0;
    bool good = h5_list(scan->context, scan->file, group, H5_NAMES, &names, &count) == GEOSC_OK || refuse_message(scan);

    if (GUARD(hloc_added) && good && count == 0)
        good = refuse(scan, group);
    if (good && depth == 0)
        good = scan_pair(scan, group, names, count);
    for (size_t i = 0; good && depth && i < count; i++) {
        int length = snprintf(path, sizeof path, "%s/%s", depth == 2 ? "" : group, names[i]);
        good = length < (int)sizeof path ? scan_group(scan, path, depth - 1) : refuse(scan, group);
    }
    memory_free(names);
    return good;
}

enum geosc_status hloc_read(geosc_context *context, const char *path, struct run_identity *identity,
                            struct output_summary *summary, struct problems *problems)
{
    struct scan scan = {.context = context, .problems = problems, .summary = summary, .sum = crc32_z(0, NULL, 0)};
    double stored = 0;
    bool found = false;
    enum geosc_status status;

    *summary = (struct output_summary){0};
    *identity = (struct run_identity){0};
    TRY(h5_open(context, path, &scan.file));
    h5_allow(scan.file, &(struct h5_access){.empty = true});
    if (!identity_read_format(context, scan.file, HLOC_FORMAT, problems) ||
        !identity_read(context, scan.file, identity, problems) || !scan_group(&scan, "/", 2))
        goto done;
    TRY(h5_attribute_double(context, scan.file, "/", "matches_crc32", &stored, &found));
    if (!found || (GUARD(hloc_checksum) && stored != (double)scan.sum))
        problems_add(problems,
                     "%s: is damaged or modified: its bytes do not match its attribute "
                     "matches_crc32" REASON_DAMAGED,
                     path);
    TRY(h5_attribute_double(context, scan.file, "/", "pairs_failed", &stored, &found));
    if (!found || !(stored >= 0 && stored <= (double)summary->pairs && stored == floor(stored)))
        problems_add(problems, "%s: /: its attribute pairs_failed is missing or out of range" REASON_DAMAGED, path);
    else
        summary->failed = (size_t)stored;
done:
    h5_close(scan.file);
    return status;
}
