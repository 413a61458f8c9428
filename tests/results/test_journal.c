/* The journal as a file: which records are resumed, which files are refused, and who may lock it. */
#include "results/journal_testing.h"

#include <signal.h>
#include <sys/wait.h>

static bool done[PAIRS];
static struct sample changed;
static const char *text = run_text; /* of the run that loads */

/* Loads what stands in the file `out.journal`; GEOSC_OK leaves it open. */
static enum geosc_status load(struct geosc_options *options, struct journal **journal, size_t *resumed)
{
    struct fingerprint fingerprint;
    enum geosc_status status;

    said[0] = '\0';
    options->warning = listen;
    memset(done, 0, sizeof done);
    snprintf(fingerprint.text, sizeof fingerprint.text, "%s", text);
    TRY(journal_lock(context, scratch_path("out"), options, journal));
    TRY(journal_load(context, *journal, &fingerprint, &taken, done, resumed));
done:
    if (status != GEOSC_OK) {
        journal_close(*journal);
        *journal = NULL;
    }
    return status;
}

static void goes_on_from_a_file(void **state)
{
    const char *path = scratch_path("out.journal");
    struct geosc_options options = {0};
    struct journal *journal;
    size_t resumed, half = whole.header + 5 * whole.record;

    (void)state;
    write_file(path, whole.bytes, half + 100); /* torn */
    assert_ok(load(&options, &journal, &resumed));
    assert_int_equal(resumed, 5);
    assert_int_equal(file_size(path), half);
    assert_string_equal(said, "");
    assert_ok(journal_append(context, journal, &truth, 5 * 37 % PAIRS));
    journal_close(journal);
    assert_int_equal(file_size(path), half + whole.record);
    assert_ok(load(&options, &journal, &resumed));
    assert_int_equal(resumed, 6);
    for (size_t p = 6; p < PAIRS; p++)
        assert_ok(journal_append(context, journal, &truth, p * 37 % PAIRS));
    assert_ok(journal_end(context, journal));
    assert_true(has_bytes(path, whole.bytes, whole.size)); /* as if never torn */
    assert_ok(journal_remove(context, journal));
    assert_int_equal(scratch_entries(), 0);
}

static void tells_of_damage(void **state)
{
    const char *path = scratch_path("out.journal");
    struct geosc_options options = {0};
    struct journal *journal;
    size_t resumed;

    (void)state;
    changed = whole;
    changed.bytes[whole.header + 9 * whole.record + 50] ^= 1;
    write_file(path, changed.bytes, changed.size);
    assert_ok(load(&options, &journal, &resumed));
    assert_int_equal(resumed, PAIRS - 1);
    assert_non_null(strstr(said, "bytes within the journal are damaged"));
    assert_ok(journal_append(context, journal, &truth, 9 * 37 % PAIRS));
    assert_ok(journal_end(context, journal));
    journal_close(journal);
    assert_ok(load(&options, &journal, &resumed));
    assert_int_equal(resumed, PAIRS);
    assert_ok(journal_remove(context, journal));
}

static void refuses(void **state)
{
    static const char strange[] = "a letter to my journal, which is long";
    const char *path = scratch_path("out.journal");
    struct geosc_options options = {0};
    struct journal *journal;
    size_t resumed;

    (void)state;
    make_sample(&changed, "version=1\nmodel=none\ninput=scene.h5\nposes=none,hflip\nimd=mutual\n");
    write_file(path, changed.bytes, changed.size);
    assert_refused(load(&options, &journal, &resumed), "imd=mutual, now imd=squared");
    assert_int_equal(file_size(path), changed.size);
    options.restart = true;
    assert_ok(load(&options, &journal, &resumed));
    assert_int_equal(resumed, 0);
    journal_close(journal); /* nothing is in it */
    assert_int_equal(scratch_entries(), 0);

    options.restart = false;
    changed = whole;
    changed.bytes[30] ^= 4;
    write_file(path, changed.bytes, changed.size);
    assert_refused(load(&options, &journal, &resumed), "start of the journal is damaged");
    assert_int_equal(file_size(path), changed.size);
    options.restart = true; /* even then a file of somebody else's is left alone */
    write_file(path, strange, sizeof strange);
    assert_refused(load(&options, &journal, &resumed), "not a journal of geosc");
    assert_int_equal(file_size(path), sizeof strange);
    unlink(path);
    assert_int_equal(symlink("elsewhere", path), 0);
    assert_refused(load(&options, &journal, &resumed), "cannot be opened");
    unlink(path);
    assert_int_equal(mkfifo(path, 0600), 0);
    assert_refused(load(&options, &journal, &resumed), "cannot be opened");
    unlink(path);
    assert_int_equal(scratch_entries(), 0);
}

