#include "maps/nearest.h"

#include <math.h>
#include <stdatomic.h>
#include <string.h>

#include "base/guard.h"
#include "base/share.h"

enum {
    CHANNELS_WORTH_IT = 64, /* below this, rounding and rescoring cost more than int8 saves */
    CHANNEL_BLOCK = 256,    /* channels of a unit of work for the means: a kilobyte of each row */
    GROUP = 4,              /* source panels searched together in fp32, for each gathered target panel */
    ROW_MOST = 1024,        /* most candidates examined for one row */
    QUEUE = 64,             /* pairs scored in one call */
    /* a panel is recomputed in fp32 if more than one in SHARE_MOST of its pairs are candidates: a single pair costs 10
     * to 15 times as much as a pair in a tile, and int8 no longer pays */
    SHARE_MOST = 40,
    FIRST_PANELS = 4, /* tried with int8 before the first look at how many of them were given up */
};

/* Data of one call. */
struct search {
    const geosc_context *context;
    const struct cell_set *sources, *target;
    size_t count, channels, units;
    struct nearest_scratch *scratch;
    int32_t *const *index;
    double slack; /* largest error of an fp32 score */
    bool int8;
    size_t first; /* unit of the present wave */
    size_t thread_bytes;
    atomic_size_t left;                   /* units in scratch->left */
    atomic_size_t rows, candidates, most; /* statistics */
};

/* Pairs of a source row and a target row that wait for their scores. */
struct queue {
    size_t count;
    const float *a[QUEUE], *b[QUEUE];
    int32_t place[QUEUE]; /* of the target */
    size_t row[QUEUE];    /* within the panel */
};

/* Data of one thread. */
struct desk {
    float *upper; /* [PANEL][target's panels * PANEL] bounds */
    int32_t *places;
    struct queue queue;
    float score[PANEL];  /* best of each row so far */
    int32_t best[PANEL]; /* its place */
};

/* The source of a unit; *panel: its panel. */
static size_t find_source(const struct search *search, size_t unit, size_t *panel)
{
    size_t s = 0;

    for (*panel = unit; *panel >= search->sources[s].panels; s++)
        *panel -= search->sources[s].panels;
    return s;
}

static void gather(const struct search *search, const struct cell_set *set, size_t panel, float *out)
{
    map_gather(search->context->kernels, set->map, set->list, set->count, panel, out);
}

/* ---- fp32 ---------------------------------------------------------------------------------------- */

/* Searches the group-th of the panels that are left. */
static void fp32_unit(const void *work, size_t group, void *desk)
{
    const struct search *search = work;
    const uint32_t *units = search->scratch->left + group * GROUP;
    size_t count = size_smaller(atomic_load(&search->left) - group * GROUP, GROUP), floats = search->channels * PANEL;
    float *target = desk, *sources = target + floats, value[PANEL];
    struct rowmax *states = (struct rowmax *)(sources + GROUP * floats);
    size_t s, panel;

    for (size_t g = 0; g < count; g++) {
        s = find_source(search, units[g], &panel);
        gather(search, &search->sources[s], panel, sources + g * floats);
        rowmax_start(&states[g]);
    }
    for (size_t t = 0; t < search->target->panels && !(GUARD(signal_within_a_pair) && stop_asked(search->context));
         t++) {
        gather(search, search->target, t, target);
        for (size_t g = 0; g < count; g++)
            search->context->kernels->rowmax_panel(&states[g], sources + g * floats, target, search->channels,
                                                   (int32_t)t);
    }
    for (size_t g = 0; g < count; g++) {
        s = find_source(search, units[g], &panel);
        rowmax_finish(&states[g], size_smaller(search->sources[s].count - panel * PANEL, PANEL), search->target->count,
                      value, search->index[s] + panel * PANEL);
    }
}

/* ---- int8: preparation --------------------------------------------------------------------------- */

