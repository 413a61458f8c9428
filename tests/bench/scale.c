/*
 * scale INPUT [MODEL] [OPTION]...: what a run would take on machines with many cores. Matches the input three times
 * with one thread, records the shortest time of each image and each pair, and replays (replay.h) the plans that geosc
 * would make for more threads. TESTING.md says how to read the table. With --check, compares the replay with runs on
 * this machine.
 *
 * Seconds are those that the thread computed, so that other programs on this machine disturb less. The replay knows
 * neither memory that is too slow for all cores nor clocks that slow down when all work: the table gives the bandwidth
 * that would be needed.
 */
#include "base/clock.h"
#include "base/options.h"
#include "bench/replay.h"
#include "bench/sample.h"
#include "bench/spair.h"
#include "run/order.h"
#include "run/prefetch.h"

#include <math.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { HELPERS = 8 /* most that the replay lets help with one image or pair */ };

static const double GIGABYTE = 1024.0 * 1024 * 1024, MEGABYTE = 1024.0 * 1024;
static const size_t CORE_BYTES = (size_t)4 << 30; /* memory of a core without --memory */

enum shape { SHAPE_FILE, SHAPE_INDEPENDENT, SHAPE_SPAIR };

struct setting {
    const char *input, *model;
    struct geosc_options options;
    enum shape shape;
    size_t pairs;   /* of SHAPE_INDEPENDENT */
    size_t reading; /* bytes in a second; 0: as measured */
    bool check;
};

/* A plan for so many threads, with the seconds of its parts. */
struct schedule {
    struct plan plan;
    struct budget budget;
    double *reading, *decoding, *refining, *answering;
    double bytes; /* streamed by the workers */
};

/* ---- the load ------------------------------------------------------------------------------------ */

/* Each image is like one of the input, with its size. */
static enum geosc_status liken_images(geosc_context *context, const struct catalog *input, struct load *load)
{
    struct catalog *own = &load->own;
    enum geosc_status status;

    TRY(memory_allocate(context, &own->set_of, own->images, sizeof *own->set_of, "images"));
    for (size_t i = 0; i < own->images; i++)
        own->set_of[i] = (uint32_t)(catalog_image(input, load->images[i]) - input->sets);
done:
    return status;
}

static enum geosc_status make_load(geosc_context *context, const struct setting *setting, const struct sample *sample,
                                   struct load *load)
{
    const struct catalog *input = &sample->job.catalog;
    struct catalog *own = &load->own;
    bool spair = setting->shape == SHAPE_SPAIR;
    enum geosc_status status = GEOSC_OK;

    if (setting->shape == SHAPE_FILE) {
        *load = (struct load){.catalog = input, .order = sample->job.order};
        return GEOSC_OK;
    }
    *own = *input;
    own->set_of = NULL;
    own->source = own->target = NULL;
    load->catalog = own;
    own->pairs = spair ? SPAIR_PAIRS : setting->pairs;
    own->images = spair ? SPAIR_IMAGES : 2 * own->pairs;
    TRY(memory_allocate(context, &own->source, own->pairs, sizeof *own->source, "pairs"));
    TRY(memory_allocate(context, &own->target, own->pairs, sizeof *own->target, "pairs"));
    TRY(memory_allocate(context, &load->order, own->pairs, sizeof *load->order, "pairs"));
    TRY(memory_allocate(context, &load->images, own->images, sizeof *load->images, "images"));
    for (size_t i = 0; i < own->images; i++)
        load->images[i] = i % input->images;
    for (size_t p = 0; !spair && p < own->pairs; p++) {
        own->source[p] = 2 * p;
        own->target[p] = 2 * p + 1;
        load->images[2 * p] = input->source[p % input->pairs];
        load->images[2 * p + 1] = input->target[p % input->pairs];
    }
    if (spair)
        spair_draw(own->images, own->pairs, own->source, own->target);
    TRY(liken_images(context, input, load));
    TRY(order_pairs(context, own, load->order));
done:
    return status;
}

static void free_load(struct load *load)
{
    if (load->catalog != &load->own)
        return;
    memory_free(load->own.set_of);
    memory_free(load->own.source);
    memory_free(load->own.target);
    memory_free(load->order);
    memory_free(load->images);
}

/* ---- schedules ----------------------------------------------------------------------------------- */

