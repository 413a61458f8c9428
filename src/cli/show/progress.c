#include "show/progress.h"

#include <math.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/number.h"
#include "show/json.h"

enum { BAR_CELLS = 24, TERMINAL_WIDTH = 80 /* if the terminal does not tell its width */, LINE_SIZE = 512 };

/* Blue and yellow differ for all common kinds of colour vision; bold serves terminals without colours. */
static const char DONE[] = "\033[1;34m", WARN[] = "\033[1;33m", PLAIN[] = "\033[0m";

static const double BAR_EVERY = 0.2, JSON_EVERY = 1.0, LINE_EVERY = 60.0, LINE_LEAST = 1.0; /* seconds */

const char *progress_form_name(int form)
{
    static const char *const names[] = {"auto", "bar", "line", "json", "none"};

    return form >= 0 && (size_t)form < sizeof names / sizeof *names ? names[form] : NULL;
}

void progress_start(struct progress *progress, enum progress_form form, FILE *out)
{
    const char *terminal = getenv("TERM"), *no_colour = getenv("NO_COLOR");
    bool able = isatty(fileno(out)) && terminal && strcmp(terminal, "dumb") != 0;

    if (form == PROGRESS_AUTO)
        form = able ? PROGRESS_BAR : PROGRESS_LINE;
    *progress =
        (struct progress){.out = out, .form = form, .coloured = able && (!no_colour || !no_colour[0]), .left = -1};
}

/* Seconds left: counts down with the clock and moves slowly towards each new estimate, so that it does not jump. */
static void update_left(struct progress *progress, const struct geosc_progress *state)
{
    double estimate = state->seconds_left, elapsed = state->seconds - progress->left_at;

    if (isnan(estimate))
        return;
    if (progress->left < 0 || state->pairs_done == state->pairs) {
        progress->left = estimate;
    } else {
        /* An estimate that stays for a quarter of the time so far, or a tenth of the run, replaces half of the value
         * shown: the first ones are the least certain. */
        double half = fmin(0.25 * state->seconds, 0.1 * (state->seconds + estimate));
        double weight = elapsed > 0 ? elapsed / (elapsed + half) : 0;
        double counted = progress->left - elapsed;

        progress->left = (1 - weight) * (counted > 0 ? counted : 0) + weight * estimate;
    }
    progress->left_at = state->seconds;
    if (state->pairs_done == state->pairs)
        progress->share = 1;
    else if (progress->left > 0)
        progress->share = fmax(progress->share, state->seconds / (state->seconds + progress->left));
}

static void format_time(double seconds, char *out, size_t size)
{
    unsigned long whole = (unsigned long)(seconds + 0.5);

    if (seconds < 0)
        snprintf(out, size, "-:--");
    else if (seconds > 0 && seconds < 1)
        snprintf(out, size, "%s ms", number_fixed(1000 * seconds, 0).text);
    else if (whole < 3600)
        snprintf(out, size, "%lu:%02lu", whole / 60, whole % 60);
    else
        snprintf(out, size, "%lu:%02lu:%02lu", whole / 3600, whole / 60 % 60, whole % 60);
}

static double pairs_per_second(const struct geosc_progress *state)
{
    return state->seconds > 0 ? (double)(state->pairs_done - state->pairs_resumed) / state->seconds : 0;
}

/* A line built part by part within the terminal's width: a line that wraps cannot be overwritten. */
struct bar_line {
    const struct progress *progress;
    char text[LINE_SIZE];
    size_t used, columns, width; /* bytes so far; columns so far and at most */
};

static size_t terminal_width(FILE *out)
{
    struct winsize size = {0};

    return ioctl(fileno(out), TIOCGWINSZ, &size) == 0 && size.ws_col ? size.ws_col : TERMINAL_WIDTH;
}

