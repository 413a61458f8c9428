#include "results/formats.h"

#include "results/hloc.h"
#include "results/output.h"

#include <math.h>
#include <string.h>

static enum geosc_status read_own(geosc_context *context, const char *path, struct run_identity *identity,
                                  struct output_summary *summary, struct problems *problems)
{
    const size_t before = problems->count;
    struct results results = {0};
    enum geosc_status status = output_read(context, path, &results, identity, problems);

    *summary = (struct output_summary){0};
    if (status == GEOSC_OK && problems->count == before) {
        summary->pairs = results.pairs;
        summary->failed = results_count_failed(&results);
        for (size_t i = 0; i < results.pairs * results.answers; i++)
            summary->matches += !isnan(results.xy[i][0]);
    }
    results_free(&results);
    return status;
}

static const struct output_format formats[] = {
    [GEOSC_FORMAT_GEOSC] = {.name = OUTPUT_FORMAT, .write = output_write, .read = read_own, .size = output_size},
    [GEOSC_FORMAT_HLOC] = {.name = HLOC_FORMAT,
                           .check = hloc_check,
                           .write = hloc_write,
                           .read = hloc_read,
                           .memory = hloc_memory,
                           .size = hloc_size}};

const struct output_format *output_format(enum geosc_format format)
{
    return &formats[format];
}

bool output_format_of(geosc_context *context, struct h5_file *file, enum geosc_format *format)
{
    char name[32];
    bool found = false;

    /* In a foreign file the attribute may be anything: an unreadable one is not an output's. */
    if (h5_attribute_string(context, file, "/", "format", name, sizeof name, &found) == GEOSC_OK && found)
        for (size_t i = 0; i < sizeof formats / sizeof *formats; i++)
            if (strcmp(name, formats[i].name) == 0) {
                *format = (enum geosc_format)i;
                return true;
            }
    *format = GEOSC_FORMAT_GEOSC;
    return h5_kind(file, "/matches") != H5_MISSING;
}
