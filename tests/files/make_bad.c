/*
 * Writes a small HDF5 file with one fault, for the command-line tests: make_bad NAME FILE. The files are written with
 * HDF5 itself, not with the library under test. Without arguments: prints the names.
 *
 * There are four good files (a stacked input, an indexed and a grouped one, a model), each a table of datasets. A fault
 * is a row that says what is different in one of them.
 */
#include "h5/h5_oldest.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum element { F4, F8, I4, I8, TEXT };
enum contents { NOISE, ONES, POINTS, INDEX, SIZES, MINUS_ONE, WORDS };

struct dataset {
    const char *path;
    enum element element;
    enum contents contents;
    int rank;
    hsize_t dims[5];
};

static const struct dataset stacked[] = {
    {"/source", F4, NOISE, 4, {2, 4, 5, 6}},
    {"/target", F4, NOISE, 4, {2, 4, 5, 6}},
    {"/mask", I4, ONES, 3, {2, 5, 6}},
    {"/keypoints", F4, POINTS, 3, {2, 3, 2}},
    {"/target_keypoints", F4, POINTS, 3, {2, 3, 2}},
    {.path = NULL},
};

static const struct dataset dense[] = {
    {"/source", F4, NOISE, 4, {2, 4, 5, 6}},
    {"/target", F4, NOISE, 4, {2, 4, 5, 6}},
    {"/mask", I4, ONES, 3, {2, 5, 6}},
    {.path = NULL},
};

static const struct dataset indexed[] = {
    {"/images/features", F4, NOISE, 4, {3, 4, 5, 6}},
    {"/images/size", I4, SIZES, 2, {3, 2}},
    {"/images/mask", I4, ONES, 3, {3, 5, 6}},
    {"/pairs/source", I8, INDEX, 1, {2}},
    {"/pairs/target", I8, INDEX, 1, {2}},
    {"/pairs/keypoints", F4, POINTS, 3, {2, 3, 2}},
    {"/pairs/target_keypoints", F4, POINTS, 3, {2, 3, 2}},
    {"/pairs/mirror_index", I4, MINUS_ONE, 2, {2, 3}},
    {"/pairs/symmetry_group", I4, MINUS_ONE, 2, {2, 3}},
    {"/pairs/threshold", F4, ONES, 1, {2}},
    {"/pairs/category", TEXT, WORDS, 1, {2}},
    {.path = NULL},
};

/* No image is like another. */
static const struct dataset grouped[] = {
    {"/images/cat/features", F4, NOISE, 3, {4, 5, 6}},
    {"/images/cat/mask", I4, ONES, 2, {5, 6}},
    {"/images/cat/size", I4, SIZES, 1, {2}},
    {"/images/cat/keypoints", F4, POINTS, 2, {3, 2}},
    {"/images/cat/poses/hflip/features", F4, NOISE, 3, {4, 5, 6}},
    {"/images/cat/poses/hflip/mask", I4, ONES, 2, {5, 6}},
    {"/images/den/fox/features", F8, NOISE, 3, {4, 6, 5}},
    {"/images/den/fox/poses/hflip/features", F4, NOISE, 3, {4, 6, 5}},
    {"/images/den/fox/poses/rot90/features", F4, NOISE, 3, {4, 5, 6}},
    {"/images/dog/features/coarse", F4, NOISE, 3, {3, 2, 3}},
    {"/images/dog/features/fine", F4, NOISE, 3, {1, 9, 3}},
    {"/images/dog/mask", I4, ONES, 3, {1, 2, 3}},
    {"/images/dog/keypoints", F4, POINTS, 2, {1, 2}},
    {"/images/eel/features", F4, NOISE, 3, {4, 5, 6}},
    {"/pairs/source", TEXT, WORDS, 1, {4}},
    {"/pairs/target", TEXT, WORDS, 1, {4}},
    {.path = NULL},
};

