#include "tools/inspect.h"

#include "base/option.h"
#include "base/reason.h"
#include "input/unused.h"
#include "network/model.h"
#include "network/tensors.h"
#include "results/formats.h"
#include "results/output.h"
#include "tools/inspect_input.h"

#include <stdio.h>
#include <string.h>

/* ---- model -------------------------------------------------------------------------------------- */

/* Adds the number of bottlenecks of each level, "1+2", and the sides of their first convolutions. */
static void add_bottlenecks(struct inspection *inspection, const geosc_model *model)
{
    char counts[FACT_VALUE] = "";
    size_t wide = 0, all = 0;

    for (size_t l = 0; l < model->level_count; l++) {
        const struct level *level = &model->levels[l];
        facts_append(counts, "+", "%zu", level->count);
        for (size_t b = 0; b < level->count; b++)
            wide += level->bottlenecks[b].reduce.convolution.taps > 1;
        all += level->count;
    }
    facts_text(inspection, "bottlenecks", counts);
    facts_text(inspection, "conv1", wide == 0 ? "1x1" : wide == all ? "3x3" : "1x1 and 3x3");
}

static void add_network(struct inspection *inspection, const geosc_model *model)
{
    char widths[FACT_VALUE];

    facts_text(inspection, "architecture", model_architecture(model));
    facts_count(inspection, "channels", model->channels);
    if (model->linear.matrix.weights)
        facts_count(inspection, "projected", model->linear.matrix.outputs);
    if (model->architecture == ARCHITECTURE_LINEAR)
        return;
    if (model->architecture == ARCHITECTURE_RESIDUAL) {
        facts_count(inspection, "hidden", model->hidden);
        facts_count(inspection, "blocks", model->block_count);
        return;
    }
    model_describe_widths(model, widths, sizeof widths);
    facts_text(inspection, "widths", widths);
    facts_count(inspection, "outputs", model->outputs);
    facts_count(inspection, "hidden", model->hidden);
    facts_count(inspection, "levels", model->level_count);
    add_bottlenecks(inspection, model);
    facts_count(inspection, "time_steps", model->part_count / model->level_count);
    facts_count(inspection, "groups", model->groups);
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
        facts_count(inspection, "parameters", model->parameters);
        facts_add(inspection, "crc32", false, "%08lx", (unsigned long)model->crc32);
    }
done:
    geosc_model_free(model);
    return status;
}

/* ---- output ------------------------------------------------------------------------------------- */

static void add_results(struct inspection *inspection, const struct results *results)
{
    size_t statuses[GEOSC_PAIR_STATUSES] = {0}, chosen[GEOSC_UNDECIDED + 1] = {0};
    char text[FACT_VALUE] = "";

    for (size_t p = 0; p < results->pairs; p++) {
        statuses[results->status[p]]++;
        chosen[results->chosen[p]]++;
    }
    facts_count(inspection, "pairs", results->pairs);
    if (results->rank == 1)
        facts_count(inspection, "keypoints", results->answers);
    else
        facts_add(inspection, "keypoints", false, "none (dense matches of %zu x %zu cells)", results->shape[0],
                  results->shape[1]);
    if (results->peak)
        facts_text(inspection, "confidence", "peak, second, mutual, cycle");
    if (results->tops)
        facts_count(inspection, "top", results->tops);
    if (results->heat_side)
        facts_count(inspection, "heat", results->heat_side);
    if (results->kaps) {
        option_show_numbers(results->kap_alpha, results->kaps, text, sizeof text);
        facts_text(inspection, "kap", text);
        text[0] = '\0';
    }
    for (int i = 0; i < GEOSC_PAIR_STATUSES; i++)
        if (statuses[i])
            facts_append(text, ", ", "%s %zu", geosc_pair_status_name((enum geosc_pair_status)i), statuses[i]);
    facts_text(inspection, "status", results->pairs ? text : "no pairs");
    text[0] = '\0';
    for (size_t q = 0; q < results->candidates; q++)
        facts_append(text, ", ", "%s %zu", geosc_pose_name(results->poses[q]), chosen[q]);
    if (chosen[GEOSC_UNDECIDED])
        facts_append(text, ", ", "undecided %zu", chosen[GEOSC_UNDECIDED]);
    facts_text(inspection, "chosen", text);
}

