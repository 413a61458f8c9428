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

/* A thing to do: a pair (a step of the plan) or a batch of images. */
struct item {
    enum { NOTHING, PAIR, BATCH, END } kind;
    size_t number, step;
    struct place *place;
};

/* The plan's graph, and how far it has got. The lock guards all that changes but what a worker has taken. */
struct workers {
    const struct workers_task *task;
    struct crew *crew;
    struct prefetch *prefetch;
    struct cache cache;
    pthread_mutex_t lock;

    uint32_t *uses_left; /* [makes] pairs that still need the map */
    size_t *first_user;  /* [makes + 1] where the steps that need a make stand in `users` */
    plan_number *users;
    uint8_t *missing; /* [steps] maps that the pair waits for */
    bool *answered;   /* [steps] */
    size_t *ready;    /* heap of the steps whose maps are there, the first on top */
    size_t ready_count, next_batch, running;
    size_t limit; /* the first step that failed: none is begun from there on */
    enum geosc_status status;
    char message[STATUS_MESSAGE_SIZE];

    struct place *places;
    struct place **idle; /* stack of the places that nobody has taken */
    size_t idle_count;

    size_t told; /* pairs, in the plan's order */
    double began, seconds_wait;
};

/* ---- steps that are ready ---------------------------------------------------------------------- */

static void push_ready(struct workers *workers, size_t step)
{
    size_t place = workers->ready_count++;

    for (; place > 0 && workers->ready[(place - 1) / 2] > step; place = (place - 1) / 2)
        workers->ready[place] = workers->ready[(place - 1) / 2];
    workers->ready[place] = step;
}

static size_t pop_ready(struct workers *workers)
{
    size_t *heap = workers->ready, first = heap[0], last = heap[--workers->ready_count], place = 0;

    for (size_t child; (child = 2 * place + 1) < workers->ready_count; place = child) {
        if (child + 1 < workers->ready_count && heap[child + 1] < heap[child])
            child++;
        if (last <= heap[child])
            break;
        heap[place] = heap[child];
    }
    heap[place] = last;
    return first;
}

/* ---- what to do next --------------------------------------------------------------------------- */

/* Whether the slots of a batch are free: the pairs that used them are answered. */
static bool slots_are_free(const struct workers *workers, const struct plan_batch *batch)
{
    const struct plan *plan = workers->task->plan;

    for (size_t r = batch->first_read; r < batch->first_read + batch->read_count; r++)
        for (size_t m = plan->reads[r].first_make; m < plan->reads[r].first_make + plan->reads[r].make_count; m++)
            if (plan->makes[m].before != PLAN_NO_MAKE && workers->uses_left[plan->makes[m].before])
                return false;
    return true;
}

static bool batch_is_ready(const struct workers *workers)
{
    const struct plan_batch *batch = &workers->task->plan->batches[workers->next_batch];

    return workers->next_batch < workers->task->plan->batch_count && batch->step < workers->limit &&
           slots_are_free(workers, batch) && prefetch_has(workers->prefetch, batch->first_read);
}

static bool is_over(const struct workers *workers, const geosc_context *context)
{
    double seconds = workers->task->seconds;

    return workers->told >= workers->limit || stop_asked(context) ||
           (seconds > 0 && workers->told > workers->task->budget->workers &&
            clock_seconds() - workers->began > seconds);
}

/* Of a pair and a batch that are ready, the one that comes first in the plan. */
static struct item choose(struct workers *workers)
{
    bool batch = batch_is_ready(workers), pair = workers->ready_count && workers->ready[0] < workers->limit;
    size_t step = batch ? workers->task->plan->batches[workers->next_batch].step : SIZE_MAX;

    if (pair && workers->ready[0] <= step) {
        step = pop_ready(workers);
        return (struct item){.kind = PAIR, .number = step, .step = step};
    }
    return batch ? (struct item){.kind = BATCH, .number = workers->next_batch++, .step = step}
                 : (struct item){.kind = NOTHING};
}

/* Takes the next thing to do, with a place to do it. */
static struct item take(struct workers *workers, const geosc_context *context)
{
    struct item item = {.kind = NOTHING};

    pthread_mutex_lock(&workers->lock);
    if (is_over(workers, context))
        item.kind = workers->running ? NOTHING : END;
    else if (workers->idle_count)
        item = choose(workers);
    if (item.kind == PAIR || item.kind == BATCH) {
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
    TRY(pair_scratch_create(context, task->results->answers, task->job->options->confidence, &place->pair));
    place->made = true;
done:
    return status;
}

static enum geosc_status answer(struct workers *workers, geosc_context *context, const struct item *item)
{
    const struct workers_task *task = workers->task;
    const struct pair_setting setting = {&task->job->catalog, task->job->options, task->job->model != NULL};
    enum geosc_status status;

    TRY(pair_answer(context, &setting, &task->plan->steps[item->step], &workers->cache, &item->place->pair,
                    task->results));
    TRY(check_stop(context)); /* after a stop anywhere in it, the pair is incomplete */
    TRY(task->keep(task->user, context, item->step));
done:
    return status;
}

static enum geosc_status perform(struct workers *workers, geosc_context *context, const struct item *item)
{
    enum geosc_status status;

