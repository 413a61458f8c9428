#include "draw/draw.h"

enum geosc_status draw_check(geosc_context *context)
{
    return fail(
        context, GEOSC_FAILED,
        "this geosc was built without cairo, which draws the pictures: install cairo (Debian: libcairo2-dev), then run "
        "./configure --with-cairo and make again");
}

const char *draw_version(void)
{
    return NULL;
}

enum geosc_status draw_pair(geosc_context *context, const struct pair_view *view, const struct drawing *drawing,
                            struct bytes *bytes)
{
    (void)view, (void)drawing, (void)bytes;
    return draw_check(context);
}
