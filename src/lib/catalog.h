/*
 * catalog: what is in an input file (SPEC 3.1, 3.2), checked. It opens every array that a run may need, reads the small
 * ones (pairs, keypoints, sizes) whole, and leaves features and masks to be read row by row. Stacked and
 * indexed files look the same from here on: images by number, pairs of image numbers.
 * Read-only after catalog_open; only the reading thread uses the h5_arrays in it.
 */
#ifndef GEOSC_CATALOG_H
#define GEOSC_CATALOG_H

#include "h5.h"
#include "problems.h"

enum { CATALOG_LEVELS = 8, CATALOG_NO_GROUP = -2147483647 - 1 /* norm_group of a level that has none */ };

enum units { UNITS_CELL, UNITS_PIXEL, UNITS_ORIGINAL }; /* units.h */

/* Features of the images of one set under one pose: one level, or several to be fused onto the first one's grid. */
struct features {
    size_t level_count; /* 0: not in the file */
    struct h5_array levels[CATALOG_LEVELS];
    int norm_group[CATALOG_LEVELS]; /* zero-shot groups, CATALOG_NO_GROUP: none; equal numbers are normalised together */
    bool grouped;                   /* any level has a norm_group */
    size_t channels, height, width; /* after fusion */
    bool has_mask;
    struct h5_array mask; /* [N, H, W] or [N, 1, H, W] */
};

/* Images that share their sizes: all of an indexed file; the sources, and the targets, of a stacked one. */
struct image_set {
    size_t first, count;                   /* image numbers first .. first + count - 1 are rows 0 .. count - 1 */
    struct features pose[GEOSC_POSES];     /* [GEOSC_POSE_NONE] is always there */
    double (*size)[2];                     /* [count] (width, height) in pixels, or NULL */
    double (*placement)[3];                /* [count] (scale, x, y): pixel = scale * original pixel + (x, y); or NULL */
};

struct catalog {
    struct h5_file *file;
    bool indexed;
    size_t set_count;
    struct image_set sets[2];
    size_t images, channels;
    size_t pairs;
    size_t *source, *target; /* [pairs] image numbers */
    size_t *index;           /* [pairs] places in the file, ascending, where only a part of its pairs is left (shard.h); else NULL */
    enum units units;
    size_t keypoints;                                   /* K; 0: dense */
    double (*source_keypoints)[2];                      /* [pairs * K] or NULL; NaN = absent */
    bool *unreadable;                                   /* [pairs] whose keypoints can't be decoded, or NULL */
    double (*target_keypoints)[2];                      /* ground truth, or NULL */
    int64_t *mirror_index, *symmetry_group;             /* [pairs * K] or NULL */
    double *threshold;                                  /* [pairs] or NULL */
    char **category;                                    /* [pairs] or NULL */
    char **image_name;                                  /* [images] or NULL */
    bool has_rgb;
    struct h5_array rgb;                                /* /images/rgb [images, h, w, 3] uint8, for pictures; read by row */
    char **true_pose;                                   /* [pairs] pose names (/pairs/true_pose or /true_pose, as synth writes them), or NULL */
};

/* Opens and checks an input. access: what it may do beyond holding plain data; NULL: nothing. Everything wrong goes to `problems`; the catalog is usable only if there are none.
 * Returns GEOSC_FAILED (with a message) for lack of memory or a file that can't be opened at all, else GEOSC_OK. */
enum geosc_status catalog_open(geosc_context *context, const char *path, const struct h5_access *access, struct catalog *catalog,
                               struct problems *problems);
/* Looks up each chunk of the features and masks: with catalog_open, all of the metadata that a run will meet. */
void catalog_walk(const struct catalog *catalog);
void catalog_close(struct catalog *catalog); /* of a zeroed, half-open or open catalog */

/* The set of an image, and its row there. */
const struct image_set *catalog_image(const struct catalog *catalog, size_t image, size_t *row);

#endif
