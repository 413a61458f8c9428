#include "show/report_data.h"

#include <math.h>
#include <string.h>

#include "base/number.h"
#include "draw/draw.h"
#include "draw/pair_rank.h"
#include "results/evaluate.h"
#include "show/json.h"

enum {
    STEPS = MEASURE_ALPHAS, /* alphas from 0.01 to 0.20 */
    IMD_SAMPLE = 1500,      /* pairs in the plot of distances */
    FAILED_LISTED = 200
};

struct report {
    geosc_context *context;
    const struct matched *matched;
    const struct report_request *request;
    struct json json;
    struct evaluation evaluation; /* zeroed if there is no truth */
};

/* ---- what was run -------------------------------------------------------------------------------- */

static void print_range(struct json *json, const char *name, const size_t range[2])
{
    json_array(json, name);
    json_count(json, NULL, range[0]);
    json_count(json, NULL, range[1]);
    json_end(json);
}

static void print_sizes(struct json *json, const struct matched *matched)
{
    const struct catalog *catalog = &matched->catalog;
    size_t height[2], width[2];

    catalog_grids(catalog, height, width);
    json_count(json, "pairs", matched->results.pairs);
    json_count(json, "images", catalog->images);
    json_count(json, "channels", catalog->channels);
    print_range(json, "height", height);
    print_range(json, "width", width);
    json_count(json, "keypoints", catalog->keypoints);
}

static void print_run(struct json *json, const struct matched *matched)
{
    char model[16];

    snprintf(model, sizeof model, "%08x", (unsigned)matched->identity.model_crc32);
    json_object(json, "run");
    print_sizes(json, matched);
    json_printable(json, "input", matched->identity.input_name);
    json_printable(json, "options", matched->identity.options);
    json_printable(json, "isa_class", matched->identity.isa_class);
    json_printable(json, "version", matched->identity.version);
    json_text(json, "model", matched->identity.has_model ? model : NULL);
    json_printable(json, "threshold", measure_threshold_name(&matched->catalog, MEASURE_STORED));
    json_end(json);
}

static void print_statuses(struct json *json, const struct results *results)
{
    size_t counts[GEOSC_PAIR_STATUSES] = {0};

    for (size_t p = 0; p < results->pairs; p++)
        counts[results->status[p]]++;
    json_object(json, "status");
    for (int i = 0; i < GEOSC_PAIR_STATUSES; i++)
        json_count(json, geosc_pair_status_name((enum geosc_pair_status)i), counts[i]);
    json_end(json);
}

/* ---- PCK ----------------------------------------------------------------------------------------- */

static void print_shares(struct json *json, const char *name, const double *shares)
{
    json_array(json, name);
    for (int i = 0; i < STEPS; i++)
        json_fixed(json, NULL, shares[i], 4);
    json_end(json);
}

static void print_pck_row(struct json *json, const char *kind, const char *name, const struct pck *pck)
{
    if (pck->points == 0)
        return;
    json_object(json, NULL);
    json_text(json, "kind", kind);
    json_printable(json, "name", name);
    json_count(json, "points", pck->points);
    json_count(json, "pairs", pck->pairs);
    print_shares(json, "image", pck->share[PCK_PER_IMAGE]);
    print_shares(json, "point", pck->share[PCK_PER_POINT]);
    json_end(json);
}

static void print_pck(struct json *json, const struct evaluation *evaluation)
{
    if (!evaluation->has_points || evaluation->scores.all.points == 0) {
        json_text(json, "pck", NULL);
        return;
    }
    json_array(json, "pck");
    print_pck_row(json, "all", "all", &evaluation->scores.all);
    if (evaluation->has_geometry)
        print_pck_row(json, "subset", "geometry-aware", &evaluation->scores.geometry);
    if (evaluation->has_categories)
        print_pck_row(json, "macro", "mean of categories", &evaluation->scores.macro);
    for (size_t c = 0; c < evaluation->scores.category_count; c++)
        print_pck_row(json, "category", evaluation->scores.categories[c].name, &evaluation->scores.categories[c].all);
    json_end(json);
}

/* ---- poses --------------------------------------------------------------------------------------- */

/* The chosen pose's distance, and the smallest distance of the other poses. */
static void best_two(const struct results *results, size_t pair, double *best, double *second)
{
    const float *imd = results->imd + pair * results->candidates;

    *best = (double)imd[results->chosen[pair]];
    *second = INFINITY;
    for (size_t q = 0; q < results->candidates; q++)
        if (q != results->chosen[pair] && (double)imd[q] < *second)
            *second = (double)imd[q];
}

static void print_distances(struct json *json, const struct results *results)
{
    size_t count = results->pairs < IMD_SAMPLE ? results->pairs : IMD_SAMPLE;

    json_array(json, "imd");
    for (size_t i = 0; i < count; i++) {
        size_t pair = i * results->pairs / count;
        double best, second;
        if (results->chosen[pair] == GEOSC_UNDECIDED)
            continue;
        best_two(results, pair, &best, &second);
        if (!isfinite(second))
            continue;
        json_array(json, NULL);
        json_digits(json, NULL, number_general(best, 5).text);
        json_digits(json, NULL, number_general(second, 5).text);
        json_count(json, NULL, pair);
        json_end(json);
    }
    json_end(json);
}

static void print_chosen(struct json *json, const struct results *results, const size_t *chosen)
{
    json_array(json, "chosen");
    for (size_t q = 0; q < results->candidates; q++) {
        json_array(json, NULL);
        json_text(json, NULL, geosc_pose_name(results->poses[q]));
        json_count(json, NULL, chosen[q]);
        json_end(json);
    }
    json_end(json);
}

