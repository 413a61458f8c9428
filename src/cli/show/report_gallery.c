#include "show/report_gallery.h"

#include <string.h>

#include "base/random.h"
#include "draw/pair_rank.h"
#include "draw/picture_file.h"
#include "show/base64.h"

enum { SIDE = 640 /* points of a photograph's longer side, at most */, NONE = 0, FAILED, WORST, BEST, RANDOM, ALL };

struct gallery {
    geosc_context *context;
    const struct report_source *source;
    size_t groups;   /* categories, or 1 */
    size_t *ranked;  /* [pairs] those with a loss, group by group, best first */
    size_t *start;   /* [groups + 1] the first of each group */
    size_t *wanting; /* [groups] failed pairs still to be taken */
    char *kind;      /* [pairs] why it was chosen */
    size_t *picture; /* [images] number of its picture; SIZE_MAX: none yet */
    size_t pictures;
};

static size_t group_of(const struct gallery *gallery, size_t pair)
{
    return gallery->groups > 1 ? scores_category(&gallery->source->names, gallery->source->catalog, pair) : 0;
}

/* ---- the choice --------------------------------------------------------------------------------- */

static enum geosc_status allocate(struct gallery *gallery)
{
    geosc_context *context = gallery->context;
    const struct catalog *catalog = gallery->source->catalog;
    enum geosc_status status;

    gallery->groups = size_larger(1, gallery->source->names.category_count);
    TRY(memory_allocate_zero(context, &gallery->ranked, catalog->pairs, sizeof(size_t), "pairs with pictures"));
    TRY(memory_allocate_zero(context, &gallery->start, gallery->groups + 1, sizeof(size_t), "pairs with pictures"));
    TRY(memory_allocate_zero(context, &gallery->wanting, gallery->groups, sizeof(size_t), "pairs with pictures"));
    TRY(memory_allocate_zero(context, &gallery->kind, catalog->pairs, 1, "pairs with pictures"));
    TRY(memory_allocate_zero(context, &gallery->picture, catalog->images, sizeof(size_t), "pairs with pictures"));
    for (size_t i = 0; i < catalog->images; i++)
        gallery->picture[i] = SIZE_MAX;
done:
    return status;
}

/* Sorts the ranked pairs into groups, in their order. */
static enum geosc_status rank_groups(struct gallery *gallery)
{
    geosc_context *context = gallery->context;
    const struct report_source *source = gallery->source;
    size_t *order = NULL, count = 0, *next = gallery->wanting;
    enum geosc_status status;

    TRY(pair_rank(context, source->catalog, &source->matched[0]->results,
                  source->outputs > 1 ? &source->matched[1]->results : NULL, source->request->alpha, NULL, &order,
                  &count));
    for (size_t i = 0; i < count; i++)
        gallery->start[group_of(gallery, order[i]) + 1]++;
    for (size_t g = 0; g < gallery->groups; g++) {
        gallery->start[g + 1] += gallery->start[g];
        next[g] = gallery->start[g];
    }
    for (size_t i = 0; i < count; i++)
        gallery->ranked[next[group_of(gallery, order[i])]++] = order[i];
done:
    memory_free(order);
    return status;
}

static bool take(struct gallery *gallery, size_t pair, char kind)
{
    if (gallery->kind[pair] != NONE)
        return false;
    gallery->kind[pair] = kind;
    return true;
}

/* Failed pairs are chosen before. None of the better half is among the worst, or the other way round. */
static void choose_in_group(struct gallery *gallery, size_t group)
{
    const struct report_gallery *wanted = &gallery->source->request->gallery;
    const size_t first = gallery->start[group], count = gallery->start[group + 1] - first;
    const size_t *ranked = gallery->ranked + first;
    struct random_stream stream = random_stream(0, 0, group);
    size_t taken = 0;

    for (size_t i = 0; i < count; i++)
        taken += gallery->kind[ranked[i]] == FAILED;
    for (size_t i = 0; i < wanted->worst && i < count - count / 2; i++)
        taken += take(gallery, ranked[count - 1 - i], WORST);
    for (size_t i = 0; i < wanted->best && i < count / 2; i++)
        taken += take(gallery, ranked[i], BEST);
    for (size_t i = 0; i < wanted->random && taken < count; i++) {
        size_t at = random_below(&stream, count);
        while (!take(gallery, ranked[at], RANDOM))
            at = (at + 1) % count;
        taken++;
    }
}

static bool has_failed(const struct gallery *gallery, size_t pair)
{
    bool failed = false;

    for (size_t o = 0; o < gallery->source->outputs; o++)
        failed |= gallery->source->matched[o]->results.status[pair] != GEOSC_PAIR_OK;
    return failed;
}

static enum geosc_status choose(struct gallery *gallery)
{
    const size_t pairs = gallery->source->catalog->pairs;
    enum geosc_status status;

