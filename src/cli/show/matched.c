#include "show/matched.h"

#include "results/fingerprint.h"
#include "system/message.h"
#include "base/place.h"
#include "system/probe.h"
#include "input/catalog_open.h"
#include "input/unused.h"

#include <string.h>

/* The first pair that is of other images than the output says; catalog->pairs where there is none, or none is said. */
static size_t find_other_pair(const struct catalog *catalog, const struct results *results)
{
    for (size_t p = 0; results->source && results->target && p < catalog->pairs; p++)
        for (int side = 0; side < 2; side++) {
            size_t here = (side ? catalog->target : catalog->source)[p];
            size_t there = (side ? results->target : results->source)[p];
            bool same = here == there;
            if (results->image_name && catalog->image_name) /* numbers follow the names */
                same = there < results->images && strcmp(catalog->image_name[here], results->image_name[there]) == 0;
            if (!same)
                return p;
        }
    return catalog->pairs;
}

/* Truth may have been added since, so that this alone is no reason to stop. */
static enum geosc_status warn_of_change(geosc_context *context, const struct matched *matched)
{
    uint32_t sum;
    enum geosc_status status;

    TRY(fingerprint_input(context, &matched->catalog, &sum));
    if (sum != matched->identity.input_crc32)
        say("warning: %s: is not what %s was made from, or was changed since: if its keypoints are others, the "
            "matches are not theirs",
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
        return fail(context, GEOSC_FAILED, "%s: is shard %zu of %zu: put all of them together with geosc merge first",
                    matched->output, matched->identity.shard, matched->identity.shards);
    if (!results_fit(results, catalog))
        return fail(context, GEOSC_FAILED, "%s: /matches/xy: %zu pairs of %zu answers, but %s has %zu pairs of %zu %s",
                    matched->output, results->pairs, results->answers, matched->input, catalog->pairs, answers,
                    catalog->keypoints ? "keypoints" : "cells");
    size_t other = find_other_pair(catalog, results);
    if (other < catalog->pairs)
        return fail(context, GEOSC_FAILED,
                    "%s: pair %zu is of other images than in %s: it was not made from this input, or not from these "
                    "pairs; give the input that it was made from, or match again",
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
        say("warning: %s: nothing is read from %s", matched->input, unused);
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
        say("warning: %s: %s: %zu target keypoints lie at (0, 0), several of a pair: store NaN for those that are "
            "absent",
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

/* The output first: it may tell which pairs there are. */
static enum geosc_status look(geosc_context *context, struct matched *matched)
{
    struct probe_allowed allowed = {.access = *matched->access};
    enum geosc_status status;

    TRY(probe_run(context, &(struct probe){.path = matched->output, .walk = probe_output}));
    TRY(read_output(context, matched));
    allowed.pairs = output_pairs(&matched->results, &matched->identity);
    TRY(probe_run(context, &(struct probe){.path = matched->input, .walk = probe_input, .job = &allowed}));
done:
    return status;
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
