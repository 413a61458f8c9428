/*
 * options: struct geosc_options by its rows (options_rows.h): defaults, checks, and the identity of a run, which holds
 * every option that shapes the result.
 */
#ifndef GEOSC_OPTIONS_H
#define GEOSC_OPTIONS_H

#include "base/option.h"
#include "base/status.h"

enum {
    OPTIONS_SHARDS = 1000000 /* maximum */,
    OPTIONS_TOP = 100 /* maximum */,
    OPTIONS_HEAT = 64 /* maximum */,
    OPTIONS_SIZE = 1 << 16 /* bytes of the struct, and of the summary, in any version */
};

/* The options that shape the result, with offsets in struct geosc_options; name NULL ends the table. */
extern const struct option options_rows[];
const struct option *options_row(const char *name); /* NULL: there is none */
extern const struct option_type options_poses;      /* its value is the whole struct */
const char *options_imd_name(int i);                /* for option.choice: NULL after the last */
const char *options_pose_source_name(int i);
const char *options_conv_name(int i);
const char *options_query_name(int i);
const char *options_similarity_name(int i);
const char *options_restrict_name(int i);
const char *options_outside_name(int i);
/* likewise the whole struct */
extern const struct option_type options_restrict, options_window, options_outside, options_kap;

/* The options of a caller whose struct may be that of another version. own: complete, what the caller's lacks at its
 * default. GEOSC_BAD_USAGE where the caller's was not initialised or sets a field that this version does not have. */
enum geosc_status options_take(geosc_context *context, const struct geosc_options *options, struct geosc_options *own);
/* Copies own to the caller's summary, of the size that its options give. */
void options_give_summary(const struct geosc_options *options, const struct geosc_summary *own,
                          struct geosc_summary *summary);
/* GEOSC_BAD_USAGE with a message for an even window, a temperature <= 0, a duplicate pose, ... */
enum geosc_status options_check(geosc_context *context, const struct geosc_options *options);
/* All options that shape the result, as one string: "poses=none,hflip imd=squared ...". */
void options_describe(const struct geosc_options *options, char *out, size_t size);
/* Whether only cells of the target mask are targets for this use. */
bool options_restrict_for(const struct geosc_options *options, enum geosc_restrict use);
const char *options_format_name(enum geosc_format format); /* "geosc", "hloc"; NULL out of range */
/* Format of a run's output: a shard is always in geosc's own format, whatever merge writes. */
enum geosc_format options_output_format(const struct geosc_options *options);
/* Finds a pose by name; false if unknown. */
bool pose_parse(const char *name, enum geosc_pose *pose);
/* Threads that this process may use: its CPUs, or the CPUs of the places that OpenMP binds threads to, limited by the
 * cgroup's quota and OMP_THREAD_LIMIT. */
int options_default_threads(void);
/* Threads of a run: those asked for, but no more than CPUs, or than the workers asked for. */
int options_threads(const struct geosc_options *options);

#endif
