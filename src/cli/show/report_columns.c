#include "show/report_columns.h"

#include <math.h>
#include <string.h>
#include <zlib.h>

#include "base/number.h"
#include "base/options.h"
#include "input/units.h"
#include "maps/pose.h"
#include "show/base64.h"

/* What a column has a number for. */
enum kind { OF_IMAGE, OF_PAIR, OF_CANDIDATE, OF_POINT, KINDS };
/* Numbers of a range are stored as integers from its low end to its high end; the largest integer is NaN. */
enum range { PLAIN, PLACE, SCORE, IMD, CYCLE, RANGES };

struct columns {
    const struct report_source *source;
    const struct catalog *catalog;
    const struct results *results; /* of the output whose columns are written */
    double low[RANGES], high[RANGES];
};

/* Where a number belongs. */
struct entry {
    union {
        size_t image, pair;
    };
    size_t k; /* candidate or keypoint */
    int axis; /* 0: x, width; 1: y, height */
};

struct column {
    const char *name;
    enum kind kind;
    enum number_type type;
    enum range range;
    bool of_output;                             /* each output has its own */
    bool (*is_there)(const struct columns *of); /* NULL: always */
    double (*value)(const struct columns *of, struct entry at);
    int axis; /* of coordinates and sizes */
};

/* ---- images ------------------------------------------------------------------------------------- */

static const struct features *plain_features(const struct columns *of, size_t image)
{
    return &catalog_image(of->catalog, image)->pose[GEOSC_POSE_NONE];
}

static double image_size(const struct columns *of, struct entry at)
{
    const struct features *features = plain_features(of, at.image);

    if (of->catalog->size && !isnan(of->catalog->size[at.image][0]))
        return of->catalog->size[at.image][at.axis];
    return (double)(at.axis ? features->height : features->width);
}

static double image_cells(const struct columns *of, struct entry at)
{
    const struct features *features = plain_features(of, at.image);

    return (double)(at.axis ? features->height : features->width);
}

/* A coordinate as a fraction of the image's width (axis 0) or height. */
static double fraction(const struct columns *of, size_t image, int axis, double value)
{
    const struct features *features = plain_features(of, image);

    return (units_to_cell(of->catalog, image, axis, value) + 0.5) / (double)(axis ? features->height : features->width);
}

/* ---- pairs -------------------------------------------------------------------------------------- */

static bool has_truth(const struct columns *of)
{
    return report_has_truth(of->source);
}

static bool has_categories(const struct columns *of)
{
    return of->catalog->category != NULL;
}

static bool has_true_pose(const struct columns *of)
{
    return of->catalog->true_pose != NULL;
}

static bool is_dense(const struct columns *of)
{
    return of->results->rank == 2;
}

static double pair_source(const struct columns *of, struct entry at)
{
    return (double)of->catalog->source[at.pair];
}

static double pair_target(const struct columns *of, struct entry at)
{
    return (double)of->catalog->target[at.pair];
}

static double pair_category(const struct columns *of, struct entry at)
{
    return (double)scores_category(&of->source->names, of->catalog, at.pair);
}

static double pair_true_pose(const struct columns *of, struct entry at)
{
    enum geosc_pose pose;

    return pose_parse(of->catalog->true_pose[at.pair], &pose) ? (double)pose : NAN;
}

/* Whether the page shows a keypoint. */
static bool is_shown(const struct columns *of, size_t pair, size_t k)
{
    return measure_present(of->catalog->source_keypoints[pair * of->catalog->keypoints + k]);
}

static double pair_points(const struct columns *of, struct entry at)
{
    size_t count = 0;

    for (size_t i = 0; i < of->catalog->keypoints; i++)
        count += is_shown(of, at.pair, i);
    return (double)count;
}

