#include "maps/match.h"

#include "base/share.h"
#include "maps/heat.h"

#include <float.h>
#include <math.h>

enum {
    BLOCK_PANELS = 8,    /* query panels at a time: bounds the memory for similarities in dense matching */
    NO_WINDOW_RADIUS = 7 /* of what is left out around the peak where the window is all cells */
};

/* The smallest factor of a gauss window: keeps the similarity of a cell that is no target, -INFINITY, from becoming
 * NaN. */
static const double LEAST_FACTOR = 1e-15;

/* ---- queries ------------------------------------------------------------------------------------- */

/* Queries in one map. points NULL: cells. */
struct asked {
    const geosc_map *map;
    const uint32_t *cells;
    const double (*points)[2];
    size_t count;
    bool dot; /* features before their normalisation */
};

/* The cells that a descriptor is made of, with their weights. */
struct corners {
    const geosc_map *map;
    size_t cell[4];
    double weight[4];
    size_t count;
};

static void add_corner(struct corners *corners, size_t x, size_t y, double weight)
{
    if (weight == 0)
        return;
    corners->cell[corners->count] = y * corners->map->width + x;
    corners->weight[corners->count++] = weight;
}

/* The cell at or below a coordinate that is clamped to the outermost centres, and the share of the next one. */
static size_t clamp(double v, size_t side, double *share_of_next)
{
    double most = (double)(side - 1), inside = v < 0 ? 0 : v > most ? most : v;
    size_t cell = (size_t)inside;

    *share_of_next = inside - (double)cell;
    return cell;
}

static struct corners find_corners(const struct asked *asked, size_t query)
{
    const geosc_map *map = asked->map;
    struct corners corners = {.map = map, .cell = {asked->cells[query]}, .weight = {1}, .count = 1};
    double u, v;

    if (!asked->points)
        return corners;
    size_t x = clamp(asked->points[query][0], map->width, &u), y = clamp(asked->points[query][1], map->height, &v);
    corners.count = 0;
    add_corner(&corners, x, y, (1 - v) * (1 - u));
    add_corner(&corners, x + 1, y, (1 - v) * u);
    add_corner(&corners, x, y + 1, v * (1 - u));
    add_corner(&corners, x + 1, y + 1, v * u);
    return corners;
}

static double sum_corners(const struct corners *corners, size_t channel)
{
    double sum = 0;

    for (size_t i = 0; i < corners->count; i++)
        sum += corners->weight[i] * (double)map_row(corners->map, corners->cell[i])[channel];
    return sum;
}

/* Writes the descriptor of a query, [channels of the map]. */
static void describe_query(const struct asked *asked, size_t query, float *out)
{
    struct corners corners = find_corners(asked, query);
    size_t channels = asked->map->channels;
    double squares = 0, factor = 1;

    for (size_t i = 0; asked->dot && i < corners.count; i++)
        corners.weight[i] *= (double)asked->map->norms[corners.cell[i]];
    for (size_t c = 0; !asked->dot && c < channels; c++) {
        double value = sum_corners(&corners, c);
        squares += value * value;
    }
    if (!asked->dot)
        factor = 1 / (sqrt(squares) + 1e-6);
    for (size_t c = 0; c < channels; c++)
        out[c] = (float)(sum_corners(&corners, c) * factor);
}

/* Fills the scratch's query panels. */
static void gather_queries(const geosc_context *context, const struct asked *asked, struct match_scratch *scratch)
{
    size_t depth = asked->map->channels;

    for (size_t p = 0; p < map_panels(asked->count); p++) {
        float *panel = scratch->queries + p * depth * PANEL;
        const float *rows[PANEL];
        if (!asked->points && !asked->dot) {
            map_gather(context->kernels, asked->map, asked->cells, asked->count, p, panel);
            continue;
        }
        for (size_t i = 0; i < PANEL; i++) {
            size_t last = size_smaller(i, asked->count - 1 - p * PANEL);
            rows[i] = scratch->rows + last * depth;
            if (last == i)
                describe_query(asked, p * PANEL + i, scratch->rows + i * depth);
        }
        context->kernels->gather_panel(rows, depth, panel);
    }
}

