/*
 * draw_dense: what the picture of a dense match has beside its two images.
 */
#ifndef GEOSC_DRAW_DENSE_H
#define GEOSC_DRAW_DENSE_H

#include "draw/sheet.h"

/* The flow, the warped target and the wheel of colours. */
enum geosc_status dense_draw(geosc_context *context, const struct sheet *sheet);

#endif
