#include "run/workers.h"

#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"

/* Memory to work with, of the worker that has taken it. */
struct place {
    bool made;
    struct fill_scratch fill;
    struct pair_scratch pair;
};

/* What a thread takes: something to do, with a place to do it; or nothing. */
struct item {
    struct graph_item what;
    struct place *place;
    enum graph_wait waits; /* why there is nothing */
    bool over;             /* nothing is left for anybody */
};

/* A run. The lock guards all that changes but what a worker has taken. */
struct workers {
    const struct workers_task *task;
    struct crew *crew;
    struct prefetch *prefetch;
    struct cache cache;
    pthread_mutex_t lock;

    struct graph graph;
    bool *answered; /* [steps] */
    size_t running;
    size_t limit; /* the first step that failed: none is begun from there on */
    enum geosc_status status;
    char message[STATUS_MESSAGE_SIZE];

    struct place *places;
    struct place **idle; /* stack of the places that nobody has taken */
    size_t idle_count;

    size_t told; /* pairs, in the plan's order */
    double began, seconds_wait;
};

/* ---- what to do next --------------------------------------------------------------------------- */

static bool is_over(const struct workers *workers, const geosc_context *context)
{
    double seconds = workers->task->seconds;

    return workers->told >= workers->limit || stop_asked(context) ||
           (seconds > 0 && workers->told > workers->task->budget->workers &&
            clock_seconds() - workers->began > seconds);
}

/* Why the next batch cannot begin; GRAPH_NO_WAIT if it can. */
static enum graph_wait batch_waits(const struct workers *workers)
{
    const struct graph *graph = &workers->graph;
    enum graph_wait waits = graph_batch_waits(graph, workers->limit);

    if (waits == GRAPH_NO_WAIT && !prefetch_has(workers->prefetch, graph->plan->batches[graph->next_batch].first_read))
        waits = GRAPH_READING;
    return waits;
}

/* Takes the next thing to do, with a place to do it. */
static struct item take(struct workers *workers, const geosc_context *context)
{
    struct item item = {.waits = GRAPH_END};

    pthread_mutex_lock(&workers->lock);
    if (is_over(workers, context)) {
        item.over = !workers->running;
    } else if (!workers->idle_count) {
        item.waits = GRAPH_PLACE;
    } else {
        item.waits = batch_waits(workers);
        item.what = graph_take(&workers->graph, workers->limit, item.waits == GRAPH_NO_WAIT);
    }
    if (item.what.kind != GRAPH_NOTHING) {
        item.place = workers->idle[--workers->idle_count];
        workers->running++;
    }
    pthread_mutex_unlock(&workers->lock);
    return item;
}

/* ---- doing it ---------------------------------------------------------------------------------- */

/* A worker makes its memory itself: on machines with several memories, it is then near. */
static enum geosc_status make_place(const struct workers *workers, geosc_context *context, struct place *place)
{
    const struct workers_task *task = workers->task;
    enum geosc_status status = GEOSC_OK;

    if (place->made)
        return GEOSC_OK;
    TRY(fill_scratch_create(context, &workers->cache, &place->fill));
    TRY(pair_scratch_create(context, task->job->options, task->results->answers, &place->pair));
    place->made = true;
done:
    return status;
}

static enum geosc_status answer(struct workers *workers, geosc_context *context, const struct item *item)
{
    const struct workers_task *task = workers->task;
    const struct pair_setting setting = {&task->job->catalog, task->job->options, model_tells_poses(task->job->model)};
    const struct plan_step *step = &task->plan->steps[item->what.step];
    struct pair_maps maps;
    enum geosc_status status;

    pair_find_maps(&workers->cache, step, &maps);
    TRY(pair_answer(context, &setting, step->pair, &maps, &item->place->pair, task->results));
    TRY(check_stop(context)); /* after a stop anywhere in it, the pair is incomplete */
    TRY(task->keep(task->user, context, item->what.step));
done:
    return status;
}

static enum geosc_status perform(struct workers *workers, geosc_context *context, const struct item *item)
{
    enum geosc_status status;

    TRY(check_stop(context));
    TRY(make_place(workers, context, item->place));
    if (item->what.kind == GRAPH_PAIR)
        TRY(answer(workers, context, item));
    else
        TRY(cache_fill(context, &workers->cache, &workers->task->plan->batches[item->what.number], workers->prefetch,
                       &item->place->fill));
done:
    return status;
}

/* ---- what follows from it ---------------------------------------------------------------------- */

/* Keeps the failure of the first step in the plan's order, as if one worker had worked on all. */
static void fail_at(struct workers *workers, const geosc_context *context, size_t step, enum geosc_status status)
{
    if (status == GEOSC_STOPPED || step >= workers->limit)
        return;
    workers->limit = step;
    workers->status = status;
    snprintf(workers->message, sizeof workers->message, "%s", context->message);
}

/* Tells of all pairs that are next in order. */
static void tell_in_order(struct workers *workers, geosc_context *context)
{
    pthread_mutex_lock(&workers->lock);
    while (workers->told < workers->limit && workers->answered[workers->told] && !stop_asked(context)) {
        size_t step = workers->told;
        pthread_mutex_unlock(&workers->lock);
        enum geosc_status status = workers->task->tell(workers->task->user, context, step);
        pthread_mutex_lock(&workers->lock);
        workers->told = step + 1;
        if (status != GEOSC_OK)
            fail_at(workers, context, step, status);
    }
    pthread_mutex_unlock(&workers->lock);
}

