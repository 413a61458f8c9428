#include "run/job.h"

#include "base/guard.h"
#include "base/options.h"
#include "input/catalog_open.h"
#include "input/truth.h"
#include "input/unused.h"
#include "results/fingerprint.h"
#include "results/formats.h"
#include "run/order.h"
#include "run/shard.h"

#include <stdio.h>
#include <string.h>
#include <zlib.h>

static enum geosc_status open_input(struct job *job, const char *path)
{
    enum geosc_status status;
    const struct h5_access access = {.links = job->options->allow_links, .plugins = job->options->allow_plugins};
    const struct catalog_pairs pairs = {.text = job->options->pairs};
    struct problems problems = {0};

    TRY(catalog_open(job->context, path, &access, job->options->pairs ? &pairs : NULL, &job->catalog, &problems));
    TRY(problems_status(job->context, &problems));
done:
    problems_free(&problems);
    return status;
}

static enum geosc_status refuse_channels(const struct job *job, const char *path)
{
    const struct catalog *catalog = &job->catalog;
    bool turned = catalog->sets[0].pose[GEOSC_POSE_NONE].width == job->model->channels;
    char widths[256];

    model_describe_widths(job->model, widths, sizeof widths);
    return fail(job->context, GEOSC_FAILED, "%s: the model takes %zu channels%s%s, %s has %zu%s", path,
                job->model->channels, widths[0] ? ", " : "", widths, h5_file_path(catalog->file), catalog->channels,
                turned ? "; features are [C, H, W]: is the order of its axes different?" : "");
}

static enum geosc_status open_model(struct job *job, const char *path)
{
    enum geosc_status status;
    struct problems problems = {0};

    if (!path)
        return GEOSC_OK;
    TRY(model_open(job->context, path, job->options->conv, &job->model, &problems));
    TRY(problems_status(job->context, &problems));
    if (job->model->channels != job->catalog.channels)
        TRY(refuse_channels(job, path));
done:
    problems_free(&problems);
    return status;
}

/* Checks that a source has what the candidates need. *alias: some of its poses only permute cells; *stored: some are
 * stored. */
static enum geosc_status check_source(const struct job *job, size_t image, bool *alias, bool *stored)
{
    const struct catalog *catalog = &job->catalog;
    const struct image_set *set = catalog_image(catalog, image);

    for (size_t q = 0; q < job->options->pose_count; q++) {
        enum geosc_pose pose = job->options->poses[q];
        if (pose != GEOSC_POSE_NONE && job->options->pose_source == GEOSC_POSE_SOURCE_STORED &&
            !set->pose[pose].level_count)
            return fail(job->context, GEOSC_FAILED,
                        "%s: %s%s%sno stored features for pose %s, which --pose-source stored requires",
                        h5_file_path(catalog->file), catalog->grouped ? "/images/" : "",
                        catalog->grouped ? catalog->image_name[image] : "", catalog->grouped ? ": " : "",
                        geosc_pose_name(pose));
        enum pose_origin origin = plan_origin(set, job->options, model_tells_poses(job->model), pose);
        *alias |= origin == ORIGIN_ALIAS;
        *stored |= pose != GEOSC_POSE_NONE && origin == ORIGIN_STORED;
    }
    return GEOSC_OK;
}

/* Without a model that expects this number of channels, nothing else reveals swapped axes. */
static void check_axes(const struct job *job)
{
    char hint[STATUS_MESSAGE_SIZE];

    if (!job->model && catalog_seems_turned(&job->catalog, hint, sizeof hint))
        warn(job->options, "%s", hint);
}

/* Reports misspelt names if they change what is matched. Without keypoints, any name may be meant as theirs. */
static void check_names(const struct job *job)
{
    const struct catalog *catalog = &job->catalog;
    bool of_list = job->options->pairs, dense = !catalog->keypoints && !of_list;
    char found[STATUS_MESSAGE_SIZE / 2];

    unused_describe(job->context, catalog,
                    of_list ? UNUSED_MEANT_BUT_PAIRS
                    : dense ? UNUSED_ALL
                            : UNUSED_MEANT,
                    found, sizeof found);
    if (found[0])
        warn(job->options, "%s: unused: %s%s", h5_file_path(catalog->file), found,
             dense ? "; there are no keypoints: every cell is matched" : "");
}

void job_warn_of_poses(const struct geosc_options *options, const geosc_model *model, bool alias, bool stored)
{
    const char *without = model ? "with a linear model alone" : "without a model", *deeper = model ? "deeper " : "";

    if (alias && stored)
        warn(options,
             "%s, applying a pose to the features only reorders their cells: where a candidate has no stored features "
             "of the posed image, its IMD is that of the pose none; give a %smodel, or features of all posed images",
             without, deeper);
    else if (alias)
        warn(options,
             "%s, applying a pose to the features only reorders their cells: the IMD stays that of the pose none, and "
             "the first candidate wins; give a %smodel, or features of posed images",
             without, deeper);
    if (model_tells_poses(model) && options->pose_count > 1 && !stored &&
        options->pose_source != GEOSC_POSE_SOURCE_DERIVED)
        warn(options,
             "no features of posed images: each candidate pose is applied to the features before the model; a network "
             "that was not trained for this choice often takes a wrong pose: for such a one, give one candidate "
             "(--preset geoaware, or --poses none); if it was, say --pose-source derived");
}

