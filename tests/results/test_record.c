/* Records of a journal, in memory: whatever happens to their bytes, only records that the run wrote are accepted. */
#include "results/journal_testing.h"

#include <zlib.h>

static bool done[PAIRS];
static struct sample changed;

static const uint64_t FAR_OFF = (uint64_t)5 << 30; /* where the records seem to be */

static ssize_t read_sample(void *from, void *to, size_t size, uint64_t offset)
{
    const struct sample *sample = from;
    size_t at = (size_t)(offset - FAR_OFF), left = at < sample->size ? sample->size - at : 0;

    size = size < left ? size : left;
    memcpy(to, sample->bytes + at, size);
    return (ssize_t)size;
}

static bool same_parts(size_t p)
{
    struct results_part here[RESULTS_PARTS], there[RESULTS_PARTS];
    size_t count = results_parts(&taken, here);

    assert_int_equal(count, RESULTS_PARTS);
    assert_int_equal(results_parts(&truth, there), RESULTS_PARTS);
    for (size_t i = 0; i < count; i++) {
        size_t bytes = here[i].items * number_size(here[i].type);
        if (memcmp((char *)here[i].values + p * bytes, (char *)there[i].values + p * bytes, bytes) != 0)
            return false;
    }
    return true;
}

static bool same_pair(size_t p)
{
    return taken.status[p] == truth.status[p] && taken.chosen[p] == truth.chosen[p] &&
           memcmp(taken.imd + p * CANDIDATES, truth.imd + p * CANDIDATES, CANDIDATES * sizeof *truth.imd) == 0 &&
           memcmp(taken.xy + p * ANSWERS, truth.xy + p * ANSWERS, ANSWERS * sizeof *truth.xy) == 0 &&
           memcmp(taken.score + p * ANSWERS, truth.score + p * ANSWERS, ANSWERS * sizeof *truth.score) == 0 &&
           same_parts(p);
}

/* Pairs taken from a journal as journal_load would; 0 where it would refuse it. A wrong one ends the test. */
static size_t take(const struct sample *sample, struct record_scan *scan)
{
    char text[RECORD_TEXT];
    size_t header = 0, count = 0;

    *scan = (struct record_scan){0};
    memset(done, 0, sizeof done);
    if (record_read_header(sample->bytes,
                           sample->size < RECORD_HEADER + RECORD_TEXT ? sample->size : RECORD_HEADER + RECORD_TEXT,
                           sample->size, &header, text) != RECORD_HEADER_WHOLE ||
        strcmp(text, run_text) != 0)
        return 0;
    struct record_shape shape = {PAIRS, CANDIDATES, ANSWERS, record_header_seed(sample->bytes, header),
                                 .asked = whole.shape.asked};
    struct record_source source = {read_sample, (void *)sample, FAR_OFF + header};
    assert_ok(record_walk(context, &shape, &source, &taken, done, scan));
    scan->end -= FAR_OFF;
    for (size_t p = 0; p < PAIRS; p++) {
        count += done[p];
        if (done[p] && !same_pair(p))
            fail_msg("pair %zu is not what was written", p);
    }
    return count;
}

static void takes_all(void **state)
{
    struct record_scan scan;

    (void)state;
    assert_int_equal(take(&whole, &scan), PAIRS);
    assert_int_equal(scan.records, PAIRS);
    assert_int_equal(scan.end, whole.size);
    assert_int_equal(scan.sequence, PAIRS + 1);
    assert_int_equal(scan.damaged, 0);
    assert_true(scan.ended);
}

static void cut_at_every_byte(void **state)
{
    struct record_scan scan;

    (void)state;
    changed = whole;
    for (changed.size = whole.size; changed.size-- > 0;) {
        if (SANITIZED && changed.size > whole.header && changed.size % 7)
            continue; /* minutes */
        size_t behind = changed.size > whole.header ? changed.size - whole.header : 0;
        size_t records = behind / whole.record < PAIRS ? behind / whole.record : PAIRS;
        assert_int_equal(take(&changed, &scan), records);
        if (changed.size < whole.header)
            continue;
        assert_int_equal(scan.end, whole.header + records * whole.record);
        assert_int_equal(scan.damaged, 0);
        assert_false(scan.ended);
    }
}

static void each_bit_flipped(void **state)
{
    struct record_scan scan;

    (void)state;
    changed = whole;
    for (size_t bit = 0; bit < 8 * whole.size; bit += SANITIZED ? 31 : 1) { /* with a sanitizer, all take minutes */
        unsigned char *byte = &changed.bytes[bit / 8];
        *byte ^= (unsigned char)(1U << bit % 8);
        size_t count = take(&changed, &scan);
        if (bit / 8 < whole.header)
            assert_int_equal(count, 0); /* refused */
        else
            assert_int_equal(count, bit / 8 < whole.header + PAIRS * whole.record ? PAIRS - 1 : PAIRS);
        if (count == PAIRS - 1)
            assert_int_equal(scan.damaged, whole.record);
        *byte ^= (unsigned char)(1U << bit % 8);
    }
}

