#include "results/keypoints.h"

#include <math.h>
#include <string.h>

/* A point: its pair, and a bit for each alpha at which the answer of an output is right. */
struct point {
    uint32_t pair, right[RESAMPLE_OUTPUTS][KEYPOINT_FORMS];
};

/* The points of one keypoint in one category, and sums over those drawn. */
struct row {
    size_t place; /* in the tables */
    size_t first, end;
    double points, right[RESAMPLE_OUTPUTS][KEYPOINT_FORMS][MEASURE_ALPHAS];
};

struct sampler {
    size_t outputs, alphas;
    struct point *points; /* sorted by row */
    struct row *rows;     /* only those with points */
    size_t row_count;
    struct keypoint_table *tables;
};

/* ---- points ------------------------------------------------------------------------------------- */

static struct point make_point(const struct catalog *catalog, const struct results *const results[], size_t outputs,
                               const struct measure *measure, size_t pair, size_t k)
{
    const double threshold = measure_threshold(catalog, measure->length, pair);
    struct point point = {.pair = (uint32_t)pair};

    for (size_t o = 0; o < outputs; o++) {
        const double error = measure_error(catalog, results[o], pair, k);
        uint32_t right = 0;
        for (size_t a = 0; a < measure->alpha_count; a++)
            right |= (uint32_t)measure_right(measure, a, error, threshold) << a;
        point.right[o][KEYPOINT_PCK] = right;
        point.right[o][KEYPOINT_DAGGER] = measure_nearest(catalog, results[o], pair, k) ? right : 0;
    }
    return point;
}

static size_t place_of(const struct catalog *catalog, const struct scores *scores, size_t pair, size_t k)
{
    const size_t category = scores_category(scores, catalog, pair);

    return (category < scores->category_count ? category : 0) * catalog->keypoints + k;
}

/* Makes the rows, with room for their points; row_of [places]. */
static void make_rows(const struct catalog *catalog, const struct scores *scores, size_t places, size_t *row_of,
                      struct sampler *sampler)
{
    size_t first = 0;

    for (size_t p = 0; p < catalog->pairs; p++)
        for (size_t k = 0; k < catalog->keypoints; k++)
            row_of[place_of(catalog, scores, p, k)] += measure_is_point(catalog, p, k);
    for (size_t place = 0; place < places; place++) {
        const size_t count = row_of[place];
        row_of[place] = sampler->row_count;
        if (count)
            sampler->rows[sampler->row_count++] = (struct row){.place = place, .first = first, .end = first};
        first += count;
    }
}

static enum geosc_status sort_points(geosc_context *context, const struct catalog *catalog,
                                     const struct results *const results[], const struct measure *measure,
                                     const struct scores *scores, struct sampler *sampler)
{
    const size_t places = sampler->tables->categories * catalog->keypoints;
    enum geosc_status status;
    size_t *row_of = NULL, count = 0;

    for (size_t p = 0; p < catalog->pairs; p++)
        for (size_t k = 0; k < catalog->keypoints; k++)
            count += measure_is_point(catalog, p, k);
    TRY(memory_allocate(context, &sampler->points, count, sizeof *sampler->points, "keypoints of categories"));
    TRY(memory_allocate(context, &sampler->rows, places, sizeof *sampler->rows, "keypoints of categories"));
    TRY(memory_allocate_zero(context, &row_of, places, sizeof *row_of, "keypoints of categories"));
    make_rows(catalog, scores, places, row_of, sampler);
    for (size_t p = 0; p < catalog->pairs; p++)
        for (size_t k = 0; k < catalog->keypoints; k++)
            if (measure_is_point(catalog, p, k)) {
                struct row *row = &sampler->rows[row_of[place_of(catalog, scores, p, k)]];
                sampler->points[row->end++] = make_point(catalog, results, sampler->outputs, measure, p, k);
            }
done:
    memory_free(row_of);
    return status;
}

/* ---- samples ------------------------------------------------------------------------------------ */

static void add_point(const struct sampler *sampler, const struct point *point, uint32_t times, struct row *row)
{
    row->points += times;
    for (size_t i = 0; i < sampler->outputs * KEYPOINT_FORMS; i++)
        for (uint32_t bits = point->right[i / KEYPOINT_FORMS][i % KEYPOINT_FORMS]; bits; bits &= bits - 1)
            row->right[i / KEYPOINT_FORMS][i % KEYPOINT_FORMS][__builtin_ctz(bits)] += times;
}

/* Numbers of a row. */
static size_t row_numbers(const struct sampler *sampler)
{
    return KEYPOINT_FORMS * sampler->alphas;
}

