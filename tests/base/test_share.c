/* Loops that threads share: each unit is performed once, by one thread at a time with its own desk, alone, in a team
 * and in a crew whose members help each other; and a crew that waits for news. */
#include "base/memory.h"
#include "base/share.h"
#include "naive.h"

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <time.h>

enum { UNITS = 200, LOOPS = 60, MEMBERS = 5, DESK = 3 * 64 };

/* What a loop's units leave behind. */
struct loop {
    atomic_int performed[UNITS];
    pthread_t by[UNITS];
    bool desks, slow;
};

/* A desk is marked while its thread uses it, and must not be marked by another. */
static void unit(const void *work, size_t i, void *desk)
{
    struct loop *loop = (struct loop *)work;
    volatile unsigned char *bytes = desk;
    struct timespec moment = {.tv_nsec = 20000};

    atomic_fetch_add(&loop->performed[i], 1);
    loop->by[i] = pthread_self();
    for (size_t b = 0; loop->desks && b < DESK; b++)
        bytes[b] = (unsigned char)i;
    if (loop->slow)
        nanosleep(&moment, NULL);
    for (size_t b = 0; loop->desks && b < DESK; b++)
        assert_int_equal(bytes[b], (unsigned char)i);
}

/* Shares a loop of `count` units and checks it. Returns the number of units that another thread performed. */
static size_t run_loop(const geosc_context *of, size_t count, bool desks, bool slow, void *memory)
{
    struct loop loop = {.desks = desks, .slow = slow};
    size_t by_others = 0;

    share(of, count, unit, &loop, desks ? memory : NULL, desks ? DESK : 0);
    for (size_t i = 0; i < UNITS; i++)
        assert_int_equal(atomic_load(&loop.performed[i]), i < count);
    for (size_t i = 0; i < count; i++)
        by_others += !pthread_equal(loop.by[i], pthread_self());
    return by_others;
}

static void teams(void **state)
{
    struct random random = {1};
    unsigned char *desks;

    (void)state;
    assert_ok(memory_allocate(context, &desks, 8, DESK, "desks"));
    for (int t = 0; t < THREAD_COUNTS; t++) {
        assert_ok(geosc_configure(context, thread_counts[t], NULL));
        for (int i = 0; i < LOOPS; i++)
            run_loop(context, random_below(&random, UNITS + 1), i % 2, false, desks);
    }
    memory_free(desks);
}

/* ---- crews ------------------------------------------------------------------------------------- */

struct crewing {
    struct crew *crew;
    atomic_size_t busy, helped, loops; /* busy: members that still have loops of their own */
    bool all;                          /* have loops, not only the caller */
};

static void member(void *work, geosc_context *own)
{
    struct crewing *crewing = work;
    struct random random = {(uint64_t)(uintptr_t)own};
    unsigned char desk[DESK];

    assert_int_equal(own->threads, 1);
    if (crewing->all || crew_is_caller(own)) {
        for (int i = 0; i < LOOPS; i++) {
            size_t others = run_loop(own, random_below(&random, UNITS + 1), i % 2, i % 3 == 0, desk);
            atomic_fetch_add(&crewing->helped, others);
            atomic_fetch_add(&crewing->loops, 1);
        }
        atomic_fetch_sub(&crewing->busy, 1);
        crew_wake(crewing->crew);
    }
    for (;;) {
        unsigned news = crew_news(crewing->crew);
        if (!atomic_load(&crewing->busy))
            return;
        crew_help(own, news);
    }
}

static void crews(void **state)
{
    (void)state;
    for (int round = 0; round < 6; round++) {
        struct crewing crewing = {.all = round % 2, .busy = round % 2 ? MEMBERS : 1};
        assert_ok(geosc_configure(context, MEMBERS, NULL));
        assert_ok(crew_create(context, &crewing.crew));
        crew_run(crewing.crew, member, &crewing);
        assert_int_equal(atomic_load(&crewing.loops), LOOPS * (round % 2 ? MEMBERS : 1));
        assert_true(atomic_load(&crewing.helped) > 0); /* the slow loops leave others the time */
        crew_free(crewing.crew);
    }
}