static void tails(void **state)
{
    struct random_stream random = random_stream(4, 5, 6);
    struct record_scan scan;

    (void)state;
    changed = whole;
    for (size_t length = 1; length <= 4096; length++) { /* zeros */
        changed.size = whole.size + length;
        assert_int_equal(take(&changed, &scan), PAIRS);
        assert_int_equal(scan.end, whole.size);
        assert_int_equal(scan.damaged, 0);
    }
    for (int round = 0; round < 200; round++) { /* anything */
        changed.size = whole.size + 1 + random_below(&random, 4096);
        for (size_t i = whole.size; i < changed.size; i++)
            changed.bytes[i] = (unsigned char)random_next(&random);
        assert_int_equal(take(&changed, &scan), PAIRS);
        assert_int_equal(scan.end, whole.size);
    }
    memset(&changed, 0, sizeof changed); /* nothing but zeros behind the header, as after a power cut */
    memcpy(changed.bytes, whole.bytes, whole.header);
    changed.size = whole.size;
    assert_int_equal(take(&changed, &scan), 0);
    assert_int_equal(scan.end, whole.header);
}

static void doubled_and_swapped(void **state)
{
    struct record_scan scan;

    (void)state;
    for (size_t i = 0; i < PAIRS; i++) {
        unsigned char *at = changed.bytes + whole.header + i * whole.record;
        changed = whole;
        memmove(at + whole.record, at, whole.size - whole.header - i * whole.record);
        changed.size += whole.record;
        assert_int_equal(take(&changed, &scan), PAIRS);
        assert_int_equal(scan.records, PAIRS);
        assert_int_equal(scan.damaged, whole.record);
        if (i + 1 == PAIRS)
            break;
        changed = whole;
        memcpy(at, whole.bytes + whole.header + (i + 1) * whole.record, whole.record);
        memcpy(at + whole.record, whole.bytes + whole.header + i * whole.record, whole.record);
        assert_int_equal(take(&changed, &scan), PAIRS - 1);
    }
}

/* Bytes lost and bytes added in the middle: what follows is found again. */
static void shifted(void **state)
{
    size_t middle = whole.header + 7 * whole.record + 11;
    struct record_scan scan;

    (void)state;
    for (size_t length = 1; length < 2 * whole.record; length += 13) {
        changed = whole;
        memmove(changed.bytes + middle, changed.bytes + middle + length, whole.size - middle - length);
        changed.size -= length;
        assert_between(take(&changed, &scan), PAIRS - 3, PAIRS - 1);
        assert_true(scan.damaged > 0 && scan.ended);
        changed = whole;
        memmove(changed.bytes + middle + length, changed.bytes + middle, whole.size - middle);
        memset(changed.bytes + middle, whole.bytes[whole.header], length); /* as records begin */
        changed.size += length;
        assert_int_equal(take(&changed, &scan), PAIRS - 1);
        assert_int_equal(scan.damaged, whole.record + length);
    }
}

/* Records of another run, byte for byte of the right form. */
static void foreign(void **state)
{
    static struct sample other;
    struct record_scan scan;

    (void)state;
    make_sample(&other, "version=1\nmodel=none\ninput=scene.h5\nposes=none,hflip\nimd=mutual_\n");
    assert_int_equal(other.size, whole.size);
    assert_int_equal(take(&other, &scan), 0); /* refused by its text */
    changed = other;
    memcpy(changed.bytes, whole.bytes, whole.header); /* and by its records' sums */
    assert_int_equal(take(&changed, &scan), 0);
    changed = whole;
    memcpy(changed.bytes + whole.header + 3 * whole.record, other.bytes + whole.header + 3 * whole.record,
           whole.record);
    assert_int_equal(take(&changed, &scan), PAIRS - 1);
}

/* Sums that are right over values that no run gives. */
static void values_that_cannot_be(void **state)
{
    static const struct {
        uint8_t status, chosen;
    } bad[] = {{GEOSC_PAIR_STATUSES, 0},      {255, 255}, {0, CANDIDATES}, {0, 255}, {GEOSC_PAIR_EMPTY_MASK, 0},
               {GEOSC_PAIR_BAD_KEYPOINT, 255}};
    struct record_scan scan;
    size_t pair = 37;
    uint8_t status = truth.status[pair], chosen = truth.chosen[pair];

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        changed = whole;
        truth.status[pair] = bad[i].status;
        truth.chosen[pair] = bad[i].chosen;
        record_make_pair(&whole.shape, 1, pair, &truth, changed.bytes + whole.header + whole.record);
        truth.status[pair] = status;
        truth.chosen[pair] = chosen;
        assert_int_equal(take(&changed, &scan), PAIRS - 1);
        assert_false(done[pair]);
    }
}

