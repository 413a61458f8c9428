/* Numbers: every layout gives the right values, and damage fails only the rows that it affects. */
#include "h5/encode.h"
#include "h5/h5_testing.h"

#include <math.h>

enum { N = 5, C = 3, H = 6, W = 7, ITEMS = N * C * H * W };

static hid_t creation_of(int kind, int rank)
{
    static const hsize_t chunks[][4] = {{1, 3, 6, 7}, {2, 2, 4, 5}, {5, 1, 3, 7}, {3, 3, 6, 7}, {1, 1, 1, 7}};
    hid_t creation = H5Pcreate(H5P_DATASET_CREATE);

    if (kind == 1)
        MAKE(H5Pset_layout(creation, H5D_COMPACT));
    if (kind >= 2)
        MAKE(H5Pset_chunk(creation, rank, chunks[kind % 5]));
    if (kind >= 7 && kind % 2)
        MAKE(H5Pset_fletcher32(creation));
    if (kind >= 6)
        MAKE(H5Pset_shuffle(creation));
    if (kind >= 6)
        MAKE(H5Pset_deflate(creation, 4));
    if (kind >= 6 && kind % 2 == 0)
        MAKE(H5Pset_fletcher32(creation));
    if (kind >= 9)
        MAKE(H5Pset_chunk_opts(creation, H5D_CHUNK_DONT_FILTER_PARTIAL_CHUNKS));
    return creation;
}

/* Every row, read and decoded as the pipeline does it. */
static void check_rows(const struct h5_array *array, const float *wanted)
{
    struct raw raw = {0};
    size_t items = h5_array_items(array) / array->dims[0];
    float *out = malloc(items * sizeof *out);

    for (size_t row = 0; row < array->dims[0]; row++) {
        assert_ok(h5_read_row(context, array, row, &raw));
        void *scratch = aligned_alloc(64, (raw_scratch_bytes(&raw) + 63) / 64 * 64);
        memset(out, 0xff, items * sizeof *out);
        for (size_t i = 0; i < raw.piece_count; i++)
            assert_int_equal(raw_decode_piece(&raw, i, context->kernels, scratch, out), RAW_OK);
        assert_memory_equal(out, wanted + row * items, items * sizeof *out);
        free(scratch);
    }
    raw_free(&raw);
    free(out);
}

static void check_whole(const struct h5_array *array, const float *wanted)
{
    float floats[ITEMS];
    double doubles[ITEMS];
    int64_t integers[ITEMS];
    bool finite = false;

    assert_ok(h5_array_stored(context, array));
    assert_ok(h5_read_floats(context, array, floats, &finite));
    assert_true(finite);
    assert_memory_equal(floats, wanted, sizeof floats);
    assert_ok(h5_read_doubles(context, array, doubles, NULL));
    if (number_is_integer(array->format.type))
        assert_ok(h5_read_int64s(context, array, integers));
    else
        assert_refused(h5_read_int64s(context, array, integers), "expected integers");
    for (size_t i = 0; i < ITEMS; i++) {
        assert_true(doubles[i] == (double)wanted[i]);
        assert_true(!number_is_integer(array->format.type) || integers[i] == (int64_t)wanted[i]);
    }
}