/* ---- similarities -------------------------------------------------------------------------------- */

/* A block of queries, in panels, and their similarities to all cells of a map, [queries][stride]. */
struct block {
    const struct kernels *kernels;
    const geosc_map *to;
    const float *queries;
    size_t count, stride;
    float *similarity;
    bool dot;
};

/* Turns products with cells of length 1 into products with the cells as they were. */
static void lengthen(const struct block *of, size_t panel, size_t first, size_t rows)
{
    size_t cells = size_smaller(of->to->cells - panel * PANEL, PANEL);
    const float *norms = of->to->norms + panel * PANEL;

    for (size_t q = first; q < first + rows; q++)
        for (size_t i = 0; i < cells; i++)
            of->similarity[q * of->stride + panel * PANEL + i] *= norms[i];
}

static void similarity_unit(const void *work, size_t panel, void *desk)
{
    const struct block *of = work;
    size_t depth = of->to->channels;

    map_gather(of->kernels, of->to, NULL, of->to->cells, panel, desk);
    for (size_t q = 0; q < map_panels(of->count); q++) {
        size_t rows = size_smaller(of->count - q * PANEL, PANEL);
        of->kernels->gemm_panel(&(struct gemm){
            .rows = rows,
            .depth = depth,
            .a = of->queries + q * depth * PANEL,
            .a_stride = PANEL,
            .a_tile = TILE,
            .b = desk,
            .c = of->similarity + q * PANEL * of->stride + panel * PANEL,
            .c_stride = of->stride,
        });
        if (of->dot)
            lengthen(of, panel, q * PANEL, rows);
    }
}

/* Fills the scratch's similarities of these queries to the cells of a map. */
static void compare(const geosc_context *context, const struct asked *asked, const geosc_map *to,
                    struct match_scratch *scratch)
{
    const struct block of = {context->kernels,    to,        scratch->queries, asked->count, to->panels * PANEL,
                             scratch->similarity, asked->dot};

    gather_queries(context, asked, scratch);
    share(context, to->panels, similarity_unit, &of, scratch->desks, to->channels * PANEL * sizeof(float));
}

/* Takes the cells of a mask's zeros out of a row, except one: nothing is less similar. */
static void take_out(float *row, size_t cells, const float *mask, size_t except)
{
    for (size_t i = 0; mask && i < cells; i++)
        if (mask[i] == 0 && i != except)
            row[i] = -INFINITY;
}

static size_t first_largest(const struct kernels *kernels, const float *row, size_t cells)
{
    int32_t place = 0;

    kernels->find_at_least(row, cells, kernels->largest(row, cells), &place, 1);
    return (size_t)place;
}

/* ---- windows ------------------------------------------------------------------------------------- */

/* Cells y0 <= y < y1, x0 <= x < x1. */
struct window {
    size_t y0, x0, y1, x1;
};

/* The cells at most `radius` from a peak in x and y. */
static struct window window_around(const geosc_map *target, size_t peak, size_t radius)
{
    size_t py = peak / target->width, px = peak % target->width;

    return (struct window){py > radius ? py - radius : 0, px > radius ? px - radius : 0,
                           radius < target->height - py ? py + radius + 1 : target->height,
                           radius < target->width - px ? px + radius + 1 : target->width};
}

static struct window window_of(const geosc_map *target, size_t peak, const struct geosc_options *options)
{
    if (options->window_kind != GEOSC_WINDOW_BOX)
        return (struct window){0, 0, target->height, target->width};
    return window_around(target, peak, (size_t)options->window / 2);
}

