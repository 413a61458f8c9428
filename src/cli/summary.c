#include "summary.h"

#include <stdio.h>
#include <sys/resource.h>

#include "json.h"

/* What the process took so far. */
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

/* ", 3 failed (1 bad_features, 2 empty_mask)" to stderr, nothing if none failed. */
static void print_failed(const struct geosc_summary *summary)
{
    size_t failed = summary->pairs - summary->status[GEOSC_PAIR_OK];
    const char *separator = " (";

    if (failed == 0)
        return;
    fprintf(stderr, ", %zu failed", failed);
    for (int i = GEOSC_PAIR_OK + 1; i < GEOSC_PAIR_STATUSES; i++) {
        if (summary->status[i] == 0)
            continue;
        fprintf(stderr, "%s%zu %s", separator, summary->status[i], geosc_pair_status_name((enum geosc_pair_status)i));
        separator = ", ";
    }
    fputc(')', stderr);
}

static void print_more(const struct geosc_summary *summary)
{
    fprintf(stderr, "geosc: poses chosen:");
    for (int i = 0; i < GEOSC_POSES; i++) {
        if (summary->chosen[i])
            fprintf(stderr, " %s %zu", geosc_pose_name((enum geosc_pose)i), summary->chosen[i]);
    }
    fprintf(stderr, "\ngeosc: %d threads, %s kernels, %.1f MB read\n", summary->threads, summary->isa,
            (double)summary->bytes_read / 1e6);
    if (summary->cells_in_int8)
        fprintf(stderr, "geosc: nearest cells: %zu by int8 with %.2f candidates each, %zu at the most; %zu in fp32\n",
                summary->cells_in_int8, (double)summary->candidates / (double)summary->cells_in_int8,
                summary->candidates_most, summary->cells_in_fp32);
}

void summary_print(const struct geosc_summary *summary, bool verbose)
{
    struct usage usage = take_usage();

    fprintf(stderr, "geosc: %zu pair%s", summary->pairs, summary->pairs == 1 ? "" : "s");
    if (summary->pairs_resumed)
        fprintf(stderr, ", %zu of them by an interrupted run", summary->pairs_resumed);
    print_failed(summary);
    fprintf(stderr,
            "; %zu images refined, %zu reused; %.2f s: wait %.2f, decode %.2f, refine %.2f, score %.2f, match %.2f, "
            "write %.2f; CPU/wall %.2f, %.0f MB of memory\n",
            summary->images_refined, summary->cache_hits, summary->seconds, summary->seconds_wait,
            summary->seconds_decode, summary->seconds_refine, summary->seconds_score, summary->seconds_match,
            summary->seconds_write, cpu_wall(summary, &usage), usage.memory_most / 1e6);
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
        printf("%s\"%s\": %.6f", i ? ", " : "", stages[i].name, stages[i].seconds);
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
    printf(", \"seconds\": %.6f", summary->seconds);
    print_stages(summary);
    fputs(", \"cpu_wall\": ", stdout);
    json_number(stdout, cpu_wall(summary, &usage));
    printf(", \"memory_most\": %.0f}\n", usage.memory_most);
}
