/* Golden results: whole jobs on the small inputs of tests/golden, compared with the definitions in float64
 * (make_golden.py) within the tolerances of docs/computation.md, Precision. The output is read with plain HDF5. */
#include "base/options.h"
#include "h5/h5_make.h"
#include "naive.h"

/* A case: what to run, and its answers; xy is in the keypoints' units, `cell` the smallest cell in them. */
struct golden {
    const char *name, *input;
    bool model;
    const char *poses, *imd_kind, *pose_source;
    int window;
    double temperature;
    bool restrict_target;
    size_t pairs, candidates, answers;
    double cell;
    const double *imd, *chosen, *xy, *score;
};

#include "golden/answers.h"

enum { CASES = sizeof golden / sizeof *golden };

static const char *golden_path(const char *name)
{
    static char paths[4][SCRATCH_PATH];
    static unsigned next;
    const char *source = getenv("srcdir");
    char *path = paths[next++ % 4];

    snprintf(path, SCRATCH_PATH, "%s/tests/golden/%s.h5", source ? source : ".", name);
    return path;
}

static void expect_close(const struct golden *row, const char *isa, hid_t file, const char *path,
                         const double *expected, size_t count, double tolerance)
{
    double *found = malloc(count * sizeof *found);

    read_array(file, path, H5T_NATIVE_DOUBLE, count, found);
    for (size_t i = 0; i < count; i++)
        if (isnan(found[i]) != isnan(expected[i]) || fabs(found[i] - expected[i]) > tolerance)
            fail_msg("%s (%s): %s[%zu] is %.9g, not %.9g", row->name, isa, path, i, found[i], expected[i]);
    free(found);
}

/* The enum's values, and that its names are those of the candidates. */
static void expect_chosen(const struct golden *row, const struct geosc_options *options, hid_t file)
{
    unsigned char chosen[16];
    hid_t dataset = H5Dopen2(file, "/poses/chosen", H5P_DEFAULT), type = H5Dget_type(dataset);

    assert_int_equal(H5Tget_class(type), H5T_ENUM);
    assert_true(H5Dread(dataset, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, chosen) >= 0);
    for (size_t p = 0; p < row->pairs; p++) {
        char name[32];
        if ((double)chosen[p] != row->chosen[p])
            fail_msg("%s: pair %zu has pose %d, not %g", row->name, p, chosen[p], row->chosen[p]);
        assert_true(H5Tenum_nameof(type, &chosen[p], name, sizeof name) >= 0);
        assert_string_equal(name, geosc_pose_name(options->poses[chosen[p]]));
    }
    H5Tclose(type);
    H5Dclose(dataset);
}

static void set_options(const struct golden *row, struct geosc_options *options)
{
    char poses[128], *rest = poses;

    geosc_options_init(options);
    snprintf(poses, sizeof poses, "%s", row->poses);
    options->pose_count = 0;
    for (char *name; (name = strtok_r(rest, ",", &rest));)
        assert_true(pose_parse(name, &options->poses[options->pose_count++]));
    for (int kind = 0; kind < 3; kind++)
        if (strcmp(row->imd_kind, geosc_imd_name((enum geosc_imd)kind)) == 0)
            options->imd = (enum geosc_imd)kind;
    for (int source = 0; source < 3; source++)
        if (strcmp(row->pose_source, geosc_pose_source_name((enum geosc_pose_source)source)) == 0)
            options->pose_source = (enum geosc_pose_source)source;
    options->window = row->window;
    options->temperature = row->temperature;
    options->restrict_target = row->restrict_target;
    options->threads = 2;
    options->force = true;
}

static void check_case(const struct golden *row, const char *isa)
{
    const char *output = scratch_path("output.h5");
    struct geosc_options options;
    size_t answers = row->pairs * row->answers;

    set_options(row, &options);
    options.isa = isa;
    assert_int_equal(options.pose_count, row->candidates);
    assert_ok(geosc_match_file(context, golden_path(row->input), row->model ? golden_path("model") : NULL, output,
                               &options, NULL));
    hid_t file = H5Fopen(output, H5F_ACC_RDONLY, H5P_DEFAULT);
    assert_true(file >= 0);
    expect_close(row, isa, file, "/poses/imd", row->imd, row->pairs * row->candidates, 1e-5);
    expect_chosen(row, &options, file);
    expect_close(row, isa, file, "/matches/score", row->score, answers, 1e-5);
    expect_close(row, isa, file, "/matches/xy", row->xy, 2 * answers, 1e-3 * row->cell);
    H5Fclose(file);
}

static void test_cases(void **state)
{
    const char *isa;

    (void)state;
    for (size_t i = 0; (isa = usable_isa(i)); i++)
        for (size_t c = 0; c < CASES; c++)
            check_case(&golden[c], isa);
}

/* The refined features of stacked.h5's first source: within 1e-4 of the map's root mean square. */
static void test_refined(void **state)
{
    enum { C = 6, H = 4, W = 5, N = C * H * W };
    const double *const expected[] = {refined_none, refined_rot90};
    const enum geosc_pose poses[] = {GEOSC_POSE_NONE, GEOSC_POSE_ROT90};
    double stored[3 * N];
    float features[N], copy[N];
    geosc_model *model;
    const char *isa;

    (void)state;
    hid_t file = H5Fopen(golden_path("stacked"), H5F_ACC_RDONLY, H5P_DEFAULT);
    read_array(file, "/source", H5T_NATIVE_DOUBLE, 3 * N, stored);
    H5Fclose(file);
    for (size_t i = 0; i < N; i++)
        features[i] = (float)stored[i];
    assert_ok(geosc_model_load(context, golden_path("model"), &model));
    for (size_t i = 0; (isa = usable_isa(i)); i++)
        for (size_t p = 0; p < 2; p++) {
            geosc_map *map;
            double square = 0;
            assert_ok(geosc_configure(context, 2, isa));
            assert_ok(geosc_refine(context, model, features, C, H, W, poses[p], &map));
            geosc_map_copy(map, copy);
            for (size_t j = 0; j < N; j++)
                square += expected[p][j] * expected[p][j];
            for (size_t j = 0; j < N; j++)
                assert_true(fabs((double)copy[j] - expected[p][j]) <= 1e-4 * sqrt(square / N));
            geosc_map_free(map);
        }
    geosc_model_free(model);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_cases), cmocka_unit_test(test_refined)};

    return cmocka_run_group_tests_name("golden", tests, make_all, free_all);
}
