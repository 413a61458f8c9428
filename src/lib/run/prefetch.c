#include "run/prefetch.h"

#include "base/clock.h"

#include <pthread.h>
#include <signal.h>
#include <stdio.h>

enum { WORKERS_OF_A_READER = 16 };

/* A place for an item. */
struct place {
    struct prefetch_item item; /* its reader's until it is full, then the taker's until its release */
    bool taken;                /* not free */
    size_t holds;              /* number of the read that it is full of, counted from 1; 0: it is not full */
};

/* A thread that reads. */
struct reader {
    struct prefetch *prefetch;
    geosc_context context;
    pthread_t thread;
};

struct prefetch {
    const struct catalog *catalog;
    const struct plan *plan;
    struct crew *crew;
    struct reader *readers;
    size_t reader_count; /* that have been started */

    pthread_mutex_t lock; /* guards the fields below */
    pthread_cond_t changed;
    struct place *places; /* [depth] read r goes to place r % depth */
    size_t depth, next;   /* next: the next read to begin */
    size_t read, bytes;   /* done so far */
    double seconds;       /* spent reading, by all readers */
    bool stop;
    size_t failed; /* the first read that failed, in the plan's order: none is begun from there on */
    enum geosc_status status;
    char message[STATUS_MESSAGE_SIZE];
};

/* Reads all stored data for one read of the plan. */
static enum geosc_status read_item(struct reader *reader, const struct plan_read *read, struct prefetch_item *item,
                                   size_t *bytes)
{
    const struct catalog *catalog = reader->prefetch->catalog;
    const struct image_set *set = catalog_image(catalog, read->image);
    enum geosc_status status = GEOSC_OK;

    item->features = &set->pose[read->stored];
    item->mask_owner = item->features->has_mask ? item->features : &set->pose[GEOSC_POSE_NONE];
    item->has_mask = item->mask_owner->has_mask;
    for (size_t l = 0; l < item->features->level_count; l++) {
        TRY(catalog_read_level(&reader->context, catalog, read->image, read->stored, l, &item->levels[l]));
        *bytes += item->levels[l].byte_count;
    }
    if (item->has_mask) {
        enum geosc_pose owner = item->features->has_mask ? read->stored : GEOSC_POSE_NONE;
        TRY(catalog_read_mask(&reader->context, catalog, read->image, owner, &item->mask));
        *bytes += item->mask.byte_count;
    }
done:
    return status;
}

/* Begins the next read, when its place is free; NULL: there is none. Under the lock. */
static struct place *begin(struct prefetch *prefetch, size_t *read)
{
    while (!prefetch->stop && prefetch->next < prefetch->plan->read_count && prefetch->next < prefetch->failed) {
        struct place *place = &prefetch->places[prefetch->next % prefetch->depth];
        if (place->taken) {
            pthread_cond_wait(&prefetch->changed, &prefetch->lock);
            continue;
        }
        place->taken = true;
        *read = prefetch->next++;
        return place;
    }
    return NULL;
}

/* Under the lock. */
static void end(struct reader *reader, size_t read, struct place *place, enum geosc_status status, size_t bytes)
{
    struct prefetch *prefetch = reader->prefetch;

    if (status == GEOSC_OK) {
        place->holds = read + 1;
        prefetch->read++;
        prefetch->bytes += bytes;
    } else if (read < prefetch->failed) {
        prefetch->failed = read;
        prefetch->status = status;
        snprintf(prefetch->message, sizeof prefetch->message, "%s", reader->context.message);
    }
    pthread_cond_broadcast(&prefetch->changed);
}

static void *read_ahead(void *argument)
{
    struct reader *reader = argument;
    struct prefetch *prefetch = reader->prefetch;
    size_t read;

    pthread_mutex_lock(&prefetch->lock);
    for (struct place *place; (place = begin(prefetch, &read));) {
        size_t bytes = 0;
        pthread_mutex_unlock(&prefetch->lock);
        double began = clock_seconds();
        enum geosc_status status = read_item(reader, &prefetch->plan->reads[read], &place->item, &bytes);
        double took = clock_seconds() - began;
        pthread_mutex_lock(&prefetch->lock);
        prefetch->seconds += took;
        end(reader, read, place, status, bytes);
        pthread_mutex_unlock(&prefetch->lock);
        crew_wake(prefetch->crew);
        pthread_mutex_lock(&prefetch->lock);
    }
    pthread_mutex_unlock(&prefetch->lock);
    return NULL;
}

/* The reading threads block all signals. */
static int start_thread(struct reader *reader)
{
    sigset_t all, before;

    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int error = pthread_create(&reader->thread, NULL, read_ahead, reader);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return error;
}

