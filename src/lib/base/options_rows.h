/*
 * options_rows: one row for each option that shapes the result, with its name, default, check, field in struct
 * geosc_options and help. geosc_options_init, options_check, the identity of a run (options_describe) and the options
 * of geosc match are made from this file, which is included inside tables of rows. OPTIONS_BASE is the offset of struct
 * geosc_options in the settings of the table. tests/base/test_options fails for a field that has no row and is not
 * listed there as without effect on the result.
 */
#define IMD_HELP(enumerator, name, value) "; " name " is " value
#define FIELD(field)                      .offset = OPTIONS_BASE + offsetof(struct geosc_options, field), .fields = #field

/* clang-format off */
    {.name = "poses", .argument = "LIST", .type = &options_poses, .offset = OPTIONS_BASE,
     .fields = "poses pose_count", .initial = "none,hflip,rot90,rot270",
     .help = "Candidate poses of the source, in order, separated by commas: none, hflip, vflip, rot180, rot90, rot270, "
             "transpose, antitranspose; or all."},
    {.name = "pose-source", .argument = "FROM", .type = &option_choice, FIELD(pose_source),
     .choice = options_pose_source_name, .initial = "auto",
     .help = "Source of posed features: stored uses features extracted from the posed image, derived applies the pose "
             "to the raw features, auto uses stored features if the input has them, else derived."},
    {.name = "imd", .argument = "KIND", .type = &option_choice, FIELD(imd), .choice = options_imd_name, .initial = "squared",
     .help = "Instance Matching Distance by which the pose is chosen (geosc help imd)" GEOSC_IMD_ROWS(IMD_HELP) "."},
    {.name = "restrict-target", .argument = "FOR", .type = &options_restrict, .offset = OPTIONS_BASE,
     .fields = "restrict_target restrict_use", .choice = options_restrict_name, .initial = "no",
     .help = "Use only cells of the target mask as targets: imd, for the distance; match, for the matches; both, as without a "
             "value. An image without a mask is not restricted."},
    {.name = "query", .argument = "KIND", .type = &option_choice, FIELD(query), .choice = options_query_name, .initial = "cell",
     .help = "Descriptor of a keypoint: cell, that of the nearest cell; bilinear, interpolated between the four cells around it."},
    {.name = "similarity", .argument = "KIND", .type = &option_choice, FIELD(similarity), .choice = options_similarity_name,
     .initial = "cosine",
     .help = "Similarity of two cells: cosine; dot, the inner product of the refined features before their normalisation. The "
             "distance by which the pose is chosen stays as it is."},
    {.name = "window", .argument = "WINDOW", .type = &options_window, .offset = OPTIONS_BASE,
     .fields = "window window_kind window_sigma", .initial = "15", .minimum = 1, .maximum = 9999,
     .help = "Cells that the soft-argmax weighs: an odd number K, K x K cells around the best one; gauss:S, all cells, with "
             "similarities multiplied by exp(-d^2 / 2 S^2), d the distance in cells to the best one; all, all cells."},
    {.name = "outside", .argument = "HOW", .type = &options_outside, .offset = OPTIONS_BASE, .fields = "outside",
     .choice = options_outside_name, .initial = "drop",
     .help = "Cells outside the K x K window: drop, they take no part; zero, they take part with similarity 0. Without effect "
             "on gauss:S and all."},
    {.name = "temperature", .argument = "T", .type = &option_real, FIELD(temperature), .initial = "0.02", .minimum = 0,
     .maximum = 1e6,
     .help = "Temperature of the softmax over the similarities; smaller is sharper."},
    {.name = "confidence", .type = &option_switch, FIELD(confidence), .initial = "no",
     .help = "Also write the confidence of each match: /matches/peak (the best target cell), /matches/second (the best "
             "similarity outside the window), /matches/mutual (1 if the query is the source cell most similar to "
             "the peak, among the cells of the mask and the query's own) and /matches/cycle (the distance in cells from "
             "the query to the source cell most similar to the answer)."},
    {.name = "top", .argument = "N", .type = &option_int, FIELD(top), .initial = "0", .minimum = 1, .maximum = OPTIONS_TOP,
     .unset = "none",
     .help = "Also write the N best target cells of each match, each outside the windows of those before it: /matches/top_xy and "
             "/matches/top_score."},
    {.name = "kap", .argument = "ALPHAS", .type = &options_kap, .offset = OPTIONS_BASE, .fields = "kap kap_count", .initial = "no",
     .unset = "none",
     .help = "Also write what KAP, the average precision of keypoints, is computed of, for geosc eval: the best similarities of each "
             "keypoint at most alpha times the threshold from its target keypoint, and elsewhere (/matches/kap_in and others). "
             "Up to 8 alphas, separated by commas; 0.1 without a value. The input must have target keypoints."},
    {.name = "heat", .argument = "N", .type = &option_int, FIELD(heat), .initial = "0", .minimum = 1, .maximum = OPTIONS_HEAT,
     .unset = "none",
     .help = "Also write the similarities of each match as a small picture, for geosc report: /matches/heat has, for N x N parts of "
             "the target, the largest similarity, from 0 to 255. It takes N x N bytes for each keypoint; 16 shows enough."},
    {.name = "conv", .argument = "KIND", .type = &option_choice, FIELD(conv), .choice = options_conv_name, .initial = "auto",
     .help = "Algorithm for 3x3 convolutions: direct is a matrix product; winograd needs a quarter of the products and "
             "rounds differently; auto chooses by the network's channels."},
/* clang-format on */

#undef IMD_HELP
#undef FIELD
#undef OPTIONS_BASE
