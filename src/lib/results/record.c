#include "results/record.h"

#include <errno.h>
#include <math.h>
#include <string.h>
#include <zlib.h>

#include "base/guard.h"

enum {
    MAGIC_HEADER = 0x314a5347, /* "GSJ1" */
    MAGIC_PAIR = 0x50a7c35d,   /* unlikely in text and in floats of ordinary size */
    MAGIC_END = 0x45a7c35d,
    HEAD = 28, /* bytes of a record before its payload */
    SUM = 4,
    SECTOR = 512,    /* of a disk: written as a whole or not at all */
    WINDOW = 1 << 18 /* bytes of a journal in memory, unless a record is longer */
};

/* ---- numbers ------------------------------------------------------------------------------------ */

static unsigned char *put32(unsigned char *out, uint32_t value)
{
    for (int i = 0; i < 4; i++)
        out[i] = (unsigned char)(value >> 8 * i);
    return out + 4;
}

static unsigned char *put64(unsigned char *out, uint64_t value)
{
    return put32(put32(out, (uint32_t)value), (uint32_t)(value >> 32));
}

static uint32_t get32(const unsigned char *in)
{
    return (uint32_t)in[0] | (uint32_t)in[1] << 8 | (uint32_t)in[2] << 16 | (uint32_t)in[3] << 24;
}

static uint64_t get64(const unsigned char *in)
{
    return get32(in) | (uint64_t)get32(in + 4) << 32;
}

static unsigned char *put_floats(unsigned char *out, const float *values, size_t count)
{
    uint32_t bits;

    for (size_t i = 0; i < count; i++) {
        memcpy(&bits, &values[i], sizeof bits);
        out = put32(out, bits);
    }
    return out;
}

static const unsigned char *get_floats(const unsigned char *in, float *values, size_t count)
{
    for (size_t i = 0; i < count; i++, in += 4) {
        uint32_t bits = get32(in);
        memcpy(&values[i], &bits, sizeof bits);
    }
    return in;
}

static uint32_t sum_of(uint32_t seed, const unsigned char *bytes, size_t count)
{
    return (uint32_t)crc32_z(GUARD(journal_seed) ? seed : 0, bytes, count);
}

/* ---- writing ------------------------------------------------------------------------------------ */

size_t record_make_header(const char *text, unsigned char *out)
{
    size_t length = strlen(text), bytes = RECORD_HEADER + length;

    put32(put32(out, MAGIC_HEADER), (uint32_t)bytes);
    memcpy(out + 8, text, length);
    put32(out + 8 + length, sum_of(0, out, bytes - SUM));
    return bytes;
}

uint32_t record_header_seed(const unsigned char *header, size_t bytes)
{
    return get32(header + bytes - SUM);
}

size_t record_bytes(const struct record_shape *shape)
{
    return HEAD + 2 + (shape->candidates + 3 * shape->answers) * sizeof(float) +
           results_parts_bytes(&shape->asked, shape->answers) + SUM;
}

static void make_head(uint32_t magic, size_t bytes, uint64_t sequence, uint64_t pair, unsigned char *out)
{
    put64(put64(put64(put32(out, magic), bytes), sequence), pair);
}

/* Puts the pair's values of an array that only some results have. */
static unsigned char *put_part(const struct results_part *part, size_t pair, unsigned char *out)
{
    size_t size = number_size(part->type);
    const unsigned char *values = (const unsigned char *)part->values + pair * part->items * size;
    uint32_t bits;

    for (size_t i = 0; i < part->items; i++, values += size)
        if (size == 1) {
            *out++ = *values;
        } else {
            memcpy(&bits, values, sizeof bits);
            out = put32(out, bits);
        }
    return out;
}

size_t record_make_pair(const struct record_shape *shape, uint64_t sequence, size_t pair, const struct results *results,
                        unsigned char *out)
{
    size_t bytes = record_bytes(shape), count;
    struct results_part parts[RESULTS_PARTS];
    unsigned char *next = out + HEAD;

    make_head(MAGIC_PAIR, bytes, sequence, pair, out);
    *next++ = results->status[pair];
    *next++ = results->chosen[pair];
    next = put_floats(next, results->imd + pair * shape->candidates, shape->candidates);
    next = put_floats(next, results->xy[pair * shape->answers], 2 * shape->answers);
    next = put_floats(next, results->score + pair * shape->answers, shape->answers);
    count = results_parts(results, parts);
    for (size_t i = 0; i < count; i++)
        next = put_part(&parts[i], pair, next);
    put32(next, sum_of(shape->seed, out, bytes - SUM));
    return bytes;
}

