#include "draw/pair_view.h"

#include "base/sort.h"
#include "base/text.h"
#include "draw/components.h"
#include "input/units.h"
#include "maps/pose.h"
#include "network/load.h"
#include "results/measure.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static const unsigned char UNKNOWN[3] = {200, 200, 200}; /* shown for unreadable data */

/* Stored rows of one image, its decoded features and mask. */
struct loader {
    geosc_context *context;
    struct raw raw[CATALOG_LEVELS];
    struct load_scratch scratch;
};

static void loader_free(struct loader *loader)
{
    for (size_t l = 0; l < CATALOG_LEVELS; l++)
        raw_free(&loader->raw[l]);
    load_scratch_free(&loader->scratch);
}

/* ---- pictures ----------------------------------------------------------------------------------- */

static enum geosc_status picture_create(geosc_context *context, size_t width, size_t height, struct picture *picture)
{
    size_t pixels;

    *picture = (struct picture){.width = width, .height = height};
    if (!size_multiply(width, height, &pixels))
        return fail(context, GEOSC_FAILED, "a picture of %zu x %zu points is too large", width, height);
    return memory_allocate(context, &picture->rgb, pixels, 3, "a picture");
}

static void picture_fill(struct picture *picture, const unsigned char colour[3])
{
    for (size_t i = 0; i < picture->width * picture->height; i++)
        memcpy(picture->rgb + 3 * i, colour, 3);
}

/* Applies a pose to the points of a picture. */
static enum geosc_status picture_pose(geosc_context *context, struct picture *picture, enum geosc_pose pose)
{
    struct picture posed = {0};
    size_t width, height;
    enum geosc_status status;

    pose_size(pose, picture->height, picture->width, &height, &width);
    TRY(picture_create(context, width, height, &posed));
    for (size_t y = 0; y < picture->height; y++)
        for (size_t x = 0; x < picture->width; x++)
            memcpy(posed.rgb + 3 * pose_cell(pose, picture->height, picture->width, x, y),
                   picture->rgb + 3 * (y * picture->width + x), 3);
    memory_free(picture->rgb);
    *picture = posed;
done:
    return status;
}

/* Reads one photograph; grey if its bytes cannot be decoded. */
static enum geosc_status read_photograph(struct loader *loader, const struct catalog *catalog, size_t image,
                                         struct picture *picture)
{
    geosc_context *context = loader->context;
    const size_t *dims = loader->raw[0].dims;
    enum geosc_status status;
    enum geosc_pair_status decoded;
    float *values = NULL;

    TRY(catalog_read_photograph(context, catalog, image, &loader->raw[0]));
    TRY(picture_create(context, dims[2], dims[1], picture));
    size_t items = picture->width * picture->height * 3;
    TRY(memory_allocate(context, &values, items, sizeof *values, "a photograph"));
    /* Numbers from 0 to 255 pass as a mask's; an all-black photograph is valid. */
    TRY(load_mask(context, &loader->raw[0], &loader->scratch, values, &decoded));
    if (decoded == GEOSC_PAIR_OK || decoded == GEOSC_PAIR_EMPTY_MASK)
        for (size_t i = 0; i < items; i++)
            picture->rgb[i] = (unsigned char)values[i];
    else
        picture_fill(picture, UNKNOWN);
done:
    memory_free(values);
    return status;
}

/* ---- features as colours ------------------------------------------------------------------------ */

/* Range of one component over both sides, without the outermost hundredth at either end. */
static void component_range(const double *sorted, size_t count, double *low, double *high)
{
    *low = sorted[count / 100];
    *high = sorted[count - 1 - count / 100];
    if (!(*high > *low))
        *high = *low + 1;
}

