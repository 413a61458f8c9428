/*
 * rows: the options that several commands have, said once. Each takes what the command adds to its row: at least where
 * the value stands in its settings.
 */
#ifndef GEOSC_ROWS_H
#define GEOSC_ROWS_H

#include "rows/command.h"
#include "base/options.h"

/* Of --format: how an output is written. */
static inline const char *rows_format_choice(int i)
{
    return options_format_name((enum geosc_format)i);
}

/* clang-format off */
#define ROW_HELP {.letter = 'h', .name = "help", .type = &option_help, .help = "Print this help."}
#define ROW_QUIET(...) \
    {.letter = 'q', .name = "quiet", .type = &option_switch, .help = "Print nothing but errors.", __VA_ARGS__}

/* Of matches. */
#define ROW_OUTPUT(...) \
    {.letter = 'o', .name = "output", .argument = "FILE", .type = &option_text, \
     .help = "The file to write. It appears whole or not at all, and never over another file unless told.", __VA_ARGS__}
#define ROW_FORCE(...) \
    {.letter = 'f', .name = "force", .type = &option_switch, .help = "Replace an existing output.", __VA_ARGS__}

/* How an input is read: under this title, or NULL; links and plugins are where the two switches stand. */
#define ROWS_ACCESS(title, links, plugins) \
    {.name = "allow-links", .heading = title, .type = &option_switch, links, \
     .help = "Follow external links, external storage and virtual datasets of the input: data sets that are spread over " \
             "files. Only for inputs that are trusted: they may name any file."}, \
    {.name = "allow-plugins", .type = &option_switch, plugins, \
     .help = "Read data with filters beyond shuffle, deflate and fletcher32, through HDF5 and the plugins that it finds " \
             "(HDF5_PLUGIN_PATH). Only for inputs that are trusted."}

/* For environment_fill, which looks where `unset` says. */
#define ROW_THREADS(...) \
    {.letter = 'j', .name = "threads", .argument = "N", .type = &option_int, .minimum = 1, .maximum = 4096, \
     .unset = "OMP_NUM_THREADS, else SLURM_CPUS_PER_TASK, else all that this process may use", __VA_ARGS__}
#define ROW_ISA(...) \
    {.name = "isa", .argument = "NAME", .type = &option_text, .unset = "GEOSC_ISA, else the best of this machine", \
     .help = "Instruction set of the kernels; geosc --version lists them.", __VA_ARGS__}
/* clang-format on */

#endif
