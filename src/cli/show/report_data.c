#include "show/report_data.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "draw/marks.h"
#include "results/evaluate.h"
#include "show/json.h"
#include "show/report_columns.h"
#include "show/report_gallery.h"

enum {
    CHUNKS = REPORT_STEPS / MEASURE_ALPHAS, /* evaluations that have a curve's alphas together */
    EVERY = REPORT_STEPS / MEASURE_ALPHAS   /* steps from one interval to the next */
};

struct report {
    geosc_context *context;
    struct report_source source;
    struct json json;
    struct comparison intervals; /* at every EVERY-th alpha; of one output only its first evaluation */
    struct evaluation curves[REPORT_OUTPUTS][CHUNKS];
};

/* ---- what was run ------------------------------------------------------------------------------- */

static void print_range(struct json *json, const char *name, const size_t range[2])
{
    json_array(json, name);
    json_count(json, NULL, range[0]);
    json_count(json, NULL, range[1]);
    json_end(json);
}

static void print_run(struct json *json, const struct report *report)
{
    const struct catalog *catalog = report->source.catalog;
    size_t height[2], width[2];

    catalog_grids(catalog, height, width);
    json_object(json, "run");
    json_count(json, "pairs", catalog->pairs);
    json_count(json, "images", catalog->images);
    json_count(json, "channels", catalog->channels);
    print_range(json, "height", height);
    print_range(json, "width", width);
    json_count(json, "keypoints", catalog->keypoints);
    json_printable(json, "input", report->source.matched[0]->identity.input_name);
    json_printable(json, "threshold", measure_threshold_name(catalog, MEASURE_STORED));
    json_truth(json, "judged", report_has_truth(&report->source));
    json_truth(json, "partners", catalog->mirror_index != NULL);
    json_truth(json, "photographs", catalog->has_rgb);
    json_end(json);
}

static void print_output(struct json *json, const struct report *report, size_t output)
{
    const struct matched *matched = report->source.matched[output];
    const struct results *results = &matched->results;
    const char *slash = strrchr(matched->output, '/');
    char model[16];

    snprintf(model, sizeof model, "%08x", (unsigned)matched->identity.model_crc32);
    json_object(json, NULL);
    json_printable(json, "name", slash ? slash + 1 : matched->output);
    json_printable(json, "options", matched->identity.options);
    json_printable(json, "isa_class", matched->identity.isa_class);
    json_printable(json, "version", matched->identity.version);
    json_text(json, "model", matched->identity.has_model ? model : NULL);
    json_count(json, "heat", results->rank == 1 ? results->heat_side : 0);
    json_truth(json, "mutual", results->rank == 1 && results->mutual);
    json_array(json, "poses");
    for (size_t q = 0; q < results->candidates; q++)
        json_text(json, NULL, geosc_pose_name(results->poses[q]));
    json_end(json);
    json_end(json);
}

static void print_outputs(struct json *json, const struct report *report)
{
    json_array(json, "outputs");
    for (size_t o = 0; o < report->source.outputs; o++)
        print_output(json, report, o);
    json_end(json);
    json_array(json, "statuses");
    for (int i = 0; i < GEOSC_PAIR_STATUSES; i++)
        json_text(json, NULL, geosc_pair_status_name((enum geosc_pair_status)i));
    json_end(json);
    json_array(json, "poses");
    for (int i = 0; i < GEOSC_POSES; i++)
        json_text(json, NULL, geosc_pose_name((enum geosc_pose)i));
    json_end(json);
    json_array(json, "alphas");
    for (size_t i = 1; i <= REPORT_STEPS; i++)
        json_number(json, NULL, report_alpha(report->source.request, i));
    json_end(json);
}

static void print_colour(struct json *json, const unsigned char colour[3])
{
    char text[8];

    snprintf(text, sizeof text, "#%02x%02x%02x", colour[0], colour[1], colour[2]);
    json_text(json, NULL, text);
}

