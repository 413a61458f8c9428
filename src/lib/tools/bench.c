#include "tools/bench.h"

#include "base/clock.h"
#include "base/random.h"
#include "base/sort.h"
#include "maps/imd.h"
#include "maps/match.h"
#include "network/refine.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum {
    ROUNDS_MOST = 99,
    TENSORS = 15,              /* of one block */
    PEAK_ITERATIONS = 1000000, /* takes some tens of milliseconds */
    STREAM_FLOATS = 1 << 24    /* 64 MB: larger than one core's share of any last-level cache */
};

/* Data for the stages. */
struct setting {
    geosc_context *context;
    const struct bench_options *options;
    float *features[2]; /* raw [channels][cells]: an image, and an unrelated one */
    uint32_t *straight; /* cells in order */
    geosc_model *model;
    struct convolution direct;        /* a 3x3 like the model's, which may run by Winograd */
    geosc_map *source, *copy, *other; /* refined maps: the image, a noisy copy, the unrelated image */
    geosc_map *work;                  /* refined repeatedly */
    float *stream[2];
    struct refine_scratch refine;
    struct imd_scratch imd;
    struct match_scratch match;
    float (*xy)[2], *score;
    uint32_t *queries;
};

void bench_options_init(struct bench_options *options)
{
    *options = (struct bench_options){.channels = 1536,
                                      .height = 60,
                                      .width = 60,
                                      .hidden = 768,
                                      .blocks = 4,
                                      .poses = 4,
                                      .keypoints = 20,
                                      .rounds = 5};
}

/* ---- input --------------------------------------------------------------------------------------- */

static void fill_normal(float *values, size_t count, double deviation, uint64_t number)
{
    struct random_stream stream = random_stream(0, 1, number);

    for (size_t i = 0; i < count; i++)
        values[i] = (float)(random_normal(&stream) * deviation / RANDOM_NORMAL_DEVIATION);
}

/* Channels that vary slowly over the image, like features of photographs: coarse noise, enlarged, plus a little fine
 * noise. */
static void make_features(const struct bench_options *options, uint64_t number, float *out)
{
    enum { COARSE = 4 };
    size_t width = options->width / COARSE + 2, height = options->height / COARSE + 2;
    struct random_stream stream = random_stream(0, 2, number);

    for (size_t c = 0; c < options->channels; c++) {
        struct random_stream coarse = random_stream(number, 3, c);
        float *rows = out + c * options->height * options->width;
        uint64_t seed = coarse.state;
        for (size_t y = 0; y < options->height; y++)
            for (size_t x = 0; x < options->width; x++) {
                double sum = 0, fx = (double)(x % COARSE) / COARSE, fy = (double)(y % COARSE) / COARSE;
                for (size_t corner = 0; corner < 4; corner++) {
                    size_t cx = x / COARSE + corner % 2, cy = y / COARSE + corner / 2;
                    struct random_stream knot = random_stream(seed, cy % height, cx % width);
                    sum += (corner % 2 ? fx : 1 - fx) * (corner / 2 ? fy : 1 - fy) * random_normal(&knot);
                }
                rows[y * options->width + x] = (float)((sum + 0.3 * random_normal(&stream)) / RANDOM_NORMAL_DEVIATION);
            }
    }
}

static enum geosc_status make_model(geosc_context *context, const struct bench_options *options, geosc_model **model,
                                    struct convolution *direct)
{
    static const struct {
        const char *key;
        int shape; /* convolution 0, 3, 6: its weights; else a vector of that layer's outputs */
    } rows[TENSORS] = {{"0.weight", 0},        {"1.weight", 10},       {"1.bias", 11},       {"1.running_mean", 11},
                       {"1.running_var", 10},  {"3.weight", 3},        {"4.weight", 10},     {"4.bias", 11},
                       {"4.running_mean", 11}, {"4.running_var", 10},  {"6.weight", 6},      {"7.weight", 12},
                       {"7.bias", 13},         {"7.running_mean", 13}, {"7.running_var", 12}};
    size_t C = options->channels, H = options->hidden, count = options->blocks * TENSORS, vector = C > H ? C : H;
    enum geosc_status status;
    struct geosc_tensor *tensors = NULL;
    char(*keys)[48] = NULL;
    float *values = NULL, *ones, *zeros, *weights[3];
    bool finite;