static const struct dataset model[] = {
    {"/blocks.0.net.0.weight", F4, NOISE, 4, {3, 4, 1, 1}},
    {"/blocks.0.net.1.weight", F4, ONES, 1, {3}},
    {"/blocks.0.net.1.bias", F4, NOISE, 1, {3}},
    {"/blocks.0.net.1.running_mean", F4, NOISE, 1, {3}},
    {"/blocks.0.net.1.running_var", F4, ONES, 1, {3}},
    {"/blocks.0.net.1.num_batches_tracked", I8, ONES, 0, {0}},
    {"/blocks.0.net.3.weight", F4, NOISE, 4, {3, 3, 3, 3}},
    {"/blocks.0.net.4.weight", F4, ONES, 1, {3}},
    {"/blocks.0.net.4.bias", F4, NOISE, 1, {3}},
    {"/blocks.0.net.4.running_mean", F4, NOISE, 1, {3}},
    {"/blocks.0.net.4.running_var", F4, ONES, 1, {3}},
    {"/blocks.0.net.6.weight", F4, NOISE, 4, {4, 3, 1, 1}},
    {"/blocks.0.net.7.weight", F4, ONES, 1, {4}},
    {"/blocks.0.net.7.bias", F4, NOISE, 1, {4}},
    {"/blocks.0.net.7.running_mean", F4, NOISE, 1, {4}},
    {"/blocks.0.net.7.running_var", F4, ONES, 1, {4}},
    {.path = NULL},
};

enum change {
    NOTHING,
    OMIT,       /* the dataset is not there */
    REPLACE,    /* `instead` stands in its place */
    ADD,        /* `instead` is one more */
    SET,        /* elements [first, first + count) are `value` */
    MAKE_GROUP, /* a group has its name */
    UNITS,      /* attribute `units` of the dataset */
    CHUNK       /* stored as one deflated chunk per row, the first of which is spoilt */
};

enum spoilt { MISSING, GARBAGE, SHORT, LONG };

struct fault {
    const char *name;
    const struct dataset *base;
    enum change change;
    const char *path;
    struct dataset instead;
    size_t first, count;
    double value;
    const char *units;
    enum spoilt spoilt;
};