static void finish(struct workers *workers, geosc_context *context, const struct item *item, enum geosc_status status,
                   const struct workers_record *record)
{
    const struct workers_task *task = workers->task;

    pthread_mutex_lock(&workers->lock);
    workers->idle[workers->idle_count++] = item->place;
    if (status != GEOSC_OK) {
        fail_at(workers, context, item->what.step, status);
    } else {
        if (item->what.kind == GRAPH_PAIR)
            workers->answered[item->what.step] = true;
        graph_end(&workers->graph, &item->what);
        if (task->record)
            task->record(task->user, record);
    }
    workers->running--;
    pthread_mutex_unlock(&workers->lock);
    crew_wake(workers->crew);
}

/* ---- the workers ------------------------------------------------------------------------------- */

/* Does what a thread took. record: what the thread waited for before; afterwards, nothing yet. */
static void do_item(struct workers *workers, geosc_context *context, const struct item *item,
                    struct workers_record *record)
{
    bool records = workers->task->record;
    double before = records ? clock_thread_seconds() : 0;
    enum geosc_status status;

    record->item = item->what;
    record->worker = (size_t)(item->place - workers->places);
    record->began = clock_seconds() - workers->began;
    if (workers->task->remaining)
        remaining_begin(workers->task->remaining, record->began);
    status = perform(workers, context, item);
    record->ended = clock_seconds() - workers->began;
    if (workers->task->remaining)
        remaining_end(workers->task->remaining, &item->what, record->began, record->ended);
    record->seconds_thread = records ? clock_thread_seconds() - before : 0;
    finish(workers, context, item, status, record);
    *record = (struct workers_record){.asked = record->ended};
}

/* The loop of each thread. */
static void work(void *shared, geosc_context *context)
{
    struct workers *workers = shared;
    struct workers_record record = {0};
    double waited = 0;

    for (;;) {
        unsigned news = crew_news(workers->crew);
        if (crew_is_caller(context))
            tell_in_order(workers, context);
        struct item item = take(workers, context);
        double since = clock_seconds();
        if (item.over)
            break;
        if (item.what.kind != GRAPH_NOTHING) {
            do_item(workers, context, &item, &record);
            continue;
        }
        record.waited = item.waits;
        if (!crew_help(context, news))
            waited += clock_seconds() - since;
    }
    pthread_mutex_lock(&workers->lock);
    workers->seconds_wait += waited;
    pthread_mutex_unlock(&workers->lock);
}

static enum geosc_status create(geosc_context *context, struct workers *workers)
{
    const struct workers_task *task = workers->task;
    enum geosc_status status;

    workers->limit = task->plan->step_count;
    TRY(graph_create(context, task->plan, &workers->graph));
    TRY(memory_allocate_zero(context, &workers->answered, task->plan->step_count, sizeof *workers->answered,
                             "the plan"));
    TRY(cache_create(context, &task->job->catalog, task->job->model, &task->job->queries, task->plan, &workers->cache));
    TRY(memory_allocate_zero(context, &workers->places, task->budget->workers, sizeof *workers->places, "workers"));
    TRY(memory_allocate(context, &workers->idle, task->budget->workers, sizeof *workers->idle, "workers"));
    while (workers->idle_count < task->budget->workers) {
        workers->idle[workers->idle_count] = &workers->places[workers->idle_count];
        workers->idle_count++;
    }
    TRY(crew_create(context, &workers->crew));
    TRY(prefetch_start(context, &task->job->catalog, task->plan, task->budget->workers, task->budget->prefetch_depth,
                       workers->crew, &workers->prefetch));
done:
    return status;
}

static void sum_up(const struct workers *workers, const geosc_context *context, struct workers_done *done)
{
    const struct workers_task *task = workers->task;
    double count = (double)task->budget->workers;

    done->pairs = workers->told;
    done->seconds_wait = workers->seconds_wait / context->threads;
    for (size_t b = 0; b < workers->graph.next_batch; b++)
        done->reads += task->plan->batches[b].read_count;
    for (size_t i = 0; workers->places && i < task->budget->workers; i++) {
        const struct place *place = &workers->places[i];
        done->maps += place->fill.refined;
        nearest_add_statistics(&done->search, &place->pair.imd.search.statistics);
        done->seconds_wait += place->fill.seconds_wait / count;
        done->seconds_decode += place->fill.seconds_decode / count;
        done->seconds_refine += place->fill.seconds_refine / count;
        done->seconds_score += place->pair.seconds_score / count;
        done->seconds_match += place->pair.seconds_match / count;
    }
    if (workers->prefetch)
        prefetch_figures(workers->prefetch, &done->bytes_read, &done->bytes_per_read, &done->seconds_reading);
}

static void free_all(struct workers *workers)
{
    prefetch_stop(workers->prefetch);
    crew_free(workers->crew);
    for (size_t i = 0; workers->places && i < workers->task->budget->workers; i++) {
        fill_scratch_free(&workers->places[i].fill);
        pair_scratch_free(&workers->places[i].pair);
    }
    memory_free(workers->places);
    memory_free(workers->idle);
    cache_free(&workers->cache);
    graph_free(&workers->graph);
    memory_free(workers->answered);
    pthread_mutex_destroy(&workers->lock);
}

enum geosc_status workers_run(geosc_context *context, const struct workers_task *task, struct workers_done *done)
{
    struct workers workers = {.task = task, .began = clock_seconds()};
    enum geosc_status status;

    *done = (struct workers_done){0};
    pthread_mutex_init(&workers.lock, NULL);
    TRY(create(context, &workers));
    crew_run(workers.crew, work, &workers);
    if (workers.status != GEOSC_OK)
        TRY(fail(context, workers.status, "%s", workers.message));
    if (workers.told < task->plan->step_count)
        TRY(check_stop(context));
done:
    sum_up(&workers, context, done);
    free_all(&workers);
    return status;
}
