#include "tools/synth_design.h"

#include "base/random.h"
#include "maps/pose.h"

#include <stdio.h>

void synth_options_init(struct synth_options *options)
{
    *options = (struct synth_options){
        .pairs = 8,
        .channels = 64,
        .height = 24,
        .width = 24,
        .keypoints = 12,
        .hidden = 32,
        .blocks = 2,
        .bottlenecks = 1,
        .time_steps = 1,
        .type = NUMBER_F32,
    };
}

struct synth_view synth_view_of(const struct synth_design *design, size_t image)
{
    const struct synth_options *options = design->options;
    struct synth_view view = {.scene = image % design->scenes, .number = image / design->scenes};
    struct random_stream pose = random_stream(options->seed, KIND_POSE, image);
    struct random_stream scale = random_stream(options->seed, KIND_SCALE, image);
    bool one_size = options->layout != SYNTH_GROUPED && options->height != options->width;
    size_t poses = GEOSC_POSES;

    while (one_size && pose_swaps_axes((enum geosc_pose)(poses - 1))) /* they are the last ones */
        poses--;

    if (view.number)
        view.pose = (enum geosc_pose)random_below(&pose, poses);
    pose_size(view.pose, options->height, options->width, &view.height, &view.width);
    view.scale[0] = 8 + random_below(&scale, 9);
    view.scale[1] = 8 + random_below(&scale, 9);
    return view;
}

void synth_name_of(const struct synth_view *view, char name[SYNTH_NAME])
{
    snprintf(name, SYNTH_NAME, "scene-%zu-view-%zu", view->scene, view->number);
}

struct synth_object synth_object_of(const struct synth_design *design, size_t scene)
{
    struct random_stream stream = random_stream(design->options->seed, KIND_MASK, scene);
    const size_t side[2] = {design->options->width, design->options->height};
    struct synth_object object;

    for (int axis = 0; axis < 2; axis++) {
        size_t radius = side[axis] / 4 + random_below(&stream, side[axis] / 8 + 1), play = side[axis] / 8 * 2 + 1;
        object.radius[axis] = radius ? (int64_t)radius : 1;
        object.centre[axis] = (int64_t)(side[axis] - 1 + random_below(&stream, play)) - (int64_t)(play / 2);
    }
    return object;
}

bool synth_on_object(const struct synth_object *object, int64_t x, int64_t y)
{
    int64_t dx = (2 * x - object->centre[0]) * object->radius[1], dy = (2 * y - object->centre[1]) * object->radius[0];
    int64_t limit = 2 * object->radius[0] * object->radius[1];

    return dx * dx + dy * dy <= limit * limit;
}

enum geosc_pose synth_pose_between(enum geosc_pose a, enum geosc_pose b)
{
    /* A point that no symmetry of its map leaves in place distinguishes all eight. */
    const size_t width = 7, height = 5;
    double wanted_x = 1, wanted_y = 0;
    size_t posed_height, posed_width;

    pose_size(a, height, width, &posed_height, &posed_width);
    geosc_pose_point(b, (double)width, (double)height, &wanted_x, &wanted_y);
    for (int pose = 0; pose < GEOSC_POSES; pose++) {
        double x = 1, y = 0;
        geosc_pose_point(a, (double)width, (double)height, &x, &y);
        geosc_pose_point((enum geosc_pose)pose, (double)posed_width, (double)posed_height, &x, &y);
        if (x == wanted_x && y == wanted_y)
            return (enum geosc_pose)pose;
    }
    return GEOSC_POSE_NONE;
}

static size_t views_in(const struct synth_design *design, size_t scene)
{
    return (design->images - scene - 1) / design->scenes + 1;
}

/* The ordered pairs of views of scene p % scenes, in sequence. */
void synth_pair_images(const struct synth_design *design, size_t p, size_t *source, size_t *target)
{
    size_t scene = p % design->scenes, turn = p / design->scenes, views = views_in(design, scene);
    size_t a = turn / (views - 1) % views, b = (a + 1 + turn % (views - 1)) % views;

    *source = a * design->scenes + scene;
    *target = b * design->scenes + scene;
}

/* Number of scenes whose views give enough distinct pairs. */
static size_t count_scenes(size_t images, size_t pairs)
{
    size_t scenes = images / 2;

    while (scenes > 1) {
        size_t views = images / scenes, each = pairs / scenes + (pairs % scenes != 0);
        if (each <= views * (views - 1))
            break;
        scenes--;
    }
    return scenes;
}

enum geosc_status synth_design_make(geosc_context *context, const struct synth_options *options,
                                    struct synth_design *design)
{
    size_t pairs = options->pairs, images = options->images;

    *design = (struct synth_design){.options = options, .scenes = pairs, .images = 2 * pairs};
    if (options->layout == SYNTH_STACKED)
        return GEOSC_OK;
    if (!images)
        images = pairs / 2 + 2;
    if (images < 2 || images - 1 < (pairs + images - 1) / images)
        return fail(context, GEOSC_BAD_USAGE, "%zu images make at most %zu pairs, not %zu", images,
                    images ? images * (images - 1) : 0, pairs);
    design->images = images;
    design->scenes = count_scenes(images, pairs);
    return GEOSC_OK;
}