/* All types, in all layouts, with all filters. */
static void every_layout(void **state)
{
    const hid_t kinds[] = {
        make_half_type(false), make_half_type(true), H5T_IEEE_F32LE, H5T_IEEE_F32BE, H5T_IEEE_F64LE,
        H5T_IEEE_F64BE,        H5T_STD_I8LE,         H5T_STD_U8LE,   H5T_STD_I16BE,  H5T_STD_U16LE,
        H5T_STD_I32LE,         H5T_STD_U32BE,        H5T_STD_I64LE,  H5T_STD_U64BE,  make_bfloat_type(false),
        make_bfloat_type(true)};
    const enum number_type formats[] = {NUMBER_F16, NUMBER_F16, NUMBER_F32,  NUMBER_F32, NUMBER_F64, NUMBER_F64,
                                        NUMBER_I8,  NUMBER_U8,  NUMBER_I16,  NUMBER_U16, NUMBER_I32, NUMBER_U32,
                                        NUMBER_I64, NUMBER_U64, NUMBER_BF16, NUMBER_BF16};
    const char *path = scratch_path("layouts.h5");
    const hsize_t dims[4] = {N, C, H, W};
    float wanted[ITEMS];
    hid_t id;

    (void)state;
    for (size_t i = 0; i < ITEMS; i++)
        wanted[i] = (float)(i * 37 % 120);
    for (int layout = 0; layout < 12; layout++) {
        id = make_file(path);
        for (size_t k = 0; k < sizeof kinds / sizeof *kinds; k++)
            make_typed(id, (char[3]){'/', (char)('a' + k)}, kinds[k], H5T_NATIVE_FLOAT, 4, dims, wanted,
                       creation_of(layout, 4));
        H5Fclose(id);
        struct h5_file *file = open_file(path);
        for (size_t k = 0; k < sizeof kinds / sizeof *kinds; k++) {
            struct h5_array array;
            assert_ok(h5_array_open(context, file, (char[3]){'/', (char)('a' + k)}, &array));
            assert_int_equal(array.format.type, formats[k]);
            check_whole(&array, wanted);
            check_rows(&array, wanted);
            h5_array_close(&array);
        }
        h5_close(file);
    }
    for (size_t k = 0; k < sizeof kinds / sizeof *kinds; k++)
        if (H5Tcommitted(kinds[k]) == 0)
            H5Tclose(kinds[k]);
}

/* Chunks of filters that HDF5 does not have, written past it: by rows and as a whole, some of them stored unpacked. */
static void packed_otherwise(void **state)
{
    static const struct {
        struct raw_filters filters;
        unsigned values[5];
    } kinds[] = {{{1, {RAW_LZF}}, {4, 0x0105, 0}},
                 {{3, {RAW_SHUFFLE, RAW_LZF, RAW_FLETCHER32}}, {4, 0x0105, 0}},
                 {{1, {RAW_BITSHUFFLE_LZ4}}, {0, 4, 4, 0, 2}},
                 {{2, {RAW_BITSHUFFLE_LZ4, RAW_FLETCHER32}}, {0, 4, 4, 128, 2}}};
    const hsize_t dims[4] = {N, C, H, W}, chunk[4] = {2, C, H, W};
    const char *path = scratch_path("packed.h5");
    enum { BYTES = 2 * C * H * W * 4, ROOM = 4 * BYTES };
    static unsigned char bytes[ROOM];
    float wanted[6 * C * H * W] = {0};

    (void)state;
    for (size_t i = 0; i < ITEMS; i++)
        wanted[i] = (float)(i * 37 % 120);
    for (size_t k = 0; k < sizeof kinds / sizeof *kinds; k++) {
        const struct raw_filters *filters = &kinds[k].filters;
        hid_t id = make_file(path), creation = make_chunks(4, chunk);
        struct h5_array array;
        for (size_t f = 0; f < filters->count; f++)
            make_filter(creation, filters->filter[f], kinds[k].values);
        make_array(id, "/x", H5T_NATIVE_FLOAT, 4, dims, NULL, creation);
        for (size_t row = 0; row < N; row += 2) {
            uint32_t mask = row == 2 ? 1 : 0;
            memcpy(bytes, wanted + row * C * H * W, BYTES);
            put_chunk_masked(id, "/x", row, mask, bytes, encode(filters, mask, 4, bytes, BYTES, ROOM));
        }
        H5Fclose(id);
        struct h5_file *file = open_file(path);
        if (raw_can_undo(filters->filter[0])) {
            assert_ok(h5_array_open(context, file, "/x", &array));
            check_whole(&array, wanted);
            check_rows(&array, wanted);
        } else {
            assert_refused(h5_array_open(context, file, "/x", &array), "built without liblz4");
        }
        h5_array_close(&array);
        h5_close(file);
    }
}

