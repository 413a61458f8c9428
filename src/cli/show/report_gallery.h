/*
 * report_gallery: chooses the pairs of geosc report's page that have pictures, and writes these: of each category the
 * worst, the best and some at random, and failed pairs as many as worst ones; of two outputs those that differ most are
 * the worst. Of few pairs all have pictures. Where geosc match --heat kept the
 * similarities of their keypoints, these pairs have them, too. Each picture, and the similarities of each pair, are a
 * script element of their own, whose text a browser keeps but does not decode until the page asks for it.
 */
#ifndef GEOSC_REPORT_GALLERY_H
#define GEOSC_REPORT_GALLERY_H

#include "show/json.h"
#include "show/report_source.h"

/* Lists the pairs in an array of the JSON object, and prints the elements to `pictures`. */
enum geosc_status report_gallery(geosc_context *context, const struct report_source *source, struct json *json,
                                 FILE *pictures);

#endif
