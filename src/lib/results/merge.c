#include "results/merge.h"

#include "base/guard.h"
#include "base/opened.h"
#include "base/reason.h"
#include "input/catalog_open.h"
#include "results/fingerprint.h"
#include "results/formats.h"
#include "results/journal.h"
#include "results/output.h"

#include <stdio.h>
#include <string.h>

struct merger {
    geosc_context *context;
    struct problems *problems;
    merge_look *look;
    bool unread;                  /* a file could not be read: the missing shards are unknown */
    const char *first;            /* reference file for the others; NULL: no good one yet */
    struct run_identity identity; /* its own */
    struct results *whole;
    size_t pairs, answers;               /* pairs and answers that the bytes of all files can hold */
    char uncounted[STATUS_MESSAGE_SIZE]; /* why a file could not be counted; "": all were */
    bool roomy;                          /* the reference's total fits what all files can hold */
    bool source, target;                 /* datasets of the first shard */
    struct results_asked asked;          /* what the first shard has beside the matches */
    const char **files;                  /* [identity.shards] file of each shard, NULL: not seen */
    bool *seen;                          /* [identity.all_pairs] */
};

static size_t width(const struct results *results)
{
    return results->rank == 2 ? results->shape[1] : 1;
}

/* Allocates the results of all pairs, with the shapes of the first shard. */
static enum geosc_status begin(struct merger *merger, const char *path, const struct run_identity *identity,
                               struct results *part)
{
    enum geosc_status status;
    struct results *whole = merger->whole;
    size_t answers;

    merger->identity = *identity;
    *whole = (struct results){
        .pairs = identity->all_pairs, .candidates = part->candidates, .rank = part->rank, .units = part->units};
    memcpy(whole->shape, part->shape, sizeof whole->shape);
    memcpy(whole->poses, part->poses, sizeof whole->poses);
    merger->asked = results_have(part);
    merger->source = part->source != NULL;
    merger->target = part->target != NULL;
    TRY(memory_allocate_zero(merger->context, &merger->files, identity->shards, sizeof *merger->files, "shards"));
    merger->first = path;
    merger->roomy = whole->pairs <= merger->pairs && size_multiply(whole->pairs, part->answers, &answers) &&
                    answers <= merger->answers;
    if (GUARD(merge_claims) && !merger->roomy)
        goto done;
    TRY(results_allocate(merger->context, whole));
    TRY(results_add_asked(merger->context, &merger->asked, whole));
    if (part->source && part->target) {
        TRY(memory_allocate(merger->context, &whole->source, whole->pairs, sizeof *whole->source, "image numbers"));
        TRY(memory_allocate(merger->context, &whole->target, whole->pairs, sizeof *whole->target, "image numbers"));
    }
    TRY(memory_allocate_zero(merger->context, &merger->seen, identity->all_pairs, sizeof *merger->seen, "pairs"));
    whole->images = part->images;
    whole->image_name = part->image_name; /* moved to the whole */
    part->image_name = NULL;
done:
    return status;
}

static bool has_shape_of(const struct merger *merger, const struct results *b)
{
    const struct results *a = merger->whole;
    const struct results_asked asked = results_have(b);

    return a->candidates == b->candidates && memcmp(a->poses, b->poses, a->candidates * sizeof *a->poses) == 0 &&
           a->rank == b->rank && a->shape[0] == b->shape[0] && width(a) == width(b) && a->units == b->units &&
           merger->source == (b->source != NULL) && merger->target == (b->target != NULL) &&
           results_asked_alike(&merger->asked, &asked) && (!merger->roomy || a->images == b->images);
}

/* Whether a sound shard fits the shards before it; adds problems if not. */
static bool belongs(struct merger *merger, const char *path, const struct run_identity *identity,
                    const struct results *part)
{
    const char *difference = identity_run_difference(&merger->identity, identity);

    if (GUARD(merge_foreign) && difference)
        problems_add(merger->problems, "%s: is of another run than %s: its %s differs", path, merger->first,
                     difference);
    else if (identity->shards != merger->identity.shards)
        problems_add(merger->problems, "%s: is one of %zu shards, but %s is one of %zu", path, identity->shards,
                     merger->first, merger->identity.shards);
    else if (identity->all_pairs != merger->identity.all_pairs || !has_shape_of(merger, part))
        problems_add(merger->problems, "%s: its datasets do not fit those of %s" REASON_DAMAGED, path, merger->first);
    else if (GUARD(merge_doubled) && merger->files[identity->shard])
        problems_add(merger->problems, "%s: is shard %zu of %zu, and so is %s", path, identity->shard, identity->shards,
                     merger->files[identity->shard]);
    else
        return true;
    return false;
}

