/* Outputs that geosc would not write, in geosc's format (output.h) and in hloc's (hloc.h). The fuzzer's bytes choose
 * types, shapes, values and attributes of a file that HDF5 makes in memory: this tests our reader, not HDF5's
 * parser. */
#include "h5/h5_versions.h"
#include "results/hloc.h"
#include "results/output.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>

int LLVMFuzzerInitialize(int *count, char ***arguments);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The bytes that choose; zeros when they are used up, which is what a good file is made of. */
struct choices {
    const uint8_t *data;
    size_t left;
};

static uint8_t choose(struct choices *choices)
{
    if (!choices->left)
        return 0;
    choices->left--;
    return *choices->data++;
}

enum { SLOT = 24 };

/* The next few, for one thing: more or fewer of them used there don't move those of the others. */
static struct choices *take_slot(struct choices *choices, struct choices *slot)
{
    size_t count = choices->left < SLOT ? choices->left : SLOT;

    *slot = (struct choices){choices->data, count};
    choices->data += count;
    choices->left -= count;
    return slot;
}

enum { BYTES = 4096, GOOD = 32 /* bytes of what a good file holds, zeros after them */ };

static void put_number(hid_t object, const char *name, hid_t type, double value)
{
    hid_t space = H5Screate(H5S_SCALAR), id = H5Acreate2(object, name, type, space, H5P_DEFAULT, H5P_DEFAULT);

    H5Awrite(id, H5T_NATIVE_DOUBLE, &value);
    H5Aclose(id);
    H5Sclose(space);
}

/* A text, which may be changed, cut, of variable length or left out; false if so. */
static bool put_text(hid_t object, const char *name, const char *text, struct choices *choices)
{
    uint8_t choice = choose(choices);
    size_t size = choice == 254 ? H5T_VARIABLE : choice ? choice : strlen(text) + 1;
    hid_t space = H5Screate(H5S_SCALAR), type = H5Tcopy(H5T_C_S1), id;
    char value[256] = "", *pointer = value;

    memcpy(value, text, strlen(text));
    H5Tset_size(type, size);
    uint8_t changes = choose(choices) % 16;
    for (uint8_t i = changes; i; i--)
        value[choose(choices) % 255] = (char)choose(choices);
    if (choice != 255) {
        id = H5Acreate2(object, name, type, space, H5P_DEFAULT, H5P_DEFAULT);
        H5Awrite(id, type, choice == 254 ? (void *)&pointer : value);
        H5Aclose(id);
    }
    H5Tclose(type);
    H5Sclose(space);
    return choice == 0 && changes == 0;
}

/* Contiguous, or in small chunks behind some of the filters. */
static hid_t make_layout(int rank, const hsize_t *dims, struct choices *choices)
{
    hid_t creation = H5Pcreate(H5P_DATASET_CREATE);
    uint8_t choice = choose(choices);
    hsize_t chunk[5];

    if (!(choice & 1) || rank == 0)
        return creation;
    for (int d = 0; d < rank; d++)
        chunk[d] = choice & 16 || dims[d] == 0 ? 1 : dims[d];
    H5Pset_chunk(creation, rank, chunk);
    if (choice & 2)
        H5Pset_shuffle(creation);
    if (choice & 4)
        H5Pset_deflate(creation, 1);
    if (choice & 8)
        H5Pset_fletcher32(creation);
    return creation;
}

/* A dataset of the given type and shape, or of another one: false if so, but for its rows, shape[0], which become those
 * that it has. Its checksum is added to *sum; where that is NULL it has one of its own, right or wrong. */
static bool put_array(hid_t file, const char *path, hid_t type, int rank, hsize_t *shape, const void *good, uLong *sum,
                      struct choices *choices)
{
    const hid_t types[] = {type, H5T_STD_U8LE, H5T_IEEE_F32BE, H5T_IEEE_F64LE, H5T_STD_I64LE};
    hsize_t dims[5] = {0};
    uint8_t bytes[BYTES] = {0}, choice = choose(choices);
    size_t items = 1, size;
    hid_t space, id, creation;
    int asked = rank;

