/*
 * catalog: what is in an input file (geosc-files(5)), checked. Stacked,
 * indexed and grouped files look the same from here on: images by number, pairs of image numbers. catalog_open has read
 * the small arrays (pairs, keypoints, sizes) whole; features and masks are left to be read image by image. Read-only
 * after catalog_open; only the reading thread calls catalog_read_*.
 */
#ifndef GEOSC_CATALOG_H
#define GEOSC_CATALOG_H

#include "base/problems.h"
#include "h5/h5.h"

enum { CATALOG_LEVELS = 8, CATALOG_NO_GROUP = -2147483647 - 1 /* norm_group of a level that has none */ };
enum { LONG_PATH = 2 * H5_PATH }; /* room for paths that h5 refuses as too long */

enum units { UNITS_CELL, UNITS_PIXEL, UNITS_ORIGINAL }; /* units.h */

/* Features of the images of one set under one pose: one level, or several to be fused onto the first one's grid. */
struct features {
    size_t level_count;             /* 0: not in the file */
    struct h5_array *levels;        /* [level_count] */
    int norm_group[CATALOG_LEVELS]; /* zero-shot groups, CATALOG_NO_GROUP: none; equal ones are normalised together */
    bool grouped;                   /* any level has a norm_group */
    size_t channels, height, width; /* after fusion */
    bool has_mask;
    struct h5_array mask; /* [N, H, W] or [N, 1, H, W] */
};

/* Images that share their shapes: all of an indexed file; the sources, and the targets, of a stacked one; those of a
 * grouped one whose groups look alike. */
struct image_set {
    size_t first; /* image in row 0; of a grouped file: the one that the arrays describe, closed again */
    size_t count;
    struct features pose[GEOSC_POSES]; /* [GEOSC_POSE_NONE] is always there */
};

/* Pairs that take the place of the file's own, and of all that it says of them. */
struct catalog_pairs {
    const char *text; /* a file of lines "SOURCE TARGET", two images' names; or NULL, and */
    size_t count;
    const size_t *source, *target; /* [count] image numbers */
};

struct catalog {
    struct h5_file *file;
    bool indexed; /* images have numbers of their own, and pairs name two of them */
    bool grouped; /* indexed, and each image is a group under /images; numbers follow the order of names */
    size_t set_count, set_capacity;
    struct image_set *sets;
    uint32_t *set_of; /* [images] of a grouped file: place in sets; else NULL */
    size_t images, channels;
    double (*size)[2];      /* [images] (width, height) in pixels, NaN where it is not given; or NULL */
    double (*placement)[3]; /* [images] (scale, x, y), NaN likewise: pixel = scale * original pixel + (x, y); or NULL */
    size_t pairs;
    size_t *source, *target; /* [pairs] image numbers */
    size_t *index; /* [pairs] ascending places in the file, where a part of its pairs is left (shard.h); else NULL */
    enum units units;
    size_t keypoints;                       /* K; 0: dense */
    double (*source_keypoints)[2];          /* [pairs * K] or NULL; NaN = absent */
    bool *unreadable;                       /* [pairs] whose keypoints can't be decoded, or NULL */
    double (*target_keypoints)[2];          /* ground truth, or NULL */
    int64_t *mirror_index, *symmetry_group; /* [pairs * K] or NULL */
    double *threshold;                      /* [pairs] or NULL */
    char **category;                        /* [pairs] or NULL */
    char **image_name;                      /* [images] or NULL */
    bool has_rgb;                           /* photographs of all images, for pictures */
    struct h5_array rgb;                    /* /images/rgb [images, h, w, 3] uint8; not of a grouped file */
    char **true_pose; /* [pairs] pose names (/pairs/true_pose or /true_pose, as synth writes them), or NULL */
};

const struct image_set *catalog_image(const struct catalog *catalog, size_t image); /* its set */
/* "/images/NAME/part" of a grouped file, in out, which is returned. */
const char *catalog_part(const struct catalog *catalog, size_t image, const char *part, char out[LONG_PATH]);

/* Looks up each chunk of the features and masks: with catalog_open, all of the metadata that a run will meet. */
void catalog_walk(geosc_context *context, const struct catalog *catalog);

/* Whether features or a mask of an image, under any pose, were never written: out is the path of the first of them
 * then. */
bool catalog_find_unwritten(geosc_context *context, const struct catalog *catalog, size_t image, char *out,
                            size_t size);

/* Whether the features look like [H, W, C], and what to do then, for a hint: a grid of more columns than it has rows or
 * channels by far is read of such arrays. False where they look as they should. */
bool catalog_seems_turned(const struct catalog *catalog, char *out, size_t size);

/* Cells of the smallest and the largest grid of any image along y, and along x. */
void catalog_grids(const struct catalog *catalog, size_t height[2], size_t width[2]);

/* Shape of the answers of one pair: [keypoints]; dense, the grid that all sources fit in. Returns its rank, 1 or 2. */
size_t catalog_answers(const struct catalog *catalog, size_t shape[2]);

/* What is stored of an image under a pose (GEOSC_POSE_NONE: as it is), undecoded: level `level` of the features, or the
 * mask, which must be there; or its photograph, of raw->dims[1] x raw->dims[2] points. As h5_read_row; and GEOSC_FAILED
 * where a group of a grouped file is no longer what it was. */
enum geosc_status catalog_read_level(geosc_context *context, const struct catalog *catalog, size_t image,
                                     enum geosc_pose pose, size_t level, struct raw *raw);
enum geosc_status catalog_read_mask(geosc_context *context, const struct catalog *catalog, size_t image,
                                    enum geosc_pose pose, struct raw *raw);
enum geosc_status catalog_read_photograph(geosc_context *context, const struct catalog *catalog, size_t image,
                                          struct raw *raw);

#endif
