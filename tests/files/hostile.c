/*
 * Hostile and damaged files for tests/cli/hostile.sh (hostile.h):
 *   hostile                       the names, in order
 *   hostile NAME FILE             makes one; what it refers to (pipe, other.h5) is made in the working folder
 *   hostile same A B              whether two outputs have the same matches, by their checksums
 *   hostile run COMMAND...        runs it, says so if it takes more time or memory than a hostile file may make it
 *                                 take, and ends as it did
 *   hostile mutants COUNT GEOSC   makes COUNT damaged copies of input.h5, model.h5 and output.h5 each, and has the
 *                                 command read them
 */
#include "files/hostile.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

static const struct hostile *const lists[] = {hostile_elsewhere, hostile_objects, hostile_bytes,
                                              hostile_pairs,     hostile_groups,  hostile_models};

/* `path` stands in a list with commas. */
static bool is_listed(const char *list, const char *path)
{
    size_t length = strlen(path);

    for (const char *at = list; (at = strstr(at, path)); at += length)
        if (at[length] == ',' || at[length] == '\0')
            return true;
    return false;
}

static void make_case(const struct hostile *hostile, const char *path)
{
    hid_t file = create_oldest(path, H5P_DEFAULT);

    CHECK(file);
    for (const struct dataset *set = hostile->base; set->path; set++)
        if (!is_listed(hostile->without, set->path))
            put(file, set, H5T_IEEE_F32LE, H5P_DEFAULT);
    hostile->make(file);
    CHECK(H5Fflush(file, H5F_SCOPE_LOCAL));
    H5close(); /* with all that the cases left open */
    if (hostile->spoil)
        hostile->spoil(path);
}

/* ---- comparing ---------------------------------------------------------------------------------- */

static uint32_t stored_sum(hid_t file, const char *path)
{
    uint32_t sum = 0;
    hid_t id = H5Aopen_by_name(file, path, "crc32", H5P_DEFAULT, H5P_DEFAULT);

    CHECK(id);
    CHECK(H5Aread(id, H5T_NATIVE_UINT32, &sum));
    H5Aclose(id);
    return sum;
}

static int compare(const char *a, const char *b)
{
    static const char *const paths[] = {"/matches/xy", "/matches/score", "/poses/imd", "/poses/chosen",
                                        "/pairs/status"};
    hid_t first = H5Fopen(a, H5F_ACC_RDONLY, H5P_DEFAULT), second = H5Fopen(b, H5F_ACC_RDONLY, H5P_DEFAULT);
    bool same = true;

    CHECK(first);
    CHECK(second);
    for (size_t i = 0; i < sizeof paths / sizeof *paths; i++)
        same &= stored_sum(first, paths[i]) == stored_sum(second, paths[i]);
    puts(same ? "the same" : "not the same");
    return !same;
}

/* ---- the program --------------------------------------------------------------------------------- */

/* Makes the case of that name; NULL: prints all names. Returns whether there was one. */
static bool make_named(const char *name, const char *path)
{
    for (size_t list = 0; list < sizeof lists / sizeof *lists; list++)
        for (const struct hostile *hostile = lists[list]; hostile->name; hostile++) {
            if (!name) {
                puts(hostile->name);
            } else if (strcmp(name, hostile->name) == 0) {
                make_case(hostile, path);
                return true;
            }
        }
    return !name;
}

int main(int argc, char **argv)
{
    if (argc > 2 && strcmp(argv[1], "run") == 0)
        return hostile_run(argv + 2);
    if (argc == 4 && strcmp(argv[1], "mutants") == 0)
        return hostile_mutants(strtoull(argv[2], NULL, 10), argv[3]);
    if (argc == 4 && strcmp(argv[1], "same") == 0)
        return compare(argv[2], argv[3]);
    if (argc == 1)
        return !make_named(NULL, NULL);
    return argc != 3 || !make_named(argv[1], argv[2]);
}
