#include "run/forecast.h"

#include "base/clock.h"
#include "base/options.h"
#include "maps/nearest.h"
#include "results/formats.h"
#include "run/budget.h"
#include "run/pair.h"
#include "run/shard.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* Measured time and work of the first pairs, by stage. */
struct pace {
    double refine, score, match, decode, read; /* seconds */
    struct work_sum work;
    size_t first_reads; /* of the first step, which waits for all of them */
    double bytes_per_read;
    size_t pairs;
};

/* A few pairs matched to measure their time. */
struct trial {
    struct job *job;
    struct plan plan;
    struct prefetch *prefetch;
    struct cache cache;
    struct pair_scratch scratch;
    struct results results;
};

static const double TRIAL_SECONDS = 1.5;

/* Whether the trial may end: after some time, and a second batch of maps. */
static bool has_enough(const struct pace *pace, size_t first_maps, double began)
{
    return pace->pairs > 1 && pace->work.maps > first_maps && clock_seconds() - began > TRIAL_SECONDS;
}

enum { TRIAL_PAIRS = 64 };

/* ---- the first pairs ---------------------------------------------------------------------------- */

static void take_times(const struct trial *trial, struct pace *pace)
{
    pace->refine = trial->cache.seconds_refine;
    pace->score = trial->scratch.seconds_score;
    pace->match = trial->scratch.seconds_match;
    pace->decode = trial->cache.seconds_decode;
}

/* Performs one step; it counts only if the pair has an answer. */
static enum geosc_status try_step(struct trial *trial, const struct work *work, size_t index, struct pace *pace,
                                  bool *answered)
{
    struct job *job = trial->job;
    const struct plan_step *step = &trial->plan.steps[index];
    struct pair_setting setting = {&job->catalog, job->options, job->model != NULL};
    double waited = trial->cache.seconds_wait;
    enum geosc_status status;

    TRY(cache_fill(job->context, &trial->plan, step, job->model, trial->prefetch, &trial->cache));
    TRY(pair_answer(job->context, &setting, step, &trial->cache, &trial->scratch, &trial->results));
    work_add(work, &trial->plan, index, index + 1, &pace->work);
    if (index == 0) {
        pace->read = trial->cache.seconds_wait - waited;
        pace->first_reads = step->read_count;
    }
    *answered = trial->results.chosen[step->pair] != GEOSC_UNDECIDED;
done:
    return status;
}

/* The first step also takes memory from the system for the first time: drop it if the others did every kind of work. */
static void leave_out_first(struct pace *pace, const struct pace *first)
{
    if (pace->work.refine <= first->work.refine || pace->work.score <= first->work.score)
        return;
    pace->refine -= first->refine;
    pace->score -= first->score;
    pace->match -= first->match;
    pace->decode -= first->decode;
    pace->work.refine -= first->work.refine;
    pace->work.score -= first->work.score;
    pace->work.match -= first->work.match;
    pace->work.reads -= first->work.reads;
}

static enum geosc_status try_steps(struct trial *trial, const struct work *work, struct pace *pace)
{
    enum geosc_status status = GEOSC_OK;
    struct pace first = {0};
    double began = clock_seconds();
    bool answered = true;

    for (size_t i = 0; answered && i < trial->plan.step_count && !has_enough(pace, first.work.maps, began); i++) {
        TRY(check_stop(trial->job->context));
        TRY(try_step(trial, work, i, pace, &answered));
        pace->pairs += answered;
        take_times(trial, pace);
        if (i == 0)
            first = *pace;
    }
    pace->bytes_per_read = prefetch_mean_bytes(trial->prefetch);
    if (answered)
        leave_out_first(pace, &first);
    else
        pace->pairs = 0;
done:
    return status;
}

/* If the first pairs have no answer, *pace stays zero: the time is unknown. */
static enum geosc_status try_pairs(struct job *job, const struct work *work, const struct budget *budget,
                                   struct pace *pace)
{
    geosc_context *context = job->context;
    const struct catalog *catalog = &job->catalog;
    size_t count = catalog->pairs < TRIAL_PAIRS ? catalog->pairs : TRIAL_PAIRS;
    struct trial trial = {.job = job};
    enum geosc_status status;

    *pace = (struct pace){0};
    TRY(results_create(context, catalog, job->options->poses, job->options->pose_count, &trial.results));
    TRY(plan_create(context, catalog, job->options, job->model != NULL, job->order, count, budget->slots, &trial.plan));
    TRY(cache_create(context, catalog, job->model, &job->queries, &trial.plan, &trial.cache));
    if (job->options->confidence)
        TRY(results_add_confidence(context, &trial.results));
    TRY(pair_scratch_create(context, trial.results.answers, job->options->confidence, &trial.scratch));
    TRY(prefetch_start(context, catalog, &trial.plan, budget->prefetch_depth, &trial.prefetch));
    TRY(try_steps(&trial, work, pace));
done:
    prefetch_stop(trial.prefetch);
    pair_scratch_free(&trial.scratch);
    cache_free(&trial.cache);
    plan_free(&trial.plan);
    results_free(&trial.results);
    return status;
}