    memcpy(dims, shape, (size_t)rank * sizeof *dims);
    if (choice & 1) {
        size_t axis = choose(choices) % 4;
        dims[axis] = choose(choices) % 9;
    }
    if (choice & 2)
        rank = choose(choices) % 5;
    for (int d = 0; d < rank; d++)
        items *= dims[d];
    hid_t chosen = types[choice & 4 ? choose(choices) % 5 : 0];
    size = items * H5Tget_size(chosen);
    if (choice & 8 || size > BYTES)
        return false;
    memcpy(bytes, good, size < GOOD ? size : GOOD);
    for (uint8_t i = choice & 16 ? choose(choices) : 0; i && size; i--)
        bytes[(choose(choices) << 8 | choose(choices)) % size] = choose(choices);
    space = H5Screate_simple(rank, dims, NULL);
    creation = make_layout(rank, dims, choices);
    id = H5Dcreate2(file, path, chosen, space, H5P_DEFAULT, creation, H5P_DEFAULT);
    H5Dwrite(id, chosen, H5S_ALL, H5S_ALL, H5P_DEFAULT, bytes);
    if (sum)
        *sum = crc32(crc32(*sum, (const void *)path, (uInt)strlen(path)), bytes, (uInt)size);
    else if (!(choice & 32))
        put_number(id, "crc32", H5T_STD_U32LE, (double)crc32(0, bytes, (uInt)size) + (choice & 64 ? 1 : 0));
    H5Dclose(id);
    H5Pclose(creation);
    H5Sclose(space);
    shape[0] = dims[0];
    return rank == asked && memcmp(dims, shape, (size_t)rank * sizeof *dims) == 0 && H5Tequal(chosen, type) > 0;
}

static void put(hid_t file, const char *path, hid_t type, int rank, const hsize_t *shape, const void *good,
                struct choices *choices)
{
    hsize_t own[5] = {0};

    memcpy(own, shape, (size_t)rank * sizeof *own);
    put_array(file, path, type, rank, own, good, NULL, choices);
}

static hid_t enum_type(void)
{
    hid_t type = H5Tenum_create(H5T_STD_U8LE);
    uint8_t value = 0;

    H5Tenum_insert(type, "ok", &value);
    value = 255;
    H5Tenum_insert(type, "undecided", &value);
    return type;
}

/* False if any is not as geosc writes it. */
static bool put_attributes(hid_t file, const char *format, struct choices *choices)
{
    const char *const texts[][2] = {{"format", format},
                                    {"geosc_version", "0.1.0"},
                                    {"options", "poses=none,hflip"},
                                    {"isa_class", "fma"},
                                    {"input_name", "in.h5"}};
    static const char *const shard[] = {"shard", "shards", "all_pairs"};
    struct choices slot;
    bool good = true;

    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        good &= put_text(file, texts[i][0], texts[i][1], take_slot(choices, &slot));
    take_slot(choices, &slot);
    for (size_t i = 0; i < slot.left; i++)
        good &= slot.data[i] == 0;
    put_number(file, "format_version", H5T_STD_U32LE, 1 + choose(&slot));
    put_number(file, "model_crc32", choose(&slot) ? H5T_IEEE_F64LE : H5T_STD_U32LE,
               choose(&slot) - 1 + choose(&slot) / 2.0);
    put_number(file, "input_crc32", H5T_STD_U32LE, choose(&slot));
    for (size_t i = 0; i < 3; i++)
        if (choose(&slot) & 1)
            put_number(file, shard[i], H5T_STD_U32LE, choose(&slot));
    return good;
}

/* Lists of alphas, the second perhaps another one. */
static void put_alphas(hid_t file, const char *path, struct choices *choices)
{
    double alphas[12] = {0.1, 0.2, 0.3};
    hsize_t count = 1 + choose(choices) % 12U;

    alphas[choose(choices) % 12] += choose(choices);
    if (H5Lexists(file, path, H5P_DEFAULT) <= 0)
        return;
    hid_t object = H5Dopen2(file, path, H5P_DEFAULT), space = H5Screate_simple(1, &count, NULL);
    hid_t id = H5Acreate2(object, "alpha", H5T_NATIVE_DOUBLE, space, H5P_DEFAULT, H5P_DEFAULT);
    H5Awrite(id, H5T_NATIVE_DOUBLE, alphas);
    H5Aclose(id);
    H5Sclose(space);
    H5Dclose(object);
}

