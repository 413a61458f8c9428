#include "draw/pair_view.h"

#include "base/options.h"
#include "base/sort.h"
#include "base/text.h"
#include "draw/components.h"
#include "input/units.h"
#include "maps/pose.h"
#include "network/load.h"
#include "results/measure.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
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

enum geosc_status picture_create(geosc_context *context, size_t width, size_t height, struct picture *picture)
{
    size_t pixels;

    *picture = (struct picture){.width = width, .height = height};
    if (!size_multiply(width, height, &pixels))
        return fail(context, GEOSC_FAILED, "a picture of %zu x %zu points is too large", width, height);
    return memory_allocate(context, &picture->rgb, pixels, 3, "a picture");
}

void picture_fill(struct picture *picture, const unsigned char colour[3])
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

void view_pose_describe(const struct pair_view *view, char *out, size_t size)
{
    const char *name = geosc_pose_name(view->pose), *truth = geosc_pose_name(view->true_pose);
    bool tried = false;

    for (size_t i = 0; i < view->candidates; i++)
        tried |= view->candidate[i] == view->true_pose;
    if (view->wrong_pose)
        snprintf(out, size, "%s (true: %s%s)", name, truth, tried ? "" : ", not a candidate");
    else
        snprintf(out, size, "%s", name);
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

enum geosc_status pair_view_pictures(geosc_context *context, const struct catalog *catalog, size_t pair,
                                     struct picture pictures[2])
{
    struct loader loader = {.context = context};
    struct pair_view view = {.pair = pair, .pose = GEOSC_POSE_NONE};
    enum geosc_status status = load_pictures(&loader, catalog, &view);

    pictures[0] = view.source.picture;
    pictures[1] = view.target.picture;
    loader_free(&loader);
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

bool view_is_inside(const struct view_point *point)
{
    static const double ROUNDING = 1e-9; /* on the border is inside */

    return fabs(point->source[0] - 0.5) <= 0.5 + ROUNDING && fabs(point->source[1] - 0.5) <= 0.5 + ROUNDING;
}

enum mark view_mark(const struct view_point *point, double alpha)
{
    return mark_of(mark_is_there(point->match), mark_is_there(point->truth), point->error, alpha);
}

static void set_answer(const struct catalog *catalog, const struct results *results, size_t pair, size_t answer,
                       struct view_point *point)
{
    const float *xy = results->xy[answer];

    point->name = "";
    point->mutual = results->mutual && results->mutual[answer];
    point->kept = mark_is_there(point->source);
    point->shown = point->kept && results->rank == 1;

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
    point->name = catalog_keypoint_name(catalog, view->category, k);
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

/* Keypoints: by their places in the unposed source. Cells: those that are shown, by their places as shown. */
static enum geosc_status set_colours(geosc_context *context, struct pair_view *view, const double (*stored)[2])
{
    unsigned char(*colours)[3] = NULL;
    double(*places)[2] = NULL;
    enum geosc_status status;

    TRY(memory_allocate(context, &colours, view->point_count, sizeof *colours, "colours"));
    TRY(memory_allocate(context, &places, view->point_count, sizeof *places, "colours"));
    for (size_t i = 0; i < view->point_count; i++)
        for (int d = 0; d < 2; d++)
            places[i][d] = stored ? stored[i][d] : view->points[i].shown ? view->points[i].source[d] : NAN;
    TRY(mark_colours(context, (const double(*)[2])places, view->point_count, colours));
    for (size_t i = 0; i < view->point_count; i++)
        memcpy(view->points[i].colour, colours[i], sizeof colours[i]);
done:
    memory_free(colours);
    memory_free(places);
    return status;
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
    if (!view->dense)
        TRY(set_colours(context, view, (const double(*)[2])catalog->source_keypoints + view->pair * view->point_count));
done:
    return status;
}

/* Orders points by falling score, equal ones by number. */
static int compare_scores(const void *a, const void *b)
{
    const struct view_point *x = *(const struct view_point *const *)a, *y = *(const struct view_point *const *)b;

    if (x->score != y->score)
        return x->score > y->score ? -1 : 1;
    return (x > y) - (x < y);
}

enum geosc_status pair_view_choose(geosc_context *context, struct pair_view *view, const struct view_choice *choice)
{
    const bool all = !choice->top && !choice->mutual && choice->least_score == -INFINITY;
    struct view_point **order = NULL;
    size_t kept = 0;
    enum geosc_status status;

    view->choice = *choice;
    TRY(memory_allocate(context, &order, view->point_count, sizeof *order, "points of a picture"));
    for (size_t i = 0; i < view->point_count; i++) {
        struct view_point *point = &view->points[i];
        const bool answered = mark_is_there(point->match) && !isnan(point->score);
        point->kept = mark_is_there(point->source) &&
                      (all || (answered && point->score >= choice->least_score && (!choice->mutual || point->mutual)));
        point->shown = point->kept && !choice->top && !view->dense;
        if (point->kept)
            order[kept++] = point;
    }
    if (choice->top) /* then each has a score */
        qsort(order, kept, sizeof(struct view_point *), compare_scores);
    for (size_t i = 0; i < kept && i < choice->top; i++)
        order[i]->shown = true;
    if (view->dense)
        TRY(set_colours(context, view, NULL));
done:
    memory_free(order);
    return status;
}

/* ---- all together ------------------------------------------------------------------------------- */

enum geosc_status pair_view_load(geosc_context *context, const struct catalog *catalog, const struct results *results,
                                 size_t pair, struct pair_view *view)
{
    struct loader loader = {.context = context};
    uint8_t chosen = results->chosen[pair];
    enum geosc_status status;

    *view = (struct pair_view){.pair = pair,
                               .status = results->status[pair],
                               .decided = chosen != GEOSC_UNDECIDED,
                               .choice.least_score = -INFINITY};
    view->pose = view->decided ? results->poses[chosen] : GEOSC_POSE_NONE;
    if (view->decided && catalog->true_pose && pose_parse(catalog->true_pose[pair], &view->true_pose))
        view->wrong_pose = view->true_pose != view->pose;
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
