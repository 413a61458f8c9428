/*
 * catalog: the checked contents of an input file (geosc-files(5)). Stacked, indexed and grouped files look the same
 * from here on: numbered images, and pairs of image numbers. catalog_open reads the small arrays (pairs, keypoints,
 * sizes) whole; features and masks are read later, image by image. Read-only after catalog_open; only the reading
 * thread calls catalog_read_*.
 */
#ifndef GEOSC_CATALOG_H
#define GEOSC_CATALOG_H

#include "base/problems.h"
#include "h5/h5.h"

enum { CATALOG_LEVELS = 8, CATALOG_NO_GROUP = -2147483647 - 1 /* norm_group of a level without one */ };
/* int32 cell numbers (kernel.h: rowmax) must also hold a padded last panel. */
enum { CATALOG_CELLS_MOST = INT32_MAX - 64 };
enum { LONG_PATH = 2 * H5_PATH }; /* space for paths that h5 refuses as too long */

enum units { UNITS_CELL, UNITS_PIXEL, UNITS_ORIGINAL }; /* units.h */

/* Features of the images of one set under one pose: one level, or several to be fused on the first one's grid. */
struct features {
    size_t level_count;             /* 0: not in the file */
    struct h5_array *levels;        /* [level_count] */
    int norm_group[CATALOG_LEVELS]; /* zero-shot groups; levels with equal numbers are normalised together;
                                     * CATALOG_NO_GROUP: none */
    bool grouped;                   /* any level has a norm_group */
    size_t channels, height, width; /* after fusion */
    bool has_mask;
    struct h5_array mask; /* [N, H, W] or [N, 1, H, W] */
};

/* Images with equal shapes: all of an indexed file; the sources or the targets of a stacked file; images of a grouped
 * file with the same description. */
struct image_set {
    size_t first; /* image in row 0; in a grouped file the image that the arrays describe, closed again */
    size_t count;
    struct features pose[GEOSC_POSES]; /* [GEOSC_POSE_NONE] always exists */
};

/* Pairs that replace the file's own pairs and their data. */
struct catalog_pairs {
    const char *text; /* path of a file with lines "SOURCE TARGET", image names; or NULL, and */
    size_t count;
    const size_t *source, *target; /* [count] image numbers */
};

struct catalog {
    struct h5_file *file;
    bool indexed; /* images are numbered on their own, and a pair names two of them */
    bool grouped; /* indexed, and each image is a group under /images; images are numbered in the order of their
                   * names */
    size_t set_count, set_capacity;
    struct image_set *sets;
    uint32_t *set_of; /* [images] in a grouped file: index into sets; else NULL */
    size_t images, channels;
    double (*size)[2];      /* [images] (width, height) in pixels, NaN if unknown; or NULL */
    double (*placement)[3]; /* [images] (scale, x, y), NaN if unknown: pixel = scale * original pixel + (x, y); or
                             * NULL */
    size_t pairs;
    size_t *source, *target; /* [pairs] image numbers */
    size_t *index; /* [pairs] ascending places in the file, if only a part of its pairs is left (shard.h); else NULL */
    enum units units;
    size_t keypoints;                       /* K; 0: dense */
    double (*source_keypoints)[2];          /* [pairs * K] or NULL; NaN = absent */
    bool *unreadable;                       /* [pairs] whose keypoints cannot be decoded, or NULL */
    double (*target_keypoints)[2];          /* ground truth, or NULL */
    int64_t *mirror_index, *symmetry_group; /* [pairs * K] or NULL */
    double *threshold;                      /* [pairs] or NULL */
    double (*target_box)[4];                /* [pairs] (x, y, width, height) in the keypoints' units, or NULL */
    char **keypoint_name;                   /* [K] or NULL: the same in all categories */
    size_t named_categories;                /* categories with names of their own for keypoints */
    char **named_category;                  /* [named_categories] */
    char **category_keypoint_name;          /* [named_categories * K], "": none; or NULL */
    char **category;                        /* [pairs] or NULL */
    char **image_name;                      /* [images] or NULL */
    bool has_rgb;                           /* the file has photographs of all images, for pictures */
    struct h5_array rgb;                    /* /images/rgb [images, h, w, 3] uint8; not in grouped files */
    char **true_pose; /* [pairs] pose names (/pairs/true_pose or /true_pose, written by synth), or NULL */
};

const struct image_set *catalog_image(const struct catalog *catalog, size_t image); /* the set of an image */
/* Writes "/images/NAME/part" of a grouped file to out and returns it. */
const char *catalog_part(const struct catalog *catalog, size_t image, const char *part, char out[LONG_PATH]);

/* Looks up each chunk of the features and masks. With catalog_open it parses all metadata that a run needs. */
void catalog_walk(geosc_context *context, const struct catalog *catalog);

/* Whether features or a mask of an image, under any pose, were never written: then out is the path of the first. */
bool catalog_find_unwritten(geosc_context *context, const struct catalog *catalog, size_t image, char *out,
                            size_t size);

/* Whether the features look like [H, W, C] although they are read as [C, H, W]: the grid has far more columns than rows
 * or channels. Writes a hint to out. False if they look right. */
bool catalog_seems_turned(const struct catalog *catalog, char *out, size_t size);

/* Cells of the smallest and the largest grid of any image, along y and along x. */
void catalog_grids(const struct catalog *catalog, size_t height[2], size_t width[2]);

/* Whether keypoints have names, and the name of one in a category (NULL: there are none); "" without a name. */
bool catalog_names_keypoints(const struct catalog *catalog);
const char *catalog_keypoint_name(const struct catalog *catalog, const char *category, size_t k);

/* Shape of the matches of one pair: [keypoints]; dense: the grid that holds every source. Returns its rank, 1 or 2. */
size_t catalog_answers(const struct catalog *catalog, size_t shape[2]);

/* Read stored data of an image under a pose (GEOSC_POSE_NONE: unposed), undecoded: features of level `level`; the mask,
 * which must exist; the photograph of raw->dims[1] x raw->dims[2] pixels. Errors as in h5_read_row; also GEOSC_FAILED
 * if a group of a grouped file has changed. */
enum geosc_status catalog_read_level(geosc_context *context, const struct catalog *catalog, size_t image,
                                     enum geosc_pose pose, size_t level, struct raw *raw);
enum geosc_status catalog_read_mask(geosc_context *context, const struct catalog *catalog, size_t image,
                                    enum geosc_pose pose, struct raw *raw);
enum geosc_status catalog_read_photograph(geosc_context *context, const struct catalog *catalog, size_t image,
                                          struct raw *raw);

#endif