    TRY(memory_allocate(context, &tensors, count, sizeof *tensors, "a model"));
    TRY(memory_allocate(context, &keys, count, sizeof *keys, "a model"));
    TRY(memory_allocate(context, &values, 2 * vector + 2 * C * H + 9 * H * H, sizeof(float), "a model"));
    ones = values;
    zeros = ones + vector;
    weights[0] = zeros + vector;
    weights[1] = weights[0] + C * H;
    weights[2] = weights[1] + 9 * H * H;
    for (size_t i = 0; i < vector; i++) {
        ones[i] = 1;
        zeros[i] = 0;
    }
    fill_normal(weights[0], C * H, sqrt(2.0 / (double)C), 10);
    fill_normal(weights[1], 9 * H * H, sqrt(2.0 / (9.0 * (double)H)), 11);
    fill_normal(weights[2], C * H, 0.5 * sqrt(2.0 / (double)H), 12);
    for (size_t i = 0; i < count; i++) {
        int shape = rows[i % TENSORS].shape;
        size_t outputs = shape == 6 || shape > 11 ? C : H, inputs = shape == 0 ? C : H, side = shape == 3 ? 3 : 1;
        bool weight = shape < 10;
        snprintf(keys[i], sizeof keys[i], "blocks.%zu.net.%s", i / TENSORS, rows[i % TENSORS].key);
        tensors[i] = (struct geosc_tensor){.key = keys[i],
                                           .rank = weight ? 4 : 1,
                                           .dims = {outputs, inputs, side, side},
                                           .data = weight      ? weights[shape / 3]
                                                   : shape % 2 ? zeros
                                                               : ones};
    }
    TRY(geosc_model_from_tensors(context, tensors, count, model));
    *direct = (struct convolution){.inputs = H, .outputs = H, .taps = 9};
    TRY(convolution_create(context, weights[1], NULL, direct, &finite));
done:
    memory_free(tensors);
    memory_free(keys);
    memory_free(values);
    return status;
}

static void load_map(const struct setting *setting, const float *features, geosc_map *map)
{
    map_fill(map, features, map->cells, setting->straight, 0, map->channels);
}

static enum geosc_status make_map(struct setting *setting, const float *features, geosc_map **map)
{
    const struct bench_options *options = setting->options;
    enum geosc_status status;
    bool finite;

    TRY(map_create(setting->context, options->channels, options->height, options->width, map));
    load_map(setting, features, *map);
    TRY(refine(setting->context, setting->model, &(struct refine_job){.map = *map}, 1, &setting->refine, &finite));
done:
    return status;
}

static enum geosc_status make_setting(struct setting *setting)
{
    const struct bench_options *options = setting->options;
    geosc_context *context = setting->context;
    size_t cells = options->height * options->width, floats = options->channels * cells;
    enum geosc_status status;
    float *noise = NULL;

    TRY(memory_allocate(context, &setting->straight, cells, sizeof(uint32_t), "an image"));
    for (size_t i = 0; i < cells; i++)
        setting->straight[i] = (uint32_t)i;
    for (int i = 0; i < 2; i++) {
        TRY(memory_allocate(context, &setting->features[i], floats, sizeof(float), "an image"));
        TRY(memory_allocate_zero(context, &setting->stream[i], STREAM_FLOATS, sizeof(float), "a stream"));
        make_features(options, (uint64_t)i, setting->features[i]);
    }
    TRY(memory_allocate(context, &noise, floats, sizeof(float), "an image"));
    fill_normal(noise, floats, 0.2, 20);
    for (size_t i = 0; i < floats; i++)
        noise[i] += setting->features[0][i];
    TRY(make_model(context, options, &setting->model, &setting->direct));
    TRY(make_map(setting, setting->features[0], &setting->source));
    TRY(make_map(setting, noise, &setting->copy));
    TRY(make_map(setting, setting->features[1], &setting->other));
    TRY(make_map(setting, setting->features[0], &setting->work));
    TRY(memory_allocate(context, &setting->xy, options->keypoints, sizeof *setting->xy, "answers"));
    TRY(memory_allocate(context, &setting->score, options->keypoints, sizeof(float), "answers"));
    TRY(memory_allocate(context, &setting->queries, options->keypoints, sizeof(uint32_t), "queries"));
    for (size_t k = 0; k < options->keypoints; k++)
        setting->queries[k] = (uint32_t)(k * 977 % cells);
done:
    memory_free(noise);
    return status;
}

