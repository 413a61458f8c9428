/*
 * rows: options that several commands share. A command adds its own fields to the row, at least the offset in its
 * settings.
 */
#ifndef GEOSC_ROWS_H
#define GEOSC_ROWS_H

#include "base/options.h"
#include "rows/command.h"

/* The values of --format. */
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
     .help = "The file to write. It appears only when it is complete, and replaces an existing file only with --force.", \
     __VA_ARGS__}
#define ROW_FORCE(...) \
    {.letter = 'f', .name = "force", .type = &option_switch, .help = "Replace an existing output.", __VA_ARGS__}

/* How an input is read. title: a heading, or NULL; links, plugins: offsets of the two switches. */
#define ROWS_ACCESS(title, links, plugins) \
    {.name = "allow-links", .heading = title, .type = &option_switch, links, \
     .help = "Follow external links, external storage and virtual datasets: for inputs spread over several files. Use it " \
             "only for inputs that you trust: they may name any file."}, \
    {.name = "allow-plugins", .type = &option_switch, plugins, \
     .help = "Read data with filters other than shuffle, deflate, fletcher32, lzf and bitshuffle with lz4, by HDF5 and the " \
             "plugins that it finds (HDF5_PLUGIN_PATH). Use it only for inputs that you trust."}

/* For environment_fill, which reads the variables in `unset`. */
#define ROW_THREADS(...) \
    {.letter = 'j', .name = "threads", .argument = "N", .type = &option_int, .minimum = 1, .maximum = 4096, \
     .unset = "OMP_NUM_THREADS, else SLURM_CPUS_PER_TASK, else all CPUs of this process", __VA_ARGS__}
#define ROW_ISA(...) \
    {.name = "isa", .argument = "NAME", .type = &option_text, .unset = "GEOSC_ISA, else the best of this machine", \
     .help = "Instruction set of the kernels; geosc --version lists them.", __VA_ARGS__}
/* clang-format on */

#endif
