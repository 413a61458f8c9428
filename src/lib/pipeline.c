/*
 * pipeline: a whole run, top to bottom. One direction, no loop back:
 *
 *   input -> catalog -> plan -> prefetch -> cache (decode, pose, refine) -> pair (score, match) -> output
 */
#include "budget.h"
#include "clock.h"
#include "options.h"
#include "order.h"
#include "pair.h"

#include <stdio.h>
#include <string.h>

struct run {
    geosc_context *context;
    const struct geosc_options *options;
    struct catalog catalog;
    geosc_model *model; /* NULL: zero-shot */
    struct run_identity identity;
    struct budget budget;
    size_t *order; /* [pairs] as they are run */
    struct plan plan;
    struct prefetch *prefetch;
    struct cache cache;
    struct pair_scratch scratch;
    struct results results;
    double started;
};

static void warn(const struct run *run, const char *line)
{
    if (run->options->warning)
        run->options->warning(run->options->user, line);
}

static enum geosc_status open_input(struct run *run, const char *path)
{
    enum geosc_status status;
    struct problems problems = {0};

    TRY(catalog_open(run->context, path, &run->catalog, &problems));
    TRY(problems_status(run->context, &problems));
done:
    problems_free(&problems);
    return status;
}

static enum geosc_status open_model(struct run *run, const char *path)
{
    enum geosc_status status;
    struct problems problems = {0};

    if (!path)
        return GEOSC_OK;
    TRY(model_open(run->context, path, &run->model, &problems));
    TRY(problems_status(run->context, &problems));
    if (run->model->channels != run->catalog.channels)
        TRY(fail(run->context, GEOSC_FAILED, "%s: the model takes %zu channels, %s has %zu", path, run->model->channels,
                 h5_file_path(run->catalog.file), run->catalog.channels));
    TRY(model_transform(run->context, run->model, run->options->conv));
done:
    problems_free(&problems);
    return status;
}

/* Whether the input's images have what the candidates ask for; says once what will not work as one may think. */
static enum geosc_status check_candidates(const struct run *run)
{
    const struct image_set *set = &run->catalog.sets[0]; /* of the sources */
    bool alias = false;

    for (size_t q = 0; q < run->options->pose_count; q++) {
        enum geosc_pose pose = run->options->poses[q];
        if (pose != GEOSC_POSE_NONE && run->options->pose_source == GEOSC_POSE_SOURCE_STORED && !set->pose[pose].level_count)
            return fail(run->context, GEOSC_FAILED, "%s: no stored features for pose %s, which --pose-source stored asks for",
                        h5_file_path(run->catalog.file), geosc_pose_name(pose));
        alias |= plan_origin(set, run->options, run->model != NULL, pose) == ORIGIN_ALIAS;
    }
    if (alias)
        warn(run, "without a model, a pose derived from the features only permutes their cells: its IMD is that of none, "
                  "and the first candidate wins; give a model, or features of posed images");
    return GEOSC_OK;
}

static void identify(struct run *run, const char *input)
{
    const char *slash = strrchr(input, '/');

    options_describe(run->options, run->identity.options, sizeof run->identity.options);
    snprintf(run->identity.isa_class, sizeof run->identity.isa_class, "%s", run->context->kernels->isa_class);
    run->identity.has_model = run->model != NULL;
    run->identity.model_crc32 = run->model ? run->model->crc32 : 0;
    snprintf(run->identity.input_name, sizeof run->identity.input_name, "%s", slash ? slash + 1 : input);
}

static enum geosc_status prepare(struct run *run)
{
    enum geosc_status status;
    struct cache *cache = &run->cache;

    TRY(budget_make(run->context, &run->catalog, run->model, run->options, &run->budget));
    TRY(memory_allocate(run->context, &run->order, run->catalog.pairs, sizeof *run->order, "the order of pairs"));
    TRY(order_pairs(run->context, &run->catalog, run->order));
    TRY(plan_create(run->context, &run->catalog, run->options, run->model != NULL, run->order, run->catalog.pairs, run->budget.slots,
                    &run->plan));
    TRY(results_create(run->context, &run->catalog, run->options->poses, run->options->pose_count, &run->results));
    TRY(cache_create(run->context, &run->catalog, &run->plan, cache));
    TRY(pair_scratch_create(run->context, run->results.answers, &run->scratch));
    TRY(prefetch_start(run->context, &run->catalog, &run->plan, run->budget.prefetch_depth, &run->prefetch));
done:
    return status;
}

