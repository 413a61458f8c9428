/*
 * options: every default in one place, and the one place that rejects what contradicts itself.
 */
#ifndef GEOSC_OPTIONS_H
#define GEOSC_OPTIONS_H

#include "status.h"

enum { OPTIONS_SHARDS = 1000000 /* at most */ };

/* GEOSC_BAD_USAGE with a message for an even window, a temperature <= 0, a doubled pose, ... */
enum geosc_status options_check(geosc_context *context, const struct geosc_options *options);
/* Each option that shapes the result, as one string: "poses=none,hflip imd=squared ...". */
void options_describe(const struct geosc_options *options, char *out, size_t size);
const char *options_format_name(enum geosc_format format); /* "geosc", "hloc"; NULL out of range */
/* How the output of a run is written: a shard always as geosc's own, whatever merge is to make of it. */
enum geosc_format options_output_format(const struct geosc_options *options);
/* By name; false if unknown. */
bool pose_parse(const char *name, enum geosc_pose *pose);
/* Threads that this process may use: affinity within the cgroup's quota. */
int options_default_threads(void);

#endif