/* What KAP needs, at one alpha. */
static void put_kap(hid_t file, const hsize_t *given, int rank, struct choices *choices)
{
    static const char zeros[GOOD] = "";
    static const char *const paths[] = {"/matches/kap_in", "/matches/kap_out"};
    hsize_t shape[5] = {given[0], given[1], given[2]}, range[2] = {given[0], 2};
    struct choices slot;

    shape[rank] = 1;
    for (size_t i = 0; i < 2; i++) {
        put(file, paths[i], H5T_IEEE_F32LE, rank + 1, shape, zeros, take_slot(choices, &slot));
        put_alphas(file, paths[i], take_slot(choices, &slot));
    }
    put(file, "/matches/kap_max", H5T_IEEE_F32LE, rank, shape, zeros, take_slot(choices, &slot));
    put(file, "/matches/kap_range", H5T_IEEE_F32LE, 2, range, zeros, take_slot(choices, &slot));
}

static void put_matches(hid_t file, const hsize_t *given, int rank, bool confident, bool best, struct choices *choices)
{
    static const char zeros[GOOD] = "";
    hsize_t shape[5] = {given[0], given[1], given[2]};
    struct choices slot;

    put(file, "/matches/score", H5T_IEEE_F32LE, rank, shape, zeros, take_slot(choices, &slot));
    if (confident) {
        put(file, "/matches/second", H5T_IEEE_F32LE, rank, shape, zeros, take_slot(choices, &slot));
        put(file, "/matches/mutual", H5T_STD_U8LE, rank, shape, zeros, take_slot(choices, &slot));
        put(file, "/matches/cycle", H5T_IEEE_F32LE, rank, shape, zeros, take_slot(choices, &slot));
    }
    if (best) {
        shape[rank] = 1;
        shape[rank + 1] = 2;
        put(file, "/matches/top_score", H5T_IEEE_F32LE, rank + 1, shape, zeros, take_slot(choices, &slot));
        put(file, "/matches/top_xy", H5T_IEEE_F32LE, rank + 2, shape, zeros, take_slot(choices, &slot));
    }
    shape[rank] = 2;
    if (confident)
        put(file, "/matches/peak", H5T_STD_I32LE, rank + 1, shape, zeros, take_slot(choices, &slot));
    put(file, "/matches/xy", H5T_IEEE_F32LE, rank + 1, shape, zeros, take_slot(choices, &slot));
    if (H5Lexists(file, "/matches/xy", H5P_DEFAULT) > 0) {
        hid_t xy = H5Dopen2(file, "/matches/xy", H5P_DEFAULT);
        put_text(xy, "units", "cell", take_slot(choices, &slot));
        H5Dclose(xy);
    }
}

/* What a file of hloc's form holds, and whether all of it is as geosc writes it. */
struct truth {
    bool good, good_attributes;
    size_t pairs, matches, lacking; /* datasets of confidence that are not there: all of them may be */
};

/* The group of a pair, and what is in it. */
static void put_pair(hid_t file, const char *group, hsize_t matches, bool confident, uLong *sum, struct truth *truth,
                     struct choices *choices)
{
    static const char zeros[GOOD] = "";
    const struct {
        const char *name;
        hid_t type;
        int rank;
        bool confidence;
    } parts[] = {{"cycle", H5T_IEEE_F32LE, 1, true},       {"keypoints0", H5T_IEEE_F32LE, 2, false},
                 {"keypoints1", H5T_IEEE_F32LE, 2, false}, {"mutual", H5T_STD_U8LE, 1, true},
                 {"scores", H5T_IEEE_F32LE, 1, false},     {"second", H5T_IEEE_F32LE, 1, true}};
    hsize_t rows = matches;
    struct choices slot;
    bool first = true;
    char path[64];

