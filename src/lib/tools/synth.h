/*
 * synth: a data set with known truth (geosc-synth(1)). The same options give the same bytes on every machine of the
 * same byte order: own generator, integers instead of libm.
 *
 * A *scene* is a smooth random feature map with an object mask (an ellipse) and keypoints on it. Its *view* 0 shows it
 * as it is, each further view is a posed copy of view 0 with noise. Stacked: pair p is scene p, source view 0, target
 * view 1. Indexed: scenes have several views, and pairs are views of one scene; keypoints are in pixels, and come in
 * left and right: in a mirrored view the labels of such a pair are swapped, as they would be on a picture of an animal,
 * with mirror_index and symmetry_group to match. One keypoint in ten is absent. Maps that are not square have the four
 * poses that keep their size. Grouped: the same by names, scene-N-view-M; and all eight poses always, so that views
 * that are not square come in two sizes.
 *
 * The features alone say nothing of the pose (docs/computation.md, Poses): finding it takes a model, and the random one
 * does.
 */
#ifndef GEOSC_SYNTH_H
#define GEOSC_SYNTH_H

#include "tools/synth_design.h"

/* Writes the input, image by image, and the model where model_path is not NULL. GEOSC_BAD_USAGE for options that make
 * no sense. */
enum geosc_status synth_write(geosc_context *context, const char *path, const char *model_path,
                              const struct synth_options *options);

#endif
