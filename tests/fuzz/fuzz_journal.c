/* Journals of any bytes (record.h): three numbers of the shape, then the journal. The mutator repairs the checksums
 * of probable records, so that the parser reads on. Accepted records are written again and must come back. */
#include "results/fingerprint.h"
#include "results/record.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

enum { SHAPE = 3, SUM = 4, HEAD = 28, MAGIC = 4, PAIRS = 16 };

size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t most);
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t most, unsigned seed);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct journal {
    const uint8_t *data;
    size_t size;
};

static ssize_t read_bytes(void *from, void *to, size_t size, uint64_t offset)
{
    const struct journal *bytes = from;
    size_t left = offset < bytes->size ? bytes->size - (size_t)offset : 0;

    size = size < left ? size : left;
    memcpy(to, bytes->data + (left ? offset : 0), size);
    return (ssize_t)size;
}

static struct record_shape shape_of(const uint8_t *data)
{
    return (struct record_shape){.pairs = data[0] % PAIRS + 1U,
                                 .candidates = data[1] % 8 + 1U,
                                 .answers = data[2] % 16 + 1U,
                                 .asked = {data[1] & 128, data[2] >> 4 & 3, data[2] >> 6, {0}, data[2] >> 5 & 1}};
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

/* With the parts that the shape has. */
static struct results make_results(const struct record_shape *shape)
{
    size_t answers = shape->pairs * shape->answers;
    struct results results = {.pairs = shape->pairs, .candidates = shape->candidates, .answers = shape->answers};

