/*
 * report_columns: the pairs and keypoints of geosc report's page as columns of numbers, deflated and in base64. The
 * rows in report_columns.c say what each column holds; data/report/data.js reads them.
 */
#ifndef GEOSC_REPORT_COLUMNS_H
#define GEOSC_REPORT_COLUMNS_H

#include "show/json.h"
#include "show/report_source.h"

/* Describes the columns in an array of the JSON object, and prints their numbers, as one text, to `bytes`. */
enum geosc_status report_columns(geosc_context *context, const struct report_source *source, struct json *json,
                                 FILE *bytes);

#endif
