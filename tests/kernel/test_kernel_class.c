/* All sets of a class give the same bits, on any machine: what each kernel makes of random, extreme and ragged inputs
 * has the digest in class_digests.h. With --digests: prints that file's rows. */
#include "kernel/kernel_testing.h"

enum { MOST_DEPTH = 300, MOST_FLOATS = 64 * 1024 };

/* ---- digests ------------------------------------------------------------------------------------- */

/* FNV-1a over words of 32 bits. */
static void digest_bits(uint64_t *digest, const void *data, size_t words)
{
    for (size_t i = 0; i < words; i++) {
        uint32_t word;
        memcpy(&word, (const char *)data + 4 * i, sizeof word);
        *digest = (*digest ^ word) * 0x100000001b3u;
    }
}

/* All NaN are one: machines differ in the sign of those that they make. */
static void digest_floats(uint64_t *digest, const float *p, size_t n)
{
    for (size_t i = 0; i < n; i++)
        digest_bits(digest, isnan(p[i]) ? &(uint32_t){0x7fc00000} : (const void *)&p[i], 1);
}

static void digest_doubles(uint64_t *digest, const double *p, size_t n)
{
    for (size_t i = 0; i < n; i++)
        digest_bits(digest, isnan(p[i]) ? &(uint64_t){0x7ff8000000000000} : (const void *)&p[i], 2);
}

/* ---- inputs -------------------------------------------------------------------------------------- */

enum { SPECIAL = PATTERNS, ALL_PATTERNS };

/* What follows its own rules in arithmetic, among ordinary numbers. */
static float special_float(void)
{
    static const float values[] = {0.0f,     -0.0f,     INFINITY, -INFINITY, NAN,       3.4028235e38f,
                                   0x1p-149, -0x1p-149, 0x1p-126, 1.0f,      -0x1p-127, 0x1.fffffep-127f};
    const uint32_t place = random_bits() % 64;
    return place < sizeof values / sizeof values[0] ? values[place] : random_float();
}

static void fill_any(float *p, size_t n, int pattern)
{
    if (pattern < PATTERNS)
        fill(p, n, (enum pattern)pattern);
    else
        for (size_t i = 0; i < n; i++)
            p[i] = special_float();
}

static _Alignas(64) float first[MOST_FLOATS], second[MOST_FLOATS], third[MOST_FLOATS], fourth[MOST_FLOATS],
    out[4 * MOST_FLOATS];

static void fill_all(int pattern)
{
    fill_any(first, MOST_FLOATS, pattern);
    fill_any(second, MOST_FLOATS, pattern);
    fill_any(third, MOST_FLOATS, pattern);
    fill_any(fourth, MOST_FLOATS, pattern);
}

static const size_t depths[] = {1, 2, 7, 8, 31, SUM_BLOCK, SUM_BLOCK + 1, MOST_DEPTH};
static const size_t lengths[] = {1, 3, 4, 7, 8, 9, 15, 16, 17, 31, 33, 48, 100, 257};

#define COUNT(array) (sizeof array / sizeof array[0])

/* ---- products ------------------------------------------------------------------------------------ */

static void digest_gemm_of(const struct kernels *kernels, uint64_t *digest, size_t rows, size_t depth, unsigned options)
{
    const bool packed = options & 1;
    struct gemm gemm = {
        .rows = rows,
        .depth = depth,
        .a = first,
        .a_stride = packed ? TILE : PANEL,
        .a_tile = packed ? depth * TILE : TILE,
        .b = second,
        .c = out,
        .c_stride = PANEL + 16,
        .accumulate = options & 2,
        .bias = options & 4 ? third : NULL,
        .residual = options & 8 ? fourth : NULL,
        .relu = options & 16,
    };
    memcpy(out, third, (PANEL + 1) * gemm.c_stride * sizeof *out);
    kernels->gemm_panel(&gemm);
    for (size_t m = 0; m < rows; m++)
        digest_floats(digest, out + m * gemm.c_stride, PANEL);
}

static void digest_gemm_panel(const struct kernels *kernels, uint64_t *digest)
{
    static const size_t rows[] = {1, 3, 4, 5, 7, 8, 9, PANEL};
    for (int pattern = 0; pattern < ALL_PATTERNS; pattern++) {
        fill_all(pattern);
        for (size_t d = 0; d < COUNT(depths); d++)
            for (unsigned options = 0; options < 32; options++)
                digest_gemm_of(kernels, digest, rows[(options + d) % 8], depths[d], options);
    }
}

