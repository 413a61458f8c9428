/*
 * picture_file: a picture as the bytes of a file that browsers show: PNG for few points or made colours, JPEG
 * (baseline, without subsampling) for photographs, in a tenth of the bytes. Needs no library but zlib. The same picture
 * gives the same bytes.
 */
#ifndef GEOSC_PICTURE_FILE_H
#define GEOSC_PICTURE_FILE_H

#include "draw/draw.h"

/* Append to `bytes`, which starts zeroed; free it with memory_free(bytes->data). */
enum geosc_status picture_png(geosc_context *context, const struct picture *picture, struct bytes *bytes);
enum geosc_status picture_jpeg(geosc_context *context, const struct picture *picture, struct bytes *bytes);
/* Shrinks a picture so that its longer side has at most `side` points: means of the points that each new one covers. */
enum geosc_status picture_shrink(geosc_context *context, struct picture *picture, size_t side);

#endif
