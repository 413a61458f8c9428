/*
 * synth: a data set with known truth (SPEC 4: geosc synth). The same options give the same bytes on every machine of
 * the same byte order: own generator, integers instead of libm.
 *
 * A *scene* is a smooth random feature map with an object mask (an ellipse) and keypoints on it. Its *view* 0 shows it
 * as it is, each further view is a posed copy of view 0 with noise. Stacked: pair p is scene p, source view 0, target
 * view 1. Indexed: scenes have several views, and pairs are views of one scene; keypoints are in pixels, and come in
 * left and right: in a mirrored view the labels of such a pair are swapped, as they would be on a picture of an animal,
 * with mirror_index and symmetry_group to match. One keypoint in ten is absent. Maps that are not square have the four
 * poses that keep their size. Grouped: the same by names, scene-N-view-M; and all eight poses always, so that views
 * that are not square come in two sizes.
 *
 * The features alone say nothing of the pose (SPEC 2.3): finding it takes a model, and the random one does.
 */
#ifndef GEOSC_SYNTH_H
#define GEOSC_SYNTH_H

#include "h5/h5.h"

enum { SYNTH_SIDE = 16384 /* cells, at most */ };

enum synth_layout { SYNTH_STACKED, SYNTH_INDEXED, SYNTH_GROUPED };

struct synth_options {
    uint64_t seed;
    enum synth_layout layout;
    size_t pairs, images; /* images: not of the stacked layout, 0: half as many as pairs, and 2 */
    size_t channels, height, width;
    size_t keypoints;         /* per pair; 0: none, for dense matches */
    size_t hidden, blocks;    /* of the model; an aggregation network has as many levels as blocks */
    bool aggregation;         /* the model's architecture; otherwise residual-bottleneck */
    enum number_type type;    /* NUMBER_F16 or NUMBER_F32 */
    int deflate;              /* 0: contiguous; 1..9: chunks within an image, with shuffle */
    bool force;               /* replace existing files */
    const volatile int *stop; /* as in geosc_options: GEOSC_STOPPED, and no file is left; or NULL */
};

void synth_options_init(struct synth_options *options);
/* Writes the input, image by image, and the model where model_path is not NULL. GEOSC_BAD_USAGE for options that make
 * no sense. */
enum geosc_status synth_write(geosc_context *context, const char *path, const char *model_path,
                              const struct synth_options *options);

/* The model alone: a post-processor with random weights, by PyTorch's state_dict keys (synth_model.c). The levels of an
 * aggregation network share the channels evenly; it has 4 * hidden outputs, as the published one. */
enum geosc_status synth_fill_model(geosc_context *context, struct h5_writer *writer,
                                   const struct synth_options *options);

#endif
