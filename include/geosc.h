/*
 * geosc: geometry-aware semantic correspondence on CPUs.
 *
 * The only installed header of libgeosc. geosc_match_file runs a whole job, from HDF5 file to HDF5 file.
 * geosc_refine_image and geosc_match_images give the same answers for images in memory; geosc_refine, geosc_score and
 * geosc_match_points are their steps. Nothing in memory needs HDF5.
 *
 * The library never exits, prints or reads the environment, and changes no setting of the process. All state is in a
 * context. A context serves one thread at a time; a program may have many. Arrays are row-major. A *cell* is one
 * element of the H x W grid; its centre has integer coordinates (x, y), with (0, 0) the top-left cell.
 */
#ifndef GEOSC_H
#define GEOSC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The result of a call. The values are the exit statuses of the command. */
enum geosc_status {
    GEOSC_OK = 0,           /* done */
    GEOSC_FAILED = 1,       /* geosc_message() says what is wrong, where, and what to do */
    GEOSC_BAD_USAGE = 2,    /* an argument or option is invalid */
    GEOSC_PAIRS_FAILED = 3, /* done, but some pairs have no answer: see their status */
    GEOSC_STOPPED = 75      /* the caller set the stop flag; the same call continues from there */
};

/* The eight symmetries of the square, applied to the source (README, Poses). */
enum geosc_pose {
    GEOSC_POSE_NONE,
    GEOSC_POSE_HFLIP,
    GEOSC_POSE_VFLIP,
    GEOSC_POSE_ROT180,
    GEOSC_POSE_ROT90,  /* counter-clockwise, torch.rot90 with k=1 */
    GEOSC_POSE_ROT270, /* clockwise, k=3 */
    GEOSC_POSE_TRANSPOSE,
    GEOSC_POSE_ANTITRANSPOSE,
    GEOSC_POSES /* their number */
};

/* Instance Matching Distance of a posed source to a target, over source cells of weight m (their mask) and features f,
 * and their nearest target cells nn: enumerator, name, value. Each kind is computed in maps/imd.c. */
#define GEOSC_IMD_ROWS(ROW)                                                                              \
    ROW(GEOSC_IMD_SQUARED, "squared", "sum m |m f - f(nn)|^2 / (sum m + 1e-6)")                          \
    ROW(GEOSC_IMD_EUCLIDEAN, "euclidean", "sum m |m f - f(nn)| / (sum m + 1e-6)")                        \
    ROW(GEOSC_IMD_MUTUAL, "mutual", "mean |f - f(nn)| over mutual nearest neighbours (NaN without any)") \
    ROW(GEOSC_IMD_NONE, "none", "NaN: not computed, for a single candidate pose")
#define GEOSC_IMD_ENUMERATOR(enumerator, name, value) enumerator,
enum geosc_imd { GEOSC_IMD_ROWS(GEOSC_IMD_ENUMERATOR) GEOSC_IMDS /* their number */ };

enum geosc_pose_source {
    GEOSC_POSE_SOURCE_AUTO,   /* features extracted from the posed image if the input has them, else derived */
    GEOSC_POSE_SOURCE_STORED, /* only stored features: a candidate pose without them is an error */
    GEOSC_POSE_SOURCE_DERIVED /* only derived features: the pose is applied to the raw features */
};

/* Where only cells of the target mask are targets, with geosc_options.restrict_target. */
enum geosc_restrict {
    GEOSC_RESTRICT_BOTH, /* for the IMD and the matches */
    GEOSC_RESTRICT_IMD,
    GEOSC_RESTRICT_MATCH
};

/* Descriptor of a query. */
enum geosc_query {
    GEOSC_QUERY_CELL,    /* of the cell nearest to the keypoint */
    GEOSC_QUERY_BILINEAR /* interpolated between the four cells around the keypoint */
};

enum geosc_similarity {
    GEOSC_SIMILARITY_COSINE, /* of refined features of length 1 */
    GEOSC_SIMILARITY_DOT     /* inner product of the refined features before their normalisation */
};

/* Target cells whose mean, weighted by softmax(similarity / temperature), is the answer. */
enum geosc_window {
    GEOSC_WINDOW_BOX,   /* `window` x `window` cells around the most similar one, the peak */
    GEOSC_WINDOW_GAUSS, /* all; similarities are multiplied by exp(-d^2 / 2 window_sigma^2), d: distance to the peak */
    GEOSC_WINDOW_ALL    /* all */
};