/* Set s: the sources, then the target. */
static const struct cell_set *set_of(const struct search *search, size_t s)
{
    return s < search->count ? &search->sources[s] : search->target;
}

static struct quantised_set *quantised_of(const struct search *search, size_t s)
{
    return &search->scratch->sets[s < search->count ? s : NEAREST_SOURCES];
}

static size_t bounds_bytes(size_t target_panels)
{
    return PANEL * target_panels * PANEL * sizeof(float);
}

/* Bytes of a thread's block, in whole cache lines: for the bounds and candidates of a source panel (set_desk), for a
 * panel that is quantised, or for those of fp32_unit. */
static size_t thread_bytes(size_t target_panels, size_t channels, bool int8)
{
    size_t panel = channels * PANEL * sizeof(float), bounds = bounds_bytes(target_panels) + ROW_MOST * sizeof(int32_t);
    size_t fp32 = (1 + GROUP) * panel + GROUP * sizeof(struct rowmax);

    return (size_larger(fp32, int8 ? bounds : 0) + 63) / 64 * 64;
}

static bool uses_int8(const geosc_context *context, size_t channels)
{
    return context->kernels->int8_is_faster && !context->scores_in_fp32 && channels >= CHANNELS_WORTH_IT &&
           channels <= INT8_CHANNELS_MOST;
}

static enum geosc_status reserve_sets(geosc_context *context, const struct search *search)
{
    enum geosc_status status = GEOSC_OK;
    size_t channels = search->channels, cells = search->target->panels * PANEL;

    for (size_t s = 0; s <= search->count; s++) {
        size_t panels = set_of(search, s)->panels;
        struct quantised_set *set = quantised_of(search, s);
        TRY(memory_grow(context, &set->q, &set->q_capacity, panels * int8_panel_bytes(channels), 1, "quantised cells"));
        TRY(memory_grow(context, &set->panels, &set->panels_capacity, panels, sizeof *set->panels, "quantised cells"));
        TRY(memory_grow(context, &set->mean, &set->mean_capacity, channels, sizeof(float), "quantised cells"));
        TRY(memory_grow(context, &set->offset, &set->offset_capacity, panels * PANEL, sizeof(double),
                        "quantised cells"));
        TRY(memory_grow(context, &set->shift, &set->shift_capacity, cells, sizeof(float), "quantised cells"));
    }
done:
    return status;
}

static enum geosc_status reserve(geosc_context *context, struct search *search)
{
    struct nearest_scratch *scratch = search->scratch;
    enum geosc_status status;

    search->thread_bytes = thread_bytes(search->target->panels, search->channels, search->int8);
    TRY(memory_grow(context, &scratch->threads, &scratch->threads_capacity,
                    search->thread_bytes * (size_t)context->threads, 1, "similarities"));
    TRY(memory_grow(context, &scratch->left, &scratch->left_capacity, search->units, sizeof *scratch->left,
                    "similarities"));
    if (search->int8)
        TRY(reserve_sets(context, search));
done:
    return status;
}

static void set_desk(const struct search *search, unsigned char *block, struct desk *desk)
{
    desk->upper = (float *)block;
    desk->places = (int32_t *)(block + bounds_bytes(search->target->panels));
    desk->queue.count = 0;
}

static void list_rows(const struct cell_set *set, size_t panel, const float *rows[PANEL])
{
    map_list_rows(set->map, set->list, set->count, panel, rows);
}

/* The mean of a block of channels over all cells of a set. Any value is correct; a good one makes the bounds tight. */
static void find_means(const struct search *search, size_t s, size_t first)
{
    const struct cell_set *set = set_of(search, s);
    size_t channels = size_smaller(search->channels - first, CHANNEL_BLOCK);
    float *mean = quantised_of(search, s)->mean + first;
    const float *rows[PANEL];

    memset(mean, 0, channels * sizeof *mean);
    for (size_t p = 0; p < set->panels; p++) {
        list_rows(set, p, rows);
        for (size_t i = 0; i < PANEL; i++)
            rows[i] += first;
        search->context->kernels->sum_rows(rows, size_smaller(set->count - p * PANEL, PANEL), channels, mean);
    }
    for (size_t c = 0; c < channels; c++)
        mean[c] /= (float)set->count;
}