/* The plan's images and pairs become those of the input that they are like. */
static void liken(const struct sample *sample, const struct load *load, struct plan *plan)
{
    for (size_t r = 0; load->images && r < plan->read_count; r++)
        plan->reads[r].image = load->images[plan->reads[r].image];
    for (size_t s = 0; s < plan->step_count; s++)
        plan->steps[s].pair %= sample->job.catalog.pairs;
}

/* Bytes that pass between memory and the workers if each counts once: a batch reads the weights and its image, and
 * writes its maps; a pair reads its maps. */
static double streamed_bytes(const struct sample *sample, const struct plan *plan, const struct budget *budget)
{
    plan_number needs[PLAN_STEP_MAPS];
    double maps = (double)plan->make_count;

    for (size_t s = 0; s < plan->step_count; s++)
        maps += (double)plan_needs(plan, &plan->steps[s], needs);
    return maps * (double)budget->slot +
           (double)plan->read_count * (sample->read_bytes + (double)budget_weights(sample->job.model));
}

static enum geosc_status make_schedule(geosc_context *context, const struct sample *sample, const struct load *load,
                                       const struct geosc_options *options, size_t threads, struct schedule *schedule)
{
    struct plan *plan = &schedule->plan;
    enum geosc_status status;

    TRY(sample_plan(context, sample, load, options, threads, plan, &schedule->budget));
    double readers = (double)prefetch_readers(schedule->budget.workers); /* at the same time: as one that is faster */
    TRY(replay_split(context, plan));
    liken(sample, load, plan);
    TRY(memory_allocate(context, &schedule->reading, plan->read_count, sizeof(double), "times"));
    TRY(memory_allocate(context, &schedule->decoding, plan->read_count, sizeof(double), "times"));
    TRY(memory_allocate(context, &schedule->refining, plan->read_count, sizeof(double), "times"));
    TRY(memory_allocate(context, &schedule->answering, plan->step_count, sizeof(double), "times"));
    for (size_t r = 0; r < plan->read_count; r++) {
        size_t image = plan->reads[r].image;
        bool known = sample->image_products[image] > 0;
        double seconds =
            sample_products(sample, plan, r) *
            (known ? sample->image_seconds[image] / sample->image_products[image] : sample->seconds / sample->products);
        schedule->reading[r] = sample->read_seconds / readers;
        schedule->decoding[r] = seconds * sample->decoding;
        schedule->refining[r] = seconds - schedule->decoding[r];
    }
    for (size_t s = 0; s < plan->step_count; s++)
        schedule->answering[s] = sample->pair_seconds[plan->steps[s].pair];
    schedule->bytes = streamed_bytes(sample, plan, &schedule->budget);
done:
    return status;
}

static void free_schedule(struct schedule *schedule)
{
    plan_free(&schedule->plan);
    memory_free(schedule->reading);
    memory_free(schedule->decoding);
    memory_free(schedule->refining);
    memory_free(schedule->answering);
    *schedule = (struct schedule){0};
}

static struct replay_task replay_of(const struct schedule *schedule, size_t threads, size_t cores, double serial)
{
    return (struct replay_task){.plan = &schedule->plan,
                                .cores = cores,
                                .threads = threads,
                                .workers = schedule->budget.workers,
                                .depth = schedule->budget.prefetch_depth,
                                .reading = schedule->reading,
                                .decoding = schedule->decoding,
                                .refining = schedule->refining,
                                .answering = schedule->answering,
                                .serial = serial,
                                .helpers = HELPERS};
}

/* ---- the table ----------------------------------------------------------------------------------- */

static double idle_share(const struct replay *replay, size_t cores, enum graph_wait wait)
{
    return 100 * replay->idle[wait] / ((double)cores * replay->seconds);
}

