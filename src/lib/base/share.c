#include "base/share.h"

#include <omp.h>
#include <pthread.h>
#include <stdatomic.h>

#include "base/clock.h"
#include "base/guard.h"
#include "base/memory.h"

enum {
    LINE = 64,   /* bytes of a cache line: members do not write to each other's */
    SPINS = 1000 /* looks before a member sleeps: some ten microseconds */
};

/* A member that lost its core for longer than LOSS, while it helped, kept the owner of the loop waiting for so long. It
 * does not help for REPENTANCE times as long: on a machine where others work, help costs little, if it gains nothing.
 */
static const double LOSS = 0.001, REPENTANCE = 20;

/* A member, and its loop while others may join. */
struct seat {
    geosc_context context;
    struct crew *crew;
    pthread_mutex_t lock; /* guards the loop */
    pthread_cond_t left;  /* the last helper has left */
    atomic_bool open;     /* others may join */
    share_unit *unit;
    const void *work;
    size_t desk_bytes;
    atomic_size_t count, next, helpers;
    void *desk; /* of this member as a helper */
    size_t desk_capacity;
    bool without_desk; /* the system had no memory for one */
    double away_until; /* does not help before */
} __attribute__((aligned(LINE)));

struct crew {
    struct seat *seats;
    size_t count;
    atomic_size_t idle __attribute__((aligned(LINE))); /* members in crew_help, */
    atomic_size_t sleepers, away;                      /* and those that sleep: ready to help, and not */
    atomic_uint news;
    pthread_mutex_t lock;         /* of those that sleep and wake */
    pthread_cond_t changed, told; /* told: for those that sleep without being ready to help */
};

static void pause_briefly(void)
{
#if defined __x86_64__ || defined __i386__
    __builtin_ia32_pause();
#elif defined __aarch64__
    __asm__ volatile("isb" ::: "memory");
#endif
}

/* ---- loops ------------------------------------------------------------------------------------- */

static bool leaves_out(const geosc_context *context)
{
    return GUARD(signal_within_a_pair) && stop_asked(context);
}

static void share_in_team(const geosc_context *context, size_t count, share_unit *unit, const void *work, void *desks,
                          size_t desk_bytes)
{
#pragma omp parallel for schedule(dynamic) num_threads(context->threads)
    for (size_t i = 0; i < count; i++)
        if (!leaves_out(context))
            unit(work, i, desk_bytes ? (char *)desks + (size_t)omp_get_thread_num() * desk_bytes : NULL);
}

static bool has_units(struct seat *owner)
{
    return atomic_load(&owner->open) && atomic_load(&owner->next) < atomic_load(&owner->count);
}

static void perform(struct seat *owner, void *desk)
{
    size_t count = atomic_load(&owner->count);

    for (size_t i; (i = atomic_fetch_add_explicit(&owner->next, 1, memory_order_relaxed)) < count;)
        if (!leaves_out(&owner->context))
            owner->unit(owner->work, i, desk);
}

/* Wakes as many as there are units for. */
static void call_helpers(struct crew *crew, size_t units)
{
    size_t sleepers = atomic_load(&crew->sleepers);

    if (!sleepers)
        return;
    pthread_mutex_lock(&crew->lock);
    for (size_t i = 0; i < sleepers && i < units; i++)
        pthread_cond_signal(&crew->changed);
    pthread_mutex_unlock(&crew->lock);
}

static void wait_for_helpers(struct seat *owner)
{
    for (int i = 0; i < SPINS && atomic_load(&owner->helpers); i++)
        pause_briefly();
    pthread_mutex_lock(&owner->lock);
    while (atomic_load(&owner->helpers))
        pthread_cond_wait(&owner->left, &owner->lock);
    pthread_mutex_unlock(&owner->lock);
}

/* Performs the units from `first` on with those who have time. */
static void share_in_crew(struct seat *owner, size_t first, size_t count, share_unit *unit, const void *work,
                          void *desk, size_t desk_bytes)
{
    pthread_mutex_lock(&owner->lock);
    owner->unit = unit;
    owner->work = work;
    atomic_store(&owner->count, count);
    owner->desk_bytes = desk_bytes;
    atomic_store(&owner->next, first);
    atomic_store(&owner->open, true);
    pthread_mutex_unlock(&owner->lock);
    call_helpers(owner->crew, count - first - 1);
    perform(owner, desk);
    pthread_mutex_lock(&owner->lock);
    atomic_store(&owner->open, false);
    pthread_mutex_unlock(&owner->lock);
    wait_for_helpers(owner);
}

void share(const geosc_context *context, size_t count, share_unit *unit, const void *work, void *desks,
           size_t desk_bytes)
{
    struct seat *seat = context->seat;
    size_t i = 0;

    if (!seat && context->threads > 1) {
        share_in_team(context, count, unit, work, desks, desk_bytes);
        return;
    }
    for (; i < count && !(seat && i + 1 < count && atomic_load_explicit(&seat->crew->idle, memory_order_relaxed)); i++)
        if (!leaves_out(context))
            unit(work, i, desks);
    if (i < count)
        share_in_crew(seat, i, count, unit, work, desks, desk_bytes);
}

/* ---- helping ----------------------------------------------------------------------------------- */

/* Whether a member has a desk for a loop. After a failure it never asks again: the owner works on without it. */
static bool has_desk(struct seat *self, size_t bytes)
{
    if (bytes && !self->without_desk)
        self->without_desk =
            memory_grow(&self->context, &self->desk, &self->desk_capacity, bytes, 1, "a helping thread") != GEOSC_OK;
    return !self->without_desk;
}

