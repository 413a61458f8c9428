#include "run/graph.h"

/* ---- steps that are ready ---------------------------------------------------------------------- */

static void push_ready(struct graph *graph, size_t step)
{
    size_t place = graph->ready_count++;

    for (; place > 0 && graph->ready[(place - 1) / 2] > step; place = (place - 1) / 2)
        graph->ready[place] = graph->ready[(place - 1) / 2];
    graph->ready[place] = step;
}

static size_t pop_ready(struct graph *graph)
{
    size_t *heap = graph->ready, first = heap[0], last = heap[--graph->ready_count], place = 0;

    for (size_t child; (child = 2 * place + 1) < graph->ready_count; place = child) {
        if (child + 1 < graph->ready_count && heap[child + 1] < heap[child])
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
static bool slots_are_free(const struct graph *graph, const struct plan_batch *batch)
{
    const struct plan *plan = graph->plan;

    for (size_t r = batch->first_read; r < batch->first_read + batch->read_count; r++)
        for (size_t m = plan->reads[r].first_make; m < plan->reads[r].first_make + plan->reads[r].make_count; m++)
            if (plan->makes[m].before != PLAN_NO_MAKE && graph->uses_left[plan->makes[m].before])
                return false;
    return true;
}

enum graph_wait graph_batch_waits(const struct graph *graph, size_t limit)
{
    const struct plan_batch *batch = &graph->plan->batches[graph->next_batch];

    if (graph->next_batch >= graph->plan->batch_count || batch->step >= limit)
        return GRAPH_END;
    return slots_are_free(graph, batch) ? GRAPH_NO_WAIT : GRAPH_SLOTS;
}

struct graph_item graph_take(struct graph *graph, size_t limit, bool may)
{
    bool pair = graph->ready_count && graph->ready[0] < limit;
    size_t step = may ? graph->plan->batches[graph->next_batch].step : SIZE_MAX;

    if (pair && graph->ready[0] <= step) {
        step = pop_ready(graph);
        return (struct graph_item){.kind = GRAPH_PAIR, .number = step, .step = step};
    }
    return may ? (struct graph_item){.kind = GRAPH_BATCH, .number = graph->next_batch++, .step = step}
               : (struct graph_item){.kind = GRAPH_NOTHING};
}

/* ---- what follows from it ---------------------------------------------------------------------- */

/* The maps of a batch are there. */
static void count_makes(struct graph *graph, const struct plan_batch *batch)
{
    const struct plan *plan = graph->plan;

    for (size_t r = batch->first_read; r < batch->first_read + batch->read_count; r++)
        for (size_t m = plan->reads[r].first_make; m < plan->reads[r].first_make + plan->reads[r].make_count; m++)
            for (size_t u = graph->first_user[m]; u < graph->first_user[m + 1]; u++)
                if (--graph->missing[graph->users[u]] == 0)
                    push_ready(graph, graph->users[u]);
}

static void count_pair(struct graph *graph, size_t step)
{
    plan_number needs[PLAN_STEP_MAPS];

    for (size_t i = plan_needs(graph->plan, &graph->plan->steps[step], needs); i-- > 0;)
        graph->uses_left[needs[i]]--;
}

void graph_end(struct graph *graph, const struct graph_item *item)
{
    if (item->kind == GRAPH_BATCH)
        count_makes(graph, &graph->plan->batches[item->number]);
    else
        count_pair(graph, item->step);
}

/* ---- the graph --------------------------------------------------------------------------------- */

/* Lists the steps that need each make. */
enum geosc_status graph_create(geosc_context *context, const struct plan *plan, struct graph *graph)
{
    plan_number needs[PLAN_STEP_MAPS];
    enum geosc_status status;
    size_t uses = 0;

    *graph = (struct graph){.plan = plan};
    TRY(memory_allocate(context, &graph->uses_left, plan->make_count, sizeof *graph->uses_left, "the plan"));
    TRY(memory_allocate(context, &graph->first_user, plan->make_count + 1, sizeof *graph->first_user, "the plan"));
    TRY(memory_allocate(context, &graph->missing, plan->step_count, sizeof *graph->missing, "the plan"));
    TRY(memory_allocate(context, &graph->ready, plan->step_count, sizeof *graph->ready, "the plan"));
    for (size_t m = 0; m < plan->make_count; m++) {
        graph->first_user[m] = uses;
        graph->uses_left[m] = 0;
        uses += plan->makes[m].uses;
    }
    graph->first_user[plan->make_count] = uses;
    TRY(memory_allocate(context, &graph->users, uses, sizeof *graph->users, "the plan"));
    for (size_t s = 0; s < plan->step_count; s++) {
        graph->missing[s] = (uint8_t)plan_needs(plan, &plan->steps[s], needs);
        for (size_t i = 0; i < graph->missing[s]; i++) /* uses_left counts up here, and down from there */
            graph->users[graph->first_user[needs[i]] + graph->uses_left[needs[i]]++] = (plan_number)s;
    }
done:
    return status;
}

void graph_free(struct graph *graph)
{
    memory_free(graph->uses_left);
    memory_free(graph->first_user);
    memory_free(graph->users);
    memory_free(graph->missing);
    memory_free(graph->ready);
    *graph = (struct graph){0};
}