/* The threshold as a fraction of the target's width or height. */
static double pair_reach(const struct columns *of, struct entry at)
{
    const size_t target = of->catalog->target[at.pair];
    const double threshold = measure_threshold(of->catalog, MEASURE_STORED, at.pair);

    return fraction(of, target, at.axis, threshold) - fraction(of, target, at.axis, 0);
}

static double pair_status(const struct columns *of, struct entry at)
{
    return of->results->status[at.pair];
}

static double pair_chosen(const struct columns *of, struct entry at)
{
    return of->results->chosen[at.pair] == GEOSC_UNDECIDED ? NAN : of->results->chosen[at.pair];
}

static double pair_imd(const struct columns *of, struct entry at)
{
    return (double)of->results->imd[at.pair * of->results->candidates + at.k];
}

/* The mean score of a dense match, whose cells are too many for a page. */
static double pair_score(const struct columns *of, struct entry at)
{
    double sum = 0;
    size_t count = 0;

    for (size_t i = at.pair * of->results->answers; i < (at.pair + 1) * of->results->answers; i++)
        if (isfinite(of->results->score[i])) {
            sum += (double)of->results->score[i];
            count++;
        }
    return count ? sum / (double)count : NAN;
}

/* ---- keypoints ---------------------------------------------------------------------------------- */

static size_t answer_of(const struct columns *of, size_t pair, size_t k)
{
    return pair * of->catalog->keypoints + k;
}

static double point_number(const struct columns *of, struct entry at)
{
    (void)of;
    return (double)at.k;
}

static double point_source(const struct columns *of, struct entry at)
{
    return fraction(of, of->catalog->source[at.pair], at.axis,
                    of->catalog->source_keypoints[answer_of(of, at.pair, at.k)][at.axis]);
}

static double point_true(const struct columns *of, struct entry at)
{
    if (!measure_is_point(of->catalog, at.pair, at.k))
        return NAN;
    return fraction(of, of->catalog->target[at.pair], at.axis,
                    of->catalog->target_keypoints[answer_of(of, at.pair, at.k)][at.axis]);
}

static double point_answer(const struct columns *of, struct entry at)
{
    return fraction(of, of->catalog->target[at.pair], at.axis,
                    (double)of->results->xy[answer_of(of, at.pair, at.k)][at.axis]);
}

static double point_error(const struct columns *of, struct entry at)
{
    if (!measure_is_point(of->catalog, at.pair, at.k))
        return NAN;
    return measure_error(of->catalog, of->results, at.pair, at.k) /
           measure_threshold(of->catalog, MEASURE_STORED, at.pair);
}

/* The first step whose limit is above a distance; 0: none. */
static double first_step(const struct columns *of, size_t pair, double distance)
{
    const double threshold = measure_threshold(of->catalog, MEASURE_STORED, pair);
    size_t below = 0, at = REPORT_STEPS; /* too far at `below`, near enough at `at` */

    if (!(distance < report_alpha(of->source->request, REPORT_STEPS) * threshold))
        return 0;
    while (at - below > 1) {
        size_t middle = below + (at - below) / 2;
        if (distance < report_alpha(of->source->request, middle) * threshold)
            at = middle;
        else
            below = middle;
    }
    return (double)at;
}

/* The first step at which the answer is right; 0: none. Exact, unlike the error, which is rounded. */
static double point_step(const struct columns *of, struct entry at)
{
    if (!measure_is_point(of->catalog, at.pair, at.k))
        return 0;
    return first_step(of, at.pair, measure_error(of->catalog, of->results, at.pair, at.k));
}

static bool has_mirror(const struct columns *of)
{
    return of->catalog->mirror_index != NULL;
}

/* The keypoint's mirrored partner, which is looked for in its place where a pose mirrors the source. */
static double point_mirror(const struct columns *of, struct entry at)
{
    const int64_t partner = of->catalog->mirror_index[answer_of(of, at.pair, at.k)];

    return partner >= 0 ? (double)partner : NAN;
}

/* ---- the mirrored partner of a keypoint whose answer lies nearer to the partner's true place than to its own ---- */

