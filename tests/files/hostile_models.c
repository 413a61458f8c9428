/* Hostile models, and the good files. */
#include "files/hostile.h"

#include <math.h>

static void hard_cycle(hid_t file)
{
    hid_t group = H5Gcreate2(file, "/group", H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);

    CHECK(H5Lcreate_hard(file, "/group", group, "again", H5P_DEFAULT, H5P_DEFAULT));
    H5Gclose(group);
}

static void model_extra(hid_t file)
{
    const struct dataset extra = {"/head\n\33[2Jweight", 1, {3}, one};

    put(file, &extra, H5T_IEEE_F32LE, H5P_DEFAULT);
}

static void model_shape(hid_t file)
{
    const struct dataset other = {"/b.0.net.3.weight", 4, {3, 3, 5, 5}, noise};

    put(file, &other, H5T_IEEE_F32LE, H5P_DEFAULT);
}

static void model_nan(hid_t file)
{
    put_except(file, &model[10], H5T_IEEE_F32LE, H5P_DEFAULT, 5, NAN);
}

static void model_variance(hid_t file)
{
    put_except(file, &model[14], H5T_IEEE_F32LE, H5P_DEFAULT, 1, -0.5);
}

static void model_hidden(hid_t file)
{
    const hsize_t dims[4] = {(hsize_t)1 << 31, 4, 1, 1}, chunk[4] = {1024, 4, 1, 1};

    put_typed(file, "/b.0.net.0.weight", H5T_IEEE_F32LE, 4, dims, NULL, chunks(4, chunk));
}

static void model_integer(hid_t file)
{
    put(file, &model[0], H5T_STD_I16LE, H5P_DEFAULT);
}

static void model_eps(hid_t file)
{
    put_number(file, "/", "bn_eps", -1);
}

/* Few groups that links back up make 3^12. */
static void model_cycles(hid_t file)
{
    hid_t group = H5Gcreate2(file, "/group", H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);

    CHECK(H5Lcreate_hard(file, "/", group, "a", H5P_DEFAULT, H5P_DEFAULT));
    CHECK(H5Lcreate_hard(file, "/", group, "b", H5P_DEFAULT, H5P_DEFAULT));
    CHECK(H5Lcreate_hard(file, "/", group, "c", H5P_DEFAULT, H5P_DEFAULT));
    H5Gclose(group);
}

/* Each component of a path leads along all those before it once more. */
static void model_soft_cycles(hid_t file)
{
    CHECK(H5Gcreate2(file, "/group", H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT));
    CHECK(H5Lcreate_soft(".", file, "/group/a", H5P_DEFAULT, H5P_DEFAULT));
    CHECK(H5Lcreate_soft("/group", file, "/group/b", H5P_DEFAULT, H5P_DEFAULT));
    CHECK(H5Lcreate_soft("b", file, "/group/c", H5P_DEFAULT, H5P_DEFAULT));
}

/* More names than HDF5 should gather for a list of them. */
static void model_names(hid_t file)
{
    char name[32];

    for (int i = 0; i < 20000; i++) {
        snprintf(name, sizeof name, "/name%d", i);
        CHECK(H5Lcreate_soft("/nowhere", file, name, H5P_DEFAULT, H5P_DEFAULT));
    }
}

static void model_deep(hid_t file)
{
    hid_t group = H5Gopen2(file, "/", H5P_DEFAULT);

    for (int i = 0; i < 500; i++)
        CHECK(group = H5Gcreate2(group, "g", H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT));
}

/* Strings of a fixed length, as many as `count`. */
static void put_names(hid_t file, const char *path, const char (*names)[24], hsize_t count)
{
    hid_t type = H5Tcopy(H5T_C_S1), space = H5Screate_simple(1, &count, NULL), id;

    CHECK(H5Tset_size(type, sizeof *names));
    CHECK(id = H5Dcreate2(file, path, type, space, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT));
    CHECK(H5Dwrite(id, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, names));
    H5Dclose(id);
}

/* Names that a terminal, a spreadsheet or a page would act on, in an input that is sound; one keypoint lies outside. */
static void escapes(hid_t file)
{
    static const char categories[2][24] = {"cat\33[31m\n\rdog", "=1\xe2\x80\xae\xc2\x9b"
                                                                "2J\x9b\a\xc3\xa4"};
    static const char images[3][24] = {"a\33]0;b\a<i>\"", "\xe6\xbc\xa2\xe2\x80\xa8\xff,.jpg",
                                       "-c\xd8\x9c\xe2\x81\xa7"};
    const struct dataset sets[] = {{"/pairs/keypoints", 3, {2, 3, 2}, point},
                                   {"/pairs/target_keypoints", 3, {2, 3, 2}, point}};

    put_except(file, &sets[0], H5T_IEEE_F32LE, H5P_DEFAULT, 0, 99);
    put(file, &sets[1], H5T_IEEE_F32LE, H5P_DEFAULT);
    put_text(file, "/pairs/keypoints", "units", "cell");
    put_indices(file, 1);
    put_names(file, "/pairs/category", categories, 2);
    put_names(file, "/images/name", images, 3);
}

/* clang-format off */
const struct hostile hostile_models[] = {
    {"model:extra", model, "", model_extra, NULL},
    {"model:missing", model, "/b.0.net.4.running_var", nothing, NULL},
    {"model:shape", model, "/b.0.net.3.weight", model_shape, NULL},
    {"model:nan", model, "/b.0.net.6.weight", model_nan, NULL},
    {"model:variance", model, "/b.0.net.7.running_var", model_variance, NULL},
    {"model:hidden", model, "/b.0.net.0.weight", model_hidden, NULL},
    {"model:integer", model, "/b.0.net.0.weight", model_integer, NULL},
    {"model:eps", model, "", model_eps, NULL},
    {"model:cycle", model, "", hard_cycle, NULL},
    {"model:cycles", model, "", model_cycles, NULL},
    {"model:soft-cycles", model, "", model_soft_cycles, NULL},
    {"model:names", model, "", model_names, NULL},
    {"model:deep", model, "", model_deep, NULL},
    {"good:input", stacked, "", nothing, NULL},
    {"good:model", model, "", nothing, NULL},
    {"good:escapes", indexed, "/images/size,/pairs/keypoints", escapes, NULL},
    {.name = NULL},
};
/* clang-format on */
