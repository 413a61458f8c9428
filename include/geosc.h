/*
 * geosc: geometry-aware semantic correspondence on CPUs.
 *
 * The one installed header of libgeosc. It offers two things: a whole job from HDF5 file to HDF5 file
 * (geosc_match_file), and the steps of it on arrays in memory (geosc_refine, geosc_score, geosc_match)
 * for callers who never touch HDF5.
 *
 * The library is a guest: it never exits, prints, or reads the environment, and changes no setting of
 * the process. All state is in a context; a context serves one thread at a time, and a program may
 * have many. Arrays are row-major; a *cell* is one place of the H x W grid, its centre at integer
 * coordinates (x, y), with (0, 0) the top-left cell.
 */
#ifndef GEOSC_H
#define GEOSC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* What a call came to. The values are the command's exit codes. */
enum geosc_status {
    GEOSC_OK = 0,           /* done */
    GEOSC_FAILED = 1,       /* not done: geosc_message() says what, where and what to do */
    GEOSC_BAD_USAGE = 2,    /* an argument or option makes no sense */
    GEOSC_PAIRS_FAILED = 3, /* done, but some pairs have no answer: see their status */
    GEOSC_STOPPED = 75      /* the caller's stop flag was seen; the same call goes on from there */
};

/* The eight symmetries of the square, applied to the source (README: Poses). */
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

/* Instance Matching Distance of a posed source to a target, over source cells of weight m (their mask) and features f, and
 * their nearest target cells nn: enumerator, name, value. Each kind is computed in maps/imd.c. */
#define GEOSC_IMD_ROWS(ROW)                                                                   \
    ROW(GEOSC_IMD_SQUARED, "squared", "sum m |m f - f(nn)|^2 / (sum m + 1e-6)")               \
    ROW(GEOSC_IMD_EUCLIDEAN, "euclidean", "sum m |m f - f(nn)| / (sum m + 1e-6)")             \
    ROW(GEOSC_IMD_MUTUAL, "mutual", "mean |f - f(nn)| over mutual nearest neighbours (NaN without any)")
#define GEOSC_IMD_ENUMERATOR(enumerator, name, value) enumerator,
enum geosc_imd { GEOSC_IMD_ROWS(GEOSC_IMD_ENUMERATOR) GEOSC_IMDS /* their number */ };

enum geosc_pose_source {
    GEOSC_POSE_SOURCE_AUTO,   /* features extracted from the posed image where the input has them, else derived */
    GEOSC_POSE_SOURCE_STORED, /* stored only: a candidate without stored features is an error */
    GEOSC_POSE_SOURCE_DERIVED /* derived only: the pose is applied to the raw features */
};

/* How 3x3 convolutions are computed: another rounding, held to the same tolerance. */
enum geosc_conv {
    GEOSC_CONV_AUTO,    /* by the network's shape */
    GEOSC_CONV_DIRECT,  /* as a matrix product over gathered cells */
    GEOSC_CONV_WINOGRAD /* F(4x4,3x3), a quarter of the products */
};

/* How matches are written. */
enum geosc_format {
    GEOSC_FORMAT_GEOSC, /* tensors over all pairs */
    GEOSC_FORMAT_HLOC   /* a group for each pair, as hloc's dense matchers write */
};

/* What became of a pair; the values of /pairs/status in the output. Of several faults a pair has the first of
 * UNREADABLE, BAD_FEATURES, EMPTY_FEATURES, BAD_MASK, EMPTY_MASK, NO_MUTUAL, BAD_KEYPOINT. */
enum geosc_pair_status {
    GEOSC_PAIR_OK,
    GEOSC_PAIR_BAD_FEATURES, /* NaN, infinite or beyond float32, before or after the post-processor */
    GEOSC_PAIR_BAD_MASK,   /* a negative or non-finite mask value, or weights beyond what an IMD can be computed with */
    GEOSC_PAIR_EMPTY_MASK, /* no cell set */
    GEOSC_PAIR_BAD_KEYPOINT,   /* a keypoint outside the source; the others have their answers */
    GEOSC_PAIR_NO_MUTUAL,      /* no candidate pose has an IMD */
    GEOSC_PAIR_UNREADABLE,     /* stored data that cannot be decoded */
    GEOSC_PAIR_EMPTY_FEATURES, /* every cell of an image is zero, before or after the post-processor */
    GEOSC_PAIR_STATUSES        /* their number */
};

#define GEOSC_UNDECIDED 255 /* in place of a chosen pose: none could be chosen */

