/*
 * Power losses: records runs of geosc, call by call, and makes the disks that a loss of power in the middle may leave
 * (disk.h). On each disk, the output's name must be free, or have the old file or the complete new one; the same
 * command must give the bytes of an undisturbed run and resume all that the run had finished more than SYNC_SECONDS
 * before; a run that had reported success must be complete. Runs resumed after a loss are recorded and lose power, too.
 * It needs what test_fault needs. In the environment, GEOSC_LONG makes more than 10,000 disks, GEOSC_SEED chooses
 * others.
 */
#include "disk.h"
#include "trial.h"

enum { STARTS = 400, SEEN = 1 << 16, MOST_CALLS = 55 /* of a run, a few more than it has */, MANY_DISKS = 10500 };

static const double SYNC_SECONDS = 5;
static const char no_waiting[] = "nosync:0"; /* the disks that count are made here */

/* ---- disks that were there already -------------------------------------------------------------- */

/* A set of hashes: open addressing; 0 is an empty place. */
struct seen {
    size_t count;
    uint64_t hash[SEEN];
};

static bool is_new(struct seen *seen, uint64_t hash)
{
    size_t at = hash % SEEN;

    hash += hash == 0;
    while (seen->hash[at] && seen->hash[at] != hash)
        at = (at + 1) % SEEN;
    if (seen->hash[at])
        return false;
    assert_true(++seen->count < SEEN / 2);
    seen->hash[at] = hash;
    return true;
}

/* ---- the runs ----------------------------------------------------------------------------------- */

/* The command: without more than it needs; --force over another output; --restart over another run's journal. */
enum how { PLAIN, FORCE, RESTART };

static const char *const ways[] = {"a new output", "--force", "--restart"};

/* A disk on which the command is started, and the losses of power before that. */
struct start {
    struct disk disk;
    enum how how;
    int losses;
    size_t resumed; /* pairs that the command finds finished there */
};

static struct job job;
/* By enum how: nothing; another output; another run's journal. */
static struct start first[] = {{.how = PLAIN}, {.how = FORCE}, {.how = RESTART}};
static char folder[SCRATCH_PATH], log_name[SCRATCH_PATH];
static struct disk_file whole, other;
static struct seen seen;
static struct seen seen_names; /* the same disks without temporary files */
static struct start starts[STARTS];
static size_t start_count;
static struct tally {
    size_t disks, free, old, whole, resumed, losses;
} tally;

static void read_file(const char *path, struct disk_file *file)
{
    file->bytes = scratch_read(path, &file->size);
    assert_non_null(file->bytes);
}

/* What another run has left: its journal, with some pairs, or its output. */
static void make_starts(void)
{
    struct disk *torn = &first[RESTART].disk, *old = &first[FORCE].disk;
    struct job before = job;
    struct trial trial = {.fault = NULL};
    char fault[32];

    before.poses = "none";
    for (int k = 1; !disk_find(torn, "out.journal") || disk_find(torn, "out.journal")->size < 4000; k++) {
        assert_true(k < MOST_CALLS);
        snprintf(fault, sizeof fault, "before:%d", k);
        disk_free(torn);
        disk_lay_out(folder, &first[PLAIN].disk);
        run(&before, &(struct trial){.fault = fault});
        disk_read(folder, torn);
    }
    run(&before, &trial);
    assert_int_equal(trial.exit, 0);
    read_file(job.output, &other);
    disk_read(folder, old);
    assert_int_equal(old->count, 1);
}

static int set_up(void **state)
{
    char name[256];

    if (trial_set_up(state) != 0)
        return -1;
    snprintf(folder, sizeof folder, "%s", scratch_path("disk"));
    snprintf(log_name, sizeof log_name, "%s", scratch_path("oplog"));
    assert_int_equal(mkdir(folder, 0755), 0);
    /* The input's name is in the journal's header, which is longer than a sector by it. */
    memset(name, 'n', 240);
    name[240] = '\0';
    name_job(&job, name, "disk/out");
    job.json = true;
    make_data(&job, "indexed", "0", "8", "14", "16", "60");
    make_whole(&job);
    read_file(job.whole, &whole);
    make_starts();
    return 0;
}

static int tear_down(void **state)
{
    for (size_t i = 0; i < start_count; i++)
        disk_free(&starts[i].disk);
    for (int how = PLAIN; how <= RESTART; how++)
        disk_free(&first[how].disk);
    free(whole.bytes);
    free(other.bytes);
    return scratch_remove(state);
}

static bool same_bytes(const struct disk_file *a, const struct disk_file *b)
{
    return a && a->size == b->size && memcmp(a->bytes, b->bytes, a->size) == 0;
}

/* Pairs that a run has taken over, by its summary. */
static size_t pairs_resumed(const struct trial *trial)
{
    static const char key[] = "\"pairs_resumed\": ";
    const char *found = strstr(trial->said, key);

    return found ? strtoul(found + strlen(key), NULL, 10) : 0;
}