size_t record_make_end(const struct record_shape *shape, uint64_t sequence, unsigned char *out)
{
    make_head(MAGIC_END, HEAD + SUM, sequence, shape->pairs, out);
    put32(out + HEAD, sum_of(shape->seed, out, HEAD));
    return HEAD + SUM;
}

/* ---- reading ------------------------------------------------------------------------------------ */

static bool all_zero(const unsigned char *data, size_t size)
{
    for (size_t i = 0; i < size; i++)
        if (data[i])
            return false;
    return true;
}

enum record_header record_read_header(const unsigned char *data, size_t size, uint64_t total, size_t *bytes, char *text)
{
    unsigned char magic[4];
    size_t known = size < sizeof magic ? size : sizeof magic, length;

    put32(magic, MAGIC_HEADER);
    if (all_zero(data, size)) /* after a crash the file can have its length without its contents */
        return total <= RECORD_HEADER + RECORD_TEXT ? RECORD_HEADER_TORN : RECORD_HEADER_DAMAGED;
    if (memcmp(data, magic, known) != 0)
        return RECORD_HEADER_FOREIGN;
    if (size < 8)
        return RECORD_HEADER_TORN;
    length = get32(data + 4);
    if (length <= RECORD_HEADER || length >= RECORD_HEADER + RECORD_TEXT)
        return RECORD_HEADER_DAMAGED;
    if (total < length)
        return RECORD_HEADER_TORN;
    if (length > size || (GUARD(journal_header_sum) && sum_of(0, data, length - SUM) != get32(data + length - SUM)))
        return RECORD_HEADER_DAMAGED;
    /* No text, whatever its checksum says. */
    if (GUARD(journal_header_text) && memchr(data + 8, '\0', length - RECORD_HEADER))
        return RECORD_HEADER_DAMAGED;
    *bytes = length;
    memcpy(text, data + 8, length - RECORD_HEADER);
    text[length - RECORD_HEADER] = '\0';
    return RECORD_HEADER_WHOLE;
}

bool record_is_torn_header(const unsigned char *data, size_t size, uint64_t total, const char *text)
{
    unsigned char whole[RECORD_HEADER + RECORD_TEXT];

    if (total > size || size > record_make_header(text, whole))
        return false;
    for (size_t at = 0; at < size; at += SECTOR) {
        size_t bytes = size - at < SECTOR ? size - at : SECTOR;
        if (!all_zero(data + at, bytes) && memcmp(data + at, whole + at, bytes) != 0)
            return false;
    }
    return true;
}

/* The part of a journal in memory, and what was found so far. */
struct walker {
    const struct record_shape *shape;
    const struct record_source *source;
    unsigned char *window;
    size_t capacity, begin, end; /* window[begin .. end - 1] is still to be examined */
    uint64_t offset;             /* of window[begin] in the journal */
    bool all;                    /* window[end - 1] is the journal's last byte */
    int error;
};

/* Loads at least one record's bytes into the window, or all that is left. */
static bool fill(struct walker *walker)
{
    if (walker->all || walker->end - walker->begin >= record_bytes(walker->shape))
        return true;
    memmove(walker->window, walker->window + walker->begin, walker->end - walker->begin);
    walker->end -= walker->begin;
    walker->begin = 0;
    while (!walker->all && walker->end < walker->capacity) {
        ssize_t got = walker->source->read(walker->source->from, walker->window + walker->end,
                                           walker->capacity - walker->end, walker->offset + walker->end);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0) {
            walker->error = errno;
            return false;
        }
        walker->all = got == 0;
        walker->end += (size_t)got;
    }
    return true;
}

/* Bytes of the sound record at the start of the window; 0 if there is none. */
static size_t sound_record(const struct walker *walker, uint64_t sequence)
{
    const unsigned char *data = walker->window + walker->begin;
    size_t left = walker->end - walker->begin, bytes;
    uint64_t pair;
    bool is_end;

    if (left < HEAD + SUM)
        return 0;
    is_end = get32(data) == MAGIC_END;
    bytes = is_end ? HEAD + SUM : record_bytes(walker->shape);
    pair = get64(data + 20);
    if ((GUARD(journal_magic) && !is_end && get32(data) != MAGIC_PAIR) ||
        (GUARD(journal_length) && get64(data + 4) != bytes) || left < bytes)
        return 0;
    if ((GUARD(journal_sequence) && get64(data + 12) < sequence) ||
        (is_end ? GUARD(journal_end_of_another) && pair != walker->shape->pairs
                : GUARD(journal_pair) && pair >= walker->shape->pairs))
        return 0;
    if (GUARD(journal_record_sum) && sum_of(walker->shape->seed, data, bytes - SUM) != get32(data + bytes - SUM))
        return 0;
    return bytes;
}