/* Converts coordinates [cells][COMPONENTS] of both sides to colours. */
static void colour_sides(const double *coordinates, double *sorted, struct view_side *const sides[2])
{
    size_t cells[2] = {sides[0]->picture.width * sides[0]->picture.height,
                       sides[1]->picture.width * sides[1]->picture.height};
    size_t count = cells[0] + cells[1];

    for (size_t v = 0; v < COMPONENTS; v++) {
        double low, high;
        for (size_t i = 0; i < count; i++)
            sorted[i] = coordinates[i * COMPONENTS + v];
        sort_doubles(sorted, count);
        component_range(sorted, count, &low, &high);
        for (size_t i = 0; i < count; i++) {
            double share = (coordinates[i * COMPONENTS + v] - low) / (high - low);
            unsigned char *rgb =
                i < cells[0] ? sides[0]->picture.rgb + 3 * i : sides[1]->picture.rgb + 3 * (i - cells[0]);
            rgb[v] = (unsigned char)(20 + 220 * fmin(fmax(share, 0), 1));
        }
    }
}

static enum geosc_status read_features(struct loader *loader, const struct catalog *catalog, size_t image, float **out,
                                       enum geosc_pair_status *result)
{
    geosc_context *context = loader->context;
    const struct features *features = &catalog_image(catalog, image)->pose[GEOSC_POSE_NONE];
    enum geosc_status status;

    for (size_t l = 0; l < features->level_count; l++)
        TRY(catalog_read_level(context, catalog, image, GEOSC_POSE_NONE, l, &loader->raw[l]));
    TRY(memory_allocate(context, out, features->channels, features->height * features->width * sizeof **out,
                        "features"));
    TRY(load_features(context, features, loader->raw, NULL, true, &loader->scratch, *out, result));
done:
    return status;
}

/* Makes the pictures of both sides from the first three principal components of their features; grey if these are
 * bad. */
static enum geosc_status picture_features(struct loader *loader, const struct catalog *catalog, const size_t images[2],
                                          struct view_side *const sides[2])
{
    geosc_context *context = loader->context;
    enum geosc_status status;
    enum geosc_pair_status result[2];
    struct components components = {0};
    float *maps[2] = {NULL, NULL};
    size_t cells[2];
    double *coordinates = NULL, *sorted = NULL;

    for (int i = 0; i < 2; i++) {
        const struct features *features = &catalog_image(catalog, images[i])->pose[GEOSC_POSE_NONE];
        cells[i] = features->height * features->width;
        TRY(picture_create(context, features->width, features->height, &sides[i]->picture));
        picture_fill(&sides[i]->picture, UNKNOWN);
        TRY(read_features(loader, catalog, images[i], &maps[i], &result[i]));
    }
    if (result[0] != GEOSC_PAIR_OK || result[1] != GEOSC_PAIR_OK)
        goto done;
    TRY(components_find(context, (const float *const *)maps, cells, 2, catalog->channels, &components));
    TRY(memory_allocate(context, &coordinates, cells[0] + cells[1], COMPONENTS * sizeof(double), "a picture"));
    TRY(memory_allocate(context, &sorted, cells[0] + cells[1], sizeof(double), "a picture"));
    components_project(&components, maps[0], cells[0], coordinates);
    components_project(&components, maps[1], cells[1], coordinates + cells[0] * COMPONENTS);
    colour_sides(coordinates, sorted, sides);
done:
    for (int i = 0; i < 2; i++)
        memory_free(maps[i]);
    memory_free(coordinates);
    memory_free(sorted);
    components_free(&components);
    return status;
}

/* ---- sides -------------------------------------------------------------------------------------- */

static enum geosc_status read_mask(struct loader *loader, const struct catalog *catalog, size_t image,
                                   enum geosc_pose pose, struct view_side *side)
{
    geosc_context *context = loader->context;
    const struct features *features = &catalog_image(catalog, image)->pose[GEOSC_POSE_NONE];
    size_t cells = features->height * features->width;
    enum geosc_pair_status result;
    enum geosc_status status = GEOSC_OK;
    float *mask = NULL;