    TRY(check_stop(context));
    TRY(make_place(workers, context, item->place));
    if (item->kind == PAIR)
        TRY(answer(workers, context, item));
    else
        TRY(cache_fill(context, &workers->cache, &workers->task->plan->batches[item->number], workers->prefetch,
                       &item->place->fill));
done:
    return status;
}

/* ---- what follows from it ---------------------------------------------------------------------- */

/* The maps of a batch are there: pairs that waited for nothing else are ready. */
static void count_makes(struct workers *workers, const struct plan_batch *batch)
{
    const struct plan *plan = workers->task->plan;

    for (size_t r = batch->first_read; r < batch->first_read + batch->read_count; r++)
        for (size_t m = plan->reads[r].first_make; m < plan->reads[r].first_make + plan->reads[r].make_count; m++)
            for (size_t u = workers->first_user[m]; u < workers->first_user[m + 1]; u++)
                if (--workers->missing[workers->users[u]] == 0)
                    push_ready(workers, workers->users[u]);
}

static void count_pair(struct workers *workers, size_t step)
{
    plan_number needs[PLAN_STEP_MAPS];

    workers->answered[step] = true;
    for (size_t i = plan_needs(workers->task->plan, &workers->task->plan->steps[step], needs); i-- > 0;)
        workers->uses_left[needs[i]]--;
}

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

static void finish(struct workers *workers, geosc_context *context, const struct item *item, enum geosc_status status)
{
    pthread_mutex_lock(&workers->lock);
    workers->idle[workers->idle_count++] = item->place;
    if (status != GEOSC_OK)
        fail_at(workers, context, item->step, status);
    else if (item->kind == BATCH)
        count_makes(workers, &workers->task->plan->batches[item->number]);
    else
        count_pair(workers, item->step);
    workers->running--;
    pthread_mutex_unlock(&workers->lock);
    crew_wake(workers->crew);
}

/* ---- the workers ------------------------------------------------------------------------------- */

/* The loop of each thread. */
static void work(void *shared, geosc_context *context)
{
    struct workers *workers = shared;
    double waited = 0;

    for (;;) {
        unsigned news = crew_news(workers->crew);
        if (crew_is_caller(context))
            tell_in_order(workers, context);
        struct item item = take(workers, context);
        double since = clock_seconds();
        if (item.kind == END)
            break;
        if (item.kind != NOTHING)
            finish(workers, context, &item, perform(workers, context, &item));
        else if (!crew_help(context, news))
            waited += clock_seconds() - since;
    }
    pthread_mutex_lock(&workers->lock);
    workers->seconds_wait += waited;
    pthread_mutex_unlock(&workers->lock);
}

/* Lists the steps that need each make. */
static enum geosc_status make_graph(geosc_context *context, struct workers *workers)
{
    const struct plan *plan = workers->task->plan;
    plan_number needs[PLAN_STEP_MAPS];
    enum geosc_status status;
    size_t uses = 0;

    TRY(memory_allocate(context, &workers->uses_left, plan->make_count, sizeof *workers->uses_left, "the plan"));
    TRY(memory_allocate(context, &workers->first_user, plan->make_count + 1, sizeof *workers->first_user, "the plan"));
    TRY(memory_allocate(context, &workers->missing, plan->step_count, sizeof *workers->missing, "the plan"));
    TRY(memory_allocate_zero(context, &workers->answered, plan->step_count, sizeof *workers->answered, "the plan"));
    TRY(memory_allocate(context, &workers->ready, plan->step_count, sizeof *workers->ready, "the plan"));
    for (size_t m = 0; m < plan->make_count; m++) {
        workers->first_user[m] = uses;
        workers->uses_left[m] = 0;
        uses += plan->makes[m].uses;
    }
    workers->first_user[plan->make_count] = uses;
    TRY(memory_allocate(context, &workers->users, uses, sizeof *workers->users, "the plan"));
    for (size_t s = 0; s < plan->step_count; s++) {
        workers->missing[s] = (uint8_t)plan_needs(plan, &plan->steps[s], needs);
        for (size_t i = 0; i < workers->missing[s]; i++) /* uses_left counts up here, and down from there */
            workers->users[workers->first_user[needs[i]] + workers->uses_left[needs[i]]++] = (plan_number)s;
    }
done:
    return status;
}

static enum geosc_status create(geosc_context *context, struct workers *workers)
{
    const struct workers_task *task = workers->task;
    enum geosc_status status;

    workers->limit = task->plan->step_count;
    TRY(make_graph(context, workers));
    TRY(cache_create(context, &task->job->catalog, task->job->model, &task->job->queries, task->plan, &workers->cache));
    TRY(memory_allocate_zero(context, &workers->places, task->budget->workers, sizeof *workers->places, "workers"));
    TRY(memory_allocate(context, &workers->idle, task->budget->workers, sizeof *workers->idle, "workers"));
    while (workers->idle_count < task->budget->workers) {
        workers->idle[workers->idle_count] = &workers->places[workers->idle_count];
        workers->idle_count++;
    }
    TRY(crew_create(context, &workers->crew));
    TRY(prefetch_start(context, &task->job->catalog, task->plan, task->budget->prefetch_depth, workers->crew,
                       &workers->prefetch));
done:
    return status;
}

static void sum_up(const struct workers *workers, const geosc_context *context, struct workers_done *done)
{
    const struct workers_task *task = workers->task;
    double count = (double)task->budget->workers;

    done->pairs = workers->told;
    done->seconds_wait = workers->seconds_wait / context->threads;
    for (size_t b = 0; b < workers->next_batch; b++)
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
    memory_free(workers->uses_left);
    memory_free(workers->first_user);
    memory_free(workers->users);
    memory_free(workers->missing);
    memory_free(workers->answered);
    memory_free(workers->ready);
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
