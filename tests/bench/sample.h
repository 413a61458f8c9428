/*
 * sample: an input that is matched with one thread to find what each image and each pair takes.
 */
#ifndef TESTS_SAMPLE_H
#define TESTS_SAMPLE_H

#include "run/workers.h"

enum { SAMPLE_RUNS = 3 /* whose shortest times count */ };

/* Seconds of a thing that was done: that its thread computed, and by the clock. */
struct took {
    double thread, wall;
};

/* The input, and what its images and pairs took. */
struct sample {
    struct job job;
    struct work work;
    struct plan plan;
    struct budget budget;
    struct results results;
    struct took *batches, *steps;           /* [batches], [steps] the shortest of all runs */
    double *image_seconds, *image_products; /* [images] of all batches with the image */
    double *pair_seconds;                   /* [pairs] */
    double seconds, products;               /* of all batches */
    double wall;                            /* of all that was done, by the clock */
    double decoding;                        /* share of decoding in the seconds of a batch */
    double read_bytes, read_seconds;        /* of an image */
    double serial;                          /* share of a thing in which nobody can help */
    double helped, alone; /* the helped run: clock seconds, and those of the same things without help */
};

/* Pairs to plan. Images and pairs that the input does not have take as long as those of the input in turn. */
struct load {
    const struct catalog *catalog;
    struct catalog own;     /* if it is not the input's */
    size_t *order, *images; /* images: [images] the input's image that each is like; NULL: itself */
};

/* Opens and matches the input. Free the sample in any case. */
enum geosc_status sample_take(geosc_context *context, const char *input, const char *model,
                              const struct geosc_options *options, struct sample *sample);
void sample_free(struct sample *sample);

/* Products to refine the maps of a read of a plan, whose images are the input's. */
double sample_products(const struct sample *sample, const struct plan *plan, size_t read);
/* Plans a load for so many threads. */
enum geosc_status sample_plan(geosc_context *context, const struct sample *sample, const struct load *load,
                              const struct geosc_options *options, size_t threads, struct plan *plan,
                              struct budget *budget);
/* Runs a plan of the input's pairs. The number of workers and threads may be others than those it was made for. task:
 * its user, record and seconds. */
enum geosc_status sample_run(struct sample *sample, const struct plan *plan, const struct budget *budget, int threads,
                             struct workers_task task, struct workers_done *done);

#endif
