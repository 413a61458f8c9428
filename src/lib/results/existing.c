#include "results/existing.h"

#include "base/guard.h"
#include "base/opened.h"
#include "base/place.h"
#include "base/reason.h"
#include "results/formats.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* Appends the first option that differs, as ": window=15, now window=7". */
static void describe_options(const char *before, const char *now, char *out, size_t size)
{
    size_t length = strlen(out);

    identity_next_difference(&before, &now, ' ');
    length += (size_t)snprintf(out + length, size - length, ": ");
    identity_describe_difference(before, now, ' ', out + length, size - length);
}

/* Whether a sound output is at `path`, and its number of failed pairs. `difference`: what makes it another run's; "" if
 * nothing. */
static bool read_existing(geosc_context *context, const char *path, const struct run_identity *identity, size_t *failed,
                          char *difference, size_t size)
{
    const char *what = NULL;
    struct run_identity own = *identity, there;
    struct problems problems = {0};
    struct output_summary summary;
    bool sound = place_is_file(path) &&
                 output_format(own.format)->read(context, path, &there, &summary, &problems) == GEOSC_OK &&
                 problems.count == 0;

    snprintf(own.version, sizeof own.version, "%s", geosc_version());
    context->message[0] = '\0'; /* its faults do not matter here */
    if (sound) {
        what = identity_difference(&own, &there);
        *failed = summary.failed;
    }
    snprintf(difference, size, "%s", what ? what : "");
    if (what && strcmp(what, "options") == 0)
        describe_options(there.options, own.options, difference, size);
    problems_free(&problems);
    return sound;
}

/* For a sound output at the path: whether the run has nothing left to do. */
static enum geosc_status judge_existing(geosc_context *context, const char *path, const char *difference,
                                        struct output_there *there)
{
    if (difference[0])
        return fail(context, GEOSC_FAILED,
                    "%s: exists, but differs in its %s; choose another name, or replace it with --force", path,
                    difference);
    there->complete = place_confirm(context, path) == GEOSC_OK; /* the run that wrote it may have been killed before the
                                                                 * sync */
    return there->complete ? GEOSC_OK : GEOSC_FAILED;
}

enum geosc_status output_prepare(geosc_context *context, const char *path, const struct run_identity *identity,
                                 bool force, struct output_there *there)
{
    enum geosc_status status = GEOSC_OK;
    char difference[512] = "";

    *there = (struct output_there){0};
    /* Twice: another run may put its output there between the two calls. */
    for (int attempt = 0; attempt < 2; attempt++) {
        if (GUARD(output_came_up) && !force && !opened_is_current(context, path) && place_is_file(path))
            return fail(context, GEOSC_FAILED,
                        "%s: has appeared or changed since the files were checked; try again" REASON_BUSY, path);
        if (!force && read_existing(context, path, identity, &there->failed, difference, sizeof difference))
            return judge_existing(context, path, difference, there);
        TRY(check_stop(context)); /* a stopped read proves nothing */
        status = place_check(context, path, force);
        if (status == GEOSC_OK || force || access(path, F_OK) != 0)
            break;
    }
done:
    return status;
}
