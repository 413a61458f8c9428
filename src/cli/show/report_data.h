/*
 * report_data: the data of geosc report's page: a JSON object, and script elements with the columns of pairs and
 * keypoints (report_columns) and with pictures (report_gallery), for the modules in data/report.
 */
#ifndef GEOSC_REPORT_DATA_H
#define GEOSC_REPORT_DATA_H

#include <stdio.h>

#include "show/report_source.h"

/* other: a second output of the same input, or NULL. `json` is not escaped for HTML, `elements` is HTML. */
enum geosc_status report_data(geosc_context *context, const struct matched *matched, const struct matched *other,
                              const struct report_request *request, FILE *json, FILE *elements);

#endif
