/* Outputs with one flipped bit: our reader accepts only the values that were written; plain HDF5 is rarely deceived.
 * Each flip is read in its own process, because HDF5 may crash. GEOSC_LONG: 5,000 flips of each output. */
#include "base/random.h"
#include "h5/h5_make.h"
#include "results/output.h"
#include "testing.h"
#include "tools/synth.h"

#include <fcntl.h>
#include <zlib.h>

/* ---- plain HDF5 --------------------------------------------------------------------------------- */

static void add(uint32_t *sum, const void *bytes, size_t count)
{
    *sum = (uint32_t)crc32_z(*sum, bytes, count);
}

/* Of a dataset or an attribute, as the file has them; 0, or -1. */
static herr_t add_values(hid_t id, bool attribute, uint32_t *sum)
{
    hid_t space = attribute ? H5Aget_space(id) : H5Dget_space(id), type = attribute ? H5Aget_type(id) : H5Dget_type(id);
    hssize_t items = space < 0 ? -1 : H5Sget_simple_extent_npoints(space);
    size_t size = type < 0 ? 0 : H5Tget_size(type), bytes = items < 0 ? 0 : size * (size_t)items;
    void *values = size && bytes < 1 << 24 ? malloc(bytes + 1) : NULL;

    if (!values ||
        (attribute ? H5Aread(id, type, values) : H5Dread(id, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, values)) < 0)
        return -1;
    add(sum, values, bytes);
    return 0; /* the process ends soon: nothing is given back */
}

static herr_t add_attribute(hid_t object, const char *name, const H5A_info_t *info, void *sum)
{
    hid_t id = H5Aopen(object, name, H5P_DEFAULT);

    (void)info;
    add(sum, name, strlen(name) + 1);
    return id < 0 ? -1 : add_values(id, true, sum);
}

static herr_t add_object(hid_t file, const char *name, const H5O_info2_t *info, void *sum)
{
    hid_t id = H5Oopen(file, name, H5P_DEFAULT);

    add(sum, name, strlen(name) + 1);
    if (id < 0 || H5Aiterate2(id, H5_INDEX_NAME, H5_ITER_INC, NULL, add_attribute, sum) < 0)
        return -1;
    return info->type == H5O_TYPE_DATASET ? add_values(id, false, sum) : 0;
}

/* Names, attributes and values of all that is in the file, or false where HDF5 sees an error. */
static bool digest(const char *path, uint32_t *sum)
{
    H5Eset_auto2(H5E_DEFAULT, NULL, NULL);
    hid_t file = H5Fopen(path, H5F_ACC_RDONLY, H5P_DEFAULT);

    *sum = 0;
    return file >= 0 && H5Ovisit3(file, H5_INDEX_NAME, H5_ITER_INC, add_object, sum, H5O_INFO_BASIC) >= 0;
}

/* ---- flips -------------------------------------------------------------------------------------- */

static bool taken_by_ours(const char *path)
{
    struct results results = {0};
    struct run_identity identity;
    struct problems problems = {0};

    return output_read(context, path, &results, &identity, &problems) == GEOSC_OK && problems.count == 0;
}

enum { OURS = 1, PLAIN = 2, SAME = 4, CRASHED = 8 }; /* who took the file; what plain HDF5 read is what was written */

/* Reads the file in a process of its own. */
static int read_apart(const char *path, uint32_t good)
{
    int ended, found = 0;
    uint32_t sum;
    pid_t child = fork();

    if (child == 0) {
        int null = open("/dev/null", O_WRONLY);
        dup2(null, STDERR_FILENO);
        alarm(60);
        found |= taken_by_ours(path) ? OURS : 0;
        found |= digest(path, &sum) ? PLAIN : 0;
        _exit(found | ((found & PLAIN) && sum == good ? SAME : 0));
    }
    assert_int_equal(waitpid(child, &ended, 0), child);
    return WIFEXITED(ended) ? WEXITSTATUS(ended) : CRASHED;
}

struct count {
    size_t flips, refused, crashed, deceived_ours, deceived_plain;
};

