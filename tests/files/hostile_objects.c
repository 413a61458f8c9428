/* Objects of the wrong kind, type or shape; lists and attributes with impossible values. */
#include "files/hostile.h"

#include <string.h>

static void group_for_dataset(hid_t file)
{
    CHECK(H5Gcreate2(file, "/mask", H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT));
}

static void dataset_for_group(hid_t file)
{
    put_typed(file, "/poses", H5T_IEEE_F32LE, 4, source->dims, NULL, H5P_DEFAULT);
}

static void named_type(hid_t file)
{
    CHECK(H5Tcommit2(file, "/source", H5Tcopy(H5T_IEEE_F32LE), H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT));
}

static void attribute_instead(hid_t file)
{
    put_number(file, "/", "source", 1);
}

static void of_type(hid_t file, hid_t type)
{
    CHECK(type);
    put_blank(file, type, 4, source->dims);
}

static void compound(hid_t file)
{
    hid_t type = H5Tcreate(H5T_COMPOUND, 8);

    CHECK(H5Tinsert(type, "r", 0, H5T_IEEE_F32LE));
    CHECK(H5Tinsert(type, "i", 4, H5T_IEEE_F32LE));
    of_type(file, type);
}

static void variable_length(hid_t file)
{
    of_type(file, H5Tvlen_create(H5T_IEEE_F32LE));
}

static void string(hid_t file)
{
    of_type(file, H5T_C_S1);
}

static void array(hid_t file)
{
    const hsize_t dims[1] = {2};

    of_type(file, H5Tarray_create2(H5T_IEEE_F32LE, 1, dims));
}

static void reference(hid_t file)
{
    of_type(file, H5T_STD_REF_OBJ);
}

static void bit_field(hid_t file)
{
    of_type(file, H5T_STD_B32LE);
}

static void opaque(hid_t file)
{
    of_type(file, H5Tcreate(H5T_OPAQUE, 4));
}

/* bfloat16 but for its bias. */
static void odd_float(hid_t file)
{
    hid_t type = H5Tcopy(H5T_IEEE_F32LE);

    CHECK(H5Tset_fields(type, 15, 7, 8, 0, 7));
    CHECK(H5Tset_size(type, 2));
    CHECK(H5Tset_ebias(type, 126));
    of_type(file, type);
}

static void long_double(hid_t file)
{
    of_type(file, H5T_NATIVE_LDOUBLE);
}

static void integer(hid_t file)
{
    of_type(file, H5T_STD_I32LE);
}

/* ---- shapes ------------------------------------------------------------------------------------- */

static void huge_dims(hid_t file)
{
    const hsize_t dims[4] = {(hsize_t)1 << 40, (hsize_t)1 << 23, 5, 6}, chunk[4] = {1, 1, 5, 6};

    put_typed(file, "/source", H5T_IEEE_F32LE, 4, dims, NULL, chunks(4, chunk));
}

static void huge_rows(hid_t file)
{
    const hsize_t dims[4] = {(hsize_t)1 << 32, 4, 5, 6}, chunk[4] = {1, 4, 5, 6};

    put_typed(file, "/source", H5T_IEEE_F32LE, 4, dims, NULL, chunks(4, chunk));
    put_typed(file, "/target", H5T_IEEE_F32LE, 4, dims, NULL, chunks(4, chunk));
}

static void huge_images(hid_t file)
{
    const hsize_t dims[4] = {2, 4096, 4096, 4096}, chunk[4] = {1, 1, 64, 64};

    put_typed(file, "/source", H5T_IEEE_F32LE, 4, dims, NULL, chunks(4, chunk));
    put_typed(file, "/target", H5T_IEEE_F32LE, 4, dims, NULL, chunks(4, chunk));
}

static void huge_keypoints(hid_t file)
{
    const hsize_t dims[3] = {2, (hsize_t)1 << 33, 2}, chunk[3] = {1, 4096, 2};

    put_typed(file, "/keypoints", H5T_IEEE_F32LE, 3, dims, NULL, chunks(3, chunk));
}

/* Few numbers in a chunk of 2 GB. */
static void huge_chunk(hid_t file)
{
    const hsize_t dims[3] = {2, 3, 2}, most[3] = {2, H5S_UNLIMITED, 2}, chunk[3] = {2, 64 << 20, 2};
    hid_t creation = chunks(3, chunk), space = H5Screate_simple(3, dims, most), id;

    H5Pset_deflate(creation, 1);
    CHECK(id = H5Dcreate2(file, "/keypoints", H5T_IEEE_F64LE, space, H5P_DEFAULT, creation, H5P_DEFAULT));
    CHECK(H5Dwrite_chunk(id, H5P_DEFAULT, 0, (const hsize_t[3]){0}, 4, "abcd"));
    H5Dclose(id);
}

static void zero_dim(hid_t file)
{
    const hsize_t dims[4] = {2, 4, 0, 6};

    put_blank(file, H5T_IEEE_F32LE, 4, dims);
}

static void null_space(hid_t file)
{
    hid_t space = H5Screate(H5S_NULL);

    CHECK(H5Dcreate2(file, "/source", H5T_IEEE_F32LE, space, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT));
}

static void scalar(hid_t file)
{
    put_blank(file, H5T_IEEE_F32LE, 0, NULL);
}

