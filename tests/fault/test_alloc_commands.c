/*
 * Each of our own allocations fails, once and permanently (failing_memory.h), in each command: it ends with exit status
 * 1 and a message, leaves no output, and frees its memory (the sanitized build checks). The commands run in this
 * process, as main.c runs them; this program contains main.c, with its main renamed.
 */
#undef main
#include "commands/commands.h"
#include "draw/draw.h"
#include "failing_memory.h"
#include "rows/arguments.h"

#include <fcntl.h>

enum { WORDS = 24 };

/* "@NAME" stands for a path in the scratch folder. */
struct line {
    const char *words[WORDS];
    const char *output; /* that it writes, or NULL */
};

/* ---- one run ------------------------------------------------------------------------------------ */

static int run_line(const struct line *line)
{
    union {
        char bytes[COMMAND_SETTINGS];
        max_align_t alignment;
    } settings = {{0}};
    char paths[WORDS][SCRATCH_PATH], *words[WORDS];
    const struct command *command = command_find(line->words[0]);
    size_t operands = 0;
    bool help = false;
    int count = 0;

    assert_non_null(command);
    for (; line->words[count + 1]; count++) {
        const char *word = line->words[count + 1];
        snprintf(paths[count], SCRATCH_PATH, "%s", word[0] == '@' ? scratch_path(word + 1) : word);
        words[count] = paths[count];
    }
    words[count] = NULL;
    command_set_defaults(command, &settings);
    assert_true(arguments_parse(command, count, words, &settings, &operands, &help) && !help);
    return command->run(&settings, words, operands);
}

/* Sends what is printed to a file of the scratch folder; returns what is to be put back. */
static int redirect(int fd, FILE *stream, const char *name)
{
    int kept = dup(fd), file = open(scratch_path(name), O_WRONLY | O_CREAT | O_TRUNC, 0666);

    assert_true(kept >= 0 && file >= 0);
    fflush(stream);
    dup2(file, fd);
    close(file);
    return kept;
}

static void put_back(int fd, FILE *stream, int kept)
{
    fflush(stream);
    dup2(kept, fd);
    close(kept);
}

static int run_quietly(const struct line *line, size_t failing, bool *reached)
{
    int out = redirect(STDOUT_FILENO, stdout, "printed"), error = redirect(STDERR_FILENO, stderr, "said");
    int status;

    failing_from(failing);
    status = run_line(line);
    *reached = failing_reached();
    put_back(STDERR_FILENO, stderr, error);
    put_back(STDOUT_FILENO, stdout, out);
    return status;
}

/* A file of the scratch folder as text; free() it. */
static char *text_of(const char *name)
{
    size_t size;
    unsigned char *bytes = scratch_read(scratch_path(name), &size);
    char *text = calloc(size + 1, 1);

    assert_true(bytes && text);
    memcpy(text, bytes, size);
    free(bytes);
    return text;
}

/* Number of lines that are no warnings. */
static size_t count_messages(const char *text)
{
    static const char warning[] = "geosc: warning: ";
    size_t lines = 0;

    for (const char *end; (end = strchr(text, '\n')); text = end + 1)
        lines += strncmp(text, warning, strlen(warning)) != 0;
    return lines;
}

/* ---- every allocation --------------------------------------------------------------------------- */

/* Of a run that has failed: one line on stderr beside warnings, though merge lists all that speaks against the output,
 * and inspect prints it. */
static void check_message(const struct line *line, size_t failing, bool reached, int status)
{
    bool lists = strcmp(line->words[0], "merge") == 0;
    char *said = text_of("said"), *printed = text_of("printed");

    if (!reached || status != GEOSC_FAILED || (!says_memory(said) && !says_memory(printed)) ||
        (count_messages(said) > 1 && !lists))
        fail_msg("%s, allocation %zu%s: exit %d: %s%s", line->words[0], failing,
                 reached ? "" : ", which it never reaches", status, said, printed);
    free(said);
    free(printed);
}

static void remove_if_there(const char *name)
{
    if (name && is_there(scratch_path(name)))
        assert_int_equal(remove(scratch_path(name)), 0);
}

/* False where the number was never reached. */
static bool try(const struct line *line, size_t failing)
{
    size_t before = scratch_entries() + !is_there(scratch_path("printed")) + !is_there(scratch_path("said"));
    bool reached;
    int status = run_quietly(line, failing, &reached);

    if (status != GEOSC_OK)
        check_message(line, failing, reached, status);
    if (line->output && is_there(scratch_path(line->output)) != (status == GEOSC_OK))
        fail_msg("%s, allocation %zu: exit %d, and the output is %sthere", line->words[0], failing, status,
                 status == GEOSC_OK ? "not " : "");
    remove_if_there(line->output);
    remove_if_there("new.h5.journal"); /* of a run that has finished pairs */
    if (scratch_entries() != before)
        fail_msg("%s, allocation %zu: something is left in the folder", line->words[0], failing);
    return reached;
}

/* Each of them in make check-long; in make check every seventh, with a sanitizer every 20th, which ones depends on the
 * second. */
