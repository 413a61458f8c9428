#include "show/summary.h"

#include <math.h>
#include <stdio.h>
#include <sys/resource.h>

#include "base/number.h"
#include "base/system.h"
#include "show/json.h"
#include "system/message.h"

/* Resources that the process has used so far. */
struct usage {
    double cpu_seconds, memory_most; /* bytes; 0: unknown */
};

static struct usage take_usage(void)
{
    struct rusage usage = {0};

    getrusage(RUSAGE_SELF, &usage);
    return (struct usage){
        .cpu_seconds = (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
                       1e-6 * (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec),
        .memory_most = system_memory_most(),
    };
}

static double cpu_wall(const struct geosc_summary *summary, const struct usage *usage)
{
    return summary->seconds > 0 ? usage->cpu_seconds / summary->seconds : 0;
}

/* ---- text ---------------------------------------------------------------------------------------- */

static size_t count_failed(const struct geosc_summary *summary)
{
    return summary->pairs - summary->status[GEOSC_PAIR_OK];
}

/* " (1 bad_features, 2 empty_mask)"; "" if none failed. */
static void describe_failed(const struct geosc_summary *summary, char *out, size_t size)
{
    const char *separator = " (";
    size_t used = 0;

    out[0] = '\0';
    for (int i = GEOSC_PAIR_OK + 1; i < GEOSC_PAIR_STATUSES && used < size; i++) {
        if (summary->status[i] == 0)
            continue;
        used += (size_t)snprintf(out + used, size - used, "%s%zu %s", separator, summary->status[i],
                                 geosc_pair_status_name((enum geosc_pair_status)i));
        separator = ", ";
    }
    if (used > 0 && used < size)
        snprintf(out + used, size - used, ")");
}

void summary_print_failed(const struct geosc_summary *summary, const char *output)
{
    char reasons[512];

    describe_failed(summary, reasons, sizeof reasons);
    if (count_failed(summary))
        say("%s: %zu of %zu pairs %s no answer%s; /pairs/status says which", output, count_failed(summary),
            summary->pairs, count_failed(summary) == 1 ? "has" : "have", reasons);
}

static void print_more(const struct geosc_summary *summary)
{
    char poses[512] = "";
    size_t used = 0;

    for (int i = 0; i < GEOSC_POSES && used < sizeof poses; i++) {
        if (summary->chosen[i])
            used += (size_t)snprintf(poses + used, sizeof poses - used, " %s %zu", geosc_pose_name((enum geosc_pose)i),
                                     summary->chosen[i]);
    }
    say("poses chosen:%s", poses);
    say("%d thread%s, %d pair%s at a time, %s kernels, %s MB read", summary->threads, summary->threads == 1 ? "" : "s",
        summary->workers, summary->workers == 1 ? "" : "s", summary->isa,
        number_fixed((double)summary->bytes_read / 1e6, 1).text);
    if (summary->cells_in_int8)
        say("nearest cells: %zu by int8 with %s candidates each, %zu at the most; %zu in fp32", summary->cells_in_int8,
            number_fixed((double)summary->candidates / (double)summary->cells_in_int8, 2).text,
            summary->candidates_most, summary->cells_in_fp32);
}

void summary_print(const struct geosc_summary *summary, bool verbose)
{
    struct usage usage = take_usage();
    bool short_run = summary->seconds < 1; /* told in milliseconds */
    char reasons[512], failed[600] = "", resumed[64] = "", memory[96] = "";

#define IN_UNIT(field) number_fixed(summary->field *(short_run ? 1000 : 1), short_run ? 1 : 2).text
    describe_failed(summary, reasons, sizeof reasons);
    if (count_failed(summary))
        snprintf(failed, sizeof failed, ", %zu failed%s", count_failed(summary), reasons);
    if (summary->pairs_resumed)
        snprintf(resumed, sizeof resumed, ", %zu of them by an interrupted run", summary->pairs_resumed);
    if (usage.memory_most > 0)
        snprintf(memory, sizeof memory, ", %s MB of memory", number_fixed(usage.memory_most / 1e6, 0).text);
    say("%zu pair%s%s%s; %zu maps refined, %zu reused; %s %s: wait %s, decode %s, refine %s, score %s, match %s, "
        "write %s; CPU/wall %s%s",
        summary->pairs, summary->pairs == 1 ? "" : "s", resumed, failed, summary->maps_refined, summary->maps_reused,
        IN_UNIT(seconds), short_run ? "ms" : "s", IN_UNIT(seconds_wait), IN_UNIT(seconds_decode),
        IN_UNIT(seconds_refine), IN_UNIT(seconds_score), IN_UNIT(seconds_match), IN_UNIT(seconds_write),
        number_fixed(cpu_wall(summary, &usage), 2).text, memory);
#undef IN_UNIT
    if (verbose)
        print_more(summary);
}

/* ---- JSON ---------------------------------------------------------------------------------------- */

static void print_stages(struct json *json, const struct geosc_summary *summary)
{
    json_object(json, "stages");
    json_fixed(json, "wait", summary->seconds_wait, 6);
    json_fixed(json, "decode", summary->seconds_decode, 6);
    json_fixed(json, "refine", summary->seconds_refine, 6);
    json_fixed(json, "score", summary->seconds_score, 6);
    json_fixed(json, "match", summary->seconds_match, 6);
    json_fixed(json, "write", summary->seconds_write, 6);
    json_end(json);
}

static void print_pairs(struct json *json, const struct geosc_summary *summary)
{
    json_count(json, "pairs", summary->pairs);
    json_count(json, "pairs_resumed", summary->pairs_resumed);
    json_object(json, "status");
    for (int i = 0; i < GEOSC_PAIR_STATUSES; i++)
        json_count(json, geosc_pair_status_name((enum geosc_pair_status)i), summary->status[i]);
    json_end(json);
    json_object(json, "chosen");
    for (int i = 0; i < GEOSC_POSES; i++)
        json_count(json, geosc_pose_name((enum geosc_pose)i), summary->chosen[i]);
    json_end(json);
}

void summary_print_json(const struct geosc_summary *summary, enum geosc_status status)
{
    struct usage usage = take_usage();
    struct json json = {.out = stdout};

    json_object(&json, NULL);
    json_count(&json, "exit", (size_t)status);
    json_truth(&json, "already_done", summary->already_done);
    print_pairs(&json, summary);
    json_count(&json, "maps_refined", summary->maps_refined);
    json_count(&json, "maps_reused", summary->maps_reused);
    json_count(&json, "bytes_read", summary->bytes_read);
    json_count(&json, "threads", (size_t)summary->threads);
    json_count(&json, "workers", (size_t)summary->workers);
    json_text(&json, "isa", summary->isa);
    json_fixed(&json, "seconds", summary->seconds, 6);
    print_stages(&json, summary);
    json_number(&json, "cpu_wall", cpu_wall(summary, &usage));
    json_fixed(&json, "memory_most", usage.memory_most > 0 ? usage.memory_most : NAN, 0);
    json_finish(&json);
}