static bool has_partners(const struct columns *of)
{
    return has_truth(of) && has_mirror(of);
}

/* NULL: the answer is not nearer to it. */
static const double *partner_of(const struct columns *of, size_t pair, size_t k)
{
    if (!measure_is_point(of->catalog, pair, k) || !measure_swapped(of->catalog, of->results, pair, k))
        return NULL;
    return of->catalog
        ->target_keypoints[answer_of(of, pair, (size_t)of->catalog->mirror_index[answer_of(of, pair, k)])];
}

/* The first step at which the answer would be right for the partner; 0: none. */
static double point_partner_step(const struct columns *of, struct entry at)
{
    const double *truth = partner_of(of, at.pair, at.k);
    const float *answer = of->results->xy[answer_of(of, at.pair, at.k)];

    return truth ? first_step(of, at.pair, hypot((double)answer[0] - truth[0], (double)answer[1] - truth[1])) : 0;
}

/* The partner's true place, where the answer is near enough to it at some step. */
static double point_partner(const struct columns *of, struct entry at)
{
    if (point_partner_step(of, at) == 0)
        return NAN;
    return fraction(of, of->catalog->target[at.pair], at.axis, partner_of(of, at.pair, at.k)[at.axis]);
}

static double point_score(const struct columns *of, struct entry at)
{
    return (double)of->results->score[answer_of(of, at.pair, at.k)];
}

static bool has_second(const struct columns *of)
{
    return of->results->second && of->results->rank == 1;
}

static double point_second(const struct columns *of, struct entry at)
{
    return (double)of->results->second[answer_of(of, at.pair, at.k)];
}

static bool has_cycle(const struct columns *of)
{
    return of->results->cycle && of->results->rank == 1;
}

static double point_cycle(const struct columns *of, struct entry at)
{
    return (double)of->results->cycle[answer_of(of, at.pair, at.k)];
}

/* Bits: 1 nearer to the mirrored partner's true place, 2 mutual nearest neighbours. */
static double point_marks(const struct columns *of, struct entry at)
{
    const bool judged = has_truth(of) && measure_is_point(of->catalog, at.pair, at.k);
    unsigned marks = 0;

    if (judged && measure_swapped(of->catalog, of->results, at.pair, at.k))
        marks |= 1;
    if (of->results->mutual && of->results->mutual[answer_of(of, at.pair, at.k)])
        marks |= 2;
    return marks;
}

/* ---- the columns -------------------------------------------------------------------------------- */