/* shift[t] = <mean of the source, t - mean of the target>, rounded up for bound_panel. rows: of a target panel. */
static void find_shift(const struct search *search, size_t s, size_t panel, const float *const rows[PANEL])
{
    const struct quantised_set *source = quantised_of(search, s), *target = quantised_of(search, search->count);
    double product[PANEL], means = 0;

    for (size_t c = 0; c < search->channels; c++)
        means += (double)source->mean[c] * (double)target->mean[c];
    search->context->kernels->project_rows(rows, source->mean, search->channels, product);
    for (size_t i = 0; i < PANEL; i++) {
        double shift = product[i] - means;
        source->shift[panel * PANEL + i] = (float)(shift + (shift < 0 ? -shift : shift) * 0x1p-20 + 1e-30);
    }
}

static size_t channel_blocks(const struct search *search)
{
    return (search->channels + CHANNEL_BLOCK - 1) / CHANNEL_BLOCK;
}

static void means_unit(const void *work, size_t unit, void *desk)
{
    size_t blocks = channel_blocks(work);

    (void)desk;
    find_means(work, unit / blocks, unit % blocks * CHANNEL_BLOCK);
}

/* Quantises a panel, and projects its rows on the means of the other side while they are in the cache. */
static void quantise_unit(const void *work, size_t unit, void *desk)
{
    const struct search *search = work;
    const struct kernels *kernels = search->context->kernels;
    size_t panel = unit - search->units, s = search->count, channels = search->channels;
    const float *rows[PANEL];

    if (unit < search->units)
        s = find_source(search, unit, &panel);
    const struct quantised_set *to = quantised_of(search, s);
    list_rows(set_of(search, s), panel, rows);
    kernels->gather_panel(rows, channels, desk);
    kernels->quantise_panel(desk, to->mean, channels, to->q + panel * int8_panel_bytes(channels), &to->panels[panel]);
    if (s < search->count)
        kernels->project_rows(rows, quantised_of(search, search->count)->mean, channels, to->offset + panel * PANEL);
    for (size_t other = 0; s == search->count && other < search->count; other++)
        find_shift(search, other, panel, rows);
}

static void prepare(const struct search *search)
{
    const geosc_context *context = search->context;

    share(context, (search->count + 1) * channel_blocks(search), means_unit, search, NULL, 0);
    share(context, search->units + search->target->panels, quantise_unit, search, search->scratch->threads,
          search->thread_bytes);
}

/* ---- int8: search -------------------------------------------------------------------------------- */

/* Scores the waiting pairs in fp32: each row keeps the first maximum. */
static void score_queue(const struct search *search, struct desk *desk)
{
    struct queue *queue = &desk->queue;
    float scores[QUEUE];

    search->context->kernels->dot_rows(queue->a, queue->b, queue->count, search->channels, scores);
    for (size_t i = 0; i < queue->count; i++) {
        size_t row = queue->row[i];
        if (scores[i] > desk->score[row] || (scores[i] == desk->score[row] && queue->place[i] < desk->best[row])) {
            desk->score[row] = scores[i];
            desk->best[row] = queue->place[i];
        }
    }
    queue->count = 0;
}

static void enqueue(const struct search *search, struct desk *desk, const struct cell_set *source, size_t panel,
                    size_t row, int32_t place)
{
    struct queue *queue = &desk->queue;

    queue->a[queue->count] = cell_set_row(source, panel * PANEL + row);
    queue->b[queue->count] = cell_set_row(search->target, (size_t)place);
    queue->place[queue->count] = place;
    queue->row[queue->count] = row;
    if (++queue->count == QUEUE)
        score_queue(search, desk);
}