/* Helps with the loop of `owner`; false if it needs no help. */
static bool join_loop(struct seat *self, struct seat *owner)
{
    bool joins;

    if (owner == self || !has_units(owner))
        return false;
    pthread_mutex_lock(&owner->lock);
    joins = has_units(owner) && has_desk(self, owner->desk_bytes);
    if (joins)
        atomic_fetch_add(&owner->helpers, 1);
    pthread_mutex_unlock(&owner->lock);
    if (!joins)
        return false;
    double since = clock_seconds(), computed = clock_thread_seconds();
    perform(owner, self->desk);
    double now = clock_seconds(), lost = now - since - (clock_thread_seconds() - computed);
    if (GUARD(share_lost_core) && lost > LOSS)
        self->away_until = now + REPENTANCE * lost;
    pthread_mutex_lock(&owner->lock);
    if (atomic_fetch_sub(&owner->helpers, 1) == 1)
        pthread_cond_signal(&owner->left);
    pthread_mutex_unlock(&owner->lock);
    return true;
}

/* Looks through the loops of all members, from the next seat on. */
static bool help_once(struct seat *self)
{
    struct crew *crew = self->crew;
    size_t own = (size_t)(self - crew->seats);

    for (size_t i = 1; i < crew->count; i++)
        if (join_loop(self, &crew->seats[(own + i) % crew->count]))
            return true;
    return false;
}

static bool is_help_needed(const struct crew *crew)
{
    for (size_t i = 0; i < crew->count; i++)
        if (has_units(&crew->seats[i]))
            return true;
    return false;
}

/* Sleeps until somebody calls for help or tells news. */
static void sleep_for_news(struct seat *self, unsigned seen)
{
    struct crew *crew = self->crew;

    pthread_mutex_lock(&crew->lock);
    atomic_fetch_add(&crew->sleepers, 1);
    if (atomic_load(&crew->news) == seen && (self->without_desk || !is_help_needed(crew)))
        clock_wait(&crew->changed, &crew->lock, CLOCK_LOOK);
    atomic_fetch_sub(&crew->sleepers, 1);
    pthread_mutex_unlock(&crew->lock);
}

/* Sleeps until somebody tells news, for so many seconds at most. */
static void stay_away(struct crew *crew, unsigned seen, double seconds)
{
    pthread_mutex_lock(&crew->lock);
    atomic_fetch_add(&crew->away, 1);
    if (atomic_load(&crew->news) == seen)
        clock_wait(&crew->told, &crew->lock, seconds < CLOCK_LOOK ? seconds : CLOCK_LOOK);
    atomic_fetch_sub(&crew->away, 1);
    pthread_mutex_unlock(&crew->lock);
}

bool crew_is_caller(const geosc_context *context)
{
    return context->seat == context->seat->crew->seats;
}

unsigned crew_news(const struct crew *crew)
{
    return atomic_load(&crew->news);
}

bool crew_help(geosc_context *context, unsigned seen)
{
    struct seat *self = context->seat;
    struct crew *crew = self->crew;
    double away = self->away_until > 0 ? self->away_until - clock_seconds() : 0;
    bool helped = false;

    if (away > 0) {
        stay_away(crew, seen, away);
        return false;
    }
    atomic_fetch_add(&crew->idle, 1);
    for (int i = 0; i < SPINS && !helped && atomic_load(&crew->news) == seen; i++) {
        helped = help_once(self);
        pause_briefly();
    }
    if (!helped)
        sleep_for_news(self, seen);
    atomic_fetch_sub(&crew->idle, 1);
    return helped;
}

void crew_wake(struct crew *crew)
{
    atomic_fetch_add(&crew->news, 1);
    if (!atomic_load(&crew->sleepers) && !atomic_load(&crew->away))
        return;
    pthread_mutex_lock(&crew->lock);
    pthread_cond_broadcast(&crew->changed);
    pthread_cond_broadcast(&crew->told);
    pthread_mutex_unlock(&crew->lock);
}

/* ---- the crew ---------------------------------------------------------------------------------- */

static void set_up_seat(const geosc_context *context, struct crew *crew, struct seat *seat)
{
    seat->context = *context;
    seat->context.threads = 1;
    seat->context.seat = seat;
    seat->crew = crew;
    pthread_mutex_init(&seat->lock, NULL);
    pthread_cond_init(&seat->left, NULL);
}

enum geosc_status crew_create(geosc_context *context, struct crew **out)
{
    enum geosc_status status;
    struct crew *crew;

    *out = NULL;
    TRY(memory_allocate_zero(context, &crew, 1, sizeof *crew, "threads"));
    pthread_mutex_init(&crew->lock, NULL);
    clock_init_condition(&crew->changed);
    clock_init_condition(&crew->told);
    *out = crew;
    TRY(memory_allocate_zero(context, &crew->seats, (size_t)context->threads, sizeof *crew->seats, "threads"));
    for (; crew->count < (size_t)context->threads; crew->count++)
        set_up_seat(context, crew, &crew->seats[crew->count]);
done:
    return status;
}

void crew_free(struct crew *crew)
{
    if (!crew)
        return;
    for (size_t i = 0; i < crew->count; i++) {
        pthread_mutex_destroy(&crew->seats[i].lock);
        pthread_cond_destroy(&crew->seats[i].left);
        memory_free(crew->seats[i].desk);
    }
    memory_free(crew->seats);
    pthread_mutex_destroy(&crew->lock);
    pthread_cond_destroy(&crew->changed);
    pthread_cond_destroy(&crew->told);
    memory_free(crew);
}

void crew_run(struct crew *crew, crew_member *member, void *work)
{
#pragma omp parallel num_threads((int)crew->count)
    member(work, &crew->seats[omp_get_thread_num()].context);
}