/* Of what is left out around a peak when the next one is looked for. */
static size_t radius_of(const struct geosc_options *options)
{
    if (options->window_kind == GEOSC_WINDOW_GAUSS)
        return (size_t)ceil(2 * options->window_sigma);
    return options->window_kind == GEOSC_WINDOW_ALL ? NO_WINDOW_RADIUS : (size_t)options->window / 2;
}

/* Weights of some cells: their sum, and that of their weighted coordinates. */
struct weights {
    double sum, x, y;
};

/* Queries first .. first + count - 1 of a matching, with their rows of the similarity to the target. */
struct located {
    const struct kernels *kernels;
    const struct matching *matching;
    size_t first;
    uint32_t *peaks;        /* [count] the target cells found, */
    uint32_t *nearest;      /* and those nearest to the answers */
    const uint32_t *cells;  /* of all queries */
    struct weights allowed; /* all target cells with weight 1 */
};

/* The factors of a gauss window by distance, with that of distance 0 in the middle; NULL for other windows. */
static const float *factors_of(const struct matching *matching)
{
    const geosc_map *target = matching->target;

    if (matching->options->window_kind != GEOSC_WINDOW_GAUSS)
        return NULL;
    return matching->scratch->factors + size_larger(target->height, target->width) - 1;
}

static struct softmax_row softmax_row(const struct located *of, const float *row, size_t peak, size_t y, size_t x0,
                                      size_t x1)
{
    const struct matching *matching = of->matching;
    size_t width = matching->target->width;
    const float *factors = factors_of(matching);
    double scale = 1 / matching->options->temperature;

    return (struct softmax_row){
        .values = row + y * width + x0,
        .count = x1 - x0,
        .factors = factors ? factors + x0 - peak % width : NULL,
        .factor = factors ? factors[(ptrdiff_t)y - (ptrdiff_t)(peak / width)] : 1,
        .reference = row[peak],
        .scale = (float)(scale < (double)FLT_MAX ? scale : (double)FLT_MAX),
    };
}

/* The largest of a row's values times its factors, in the kernel's operations. */
static float largest_product(const struct softmax_row *row)
{
    float most = -INFINITY;

    for (size_t i = 0; i < row->count; i++) {
        float value = row->values[i] * row->factors[i] * row->factor;
        most = value > most ? value : most;
    }
    return most;
}

/* The largest value of which a softmax is taken. The peak has it, unless something pulls negative values to 0. */
static float reference_of(const struct located *of, const float *row, size_t peak, bool zeros)
{
    const geosc_map *target = of->matching->target;
    float most = row[peak];

    if (most >= 0)
        return most;
    if (zeros)
        return 0;
    for (size_t y = 0; factors_of(of->matching) && y < target->height; y++) {
        struct softmax_row line = softmax_row(of, row, peak, y, 0, target->width);
        float here = largest_product(&line);
        most = here > most ? here : most;
    }
    return most;
}

/* Weighs the cells of a window. */
static struct weights weigh(const struct located *of, const float *row, size_t peak, struct window window,
                            float reference)
{
    struct weights weights = {0, 0, 0};

    for (size_t y = window.y0; y < window.y1; y++) {
        struct softmax_row line = softmax_row(of, row, peak, y, window.x0, window.x1);
        double sums[2];
        line.reference = reference;
        of->kernels->sum_weights(&line, sums);
        weights.sum += sums[0];
        weights.x += sums[1] + sums[0] * (double)window.x0;
        weights.y += sums[0] * (double)y;
    }
    return weights;
}

/* The target cells of a window, each with weight 1; mask NULL: all cells are targets. */
static struct weights count_cells(const geosc_map *target, const float *mask, struct window window)
{
    struct weights count = {0, 0, 0};

    for (size_t y = window.y0; y < window.y1; y++)
        for (size_t x = window.x0; x < window.x1; x++) {
            double one = !mask || mask[y * target->width + x] != 0;
            count.sum += one;
            count.x += one * (double)x;
            count.y += one * (double)y;
        }
    return count;
}

