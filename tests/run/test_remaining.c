/* The time left, as it is told after a tenth of runs whose whole time is known: workers that take what the plan has
 * ready, on a clock that is made up. */
#include "run/remaining.h"
#include "testing.h"

#include <math.h>

enum { IMAGES = 60, MOST_PAIRS = 600, WORKERS = 8, SETS = 3 };

/* A run: what each cell of an image and each product of a pair takes, and what disturbs this. */
struct shape {
    const char *name;
    size_t pairs, workers;
    double image, pair;
    size_t poses;   /* 0: one; else of few sources: their maps but one come late */
    double once;    /* an image takes so many of its maps longer, whatever their number */
    bool sizes;     /* images have once, twice or four times the cells along each side */
    bool sorted;    /* the small images come first */
    double warm_up; /* the first thing of each worker takes so much longer */
    double noise;   /* things take up to so much longer, by chance, as beside other programs */
};

static size_t source[MOST_PAIRS], target[MOST_PAIRS], order[MOST_PAIRS];
static uint32_t set_of[IMAGES];
static struct image_set sets[SETS];
static struct catalog catalog;
static struct geosc_options options;

/* Pseudo-random in 0..1 (SplitMix64), the same in each run. */
static double chance(uint64_t number)
{
    number = (number + 1) * 0x9e3779b97f4a7c15ULL;
    number = (number ^ number >> 30) * 0xbf58476d1ce4e5b9ULL;
    return (double)((number ^ number >> 27) >> 40) / (double)(1 << 24);
}

/* Pairs of all images, the first of which come soon: so most maps are made early, and later pairs reuse them. */
static void make_plan(const struct shape *shape, struct plan *plan)
{
    for (size_t s = 0; s < SETS; s++)
        sets[s] = (struct image_set){
            .count = IMAGES,
            .pose[0] = {.level_count = 1, .channels = 4, .height = (size_t)10 << s, .width = (size_t)10 << s}};
    for (size_t i = 0; i < IMAGES; i++)
        set_of[i] = !shape->sizes ? 0 : shape->sorted ? (uint32_t)(i * SETS / IMAGES) : (uint32_t)(i % SETS);
    for (size_t p = 0; p < shape->pairs; p++) {
        order[p] = p;
        source[p] = shape->poses ? p / (IMAGES / 2) : p % IMAGES;
        target[p] = shape->poses ? IMAGES / 2 + p % (IMAGES / 2) : (p + 1 + p / IMAGES) % IMAGES;
    }
    catalog = (struct catalog){.grouped = true,
                               .set_of = set_of,
                               .set_count = SETS,
                               .sets = sets,
                               .images = IMAGES,
                               .pairs = shape->pairs,
                               .channels = 4,
                               .source = source,
                               .target = target,
                               .keypoints = 1};
    geosc_options_init(&options);
    options.pose_count = shape->poses ? shape->poses : 1;
    for (size_t i = 0; i < options.pose_count; i++)
        options.poses[i] = (enum geosc_pose)i;
    assert_ok(plan_create(context,
                          &(struct plan_request){.catalog = &catalog,
                                                 .options = &options,
                                                 .order = order,
                                                 .count = shape->pairs,
                                                 .slots = IMAGES + 8,
                                                 .workers = WORKERS,
                                                 .tells_poses = true},
                          plan));
}

struct worker {
    struct graph_item item; /* GRAPH_NOTHING: idle */
    double began, ends;
    bool warm;
};

static double cells_of(size_t image)
{
    size_t side = sets[set_of[image]].pose[0].height;

    return (double)(side * side);
}

static double seconds_of(const struct shape *shape, const struct plan *plan, const struct graph_item *item, bool warm)
{
    double seconds = 0;

    if (item->kind == GRAPH_PAIR) {
        size_t pair = plan->steps[item->step].pair;
        seconds = shape->pair * (cells_of(source[pair]) + 1) * cells_of(target[pair]);
    } else {
        const struct plan_batch *batch = &plan->batches[item->number];
        for (size_t r = batch->first_read; r < batch->first_read + batch->read_count; r++)
            seconds +=
                shape->image * cells_of(plan->reads[r].image) * ((double)plan->reads[r].make_count + shape->once);
    }
    seconds *= 1 + shape->noise * chance(2 * item->number + (item->kind == GRAPH_PAIR));
    return seconds + (warm ? 0 : shape->warm_up);
}

