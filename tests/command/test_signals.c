/* Signals to a process that handles them as the command does. Each case has its own process. */
#include "system/signals.h"
#include "testing.h"

#include <errno.h>
#include <omp.h>
#include <pthread.h>
#include <signal.h>
#include <sys/resource.h>

enum { THREADS = 3, NEVER = 99 };

static const int stopping[] = {SIGTERM, SIGINT, SIGUSR1, SIGXCPU, SIGHUP};
static const char *const names[] = {"SIGTERM", "SIGINT", "SIGUSR1", "SIGXCPU", "SIGHUP"};

enum { STOPPING = sizeof stopping / sizeof *stopping };

/* Exit status of a process that does `what`, or minus the signal that ended it. */
static int ended(int (*what)(int), int number)
{
    pid_t child = fork();
    int status;

    assert_true(child >= 0);
    if (child == 0) {
        for (size_t i = 0; i < STOPPING; i++) /* the tests may run under nohup, or in the background */
            signal(stopping[i], SIG_DFL);
        _exit(what(number));
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

static int stop_once(int number)
{
    signals_catch();
    if (*signals_stop() || signals_stop_name())
        return NEVER;
    raise(number);
    for (size_t i = 0; i < STOPPING; i++)
        if (stopping[i] == number)
            return *signals_stop() && signals_stop_name() && strcmp(signals_stop_name(), names[i]) == 0 ? 0 : 1;
    return NEVER;
}

static void asks_for_an_end(void **state)
{
    (void)state;
    for (size_t i = 0; i < STOPPING; i++)
        assert_int_equal(ended(stop_once, stopping[i]), 0);
}

static int stop_twice(int number)
{
    signals_catch();
    raise(number);
    usleep(150000);
    raise(number);
    return 0;
}

static int another_first(int number)
{
    signals_catch();
    raise(SIGTERM);
    usleep(150000);
    raise(number);
    return 0;
}

static int stop_doubled(int number)
{
    signals_catch();
    raise(number);
    raise(number);
    return *signals_stop() ? 0 : 1;
}

/* timeout signals a process and its group: that is no second request. */
static void one_signal_twice(void **state)
{
    (void)state;
    for (size_t i = 0; i < STOPPING; i++)
        assert_int_equal(ended(stop_doubled, stopping[i]), 0);
}

/* A second one, whichever, of a user who does not want to wait. */
static void a_second_signal(void **state)
{
    (void)state;
    for (size_t i = 0; i < STOPPING; i++) {
        assert_int_equal(ended(stop_twice, stopping[i]), 128 + stopping[i]);
        assert_int_equal(ended(another_first, stopping[i]), 128 + stopping[i]);
    }
}

/* Signals the parent when that has waited for some time: on a busy machine, or emulated, it may come to it late. Where
 * no system tells, it is thought to wait. */
static void interrupt(pid_t parent, int number)
{
    for (int i = 0, slept = 0; i < 1000 && slept < 3; i++) {
        usleep(20000);
        char state = process_state(parent);
        slept = state == 'S' || !state ? slept + 1 : 0;
    }
    kill(parent, number);
    sleep(10);
    _exit(0);
}

static int waits_for_a_pipe(int number)
{
    int ends[2];
    pid_t parent = getpid(), child;
    char byte = 0;

    signals_catch();
    if (pipe(ends) != 0)
        return NEVER;
    child = fork();
    if (child == 0)
        interrupt(parent, number);
    close(ends[1]); /* so that it waits for the child's end at most */
    bool interrupted = read(ends[0], &byte, 1) < 0 && errno == EINTR && *signals_stop();
    kill(child, SIGKILL);
    return interrupted ? 0 : 1;
}

/* What waits for somebody else ends too. */
static void interrupts_waiting(void **state)
{
    (void)state;
    for (size_t i = 0; i < STOPPING; i++)
        assert_int_equal(ended(waits_for_a_pipe, stopping[i]), 0);
}

static int child_of_ignored(int number)
{
    int status = 0;
    pid_t child;

    signal(number, SIG_IGN);
    signals_catch();
    child = fork();
    if (child == 0)
        _exit(7);
    return waitpid(child, &status, 0) == child && WIFEXITED(status) ? WEXITSTATUS(status) : NEVER;
}

/* Whoever starts the command may ignore SIGCHLD: nobody could wait for a child. */
static void children_are_waited_for(void **state)
{
    (void)state;
    assert_int_equal(ended(child_of_ignored, SIGCHLD), 7);
}

static int left_to_parent(int number)
{
    signals_catch();
    signals_leave_to_parent();
    raise(number);
    raise(number);
    return *signals_stop() ? 1 : 0;
}

static void leaves_to_parent(void **state)
{
    (void)state;
    for (size_t i = 0; i < STOPPING; i++)
        assert_int_equal(ended(left_to_parent, stopping[i]), 0);
    assert_int_equal(ended(left_to_parent, SIGUSR2), 0);
}

static int ignored_before(int number)
{
    signal(number, SIG_IGN);
    signals_catch();
    raise(number);
    return *signals_stop() ? 1 : 0;
}

/* As under nohup, or in the background of a shell. */
static void stays_ignored(void **state)
{
    (void)state;
    for (size_t i = 0; i < STOPPING; i++)
        assert_int_equal(ended(ignored_before, stopping[i]), 0);
}

static int request(int number)
{
    signals_catch();
    if (signals_take_request())
        return 1;
    raise(number);
    return signals_take_request() && !signals_take_request() && !*signals_stop() ? 0 : 2;
}

static void asks_for_a_life_sign(void **state)
{
    (void)state;
    assert_int_equal(ended(request, SIGUSR2), 0);
}

static int write_to_nobody(int number)
{
    int ends[2];

    (void)number;
    signals_catch();
    return pipe(ends) == 0 && close(ends[0]) == 0 && write(ends[1], "", 1) < 0 ? 0 : 1;
}

static int write_too_much(int number)
{
    char name[] = "signals.XXXXXX";
    int file = mkstemp(name);

    (void)number;
    unlink(name);
    signals_catch();
    setrlimit(RLIMIT_FSIZE, &(struct rlimit){4, 4});
    return file >= 0 && write(file, "12345", 5) == 4 && write(file, "5", 1) < 0 ? 0 : 1;
}

/* Errors of the write, not the end of the process. */
static void writes_that_fail(void **state)
{
    (void)state;
    assert_int_equal(ended(write_to_nobody, 0), 0);
    assert_int_equal(ended(write_too_much, 0), 0);
}

static int blocked_in_workers(int number)
{
    int wrong = 0;

    (void)number;
    signals_catch();
    if (signals_start_workers(THREADS, 0) != 0)
        return NEVER;
#pragma omp parallel num_threads(THREADS) reduction(+ : wrong)
    {
        sigset_t mask;
        pthread_sigmask(SIG_SETMASK, NULL, &mask);
        for (size_t i = 0; i < STOPPING; i++)
            wrong += sigismember(&mask, stopping[i]) != (omp_get_thread_num() > 0);
        wrong += omp_get_num_threads() != THREADS;
    }
    return wrong;
}

/* Threads whose stacks find no room: told, and others can still be started. */
#ifdef __GLIBC__ /* elsewhere the usual stack cannot be so large */
static int too_many_workers(int number)
{
    pthread_attr_t usual, huge;
    int error;

    (void)number;
    pthread_getattr_default_np(&usual);
    pthread_attr_init(&huge);
    pthread_attr_setstacksize(&huge, (size_t)1 << 46);
    pthread_setattr_default_np(&huge);
    error = signals_start_workers(THREADS, 0);
    pthread_setattr_default_np(&usual);
    return error != 0 && signals_start_workers(THREADS, 0) == 0 ? 0 : 1;
}
#endif

static void workers_beyond_limits(void **state)
{
    (void)state;
#ifdef __GLIBC__
    if (!SANITIZED && !emulated()) /* they have stacks of their own to make */
        assert_int_equal(ended(too_many_workers, 0), 0);
#else
    print_message("# left out: needs glibc\n");
#endif
}

/* Only the main thread is interrupted. */
static void workers(void **state)
{
    (void)state;
    assert_int_equal(ended(blocked_in_workers, 0), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(asks_for_an_end),         cmocka_unit_test(a_second_signal),
        cmocka_unit_test(one_signal_twice),        cmocka_unit_test(interrupts_waiting),
        cmocka_unit_test(children_are_waited_for), cmocka_unit_test(leaves_to_parent),
        cmocka_unit_test(stays_ignored),           cmocka_unit_test(workers),
        cmocka_unit_test(asks_for_a_life_sign),    cmocka_unit_test(writes_that_fail),
        cmocka_unit_test(workers_beyond_limits),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