/* clang-format off */
static const struct fault faults[] = {
    {.name = "stacked", .base = stacked},
    {.name = "no-source", .base = stacked, .change = OMIT, .path = "/source"},
    {.name = "no-target", .base = stacked, .change = OMIT, .path = "/target"},
    {.name = "source-rank", .base = stacked, .change = REPLACE, .path = "/source",
     .instead = {"/source", F4, NOISE, 3, {2, 4, 30}}},
    {.name = "source-integer", .base = stacked, .change = REPLACE, .path = "/source",
     .instead = {"/source", I4, ONES, 4, {2, 4, 5, 6}}},
    {.name = "source-text", .base = stacked, .change = REPLACE, .path = "/source",
     .instead = {"/source", TEXT, WORDS, 1, {2}}},
    {.name = "source-group", .base = stacked, .change = MAKE_GROUP, .path = "/source"},
    {.name = "target-pairs", .base = stacked, .change = REPLACE, .path = "/target",
     .instead = {"/target", F4, NOISE, 4, {3, 4, 5, 6}}},
    {.name = "target-channels", .base = stacked, .change = REPLACE, .path = "/target",
     .instead = {"/target", F4, NOISE, 4, {2, 7, 5, 6}}},
    {.name = "mask-size", .base = stacked, .change = REPLACE, .path = "/mask",
     .instead = {"/mask", I4, ONES, 3, {2, 6, 5}}},
    {.name = "mask-text", .base = stacked, .change = REPLACE, .path = "/mask",
     .instead = {"/mask", TEXT, WORDS, 3, {2, 5, 6}}},
    {.name = "keypoints-size", .base = stacked, .change = REPLACE, .path = "/keypoints",
     .instead = {"/keypoints", F4, POINTS, 3, {2, 3, 3}}},
    {.name = "keypoints-pairs", .base = stacked, .change = REPLACE, .path = "/keypoints",
     .instead = {"/keypoints", F4, POINTS, 3, {1, 3, 2}}},
    {.name = "target-keypoints-count", .base = stacked, .change = REPLACE, .path = "/target_keypoints",
     .instead = {"/target_keypoints", F4, POINTS, 3, {2, 4, 2}}},
    {.name = "units", .base = stacked, .change = UNITS, .path = "/keypoints", .units = "inch"},
    {.name = "pixel-no-size", .base = stacked, .change = UNITS, .path = "/keypoints", .units = "pixel"},
    {.name = "pose-size", .base = stacked, .change = ADD,
     .instead = {"/poses/rot90/source", F4, NOISE, 4, {2, 4, 5, 6}}},
    {.name = "no-truth", .base = stacked, .change = OMIT, .path = "/target_keypoints"},
    {.name = "target-absent", .base = stacked, .change = SET, .path = "/target_keypoints", .first = 0, .count = 2,
     .value = NAN},
    {.name = "truth-alone", .base = stacked, .change = OMIT, .path = "/keypoints"},
    {.name = "dense", .base = dense},

    {.name = "source-nan", .base = stacked, .change = SET, .path = "/source", .first = 7, .count = 1, .value = NAN},
    {.name = "target-infinite", .base = stacked, .change = SET, .path = "/target", .first = 200, .count = 1,
     .value = INFINITY},
    {.name = "source-beyond-float32", .base = stacked, .change = REPLACE, .path = "/source",
     .instead = {"/source", F8, NOISE, 4, {2, 4, 5, 6}}, .first = 7, .count = 1, .value = 1e300},
    {.name = "mask-empty", .base = stacked, .change = SET, .path = "/mask", .count = 30, .value = 0},
    {.name = "mask-negative", .base = stacked, .change = SET, .path = "/mask", .first = 31, .count = 1, .value = -1},
    {.name = "keypoint-outside", .base = stacked, .change = SET, .path = "/keypoints", .first = 2, .count = 1,
     .value = 6},
    {.name = "source-zero", .base = stacked, .change = SET, .path = "/source", .count = 120, .value = 0},
    {.name = "mask-huge", .base = stacked, .change = REPLACE, .path = "/mask",
     .instead = {"/mask", F4, ONES, 3, {2, 5, 6}}, .count = 1, .value = 1e30},
    {.name = "keypoint-absent", .base = stacked, .change = SET, .path = "/keypoints", .first = 2, .count = 2,
     .value = NAN},
    {.name = "chunk-missing", .base = stacked, .change = CHUNK, .path = "/source", .spoilt = MISSING},
    {.name = "chunk-garbage", .base = stacked, .change = CHUNK, .path = "/source", .spoilt = GARBAGE},
    {.name = "chunk-short", .base = stacked, .change = CHUNK, .path = "/source", .spoilt = SHORT},
    {.name = "chunk-long", .base = stacked, .change = CHUNK, .path = "/source", .spoilt = LONG},

    {.name = "indexed", .base = indexed},
    {.name = "no-features", .base = indexed, .change = OMIT, .path = "/images/features"},
    {.name = "no-pairs-target", .base = indexed, .change = OMIT, .path = "/pairs/target"},
    {.name = "pairs-disagree", .base = indexed, .change = REPLACE, .path = "/pairs/target",
     .instead = {"/pairs/target", I8, INDEX, 1, {3}}},
    {.name = "index-float", .base = indexed, .change = REPLACE, .path = "/pairs/source",
     .instead = {"/pairs/source", F4, INDEX, 1, {2}}},
    {.name = "index-beyond", .base = indexed, .change = SET, .path = "/pairs/source", .first = 1, .count = 1,
     .value = 3},
    {.name = "index-negative", .base = indexed, .change = SET, .path = "/pairs/target", .count = 1, .value = -1},
    {.name = "mirror-beyond", .base = indexed, .change = SET, .path = "/pairs/mirror_index", .first = 4, .count = 1,
     .value = 3},
    {.name = "mirror-count", .base = indexed, .change = REPLACE, .path = "/pairs/mirror_index",
     .instead = {"/pairs/mirror_index", I4, MINUS_ONE, 2, {2, 2}}},
    {.name = "threshold-count", .base = indexed, .change = REPLACE, .path = "/pairs/threshold",
     .instead = {"/pairs/threshold", F4, ONES, 1, {3}}},
    {.name = "category-number", .base = indexed, .change = REPLACE, .path = "/pairs/category",
     .instead = {"/pairs/category", F4, ONES, 1, {2}}},
    {.name = "mask-images", .base = indexed, .change = REPLACE, .path = "/images/mask",
     .instead = {"/images/mask", I4, ONES, 3, {2, 5, 6}}},

    {.name = "grouped", .base = grouped},
    {.name = "stacked-unused", .base = stacked, .change = ADD, .instead = {"/keypoint", F4, POINTS, 3, {2, 3, 2}}},
    {.name = "dense-mistyped", .base = dense, .change = ADD, .instead = {"/keypoint", F4, POINTS, 3, {2, 3, 2}}},
    {.name = "indexed-unused", .base = indexed, .change = ADD, .instead = {"/images/sizes", I4, SIZES, 2, {4, 2}}},
    {.name = "grouped-unused", .base = grouped, .change = ADD, .instead = {"/images/cat/masks", I4, ONES, 2, {5, 6}}},

    {.name = "model", .base = model},
    {.name = "model-missing-key", .base = model, .change = OMIT, .path = "/blocks.0.net.4.running_var"},
    {.name = "model-left-over", .base = model, .change = ADD, .instead = {"/head.weight", F4, NOISE, 2, {3, 4}}},
    {.name = "model-shape", .base = model, .change = REPLACE, .path = "/blocks.0.net.3.weight",
     .instead = {"/blocks.0.net.3.weight", F4, NOISE, 4, {3, 3, 5, 5}}},
    {.name = "model-nan", .base = model, .change = SET, .path = "/blocks.0.net.6.weight", .first = 5, .count = 1,
     .value = NAN},
    {.name = "model-variance", .base = model, .change = SET, .path = "/blocks.0.net.7.running_var", .count = 1,
     .value = -0.5},
    {.name = "model-integer", .base = model, .change = REPLACE, .path = "/blocks.0.net.0.weight",
     .instead = {"/blocks.0.net.0.weight", I4, ONES, 4, {3, 4, 1, 1}}},
};
/* clang-format on */