/* First score of each row: the pair with its best bound. */
static void score_best_bounds(const struct search *search, struct desk *desk, const struct cell_set *source,
                              size_t panel, size_t rows)
{
    const struct kernels *kernels = search->context->kernels;
    size_t n = search->target->count, stride = search->target->panels * PANEL;

    for (size_t i = 0; i < rows; i++) {
        const float *upper = desk->upper + i * stride;
        kernels->find_at_least(upper, n, kernels->largest(upper, n), desk->places, 1);
        desk->score[i] = -INFINITY;
        enqueue(search, desk, source, panel, i, desk->places[0]);
    }
    score_queue(search, desk);
}

/* Targets with bounds below this cannot be the nearest of a row that has reached `score`; offset: the part of a row's
 * scores that the bounds leave out. Lowered by the rounding of the subtractions. */
static float threshold_of(const struct search *search, float score, double offset)
{
    double threshold = (double)score - offset - search->slack;

    return (float)(threshold - (threshold < 0 ? -threshold : threshold) * 0x1p-22 - 1e-30);
}

static void atomic_raise(atomic_size_t *most, size_t value)
{
    size_t now = atomic_load(most);

    while (value > now && !atomic_compare_exchange_weak(most, &now, value))
        ;
}

/* Searches one panel of source cells with int8; false if too many candidates remain. */
static bool nearest_in_int8(struct search *search, size_t s, size_t panel, struct desk *desk, int32_t *index)
{
    const struct kernels *kernels = search->context->kernels;
    const struct cell_set *source = &search->sources[s], *target = search->target;
    const struct quantised_set *from = quantised_of(search, s), *to = quantised_of(search, search->count);
    size_t bytes = int8_panel_bytes(search->channels), stride = target->panels * PANEL,
           rows = size_smaller(source->count - panel * PANEL, PANEL);
    size_t most = rows * target->count / SHARE_MOST + 8 * rows, candidates = 0, largest = 0;
    const double *offset = from->offset + panel * PANEL;

    for (size_t t = 0; t < target->panels && !stop_asked(search->context); t++)
        kernels->bound_panel(from->q + panel * bytes, &from->panels[panel], to->q + t * bytes, &to->panels[t],
                             from->shift + t * PANEL, search->channels, desk->upper + t * PANEL, stride);
    if (stop_asked(search->context))
        return false; /* stopped: there are no bounds to choose from */
    score_best_bounds(search, desk, source, panel, rows);
    for (size_t i = 0; i < rows; i++) {
        int32_t first = desk->best[i];
        size_t count = kernels->find_at_least(desk->upper + i * stride, target->count,
                                              threshold_of(search, desk->score[i], offset[i]), desk->places, ROW_MOST);
        candidates += count;
        if (count > ROW_MOST || candidates > most)
            return false;
        for (size_t c = 0; c < count; c++)
            if (desk->places[c] != first)
                enqueue(search, desk, source, panel, i, desk->places[c]);
        if (count > largest)
            largest = count;
    }
    score_queue(search, desk);
    for (size_t i = 0; i < rows; i++)
        index[panel * PANEL + i] = desk->best[i];
    atomic_fetch_add(&search->rows, rows);
    atomic_fetch_add(&search->candidates, candidates);
    atomic_raise(&search->most, largest);
    return true;
}

static void int8_unit(const void *work, size_t unit, void *block)
{
    struct search *search = (struct search *)work;
    size_t panel, s = find_source(search, search->first + unit, &panel);
    struct desk desk;

    set_desk(search, block, &desk);
    if (!nearest_in_int8(search, s, panel, &desk, search->index[s]))
        search->scratch->left[atomic_fetch_add(&search->left, 1)] = (uint32_t)(search->first + unit);
}

/* Searches in waves, each as large as all before it. int8 goes on only while it pays, which is decided between two
 * waves: so the statistics do not depend on the threads, either. */