/* Copies what only some results have of a pair, which both have. */
static void place_parts(const struct results *whole, size_t to, const struct results *part, size_t from)
{
    struct results_part all[RESULTS_PARTS], own[RESULTS_PARTS];
    size_t count = results_parts(whole, all);

    results_parts(part, own);
    for (size_t i = 0; i < count; i++) {
        size_t bytes = own[i].items * number_size(own[i].type);
        memcpy((unsigned char *)all[i].values + to * bytes, (const unsigned char *)own[i].values + from * bytes, bytes);
    }
}

/* Copies a shard's pairs to their positions. */
static void place_pairs(struct merger *merger, const char *path, const struct results *part)
{
    struct results *whole = merger->whole;
    size_t answers = part->answers, candidates = part->candidates;

    for (size_t p = 0; p < part->pairs; p++) {
        size_t to = part->index[p];
        if (merger->seen[to]) {
            problems_add(merger->problems, "%s: /pairs/index: pair %zu is also in another shard" REASON_DAMAGED, path,
                         to);
            return;
        }
        merger->seen[to] = true;
        memcpy(whole->xy + to * answers, part->xy + p * answers, answers * sizeof *part->xy);
        memcpy(whole->score + to * answers, part->score + p * answers, answers * sizeof *part->score);
        memcpy(whole->imd + to * candidates, part->imd + p * candidates, candidates * sizeof *part->imd);
        place_parts(whole, to, part, p);
        whole->chosen[to] = part->chosen[p];
        whole->status[to] = part->status[p];
        if (whole->source) {
            whole->source[to] = part->source[p];
            whole->target[to] = part->target[p];
        }
    }
}

static enum geosc_status take_shard(struct merger *merger, const char *path)
{
    struct run_identity identity;
    struct results part = {0};
    size_t before = merger->problems->count;
    enum geosc_status status;

    if (merger->look && opened_find(merger->context->opened, path) < 0)
        return GEOSC_OK; /* its problems are reported already */
    status = output_read(merger->context, path, &part, &identity, merger->problems);
    if (stop_asked(merger->context))
        TRY(check_stop(merger->context));
    if (status != GEOSC_OK) {
        problems_add(merger->problems, "%s", merger->context->message);
        merger->unread = true;
        status = GEOSC_OK;
    } else if (merger->problems->count == before && !identity.shards) {
        problems_add(merger->problems, "%s: is not a shard, but the output of a whole run", path);
    } else if (merger->problems->count == before && strcmp(identity.version, geosc_version()) != 0) {
        problems_add(merger->problems, "%s: was written by geosc %s, but this is %s: merge with that version", path,
                     identity.version, geosc_version());
    } else if (merger->problems->count == before) {
        if (!merger->first)
            TRY(begin(merger, path, &identity, &part));
        if (belongs(merger, path, &identity, &part)) {
            merger->files[identity.shard] = path;
            if (merger->roomy)
                place_pairs(merger, path, &part);
        }
    }
done:
    results_free(&part);
    return status;
}

