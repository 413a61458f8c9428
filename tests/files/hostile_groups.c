/* Faults that only the grouped layout can have. */
#include "files/hostile.h"

#include <string.h>
#include <sys/stat.h>

enum { IMAGES = 3 };

static const struct dataset grouped[] = {
    {"/images/a/features", 3, {4, 5, 6}, noise},
    {"/images/a/keypoints", 2, {3, 2}, point},
    {"/images/b/features", 3, {4, 6, 5}, noise},
    {"/images/b/keypoints", 2, {3, 2}, point},
    {"/images/c/features", 3, {4, 3, 8}, noise},
    {"/images/c/keypoints", 2, {2, 2}, point},
    {.path = NULL},
};

/* Pairs of a to b, b to c, c to a; by other names, where they are given. */
static void put_pairs(hid_t file, const char *first)
{
    const char *names[2][IMAGES] = {{first ? first : "a", "b", "c"}, {"b", "c", "a"}};
    const hsize_t count = IMAGES;
    hid_t space = H5Screate_simple(1, &count, NULL), type = H5Tcopy(H5T_C_S1), links = H5Pcreate(H5P_LINK_CREATE), id;

    H5Pset_create_intermediate_group(links, 1);
    CHECK(H5Tset_size(type, H5T_VARIABLE));
    for (int side = 0; side < 2; side++) {
        CHECK(id = H5Dcreate2(file, side ? "/pairs/target" : "/pairs/source", type, space, links, H5P_DEFAULT,
                              H5P_DEFAULT));
        CHECK(H5Dwrite(id, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, names[side]));
        H5Dclose(id);
    }
}

/* ---- groups ------------------------------------------------------------------------------------- */

static void good(hid_t file)
{
    put_pairs(file, NULL);
}

static void external_image(hid_t file)
{
    put_pairs(file, NULL);
    CHECK(H5Lcreate_external("other.h5", "/images/c", file, "/images/c", H5P_DEFAULT, H5P_DEFAULT));
}

static void external_pipe(hid_t file)
{
    put_pairs(file, NULL);
    CHECK(mkfifo("pipe", 0600));
    CHECK(H5Lcreate_external("pipe", "/features", file, "/images/c/features", H5P_DEFAULT, H5P_DEFAULT));
}

static void circle(hid_t file)
{
    put_pairs(file, NULL);
    CHECK(H5Lcreate_hard(file, "/images", file, "/images/d", H5P_DEFAULT, H5P_DEFAULT));
}

/* All of the file again, below its images. */
static void root_in_images(hid_t file)
{
    put_pairs(file, NULL);
    CHECK(H5Lcreate_hard(file, "/", file, "/images/d", H5P_DEFAULT, H5P_DEFAULT));
}

/* 100 ways at each of 16 corners. */
static void maze(hid_t file)
{
    char path[64];

    put_pairs(file, NULL);
    for (int i = 0; i < 100; i++) {
        snprintf(path, sizeof path, "/images/0%d", i);
        CHECK(H5Lcreate_hard(file, "/images", file, path, H5P_DEFAULT, H5P_DEFAULT));
    }
}

static void empty_groups(hid_t file)
{
    char path[64];

    put_pairs(file, NULL);
    for (int i = 0; i < 5000; i++) {
        snprintf(path, sizeof path, "/images/e%d", i);
        H5Gclose(H5Gcreate2(file, path, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT));
    }
}

/* Features that are a group that is the image that they belong to. */
static void features_in_features(hid_t file)
{
    put_pairs(file, NULL);
    CHECK(H5Lcreate_hard(file, "/images/c", file, "/images/c/features", H5P_DEFAULT, H5P_DEFAULT));
}

static void huge_features(hid_t file)
{
    const hsize_t dims[3] = {(hsize_t)1 << 20, (hsize_t)1 << 15, (hsize_t)1 << 15};

    put_pairs(file, NULL);
    put_typed(file, "/images/c/features", H5T_IEEE_F32LE, 3, dims, NULL, H5P_DEFAULT);
}

static void huge_keypoints(hid_t file)
{
    const hsize_t dims[2] = {(hsize_t)1 << 40, 2}, chunk[2] = {1024, 2};

    put_pairs(file, NULL);
    put_typed(file, "/images/c/keypoints", H5T_IEEE_F32LE, 2, dims, NULL, chunks(2, chunk));
}

static void odd_name(hid_t file)
{
    put_pairs(file, "\x1b[2J\nno image\n\x07");
}

static void dotted_name(hid_t file)
{
    put_pairs(file, "../images/a");
}

/* ---- images that are the fault of their pairs --------------------------------------------------- */

/* A chunk of 40 bytes that are no deflate stream. */
static void put_garbage(hid_t file, const char *path, int rank, const hsize_t *dims)
{
    static const unsigned char garbage[40] = {0x42};
    const hsize_t first[3] = {0};
    hid_t creation = chunks(rank, dims), id;

    CHECK(H5Pset_deflate(creation, 1));
    put_typed(file, path, H5T_IEEE_F32LE, rank, dims, NULL, creation);
    CHECK(id = H5Dopen2(file, path, H5P_DEFAULT));
    CHECK(H5Dwrite_chunk(id, H5P_DEFAULT, 0, first, sizeof garbage, garbage));
    H5Dclose(id);
}

static void features_garbage(hid_t file)
{
    put_pairs(file, NULL);
    put_garbage(file, "/images/c/features", 3, (const hsize_t[3]){4, 3, 8});
}

static void keypoints_garbage(hid_t file)
{
    put_pairs(file, NULL);
    put_garbage(file, "/images/c/keypoints", 2, (const hsize_t[2]){2, 2});
}

const struct hostile hostile_groups[] = {
    {"groups-good", grouped, "", good, NULL},
    {"groups-external-image", grouped, "/images/c/features,/images/c/keypoints", external_image, NULL},
    {"groups-external-pipe", grouped, "/images/c/features", external_pipe, NULL},
    {"groups-circle", grouped, "", circle, NULL},
    {"groups-root-in-images", grouped, "", root_in_images, NULL},
    {"groups-maze", grouped, "", maze, NULL},
    {"groups-empty", grouped, "", empty_groups, NULL},
    {"groups-features-in-features", grouped, "/images/c/features", features_in_features, NULL},
    {"groups-huge-features", grouped, "/images/c/features", huge_features, NULL},
    {"groups-huge-keypoints", grouped, "/images/c/keypoints", huge_keypoints, NULL},
    {"groups-odd-name", grouped, "", odd_name, NULL},
    {"groups-dotted-name", grouped, "", dotted_name, NULL},
    {"pair:groups-features-garbage", grouped, "/images/c/features", features_garbage, NULL},
    {"pair:groups-keypoints-garbage", grouped, "/images/c/keypoints", keypoints_garbage, NULL},
    {.name = NULL},
};
