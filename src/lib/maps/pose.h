/*
 * pose: the eight symmetries of the square as permutations of cells (docs/computation.md, Poses). Pure functions, any
 * thread.
 */
#ifndef GEOSC_POSE_H
#define GEOSC_POSE_H

#include "geosc.h"

/* True if a pose swaps the left and right keypoints of an object (docs/computation.md, Mirrored keypoints). */
bool pose_mirrors(enum geosc_pose pose);

/* True if a height x width map becomes a width x height one. */
bool pose_swaps_axes(enum geosc_pose pose);

/* Size of a height x width map after the pose. */
void pose_size(enum geosc_pose pose, size_t height, size_t width, size_t *posed_height, size_t *posed_width);

/* Position of cell (x, y) of a height x width map after the pose: its row-major index in the posed map. */
size_t pose_cell(enum geosc_pose pose, size_t height, size_t width, size_t x, size_t y);

/* from[i] for each cell i of the posed map in row-major order: the cell of the unposed height x width map that moves
 * there. */
void pose_permutation(enum geosc_pose pose, size_t height, size_t width, uint32_t *from);

#endif
