/*
 * fingerprint: identifies a run by text, lines NAME=VALUE. Runs with the same fingerprint give the same output and may
 * continue from each other's journal. Also the checksum that an output stores of its input.
 */
#ifndef GEOSC_FINGERPRINT_H
#define GEOSC_FINGERPRINT_H

#include "results/identity.h"
#include "results/record.h"

#include <sys/types.h>
#include <time.h>

struct fingerprint {
    char text[RECORD_TEXT];
    /* The input when the fingerprint was made: checksum of sampled bytes, size, modification time. */
    uint32_t sample;
    off_t size;
    struct timespec changed;
};

/*
 * Checksum over all data that the catalog has read (pairs, keypoints, sizes, names, ...), over shapes and types of all
 * data read later, and over bytes sampled evenly from the file: recomputed features differ nearly everywhere. Excludes
 * the modification time, so that an output depends only on the input's contents.
 */
enum geosc_status fingerprint_input(geosc_context *context, const struct catalog *catalog, uint32_t *crc32);

/* Fingerprint of a run on this input; identity as for an output, with its input_crc32. */
enum geosc_status fingerprint_make(geosc_context *context, const struct catalog *catalog,
                                   const struct run_identity *identity, struct fingerprint *fingerprint);

/* Whether the input's size or modification time has changed: fast, for repeated use. */
bool fingerprint_is_stale(const struct catalog *catalog, const struct fingerprint *fingerprint);

/* Sets the identity's fields for the input at that path: its name without folders, and its checksum. */
enum geosc_status fingerprint_identify(geosc_context *context, const struct catalog *catalog, const char *input,
                                       struct run_identity *identity);

enum fingerprint_change {
    FINGERPRINT_SAME,
    FINGERPRINT_TOUCHED, /* only the input's modification time differs */
    FINGERPRINT_OTHER
};

/* Compares the texts of two fingerprints, and writes the first difference, as "imd=squared, now imd=mutual". */
enum fingerprint_change fingerprint_compare(const char *before, const char *now, char *out, size_t size);

#endif
