/* No number passes through the locale: the commands read, print and write the same under a locale with 0,5. The
 * commands run in child processes, as main.c runs them; this program contains main.c, with its main renamed. */
#undef main
#include "testing.h"

#include "base/comma_locale.h"

#include <ctype.h>
#include <fcntl.h>

int geosc_main(int argc, char **argv);

/* ---- commands ----------------------------------------------------------------------------------- */

enum { WORDS = 24 };

/* "@NAME" stands for a path in the scratch folder, "%NAME" for one in the locale's folder there. */
struct line {
    const char *words[WORDS];
    int status;
    bool timed; /* what it prints differs from run to run */
};

static const struct line lines[] = {
    {{"synth", "-o",          "%in.h5", "--model-out", "%model.h5", "--layout", "indexed", "--images",
      "4",     "--pairs",     "5",      "--channels",  "16",        "--height", "9",       "--width",
      "8",     "--keypoints", "3",      "--hidden",    "8",         "--blocks", "1"},
     0,
     false},
    {{"match", "%in.h5", "-m", "%model.h5", "-o", "%out.h5", "-q", "--temperature", "0.05", "--confidence"}, 0, false},
    /* The other locale's output is its own. */
    {{"match", "@c/in.h5", "-m", "@c/model.h5", "-o", "@c/out.h5", "--temperature", "5e-2", "--confidence", "--strict"},
     0,
     false},
    {{"match", "%in.h5", "-o", "@refused.h5", "--temperature", "0,05"}, 2, false},
    {{"match", "%in.h5", "-o", "@refused.h5", "--temperature", "-1.5"}, 2, false},
    {{"match", "%in.h5", "-m", "%model.h5", "-o", "%timed.h5", "--json", "--progress", "json"}, 0, true},
    {{"match", "%in.h5", "-m", "%model.h5", "-o", "%timed.h5", "-v", "-f", "--window", "3"}, 0, true},
    {{"match", "%in.h5", "-m", "%model.h5", "--dry-run"}, 0, true},
    {{"match", "%in.h5", "-m", "%model.h5", "--dry-run", "--json"}, 0, true},
    {{"eval", "%in.h5", "%out.h5", "--alpha", "0.05,0.125"}, 0, false},
    {{"eval", "%in.h5", "%out.h5", "--json"}, 0, false},
    {{"eval", "%in.h5", "%out.h5", "--csv"}, 0, false},
    {{"eval", "%in.h5", "%out.h5", "--alpha", "0,05"}, 2, false},
    {{"inspect", "%out.h5"}, 0, false},
    {{"inspect", "%out.h5", "--json"}, 0, false},
    {{"report", "%in.h5", "%out.h5", "-o", "-"}, 0, false},
    {{"render", "%in.h5", "%out.h5", "--pair", "0", "-o", "-", "--format", "svg"}, 0, false},
    {{"render", "%in.h5", "%out.h5", "--pair", "0", "-o", "-", "--format", "pdf"}, 0, false},
    {{"match", "--help"}, 0, false},
    {{"bench", "--help"}, 0, false},
};

static void send_to(int fd, const char *name)
{
    int file = open(scratch_path(name), O_WRONLY | O_CREAT | O_TRUNC, 0666);

    if (file < 0 || dup2(file, fd) < 0)
        _exit(99);
    close(file);
}

/* Runs it in a process of its own; what it prints goes to LOCALE/I.out, what it says to LOCALE/I.err. */
static int run_line(const struct line *line, const char *locale, size_t i)
{
    char paths[WORDS][SCRATCH_PATH], name[64], *words[WORDS + 1] = {(char *)(uintptr_t) "geosc"};
    int count = 0, ended;
    pid_t child;

    for (; line->words[count]; count++) {
        const char *word = line->words[count];
        snprintf(name, sizeof name, "%s/%s", locale, word + 1);
        snprintf(paths[count], SCRATCH_PATH, "%s",
                 word[0] == '@'   ? scratch_path(word + 1)
                 : word[0] == '%' ? scratch_path(name)
                                  : word);
        words[count + 1] = paths[count];
    }
    words[count + 1] = NULL;
    fflush(NULL);
    child = fork();
    if (child == 0) {
        snprintf(name, sizeof name, "%s/%zu.out", locale, i);
        send_to(STDOUT_FILENO, name);
        snprintf(name, sizeof name, "%s/%zu.err", locale, i);
        send_to(STDERR_FILENO, name);
        _exit(geosc_main(count + 1, words));
    }
    return waitpid(child, &ended, 0) == child && WIFEXITED(ended) ? WEXITSTATUS(ended) : -1;
}

/* What a line printed or said, without the locale's folder; free() it. */
static char *text_of(const char *locale, size_t i, const char *ending, size_t *size)
{
    char name[64], *text;

    snprintf(name, sizeof name, "%s/%zu.%s", locale, i, ending);
    text = (char *)scratch_read(scratch_path(name), size);
    assert_non_null(text);
    for (size_t at = 0; at + 2 < *size; at++)
        if (text[at] == '/' && text[at + 2] == '/' && (text[at + 1] == 'c' || text[at + 1] == 'd'))
            text[at + 1] = '*';
    return text;
}

/* No number is written with a comma. */
static void check_commas(const struct line *line, const char *text, size_t size)
{
    for (size_t at = 1; at + 1 < size; at++)
        if (text[at] == ',' && isdigit((unsigned char)text[at - 1]) && isdigit((unsigned char)text[at + 1]))
            fail_msg("%s %s: %.*s", line->words[0], line->words[1], (int)size, text);
}

static void compare(size_t i, const char *ending)
{
    const struct line *line = &lines[i];
    size_t size[2];
    char *plain = text_of("c", i, ending, &size[0]), *comma = text_of("d", i, ending, &size[1]);

    if (line->timed)
        check_commas(line, comma, size[1]);
    else if (size[0] != size[1] || memcmp(plain, comma, size[0]) != 0)
        fail_msg("%s %s %s (%zu):\n%.*s\nis\n%.*s", line->words[0], line->words[1], ending, i, (int)size[0], plain,
                 (int)size[1], comma);
    free(plain);
    free(comma);
}

static void run_all(const char *locale)
{
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
        int status = run_line(&lines[i], locale, i);
        bool no_pictures = status == GEOSC_FAILED &&
                           (strcmp(lines[i].words[0], "render") == 0 || strcmp(lines[i].words[0], "report") == 0);
        if (status != lines[i].status && !no_pictures) {
            size_t size;
            char *said = text_of(locale, i, "err", &size);
            fail_msg("line %zu, %s: exit %d, expected %d: %.*s", i, lines[i].words[0], status, lines[i].status,
                     (int)size, said);
        }
    }
}

static void test_commands(void **state)
{
    (void)state;
    assert_int_equal(mkdir(scratch_path("c"), 0777) | mkdir(scratch_path("d"), 0777), 0);
    run_all("c");
    if (!comma_locale("de_DE")) {
        print_message("# left out: neither localedef and its sources nor the locale is there\n");
        return; /* not skip(): cmocka's TAP says "not ok" of it */
    }
    run_all("d");
    plain_locale();
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
        compare(i, "out");
        compare(i, "err");
    }
    assert_true(same_file(scratch_path("c/in.h5"), scratch_path("d/in.h5")));
    assert_true(same_file(scratch_path("c/out.h5"), scratch_path("d/out.h5")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_commands),
    };

    return cmocka_run_group_tests_name("locale", tests, NULL, NULL);
}
