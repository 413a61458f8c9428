/* Memory: sizes that overflow, growing blocks, and limits of control groups. */
#include "base/cgroup.h"
#include "base/memory.h"
#include "testing.h"

static void sizes(void **state)
{
    size_t product;
    char *block = (char *)1;

    (void)state;
    assert_true(size_multiply(1 << 16, 1 << 16, &product));
    assert_int_equal(product, (size_t)1 << 32);
    assert_false(size_multiply(SIZE_MAX / 2, 3, &product));
    assert_int_equal(memory_allocate(context, &block, SIZE_MAX / 2, 3, "a test"), GEOSC_FAILED);
    assert_null(block);
    /* 0 without its carry */
    assert_int_equal(memory_allocate(context, &block, SIZE_MAX / 2 + 1, 2, "a test"), GEOSC_FAILED);
    assert_int_equal(memory_allocate(context, &block, SIZE_MAX, 1, "a test"), GEOSC_FAILED);
    assert_ok(memory_allocate(context, &block, 0, 0, "a test"));
    assert_non_null(block);
    memory_free(block);
}

static void messages(void **state)
{
    static const struct {
        size_t bytes;
        const char *message;
    } cases[] = {{1, "cannot allocate 1 byte for a test"},
                 {999, "cannot allocate 999 bytes for a test"},
                 {1000, "cannot allocate 1.0 KB for a test"},
                 {64 << 10, "cannot allocate 65.5 KB for a test"},
                 {1000000, "cannot allocate 1.0 MB for a test"},
                 {(size_t)3 << 30, "cannot allocate 3221.2 MB for a test"},
                 {SIZE_MAX, "cannot allocate memory for a test: the size is too large"}};

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        context->out_of_memory = false;
        assert_int_equal(fail_memory(context, cases[i].bytes, "a test"), GEOSC_FAILED);
        assert_string_equal(geosc_message(context), cases[i].message);
        assert_true(context->out_of_memory);
    }
}

static void growth(void **state)
{
    size_t capacity = 0;
    int *numbers = NULL;

    (void)state;
    for (int i = 0; i < 1000; i++) {
        assert_ok(memory_grow(context, &numbers, &capacity, (size_t)i + 1, sizeof *numbers, "numbers"));
        assert_int_equal((uintptr_t)numbers % 64, 0);
        numbers[i] = i;
    }
    for (int i = 0; i < 1000; i++)
        assert_int_equal(numbers[i], i);
    assert_int_equal(memory_grow(context, &numbers, &capacity, SIZE_MAX / 4, sizeof *numbers * 8, "numbers"),
                     GEOSC_FAILED);
    assert_int_equal(numbers[999], 999);
    memory_free(numbers);
}

/* What Linux notes of the mapping around an address: its flags, or "". */
static void find_flags(const void *address, char *flags, size_t size)
{
    FILE *file = fopen("/proc/self/smaps", "r");
    unsigned long first, last;
    bool inside = false;
    char line[512];

    flags[0] = '\0';
    while (file && fgets(line, sizeof line, file)) {
        if (sscanf(line, "%lx-%lx ", &first, &last) == 2)
            inside = first <= (unsigned long)address && (unsigned long)address < last;
        else if (inside && strncmp(line, "VmFlags:", 8) == 0)
            snprintf(flags, size, "%s", line);
    }
    if (file)
        fclose(file);
}

/* A large block is in huge pages from its first byte to its last. */
static void huge_pages(void **state)
{
    enum { MEGABYTE = 1 << 20, LARGE = 16 * MEGABYTE + 5 };
    char flags[512], *large;

    (void)state;
    assert_ok(memory_allocate(context, &large, LARGE, 1, "a test"));
    find_flags(large, flags, sizeof flags);
#ifdef GEOSC_HAVE_HUGE_PAGES
    bool known = flags[0] && access("/sys/kernel/mm/transparent_hugepage", F_OK) == 0;
#else
    bool known = false;
#endif
    for (size_t i = 0; known && i < 3; i++) {
        find_flags(large + (LARGE - 1) / 2 * i, flags, sizeof flags);
        assert_non_null(strstr(flags, " hg"));
    }
    memory_free(large);
    if (!known)
        print_message(
            "# left out: the system does not tell of huge pages\n"); /* not skip(): cmocka's TAP says "not ok" */
}

/* ---- control groups ----------------------------------------------------------------------------- */

