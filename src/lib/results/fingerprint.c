#include "results/fingerprint.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include "base/guard.h"
#include "base/system.h"

enum { SAMPLES = 64, SAMPLE_BYTES = 4096 };

#define LAST_CHANGE "last change of the input="

/* ---- the input ---------------------------------------------------------------------------------- */

static void add_number(uint32_t *sum, uint64_t number)
{
    unsigned char bytes[8];

    for (int i = 0; i < 8; i++)
        bytes[i] = (unsigned char)(number >> 8 * i);
    *sum = (uint32_t)crc32_z(*sum, bytes, sizeof bytes);
}

/* Adds optional numbers. */
static void add_doubles(uint32_t *sum, const double *numbers, size_t count)
{
    uint64_t bits;

    add_number(sum, numbers ? count : 0);
    for (size_t i = 0; numbers && i < count; i++) {
        memcpy(&bits, &numbers[i], sizeof bits);
        add_number(sum, bits);
    }
}

static void add_integers(uint32_t *sum, const int64_t *numbers, size_t count)
{
    add_number(sum, numbers ? count : 0);
    for (size_t i = 0; numbers && i < count; i++)
        add_number(sum, (uint64_t)numbers[i]);
}

static void add_strings(uint32_t *sum, char *const *strings, size_t count)
{
    add_number(sum, strings ? count : 0);
    for (size_t i = 0; strings && i < count; i++)
        *sum = (uint32_t)crc32_z(*sum, (const void *)strings[i], strlen(strings[i]) + 1);
}

static void add_array(uint32_t *sum, const struct h5_array *array)
{
    add_number(sum, array->rank);
    add_number(sum, (uint64_t)array->format.type);
    for (size_t d = 0; d < array->rank; d++)
        add_number(sum, array->dims[d]);
}

static void add_set(uint32_t *sum, const struct image_set *set)
{
    add_number(sum, set->first);
    add_number(sum, set->count);
    for (int p = 0; p < GEOSC_POSES; p++) {
        const struct features *features = &set->pose[p];
        add_number(sum, features->level_count);
        for (size_t l = 0; l < features->level_count; l++) {
            add_array(sum, &features->levels[l]);
            add_number(sum, (uint64_t)features->norm_group[l]);
        }
        if (features->has_mask)
            add_array(sum, &features->mask);
    }
}

static void add_pairs(uint32_t *sum, const struct catalog *catalog)
{
    size_t points = catalog->pairs * catalog->keypoints;

    add_number(sum, catalog->pairs);
    for (size_t p = 0; p < catalog->pairs; p++) {
        add_number(sum, catalog->source[p]);
        add_number(sum, catalog->target[p]);
        add_number(sum, catalog->unreadable && catalog->unreadable[p]);
    }
    add_number(sum, (uint64_t)catalog->units);
    add_doubles(sum, catalog->source_keypoints ? catalog->source_keypoints[0] : NULL, 2 * points);
    add_doubles(sum, catalog->target_keypoints ? catalog->target_keypoints[0] : NULL, 2 * points);
    add_integers(sum, catalog->mirror_index, points);
    add_integers(sum, catalog->symmetry_group, points);
    add_doubles(sum, catalog->threshold, catalog->pairs);
    add_strings(sum, catalog->category, catalog->pairs);
    add_strings(sum, catalog->image_name, catalog->images);
    add_strings(sum, catalog->true_pose, catalog->pairs);
}

static enum geosc_status stat_input(geosc_context *context, const struct catalog *catalog, struct stat *there)
{
    if (fstat(h5_file_descriptor(catalog->file), there) == 0)
        return GEOSC_OK;
    return fail(context, GEOSC_FAILED, "%s: cannot read its properties: %s", h5_file_path(catalog->file),
                strerror(errno));
}

static enum geosc_status add_sample(geosc_context *context, const struct catalog *catalog, uint32_t *sum)
{
    unsigned char bytes[SAMPLE_BYTES];
    struct stat there;
    enum geosc_status status;

    TRY(stat_input(context, catalog, &there));
    add_number(sum, (uint64_t)there.st_size);
    for (int i = 0; i < SAMPLES; i++) {
        off_t last = there.st_size > SAMPLE_BYTES ? there.st_size - SAMPLE_BYTES : 0;
        off_t at = last / (SAMPLES - 1) * i + last % (SAMPLES - 1) * i / (SAMPLES - 1);
        ssize_t got = pread(h5_file_descriptor(catalog->file), bytes, sizeof bytes, at);
        if (got < 0)
            TRY(fail(context, GEOSC_FAILED, "%s: cannot be read: %s", h5_file_path(catalog->file), strerror(errno)));
        if (GUARD(changed_input_samples))
            *sum = (uint32_t)crc32_z(*sum, bytes, (size_t)got);
    }
done:
    return status;
}

