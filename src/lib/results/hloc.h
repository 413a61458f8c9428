/*
 * hloc: matches as hloc's dense matchers leave them, for its aggregation of keypoints: for each pair a group
 * /NAME0/NAME1 (in names, / becomes -) with keypoints0 and keypoints1 [N, 2] float32 and scores [N] float32; on request
 * also second [N] and mutual [N]. N are the queries that have an answer. Coordinates are pixels of the photographs, and
 * (0, 0) is the centre of their first pixel: half a pixel less than in geosc's own files. Root attributes tell the run,
 * as in an output, and `matches_crc32` is of all datasets' bytes in the order of their paths.
 */
#ifndef GEOSC_HLOC_H
#define GEOSC_HLOC_H

#include "results/output.h"

#define HLOC_FORMAT "geosc-hloc" /* attribute format */

/* Fails if the catalog's pairs can't be written in this form: images without names or sizes, pairs that would share a
 * group. To be asked before anything is computed. */
enum geosc_status hloc_check(geosc_context *context, const struct catalog *catalog);
/* Bytes of memory that writing takes for each pair, beside its results, and what HDF5 keeps of the file's headers and
 * groups: some for each pair, up to a limit. */
size_t hloc_pair_memory(bool confidence);
enum { HLOC_HEADERS_PER_PAIR = 16 << 10, HLOC_HEADERS_MOST = 32 << 20 };
/* Bytes of the file that a pair takes, about, if all of its `answers` are there. */
size_t hloc_pair_size(size_t answers, bool confidence);
/* As output_write. */
enum geosc_status hloc_write(geosc_context *context, const char *path, const struct catalog *catalog,
                             const struct run_identity *identity, const struct results *results, bool force);

struct hloc_summary {
    size_t pairs, matches, failed; /* failed: pairs whose status was another than ok */
};

/* Reads and verifies such a file, as output_read does. */
enum geosc_status hloc_read(geosc_context *context, const char *path, struct run_identity *identity,
                            struct hloc_summary *summary, struct problems *problems);

#endif
