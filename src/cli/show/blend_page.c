#include "show/blend_page.h"

#include <stdlib.h>
#include <string.h>

#include "base/number.h"
#include "base/stream.h"
#include "draw/dense_view.h"
#include "draw/picture_file.h"
#include "show/json.h"
#include "show/page.h"

enum { WHEEL = 144 /* points along the legend */ };

static enum geosc_status print_picture(geosc_context *context, struct json *json, const char *name,
                                       const struct picture *picture)
{
    struct bytes bytes = {0};
    enum geosc_status status;

    TRY(picture_png(context, picture, &bytes));
    json_png(json, name, bytes.data, bytes.count);
done:
    memory_free(bytes.data);
    return status;
}

static void print_texts(struct json *json, const struct pair_view *view, double scale)
{
    char names[2][1024], pose[64], text[2200];

    view_pose_describe(view, pose, sizeof pose);
    view_side_describe(&view->source, names[0], sizeof names[0]);
    view_side_describe(&view->target, names[1], sizeof names[1]);
    snprintf(text, sizeof text, "Pair %zu: %s to %s", view->pair, names[0], names[1]);
    json_printable(json, "title", text);
    snprintf(text, sizeof text, "%s%s%s%s", view->category ? view->category : "", view->category ? "; " : "",
             view->decided ? "source in pose " : "no pose chosen: ",
             view->decided ? pose : geosc_pair_status_name(view->status));
    json_printable(json, "text", text);
    snprintf(text, sizeof text,
             "flow of the source's cells: the way to the match, as in the wheel, from 0 in the middle to %s %% of the "
             "longer "
             "side at the rim; 95 %% of the cells go less far",
             number_fixed(100 * scale, 1).text);
    json_printable(json, "flow_text", text);
    json_truth(json, "photographs", view->photographs);
}

static enum geosc_status print_all(geosc_context *context, const struct pair_view *view, FILE *out)
{
    struct json json = {.out = out};
    struct picture warped = {0}, wheel = {0};
    struct flow flow = {0};
    enum geosc_status status;

    TRY(dense_wheel(context, WHEEL, &wheel));
    TRY(dense_warp(context, view, &warped));
    TRY(dense_flow(context, view, &flow));
    json_object(&json, NULL);
    print_texts(&json, view, flow.scale);
    TRY(print_picture(context, &json, "source", &view->source.picture));
    TRY(print_picture(context, &json, "warped", &warped));
    TRY(print_picture(context, &json, "target", &view->target.picture));
    TRY(print_picture(context, &json, "flow", &flow.picture));
    TRY(print_picture(context, &json, "wheel", &wheel));
    json_finish(&json);
done:
    memory_free(warped.rgb);
    memory_free(wheel.rgb);
    memory_free(flow.picture.rgb);
    return status;
}

enum geosc_status blend_page(geosc_context *context, const struct pair_view *view, struct bytes *bytes)
{
    struct stream data = {0}, page = {0};
    enum geosc_status status;

    TRY(stream_open(context, &data, "the page"));
    TRY(stream_open(context, &page, "the page"));
    TRY(print_all(context, view, data.out));
    TRY(stream_end(&data));
    for (const char *const *line = blend_html; *line; line++)
        if (strcmp(*line, "@DATA@\n") == 0)
            page_data(page.out, &data.bytes);
        else
            fputs(*line, page.out);
    TRY(stream_end(&page));
    *bytes = page.bytes;
    page.bytes = (struct bytes){0};
done:
    stream_free(&data);
    stream_free(&page);
    return status;
}
