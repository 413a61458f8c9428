/* Models: folded and packed correctly, from files and from memory, and a line for each fault. */
#include "h5/h5_make.h"
#include "network/model.h"
#include "testing.h"

#include <math.h>

/* ---- a small state_dict ------------------------------------------------------------------------- */

enum { C = 3, BLOCKS = 2, KEYS = BLOCKS * 15, MOST = 16 * 16 * 9 };

static const size_t hidden[BLOCKS] = {5, 9}; /* neither is a multiple of TILE */

struct entry {
    char key[64];
    int rank;
    hsize_t dims[4];
    float data[MOST];
};

static struct entry entries[KEYS];

/* Quarters, which halves hold exactly; a variance is positive. */
static void add_entry(struct entry *entry, size_t block, int place, const char *name, int rank, const size_t *dims)
{
    size_t count = 1;

    snprintf(entry->key, sizeof entry->key, "%zu.net.%d.%s", block, place, name);
    entry->rank = rank;
    for (int d = 0; d < rank; d++)
        count *= entry->dims[d] = dims[d];
    for (size_t i = 0; i < count; i++)
        entry->data[i] = (float)((block + 3 * (size_t)place + strlen(name) + i * 7) % 23) / 4 -
                         (strcmp(name, "running_var") ? 2.5F : -0.25F);
}

static void make_entries(void)
{
    static const char *const names[4] = {"weight", "bias", "running_mean", "running_var"};
    size_t n = 0;

    for (size_t block = 0; block < BLOCKS; block++) {
        size_t h = hidden[block];
        size_t shapes[3][4] = {{h, C, 1, 1}, {h, h, 3, 3}, {C, h, 1, 1}};
        for (int layer = 0; layer < 3; layer++) {
            add_entry(&entries[n++], block, 3 * layer, "weight", 4, shapes[layer]);
            for (int name = 0; name < 4; name++)
                add_entry(&entries[n++], block, 3 * layer + 1, names[name], 1, shapes[layer]);
        }
    }
}

static const float *data_of(size_t block, int place, const char *name)
{
    char key[64];

    snprintf(key, sizeof key, "%zu.net.%d.%s", block, place, name);
    for (size_t i = 0; i < KEYS; i++)
        if (strcmp(entries[i].key, key) == 0)
            return entries[i].data;
    fail_msg("%s", key);
    return NULL;
}

static void write_model(const char *path, const char *prefix, hid_t type, bool groups)
{
    hid_t file = make_file(path);
    char name[256];

    for (size_t i = 0; i < KEYS; i++) {
        snprintf(name, sizeof name, "/%s%.60s", prefix, entries[i].key);
        for (char *c = name; groups && *c; c++)
            *c = *c == '.' ? '/' : *c;
        make_typed(file, name, type, H5T_NATIVE_FLOAT, entries[i].rank, entries[i].dims, entries[i].data, H5P_DEFAULT);
    }
    H5Fclose(file);
}

static geosc_model *load(const char *path)
{
    geosc_model *model;
    struct problems problems = {0};

    assert_ok(model_open(context, path, GEOSC_CONV_DIRECT, &model, &problems));
    assert_ok(problems_status(context, &problems));
    problems_free(&problems);
    return model;
}

/* ---- good models -------------------------------------------------------------------------------- */

/* Each weight and bias against BatchNorm's definition. */
static void check_convolution(const struct convolution *convolution, size_t block, int layer, double eps)
{
    const float *weight = data_of(block, 3 * layer, "weight"), *scale = data_of(block, 3 * layer + 1, "weight");
    const float *shift = data_of(block, 3 * layer + 1, "bias"), *mean = data_of(block, 3 * layer + 1, "running_mean");
    const float *variance = data_of(block, 3 * layer + 1, "running_var");
    size_t depth = convolution->inputs * convolution->taps;

    assert_int_equal(convolution->outputs, layer == 2 ? C : hidden[block]);
    assert_int_equal(convolution->inputs, layer == 0 ? C : hidden[block]);
    assert_int_equal(convolution->taps, layer == 1 ? 9 : 1);
    assert_int_equal((uintptr_t)convolution->weights % 64, 0);
    for (size_t o = 0; o < (convolution->outputs + TILE - 1) / TILE * TILE; o++) {
        bool there = o < convolution->outputs;
        double factor = there ? scale[o] / sqrt(variance[o] + eps) : 0;
        for (size_t k = 0; k < depth; k++) {
            float packed = convolution->weights[o / TILE * depth * TILE + k * TILE + o % TILE];
            assert_true(packed == (there ? (float)(weight[o * depth + k] * factor) : 0));
        }
        assert_true(!there || convolution->bias[o] == (float)(shift[o] - mean[o] * factor));
    }
}

