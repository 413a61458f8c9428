#include "show/print_plan.h"

#include <math.h>
#include <stdio.h>

#include "base/number.h"
#include "show/json.h"
#include "system/message.h"

enum { SHOWN = 48 };

/* Such as 512M or 3.2G, in powers of 1024. */
static const char *bytes_text(double bytes, char out[SHOWN])
{
    static const char units[] = "BKMGTP";
    size_t unit = 0;

    while (bytes >= 1000 && units[unit + 1]) {
        bytes /= 1024;
        unit++;
    }
    snprintf(out, SHOWN, "%s%c", number_fixed(bytes, bytes < 10 && unit).text, units[unit]);
    return out;
}

static const char *time_text(double seconds, char out[SHOWN])
{
    if (!isfinite(seconds))
        snprintf(out, SHOWN, "unknown");
    else if (seconds < 100)
        snprintf(out, SHOWN, "%s s", number_fixed(seconds, seconds < 10).text);
    else if (seconds < 100 * 60)
        snprintf(out, SHOWN, "%s min", number_fixed(seconds / 60, 0).text);
    else
        snprintf(out, SHOWN, "%s h", number_fixed(seconds / 3600, 1).text);
    return out;
}

static double tera_operations(const struct work_sum *work)
{
    return 2e-12 * (work->refine + work->score + work->match); /* each a multiplication and an addition */
}

static void print_row(const char *name, const struct forecast_part *part)
{
    char read[SHOWN], memory[SHOWN], output[SHOWN], time[SHOWN];

    printf("%-8s %8zu %8zu %9zu %9zu %7s %11s %7s %7s %9s\n", name, part->pairs, part->images, part->work.maps,
           part->reused, bytes_text(part->bytes_read, read), number_fixed(tera_operations(&part->work), 3).text,
           bytes_text((double)part->memory, memory), bytes_text((double)part->output_bytes, output),
           time_text(part->seconds, time));
}

void print_plan(const char *input, const struct forecast *forecast)
{
    char allowed[SHOWN], name[SHOWN];
    const struct forecast_part *all = &forecast->all;

    print_line("%s: %zu images, %zu pairs; %d thread%s, %s kernels, memory limit %s", input, forecast->images,
               forecast->pairs, forecast->threads, forecast->threads == 1 ? "" : "s", forecast->isa,
               bytes_text((double)forecast->memory_allowed, allowed));
    printf("%-8s %8s %8s %9s %9s %7s %11s %7s %7s %9s\n", forecast->part_count > 1 ? "shard" : "", "pairs", "images",
           "refined", "reused", "read", "TFLOP", "memory", "output", "time");
    for (size_t i = 0; forecast->part_count > 1 && i < forecast->part_count; i++) {
        snprintf(name, sizeof name, "%zu", i);
        print_row(name, &forecast->parts[i]);
    }
    print_row("all", all);
    printf("least with unlimited memory: %zu refined; this plan refines %s times as many\n", all->least_maps,
           number_fixed(all->least_maps ? (double)all->work.maps / (double)all->least_maps : 1, 2).text);
}

static void print_part_json(const struct forecast_part *part)
{
    printf("{\"pairs\": %zu, \"images\": %zu, \"images_refined\": %zu, \"cache_hits\": %zu, \"images_refined_least\": "
           "%zu, \"reads\": "
           "%zu, ",
           part->pairs, part->images, part->work.maps, part->reused, part->least_maps, part->work.reads);
    printf("\"bytes_read\": %s, \"memory_most\": %zu, \"output_bytes\": %zu, ", number_fixed(part->bytes_read, 0).text,
           part->memory, part->output_bytes);
    printf("\"flop\": {\"refine\": %s, \"score\": %s, \"match\": %s}, \"seconds\": ",
           number_fixed(2 * part->work.refine, 0).text, number_fixed(2 * part->work.score, 0).text,
           number_fixed(2 * part->work.match, 0).text);
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
