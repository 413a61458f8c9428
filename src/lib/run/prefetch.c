#include "run/prefetch.h"

#include "base/clock.h"

#include <pthread.h>
#include <signal.h>

struct prefetch {
    const struct catalog *catalog;
    const struct plan *plan;
    struct crew *crew;
    pthread_t thread;
    bool started;

    pthread_mutex_t lock; /* guards the fields below */
    pthread_cond_t changed;
    size_t depth, read; /* read: number of items so far */
    size_t bytes;
    double seconds; /* spent reading */
    bool stop;
    enum geosc_status status; /* of the reading thread, whose message is in context */
    geosc_context context;

    bool *full;                  /* [depth] the item at this place is not yet released */
    struct prefetch_item *items; /* [depth] item r at r % depth; owned by the reader until counted in `read` */
};

/* Reads all stored data for one read of the plan. */
static enum geosc_status read_item(struct prefetch *prefetch, const struct plan_read *read, struct prefetch_item *item,
                                   size_t *bytes)
{
    enum geosc_status status = GEOSC_OK;
    const struct image_set *set = catalog_image(prefetch->catalog, read->image);

    item->features = &set->pose[read->stored];
    item->mask_owner = item->features->has_mask ? item->features : &set->pose[GEOSC_POSE_NONE];
    item->has_mask = item->mask_owner->has_mask;
    for (size_t l = 0; l < item->features->level_count; l++) {
        TRY(catalog_read_level(&prefetch->context, prefetch->catalog, read->image, read->stored, l, &item->levels[l]));
        *bytes += item->levels[l].byte_count;
    }
    if (item->has_mask) {
        enum geosc_pose owner = item->features->has_mask ? read->stored : GEOSC_POSE_NONE;
        TRY(catalog_read_mask(&prefetch->context, prefetch->catalog, read->image, owner, &item->mask));
        *bytes += item->mask.byte_count;
    }
done:
    return status;
}

static void *read_ahead(void *argument)
{
    struct prefetch *prefetch = argument;

    pthread_mutex_lock(&prefetch->lock);
    while (!prefetch->stop && prefetch->status == GEOSC_OK && prefetch->read < prefetch->plan->read_count) {
        size_t next = prefetch->read, place = next % prefetch->depth, bytes = 0;
        if (prefetch->full[place]) {
            pthread_cond_wait(&prefetch->changed, &prefetch->lock);
            continue;
        }
        pthread_mutex_unlock(&prefetch->lock);
        double began = clock_seconds();
        enum geosc_status status = read_item(prefetch, &prefetch->plan->reads[next], &prefetch->items[place], &bytes);
        pthread_mutex_lock(&prefetch->lock);
        prefetch->status = status;
        prefetch->bytes += bytes;
        prefetch->seconds += clock_seconds() - began;
        prefetch->full[place] = status == GEOSC_OK;
        prefetch->read += status == GEOSC_OK;
        pthread_cond_broadcast(&prefetch->changed);
        pthread_mutex_unlock(&prefetch->lock);
        crew_wake(prefetch->crew);
        pthread_mutex_lock(&prefetch->lock);
    }
    pthread_mutex_unlock(&prefetch->lock);
    return NULL;
}

/* The reading thread blocks all signals. */
static int start_thread(struct prefetch *prefetch)
{
    sigset_t all, before;

    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int error = pthread_create(&prefetch->thread, NULL, read_ahead, prefetch);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return error;
}

enum geosc_status prefetch_start(geosc_context *context, const struct catalog *catalog, const struct plan *plan,
                                 size_t depth, struct crew *crew, struct prefetch **out)
{
    enum geosc_status status;
    struct prefetch *prefetch = NULL;

    *out = NULL;
    TRY(memory_allocate_zero(context, &prefetch, 1, sizeof *prefetch, "the reading thread"));
    prefetch->catalog = catalog;
    prefetch->plan = plan;
    prefetch->crew = crew;
    prefetch->depth = depth;
    prefetch->context = *context;
    pthread_mutex_init(&prefetch->lock, NULL);
    clock_init_condition(&prefetch->changed);
    TRY(memory_allocate_zero(context, &prefetch->full, depth, sizeof *prefetch->full, "images read ahead"));
    TRY(memory_allocate_zero(context, &prefetch->items, depth, sizeof *prefetch->items, "images read ahead"));
    if (start_thread(prefetch) != 0)
        TRY(fail(context, GEOSC_FAILED,
                 "cannot start the thread that reads the input: the limit of processes (ulimit -u) may be reached"));
    prefetch->started = true;
    *out = prefetch;
    prefetch = NULL;
done:
    prefetch_stop(prefetch);
    return status;
}

bool prefetch_has(struct prefetch *prefetch, size_t read)
{
    pthread_mutex_lock(&prefetch->lock);
    bool has = read < prefetch->read || prefetch->status != GEOSC_OK;
    pthread_mutex_unlock(&prefetch->lock);
    return has;
}

enum geosc_status prefetch_take(geosc_context *context, struct prefetch *prefetch, size_t read,
                                const struct prefetch_item **item)
{
    pthread_mutex_lock(&prefetch->lock);
    while (prefetch->read <= read && prefetch->status == GEOSC_OK && !stop_asked(context))
        clock_wait(&prefetch->changed, &prefetch->lock);
    bool ready = prefetch->read > read, failed = prefetch->status != GEOSC_OK;
    pthread_mutex_unlock(&prefetch->lock);
    if (!ready && !failed)
        return check_stop(context);
    if (!ready)
        return fail(context, prefetch->status, "%s", prefetch->context.message);
    *item = &prefetch->items[read % prefetch->depth];
    return GEOSC_OK;
}

void prefetch_release(struct prefetch *prefetch, size_t read)
{
    pthread_mutex_lock(&prefetch->lock);
    prefetch->full[read % prefetch->depth] = false;
    pthread_cond_broadcast(&prefetch->changed);
    pthread_mutex_unlock(&prefetch->lock);
}

void prefetch_figures(struct prefetch *prefetch, size_t *bytes, double *mean_bytes, double *seconds)
{
    pthread_mutex_lock(&prefetch->lock);
    *bytes = prefetch->bytes;
    *mean_bytes = prefetch->read ? (double)prefetch->bytes / (double)prefetch->read : 0;
    *seconds = prefetch->seconds;
    pthread_mutex_unlock(&prefetch->lock);
}

void prefetch_stop(struct prefetch *prefetch)
{
    if (!prefetch)
        return;
    if (prefetch->started) {
        pthread_mutex_lock(&prefetch->lock);
        prefetch->stop = true;
        pthread_cond_broadcast(&prefetch->changed);
        pthread_mutex_unlock(&prefetch->lock);
        pthread_join(prefetch->thread, NULL);
    }
    for (size_t i = 0; prefetch->items && i < prefetch->depth; i++) {
        for (size_t l = 0; l < CATALOG_LEVELS; l++)
            raw_free(&prefetch->items[i].levels[l]);
        raw_free(&prefetch->items[i].mask);
    }
    memory_free(prefetch->full);
    memory_free(prefetch->items);
    pthread_cond_destroy(&prefetch->changed);
    pthread_mutex_destroy(&prefetch->lock);
    memory_free(prefetch);
}
