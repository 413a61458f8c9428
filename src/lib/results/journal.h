/*
 * journal: what a run has finished, beside the output it will write: OUTPUT.journal. Whatever kills the run, the same
 * one goes on from there. One write per pair; durable within SYNC_SECONDS. It is also the lock on the output's name:
 * one run holds it at a time, and with the run the lock is gone. What stands in it: record.h. Used by the thread that
 * owns the run.
 */
#ifndef GEOSC_JOURNAL_H
#define GEOSC_JOURNAL_H

#include "results/existing.h"
#include "results/fingerprint.h"

struct journal;

/* Takes the lock for an output, and says through options->warning where there are no locks. GEOSC_FAILED where another
 * run has it. */
enum geosc_status journal_lock(geosc_context *context, const char *output, const struct geosc_options *options,
                               struct journal **journal);
/* The same, unless the output is there and complete, of that identity (output_prepare); removes what killed processes
 * have left beside it. */
enum geosc_status journal_claim(geosc_context *context, const char *output, const struct run_identity *identity,
                                const struct geosc_options *options, struct output_there *there,
                                struct journal **journal);

/* Takes over what the same run has finished before, into results and done [pairs], or begins anew: where there was
 * nothing, or options->restart asks for it. Cuts off a torn end; warns of damage further in, whose pairs are not done.
 * GEOSC_FAILED for the journal of another run, saying in what it differs. *resumed: pairs taken over. */
enum geosc_status journal_load(geosc_context *context, struct journal *journal, const struct fingerprint *fingerprint,
                               struct results *results, bool *done, size_t *resumed);

/* Adds a finished pair, and syncs where that is due. After a failure nothing must be added. */
enum geosc_status journal_append(geosc_context *context, struct journal *journal, const struct results *results,
                                 size_t pair);
enum geosc_status journal_sync(geosc_context *context, struct journal *journal);
/* Says that all pairs are there, and syncs. */
enum geosc_status journal_end(geosc_context *context, struct journal *journal);

/* Removes the file, whose output is in place, and frees. */
enum geosc_status journal_remove(geosc_context *context, struct journal *journal);
/* Lets go of it: the file stays unless no pair is in it. NULL allowed. */
void journal_close(struct journal *journal);

/* For an output that is complete: removes what a run killed at its very end left beside it, if it was this run. */
void journal_forget(const char *output, const struct fingerprint *fingerprint);

#endif
