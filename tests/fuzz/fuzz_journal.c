/*
 * Journals of any bytes (record.h). Three numbers of the shape, then the journal. The mutator mends the checksums of what looks like a
 * record, so that the parser gets beyond them.
 */
#include "record.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

enum { SHAPE = 3, SUM = 4, HEAD = 28, MAGIC = 4 };

size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t most);
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t most, unsigned seed);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct bytes {
    const uint8_t *data;
    size_t size;
};

static ssize_t read_bytes(void *from, void *to, size_t size, uint64_t offset)
{
    const struct bytes *bytes = from;
    size_t left = offset < bytes->size ? bytes->size - (size_t)offset : 0;

    size = size < left ? size : left;
    memcpy(to, bytes->data + (left ? offset : 0), size);
    return (ssize_t)size;
}

static struct record_shape shape_of(const uint8_t *data)
{
    return (struct record_shape){.pairs = data[0] % 16 + 1U, .candidates = data[1] % 8 + 1U, .answers = data[2] % 16 + 1U};
}

static void put32(uint8_t *out, uint32_t value)
{
    for (int i = 0; i < 4; i++)
        out[i] = (uint8_t)(value >> 8 * i);
}

static uint32_t get32(const uint8_t *in)
{
    return (uint32_t)in[0] | (uint32_t)in[1] << 8 | (uint32_t)in[2] << 16 | (uint32_t)in[3] << 24;
}

/* The header's sum, then the sum of each record after it that claims the shape's length. */
static void mend(uint8_t *data, size_t size)
{
    struct record_shape shape = shape_of(data);
    uint8_t *journal = data + SHAPE;
    size_t left = size - SHAPE, bytes = left >= 8 ? get32(journal + MAGIC) : 0;
    uint32_t seed;

    if (bytes <= RECORD_HEADER || bytes > left)
        return;
    seed = (uint32_t)crc32(0, journal, (uInt)(bytes - SUM));
    put32(journal + bytes - SUM, seed);
    for (size_t at = bytes; at + HEAD + SUM <= left; at += bytes) {
        bytes = get32(journal + at + MAGIC);
        if (bytes != HEAD + SUM && bytes != record_bytes(&shape))
            bytes = record_bytes(&shape);
        if (at + bytes > left)
            return;
        put32(journal + at + bytes - SUM, (uint32_t)crc32(seed, journal + at, (uInt)(bytes - SUM)));
    }
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t most, unsigned seed)
{
    size = LLVMFuzzerMutate(data, size, most);
    if (size > SHAPE && seed % 4)
        mend(data, size);
    return size;
}

/* What was taken over must be answers that a run could have written. */
static void check(const struct record_shape *shape, const struct results *results, const bool *done, const struct record_scan *scan)
{
    size_t count = 0;

    for (size_t p = 0; p < shape->pairs; p++) {
        count += done[p];
        assert(!done[p] || results->status[p] < GEOSC_PAIR_STATUSES);
        assert(!done[p] || results->chosen[p] == GEOSC_UNDECIDED || results->chosen[p] < shape->candidates);
    }
    assert(count <= scan->records);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct bytes bytes = {data + SHAPE, size - SHAPE};
    geosc_context context = {.message = ""};
    struct record_scan scan;
    bool done[16] = {false};
    char text[RECORD_TEXT];
    size_t header = 0, first;
    int error = 0;

    if (size < SHAPE)
        return 0;
    struct record_shape shape = shape_of(data);
    struct results results = {.pairs = shape.pairs, .candidates = shape.candidates, .answers = shape.answers};
    first = bytes.size < RECORD_HEADER + RECORD_TEXT ? bytes.size : RECORD_HEADER + RECORD_TEXT;
    uint8_t *start = malloc(first + !first); /* of its very size, so that a read beyond it is seen */
    if (first)
        memcpy(start, bytes.data, first);
    enum record_header found = record_read_header(start, first, bytes.size, &header, text);
    free(start);
    if (found != RECORD_HEADER_WHOLE)
        return 0;
    assert(strlen(text) < RECORD_TEXT && header <= bytes.size);
    shape.seed = record_header_seed(bytes.data, header);
    results.xy = calloc(shape.pairs * shape.answers, sizeof *results.xy);
    results.score = calloc(shape.pairs * shape.answers, sizeof *results.score);
    results.imd = calloc(shape.pairs * shape.candidates, sizeof *results.imd);
    results.chosen = calloc(shape.pairs, 1);
    results.status = calloc(shape.pairs, 1);
    if (record_walk(&context, &shape, read_bytes, &bytes, header, &results, done, &scan, &error) == GEOSC_OK) {
        assert(scan.end + scan.damaged <= 2 * bytes.size && scan.end <= bytes.size);
        check(&shape, &results, done, &scan);
    }
    free(results.xy);
    free(results.score);
    free(results.imd);
    free(results.chosen);
    free(results.status);
    return 0;
}
