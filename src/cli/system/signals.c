#include "system/signals.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stddef.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "base/guard.h"

enum {
    EXIT_SIGNALLED = 128, /* plus the signal's number, as in shells */
    GRACE = 100000000     /* nanoseconds */
};

static const struct {
    int number;
    const char *name;
} stopping[] = {
    {SIGTERM, "SIGTERM"}, {SIGINT, "SIGINT"}, {SIGUSR1, "SIGUSR1"}, {SIGXCPU, "SIGXCPU"}, {SIGHUP, "SIGHUP"},
};

static volatile int stop_signal;     /* number of the first stop signal; 0: none yet */
static volatile int request_waiting; /* for a progress line */

/* timeout and `scancel --full` signal the process and its group: two signals within GRACE are one request. */
static void on_stop(int number)
{
    static struct timespec first;
    struct timespec now = {0};
    int before = __atomic_load_n(&stop_signal, __ATOMIC_RELAXED);
    long long passed;

    clock_gettime(CLOCK_MONOTONIC, &now);
    passed = (now.tv_sec - first.tv_sec) * 1000000000LL + (now.tv_nsec - first.tv_nsec);
    if (before == 0 || (!GUARD(signal_second_of_another_kind) && before != number)) {
        first = now;
        if (GUARD(signal_stop_flag))
            __atomic_store_n(&stop_signal, number, __ATOMIC_RELAXED);
    } else if (GUARD(signal_second) && passed > (GUARD(signal_doubled) ? GRACE : -1)) {
        _exit(EXIT_SIGNALLED + number);
    }
}

static void on_request(int number)
{
    (void)number;
    __atomic_store_n(&request_waiting, 1, __ATOMIC_RELAXED);
}

/* A signal that was ignored at the start stays ignored. */
static void handle(int number, void (*handler)(int), int flags)
{
    struct sigaction before, action = {.sa_handler = handler, .sa_flags = flags};

    sigfillset(&action.sa_mask);
    if (sigaction(number, NULL, &before) == 0 && (!GUARD(signal_nohup) || before.sa_handler != SIG_IGN))
        sigaction(number, &action, NULL);
}

/* Stop signals interrupt system calls (no SA_RESTART): a read or write of an idle pipe would wait forever. */
void signals_catch(void)
{
    if (GUARD(signal_pipe))
        handle(SIGPIPE, SIG_IGN, SA_RESTART);
    if (GUARD(signal_xfsz))
        handle(SIGXFSZ, SIG_IGN, SA_RESTART);
    if (GUARD(signal_usr2))
        handle(SIGUSR2, on_request, SA_RESTART);
    for (size_t i = 0; i < sizeof stopping / sizeof *stopping; i++)
        if (GUARD_OF(stopping[i].name))
            handle(stopping[i].number, on_stop, GUARD(signal_waiting) ? 0 : SA_RESTART);
    if (GUARD(signal_children))
        signal(SIGCHLD, SIG_DFL); /* if it were ignored, waitpid would not return a child's status */
}

void signals_leave_to_parent(void)
{
    signal(SIGUSR2, GUARD(signal_to_the_group) ? SIG_IGN : SIG_DFL);
    for (size_t i = 0; i < sizeof stopping / sizeof *stopping; i++)
        signal(stopping[i].number, SIG_IGN);
}

static void *wait_for_gate(void *gate)
{
    pthread_mutex_lock(gate);
    pthread_mutex_unlock(gate);
    return NULL;
}

/* Starts `threads` - 1 threads, which exist at the same time, and ends them. Returns 0 or an error number. */
static int try_threads(int threads, size_t stack)
{
    pthread_t *started = calloc((size_t)threads, sizeof *started);
    pthread_mutex_t gate = PTHREAD_MUTEX_INITIALIZER;
    int count = 0, error = started ? 0 : ENOMEM;
    pthread_attr_t attributes;

    pthread_attr_init(&attributes);
    /* If the system refuses this size, its default stays, as in OpenMP's library. */
    if (GUARD(threads_with_their_stack) && stack)
        pthread_attr_setstacksize(&attributes, stack);
    pthread_mutex_lock(&gate);
    while (!error && count < threads - 1) {
        error = pthread_create(&started[count], &attributes, wait_for_gate, &gate);
        count += !error;
    }
    pthread_mutex_unlock(&gate);
    while (count-- > 0)
        pthread_join(started[count], NULL);
    pthread_attr_destroy(&attributes);
    free(started);
    return error;
}

/* A thread inherits the signal mask of the thread that starts it. OpenMP keeps the workers of its first region. */
int signals_start_workers(int threads, size_t stack)
{
    sigset_t all, before;
    int error;

    (GUARD(signal_workers) ? sigfillset : sigemptyset)(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    /* If OpenMP's library cannot start a thread, it ends the process. */
    error = GUARD(threads_beyond_limits) ? try_threads(threads, stack) : 0;
#pragma omp parallel num_threads(threads) if (!error)
    {
        __asm__ volatile("" ::: "memory"); /* keeps the compiler from removing an empty region */
    }
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return error;
}

const volatile int *signals_stop(void)
{
    return &stop_signal;
}

const char *signals_stop_name(void)
{
    int number = __atomic_load_n(&stop_signal, __ATOMIC_RELAXED);

    for (size_t i = 0; i < sizeof stopping / sizeof *stopping; i++)
        if (stopping[i].number == number)
            return stopping[i].name;
    return NULL;
}

bool signals_take_request(void)
{
    return __atomic_exchange_n(&request_waiting, 0, __ATOMIC_RELAXED) != 0;
}