static void check_model(const geosc_model *model, double eps)
{
    assert_int_equal(model->channels, C);
    assert_int_equal(model->hidden, 9);
    assert_int_equal(model->block_count, BLOCKS);
    for (size_t block = 0; block < BLOCKS; block++) {
        check_convolution(&model->blocks[block].reduce, block, 0, eps);
        check_convolution(&model->blocks[block].spatial, block, 1, eps);
        check_convolution(&model->blocks[block].expand, block, 2, eps);
    }
    assert_int_equal(geosc_model_channels(model), C);
    size_t parameters = 0;
    for (size_t block = 0; block < BLOCKS; block++)
        parameters += 2 * C * hidden[block] + 9 * hidden[block] * hidden[block] + 2 * (2 * hidden[block] + C);
    assert_int_equal(geosc_model_parameters(model), parameters);
}

static void folded_and_packed(void **state)
{
    const char *path = scratch_path("model.h5");

    (void)state;
    write_model(path, "blocks.", H5T_IEEE_F32LE, false);
    geosc_model *model = load(path);
    check_model(model, 1e-5);
    geosc_model_free(model);
    geosc_model_free(NULL);
}

/* Type, byte order and groups are another way to write the same model; another prefix is another key. */
static void the_same_model_in_other_ways(void **state)
{
    const char *path = scratch_path("model.h5");
    hid_t half = make_half_type(false);
    const hid_t types[] = {half, H5T_IEEE_F32LE, H5T_IEEE_F64BE};
    uint32_t crc32 = 0;

    (void)state;
    for (size_t i = 0; i < 6; i++) {
        write_model(path, "blocks.", types[i % 3], i >= 3);
        geosc_model *model = load(path);
        check_model(model, 1e-5);
        crc32 = i ? crc32 : model->crc32;
        assert_int_equal(model->crc32, crc32);
        geosc_model_free(model);
    }
    H5Tclose(half);
    static const char *const prefixes[] = {"", "module.blocks.", "a.b.c", "post_processor7."};
    for (size_t i = 0; i < sizeof prefixes / sizeof *prefixes; i++) {
        write_model(path, prefixes[i], H5T_IEEE_F32LE, false);
        geosc_model *model = load(path);
        check_model(model, 1e-5);
        assert_int_not_equal(model->crc32, crc32);
        geosc_model_free(model);
    }
}

static void crc_tells_models_apart(void **state)
{
    const char *path = scratch_path("model.h5");
    uint32_t crc32[3];

    (void)state;
    for (int i = 0; i < 3; i++) {
        entries[7].data[2] += i == 1 ? 0.25F : 0;
        write_model(path, "", H5T_IEEE_F32LE, false);
        entries[7].data[2] -= i == 1 ? 0.25F : 0;
        geosc_model *model = load(path);
        crc32[i] = model->crc32;
        geosc_model_free(model);
    }
    assert_int_equal(crc32[0], crc32[2]);
    assert_int_not_equal(crc32[0], crc32[1]);
}

static void eps_of_the_file(void **state)
{
    static const double epsilons[] = {1e-5, 1e-3};
    const char *path = scratch_path("model.h5");
    uint32_t crc32[3];

    (void)state;
    for (size_t i = 0; i < 3; i++) {
        write_model(path, "", H5T_IEEE_F32LE, false);
        if (i < 2) {
            hid_t file = H5Fopen(path, H5F_ACC_RDWR, H5P_DEFAULT);
            make_number_attribute(file, "/", "bn_eps", epsilons[i]);
            H5Fclose(file);
        }
        geosc_model *model = load(path);
        check_model(model, i == 1 ? 1e-3 : 1e-5);
        crc32[i] = model->crc32;
        geosc_model_free(model);
    }
    assert_int_equal(crc32[0], crc32[2]);
    assert_int_not_equal(crc32[1], crc32[2]);
}

