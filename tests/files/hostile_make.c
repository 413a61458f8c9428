/* Good files, and functions that make hostile files from them. */
#include "files/hostile.h"

#include <stdlib.h>
#include <string.h>

void check(long long result, const char *what)
{
    if (result < 0) {
        fprintf(stderr, "hostile: %s failed\n", what);
        exit(1);
    }
}

double noise(size_t i)
{
    return (double)((i * 7919 + 13) % 997) / 997 - 0.5;
}

double one(size_t i)
{
    (void)i;
    return 1;
}

double point(size_t i)
{
    static const double points[] = {1, 1, 4, 2, 2.5, 3.25};

    return points[i % 6];
}

double number(size_t i)
{
    return (double)(i % 2);
}

const struct dataset stacked[] = {
    {"/source", 4, {2, 4, 5, 6}, noise},
    {"/target", 4, {2, 4, 5, 6}, noise},
    {"/mask", 3, {2, 5, 6}, one},
    {"/keypoints", 3, {2, 3, 2}, point},
    {.path = NULL},
};

const struct dataset indexed[] = {
    {"/images/features", 4, {3, 4, 5, 6}, noise},
    {"/images/size", 2, {3, 2}, one},
    {"/pairs/keypoints", 3, {2, 3, 2}, point},
    {.path = NULL},
};

const struct dataset model[] = {
    {"/b.0.net.0.weight", 4, {3, 4, 1, 1}, noise},
    {"/b.0.net.1.weight", 1, {3}, one},
    {"/b.0.net.1.bias", 1, {3}, noise},
    {"/b.0.net.1.running_mean", 1, {3}, noise},
    {"/b.0.net.1.running_var", 1, {3}, one},
    {"/b.0.net.3.weight", 4, {3, 3, 3, 3}, noise},
    {"/b.0.net.4.weight", 1, {3}, one},
    {"/b.0.net.4.bias", 1, {3}, noise},
    {"/b.0.net.4.running_mean", 1, {3}, noise},
    {"/b.0.net.4.running_var", 1, {3}, one},
    {"/b.0.net.6.weight", 4, {4, 3, 1, 1}, noise},
    {"/b.0.net.7.weight", 1, {4}, one},
    {"/b.0.net.7.bias", 1, {4}, noise},
    {"/b.0.net.7.running_mean", 1, {4}, noise},
    {"/b.0.net.7.running_var", 1, {4}, one},
    {.path = NULL},
};

const struct dataset *const source = &stacked[0], *const mask = &stacked[2];

void put_typed(hid_t file, const char *path, hid_t type, int rank, const hsize_t *dims, const double *items,
               hid_t creation)
{
    hid_t links = H5Pcreate(H5P_LINK_CREATE), space = rank ? H5Screate_simple(rank, dims, NULL) : H5Screate(H5S_SCALAR),
          id;

    H5Pset_create_intermediate_group(links, 1);
    CHECK(id = H5Dcreate2(file, path, type, space, links, creation, H5P_DEFAULT));
    if (items)
        CHECK(H5Dwrite(id, H5T_NATIVE_DOUBLE, H5S_ALL, H5S_ALL, H5P_DEFAULT, items));
    H5Dclose(id);
    H5Sclose(space);
    H5Pclose(links);
}

void put_except(hid_t file, const struct dataset *set, hid_t type, hid_t creation, size_t place, double other)
{
    double items[1024];
    size_t count = 1;

    for (int d = 0; d < set->rank; d++)
        count *= set->dims[d];
    for (size_t i = 0; i < count; i++)
        items[i] = i == place ? other : set->value(i);
    put_typed(file, set->path, type, set->rank, set->dims, items, creation);
}

void put(hid_t file, const struct dataset *set, hid_t type, hid_t creation)
{
    put_except(file, set, type, creation, SIZE_MAX, 0);
}

void put_blank(hid_t file, hid_t type, int rank, const hsize_t *dims)
{
    put_typed(file, "/source", type, rank, dims, NULL, H5P_DEFAULT);
}

hid_t chunks(int rank, const hsize_t *dims)
{
    hid_t creation = H5Pcreate(H5P_DATASET_CREATE);

    CHECK(H5Pset_chunk(creation, rank, dims));
    return creation;
}

void put_indices(hid_t file, uint64_t last)
{
    const hsize_t dims[1] = {2};
    uint64_t numbers[2] = {0, last};
    hid_t space = H5Screate_simple(1, dims, NULL), group = H5Gopen2(file, "/pairs", H5P_DEFAULT), id;

    CHECK(id = H5Dcreate2(group, "source", H5T_STD_U64LE, space, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT));
    CHECK(H5Dwrite(id, H5T_NATIVE_UINT64, H5S_ALL, H5S_ALL, H5P_DEFAULT, numbers));
    H5Dclose(id);
    numbers[1] = 1;
    CHECK(id = H5Dcreate2(group, "target", H5T_STD_U64LE, space, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT));
    CHECK(H5Dwrite(id, H5T_NATIVE_UINT64, H5S_ALL, H5S_ALL, H5P_DEFAULT, numbers));
    H5Dclose(id);
    H5Gclose(group);
}

void put_text(hid_t file, const char *path, const char *name, const char *text)
{
    hid_t type = H5Tcopy(H5T_C_S1), space = H5Screate(H5S_SCALAR), object = H5Oopen(file, path, H5P_DEFAULT), id;

    H5Tset_size(type, strlen(text));
    CHECK(id = H5Acreate2(object, name, type, space, H5P_DEFAULT, H5P_DEFAULT));
    CHECK(H5Awrite(id, type, text));
}

void put_number(hid_t file, const char *path, const char *name, double value)
{
    hid_t space = H5Screate(H5S_SCALAR), object = H5Oopen(file, path, H5P_DEFAULT), id;

    CHECK(id = H5Acreate2(object, name, H5T_NATIVE_DOUBLE, space, H5P_DEFAULT, H5P_DEFAULT));
    CHECK(H5Awrite(id, H5T_NATIVE_DOUBLE, &value));
}

void nothing(hid_t file)
{
    (void)file;
}