/* one: the seconds of one core; 0: these are they. */
static enum geosc_status print_row(geosc_context *context, const struct sample *sample, const struct load *load,
                                   const struct geosc_options *options, size_t cores, double *one)
{
    struct schedule schedule = {0};
    const struct budget *budget = &schedule.budget;
    struct replay alone, helped, unread;
    enum geosc_status status;

    TRY(make_schedule(context, sample, load, options, cores, &schedule));
    struct replay_task task = replay_of(&schedule, cores, cores, 1);
    TRY(replay_run(context, &task, &alone));
    task.serial = sample->serial;
    TRY(replay_run(context, &task, &helped));
    memset(schedule.reading, 0, schedule.plan.read_count * sizeof *schedule.reading);
    TRY(replay_run(context, &task, &unread));
    *one = *one > 0 ? *one : alone.seconds;
    double all = (double)schedule.plan.read_count * sample->read_bytes;
    double memory = (double)budget->shared + (double)budget->workers * (double)budget->worker +
                    (double)schedule.plan.slot_count * (double)budget->slot;
    double speed = sample->read_bytes / sample->read_seconds * (double)prefetch_readers(budget->workers);
    printf("| %zu | %zu | %zu | %.1f | %.1f %% | %.1f %% | %.1f | %.1f | %.0f | %s | %.1f | %.1f | %.1f | %.1f |\n",
           cores, budget->workers, schedule.plan.make_count, alone.seconds,
           100 * *one / ((double)cores * alone.seconds), 100 * *one / ((double)cores * helped.seconds),
           memory / GIGABYTE, schedule.bytes / alone.seconds / GIGABYTE, all / unread.seconds / MEGABYTE,
           speed >= all / unread.seconds ? "yes" : "no", idle_share(&alone, cores, GRAPH_PLACE),
           idle_share(&alone, cores, GRAPH_SLOTS), idle_share(&alone, cores, GRAPH_READING),
           idle_share(&alone, cores, GRAPH_END));
done:
    free_schedule(&schedule);
    return status;
}

static enum geosc_status print_table(geosc_context *context, const struct setting *setting, const struct sample *sample,
                                     const struct load *load)
{
    static const size_t cores[] = {1, 2, 8, 16, 64, 128, 192};
    double one = 0, pairs = 0;
    enum geosc_status status = GEOSC_OK;

    for (size_t p = 0; p < sample->job.catalog.pairs; p++)
        pairs += sample->pair_seconds[p];
    printf("\n%zu images and %zu pairs; measured on %zu and %zu: %.3f s for an image with its poses, %.3f s for a pair "
           "(of the clock, %.2f times that), reading %.0f MB/s; %.0f %% of it cannot be helped with\n\n",
           load->catalog->images, load->catalog->pairs, sample->job.catalog.images, sample->job.catalog.pairs,
           sample->seconds / (double)sample->plan.read_count, pairs / (double)sample->job.catalog.pairs,
           sample->wall / (sample->seconds + pairs), sample->read_bytes / sample->read_seconds / MEGABYTE,
           100 * sample->serial);
    puts("| cores | workers | maps | s | efficiency | with help | memory GB | memory GB/s | reading MB/s | keeps up | "
         "idle %: memory of workers | slots | reading | the end |");
    puts("| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |");
    for (size_t i = 0; i < sizeof cores / sizeof *cores; i++) {
        struct geosc_options options = setting->options;
        options.memory = options.memory ? options.memory : cores[i] * CORE_BYTES;
        TRY(print_row(context, sample, load, &options, cores[i], &one));
        fflush(stdout);
    }
done:
    return status;
}

/* ---- the check ----------------------------------------------------------------------------------- */