/* clang-format off */
static const struct column columns[] = {
    {"width", OF_IMAGE, NUMBER_F32, PLAIN, false, NULL, image_size, 0},
    {"height", OF_IMAGE, NUMBER_F32, PLAIN, false, NULL, image_size, 1},
    {"across", OF_IMAGE, NUMBER_U32, PLAIN, false, NULL, image_cells, 0},
    {"down", OF_IMAGE, NUMBER_U32, PLAIN, false, NULL, image_cells, 1},
    {"source", OF_PAIR, NUMBER_U32, PLAIN, false, NULL, pair_source, 0},
    {"target", OF_PAIR, NUMBER_U32, PLAIN, false, NULL, pair_target, 0},
    {"category", OF_PAIR, NUMBER_U32, PLAIN, false, has_categories, pair_category, 0},
    {"true_pose", OF_PAIR, NUMBER_U8, PLAIN, false, has_true_pose, pair_true_pose, 0},
    {"points", OF_PAIR, NUMBER_U32, PLAIN, false, NULL, pair_points, 0},
    {"reach_x", OF_PAIR, NUMBER_F32, PLAIN, false, has_truth, pair_reach, 0},
    {"reach_y", OF_PAIR, NUMBER_F32, PLAIN, false, has_truth, pair_reach, 1},
    {"status", OF_PAIR, NUMBER_U8, PLAIN, true, NULL, pair_status, 0},
    {"chosen", OF_PAIR, NUMBER_U8, PLAIN, true, NULL, pair_chosen, 0},
    {"dense_score", OF_PAIR, NUMBER_F32, PLAIN, true, is_dense, pair_score, 0},
    {"imd", OF_CANDIDATE, NUMBER_U16, IMD, true, NULL, pair_imd, 0},
    {"k", OF_POINT, NUMBER_U32, PLAIN, false, NULL, point_number, 0},
    {"mirror", OF_POINT, NUMBER_U32, PLAIN, false, has_mirror, point_mirror, 0},
    {"source_x", OF_POINT, NUMBER_U16, PLACE, false, NULL, point_source, 0},
    {"source_y", OF_POINT, NUMBER_U16, PLACE, false, NULL, point_source, 1},
    {"true_x", OF_POINT, NUMBER_U16, PLACE, false, has_truth, point_true, 0},
    {"true_y", OF_POINT, NUMBER_U16, PLACE, false, has_truth, point_true, 1},
    {"x", OF_POINT, NUMBER_U16, PLACE, true, NULL, point_answer, 0},
    {"y", OF_POINT, NUMBER_U16, PLACE, true, NULL, point_answer, 1},
    {"error", OF_POINT, NUMBER_F32, PLAIN, true, has_truth, point_error, 0},
    {"step", OF_POINT, NUMBER_U8, PLAIN, true, has_truth, point_step, 0},
    {"partner_step", OF_POINT, NUMBER_U8, PLAIN, true, has_partners, point_partner_step, 0},
    {"partner_x", OF_POINT, NUMBER_U16, PLACE, true, has_partners, point_partner, 0},
    {"partner_y", OF_POINT, NUMBER_U16, PLACE, true, has_partners, point_partner, 1},
    {"score", OF_POINT, NUMBER_U16, SCORE, true, NULL, point_score, 0},
    {"second", OF_POINT, NUMBER_U16, SCORE, true, has_second, point_second, 0},
    {"cycle", OF_POINT, NUMBER_U16, CYCLE, true, has_cycle, point_cycle, 0},
    {"marks", OF_POINT, NUMBER_U8, PLAIN, true, NULL, point_marks, 0},
};
/* clang-format on */
enum { COLUMNS = sizeof columns / sizeof *columns };

static void widen(struct columns *of, enum range range, const float *values, size_t count)
{
    for (size_t i = 0; values && i < count; i++)
        if (isfinite(values[i])) {
            of->low[range] = fmin(of->low[range], (double)values[i]);
            of->high[range] = fmax(of->high[range], (double)values[i]);
        }
}

static void set_ranges(struct columns *of)
{
    static const double low[RANGES] = {[PLACE] = -1}, high[RANGES] = {[PLACE] = 2};

    memcpy(of->low, low, sizeof low);
    memcpy(of->high, high, sizeof high);
    for (enum range range = SCORE; range < RANGES; range++) {
        of->low[range] = INFINITY;
        of->high[range] = -INFINITY;
    }
    for (size_t o = 0; o < of->source->outputs; o++) {
        const struct results *results = &of->source->matched[o]->results;
        size_t answers = results->pairs * results->answers;
        widen(of, SCORE, results->score, answers);
        widen(of, SCORE, results->second, answers);
        widen(of, CYCLE, results->cycle, answers);
        widen(of, IMD, results->imd, results->pairs * results->candidates);
    }
    for (enum range range = SCORE; range < RANGES; range++)
        if (!(of->high[range] > of->low[range])) { /* no number, or one only */
            of->low[range] = isfinite(of->low[range]) ? of->low[range] : 0;
            of->high[range] = of->low[range] + 1;
        }
}

/* ---- their bytes -------------------------------------------------------------------------------- */

static void put_integer(unsigned char *to, size_t size, uint64_t value)
{
    for (size_t i = 0; i < size; i++)
        to[i] = (unsigned char)(value >> 8 * i);
}

