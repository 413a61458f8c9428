/*
 * fingerprint: which run it is, as text: lines NAME=VALUE. Two runs with the same fingerprint give the same output, and
 * may go on from each other's journal. Also the checksum by which an output remembers its input.
 */
#ifndef GEOSC_FINGERPRINT_H
#define GEOSC_FINGERPRINT_H

#include "results/identity.h"
#include "results/record.h"

#include <sys/types.h>
#include <time.h>

struct fingerprint {
    char text[RECORD_TEXT];
    /* The input as it was when this was made: checksum of the sample of its bytes, size, and time of the last change. */
    uint32_t sample;
    off_t size;
    struct timespec changed;
};

/*
 * Over what the catalog has read whole (pairs, keypoints, sizes, names, ...), over shapes and types of all that is read
 * later, and over a sample of the file's bytes, spread evenly: features that were computed anew differ nearly
 * everywhere. The time of the last change is left out, so that an output made from it depends on the input's contents
 * alone.
 */
enum geosc_status fingerprint_input(geosc_context *context, const struct catalog *catalog, uint32_t *crc32);

/* Of a run over this input: identity as for an output, with its input_crc32. */
enum geosc_status fingerprint_make(geosc_context *context, const struct catalog *catalog,
                                   const struct run_identity *identity, struct fingerprint *fingerprint);

/* Whether the input has another size or time of last change by now: quick, to be asked again and again. */
bool fingerprint_is_stale(const struct catalog *catalog, const struct fingerprint *fingerprint);

/* What an identity has of the input at that path: its name without folders, and that checksum. */
enum geosc_status fingerprint_identify(geosc_context *context, const struct catalog *catalog, const char *input,
                                       struct run_identity *identity);

enum fingerprint_change {
    FINGERPRINT_SAME,
    FINGERPRINT_TOUCHED, /* they differ in the time of the input's last change alone */
    FINGERPRINT_OTHER
};

/* How the texts of two fingerprints differ, and the line that says it, as "imd=squared, now imd=mutual". */
enum fingerprint_change fingerprint_compare(const char *before, const char *now, char *out, size_t size);

#endif
