#include "show/report_data.h"

#include <math.h>
#include <string.h>

#include "draw/draw.h"
#include "results/evaluate.h"
#include "show/json.h"
#include "base/number.h"
#include "draw/pair_rank.h"

enum {
    STEPS = EVALUATE_ALPHAS, /* alphas from 0.01 to 0.20 */
    IMD_SAMPLE = 1500,       /* pairs in the plot of distances */
    FAILED_LISTED = 200
};

struct report {
    geosc_context *context;
    const struct matched *matched;
    const struct report_request *request;
    FILE *out;
    struct evaluation evaluation; /* zeroed if there is no truth */
};

/* ---- numbers ------------------------------------------------------------------------------------- */

static void print_named_text(FILE *out, const char *name, const char *text)
{
    fprintf(out, ", \"%s\": ", name);
    json_printable(out, text);
}

static void print_named_number(FILE *out, const char *name, double number)
{
    fprintf(out, ", \"%s\": ", name);
    json_number(out, number);
}

static void print_shares(FILE *out, const char *name, const double *shares)
{
    fprintf(out, ", \"%s\": [", name);
    for (int i = 0; i < STEPS; i++)
        fprintf(out, "%s%s", i ? ", " : "", number_fixed(shares[i], 4).text);
    fputc(']', out);
}

/* ---- what was run -------------------------------------------------------------------------------- */

static void print_run(const struct report *report)
{
    const struct matched *matched = report->matched;
    const struct catalog *catalog = &matched->catalog;
    const struct results *results = &matched->results;
    FILE *out = report->out;
    size_t height[2], width[2];

    catalog_grids(catalog, height, width);
    fprintf(
        out,
        "\"run\": {\"pairs\": %zu, \"images\": %zu, \"channels\": %zu, \"height\": [%zu, %zu], \"width\": [%zu, %zu], "
        "\"keypoints\": %zu",
        results->pairs, catalog->images, catalog->channels, height[0], height[1], width[0], width[1],
        catalog->keypoints);
    print_named_text(out, "input", matched->identity.input_name);
    print_named_text(out, "options", matched->identity.options);
    print_named_text(out, "isa_class", matched->identity.isa_class);
    print_named_text(out, "version", matched->identity.version);
    if (matched->identity.has_model)
        fprintf(out, ", \"model\": \"%08x\"", (unsigned)matched->identity.model_crc32);
    else
        fputs(", \"model\": null", out);
    print_named_text(out, "threshold", evaluate_threshold_name(catalog));
    fputs("}, \"status\": {", out);
    for (int i = 0; i < GEOSC_PAIR_STATUSES; i++) {
        size_t count = 0;
        for (size_t p = 0; p < results->pairs; p++)
            count += results->status[p] == i;
        fprintf(out, "%s\"%s\": %zu", i ? ", " : "", geosc_pair_status_name((enum geosc_pair_status)i), count);
    }
    fputc('}', out);
}

/* ---- PCK ----------------------------------------------------------------------------------------- */

static void print_pck_row(FILE *out, const char *kind, const char *name, const struct pck *pck)
{
    if (pck->points == 0)
        return;
    fprintf(out, "%s{\"kind\": \"%s\"", strcmp(kind, "all") == 0 ? "" : ", ", kind);
    print_named_text(out, "name", name);
    fprintf(out, ", \"points\": %zu, \"pairs\": %zu", pck->points, pck->pairs);
    print_shares(out, "image", pck->per_image);
    print_shares(out, "point", pck->per_point);
    fputc('}', out);
}

