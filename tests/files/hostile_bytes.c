/* Files that are cut off, are not HDF5, or have changed bytes. */
#include "files/hostile.h"

#include <sys/stat.h>
#include <unistd.h>

static void put_byte(const char *path, long offset, int byte)
{
    FILE *out = fopen(path, "r+b");

    check(out ? 0 : -1, path);
    CHECK(fseek(out, offset, SEEK_SET));
    CHECK(fputc(byte, out));
    CHECK(fclose(out));
}

static void cut(const char *path, long percent)
{
    struct stat there;

    CHECK(stat(path, &there));
    CHECK(truncate(path, there.st_size * percent / 100));
}

static void cut_10(const char *path)
{
    cut(path, 10);
}

static void cut_50(const char *path)
{
    cut(path, 50);
}

static void cut_99(const char *path)
{
    cut(path, 99);
}

static void cut_superblock(const char *path)
{
    CHECK(truncate(path, 40));
}

static void superblock_version(const char *path)
{
    put_byte(path, 8, 77);
}

/* The root group's B-tree, or whatever stands first behind the superblock and root header, is overwritten. */
static void structure_lost(const char *path)
{
    for (long at = 96; at < 1200; at++)
        put_byte(path, at, 0xff);
}

static void signature_only(const char *path)
{
    CHECK(truncate(path, 8));
}

static void become_empty(const char *path)
{
    CHECK(truncate(path, 0));
}

static void become_text(const char *path)
{
    FILE *out = fopen(path, "w");

    check(out ? 0 : -1, path);
    fputs("source,target\n1,2\n", out);
    fclose(out);
}

static void become_folder(const char *path)
{
    CHECK(unlink(path));
    CHECK(mkdir(path, 0700));
}

static void become_pipe(const char *path)
{
    CHECK(unlink(path));
    CHECK(mkfifo(path, 0600));
}

static void become_device_link(const char *path)
{
    CHECK(unlink(path));
    CHECK(symlink("/dev/zero", path));
}

/* clang-format off */
const struct hostile hostile_bytes[] = {
    {"cut-signature", stacked, "", nothing, signature_only},
    {"cut-superblock", stacked, "", nothing, cut_superblock},
    {"cut-10", stacked, "", nothing, cut_10},
    {"cut-50", stacked, "", nothing, cut_50},
    {"cut-99", stacked, "", nothing, cut_99},
    {"superblock-version", stacked, "", nothing, superblock_version},
    {"structure-lost", stacked, "", nothing, structure_lost},
    {"empty", stacked, "", nothing, become_empty},
    {"text", stacked, "", nothing, become_text},
    {"folder", stacked, "", nothing, become_folder},
    {"pipe", stacked, "", nothing, become_pipe},
    {"device", stacked, "", nothing, become_device_link},
    {.name = NULL},
};
/* clang-format on */
