#include "job.h"

#include "fingerprint.h"
#include "options.h"
#include "order.h"
#include "shard.h"

#include <stdio.h>
#include <string.h>

static void warn(const struct job *job, const char *line)
{
    if (job->options->warning)
        job->options->warning(job->options->user, line);
}

static enum geosc_status open_input(struct job *job, const char *path)
{
    enum geosc_status status;
    const struct h5_access access = {.links = job->options->allow_links, .plugins = job->options->allow_plugins};
    struct problems problems = {0};

    TRY(catalog_open(job->context, path, &access, &job->catalog, &problems));
    TRY(problems_status(job->context, &problems));
done:
    problems_free(&problems);
    return status;
}

static enum geosc_status refuse_channels(const struct job *job, const char *path)
{
    char widths[256];

    model_describe_widths(job->model, widths, sizeof widths);
    return fail(job->context, GEOSC_FAILED, "%s: the model takes %zu channels%s%s, %s has %zu", path,
                job->model->channels, widths[0] ? ", " : "", widths, h5_file_path(job->catalog.file),
                job->catalog.channels);
}

static enum geosc_status open_model(struct job *job, const char *path)
{
    enum geosc_status status;
    struct problems problems = {0};

    if (!path)
        return GEOSC_OK;
    TRY(model_open(job->context, path, &job->model, &problems));
    TRY(problems_status(job->context, &problems));
    if (job->model->channels != job->catalog.channels)
        TRY(refuse_channels(job, path));
    TRY(model_transform(job->context, job->model, job->options->conv));
done:
    problems_free(&problems);
    return status;
}

/* Whether the input's images have what the candidates ask for; says once what will not work as one may think. */
static enum geosc_status check_candidates(const struct job *job)
{
    const struct image_set *set = &job->catalog.sets[0]; /* of the sources */
    bool alias = false;

    for (size_t q = 0; q < job->options->pose_count; q++) {
        enum geosc_pose pose = job->options->poses[q];
        if (pose != GEOSC_POSE_NONE && job->options->pose_source == GEOSC_POSE_SOURCE_STORED &&
            !set->pose[pose].level_count)
            return fail(job->context, GEOSC_FAILED,
                        "%s: no stored features for pose %s, which --pose-source stored asks for",
                        h5_file_path(job->catalog.file), geosc_pose_name(pose));
        alias |= plan_origin(set, job->options, job->model != NULL, pose) == ORIGIN_ALIAS;
    }
    if (alias)
        warn(job,
             "without a model, a pose derived from the features only permutes their cells: its IMD is that of none, "
             "and the first candidate wins; give a model, or features of posed images");
    return GEOSC_OK;
}

static enum geosc_status identify(struct job *job, const char *input)
{
    enum geosc_status status;
    const char *slash = strrchr(input, '/');

    options_describe(job->options, job->identity.options, sizeof job->identity.options);
    snprintf(job->identity.isa_class, sizeof job->identity.isa_class, "%s", job->context->kernels->isa_class);
    job->identity.has_model = job->model != NULL;
    job->identity.model_crc32 = job->model ? job->model->crc32 : 0;
    snprintf(job->identity.input_name, sizeof job->identity.input_name, "%s", slash ? slash + 1 : input);
    job->identity.shard = job->options->shard;
    job->identity.shards = job->options->shards;
    job->identity.all_pairs = job->catalog.pairs;
    TRY(fingerprint_input(job->context, &job->catalog, &job->identity.input_crc32));
done:
    return status;
}

enum geosc_status job_open(geosc_context *context, const char *input, const char *model,
                           const struct geosc_options *options, struct job *job)
{
    enum geosc_status status;

    *job = (struct job){.context = context, .options = options};
    TRY(open_input(job, input));
    TRY(open_model(job, model));
    TRY(check_candidates(job));
    TRY(identify(job, input));
    TRY(queries_create(context, &job->catalog, &job->queries));
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