static void free_setting(struct setting *setting)
{
    for (int i = 0; i < 2; i++) {
        memory_free(setting->features[i]);
        memory_free(setting->stream[i]);
    }
    memory_free(setting->straight);
    geosc_model_free(setting->model);
    convolution_free(&setting->direct);
    geosc_map_free(setting->source);
    geosc_map_free(setting->copy);
    geosc_map_free(setting->other);
    geosc_map_free(setting->work);
    refine_scratch_free(&setting->refine);
    imd_scratch_free(&setting->imd);
    match_scratch_free(&setting->match);
    memory_free(setting->xy);
    memory_free(setting->score);
    memory_free(setting->queries);
}

/* ---- stages: each does its work once ------------------------------------------------------------- */

static enum geosc_status run_fma(struct setting *setting)
{
#pragma omp parallel num_threads(setting->context->threads)
    setting->context->kernels->peak(PEAK_ITERATIONS);
    return GEOSC_OK;
}

static enum geosc_status run_int8(struct setting *setting)
{
#pragma omp parallel num_threads(setting->context->threads)
    setting->context->kernels->peak_int8(PEAK_ITERATIONS);
    return GEOSC_OK;
}

static enum geosc_status run_stream(struct setting *setting)
{
    const float *in = setting->stream[0];
    float *out = setting->stream[1];

#pragma omp parallel for schedule(static) num_threads(setting->context->threads)
    for (size_t i = 0; i < STREAM_FLOATS; i++)
        out[i] = 0.5f * in[i];
    return GEOSC_OK;
}

static struct layer_item item_of(const struct setting *setting, const float *in, float *out)
{
    const geosc_map *map = setting->work;

    return (struct layer_item){in, out, map->height, map->width, map->cells, map->panels};
}

static enum geosc_status run_reduce(struct setting *setting)
{
    struct layer_item item = item_of(setting, setting->work->values, setting->refine.hidden[0]);

    convolution_pointwise(setting->context, &setting->model->blocks[0].reduce, &item, 1, false);
    return GEOSC_OK;
}

static enum geosc_status run_direct(struct setting *setting)
{
    struct layer_item item = item_of(setting, setting->refine.hidden[0], setting->refine.hidden[1]);

    convolution_direct(setting->context, &setting->direct, &item, 1, true, setting->refine.desks);
    return GEOSC_OK;
}

static enum geosc_status run_winograd(struct setting *setting)
{
    const struct bottleneck *block = &setting->model->blocks[0];
    struct layer_item item = item_of(setting, setting->refine.hidden[0], setting->refine.hidden[1]);

    if (block->winograd.weights)
        winograd_convolve(setting->context, &block->winograd, block->spatial.bias, true, &item, 1,
                          setting->refine.winograd);
    return GEOSC_OK;
}

static enum geosc_status run_refine(struct setting *setting)
{
    bool finite;

    load_map(setting, setting->features[0], setting->work);
    return refine(setting->context, setting->model, &(struct refine_job){.map = setting->work}, 1, &setting->refine,
                  &finite);
}

static enum geosc_status score(struct setting *setting, const geosc_map *target, bool in_fp32)
{
    struct imd_job job = {.source = setting->source};

    setting->context->scores_in_fp32 = in_fp32;
    enum geosc_status status = imd_compute(setting->context, &job, 1, target, NULL, GEOSC_IMD_SQUARED, &setting->imd);
    setting->context->scores_in_fp32 = false;
    return status;
}

static enum geosc_status run_imd_fp32(struct setting *setting)
{
    return score(setting, setting->other, true);
}

