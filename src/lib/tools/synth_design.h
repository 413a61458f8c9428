/*
 * synth_design: the design of a synthetic data set: scenes, their views, and pairs of views. Everything follows from
 * the options and a number; nothing is stored. Pure functions, any thread.
 */
#ifndef GEOSC_SYNTH_DESIGN_H
#define GEOSC_SYNTH_DESIGN_H

#include "h5/h5.h"

enum { SYNTH_SIDE = 16384 /* most cells */ };

enum synth_layout { SYNTH_STACKED, SYNTH_INDEXED, SYNTH_GROUPED };

struct synth_options {
    uint64_t seed;
    enum synth_layout layout;
    size_t pairs, images; /* images: for other layouts than stacked; 0: half as many as pairs, plus 2 */
    size_t channels, height, width;
    size_t keypoints;         /* per pair; 0: none, for dense matches */
    size_t hidden, blocks;    /* of the model; an aggregation network has `blocks` levels */
    bool aggregation;         /* the model is an aggregation network, else a residual-bottleneck */
    size_t bottlenecks;       /* of an aggregation network: of each level */
    size_t time_steps;        /* of an aggregation network: they share the channels */
    bool wide;                /* of an aggregation network: the first convolutions of bottlenecks are 3x3, not 1x1 */
    enum number_type type;    /* NUMBER_F16 or NUMBER_F32 */
    int deflate;              /* 0: contiguous; 1..9: chunks within an image, with shuffle */
    bool force;               /* replace existing files */
    const volatile int *stop; /* as in geosc_options: after a stop GEOSC_STOPPED, without files; or NULL */
};

void synth_options_init(struct synth_options *options);

/* Kinds of random streams, each with the number of a scene, view or channel. */
enum synth_kind { KIND_SMOOTH, KIND_NOISE, KIND_POSE, KIND_MASK, KIND_POINTS, KIND_SCALE, KIND_WEIGHTS = 100 };

enum { SYNTH_NAME = 64 };

struct synth_design {
    const struct synth_options *options;
    size_t scenes, images; /* image i is view i / scenes of scene i % scenes */
};

struct synth_view {
    size_t scene, number;
    enum geosc_pose pose; /* relative to view 0 of the scene */
    size_t height, width; /* in cells, after the pose */
    size_t scale[2];      /* pixels per cell along x and y */
};

/* An ellipse; its centre is at (centre / 2) cells. */
struct synth_object {
    int64_t centre[2], radius[2];
};

/* GEOSC_BAD_USAGE for too few images. The options must outlive the design. */
enum geosc_status synth_design_make(geosc_context *context, const struct synth_options *options,
                                    struct synth_design *design);

struct synth_view synth_view_of(const struct synth_design *design, size_t image);
void synth_name_of(const struct synth_view *view, char name[SYNTH_NAME]);
/* Images of a pair: two different views of one scene; all pairs are distinct. */
void synth_pair_images(const struct synth_design *design, size_t pair, size_t *source, size_t *target);
/* The pose that turns a view with pose a into one with pose b. */
enum geosc_pose synth_pose_between(enum geosc_pose a, enum geosc_pose b);

struct synth_object synth_object_of(const struct synth_design *design, size_t scene);
bool synth_on_object(const struct synth_object *object, int64_t x, int64_t y); /* in cells of view 0 */

#endif