static void counters_are_ignored(void **state)
{
    const char *path = scratch_path("model.h5");
    const int64_t seven = 7;

    (void)state;
    write_model(path, "", H5T_IEEE_F32LE, false);
    hid_t file = H5Fopen(path, H5F_ACC_RDWR, H5P_DEFAULT);
    make_array(file, "/0.net.1.num_batches_tracked", H5T_NATIVE_INT64, 0, NULL, &seven, H5P_DEFAULT);
    H5Fclose(file);
    geosc_model *model = load(path);
    check_model(model, 1e-5);
    geosc_model_free(model);
}

static struct geosc_tensor tensor_of(const struct entry *entry)
{
    struct geosc_tensor tensor = {.key = entry->key, .rank = (size_t)entry->rank, .data = entry->data};

    for (int d = 0; d < entry->rank; d++)
        tensor.dims[d] = (size_t)entry->dims[d];
    return tensor;
}

static void from_memory(void **state)
{
    const char *path = scratch_path("model.h5");
    struct geosc_tensor tensors[KEYS + 1];
    geosc_model *model = NULL, *twin;

    (void)state;
    for (size_t i = 0; i < KEYS; i++)
        tensors[i] = tensor_of(&entries[KEYS - 1 - i]);
    tensors[KEYS] = (struct geosc_tensor){.key = "0.net.1.num_batches_tracked", .data = entries[0].data};
    assert_ok(geosc_model_from_tensors(context, tensors, KEYS + 1, &model));
    check_model(model, 1e-5);
    write_model(path, "", H5T_IEEE_F32LE, false);
    assert_ok(geosc_model_load(context, path, &twin));
    assert_int_equal(model->crc32, twin->crc32);
    geosc_model_free(model);
    geosc_model_free(twin);
}

static void bad_arguments(void **state)
{
    struct geosc_tensor tensor = tensor_of(&entries[0]);
    geosc_model *model = NULL;

    (void)state;
    assert_int_equal(geosc_model_load(NULL, "x", &model), GEOSC_BAD_USAGE);
    assert_int_equal(geosc_model_load(context, NULL, &model), GEOSC_BAD_USAGE);
    assert_int_equal(geosc_model_load(context, "x", NULL), GEOSC_BAD_USAGE);
    assert_int_equal(geosc_model_load(context, scratch_path("nothing.h5"), &model), GEOSC_FAILED);
    assert_int_equal(geosc_model_from_tensors(context, NULL, 1, &model), GEOSC_BAD_USAGE);
    assert_int_equal(geosc_model_from_tensors(context, &tensor, 1, NULL), GEOSC_BAD_USAGE);
    assert_int_equal(geosc_model_from_tensors(context, NULL, 0, &model), GEOSC_FAILED);
    tensor.data = NULL;
    assert_int_equal(geosc_model_from_tensors(context, &tensor, 1, &model), GEOSC_BAD_USAGE);
    tensor = tensor_of(&entries[0]);
    tensor.rank = 5;
    assert_int_equal(geosc_model_from_tensors(context, &tensor, 1, &model), GEOSC_BAD_USAGE);
    tensor = tensor_of(&entries[0]);
    tensor.dims[1] = 0;
    assert_int_equal(geosc_model_from_tensors(context, &tensor, 1, &model), GEOSC_BAD_USAGE);
    assert_null(model);
}

/* ---- bad models --------------------------------------------------------------------------------- */

static const float numbers[MOST] = {1, 2, 3};
static const double doubles[9] = {1, 2, 3, -1e300, 5, 6, 7, 8, 9};
static const float negative[C] = {1, 0, -0.5F}, infinite[C] = {1, INFINITY, 0}, most[C] = {3e38F, 3e38F, 3e38F},
                   none[C] = {0, 0, 0};

