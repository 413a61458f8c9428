/*
 * journal: the finished pairs of a run, in OUTPUT.journal beside its output. Whatever kills the run, the same command
 * continues from there. One write per pair, durable within SYNC_SECONDS. The journal is also the lock on the output's
 * name: one run at a time holds it, and the lock ends with the run. Format: record.h. Used by the thread that owns the
 * run.
 */
#ifndef GEOSC_JOURNAL_H
#define GEOSC_JOURNAL_H

#include "results/existing.h"
#include "results/fingerprint.h"

struct journal;

/* Takes the lock for an output; warns through options->warning if the file system has no locks. GEOSC_FAILED if another
 * run has it. */
enum geosc_status journal_lock(geosc_context *context, const char *output, const struct geosc_options *options,
                               struct journal **journal);
/* The same, unless the complete output of that identity exists (output_prepare); removes files that killed processes
 * left beside it. */
enum geosc_status journal_claim(geosc_context *context, const char *output, const struct run_identity *identity,
                                const struct geosc_options *options, struct output_there *there,
                                struct journal **journal);

/* Loads pairs that the same run finished before into results and done [pairs], or starts an empty journal if there is
 * none or options->restart is set. Cuts off a torn end; warns of damage before it, whose pairs are not done.
 * GEOSC_FAILED with the difference for the journal of another run. *resumed: number of pairs loaded. */
enum geosc_status journal_load(geosc_context *context, struct journal *journal, const struct fingerprint *fingerprint,
                               struct results *results, bool *done, size_t *resumed);

/* Appends a finished pair, and syncs when due. After a failure append nothing more. */
enum geosc_status journal_append(geosc_context *context, struct journal *journal, const struct results *results,
                                 size_t pair);
enum geosc_status journal_sync(geosc_context *context, struct journal *journal);
/* Records that all pairs are finished, and syncs. */
enum geosc_status journal_end(geosc_context *context, struct journal *journal);

/* Removes the file after the output is in place, and frees. */
enum geosc_status journal_remove(geosc_context *context, struct journal *journal);
/* Closes and frees; keeps the file unless it has no pairs. NULL is allowed. */
void journal_close(struct journal *journal);

/* For a complete output: removes what this run left beside it if it was killed at its very end. */
void journal_forget(const char *output, const struct fingerprint *fingerprint);

#endif
