#include "inspect.h"

#include "model.h"
#include "output.h"
#include "reason.h"
#include "units.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- facts -------------------------------------------------------------------------------------- */

enum { VALUE = 1024 };

/* A fact that there is no memory for becomes a problem: what is shown must not look complete then. */
static void __attribute__((format(printf, 4, 5)))
add_fact(struct inspection *inspection, const char *name, bool number, const char *format, ...)
{
    geosc_context scratch;
    char value[VALUE];
    va_list arguments;
    struct fact *fact;

    va_start(arguments, format);
    vsnprintf(value, sizeof value, format, arguments);
    va_end(arguments);
    if (memory_grow(&scratch, &inspection->facts, &inspection->capacity, inspection->count + 1, sizeof *fact,
                    "facts") != GEOSC_OK) {
        problems_add(&inspection->problems, "out of memory");
        return;
    }
    fact = &inspection->facts[inspection->count];
    *fact = (struct fact){name, memory_copy_string(value), number};
    if (fact->value)
        inspection->count++;
    else
        problems_add(&inspection->problems, "out of memory");
}

static void add_count(struct inspection *inspection, const char *name, size_t count)
{
    add_fact(inspection, name, true, "%zu", count);
}

static void add_text(struct inspection *inspection, const char *name, const char *text)
{
    add_fact(inspection, name, false, "%s", text);
}

static void add_answer(struct inspection *inspection, const char *name, bool yes)
{
    add_text(inspection, name, yes ? "yes" : "no");
}

/* Appends to a list of words with a separator in between. */
static void __attribute__((format(printf, 3, 4))) append(char *list, const char *separator, const char *format, ...)
{
    size_t length = strlen(list);
    va_list arguments;

    if (length)
        length += (size_t)snprintf(list + length, VALUE - length, "%s", separator);
    va_start(arguments, format);
    if (length < VALUE)
        vsnprintf(list + length, VALUE - length, format, arguments);
    va_end(arguments);
}

/* ---- input -------------------------------------------------------------------------------------- */

static void add_storage(struct inspection *inspection, const struct h5_array *array)
{
    static const char *const filters[] = {
        [RAW_SHUFFLE] = "shuffle", [RAW_DEFLATE] = "deflate", [RAW_FLETCHER32] = "fletcher32"};
    char text[VALUE] = "";

    add_fact(inspection, "type", false, "%s%s", number_name(array->format.type),
             array->format.swapped ? ", other byte order" : "");
    for (size_t d = 0; array->chunked && d < array->rank; d++)
        append(text, "x", "%zu", array->chunk[d]);
    add_text(inspection, "chunks", array->chunked ? text : "none (contiguous)");
    text[0] = '\0';
    for (size_t i = 0; i < array->filters.count; i++)
        append(text, ", ", "%s", filters[array->filters.filter[i]]);
    add_text(inspection, "filters", array->by_hdf5 ? "left to HDF5" : text[0] ? text : "none");
}

static void add_levels(struct inspection *inspection, const struct features *features)
{
    char text[VALUE] = "";

    if (features->level_count < 2)
        return;
    for (size_t i = 0; i < features->level_count; i++) {
        const struct h5_array *level = &features->levels[i];
        append(text, ", ", "%s %zux%zux%zu", strrchr(level->path, '/') + 1, level->dims[1], level->dims[2],
               level->dims[3]);
    }
    add_text(inspection, "levels", text);
}

static void add_poses(struct inspection *inspection, const struct image_set *set)
{
    char text[VALUE] = "";

    for (int pose = GEOSC_POSE_NONE + 1; pose < GEOSC_POSES; pose++)
        if (set->pose[pose].level_count)
            append(text, ", ", "%s%s", geosc_pose_name((enum geosc_pose)pose),
                   set->pose[pose].has_mask ? " (with mask)" : "");
    add_text(inspection, "stored_poses", text[0] ? text : "none");
}

static void add_images(struct inspection *inspection, const struct catalog *catalog)
{
    const struct image_set *sources = &catalog->sets[0], *targets = &catalog->sets[catalog->set_count - 1];
    const struct features *source = &sources->pose[GEOSC_POSE_NONE], *target = &targets->pose[GEOSC_POSE_NONE];

    add_count(inspection, "images", catalog->images);
    add_count(inspection, "channels", catalog->channels);
    add_count(inspection, "height", source->height);
    add_count(inspection, "width", source->width);
    if (target->height != source->height || target->width != source->width) {
        add_count(inspection, "target_height", target->height);
        add_count(inspection, "target_width", target->width);
    }
    add_storage(inspection, &source->levels[0]);
    add_levels(inspection, source);
    add_poses(inspection, sources);
    add_answer(inspection, "masks", source->has_mask);
    if (!catalog->indexed)
        add_answer(inspection, "target_masks", target->has_mask);
    add_answer(inspection, "image_sizes", sources->size != NULL);
    if (catalog->indexed)
        add_answer(inspection, "image_names", catalog->image_name != NULL);
}