/* Names the missing shards, as "1, 4 and 5". */
static void name_missing(struct merger *merger)
{
    enum { NAMED = 20 };
    size_t shards = merger->first ? merger->identity.shards : 0, missing = 0, named = 0, pairs = 0;
    char list[NAMED * 24] = "";

    for (size_t i = 0; i < shards; i++)
        missing += !merger->files[i];
    for (size_t i = 0; i < shards && named < missing && named < NAMED; i++) {
        size_t used = strlen(list);
        if (merger->files[i])
            continue;
        snprintf(list + used, sizeof list - used, "%s%zu", named == 0 ? "" : named + 1 == missing ? " and " : ", ", i);
        named++;
    }
    if (GUARD(merge_missing) && missing)
        problems_add(merger->problems, "%s %s%s of %zu %s missing" REASON_MISSING, missing == 1 ? "shard" : "shards",
                     list, missing > named ? " and others" : "", shards, missing == 1 ? "is" : "are");
    /* no shard's fault: memory was short, for example */
    if (merger->first && !merger->roomy && !missing && merger->uncounted[0])
        problems_add(merger->problems, "%s", merger->uncounted);
    else if (merger->first && !merger->roomy && !missing)
        problems_add(merger->problems,
                     "%s: claims %zu pairs with %zu answers for the run, but all shards together have %zu pairs with "
                     "%zu answers" REASON_DAMAGED,
                     merger->first, merger->whole->pairs, merger->whole->shape[0] * width(merger->whole), merger->pairs,
                     merger->answers);
    for (size_t p = 0; merger->roomy && p < merger->whole->pairs; p++)
        pairs += merger->seen[p];
    if (merger->roomy && !missing && pairs != merger->whole->pairs && merger->problems->count == 0)
        problems_add(merger->problems, "%s: the shards hold %zu of %zu pairs" REASON_DAMAGED, merger->first, pairs,
                     merger->whole->pairs);
}

static bool outlines_alike(const struct output_outline *a, const struct output_outline *b)
{
    return a->shards == b->shards && a->all_pairs == b->all_pairs && a->rank == b->rank && a->shape[0] == b->shape[0] &&
           a->shape[1] == b->shape[1] && a->candidates == b->candidates;
}

/* Counts what the bytes of all files can hold, before allocating anything for one file's claim. Returns the index of
 * the reference file: one of the largest group of alike files, so that the odd one is reported. */
static size_t look_ahead(struct merger *merger, const char *const *paths, size_t count)
{
    struct output_outline candidate = {0}, outline;
    size_t place = 0, votes = 0, alike = 0;

    for (size_t i = 0; i < count; i++) {
        if (output_read_outline(merger->context, paths[i], &outline) != GEOSC_OK) {
            snprintf(merger->uncounted, sizeof merger->uncounted, "%s", merger->context->message);
            continue; /* reported when the file is read */
        }
        merger->pairs += outline.pairs;
        merger->answers = outline.answers > SIZE_MAX - merger->answers ? SIZE_MAX : merger->answers + outline.answers;
        if (votes == 0) {
            candidate = outline;
            place = i;
        }
        votes = outlines_alike(&candidate, &outline) ? votes + 1 : votes - 1;
    }
    for (size_t i = count; i-- > 0;)
        if (output_read_outline(merger->context, paths[i], &outline) == GEOSC_OK &&
            outlines_alike(&candidate, &outline)) {
            alike++;
            place = i;
        }
    return GUARD(merge_odd_one) && 2 * alike > count ? place : 0;
}

/* Opens the files; they stay open until they are read. */
static enum geosc_status look_at_all(struct merger *merger, const char *const *paths, size_t count)
{
    enum geosc_status status = GEOSC_OK;

    for (size_t i = 0; merger->look && i < count; i++) {
        if (merger->look(merger->context, paths[i]) == GEOSC_OK)
            continue;
        TRY(check_stop(merger->context));
        problems_add(merger->problems, "%s", merger->context->message);
        merger->unread = true;
        opened_drop(merger->context->opened, paths[i]);
    }
done:
    return status;
}

enum geosc_status merge_read(geosc_context *context, const char *const *paths, size_t count, merge_look *look,
                             struct merged *merged, struct problems *problems)
{
    struct merger merger = {.context = context, .problems = problems, .look = look, .whole = &merged->results};
    enum geosc_status status = GEOSC_OK;

    *merged = (struct merged){0};
    TRY(look_at_all(&merger, paths, count));
    size_t first = look_ahead(&merger, paths, count);
    for (size_t i = 0; i < count; i++) /* the reference first, then the others in order */
        TRY(take_shard(&merger, paths[i == 0 ? first : i <= first ? i - 1 : i]));
    if (!merger.unread)
        name_missing(&merger);
    merged->shards = merger.identity.shards;
    merged->identity = merger.identity;
    merged->identity.shard = merged->identity.shards = merged->identity.all_pairs = 0;
done:
    memory_free(merger.files);
    memory_free(merger.seen);
    return status;
}