    H5Gclose(H5Gcreate2(file, group, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT));
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        snprintf(path, sizeof path, "%s/%s", group, parts[i].name);
        hsize_t shape[2] = {matches, 2};
        bool good = true;
        if (confident || !parts[i].confidence)
            good = put_array(file, path, parts[i].type, parts[i].rank, shape, zeros, sum, take_slot(choices, &slot));
        if (parts[i].confidence && H5Lexists(file, path, H5P_DEFAULT) <= 0) {
            truth->lacking++;
            continue;
        }
        rows = first ? shape[0] : rows;
        first = false;
        truth->good &= good && shape[0] == rows; /* of another number, but all of the same: sound, too */
    }
    truth->pairs++;
    truth->matches += rows;
}

/* Something that geosc does not write, behind all else. */
static void put_more(hid_t file, uLong *sum, struct truth *truth, struct choices *choices)
{
    static const char *const paths[] = {"/z", "/z/z", "/z/z/z", "/z/z/z/z"};
    uint8_t choice = choose(choices);
    size_t depth = choice >> 4 & 3;
    static const char zeros[GOOD] = "";
    hsize_t shape[1] = {3};

    for (size_t i = 0; i < depth; i++)
        H5Gclose(H5Gcreate2(file, paths[i], H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT));
    if (choice & 1)
        put_array(file, paths[depth], H5T_IEEE_F32LE, 1, shape, zeros, sum, choices);
    truth->good &= H5Lexists(file, paths[0], H5P_DEFAULT) == 0;
}

/* A file of hloc's form: pairs of four names in the order in which their checksum is made, which is mended, or not. */
static void fill_hloc(hid_t file, uint8_t pairs, hsize_t matches, bool confident, struct truth *truth,
                      struct choices *choices)
{
    static const char *const names[] = {"a", "a-b", "a.b", "b"};
    uLong sum = crc32(0, NULL, 0);
    struct choices slot;
    char group[32];

    *truth = (struct truth){.good = true};
    truth->good_attributes = put_attributes(file, HLOC_FORMAT, choices);
    for (uint8_t p = 0, at = choose(choices) % 8; p < pairs && at < 16; p++, at += 1 + choose(choices) % 8) {
        snprintf(group, sizeof group, "/%s", names[at / 4]);
        if (H5Lexists(file, group, H5P_DEFAULT) <= 0)
            H5Gclose(H5Gcreate2(file, group, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT));
        snprintf(group, sizeof group, "/%s/%s", names[at / 4], names[at % 4]);
        put_pair(file, group, matches, confident, &sum, truth, choices);
    }
    truth->good &= truth->lacking == 0 || truth->lacking == 3 * truth->pairs;
    put_more(file, &sum, truth, take_slot(choices, &slot));
    take_slot(choices, &slot);
    uint8_t wrong = choose(&slot);
    truth->good &= wrong == 0;
    if (wrong != 255)
        put_number(file, "matches_crc32", H5T_STD_U32LE, (double)(sum ^ wrong));
    put_number(file, "pairs_failed", H5T_STD_U32LE, 0);
}

/* Whether it is of hloc's form; else *truth says nothing. */
static bool fill(hid_t file, struct truth *truth, struct choices *choices)
{
    static const char names[GOOD] = "none\0\0hflip", zeros[GOOD] = "";
    static const int64_t places[GOOD / sizeof(int64_t)] = {0, 1, 2, 3};
    static const char *const groups[] = {"/matches", "/poses", "/pairs", "/images"};
    static const char *const numbers[] = {"/pairs/source", "/pairs/target", "/pairs/index"};
    hid_t words, status;
    hsize_t shape[4] = {1 + choose(choices) % 4U, 1 + choose(choices) % 5U, 2}, candidates[1] = {2},
            imd[2] = {shape[0], 2};
    int rank = 2 + choose(choices) % 2;
    uint8_t parts = choose(choices);
    struct choices slot;

    if (parts & 32) {
        fill_hloc(file, (uint8_t)shape[0], shape[1] - (parts & 64 ? 1 : 0), parts & 8, truth, choices);
        return true;
    }
    for (size_t i = 0; i < sizeof groups / sizeof *groups; i++)
        H5Gclose(H5Gcreate2(file, groups[i], H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT));
    words = H5Tcopy(H5T_C_S1);
    status = enum_type();
    H5Tset_size(words, 6);
    put_attributes(file, OUTPUT_FORMAT, choices);
    put(file, "/poses/name", words, 1, candidates, names, take_slot(choices, &slot));
    put(file, "/poses/imd", H5T_IEEE_F32LE, 2, imd, zeros, take_slot(choices, &slot));
    put(file, "/poses/chosen", status, 1, shape, zeros, take_slot(choices, &slot));
    put(file, "/pairs/status", status, 1, shape, zeros, take_slot(choices, &slot));
    for (size_t i = 0; i < 3; i++)
        if (parts & 1 << i)
            put(file, numbers[i], H5T_STD_I64LE, 1, shape, places, take_slot(choices, &slot));
    put_matches(file, shape, rank, parts & 8, parts & 128, choices);
    if (parts & 64)
        put_kap(file, shape, rank, choices);
    if (parts & 16)
        put(file, "/images/name", words, 1, candidates, names, take_slot(choices, &slot));
    H5Tclose(words);
    H5Tclose(status);
    return false;
}

