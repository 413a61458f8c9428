/*
 * blend_page: a page, in one file, that blends the source of a dense match with the target warped to it.
 */
#ifndef GEOSC_BLEND_PAGE_H
#define GEOSC_BLEND_PAGE_H

#include "draw/draw.h"

/* Makes the page in `bytes`; free it with memory_free(bytes->data). */
enum geosc_status blend_page(geosc_context *context, const struct pair_view *view, struct bytes *bytes);

#endif