static void check(int ok, const char *what)
{
    if (!ok) {
        fprintf(stderr, "make_bad: %s failed\n", what);
        exit(1);
    }
}

static size_t item_count(const struct dataset *dataset)
{
    size_t items = 1;

    for (int i = 0; i < dataset->rank; i++)
        items *= dataset->dims[i];
    return items;
}

static double item(enum contents contents, size_t i)
{
    static const double points[] = {1, 1, 4, 2, 2.5, 3.25};

    switch (contents) {
    case NOISE:
        return (double)((i * 7919 + 13) % 997) / 997 - 0.5;
    case POINTS:
        return points[i % 6];
    case INDEX:
        return (double)(i % 3);
    case SIZES:
        return i % 2 ? 50 : 60;
    case MINUS_ONE:
        return -1;
    default:
        return 1;
    }
}

/* A type to be closed. Texts are of four bytes. */
static hid_t element_type(enum element element)
{
    hid_t types[] = {H5T_NATIVE_FLOAT, H5T_NATIVE_DOUBLE, H5T_NATIVE_INT32, H5T_NATIVE_INT64, H5T_C_S1};
    hid_t type = H5Tcopy(types[element]);

    if (element == TEXT)
        H5Tset_size(type, 4);
    return type;
}

static void write_words(hid_t id, const struct dataset *dataset, hid_t type)
{
    char words[100][4] = {{0}};

    for (size_t i = 0; i < item_count(dataset) && i < 100; i++)
        memcpy(words[i], i % 2 ? "dog" : "cat", 4);
    check(H5Dwrite(id, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, words) >= 0, dataset->path);
}

static void write_values(hid_t id, const struct dataset *dataset, const struct fault *fault, int set)
{
    size_t items = item_count(dataset);
    double *values = malloc(items * sizeof *values);

    check(values != NULL, "malloc");
    for (size_t i = 0; i < items; i++) {
        int changed = set && i >= fault->first && i < fault->first + fault->count;

        values[i] = changed ? fault->value : item(dataset->contents, i);
    }
    check(H5Dwrite(id, H5T_NATIVE_DOUBLE, H5S_ALL, H5S_ALL, H5P_DEFAULT, values) >= 0, dataset->path);
    free(values);
}

static void write_units(hid_t id, const char *units)
{
    hid_t type = H5Tcopy(H5T_C_S1), space = H5Screate(H5S_SCALAR), attribute;

    H5Tset_size(type, strlen(units));
    attribute = H5Acreate2(id, "units", type, space, H5P_DEFAULT, H5P_DEFAULT);
    check(H5Awrite(attribute, type, units) >= 0, "units");
    H5Aclose(attribute);
    H5Sclose(space);
    H5Tclose(type);
}

static void write_dataset(hid_t file, const struct dataset *dataset, const struct fault *fault, int set)
{
    hid_t space = dataset->rank ? H5Screate_simple(dataset->rank, dataset->dims, NULL) : H5Screate(H5S_SCALAR);
    hid_t links = H5Pcreate(H5P_LINK_CREATE), type = element_type(dataset->element), id;

    H5Pset_create_intermediate_group(links, 1);
    id = H5Dcreate2(file, dataset->path, type, space, links, H5P_DEFAULT, H5P_DEFAULT);
    check(id >= 0, dataset->path);
    if (dataset->element == TEXT)
        write_words(id, dataset, type);
    else
        write_values(id, dataset, fault, set);
    if (fault->change == UNITS && strcmp(dataset->path, fault->path) == 0)
        write_units(id, fault->units);
    H5Dclose(id);
    H5Tclose(type);
    H5Pclose(links);
    H5Sclose(space);
}

