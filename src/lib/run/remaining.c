#include "run/remaining.h"

#include <math.h>

/* An image takes as long as its maps and this part of one more, whatever their number: its features are decoded, and
 * the model comes into the caches. Measured with one and seven maps: 0.57 (256 x 40 x 40), 0.82 (768 x 60 x 60). */
static const double IMAGE = 0.6;

/* ---- weights ------------------------------------------------------------------------------------ */

static double cells_of(const struct remaining *remaining, size_t image)
{
    const struct features *plain = &catalog_image(remaining->catalog, image)->pose[GEOSC_POSE_NONE];

    return (double)plain->height * (double)plain->width;
}

static double batch_weight(const struct remaining *remaining, const struct plan_batch *batch)
{
    const struct plan_read *reads = remaining->plan->reads;
    double weight = 0;

    for (size_t r = batch->first_read; r < batch->first_read + batch->read_count; r++)
        weight += cells_of(remaining, reads[r].image) * ((double)reads[r].make_count + IMAGE);
    return weight;
}

static double pair_weight(const struct remaining *remaining, size_t step)
{
    const struct catalog *catalog = remaining->catalog;
    size_t pair = remaining->plan->steps[step].pair;
    double source = cells_of(remaining, catalog->source[pair]), target = cells_of(remaining, catalog->target[pair]);
    double scored = remaining->options->imd == GEOSC_IMD_NONE ? 0 : source * (double)remaining->plan->candidates;

    return (scored + (catalog->keypoints ? (double)catalog->keypoints : source)) * target;
}

/* ---- what was measured -------------------------------------------------------------------------- */

/* Lets the time pass until now. What was measured counts by the square of its moment: the beginning soon counts little.
 */
static void advance(struct remaining *remaining, double now)
{
    double passed = now - remaining->at, keep;

    if (passed <= 0)
        return;
    keep = remaining->at / now * (remaining->at / now);
    remaining->worked = remaining->worked * keep + passed * (double)remaining->running;
    remaining->passed = remaining->passed * keep + passed;
    remaining->images.done *= keep;
    remaining->images.seconds *= keep;
    remaining->pairs.done *= keep;
    remaining->pairs.seconds *= keep;
    remaining->at = now;
}

void remaining_start(struct remaining *remaining, const struct catalog *catalog, const struct geosc_options *options,
                     const struct plan *plan)
{
    *remaining = (struct remaining){.catalog = catalog, .options = options, .plan = plan};
    pthread_mutex_init(&remaining->lock, NULL);
    for (size_t b = 0; b < plan->batch_count; b++)
        remaining->images.left += batch_weight(remaining, &plan->batches[b]);
    for (size_t s = 0; s < plan->step_count; s++)
        remaining->pairs.left += pair_weight(remaining, s);
}

void remaining_free(struct remaining *remaining)
{
    if (remaining->plan)
        pthread_mutex_destroy(&remaining->lock);
    *remaining = (struct remaining){0};
}

void remaining_begin(struct remaining *remaining, double now)
{
    pthread_mutex_lock(&remaining->lock);
    advance(remaining, now);
    remaining->running++;
    remaining->began += now;
    pthread_mutex_unlock(&remaining->lock);
}

void remaining_end(struct remaining *remaining, const struct graph_item *item, double began, double now)
{
    bool pair = item->kind == GRAPH_PAIR;
    struct remaining_kind *kind = pair ? &remaining->pairs : &remaining->images;
    double weight =
        pair ? pair_weight(remaining, item->step) : batch_weight(remaining, &remaining->plan->batches[item->number]);

    pthread_mutex_lock(&remaining->lock);
    advance(remaining, now);
    remaining->running--;
    remaining->began -= began;
    kind->left -= weight;
    kind->done += weight;
    kind->seconds += now - began;
    pthread_mutex_unlock(&remaining->lock);
}

/* ---- the estimate ------------------------------------------------------------------------------- */

/* Seconds of a worker that a kind will still take. */
static double seconds_of(const struct remaining_kind *kind)
{
    return kind->left > 0 ? kind->left / kind->done * kind->seconds : 0;
}

double remaining_seconds(struct remaining *remaining, double now)
{
    double work, under_way, workers;

    pthread_mutex_lock(&remaining->lock);
    advance(remaining, now);
    under_way = (double)remaining->running * now - remaining->began;
    work = seconds_of(&remaining->images) + seconds_of(&remaining->pairs) - under_way;
    workers = remaining->worked / remaining->passed;
    pthread_mutex_unlock(&remaining->lock);
    if (isnan(work) || isinf(work) || !(workers > 0))
        return NAN;
    return work > 0 ? work / workers : 0;
}