static void print_pck(const struct report *report)
{
    const struct evaluation *evaluation = &report->evaluation;
    FILE *out = report->out;

    if (!evaluation->has_points || evaluation->all.points == 0) {
        fputs(", \"pck\": null", out);
        return;
    }
    fputs(", \"pck\": [", out);
    print_pck_row(out, "all", "all", &evaluation->all);
    if (evaluation->has_geometry)
        print_pck_row(out, "subset", "geometry-aware", &evaluation->geometry);
    if (evaluation->has_categories)
        print_pck_row(out, "macro", "mean of categories", &evaluation->macro);
    for (size_t c = 0; c < evaluation->category_count; c++)
        print_pck_row(out, "category", evaluation->categories[c].name, &evaluation->categories[c].all);
    fputc(']', out);
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

static void print_distances(const struct report *report)
{
    const struct results *results = &report->matched->results;
    size_t count = results->pairs < IMD_SAMPLE ? results->pairs : IMD_SAMPLE;
    const char *separator = "";

    fputs(", \"imd\": [", report->out);
    for (size_t i = 0; i < count; i++) {
        size_t pair = i * results->pairs / count;
        double best, second;
        if (results->chosen[pair] == GEOSC_UNDECIDED)
            continue;
        best_two(results, pair, &best, &second);
        if (!isfinite(second))
            continue;
        fprintf(report->out, "%s[%s, %s, %zu]", separator, number_general(best, 5).text, number_general(second, 5).text,
                pair);
        separator = ", ";
    }
    fputc(']', report->out);
}

static void print_poses(const struct report *report)
{
    const struct results *results = &report->matched->results;
    size_t chosen[GEOSC_UNDECIDED + 1] = {0};

    for (size_t p = 0; p < results->pairs; p++)
        chosen[results->chosen[p]]++;
    fputs(", \"poses\": {\"chosen\": [", report->out);
    for (size_t q = 0; q < results->candidates; q++)
        fprintf(report->out, "%s[\"%s\", %zu]", q ? ", " : "", geosc_pose_name(results->poses[q]), chosen[q]);
    fprintf(report->out, "], \"undecided\": %zu", chosen[GEOSC_UNDECIDED]);
    if (report->evaluation.has_truth)
        fprintf(report->out, ", \"right\": %zu, \"known\": %zu", report->evaluation.pose_right,
                report->evaluation.pose_known);
    fputc('}', report->out);
    print_distances(report);
}

/* ---- failed pairs -------------------------------------------------------------------------------- */

static void print_failed(const struct report *report)
{
    const struct catalog *catalog = &report->matched->catalog;
    const struct results *results = &report->matched->results;
    size_t listed = 0;

    fputs(", \"failed\": [", report->out);
    for (size_t p = 0; p < results->pairs && listed < FAILED_LISTED; p++) {
        if (results->status[p] == GEOSC_PAIR_OK)
            continue;
        fprintf(report->out, "%s{\"pair\": %zu, \"status\": \"%s\"", listed++ ? ", " : "", p,
                geosc_pair_status_name((enum geosc_pair_status)results->status[p]));
        if (catalog->image_name) {
            print_named_text(report->out, "source", catalog->image_name[catalog->source[p]]);
            print_named_text(report->out, "target", catalog->image_name[catalog->target[p]]);
        }
        if (catalog->category)
            print_named_text(report->out, "category", catalog->category[p]);
        fputc('}', report->out);
    }
    fputc(']', report->out);
}

/* ---- gallery ------------------------------------------------------------------------------------- */

static void print_base64(FILE *out, const unsigned char *bytes, size_t count)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

    for (size_t i = 0; i < count; i += 3) {
        size_t left = count - i;
        unsigned group =
            (unsigned)bytes[i] << 16 | (left > 1 ? (unsigned)bytes[i + 1] << 8 : 0) | (left > 2 ? bytes[i + 2] : 0);
        fputc(digits[group >> 18], out);
        fputc(digits[group >> 12 & 63], out);
        fputc(left > 1 ? digits[group >> 6 & 63] : '=', out);
        fputc(left > 2 ? digits[group & 63] : '=', out);
    }
}

