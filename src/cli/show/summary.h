/*
 * summary: the summary of a run of geosc match at its end: a line on stderr, or JSON on stdout.
 */
#ifndef GEOSC_SUMMARY_H
#define GEOSC_SUMMARY_H

#include "geosc.h"

/* verbose: also poses, threads, and how the nearest cells were found. */
void summary_print(const struct geosc_summary *summary, bool verbose);
/* For a run that prints errors only: how many pairs failed and why, if any did. */
void summary_print_failed(const struct geosc_summary *summary, const char *output);
/* status: how the run ended. */
void summary_print_json(const struct geosc_summary *summary, enum geosc_status status);

#endif