/* What a run leaves that is killed while it begins. */
static void begins_anew(void **state)
{
    static const unsigned char zeros[300];
    struct geosc_options options = {0};
    struct journal *journal;
    size_t resumed;

    (void)state;
    for (size_t size = 0; size < whole.header; size++) {
        write_file(scratch_path("out.journal"), size % 3 ? whole.bytes : zeros, size);
        assert_ok(load(&options, &journal, &resumed));
        assert_int_equal(resumed, 0);
        assert_int_equal(file_size(scratch_path("out.journal")), whole.header);
        journal_close(journal);
    }
}

/* A header of three sectors, any of which may be missing after a loss of power: it had no pair behind it yet. */
static void torn_headers(void **state)
{
    enum { SECTOR = 512, SECTORS = 3 };
    static char long_text[2 * SECTOR + 100];
    struct geosc_options options = {0};
    struct journal *journal;
    size_t resumed;

    (void)state;
    memset(long_text, 'i', sizeof long_text - 1);
    memcpy(long_text, "input=", 6);
    make_sample(&whole, long_text);
    text = long_text;
    for (unsigned kept = 0; kept < 1 << SECTORS; kept++) {
        changed = whole;
        for (unsigned i = 0; i < SECTORS; i++)
            if (!(kept & 1U << i))
                memset(changed.bytes + i * SECTOR, 0, i < SECTORS - 1 ? SECTOR : whole.header - i * SECTOR);
        for (size_t size = 1; size <= whole.header; size += 73) {
            write_file(scratch_path("out.journal"), changed.bytes, size);
            assert_ok(load(&options, &journal, &resumed));
            assert_int_equal(resumed, 0);
            journal_close(journal);
        }
        write_file(scratch_path("out.journal"), changed.bytes, whole.size);
        if (kept + 1 < 1 << SECTORS) /* there was more */
            assert_int_equal(load(&options, &journal, &resumed), GEOSC_FAILED);
    }
    changed = whole;
    changed.bytes[2 * SECTOR] ^= 1;
    write_file(scratch_path("out.journal"), changed.bytes, whole.header);
    assert_refused(load(&options, &journal, &resumed), "start of the journal is damaged");
    unlink(scratch_path("out.journal"));
    make_sample(&whole, run_text);
    text = run_text;
}

static void one_at_a_time(void **state)
{
    struct geosc_options options = {0};
    struct journal *journal, *second;
    size_t resumed;
    int ready[2], status;
    char byte;

    (void)state;
    assert_ok(load(&options, &journal, &resumed));
    assert_refused(journal_lock(context, scratch_path("out"), &options, &second), "another run is writing");
    journal_close(journal);
    assert_int_equal(pipe(ready), 0);
    pid_t child = fork();
    if (child == 0) { /* an owner that is killed */
        if (journal_lock(context, scratch_path("out"), &options, &journal) != GEOSC_OK || write(ready[1], "", 1) != 1)
            _exit(1);
        for (;;)
            pause();
    }
    assert_int_equal(read(ready[0], &byte, 1), 1);
    assert_refused(journal_lock(context, scratch_path("out"), &options, &second), "another run is writing");
    kill(child, SIGKILL);
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_ok(journal_lock(context, scratch_path("out"), &options, &second));
    journal_close(second);
    close(ready[0]);
    close(ready[1]);
}