/* One line of life from a running job; see geosc_options.progress. */
struct geosc_progress {
    size_t pairs_done, pairs;    /* finished, and in all */
    size_t pairs_failed;         /* of those finished */
    size_t pairs_resumed;        /* of those finished, taken over from an interrupted run */
    size_t images_refined;       /* passes of the post-processor so far */
    size_t images_to_refine;     /* in all, as planned */
    size_t cache_hits;           /* refined images used again */
    double seconds;              /* since the job began */
};

/*
 * How to run. geosc_options_init() sets the defaults; every field but the sizes may then be changed.
 * Pointers stay the caller's and must live as long as the call that takes the options.
 * A later version of the library adds fields only at the end of this struct and of geosc_summary, and serves programs
 * that were compiled with this one by the sizes.
 */
struct geosc_options {
    size_t size, summary_size; /* of this struct and of struct geosc_summary, as the caller has them */

    /* These shape the result. */
    enum geosc_pose poses[GEOSC_POSES]; /* candidates in order, no doubles */
    size_t pose_count;                  /* 1..8 */
    enum geosc_pose_source pose_source;
    enum geosc_imd imd;
    enum geosc_conv conv;
    bool restrict_target; /* IMD and matches look at the target mask's cells only */
    int window;           /* cells, odd, >= 1 */
    double temperature;   /* > 0 */
    bool confidence;      /* also write each match's peak, second best similarity and mutuality */
    const char *pairs;    /* a text file of pairs, two names of images a line, in place of the input's own; or NULL */

    /* These do not. */
    enum geosc_format format; /* of the output; a shard is in geosc's own, but refused where the whole could not be in this one */
    int threads;     /* 0: as many as the machine grants this process */
    const char *isa; /* "c", "avx2", "avx512"; NULL: the best that this machine has */
    size_t shard, shards; /* the part of the pairs to match: shard of shards, from 0, of about equal work; shards 0: all pairs */
    size_t memory;   /* bytes that the job may use; 0: 70 % of what the machine has */
    bool force;      /* replace an existing output */
    bool restart;    /* begin anew where an interrupted run could go on */
    bool same_input; /* the input is what it was, though it is said to have been changed at another time */
    bool strict;     /* fail at the first pair that has no answer */
    bool allow_links;   /* the input may take data from other files: external links, external storage, virtual datasets */
    bool allow_plugins; /* the input may use any filter that HDF5 has or finds a plugin for */

    /* Called from the calling thread after each pair and at the end; may be NULL. */
    void (*progress)(void *user, const struct geosc_progress *progress);
    /* Called from the calling thread for what the user should know, one line without newline; may be NULL. */
    void (*warning)(void *user, const char *line);
    void *user;
    const volatile int *stop; /* set nonzero (by a signal handler, say) to stop early; may be NULL */
};

/* What a job did: filled by geosc_match_file, also when some pairs failed. */
struct geosc_summary {
    size_t pairs;
    size_t status[16];                  /* pairs by status; room for more than GEOSC_PAIR_STATUSES */
    size_t chosen[GEOSC_POSES];         /* pairs by chosen pose */
    size_t pairs_resumed;               /* taken over from an interrupted run */
    size_t images_refined, cache_hits;
    size_t bytes_read;
    /* Source cells whose nearest neighbour was found by way of int8, the candidates that this left to fp32, in all and of one
     * cell at the most, and the cells that went to fp32 whole. Which way is taken never changes a result. */
    size_t cells_in_int8, candidates, candidates_most, cells_in_fp32;
    int threads;
    char isa[16];
    bool already_done; /* the output was there, complete and of the same input, model and options */
    /* Seconds of wall time by stage, and in all. "wait" is the computation waiting for input. */
    double seconds_wait, seconds_decode, seconds_refine, seconds_score, seconds_match, seconds_write, seconds;
};

typedef struct geosc_context geosc_context; /* message and thread settings */
typedef struct geosc_model geosc_model;     /* a loaded post-processor: read-only, may serve several contexts at once */
typedef struct geosc_map geosc_map;         /* refined features of one image: read-only likewise */

/* ---- contexts ---------------------------------------------------------------------------------- */

/* A new context, or NULL without memory. Free it with geosc_destroy. */
geosc_context *geosc_create(void);
void geosc_destroy(geosc_context *context);

/* The last failure of this context: one line, "" if none. It lives until the next call with the context. */
const char *geosc_message(const geosc_context *context);

/* Threads (0: all granted) and instruction set (NULL: the best) for geosc_refine, _score and _match.
 * GEOSC_BAD_USAGE for an instruction set that is unknown or not on this machine. */
enum geosc_status geosc_configure(geosc_context *context, int threads, const char *isa);

/* ---- names ------------------------------------------------------------------------------------- */