/* ---- the plan ----------------------------------------------------------------------------------- */

static double per(double seconds, double work)
{
    return work > 0 ? seconds / work : 0;
}

/* Reading overlaps with the computation: the slower one determines the time. */
static double expected_seconds(const struct pace *pace, const struct forecast_part *part)
{
    const struct work_sum *done = &pace->work, *all = &part->work;
    double reading = per(pace->read, (double)pace->first_reads) * (double)all->reads;
    double computing = per(pace->refine, done->refine) * all->refine + per(pace->score, done->score) * all->score +
                       per(pace->match, done->match) * all->match +
                       per(pace->decode, (double)done->reads) * (double)all->reads;

    if (!pace->pairs)
        return part->pairs ? NAN : 0;
    return computing > reading ? computing : reading;
}

static size_t output_bytes(const struct job *job, size_t pairs, bool shard)
{
    return output_format(job->identity.format)->size(&job->catalog, job->options, pairs, shard);
}

/* Counts images in the pairs, and maps if each is made once. */
static enum geosc_status count_images(const struct job *job, const struct work *work, const size_t *order,
                                      struct forecast_part *part)
{
    const struct catalog *catalog = &job->catalog;
    enum { NAMED = 1, SOURCE = 2, PLAIN = 4 };
    uint8_t *seen;
    enum geosc_status status;

    TRY(memory_allocate_zero(job->context, &seen, catalog->images, 1, "images"));
    for (size_t i = 0; i < part->pairs; i++) {
        seen[catalog->source[order[i]]] |=
            NAMED | SOURCE | (work->plain_candidate[catalog->source[order[i]]] ? PLAIN : 0);
        seen[catalog->target[order[i]]] |= NAMED | PLAIN;
    }
    for (size_t i = 0; i < catalog->images; i++) {
        part->images += (seen[i] & NAMED) != 0;
        part->least_maps += ((seen[i] & PLAIN) != 0) + (seen[i] & SOURCE ? work->posed_maps[i] : 0);
    }
    memory_free(seen);
done:
    return status;
}

/* Most panels in use in any step of a plan: in a refined batch, of masked cells, and of a pair's sets. */
struct in_hand {
    size_t batch, map, masked, sets; /* map: of one */
};

/* An aggregation network refines one map at a time. */
static bool is_batched(const geosc_model *model)
{
    return !model || model->architecture != ARCHITECTURE_AGGREGATION;
}

static void look_at_step(const struct work *work, const struct plan *plan, const struct plan_step *step,
                         size_t *slot_cells, struct in_hand *most)
{
    const struct catalog *catalog = work->catalog;
    size_t source = catalog->source[step->pair], target = catalog->target[step->pair], batch = 0;
    size_t masked = (work->posed_maps[source] + work->plain_candidate[source]) * map_panels(work->masked[source]);

    for (size_t r = step->first_read; r < step->first_read + step->read_count; r++)
        for (size_t m = 0; m < plan->reads[r].make_count; m++) {
            const struct plan_make *make = &plan->makes[plan->reads[r].first_make + m];
            size_t cells = work_cells(work, &plan->reads[r], make);
            batch += map_panels(cells);
            most->map = size_larger(most->map, map_panels(cells));
            slot_cells[make->slot] = size_larger(slot_cells[make->slot], cells);
        }
    most->batch = size_larger(most->batch, batch);
    most->sets = size_larger(most->sets, masked + map_panels(work->matched[target]));
    if (work->options->restrict_target)
        masked += map_panels(work->matched[target]);
    most->masked = size_larger(most->masked, masked);
}

/* Memory of a run of the plan: the budget's figure with the actual maps and masks instead of the largest. */
static enum geosc_status expected_memory(const struct job *job, const struct work *work, const struct budget *budget,
                                         const struct plan *plan, size_t *bytes)
{
    geosc_context *context = job->context;
    size_t channels = work->channels, *slot_cells;
    struct in_hand most = {0};
    enum geosc_status status;

    TRY(memory_allocate_zero(context, &slot_cells, plan->slot_count, sizeof *slot_cells, "slots"));
    for (size_t s = 0; s < plan->step_count; s++)
        look_at_step(work, plan, &plan->steps[s], slot_cells, &most);
    *bytes = budget->fixed - budget->refine - budget->gather - budget->nearest;
    *bytes += refine_scratch_bytes(job->model, 1, is_batched(job->model) ? most.batch : most.map, context->threads);
    *bytes += budget->gather ? most.masked * PANEL * channels * sizeof(float) : 0;
    *bytes += nearest_scratch_bytes(context, 1, most.sets, channels);
    for (size_t s = 0; s < plan->slot_count; s++)
        *bytes += map_bytes(channels, 1, slot_cells[s]) + slot_cells[s] * sizeof(float);
    memory_free(slot_cells);
done:
    return status;
}

