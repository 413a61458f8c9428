/*
 * catalog_testing: what the tests of catalogs share: inputs whose numbers count up, catalogs opened, and what is wrong
 * with one.
 */
#ifndef TESTS_CATALOG_TESTING_H
#define TESTS_CATALOG_TESTING_H

#include "h5/h5_make.h"
#include "input/catalog_open.h"

#define FLOAT H5T_IEEE_F32LE
#define INT   H5T_STD_I32LE

/* Numbers that count up from `first`, as many as dims say. */
static inline void put(hid_t file, const char *path, hid_t type, double first, int rank, const hsize_t *dims)
{
    double numbers[4096];
    size_t count = 1;

    for (int d = 0; d < rank; d++)
        count *= dims[d];
    assert_true(count <= 4096);
    for (size_t i = 0; i < count; i++)
        numbers[i] = first + (double)i;
    make_typed(file, path, type, H5T_NATIVE_DOUBLE, rank, dims, numbers, H5P_DEFAULT);
}

/* An input without a fault; `pairs` NULL: those of the file. */
static inline void open_catalog(const char *path, const struct catalog_pairs *pairs, struct catalog *catalog)
{
    struct problems problems = {0};

    assert_ok(catalog_open(context, path, NULL, pairs, catalog, &problems));
    assert_ok(problems_status(context, &problems));
    problems_free(&problems);
}

/* `text` stands in one of them, of one line. */
static inline void assert_among(const struct problems *problems, const char *text)
{
    bool found = false;

    for (size_t i = 0; i < problems->kept; i++)
        found |= strstr(problems->lines[i], text) && !strchr(problems->lines[i], '\n');
    if (!found)
        fail_msg("\"%s\" is not among %zu problems; the first: %s", text, problems->count,
                 problems->count ? problems->lines[0] : "none");
}

/* What is said of an input with a fault, or a few; returns their number. */
static inline size_t expect_problem(const char *path, const struct catalog_pairs *pairs, const char *text)
{
    struct problems problems = {0};
    struct catalog catalog;
    size_t count;

    assert_ok(catalog_open(context, path, NULL, pairs, &catalog, &problems));
    assert_among(&problems, text);
    count = problems.count;
    assert_true(count <= 20);
    catalog_close(&catalog);
    problems_free(&problems);
    return count;
}

#endif