static void sample(void *of, const uint32_t *times, size_t first, size_t end)
{
    struct sampler *sampler = of;

    for (size_t r = first / row_numbers(sampler); r * row_numbers(sampler) < end; r++) {
        struct row *row = &sampler->rows[r];
        row->points = 0;
        memset(row->right, 0, sizeof row->right);
        for (size_t i = row->first; i < row->end; i++)
            if (times[sampler->points[i].pair])
                add_point(sampler, &sampler->points[i], times[sampler->points[i].pair], row);
    }
}

static double number(void *of, size_t output, size_t i)
{
    const struct sampler *sampler = of;
    const struct row *row = &sampler->rows[i / row_numbers(sampler)];
    const size_t form = i / sampler->alphas % KEYPOINT_FORMS, a = i % sampler->alphas;

    return row->points > 0 ? row->right[output][form][a] / row->points : NAN;
}

static double *share_at(const struct sampler *sampler, struct keypoint_score *scores, size_t i)
{
    const struct row *row = &sampler->rows[i / row_numbers(sampler)];

    return &scores[row->place].share[i / sampler->alphas % KEYPOINT_FORMS][i % sampler->alphas];
}

static void bound(void *of, size_t kind, size_t i, double low, double high)
{
    const struct sampler *sampler = of;

    *share_at(sampler, sampler->tables[kind].low, i) = low;
    *share_at(sampler, sampler->tables[kind].high, i) = high;
}

/* ---- tables ------------------------------------------------------------------------------------- */

static enum geosc_status create(geosc_context *context, const struct catalog *catalog, const struct scores *scores,
                                bool intervals, struct keypoint_table *table)
{
    enum geosc_status status = GEOSC_OK;
    struct keypoint_score **const all[] = {&table->scores, &table->low, &table->high};
    size_t count;

    *table = (struct keypoint_table){.categories = size_larger(scores->category_count, 1), .count = catalog->keypoints};
    if (!size_multiply(table->categories, table->count, &count))
        return fail_memory(context, SIZE_MAX, "keypoints of categories");
    TRY(memory_allocate(context, &table->name, count, sizeof *table->name, "keypoints of categories"));
    for (size_t i = 0; i < count; i++)
        table->name[i] = catalog_keypoint_name(
            catalog, scores->category_count ? scores->categories[i / table->count].name : NULL, i % table->count);
    for (size_t i = 0; i < (intervals ? 3 : 1); i++)
        TRY(memory_allocate_zero(context, all[i], count, sizeof **all[i], "keypoints of categories"));
done:
    return status;
}

static void give_shares(const struct resampled *resampled, const struct sampler *sampler)
{
    for (size_t kind = 0; kind < resample_kinds(resampled->outputs); kind++) {
        struct keypoint_score *scores = sampler->tables[kind].scores;
        for (size_t r = 0; r < sampler->row_count; r++)
            scores[sampler->rows[r].place].points = sampler->rows[r].end - sampler->rows[r].first;
        for (size_t i = 0; i < resampled->numbers; i++)
            *share_at(sampler, scores, i) = resample_number(resampled, kind, i);
    }
}

enum geosc_status keypoints_find(geosc_context *context, const struct catalog *catalog,
                                 const struct results *const results[], size_t outputs, const struct measure *measure,
                                 const struct scores *scores, bool intervals, struct keypoint_table tables[])
{
    struct sampler sampler = {.outputs = outputs, .alphas = measure->alpha_count, .tables = tables};
    struct resampled resampled = {&sampler, catalog->pairs, outputs, 0, sample, number, bound};
    enum geosc_status status;

    for (size_t kind = 0; kind < resample_kinds(outputs); kind++)
        tables[kind] = (struct keypoint_table){0};
    for (size_t kind = 0; kind < resample_kinds(outputs); kind++)
        TRY(create(context, catalog, scores, intervals, &tables[kind]));
    TRY(sort_points(context, catalog, results, measure, scores, &sampler));
    resampled.numbers = sampler.row_count * row_numbers(&sampler);
    TRY(resample_once(context, &resampled));
    give_shares(&resampled, &sampler);
    if (intervals)
        TRY(resample(context, &resampled));
done:
    memory_free(sampler.points);
    memory_free(sampler.rows);
    return status;
}

void keypoint_table_free(struct keypoint_table *table)
{
    memory_free(table->name);
    memory_free(table->scores);
    memory_free(table->low);
    memory_free(table->high);
    *table = (struct keypoint_table){0};
}