/* The colours of marks.h: of few keypoints, and at the places of a grid. */
static void print_colours(struct json *json)
{
    json_array(json, "palette");
    for (int i = 0; i < MARK_COLOURS; i++)
        print_colour(json, mark_palette[i]);
    json_end(json);
    json_array(json, "grid");
    for (int i = 0; i < 6; i++)
        print_colour(json, mark_grid[i / 3][i % 3]);
    json_end(json);
}

/* ---- names -------------------------------------------------------------------------------------- */

/* Images without names are numbered; those of a stacked file, sources and targets apart. */
static void print_images(struct json *json, const struct catalog *catalog)
{
    if (!catalog->image_name) {
        json_text(json, "images", NULL);
        json_count(json, "first_target", catalog->indexed ? 0 : catalog->sets[1].first);
        return;
    }
    json_array(json, "images");
    for (size_t i = 0; i < catalog->images; i++)
        json_printable(json, NULL, catalog->image_name[i]);
    json_end(json);
}

static void print_keypoint_names(struct json *json, const struct report_source *source)
{
    const size_t groups = size_larger(1, source->names.category_count);

    json_array(json, "keypoint_names");
    for (size_t g = 0; g < groups && catalog_names_keypoints(source->catalog); g++) {
        json_array(json, NULL);
        for (size_t k = 0; k < source->catalog->keypoints; k++)
            json_printable(json, NULL,
                           catalog_keypoint_name(source->catalog,
                                                 source->catalog->category ? source->names.categories[g].name : NULL,
                                                 k));
        json_end(json);
    }
    json_end(json);
}

static void print_names(struct json *json, const struct report_source *source)
{
    print_images(json, source->catalog);
    json_array(json, "categories");
    for (size_t c = 0; c < source->names.category_count; c++)
        json_printable(json, NULL, source->names.categories[c].name);
    json_end(json);
    print_keypoint_names(json, source);
}

/* ---- PCK ---------------------------------------------------------------------------------------- */

static void print_bounds(struct json *json, const char *name, const struct scores *scores, size_t place)
{
    json_array(json, name);
    for (size_t a = 0; a < MEASURE_ALPHAS; a++)
        json_fixed(json, NULL, scores_pck(scores, place)->share[PCK_PER_IMAGE][a], 4);
    json_end(json);
}

static void print_curve(struct json *json, const char *name, const struct evaluation *curves, size_t place,
                        enum pck_form form)
{
    json_array(json, name);
    for (size_t i = 0; i < REPORT_STEPS; i++)
        json_fixed(json, NULL, scores_pck(&curves[i / MEASURE_ALPHAS].scores, place)->share[form][i % MEASURE_ALPHAS],
                   4);
    json_end(json);
}

/* The curves of all outputs for one group of pairs, and for two outputs the interval of their difference. */
static void print_pck_row(struct report *report, const char *kind, const char *name, size_t place)
{
    const struct report_source *source = &report->source;
    const struct pck *pck = scores_pck(&report->curves[0][0].scores, place);
    struct json *json = &report->json;

    if (pck->points == 0)
        return;
    json_object(json, NULL);
    json_text(json, "kind", kind);
    json_printable(json, "name", name);
    json_count(json, "points", pck->points);
    json_count(json, "pairs", pck->pairs);
    json_array(json, "outputs");
    for (size_t o = 0; o < source->outputs; o++) {
        json_object(json, NULL);
        print_curve(json, "image", report->curves[o], place, PCK_PER_IMAGE);
        print_curve(json, "point", report->curves[o], place, PCK_PER_POINT);
        print_bounds(json, "low", &report->intervals.evaluations[o].interval.low, place);
        print_bounds(json, "high", &report->intervals.evaluations[o].interval.high, place);
        json_end(json);
    }
    json_end(json);
    if (source->outputs > 1) {
        print_bounds(json, "low", &report->intervals.interval.low, place);
        print_bounds(json, "high", &report->intervals.interval.high, place);
    }
    json_end(json);
}