void merge_free(struct merged *merged)
{
    results_free(&merged->results);
}

/* ---- writing ------------------------------------------------------------------------------------ */

/* Whether it is the input of the run, by name and checksum. */
static enum geosc_status check_input(geosc_context *context, const struct merged *merged, const char *input,
                                     const struct catalog *catalog)
{
    struct run_identity its;
    enum geosc_status status;

    TRY(fingerprint_identify(context, catalog, input, &its));
    if (GUARD(merge_input_called) && strcmp(its.input_name, merged->identity.input_name) != 0)
        TRY(fail(context, GEOSC_FAILED, "%s: is not the input of the shards, which has the name %s: give that one",
                 input, merged->identity.input_name));
    if (GUARD(merge_input_changed) && its.input_crc32 != merged->identity.input_crc32)
        TRY(fail(context, GEOSC_FAILED,
                 "%s: is not the input of the shards: its checksum is %08x, theirs is %08x; it was changed, or another "
                 "file has the name",
                 input, (unsigned)its.input_crc32, (unsigned)merged->identity.input_crc32));
    /* Shards may claim anything. */
    if (GUARD(merge_input_fits) && !results_fit(&merged->results, catalog))
        TRY(fail(context, GEOSC_FAILED, "%s: has other pairs or answers than the shards" REASON_DAMAGED, input));
done:
    return status;
}

/* Opens the shards' own data of the input, or the input itself. */
static enum geosc_status open_catalog(geosc_context *context, const struct merged *merged,
                                      const struct merge_output *output, struct catalog *catalog)
{
    const struct results *whole = &merged->results;
    const struct catalog_pairs pairs = output_pairs(whole, &merged->identity);
    struct problems problems = {0};
    enum geosc_status status = GEOSC_OK;

    if (output->input) {
        TRY(catalog_open(context, output->input, output->access, pairs.source ? &pairs : NULL, catalog, &problems));
        TRY(problems_status(context, &problems));
        TRY(check_input(context, merged, output->input, catalog));
    } else {
        *catalog = (struct catalog){.indexed = whole->source != NULL,
                                    .grouped = whole->image_name != NULL,
                                    .images = whole->images,
                                    .image_name = whole->image_name,
                                    .pairs = whole->pairs,
                                    .source = whole->source,
                                    .target = whole->target,
                                    .units = whole->units};
    }
done:
    problems_free(&problems);
    return status;
}

enum geosc_status merge_write(geosc_context *context, struct merged *merged, const struct merge_output *output,
                              bool *already_done)
{
    const struct output_format *format = output_format(output->format);
    const struct geosc_options options = {.force = output->force};
    struct journal *journal = NULL; /* its lock excludes other runs and merges with this output */
    struct catalog catalog = {0};
    struct output_there there = {0};
    enum geosc_status status;

    merged->identity.format = output->format;
    if (GUARD(merge_hloc_top) && output->format == GEOSC_FORMAT_HLOC &&
        (merged->results.tops || merged->results.kaps || merged->results.heat_side))
        return fail(context, GEOSC_FAILED,
                    "%s: the shards hold %s, for which format hloc has no place: use format geosc", output->path,
                    merged->results.tops   ? "the best cells of each match (--top)"
                    : merged->results.kaps ? "what KAP needs (--kap)"
                                           : "pictures of similarities (--heat)");
    TRY(open_catalog(context, merged, output, &catalog));
    if (format->check)
        TRY(format->check(context, &catalog));
    if (GUARD(merge_claims_its_output))
        TRY(journal_claim(context, output->path, &merged->identity, &options, &there, &journal));
    *already_done = there.complete;
    if (!there.complete)
        TRY(format->write(context, output->path, &catalog, &merged->identity, &merged->results, output->force));
    if (journal) { /* also if the file system has no locks */
        status = journal_remove(context, journal);
        journal = NULL;
    }
done:
    journal_close(journal);
    if (output->input) /* else the results own it */
        catalog_close(&catalog);
    return status;
}
