/*
 * synth: makes a data set with known truth (geosc-synth(1)). The same options give the same bytes on every machine of
 * the same byte order: own random generator, integers instead of libm.
 *
 * A *scene* is a smooth random feature map with an object mask (an ellipse) and keypoints on it. Its *view* 0 shows it
 * unchanged; each further view is a posed copy of view 0 with noise. Stacked: pair p is scene p, with view 0 as source
 * and view 1 as target. Indexed: scenes have several views, and pairs are views of one scene. Keypoints are in pixels
 * and some form left-right pairs, whose labels swap in mirrored views, as on a picture of an animal, with matching
 * mirror_index and symmetry_group. One keypoint in ten is absent. Maps that are not square use the four poses that keep
 * their size. Grouped: the same by names, scene-N-view-M, and always with all eight poses, so that views that are not
 * square have two sizes.
 *
 * The features alone do not reveal the pose (docs/computation.md, Poses): a model does, even the random one.
 */
#ifndef GEOSC_SYNTH_H
#define GEOSC_SYNTH_H

#include "tools/synth_design.h"

/* Writes the input, image by image, and the model if model_path is not NULL. GEOSC_BAD_USAGE for invalid options. */
enum geosc_status synth_write(geosc_context *context, const char *path, const char *model_path,
                              const struct synth_options *options);

#endif
