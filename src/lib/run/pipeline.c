/*
 * pipeline: a whole run, from top to bottom, in one direction:
 *
 *   input -> catalog -> plan -> workers: prefetch -> cache (decode, pose, refine) -> pair (score, match) -> journal ->
 * output
 */
#include "base/clock.h"
#include "base/guard.h"
#include "base/options.h"
#include "base/place.h"
#include "input/failure.h"
#include "results/fingerprint.h"
#include "results/formats.h"
#include "results/journal.h"
#include "run/workers.h"

#include <pthread.h>
#include <stdio.h>
#include <string.h>

struct run {
    geosc_context *context;
    const struct geosc_options *options;
    struct job job;
    struct fingerprint fingerprint, latest; /* the input at the start, and when last checked */
    struct budget budget;
    bool *done;     /* [pairs] in the journal of an interrupted run */
    size_t resumed; /* their number */
    size_t left;    /* remaining pairs: first in job.order */
    struct plan plan;
    struct results results;
    struct workers_done work;
    double started;
    pthread_mutex_t keeping; /* guards the journal and `latest` while the workers run */
    struct journal *journal;
    size_t kept;         /* answered pairs */
    size_t failed, told; /* pairs told of in the plan's order, and those of them without an answer */
    size_t used;         /* maps that they needed, each once for each pair */
    struct remaining remaining;
    double began; /* of the workers */
};

/* Loads what an interrupted run finished; the other pairs remain. */
static enum geosc_status resume(struct run *run)
{
    const struct catalog *catalog = &run->job.catalog;
    const struct results_asked asked = results_asked_by(run->options);
    size_t *order = run->job.order;
    enum geosc_status status;

    TRY(results_create(run->context, catalog, run->options->poses, run->options->pose_count, &run->results));
    TRY(results_add_asked(run->context, &asked, &run->results));
    TRY(memory_allocate_zero(run->context, &run->done, catalog->pairs, sizeof *run->done, "pairs"));
    TRY(journal_load(run->context, run->journal, &run->fingerprint, &run->results, run->done, &run->resumed));
    for (size_t i = 0; i < catalog->pairs; i++)
        if (!run->done[order[i]])
            order[run->left++] = order[i];
done:
    return status;
}

static enum geosc_status prepare(struct run *run)
{
    const struct catalog *catalog = &run->job.catalog;
    enum geosc_status status;

    TRY(job_take_shard(&run->job));
    TRY(resume(run));
    struct plan_request request = {.catalog = catalog,
                                   .options = run->options,
                                   .tells_poses = model_tells_poses(run->job.model),
                                   .order = run->job.order,
                                   .count = run->left};
    TRY(budget_plan(run->context, run->job.model, &request, &run->budget, &run->plan));
done:
    return status;
}

static void report(struct run *run)
{
    size_t maps = plan_makes_before(&run->plan, run->told);
    bool over = run->told == run->plan.step_count;
    struct geosc_progress progress = {
        .pairs_done = run->resumed + run->told,
        .pairs = run->job.catalog.pairs,
        .pairs_failed = run->failed,
        .pairs_resumed = run->resumed,
        .maps_refined = maps,
        .maps_to_refine = run->plan.make_count,
        .maps_reused = run->used - maps,
        .seconds = clock_seconds() - run->started,
        .seconds_left = over ? 0 : remaining_seconds(&run->remaining, clock_seconds() - run->began),
    };

    if (run->options->progress)
        run->options->progress(run->options->user, &progress);
}

/* With --strict, a pair without an answer ends the run. */
static enum geosc_status check_strict(geosc_context *context, const struct run *run, size_t pair)
{
    enum geosc_pair_status found = (enum geosc_pair_status)run->results.status[pair];
    char name[512], reason[512];

    if (found == GEOSC_PAIR_OK || !run->options->strict)
        return GEOSC_OK;
    failure_name_pair(&run->job.catalog, pair, name, sizeof name);
    failure_describe(&run->job.catalog, pair, found, reason, sizeof reason);
    return fail(context, GEOSC_FAILED, "%s: %s has no answer (strict): %s", h5_file_path(run->job.catalog.file), name,
                reason);
}

/* The same for a complete existing output. */
static enum geosc_status check_there(const struct run *run, const char *output, const struct output_there *there)
{
    if (!there->failed || !run->options->strict)
        return GEOSC_OK;
    return fail(
        run->context, GEOSC_FAILED,
        "%s: exists and is complete, but %zu of its %zu pairs %s no answer (strict); accept it without --strict, or "
        "choose another name",
        output, there->failed, run->job.catalog.pairs, there->failed == 1 ? "has" : "have");
}

