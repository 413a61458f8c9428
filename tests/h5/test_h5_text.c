/* Strings and attributes. */
#include "h5/h5_testing.h"

static void check_strings(struct h5_file *file, const char *path)
{
    struct h5_array array;
    char **text;

    assert_ok(h5_array_open(context, file, path, &array));
    assert_int_equal(array.format.type, NUMBER_STRING);
    assert_ok(h5_read_strings(context, &array, &text));
    assert_string_equal(text[0], "cat");
    assert_string_equal(text[1], "");
    assert_string_equal(text[2], "aeroplane");
    memory_free(text);
    h5_array_close(&array);
}

static void strings(void **state)
{
    static const char *const variable[3] = {"cat", "", "aeroplane"};
    static char long_text[70000];
    const char *const too_long[1] = {long_text};
    const char *path = scratch_path("strings.h5");
    const hsize_t dims[1] = {3}, chunk[1] = {2};
    hid_t id = make_file(path), type = H5Tcopy(H5T_FORTRAN_S1), creation;
    struct h5_array array;
    char **text;
    double number;

    (void)state;
    memset(long_text, 'x', sizeof long_text - 1);
    make_strings(id, "/fixed", 3, 10, "cat\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0aeroplane");
    MAKE(H5Tset_size(type, 9));
    make_array(id, "/spaces", type, 1, dims, "cat               aeroplane", H5P_DEFAULT);
    H5Tclose(type);
    make_variable_strings(id, "/variable", 3, variable, H5P_DEFAULT);
    creation = make_chunks(1, chunk);
    MAKE(H5Pset_shuffle(creation));
    MAKE(H5Pset_deflate(creation, 6)); /* some versions of HDF5 leave filters out here */
    make_variable_strings(id, "/packed", 3, variable, creation);
    make_variable_strings(id, "/long", 1, too_long, H5P_DEFAULT);
    H5Fclose(id);
    struct h5_file *file = open_file(path);
    check_strings(file, "/fixed");
    check_strings(file, "/spaces");
    check_strings(file, "/variable");
    check_strings(file, "/packed");
    assert_ok(h5_array_open(context, file, "/long", &array));
    assert_refused(h5_read_strings(context, &array, &text), "its strings are too long");
    assert_refused(h5_read_doubles(context, &array, &number, NULL), "expected numbers");
    h5_array_close(&array);
    h5_close(file);
}

/* A chunk of references that holds less than its size would make HDF5 read beyond it. */
static void damaged_strings(void **state)
{
    static const char *const variable[3] = {"cat", "", "aeroplane"};
    /* a deflate stream of 5 bytes, where a chunk of two references has 32 */
    static const unsigned char few[] = {0x78, 0x9c, 0xcb, 0x48, 0xcd, 0xc9, 0xc9, 0x07, 0x00, 0x06, 0x2c, 0x02, 0x15};
    const char *path = scratch_path("damaged_strings.h5");
    const hsize_t chunk[1] = {2};
    hid_t id = make_file(path), creation = make_chunks(1, chunk);
    struct h5_array array;
    char **text;

    (void)state;
    MAKE(H5Pset_deflate(creation, 6));
    make_variable_strings(id, "/x", 3, variable, creation);
    put_chunk(id, "/x", 0, few, sizeof few);
    H5Fclose(id);
    struct h5_file *file = open_file(path);
    assert_ok(h5_array_open(context, file, "/x", &array));
    assert_refused(h5_read_strings(context, &array, &text), "missing or damaged");
    h5_array_close(&array);
    h5_close(file);
}

/* A file of three strings, whole; where their heap begins. free() it. */
static unsigned char *make_heap(const char *path, size_t *size, size_t *heap)
{
    static const char *const variable[3] = {"cat", "", "aeroplane"};
    hid_t id = make_file(path);

    make_variable_strings(id, "/x", 3, variable, H5P_DEFAULT);
    H5Fclose(id);
    unsigned char *bytes = scratch_read(path, size);
    assert_non_null(bytes);
    for (*heap = 0; *heap + 4 < *size && memcmp(bytes + *heap, "GCOL", 4) != 0;)
        ++*heap;
    assert_true(*heap + 64 < *size);
    return bytes;
}

/* Each byte of the heap's header and of its objects' headers, changed: refused or read, and nothing is read beyond the
 * heap. */
static void damaged_heaps(void **state)
{
    const char *spoilt = scratch_path("spoilt.h5");
    size_t size, heap, refused = 0;
    unsigned char *bytes = make_heap(scratch_path("heap.h5"), &size, &heap);

    (void)state;
    for (size_t i = 0; i < 64 * 3; i++) {
        static const unsigned char values[3] = {0, 0x7f, 0xff};
        struct h5_array array;
        char **text = NULL;
        unsigned char kept = bytes[heap + i / 3];
        bytes[heap + i / 3] = values[i % 3];
        write_file(spoilt, bytes, size);
        bytes[heap + i / 3] = kept;
        struct h5_file *file = open_file(spoilt);
        assert_ok(h5_array_open(context, file, "/x", &array));
        refused += h5_read_strings(context, &array, &text) != GEOSC_OK;
        assert_true(i >= 15 || values[i % 3] == kept || text == NULL); /* signature, version */
        memory_free(text);
        h5_array_close(&array);
        h5_close(file);
    }
    assert_between(refused, 15, 191);
    free(bytes);
}