/* Linked with --wrap=flock: what another run removes between our opening of it and our lock. */
static const char *removed_meanwhile;

int __real_flock(int fd, int operation);
int __wrap_flock(int fd, int operation);

int __wrap_flock(int fd, int operation)
{
    if (removed_meanwhile)
        assert_int_equal(unlink(removed_meanwhile), 0);
    removed_meanwhile = NULL;
    return __real_flock(fd, operation);
}

/* The lock is on the file that has the name, not on one that had it. */
static void locks_what_is_there(void **state)
{
    struct geosc_options options = {0};
    struct journal *journal, *second;

    (void)state;
    removed_meanwhile = scratch_path("out.journal");
    assert_ok(journal_lock(context, scratch_path("out"), &options, &journal));
    assert_null(removed_meanwhile);
    assert_refused(journal_lock(context, scratch_path("out"), &options, &second), "another run is writing");
    journal_close(journal);
    assert_int_equal(scratch_entries(), 0);
}

#define TOUCHED "last change of the input="

static void differences(void **state)
{
    char out[128] = "";

    (void)state;
    assert_int_equal(fingerprint_compare("a=1\nb=2\n", "a=1\nb=2\n", out, sizeof out), FINGERPRINT_SAME);
    assert_int_equal(fingerprint_compare("a=1\nb=2\n", "a=1\nb=3\n", out, sizeof out), FINGERPRINT_OTHER);
    assert_string_equal(out, "b=2, now b=3");
    assert_int_equal(fingerprint_compare("a=1\n", "a=1\nb=3\n", out, sizeof out), FINGERPRINT_OTHER);
    assert_int_equal(fingerprint_compare("a=1\nb=3", "a=1\n", out, sizeof out), FINGERPRINT_OTHER);
    assert_int_equal(fingerprint_compare("a=12\n", "a=1\n", out, sizeof out), FINGERPRINT_OTHER);
    assert_int_equal(fingerprint_compare("a=1", "a=1\n", out, sizeof out), FINGERPRINT_OTHER);
    assert_int_equal(fingerprint_compare("a=1\n\n", "a=1\n", out, sizeof out), FINGERPRINT_OTHER);
    assert_int_equal(fingerprint_compare("", "\n", out, sizeof out), FINGERPRINT_OTHER);
    assert_int_equal(fingerprint_compare(TOUCHED "1\nb=2\n", TOUCHED "3\nb=2\n", out, sizeof out), FINGERPRINT_TOUCHED);
    assert_string_equal(out, TOUCHED "1, now " TOUCHED "3");
    assert_int_equal(fingerprint_compare(TOUCHED "1\nb=2\n", TOUCHED "3\nb=3\n", out, sizeof out), FINGERPRINT_OTHER);
    assert_string_equal(out, "b=2, now b=3");
    assert_int_equal(fingerprint_compare(TOUCHED "1", TOUCHED "3\n", out, sizeof out), FINGERPRINT_OTHER);
    assert_int_equal(fingerprint_compare(TOUCHED "1\n", "b=2\n", out, sizeof out), FINGERPRINT_OTHER);
    assert_int_equal(fingerprint_compare(TOUCHED "1\n", TOUCHED "3\nb=2\n", out, sizeof out), FINGERPRINT_OTHER);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(goes_on_from_a_file), cmocka_unit_test(tells_of_damage), cmocka_unit_test(refuses),
        cmocka_unit_test(begins_anew),         cmocka_unit_test(torn_headers),    cmocka_unit_test(one_at_a_time),
        cmocka_unit_test(locks_what_is_there), cmocka_unit_test(differences),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