/* Cells outside a box. */
enum geosc_outside {
    GEOSC_OUTSIDE_DROP, /* take no part */
    GEOSC_OUTSIDE_ZERO  /* take part with similarity 0 */
};

enum { GEOSC_KAP_ALPHAS = 8 /* most alphas of KAP */ };

/* Algorithm for 3x3 convolutions. The rounding differs; the tolerance is the same. */
enum geosc_conv {
    GEOSC_CONV_AUTO,    /* by the network's shape */
    GEOSC_CONV_DIRECT,  /* as a matrix product over gathered cells */
    GEOSC_CONV_WINOGRAD /* F(4x4,3x3), a quarter of the products */
};

/* File format of the matches. */
enum geosc_format {
    GEOSC_FORMAT_GEOSC, /* arrays over all pairs */
    GEOSC_FORMAT_HLOC   /* a group for each pair, like hloc's dense matchers */
};

/* Status of a pair: the values of /pairs/status in the output. If several apply, the first of UNREADABLE, BAD_FEATURES,
 * EMPTY_FEATURES, BAD_MASK, EMPTY_MASK, NO_MUTUAL, BAD_KEYPOINT. */
enum geosc_pair_status {
    GEOSC_PAIR_OK,
    GEOSC_PAIR_BAD_FEATURES,   /* NaN, infinite or beyond float32, before or after the post-processor */
    GEOSC_PAIR_BAD_MASK,       /* a mask value is negative or not finite, or too large for an IMD */
    GEOSC_PAIR_EMPTY_MASK,     /* no cell set */
    GEOSC_PAIR_BAD_KEYPOINT,   /* a keypoint is outside the source; the other keypoints have answers */
    GEOSC_PAIR_NO_MUTUAL,      /* no candidate pose has an IMD */
    GEOSC_PAIR_UNREADABLE,     /* stored data cannot be decoded */
    GEOSC_PAIR_EMPTY_FEATURES, /* every cell of an image is zero, before or after the post-processor */
    GEOSC_PAIR_STATUSES        /* their number */
};

#define GEOSC_UNDECIDED 255 /* the chosen pose of a pair for which no pose could be chosen */

/* Progress of a running job; see geosc_options.progress. */
struct geosc_progress {
    size_t pairs_done, pairs; /* finished pairs, all pairs */
    size_t pairs_failed;      /* among the finished */
    size_t pairs_resumed;     /* among the finished: taken from an interrupted run */
    size_t maps_refined;      /* so far: an image under a pose is a map */
    size_t maps_to_refine;    /* in all */
    size_t maps_reused;       /* so far: found in memory by a further pair */
    double seconds;           /* since the start of the job */
    double seconds_left;      /* until the last pair; NaN: not known yet */
};

/*
 * How to run. geosc_options_init() sets the defaults; every field but the sizes may then be changed.
 * Pointers stay the caller's and must live as long as the call that takes the options.
 * A later version of the library adds fields only at the end of this struct and of geosc_summary, and serves programs
 * that were compiled with this one by the sizes.
 */
struct geosc_options {
    size_t size, summary_size; /* of this struct and of struct geosc_summary, as the caller has them */

    /* These options shape the result. */
    enum geosc_pose poses[GEOSC_POSES]; /* candidates in order, without duplicates */
    size_t pose_count;                  /* 1..8 */
    enum geosc_pose_source pose_source;
    enum geosc_imd imd;
    enum geosc_conv conv;
    bool restrict_target; /* only cells of the target mask are targets, as restrict_use says */
    int window;           /* side of the box, in cells, odd, >= 1 */
    double temperature;   /* > 0 */
    bool confidence;      /* also write each match's peak, second best similarity and mutuality */
    const char *pairs;    /* text file of pairs, two image names per line, used instead of the input's pairs; NULL:
                           * none */

    /* These options do not. */
    enum geosc_format format; /* of the output. Shards are written as GEOSC; a format that the merged output could not
                               * have is refused. */
    int threads;              /* 0: one for each CPU that this process may use; more are not started */
    int workers;              /* most pairs to work on at a time; 0: one for each thread. Threads are started for all
                               * workers, even beyond the CPUs. */
    const char *isa;          /* "c", "avx2", "avx512", "neon", "neon-dotprod"; NULL: the best of this machine */
    size_t shard, shards; /* match part `shard` (from 0) of `shards` parts of about equal work; shards 0: all pairs */
    size_t memory;        /* limit of the job in bytes; 0: 70 % of the available memory */
    bool force;           /* replace an existing output */
    bool restart;         /* discard the progress of an interrupted run */
    bool same_input;      /* continue although the input has a new modification time */
    bool strict;          /* stop with an error at the first pair without an answer */
    bool allow_links;     /* the input may read other files: external links, external storage, virtual datasets */
    bool allow_plugins;   /* the input may use any filter of HDF5, plugins included */