/* Begins what is ready. */
static void begin(const struct shape *shape, struct graph *graph, struct worker *workers, struct remaining *remaining,
                  double now)
{
    for (size_t w = 0; w < shape->workers; w++) {
        struct worker *worker = &workers[w];
        if (worker->item.kind != GRAPH_NOTHING)
            continue;
        worker->item = graph_take(graph, SIZE_MAX, graph_batch_waits(graph, SIZE_MAX) == GRAPH_NO_WAIT);
        if (worker->item.kind == GRAPH_NOTHING)
            return;
        worker->began = now;
        worker->ends = now + seconds_of(shape, graph->plan, &worker->item, worker->warm);
        worker->warm = true;
        remaining_begin(remaining, now);
    }
}

/* The seconds of the whole run; *told: the time left that is told when a pair is done, from that moment on. */
static double run(const struct shape *shape, double moment, double *told_at, double *told)
{
    struct worker workers[WORKERS] = {0};
    struct remaining remaining;
    struct graph graph;
    struct plan plan;
    double now = 0;

    make_plan(shape, &plan);
    assert_ok(graph_create(context, &plan, &graph));
    remaining_start(&remaining, &catalog, &options, &plan);
    *told = NAN;
    for (;;) {
        struct worker *first = NULL;
        begin(shape, &graph, workers, &remaining, now);
        for (size_t w = 0; w < shape->workers; w++)
            if (workers[w].item.kind != GRAPH_NOTHING && (!first || workers[w].ends < first->ends))
                first = &workers[w];
        if (!first)
            break;
        now = first->ends;
        remaining_end(&remaining, &first->item, first->began, now);
        if (first->item.kind == GRAPH_PAIR && now >= moment && isnan(*told)) {
            *told = remaining_seconds(&remaining, now);
            *told_at = now;
        }
        graph_end(&graph, &first->item);
        first->item.kind = GRAPH_NOTHING;
    }
    assert_true(remaining_seconds(&remaining, now) < 1e-6 * now);
    remaining_free(&remaining);
    graph_free(&graph);
    plan_free(&plan);
    return now;
}

static void after_a_tenth(void **state)
{
    static const struct shape shapes[] = {
        {.name = "one worker", .pairs = 400, .workers = 1, .image = 1e-3, .pair = 1e-5},
        {.name = "eight workers", .pairs = 400, .workers = 8, .image = 1e-3, .pair = 1e-5},
        {.name = "images take most", .pairs = 300, .workers = 2, .image = 1e-2, .pair = 1e-6},
        {.name = "pairs take most", .pairs = 600, .workers = 2, .image = 1e-4, .pair = 1e-4},
        {.name = "nothing is reused", .pairs = 30, .workers = 2, .image = 1e-2, .pair = 1e-5},
        {.name = "one map of most images first",
         .pairs = 600,
         .workers = 2,
         .image = 1e-2,
         .pair = 1e-5,
         .poses = 8,
         .once = 0.6},
        {.name = "sizes", .pairs = 600, .workers = 2, .image = 1e-3, .pair = 1e-5, .sizes = true},
        {.name = "small ones first",
         .pairs = 600,
         .workers = 2,
         .image = 1e-3,
         .pair = 1e-6,
         .sizes = true,
         .sorted = true},
        {.name = "a slow beginning", .pairs = 400, .workers = 2, .image = 1e-3, .pair = 1e-5, .warm_up = 1},
        {.name = "a loaded machine",
         .pairs = 600,
         .workers = 2,
         .image = 1e-3,
         .pair = 1e-5,
         .sizes = true,
         .noise = 3},
        {.name = "a loaded machine of eight", .pairs = 600, .workers = 8, .image = 1e-3, .pair = 1e-5, .noise = 5},
    };

    (void)state;
    for (size_t s = 0; s < sizeof shapes / sizeof *shapes; s++) {
        double told, at, whole = run(&shapes[s], INFINITY, &at, &told);
        for (int tenth = 1; tenth < 9; tenth++) {
            run(&shapes[s], whole * tenth / 10, &at, &told);
            if (!(fabs(told - (whole - at)) <= 0.2 * (whole - at)))
                fail_msg("%s, after %d tenths: %.2f s told, %.2f s true", shapes[s].name, tenth, told, whole - at);
        }
    }
}

/* Before the first image and the first pair are done, nothing is known. */
static void before_the_first(void **state)
{
    const struct shape shape = {.pairs = 10, .workers = 1, .image = 1, .pair = 1};
    struct remaining remaining;
    struct plan plan;

    (void)state;
    make_plan(&shape, &plan);
    remaining_start(&remaining, &catalog, &options, &plan);
    assert_true(isnan(remaining_seconds(&remaining, 0)));
    remaining_begin(&remaining, 0);
    assert_true(isnan(remaining_seconds(&remaining, 1)));
    remaining_free(&remaining);
    plan_free(&plan);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(after_a_tenth),
        cmocka_unit_test(before_the_first),
    };
    return cmocka_run_group_tests(tests, make_all, free_all);
}