/* Adds a part if all of it fits, in a colour (or ""), which takes no column. The last column stays free. */
static void add_part(struct bar_line *line, const char *colour, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
static void add_part(struct bar_line *line, const char *colour, const char *format, ...)
{
    bool coloured = colour[0] && line->progress->coloured;
    char part[LINE_SIZE / 4];
    va_list arguments;
    size_t length;

    va_start(arguments, format);
    vsnprintf(part, sizeof part, format, arguments);
    va_end(arguments);
    length = strlen(part);
    if (line->columns + length >= line->width || line->used + length + 2 * sizeof DONE > sizeof line->text)
        return;
    line->columns += length;
    line->used += (size_t)snprintf(line->text + line->used, sizeof line->text - line->used, "%s%s%s",
                                   coloured ? colour : "", part, coloured ? PLAIN : "");
}

/* The most important parts come first: a narrow terminal shows only these. */
static void show_bar(struct progress *progress, const struct geosc_progress *state)
{
    struct bar_line line = {.progress = progress, .width = terminal_width(progress->out)};
    double rate = pairs_per_second(state);
    char done[BAR_CELLS + 1], rest[BAR_CELLS + 1], time[48];
    size_t filled = (size_t)(progress->share * BAR_CELLS);

    memset(done, '#', sizeof done);
    memset(rest, '.', sizeof rest);
    done[filled] = rest[BAR_CELLS - filled] = 0;
    format_time(progress->left, time, sizeof time);
    if (line.width > 2 * BAR_CELLS) {
        add_part(&line, "", "[");
        add_part(&line, DONE, "%s", done);
        add_part(&line, "", "%s] ", rest);
    }
    add_part(&line, "", "%3s %%  %s left", number_fixed(100 * progress->share, 0).text, time);
    if (state->pairs_failed)
        add_part(&line, WARN, "  %zu failed", state->pairs_failed);
    add_part(&line, "", "  %zu/%zu pairs", state->pairs_done, state->pairs);
    add_part(&line, "", "  %s/s", number_fixed(rate, rate < 10).text);
    add_part(&line, "", "  %zu refined", state->maps_refined);
    add_part(&line, "", "  %zu reused", state->maps_reused);
    fprintf(progress->out, "\r\033[K%s", line.text);
    progress->drawn = true;
}

static void show_line(struct progress *progress, const struct geosc_progress *state)
{
    char time[48];

    format_time(progress->left, time, sizeof time);
    fprintf(progress->out, "geosc: %s %%: %zu of %zu pairs (%zu failed), %zu maps refined, %s left\n",
            number_fixed(100 * progress->share, 0).text, state->pairs_done, state->pairs, state->pairs_failed,
            state->maps_refined, time);
}

static void show_json(struct progress *progress, const struct geosc_progress *state)
{
    struct json json = {.out = progress->out};

    json_object(&json, NULL);
    json_count(&json, "pairs_done", state->pairs_done);
    json_count(&json, "pairs", state->pairs);
    json_count(&json, "pairs_failed", state->pairs_failed);
    json_count(&json, "maps_refined", state->maps_refined);
    json_count(&json, "maps_to_refine", state->maps_to_refine);
    json_count(&json, "maps_reused", state->maps_reused);
    json_fixed(&json, "seconds", state->seconds, 3);
    json_fixed(&json, "seconds_left", progress->left < 0 ? NAN : progress->left, 3);
    json_finish(&json);
}

static bool is_due(const struct progress *progress, const struct geosc_progress *state, size_t tenths)
{
    double passed = state->seconds - progress->shown_at;

    if (state->pairs_done == state->pairs)
        return true;
    switch (progress->form) {
    case PROGRESS_BAR:
        return !progress->drawn || passed >= BAR_EVERY;
    case PROGRESS_JSON:
        return passed >= JSON_EVERY;
    default:
        return (tenths > progress->shown_tenths && passed >= LINE_LEAST) || passed >= LINE_EVERY;
    }
}

void progress_show(struct progress *progress, const struct geosc_progress *state)
{
    static void (*const show[])(struct progress *, const struct geosc_progress *) = {
        [PROGRESS_BAR] = show_bar,
        [PROGRESS_LINE] = show_line,
        [PROGRESS_JSON] = show_json,
    };
    bool over = progress->shown_tenths > 10;
    size_t tenths;

    update_left(progress, state);
    tenths = (size_t)(progress->share * 10);
    if (progress->form == PROGRESS_NONE || over || !is_due(progress, state, tenths))
        return;
    show[progress->form](progress, state);
    fflush(progress->out);
    progress->shown_at = state->seconds;
    /* The last call at the end of the run may have nothing new. */
    progress->shown_tenths = state->pairs_done == state->pairs ? 11
                             : tenths > progress->shown_tenths ? tenths
                                                               : progress->shown_tenths;
}

void progress_say(struct progress *progress, const struct geosc_progress *state)
{
    progress_clear(progress);
    update_left(progress, state);
    show_line(progress, state);
    fflush(progress->out);
}

void progress_clear(struct progress *progress)
{
    if (progress->drawn)
        fputs("\r\033[K", progress->out);
    progress->drawn = false;
}