    /* Called by the calling thread for each pair, in an order that does not depend on the threads; may be NULL. */
    void (*progress)(void *user, const struct geosc_progress *progress);
    /* Called by the calling thread with a warning: one line without newline; may be NULL. */
    void (*warning)(void *user, const char *line);
    void *user;
    const volatile int *stop; /* set it nonzero (for example in a signal handler) to stop early; may be NULL */

    /* These shape the result, too. */
    enum geosc_restrict restrict_use;
    enum geosc_query query;
    enum geosc_similarity similarity;
    enum geosc_window window_kind;
    double window_sigma; /* of GEOSC_WINDOW_GAUSS, in cells, > 0 */
    enum geosc_outside outside;
    int top; /* also write so many best target cells of each match, 1..100; 0: none */
    /* Also write what KAP (docs/computation.md) is computed of, at these alphas, each above 0: needs the truth. */
    double kap[GEOSC_KAP_ALPHAS];
    size_t kap_count; /* 0: not */
    int heat; /* also write the similarities of each match as a picture of heat x heat parts, 1..64; 0: none. Only of
               * geosc_match_file */
};

/* Summary of a job. geosc_match_file fills it also when some pairs failed. */
struct geosc_summary {
    size_t pairs;
    size_t status[16];          /* pairs by status; room for more than GEOSC_PAIR_STATUSES */
    size_t chosen[GEOSC_POSES]; /* number of pairs by chosen pose */
    size_t pairs_resumed;       /* taken from an interrupted run */
    size_t maps_refined, maps_reused;
    size_t bytes_read;
    /* Source cells whose nearest neighbour was found with int8; candidates that int8 left to fp32, in total and the
     * most for one cell; cells computed in fp32 only. The choice never changes a result. */
    size_t cells_in_int8, candidates, candidates_most, cells_in_fp32;
    int threads;
    char isa[16];
    bool already_done; /* the output existed, complete, from the same input, model and options */
    /* Wall time by stage, of the mean worker, and in total. "wait": for input, or for a worker's turn. */
    double seconds_wait, seconds_decode, seconds_refine, seconds_score, seconds_match, seconds_write, seconds;
    int workers; /* pairs and images worked on at a time; other threads help */
};

typedef struct geosc_context geosc_context; /* message and thread settings */
typedef struct geosc_model geosc_model;     /* a loaded post-processor: read-only, usable by several contexts at once */
typedef struct geosc_map geosc_map;         /* refined features of one image: read-only, usable by several contexts at
                                             * once */

/* ---- contexts ---------------------------------------------------------------------------------- */

/* Returns a new context, or NULL if memory is short. Free it with geosc_destroy. */
geosc_context *geosc_create(void);
void geosc_destroy(geosc_context *context);

/* The last failure of this context: one line, "" if none. Valid until the next call with the context. */
const char *geosc_message(const geosc_context *context);

/* Sets threads (0: all) and instruction set (NULL: the best) for everything but geosc_match_file.
 * GEOSC_BAD_USAGE for an instruction set that is unknown or that this machine lacks. */
enum geosc_status geosc_configure(geosc_context *context, int threads, const char *isa);

/* ---- names ------------------------------------------------------------------------------------- */

const char *geosc_version(void);
const char *geosc_pose_name(enum geosc_pose pose);                 /* "none", ..., "antitranspose"; NULL out of range */
const char *geosc_imd_name(enum geosc_imd imd);                    /* "squared", ... */
const char *geosc_pose_source_name(enum geosc_pose_source source); /* "auto", ... */
const char *geosc_conv_name(enum geosc_conv conv);                 /* "auto", ... */
const char *geosc_pair_status_name(enum geosc_pair_status status); /* "ok", "bad_features", ... */
/* The i-th built-in instruction set, best first; NULL after the last. *usable: this machine has it. */
const char *geosc_isa_name(size_t i, bool *usable);

/* ---- a job from file to file ------------------------------------------------------------------- */

/* geosc_options_init for a caller whose structs have these sizes: one that does not compile this header. */
void geosc_options_init_sized(struct geosc_options *options, size_t size, size_t summary_size);