enum geosc_status fingerprint_input(geosc_context *context, const struct catalog *catalog, uint32_t *crc32)
{
    *crc32 = 0;
    add_number(crc32, catalog->indexed + catalog->grouped);
    add_number(crc32, catalog->images);
    add_doubles(crc32, catalog->size ? catalog->size[0] : NULL, 2 * catalog->images);
    add_doubles(crc32, catalog->placement ? catalog->placement[0] : NULL, 3 * catalog->images);
    for (size_t i = 0; catalog->set_of && i < catalog->images; i++)
        add_number(crc32, catalog->set_of[i]);
    for (size_t s = 0; s < catalog->set_count; s++)
        add_set(crc32, &catalog->sets[s]);
    if (GUARD(changed_input_metadata))
        add_pairs(crc32, catalog);
    return add_sample(context, catalog, crc32);
}

enum geosc_status fingerprint_identify(geosc_context *context, const struct catalog *catalog, const char *input,
                                       struct run_identity *identity)
{
    const char *slash = strrchr(input, '/');

    snprintf(identity->input_name, sizeof identity->input_name, "%s", slash ? slash + 1 : input);
    return fingerprint_input(context, catalog, &identity->input_crc32);
}

/* ---- the run ------------------------------------------------------------------------------------ */

enum geosc_status fingerprint_make(geosc_context *context, const struct catalog *catalog,
                                   const struct run_identity *identity, struct fingerprint *fingerprint)
{
    struct stat there;
    struct timespec changed;
    enum geosc_status status;
    char model[16] = "none", shard[64] = "";
    int used;

    TRY(stat_input(context, catalog, &there));
    changed = system_changed(&there);
    if (identity->has_model)
        snprintf(model, sizeof model, "%08x", GUARD(changed_model) ? (unsigned)identity->model_crc32 : 0U);
    if (identity->shards)
        snprintf(shard, sizeof shard, "shard=%zu of %zu\n", identity->shard, identity->shards);
    used = snprintf(fingerprint->text, sizeof fingerprint->text,
                    "version=%s\nclass of instruction sets=%s\nmodel=%s\ninput=%s\nsize of the input=%lld\n" LAST_CHANGE
                    "%lld.%09ld\nchecksum of the input=%08x\n%s%s\n",
                    geosc_version(), GUARD(changed_isa_class) ? identity->isa_class : "", model, identity->input_name,
                    GUARD(changed_input_size) ? (long long)there.st_size : 0LL,
                    GUARD(changed_input_time) ? (long long)changed.tv_sec : 0LL,
                    GUARD(changed_input_time) ? (long)changed.tv_nsec : 0L,
                    GUARD(changed_input_sum) ? (unsigned)identity->input_crc32 : 0U, shard, identity->options);
    if (used < 0 || (size_t)used >= sizeof fingerprint->text)
        TRY(fail(context, GEOSC_FAILED, "the run's options are too long for a journal"));
    for (char *c = fingerprint->text + used - 1 - strlen(identity->options); *c; c++)
        if (*c == ' ') /* one option per line */
            *c = '\n';
    fingerprint->size = there.st_size;
    fingerprint->changed = changed;
    fingerprint->sample = 0;
    TRY(add_sample(context, catalog, &fingerprint->sample));
done:
    return status;
}

bool fingerprint_is_stale(const struct catalog *catalog, const struct fingerprint *fingerprint)
{
    struct stat now;
    struct timespec changed;

    if (fstat(h5_file_descriptor(catalog->file), &now) != 0)
        return true;
    changed = system_changed(&now);
    return now.st_size != fingerprint->size || changed.tv_sec != fingerprint->changed.tv_sec ||
           changed.tv_nsec != fingerprint->changed.tv_nsec;
}

static bool is_last_change(const char *line)
{
    return strncmp(line, LAST_CHANGE, strlen(LAST_CHANGE)) == 0;
}

enum fingerprint_change fingerprint_compare(const char *before, const char *now, char *out, size_t size)
{
    enum fingerprint_change change = FINGERPRINT_SAME;

    while (identity_next_difference(&before, &now, '\n')) {
        identity_describe_difference(before, now, '\n', out, size);
        if (!is_last_change(before) || !is_last_change(now))
            return FINGERPRINT_OTHER;
        change = FINGERPRINT_TOUCHED;
        before += strcspn(before, "\n");
        now += strcspn(now, "\n");
    }
    return change;
}