static void print_pck(struct report *report)
{
    const struct evaluation *evaluation = &report->curves[0][0];
    struct json *json = &report->json;

    json_array(json, "pck");
    if (evaluation->has_points) {
        print_pck_row(report, "all", "all", SCORES_ALL);
        if (evaluation->has_geometry)
            print_pck_row(report, "subset", "geometry-aware", SCORES_GEOMETRY);
        if (evaluation->has_categories)
            print_pck_row(report, "macro", "mean of categories", SCORES_MACRO);
        for (size_t c = 0; c < evaluation->scores.category_count; c++)
            print_pck_row(report, "category", evaluation->scores.categories[c].name,
                          SCORES_CATEGORIES + c * MEASURE_SUBSETS);
    }
    json_end(json);
}

static enum geosc_status find_intervals(struct report *report)
{
    const struct report_source *source = &report->source;
    const struct results *const results[REPORT_OUTPUTS] = {&source->matched[0]->results,
                                                           source->outputs > 1 ? &source->matched[1]->results : NULL};
    struct evaluate_request request = {.measure.alpha_count = MEASURE_ALPHAS, .intervals = true};

    for (size_t a = 0; a < MEASURE_ALPHAS; a++)
        request.measure.alphas[a] = report_alpha(source->request, (a + 1) * EVERY);
    if (source->outputs > 1)
        return evaluate_both(report->context, source->catalog, results, &request, &report->intervals);
    return evaluate(report->context, source->catalog, results[0], &request, &report->intervals.evaluations[0]);
}

static enum geosc_status find_curves(struct report *report)
{
    const struct report_source *source = &report->source;
    struct evaluate_request request = {.measure.alpha_count = MEASURE_ALPHAS};
    geosc_context *context = report->context;
    enum geosc_status status = GEOSC_OK;

    for (size_t o = 0; o < source->outputs; o++)
        for (size_t chunk = 0; chunk < CHUNKS; chunk++) {
            for (size_t a = 0; a < MEASURE_ALPHAS; a++)
                request.measure.alphas[a] = report_alpha(source->request, chunk * MEASURE_ALPHAS + a + 1);
            TRY(evaluate(context, source->catalog, &source->matched[o]->results, &request, &report->curves[o][chunk]));
        }
done:
    return status;
}

static enum geosc_status judge(struct report *report)
{
    enum geosc_status status;

    if (!report_has_truth(&report->source))
        return GEOSC_OK;
    TRY(find_intervals(report));
    TRY(find_curves(report));
    matched_warn_of_truth(report->source.matched[0], &report->curves[0][0].outside);
done:
    return status;
}

/* ---- all together ------------------------------------------------------------------------------- */

static enum geosc_status print_all(struct report *report, FILE *elements)
{
    geosc_context *context = report->context;
    struct json *json = &report->json;
    enum geosc_status status;

    TRY(judge(report));
    json_object(json, NULL);
    print_run(json, report);
    print_outputs(json, report);
    print_names(json, &report->source);
    print_colours(json);
    print_pck(report);
    fputs("<script type=\"text/plain\" id=\"columns\">", elements);
    TRY(report_columns(context, &report->source, json, elements));
    fputs("</script>\n", elements);
    TRY(report_gallery(context, &report->source, json, elements));
    json_text(json, "summary", report->source.request->summary);
    json_end(json);
done:
    return status;
}

enum geosc_status report_data(geosc_context *context, const struct matched *matched, const struct matched *other,
                              const struct report_request *request, FILE *json, FILE *elements)
{
    struct report *report = NULL;
    enum geosc_status status;

    TRY(memory_allocate_zero(context, &report, 1, sizeof *report, "the page")); /* too large for the stack */
    *report = (struct report){
        .context = context,
        .source = {request, &matched->catalog, other ? REPORT_OUTPUTS : 1, {matched, other}, {0}},
        .json = {.out = json},
    };
    TRY(scores_create(context, report->source.catalog, 1, &report->source.names));
    TRY(print_all(report, elements));
done:
    if (report) {
        comparison_free(&report->intervals);
        for (size_t o = 0; o < REPORT_OUTPUTS; o++)
            for (size_t chunk = 0; chunk < CHUNKS; chunk++)
                evaluation_free(&report->curves[o][chunk]);
        scores_free(&report->source.names);
    }
    memory_free(report);
    return status;
}
