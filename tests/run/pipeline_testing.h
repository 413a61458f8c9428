/*
 * pipeline_testing: what the tests of whole jobs share: an indexed input that a test may change before it is written, a
 * model, and an output read back, all with plain HDF5.
 */
#ifndef TESTS_PIPELINE_TESTING_H
#define TESTS_PIPELINE_TESTING_H

#include "h5/h5_make.h"
#include "naive.h"

enum { C = 6, H = 7, W = 9, CELLS = H * W, IMAGE = C * CELLS, IMAGES = 6, PAIRS = 14, K = 5 };

/* FOLDER/NAME, the same and valid until the end. */
static inline const char *path_of(const char *name)
{
    static char paths[16][SCRATCH_PATH];
    const char *path = scratch_path(name);
    size_t i = 0;

    while (paths[i][0] && strcmp(paths[i], path) != 0)
        i++;
    assert_true(i < 15);
    return strcpy(paths[i], path);
}

/* ---- inputs ----------------------------------------------------------------------------------------- */

/* An indexed input; a test may change it before it is written. */
struct indexed {
    float features[IMAGES][IMAGE], mask[IMAGES][CELLS];
    int source[PAIRS], target[PAIRS];
    double keypoints[PAIRS][K][2];
};

/* Masks and keypoints lie well inside: a part of a source that is no target is enough to refine. */
static inline void make_indexed(struct indexed *input)
{
    struct random random = {5};

    for (size_t image = 0; image < IMAGES; image++) {
        random_fill(&random, input->features[image], IMAGE);
        for (size_t i = 0; i < CELLS; i++) {
            bool inside = i / W >= 2 && i / W <= 4 && i % W >= 3 && i % W <= 6;
            input->mask[image][i] = inside && random_below(&random, 3) ? random_float(&random, 0.5F, 1) : 0;
        }
    }
    for (size_t p = 0; p < PAIRS; p++) {
        input->source[p] = (int)random_below(&random, IMAGES - 1);     /* the last one is a target only, */
        input->target[p] = 1 + (int)random_below(&random, IMAGES - 1); /* the first a source only */
        for (size_t k = 0; k < K; k++) {
            input->keypoints[p][k][0] = (double)random_float(&random, 1.5F, 6.4F);
            input->keypoints[p][k][1] = (double)random_float(&random, 1.5F, 4.4F);
        }
        input->keypoints[p][p % K][0] = NAN;
    }
}

static inline const char *write_indexed(const struct indexed *input, const char *name)
{
    const char *path = path_of(name);
    const hsize_t features[4] = {IMAGES, C, H, W}, chunk[4] = {1, 4, H, 5}, mask[3] = {IMAGES, H, W},
                  pairs[1] = {PAIRS};
    const hsize_t keypoints[3] = {PAIRS, K, 2};
    hid_t file = make_file(path), creation = make_chunks(4, chunk);

    MAKE(H5Pset_shuffle(creation));
    MAKE(H5Pset_deflate(creation, 1));
    make_array(file, "/images/features", H5T_NATIVE_FLOAT, 4, features, input->features, creation);
    make_array(file, "/images/mask", H5T_NATIVE_FLOAT, 3, mask, input->mask, H5P_DEFAULT);
    make_array(file, "/pairs/source", H5T_NATIVE_INT, 1, pairs, input->source, H5P_DEFAULT);
    make_array(file, "/pairs/target", H5T_NATIVE_INT, 1, pairs, input->target, H5P_DEFAULT);
    make_array(file, "/pairs/keypoints", H5T_NATIVE_DOUBLE, 3, keypoints, input->keypoints, H5P_DEFAULT);
    MAKE(H5Fclose(file));
    return path;
}