/* One chunk per row, deflated; the first row's is not there, or is other bytes than it should be. */
static void write_spoilt(hid_t file, const struct dataset *dataset, enum spoilt spoilt)
{
    /* Deflate streams of 4 zero bytes, and of 1000. */
    static const unsigned char four[] = {0x78, 0x9c, 0x63, 0x60, 0x60, 0x60, 0, 0, 0, 4, 0, 1};
    static const unsigned char thousand[] = {0x78, 0x9c, 0x63, 0x60, 0x18, 0x05, 0xa3, 0x60, 0x14,
                                             0x0c, 0x77, 0,    0,    3,    0xe8, 0,    1};
    static const unsigned char garbage[40] = {0x42};
    hsize_t start[4] = {0}, chunk[4] = {1, dataset->dims[1], dataset->dims[2], dataset->dims[3]};
    hid_t space = H5Screate_simple(4, dataset->dims, NULL), layout = H5Pcreate(H5P_DATASET_CREATE), id, row;

    H5Pset_chunk(layout, 4, chunk);
    H5Pset_deflate(layout, 1);
    id = H5Dcreate2(file, dataset->path, H5T_NATIVE_FLOAT, space, H5P_DEFAULT, layout, H5P_DEFAULT);
    check(id >= 0, dataset->path);
    row = H5Screate_simple(4, chunk, NULL);
    for (start[0] = 1; start[0] < dataset->dims[0]; start[0]++) {
        float values[4 * 5 * 6];

        for (size_t i = 0; i < sizeof values / sizeof *values; i++)
            values[i] = (float)item(NOISE, i);
        H5Sselect_hyperslab(space, H5S_SELECT_SET, start, NULL, chunk, NULL);
        check(H5Dwrite(id, H5T_NATIVE_FLOAT, row, space, H5P_DEFAULT, values) >= 0, dataset->path);
    }
    start[0] = 0;
    if (spoilt == GARBAGE)
        check(H5Dwrite_chunk(id, H5P_DEFAULT, 0, start, sizeof garbage, garbage) >= 0, "chunk");
    if (spoilt == SHORT)
        check(H5Dwrite_chunk(id, H5P_DEFAULT, 0, start, sizeof four, four) >= 0, "chunk");
    if (spoilt == LONG)
        check(H5Dwrite_chunk(id, H5P_DEFAULT, 0, start, sizeof thousand, thousand) >= 0, "chunk");
    H5Sclose(row);
    H5Dclose(id);
    H5Pclose(layout);
    H5Sclose(space);
}

static void write_changed(hid_t file, const struct dataset *dataset, const struct fault *fault)
{
    switch (fault->change) {
    case OMIT:
        break;
    case REPLACE:
        write_dataset(file, &fault->instead, fault, 1);
        break;
    case MAKE_GROUP:
        H5Gclose(H5Gcreate2(file, dataset->path, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT));
        break;
    case CHUNK:
        write_spoilt(file, dataset, fault->spoilt);
        break;
    default:
        write_dataset(file, dataset, fault, 1);
    }
}

static void write_file(const char *path, const struct fault *fault)
{
    hid_t file = create_oldest(path, H5P_DEFAULT);

    check(file >= 0, path);
    for (const struct dataset *dataset = fault->base; dataset->path; dataset++) {
        if (fault->path && strcmp(fault->path, dataset->path) == 0)
            write_changed(file, dataset, fault);
        else
            write_dataset(file, dataset, fault, 0);
    }
    if (fault->change == ADD)
        write_dataset(file, &fault->instead, fault, 0);
    check(H5Fclose(file) >= 0, path);
}

int main(int argc, char **argv)
{
    for (size_t i = 0; i < sizeof faults / sizeof *faults; i++) {
        if (argc != 3) {
            puts(faults[i].name);
        } else if (strcmp(argv[1], faults[i].name) == 0) {
            write_file(argv[2], &faults[i]);
            return 0;
        }
    }
    return argc != 3 ? 0 : 1;
}
