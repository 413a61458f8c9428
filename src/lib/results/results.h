/*
 * results: the answers of all pairs in memory: computed, written and read back.
 */
#ifndef GEOSC_RESULTS_H
#define GEOSC_RESULTS_H

#include "input/catalog.h"

/* Answers of all pairs. Failed pairs have NaN and GEOSC_UNDECIDED. */
struct results {
    size_t pairs, candidates;
    size_t rank;        /* of one pair's answers: 1 [K], or 2 [H][W] if dense */
    size_t shape[2];    /* K, or H and W */
    size_t answers;     /* product of shape */
    float (*xy)[2];     /* [pairs * answers] */
    float *score;       /* [pairs * answers] */
    int32_t (*peak)[2]; /* [pairs * answers] cell with the best similarity, -1: no query; NULL: not requested */
    float *second;      /* [pairs * answers] best similarity outside the window, or NULL */
    uint8_t *mutual;    /* [pairs * answers] 1: the peak's nearest source cell is the query, or NULL */
    float *cycle;       /* [pairs * answers] cells from the query to the answer's nearest source cell, or NULL */
    size_t tops;        /* best cells of each answer; 0: not requested */
    float (*top_xy)[2]; /* [pairs * answers * tops], or NULL */
    float *top_score;   /* the same */
    size_t kaps;        /* alphas of KAP; 0: not requested */
    double kap_alpha[GEOSC_KAP_ALPHAS];
    float *kap_in,
        *kap_out;          /* [pairs * answers * kaps] largest similarity near the true place, and elsewhere; or NULL */
    float *kap_max;        /* [pairs * answers] largest of all, or NULL */
    float (*kap_range)[2]; /* [pairs] smallest and largest of all answers' similarities, or NULL */
    size_t heat_side;      /* of the pictures of similarities; 0: not requested */
    uint8_t *heat;         /* [pairs * answers][heat_side][heat_side], or NULL */
    float *imd;            /* [pairs * candidates] */
    uint8_t *chosen;       /* [pairs], index of a candidate or GEOSC_UNDECIDED */
    uint8_t *status;       /* [pairs], enum geosc_pair_status */
    enum geosc_pose poses[GEOSC_POSES]; /* the candidates */
    /* Only in results read from a file: */
    enum units units;        /* of xy */
    size_t *source, *target; /* [pairs] image numbers of the indexed layout, or NULL */
    size_t images;           /* number of images of the grouped layout, and their names; else NULL */
    char **image_name;
    size_t *index; /* [pairs] in a shard: places in the input, ascending; else NULL */
};

/* An array that only some results have. */
struct results_part {
    const char *path; /* of its dataset */
    enum number_type type;
    bool of_pair;         /* it has one entry for each pair; else one for each answer */
    size_t rank, dims[2]; /* of an entry */
    size_t items;         /* numbers of a pair */
    uint8_t most;         /* of a uint8 */
    void *values;         /* [pairs][items] */
};
enum { RESULTS_PARTS = 11 };

/* What some results have beside the matches, as the options asked for it. Zeroed: nothing. */
struct results_asked {
    bool confidence;
    size_t tops, kaps;
    double kap_alpha[GEOSC_KAP_ALPHAS]; /* [kaps] */
    size_t heat;                        /* side */
};

/* Summary of a file of results in any format. */
struct output_summary {
    size_t pairs, matches, failed; /* failed: pairs whose status is not ok */
};

/* Results of all pairs of the catalog: NaN, undecided, status ok. Free with results_free. */
enum geosc_status results_create(geosc_context *context, const struct catalog *catalog, const enum geosc_pose *poses,
                                 size_t pose_count, struct results *results);
/* Allocates results for results->pairs pairs of the shape set in it. */
enum geosc_status results_allocate(geosc_context *context, struct results *results);
/* Adds peak, second, mutual and cycle: no query, NaN, 0, NaN; or the best cells: NaN. After a failure, free the results
 * as usual. */
enum geosc_status results_add_confidence(geosc_context *context, struct results *results);
enum geosc_status results_add_top(geosc_context *context, struct results *results, size_t tops);
/* Adds what KAP is computed of, at these alphas: NaN. */
enum geosc_status results_add_kap(geosc_context *context, struct results *results, const double *alphas, size_t count);
/* Adds pictures of similarities of side x side parts: 0. */
enum geosc_status results_add_heat(geosc_context *context, struct results *results, size_t side);
struct results_asked results_asked_by(const struct geosc_options *options);
struct results_asked results_have(const struct results *results);
bool results_asked_alike(const struct results_asked *a, const struct results_asked *b);
/* Adds what was asked for. */
enum geosc_status results_add_asked(geosc_context *context, const struct results_asked *asked, struct results *results);
/* Lists these arrays; returns their number. The order is that of a journal's record. */
size_t results_parts(const struct results *results, struct results_part parts[RESULTS_PARTS]);
/* Bytes of a pair in these arrays. */
size_t results_parts_bytes(const struct results_asked *asked, size_t answers);
/* Whether a run can give such numbers for one answer, with the range of its pair. given: it is not missing. */
bool results_kap_can_be(const float *in, const float *out, size_t kaps, float most, const float range[2], bool given);
/* Whether the results fit the catalog's pairs and numbers of answers. */
bool results_fit(const struct results *results, const struct catalog *catalog);
/* Number of pairs with a status other than ok. */
size_t results_count_failed(const struct results *results);
void results_free(struct results *results); /* for a zeroed or filled one; leaves it zeroed */

#endif
