/*
 * summary: what a run of geosc match did, when it is done: a line on stderr, or JSON on stdout.
 */
#ifndef GEOSC_SUMMARY_H
#define GEOSC_SUMMARY_H

#include "geosc.h"

/* verbose: with poses, threads and how nearest cells were found. */
void summary_print(const struct geosc_summary *summary, bool verbose);
/* status: how the run ended. */
void summary_print_json(const struct geosc_summary *summary, enum geosc_status status);

#endif