/* Writes FOLDER/path and the folders above it. */
static void put(const char *path, const char *text)
{
    char whole[SCRATCH_PATH];

    snprintf(whole, sizeof whole, "%s/%s", scratch_folder, path);
    for (char *slash = strchr(whole + strlen(scratch_folder) + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        mkdir(whole, 0700);
        *slash = '/';
    }
    write_file(whole, text, strlen(text));
}

static void no_groups(void **state)
{
    (void)state;
    assert_int_equal(cgroup_memory(scratch_folder), SIZE_MAX);
    put("proc/self/cgroup", "0::/\n");
    assert_int_equal(cgroup_memory(scratch_folder), SIZE_MAX);
    put("proc/self/cgroup", "nonsense\n:\n0:\n");
    assert_int_equal(cgroup_memory(scratch_folder), SIZE_MAX);
}

static void version_2(void **state)
{
    (void)state;
    put("proc/self/cgroup", "0::/slurm/job_7/step_0\n");
    put("sys/fs/cgroup/slurm/job_7/step_0/memory.max", "max\n");
    assert_int_equal(cgroup_memory(scratch_folder), SIZE_MAX);
    put("sys/fs/cgroup/slurm/job_7/memory.max", "8589934592\n");
    assert_int_equal(cgroup_memory(scratch_folder), 8589934592);
    put("sys/fs/cgroup/slurm/memory.max", "17179869184\n");
    assert_int_equal(cgroup_memory(scratch_folder), 8589934592);
    put("sys/fs/cgroup/slurm/job_7/step_0/memory.max", "1073741824\n");
    assert_int_equal(cgroup_memory(scratch_folder), 1073741824);
    /* In a container without a namespace of its own, the path is the host's and the mount is the container's. */
    put("proc/self/cgroup", "0::/docker/0123\n");
    put("sys/fs/cgroup/memory.max", "2147483648\n");
    assert_int_equal(cgroup_memory(scratch_folder), 2147483648);
}

static void version_1(void **state)
{
    (void)state;
    put("proc/self/cgroup", "4:cpu,cpuacct:/other\n3:memory:/user/me\n1:name=systemd:/memory\n0::/none\n");
    put("sys/fs/cgroup/memory.max", "max\n");
    put("sys/fs/cgroup/memory/other/memory.limit_in_bytes", "1000\n");
    put("sys/fs/cgroup/memory/user/me/memory.limit_in_bytes", "9223372036854771712\n");
    assert_int_equal(cgroup_memory(scratch_folder), 9223372036854771712U);
    put("sys/fs/cgroup/memory/user/memory.limit_in_bytes", "4294967296\n");
    assert_int_equal(cgroup_memory(scratch_folder), 4294967296);
    put("proc/self/cgroup", "3:hugetlb,memory:/user/me\n");
    assert_int_equal(cgroup_memory(scratch_folder), 4294967296);
    put("proc/self/cgroup", "3:notmemory:/user/me\n");
    assert_int_equal(cgroup_memory(scratch_folder), SIZE_MAX);
}

/* Quota and period, along the way up; rounded up to whole CPUs. */
static void cpus(void **state)
{
    (void)state;
    put("proc/self/cgroup", "0::/slurm/job_8/step_0\n");
    put("sys/fs/cgroup/slurm/job_8/step_0/cpu.max", "max 100000\n");
    assert_int_equal(cgroup_cpus(scratch_folder), SIZE_MAX);
    put("sys/fs/cgroup/slurm/job_8/cpu.max", "400000 100000\n");
    assert_int_equal(cgroup_cpus(scratch_folder), 4);
    put("sys/fs/cgroup/slurm/job_8/step_0/cpu.max", "150000 100000\n");
    assert_int_equal(cgroup_cpus(scratch_folder), 2);
    put("sys/fs/cgroup/slurm/job_8/step_0/cpu.max", "1000 100000\n");
    assert_int_equal(cgroup_cpus(scratch_folder), 1);
    put("proc/self/cgroup", "5:cpu,cpuacct:/me\n0::/none\n");
    put("sys/fs/cgroup/cpu/me/cpu.cfs_quota_us", "-1\n");
    put("sys/fs/cgroup/cpu/me/cpu.cfs_period_us", "100000\n");
    assert_int_equal(cgroup_cpus(scratch_folder), SIZE_MAX);
    put("sys/fs/cgroup/cpu/me/cpu.cfs_quota_us", "300000\n");
    assert_int_equal(cgroup_cpus(scratch_folder), 3);
}

/* Linked with --wrap=cgroup_memory: what memory_available is told. */
static size_t allowed; /* 0: what is true */

size_t __real_cgroup_memory(const char *root);
size_t __wrap_cgroup_memory(const char *root);

size_t __wrap_cgroup_memory(const char *root)
{
    return allowed && !*root ? allowed : __real_cgroup_memory(root);
}

static void this_machine(void **state)
{
    (void)state;
    allowed = 32 << 20;
    assert_int_equal(memory_available(), allowed);
    allowed = SIZE_MAX;
    assert_true(memory_available() < SIZE_MAX);
    allowed = 0;
    assert_true(memory_available() > 64 << 20);
    assert_true(memory_available() <= cgroup_memory(""));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sizes),      cmocka_unit_test(messages),  cmocka_unit_test(growth),
        cmocka_unit_test(huge_pages), cmocka_unit_test(no_groups), cmocka_unit_test(version_2),
        cmocka_unit_test(version_1),  cmocka_unit_test(cpus),      cmocka_unit_test(this_machine),
    };
    return cmocka_run_group_tests(tests, make_all, free_all);
}
