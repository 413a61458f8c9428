#include "matched.h"

#include "probe.h"

enum geosc_status matched_probe(const char *input, const char *output, const struct h5_access *access)
{
    enum geosc_status status;

    if (access->plugins)
        h5_process_setup(true);
    status = probe_run(&(struct probe){.path = input, .walk = probe_input, .job = access});
    if (status == GEOSC_OK)
        status = probe_run(&(struct probe){.path = output, .walk = probe_output});
    return status;
}

static enum geosc_status check_together(geosc_context *context, const char *input, const char *output,
                                        const struct matched *matched)
{
    const struct catalog *catalog = &matched->catalog;
    const struct results *results = &matched->results;
    const struct features *source = &catalog->sets[0].pose[GEOSC_POSE_NONE];
    size_t answers = catalog->keypoints ? catalog->keypoints : source->height * source->width;

    if (results->pairs != catalog->pairs || results->rank != (catalog->keypoints ? 1 : 2) ||
        results->answers != answers)
        return fail(context, GEOSC_FAILED, "%s: /matches/xy: %zu pairs of %zu answers, but %s has %zu pairs of %zu %s",
                    output, results->pairs, results->answers, input, catalog->pairs, answers,
                    catalog->keypoints ? "keypoints" : "cells");
    return GEOSC_OK;
}

enum geosc_status matched_open(geosc_context *context, const char *input, const char *output,
                               const struct h5_access *access, struct matched *matched)
{
    enum geosc_status status;

    TRY(catalog_open(context, input, access, &matched->catalog, &matched->problems));
    TRY(problems_status(context, &matched->problems));
    TRY(output_read(context, output, &matched->results, &matched->identity, &matched->problems));
    TRY(problems_status(context, &matched->problems));
    TRY(check_together(context, input, output, matched));
done:
    return status;
}

void matched_close(struct matched *matched)
{
    results_free(&matched->results);
    catalog_close(&matched->catalog);
    problems_free(&matched->problems);
}