/* The bits of bfloat16 in other types, which attributes or nothing explain, in both byte orders. */
static void bfloat16_spelled_otherwise(void **state)
{
    static const char *const names[] = {"dtype", "type", "original_dtype", "torch_dtype"};
    static const char *const texts[] = {"torch.bfloat16", "bfloat16", "BF16", "Torch.BFloat16"};
    const uint16_t bits[4] = {0x3f80, 0xc000, 0x3eab, 0x0001};
    const double wanted[4] = {1, -2, 171 * 0x1p-9, 0x1p-133};
    const unsigned char bytes[8] = {0x80, 0x3f, 0x00, 0xc0, 0xab, 0x3e, 0x01, 0x00};
    const hsize_t dims[1] = {4};
    const char *path = scratch_path("bfloat.h5");
    hid_t id = make_file(path), opaque = H5Tcreate(H5T_OPAQUE, 2);
    double out[4];

    (void)state;
    make_array(id, "/0", opaque, 1, dims, bytes, H5P_DEFAULT);
    make_typed(id, "/1", H5T_STD_U16LE, H5T_NATIVE_UINT16, 1, dims, bits, H5P_DEFAULT);
    make_typed(id, "/2", H5T_STD_U16BE, H5T_NATIVE_UINT16, 1, dims, bits, H5P_DEFAULT);
    make_typed(id, "/3", H5T_STD_I16LE, H5T_NATIVE_UINT16, 1, dims, NULL, H5P_DEFAULT);
    make_array(id, "/4", H5T_NATIVE_UINT16, 1, dims, bits, H5P_DEFAULT);
    for (int i = 0; i < 4; i++)
        make_text_attribute(id, (char[3]){'/', (char)('1' + i)}, names[i], texts[i]);
    H5Tclose(opaque);
    H5Fclose(id);
    struct h5_file *file = open_file(path);
    for (int i = 0; i < 5; i++) {
        struct h5_array array;
        assert_ok(h5_array_open(context, file, (char[3]){'/', (char)('0' + i)}, &array));
        assert_int_equal(array.format.type, NUMBER_BF16);
        assert_true(i == 3 || h5_read_doubles(context, &array, out, NULL) == GEOSC_OK);
        for (size_t k = 0; i != 3 && k < 4; k++)
            assert_true(out[k] == wanted[k]);
        h5_array_close(&array);
    }
    h5_close(file);
}

/* Attributes that say something else, or are no text, leave integers as they are. */
static void integers_that_are_no_bfloat16(void **state)
{
    const char *path = scratch_path("integers.h5");
    const hsize_t dims[1] = {4};
    const double number = 16;
    const char pair[2][9] = {"bfloat16", "bfloat16"}, *text = "bfloat16";
    hid_t id = make_file(path), fixed = H5Tcopy(H5T_C_S1), variable = H5Tcopy(H5T_C_S1);
    struct h5_array array;

    (void)state;
    MAKE(H5Tset_size(fixed, 9));
    MAKE(H5Tset_size(variable, H5T_VARIABLE));
    make_array(id, "/0", H5T_STD_U16LE, 1, dims, NULL, H5P_DEFAULT);
    make_text_attribute(id, "/0", "dtype", "float16");
    make_text_attribute(id, "/0", "note", "bfloat16");
    make_text_attribute(id, "/0", "type", "bfloat16s");
    make_array(id, "/1", H5T_STD_U16LE, 1, dims, NULL, H5P_DEFAULT);
    make_attribute(id, "/1", "dtype", H5T_NATIVE_DOUBLE, 0, &number);
    make_attribute(id, "/1", "type", fixed, 2, pair);
    make_array(id, "/2", H5T_STD_U32LE, 1, dims, NULL, H5P_DEFAULT);
    make_text_attribute(id, "/2", "dtype", "bfloat16");
    make_array(id, "/3", H5T_STD_U16LE, 1, dims, NULL, H5P_DEFAULT);
    make_attribute(id, "/3", "dtype", variable, 0, &text);
    H5Tclose(fixed);
    H5Tclose(variable);
    H5Fclose(id);
    struct h5_file *file = open_file(path);
    for (int i = 0; i < 4; i++) {
        assert_ok(h5_array_open(context, file, (char[3]){'/', (char)('0' + i)}, &array));
        assert_int_equal(array.format.type, i == 2 ? NUMBER_U32 : i == 3 ? NUMBER_BF16 : NUMBER_U16);
        h5_array_close(&array);
    }
    h5_close(file);
}