static uint32_t bits_of(float value)
{
    uint32_t bits;

    memcpy(&bits, &value, sizeof bits);
    return bits;
}

/* Puts `bytes` bytes of a number at an offset of record `place`, and the record's sum right again. */
static void forge(size_t place, size_t offset, size_t bytes, uint64_t number)
{
    unsigned char *record = changed.bytes + whole.header + place * whole.record;
    size_t length = place < PAIRS ? whole.record : whole.size - whole.header - PAIRS * whole.record;
    uint32_t sum;

    changed = whole;
    for (size_t i = 0; i < bytes; i++)
        record[offset + i] = (unsigned char)(number >> 8 * i);
    sum = (uint32_t)crc32_z(whole.shape.seed, record, length - 4);
    for (size_t i = 0; i < 4; i++)
        record[length - 4 + i] = (unsigned char)(sum >> 8 * i);
}

/* Offsets of the lists in a record. */
enum {
    IMD = 30, /* behind 28 bytes of head, status and chosen */
    XY = IMD + 4 * CANDIDATES,
    SCORE = XY + 8 * ANSWERS,
    PEAK = SCORE + 4 * ANSWERS,
    SECOND = PEAK + 8 * ANSWERS,
    MUTUAL = SECOND + 4 * ANSWERS,
    CYCLE = MUTUAL + ANSWERS,
    TOP_XY = CYCLE + 4 * ANSWERS,
    TOP_SCORE = TOP_XY + 8 * ANSWERS * TOPS,
    KAP_IN = TOP_SCORE + 4 * ANSWERS * TOPS,
    KAP_OUT = KAP_IN + 4 * ANSWERS * KAPS,
    KAP_MAX = KAP_OUT + 4 * ANSWERS * KAPS,
    KAP_RANGE = KAP_MAX + 4 * ANSWERS
};

/* A number that no run gives, for a pair. */
struct forged {
    size_t pair, offset, bytes;
    uint32_t number;
};

/* A record with such a number, whose sum is right, is not taken. */
static void refuse_each(const struct forged *bad, size_t count)
{
    struct record_scan scan;

    for (size_t i = 0; i < count; i++) {
        size_t place = 0;
        while (place * 37 % PAIRS != bad[i].pair)
            place++;
        forge(place, bad[i].offset, bad[i].bytes, bad[i].number);
        if (take(&changed, &scan) != PAIRS - 1 || done[bad[i].pair])
            fail_msg("number %zu of this test was taken", i);
        assert_int_equal(scan.damaged, whole.record);
    }
}

#define REFUSE(...)                                 \
    do {                                            \
        const struct forged bad[] = {__VA_ARGS__};  \
        refuse_each(bad, sizeof bad / sizeof *bad); \
    } while (0)

/* Pair 4 has failed; pair 5 lacks every third answer. */
static void answers_that_cannot_be(void **state)
{
    struct record_scan scan;

    (void)state;
    REFUSE({0, IMD, 4, bits_of(NAN)}, /* of the chosen one */
           {0, IMD, 4, bits_of(INFINITY)}, {0, IMD, 4, bits_of(-1)},
           {0, IMD + 4, 4, bits_of(0)},  /* smaller than that of the chosen one */
           {1, IMD, 4, bits_of(0.125F)}, /* as small, and before it */
           {0, IMD + 4, 4, bits_of(-INFINITY)}, {4, IMD, 4, bits_of(1)}, {4, XY, 4, bits_of(1)},
           {0, XY, 4, bits_of(NAN)}, /* half an answer */
           {0, XY + 4, 4, bits_of(INFINITY)}, {0, SCORE, 4, bits_of(NAN)},
           {5, SCORE + 8, 4, bits_of(0.5F)}); /* a score alone */
    forge(0, IMD + 4, 4, bits_of(NAN));       /* of one that has no mutual neighbours */
    const float imd = truth.imd[1];
    truth.imd[1] = NAN;
    assert_int_equal(take(&changed, &scan), PAIRS);
    truth.imd[1] = imd;
}

static void confidence_that_cannot_be(void **state)
{
    (void)state;
    REFUSE({0, PEAK, 4, UINT32_MAX}, {0, PEAK + 4, 4, 0x80000000U}, {0, SECOND, 4, bits_of(INFINITY)},
           {4, SECOND, 4, bits_of(0)}, {0, MUTUAL, 1, 2}, {4, MUTUAL, 1, 1}, {0, CYCLE, 4, bits_of(-1)},
           {0, CYCLE, 4, bits_of(NAN)}, {4, CYCLE, 4, bits_of(0)});
}