static int compare_seconds(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

/* The median of the runs; computed: the mean of the seconds that all threads of the process computed. */
static enum geosc_status measure(struct sample *sample, const struct schedule *schedule, size_t threads,
                                 double *seconds, double *computed)
{
    double took[SAMPLE_RUNS];
    clock_t before = clock();
    enum geosc_status status = GEOSC_OK;

    for (size_t i = 0; i < SAMPLE_RUNS; i++) {
        struct workers_done done;
        double since = clock_seconds();
        TRY(sample_run(sample, &schedule->plan, &schedule->budget, (int)threads, (struct workers_task){0}, &done));
        took[i] = clock_seconds() - since;
    }
    *computed = (double)(clock() - before) / CLOCKS_PER_SEC / SAMPLE_RUNS;
    qsort(took, SAMPLE_RUNS, sizeof *took, compare_seconds);
    *seconds = took[SAMPLE_RUNS / 2];
done:
    return status;
}

static enum geosc_status check(geosc_context *context, const struct setting *setting, struct sample *sample)
{
    static const size_t threads[] = {1, 2, 8};
    const struct load load = {.catalog = &sample->job.catalog, .order = sample->job.order};
    size_t cores = (size_t)options_default_threads(), wrong = 0;
    struct schedule schedule = {0};
    enum geosc_status status = GEOSC_OK;

    printf("\n| threads | on cores | predicted s | measured s | ratio | computed s, predicted | measured |\n"
           "| --- | --- | --- | --- | --- | --- | --- |\n");
    for (size_t i = 0; i < sizeof threads / sizeof *threads; i++) {
        struct replay replay;
        double seconds, computed;
        free_schedule(&schedule);
        TRY(make_schedule(context, sample, &load, &setting->options, threads[i], &schedule));
        struct replay_task task = replay_of(&schedule, threads[i], cores, sample->serial);
        TRY(replay_run(context, &task, &replay));
        TRY(measure(sample, &schedule, threads[i], &seconds, &computed));
        printf("| %zu | %zu | %.2f | %.2f | %.2f | %.2f | %.2f |\n", threads[i], size_smaller(cores, threads[i]),
               replay.seconds, seconds, replay.seconds / seconds, replay.busy, computed);
        fflush(stdout);
        wrong += fabs(replay.seconds / seconds - 1) > 0.15;
    }
    if (wrong)
        TRY(fail(context, GEOSC_FAILED, "%zu predictions are off by more than 15 %%; is the machine idle?", wrong));
done:
    free_schedule(&schedule);
    return status;
}

/* ---- the command line ---------------------------------------------------------------------------- */

static const char *shape_name(int i)
{
    static const char *const names[] = {"file", "independent", "spair", NULL};

    return names[i];
}

#define VALUE(field) .offset = offsetof(struct setting, field)
static const struct option rows[] = {
    {.name = "--poses", .argument = "LIST", .type = &options_poses, VALUE(options)},
    {.name = "--memory", .argument = "SIZE", .type = &option_bytes, VALUE(options.memory)},
    {.name = "--shape",
     .argument = "file|independent|spair",
     .type = &option_choice,
     VALUE(shape),
     .choice = shape_name},
    {.name = "--pairs", .argument = "N", .type = &option_size, VALUE(pairs), .minimum = 1, .maximum = 1e8},
    {.name = "--reading", .argument = "BYTES_A_SECOND", .type = &option_bytes, VALUE(reading)},
    {.name = "--check", .type = &option_switch, VALUE(check)},
    {0},
};

static int usage(void)
{
    fputs("usage: scale INPUT [MODEL]", stderr);
    for (const struct option *row = rows; row->name; row++)
        fprintf(stderr, " [%s%s%s]", row->name, row->argument ? " " : "", row->argument ? row->argument : "");
    fputs("\n", stderr);
    return 2;
}

/* Takes the option at argv[i]. Returns the number of words, 0 for a fault. */
static int parse_option(int argc, char **argv, int i, struct setting *setting)
{
    char reason[256] = "unknown";

    for (const struct option *row = rows; row->name; row++) {
        int words = row->argument ? 2 : 1;
        if (strcmp(row->name, argv[i]) == 0 && i + words <= argc &&
            row->type->parse(row, row->argument ? argv[i + 1] : NULL, (char *)setting + row->offset, reason,
                             sizeof reason))
            return words;
    }
    fprintf(stderr, "scale: %s: %s\n", argv[i], reason);
    return 0;
}

static bool parse(int argc, char **argv, struct setting *setting)
{
    for (int i = 1, words; i < argc; i += words) {
        bool file = argv[i][0] != '-';
        words = file ? 1 : parse_option(argc, argv, i, setting);
        if (!words || (file && setting->model))
            return false;
        if (file)
            *(setting->input ? &setting->model : &setting->input) = argv[i];
    }
    return setting->input && (setting->shape == SHAPE_INDEPENDENT) == (setting->pairs > 0);
}

static enum geosc_status run(geosc_context *context, const struct setting *setting)
{
    struct sample sample = {0};
    struct load load = {0};
    enum geosc_status status;

    TRY(options_check(context, &setting->options));
    TRY(geosc_configure(context, 1, NULL));
    TRY(sample_take(context, setting->input, setting->model, &setting->options, &sample));
    if (setting->reading)
        sample.read_seconds = sample.read_bytes / (double)setting->reading;
    if (setting->check) {
        TRY(check(context, setting, &sample));
        goto done;
    }
    TRY(make_load(context, setting, &sample, &load));
    TRY(print_table(context, setting, &sample, &load));
done:
    free_load(&load);
    sample_free(&sample);
    return status;
}

int main(int argc, char **argv)
{
    geosc_context *context = geosc_create();
    struct setting setting = {0};
    enum geosc_status status;

    geosc_options_init(&setting.options);
    if (!parse(argc, argv, &setting))
        return usage();
    status = context ? run(context, &setting) : GEOSC_FAILED;
    if (status != GEOSC_OK)
        fprintf(stderr, "scale: %s\n", context ? geosc_message(context) : "memory is short");
    geosc_destroy(context);
    return status != GEOSC_OK;
}