/* Sets every field to its default: poses none,hflip,rot90,rot270; squared; window 15; temperature 0.02. */
static inline void geosc_options_init(struct geosc_options *options)
{
    geosc_options_init_sized(options, sizeof(struct geosc_options), sizeof(struct geosc_summary));
}

/* Sets an option that shapes the result by its name in geosc match, from the text that it takes there: ("poses",
 * "all"), ("window", "gauss:7"), ("confidence", "yes" or "no"). The text is not kept. ("preset", "geoaware") sets all
 * of them: what shall differ from a preset is set after it; several poses after an IMD of none need an IMD, too.
 * GEOSC_BAD_USAGE for an unknown name, or a text that the option does not take. */
enum geosc_status geosc_options_set(geosc_context *context, struct geosc_options *options, const char *name,
                                    const char *text);

/* Matches all pairs of `input` and writes `output`, which appears complete or not at all.
 * model: path of the post-processor; NULL: none (zero-shot). summary may be NULL.
 * `output`.journal keeps finished pairs until the output is complete: after any interruption, the same call continues
 * from there. A second call with the same output is refused while the first runs.
 * Returns GEOSC_OK, GEOSC_PAIRS_FAILED (output written), GEOSC_FAILED, GEOSC_BAD_USAGE or GEOSC_STOPPED (no output). */
enum geosc_status geosc_match_file(geosc_context *context, const char *input, const char *model, const char *output,
                                   const struct geosc_options *options, struct geosc_summary *summary);

/* ---- models ------------------------------------------------------------------------------------ */

/* Loads a model file: one HDF5 dataset per key of a PyTorch state_dict. Free the model with geosc_model_free. */
enum geosc_status geosc_model_load(geosc_context *context, const char *path, geosc_model **model);

/* One tensor of a state_dict: float32, row-major. */
struct geosc_tensor {
    const char *key;
    size_t rank, dims[4];
    const float *data;
};

/* Makes a model from tensors; the caller may free them afterwards. Keys and shapes as in files; bn_eps, gn_eps and
 * gn_groups, which files have as attributes, have their defaults. */
enum geosc_status geosc_model_from_tensors(geosc_context *context, const struct geosc_tensor *tensors, size_t count,
                                           geosc_model **model);
/* Numbers that a model file has as attributes; 0: the default. */
struct geosc_norms {
    double bn_eps, gn_eps; /* 1e-5 */
    size_t gn_groups;      /* 32 */
};

/* The same, with the 3x3 convolutions that options->conv names; norms may be NULL. */
enum geosc_status geosc_model_load_with(geosc_context *context, const char *path, const struct geosc_options *options,
                                        geosc_model **model);
enum geosc_status geosc_model_from_tensors_with(geosc_context *context, const struct geosc_tensor *tensors,
                                                size_t count, const struct geosc_norms *norms,
                                                const struct geosc_options *options, geosc_model **model);
void geosc_model_free(geosc_model *model);
size_t geosc_model_channels(const geosc_model *model);   /* channels of its input */
size_t geosc_model_parameters(const geosc_model *model); /* number of weights, without running statistics */

/* ---- the steps of a pair ----------------------------------------------------------------------- */

/* Applies `pose` to features [channels][height][width], refines them (model NULL: no post-processor) and normalises
 * each cell to length 1. *map is new, with the model's output channels (geosc_map_size); free it with geosc_map_free.
 * The caller may free the features afterwards. GEOSC_FAILED if the features or the refined features are not finite. */
enum geosc_status geosc_refine(geosc_context *context, const geosc_model *model, const float *features, size_t channels,
                               size_t height, size_t width, enum geosc_pose pose, geosc_map **map);
void geosc_map_free(geosc_map *map);

/* Size of the refined map: channels; height and width after the pose. */
void geosc_map_size(const geosc_map *map, size_t *channels, size_t *height, size_t *width);
/* Copies the refined features to out [channels][height][width]. */
void geosc_map_copy(const geosc_map *map, float *out);

/* IMD from a posed source to a target. source_mask [height][width] of the source map: weights; NULL: all 1. target_mask
 * [height][width] of the target map: cells with 0 are excluded; NULL: none is. *imd is NaN if the mutual kind finds no
 * mutual neighbours. GEOSC_FAILED for an empty or negative mask, GEOSC_BAD_USAGE for maps with different numbers of
 * channels. */