/* Contiguous rows beyond 256 KB are cut into pieces, by planes, by rows of a plane, and within rows. */
static void large_rows(void **state)
{
    static const hsize_t shapes[][4] = {{2, 700, 20, 20}, {2, 3, 300, 300}, {2, 2, 2, 100000}, {2, 1, 1, 100000}};
    const char *path = scratch_path("large.h5");
    struct raw raw = {0};

    (void)state;
    for (size_t s = 0; s < sizeof shapes / sizeof *shapes; s++) {
        const hsize_t *dims = shapes[s];
        size_t items = (size_t)(dims[0] * dims[1] * dims[2] * dims[3]);
        float *numbers = malloc(items * sizeof *numbers);
        struct h5_array array;
        hid_t id = make_file(path);
        for (size_t i = 0; i < items; i++)
            numbers[i] = (float)(i % 16777216);
        make_array(id, "/x", H5T_NATIVE_FLOAT, 4, dims, numbers, H5P_DEFAULT);
        H5Fclose(id);
        struct h5_file *file = open_file(path);
        assert_ok(h5_array_open(context, file, "/x", &array));
        check_rows(&array, numbers);
        assert_ok(h5_read_row(context, &array, 1, &raw));
        assert_true(raw.piece_count > 1);
        for (size_t i = 0; i < raw.piece_count; i++)
            assert_true(raw.pieces[i].bytes <= 256 * 1024);
        h5_array_close(&array);
        h5_close(file);
        free(numbers);
    }
    raw_free(&raw);
}

static void booleans_and_enums(void **state)
{
    const char *path = scratch_path("enums.h5");
    const hsize_t dims[1] = {4};
    const signed char truth[4] = {0, 1, 1, 0};
    const uint8_t values[2] = {3, 255}, chosen[4] = {3, 255, 255, 3};
    hid_t id = make_file(path), boolean = make_boolean_type(), type = H5Tenum_create(H5T_STD_U8LE);
    struct h5_array array;
    float out[4];
    bool finite;

    (void)state;
    MAKE(H5Tenum_insert(type, "three", &values[0]));
    MAKE(H5Tenum_insert(type, "most", &values[1]));
    make_array(id, "/boolean", boolean, 1, dims, truth, H5P_DEFAULT);
    make_array(id, "/enum", type, 1, dims, chosen, H5P_DEFAULT);
    H5Tclose(boolean);
    H5Tclose(type);
    H5Fclose(id);
    struct h5_file *file = open_file(path);
    assert_ok(h5_array_open(context, file, "/boolean", &array));
    assert_true(array.boolean && array.enumerated);
    assert_int_equal(array.format.type, NUMBER_U8);
    assert_ok(h5_read_floats(context, &array, out, &finite));
    assert_true(out[0] == 0 && out[1] == 1 && out[3] == 0);
    h5_array_close(&array);
    assert_ok(h5_array_open(context, file, "/enum", &array));
    assert_true(!array.boolean && array.enumerated);
    assert_ok(h5_read_floats(context, &array, out, &finite));
    assert_true(out[0] == 3 && out[1] == 255);
    h5_array_close(&array);
    h5_close(file);
}

static enum raw_result row_result(const struct h5_array *array, size_t row)
{
    struct raw raw = {0};
    enum raw_result worst = RAW_OK;
    float out[64];

    assert_ok(h5_read_row(context, array, row, &raw));
    void *scratch = aligned_alloc(64, (raw_scratch_bytes(&raw) + 63) / 64 * 64);
    for (size_t i = 0; i < raw.piece_count; i++) {
        enum raw_result result = raw_decode_piece(&raw, i, context->kernels, scratch, out);
        worst = result > worst ? result : worst;
    }
    free(scratch);
    raw_free(&raw);
    return worst;
}