static enum geosc_status plan_part(struct job *job, const struct work *work, const size_t *order,
                                   struct forecast *forecast, struct forecast_part *part)
{
    struct catalog catalog = job->catalog; /* with as many pairs as the part, for the budget */
    struct budget budget;
    struct plan plan = {0};
    enum geosc_status status;

    catalog.pairs = part->pairs;
    TRY(count_images(job, work, order, part));
    TRY(budget_make(job->context, &catalog, job->model, job->options, &budget));
    TRY(plan_create(job->context, &job->catalog, job->options, job->model != NULL, order, part->pairs, budget.slots,
                    &plan));
    work_add(work, &plan, 0, plan.step_count, &part->work);
    part->reused = plan.hits;
    TRY(expected_memory(job, work, &budget, &plan, &part->memory));
    part->output_bytes = output_bytes(job, part->pairs, job->options->shards != 0);
    forecast->memory_allowed = budget.limit;
done:
    plan_free(&plan);
    return status;
}

/* Sums the parts; for memory, the largest. */
static void sum_parts(struct forecast *forecast, const struct job *job)
{
    struct forecast_part *all = &forecast->all;

    for (size_t i = 0; i < forecast->part_count; i++) {
        const struct forecast_part *part = &forecast->parts[i];
        all->pairs += part->pairs;
        all->work.refine += part->work.refine;
        all->work.score += part->work.score;
        all->work.match += part->work.match;
        all->work.maps += part->work.maps;
        all->work.reads += part->work.reads;
        all->reused += part->reused;
        all->bytes_read += part->bytes_read;
        all->memory = part->memory > all->memory ? part->memory : all->memory;
        all->seconds += part->seconds;
    }
    all->output_bytes = output_bytes(job, all->pairs, false);
}

static enum geosc_status plan_parts(struct job *job, const struct work *work, const size_t *first,
                                    struct forecast *forecast)
{
    enum geosc_status status = GEOSC_OK;
    struct budget budget;
    struct pace pace;

    for (size_t i = 0; i < forecast->part_count; i++) {
        forecast->parts[i].pairs = first[i + 1] - first[i];
        TRY(plan_part(job, work, job->order + first[i], forecast, &forecast->parts[i]));
    }
    TRY(budget_make(job->context, &job->catalog, job->model, job->options, &budget));
    TRY(try_pairs(job, work, &budget, &pace));
    for (size_t i = 0; i < forecast->part_count; i++) {
        struct forecast_part *part = &forecast->parts[i];
        part->seconds = expected_seconds(&pace, part);
        part->bytes_read = pace.bytes_per_read * (double)part->work.reads;
    }
    sum_parts(forecast, job);
    forecast->all.images = 0;
    struct forecast_part whole = {.pairs = job->catalog.pairs};
    TRY(count_images(job, work, job->order, &whole));
    forecast->all.images = whole.images;
    forecast->all.least_maps = whole.least_maps;
done:
    return status;
}

static enum geosc_status forecast_job(struct job *job, struct forecast *forecast)
{
    size_t shards = job->options->shards, *first = NULL;
    struct work work = {0};
    enum geosc_status status;

    forecast->images = job->catalog.images;
    forecast->pairs = job->catalog.pairs;
    forecast->part_count = shards ? shards : 1;
    forecast->threads = job->context->threads;
    snprintf(forecast->isa, sizeof forecast->isa, "%s", job->context->kernels->name);
    TRY(memory_allocate_zero(job->context, &forecast->parts, forecast->part_count, sizeof *forecast->parts,
                             "the forecast"));
    TRY(memory_allocate(job->context, &first, forecast->part_count + 1, sizeof *first, "shards"));
    TRY(work_create(job->context, &job->catalog, job->options, job->model, &job->queries, &work));
    TRY(shard_split(job->context, &work, job->order, forecast->part_count, first));
    TRY(plan_parts(job, &work, first, forecast));
done:
    work_free(&work);
    memory_free(first);
    return status;
}

enum geosc_status forecast_make(geosc_context *context, const char *input, const char *model,
                                const struct geosc_options *options, struct forecast *forecast)
{
    struct job job = {0};
    struct geosc_context before = *context;
    enum geosc_status status;

    *forecast = (struct forecast){0};
    context->message[0] = '\0';
    TRY(options_check(context, options));
    TRY(geosc_configure(context, options->threads, options->isa));
    context->stop = options->stop;
    TRY(job_open(context, input, model, options, &job));
    TRY(forecast_job(&job, forecast));
done:
    job_close(&job);
    context->kernels = before.kernels;
    context->threads = before.threads;
    context->stop = before.stop;
    return status;
}

void forecast_free(struct forecast *forecast)
{
    memory_free(forecast->parts);
    *forecast = (struct forecast){0};
}