    pose_size(pose, features->height, features->width, &side->grid_height, &side->grid_width);
    if (!features->has_mask)
        return GEOSC_OK;
    TRY(memory_allocate(context, &mask, cells, sizeof *mask, "a mask"));
    TRY(catalog_read_mask(context, catalog, image, GEOSC_POSE_NONE, &loader->raw[0]));
    TRY(load_mask(context, &loader->raw[0], &loader->scratch, mask, &result));
    if (result != GEOSC_PAIR_OK)
        goto done;
    TRY(memory_allocate(context, &side->mask, cells, sizeof *side->mask, "a mask"));
    for (size_t y = 0; y < features->height; y++)
        for (size_t x = 0; x < features->width; x++)
            side->mask[pose_cell(pose, features->height, features->width, x, y)] = mask[y * features->width + x];
done:
    memory_free(mask);
    return status;
}

void view_side_describe(const struct view_side *side, char *out, size_t size)
{
    if (side->name)
        text_printable(side->name, out, size);
    else
        snprintf(out, size, "%s %zu", side->kind, side->image);
}

/* Loads everything of one side except its picture. */
static enum geosc_status load_side(struct loader *loader, const struct catalog *catalog, size_t image,
                                   enum geosc_pose pose, struct view_side *side)
{
    const struct image_set *set = catalog_image(catalog, image);
    const struct features *features = &set->pose[GEOSC_POSE_NONE];
    bool turned = pose_swaps_axes(pose), sized = catalog->size && !isnan(catalog->size[image][0]);
    double width = sized ? catalog->size[image][0] : (double)features->width;
    double height = sized ? catalog->size[image][1] : (double)features->height;

    side->kind = catalog->indexed ? "image" : set == catalog->sets ? "source" : "target";
    side->image = catalog->indexed ? image : image - set->first;
    side->name = catalog->image_name ? catalog->image_name[image] : NULL;
    side->width = turned ? height : width;
    side->height = turned ? width : height;
    return read_mask(loader, catalog, image, pose, side);
}

static enum geosc_status load_pictures(struct loader *loader, const struct catalog *catalog, struct pair_view *view)
{
    geosc_context *context = loader->context;
    size_t images[2] = {catalog->source[view->pair], catalog->target[view->pair]};
    struct view_side *const sides[2] = {&view->source, &view->target};
    enum geosc_status status = GEOSC_OK;

    view->photographs = catalog->has_rgb;
    for (int i = 0; i < 2 && view->photographs; i++)
        TRY(read_photograph(loader, catalog, images[i], &sides[i]->picture));
    if (!view->photographs)
        TRY(picture_features(loader, catalog, images, sides));
    TRY(picture_pose(context, &view->source.picture, view->pose));
done:
    return status;
}

/* ---- points ------------------------------------------------------------------------------------- */

/* Converts a position in cells of the unposed image to fractions of the image as shown. */
static void place_cell(double x, double y, double width, double height, enum geosc_pose pose, double out[2])
{
    out[0] = (x + 0.5) / width - 0.5;
    out[1] = (y + 0.5) / height - 0.5;
    geosc_pose_point(pose, 1, 1, &out[0], &out[1]);
    out[0] += 0.5;
    out[1] += 0.5;
}

/* The same from coordinates in the input's units. */
static void place(const struct catalog *catalog, size_t image, enum geosc_pose pose, double x, double y, double out[2])
{
    const struct features *features = &catalog_image(catalog, image)->pose[GEOSC_POSE_NONE];

    place_cell(units_to_cell(catalog, image, 0, x), units_to_cell(catalog, image, 1, y), (double)features->width,
               (double)features->height, pose, out);
}

static void set_answer(const struct catalog *catalog, const struct results *results, size_t pair, size_t answer,
                       struct view_point *point)
{
    const float *xy = results->xy[answer];

    place(catalog, catalog->target[pair], GEOSC_POSE_NONE, (double)xy[0], (double)xy[1], point->match);
    point->score = (double)results->score[answer];
    point->truth[0] = point->truth[1] = point->error = NAN;
}