/* Warns for each kind of failure: the number of pairs, and the reason of the first. */
static void tell_failures(const struct run *run, const struct geosc_summary *summary)
{
    const struct results *results = &run->results;
    char name[512], reason[512];

    for (int found = GEOSC_PAIR_OK + 1; run->options->warning && found < GEOSC_PAIR_STATUSES; found++) {
        size_t first = 0;
        if (summary->status[found] == 0)
            continue;
        while (results->status[first] != found)
            first++;
        failure_name_pair(&run->job.catalog, first, name, sizeof name);
        failure_describe(&run->job.catalog, first, (enum geosc_pair_status)found, reason, sizeof reason);
        warn(run->options, "%s%s %s", name, summary->status[found] > 1 ? " and others:" : ":", reason);
    }
}

/* Fails if the input has changed. A change of the modification time alone matters only at the end. */
static enum geosc_status check_input(geosc_context *context, struct run *run, bool at_end)
{
    const char *path = h5_file_path(run->job.catalog.file);
    enum fingerprint_change change;
    char what[256] = "bytes of it";
    enum geosc_status status;

    TRY(fingerprint_make(context, &run->job.catalog, &run->job.identity, &run->latest));
    change = fingerprint_compare(run->fingerprint.text, run->latest.text, what, sizeof what);
    if (GUARD(changed_during_the_run) && (change == FINGERPRINT_OTHER || run->fingerprint.sample != run->latest.sample))
        TRY(fail(context, GEOSC_FAILED, "%s: changed during the run: %s; start again with --restart", path, what));
    if (at_end && GUARD(touched_during_the_run) && change == FINGERPRINT_TOUCHED && !run->options->same_input)
        TRY(fail(context, GEOSC_FAILED,
                 "%s: changed during the run: %s; its size and a sample of its bytes are the same: if all of it is the "
                 "same, the same command with --same-input writes the output, else start again with --restart",
                 path, what));
done:
    return status;
}

/* Journals an answered pair. Unreadable pairs are not recorded: a retry may succeed. Nor are pairs read from an input
 * that has changed since: a truncated file reads as zeros. */
static enum geosc_status keep_pair(void *user, geosc_context *context, size_t step)
{
    struct run *run = user;
    size_t pair = run->plan.steps[step].pair;
    enum geosc_status status = GEOSC_OK;

    pthread_mutex_lock(&run->keeping);
    if (GUARD(changed_input_cut) && fingerprint_is_stale(&run->job.catalog, &run->latest))
        TRY(check_input(context, run, false));
    if (!GUARD(unreadable_pairs_again) || run->results.status[pair] != GEOSC_PAIR_UNREADABLE)
        TRY(journal_append(context, run->journal, &run->results, pair));
    run->kept++;
done:
    pthread_mutex_unlock(&run->keeping);
    return status;
}

/* Reports a pair, in the plan's order. */
static enum geosc_status tell_pair(void *user, geosc_context *context, size_t step)
{
    struct run *run = user;
    size_t pair = run->plan.steps[step].pair;
    plan_number needs[PLAN_STEP_MAPS];
    enum geosc_status status;

    TRY(check_strict(context, run, pair));
    run->failed += run->results.status[pair] != GEOSC_PAIR_OK;
    run->used += plan_needs(&run->plan, &run->plan.steps[step], needs);
    run->told++;
    report(run);
done:
    return status;
}

/* Syncs finished pairs before reporting them. With --restart, the same command would start anew. */
static enum geosc_status stop(struct run *run)
{
    enum geosc_status status;

    TRY(journal_sync(run->context, run->journal));
    TRY(fail(run->context, GEOSC_STOPPED, "stopped after %zu of %zu pairs; the same command%s continues from there",
             run->resumed + run->kept, run->job.catalog.pairs, run->options->restart ? " without --restart" : ""));
done:
    return status;
}

static enum geosc_status match_all(struct run *run)
{
    enum geosc_status status = GEOSC_OK;

    for (size_t p = 0; p < run->job.catalog.pairs; p++) {
        if (!run->done[p])
            continue;
        run->failed += run->results.status[p] != GEOSC_PAIR_OK;
        TRY(check_strict(run->context, run, p));
    }
    remaining_start(&run->remaining, &run->job.catalog, run->options, &run->plan);
    run->began = clock_seconds();
    TRY(workers_run(run->context,
                    &(struct workers_task){.job = &run->job,
                                           .plan = &run->plan,
                                           .budget = &run->budget,
                                           .results = &run->results,
                                           .user = run,
                                           .remaining = &run->remaining,
                                           .keep = keep_pair,
                                           .tell = tell_pair},
                    &run->work));
done:
    return status == GEOSC_STOPPED ? stop(run) : status;
}

/* Writes the output; keeps the journal until the output is in place. */
static enum geosc_status finish(struct run *run, const char *output)
{
    enum geosc_status status;