static int compare_names(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static enum geosc_status add_categories(geosc_context *context, struct inspection *inspection,
                                        const struct catalog *catalog)
{
    enum geosc_status status = GEOSC_OK;
    size_t different = 0;
    char **names = NULL;

    if (!catalog->indexed)
        return GEOSC_OK;
    if (catalog->category) {
        TRY(memory_allocate(context, &names, catalog->pairs, sizeof *names, "categories"));
        memcpy(names, catalog->category, catalog->pairs * sizeof *names);
        qsort(names, catalog->pairs, sizeof *names, compare_names);
        for (size_t i = 0; i < catalog->pairs; i++)
            different += i == 0 || strcmp(names[i], names[i - 1]) != 0;
    }
    add_count(inspection, "categories", different);
done:
    memory_free(names);
    return status;
}

static void add_pairs(struct inspection *inspection, const struct catalog *catalog)
{
    if (!catalog->keypoints) {
        add_text(inspection, "keypoints", "none (dense matches)");
    } else {
        add_count(inspection, "keypoints", catalog->keypoints);
        add_text(inspection, "units", units_name(catalog->units));
    }
    add_answer(inspection, "target_keypoints", catalog->target_keypoints != NULL);
    if (catalog->indexed) {
        add_answer(inspection, "mirror_index", catalog->mirror_index != NULL);
        add_answer(inspection, "symmetry_groups", catalog->symmetry_group != NULL);
        add_answer(inspection, "thresholds", catalog->threshold != NULL);
    }
    add_answer(inspection, "true_poses", catalog->true_pose != NULL);
}

static enum geosc_status inspect_input(geosc_context *context, const char *path, const struct h5_access *access,
                                       struct inspection *inspection)
{
    struct catalog catalog = {0};
    enum geosc_status status;

    TRY(catalog_open(context, path, access, &catalog, &inspection->problems));
    add_text(inspection, "layout", catalog.indexed ? "indexed" : "stacked");
    if (inspection->problems.count == 0) {
        add_count(inspection, "pairs", catalog.pairs);
        add_images(inspection, &catalog);
        add_pairs(inspection, &catalog);
        TRY(add_categories(context, inspection, &catalog));
    }
done:
    catalog_close(&catalog);
    return status;
}

/* ---- model -------------------------------------------------------------------------------------- */

static void add_network(struct inspection *inspection, const geosc_model *model)
{
    char widths[VALUE];

    add_text(inspection, "architecture", model_architecture(model));
    add_count(inspection, "channels", model->channels);
    if (model->architecture == ARCHITECTURE_RESIDUAL) {
        add_count(inspection, "hidden", model->hidden);
        add_count(inspection, "blocks", model->block_count);
        return;
    }
    model_describe_widths(model, widths, sizeof widths);
    add_text(inspection, "widths", widths);
    add_count(inspection, "outputs", model->outputs);
    add_count(inspection, "hidden", model->hidden);
    add_count(inspection, "levels", model->level_count);
    add_count(inspection, "groups", model->groups);
}

static enum geosc_status inspect_model(geosc_context *context, const char *path, const struct h5_access *access,
                                       struct inspection *inspection)
{
    geosc_model *model = NULL;
    enum geosc_status status;

    (void)access;
    TRY(model_open(context, path, &model, &inspection->problems));
    if (model) {
        add_network(inspection, model);
        add_count(inspection, "parameters", model->parameters);
        add_fact(inspection, "crc32", false, "%08lx", (unsigned long)model->crc32);
    }
done:
    geosc_model_free(model);
    return status;
}

/* ---- output ------------------------------------------------------------------------------------- */

static void add_results(struct inspection *inspection, const struct results *results)
{
    size_t statuses[GEOSC_PAIR_STATUSES] = {0}, chosen[GEOSC_UNDECIDED + 1] = {0};
    char text[VALUE] = "";

    for (size_t p = 0; p < results->pairs; p++) {
        statuses[results->status[p]]++;
        chosen[results->chosen[p]]++;
    }
    add_count(inspection, "pairs", results->pairs);
    if (results->rank == 1)
        add_count(inspection, "keypoints", results->answers);
    else
        add_fact(inspection, "keypoints", false, "none (dense matches of %zu x %zu cells)", results->shape[0],
                 results->shape[1]);
    if (results->peak)
        add_text(inspection, "confidence", "peak, second, mutual");
    for (int i = 0; i < GEOSC_PAIR_STATUSES; i++)
        if (statuses[i])
            append(text, ", ", "%s %zu", geosc_pair_status_name((enum geosc_pair_status)i), statuses[i]);
    add_text(inspection, "status", results->pairs ? text : "no pairs");
    text[0] = '\0';
    for (size_t q = 0; q < results->candidates; q++)
        append(text, ", ", "%s %zu", geosc_pose_name(results->poses[q]), chosen[q]);
    if (chosen[GEOSC_UNDECIDED])
        append(text, ", ", "undecided %zu", chosen[GEOSC_UNDECIDED]);
    add_text(inspection, "chosen", text);
}

static void add_identity(struct inspection *inspection, const struct run_identity *identity)
{
    add_text(inspection, "input_name", identity->input_name);
    if (identity->has_model)
        add_fact(inspection, "model_crc32", false, "%08lx", (unsigned long)identity->model_crc32);
    else
        add_text(inspection, "model_crc32", "none");
    add_text(inspection, "options", identity->options);
    add_text(inspection, "isa_class", identity->isa_class);
    add_text(inspection, "geosc_version", identity->version);
    if (identity->shards)
        add_fact(inspection, "shard", false, "%zu of %zu (of %zu pairs in all)", identity->shard, identity->shards, identity->all_pairs);
}

static enum geosc_status inspect_output(geosc_context *context, const char *path, const struct h5_access *access,
                                        struct inspection *inspection)
{
    struct results results = {0};
    struct run_identity identity = {0};
    enum geosc_status status;

    (void)access;
    TRY(output_read(context, path, &results, &identity, &inspection->problems));
    if (inspection->problems.count == 0) {
        add_results(inspection, &results);
        add_identity(inspection, &identity);
        add_text(inspection, "checksums", "all agree");
    }
done:
    results_free(&results);
    return status;
}

/* ---- which of them ------------------------------------------------------------------------------ */

struct kind {
    const char *name;
    enum geosc_status (*inspect)(geosc_context *context, const char *path, const struct h5_access *access,
                                 struct inspection *inspection);
};

static const struct kind kind_input = {"input", inspect_input}, kind_model = {"model", inspect_model},
                         kind_output = {"output", inspect_output};

static bool holds_any(struct h5_file *file, const char *const *paths)
{
    for (; *paths; paths++)
        if (h5_kind(file, *paths) != H5_MISSING)
            return true;
    return false;
}

/* A file with a tensor by a name as PyTorch's state_dict has them. */
static bool holds_weights(geosc_context *context, struct h5_file *file)
{
    static const char ending[] = "weight";
    char **names = NULL;
    size_t count = 0;
    bool found = false;

    if (h5_list(context, file, "/", &names, &count) != GEOSC_OK)
        return false;
    for (size_t i = 0; i < count && !found; i++) {
        size_t length = strlen(names[i]);
        found = length >= sizeof ending - 1 && strcmp(names[i] + length - (sizeof ending - 1), ending) == 0;
    }
    memory_free(names);
    return found;
}

/* By content; *kind is NULL for a file that is nothing of ours. */
static enum geosc_status find_kind(geosc_context *context, const char *path, const struct h5_access *access, const struct kind **kind)
{
    static const char *const outputs[] = {"/matches", NULL};
    static const char *const inputs[] = {"/source", "/target", "/images", "/pairs", NULL};
    struct h5_file *file = NULL;
    char format[32];
    bool found = false;
    enum geosc_status status;

    *kind = NULL;
    TRY(h5_open(context, path, &file));
    if (access)
        h5_allow(file, access);
    /* An attribute of that name may be anything in a file that is not ours: what cannot be read is not an output's. */
    if (h5_attribute_string(context, file, "/", "format", format, sizeof format, &found) != GEOSC_OK)
        found = false;
    if ((found && strcmp(format, OUTPUT_FORMAT) == 0) || holds_any(file, outputs))
        *kind = &kind_output;
    else if (holds_any(file, inputs))
        *kind = &kind_input;
    else if (holds_weights(context, file))
        *kind = &kind_model;
done:
    h5_close(file);
    return status;
}

enum geosc_status inspect_file(geosc_context *context, const char *path, const struct h5_access *access, struct inspection *inspection)
{
    const struct kind *kind;
    enum geosc_status status;

    *inspection = (struct inspection){0};
    TRY(find_kind(context, path, access, &kind));
    add_text(inspection, "kind", kind ? kind->name : "unknown");
    if (kind)
        TRY(kind->inspect(context, path, access, inspection));
    else
        problems_add(&inspection->problems,
                     "%s: holds nothing that geosc knows: no /source or /images (input), no weights (model), no "
                     "/matches (output)" REASON_NOT_OURS,
                     path);
done:
    if (status != GEOSC_OK)
        inspection_free(inspection);
    return status;
}

void inspection_free(struct inspection *inspection)
{
    for (size_t i = 0; i < inspection->count; i++)
        memory_free(inspection->facts[i].value);
    memory_free(inspection->facts);
    problems_free(&inspection->problems);
    *inspection = (struct inspection){0};
}
