/*
 * presets: the values of geosc match --preset and geosc_options_set: several options in one word.
 */
#ifndef GEOSC_PRESETS_H
#define GEOSC_PRESETS_H

#include "geosc.h"

/* Name; options, as on a command line; whose they are, and what still differs there: lines of at most 84 columns. */
#define PRESET_ROWS(ROW)                                                                          \
    ROW("geoaware", "--poses none --imd none --window 15 --temperature 0.02 --outside zero",      \
        "GeoAware-SC with its network, supervised (85.6 on SPair-71k). Its code takes a point\n"  \
        "    on the far border of an image for one of the next row of cells.")                    \
    ROW("geoaware-zero-shot",                                                                     \
        "--poses none,hflip --imd euclidean --restrict-target imd --pose-source stored\n"         \
        "    --window 11 --temperature 0.02 --outside zero",                                      \
        "GeoAware-SC without a network, with adaptive flip. Its code compares poses on 64 x 64\n" \
        "    cells, with a far value for every exact zero, in masked cells or not, and takes a\n" \
        "    mirrored partner only where it is visible in both images.")                          \
    ROW("marco",                                                                                  \
        "--poses none --imd none --query bilinear --similarity dot --window gauss:7\n"            \
        "    --temperature 10",                                                                   \
        "MARCO. Its evaluation takes a point exactly on the threshold for right: geosc eval\n"    \
        "    --compare le.")                                                                      \
    ROW("diy-sc", "--poses none --imd none --window 15 --temperature 0.02 --outside zero",        \
        "DIY-SC as its released configuration for SPair-71k evaluates it: without a choice of\n"  \
        "    poses, the same as geoaware. It prints PCK per point.")

/* The i-th name; NULL after the last. */
const char *preset_name(int i);
/* Sets the options that shape the result to their defaults, then to the i-th preset's. */
void preset_apply(int i, struct geosc_options *options);

#endif
