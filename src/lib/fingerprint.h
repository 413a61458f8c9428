/*
 * fingerprint: which run it is, as text: lines NAME=VALUE. Two runs with the same fingerprint give the same output, and
 * may go on from each other's journal. Also the checksum by which an output remembers its input.
 */
#ifndef GEOSC_FINGERPRINT_H
#define GEOSC_FINGERPRINT_H

#include "output.h"
#include "record.h"

struct fingerprint {
    char text[RECORD_TEXT];
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

/* The first line in which two fingerprints differ, as "imd=squared, now imd=mutual"; false if there is none. */
bool fingerprint_difference(const char *before, const char *now, char *out, size_t size);

#endif
