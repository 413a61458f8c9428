#include "draw/marks.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Twelve colours that lie as far apart as a search found, in CIELAB, for normal vision and for the three kinds of
 * two-colour vision (Machado, Oliveira, Fernandes, 2009); lightness 38 to 84, so that they show on white and on
 * photographs; in an order in which the first ones differ most. tests/draw/test_marks measures it. */
const unsigned char mark_palette[MARK_COLOURS][3] = {
    {0x96, 0xe1, 0x00}, {0xc3, 0x4b, 0xa5}, {0x69, 0x00, 0xff}, {0x69, 0x5a, 0x0f},
    {0xff, 0xc3, 0x87}, {0x1e, 0x69, 0x4b}, {0x0f, 0x87, 0xff}, {0x3c, 0xe1, 0xd2},
    {0xff, 0x4b, 0x87}, {0x87, 0x96, 0x00}, {0xb4, 0xb4, 0xff}, {0x96, 0x0f, 0xb4},
};

/* Light above dark, and from blue by red to yellow: two axes that every common kind of colour vision has. */
const unsigned char mark_grid[2][3][3] = {
    {{0x5a, 0xc8, 0xff}, {0xff, 0x8c, 0xdc}, {0xff, 0xe6, 0x50}},
    {{0x1e, 0x1e, 0xd2}, {0xb4, 0x00, 0x6e}, {0x8c, 0x64, 0x00}},
};

const unsigned char mark_wrong[3] = {0xd0, 0x1c, 0x00};

const char *mark_name(enum mark mark)
{
    static const char *const names[MARKS] = {"right", "wrong", "not judged", "no answer"};

    return names[mark];
}

enum mark mark_of(bool answered, bool has_truth, double error, double alpha)
{
    if (!answered)
        return MARK_MISSING;
    if (!has_truth)
        return MARK_UNJUDGED;
    return error < alpha ? MARK_RIGHT : MARK_WRONG;
}

bool mark_is_there(const double place[2])
{
    return isfinite(place[0]) && isfinite(place[1]);
}

/* ---- colours ------------------------------------------------------------------------------------- */

struct along {
    double at;
    size_t point;
};

static int compare(const void *a, const void *b)
{
    const struct along *x = a, *y = b;

    if (x->at != y->at)
        return x->at < y->at ? -1 : 1;
    return (x->point > y->point) - (x->point < y->point);
}

/* Ranks of the present places along an axis, 0 to 1, to share[point][axis]. */
static void rank_along(const double (*places)[2], size_t count, int axis, struct along *order, double (*share)[2])
{
    size_t present = 0;

    for (size_t i = 0; i < count; i++)
        if (mark_is_there(places[i]))
            order[present++] = (struct along){places[i][axis], i};
    qsort(order, present, sizeof *order, compare);
    for (size_t i = 0; i < present; i++)
        share[order[i].point][axis] = (double)i / (double)(present - 1);
}

static void mix(const double share[2], unsigned char colour[3])
{
    const int left = share[0] < 0.5 ? 0 : 1;
    const double u = 2 * share[0] - left, v = share[1];

    for (int i = 0; i < 3; i++)
        colour[i] = (unsigned char)((1 - v) * ((1 - u) * mark_grid[0][left][i] + u * mark_grid[0][left + 1][i]) +
                                    v * ((1 - u) * mark_grid[1][left][i] + u * mark_grid[1][left + 1][i]) + 0.5);
}

enum geosc_status mark_colours(geosc_context *context, const double (*places)[2], size_t count,
                               unsigned char (*colours)[3])
{
    struct along *order = NULL;
    double(*share)[2] = NULL;
    size_t present = 0;
    enum geosc_status status = GEOSC_OK;

    for (size_t i = 0; i < count; i++) {
        memcpy(colours[i], mark_palette[present % MARK_COLOURS], sizeof colours[i]);
        present += mark_is_there(places[i]);
    }
    if (present <= MARK_COLOURS)
        return GEOSC_OK;
    TRY(memory_allocate(context, &order, count, sizeof *order, "colours"));
    TRY(memory_allocate(context, &share, count, sizeof *share, "colours"));
    for (int axis = 0; axis < 2; axis++)
        rank_along(places, count, axis, order, share);
    for (size_t i = 0; i < count; i++)
        if (mark_is_there(places[i]))
            mix(share[i], colours[i]);
done:
    memory_free(order);
    memory_free(share);
    return status;
}

/* ---- side by side --------------------------------------------------------------------------------- */

/* Moves a group, given by its members, to rows around the middle of its places. */
static void part_group(double (*places)[2], const size_t *members, size_t count, double step)
{
    const size_t columns = count <= 4 ? count : (size_t)ceil(sqrt((double)count)),
                 rows = (count + columns - 1) / columns;
    double middle[2] = {0, 0};

    for (size_t i = 0; i < count; i++)
        for (int d = 0; d < 2; d++)
            middle[d] += places[members[i]][d] / (double)count;
    for (size_t i = 0; i < count; i++) {
        const size_t row = i / columns, in_row = row + 1 < rows ? columns : count - row * columns;
        places[members[i]][0] = middle[0] + ((double)(i % columns) - (double)(in_row - 1) / 2) * step;
        places[members[i]][1] = middle[1] + ((double)row - (double)(rows - 1) / 2) * step;
    }
}

enum geosc_status marks_part(geosc_context *context, double (*places)[2], size_t count, double reach, double step)
{
    size_t *members = NULL;
    bool *placed = NULL;
    enum geosc_status status;

    TRY(memory_allocate(context, &members, count, sizeof *members, "marks"));
    TRY(memory_allocate_zero(context, &placed, count, sizeof *placed, "marks"));
    for (size_t i = 0; i < count; i++) {
        size_t group = 0;
        if (placed[i] || !mark_is_there(places[i]))
            continue;
        for (size_t j = i; j < count; j++)
            if (!placed[j] && hypot(places[j][0] - places[i][0], places[j][1] - places[i][1]) < reach) {
                placed[j] = true;
                members[group++] = j;
            }
        if (group > 1)
            part_group(places, members, group, step);
    }
done:
    memory_free(members);
    memory_free(placed);
    return status;
}