static void digest_rowmax_panel(const struct kernels *kernels, uint64_t *digest)
{
    static struct rowmax state;
    for (int pattern = 0; pattern < ALL_PATTERNS; pattern++) {
        fill_all(pattern);
        for (size_t d = 0; d < COUNT(depths); d++) {
            rowmax_start(&state);
            kernels->rowmax_panel(&state, first, second, depths[d], 0);
            kernels->rowmax_panel(&state, first, third, depths[d], 1);
            kernels->rowmax_panel(&state, first, second, depths[d], 2); /* ties with panel 0 */
            digest_floats(digest, state.best[0], PANEL * PANEL);
            digest_bits(digest, state.panel[0], PANEL * PANEL);
        }
    }
}

static void digest_dot_rows(const struct kernels *kernels, uint64_t *digest)
{
    const float *a[37], *b[37];
    for (size_t i = 0; i < 37; i++) {
        a[i] = first + i * (MOST_DEPTH + 1);
        b[i] = second + (36 - i) * MOST_DEPTH;
    }
    for (int pattern = 0; pattern < ALL_PATTERNS; pattern++) {
        fill_all(pattern);
        for (size_t d = 0; d < COUNT(depths); d++)
            for (size_t count = 1; count <= 37; count += 6) {
                kernels->dot_rows(a, b, count, depths[d], out);
                digest_floats(digest, out, count);
            }
    }
}

/* ---- panels -------------------------------------------------------------------------------------- */

static void digest_normalise_panel(const struct kernels *kernels, uint64_t *digest)
{
    static const size_t cells[] = {1, 7, 8, 9, 16, 41, PANEL};
    float norms[PANEL];
    for (int pattern = 0; pattern < ALL_PATTERNS; pattern++) {
        fill_all(pattern);
        for (size_t c = 0; c < COUNT(lengths); c++)
            for (size_t n = 0; n < COUNT(cells); n++) {
                const bool finite = kernels->normalise_panel(first, lengths[c], cells[n], out, norms);
                digest_bits(digest, &(uint32_t){finite}, 1);
                digest_floats(digest, out, lengths[c] * cells[n]);
                digest_floats(digest, norms, cells[n]);
            }
    }
}

static void digest_gather_panel(const struct kernels *kernels, uint64_t *digest)
{
    const float *rows[PANEL];
    fill_all(SPECIAL);
    for (size_t c = 0; c < COUNT(lengths); c++) {
        for (size_t i = 0; i < PANEL; i++)
            rows[i] = first + i * 7 % PANEL * lengths[c];
        kernels->gather_panel(rows, lengths[c], out);
        digest_floats(digest, out, lengths[c] * PANEL);
    }
}

static void digest_moments_panel(const struct kernels *kernels, uint64_t *digest)
{
    static const size_t cells[] = {1, 15, 16, 17, 33, PANEL};
    double moments[2 * 12];
    for (int pattern = 0; pattern < ALL_PATTERNS; pattern++) {
        fill_all(pattern);
        for (size_t n = 0; n < COUNT(cells); n++)
            for (size_t size = 1; size <= 12; size += size) {
                kernels->moments_panel(first, 8 * size, size, cells[n], moments);
                digest_doubles(digest, moments, 2 * 8);
            }
    }
}

static void digest_affine_panel(const struct kernels *kernels, uint64_t *digest)
{
    for (int pattern = 0; pattern < ALL_PATTERNS; pattern++) {
        fill_all(pattern);
        kernels->affine_panel(first, 33, second, third, out);
        digest_floats(digest, out, 33 * PANEL);
    }
}

static void digest_mix_panel(const struct kernels *kernels, uint64_t *digest)
{
    for (int pattern = 0; pattern < ALL_PATTERNS; pattern++)
        for (unsigned options = 0; options < 4; options++) {
            fill_all(pattern);
            struct mix mix = {
                .channels = 33,
                .in = first,
                .scale = second,
                .shift = third,
                .side = fourth,
                .side_scale = options & 1 ? second + 100 : NULL,
                .side_shift = third + 100,
                .weight = random_float(),
                .accumulate = options & 2,
                .out = out,
            };
            memcpy(out, second, mix.channels * PANEL * sizeof *out);
            kernels->mix_panel(&mix);
            digest_floats(digest, out, mix.channels * PANEL);
        }
}

/* ---- rows ---------------------------------------------------------------------------------------- */

static float largest_product(const struct softmax_row *row)
{
    float largest = -INFINITY;
    for (size_t i = 0; i < row->count; i++) {
        const float value = row->factors ? row->values[i] * row->factors[i] * row->factor : row->values[i];
        largest = value > largest ? value : largest;
    }
    return largest;
}