CHANGE(left_over, make_array(file, "/head.weight", H5T_NATIVE_FLOAT, DIMS(2), numbers, H5P_DEFAULT))
CHANGE(other_prefix, make_array(file, "/more.0.net.0.weight", H5T_NATIVE_FLOAT, DIMS(5, C, 1, 1), numbers, H5P_DEFAULT))
CHANGE(flat_weight, make_array(file, "/0.net.3.weight", H5T_NATIVE_FLOAT, DIMS(5, 45), numbers, H5P_DEFAULT))
CHANGE(five_by_five, make_array(file, "/1.net.3.weight", H5T_NATIVE_FLOAT, DIMS(9, 9, 5, 5), NULL, H5P_DEFAULT))
CHANGE(short_bias, make_array(file, "/0.net.7.bias", H5T_NATIVE_FLOAT, DIMS(2), numbers, H5P_DEFAULT))
CHANGE(integers, make_array(file, "/0.net.7.bias", H5T_NATIVE_INT, DIMS(C), NULL, H5P_DEFAULT))
CHANGE(not_finite, make_array(file, "/0.net.7.bias", H5T_NATIVE_FLOAT, DIMS(C), infinite, H5P_DEFAULT))
CHANGE(too_large, make_array(file, "/1.net.1.bias", H5T_NATIVE_DOUBLE, DIMS(9), doubles, H5P_DEFAULT))
CHANGE(negative_variance, make_array(file, "/0.net.7.running_var", H5T_NATIVE_FLOAT, DIMS(C), negative, H5P_DEFAULT))
CHANGE(overflow, make_array(file, "/1.net.7.running_mean", H5T_NATIVE_FLOAT, DIMS(C), most, H5P_DEFAULT))
CHANGE(unwritten, make_array(file, "/0.net.7.bias", H5T_NATIVE_FLOAT, DIMS(C), NULL, H5P_DEFAULT))
CHANGE(twice, make_array(file, "/0/net/7/bias", H5T_NATIVE_FLOAT, DIMS(C), numbers, H5P_DEFAULT))
CHANGE(bad_eps, make_number_attribute(file, "/", "bn_eps", -1))
CHANGE(no_variance, make_array(file, "/0.net.7.running_var", H5T_NATIVE_FLOAT, DIMS(C), none, H5P_DEFAULT);
       make_number_attribute(file, "/", "bn_eps", 0))
CHANGE(a_link, MAKE(H5Lcreate_external("x.h5", "/x", file, "/0.net.7.bias", H5P_DEFAULT, H5P_DEFAULT)))
CHANGE(third_block,
       make_array(file, "/999999999.net.0.weight", H5T_NATIVE_FLOAT, DIMS(5, C, 1, 1), numbers, H5P_DEFAULT))
CHANGE(mixing, make_array(file, "/mixing_weights", H5T_NATIVE_FLOAT, DIMS(2), numbers, H5P_DEFAULT))

static const struct spoil spoils[] = {
    {"/1.net.4.running_mean", NULL, "/1.net.4.running_mean: missing"},
    {"/0.net.0.weight", NULL, "/0.net.0.weight: missing"},
    {"/1.net.0.weight", NULL, "/1.net.0.weight: missing"},
    {NULL, left_over, "/head.weight: is not part of this model"},
    {NULL, other_prefix, "/more.0.net.0.weight: is not part of this model"},
    {"/0.net.3.weight", flat_weight, "/0.net.3.weight: has shape [5, 45], expected [5, 5, 3, 3]"},
    {"/1.net.3.weight", five_by_five, "/1.net.3.weight: has shape [9, 9, 5, 5], expected [9, 9, 3, 3]"},
    {"/0.net.7.bias", short_bias, "/0.net.7.bias: has shape [2], expected [3]"},
    {"/0.net.7.bias", integers, "/0.net.7.bias: has type int32, expected float16, bfloat16, float32 or float64"},
    {"/0.net.7.bias", not_finite, "/0.net.7.bias: element 1 is inf"},
    {"/1.net.1.bias", too_large, "/1.net.1.bias: element 3 is -inf"},
    {"/0.net.7.running_var", negative_variance, "/0.net.7.running_var: element 2 is -0.5"},
    {"/0.net.7.running_var", no_variance, "/0.net.7.running_var: element 0 with an eps of 0 gives no finite scale"},
    {"/1.net.7.running_mean", overflow, "/1.net.6.weight: is not finite after"},
    {"/0.net.7.bias", unwritten, "/0.net.7.bias: has a shape, but its data was never written"},
    {NULL, twice, "the key 0.net.7.bias exists twice"},
    {NULL, bad_eps, "/: attribute bn_eps is -1"},
    {"/0.net.7.bias", a_link, "/0.net.7.bias: is (or is behind) an external link"},
    {NULL, third_block, "/2.net.0.weight: missing"},
    {NULL, mixing, "/mixing_weights: is not part of this model"},
};

