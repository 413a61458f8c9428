#include "tools/inspect.h"

#include "base/option.h"
#include "base/reason.h"
#include "base/sort.h"
#include "input/catalog_open.h"
#include "input/failure.h"
#include "input/query.h"
#include "input/truth.h"
#include "input/units.h"
#include "input/unused.h"
#include "network/model.h"
#include "results/formats.h"
#include "results/output.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* ---- facts -------------------------------------------------------------------------------------- */

enum { VALUE = 1024 };

/* If memory is short, adds a problem instead of the fact: the list must not look complete. */
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

/* Appends to a list of words with a separator. */
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

/* Descriptions of a set of images, which distinguish the sets of an input. */

static void describe_type(const struct image_set *set, char *text)
{
    const struct number_format *format = &set->pose[GEOSC_POSE_NONE].levels[0].format;

    append(text, "", "%s%s", number_name(format->type), format->swapped ? ", other byte order" : "");
}

static void describe_chunks(const struct image_set *set, char *text)
{
    const struct h5_array *array = &set->pose[GEOSC_POSE_NONE].levels[0];

    for (size_t d = array->alone; array->chunked && d < array->rank; d++)
        append(text, "x", "%zu", array->chunk[d]);
    if (!array->chunked)
        append(text, "", "none (contiguous)");
}

static void describe_filters(const struct image_set *set, char *text)
{
    static const char *const filters[] = {
        [RAW_SHUFFLE] = "shuffle", [RAW_DEFLATE] = "deflate", [RAW_FLETCHER32] = "fletcher32"};
    const struct h5_array *array = &set->pose[GEOSC_POSE_NONE].levels[0];

    for (size_t i = 0; !array->by_hdf5 && i < array->filters.count; i++)
        append(text, ", ", "%s", filters[array->filters.filter[i]]);
    if (!text[0])
        append(text, "", "%s", array->by_hdf5 ? "left to HDF5" : "none");
}

static void describe_levels(const struct image_set *set, char *text)
{
    const struct features *features = &set->pose[GEOSC_POSE_NONE];

    for (size_t i = 0; features->level_count > 1 && i < features->level_count; i++) {
        const struct h5_array *level = &features->levels[i];
        append(text, ", ", "%s %zux%zux%zu", strrchr(level->path, '/') + 1, level->dims[1], level->dims[2],
               level->dims[3]);
    }
}

/* Adds the distinct descriptions of the first `count` sets, at most a few; nothing if they are empty. */
static void add_descriptions(struct inspection *inspection, const char *name, const struct catalog *catalog,
                             size_t count, void (*describe)(const struct image_set *set, char *text))
{
    enum { SHOWN = 4 };
    char text[VALUE] = "", seen[SHOWN][VALUE] = {""};
    size_t different = 0;

    for (size_t s = 0; s < count && different <= SHOWN; s++) {
        char one[VALUE] = "";
        bool known = false;
        describe(&catalog->sets[s], one);
        for (size_t i = 0; i < different && !known; i++)
            known = strcmp(seen[i], one) == 0;
        if (known)
            continue;
        append(text, "; ", "%s", different < SHOWN ? one : "and others");
        if (different < SHOWN)
            memcpy(seen[different], one, sizeof one);
        different++;
    }
    if (text[0])
        add_text(inspection, name, text);
}

static void add_storage(struct inspection *inspection, const struct catalog *catalog)
{
    size_t count = catalog->grouped ? catalog->set_count : 1; /* in a stacked file, the sources stand for all */

    add_descriptions(inspection, "type", catalog, count, describe_type);
    add_descriptions(inspection, "chunks", catalog, count, describe_chunks);
    add_descriptions(inspection, "filters", catalog, count, describe_filters);
    add_descriptions(inspection, "levels", catalog, count, describe_levels);
}

/* "yes", "no" or "3 of 5 images". */
static void add_share(struct inspection *inspection, const char *name, size_t with, size_t all)
{
    if (with && with < all)
        add_fact(inspection, name, false, "%zu of %zu images", with, all);
    else
        add_answer(inspection, name, with > 0);
}