/* A member that waits for news is woken by it, not by its longest sleep. */
static void waits(void *work, geosc_context *own)
{
    struct crewing *crewing = work;
    struct timespec moment = {.tv_nsec = 3000000};

    for (int i = 0; i < 20; i++) {
        if (crew_is_caller(own)) {
            nanosleep(&moment, NULL);
            atomic_fetch_add(&crewing->loops, 1);
            crew_wake(crewing->crew);
            continue;
        }
        for (;;) {
            unsigned news = crew_news(crewing->crew);
            if (atomic_load(&crewing->loops) > (size_t)i)
                break;
            crew_help(own, news);
        }
    }
}

static void wakes(void **state)
{
    struct crewing crewing = {0};
    struct timespec before, after;

    (void)state;
    assert_ok(geosc_configure(context, 3, NULL));
    assert_ok(crew_create(context, &crewing.crew));
    clock_gettime(CLOCK_MONOTONIC, &before);
    crew_run(crewing.crew, waits, &crewing);
    clock_gettime(CLOCK_MONOTONIC, &after);
    assert_true(after.tv_sec - before.tv_sec < 2); /* 20 sleeps of a tenth of a second are 2 s */
    crew_free(crewing.crew);
}

/* ---- a lost core ------------------------------------------------------------------------------- */

struct absence {
    struct crew *crew;
    atomic_bool over;
    size_t helped, afterwards; /* units that the helper performed: before it lost its core, and soon afterwards */
};

/* A unit that sleeps computes as little as one whose core is taken away. */
static void long_unit(const void *work, size_t i, void *desk)
{
    struct loop *loop = (struct loop *)work;
    struct timespec long_time = {.tv_nsec = 40000000};

    (void)desk;
    loop->by[i] = pthread_self();
    nanosleep(&long_time, NULL);
}

static void loses_core(void *work, geosc_context *own)
{
    struct absence *absence = work;
    struct loop loop = {0};

    while (!crew_is_caller(own) && !atomic_load(&absence->over))
        crew_help(own, crew_news(absence->crew));
    if (!crew_is_caller(own))
        return;
    nanosleep(&(struct timespec){.tv_nsec = 5000000}, NULL); /* the helper waits by then */
    share(own, 6, long_unit, &loop, NULL, 0);
    for (size_t i = 0; i < 6; i++)
        absence->helped += !pthread_equal(loop.by[i], pthread_self());
    for (int i = 0; i < 5; i++)
        absence->afterwards += run_loop(own, 100, false, true, NULL);
    atomic_store(&absence->over, true);
    crew_wake(absence->crew);
}

static void lost_cores(void **state)
{
    struct absence absence = {0};

    (void)state;
    assert_ok(geosc_configure(context, 2, NULL));
    assert_ok(crew_create(context, &absence.crew));
    crew_run(absence.crew, loses_core, &absence);
    crew_free(absence.crew);
    assert_true(absence.helped > 0);
    assert_int_equal(absence.afterwards, 0);
}

/* ---- stops ------------------------------------------------------------------------------------- */

static volatile int stop;

static void stopping_unit(const void *work, size_t i, void *desk)
{
    (void)desk;
    atomic_fetch_add((atomic_size_t *)work, 1);
    if (i == 10)
        __atomic_store_n(&stop, 1, __ATOMIC_RELAXED);
    while (i > 10 && !__atomic_load_n(&stop, __ATOMIC_RELAXED))
        sched_yield(); /* else others do all while the thread of unit 10 has no core */
}

static void stops(void **state)
{
    (void)state;
    for (int t = 0; t < THREAD_COUNTS; t++) {
        atomic_size_t performed = 0;
        assert_ok(geosc_configure(context, thread_counts[t], NULL));
        stop = 0;
        context->stop = &stop;
        share(context, 100000, stopping_unit, &performed, NULL, 0);
        context->stop = NULL;
        assert_between(atomic_load(&performed), 1, 11 + thread_counts[t]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(teams),      cmocka_unit_test(crews), cmocka_unit_test(wakes),
        cmocka_unit_test(lost_cores), cmocka_unit_test(stops),
    };

    return cmocka_run_group_tests_name("share", tests, make_context, free_context);
}