static void add_identity(struct inspection *inspection, const struct run_identity *identity)
{
    facts_text(inspection, "input_name", identity->input_name);
    if (identity->has_model)
        facts_add(inspection, "model_crc32", false, "%08lx", (unsigned long)identity->model_crc32);
    else
        facts_text(inspection, "model_crc32", "none");
    facts_text(inspection, "options", identity->options);
    facts_text(inspection, "isa_class", identity->isa_class);
    facts_text(inspection, "geosc_version", identity->version);
    if (identity->shards)
        facts_add(inspection, "shard", false, "%zu of %zu (of %zu pairs in all)", identity->shard, identity->shards,
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
        facts_text(inspection, "checksums", "all agree");
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
        facts_count(inspection, "pairs", summary.pairs);
        facts_count(inspection, "matches", summary.matches);
        facts_count(inspection, "pairs_failed", summary.failed);
        add_identity(inspection, &identity);
        facts_text(inspection, "checksums", "all agree");
    }
done:
    return status;
}

/* ---- which of them ------------------------------------------------------------------------------ */

static enum geosc_status inspect_pairs(geosc_context *context, const char *path, const struct inspect_options *options,
                                       struct inspection *inspection)
{
    return inspect_input(context, path, &options->access, options->pairs, inspection);
}

struct kind {
    const char *name;
    enum geosc_status (*inspect)(geosc_context *context, const char *path, const struct inspect_options *options,
                                 struct inspection *inspection);
};

static const struct kind
    kind_input = {"input", inspect_pairs},
    kind_model = {"model", inspect_model},
    kind_outputs[] = {
        [GEOSC_FORMAT_GEOSC] = {"output", inspect_output}, [GEOSC_FORMAT_HLOC] = {"hloc matches", inspect_summary}};

/* Whether the file has one of these names, or (like) a similar one. */
static bool holds_any(geosc_context *context, struct h5_file *file, const char *const *paths, bool like)
{
    char near[FACT_VALUE] = "";

    for (; *paths; paths++) {
        if (like)
            unused_suggest(context, file, *paths, near, sizeof near);
        if (near[0] || h5_kind(file, *paths) != H5_MISSING)
            return true;
    }
    return false;
}

/* Whether a dataset with this key is a tensor of a model, or of what lacks little to be one. */
static bool is_tensor(const char *key)
{
    static const char ending[] = "weight";
    static const char *const parts[] = {"projection.", "bottleneck_layers.", ".net.", "mixing_weights"};
    size_t length = strlen(key);

    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
        if (strstr(key, parts[i]))
            return true;
    return length >= sizeof ending - 1 && strcmp(key + length - (sizeof ending - 1), ending) == 0;
}

/* Whether the file has a tensor with a key from a state_dict of PyTorch, by its name. */
static bool names_tensors(geosc_context *context, struct h5_file *file)
{
    char **names = NULL;
    size_t count = 0;
    bool found = false;

    if (h5_list(context, file, "/", H5_NAMES, &names, &count) != GEOSC_OK)
        return false;
    for (size_t i = 0; i < count && !found; i++)
        found = is_tensor(names[i]);
    memory_free(names);
    return found;
}

/* The same where groups stand for the points of the key. */
static bool groups_tensors(const geosc_context *context, const char *path)
{
    geosc_context scratch = *context; /* that it cannot be read as a model is no failure */
    struct problems problems = {0};
    struct tensors tensors;
    bool found = false;

    if (tensors_open(&scratch, path, &tensors, &problems) == GEOSC_OK) {
        for (size_t i = 0; i < tensors.count && !found; i++)
            found = is_tensor(tensors.items[i].key);
        tensors_close(&tensors);
    }
    problems_free(&problems);
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
    else if (names_tensors(context, file) || groups_tensors(context, path))
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
    facts_text(inspection, "kind", kind ? kind->name : "unknown");
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