/* Around arguments of exp that are halfway between two powers of two, where a rounding decides. */
static void digest_halfway_weights(const struct kernels *kernels, uint64_t *digest)
{
    double sums[2];
    for (int power = 0; power < 125; power++) {
        float value = (float)(-(power + 0.5) * 0.693147180559945309);
        for (int step = 0; step < 8; step++)
            value = nextafterf(value, 0.0f);
        for (int step = 0; step < 16; step++, value = nextafterf(value, -INFINITY)) {
            kernels->sum_weights(&(struct softmax_row){&value, NULL, 1, 1.0f, 0.0f, 1.0f}, sums);
            digest_doubles(digest, sums, 1);
        }
    }
}

/* Arguments of exp from 0 to beyond where it vanishes; some cells without a value. */
static void digest_sum_weights(const struct kernels *kernels, uint64_t *digest)
{
    static const float scales[] = {1.0f, 25.0f, 100.0f, 0.01f};
    double sums[2];
    digest_halfway_weights(kernels, digest);
    fill_all(RANDOM);
    for (size_t i = 0; i < MOST_FLOATS; i++) {
        first[i] = i % 29 == 3 ? -INFINITY : first[i];
        second[i] = fabsf(second[i]) + 0.01f;
    }
    for (size_t s = 0; s < COUNT(scales); s++)
        for (size_t count = 1; count < 40; count++)
            for (int factors = 0; factors < 2; factors++) {
                struct softmax_row row = {first + 41 * count, factors ? second : NULL, count, 1.25f, 0.0f, scales[s]};
                row.reference = largest_product(&row);
                kernels->sum_weights(&row, sums);
                digest_doubles(digest, sums, 2);
            }
}

static void digest_distance_squared(const struct kernels *kernels, uint64_t *digest)
{
    for (int pattern = 0; pattern < ALL_PATTERNS; pattern++) {
        fill_all(pattern);
        for (size_t n = 0; n < 40; n++) {
            const double distance = kernels->distance_squared(first + n, second + n, n, random_float());
            digest_doubles(digest, &distance, 1);
        }
    }
}

/* All values of 16 bits in pieces of many lengths; which are finite. */
static void digest_16_bits(bool (*convert)(const uint16_t *, float *, size_t), uint64_t *digest)
{
    static uint16_t halves[65536 + 64];
    for (size_t i = 0; i < sizeof halves / sizeof halves[0]; i++)
        halves[i] = (uint16_t)i;
    for (size_t i = 0, n = 0; i < 65536; i += n, n = (n + 1) % 40) {
        const bool finite = convert(halves + i, out, n);
        digest_bits(digest, &(uint32_t){finite}, 1);
        digest_bits(digest, out, n);
    }
}

static void digest_from_half(const struct kernels *kernels, uint64_t *digest)
{
    digest_16_bits(kernels->from_half, digest);
}

static void digest_from_bfloat(const struct kernels *kernels, uint64_t *digest)
{
    digest_16_bits(kernels->from_bfloat, digest);
}

/* The sign of a largest zero is anyone's. */
static void digest_largest(const struct kernels *kernels, uint64_t *digest)
{
    for (int pattern = 0; pattern < PATTERNS; pattern++) {
        fill_all(pattern);
        for (size_t n = 1; n < 70; n++) {
            const float largest = kernels->largest(first + n, n) + 0.0f;
            digest_floats(digest, &largest, 1);
        }
    }
}

static void digest_find_at_least(const struct kernels *kernels, uint64_t *digest)
{
    int32_t places[16];
    for (int pattern = 0; pattern < ALL_PATTERNS; pattern++) {
        fill_all(pattern);
        for (size_t n = 0; n < 70; n++) {
            const size_t found = kernels->find_at_least(first + n, n, second[n], places, 16);
            digest_bits(digest, &(uint32_t){(uint32_t)found}, 1);
            digest_bits(digest, places, found < 16 ? found : 16);
        }
    }
}

/* ---- Winograd ------------------------------------------------------------------------------------ */

static void digest_winograd_weights(const struct kernels *kernels, uint64_t *digest)
{
    double g[WINOGRAD_SIDE * 3];
    for (int pattern = 0; pattern < ALL_PATTERNS; pattern++) {
        fill_all(pattern);
        for (size_t i = 0; i < WINOGRAD_SIDE * 3; i++)
            g[i] = (double)random_float() / 3.0;
        for (size_t inputs = 1; inputs < 6; inputs++) {
            kernels->winograd_weights(g, first, inputs, out, inputs * TILE);
            digest_floats(digest, out, WINOGRAD_PATCH * inputs * TILE);
        }
    }
}