static enum geosc_status run_imd(struct setting *setting)
{
    return score(setting, setting->other, false);
}

static enum geosc_status run_match(struct setting *setting)
{
    struct geosc_options options;

    geosc_options_init(&options);
    return match_find(setting->context,
                      &(struct matching){.source = setting->source,
                                         .target = setting->copy,
                                         .options = &options,
                                         .scratch = &setting->match,
                                         .answers = {.xy = setting->xy, .score = setting->score}},
                      &(struct match_queries){.cells = setting->queries, .count = setting->options->keypoints});
}

/* ---- measuring ----------------------------------------------------------------------------------- */

/* Work of one run: operations (a multiply-add counts as two), or bytes. */
static double work_stream(const struct bench_options *options)
{
    (void)options;
    return 3.0 * STREAM_FLOATS * sizeof(float); /* read, and write preceded by a read of its line */
}

static double cells_of(const struct bench_options *options)
{
    return (double)options->height * (double)options->width;
}

static double work_pointwise(const struct bench_options *options)
{
    return 2 * cells_of(options) * (double)options->channels * (double)options->hidden;
}

static double work_spatial(const struct bench_options *options)
{
    return 18 * cells_of(options) * (double)options->hidden * (double)options->hidden;
}

static double work_refine(const struct bench_options *options)
{
    return (double)options->blocks * (2 * work_pointwise(options) + work_spatial(options));
}

static double work_imd(const struct bench_options *options)
{
    return 2 * cells_of(options) * cells_of(options) * (double)options->channels;
}

static double work_match(const struct bench_options *options)
{
    return 2 * cells_of(options) * (double)options->keypoints * (double)options->channels;
}

static const struct stage {
    const char *name, *what;
    enum bench_limit limit;
    enum geosc_status (*run)(struct setting *);
    double (*work)(const struct bench_options *); /* NULL: a peak, whose kernel returns the work of each thread */
} stages[BENCH_STAGES] = {
    {"fma", "fused multiply-adds in registers: the peak", BENCH_FMA, run_fma, NULL},
    {"int8", "products of bytes in registers: the peak", BENCH_INT8, run_int8, NULL},
    {"stream", "through memory: the peak", BENCH_MEMORY, run_stream, work_stream},
    {"pointwise", "1x1 convolution", BENCH_FMA, run_reduce, work_pointwise},
    {"direct", "3x3 convolution, direct", BENCH_FMA, run_direct, work_spatial},
    {"winograd", "3x3 convolution, Winograd", BENCH_FMA, run_winograd, work_spatial},
    {"refine", "post-processor, one image", BENCH_FMA, run_refine, work_refine},
    {"imd-fp32", "IMD of one pose, all in fp32", BENCH_FMA, run_imd_fp32, work_imd},
    {"imd", "IMD of one pose, as a run does it", BENCH_INT8, run_imd, work_imd},
    {"match", "keypoints of one pair", BENCH_FMA, run_match, work_match},
    {NULL, NULL, BENCH_FMA, NULL, NULL},
};

/* Amdahl's law from one and two threads: T2 / T1 = s + (1 - s) / 2. */
static void predict(struct bench_stage *stage, double two)
{
    double serial = 2 * two / stage->seconds_one - 1;

    stage->serial_share = serial < 0 ? 0 : serial > 1 ? 1 : serial;
    stage->speedup_16 = 1 / (stage->serial_share + (1 - stage->serial_share) / 16);
    stage->speedup_64 = 1 / (stage->serial_share + (1 - stage->serial_share) / 64);
}

/* Whether a stage exists for this instruction set and network. */
static bool stage_runs(const struct setting *setting, const struct stage *stage)
{
    if (stage->run == run_winograd)
        return setting->model->blocks[0].winograd.weights != NULL;
    return stage->name && (stage->run != run_int8 || setting->context->kernels->peak_int8);
}

/* Runs all stages in turn, `rounds` times, with 1, 2 and all threads: a slow moment of the machine affects all of
 * them. */
