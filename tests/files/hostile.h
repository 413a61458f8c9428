/*
 * hostile: hostile and damaged files for tests/cli/hostile.sh, made with HDF5 itself and by editing bytes. A case is a
 * good file of which objects are left out, and a function that puts something else in their place; each kind of fault
 * has a file hostile_KIND.c with its cases. Whatever fails ends the program.
 */
#ifndef TESTS_HOSTILE_H
#define TESTS_HOSTILE_H

#include "h5/h5_oldest.h"

#include <stdint.h>
#include <stdio.h>

void check(long long result, const char *what);

#define CHECK(call) check((long long)(call), #call)

struct dataset {
    const char *path;
    int rank;
    hsize_t dims[4];
    double (*value)(size_t i);
};

/* Good files: an input of each layout, and a model. Lists end with a path that is NULL. */
extern const struct dataset stacked[], indexed[], model[];
extern const struct dataset *const source, *const mask; /* of stacked */

/* Values of elements i. */
double noise(size_t i);
double one(size_t i);
double point(size_t i);
double number(size_t i);

/* A dataset and the groups above it; items NULL: not written. */
void put_typed(hid_t file, const char *path, hid_t type, int rank, const hsize_t *dims, const double *items,
               hid_t creation);
void put(hid_t file, const struct dataset *set, hid_t type, hid_t creation);
/* Element `place` becomes `other`. */
void put_except(hid_t file, const struct dataset *set, hid_t type, hid_t creation, size_t place, double other);
/* /source, not written, of another type or shape. */
void put_blank(hid_t file, hid_t type, int rank, const hsize_t *dims);
/* /pairs/source [0, last] and /pairs/target [0, 1]. */
void put_indices(hid_t file, uint64_t last);
/* Attributes. */
void put_text(hid_t file, const char *path, const char *name, const char *text);
void put_number(hid_t file, const char *path, const char *name, double value);
/* A creation list. */
hid_t chunks(int rank, const hsize_t *dims);
/* Adds nothing. */
void nothing(hid_t file);

struct hostile {
    const char *name; /* pair:... is the fault of a pair, model:... is a model */
    const struct dataset *base;
    const char *without; /* left out of the base; more of them after a comma */
    void (*make)(hid_t file);
    void (*spoil)(const char *path); /* changes the file when it is written, or NULL */
};

/* Each ends with a name that is NULL. */
extern const struct hostile hostile_elsewhere[], hostile_objects[], hostile_bytes[], hostile_pairs[], hostile_groups[],
    hostile_models[];

/* What "hostile run" and "hostile mutants" do; their exit status. */
int hostile_run(char **command);
int hostile_mutants(uint64_t count, const char *geosc);

#endif