/* Checks that the input's images have what the candidates need; warns once about what may surprise. */
static enum geosc_status check_candidates(const struct job *job)
{
    const struct catalog *catalog = &job->catalog;
    const struct image_set *before = NULL;
    bool alias = false, stored = false;

    for (size_t p = 0; p < catalog->pairs; p++) {
        const struct image_set *set = catalog_image(catalog, catalog->source[p]);
        if (set != before && check_source(job, catalog->source[p], &alias, &stored) != GEOSC_OK)
            return GEOSC_FAILED;
        before = set;
    }
    job_warn_of_poses(job->options, job->model, alias, stored);
    return GEOSC_OK;
}

/* A list of pairs shapes the result: adds its contents to the identity. */
static void describe_pairs(struct job *job)
{
    const struct catalog *catalog = &job->catalog;
    size_t used = strlen(job->identity.options), bytes = catalog->pairs * sizeof *catalog->source;
    uLong sum = crc32_z(crc32_z(0, (const void *)catalog->source, bytes), (const void *)catalog->target, bytes);

    snprintf(job->identity.options + used, sizeof job->identity.options - used, OUTPUT_PAIRS "%08lx", sum);
}

static enum geosc_status identify(struct job *job, const char *input)
{
    enum geosc_status status;

    options_describe(job->options, job->identity.options, sizeof job->identity.options);
    if (job->options->pairs)
        describe_pairs(job);
    snprintf(job->identity.isa_class, sizeof job->identity.isa_class, "%s", job->context->kernels->isa_class);
    job->identity.has_model = job->model != NULL;
    job->identity.model_crc32 = job->model ? job->model->crc32 : 0;
    job->identity.shard = job->options->shard;
    job->identity.shards = job->options->shards;
    job->identity.all_pairs = job->catalog.pairs;
    job->identity.format = options_output_format(job->options);
    TRY(fingerprint_identify(job->context, &job->catalog, input, &job->identity));
done:
    return status;
}

/* KAP is of true places, which must be good ones before anything is computed. */
static enum geosc_status check_truth(const struct job *job)
{
    const struct catalog *catalog = &job->catalog;

    if (!job->options->kap_count)
        return GEOSC_OK;
    if (GUARD(kap_truth) && (!catalog->keypoints || !catalog->target_keypoints))
        return fail(job->context, GEOSC_FAILED,
                    "%s: %s: missing, which --kap needs: store the true positions there, or match without --kap",
                    h5_file_path(catalog->file), catalog->indexed ? "/pairs/target_keypoints" : "/target_keypoints");
    return truth_check_all(job->context, catalog, false);
}

/* Of every cell, pictures would take more room than anything else, and no page has a place for them. */
static enum geosc_status check_heat(const struct job *job)
{
    if (GUARD(heat_of_cells) && job->options->heat && !job->catalog.keypoints)
        return fail(job->context, GEOSC_FAILED,
                    "%s: has no keypoints, of which --heat makes pictures: match without --heat",
                    h5_file_path(job->catalog.file));
    return GEOSC_OK;
}

enum geosc_status job_open(geosc_context *context, const char *input, const char *model,
                           const struct geosc_options *options, struct job *job)
{
    enum geosc_status status;

    *job = (struct job){.context = context, .options = options};
    TRY(open_input(job, input));
    TRY(open_model(job, model));
    check_axes(job);
    check_names(job);
    TRY(check_truth(job));
    TRY(check_heat(job));
    TRY(check_candidates(job));
    if (output_format(options->format)->check)
        TRY(output_format(options->format)->check(context, &job->catalog));
    TRY(identify(job, input));
    TRY(queries_create(context, &job->catalog, options->query == GEOSC_QUERY_BILINEAR, &job->queries));
    TRY(memory_allocate(context, &job->order, job->catalog.pairs, sizeof *job->order, "the order of pairs"));
    TRY(order_pairs(context, &job->catalog, job->order));
done:
    return status;
}

enum geosc_status job_take_shard(struct job *job)
{
    size_t shards = job->options->shards, shard = job->options->shard, *first = NULL;
    struct work work = {0};
    enum geosc_status status = GEOSC_OK;

    if (!shards)
        return GEOSC_OK;
    TRY(memory_allocate(job->context, &first, shards + 1, sizeof *first, "shards"));
    TRY(work_create(job->context, &job->catalog, job->options, job->model, &job->queries, &work));
    TRY(shard_split(job->context, &work, job->order, shards, first));
    memmove(job->order, job->order + first[shard], (first[shard + 1] - first[shard]) * sizeof *job->order);
    TRY(shard_select(job->context, &job->catalog, job->order, first[shard + 1] - first[shard]));
done:
    work_free(&work);
    memory_free(first);
    return status;
}

void job_close(struct job *job)
{
    memory_free(job->order);
    queries_free(&job->queries);
    geosc_model_free(job->model);
    catalog_close(&job->catalog);
    *job = (struct job){0};
}
