/*
 * report_data: what the page of geosc report shows, as one JSON object (data/report/report.js reads it). It samples:
 * its size does not grow with the number of pairs.
 */
#ifndef GEOSC_REPORT_DATA_H
#define GEOSC_REPORT_DATA_H

#include <stdio.h>

#include "show/matched.h"

struct report_request {
    size_t gallery;      /* pictures of each kind: best, median, worst */
    double side, alpha;  /* of the pictures: draw.h */
    const char *summary; /* what match --json printed, or NULL */
};

/* Not escaped for HTML. */
enum geosc_status report_data(geosc_context *context, const struct matched *matched,
                              const struct report_request *request, FILE *out);

#endif
