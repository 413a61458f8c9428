#include "network/load.h"

#include "base/guard.h"
#include "base/share.h"
#include "maps/resize.h"

#include <math.h>
#include <stdatomic.h>

enum { CELL_BLOCK = 64 }; /* cells normalised together: their sums stay in registers and L1 */

static size_t raw_items(const struct raw *raw)
{
    return raw->dims[1] * raw->dims[2] * raw->dims[3];
}

struct decoding {
    const struct raw *raw;
    const struct kernels *kernels;
    float *out;
    atomic_int *worst; /* enum raw_result */
};

static void decode_unit(const void *work, size_t piece, void *desk)
{
    const struct decoding *of = work;
    int here = raw_decode_piece(of->raw, piece, of->kernels, desk, of->out), worst = atomic_load(of->worst);

    while (here > worst && !atomic_compare_exchange_weak(of->worst, &worst, here))
        ;
}

/* Decodes all pieces of a raw row. */
static enum geosc_status decode(geosc_context *context, const struct raw *raw, struct load_scratch *scratch, float *out,
                                enum raw_result *result)
{
    size_t bytes = (raw_scratch_bytes(raw) + 63) / 64 * 64;
    atomic_int worst = RAW_OK;

    if (memory_grow(context, &scratch->chunk, &scratch->chunk_capacity, bytes * (size_t)context->threads, 1,
                    "a chunk") != GEOSC_OK)
        return GEOSC_FAILED;
    share(context, raw->piece_count, decode_unit, &(struct decoding){raw, context->kernels, out, &worst},
          scratch->chunk, bytes);
    *result = (enum raw_result)atomic_load(&worst);
    return check_stop(context);
}

/* Decodes one level and resizes it to a grid. */
static enum geosc_status load_level(geosc_context *context, const struct raw *raw, size_t height, size_t width,
                                    struct load_scratch *scratch, float *out, enum raw_result *result)
{
    size_t channels = raw->dims[1], in_height = raw->dims[2], in_width = raw->dims[3];

    if (in_height == height && in_width == width)
        return decode(context, raw, scratch, out, result);
    enum geosc_status status = memory_grow(context, &scratch->level, &scratch->level_capacity, raw_items(raw),
                                           sizeof(float), "a feature level");
    if (status == GEOSC_OK)
        status = decode(context, raw, scratch, scratch->level, result);
    if (status != GEOSC_OK)
        return status;
    const struct resize resize = {scratch->level, in_height * in_width, in_height, in_width, out,
                                  PANEL,          height * width,       height,    width};
    resize_channels(context, &resize, channels);
    return check_stop(context);
}

/* Divides cells first .. first + count - 1 by their norm over the levels of one group, + 1e-6 (docs/computation.md,
 * Fusion). */
static void normalise_cells(const struct features *features, int group, size_t first, size_t count, float *out)
{
    size_t cells = features->height * features->width;
    double sum[CELL_BLOCK] = {0};

    for (int pass = 0; pass < 2; pass++) {
        float *channel = out + first;
        for (size_t l = 0; l < features->level_count; l++)
            for (size_t c = 0; c < features->levels[l].dims[1]; c++, channel += cells) {
                if (features->norm_group[l] != group)
                    continue;
                for (size_t i = 0; i < count; i++)
                    if (pass == 0)
                        sum[i] += (double)channel[i] * (double)channel[i];
                    else
                        channel[i] = (float)((double)channel[i] / sum[i]);
            }
        for (size_t i = 0; i < count && pass == 0; i++)
            sum[i] = sqrt(sum[i]) + 1e-6;
    }
}

struct normalising {
    const struct features *features;
    int group;
    float *out;
};

static void normalise_unit(const void *work, size_t unit, void *desk)
{
    const struct normalising *of = work;
    size_t first = unit * CELL_BLOCK, left = of->features->height * of->features->width - first;

    (void)desk;
    normalise_cells(of->features, of->group, first, size_smaller(left, CELL_BLOCK), of->out);
}

static void normalise_groups(const geosc_context *context, const struct features *features, float *out)
{
    size_t cells = features->height * features->width;

    for (size_t l = 0; l < features->level_count; l++) {
        bool seen = features->norm_group[l] == CATALOG_NO_GROUP;
        for (size_t before = 0; before < l; before++)
            seen |= features->norm_group[before] == features->norm_group[l];
        if (seen)
            continue;
        share(context, (cells + CELL_BLOCK - 1) / CELL_BLOCK, normalise_unit,
              &(struct normalising){features, features->norm_group[l], out}, NULL, 0);
    }
}

/* Whether all values of an image are zero: usually the first one decides. */
static bool all_zero(const float *values, size_t count)
{
    size_t i = 0;

    while (i < count && values[i] == 0)
        i++;
    return i == count;
}

static enum geosc_pair_status features_status(enum raw_result result, const float *values, size_t count)
{
    switch (result) {
    case RAW_OK:
        return GUARD(empty_features) && all_zero(values, count) ? GEOSC_PAIR_EMPTY_FEATURES : GEOSC_PAIR_OK;
    case RAW_NOT_FINITE:
        return GEOSC_PAIR_BAD_FEATURES;
    default:
        return GEOSC_PAIR_UNREADABLE;
    }
}

enum geosc_status load_features(geosc_context *context, const struct features *features, const struct raw *levels,
                                const struct grids *grids, bool zero_shot, struct load_scratch *scratch, float *out,
                                enum geosc_pair_status *result)
{
    enum raw_result worst = RAW_OK;
    enum geosc_status status = GEOSC_OK;
    float *place = out;
    size_t channel = 0;

    for (size_t l = 0; l < features->level_count; l++) {
        const struct own_grid *own = grids ? grids_find(grids, channel) : NULL;
        size_t height = own ? own->height : features->height, width = own ? own->width : features->width;
        enum raw_result here;
        TRY(load_level(context, &levels[l], height, width, scratch, place, &here));
        if (here > worst)
            worst = here;
        channel += levels[l].dims[1];
        place += levels[l].dims[1] * height * width;
    }
    *result = features_status(worst, out, (size_t)(place - out));
    if (*result == GEOSC_PAIR_OK && zero_shot && features->grouped)
        normalise_groups(context, features, out);
    TRY(check_stop(context));
done:
    return status;
}

enum geosc_pair_status load_check_mask(const float *mask, size_t cells)
{
    bool any = false;

    for (size_t i = 0; i < cells; i++) {
        if (GUARD(hostile_mask) && (!(mask[i] >= 0) || isinf(mask[i])))
            return GEOSC_PAIR_BAD_MASK;
        any |= mask[i] > 0;
    }
    return any || !GUARD(hostile_mask_empty) ? GEOSC_PAIR_OK : GEOSC_PAIR_EMPTY_MASK;
}

enum geosc_status load_mask(geosc_context *context, const struct raw *raw, struct load_scratch *scratch, float *out,
                            enum geosc_pair_status *result)
{
    enum raw_result decoded;
    enum geosc_status status;

    TRY(decode(context, raw, scratch, out, &decoded));
    *result = decoded == RAW_UNREADABLE   ? GEOSC_PAIR_UNREADABLE
              : decoded == RAW_NOT_FINITE ? GEOSC_PAIR_BAD_MASK
                                          : load_check_mask(out, raw_items(raw));
done:
    return status;
}

void load_scratch_free(struct load_scratch *scratch)
{
    memory_free(scratch->chunk);
    memory_free(scratch->level);
    *scratch = (struct load_scratch){0};
}