/* Missing, garbled, short, and oversized chunks are the fault of their rows. */
static void damaged_chunks(void **state)
{
    const char *path = scratch_path("damaged.h5");
    const hsize_t dims[2] = {6, 16}, chunk[2] = {1, 16};
    float numbers[96];
    unsigned char garbage[64] = {0x78, 0x9c, 1, 2, 3}, padded[4096] = {0};
    uLongf padded_bytes = sizeof padded;
    hid_t id = make_file(path), creation = make_chunks(2, chunk), space, set;
    struct h5_array array;
    double out[96];
    bool damaged[6] = {0};

    (void)state;
    for (size_t i = 0; i < 96; i++)
        numbers[i] = i == 17 ? INFINITY : (float)i;
    MAKE(H5Pset_deflate(creation, 1));
    make_array(id, "/x", H5T_NATIVE_FLOAT, 2, dims, NULL, creation);
    set = H5Dopen2(id, "/x", H5P_DEFAULT);
    space = H5Dget_space(set);
    MAKE(H5Sselect_hyperslab(space, H5S_SELECT_SET, (hsize_t[2]){0, 0}, NULL, (hsize_t[2]){2, 16}, NULL));
    hid_t memory = H5Screate_simple(2, (hsize_t[2]){2, 16}, NULL);
    MAKE(H5Dwrite(set, H5T_NATIVE_FLOAT, memory, space, H5P_DEFAULT, numbers));
    H5Sclose(memory);
    H5Sclose(space);
    H5Dclose(set);
    put_chunk(id, "/x", 2, garbage, sizeof garbage);
    assert_int_equal(compress2(padded, &padded_bytes, (const void *)numbers, 64, 1), Z_OK);
    put_chunk(id, "/x", 3, padded, sizeof padded); /* more than 64 bytes can need */
    put_chunk(id, "/x", 4, garbage, 1);
    H5Fclose(id);
    struct h5_file *file = open_file(path);
    assert_ok(h5_array_open(context, file, "/x", &array));
    const enum raw_result wanted[6] = {RAW_OK,         RAW_NOT_FINITE, RAW_UNREADABLE,
                                       RAW_UNREADABLE, RAW_UNREADABLE, RAW_UNREADABLE};
    for (size_t row = 0; row < 6; row++)
        assert_int_equal(row_result(&array, row), wanted[row]);
    assert_refused(h5_read_doubles(context, &array, out, NULL), "/x: a chunk that holds row 2 is missing or damaged");
    assert_ok(h5_read_doubles(context, &array, out, damaged));
    for (size_t row = 0; row < 6; row++)
        assert_int_equal(damaged[row], row >= 2);
    assert_true(out[3] == 3);
    h5_array_close(&array);
    h5_close(file);
}

/* What a variable that is never set holds then is no zero. */
static void dirty_the_stack(void)
{
    volatile unsigned char dirt[1 << 14];

    for (size_t i = 0; i < sizeof dirt; i++)
        dirt[i] = 1;
}

static void never_written(void **state)
{
    const char *path = scratch_path("unwritten.h5");
    const hsize_t dims[2] = {6, 8};
    hid_t id = make_file(path);
    struct h5_array array;
    double out[48];

    (void)state;
    make_array(id, "/contiguous", H5T_NATIVE_FLOAT, 2, dims, NULL, H5P_DEFAULT);
    make_array(id, "/chunked", H5T_NATIVE_FLOAT, 2, dims, NULL, make_chunks(2, dims));
    H5Fclose(id);
    struct h5_file *file = open_file(path);
    for (int i = 0; i < 2; i++) {
        assert_ok(h5_array_open(context, file, i ? "/chunked" : "/contiguous", &array));
        dirty_the_stack();
        assert_false(h5_row_stored(&array, 5));
        assert_int_equal(row_result(&array, 5), RAW_UNREADABLE);
        assert_refused(h5_read_doubles(context, &array, out, NULL), "its data was never written");
        h5_array_close(&array);
    }
    h5_close(file);
}

/* A few bytes that claim gigabytes are found out before memory is taken for them. */
static void a_claim_that_cannot_be(void **state)
{
    const char *path = scratch_path("claim.h5");
    const hsize_t dims[1] = {(hsize_t)1 << 33}, chunk[1] = {1024};
    const float numbers[1024] = {0};
    hid_t id = make_file(path), creation = make_chunks(1, chunk);
    struct h5_array array;

    (void)state;
    make_array(id, "/x", H5T_NATIVE_FLOAT, 1, dims, NULL, creation);
    put_chunk(id, "/x", 0, numbers, sizeof numbers);
    H5Fclose(id);
    struct h5_file *file = open_file(path);
    assert_ok(h5_array_open(context, file, "/x", &array));
    assert_refused(h5_array_stored(context, &array), "only 4096 are stored");
    h5_array_close(&array);
    h5_close(file);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(every_layout),
        TEST(large_rows),
        TEST(booleans_and_enums),
        TEST(bfloat16_spelled_otherwise),
        TEST(integers_that_are_no_bfloat16),
        TEST(packed_otherwise),
        TEST(damaged_chunks),
        TEST(never_written),
        TEST(a_claim_that_cannot_be),
    };

    return cmocka_run_group_tests(tests, make_single_context, free_context);
}
