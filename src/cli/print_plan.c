#include "print_plan.h"

#include <math.h>
#include <stdio.h>

#include "json.h"
#include "message.h"

enum { SHOWN = 24 };

/* As 512M or 3.2G, of 1024. */
static const char *bytes_text(double bytes, char out[SHOWN])
{
    static const char units[] = "BKMGTP";
    size_t unit = 0;

    while (bytes >= 1000 && units[unit + 1]) {
        bytes /= 1024;
        unit++;
    }
    snprintf(out, SHOWN, bytes < 10 && unit ? "%.1f%c" : "%.0f%c", bytes, units[unit]);
    return out;
}

static const char *time_text(double seconds, char out[SHOWN])
{
    if (!isfinite(seconds))
        snprintf(out, SHOWN, "unknown");
    else if (seconds < 100)
        snprintf(out, SHOWN, "%.*f s", seconds < 10 ? 1 : 0, seconds);
    else if (seconds < 100 * 60)
        snprintf(out, SHOWN, "%.0f min", seconds / 60);
    else
        snprintf(out, SHOWN, "%.1f h", seconds / 3600);
    return out;
}

static double tera_operations(const struct work_sum *work)
{
    return 2e-12 * (work->refine + work->score + work->match); /* a product and a sum each */
}

static void print_row(const char *name, const struct forecast_part *part)
{
    char read[SHOWN], memory[SHOWN], output[SHOWN], time[SHOWN];

    printf("%-8s %8zu %8zu %9zu %9zu %7s %11.3f %7s %7s %9s\n", name, part->pairs, part->images, part->work.maps,
           part->reused, bytes_text(part->bytes_read, read), tera_operations(&part->work),
           bytes_text((double)part->memory, memory), bytes_text((double)part->output_bytes, output),
           time_text(part->seconds, time));
}

void print_plan(const char *input, const struct forecast *forecast)
{
    char allowed[SHOWN], name[SHOWN];
    const struct forecast_part *all = &forecast->all;

    print_line("%s: %zu images, %zu pairs; %d thread%s, %s kernels, %s of memory allowed", input, forecast->images,
               forecast->pairs, forecast->threads, forecast->threads == 1 ? "" : "s", forecast->isa,
               bytes_text((double)forecast->memory_allowed, allowed));
    printf("%-8s %8s %8s %9s %9s %7s %11s %7s %7s %9s\n", forecast->part_count > 1 ? "shard" : "", "pairs", "images",
           "refined", "reused", "read", "TFLOP", "memory", "output", "time");
    for (size_t i = 0; forecast->part_count > 1 && i < forecast->part_count; i++) {
        snprintf(name, sizeof name, "%zu", i);
        print_row(name, &forecast->parts[i]);
    }
    print_row("all", all);
    printf("with each map made once: %zu refined; this is %.2f times as many\n", all->least_maps,
           all->least_maps ? (double)all->work.maps / (double)all->least_maps : 1);
}

static void print_part_json(const struct forecast_part *part)
{
    printf("{\"pairs\": %zu, \"images\": %zu, \"images_refined\": %zu, \"cache_hits\": %zu, \"images_refined_least\": %zu, \"reads\": "
           "%zu, ",
           part->pairs, part->images, part->work.maps, part->reused, part->least_maps, part->work.reads);
    printf("\"bytes_read\": %.0f, \"memory_most\": %zu, \"output_bytes\": %zu, ", part->bytes_read, part->memory,
           part->output_bytes);
    printf("\"flop\": {\"refine\": %.0f, \"score\": %.0f, \"match\": %.0f}, \"seconds\": ", 2 * part->work.refine,
           2 * part->work.score, 2 * part->work.match);
    json_number(stdout, part->seconds);
    putchar('}');
}

void print_plan_json(const char *input, const struct forecast *forecast)
{
    printf("{\"input\": ");
    json_string(stdout, input);
    printf(", \"images\": %zu, \"pairs\": %zu, \"threads\": %d, \"isa\": ", forecast->images, forecast->pairs,
           forecast->threads);
    json_string(stdout, forecast->isa);
    printf(", \"memory_allowed\": %zu,\n \"all\": ", forecast->memory_allowed);
    print_part_json(&forecast->all);
    printf(",\n \"shards\": [");
    for (size_t i = 0; forecast->part_count > 1 && i < forecast->part_count; i++) {
        printf("%s\n  ", i ? "," : "");
        print_part_json(&forecast->parts[i]);
    }
    puts("]}");
}
