#include "rows/topics.h"

#include "base/presets.h"
#include "geosc.h"

#define IMD_LINE(enumerator, name, value) "  " name ": " value "\n"
#define PRESET_LINES(name, options, text) "\n  " name "\n    " options "\n    " text "\n"

/* Lines have at most 88 columns, like all help. */
const struct topic topics[] = {
    {"poses", "A pose is one of the eight symmetries of the square, applied to the source. (x, y) is a\n"
              "column and row, counted from 0, of a source W cells wide and H cells high.\n"
              "\n"
              "  pose           effect                            (x, y) moves to\n"
              "  none           none                              (x, y)\n"
              "  hflip          swaps left and right              (W-1-x, y)\n"
              "  vflip          swaps top and bottom              (x, H-1-y)\n"
              "  rot180         turns upside down                 (W-1-x, H-1-y)\n"
              "  rot90          turns counter-clockwise           (y, W-1-x)\n"
              "  rot270         turns clockwise                   (H-1-y, x)\n"
              "  transpose      mirrors at the diagonal           (y, x)\n"
              "  antitranspose  mirrors at the other diagonal     (H-1-y, W-1-x)\n"
              "\n"
              "geosc match --poses tries the poses in order and chooses the one with the smallest\n"
              "Instance Matching Distance (geosc help imd). It uses features extracted from the posed\n"
              "image if the input has them (geosc help files). Otherwise it applies the pose to the raw\n"
              "features, which without a post-processor cannot tell poses apart.\n"},
    {"imd", "Instance Matching Distance of a posed source to the target. m: weight of a source cell\n"
            "(the mask); f: its features, of length 1; nn: the target cell most similar to it.\n"
            "\n" GEOSC_IMD_ROWS(IMD_LINE) "\n"
                                          "The pose with the smallest distance is chosen; the first of equal ones.\n"},
    {"presets",
     "geosc match --preset NAME decodes as another system does. It stands for these options. One\n"
     "given by itself wins, wherever it stands; several --poses over a preset's --imd none\n"
     "get the distance squared. The output records the options, not the preset.\n" PRESET_ROWS(PRESET_LINES)},
    {"files", "Input: each image once, pairs by index\n"
              "  /images/features [M,C,H,W] or a group of levels; /images/mask [M,H,W];\n"
              "  /images/poses/POSE/features; /images/size [M,2]; /images/name [M]; /images/rgb [M,h,w,3]\n"
              "  /pairs/source, /pairs/target [P]; /pairs/keypoints, /pairs/target_keypoints [P,K,2];\n"
              "  /pairs/mirror_index, /pairs/symmetry_group [P,K]; /pairs/threshold, /pairs/category [P];\n"
              "  /pairs/target_box [P,4]; /pairs/keypoint_name [K]; or for some categories\n"
              "  /categories/name [G], /categories/keypoint_name [G,K]\n"
              "Input: a group for each image, pairs by names\n"
              "  /images/NAME/features [C,H,W] or a group of levels, .../mask [H,W], .../size [2],\n"
              "  .../keypoints [K,2]; /pairs/source, /pairs/target [P] strings, or match --pairs\n"
              "Input: the tensors of a batch\n"
              "  /source, /target [P,C,H,W]; /mask, /target_mask [P,H,W]; /keypoints [P,K,2];\n"
              "  /target_keypoints [P,K,2]; /poses/POSE/source; /source_size, /target_size [P,2]\n"
              "Model: a dataset for each key of a PyTorch state_dict\n"
              "Output\n"
              "  /matches/xy [P,K,2] or dense [P,H,W,2]; /matches/score; /poses/name, /poses/imd,\n"
              "  /poses/chosen; /pairs/status\n"
              "\n"
              "Details: man geosc-files. Contents and faults of a file: geosc inspect.\n"},
    {"exit", NULL},
    {"environment", "  GEOSC_ISA            instruction set of the kernels; --isa overrides it\n"
                    "  OMP_NUM_THREADS      number of threads; --threads overrides it\n"
                    "  SLURM_CPUS_PER_TASK  the same, if OMP_NUM_THREADS is not set\n"
                    "  NO_COLOR             if not empty: no colours on the terminal\n"
                    "  TERM                 if dumb: no progress bar, and no colours\n"},
    {"completion", "Completion is installed with geosc. To use it from a build:\n"
                   "\n"
                   "  bash   source <(geosc help --completion bash)\n"
                   "  zsh    source <(geosc help --completion zsh)      (after compinit)\n"
                   "  fish   geosc help --completion fish | source\n"},
    {NULL, NULL},
};