static void set_keypoint(const struct catalog *catalog, const struct results *results, struct pair_view *view, size_t k)
{
    size_t answer = view->pair * results->answers + k;
    struct view_point *point = &view->points[k];
    const double *source = catalog->source_keypoints[answer];

    place(catalog, catalog->source[view->pair], view->pose, source[0], source[1], point->source);
    set_answer(catalog, results, view->pair, answer, point);
    if (!catalog->target_keypoints)
        return;
    const double *truth = catalog->target_keypoints[answer];
    place(catalog, catalog->target[view->pair], GEOSC_POSE_NONE, truth[0], truth[1], point->truth);
    point->error = hypot((double)results->xy[answer][0] - truth[0], (double)results->xy[answer][1] - truth[1]) /
                   measure_threshold(catalog, MEASURE_STORED, view->pair);
}

/* Answers are stored by cells of the unposed source; the posed ones are shown. */
static void set_cells(const struct catalog *catalog, const struct results *results, struct pair_view *view)
{
    const struct features *plain = &catalog_image(catalog, catalog->source[view->pair])->pose[GEOSC_POSE_NONE];
    size_t height = plain->height, width = plain->width, stride = results->shape[1],
           first = view->pair * results->answers;

    for (size_t y = 0; y < height; y++)
        for (size_t x = 0; x < width; x++) {
            struct view_point *point = &view->points[pose_cell(view->pose, height, width, x, y)];
            place_cell((double)x, (double)y, (double)width, (double)height, view->pose, point->source);
            set_answer(catalog, results, view->pair, first + y * stride + x, point);
        }
}

static enum geosc_status load_points(geosc_context *context, const struct catalog *catalog,
                                     const struct results *results, struct pair_view *view)
{
    enum geosc_status status;

    const struct features *plain = &catalog_image(catalog, catalog->source[view->pair])->pose[GEOSC_POSE_NONE];

    view->dense = results->rank == 2;
    view->point_count = view->dense ? plain->height * plain->width : results->answers;
    TRY(memory_allocate(context, &view->points, view->point_count, sizeof *view->points, "points of a picture"));
    for (size_t k = 0; k < results->answers && !view->dense; k++)
        set_keypoint(catalog, results, view, k);
    if (view->dense)
        set_cells(catalog, results, view);
done:
    return status;
}

/* ---- all together ------------------------------------------------------------------------------- */

enum geosc_status pair_view_load(geosc_context *context, const struct catalog *catalog, const struct results *results,
                                 size_t pair, struct pair_view *view)
{
    struct loader loader = {.context = context};
    uint8_t chosen = results->chosen[pair];
    enum geosc_status status;

    *view = (struct pair_view){.pair = pair, .status = results->status[pair], .decided = chosen != GEOSC_UNDECIDED};
    view->pose = view->decided ? results->poses[chosen] : GEOSC_POSE_NONE;
    view->category = catalog->category ? catalog->category[pair] : NULL;
    view->candidates = results->candidates;
    memcpy(view->candidate, results->poses, sizeof view->candidate);
    memcpy(view->imd, results->imd + pair * results->candidates, results->candidates * sizeof *view->imd);
    TRY(load_side(&loader, catalog, catalog->source[pair], view->pose, &view->source));
    TRY(load_side(&loader, catalog, catalog->target[pair], GEOSC_POSE_NONE, &view->target));
    TRY(load_pictures(&loader, catalog, view));
    TRY(load_points(context, catalog, results, view));
done:
    loader_free(&loader);
    if (status != GEOSC_OK)
        pair_view_free(view);
    return status;
}

void pair_view_free(struct pair_view *view)
{
    memory_free(view->source.picture.rgb);
    memory_free(view->target.picture.rgb);
    memory_free(view->source.mask);
    memory_free(view->target.mask);
    memory_free(view->points);
    *view = (struct pair_view){0};
}

/* ---- dense matches ------------------------------------------------------------------------------ */

void flow_colour(double dx, double dy, unsigned char rgb[3])
{
    /* Right is orange, left is blue: distinct in all common kinds of colour vision. Up is lighter, down is darker. */
    static const double middle[3] = {140, 140, 140}, across[3] = {105, 5, -130};
    double x = fmin(fmax(dx, -1), 1), y = fmin(fmax(dy, -1), 1);

    for (int i = 0; i < 3; i++)
        rgb[i] = (unsigned char)fmin(fmax(middle[i] + across[i] * x - 100 * y, 0), 255);
}