static void print_poses(struct json *json, const struct results *results, const struct evaluation *evaluation)
{
    size_t chosen[GEOSC_UNDECIDED + 1] = {0};

    for (size_t p = 0; p < results->pairs; p++)
        chosen[results->chosen[p]]++;
    json_object(json, "poses");
    print_chosen(json, results, chosen);
    json_count(json, "undecided", chosen[GEOSC_UNDECIDED]);
    if (evaluation->has_truth) {
        json_count(json, "right", evaluation->pose_right);
        json_count(json, "known", evaluation->pose_known);
    }
    json_end(json);
    print_distances(json, results);
}

/* ---- failed pairs -------------------------------------------------------------------------------- */

static void print_failed_pair(struct json *json, const struct matched *matched, size_t pair)
{
    const struct catalog *catalog = &matched->catalog;

    json_object(json, NULL);
    json_count(json, "pair", pair);
    json_text(json, "status", geosc_pair_status_name((enum geosc_pair_status)matched->results.status[pair]));
    if (catalog->image_name) {
        json_printable(json, "source", catalog->image_name[catalog->source[pair]]);
        json_printable(json, "target", catalog->image_name[catalog->target[pair]]);
    }
    if (catalog->category)
        json_printable(json, "category", catalog->category[pair]);
    json_end(json);
}

static void print_failed(struct json *json, const struct matched *matched)
{
    size_t listed = 0;

    json_array(json, "failed");
    for (size_t p = 0; p < matched->results.pairs && listed < FAILED_LISTED; p++) {
        if (matched->results.status[p] == GEOSC_PAIR_OK)
            continue;
        print_failed_pair(json, matched, p);
        listed++;
    }
    json_end(json);
}

/* ---- gallery ------------------------------------------------------------------------------------- */

static void print_view(struct json *json, const char *kind, const struct pair_view *view, double loss)
{
    char name[1024];

    json_text(json, "kind", kind);
    json_count(json, "pair", view->pair);
    json_text(json, "pose", geosc_pose_name(view->pose));
    view_side_describe(&view->source, name, sizeof name);
    json_printable(json, "source", name);
    view_side_describe(&view->target, name, sizeof name);
    json_printable(json, "target", name);
    json_printable(json, "category", view->category);
    json_number(json, "loss", loss);
}

static enum geosc_status print_picture(struct report *report, const char *kind, size_t pair)
{
    const struct drawing drawing = {.format = DRAW_PNG, .side = report->request->side, .alpha = report->request->alpha};
    geosc_context *context = report->context;
    const struct matched *matched = report->matched;
    struct draw_bytes bytes = {0};
    struct pair_view view = {0};
    enum geosc_status status;

    TRY(pair_view_load(context, &matched->catalog, &matched->results, pair, &view));
    TRY(draw_pair(context, &view, &drawing, &bytes));
    json_object(&report->json, NULL);
    print_view(&report->json, kind, &view, pair_loss(&matched->catalog, &matched->results, pair));
    json_png(&report->json, "picture", bytes.data, bytes.count);
    json_end(&report->json);
done:
    memory_free(bytes.data);
    pair_view_free(&view);
    return status;
}

/* Best, median and worst pairs: each pair once, all pairs if there are few. */
static enum geosc_status print_gallery(struct report *report)
{
    static const char *const kinds[] = {"best", "median", "worst"};
    geosc_context *context = report->context;
    size_t *order = NULL, count = 0, each, next = 0;
    enum geosc_status status;

    TRY(pair_rank(context, &report->matched->catalog, &report->matched->results, NULL, &order, &count));
    each = size_smaller(report->request->gallery, (count + 2) / 3);
    json_truth(&report->json, "by_truth",
               report->matched->catalog.target_keypoints && report->matched->results.rank == 1);
    json_array(&report->json, "gallery");
    for (size_t kind = 0; kind < 3; kind++) {
        /* The kind's first place in the order; pairs that another kind has shown are skipped. */
        const size_t starts[] = {0, count / 2 - size_smaller(each / 2, count / 2), count - size_smaller(each, count)};
        size_t first = starts[kind];
        for (size_t i = first; i < first + each && i < count; i++) {
            if (i < next)
                continue;
            TRY(print_picture(report, kinds[kind], order[i]));
            next = i + 1;
        }
    }
    json_end(&report->json);
done:
    memory_free(order);
    return status;
}

/* ---- all together -------------------------------------------------------------------------------- */

static enum geosc_status judge(struct report *report)
{
    const struct catalog *catalog = &report->matched->catalog;
    const struct results *results = &report->matched->results;
    struct evaluate_request request = {.measure.alpha_count = STEPS};

    if ((!catalog->target_keypoints && !catalog->true_pose) || (catalog->target_keypoints && results->rank != 1))
        return GEOSC_OK;
    for (int i = 0; i < STEPS; i++)
        request.measure.alphas[i] = (i + 1) / 100.0;
    if (evaluate(report->context, catalog, results, &request, &report->evaluation) != GEOSC_OK)
        return GEOSC_FAILED;
    matched_warn_of_truth(report->matched, &report->evaluation.outside);
    return GEOSC_OK;
}

enum geosc_status report_data(geosc_context *context, const struct matched *matched,
                              const struct report_request *request, FILE *out)
{
    struct report report = {.context = context, .matched = matched, .request = request, .json = {.out = out}};
    struct json *json = &report.json;
    enum geosc_status status;

    TRY(judge(&report));
    json_object(json, NULL);
    print_run(json, matched);
    print_statuses(json, &matched->results);
    print_pck(json, &report.evaluation);
    print_poses(json, &matched->results, &report.evaluation);
    print_failed(json, matched);
    TRY(print_gallery(&report));
    json_text(json, "summary", request->summary);
    json_end(json);
done:
    evaluation_free(&report.evaluation);
    return status;
}