    TRY(allocate(gallery));
    if (gallery->source->request->gallery.all_of_few && pairs <= REPORT_FEW) {
        for (size_t p = 0; p < pairs; p++)
            gallery->kind[p] = has_failed(gallery, p) ? FAILED : ALL;
        return GEOSC_OK;
    }
    TRY(rank_groups(gallery));
    for (size_t g = 0; g < gallery->groups; g++)
        gallery->wanting[g] = gallery->source->request->gallery.worst;
    for (size_t p = 0; p < pairs; p++) {
        size_t group = group_of(gallery, p);
        if (has_failed(gallery, p) && gallery->wanting[group] > 0 && take(gallery, p, FAILED))
            gallery->wanting[group]--;
    }
    for (size_t g = 0; g < gallery->groups; g++)
        choose_in_group(gallery, g);
done:
    return status;
}

/* ---- pictures ----------------------------------------------------------------------------------- */

static enum geosc_status print_picture(struct gallery *gallery, struct picture *picture, FILE *out)
{
    geosc_context *context = gallery->context;
    const bool photograph = gallery->source->catalog->has_rgb;
    struct bytes bytes = {0};
    enum geosc_status status;

    if (photograph)
        TRY(picture_shrink(context, picture, SIDE));
    TRY((photograph ? picture_jpeg : picture_png)(context, picture, &bytes));
    fprintf(out, "<script type=\"text/plain\" id=\"picture-%zu\">data:image/%s;base64,", gallery->pictures,
            photograph ? "jpeg" : "png");
    base64_print(out, bytes.data, bytes.count);
    fputs("</script>\n", out);
    gallery->pictures++;
done:
    memory_free(bytes.data);
    return status;
}

/* The pictures of similarities of a pair's keypoints that the page shows, one after another, for each output. */
static void print_heat(const struct report_source *source, size_t pair, FILE *out)
{
    for (size_t o = 0; o < source->outputs; o++) {
        const struct results *results = &source->matched[o]->results;
        const size_t size = results->heat_side * results->heat_side;
        if (!size || results->rank == 2)
            continue;
        fprintf(out, "<script type=\"text/plain\" id=\"heat-%zu-%zu\">", o, pair);
        for (size_t k = 0; k < results->answers; k++)
            if (measure_present(source->catalog->source_keypoints[pair * results->answers + k])) {
                base64_print(out, results->heat + (pair * results->answers + k) * size, size);
                fputc(' ', out);
            }
        fputs("</script>\n", out);
    }
}

/* A photograph is there once; the colours of features depend on both images of a pair. */
static enum geosc_status print_pair(struct gallery *gallery, size_t pair, struct json *json, FILE *out)
{
    static const char *const kinds[] = {
        [FAILED] = "failed", [WORST] = "worst", [BEST] = "best", [RANDOM] = "random", [ALL] = "all"};
    static const char *const names[2] = {"source", "target"};
    geosc_context *context = gallery->context;
    const struct catalog *catalog = gallery->source->catalog;
    const size_t images[2] = {catalog->source[pair], catalog->target[pair]};
    struct picture pictures[2] = {0};
    enum geosc_status status = GEOSC_OK;

    if (!catalog->has_rgb || gallery->picture[images[0]] == SIZE_MAX || gallery->picture[images[1]] == SIZE_MAX)
        TRY(pair_view_pictures(context, catalog, pair, pictures));
    json_object(json, NULL);
    json_count(json, "pair", pair);
    json_text(json, "kind", kinds[(int)gallery->kind[pair]]);
    for (int i = 0; i < 2; i++) {
        size_t *number = &gallery->picture[images[i]];
        if (!catalog->has_rgb || *number == SIZE_MAX) {
            *number = gallery->pictures;
            TRY(print_picture(gallery, &pictures[i], out));
        }
        json_count(json, names[i], *number);
    }
    json_end(json);
    print_heat(gallery->source, pair, out);
done:
    memory_free(pictures[0].rgb);
    memory_free(pictures[1].rgb);
    return status;
}

enum geosc_status report_gallery(geosc_context *context, const struct report_source *source, struct json *json,
                                 FILE *pictures)
{
    struct gallery gallery = {.context = context, .source = source};
    enum geosc_status status;

    TRY(choose(&gallery));
    json_array(json, "gallery");
    for (size_t p = 0; p < source->catalog->pairs; p++) {
        if (gallery.kind[p] == NONE)
            continue;
        TRY(check_stop(context));
        TRY(print_pair(&gallery, p, json, pictures));
    }
    json_end(json);
done:
    memory_free(gallery.ranked);
    memory_free(gallery.start);
    memory_free(gallery.wanting);
    memory_free(gallery.kind);
    memory_free(gallery.picture);
    return status;
}
