/*
 * forecast: what a run, or each shard of a split one, will do, take and write: `--dry-run`. The counts are those of the
 * very plan that a run makes; the time comes from doing the first pairs, for about a second, and is that of this
 * machine.
 */
#ifndef GEOSC_FORECAST_H
#define GEOSC_FORECAST_H

#include "run/job.h"

/* A run, or a shard. */
struct forecast_part {
    size_t pairs, images; /* images that its pairs name */
    struct work_sum work; /* multiply-adds by stage, maps to refine, images to read */
    size_t reused;        /* maps that a pair finds in memory */
    size_t least_maps;    /* each once: the fewest that memory without end would leave */
    double bytes_read;
    size_t memory; /* bytes at the most */
    size_t output_bytes;
    double seconds; /* NaN: nothing could be measured */
};

struct forecast {
    size_t images, pairs; /* of the input */
    size_t part_count;    /* shards, or 1 */
    struct forecast_part *parts, all;
    size_t memory_allowed;
    int threads;
    char isa[16];
};

/* Fills the forecast, to be freed by forecast_free in any case. Of options->shards every one, whichever options->shard
 * names. */
enum geosc_status forecast_make(geosc_context *context, const char *input, const char *model,
                                const struct geosc_options *options, struct forecast *forecast);
void forecast_free(struct forecast *forecast);

#endif
