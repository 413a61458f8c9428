#include "show/matched.h"

#include "base/guard.h"
#include "base/place.h"
#include "input/catalog_open.h"
#include "input/unused.h"
#include "results/fingerprint.h"
#include "system/message.h"
#include "system/probe.h"

#include <string.h>

/* The first pair whose images differ from those in the output; catalog->pairs if none, or if the output names none. */
static size_t find_other_pair(const struct catalog *catalog, const struct results *results)
{
    for (size_t p = 0; results->source && results->target && p < catalog->pairs; p++)
        for (int side = 0; side < 2; side++) {
            size_t here = (side ? catalog->target : catalog->source)[p];
            size_t there = (side ? results->target : results->source)[p];
            bool same = here == there;
            if (results->image_name && catalog->image_name) /* the numbers count within these names */
                same = there < results->images && strcmp(catalog->image_name[here], results->image_name[there]) == 0;
            if (!same)
                return p;
        }
    return catalog->pairs;
}

/* Only warns: the user may have added target keypoints to the input since. */
static enum geosc_status warn_of_change(geosc_context *context, const struct matched *matched)
{
    uint32_t sum;
    enum geosc_status status;

    TRY(fingerprint_input(context, &matched->catalog, &sum));
    if (sum != matched->identity.input_crc32)
        say("warning: %s: is not the input of %s, or has changed since: if its keypoints differ, the matches belong to "
            "other keypoints",
            matched->input, matched->output);
done:
    return status;
}

static enum geosc_status check_together(geosc_context *context, const struct matched *matched)
{
    const struct catalog *catalog = &matched->catalog;
    const struct results *results = &matched->results;
    size_t shape[2], rank = catalog_answers(catalog, shape), answers = rank == 2 ? shape[0] * shape[1] : shape[0];

    if (matched->identity.shards)
        return fail(context, GEOSC_FAILED, "%s: is shard %zu of %zu: first merge all shards with geosc merge",
                    matched->output, matched->identity.shard, matched->identity.shards);
    if (!results_fit(results, catalog))
        return fail(context, GEOSC_FAILED, "%s: /matches/xy: %zu pairs of %zu matches, but %s has %zu pairs of %zu %s",
                    matched->output, results->pairs, results->answers, matched->input, catalog->pairs, answers,
                    catalog->keypoints ? "keypoints" : "cells");
    size_t other = find_other_pair(catalog, results);
    if (other < catalog->pairs)
        return fail(context, GEOSC_FAILED,
                    "%s: pair %zu has other images than in %s: the output is from another input or pair list; name its "
                    "own input, or match again",
                    matched->output, other, matched->input);
    return warn_of_change(context, matched);
}

enum geosc_status matched_open(geosc_context *context, struct matched *matched)
{
    const struct catalog_pairs pairs = output_pairs(&matched->results, &matched->identity);
    enum geosc_status status;
    char unused[512];

    TRY(catalog_open(context, matched->input, matched->access, pairs.source ? &pairs : NULL, &matched->catalog,
                     &matched->problems));
    TRY(problems_status(context, &matched->problems));
    unused_describe(context, &matched->catalog, pairs.source ? UNUSED_MEANT_BUT_PAIRS : UNUSED_MEANT, unused,
                    sizeof unused);
    if (unused[0])
        say("warning: %s: unused: %s", matched->input, unused);
    TRY(check_together(context, matched));
done:
    return status;
}

void matched_warn_of_truth(const struct matched *matched, const struct truth_outside *outside)
{
    const char *path = matched->catalog.indexed ? "/pairs/target_keypoints" : "/target_keypoints";
    char described[1024];

    if (outside->points) {
        truth_describe_outside(&matched->catalog, outside, described, sizeof described);
        say("warning: %s: %s: %s", matched->input, path, described);
    }
    if (outside->zeros)
        say("warning: %s: %s: %zu target keypoints lie at (0, 0), several of one pair: store NaN for absent keypoints",
            matched->input, path, outside->zeros);
}

static enum geosc_status read_output(geosc_context *context, struct matched *matched)
{
    enum geosc_status status;

    TRY(output_read(context, matched->output, &matched->results, &matched->identity, &matched->problems));
    TRY(problems_status(context, &matched->problems));
done:
    return status;
}

/* Lets a child process look at the output first. */
static enum geosc_status look_at_output(geosc_context *context, struct matched *matched)
{
    enum geosc_status status;

    if (GUARD(probe_of_render_and_report))
        TRY(probe_run(context, &(struct probe){.path = matched->output, .walk = probe_output}));
    TRY(read_output(context, matched));
done:
    return status;
}

/* Opens the output first: the pairs may come from it. */
static enum geosc_status look(geosc_context *context, struct matched *matched)
{
    struct probe_allowed allowed = {.access = *matched->access};
    enum geosc_status status;

    TRY(look_at_output(context, matched));
    allowed.pairs = output_pairs(&matched->results, &matched->identity);
    if (GUARD(probe_of_eval))
        TRY(probe_run(context, &(struct probe){.path = matched->input, .walk = probe_input, .job = &allowed}));
done:
    return status;
}

enum geosc_status matched_open_other(geosc_context *context, const struct matched *matched, const char *output,
                                     struct matched *other)
{
    enum geosc_status status;

    *other = (struct matched){.input = matched->input, .output = output, .access = matched->access};
    TRY(look_at_output(context, other));
    other->catalog = matched->catalog;
    TRY(check_together(context, other));
done:
    return status;
}

void matched_close_other(struct matched *other)
{
    results_free(&other->results);
    problems_free(&other->problems);
}

bool matched_is_output_read(char **operands, const char *output)
{
    return place_is_same(output, operands[0]) || place_is_same(output, operands[1]);
}

int matched_run(char **operands, const struct h5_access *access, matched_work *work, const void *settings)
{
    struct matched matched = {.input = operands[0], .output = operands[1], .access = access};
    geosc_context *context;
    enum geosc_status status;

    if (access->plugins)
        h5_process_setup(true);
    context = create_context();
    if (!context)
        return GEOSC_FAILED;
    TRY(look(context, &matched));
    TRY(work(context, settings, &matched));
done:
    if (status != GEOSC_OK)
        say_failure(context, status);
    results_free(&matched.results);
    catalog_close(&matched.catalog);
    problems_free(&matched.problems);
    destroy_context(context);
    return status;
}