/* A residual network of one block with `channels` in and out, and `hidden` within. */
static inline const char *write_model(const char *name, hsize_t channels, hsize_t hidden)
{
    const char *path = path_of(name);
    const struct {
        const char *key;
        hsize_t outputs, inputs, side;
    } convolutions[3] = {{"0", hidden, channels, 1}, {"3", hidden, hidden, 3}, {"6", channels, hidden, 1}};
    static const char *const norms[3] = {"1", "4", "7"}, *const parts[4] = {"weight", "bias", "running_mean",
                                                                            "running_var"};
    struct random random = {9};
    float values[64 * 64 * 9];
    hid_t file = make_file(path);
    char key[64];

    for (size_t i = 0; i < 3; i++) {
        const hsize_t dims[4] = {convolutions[i].outputs, convolutions[i].inputs, convolutions[i].side,
                                 convolutions[i].side};
        random_fill(&random, values, dims[0] * dims[1] * dims[2] * dims[3]);
        snprintf(key, sizeof key, "/blocks.0.net.%s.weight", convolutions[i].key);
        make_array(file, key, H5T_NATIVE_FLOAT, 4, dims, values, H5P_DEFAULT);
        for (size_t part = 0; part < 4; part++) {
            for (size_t c = 0; c < dims[0]; c++)
                values[c] = random_float(&random, 0.5F, 1.5F) - (part % 3 ? 1 : 0);
            snprintf(key, sizeof key, "/blocks.0.net.%s.%s", norms[i], parts[part]);
            make_array(file, key, H5T_NATIVE_FLOAT, 1, dims, values, H5P_DEFAULT);
        }
    }
    MAKE(H5Fclose(file));
    return path;
}

/* ---- outputs ---------------------------------------------------------------------------------------- */

struct answers {
    unsigned char chosen[PAIRS], status[PAIRS];
    float imd[PAIRS][GEOSC_POSES], xy[PAIRS][K][2], score[PAIRS][K];
};

static inline void read_answers(const char *path, size_t pairs, size_t candidates, size_t keypoints,
                                struct answers *answers)
{
    hid_t file = H5Fopen(path, H5F_ACC_RDONLY, H5P_DEFAULT);
    float imd[PAIRS * GEOSC_POSES], xy[PAIRS * K * 2], score[PAIRS * K];

    MAKE(file);
    read_array(file, "/poses/chosen", H5T_NATIVE_UCHAR, pairs, answers->chosen);
    read_array(file, "/pairs/status", H5T_NATIVE_UCHAR, pairs, answers->status);
    read_array(file, "/poses/imd", H5T_NATIVE_FLOAT, pairs * candidates, imd);
    read_array(file, "/matches/xy", H5T_NATIVE_FLOAT, pairs * keypoints * 2, xy);
    read_array(file, "/matches/score", H5T_NATIVE_FLOAT, pairs * keypoints, score);
    MAKE(H5Fclose(file));
    for (size_t p = 0; p < pairs; p++) {
        memcpy(answers->imd[p], imd + p * candidates, candidates * sizeof *imd);
        memcpy(answers->xy[p], xy + p * keypoints * 2, keypoints * 2 * sizeof *xy);
        memcpy(answers->score[p], score + p * keypoints, keypoints * sizeof *score);
    }
}

static inline struct geosc_options options_with(int threads)
{
    struct geosc_options options;

    geosc_options_init(&options);
    options.threads = threads;
    options.force = true;
    options.restart = true;
    return options;
}

static inline void expect_close(const float *found, const float *expected, size_t count, float tolerance)
{
    for (size_t i = 0; i < count; i++)
        if (isnan(found[i]) != isnan(expected[i]) || fabsf(found[i] - expected[i]) > tolerance)
            fail_msg("element %zu: %.9g instead of %.9g", i, (double)found[i], (double)expected[i]);
}

/* The least memory, in steps of 5 %, with which the job runs. */
static inline size_t least_memory(const char *input, const char *model, const char *output)
{
    struct geosc_options options = options_with(1);

    for (options.memory = 10000; options.memory < (size_t)1 << 30; options.memory += options.memory / 20) {
        enum geosc_status status = geosc_match_file(context, input, model, output, &options, NULL);
        if (status == GEOSC_OK)
            return options.memory;
        assert_int_equal(status, GEOSC_FAILED);
        assert_non_null(strstr(geosc_message(context), "memory"));
    }
    fail_msg("a job of %d pairs does not run in 1 GB", PAIRS);
    return 0;
}

#endif
