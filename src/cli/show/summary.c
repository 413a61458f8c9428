#include "show/summary.h"

#include <stdio.h>
#include <sys/resource.h>

#include "base/number.h"
#include "show/json.h"
#include "system/message.h"

/* Resources that the process has used so far. */
struct usage {
    double cpu_seconds, memory_most; /* bytes */
};

static struct usage take_usage(void)
{
    struct rusage usage = {0};

    getrusage(RUSAGE_SELF, &usage);
    return (struct usage){
        .cpu_seconds = (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
                       1e-6 * (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec),
        .memory_most = (double)usage.ru_maxrss * 1024,
    };
}

static double cpu_wall(const struct geosc_summary *summary, const struct usage *usage)
{
    return summary->seconds > 0 ? usage->cpu_seconds / summary->seconds : 0;
}

/* ---- text ---------------------------------------------------------------------------------------- */

/* ", 3 failed (1 bad_features, 2 empty_mask)"; "" if none failed. */
static void describe_failed(const struct geosc_summary *summary, char *out, size_t size)
{
    size_t failed = summary->pairs - summary->status[GEOSC_PAIR_OK], used;
    const char *separator = " (";

    out[0] = '\0';
    if (failed == 0)
        return;
    used = (size_t)snprintf(out, size, ", %zu failed", failed);
    for (int i = GEOSC_PAIR_OK + 1; i < GEOSC_PAIR_STATUSES && used < size; i++) {
        if (summary->status[i] == 0)
            continue;
        used += (size_t)snprintf(out + used, size - used, "%s%zu %s", separator, summary->status[i],
                                 geosc_pair_status_name((enum geosc_pair_status)i));
        separator = ", ";
    }
    if (used < size)
        snprintf(out + used, size - used, ")");
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
    say("%d threads, %s kernels, %s MB read", summary->threads, summary->isa,
        number_fixed((double)summary->bytes_read / 1e6, 1).text);
    if (summary->cells_in_int8)
        say("nearest cells: %zu by int8 with %s candidates each, %zu at the most; %zu in fp32", summary->cells_in_int8,
            number_fixed((double)summary->candidates / (double)summary->cells_in_int8, 2).text,
            summary->candidates_most, summary->cells_in_fp32);
}

void summary_print(const struct geosc_summary *summary, bool verbose)
{
    struct usage usage = take_usage();
    char failed[512], resumed[64] = "";

    describe_failed(summary, failed, sizeof failed);
    if (summary->pairs_resumed)
        snprintf(resumed, sizeof resumed, ", %zu of them by an interrupted run", summary->pairs_resumed);
    say("%zu pair%s%s%s; %zu images refined, %zu reused; %s s: wait %s, decode %s, refine %s, score %s, match %s, "
        "write %s; CPU/wall %s, %s MB of memory",
        summary->pairs, summary->pairs == 1 ? "" : "s", resumed, failed, summary->images_refined, summary->cache_hits,
        number_fixed(summary->seconds, 2).text, number_fixed(summary->seconds_wait, 2).text,
        number_fixed(summary->seconds_decode, 2).text, number_fixed(summary->seconds_refine, 2).text,
        number_fixed(summary->seconds_score, 2).text, number_fixed(summary->seconds_match, 2).text,
        number_fixed(summary->seconds_write, 2).text, number_fixed(cpu_wall(summary, &usage), 2).text,
        number_fixed(usage.memory_most / 1e6, 0).text);
    if (verbose)
        print_more(summary);
}

/* ---- JSON ---------------------------------------------------------------------------------------- */

static void print_stages(const struct geosc_summary *summary)
{
    const struct {
        const char *name;
        double seconds;
    } stages[] = {
        {"wait", summary->seconds_wait},   {"decode", summary->seconds_decode}, {"refine", summary->seconds_refine},
        {"score", summary->seconds_score}, {"match", summary->seconds_match},   {"write", summary->seconds_write},
    };

    fputs(", \"stages\": {", stdout);
    for (size_t i = 0; i < sizeof stages / sizeof *stages; i++)
        printf("%s\"%s\": %s", i ? ", " : "", stages[i].name, number_fixed(stages[i].seconds, 6).text);
    putchar('}');
}

void summary_print_json(const struct geosc_summary *summary, enum geosc_status status)
{
    struct usage usage = take_usage();

    printf("{\"exit\": %d, \"already_done\": %s, \"pairs\": %zu, \"pairs_resumed\": %zu, \"status\": {", (int)status,
           summary->already_done ? "true" : "false", summary->pairs, summary->pairs_resumed);
    for (int i = 0; i < GEOSC_PAIR_STATUSES; i++)
        printf("%s\"%s\": %zu", i ? ", " : "", geosc_pair_status_name((enum geosc_pair_status)i), summary->status[i]);
    fputs("}, \"chosen\": {", stdout);
    for (int i = 0; i < GEOSC_POSES; i++)
        printf("%s\"%s\": %zu", i ? ", " : "", geosc_pose_name((enum geosc_pose)i), summary->chosen[i]);
    printf("}, \"images_refined\": %zu, \"cache_hits\": %zu, \"bytes_read\": %zu, \"threads\": %d, \"isa\": ",
           summary->images_refined, summary->cache_hits, summary->bytes_read, summary->threads);
    json_string(stdout, summary->isa);
    printf(", \"seconds\": %s", number_fixed(summary->seconds, 6).text);
    print_stages(summary);
    fputs(", \"cpu_wall\": ", stdout);
    json_number(stdout, cpu_wall(summary, &usage));
    printf(", \"memory_most\": %s}\n", number_fixed(usage.memory_most, 0).text);
}