static void each_fails(const struct line *line)
{
    size_t step = getenv("GEOSC_LONG") ? 1
                  : SANITIZED          ? 20
                                       : 7,
           first = step == 1 ? 1 : 1 + (size_t)time(NULL) % step, number;

    for (int repeated = 0; repeated < 2; repeated++) {
        failing_for_ever = repeated;
        for (number = first; try(line, number); number += step)
            ;
        print_message("# %s %s: every %zu. of some %zu allocations fails%s\n", line->words[0], line->words[1], step,
                      number, repeated ? ", and all after it" : "");
        assert_true(number > 10);
    }
}

static void each_line_fails(const struct line *lines, size_t count)
{
    for (size_t i = 0; i < count; i++)
        each_fails(&lines[i]);
}

#define LINES(lines) (lines), sizeof(lines) / sizeof *(lines)

static void makes_data(void **state)
{
    static const struct line lines[] = {
        {{"synth", "-o", "@new.h5", "--pairs", "3", "--channels", "5", "--height", "6", "--width", "7"}, "new.h5"},
    };

    (void)state;
    each_line_fails(LINES(lines));
}

static void matches(void **state)
{
    static const struct line lines[] = {
        {{"match", "@in.h5", "-m", "@model.h5", "-o", "@new.h5", "-j", "2", "--isa", "c", "--progress", "none",
          "--confidence", "--top", "2", "--kap"},
         "new.h5"},
        {{"match", "@in.h5", "-m", "@model.h5", "--dry-run", "--json"}, NULL},
        {{"merge", "-o", "@new.h5", "@part-0.h5", "@part-1.h5"}, "new.h5"},
        {{"merge", "--format", "hloc", "--input", "@in.h5", "-o", "@new.h5", "@part-0.h5", "@part-1.h5"}, "new.h5"},
    };

    (void)state;
    each_line_fails(LINES(lines));
}

static void looks(void **state)
{
    static const struct line lines[] = {
        {{"inspect", "@in.h5", "--json"}, NULL},
        {{"inspect", "@out.h5"}, NULL},
        {{"eval", "@in.h5", "@out.h5"}, NULL},
        {{"eval", "@in.h5", "@out.h5", "--json"}, NULL},
        {{"eval", "@in.h5", "@out.h5", "@kap.h5", "--csv"}, NULL},
        {{"eval", "@in.h5", "@kap.h5", "@kap.h5", "--keypoints"}, NULL},
        {{"eval", "@in.h5", "@out.h5", "--risk", "--points", "@new.csv"}, "new.csv"},
    };

    (void)state;
    each_line_fails(LINES(lines));
}

static void shows(void **state)
{
    static const struct line drawn[] = {
        {{"render", "@in.h5", "@out.h5", "--pair", "0", "-o", "@new.svg"}, "new.svg"},
        {{"render", "@dense.h5", "@cells.h5", "--pair", "0", "--top", "20", "-o", "@new.svg"}, "new.svg"},
        {{"render", "@dense.h5", "@cells.h5", "--pair", "0", "-o", "@new.html"}, "new.html"},
    };
    static const struct line pages[] = {
        {{"report", "@in.h5", "@out.h5", "@out.h5", "-o", "@new.html"}, "new.html"},
    };

    (void)state;
    each_line_fails(LINES(pages));
    if (draw_version())
        each_line_fails(LINES(drawn));
    else
        print_message("# left out: built without cairo\n");
}

/* ---- what they work on -------------------------------------------------------------------------- */

static int make_files(void **state)
{
    static const struct line lines[] = {
        {{"synth", "-o",          "@in.h5", "--model-out", "@model.h5", "--layout", "indexed", "--images",
          "3",     "--pairs",     "4",      "--channels",  "5",         "--height", "6",       "--width",
          "7",     "--keypoints", "3",      "--hidden",    "3",         "--blocks", "1"},
         NULL},
        {{"match", "@in.h5", "-m", "@model.h5", "-o", "@out.h5", "-q"}, NULL},
        {{"match", "@in.h5", "-m", "@model.h5", "-o", "@kap.h5", "-q", "--kap"}, NULL},
        {{"synth", "-o", "@dense.h5", "--pairs", "1", "--channels", "5", "--height", "5", "--width", "6", "--keypoints",
          "0"},
         NULL},
        {{"match", "@dense.h5", "-o", "@cells.h5", "-q", "--poses", "none"}, NULL},
        {{"match", "@in.h5", "-m", "@model.h5", "-o", "@part-0.h5", "-q", "--shard", "0/2"}, NULL},
        {{"match", "@in.h5", "-m", "@model.h5", "-o", "@part-1.h5", "-q", "--shard", "1/2"}, NULL},
    };
    bool reached;
    int status = scratch_make(state);

    for (size_t i = 0; status == 0 && i < sizeof lines / sizeof *lines; i++)
        status = run_quietly(&lines[i], 0, &reached);
    return status;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(makes_data),
        cmocka_unit_test(matches),
        cmocka_unit_test(looks),
        cmocka_unit_test(shows),
    };

    return cmocka_run_group_tests(tests, make_files, scratch_remove);
}
