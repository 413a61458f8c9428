/* Data in other files: links, external storage, virtual datasets; and filters that are plugins. */
#include "files/hostile.h"

#include <sys/stat.h>

static void make_other(void)
{
    hid_t file = H5Fcreate("other.h5", H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT);

    CHECK(file);
    put(file, source, H5T_IEEE_F32LE, H5P_DEFAULT);
    CHECK(H5Fclose(file));
}

static void external_link(hid_t file)
{
    make_other();
    CHECK(H5Lcreate_external("other.h5", "/source", file, "/source", H5P_DEFAULT, H5P_DEFAULT));
}

static void external_folder(hid_t file)
{
    make_other();
    CHECK(H5Lcreate_external("other.h5", "/", file, "/elsewhere", H5P_DEFAULT, H5P_DEFAULT));
    CHECK(H5Lcreate_soft("/elsewhere/source", file, "/source", H5P_DEFAULT, H5P_DEFAULT));
}

static void external_missing(hid_t file)
{
    CHECK(H5Lcreate_external("nowhere.h5", "/source", file, "/source", H5P_DEFAULT, H5P_DEFAULT));
}

static void external_pipe(hid_t file)
{
    mkfifo("pipe", 0600);
    CHECK(H5Lcreate_external("pipe", "/source", file, "/source", H5P_DEFAULT, H5P_DEFAULT));
}

static void soft_loop(hid_t file)
{
    CHECK(H5Lcreate_soft("/again", file, "/source", H5P_DEFAULT, H5P_DEFAULT));
    CHECK(H5Lcreate_soft("/source", file, "/again", H5P_DEFAULT, H5P_DEFAULT));
}

static void soft_dangling(hid_t file)
{
    CHECK(H5Lcreate_soft("/nowhere", file, "/source", H5P_DEFAULT, H5P_DEFAULT));
}

static hid_t never_follow(const char *name, hid_t group, const void *data, size_t size, hid_t access, hid_t transfer)
{
    (void)name, (void)group, (void)data, (void)size, (void)access, (void)transfer;
    return -1;
}

static void user_link(hid_t file)
{
    const H5L_class_t class = {
        .version = H5L_LINK_CLASS_T_VERS, .id = (H5L_type_t)100, .comment = "", .trav_func = never_follow};

    CHECK(H5Lregister(&class));
    CHECK(H5Lcreate_ud(file, "/source", class.id, "", 0, H5P_DEFAULT, H5P_DEFAULT));
}

/* ---- data in other files ------------------------------------------------------------------------ */

static void stored_in(hid_t file, const char *name)
{
    hid_t creation = H5Pcreate(H5P_DATASET_CREATE);

    CHECK(H5Pset_external(creation, name, 0, 960));
    put_typed(file, "/source", H5T_IEEE_F32LE, 4, source->dims, NULL, creation);
}

static void external_storage(hid_t file)
{
    stored_in(file, "/etc/passwd");
}

static void external_storage_pipe(hid_t file)
{
    mkfifo("pipe", 0600);
    stored_in(file, "pipe");
}

static void external_storage_short(hid_t file)
{
    FILE *out = fopen("short.bin", "wb");

    if (out) {
        fputs("short", out);
        fclose(out);
    }
    stored_in(file, "short.bin");
}

static void virtual_of(hid_t file, const char *name)
{
    hid_t creation = H5Pcreate(H5P_DATASET_CREATE), space = H5Screate_simple(4, source->dims, NULL);

    CHECK(H5Pset_virtual(creation, space, name, "/source", space));
    put_typed(file, "/source", H5T_IEEE_F32LE, 4, source->dims, NULL, creation);
}

static void virtual_set(hid_t file)
{
    make_other();
    virtual_of(file, "other.h5");
}

static void virtual_missing(hid_t file)
{
    virtual_of(file, "nowhere.h5");
}

static void virtual_pipe(hid_t file)
{
    mkfifo("pipe", 0600);
    virtual_of(file, "pipe");
}

/* Half of it has no source. */
static void virtual_holes(hid_t file)
{
    const hsize_t start[4] = {0}, half[4] = {1, 4, 5, 6};
    hid_t creation = H5Pcreate(H5P_DATASET_CREATE), space = H5Screate_simple(4, source->dims, NULL);

    make_other();
    CHECK(H5Sselect_hyperslab(space, H5S_SELECT_SET, start, NULL, half, NULL));
    CHECK(H5Pset_virtual(creation, space, "other.h5", "/source", space));
    put_typed(file, "/source", H5T_IEEE_F32LE, 4, source->dims, NULL, creation);
}

/* ---- filters ------------------------------------------------------------------------------------ */

static void filtered(hid_t file, int filter)
{
    const unsigned values[1] = {7};
    hid_t creation = chunks(4, source->dims);

    CHECK(H5Pset_filter(creation, (H5Z_filter_t)filter, H5Z_FLAG_OPTIONAL, 1, values));
    put_typed(file, "/source", H5T_IEEE_F32LE, 4, source->dims, NULL, creation);
}

static void filter_unknown(hid_t file)
{
    filtered(file, 32001);
}

/* The number that tests/files/canary.c answers to; one chunk, so that a reader has to undo it. */
static void filter_plugin(hid_t file)
{
    const hsize_t start[4] = {0};
    unsigned char bytes[960] = {0};
    hid_t id;

    filtered(file, 32123);
    CHECK(id = H5Dopen2(file, "/source", H5P_DEFAULT));
    CHECK(H5Dwrite_chunk(id, H5P_DEFAULT, 0, start, sizeof bytes, bytes));
    H5Dclose(id);
}

static void filter_scale(hid_t file)
{
    hid_t creation = chunks(4, source->dims);

    CHECK(H5Pset_scaleoffset(creation, H5Z_SO_FLOAT_DSCALE, 3));
    put(file, source, H5T_IEEE_F32LE, creation);
}

static void filter_twice(hid_t file)
{
    hid_t creation = chunks(4, source->dims);

    H5Pset_deflate(creation, 1);
    CHECK(H5Pset_deflate(creation, 1));
    put(file, source, H5T_IEEE_F32LE, creation);
}

/* clang-format off */
const struct hostile hostile_elsewhere[] = {
    {"external-link", stacked, "/source", external_link, NULL},
    {"external-folder", stacked, "/source", external_folder, NULL},
    {"external-missing", stacked, "/source", external_missing, NULL},
    {"external-pipe", stacked, "/source", external_pipe, NULL},
    {"soft-loop", stacked, "/source", soft_loop, NULL},
    {"soft-dangling", stacked, "/source", soft_dangling, NULL},
    {"user-link", stacked, "/source", user_link, NULL},
    {"external-storage", stacked, "/source", external_storage, NULL},
    {"external-storage-pipe", stacked, "/source", external_storage_pipe, NULL},
    {"external-storage-short", stacked, "/source", external_storage_short, NULL},
    {"virtual", stacked, "/source", virtual_set, NULL},
    {"virtual-missing", stacked, "/source", virtual_missing, NULL},
    {"virtual-pipe", stacked, "/source", virtual_pipe, NULL},
    {"virtual-holes", stacked, "/source", virtual_holes, NULL},
    {"filter-unknown", stacked, "/source", filter_unknown, NULL},
    {"filter-plugin", stacked, "/source", filter_plugin, NULL},
    {"filter-scale", stacked, "/source", filter_scale, NULL},
    {"filter-twice", stacked, "/source", filter_twice, NULL},
    {.name = NULL},
};
/* clang-format on */