static void print_view(FILE *out, const char *kind, const struct pair_view *view, double loss)
{
    char name[1024];

    fprintf(out, "{\"kind\": \"%s\", \"pair\": %zu, \"pose\": \"%s\"", kind, view->pair, geosc_pose_name(view->pose));
    view_side_describe(&view->source, name, sizeof name);
    print_named_text(out, "source", name);
    view_side_describe(&view->target, name, sizeof name);
    print_named_text(out, "target", name);
    print_named_text(out, "category", view->category);
    print_named_number(out, "loss", loss);
    fputs(", \"picture\": \"data:image/png;base64,", out);
}

static enum geosc_status print_picture(const struct report *report, const char *kind, size_t pair,
                                       const char *separator)
{
    const struct drawing drawing = {DRAW_PNG, report->request->side, report->request->alpha};
    geosc_context *context = report->context;
    const struct matched *matched = report->matched;
    struct draw_bytes bytes = {0};
    struct pair_view view = {0};
    enum geosc_status status;

    TRY(pair_view_load(context, &matched->catalog, &matched->results, pair, &view));
    TRY(draw_pair(context, &view, &drawing, &bytes));
    fputs(separator, report->out);
    print_view(report->out, kind, &view, pair_loss(&matched->catalog, &matched->results, pair));
    print_base64(report->out, bytes.data, bytes.count);
    fputs("\"}", report->out);
done:
    memory_free(bytes.data);
    pair_view_free(&view);
    return status;
}

/* Best, median and worst pairs: each pair once, all pairs if there are few. */
static enum geosc_status print_gallery(const struct report *report)
{
    static const char *const kinds[] = {"best", "median", "worst"};
    geosc_context *context = report->context;
    size_t *order = NULL, count = 0, each, next = 0;
    enum geosc_status status;

    TRY(pair_rank(context, &report->matched->catalog, &report->matched->results, NULL, &order, &count));
    each = size_smaller(report->request->gallery, (count + 2) / 3);
    fprintf(report->out, ", \"by_truth\": %s, \"gallery\": [",
            report->matched->catalog.target_keypoints && report->matched->results.rank == 1 ? "true" : "false");
    for (size_t kind = 0; kind < 3; kind++) {
        /* The kind's first place in the order; pairs that another kind has shown are skipped. */
        const size_t starts[] = {0, count / 2 - size_smaller(each / 2, count / 2), count - size_smaller(each, count)};
        size_t first = starts[kind];
        for (size_t i = first; i < first + each && i < count; i++) {
            if (i < next)
                continue;
            TRY(print_picture(report, kinds[kind], order[i], next ? ", " : ""));
            next = i + 1;
        }
    }
    fputc(']', report->out);
done:
    memory_free(order);
    return status;
}

/* ---- all together -------------------------------------------------------------------------------- */

static enum geosc_status judge(struct report *report)
{
    const struct catalog *catalog = &report->matched->catalog;
    const struct results *results = &report->matched->results;
    double alphas[STEPS];

    if ((!catalog->target_keypoints && !catalog->true_pose) || (catalog->target_keypoints && results->rank != 1))
        return GEOSC_OK;
    for (int i = 0; i < STEPS; i++)
        alphas[i] = (i + 1) / 100.0;
    if (evaluate(report->context, catalog, results, alphas, STEPS, &report->evaluation) != GEOSC_OK)
        return GEOSC_FAILED;
    matched_warn_of_truth(report->matched, &report->evaluation.outside);
    return GEOSC_OK;
}

enum geosc_status report_data(geosc_context *context, const struct matched *matched,
                              const struct report_request *request, FILE *out)
{
    struct report report = {.context = context, .matched = matched, .request = request, .out = out};
    enum geosc_status status;

    TRY(judge(&report));
    fputc('{', out);
    print_run(&report);
    print_pck(&report);
    print_poses(&report);
    print_failed(&report);
    TRY(print_gallery(&report));
    fputs(", \"summary\": ", out);
    json_string(out, request->summary);
    fputc('}', out);
done:
    evaluation_free(&report.evaluation);
    return status;
}