static bool answered(const struct view_point *point)
{
    return isfinite(point->match[0]) && isfinite(point->match[1]);
}

/* Longest displacement of any cell along an axis, or a small value if none moves. */
static double longest_way(const struct pair_view *view)
{
    double longest = 1e-3;

    for (size_t i = 0; i < view->point_count; i++)
        for (size_t d = 0; d < 2 && answered(&view->points[i]); d++)
            longest = fmax(longest, fabs(view->points[i].match[d] - view->points[i].source[d]));
    return longest;
}

enum geosc_status pair_view_flow(geosc_context *context, const struct pair_view *view, struct picture *flow)
{
    static const unsigned char none[3] = {255, 255, 255};
    const double furthest = longest_way(view);
    enum geosc_status status = picture_create(context, view->source.grid_width, view->source.grid_height, flow);

    if (status != GEOSC_OK)
        return status;
    picture_fill(flow, none);
    for (size_t i = 0; i < view->point_count; i++) {
        const struct view_point *point = &view->points[i];
        if (answered(point))
            flow_colour((point->match[0] - point->source[0]) / furthest,
                        (point->match[1] - point->source[1]) / furthest, flow->rgb + 3 * i);
    }
    return GEOSC_OK;
}

/* Position on an axis of `size` points of the part `share` of a cell centred at `middle` (a fraction), or SIZE_MAX. */
static size_t warped_place(double middle, size_t cells, double share, size_t size)
{
    double at = (middle + (share - 0.5) / (double)cells) * (double)size;

    return at >= 0 && at < (double)size ? (size_t)at : SIZE_MAX;
}

/* Place i of `count` along a cell enlarged by a sixth at either end, which closes gaps between diverging matches. */
static double grown(size_t i, size_t count)
{
    return (((double)i + 0.5) / (double)count - 0.5) * 4 / 3 + 0.5;
}

/* Copies what the source shows in one cell to the cell's match. `best` keeps the score of what is there. */
static void warp_cell(const struct pair_view *view, size_t cell, struct picture *warped, float *best)
{
    const struct view_point *point = &view->points[cell];
    const struct picture *picture = &view->source.picture;
    /* Steps along each axis of a cell: enough to leave no gaps. */
    size_t steps = warped->width / view->target.grid_width + warped->height / view->target.grid_height + 2;

    for (size_t i = 0; i < steps * steps; i++) {
        double u = grown(i % steps, steps), v = grown(i / steps, steps);
        size_t x = warped_place(point->match[0], view->target.grid_width, u, warped->width);
        size_t y = warped_place(point->match[1], view->target.grid_height, v, warped->height);
        size_t from_x = warped_place(point->source[0], view->source.grid_width, u, picture->width);
        size_t from_y = warped_place(point->source[1], view->source.grid_height, v, picture->height);
        if (x == SIZE_MAX || y == SIZE_MAX || from_x == SIZE_MAX || from_y == SIZE_MAX ||
            best[y * warped->width + x] > (float)point->score)
            continue;
        best[y * warped->width + x] = (float)point->score;
        memcpy(warped->rgb + 3 * (y * warped->width + x), picture->rgb + 3 * (from_y * picture->width + from_x), 3);
    }
}

enum geosc_status pair_view_warp(geosc_context *context, const struct pair_view *view, struct picture *warped)
{
    static const unsigned char none[3] = {255, 255, 255};
    const struct picture *like = &view->target.picture;
    float *best = NULL;
    enum geosc_status status;

    TRY(picture_create(context, like->width, like->height, warped));
    TRY(memory_allocate(context, &best, like->width, like->height * sizeof *best, "a warped picture"));
    picture_fill(warped, none);
    for (size_t i = 0; i < like->width * like->height; i++)
        best[i] = -INFINITY;
    for (size_t i = 0; i < view->point_count; i++)
        if (answered(&view->points[i]))
            warp_cell(view, i, warped, best);
done:
    memory_free(best);
    return status;
}