static void best_cells_that_cannot_be(void **state)
{
    (void)state;
    assert_false(isnan(truth.top_score[1]));
    REFUSE({0, TOP_XY, 4, bits_of(NAN)}, {0, TOP_SCORE, 4, bits_of(NAN)}, {0, TOP_SCORE, 4, bits_of(INFINITY)},
           {4, TOP_SCORE, 4, bits_of(1)}, {0, TOP_SCORE, 4, bits_of(0)}); /* less than the next one */
}

/* The second answer has a truth. */
static void kap_that_cannot_be(void **state)
{
    enum { SECOND_IN = KAP_IN + 4 * KAPS, SECOND_OUT = KAP_OUT + 4 * KAPS };

    (void)state;
    assert_false(isnan(truth.kap_out[KAPS]) || isnan(truth.kap_in[KAPS + 1]));
    REFUSE({0, SECOND_IN, 4, bits_of(1)}, /* more than the largest */
           {0, SECOND_OUT, 4, bits_of(1)}, {0, SECOND_IN + 4, 4, bits_of(-1.5F)},
           {0, SECOND_OUT, 4, bits_of(-INFINITY)}, {4, KAP_IN, 4, bits_of(0)}, {4, KAP_OUT, 4, bits_of(0)},
           {4, KAP_MAX, 4, bits_of(0)}, {0, KAP_MAX, 4, bits_of(NAN)}, {0, KAP_MAX, 4, bits_of(1)}, /* not the score */
           {0, KAP_RANGE, 4, bits_of(NAN)}, {0, KAP_RANGE, 4, bits_of(2)}, {0, KAP_RANGE + 4, 4, bits_of(-1)},
           {0, KAP_RANGE + 4, 4, bits_of(INFINITY)}, {4, KAP_RANGE, 4, bits_of(-1)});
}

/* Sums that are right over heads that no run writes: magic, length, sequence, pair. */
static void heads_that_cannot_be(void **state)
{
    static const struct {
        size_t offset, bytes;
        uint64_t number;
    } bad[] = {{0, 4, 0},          {0, 4, 0x50a7c35c}, {4, 8, 0},      {4, 8, 31},
               {4, 8, UINT64_MAX}, {12, 8, 1},         {20, 8, PAIRS}, {20, 8, UINT64_MAX}};
    struct record_scan scan;

    (void)state;
    forge(3, 12, 8, 3); /* as it was */
    assert_int_equal(take(&changed, &scan), PAIRS);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        forge(3, bad[i].offset, bad[i].bytes, bad[i].number);
        assert_int_equal(take(&changed, &scan), PAIRS - 1);
        assert_int_equal(scan.records, PAIRS - 1);
        assert_int_equal(scan.damaged, whole.record);
    }
    forge(PAIRS, 20, 8, PAIRS - 1); /* an end of fewer pairs */
    assert_int_equal(take(&changed, &scan), PAIRS);
    assert_false(scan.ended);
}

/* A header whose sum is right over a text that ends before its length says. */
static void text_with_a_zero(void **state)
{
    struct record_scan scan;
    uint32_t sum;

    (void)state;
    changed = whole;
    changed.bytes[whole.header - 5] = '\0';
    sum = (uint32_t)crc32_z(0, changed.bytes, whole.header - 4);
    for (size_t i = 0; i < 4; i++)
        changed.bytes[whole.header - 4 + i] = (unsigned char)(sum >> 8 * i);
    char text[RECORD_TEXT];
    size_t bytes;
    assert_int_equal(take(&changed, &scan), 0);
    assert_int_equal(record_read_header(changed.bytes, RECORD_HEADER + RECORD_TEXT, changed.size, &bytes, text),
                     RECORD_HEADER_DAMAGED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(takes_all),
        cmocka_unit_test(cut_at_every_byte),
        cmocka_unit_test(each_bit_flipped),
        cmocka_unit_test(tails),
        cmocka_unit_test(doubled_and_swapped),
        cmocka_unit_test(shifted),
        cmocka_unit_test(foreign),
        cmocka_unit_test(values_that_cannot_be),
        cmocka_unit_test(heads_that_cannot_be),
        cmocka_unit_test(answers_that_cannot_be),
        cmocka_unit_test(confidence_that_cannot_be),
        cmocka_unit_test(best_cells_that_cannot_be),
        cmocka_unit_test(kap_that_cannot_be),
        cmocka_unit_test(text_with_a_zero),
    };

    geosc_configure(context, 1, NULL);
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
