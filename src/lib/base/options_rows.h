/*
 * options_rows: the options that shape the result, a row each: the one place that says how such an option is called, what
 * its default is, which values will do, where in struct geosc_options it stands and what it does. geosc_options_init,
 * options_check, the identity of a run (options_describe) and the rows of geosc match are made from this file, which is
 * read in where a table of rows stands; OPTIONS_BASE is the offset of the struct in what the rows are about. A field of
 * the struct that has no row, and isn't known to shape nothing, fails tests/base/test_options.
 */
#define IMD_HELP(enumerator, name, value) "; " name " is " value
#define FIELD(field) .offset = OPTIONS_BASE + offsetof(struct geosc_options, field), .fields = #field

/* clang-format off */
    {.name = "poses", .argument = "LIST", .heading = "What is computed", .type = &options_poses, .offset = OPTIONS_BASE,
     .fields = "poses pose_count", .initial = "none,hflip,rot90,rot270",
     .help = "Poses of the source to choose from, in order, separated by commas: none, hflip, vflip, rot180, rot90, "
             "rot270, transpose, antitranspose; or all."},
    {.name = "pose-source", .argument = "FROM", .type = &option_choice, FIELD(pose_source),
     .choice = options_pose_source_name, .initial = "auto",
     .help = "Where a posed source comes from: stored takes features that were extracted from the posed image, derived "
             "applies the pose to the raw features, auto takes stored ones where the input has them."},
    {.name = "imd", .argument = "KIND", .type = &option_choice, FIELD(imd), .choice = options_imd_name, .initial = "squared",
     .help = "Instance Matching Distance by which the pose is chosen (geosc help imd)" GEOSC_IMD_ROWS(IMD_HELP) "."},
    {.name = "restrict-target", .type = &option_switch, FIELD(restrict_target), .initial = "no",
     .help = "Only cells of the target mask are targets, of the distance and of the matches."},
    {.name = "window", .argument = "K", .type = &option_odd, FIELD(window), .initial = "15", .minimum = 1, .maximum = 9999,
     .help = "Side of the soft-argmax window around the best cell, in cells; odd."},
    {.name = "temperature", .argument = "T", .type = &option_real, FIELD(temperature), .initial = "0.02", .minimum = 0,
     .maximum = 1e6,
     .help = "Softmax temperature of the window; smaller is sharper."},
    {.name = "confidence", .type = &option_switch, FIELD(confidence), .initial = "no",
     .help = "Also write how sure each match is: /matches/peak (the best target cell), /matches/second (the best similarity "
             "outside the window) and /matches/mutual (1 where the way back from the peak ends at the query: of the source cells in "
             "the mask, and the query's own, it is the most similar to the peak)."},
    {.name = "conv", .argument = "KIND", .type = &option_choice, FIELD(conv), .choice = options_conv_name, .initial = "auto",
     .help = "How 3x3 convolutions are computed: winograd takes a quarter of the products and rounds in another way; "
             "auto chooses by the network's widths."},
/* clang-format on */

#undef IMD_HELP
#undef FIELD
#undef OPTIONS_BASE
