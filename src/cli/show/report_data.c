#include "show/report_data.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "draw/marks.h"
#include "input/failure.h"
#include "results/evaluate.h"
#include "show/json.h"
#include "show/report_columns.h"
#include "show/report_gallery.h"

enum {
    CHUNKS = REPORT_STEPS / MEASURE_ALPHAS, /* evaluations that have a curve's alphas together */
    TOLD_KEYPOINTS = 100                    /* of each output: pairs whose bad keypoint the page describes */
};

struct report {
    geosc_context *context;
    struct report_source source;
    struct json json;
    struct comparison curves[CHUNKS]; /* of one output only their first evaluation */
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

/* ---- why pairs failed --------------------------------------------------------------------------- */

/* In the words of geosc match: those of the first pairs with a bad keypoint, which name it, and of other kinds once. */
static void print_failures(struct report *report)
{
    const struct report_source *source = &report->source;
    struct json *json = &report->json;
    char words[600];

    json_array(json, "failures");
    for (size_t o = 0; o < source->outputs; o++) {
        const uint8_t *found = source->matched[o]->results.status;
        size_t told[GEOSC_PAIR_STATUSES] = {[GEOSC_PAIR_OK] = SIZE_MAX};
        for (size_t p = 0; p < source->catalog->pairs; p++) {
            if (told[found[p]] >= (found[p] == GEOSC_PAIR_BAD_KEYPOINT ? TOLD_KEYPOINTS : 1))
                continue;
            failure_describe(source->catalog, p, (enum geosc_pair_status)found[p], words, sizeof words);
            json_object(json, NULL);
            json_count(json, "output", o);
            json_count(json, "pair", p);
            json_printable(json, "words", words);
            json_end(json);
            told[found[p]]++;
        }
    }
    json_end(json);
}

/* ---- PCK ---------------------------------------------------------------------------------------- */

enum curve { CURVE_IMAGE, CURVE_LOW, CURVE_HIGH, CURVES };
enum {
    MIDDLE = REPORT_STEPS / 2 - 1, /* the step of the alpha that was asked for */
    CURVE_UNITS = 10000
};

/* One of an output's curves, per image, at every step; its bounds have the steps of the curve itself, which they
 * enclose. A curve never falls: it is written by how far it rises at each step, in 1 / CURVE_UNITS. */
static void print_curve(struct report *report, size_t output, size_t place, enum curve curve)
{
    static const char *const names[CURVES] = {"image", "low", "high"};

    double before = 0;

    json_array(&report->json, names[curve]);
    for (size_t i = 0; i < REPORT_STEPS; i++) {
        const struct evaluation *evaluation = &report->curves[i / MEASURE_ALPHAS].evaluations[output];
        const struct scores *scores = curve == CURVE_LOW    ? &evaluation->interval.low
                                      : curve == CURVE_HIGH ? &evaluation->interval.high
                                                            : &evaluation->scores;
        double height = round(CURVE_UNITS * scores_pck(scores, place)->share[PCK_PER_IMAGE][i % MEASURE_ALPHAS]);
        json_fixed(&report->json, NULL, height - before, 0);
        before = isnan(height) ? before : height;
    }
    json_end(&report->json);
}

/* What the page shows only at the alpha that was asked for. */
static void print_middle(struct json *json, const char *name, const struct scores *scores, size_t place,
                         enum pck_form form)
{
    json_fixed(json, name, scores_pck(scores, place)->share[form][MIDDLE % MEASURE_ALPHAS], 4);
}

/* The curves of all outputs for one group of pairs, and for two outputs the interval of their difference. */
static void print_pck_row(struct report *report, const char *kind, const char *name, size_t place)
{
    const struct report_source *source = &report->source;
    const struct comparison *middle = &report->curves[MIDDLE / MEASURE_ALPHAS];
    const struct pck *pck = scores_pck(&middle->evaluations[0].scores, place);
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
        for (enum curve curve = CURVE_IMAGE; curve < CURVES; curve++)
            print_curve(report, o, place, curve);
        print_middle(json, "point", &middle->evaluations[o].scores, place, PCK_PER_POINT);
        json_end(json);
    }
    json_end(json);
    if (source->outputs > 1) {
        print_middle(json, "low", &middle->interval.low, place, PCK_PER_IMAGE);
        print_middle(json, "high", &middle->interval.high, place, PCK_PER_IMAGE);
    }
    json_end(json);
}

static void print_pck(struct report *report)
{
    const struct evaluation *evaluation = &report->curves[0].evaluations[0];
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

static enum geosc_status find_curves(struct report *report)
{
    const struct report_source *source = &report->source;
    const struct results *const results[REPORT_OUTPUTS] = {&source->matched[0]->results,
                                                           source->outputs > 1 ? &source->matched[1]->results : NULL};
    struct evaluate_request request = {.measure.alpha_count = MEASURE_ALPHAS, .intervals = true};
    geosc_context *context = report->context;
    enum geosc_status status = GEOSC_OK;

    for (size_t chunk = 0; chunk < CHUNKS; chunk++) {
        struct comparison *curve = &report->curves[chunk];
        for (size_t a = 0; a < MEASURE_ALPHAS; a++)
            request.measure.alphas[a] = report_alpha(source->request, chunk * MEASURE_ALPHAS + a + 1);
        TRY(source->outputs > 1 ? evaluate_both(context, source->catalog, results, &request, curve)
                                : evaluate(context, source->catalog, results[0], &request, &curve->evaluations[0]));
    }
done:
    return status;
}

static enum geosc_status judge(struct report *report)
{
    enum geosc_status status;

    if (!report_has_truth(&report->source))
        return GEOSC_OK;
    TRY(find_curves(report));
    matched_warn_of_truth(report->source.matched[0], &report->curves[0].evaluations[0].outside);
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
    print_failures(report);
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
        .json = {.out = json, .tight = true},
    };
    TRY(scores_create(context, report->source.catalog, 1, &report->source.names));
    TRY(print_all(report, elements));
done:
    if (report) {
        for (size_t chunk = 0; chunk < CHUNKS; chunk++)
            comparison_free(&report->curves[chunk]);
        scores_free(&report->source.names);
    }
    memory_free(report);
    return status;
}