/* Target cells outside the window that take part with similarity 0. */
static struct weights zeros_outside(const struct located *of, struct window window)
{
    const struct matching *matching = of->matching;
    struct weights inside;

    if (matching->options->window_kind != GEOSC_WINDOW_BOX || matching->options->outside != GEOSC_OUTSIDE_ZERO)
        return (struct weights){0, 0, 0};
    inside = count_cells(matching->target, matching->target_mask, window);
    return (struct weights){of->allowed.sum - inside.sum, of->allowed.x - inside.x, of->allowed.y - inside.y};
}

/* The mean of the target's cells by their weights. */
static void softargmax(const struct located *of, const float *row, size_t peak, float xy[2])
{
    const struct geosc_options *options = of->matching->options;
    struct window window = window_of(of->matching->target, peak, options);
    struct weights zeros = zeros_outside(of, window);
    float reference = reference_of(of, row, peak, zeros.sum > 0);
    struct weights inside = weigh(of, row, peak, window, reference);
    double zero = zeros.sum > 0 ? exp(-(double)reference / options->temperature) : 0;
    double sum = inside.sum + zero * zeros.sum;

    xy[0] = (float)((inside.x + zero * zeros.x) / sum);
    xy[1] = (float)((inside.y + zero * zeros.y) / sum);
}

/* The cell nearest to an answer. */
static size_t cell_of(const geosc_map *target, const float xy[2])
{
    size_t x = (size_t)((double)xy[0] + 0.5), y = (size_t)((double)xy[1] + 0.5);

    return size_smaller(y, target->height - 1) * target->width + size_smaller(x, target->width - 1);
}

/* Takes a peak and the cells around it out of a row. */
static void clear_around(const struct located *of, float *row, size_t peak)
{
    const geosc_map *target = of->matching->target;
    struct window window = window_around(target, peak, radius_of(of->matching->options));

    for (size_t y = window.y0; y < window.y1; y++)
        for (size_t x = window.x0; x < window.x1; x++)
            row[y * target->width + x] = -INFINITY;
}

/* Writes the best cells of a query, from its peak on, and the second. Each takes the cells around it out of the row. */
static void take_best(const struct located *of, float *row, size_t peak, size_t to)
{
    const struct geosc_answers *answers = &of->matching->answers;
    size_t width = of->matching->target->width, tops = (size_t)of->matching->options->top;

    if (!answers->top_xy && !answers->top_score)
        tops = 0;
    for (size_t i = 0; i < size_larger(tops, answers->second ? 2 : 0); i++) {
        bool left = !isinf(row[peak]);
        if (answers->second && i == 1)
            answers->second[to] = left ? row[peak] : NAN;
        if (answers->top_score && i < tops)
            answers->top_score[to * tops + i] = left ? row[peak] : NAN;
        if (answers->top_xy && i < tops) {
            answers->top_xy[to * tops + i][0] = left ? (float)(peak % width) : NAN;
            answers->top_xy[to * tops + i][1] = left ? (float)(peak / width) : NAN;
        }
        clear_around(of, row, peak);
        peak = first_largest(of->kernels, row, of->matching->target->cells);
    }
}

static void locate_unit(const void *work, size_t query, void *desk)
{
    const struct located *of = work;
    const struct geosc_answers *answers = &of->matching->answers;
    const geosc_map *target = of->matching->target;
    float *row = of->matching->scratch->similarity + query * target->panels * PANEL;
    size_t peak, to = of->first + query, heat = (size_t)of->matching->options->heat;

    (void)desk;
    take_out(row, target->cells, of->matching->target_mask, SIZE_MAX);
    if (of->matching->kap)
        kap_find(of->matching->kap, target, row, to);
    if (of->matching->heat)
        heat_find(target, row, heat, of->matching->heat + to * heat * heat);
    peak = first_largest(of->kernels, row, target->cells);
    softargmax(of, row, peak, answers->xy[to]);
    answers->score[to] = row[peak];
    of->peaks[query] = (uint32_t)peak;
    of->nearest[query] = (uint32_t)cell_of(target, answers->xy[to]);
    if (answers->peak) {
        answers->peak[to][0] = (int32_t)(peak % target->width);
        answers->peak[to][1] = (int32_t)(peak / target->width);
    }
    take_best(of, row, peak, to);
}