enum geosc_status geosc_score(geosc_context *context, const geosc_map *source, const float *source_mask,
                              const geosc_map *target, const float *target_mask, enum geosc_imd kind, float *imd);

/* Applies a pose to a point (x, y) of an unposed source of width x height cells. */
void geosc_pose_point(enum geosc_pose pose, double width, double height, double *x, double *y);

/* Matches `count` cells of the posed source (column, row of the source map) into the target: soft-argmax of the
 * similarity in a window around its first maximum. xy [count][2] in target cells, score [count]. window odd, up to
 * 9999, temperature > 0; target_mask as in geosc_score. GEOSC_BAD_USAGE for a cell outside the source. */
enum geosc_status geosc_match(geosc_context *context, const geosc_map *source, const int (*cells)[2], size_t count,
                              const geosc_map *target, const float *target_mask, int window, double temperature,
                              float (*xy)[2], float *score);

/* Answers to `count` queries: arrays of the caller; all but the first two may be NULL. */
struct geosc_answers {
    float (*xy)[2];     /* [count] in target cells */
    float *score;       /* [count] similarity at the peak, the most similar target cell */
    int32_t (*peak)[2]; /* [count] its column and row */
    float *second;      /* [count] largest similarity outside the window; NaN without target cells there */
    uint8_t *mutual;    /* [count] 1: of the source cells in the mask and the query's own, the query's is the first one
                         * most similar to the peak; else 0 */
    float *cycle;       /* [count] from the target cell nearest to the answer, the same source cell's distance to the
                         * query's, in cells */
    float (*top_xy)[2]; /* [count][options.top] centres of the best target cells, each outside the windows around those
                         * before it; NaN where there are fewer */
    float *top_score;   /* [count][options.top] */
};

/* Matches `count` points (x, y) of the source map, decoded as these options say: query, similarity, window,
 * window_kind, window_sigma, outside, temperature and top. A point on the far border of the map belongs to its last
 * cell. Masks as in geosc_score. GEOSC_BAD_USAGE for a point outside the map, GEOSC_FAILED if inner products
 * (similarity dot) may be beyond float32. */
enum geosc_status geosc_match_points(geosc_context *context, const geosc_map *source, const float *source_mask,
                                     const double (*points)[2], size_t count, const geosc_map *target,
                                     const float *target_mask, const struct geosc_options *options,
                                     const struct geosc_answers *answers);

/* ---- images and pairs in memory ---------------------------------------------------------------- */

/* Element types of the caller's arrays, in this machine's byte order; a C or numpy bool is GEOSC_U8. */
enum geosc_type {
    GEOSC_F16,
    GEOSC_F32,
    GEOSC_F64,
    GEOSC_I8,
    GEOSC_I16,
    GEOSC_I32,
    GEOSC_I64,
    GEOSC_U8,
    GEOSC_U16,
    GEOSC_U32,
    GEOSC_U64,
    GEOSC_BF16 /* bfloat16, the upper half of a float */
};

/* One level of an image's features. */
struct geosc_level {
    const void *data;     /* [channels][height][width] */
    enum geosc_type type; /* F16, BF16, F32 or F64 */
    size_t channels, height, width;
    const int *norm_group; /* without a model: levels of equal groups are normalised together; NULL: this one is not */
};

/* Features of an image, or of a posed image. */
struct geosc_features {
    const struct geosc_level *levels; /* resized to the grid of the first one and joined, in this order */
    size_t level_count;               /* 1..8; 0: there are none */
    const void *mask;                 /* [height][width] of the first level: weights, 0 is out; NULL: all 1 */
    enum geosc_type mask_type;        /* any */
};

/* An image. All arrays are the caller's and are only read during the call that takes the image. */
struct geosc_image {
    /* [GEOSC_POSE_NONE]: of the image. Others: extracted from the image under that pose, where there are such features;
     * without a mask of their own they have the image's. */
    struct geosc_features pose[GEOSC_POSES];
    double size[2];      /* width and height in pixels; 0: unknown */
    double placement[3]; /* scale, x, y: pixel = scale * original pixel + (x, y); scale 0: unknown */
};

/* Units of keypoints and of their matches. Pixel (0, 0) is the corner of the image, cell (0, 0) the centre of the first
 * cell. */
enum geosc_units {
    GEOSC_UNITS_CELL,
    GEOSC_UNITS_PIXEL,   /* of the image that the features were extracted from: needs its size */
    GEOSC_UNITS_ORIGINAL /* of the photograph that was scaled and padded to it: needs also its placement */
};