/* Stores a number, little-endian. */
static void put(const struct columns *of, const struct column *column, double value, unsigned char *to)
{
    const size_t size = number_size(column->type);
    const uint64_t none = ((uint64_t)1 << 8 * size) - 1;
    const double low = of->low[column->range], high = of->high[column->range];

    if (column->type == NUMBER_F32) {
        float narrow = (float)value;
        uint32_t bits;
        memcpy(&bits, &narrow, sizeof bits);
        put_integer(to, size, bits);
        return;
    }
    if (column->range != PLAIN)
        value = (value - low) / (high - low) * (double)(none - 1);
    put_integer(to, size, isnan(value) ? none : (uint64_t)(fmin(fmax(value, 0), (double)(none - 1)) + 0.5));
}

/* The numbers of a column; where `to` is not NULL, they are stored there. Returns their count. */
static size_t fill(const struct columns *of, const struct column *column, unsigned char *to)
{
    const size_t size = number_size(column->type),
                 rows = column->kind == OF_IMAGE ? of->catalog->images : of->catalog->pairs;
    const size_t items = column->kind == OF_CANDIDATE ? of->results->candidates
                         : column->kind == OF_POINT   ? of->catalog->keypoints
                                                      : 1;
    size_t count = 0;

    for (size_t i = 0; i < rows; i++)
        for (size_t k = 0; k < items; k++) {
            if (column->kind == OF_POINT && !is_shown(of, i, k))
                continue;
            if (to)
                put(of, column, column->value(of, (struct entry){.pair = i, .k = k, .axis = column->axis}),
                    to + count * size);
            count++;
        }
    return count;
}

static void describe(const struct columns *of, const struct column *column, size_t output, size_t count,
                     struct json *json)
{
    json_object(json, NULL);
    json_text(json, "name", column->name);
    if (column->of_output)
        json_count(json, "output", output);
    json_text(json, "type", number_name(column->type));
    json_count(json, "count", count);
    if (column->range != PLAIN) {
        json_number(json, "low", of->low[column->range]);
        json_number(json, "high", of->high[column->range]);
    }
    json_end(json);
}

/* Adds the columns one after another to the bytes, or only their sizes (NULL); json: or NULL. */
static size_t add_all(struct columns *of, unsigned char *bytes, struct json *json)
{
    size_t size = 0;

    for (size_t output = 0; output < of->source->outputs; output++) {
        of->results = &of->source->matched[output]->results;
        for (const struct column *column = columns; column < columns + COLUMNS; column++) {
            if ((output > 0 && !column->of_output) || (column->is_there && !column->is_there(of)))
                continue;
            size_t count = fill(of, column, bytes ? bytes + size : NULL);
            if (json)
                describe(of, column, output, count, json);
            size += count * number_size(column->type);
        }
    }
    return size;
}

enum geosc_status report_columns(geosc_context *context, const struct report_source *source, struct json *json,
                                 FILE *bytes)
{
    struct columns of = {.source = source, .catalog = source->catalog};
    unsigned char *plain = NULL, *packed = NULL;
    size_t size;
    uLongf packed_size;
    enum geosc_status status;

    set_ranges(&of);
    size = add_all(&of, NULL, NULL);
    packed_size = compressBound((uLong)size);
    TRY(memory_allocate(context, &plain, size, 1, "the page's columns"));
    TRY(memory_allocate(context, &packed, packed_size, 1, "the page's columns"));
    json_array(json, "columns");
    add_all(&of, plain, json);
    json_end(json);
    if (compress2(packed, &packed_size, plain, (uLong)size, Z_DEFAULT_COMPRESSION) != Z_OK)
        TRY(fail_memory(context, size, "the page's columns"));
    base64_print(bytes, packed, packed_size);
done:
    memory_free(plain);
    memory_free(packed);
    return status;
}
