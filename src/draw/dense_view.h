/*
 * dense_view: what a dense match shows beside its two images: the flow of the source's cells in colours, and the target
 * warped to the source. Only cells that are kept (pair_view_choose) count; what has no match is a hole. Does not draw.
 */
#ifndef GEOSC_DENSE_VIEW_H
#define GEOSC_DENSE_VIEW_H

#include "draw/pair_view.h"

/* Colour of a displacement in fractions of the scale; a longer one has the colour of its direction at the scale. */
void flow_colour(double dx, double dy, unsigned char rgb[3]);

/* Which way each cell of the source goes, as a square of points for each cell. */
struct flow {
    struct picture picture; /* enlarged grid of the source; cells without a match are striped */
    double scale; /* the displacement with the strongest colour, as a share of the source's longer side: 95 % of the
                     cells move less, so that a few wrong ones do not pale the others */
};
/* Free flow->picture.rgb with memory_free. */
enum geosc_status dense_flow(geosc_context *context, const struct pair_view *view, struct flow *flow);
/* The legend: a disc with the colour of each displacement up to the scale, white around it. */
enum geosc_status dense_wheel(geosc_context *context, size_t size, struct picture *wheel);

/* The target seen from the source: each point of the source's picture shows what is at its match in the target. Matches
 * are interpolated between neighbouring cells that go together; where neighbours part, each cell shows a patch of its
 * own. Holes are striped: no match there, or one outside the target. */
enum geosc_status dense_warp(geosc_context *context, const struct pair_view *view, struct picture *warped);
/* Whether a cell has a match that is kept. */
bool dense_is_kept(const struct view_point *point);

#endif