static void bad_models(void **state)
{
    const char *path = scratch_path("model.h5");

    (void)state;
    for (size_t i = 0; i < sizeof spoils / sizeof *spoils; i++) {
        struct problems problems = {0};
        geosc_model *model;
        write_model(path, "", H5T_IEEE_F32LE, false);
        make_spoilt(path, &spoils[i]);
        assert_ok(model_open(context, path, GEOSC_CONV_DIRECT, &model, &problems));
        assert_null(model);
        assert_true(problems.count >= 1);
        if (problems.count != 1 || !strstr(problems.lines[0], spoils[i].line) ||
            strncmp(problems.lines[0], path, strlen(path)))
            fail_msg("%zu problems, the first: %s; expected: %s", problems.count, problems.lines[0], spoils[i].line);
        problems_free(&problems);
    }
}

static void many_problems(void **state)
{
    const char *path = scratch_path("model.h5");
    geosc_model *model;

    (void)state;
    write_model(path, "", H5T_IEEE_F32LE, false);
    hid_t file = H5Fopen(path, H5F_ACC_RDWR, H5P_DEFAULT);
    MAKE(H5Ldelete(file, "/0.net.7.bias", H5P_DEFAULT));
    MAKE(H5Ldelete(file, "/1.net.7.bias", H5P_DEFAULT));
    left_over(file);
    H5Fclose(file);
    assert_refused(geosc_model_load(context, path, &model), "/0.net.7.bias: missing");
    assert_null(model);
    assert_non_null(strstr(context->message, "2 more"));
}

/* Two that are the same up to where a path is cut off are one problem each, not a third one as well. */
static void long_paths(void **state)
{
    const char *path = scratch_path("model.h5");
    char name[300];
    struct problems problems = {0};
    geosc_model *model;

    (void)state;
    write_model(path, "", H5T_IEEE_F32LE, false);
    hid_t file = H5Fopen(path, H5F_ACC_RDWR, H5P_DEFAULT);
    snprintf(name, sizeof name, "/%0*d", (int)sizeof name - 2, 1);
    make_array(file, name, H5T_NATIVE_FLOAT, DIMS(2), numbers, H5P_DEFAULT);
    name[sizeof name - 2] = '2';
    make_array(file, name, H5T_NATIVE_FLOAT, DIMS(2), numbers, H5P_DEFAULT);
    H5Fclose(file);
    assert_ok(model_open(context, path, GEOSC_CONV_DIRECT, &model, &problems));
    assert_null(model);
    assert_int_equal(problems.count, 2);
    for (size_t i = 0; i < 2; i++)
        assert_non_null(strstr(problems.lines[i], "the path is too long"));
    problems_free(&problems);
}

static void no_model_at_all(void **state)
{
    const char *path = scratch_path("input.h5");
    geosc_model *model;

    (void)state;
    hid_t file = make_file(path);
    make_array(file, "/images/features", H5T_NATIVE_FLOAT, DIMS(2, 2), numbers, H5P_DEFAULT);
    H5Fclose(file);
    assert_refused(geosc_model_load(context, path, &model), "is not a model");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(folded_and_packed),
        TEST(the_same_model_in_other_ways),
        TEST(crc_tells_models_apart),
        TEST(eps_of_the_file),
        TEST(counters_are_ignored),
        TEST(from_memory),
        TEST(bad_arguments),
        TEST(bad_models),
        TEST(many_problems),
        TEST(no_model_at_all),
        TEST(long_paths),
    };

    make_entries();
    return cmocka_run_group_tests(tests, make_single_context, free_context);
}
