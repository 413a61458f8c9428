#include "run/forecast.h"

#include "base/clock.h"
#include "base/options.h"
#include "maps/nearest.h"
#include "results/formats.h"
#include "run/shard.h"
#include "run/workers.h"

#include <math.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>

/* What matching the first pairs took: seconds by stage, and the work done in them. */
struct pace {
    struct workers_done done;
    struct work_sum work;
    size_t pairs;
};

/* A few pairs matched to measure their time. */
struct trial {
    const struct work *work;
    struct plan plan;
    struct results results;
    pthread_mutex_t lock; /* guards the fields below */
    struct pace *pace;
    bool unanswered; /* some pair */
};

static const double TRIAL_SECONDS = 1.5;

enum { TRIAL_PAIRS = 64, TRIAL_PAIRS_OF_A_WORKER = 4 };

/* ---- the first pairs ---------------------------------------------------------------------------- */

static enum geosc_status count_pair(void *user, geosc_context *context, size_t step)
{
    struct trial *trial = user;
    size_t pair = trial->plan.steps[step].pair;

    (void)context;
    pthread_mutex_lock(&trial->lock);
    work_add_pair(trial->work, pair, &trial->pace->work);
    trial->pace->pairs++;
    trial->unanswered |= trial->results.chosen[pair] == GEOSC_UNDECIDED;
    pthread_mutex_unlock(&trial->lock);
    return GEOSC_OK;
}

static enum geosc_status go_on(void *user, geosc_context *context, size_t step)
{
    (void)user;
    (void)context;
    (void)step;
    return GEOSC_OK;
}

/* If some of the first pairs have no answer, *pace stays zero: the time is unknown. */
static enum geosc_status try_pairs(struct job *job, const struct work *work, struct pace *pace)
{
    geosc_context *context = job->context;
    const struct catalog *catalog = &job->catalog;
    size_t most = size_larger(TRIAL_PAIRS, TRIAL_PAIRS_OF_A_WORKER * (size_t)context->threads);
    struct trial trial = {.work = work, .lock = PTHREAD_MUTEX_INITIALIZER, .pace = pace};
    struct plan_request request = {.catalog = catalog,
                                   .options = job->options,
                                   .tells_poses = model_tells_poses(job->model),
                                   .order = job->order,
                                   .count = size_smaller(catalog->pairs, most)};
    const struct results_asked asked = results_asked_by(job->options);
    struct budget budget;
    enum geosc_status status;