/* Keypoints of a source. */
struct geosc_keypoints {
    const double (*xy)[2]; /* [count]; NaN: absent */
    size_t count;          /* 0: none, every cell of the source in its mask is a query (dense) */
    enum geosc_units units;
    const int64_t *mirror_index; /* [count] of each keypoint, the one that has its place in a mirrored image, -1: none;
                                  * NULL: poses swap no labels */
    /* Only for geosc_options.kap: */
    const double (*truth)[2]; /* [count] where they are in the target, in the same units; NaN: absent. NULL: unknown */
    double threshold;         /* the length that alpha multiplies; 0: the larger side of the target */
};

/* An image with the refined maps of its poses: read-only, usable in many pairs and by several contexts at once. */
typedef struct geosc_refined geosc_refined;

/*
 * Refines an image without pose, and under each of options->poses, from the features that options->pose_source names;
 * model NULL: no post-processor. *refined is new and keeps nothing of the caller's but copies; free it with
 * geosc_refined_free.
 * asked NULL: for any pair. Else only for a source, with these keypoints or some of them (count 0: dense): where the
 * image has a mask, only what mask and keypoints need is refined, as geosc_match_file does.
 * Uses of the options: poses, pose_source, query, warning, stop. Values that fail a pair (geosc_pair_status) do not
 * fail the call: they are in the status of its pairs. GEOSC_BAD_USAGE for impossible shapes, types and sizes.
 */
enum geosc_status geosc_refine_image(geosc_context *context, const geosc_model *model, const struct geosc_image *image,
                                     const struct geosc_options *options, const struct geosc_keypoints *asked,
                                     geosc_refined **refined);
void geosc_refined_free(geosc_refined *refined);

/* Channels of the refined maps; height and width of the one without pose, which is the grid of dense answers. */
void geosc_refined_size(const geosc_refined *refined, size_t *channels, size_t *height, size_t *width);
/* What in this image's values fails every pair in which it is; GEOSC_PAIR_OK: nothing. Masks count, too. */
enum geosc_pair_status geosc_refined_status(const geosc_refined *refined);
/* The map of a pose, owned by `refined`; NULL: not refined for it, or not as a whole, or without good values. */
const geosc_map *geosc_refined_map(const geosc_refined *refined, enum geosc_pose pose);

/* The answer for a pair of images. */
struct geosc_pair_answer {
    /* Arrays of the caller, each of which may be NULL, [count] of the keypoints or [height][width] of the source; xy
     * and top_xy in the keypoints' units; NaN (peak: -1, mutual: 0) where there is no query or no answer. */
    struct geosc_answers answers;
    float *imd; /* of the caller, or NULL: [options.pose_count]; NaN: none */
    /* Set by the call. */
    size_t chosen; /* the pose's place among options.poses; GEOSC_UNDECIDED: none */
    enum geosc_pair_status status;
    /* Arrays of the caller, or NULL, for KAP; they need options.kap and the keypoints' truth. NaN where there is none.
     */
    float *kap_in, *kap_out; /* [count][options.kap_count] largest similarity of a query to the target cells at most
                              * alpha times the threshold from its truth (none: to the nearest cell), and to others */
    float *kap_max;          /* [count] largest similarity of a query */
    float *kap_range;        /* [2] smallest and largest similarity of all queries */
};

/*
 * Chooses the pose of the source and matches its keypoints, as geosc_match_file does with a pair of its input: the
 * answer has the same bits, if the same part of a masked source was refined; if not, Winograd convolution rounds
 * otherwise. The maps must be of one model. Uses all options that shape the result but pose_source,
 * which is as the source was refined, and conv, which is the model's; confidence need not be set; and stop. An answer's
 * top_xy and top_score need options->top. Any thread, with its own context. GEOSC_PAIRS_FAILED: answer->status is not
 * GEOSC_PAIR_OK, and geosc_message says why (after GEOSC_PAIR_BAD_KEYPOINT the other keypoints have answers).
 * GEOSC_BAD_USAGE: the source was not refined for these poses or keypoints, the target not as a whole, or units lack a
 * size.
 */
enum geosc_status geosc_match_images(geosc_context *context, const geosc_refined *source, const geosc_refined *target,
                                     const struct geosc_keypoints *keypoints, const struct geosc_options *options,
                                     struct geosc_pair_answer *answer);

#ifdef __cplusplus
}
#endif

#endif
