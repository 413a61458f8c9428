/*
 * forecast: predicts what a run, or each shard of a split run, will do, use and write: `--dry-run`. The counts come
 * from the plan that the run makes; the time comes from matching the first pairs for about a second, on this machine.
 */
#ifndef GEOSC_FORECAST_H
#define GEOSC_FORECAST_H

#include "run/job.h"

/* A run, or a shard. */
struct forecast_part {
    size_t pairs, images; /* images of its pairs */
    struct work_sum work; /* multiply-adds by stage, maps to refine, images to read */
    size_t workers;       /* pairs and images worked on at a time */
    size_t reused;        /* maps that pairs find in memory */
    size_t least_maps;    /* each map once: the minimum with unlimited memory */
    double bytes_read;
    size_t memory; /* peak in bytes */
    size_t output_bytes;
    double seconds; /* NaN: not measured */
};

struct forecast {
    size_t images, pairs; /* of the input */
    size_t part_count;    /* shards, or 1 */
    struct forecast_part *parts, all;
    size_t memory_allowed;
    int threads;
    char isa[16];
};

/* Fills the forecast; call forecast_free in any case. With options->shards it covers every shard, whatever
 * options->shard is. */
enum geosc_status forecast_make(geosc_context *context, const char *input, const char *model,
                                const struct geosc_options *options, struct forecast *forecast);
void forecast_free(struct forecast *forecast);

#endif
