/*
 * plan_scale: plans a data set of SPair-71k's shape, without computing anything: which maps are refined, and how often,
 * for each memory limit, in the file's order and in the planned order. Prints a table. With --check, fails if the
 * planned order at 4 GB needs more than 1.3 times the fewest possible refinements.
 */
#include "base/options.h"
#include "bench/spair.h"
#include "maps/map.h"
#include "run/order.h"
#include "run/plan.h"

#include <stdio.h>
#include <string.h>

enum { CHANNELS = 1536, SIDE = 60 };

static const double GIGABYTE = 1024.0 * 1024 * 1024;
static const double FIXED_GIGABYTES =
    0.75; /* model, activations, images read ahead, at this size and with four poses: budget.h */

struct scale {
    const char *name;
    size_t images, pairs;
};

/* Each source with its candidates, each target once: fewer there cannot be. */
static size_t fewest(const struct catalog *catalog, const struct geosc_options *options, bool *seen)
{
    size_t maps = 0;

    memset(seen, 0, 2 * catalog->images);
    for (size_t p = 0; p < catalog->pairs; p++) {
        size_t source = catalog->source[p], target = catalog->target[p];
        maps += seen[2 * source] ? 0 : options->pose_count - 1; /* the posed ones */
        maps += !seen[2 * source + 1];
        seen[2 * source] = seen[2 * source + 1] = true;
        maps += !seen[2 * target + 1];
        seen[2 * target + 1] = true;
    }
    return maps;
}

static enum geosc_status print_budget(geosc_context *context, const struct catalog *catalog,
                                      const struct geosc_options *options, size_t *const orders[2], size_t optimum,
                                      double gigabytes, double *ratio)
{
    double slot = (double)map_bytes(CHANNELS, 1, SIDE * SIDE), image = 2.0 * CHANNELS * SIDE * SIDE; /* float16 */
    size_t slots = (size_t)((gigabytes - FIXED_GIGABYTES) * GIGABYTE / slot);
    enum geosc_status status = GEOSC_OK;

    printf("| %4.0f GB | %6zu ", gigabytes, slots);
    for (int i = 0; i < 2; i++) {
        struct plan plan;
        const struct plan_request request = {.catalog = catalog,
                                             .options = options,
                                             .tells_poses = true,
                                             .order = orders[i],
                                             .count = catalog->pairs,
                                             .slots = slots,
                                             .workers = 1};
        TRY(plan_create(context, &request, &plan));
        *ratio = (double)plan.make_count / (double)optimum;
        printf("| %7zu (%.2f) | %7zu | %6.0f GB ", plan.make_count, *ratio, plan.make_count - optimum,
               (double)plan.read_count * image / GIGABYTE);
        plan_free(&plan);
    }
    puts("|");
done:
    return status;
}

static enum geosc_status print_scale(geosc_context *context, const struct scale *scale, double *ratio)
{
    static const double budgets[] = {1, 2, 4, 8, 16, 64};
    struct catalog catalog = {.indexed = true,
                              .set_count = 1,
                              .images = scale->images,
                              .pairs = scale->pairs,
                              .channels = CHANNELS,
                              .keypoints = 20};
    struct image_set set = {0};
    struct geosc_options options;
    size_t *orders[2] = {NULL, NULL};
    bool *seen = NULL;
    enum geosc_status status;
    double here;

    geosc_options_init(&options);
    catalog.sets = &set;
    catalog.sets[0].count = scale->images;
    catalog.sets[0].pose[GEOSC_POSE_NONE] =
        (struct features){.level_count = 1, .channels = CHANNELS, .height = SIDE, .width = SIDE};
    TRY(memory_allocate(context, &catalog.source, scale->pairs, sizeof(size_t), "pairs"));
    TRY(memory_allocate(context, &catalog.target, scale->pairs, sizeof(size_t), "pairs"));
    TRY(memory_allocate(context, &orders[0], scale->pairs, sizeof(size_t), "pairs"));
    TRY(memory_allocate(context, &orders[1], scale->pairs, sizeof(size_t), "pairs"));
    TRY(memory_allocate(context, &seen, scale->images, 2, "images"));
    spair_draw(scale->images, scale->pairs, catalog.source, catalog.target);
    for (size_t p = 0; p < scale->pairs; p++)
        orders[0][p] = p;
    TRY(order_pairs(context, &catalog, orders[1]));
    size_t optimum = fewest(&catalog, &options, seen);
    printf("\n%s: %zu images, %zu pairs in %d categories; each map once: %zu refinements\n\n", scale->name,
           scale->images, scale->pairs, SPAIR_CATEGORIES, optimum);
    puts("|  memory |  slots | refined, file's order | again | read | refined, planned order | again | read |");
    puts("| --- | --- | --- | --- | --- | --- | --- | --- |");
    for (size_t i = 0; i < sizeof budgets / sizeof *budgets; i++) {
        TRY(print_budget(context, &catalog, &options, orders, optimum, budgets[i], &here));
        if (budgets[i] == 4)
            *ratio = here;
    }
done:
    memory_free(catalog.source);
    memory_free(catalog.target);
    memory_free(orders[0]);
    memory_free(orders[1]);
    memory_free(seen);
    return status;
}

int main(int argc, char **argv)
{
    static const struct scale scales[] = {{"SPair-71k's shape", SPAIR_IMAGES, SPAIR_PAIRS},
                                          {"ten times that", 10 * SPAIR_IMAGES, 10 * SPAIR_PAIRS}};
    bool check = argc > 1 && strcmp(argv[1], "--check") == 0;
    geosc_context *context = geosc_create();
    double ratio = 0, first = 0;

    for (size_t i = 0; context && i < (check ? 1 : 2); i++) {
        if (print_scale(context, &scales[i], &ratio) != GEOSC_OK) {
            fprintf(stderr, "plan_scale: %s\n", geosc_message(context));
            return 1;
        }
        first = i ? first : ratio;
    }
    geosc_destroy(context);
    return check && first > 1.3;
}