/* Adds the poses stored in the first `set_count` sets. */
static void add_poses(struct inspection *inspection, const struct catalog *catalog, size_t set_count)
{
    char text[VALUE] = "";

    for (int p = GEOSC_POSE_NONE + 1; p < GEOSC_POSES; p++) {
        size_t images = 0, posed = 0, masked = 0;
        for (size_t s = 0; s < set_count; s++) {
            const struct features *pose = &catalog->sets[s].pose[p];
            images += catalog->sets[s].count;
            posed += pose->level_count ? catalog->sets[s].count : 0;
            masked += pose->has_mask ? catalog->sets[s].count : 0;
        }
        if (posed)
            append(text, ", ", "%s%s", geosc_pose_name((enum geosc_pose)p), masked == posed ? " (with mask)" : "");
        if (posed && posed < images)
            append(text, "", " (%zu of %zu images)", posed, images);
    }
    add_text(inspection, "stored_poses", text[0] ? text : "none");
}

/* Adds one number if all are equal, else the smallest and the largest. */
static void add_range(struct inspection *inspection, const char *const names[3], const size_t range[2])
{
    if (range[0] == range[1]) {
        add_count(inspection, names[0], range[0]);
        return;
    }
    add_count(inspection, names[1], range[0]);
    add_count(inspection, names[2], range[1]);
}

/* Adds what differs between the images of a grouped file. */
static void add_groups(struct inspection *inspection, const struct catalog *catalog)
{
    static const char *const heights[] = {"height", "min_height", "max_height"};
    static const char *const widths[] = {"width", "min_width", "max_width"};
    size_t height[2], width[2], masks = 0, sizes = 0;

    for (size_t s = 0; s < catalog->set_count; s++)
        masks += catalog->sets[s].pose[GEOSC_POSE_NONE].has_mask ? catalog->sets[s].count : 0;
    for (size_t i = 0; catalog->size && i < catalog->images; i++)
        sizes += !isnan(catalog->size[i][0]);
    catalog_grids(catalog, height, width);
    add_range(inspection, heights, height);
    add_range(inspection, widths, width);
    add_storage(inspection, catalog);
    add_poses(inspection, catalog, catalog->set_count);
    add_share(inspection, "masks", masks, catalog->images);
    add_share(inspection, "image_sizes", sizes, catalog->images);
}

static void add_images(struct inspection *inspection, const struct catalog *catalog)
{
    const struct features *source = &catalog->sets[0].pose[GEOSC_POSE_NONE];
    const struct features *target = &catalog->sets[catalog->set_count - 1].pose[GEOSC_POSE_NONE];
    char hint[VALUE];

    add_count(inspection, "images", catalog->images);
    add_count(inspection, "channels", catalog->channels);
    if (catalog_seems_turned(catalog, hint, sizeof hint))
        add_text(inspection, "axes_hint", hint);
    if (catalog->grouped) {
        add_groups(inspection, catalog);
        add_answer(inspection, "image_names", true);
        add_answer(inspection, "pictures", catalog->has_rgb);
        return;
    }
    add_count(inspection, "height", source->height);
    add_count(inspection, "width", source->width);
    if (target->height != source->height || target->width != source->width) {
        add_count(inspection, "target_height", target->height);
        add_count(inspection, "target_width", target->width);
    }
    add_storage(inspection, catalog);
    add_poses(inspection, catalog, 1);
    add_answer(inspection, "masks", source->has_mask);
    if (!catalog->indexed)
        add_answer(inspection, "target_masks", target->has_mask);
    add_answer(inspection, "image_sizes", catalog->size != NULL);
    if (!catalog->indexed)
        return;
    add_answer(inspection, "image_names", catalog->image_name != NULL);
    add_answer(inspection, "pictures", catalog->has_rgb);
}

/* Adds the images with data that was never written, the first few by name: their pairs are unreadable. */
static void add_unwritten(geosc_context *context, struct inspection *inspection, const struct catalog *catalog)
{
    enum { SHOWN = 4 };
    char text[VALUE] = "", path[2 * H5_PATH];
    size_t count = 0;

    for (size_t i = 0; i < catalog->images; i++) {
        const char *name = catalog->image_name ? catalog->image_name[i] : NULL;
        if (catalog_find_unwritten(context, catalog, i, path, sizeof path) && count++ < SHOWN)
            append(text, ", ", "image %zu%s%.80s%s of %.160s",
                   catalog->indexed ? i : i - catalog_image(catalog, i)->first, name ? " (" : "", name ? name : "",
                   name ? ")" : "", path);
    }
    if (count > SHOWN)
        append(text, "", " and %zu more", count - SHOWN);
    if (count == 0)
        return;
    add_count(inspection, "images_unwritten", count);
    add_text(inspection, "unwritten", text);
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
        sort_names(names, catalog->pairs);
        for (size_t i = 0; i < catalog->pairs; i++)
            different += i == 0 || strcmp(names[i], names[i - 1]) != 0;
    }
    add_count(inspection, "categories", different);
