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
    else if (seconds < 1)
        snprintf(out, SHOWN, "%s ms", number_fixed(1000 * seconds, 0).text);
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

    print_line("%s: %zu images, %zu pairs; %d thread%s, %zu pair%s at a time, %s kernels, memory limit %s", input,
               forecast->images, forecast->pairs, forecast->threads, forecast->threads == 1 ? "" : "s", all->workers,
               all->workers == 1 ? "" : "s", forecast->isa, bytes_text((double)forecast->memory_allowed, allowed));
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

static void print_part_json(struct json *json, const char *name, const struct forecast_part *part)
{
    json_object(json, name);
    json_count(json, "pairs", part->pairs);
    json_count(json, "images", part->images);
    json_count(json, "maps_refined", part->work.maps);
    json_count(json, "maps_reused", part->reused);
    json_count(json, "maps_refined_least", part->least_maps);
    json_count(json, "reads", part->work.reads);
    json_fixed(json, "bytes_read", part->bytes_read, 0);
    json_count(json, "workers", part->workers);
    json_count(json, "memory_most", part->memory);
    json_count(json, "output_bytes", part->output_bytes);
    json_object(json, "flop");
    json_fixed(json, "refine", 2 * part->work.refine, 0);
    json_fixed(json, "score", 2 * part->work.score, 0);
    json_fixed(json, "match", 2 * part->work.match, 0);
    json_end(json);
    json_number(json, "seconds", part->seconds);
    json_end(json);
}

void print_plan_json(const char *input, const struct forecast *forecast)
{
    struct json json = {.out = stdout};

    json_object(&json, NULL);
    json_text(&json, "input", input);
    json_count(&json, "images", forecast->images);
    json_count(&json, "pairs", forecast->pairs);
    json_count(&json, "threads", (size_t)forecast->threads);
    json_text(&json, "isa", forecast->isa);
    json_count(&json, "memory_allowed", forecast->memory_allowed);
    print_part_json(&json, "all", &forecast->all);
    json_array(&json, "shards");
    for (size_t i = 0; forecast->part_count > 1 && i < forecast->part_count; i++)
        print_part_json(&json, NULL, &forecast->parts[i]);
    json_finish(&json);
}
