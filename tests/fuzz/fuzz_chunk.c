/* Chunks of any bytes (raw.h). The first bytes choose filters, element and size; the rest is the stored chunk. In
 * half of the runs, it is first encoded properly and must decode to the same bytes. */
#include "base/status.h"
#include "h5/encode.h"

int LLVMFuzzerInitialize(int *count, char ***arguments);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static geosc_context context;

int LLVMFuzzerInitialize(int *count, char ***arguments)
{
    (void)count, (void)arguments;
    assert(geosc_configure(&context, 1, "c") == GEOSC_OK);
    return 0;
}

enum { CONFIG = 6 };

/* Up to three of the filters: any one that packs between, before or after the others, or none. */
static struct raw_filters filters_of(uint8_t byte)
{
    static const uint8_t orders[6][3] = {{0, 1, 2}, {0, 2, 1}, {1, 0, 2}, {1, 2, 0}, {2, 0, 1}, {2, 1, 0}};
    static const enum raw_filter packers[3] = {RAW_DEFLATE, RAW_LZF, RAW_BITSHUFFLE_LZ4};
    const enum raw_filter choice[3] = {RAW_SHUFFLE, packers[byte / 24 % 3], RAW_FLETCHER32};
    struct raw_filters filters = {.count = byte % 4};

    for (size_t i = 0; i < filters.count; i++)
        filters.filter[i] = choice[orders[byte / 4 % 6][i]];
    return filters;
}

static uint8_t *copy(const uint8_t *bytes, size_t count)
{
    uint8_t *made = malloc(count + !count);

    assert(made);
    if (count)
        memcpy(made, bytes, count);
    return made;
}

static size_t rounded(size_t bytes)
{
    return (bytes + 63) / 64 * 64;
}

/* Decodes; returns the chunk, or NULL. */
static uint8_t *decode(const struct raw_filters *filters, uint32_t mask, size_t item, const uint8_t *in,
                       size_t in_bytes, size_t out_bytes)
{
    uint8_t *stored = copy(in, in_bytes), *out = malloc(out_bytes + !out_bytes);
    uint8_t *scratch = aligned_alloc(64, rounded(raw_chunk_scratch(filters, out_bytes)));
    bool good;

    assert(out && scratch);
    good = raw_decode_chunk(filters, mask, item, stored, in_bytes, out, out_bytes, scratch);
    free(stored);
    free(scratch);
    if (good)
        return out;
    free(out);
    return NULL;
}

/* A packed chunk comes back. */
static void round_trip(const struct raw_filters *filters, size_t item, const uint8_t *chunk, size_t bytes)
{
    size_t room = 8 * bytes + 4096, stored_bytes;
    uint8_t *stored = malloc(room), *out;

    assert(stored);
    if (bytes)
        memcpy(stored, chunk, bytes);
    stored_bytes = encode(filters, 0, item, stored, bytes, room);
    for (size_t i = 0; i < filters->count; i++)
        if (!raw_can_undo(filters->filter[i])) {
            free(stored);
            return;
        }
    out = decode(filters, 0, item, stored, stored_bytes, bytes);
    assert(out && memcmp(out, chunk, bytes) == 0);
    free(out);
    assert(!decode(filters, 0, item, stored, stored_bytes, bytes + 1));
    assert(bytes == 0 || !decode(filters, 0, item, stored, stored_bytes, bytes - 1));
    free(stored);
}

/* The chunk as a piece of a row, hanging over its edges. */
static void decode_piece(const struct raw_filters *filters, uint32_t mask, const uint8_t *config, const uint8_t *in,
                         size_t in_bytes)
{
    struct raw raw = {.rank = 4,
                      .dims = {2, 1 + config[0] % 3U, 1 + config[1] % 5U, 1 + config[2] % 5U},
                      .row = config[3] & 1,
                      .format = {config[3] / 4 % NUMBER_STRING, config[3] & 2},
                      .filters = *filters};
    struct raw_piece piece = {.bytes = in_bytes,
                              .filter_mask = mask,
                              .size = {2, 1 + config[0] / 4 % 4U, 1 + config[1] / 8 % 8U, 1 + config[2] / 8 % 8U}};
    size_t items = raw.dims[1] * raw.dims[2] * raw.dims[3];

    for (size_t d = 1; d < 4; d++)
        piece.start[d] = config[d] % ((raw.dims[d] - 1) / piece.size[d] + 1) * piece.size[d];
    raw.bytes = copy(in, in_bytes);
    raw.pieces = &piece;
    raw.piece_count = 1;
    float *out = malloc(items * sizeof *out);
    void *scratch = aligned_alloc(64, rounded(raw_scratch_bytes(&raw)));
    raw_decode_piece(&raw, 0, context.kernels, scratch, out);
    free(out);
    free(scratch);
    free(raw.bytes);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < CONFIG)
        return 0;
    struct raw_filters filters = filters_of(data[0]);
    size_t item = 1 + data[1] % 8U, bytes = data[2] | (size_t)(data[3] & 15) << 8;
    uint32_t mask = data[4] & 7;

    free(decode(&filters, mask, item, data + CONFIG, size - CONFIG, bytes));
    if (data[5] & 1)
        round_trip(&filters, item, data + CONFIG, size - CONFIG);
    else
        decode_piece(&filters, mask, data + 1, data + CONFIG, size - CONFIG);
    return 0;
}
