#include "bench/sample.h"

#include "base/options.h"
#include "bench/replay.h"

#include <math.h>

static const double TRIAL_SECONDS = 10; /* longest run that measures how helpers help */

double sample_products(const struct sample *sample, const struct plan *plan, size_t read)
{
    struct work_sum sum = {0};

    work_add_read(&sample->work, plan, read, &sum);
    return sum.refine;
}

enum geosc_status sample_plan(geosc_context *context, const struct sample *sample, const struct load *load,
                              const struct geosc_options *options, size_t threads, struct plan *plan,
                              struct budget *budget)
{
    struct plan_request request = {.catalog = load->catalog,
                                   .options = options,
                                   .tells_poses = model_tells_poses(sample->job.model),
                                   .order = load->order,
                                   .count = load->catalog->pairs};

    context->threads = (int)threads;
    return budget_plan(context, sample->job.model, &request, budget, plan);
}

static enum geosc_status go_on(void *user, geosc_context *context, size_t step)
{
    (void)user;
    (void)context;
    (void)step;
    return GEOSC_OK;
}

enum geosc_status sample_run(struct sample *sample, const struct plan *plan, const struct budget *budget, int threads,
                             struct workers_task task, struct workers_done *done)
{
    task.job = &sample->job;
    task.plan = plan;
    task.budget = budget;
    task.results = &sample->results;
    task.keep = task.tell = go_on;
    sample->job.context->threads = threads;
    return workers_run(sample->job.context, &task, done);
}

/* ---- what things take ---------------------------------------------------------------------------- */

static struct took *took_of(const struct sample *sample, const struct graph_item *item)
{
    return item->kind == GRAPH_BATCH ? &sample->batches[item->number] : &sample->steps[item->step];
}

static void record(void *user, const struct workers_record *record)
{
    struct took *took = took_of(user, &record->item);

    took->thread = fmin(took->thread, record->seconds_thread);
    took->wall = fmin(took->wall, record->ended - record->began);
}

/* Adds up the batches by image. The first one also makes the worker's memory: the others stand for it, if there are
 * any. */
static void gather_images(struct sample *sample)
{
    const struct plan *plan = &sample->plan;
    double first = sample_products(sample, plan, 0);

    for (size_t b = 1; b < plan->batch_count; b++) {
        sample->seconds += sample->batches[b].thread;
        sample->products += sample_products(sample, plan, b);
    }
    if (sample->products > 0)
        sample->batches[0].thread = first * sample->seconds / sample->products;
    sample->seconds += sample->batches[0].thread;
    sample->products += first;
    for (size_t b = 0; b < plan->batch_count; b++) {
        sample->image_seconds[plan->reads[b].image] += sample->batches[b].thread;
        sample->image_products[plan->reads[b].image] += sample_products(sample, plan, b);
        sample->wall += sample->batches[b].wall;
    }
}

/* The same by pair. */
static void gather_pairs(struct sample *sample)
{
    const struct plan *plan = &sample->plan;
    double others = 0;

    for (size_t s = 1; s < plan->step_count; s++)
        others += sample->steps[s].thread;
    if (plan->step_count > 1)
        sample->steps[0].thread = others / (double)(plan->step_count - 1);
    for (size_t s = 0; s < plan->step_count; s++) {
        sample->pair_seconds[plan->steps[s].pair] = sample->steps[s].thread;
        sample->wall += sample->steps[s].wall;
    }
}

static void record_helped(void *user, const struct workers_record *record)
{
    struct sample *sample = user;

    sample->helped += record->ended - record->began;
    sample->alone += took_of(sample, &record->item)->wall;
}

/* How much faster a thing is with one helper, by Amdahl's law. With one core, nobody can help. */
static enum geosc_status measure_help(struct sample *sample)
{
    struct workers_done done;
    enum geosc_status status = GEOSC_OK;

    sample->serial = 1;
    if (options_default_threads() < 2)
        return GEOSC_OK;
    TRY(sample_run(sample, &sample->plan, &sample->budget, 2,
                   (struct workers_task){.user = sample, .record = record_helped, .seconds = TRIAL_SECONDS}, &done));
    if (sample->alone > 0)
        sample->serial = fmin(1, fmax(0, 2 * sample->helped / sample->alone - 1));
done:
    return status;
}

/* ---- the sample ---------------------------------------------------------------------------------- */

static enum geosc_status make_times(geosc_context *context, size_t count, struct took **took)
{
    enum geosc_status status;

    TRY(memory_allocate(context, took, count, sizeof **took, "times"));
    for (size_t i = 0; i < count; i++)
        (*took)[i] = (struct took){INFINITY, INFINITY};
done:
    return status;
}

/* With one worker, on a plan of several: it refines each image on its own, as they do. */
static enum geosc_status match(geosc_context *context, const struct geosc_options *options, struct sample *sample)
{
    const struct load load = {.catalog = &sample->job.catalog, .order = sample->job.order};
    struct workers_done done;
    enum geosc_status status;

    TRY(sample_plan(context, sample, &load, options, 2, &sample->plan, &sample->budget));
    TRY(replay_split(context, &sample->plan));
    sample->budget.workers = 1;
    TRY(make_times(context, sample->plan.batch_count, &sample->batches));
    TRY(make_times(context, sample->plan.step_count, &sample->steps));
    for (int i = 0; i < SAMPLE_RUNS; i++)
        TRY(sample_run(sample, &sample->plan, &sample->budget, 1,
                       (struct workers_task){.user = sample, .record = record}, &done));
    gather_images(sample);
    gather_pairs(sample);
    sample->decoding = done.seconds_decode / (done.seconds_decode + done.seconds_refine);
    sample->read_bytes = done.bytes_per_read;
    sample->read_seconds = done.seconds_reading / (double)done.reads;
    TRY(measure_help(sample));
done:
    return status;
}

enum geosc_status sample_take(geosc_context *context, const char *input, const char *model,
                              const struct geosc_options *options, struct sample *sample)
{
    const struct job *job = &sample->job;
    const struct catalog *catalog = &job->catalog;
    enum geosc_status status;

    *sample = (struct sample){0};
    TRY(job_open(context, input, model, options, &sample->job));
    TRY(work_create(context, catalog, options, job->model, &job->queries, &sample->work));
    TRY(results_create(context, catalog, options->poses, options->pose_count, &sample->results));
    TRY(memory_allocate_zero(context, &sample->image_seconds, catalog->images, sizeof(double), "times"));
    TRY(memory_allocate_zero(context, &sample->image_products, catalog->images, sizeof(double), "times"));
    TRY(memory_allocate_zero(context, &sample->pair_seconds, catalog->pairs, sizeof(double), "times"));
    TRY(match(context, options, sample));
done:
    return status;
}

void sample_free(struct sample *sample)
{
    memory_free(sample->image_seconds);
    memory_free(sample->image_products);
    memory_free(sample->pair_seconds);
    memory_free(sample->batches);
    memory_free(sample->steps);
    plan_free(&sample->plan);
    results_free(&sample->results);
    work_free(&sample->work);
    job_close(&sample->job);
}