/* ---- the way back -------------------------------------------------------------------------------- */

/* Target cells from which to look back, and the queries in the block that they are for. */
struct backwards {
    const struct located *of;
    uint32_t cells[BLOCK_PANELS * PANEL], queries[BLOCK_PANELS * PANEL];
    size_t count;
};

static float distance(const geosc_map *map, size_t a, size_t b)
{
    double dx = (double)(a % map->width) - (double)(b % map->width);
    double dy = (double)(a / map->width) - (double)(b / map->width);

    return (float)sqrt(dx * dx + dy * dy);
}

/* Finds the source cell most similar to a target cell: the query's own, if the match is mutual. */
static void back_unit(const void *work, size_t i, void *desk)
{
    const struct backwards *from = work;
    const struct located *of = from->of;
    const struct geosc_answers *answers = &of->matching->answers;
    const geosc_map *source = of->matching->source;
    float *row = of->matching->scratch->similarity + i * source->panels * PANEL;
    size_t query = from->queries[i], to = of->first + query, own = of->cells[to], back;

    (void)desk;
    take_out(row, source->cells, of->matching->source_mask, own);
    back = first_largest(of->kernels, row, source->cells);
    if (answers->mutual && from->cells[i] == of->peaks[query])
        answers->mutual[to] = back == own;
    if (answers->cycle && from->cells[i] == of->nearest[query])
        answers->cycle[to] = distance(source, back, own);
}

/* Looks back from each of these cells. Overwrites the queries and similarities. */
static void look_back(const geosc_context *context, const struct backwards *from)
{
    const struct matching *matching = from->of->matching;
    const struct asked asked = {.map = matching->target,
                                .cells = from->cells,
                                .count = from->count,
                                .dot = matching->options->similarity == GEOSC_SIMILARITY_DOT};

    compare(context, &asked, matching->source, matching->scratch);
    share(context, from->count, back_unit, from, NULL, 0);
}

/* Looks back from the peaks of `count` queries, then from the cells nearest to their answers, where they are others. */
static void look_back_all(const geosc_context *context, const struct located *of, size_t count)
{
    struct backwards from = {.of = of};

    for (size_t i = 0; i < count; i++) {
        from.cells[i] = of->peaks[i];
        from.queries[i] = (uint32_t)i;
    }
    from.count = count;
    look_back(context, &from);
    from.count = 0;
    for (size_t i = 0; of->matching->answers.cycle && i < count; i++)
        if (of->nearest[i] != of->peaks[i]) {
            from.cells[from.count] = of->nearest[i];
            from.queries[from.count++] = (uint32_t)i;
        }
    if (from.count && !stop_asked(context))
        look_back(context, &from);
}

static bool looks_back(const struct matching *matching)
{
    return matching->answers.mutual || matching->answers.cycle;
}

/* ---- matching ------------------------------------------------------------------------------------ */

static enum geosc_status reserve(geosc_context *context, const struct matching *matching, size_t queries)
{
    struct match_scratch *scratch = matching->scratch;
    const geosc_map *target = matching->target;
    size_t depth = target->channels, panels = map_panels(queries), side = size_larger(target->height, target->width);
    size_t widest = size_larger(target->panels, looks_back(matching) ? matching->source->panels : 0), floats;
    enum geosc_status status;

