/*
 * The command geosc: finds the command in the table (cmd_help.c) and runs it. rows/command.h defines a command.
 */
#include <assert.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include <zlib.h>

#include "base/guard.h"
#include "base/suggest.h"
#include "base/system.h"
#include "commands/commands.h"
#include "draw/draw.h"
#include "geosc.h"
#include "h5/h5.h"
#include "rows/arguments.h"
#include "rows/help.h"
#include "system/environment.h"
#include "system/message.h"
#include "system/signals.h"

static int print_help(void)
{
    help_print(stdout, commands, NULL);
    return GEOSC_OK;
}

static int print_version(void)
{
    bool usable;
    const char *isa;

    printf("geosc %s (%s)\n", geosc_version(), GEOSC_HOST);
#ifdef __clang__
    printf("compiler: clang %s\n", __clang_version__);
#else
    printf("compiler: gcc %s\n", __VERSION__);
#endif
    printf("HDF5: %s\nzlib: %s\nLZ4: %s\ninstruction sets:", GEOSC_HDF5_VERSION, zlibVersion(),
           raw_lz4_version() ? raw_lz4_version() : "none, built without liblz4");
    for (size_t i = 0; (isa = geosc_isa_name(i, &usable)); i++)
        printf(" %s%s", isa, usable ? "" : " (not on this machine)");
    printf("\npictures: %s%s\n", draw_version() ? "cairo " : "none, built without cairo",
           draw_version() ? draw_version() : "");
    return GEOSC_OK;
}

static const struct {
    const char *letter, *name;
    int (*run)(void);
} switches[] = {
    {"-h", "--help", print_help},
    {"-V", "--version", print_version},
};

static const char *command_or_switch(const void *list, size_t i)
{
    size_t count = 0;

    (void)list;
    for (; commands[count]; count++) {
        if (i == count)
            return commands[i]->name;
    }
    return i - count < sizeof switches / sizeof *switches ? switches[i - count].name : NULL;
}

static int run_command(const struct command *command, int argc, char **argv)
{
    union {
        char bytes[COMMAND_SETTINGS];
        max_align_t alignment;
    } settings = {{0}};
    size_t operands = 0;
    bool help = false;

    assert(command->settings_size <= sizeof settings);
    command_set_defaults(command, &settings);
    if (!arguments_parse(command, argc, argv, &settings, &operands, &help))
        return GEOSC_BAD_USAGE;
    if (help) {
        help_print(stdout, commands, command);
        return GEOSC_OK;
    }
    h5_process_setup(false);
    return command->run(&settings, argv, operands);
}

static int run_line(int argc, char **argv)
{
    const struct command *command;
    static const char *const programs[] = {"geosc-import", "geosc-export", "geosc-extract"}; /* of Python */
    const char *near;

    if (argc < 2) {
        help_print(stderr, commands, NULL);
        return GEOSC_BAD_USAGE;
    }
    for (size_t i = 0; i < sizeof switches / sizeof *switches; i++) {
        if (strcmp(argv[1], switches[i].letter) == 0 || strcmp(argv[1], switches[i].name) == 0)
            return switches[i].run();
    }
    command = command_find(argv[1]);
    if (command)
        return run_command(command, argc - 2, argv + 2);
    for (size_t i = 0; i < sizeof programs / sizeof *programs; i++) {
        if (strcmp(argv[1], programs[i] + strlen("geosc-")) == 0)
            return say_usage(NULL, "'%s' is a program of its own: run %s", argv[1], programs[i]);
    }
    near = suggest_name(argv[1], command_or_switch, NULL);
    return say_usage(NULL, "unknown %s '%s'%s%s%s", argv[1][0] == '-' ? "option" : "command", argv[1],
                     near ? "; did you mean '" : "", near ? near : "", near ? "'?" : "");
}

/* If stdin, stdout or stderr is closed, a file opened later would get its number and all that is printed. /dev/null
 * takes the number, opened so that reads or writes fail as on a closed stream. */
static void fill_descriptors(void)
{
    for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
        if (fcntl(fd, F_GETFD) < 0)
            (void)!open("/dev/null", fd == STDIN_FILENO ? O_WRONLY : O_RDONLY); /* gets the lowest free number */
}

/* LLVM's OpenMP runtime creates a shared-memory file named after its process. It takes an existing one for a second
 * copy of itself and fails, with SIGBUS if the file is empty. A file that exists before the runtime starts is from a
 * killed process that had the same number. */
static void forget_namesake(void)
{
#ifdef __clang__
    char name[64];

    snprintf(name, sizeof name, "/__KMP_REGISTERED_LIB_%d_%d", (int)getpid(), (int)getuid());
    shm_unlink(name);
#endif
}

int main(int argc, char **argv)
{
    if (GUARD(closed_descriptors))
        fill_descriptors();
    forget_namesake();
    environment_protect();
    system_set_up_heap();
    if (GUARD(signal_of_all_commands))
        signals_catch();
    return close_stdout(run_line(argc, argv));
}
