#include "options.h"

#include "cgroup.h"
#include "number.h"

#include <math.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>

static const char *const pose_names[GEOSC_POSES] = {"none",  "hflip",  "vflip",     "rot180",
                                                    "rot90", "rot270", "transpose", "antitranspose"};
static const char *const imd_names[] = {"squared", "euclidean", "mutual"};
static const char *const source_names[] = {"auto", "stored", "derived"};
static const char *const conv_names[] = {"auto", "direct", "winograd"};
static const char *const format_names[] = {"geosc", "hloc"};
static const char *const status_names[GEOSC_PAIR_STATUSES] = {
    "ok", "bad_features", "bad_mask", "empty_mask", "bad_keypoint", "no_mutual", "unreadable", "empty_features"};

#define NAME_OF(names, value) ((size_t)(value) < sizeof(names) / sizeof *(names) ? (names)[value] : NULL)

const char *geosc_pose_name(enum geosc_pose pose)
{
    return NAME_OF(pose_names, pose);
}

const char *geosc_imd_name(enum geosc_imd imd)
{
    return NAME_OF(imd_names, imd);
}

const char *geosc_pose_source_name(enum geosc_pose_source source)
{
    return NAME_OF(source_names, source);
}

const char *geosc_conv_name(enum geosc_conv conv)
{
    return NAME_OF(conv_names, conv);
}

const char *options_format_name(enum geosc_format format)
{
    return NAME_OF(format_names, format);
}

enum geosc_format options_output_format(const struct geosc_options *options)
{
    return options->shards ? GEOSC_FORMAT_GEOSC : options->format;
}

const char *geosc_pair_status_name(enum geosc_pair_status status)
{
    return NAME_OF(status_names, status);
}

bool pose_parse(const char *name, enum geosc_pose *pose)
{
    for (int i = 0; i < GEOSC_POSES; i++)
        if (strcmp(name, pose_names[i]) == 0) {
            *pose = (enum geosc_pose)i;
            return true;
        }
    return false;
}

void geosc_options_init(struct geosc_options *options)
{
    *options = (struct geosc_options){
        .poses = {GEOSC_POSE_NONE, GEOSC_POSE_HFLIP, GEOSC_POSE_ROT90, GEOSC_POSE_ROT270},
        .pose_count = 4,
        .pose_source = GEOSC_POSE_SOURCE_AUTO,
        .imd = GEOSC_IMD_SQUARED,
        .window = 15,
        .temperature = 0.02,
    };
}

static enum geosc_status check_poses(geosc_context *context, const struct geosc_options *options)
{
    if (options->pose_count < 1 || options->pose_count > GEOSC_POSES)
        return fail(context, GEOSC_BAD_USAGE, "poses: 1 to %d candidates, not %zu", GEOSC_POSES, options->pose_count);
    for (size_t i = 0; i < options->pose_count; i++) {
        if (!geosc_pose_name(options->poses[i]))
            return fail(context, GEOSC_BAD_USAGE, "poses: there is no pose number %d", (int)options->poses[i]);
        for (size_t j = 0; j < i; j++)
            if (options->poses[j] == options->poses[i])
                return fail(context, GEOSC_BAD_USAGE, "poses: %s is named twice", geosc_pose_name(options->poses[i]));
    }
    return GEOSC_OK;
}

enum geosc_status options_check(geosc_context *context, const struct geosc_options *options)
{
    if (check_poses(context, options) != GEOSC_OK)
        return GEOSC_BAD_USAGE;
    if (!geosc_imd_name(options->imd))
        return fail(context, GEOSC_BAD_USAGE, "imd: there is no kind number %d", (int)options->imd);
    if (!geosc_pose_source_name(options->pose_source))
        return fail(context, GEOSC_BAD_USAGE, "pose source: there is no kind number %d", (int)options->pose_source);
    if (!geosc_conv_name(options->conv))
        return fail(context, GEOSC_BAD_USAGE, "conv: there is no kind number %d", (int)options->conv);
    if (!options_format_name(options->format))
        return fail(context, GEOSC_BAD_USAGE, "format: there is no kind number %d", (int)options->format);
    if (options->window < 1 || options->window % 2 == 0)
        return fail(context, GEOSC_BAD_USAGE, "window: an odd number of cells, 1 or more, not %d", options->window);
    if (!(options->temperature > 0) || !isfinite(options->temperature))
        return fail(context, GEOSC_BAD_USAGE, "temperature: a finite number above 0, not %s",
                    number_general(options->temperature, 6).text);
    if (options->threads < 0)
        return fail(context, GEOSC_BAD_USAGE, "threads: 1 or more (0: all), not %d", options->threads);
    if (options->shards > OPTIONS_SHARDS)
        return fail(context, GEOSC_BAD_USAGE, "shards: at most %d, not %zu", OPTIONS_SHARDS, options->shards);
    if (options->shards ? options->shard >= options->shards : options->shard != 0)
        return fail(context, GEOSC_BAD_USAGE, "shard: there is no shard %zu of %zu, they are counted from 0",
                    options->shard, options->shards);
    return GEOSC_OK;
}

void options_describe(const struct geosc_options *options, char *out, size_t size)
{
    char poses[128] = "";

    for (size_t i = 0; i < options->pose_count; i++) {
        size_t length = strlen(poses);
        snprintf(poses + length, sizeof poses - length, "%s%s", i ? "," : "", geosc_pose_name(options->poses[i]));
    }
    snprintf(out, size, "poses=%s pose-source=%s imd=%s restrict-target=%s window=%d temperature=%s conv=%s%s", poses,
             geosc_pose_source_name(options->pose_source), geosc_imd_name(options->imd),
             options->restrict_target ? "yes" : "no", options->window, number_exact(options->temperature).text,
             geosc_conv_name(options->conv), options->confidence ? " confidence=yes" : "");
}

int options_default_threads(void)
{
    cpu_set_t set;
    int cpus = sched_getaffinity(0, sizeof set, &set) == 0 ? CPU_COUNT(&set) : 1;
    size_t quota = cgroup_cpus("");

    if (quota < (size_t)cpus)
        cpus = (int)quota;
    return cpus > 0 ? cpus : 1;
}