static void search_in_int8(struct search *search)
{
    size_t wave = FIRST_PANELS;

    for (; search->first < search->units && 2 * atomic_load(&search->left) <= search->first &&
           !stop_asked(search->context);
         wave = search->first) {
        size_t count = size_smaller(wave, search->units - search->first);
        share(search->context, count, int8_unit, search, search->scratch->threads, search->thread_bytes);
        search->first += count;
    }
}

/* Searches what int8 leaves. */
static void search_in_fp32(struct search *search)
{
    size_t left = atomic_load(&search->left);

    for (; search->first < search->units; search->first++)
        search->scratch->left[left++] = (uint32_t)search->first;
    atomic_store(&search->left, left);
    share(search->context, (left + GROUP - 1) / GROUP, fp32_unit, search, search->scratch->threads,
          search->thread_bytes);
}

static size_t rows_left(const struct search *search)
{
    size_t rows = 0, panel;

    for (size_t i = 0; i < atomic_load(&search->left); i++) {
        size_t s = find_source(search, search->scratch->left[i], &panel);
        rows += size_smaller(search->sources[s].count - panel * PANEL, PANEL);
    }
    return rows;
}

void nearest_add_statistics(struct nearest_statistics *sum, const struct nearest_statistics *own)
{
    sum->rows += own->rows;
    sum->candidates += own->candidates;
    sum->rows_in_fp32 += own->rows_in_fp32;
    sum->most = size_larger(sum->most, own->most);
}

enum geosc_status nearest_find(geosc_context *context, const struct cell_set *sources, size_t count,
                               const struct cell_set *target, struct nearest_scratch *scratch, int32_t *const *index)
{
    enum geosc_status status = GEOSC_OK;
    struct search search = {
        .context = context, .sources = sources, .target = target, .count = count, .scratch = scratch, .index = index};

    search.channels = target->map->channels;
    /* n roundings of a product by 2^-24 each; the products add up to |f| |g| <= 1 + 1e-6 in magnitude (Higham 2002,
     * 3.1, 4.2) */
    double roundings = (double)sum_roundings(search.channels) * 0x1p-24;
    search.slack = roundings / (1 - roundings) * 1.000001;
    for (size_t s = 0; s < count; s++)
        search.units += sources[s].panels;
    search.int8 = uses_int8(context, search.channels);
    TRY(reserve(context, &search));
    if (search.int8) {
        prepare(&search);
        TRY(check_stop(context));
        search_in_int8(&search);
    }
    TRY(check_stop(context));
    search_in_fp32(&search);
    TRY(check_stop(context));
    nearest_add_statistics(&scratch->statistics, &(struct nearest_statistics){
                                                     .rows = atomic_load(&search.rows),
                                                     .candidates = atomic_load(&search.candidates),
                                                     .most = atomic_load(&search.most),
                                                     .rows_in_fp32 = rows_left(&search),
                                                 });
done:
    return status;
}

size_t nearest_scratch_bytes(const geosc_context *context, size_t maps, size_t panels, size_t channels)
{
    bool int8 = uses_int8(context, channels);
    size_t set =
        panels * (int8_panel_bytes(channels) + sizeof(struct quantised) + PANEL * (sizeof(double) + sizeof(float))) +
        channels * sizeof(float);

    return (int8 ? maps * set : 0) + maps * panels * sizeof(uint32_t) +
           (size_t)context->threads * thread_bytes(panels, channels, int8);
}

void nearest_scratch_free(struct nearest_scratch *scratch)
{
    for (size_t s = 0; s <= NEAREST_SOURCES; s++) {
        memory_free(scratch->sets[s].q);
        memory_free(scratch->sets[s].panels);
        memory_free(scratch->sets[s].mean);
        memory_free(scratch->sets[s].offset);
        memory_free(scratch->sets[s].shift);
    }
    memory_free(scratch->left);
    memory_free(scratch->threads);
    *scratch = (struct nearest_scratch){0};
}