    results.xy = calloc(answers, sizeof *results.xy);
    results.score = calloc(answers, sizeof *results.score);
    results.imd = calloc(shape->pairs * shape->candidates, sizeof *results.imd);
    results.chosen = calloc(shape->pairs, 1);
    results.status = calloc(shape->pairs, 1);
    if (shape->asked.confidence) {
        results.peak = calloc(answers, sizeof *results.peak);
        results.second = calloc(answers, sizeof *results.second);
        results.mutual = calloc(answers, 1);
        results.cycle = calloc(answers, sizeof *results.cycle);
    }
    results.tops = shape->asked.tops;
    if (results.tops) {
        results.top_xy = calloc(answers * results.tops, sizeof *results.top_xy);
        results.top_score = calloc(answers * results.tops, sizeof *results.top_score);
    }
    results.kaps = shape->asked.kaps;
    if (results.kaps) {
        results.kap_in = calloc(answers * results.kaps, sizeof *results.kap_in);
        results.kap_out = calloc(answers * results.kaps, sizeof *results.kap_out);
        results.kap_max = calloc(answers, sizeof *results.kap_max);
        results.kap_range = calloc(shape->pairs, sizeof *results.kap_range);
    }
    results.heat_side = shape->asked.heat;
    if (results.heat_side)
        results.heat = calloc(answers, results.heat_side * results.heat_side);
    return results;
}

static void free_results(struct results *results)
{
    free(results->xy);
    free(results->score);
    free(results->imd);
    free(results->chosen);
    free(results->status);
    free(results->peak);
    free(results->second);
    free(results->mutual);
    free(results->cycle);
    free(results->top_xy);
    free(results->top_score);
    free(results->kap_in);
    free(results->kap_out);
    free(results->kap_max);
    free(results->kap_range);
    free(results->heat);
}

static bool same_parts(const struct results *a, const struct results *b)
{
    struct results_part of_a[RESULTS_PARTS], of_b[RESULTS_PARTS];
    size_t count = results_parts(a, of_a);

    results_parts(b, of_b);
    for (size_t i = 0; i < count; i++)
        if (memcmp(of_a[i].values, of_b[i].values, a->pairs * of_a[i].items * number_size(of_a[i].type)) != 0)
            return false;
    return true;
}

static bool same(const struct results *a, const struct results *b)
{
    size_t answers = a->pairs * a->answers;

    return memcmp(a->xy, b->xy, answers * sizeof *a->xy) == 0 &&
           memcmp(a->score, b->score, answers * sizeof *a->score) == 0 &&
           memcmp(a->imd, b->imd, a->pairs * a->candidates * sizeof *a->imd) == 0 &&
           memcmp(a->chosen, b->chosen, a->pairs) == 0 && memcmp(a->status, b->status, a->pairs) == 0 &&
           same_parts(a, b);
}

/* What was taken over must be answers that a run could have written. */
static size_t check(const struct record_shape *shape, const struct results *results, const bool *done,
                    const struct record_scan *scan)
{
    size_t count = 0;

    for (size_t p = 0; p < shape->pairs; p++) {
        count += done[p];
        assert(!done[p] || results->status[p] < GEOSC_PAIR_STATUSES);
        assert(!done[p] || results->chosen[p] == GEOSC_UNDECIDED || results->chosen[p] < shape->candidates);
        for (size_t q = 0; done[p] && q < shape->candidates; q++) /* none is smaller than the chosen one's */
            assert(results->chosen[p] == GEOSC_UNDECIDED ? isnan(results->imd[p * shape->candidates + q])
                                                         : !(results->imd[p * shape->candidates + q] <
                                                             results->imd[p * shape->candidates + results->chosen[p]]));
        for (size_t i = p * shape->answers; done[p] && i < (p + 1) * shape->answers; i++)
            assert(!isinf(results->xy[i][0]) && isnan(results->xy[i][0]) == isnan(results->score[i]));
    }
    assert(count <= scan->records);
    return count;
}

/* The pairs that are done, written and walked through again. */
static void round_trip(const struct record_shape *shape, const struct results *results, const bool *done, size_t count)
{
    geosc_context context = {.message = ""};
    struct results again = make_results(shape);
    bool done_again[PAIRS] = {false};
    struct record_scan scan;
    size_t size = 0, sequence = 0;
    uint8_t *journal = malloc((PAIRS + 1) * record_bytes(shape));

    for (size_t p = shape->pairs; p-- > 0;)
        if (done[p])
            size += record_make_pair(shape, sequence++, p, results, journal + size);
    size += record_make_end(shape, sequence, journal + size);
    struct journal bytes = {journal, size};
    struct record_source source = {read_bytes, &bytes, 0};
    assert(record_walk(&context, shape, &source, &again, done_again, &scan) == GEOSC_OK);
    assert(scan.records == count && scan.ended && scan.damaged == 0 && scan.end == size);
    assert(memcmp(done, done_again, sizeof done_again) == 0 && same(results, &again));
    free(journal);
    free_results(&again);
}

/* The text of a header against a run's own. */
static void compare(const char *text)
{
    static const char own[] = "version=0.1.0\nmodel=none\nimd=squared\nposes=none,hflip\n";
    char difference[64] = "";
    bool differs = fingerprint_compare(text, own, difference, sizeof difference) != FINGERPRINT_SAME;

    assert(differs == (strcmp(text, own) != 0) && differs == (difference[0] != '\0'));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct journal bytes = {data + SHAPE, size - SHAPE};
    geosc_context context = {.message = ""};
    struct record_scan scan;
    bool done[PAIRS] = {false};
    char text[RECORD_TEXT];
    size_t header = 0, first;

    if (size < SHAPE)
        return 0;
    struct record_shape shape = shape_of(data);
    first = bytes.size < RECORD_HEADER + RECORD_TEXT ? bytes.size : RECORD_HEADER + RECORD_TEXT;
    uint8_t *start = malloc(first + !first); /* of its very size, so that a read beyond it is seen */
    if (first)
        memcpy(start, bytes.data, first);
    enum record_header found = record_read_header(start, first, bytes.size, &header, text);
    free(start);
    if (found != RECORD_HEADER_WHOLE)
        return 0;
    assert(strlen(text) == header - RECORD_HEADER && header <= bytes.size);
    compare(text);
    shape.seed = record_header_seed(bytes.data, header);
    struct results results = make_results(&shape);
    struct record_source source = {read_bytes, &bytes, header};
    if (record_walk(&context, &shape, &source, &results, done, &scan) == GEOSC_OK) {
        assert(scan.end + scan.damaged <= 2 * bytes.size && scan.end <= bytes.size);
        round_trip(&shape, &results, done, check(&shape, &results, done, &scan));
    }
    free_results(&results);
    return 0;
}