static void flip_one(int file, const char *path, uint64_t bit, uint32_t good, struct count *count)
{
    unsigned char byte, damaged;

    assert_int_equal(pread(file, &byte, 1, (off_t)(bit / 8)), 1);
    damaged = byte ^ (unsigned char)(1U << bit % 8);
    assert_int_equal(pwrite(file, &damaged, 1, (off_t)(bit / 8)), 1);
    int found = read_apart(path, good);
    assert_int_equal(pwrite(file, &byte, 1, (off_t)(bit / 8)), 1);
    count->flips++;
    count->refused += !(found & OURS);
    count->crashed += found == CRASHED;
    count->deceived_ours += (found & OURS) && !(found & SAME);
    count->deceived_plain += (found & PLAIN) && !(found & SAME);
}

/* Of a good file, by a process of its own: HDF5 is not to know the file here. */
static uint32_t digest_apart(const char *path)
{
    uint32_t good = 0;
    int ends[2];

    assert_int_equal(pipe(ends), 0);
    pid_t child = fork();
    if (child == 0)
        _exit(!digest(path, &good) || write(ends[1], &good, sizeof good) != sizeof good);
    close(ends[1]);
    assert_int_equal(read(ends[0], &good, sizeof good), sizeof good);
    close(ends[0]);
    waitpid(child, NULL, 0);
    return good;
}

/* Random bits of the file, one at a time. */
static struct count flip(const char *path, size_t flips)
{
    struct random_stream random = random_stream(22, 23, 24);
    uint32_t good = digest_apart(path);
    struct count count = {0};
    size_t size = file_size(path);
    int file = open(path, O_RDWR);

    for (size_t i = 0; i < flips; i++)
        flip_one(file, path, random_below(&random, 8 * size), good, &count);
    close(file);
    print_message("# %zu flips: %zu refused, HDF5 crashed at %zu; wrong without a word: ours %zu, plain HDF5 %zu\n",
                  count.flips, count.refused, count.crashed, count.deceived_ours, count.deceived_plain);
    return count;
}

static void flip_output(const struct synth_options *synth, bool confidence)
{
    const char *path = scratch_path("out.h5");
    struct geosc_options options;

    geosc_options_init(&options);
    options.confidence = confidence;
    assert_ok(synth_write(context, scratch_path("in.h5"), NULL, synth));
    assert_ok(geosc_match_file(context, scratch_path("in.h5"), NULL, path, &options, NULL));
    assert_int_equal(read_apart(path, digest_apart(path)), OURS | PLAIN | SAME);
    struct count count = flip(path, getenv("GEOSC_LONG") ? 5000 : 250);
    assert_int_equal(count.deceived_ours, 0);
    assert_true(1000 * count.deceived_plain <= count.flips);
    assert_true(count.refused > count.flips / 4); /* or nothing is looked at */
}

static struct synth_options small(void)
{
    struct synth_options options;

    synth_options_init(&options);
    options.pairs = 6;
    options.channels = 8;
    options.height = 6;
    options.width = 5;
    options.keypoints = 5;
    options.force = true;
    return options;
}

static void keypoints(void **state)
{
    struct synth_options options = small();

    (void)state;
    options.layout = SYNTH_INDEXED;
    flip_output(&options, true);
}

/* With as many answers as each pair has. */
static void grouped(void **state)
{
    struct synth_options options = small();

    (void)state;
    options.layout = SYNTH_GROUPED;
    flip_output(&options, true);
}

static void dense(void **state)
{
    struct synth_options options = small();

    (void)state;
    options.keypoints = 0;
    flip_output(&options, false);
}

/* The same numbers as others write them: most flips are seen by nobody. */
static void unprotected(void **state)
{
    const char *path = scratch_path("plain.h5");
    const hsize_t dims[1] = {2000};
    float numbers[2000];
    hid_t file = make_file(path);

    (void)state;
    for (size_t i = 0; i < 2000; i++)
        numbers[i] = (float)i / 7;
    make_array(file, "/score", H5T_IEEE_F32LE, 1, dims, numbers, H5P_DEFAULT);
    MAKE(H5Fclose(file));
    struct count count = flip(path, 50);
    assert_true(count.deceived_plain > count.flips / 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(keypoints),
        TEST(grouped),
        TEST(dense),
        TEST(unprotected),
    };

    return cmocka_run_group_tests(tests, make_single_context, free_context);
}