const char *geosc_version(void);
const char *geosc_pose_name(enum geosc_pose pose);                 /* "none", ..., "antitranspose"; NULL out of range */
const char *geosc_imd_name(enum geosc_imd imd);                    /* "squared", ... */
const char *geosc_pose_source_name(enum geosc_pose_source source); /* "auto", ... */
const char *geosc_conv_name(enum geosc_conv conv);                 /* "auto", ... */
const char *geosc_pair_status_name(enum geosc_pair_status status); /* "ok", "bad_features", ... */
/* The i-th instruction set built in, best first, NULL after the last; *usable: this machine has it. */
const char *geosc_isa_name(size_t i, bool *usable);

/* ---- a job from file to file ------------------------------------------------------------------- */

/* geosc_options_init for a caller whose structs have these sizes: one that does not compile this header. */
void geosc_options_init_sized(struct geosc_options *options, size_t size, size_t summary_size);

/* Every field at its default: poses none,hflip,rot90,rot270; squared; window 15; temperature 0.02. */
static inline void geosc_options_init(struct geosc_options *options)
{
    geosc_options_init_sized(options, sizeof(struct geosc_options), sizeof(struct geosc_summary));
}

/* Matches every pair of `input` and writes `output`, which appears whole or not at all.
 * model: path of the post-processor, or NULL for none (zero-shot). summary may be NULL.
 * Finished pairs are kept in `output`.journal until the output is in place: after an interruption of any kind the same call
 * goes on from there. While it runs, another call with the same output is refused.
 * GEOSC_OK, _PAIRS_FAILED (output written), _FAILED, _BAD_USAGE, _STOPPED (no output). */
enum geosc_status geosc_match_file(geosc_context *context, const char *input, const char *model, const char *output,
                                   const struct geosc_options *options, struct geosc_summary *summary);

/* ---- in memory --------------------------------------------------------------------------------- */

/* Loads a model file (one HDF5 dataset per PyTorch state_dict key). Free it with geosc_model_free. */
enum geosc_status geosc_model_load(geosc_context *context, const char *path, geosc_model **model);

/* One tensor of a state_dict: float32, row-major. */
struct geosc_tensor {
    const char *key;
    size_t rank, dims[4];
    const float *data;
};

/* Makes a model from tensors, which may be freed afterwards. Rules for keys and shapes as for files; what a
 * file says in attributes (bn_eps, gn_eps, gn_groups) has its default. */
enum geosc_status geosc_model_from_tensors(geosc_context *context, const struct geosc_tensor *tensors, size_t count,
                                           geosc_model **model);
void geosc_model_free(geosc_model *model);
size_t geosc_model_channels(const geosc_model *model);   /* that it takes */
size_t geosc_model_parameters(const geosc_model *model); /* numbers in its tensors, running statistics left out */

/* Applies `pose` to features [channels][height][width], refines them (model NULL: no post-processor) and
 * normalises each cell to length 1. *map has as many channels as the model puts out (geosc_map_size). It is new: free it with geosc_map_free. The features may be freed
 * afterwards. GEOSC_FAILED when the features, or the refined ones, are not finite. */
enum geosc_status geosc_refine(geosc_context *context, const geosc_model *model, const float *features, size_t channels,
                               size_t height, size_t width, enum geosc_pose pose, geosc_map **map);
void geosc_map_free(geosc_map *map);

/* Size of the refined map: channels, and height and width after the pose. */
void geosc_map_size(const geosc_map *map, size_t *channels, size_t *height, size_t *width);
/* Copies the refined features to out [channels][height][width]. */
void geosc_map_copy(const geosc_map *map, float *out);

/* IMD of a posed source to a target. source_mask [height][width] of the source map (weights; NULL: all 1),
 * target_mask likewise (cells with 0 are no targets; NULL: all are). *imd is NaN where the mutual kind has
 * no neighbours. GEOSC_FAILED for an empty or negative mask, GEOSC_BAD_USAGE for maps of different channels. */
enum geosc_status geosc_score(geosc_context *context, const geosc_map *source, const float *source_mask,
                              const geosc_map *target, const float *target_mask, enum geosc_imd kind, float *imd);

/* Moves an unposed point (x, y), in cells of a width x height source, to where it goes under a pose. */
void geosc_pose_point(enum geosc_pose pose, double width, double height, double *x, double *y);

/* Matches `count` cells (x, y) of the posed source (int, column and row of the source map) into the target:
 * window soft-argmax of the similarity around its first maximum. xy [count][2] in target cells, score [count].
 * window odd, temperature > 0; target_mask as in geosc_score. GEOSC_BAD_USAGE for a cell outside the source. */
enum geosc_status geosc_match(geosc_context *context, const geosc_map *source, const int (*cells)[2], size_t count,
                              const geosc_map *target, const float *target_mask, int window, double temperature,
                              float (*xy)[2], float *score);

#ifdef __cplusplus
}
#endif

#endif