    if (!size_multiply(panels * PANEL, widest * PANEL, &floats))
        return fail(context, GEOSC_FAILED, "similarities of %zu cells do not fit in memory", widest * PANEL);
    TRY(memory_grow(context, &scratch->queries, &scratch->queries_capacity, panels * PANEL * depth, sizeof(float),
                    "queries"));
    TRY(memory_grow(context, &scratch->desks, &scratch->desks_capacity, (size_t)context->threads * depth * PANEL,
                    sizeof(float), "a panel of cells"));
    TRY(memory_grow(context, &scratch->similarity, &scratch->similarity_capacity, floats, sizeof(float),
                    "similarities"));
    TRY(memory_grow(context, &scratch->rows, &scratch->rows_capacity, PANEL * depth, sizeof(float), "queries"));
    if (matching->options->window_kind == GEOSC_WINDOW_GAUSS)
        TRY(memory_grow(context, &scratch->factors, &scratch->factors_capacity, 2 * side - 1, sizeof(float),
                        "a window"));
done:
    return status;
}

static void make_factors(const struct matching *matching)
{
    size_t side = size_larger(matching->target->height, matching->target->width);
    double sigma = matching->options->window_sigma;

    for (size_t d = 0; d < side && matching->options->window_kind == GEOSC_WINDOW_GAUSS; d++) {
        double factor = d ? exp(-((double)d * (double)d) / (2 * sigma * sigma)) : 1;
        matching->scratch->factors[side - 1 + d] = matching->scratch->factors[side - 1 - d] =
            (float)(factor > LEAST_FACTOR ? factor : LEAST_FACTOR);
    }
}

enum geosc_status match_find(geosc_context *context, const struct matching *matching,
                             const struct match_queries *queries)
{
    const geosc_map *target = matching->target;
    enum geosc_status status = GEOSC_OK;
    uint32_t peaks[BLOCK_PANELS * PANEL], nearest[BLOCK_PANELS * PANEL];
    size_t most = size_smaller(queries->count, BLOCK_PANELS * PANEL);
    bool bilinear = matching->options->query == GEOSC_QUERY_BILINEAR;
    struct located located = {context->kernels, matching, 0, peaks, nearest, queries->cells, {0, 0, 0}};

    TRY(reserve(context, matching, most));
    make_factors(matching);
    located.allowed = count_cells(target, matching->target_mask, (struct window){0, 0, target->height, target->width});
    for (; located.first < queries->count; located.first += most) {
        struct asked asked = {.map = matching->source,
                              .cells = queries->cells + located.first,
                              .points = bilinear ? queries->points + located.first : NULL,
                              .count = size_smaller(queries->count - located.first, most),
                              .dot = matching->options->similarity == GEOSC_SIMILARITY_DOT};
        compare(context, &asked, target, matching->scratch);
        TRY(check_stop(context)); /* skipped queries have no peak */
        share(context, asked.count, locate_unit, &located, NULL, 0);
        TRY(check_stop(context));
        if (looks_back(matching))
            look_back_all(context, &located, asked.count);
        TRY(check_stop(context));
    }
done:
    return status;
}

size_t match_scratch_bytes(const struct geosc_options *options, size_t panels, size_t channels)
{
    enum { ROWS = BLOCK_PANELS * PANEL };
    size_t cells = panels * PANEL, floats;

    if (!size_multiply(cells, ROWS + (options->window_kind == GEOSC_WINDOW_GAUSS ? 2 : 0), &floats) ||
        __builtin_add_overflow(floats, (ROWS + 2 * PANEL) * channels, &floats) ||
        !size_multiply(floats, sizeof(float), &floats))
        return SIZE_MAX;
    return floats;
}

void match_scratch_free(struct match_scratch *scratch)
{
    memory_free(scratch->queries);
    memory_free(scratch->similarity);
    memory_free(scratch->desks);
    memory_free(scratch->rows);
    memory_free(scratch->factors);
    *scratch = (struct match_scratch){0};
}