static void rank_nine(hid_t file)
{
    const hsize_t dims[9] = {2, 1, 1, 1, 1, 1, 4, 5, 6};

    put_blank(file, H5T_IEEE_F32LE, 9, dims);
}

static void index_beyond(hid_t file)
{
    put_indices(file, 3);
}

static void index_huge(hid_t file)
{
    put_indices(file, UINT64_MAX);
}

static void size_zero(hid_t file)
{
    const struct dataset size = {"/images/size", 2, {3, 2}, number};

    put_indices(file, 1);
    put(file, &size, H5T_IEEE_F32LE, H5P_DEFAULT);
}

static void pose_unknown(hid_t file)
{
    put_typed(file, "/poses/rot45/source", H5T_IEEE_F32LE, 4, source->dims, NULL, H5P_DEFAULT);
}

static void levels_twice(hid_t file)
{
    char names[2][4] = {"one", "one"};
    const hsize_t two[1] = {2};
    hid_t type = H5Tcopy(H5T_C_S1), space = H5Screate_simple(1, two, NULL), group, id;

    put_indices(file, 1);
    put_typed(file, "/images/features/one", H5T_IEEE_F32LE, 4, indexed[0].dims, NULL, H5P_DEFAULT);
    CHECK(group = H5Gopen2(file, "/images/features", H5P_DEFAULT));
    H5Tset_size(type, 4);
    CHECK(id = H5Acreate2(group, "levels", type, space, H5P_DEFAULT, H5P_DEFAULT));
    CHECK(H5Awrite(id, type, names));
}

static void units_unknown(hid_t file)
{
    put(file, &stacked[3], H5T_IEEE_F32LE, H5P_DEFAULT);
    put_text(file, "/keypoints", "units", "inch\33[31m");
}

static void units_number(hid_t file)
{
    put(file, &stacked[3], H5T_IEEE_F32LE, H5P_DEFAULT);
    put_number(file, "/keypoints", "units", 1);
}

/* As much text as an attribute may have. */
static void attribute_long(hid_t file)
{
    static char text[60001];

    memset(text, 'x', sizeof text - 1);
    put(file, &stacked[3], H5T_IEEE_F32LE, H5P_DEFAULT);
    put_text(file, "/keypoints", "units", text);
}

static const struct dataset empty[] = {{.path = NULL}};

/* Groups of images with links back up: without a limit there would be 3^16 of them. */
static void image_cycles(hid_t file)
{
    const struct dataset one_image = {"/images/a/features", 3, {4, 5, 6}, noise};
    char name[32];

    put(file, &one_image, H5T_IEEE_F32LE, H5P_DEFAULT);
    CHECK(H5Gcreate2(file, "/pairs", H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT));
    CHECK(H5Gcreate2(file, "/images/b", H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT));
    for (int i = 0; i < 3; i++) {
        snprintf(name, sizeof name, "/images/b/up%d", i);
        CHECK(H5Lcreate_hard(file, "/images", file, name, H5P_DEFAULT, H5P_DEFAULT));
    }
}

/* clang-format off */
const struct hostile hostile_objects[] = {
    {"group-for-dataset", stacked, "/mask", group_for_dataset, NULL},
    {"dataset-for-group", stacked, "", dataset_for_group, NULL},
    {"named-type", stacked, "/source", named_type, NULL},
    {"attribute-instead", stacked, "/source", attribute_instead, NULL},
    {"compound", stacked, "/source", compound, NULL},
    {"variable-length", stacked, "/source", variable_length, NULL},
    {"string", stacked, "/source", string, NULL},
    {"array", stacked, "/source", array, NULL},
    {"reference", stacked, "/source", reference, NULL},
    {"bit-field", stacked, "/source", bit_field, NULL},
    {"opaque", stacked, "/source", opaque, NULL},
    {"odd-float", stacked, "/source", odd_float, NULL},
    {"long-double", stacked, "/source", long_double, NULL},
    {"integer", stacked, "/source", integer, NULL},
    {"huge-dims", stacked, "/source", huge_dims, NULL},
    {"huge-rows", stacked, "/source,/target,/mask,/keypoints", huge_rows, NULL},
    {"huge-images", stacked, "/source,/target,/mask", huge_images, NULL},
    {"huge-keypoints", stacked, "/keypoints", huge_keypoints, NULL},
    {"huge-chunk", stacked, "/keypoints", huge_chunk, NULL},
    {"zero-dim", stacked, "/source", zero_dim, NULL},
    {"null-space", stacked, "/source", null_space, NULL},
    {"scalar", stacked, "/source", scalar, NULL},
    {"rank-nine", stacked, "/source", rank_nine, NULL},
    {"index-beyond", indexed, "", index_beyond, NULL},
    {"index-huge", indexed, "", index_huge, NULL},
    {"size-zero", indexed, "/images/size", size_zero, NULL},
    {"pose-unknown", stacked, "", pose_unknown, NULL},
    {"levels-twice", indexed, "/images/features", levels_twice, NULL},
    {"units-unknown", stacked, "/keypoints", units_unknown, NULL},
    {"units-number", stacked, "/keypoints", units_number, NULL},
    {"attribute-long", stacked, "/keypoints", attribute_long, NULL},
    {"image-cycles", empty, "", image_cycles, NULL},
    {.name = NULL},
};
/* clang-format on */