static void run_as(enum how how, struct trial *trial)
{
    job.force = how == FORCE;
    job.restart = how == RESTART;
    run(&job, trial);
}

static void record_run(const struct start *start, const char *fault, struct history *history)
{
    struct trial trial = {.fault = fault, .record = log_name};

    run_as(start->how, &trial);
    if (trial.exit != 0 && trial.signal != SIGKILL)
        fail_msg("%s", trial.said);
    history_read(history, log_name);
}

/* Records the command, to its end; before that one that is killed after call `kill`, if any, which makes the first
 * `killed` calls. */
static struct history *record(const struct start *start, long kill, size_t *killed)
{
    struct history *history;
    char fault[32];

    disk_lay_out(folder, &start->disk);
    history = history_begin(folder);
    snprintf(fault, sizeof fault, "after:%ld", kill);
    if (kill)
        record_run(start, fault, history);
    *killed = history_count(history);
    record_run(start, no_waiting, history);
    return history;
}

/* Whether a call has put a pair's record into the journal: by the magic of record.h. */
static bool adds_pair(const struct history *history, size_t call)
{
    static const unsigned char magic[4] = {0x5d, 0xc3, 0xa7, 0x50};
    const unsigned char *data;
    const struct oplog_entry *entry = history_entry(history, call, &data);

    return entry->call == OPLOG_WRITE && entry->bytes > sizeof magic && memcmp(data, magic, sizeof magic) == 0;
}

/* Pairs that must not be lost by a loss of power between `calls` and the next: those that were finished long before. */
static size_t pairs_due(const struct history *history, size_t calls)
{
    const unsigned char *data;
    size_t last = calls < history_count(history) ? calls : calls - 1, due = 0;
    double now = history_entry(history, last, &data)->clock;

    for (size_t i = 0; i < calls; i++)
        due += adds_pair(history, i) && history_entry(history, i, &data)->clock <= now - SYNC_SECONDS;
    return due;
}

/* ---- what must hold ----------------------------------------------------------------------------- */

/* One disk, and what is known of how it came about. */
struct loss {
    const struct start *start;
    const struct history *history;
    struct disk disk;
    size_t calls; /* that were made before */
    size_t due;   /* pairs that must have been kept */
    bool done;    /* the run had ended, and said that it was done */
};

static void complain(const struct loss *loss, const struct trial *trial, const char *what)
{
    const unsigned char *data;
    size_t last = loss->calls ? loss->calls - 1 : 0;
    const struct oplog_entry *entry = history_entry(loss->history, last, &data);

    print_message("# start: %d losses before, %s; power lost after %zu of %zu calls, the last was call %u of %s\n",
                  loss->start->losses, ways[loss->start->how], loss->calls, history_count(loss->history), entry->call,
                  entry->name);
    for (size_t i = 0; i < loss->disk.count; i++)
        print_message("# %s: %zu bytes\n", loss->disk.files[i].name, loss->disk.files[i].size);
    fail_msg("%s: %s", what, trial->said);
}

static void check_loss(const struct loss *loss, size_t *resumed)
{
    const struct disk_file *output = disk_find(&loss->disk, "out");
    bool is_whole = same_bytes(output, &whole), is_old = loss->start->how == FORCE && same_bytes(output, &other);
    struct trial trial = {.fault = no_waiting};
    struct disk after;

    if (output && !is_whole && !is_old)
        complain(loss, &trial, "what is at the output's name is neither old nor whole");
    if (loss->done && !is_whole)
        complain(loss, &trial, "the run was done, and its output is lost");
    disk_lay_out(folder, &loss->disk);
    run_as(loss->start->how, &trial);
    *resumed = pairs_resumed(&trial);
    if (trial.exit != 0)
        complain(loss, &trial, "the same command fails");
    if (!is_whole && *resumed < loss->due)
        complain(loss, &trial, "pairs are lost that were finished long before");
    disk_read(folder, &after);
    if (!same_bytes(disk_find(&after, "out"), &whole))
        complain(loss, &trial, "other bytes than those of a run left alone");
    if (after.count != 1)
        complain(loss, &trial, "something is left beside the output");
    disk_free(&after);
    tally.disks++;
    tally.free += !output;
    tally.old += is_old;
    tally.whole += is_whole;
    tally.resumed += *resumed > 0;
}

/* ---- losses of power ---------------------------------------------------------------------------- */

