#include "progress.h"

#include <unistd.h>

enum { BAR_CELLS = 24 };

static const double BAR_EVERY = 0.2, JSON_EVERY = 1.0, LINE_EVERY = 60.0; /* seconds */

const char *progress_form_name(int form)
{
    static const char *const names[] = {"auto", "bar", "line", "json", "none"};

    return form >= 0 && (size_t)form < sizeof names / sizeof *names ? names[form] : NULL;
}

void progress_start(struct progress *progress, enum progress_form form, FILE *out)
{
    if (form == PROGRESS_AUTO)
        form = isatty(fileno(out)) ? PROGRESS_BAR : PROGRESS_LINE;
    *progress = (struct progress){.out = out, .form = form, .left = -1};
}

/* Share of the work that is done. Refining is most of it where there is any; pairs count the rest. */
static double share_done(const struct geosc_progress *state)
{
    size_t before = state->pairs_resumed; /* another run's work, which says nothing of this one's speed */
    double pairs = state->pairs > before ? (double)(state->pairs_done - before) / (double)(state->pairs - before) : 1;
    double images = state->images_to_refine ? (double)state->images_refined / (double)state->images_to_refine : pairs;

    if (state->pairs_done == state->pairs)
        return 1;
    return images < 1 ? (pairs + images) / 2 : (pairs + 1) / 2;
}

/* Seconds left: counts down with the clock, and is drawn a little to each new estimate, so that it does not jump. */
static double seconds_left(struct progress *progress, const struct geosc_progress *state)
{
    double share = share_done(state), estimate, elapsed = state->seconds - progress->left_at;

    if (share <= 0)
        return -1;
    estimate = state->seconds * (1 - share) / share;
    if (progress->left < 0 || share == 1) {
        progress->left = estimate;
    } else {
        /* An estimate that holds for a tenth of the run replaces half of what was shown. */
        double weight = elapsed / (elapsed + 0.1 * (state->seconds + estimate));
        double counted = progress->left - elapsed;

        progress->left = (1 - weight) * (counted > 0 ? counted : 0) + weight * estimate;
    }
    progress->left_at = state->seconds;
    return progress->left;
}

static void format_time(double seconds, char *out, size_t size)
{
    unsigned long whole = (unsigned long)(seconds + 0.5);

    if (seconds < 0)
        snprintf(out, size, "-:--");
    else if (whole < 3600)
        snprintf(out, size, "%lu:%02lu", whole / 60, whole % 60);
    else
        snprintf(out, size, "%lu:%02lu:%02lu", whole / 3600, whole / 60 % 60, whole % 60);
}

static double pairs_per_second(const struct geosc_progress *state)
{
    return state->seconds > 0 ? (double)(state->pairs_done - state->pairs_resumed) / state->seconds : 0;
}

static void show_bar(struct progress *progress, const struct geosc_progress *state, double left)
{
    char bar[BAR_CELLS + 1], time[32];
    double share = share_done(state), rate = pairs_per_second(state);

    for (int i = 0; i < BAR_CELLS; i++)
        bar[i] = i < (int)(share * BAR_CELLS) ? '#' : '.';
    bar[BAR_CELLS] = 0;
    format_time(left, time, sizeof time);
    fprintf(progress->out, "\r\033[K[%s] %3.0f %%  %zu/%zu pairs  %.*f/s  %zu refined  %zu reused  %s left", bar,
            100 * share, state->pairs_done, state->pairs, rate < 10, rate, state->images_refined, state->cache_hits,
            time);
    if (state->pairs_failed)
        fprintf(progress->out, "  %zu failed", state->pairs_failed);
    progress->drawn = true;
}

static void show_line(struct progress *progress, const struct geosc_progress *state, double left)
{
    char time[32];

    format_time(left, time, sizeof time);
    fprintf(progress->out, "geosc: %.0f %%: %zu of %zu pairs (%zu failed), %zu images refined, %s left\n",
            100 * share_done(state), state->pairs_done, state->pairs, state->pairs_failed, state->images_refined, time);
}

static void show_json(struct progress *progress, const struct geosc_progress *state, double left)
{
    fprintf(progress->out,
            "{\"pairs_done\": %zu, \"pairs\": %zu, \"pairs_failed\": %zu, \"images_refined\": %zu, "
            "\"images_to_refine\": %zu, \"cache_hits\": %zu, \"seconds\": %.3f, \"seconds_left\": ",
            state->pairs_done, state->pairs, state->pairs_failed, state->images_refined, state->images_to_refine,
            state->cache_hits, state->seconds);
    if (left < 0)
        fputs("null}\n", progress->out);
    else
        fprintf(progress->out, "%.1f}\n", left);
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
        return tenths > progress->shown_tenths || passed >= LINE_EVERY;
    }
}

void progress_show(struct progress *progress, const struct geosc_progress *state)
{
    static void (*const show[])(struct progress *, const struct geosc_progress *, double) = {
        [PROGRESS_BAR] = show_bar,
        [PROGRESS_LINE] = show_line,
        [PROGRESS_JSON] = show_json,
    };
    size_t tenths = (size_t)(share_done(state) * 10);
    bool over = progress->shown_tenths > 10;

    if (progress->form == PROGRESS_NONE || over || !is_due(progress, state, tenths))
        return;
    show[progress->form](progress, state, seconds_left(progress, state));
    fflush(progress->out);
    progress->shown_at = state->seconds;
    /* The callback comes once more at the end, with nothing new to say. */
    progress->shown_tenths = state->pairs_done == state->pairs ? 11 : tenths;
}

void progress_say(struct progress *progress, const struct geosc_progress *state)
{
    progress_clear(progress);
    show_line(progress, state, seconds_left(progress, state));
    fflush(progress->out);
}

void progress_clear(struct progress *progress)
{
    if (progress->drawn)
        fputs("\r\033[K", progress->out);
    progress->drawn = false;
}