/* One thread reads well enough; more only help. */
static enum geosc_status start_threads(geosc_context *context, size_t most, struct prefetch *prefetch)
{
    for (; prefetch->reader_count < most; prefetch->reader_count++) {
        struct reader *reader = &prefetch->readers[prefetch->reader_count];
        *reader = (struct reader){.prefetch = prefetch, .context = *context};
        if (start_thread(reader) != 0)
            break;
    }
    return prefetch->reader_count
               ? GEOSC_OK
               : fail(
                     context, GEOSC_FAILED,
                     "cannot start the thread that reads the input: the limit of processes (ulimit -u) may be reached");
}

size_t prefetch_readers(size_t workers)
{
    return (workers + WORKERS_OF_A_READER - 1) / WORKERS_OF_A_READER;
}

enum geosc_status prefetch_start(geosc_context *context, const struct catalog *catalog, const struct plan *plan,
                                 size_t workers, size_t depth, struct crew *crew, struct prefetch **out)
{
    size_t most = prefetch_readers(workers);
    enum geosc_status status;
    struct prefetch *prefetch = NULL;

    *out = NULL;
    TRY(memory_allocate_zero(context, &prefetch, 1, sizeof *prefetch, "the reading thread"));
    prefetch->catalog = catalog;
    prefetch->plan = plan;
    prefetch->crew = crew;
    prefetch->depth = depth;
    prefetch->failed = plan->read_count;
    pthread_mutex_init(&prefetch->lock, NULL);
    clock_init_condition(&prefetch->changed);
    TRY(memory_allocate_zero(context, &prefetch->readers, most, sizeof *prefetch->readers, "the reading thread"));
    TRY(memory_allocate_zero(context, &prefetch->places, depth, sizeof *prefetch->places, "images read ahead"));
    TRY(start_threads(context, most, prefetch));
    *out = prefetch;
    prefetch = NULL;
done:
    prefetch_stop(prefetch);
    return status;
}

static bool holds(const struct prefetch *prefetch, size_t read)
{
    return prefetch->places[read % prefetch->depth].holds == read + 1;
}

/* A read that a failure keeps from ever being there. */
static bool is_lost(const struct prefetch *prefetch, size_t read)
{
    return read >= prefetch->failed && !holds(prefetch, read);
}

bool prefetch_has(struct prefetch *prefetch, size_t read)
{
    pthread_mutex_lock(&prefetch->lock);
    bool has = holds(prefetch, read) || is_lost(prefetch, read);
    pthread_mutex_unlock(&prefetch->lock);
    return has;
}

enum geosc_status prefetch_take(geosc_context *context, struct prefetch *prefetch, size_t read,
                                const struct prefetch_item **item)
{
    enum geosc_status status = GEOSC_OK;

    pthread_mutex_lock(&prefetch->lock);
    while (!holds(prefetch, read) && !is_lost(prefetch, read) && !stop_asked(context))
        clock_wait(&prefetch->changed, &prefetch->lock, CLOCK_LOOK);
    if (holds(prefetch, read))
        *item = &prefetch->places[read % prefetch->depth].item;
    else if (is_lost(prefetch, read))
        status = fail(context, prefetch->status, "%s", prefetch->message);
    else
        status = check_stop(context);
    pthread_mutex_unlock(&prefetch->lock);
    return status;
}

void prefetch_release(struct prefetch *prefetch, size_t read)
{
    struct place *place = &prefetch->places[read % prefetch->depth];

    pthread_mutex_lock(&prefetch->lock);
    place->taken = false;
    place->holds = 0;
    pthread_cond_broadcast(&prefetch->changed);
    pthread_mutex_unlock(&prefetch->lock);
}

void prefetch_figures(struct prefetch *prefetch, size_t *bytes, double *mean_bytes, double *seconds)
{
    pthread_mutex_lock(&prefetch->lock);
    *bytes = prefetch->bytes;
    *mean_bytes = prefetch->read ? (double)prefetch->bytes / (double)prefetch->read : 0;
    *seconds = prefetch->seconds / (double)prefetch->reader_count;
    pthread_mutex_unlock(&prefetch->lock);
}

void prefetch_stop(struct prefetch *prefetch)
{
    if (!prefetch)
        return;
    pthread_mutex_lock(&prefetch->lock);
    prefetch->stop = true;
    pthread_cond_broadcast(&prefetch->changed);
    pthread_mutex_unlock(&prefetch->lock);
    for (size_t i = 0; i < prefetch->reader_count; i++)
        pthread_join(prefetch->readers[i].thread, NULL);
    for (size_t i = 0; prefetch->places && i < prefetch->depth; i++) {
        struct prefetch_item *item = &prefetch->places[i].item;
        for (size_t l = 0; l < CATALOG_LEVELS; l++)
            raw_free(&item->levels[l]);
        raw_free(&item->mask);
    }
    memory_free(prefetch->readers);
    memory_free(prefetch->places);
    pthread_cond_destroy(&prefetch->changed);
    pthread_mutex_destroy(&prefetch->lock);
    memory_free(prefetch);
}