done:
    memory_free(names);
    return status;
}

/* Adds the number of keypoints without an answer, of pairs with any, and the reason. */
static void add_outside(struct inspection *inspection, const struct catalog *catalog)
{
    struct truth_outside outside = truth_find_outside(catalog, false);
    char name[VALUE / 2], reason[VALUE / 2];

    if (outside.points == 0)
        return;
    failure_name_pair(catalog, outside.first_pair, name, sizeof name);
    failure_describe(catalog, outside.first_pair, GEOSC_PAIR_BAD_KEYPOINT, reason, sizeof reason);
    add_count(inspection, "keypoints_outside", outside.points);
    add_count(inspection, "pairs_outside", outside.pairs);
    add_fact(inspection, "first_outside", false, "%s: %s", name, reason);
}

/* Adds target keypoints that any match would miss; invalid ones and invalid thresholds are problems. */
static void add_truth(geosc_context *context, struct inspection *inspection, const struct catalog *catalog)
{
    struct truth_outside outside = truth_find_outside(catalog, true);
    char described[VALUE];

    if (outside.points) {
        truth_describe_outside(catalog, &outside, described, sizeof described);
        add_count(inspection, "targets_outside", outside.points);
        add_text(inspection, "first_target_outside", described);
    }
    if (outside.zeros)
        add_count(inspection, "targets_at_zero", outside.zeros);
    if (truth_check_all(context, catalog) != GEOSC_OK)
        problems_add(&inspection->problems, "%s", geosc_message(context));
}

static void add_pairs(geosc_context *context, struct inspection *inspection, const struct catalog *catalog)
{
    if (!catalog->keypoints) {
        add_text(inspection, "keypoints", "none (dense matches)");
    } else {
        add_count(inspection, "keypoints", catalog->keypoints);
        add_text(inspection, "units", units_name(catalog->units));
        add_outside(inspection, catalog);
    }
    add_answer(inspection, "target_keypoints", catalog->target_keypoints != NULL);
    add_truth(context, inspection, catalog);
    if (catalog->indexed) {
        add_answer(inspection, "mirror_index", catalog->mirror_index != NULL);
        add_answer(inspection, "symmetry_groups", catalog->symmetry_group != NULL);
        add_answer(inspection, "thresholds", catalog->threshold != NULL);
    }
    add_answer(inspection, "true_poses", catalog->true_pose != NULL);
}

static enum geosc_status inspect_input(geosc_context *context, const char *path, const struct inspect_options *options,
                                       struct inspection *inspection)
{
    const struct catalog_pairs pairs = {.text = options->pairs};
    struct catalog catalog = {0};
    char unused[VALUE];
    enum geosc_status status;