static char path[] = "output-XXXXXX";

static void remove_file(void)
{
    unlink(path);
}

/* HDF5 keeps the large blocks that each opening of a file takes, for speed. */
int LLVMFuzzerInitialize(int *count, char ***arguments)
{
    (void)count, (void)arguments;
    H5Eset_auto2(H5E_DEFAULT, NULL, NULL);
    H5set_free_list_limits(-1, -1, -1, -1, -1, -1);
    return 0;
}

/* Writes the file's bytes to `path`, in the working folder; a new one at first. (Cut to 0 before, a file is brought to
 * the disk at close.) As fill. */
static bool make_file(struct choices *choices, struct truth *truth)
{
    static int fd = -1;
    hid_t access = H5Pcreate(H5P_FILE_ACCESS), file;
    ssize_t size;
    void *image;
    bool hloc;

    if (fd < 0) {
        fd = mkstemp(path);
        atexit(remove_file);
    }
    H5Pset_fapl_core(access, 1 << 16, 0);
    file = H5Fcreate("output", H5F_ACC_TRUNC, H5P_DEFAULT, access);
    hloc = fill(file, truth, choices);
    H5Fflush(file, H5F_SCOPE_LOCAL);
    size = H5Fget_file_image(file, NULL, 0);
    image = malloc((size_t)size);
    H5Fget_file_image(file, image, (size_t)size);
    assert(fd >= 0 && pwrite(fd, image, (size_t)size, 0) == size && ftruncate(fd, size) == 0);
    free(image);
    H5Fclose(file);
    H5Pclose(access);
    return hloc;
}

/* What is taken for hloc's form is of that form in all. */
static void read_hloc(geosc_context *context, const struct truth *truth, struct run_identity *identity,
                      struct problems *problems)
{
    struct output_summary summary;

    assert(hloc_read(context, path, identity, &summary, problems) == GEOSC_OK);
    if (problems->count == 0)
        assert(truth->good && summary.pairs == truth->pairs && summary.matches == truth->matches);
    else
        assert(!truth->good || !truth->good_attributes);
}

static void read_own(geosc_context *context, struct run_identity *identity, struct problems *problems)
{
    struct results results = {0};

    assert(output_read(context, path, &results, identity, problems) == GEOSC_OK);
    if (problems->count == 0)
        for (size_t p = 0; p < results.pairs; p++)
            assert(results.status[p] < GEOSC_PAIR_STATUSES &&
                   (results.chosen[p] == GEOSC_UNDECIDED || results.chosen[p] < results.candidates));
    for (size_t i = 0; problems->count == 0 && results.kaps && i < results.pairs * results.answers; i++)
        assert(!isinf(results.kap_max[i]) && results.kaps <= GEOSC_KAP_ALPHAS && results.kap_alpha[0] > 0);
    results_free(&results);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct choices choices = {data, size};
    geosc_context context = {.message = ""};
    struct problems problems = {0};
    struct run_identity identity;
    struct truth truth;

    assert(geosc_configure(&context, 1, "c") == GEOSC_OK);
    if (make_file(&choices, &truth))
        read_hloc(&context, &truth, &identity, &problems);
    else
        read_own(&context, &identity, &problems);
    assert(size || problems.count == 0); /* the good file is good */
    problems_free(&problems);
    return 0;
}