    *pace = (struct pace){0};
    TRY(results_create(context, catalog, job->options->poses, job->options->pose_count, &trial.results));
    TRY(results_add_asked(context, &asked, &trial.results));
    TRY(budget_plan(context, job->model, &request, &budget, &trial.plan));
    TRY(workers_run(context,
                    &(struct workers_task){.job = job,
                                           .plan = &trial.plan,
                                           .budget = &budget,
                                           .results = &trial.results,
                                           .user = &trial,
                                           .keep = count_pair,
                                           .tell = go_on,
                                           .seconds = TRIAL_SECONDS},
                    &pace->done));
    for (size_t r = 0; r < pace->done.reads; r++)
        work_add_read(work, &trial.plan, r, &pace->work);
    if (trial.unanswered)
        *pace = (struct pace){0};
done:
    plan_free(&trial.plan);
    results_free(&trial.results);
    pthread_mutex_destroy(&trial.lock);
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
    const struct workers_done *took = &pace->done;
    const struct work_sum *done = &pace->work, *all = &part->work;
    double reading = per(took->seconds_reading, (double)done->reads) * (double)all->reads;
    double computing = per(took->seconds_refine, done->refine) * all->refine +
                       per(took->seconds_score, done->score) * all->score +
                       per(took->seconds_match, done->match) * all->match +
                       per(took->seconds_decode, (double)done->reads) * (double)all->reads;

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

/* Most panels in use at a time by one worker: in a refined batch, and of a pair's sets. */
struct in_hand {
    size_t batch, map, sets; /* map: of one */
};

/* An aggregation network refines one map at a time. */
static bool is_batched(const geosc_model *model)
{
    return !model || model->architecture != ARCHITECTURE_AGGREGATION;
}

static void look_at_batch(const struct work *work, const struct plan *plan, const struct plan_batch *batch,
                          size_t *slot_cells, struct in_hand *most)
{
    size_t panels = 0;

    for (size_t r = batch->first_read; r < batch->first_read + batch->read_count; r++)
        for (size_t m = 0; m < plan->reads[r].make_count; m++) {
            const struct plan_make *make = &plan->makes[plan->reads[r].first_make + m];
            size_t cells = work_cells(work, &plan->reads[r], make);
            panels += map_panels(cells);
            most->map = size_larger(most->map, map_panels(cells));
            slot_cells[make->slot] = size_larger(slot_cells[make->slot], cells);
        }
    most->batch = size_larger(most->batch, panels);
}

static void look_at_pair(const struct work *work, size_t pair, struct in_hand *most)
{
    const struct catalog *catalog = work->catalog;
    size_t source = catalog->source[pair], target = catalog->target[pair];
    size_t masked = (work->posed_maps[source] + work->plain_candidate[source]) * map_panels(work->masked[source]);

    most->sets = size_larger(most->sets, masked + map_panels(work->matched[target]));
}

/* Memory of a run of the plan: the budget's figure with the actual maps and masks instead of the largest. */
static enum geosc_status expected_memory(const struct job *job, const struct work *work, const struct budget *budget,
                                         const struct plan *plan, size_t *bytes)
{
    geosc_context one = *job->context;
    size_t channels = work->channels, *slot_cells, worker;
    struct in_hand most = {0};
    enum geosc_status status;

    one.threads = 1;
    TRY(memory_allocate_zero(job->context, &slot_cells, plan->slot_count, sizeof *slot_cells, "slots"));
    for (size_t b = 0; b < plan->batch_count; b++)
        look_at_batch(work, plan, &plan->batches[b], slot_cells, &most);
    for (size_t s = 0; s < plan->step_count; s++)
        look_at_pair(work, plan->steps[s].pair, &most);
    worker = budget->worker - budget->refine - budget->nearest;
    worker +=
        refine_scratch_bytes(job->model, channels, 1, is_batched(job->model) ? most.batch : most.map, one.threads);
    worker += budget->nearest ? nearest_scratch_bytes(&one, 1, most.sets, channels) : 0;
    *bytes = budget->shared + budget->workers * worker;
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
    struct plan_request request = {.catalog = &catalog,
                                   .options = job->options,
                                   .tells_poses = model_tells_poses(job->model),
                                   .order = order,
                                   .count = part->pairs};
    struct budget budget;
    struct plan plan = {0};
    enum geosc_status status;

    catalog.pairs = part->pairs;
    TRY(count_images(job, work, order, part));
    TRY(budget_plan(job->context, job->model, &request, &budget, &plan));
    for (size_t r = 0; r < plan.read_count; r++)
        work_add_read(work, &plan, r, &part->work);
    for (size_t s = 0; s < plan.step_count; s++)
        work_add_pair(work, plan.steps[s].pair, &part->work);
    part->reused = plan.hits;
    part->workers = budget.workers;
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
        all->memory = size_larger(all->memory, part->memory);
        all->workers = size_larger(all->workers, part->workers);
        all->seconds += part->seconds;
    }
    all->output_bytes = output_bytes(job, all->pairs, false);
}

static enum geosc_status plan_parts(struct job *job, const struct work *work, const size_t *first,
                                    struct forecast *forecast)
{
    enum geosc_status status = GEOSC_OK;
    struct pace pace;

    for (size_t i = 0; i < forecast->part_count; i++) {
        forecast->parts[i].pairs = first[i + 1] - first[i];
        TRY(plan_part(job, work, job->order + first[i], forecast, &forecast->parts[i]));
    }
    TRY(try_pairs(job, work, &pace));
    for (size_t i = 0; i < forecast->part_count; i++) {
        struct forecast_part *part = &forecast->parts[i];
        part->seconds = expected_seconds(&pace, part);
        part->bytes_read = pace.done.bytes_per_read * (double)part->work.reads;
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
    TRY(geosc_configure(context, options_threads(options), options->isa));
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