static const unsigned char *get_part(const unsigned char *in, const struct results_part *part, size_t pair)
{
    size_t size = number_size(part->type);
    unsigned char *values = (unsigned char *)part->values + pair * part->items * size;

    for (size_t i = 0; i < part->items; i++, in += size, values += size)
        if (size == 1) {
            *values = *in;
        } else {
            uint32_t bits = get32(in);
            memcpy(values, &bits, sizeof bits);
        }
    return in;
}

static float float_at(const unsigned char *in, size_t i)
{
    float value;

    get_floats(in + 4 * i, &value, 1);
    return value;
}

/* The candidate that a run chooses for these IMDs: the first smallest, GEOSC_UNDECIDED if all are NaN. SIZE_MAX: no run
 * gives such IMDs. */
static size_t chosen_by(const unsigned char *imd, size_t candidates)
{
    size_t best = GEOSC_UNDECIDED;

    for (size_t q = 0; q < candidates; q++) {
        float value = float_at(imd, q);
        if (value < 0 || isinf(value))
            return SIZE_MAX;
        if (!isnan(value) && (best == GEOSC_UNDECIDED || value < float_at(imd, best)))
            best = q;
    }
    return best;
}

/* Coordinates and score of an answer: all three or none. */
static bool answer_can_be(const unsigned char *xy, const unsigned char *score, size_t i, bool *given)
{
    const float values[3] = {float_at(xy, 2 * i), float_at(xy, 2 * i + 1), float_at(score, i)};

    *given = !isnan(values[0]);
    for (int v = 0; v < 3; v++)
        if (*given ? !isfinite(values[v]) : !isnan(values[v]))
            return false;
    return true;
}

/* The confidence: lists of peak, second, mutual and cycle, one after the other at `more`. */
static bool confidence_can_be(const unsigned char *more, size_t answers, size_t i, bool given)
{
    int32_t x = (int32_t)get32(more + 8 * i), y = (int32_t)get32(more + 8 * i + 4);
    float second = float_at(more + 8 * answers, i), cycle = float_at(more + 13 * answers, i);
    uint8_t mutual = more[12 * answers + i];

    return given ? x >= 0 && y >= 0 && !isinf(second) && mutual <= 1 && cycle >= 0 && isfinite(cycle)
                 : x == -1 && y == -1 && isnan(second) && mutual == 0 && isnan(cycle);
}

/* The best cells: lists of coordinates and scores, each score as high as the next, NaN behind the last one. An answer
 * has one at least. */
static bool top_can_be(const unsigned char *more, const struct record_shape *shape, size_t i, bool given)
{
    const size_t tops = shape->asked.tops;
    const unsigned char *xy = more + 8 * tops * i, *score = more + 4 * tops * (2 * shape->answers + i);
    float before = INFINITY;

    for (size_t t = 0; t < tops; t++) {
        bool there;
        if (!answer_can_be(xy, score, t, &there) || (there && !(float_at(score, t) <= before)) ||
            (t == 0 && there != given))
            return false;
        before = there ? float_at(score, t) : -INFINITY;
    }
    return true;
}

/* What KAP needs: lists of in, out and max, one after the other at `more`, and the pair's range. max is the score. */
static bool kap_can_be(const unsigned char *more, const struct record_shape *shape, size_t i, float score)
{
    const size_t kaps = shape->asked.kaps, answers = shape->answers;
    const unsigned char *most = more + 8 * kaps * answers;
    float in[GEOSC_KAP_ALPHAS], out[GEOSC_KAP_ALPHAS], range[2];

    if (!kaps)
        return true;
    get_floats(more + 4 * kaps * i, in, kaps);
    get_floats(more + 4 * kaps * (answers + i), out, kaps);
    get_floats(most + 4 * answers, range, 2);
    return (isnan(score) || float_at(most, i) == score) &&
           results_kap_can_be(in, out, kaps, float_at(most, i), range, !isnan(score));
}