    TRY(catalog_open(context, path, &options->access, options->pairs ? &pairs : NULL, &catalog, &inspection->problems));
    add_text(inspection, "layout", catalog.grouped ? "grouped" : catalog.indexed ? "indexed" : "stacked");
    if (inspection->problems.count == 0) {
        add_count(inspection, "pairs", catalog.pairs);
        add_images(inspection, &catalog);
        add_unwritten(context, inspection, &catalog);
        add_pairs(context, inspection, &catalog);
        TRY(add_categories(context, inspection, &catalog));
        unused_describe(context, &catalog, options->pairs ? UNUSED_MEANT_BUT_PAIRS : UNUSED_ALL, unused, sizeof unused);
        if (unused[0])
            add_text(inspection, "unused", unused);
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
    if (model->linear.matrix.weights)
        add_count(inspection, "projected", model->linear.matrix.outputs);
    if (model->architecture == ARCHITECTURE_LINEAR)
        return;
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

static enum geosc_status inspect_model(geosc_context *context, const char *path, const struct inspect_options *options,
                                       struct inspection *inspection)
{
    geosc_model *model = NULL;
    enum geosc_status status;

    (void)options;
    TRY(model_open(context, path, GEOSC_CONV_DIRECT, &model, &inspection->problems));
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
        add_text(inspection, "confidence", "peak, second, mutual, cycle");
    if (results->tops)
        add_count(inspection, "top", results->tops);
    if (results->kaps) {
        option_show_numbers(results->kap_alpha, results->kaps, text, sizeof text);
        add_text(inspection, "kap", text);
        text[0] = '\0';
    }
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
        add_fact(inspection, "shard", false, "%zu of %zu (of %zu pairs in all)", identity->shard, identity->shards,
                 identity->all_pairs);
}

static enum geosc_status inspect_output(geosc_context *context, const char *path, const struct inspect_options *options,
                                        struct inspection *inspection)
{
    struct results results = {0};
    struct run_identity identity = {0};
    enum geosc_status status;

    (void)options;
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

static enum geosc_status inspect_summary(geosc_context *context, const char *path,
                                         const struct inspect_options *options, struct inspection *inspection)
{
    struct output_summary summary;
    struct run_identity identity;
    enum geosc_status status;

    (void)options;
    TRY(output_format(GEOSC_FORMAT_HLOC)->read(context, path, &identity, &summary, &inspection->problems));
    if (inspection->problems.count == 0) {
        add_count(inspection, "pairs", summary.pairs);
        add_count(inspection, "matches", summary.matches);
        add_count(inspection, "pairs_failed", summary.failed);
        add_identity(inspection, &identity);
        add_text(inspection, "checksums", "all agree");
    }
done:
    return status;
}

/* ---- which of them ------------------------------------------------------------------------------ */

struct kind {
    const char *name;
    enum geosc_status (*inspect)(geosc_context *context, const char *path, const struct inspect_options *options,
                                 struct inspection *inspection);
};

static const struct kind
    kind_input = {"input", inspect_input},
    kind_model = {"model", inspect_model},
    kind_outputs[] = {
        [GEOSC_FORMAT_GEOSC] = {"output", inspect_output}, [GEOSC_FORMAT_HLOC] = {"hloc matches", inspect_summary}};

/* Whether the file has one of these names, or (like) a similar one. */
static bool holds_any(geosc_context *context, struct h5_file *file, const char *const *paths, bool like)
{
    char near[VALUE] = "";

    for (; *paths; paths++) {
        if (like)
            unused_suggest(context, file, *paths, near, sizeof near);
        if (near[0] || h5_kind(file, *paths) != H5_MISSING)
            return true;
    }
    return false;
}

/* Whether the file has a tensor with a name from a state_dict of PyTorch. */
static bool holds_weights(geosc_context *context, struct h5_file *file)
{
    static const char ending[] = "weight";
    char **names = NULL;
    size_t count = 0;
    bool found = false;

    if (h5_list(context, file, "/", H5_NAMES, &names, &count) != GEOSC_OK)
        return false;
    for (size_t i = 0; i < count && !found; i++) {
        size_t length = strlen(names[i]);
        found = length >= sizeof ending - 1 && strcmp(names[i] + length - (sizeof ending - 1), ending) == 0;
    }
    memory_free(names);
    return found;
}

/* Finds the kind by content; *kind is NULL for an unknown file. */
static enum geosc_status find_kind(geosc_context *context, const char *path, const struct h5_access *access,
                                   const struct kind **kind)
{
    static const char *const inputs[] = {"/source", "/target", "/images", "/pairs", NULL};
    struct h5_file *file = NULL;
    enum geosc_format format;
    enum geosc_status status;

    *kind = NULL;
    TRY(h5_open(context, path, &file));
    h5_allow(file, access);
    if (output_format_of(context, file, &format))
        *kind = &kind_outputs[format];
    else if (holds_any(context, file, inputs, false))
        *kind = &kind_input;
    else if (holds_weights(context, file))
        *kind = &kind_model;
    else if (holds_any(context, file, inputs, true))
        *kind = &kind_input; /* whose reader reports misspelt names */
done:
    h5_close(file);
    return status;
}

enum geosc_status inspect_file(geosc_context *context, const char *path, const struct inspect_options *options,
                               struct inspection *inspection)
{
    const struct kind *kind;
    enum geosc_status status;

    *inspection = (struct inspection){0};
    TRY(find_kind(context, path, &options->access, &kind));
    add_text(inspection, "kind", kind ? kind->name : "unknown");
    if (kind)
        TRY(kind->inspect(context, path, options, inspection));
    else
        problems_add(&inspection->problems,
                     "%s: is not a file of geosc: no /source or /images (input), no weights (model), no /matches "
                     "(output)" REASON_NOT_OURS,
                     path);
    if (kind && kind != &kind_input && options->pairs)
        problems_add(&inspection->problems,
                     "%s: is not an input: it has no pairs that --pairs could replace" REASON_BAD_VALUE, path);
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