    TRY(check_input(run->context, run, true));
    TRY(journal_end(run->context, run->journal));
    status =
        output_format(run->job.identity.format)
            ->write(run->context, output, &run->job.catalog, &run->job.identity, &run->results, run->options->force);
    if (GUARD(output_journal_after))
        TRY(status);
    status = journal_remove(run->context, run->journal);
    run->journal = NULL;
done:
    return status;
}

/* Counts the results; GEOSC_PAIRS_FAILED if any pair failed. */
static enum geosc_status summarise(const struct run *run, struct geosc_summary *summary)
{
    const struct results *results = &run->results;

    summary->pairs = results->pairs;
    for (size_t p = 0; p < results->pairs; p++) {
        summary->status[results->status[p]]++;
        if (results->chosen[p] != GEOSC_UNDECIDED)
            summary->chosen[results->poses[results->chosen[p]]]++;
    }
    summary->pairs_resumed = run->resumed;
    summary->workers = (int)run->budget.workers;
    summary->maps_refined = run->work.maps;
    summary->maps_reused = run->plan.hits;
    summary->bytes_read = run->work.bytes_read;
    summary->cells_in_int8 = run->work.search.rows;
    summary->candidates = run->work.search.candidates;
    summary->candidates_most = run->work.search.most;
    summary->cells_in_fp32 = run->work.search.rows_in_fp32;
    summary->seconds_wait = run->work.seconds_wait;
    summary->seconds_decode = run->work.seconds_decode;
    summary->seconds_refine = run->work.seconds_refine;
    summary->seconds_score = run->work.seconds_score;
    summary->seconds_match = run->work.seconds_match;
    return summary->status[GEOSC_PAIR_OK] == summary->pairs ? GEOSC_OK : GEOSC_PAIRS_FAILED;
}

static void close_run(struct run *run)
{
    journal_close(run->journal);
    pthread_mutex_destroy(&run->keeping);
    remaining_free(&run->remaining);
    results_free(&run->results);
    plan_free(&run->plan);
    memory_free(run->done);
    job_close(&run->job);
}

static enum geosc_status run_job(struct run *run, const char *input, const char *model, const char *output,
                                 struct geosc_summary *summary)
{
    struct output_there there;
    enum geosc_status status, outcome;
    double since;

    if (place_is_same(output, input) || place_is_same(output, model))
        return fail(run->context, GEOSC_BAD_USAGE, "%s: the output is also the input or the model", output);
    if (GUARD(match_over_its_list) && place_is_same(output, run->options->pairs))
        return fail(run->context, GEOSC_BAD_USAGE, "%s: the output is also the list of pairs", output);
    TRY(job_open(run->context, input, model, run->options, &run->job));
    TRY(fingerprint_make(run->context, &run->job.catalog, &run->job.identity, &run->fingerprint));
    run->latest = run->fingerprint;
    TRY(journal_claim(run->context, output, &run->job.identity, run->options, &there, &run->journal));
    summary->already_done = there.complete;
    if (there.complete) {
        if (GUARD(output_journal_forgotten))
            journal_forget(output, &run->fingerprint);
        if (GUARD(strict_over_a_finished_one))
            status = check_there(run, output, &there);
        goto done;
    }
    TRY(prepare(run));
    TRY(match_all(run));
    outcome = summarise(run, summary);
    since = clock_seconds();
    status = finish(run, output);
    if (status == GEOSC_STOPPED)
        status = stop(run);
    TRY(status);
    clock_lap(&since, &summary->seconds_write);
    tell_failures(run, summary);
    status = outcome;
done:
    return status;
}

enum geosc_status geosc_match_file(geosc_context *context, const char *input, const char *model, const char *output,
                                   const struct geosc_options *options, struct geosc_summary *summary)
{
    struct geosc_summary own = {0};
    struct geosc_options complete;
    struct run run = {
        .context = context, .options = &complete, .started = clock_seconds(), .keeping = PTHREAD_MUTEX_INITIALIZER};
    struct geosc_context before;
    enum geosc_status status;

    if (!context)
        return GEOSC_BAD_USAGE;
    context->message[0] = '\0';
    if (!input || !output || !options)
        return fail(context, GEOSC_BAD_USAGE, "input, output and options are required");
    if (options_take(context, options, &complete) != GEOSC_OK)
        return GEOSC_BAD_USAGE;
    TRY(options_check(context, &complete));
    before = *context; /* this run sets its own threads and instruction set */
    TRY(geosc_configure(context, options_threads(&complete), complete.isa));
    if (GUARD(stop_flag))
        context->stop = complete.stop;
    status = run_job(&run, input, model, output, &own);
    own.threads = context->threads;
    snprintf(own.isa, sizeof own.isa, "%s", context->kernels->name);
    own.seconds = clock_seconds() - run.started;
    close_run(&run);
    context->kernels = before.kernels;
    context->threads = before.threads;
    context->stop = before.stop;
done:
    if (summary)
        options_give_summary(&complete, &own, summary);
    return status;
}