static void put_little_endian(unsigned char *at, size_t bytes, uint64_t number)
{
    for (size_t i = 0; i < bytes; i++)
        at[i] = (unsigned char)(number >> 8 * i);
}

/* A string's length, as its reference has it and as its heap has it: none makes us read beyond what is there. */
static void lengths_that_lie(void **state)
{
    static const struct {
        uint64_t reference, object;
        const char *text; /* NULL: it is sound */
    } lies[] = {
        {9, 9, NULL}, {200, 9, "lacks a referenced string"}, {9, 60000, "is damaged"}, {60000, 60000, "is damaged"}};
    const char *path = scratch_path("heap.h5");
    unsigned char address[8];
    size_t size, heap, reference = 0, text_at;
    unsigned char *bytes = make_heap(path, &size, &heap);

    (void)state;
    for (text_at = heap; text_at + 9 < size && memcmp(bytes + text_at, "aeroplane", 9) != 0;)
        text_at++;
    put_little_endian(address, sizeof address, heap);
    while (reference + 16 < size &&
           (bytes[reference] != 9 || memcmp(bytes + reference + 4, address, sizeof address) != 0))
        reference++;
    assert_true(text_at + 9 < size && reference + 16 < size);
    for (size_t i = 0; i < sizeof lies / sizeof *lies; i++) {
        struct h5_array array;
        char **text = NULL;
        put_little_endian(bytes + reference, 4, lies[i].reference);
        put_little_endian(bytes + text_at - 8, 8, lies[i].object);
        write_file(path, bytes, size);
        struct h5_file *file = open_file(path);
        assert_ok(h5_array_open(context, file, "/x", &array));
        if (lies[i].text)
            assert_refused(h5_read_strings(context, &array, &text), lies[i].text);
        else
            check_strings(file, "/x");
        memory_free(text);
        h5_array_close(&array);
        h5_close(file);
    }
    free(bytes);
}

/* Addresses count from the end of a user block. */
static void strings_behind_a_user_block(void **state)
{
    static const char *const variable[3] = {"cat", "", "aeroplane"};
    const char *path = scratch_path("block.h5");
    hid_t creation = H5Pcreate(H5P_FILE_CREATE), id;

    (void)state;
    MAKE(H5Pset_userblock(creation, 1024));
    MAKE(id = create_oldest(path, creation));
    H5Pclose(creation);
    make_variable_strings(id, "/x", 3, variable, H5P_DEFAULT);
    H5Fclose(id);
    struct h5_file *file = open_file(path);
    check_strings(file, "/x");
    h5_close(file);
}

static void attributes(void **state)
{
    static const char *const variable[2] = {"one", "two"};
    const char *path = scratch_path("attributes.h5");
    const int32_t number = -7;
    const float pair[2] = {1, 2};
    hid_t id = make_file(path), type = H5Tcopy(H5T_C_S1);
    char text[8], **texts;
    double value;
    size_t count;
    bool found;

    (void)state;
    MAKE(H5Tset_size(type, H5T_VARIABLE));
    make_attribute(id, "/", "levels", type, 2, variable);
    make_attribute(id, "/", "one", type, 0, variable);
    H5Tclose(type);
    make_text_attribute(id, "/", "units", "pixel");
    make_text_attribute(id, "/", "essay", "much longer than eight");
    make_number_attribute(id, "/", "eps", 1e-3);
    make_attribute(id, "/", "integer", H5T_NATIVE_INT32, 0, &number);
    make_attribute(id, "/", "pair", H5T_NATIVE_FLOAT, 2, pair);
    H5Fclose(id);
    struct h5_file *file = open_file(path);
    assert_ok(h5_attribute_string(context, file, "/", "units", text, sizeof text, &found));
    assert_true(found);
    assert_string_equal(text, "pixel");
    assert_ok(h5_attribute_string(context, file, "/", "one", text, sizeof text, &found));
    assert_string_equal(text, "one");
    assert_ok(h5_attribute_string(context, file, "/", "nothing", text, sizeof text, &found));
    assert_false(found);
    assert_ok(h5_attribute_strings(context, file, "/", "levels", &texts, &count, &found));
    assert_int_equal(count, 2);
    assert_string_equal(texts[1], "two");
    memory_free(texts);
    assert_ok(h5_attribute_double(context, file, "/", "eps", &value, &found));
    assert_true(found && value == 1e-3);
    assert_ok(h5_attribute_double(context, file, "/", "integer", &value, &found));
    assert_true(value == -7);
    assert_ok(h5_attribute_double(context, file, "/", "nothing", &value, &found));
    assert_false(found);
    assert_refused(h5_attribute_string(context, file, "/", "eps", text, sizeof text, &found),
                   "attribute eps is not a string");
    assert_refused(h5_attribute_string(context, file, "/", "levels", text, sizeof text, &found), "several strings");
    assert_refused(h5_attribute_string(context, file, "/", "essay", text, sizeof text, &found), "too long");
    assert_refused(h5_attribute_double(context, file, "/", "units", &value, &found), "not a single number");
    assert_refused(h5_attribute_double(context, file, "/", "pair", &value, &found), "not a single number");
    assert_refused(h5_attribute_double(context, file, "/x", "pair", &value, &found), "/x: missing");
    h5_close(file);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(strings),
        TEST(damaged_strings),
        TEST(damaged_heaps),
        TEST(lengths_that_lie),
        TEST(strings_behind_a_user_block),
        TEST(attributes),
    };

    return cmocka_run_group_tests(tests, make_single_context, free_context);
}
