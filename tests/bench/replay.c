#include "bench/replay.h"

#include <math.h>

/* Something that a worker does, and the moment in `progress` at which it ends. */
struct event {
    double due;
    struct graph_item item;
    bool decodes; /* a batch: its first part */
};

struct state {
    const struct replay_task *task;
    struct graph graph;
    double now, progress; /* progress: seconds that each thing under way has got on */
    struct event *events; /* [workers] heap, the next one on top */
    size_t running;
    bool *full;       /* [depth] places of images read ahead, as in prefetch.c */
    size_t read;      /* number of images read */
    double read_ends; /* INFINITY: nothing is being read */
    size_t answered;
};

/* ---- events ------------------------------------------------------------------------------------ */

static bool comes_before(const struct event *a, const struct event *b)
{
    return a->due < b->due || (a->due == b->due && (a->item.step < b->item.step ||
                                                    (a->item.step == b->item.step && a->item.number < b->item.number)));
}

static void push_event(struct state *state, struct event event)
{
    size_t place = state->running++;

    for (; place > 0 && comes_before(&event, &state->events[(place - 1) / 2]); place = (place - 1) / 2)
        state->events[place] = state->events[(place - 1) / 2];
    state->events[place] = event;
}

static struct event pop_event(struct state *state)
{
    struct event *heap = state->events, first = heap[0], last = heap[--state->running];
    size_t place = 0;

    for (size_t child; (child = 2 * place + 1) < state->running; place = child) {
        if (child + 1 < state->running && comes_before(&heap[child + 1], &heap[child]))
            child++;
        if (!comes_before(&heap[child], &last))
            break;
        heap[place] = heap[child];
    }
    heap[place] = last;
    return first;
}

/* ---- what begins ------------------------------------------------------------------------------- */

static size_t read_of(const struct state *state, const struct graph_item *item)
{
    return state->task->plan->batches[item->number].first_read;
}

static enum graph_wait batch_waits(const struct state *state)
{
    enum graph_wait waits = graph_batch_waits(&state->graph, SIZE_MAX);

    if (waits == GRAPH_NO_WAIT && state->read <= state->task->plan->batches[state->graph.next_batch].first_read)
        waits = GRAPH_READING;
    return waits;
}

static void begin_reading(struct state *state)
{
    const struct replay_task *task = state->task;

    if (isinf(state->read_ends) && state->read < task->plan->read_count && !state->full[state->read % task->depth])
        state->read_ends = state->now + task->reading[state->read];
}

/* Lets workers take all that is ready. Returns what the other threads wait for. */
static enum graph_wait begin_items(struct state *state)
{
    const struct replay_task *task = state->task;

    while (state->running < task->workers) {
        enum graph_wait waits = batch_waits(state);
        struct graph_item item = graph_take(&state->graph, SIZE_MAX, waits == GRAPH_NO_WAIT);
        if (item.kind == GRAPH_NOTHING)
            return waits;
        bool batch = item.kind == GRAPH_BATCH;
        double seconds = batch ? task->decoding[read_of(state, &item)] : task->answering[item.step];
        push_event(state, (struct event){state->progress + seconds, item, batch});
    }
    return GRAPH_PLACE;
}

/* ---- what ends --------------------------------------------------------------------------------- */

static void end_reading(struct state *state)
{
    state->full[state->read % state->task->depth] = true;
    state->read++;
    state->read_ends = INFINITY;
}

static void end_event(struct state *state, struct event event)
{
    if (event.decodes) {
        size_t read = read_of(state, &event.item);
        state->full[read % state->task->depth] = false;
        push_event(state, (struct event){event.due + state->task->refining[read], event.item, false});
        return;
    }
    graph_end(&state->graph, &event.item);
    state->answered += event.item.kind == GRAPH_PAIR;
}

/* ---- time -------------------------------------------------------------------------------------- */

/* Seconds that each thing gets on in a second. helping: number of threads that help, each thing has its share. */
static double pace(const struct state *state, size_t *helping)
{
    const struct replay_task *task = state->task;
    size_t running = state->running, usable = size_smaller(task->threads, task->cores);
    double share;

    *helping = 0;
    if (running > task->cores)
        return (double)task->cores / (double)running;
    if (task->serial < 1 && running < usable)
        *helping = size_smaller(usable - running, running * task->helpers);
    share = running ? (double)*helping / (double)running : 0;
    return 1 / (task->serial + (1 - task->serial) / (1 + share));
}

/* Goes on to the next event, while threads without work wait for `waits`. */
static void advance(struct state *state, enum graph_wait waits, struct replay *replay)
{
    size_t helping, usable = size_smaller(state->task->threads, state->task->cores),
                    busy = size_smaller(state->running, usable);
    double rate = pace(state, &helping),
           due = state->running ? state->now + (state->events[0].due - state->progress) / rate : INFINITY;
    bool reads = state->read_ends <= due;
    double seconds = (reads ? state->read_ends : due) - state->now;

    replay->busy += (double)busy * seconds;
    replay->helping += (double)helping * seconds;
    replay->idle[waits] += (double)(usable - busy - helping) * seconds;
    state->now += seconds;
    if (reads) {
        state->progress += seconds * rate;
        end_reading(state);
    } else {
        state->progress = state->events[0].due;
        end_event(state, pop_event(state));
    }
}

enum geosc_status replay_run(geosc_context *context, const struct replay_task *task, struct replay *replay)
{
    struct state state = {.task = task, .read_ends = INFINITY};
    enum geosc_status status;

    *replay = (struct replay){0};
    TRY(graph_create(context, task->plan, &state.graph));
    TRY(memory_allocate(context, &state.events, task->workers, sizeof *state.events, "a replay"));
    TRY(memory_allocate_zero(context, &state.full, task->depth, sizeof *state.full, "a replay"));
    for (;;) {
        begin_reading(&state);
        enum graph_wait waits = begin_items(&state);
        if (!state.running && isinf(state.read_ends))
            break;
        advance(&state, waits, replay);
    }
    replay->seconds = state.now;
    if (state.answered < task->plan->step_count)
        TRY(fail(context, GEOSC_FAILED, "the plan gets stuck: %zu of %zu pairs are answered", state.answered,
                 task->plan->step_count));
done:
    graph_free(&state.graph);
    memory_free(state.events);
    memory_free(state.full);
    return status;
}

enum geosc_status replay_split(geosc_context *context, struct plan *plan)
{
    size_t count = 0;
    enum geosc_status status;

    TRY(memory_grow(context, &plan->batches, &plan->batch_capacity, plan->read_count, sizeof *plan->batches,
                    "a replay"));
    for (size_t s = 0; s < plan->step_count; s++)
        for (size_t r = 0; r < plan->steps[s].read_count; r++)
            plan->batches[count++] =
                (struct plan_batch){.step = s, .first_read = plan->steps[s].first_read + r, .read_count = 1};
    plan->batch_count = count;
done:
    return status;
}