/* A disk is another if it differs, or if more is asked of it. */
static bool is_new_loss(const struct loss *loss)
{
    uint64_t asked = (loss->due << 3 | (uint64_t)loss->done << 2 | loss->start->how) * 0x9e3779b97f4a7c15ULL;
    struct disk lasting = {0};

    for (size_t i = 0; i < loss->disk.count; i++)
        if (loss->disk.files[i].name[0] != '.')
            lasting.files[lasting.count++] = loss->disk.files[i];
    if (!is_new(&seen, disk_hash(&loss->disk) + asked))
        return false;
    is_new(&seen_names, disk_hash(&lasting) + asked);
    return true;
}

/* Now and then, what a loss of power has left is what the next run starts with. */
static void keep_start(const struct loss *loss, size_t wanted, size_t resumed)
{
    if (start_count == STARTS || loss->disk.count == 0 || random_below(&chance, wanted) >= 4)
        return;
    struct start *start = &starts[start_count++];
    *start = (struct start){.how = loss->start->how, .losses = loss->start->losses + 1, .resumed = resumed};
    disk_copy(&loss->disk, &start->disk);
}

/* A number of calls, at least `earliest`. Of those in the middle of the output's contents, which have no name yet,
 * fewer than of others. */
static size_t some_moment(const struct history *history, size_t earliest)
{
    size_t moments = history_count(history) - earliest + 1, calls = earliest + random_below(&chance, moments);
    const unsigned char *data;

    if (calls && history_entry(history, calls - 1, &data)->call == OPLOG_WRITE && !adds_pair(history, calls - 1))
        calls = earliest + random_below(&chance, moments);
    return calls;
}

/* Makes `wanted` disks of a run from one start; fewer where there are not so many. */
static void lose_power(const struct start *start, long kill, size_t wanted)
{
    size_t made = 0, count, killed, resumed;
    struct history *history = record(start, kill, &killed);
    struct loss loss = {.start = start, .history = history};

    count = history_count(history);
    tally.losses = (size_t)start->losses + 1 > tally.losses ? (size_t)start->losses + 1 : tally.losses;
    for (size_t tries = 0; made < wanted && count && tries < 20 * wanted; tries++) {
        loss.calls = some_moment(history, killed);
        loss.due = loss.calls && start->how != RESTART ? start->resumed + pairs_due(history, loss.calls) : 0;
        loss.done = loss.calls == count;
        history_lose_power(history, loss.calls, &chance, &loss.disk);
        if (is_new_loss(&loss)) {
            check_loss(&loss, &resumed);
            keep_start(&loss, wanted, resumed);
            made++;
        }
        disk_free(&loss.disk);
    }
    history_free(history);
}

static void print_tally(const char *what)
{
    print_message("# %s: %zu disks, %zu of them different without temporary files; the output's name free %zu, old "
                  "%zu, whole %zu; %zu runs went on from a journal; up to %zu losses in a row\n",
                  what, tally.disks, seen_names.count, tally.free, tally.old, tally.whole, tally.resumed, tally.losses);
}

static void first_runs(void **state)
{
    (void)state;
    for (int how = PLAIN; how <= RESTART; how++)
        lose_power(&first[how], 0, number_of(60, 1600));
    print_tally("first runs");
}

/* Whether to kill a run after this call: after each if there is time, else of the writes only after those that were
 * about to be synced. */
static bool is_worth_a_kill(const struct history *history, size_t call)
{
    const unsigned char *data;

    return thorough || history_entry(history, call, &data)->call != OPLOG_WRITE ||
           (call + 1 < history_count(history) && history_entry(history, call + 1, &data)->call == OPLOG_SYNC);
}

/* Killed first, and then, when they go on, without power. */
static void killed_runs(void **state)
{
    size_t none_killed;
    struct history *history = record(&first[PLAIN], 0, &none_killed);
    const unsigned char *data;

    (void)state;
    for (size_t i = 0; i < history_count(history); i++) {
        if (!is_worth_a_kill(history, i))
            continue;
        for (int how = PLAIN; how <= (thorough ? RESTART : PLAIN); how++)
            lose_power(&first[how], history_entry(history, i, &data)->number, number_of(8, 25));
    }
    history_free(history);
    print_tally("first runs, and those that were killed");
}

static void runs_after_losses(void **state)
{
    size_t each = thorough ? 50 : 20, until = thorough ? MANY_DISKS : tally.disks + number_of(80, 0);

    (void)state;
    for (size_t i = 0; tally.disks < until; i++) {
        if (i == start_count)
            fail_msg("after %zu disks there is none left to start from", tally.disks);
        size_t pick = i + random_below(&chance, start_count - i);
        struct start picked = starts[pick];
        starts[pick] = starts[i];
        starts[i] = picked;
        lose_power(&picked, 0, each);
    }
    print_tally("all runs");
    assert_true(tally.old > 0 && tally.whole > 0 && tally.free > 0 && tally.resumed > tally.disks / 4);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(first_runs),
        cmocka_unit_test(killed_runs),
        cmocka_unit_test(runs_after_losses),
    };

    if (cannot_preload())
        return 0;
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