/* Whether a run gives such values: a correct checksum only proves that they were written so. */
static bool payload_can_be(const struct record_shape *shape, const unsigned char *data)
{
    uint8_t status = data[HEAD], chosen = data[HEAD + 1];
    const unsigned char *imd = data + HEAD + 2, *xy = imd + 4 * shape->candidates;
    const unsigned char *score = xy + 8 * shape->answers, *more = score + 4 * shape->answers;
    struct results_asked before = shape->asked;
    before.heat = 0;
    before.kaps = 0;
    const unsigned char *kap = more + results_parts_bytes(&before, shape->answers);
    before.tops = 0;
    const unsigned char *top = more + results_parts_bytes(&before, shape->answers);
    bool answered = status == GEOSC_PAIR_OK || status == GEOSC_PAIR_BAD_KEYPOINT, given;

    if (status >= GEOSC_PAIR_STATUSES || (GUARD(journal_values) && (chosen != GEOSC_UNDECIDED) != answered) ||
        (GUARD(journal_choice) &&
         chosen_by(imd, shape->candidates) != (shape->unscored && chosen == 0 ? GEOSC_UNDECIDED : chosen)))
        return false;
    for (size_t i = 0; i < shape->answers; i++)
        if (((!answer_can_be(xy, score, i, &given) || (given && !answered)) && GUARD(journal_answers)) ||
            (shape->asked.confidence && GUARD(journal_confidence) &&
             !confidence_can_be(more, shape->answers, i, given)) ||
            (GUARD(journal_top) && !top_can_be(top, shape, i, given)) ||
            (GUARD(journal_kap) && !kap_can_be(kap, shape, i, float_at(score, i))))
            return false;
    return true;
}

/* Copies the payload of a sound record to its position. False, without a change, for values that no run gives. */
static bool take_payload(const struct record_shape *shape, const unsigned char *data, struct results *results,
                         bool *done)
{
    size_t pair = (size_t)get64(data + 20), count;
    struct results_part parts[RESULTS_PARTS];

    if (!payload_can_be(shape, data))
        return false;
    results->status[pair] = data[HEAD];
    results->chosen[pair] = data[HEAD + 1];
    data = get_floats(data + HEAD + 2, results->imd + pair * shape->candidates, shape->candidates);
    data = get_floats(data, results->xy[pair * shape->answers], 2 * shape->answers);
    data = get_floats(data, results->score + pair * shape->answers, shape->answers);
    count = results_parts(results, parts);
    for (size_t i = 0; i < count; i++)
        data = get_part(data, &parts[i], pair);
    done[pair] = true;
    return true;
}

/* Moves on to the next byte that may start a record. */
static void skip(struct walker *walker)
{
    const unsigned char *next = walker->window + walker->begin + 1, *end = walker->window + walker->end;
    const unsigned char *found = next < end ? memchr(next, MAGIC_PAIR & 0xff, (size_t)(end - next)) : NULL;
    size_t step = (size_t)((GUARD(journal_resynchronise) && found ? found : end) - next) + 1;

    walker->begin += step;
    walker->offset += step;
}

enum geosc_status record_walk(geosc_context *context, const struct record_shape *shape,
                              const struct record_source *source, struct results *results, bool *done,
                              struct record_scan *scan)
{
    struct walker walker = {.shape = shape, .source = source, .offset = source->offset};
    enum geosc_status status;
    uint64_t lost = 0;

    *scan = (struct record_scan){.end = source->offset};
    walker.capacity = record_bytes(shape) > WINDOW / 2 ? 2 * record_bytes(shape) : WINDOW;
    TRY(memory_allocate(context, &walker.window, walker.capacity, 1, "the journal"));
    while (fill(&walker) && walker.begin < walker.end) {
        const unsigned char *data = walker.window + walker.begin;
        size_t bytes = sound_record(&walker, scan->sequence);
        bool is_end = bytes == HEAD + SUM;
        if (bytes == 0 || (!is_end && !take_payload(shape, data, results, done))) {
            uint64_t before = walker.offset;
            skip(&walker);
            lost += walker.offset - before;
            continue;
        }
        scan->sequence = get64(data + 12) + 1;
        scan->records += !is_end;
        scan->ended = is_end;
        if (GUARD(journal_damage_counted))
            scan->damaged += lost;
        lost = 0;
        walker.begin += bytes;
        walker.offset += bytes;
        scan->end = walker.offset;
    }
    scan->error = walker.error;
    status = walker.error ? GEOSC_FAILED : GEOSC_OK;
done:
    memory_free(walker.window);
    return status;
}