/* Patches of which some cells are outside the map; each cell of an output tile has a place of its own. */
static void fill_tiles(struct winograd_tiles *tiles, size_t channels)
{
    tiles->in_count = tiles->out_count = 0;
    for (size_t i = 0; i < WINOGRAD_PATCH * PANEL; i++)
        if (random_bits() % 5) {
            tiles->in_place[tiles->in_count] = (uint16_t)i;
            tiles->in_offset[tiles->in_count++] = random_bits() % PANEL;
        }
    for (size_t i = 0; i < WINOGRAD_TILE * PANEL; i++) {
        tiles->out_place[tiles->out_count] = (uint16_t)i;
        tiles->out_offset[tiles->out_count++] = (uint32_t)(i / PANEL * channels * PANEL + i % PANEL);
    }
}

/* Without the signs of zeros: valgrind's vfnmadd makes -0 of 0 - 0 * b. */
static void digest_values(uint64_t *digest, const float *p, size_t n)
{
    for (size_t i = 0; i < n; i++)
        digest_floats(digest, &(float){p[i] + 0.0f}, 1);
}

static void digest_winograd_input(const struct kernels *kernels, uint64_t *digest)
{
    static struct winograd_tiles tiles;
    static _Alignas(64) float v[WINOGRAD_PATCH * 7296]; /* more than 1 MB, which goes past the caches */
    for (int pattern = 0; pattern < ALL_PATTERNS; pattern++)
        for (size_t channels = 1; channels < 5; channels++) {
            const size_t slice = channels == 3 ? 7296 : channels * PANEL;
            fill_all(pattern);
            fill_tiles(&tiles, channels);
            kernels->winograd_input(&tiles, first, channels, v, slice);
            for (size_t p = 0; p < WINOGRAD_PATCH; p++)
                digest_values(digest, v + p * slice, channels * PANEL);
        }
}

static void digest_winograd_output(const struct kernels *kernels, uint64_t *digest)
{
    static struct winograd_tiles tiles;
    for (int pattern = 0; pattern < ALL_PATTERNS; pattern++)
        for (size_t channels = 1; channels < 5; channels++)
            for (unsigned options = 0; options < 4; options++) {
                fill_all(pattern);
                fill_tiles(&tiles, channels);
                kernels->winograd_output(&tiles, first, channels * PANEL, channels, options & 1 ? second : NULL,
                                         options & 2, out);
                digest_floats(digest, out, WINOGRAD_TILE * channels * PANEL);
            }
}

/* ---- all of them --------------------------------------------------------------------------------- */

static const struct digest {
    const char *kernel;
    void (*make)(const struct kernels *, uint64_t *);
    uint64_t fma, c; /* by class */
} digests[] = {
#define DIGEST(kernel, fma, c) {#kernel, digest_##kernel, fma, c},
#include "kernel/class_digests.h"
#undef DIGEST
};

enum { DIGESTS = sizeof digests / sizeof digests[0] };

static uint64_t digest_of(const struct digest *digest, const struct kernels *kernels)
{
    uint64_t value = 0xcbf29ce484222325;
    random_state = 1;
    digest->make(kernels, &value);
    return value;
}

static void test_digest(void **state)
{
    const struct digest *digest = *state;
    const struct kernels *kernels;
    for (size_t i = 0; (kernels = usable_kernels(&i));) {
        const uint64_t value = digest_of(digest, kernels);
        const uint64_t expected = is_fused(kernels) ? digest->fma : digest->c;
        if (value != expected)
            fail_msg("%s of %s: other bits than class %s has", digest->kernel, kernels->name, kernels->isa_class);
    }
}

/* On a machine that has both classes. */
static int print_digests(void)
{
    for (size_t i = 0; i < DIGESTS; i++) {
        unsigned long long value[2] = {0};
        const struct kernels *kernels;
        for (size_t j = 0; (kernels = usable_kernels(&j));)
            value[!is_fused(kernels)] = digest_of(&digests[i], kernels);
        printf("DIGEST(%s, 0x%016llx, 0x%016llx)\n", digests[i].kernel, value[0], value[1]);
    }
    return 0;
}

int main(int argc, char **argv)
{
    struct CMUnitTest tests[DIGESTS];
    if (argc > 1 && strcmp(argv[1], "--digests") == 0)
        return print_digests();
    for (size_t i = 0; i < DIGESTS; i++)
        tests[i] = (struct CMUnitTest){
            .name = digests[i].kernel, .test_func = test_digest, .initial_state = (void *)(uintptr_t)&digests[i]};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