static void report(const struct run *run, size_t done, size_t failed)
{
    struct geosc_progress progress = {
        .pairs_done = done,
        .pairs = run->plan.step_count,
        .pairs_failed = failed,
        .images_refined = run->cache.refined,
        .images_to_refine = run->plan.make_count,
        .cache_hits = run->plan.hits,
        .seconds = clock_seconds() - run->started,
    };

    if (run->options->progress)
        run->options->progress(run->options->user, &progress);
}

static enum geosc_status match_all(struct run *run)
{
    enum geosc_status status = GEOSC_OK;
    struct pair_setting setting = {&run->catalog, run->options, run->model != NULL};
    size_t failed = 0;

    for (size_t i = 0; i < run->plan.step_count; i++) {
        const struct plan_step *step = &run->plan.steps[i];
        if (run->options->stop && *run->options->stop)
            TRY(fail(run->context, GEOSC_STOPPED, "stopped after %zu of %zu pairs", i, run->plan.step_count));
        TRY(cache_fill(run->context, &run->plan, step, run->model, run->prefetch, &run->cache));
        TRY(pair_answer(run->context, &setting, step, &run->cache, &run->scratch, &run->results));
        enum geosc_pair_status found = (enum geosc_pair_status)run->results.status[step->pair];
        failed += found != GEOSC_PAIR_OK;
        if (found != GEOSC_PAIR_OK && run->options->strict)
            TRY(fail(run->context, GEOSC_FAILED, "%s: pair %zu has no answer: %s (strict)", h5_file_path(run->catalog.file), step->pair,
                     geosc_pair_status_name(found)));
        report(run, i + 1, failed);
    }
done:
    return status;
}

/* Counts what came out; GEOSC_PAIRS_FAILED if any pair failed. */
static enum geosc_status summarise(const struct run *run, struct geosc_summary *summary)
{
    const struct results *results = &run->results;

    summary->pairs = results->pairs;
    for (size_t p = 0; p < results->pairs; p++) {
        summary->status[results->status[p]]++;
        if (results->chosen[p] != GEOSC_UNDECIDED)
            summary->chosen[results->poses[results->chosen[p]]]++;
    }
    summary->images_refined = run->cache.refined;
    summary->cache_hits = run->plan.hits;
    summary->bytes_read = prefetch_bytes(run->prefetch);
    summary->seconds_wait = run->cache.seconds_wait;
    summary->seconds_decode = run->cache.seconds_decode;
    summary->seconds_refine = run->cache.seconds_refine;
    summary->seconds_score = run->scratch.seconds_score;
    summary->seconds_match = run->scratch.seconds_match;
    return summary->status[GEOSC_PAIR_OK] == summary->pairs ? GEOSC_OK : GEOSC_PAIRS_FAILED;
}

static void close_run(struct run *run)
{
    prefetch_stop(run->prefetch);
    pair_scratch_free(&run->scratch);
    cache_free(&run->cache);
    results_free(&run->results);
    plan_free(&run->plan);
    memory_free(run->order);
    geosc_model_free(run->model);
    catalog_close(&run->catalog);
}

static enum geosc_status run_job(struct run *run, const char *input, const char *model, const char *output, struct geosc_summary *summary)
{
    enum geosc_status status, outcome;
    double since;

    TRY(open_input(run, input));
    TRY(open_model(run, model));
    TRY(check_candidates(run));
    identify(run, input);
    TRY(output_prepare(run->context, output, &run->identity, run->options->force, &summary->already_done));
    if (summary->already_done)
        goto done;
    TRY(prepare(run));
    TRY(match_all(run));
    outcome = summarise(run, summary);
    since = clock_seconds();
    TRY(output_write(run->context, output, &run->catalog, &run->identity, &run->results, run->options->force));
    clock_lap(&since, &summary->seconds_write);
    status = outcome;
done:
    return status;
}

enum geosc_status geosc_match_file(geosc_context *context, const char *input, const char *model, const char *output,
                                   const struct geosc_options *options, struct geosc_summary *summary)
{
    struct geosc_summary own = {0};
    struct run run = {.context = context, .options = options, .started = clock_seconds()};
    enum geosc_status status;

    if (!context)
        return GEOSC_BAD_USAGE;
    context->message[0] = '\0';
    if (!input || !output || !options)
        return fail(context, GEOSC_BAD_USAGE, "input, output and options must be given");
    TRY(options_check(context, options));
    TRY(geosc_configure(context, options->threads, options->isa));
    status = run_job(&run, input, model, output, &own);
    own.threads = context->threads;
    snprintf(own.isa, sizeof own.isa, "%s", context->kernels->name);
    own.seconds = clock_seconds() - run.started;
    close_run(&run);
done:
    if (summary)
        *summary = own;
    return status;
}