static enum geosc_status measure(struct setting *setting, const struct bench_options *options, int threads,
                                 double (*times)[3][ROUNDS_MOST])
{
    enum geosc_status status = GEOSC_OK;
    int counts[3] = {1, threads > 1 ? 2 : 1, threads};

    for (size_t round = 0; round < options->rounds; round++)
        for (size_t s = 0; s < BENCH_STAGES; s++)
            for (int t = 0; t < 3 && stage_runs(setting, &stages[s]); t++) {
                if (t > 0 && counts[t] == counts[t - 1]) {
                    times[s][t][round] = times[s][t - 1][round];
                    continue;
                }
                setting->context->threads = counts[t];
                double since = clock_seconds();
                TRY(stages[s].run(setting));
                TRY(check_stop(setting->context));
                times[s][t][round] = clock_seconds() - since;
            }
done:
    setting->context->threads = threads;
    return status;
}

/* Work of one thread in a run of a peak stage. */
static double peak_work(const struct setting *setting, const struct stage *stage)
{
    const struct kernels *kernels = setting->context->kernels;

    return (stage->run == run_int8 ? kernels->peak_int8 : kernels->peak)(PEAK_ITERATIONS);
}

static void summarise(const struct bench_options *options, const struct setting *setting,
                      double (*times)[3][ROUNDS_MOST], struct bench_result *result)
{
    for (size_t s = 0; s < BENCH_STAGES; s++) {
        struct bench_stage *stage = &result->stages[result->stage_count];
        if (!stage_runs(setting, &stages[s]))
            continue;
        result->stage_count++;
        *stage = (struct bench_stage){.name = stages[s].name,
                                      .what = stages[s].what,
                                      .limit = stages[s].limit,
                                      .serial_share = NAN,
                                      .speedup_16 = NAN,
                                      .speedup_64 = NAN};
        stage->seconds_one = sort_median(times[s][0], options->rounds);
        stage->seconds = sort_median(times[s][2], options->rounds);
        stage->work = stages[s].work ? stages[s].work(options) : peak_work(setting, &stages[s]) * result->threads;
        if (result->threads > 1 && stages[s].work)
            predict(stage, sort_median(times[s][1], options->rounds));
        if (!stages[s].work || stages[s].run == run_stream)
            result->peak[stage->limit] = stage->work / stage->seconds;
        if (stage->limit == BENCH_INT8 && result->peak[BENCH_INT8] == 0)
            stage->limit = BENCH_FMA; /* without int8 it runs in fp32 */
    }
}

static enum geosc_status count_candidates(struct setting *setting, struct bench_result *result)
{
    enum geosc_status status;
    struct {
        const char *name;
        const geosc_map *target;
    } cases[BENCH_CASES] = {{"a noisy copy", setting->copy}, {"an unrelated image", setting->other}};

    for (int i = 0; i < BENCH_CASES; i++) {
        setting->imd.search.statistics = (struct nearest_statistics){0};
        TRY(score(setting, cases[i].target, false));
        result->candidates[i].name = cases[i].name;
        result->candidates[i].statistics = setting->imd.search.statistics;
    }
done:
    return status;
}

enum geosc_status bench_run(geosc_context *context, const struct bench_options *options, struct bench_result *result)
{
    enum geosc_status status;
    struct setting setting = {.context = context, .options = options};
    double(*times)[3][ROUNDS_MOST] = NULL;

    *result = (struct bench_result){.options = *options};
    if (options->rounds < 1 || options->rounds > ROUNDS_MOST)
        return fail(context, GEOSC_BAD_USAGE, "rounds: 1 to %d, not %zu", ROUNDS_MOST, options->rounds);
    TRY(geosc_configure(context, options->threads, options->isa));
    result->threads = context->threads;
    result->isa = context->kernels->name;
    TRY(memory_allocate(context, &times, BENCH_STAGES, sizeof *times, "times"));
    TRY(make_setting(&setting));
    TRY(measure(&setting, options, context->threads, times)); /* warms up caches and clocks */
    TRY(measure(&setting, options, context->threads, times));
    summarise(options, &setting, times, result);
    TRY(count_candidates(&setting, result));
done:
    free_setting(&setting);
    memory_free(times);
    return status;
}
