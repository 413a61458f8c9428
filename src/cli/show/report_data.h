/*
 * report_data: the data of geosc report's page, as one JSON object for data/report/report.js. It holds a sample of the
 * pairs, so that its size does not grow with their number.
 */
#ifndef GEOSC_REPORT_DATA_H
#define GEOSC_REPORT_DATA_H

#include <stdio.h>

#include "show/matched.h"

struct report_request {
    size_t gallery;      /* pictures of each kind: best, median, worst */
    double side, alpha;  /* of the pictures: draw.h */
    const char *summary; /* the output of match --json, or NULL */
};

/* Not escaped for HTML. */
enum geosc_status report_data(geosc_context *context, const struct matched *matched,
                              const struct report_request *request, FILE *out);

#endif
