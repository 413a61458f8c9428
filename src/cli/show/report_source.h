/*
 * report_source: what geosc report's page is made of, for the modules that write its parts. A page shows an answer as
 * right at one of REPORT_STEPS alphas, up to twice the alpha that was asked for.
 */
#ifndef GEOSC_REPORT_SOURCE_H
#define GEOSC_REPORT_SOURCE_H

#include "results/scores.h"
#include "show/matched.h"

enum {
    REPORT_STEPS = 100,
    REPORT_OUTPUTS = 2,
    REPORT_FEW = 24 /* pairs that all have pictures, unless asked otherwise */
};

/* Pairs with pictures: how many of each category. */
struct report_gallery {
    size_t worst, best, random;
    bool all_of_few; /* all, of REPORT_FEW pairs at most */
};

struct report_request {
    double alpha;
    struct report_gallery gallery;
    const char *summary; /* the output of match --json, or NULL */
};

/* One output, or two of the same input. */
struct report_source {
    const struct report_request *request;
    const struct catalog *catalog;
    size_t outputs;
    const struct matched *matched[REPORT_OUTPUTS];
    struct scores names; /* only its categories */
};

static inline double report_alpha(const struct report_request *request, size_t step) /* 1 .. REPORT_STEPS */
{
    return request->alpha * (double)step * 2 / REPORT_STEPS;
}

/* Whether answers can be compared with the truth, point by point. */
static inline bool report_has_truth(const struct report_source *source)
{
    return source->catalog->target_keypoints && source->matched[0]->results.rank == 1;
}

#endif
