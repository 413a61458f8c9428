/*
 * image: images and pairs in memory (geosc.h). An image of the caller is, for the pipeline, the only one of a catalog
 * that no file holds: it is planned, decoded, posed and refined as one of a file (image.c), and a pair of them is
 * answered by the same code (image_pair.c, pair.h).
 */
#ifndef GEOSC_IMAGE_H
#define GEOSC_IMAGE_H

#include "input/query.h"
#include "run/cache.h"

struct geosc_refined {
    struct image_set set;         /* shapes; its arrays are in no file */
    double size[2], placement[3]; /* NaN: unknown */
    bool has_model, tells_poses;  /* model_tells_poses() */
    enum geosc_pose_source pose_source;
    struct slot *slots;
    size_t slot_count;
    int slot_of[GEOSC_POSES]; /* -1: not refined for this pose */
    bool whole, dense;        /* for any pair; else for a dense source, or for one with keypoints */
    struct box asked;         /* unless whole: the cells that its keypoints may need */
};

/* The map of a pose, with its mask; NULL: not refined for it. */
const struct slot *image_slot(const geosc_refined *refined, enum geosc_pose pose);
/* Checks keypoints of a pair in which the image is. whose: "source" or "target", for the message. */
enum geosc_status image_check_keypoints(geosc_context *context, const struct geosc_keypoints *keypoints,
                                        const geosc_refined *refined, const char *whose);
/* Makes keypoints those of a catalog, which does not own them; NULL: it has none. */
void image_set_keypoints(const struct geosc_keypoints *keypoints, struct catalog *catalog);
/* Options of a call, complete and checked, and its stop flag in the context. */
enum geosc_status image_begin(geosc_context *context, const struct geosc_options *options,
                              struct geosc_options *complete);

#endif
