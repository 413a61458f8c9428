#include "base/options.h"

#include "base/cgroup.h"
#include "base/guard.h"
#include "base/memory.h"
#include "base/number.h"
#include "base/suggest.h"
#include "base/system.h"

#include <math.h>
#include <omp.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

static const char *const pose_names[GEOSC_POSES] = {"none",  "hflip",  "vflip",     "rot180",
                                                    "rot90", "rot270", "transpose", "antitranspose"};
#define IMD_NAME(enumerator, name, value) name,
static const char *const imd_names[GEOSC_IMDS] = {GEOSC_IMD_ROWS(IMD_NAME)};
static const char *const source_names[] = {"auto", "stored", "derived"};
static const char *const conv_names[] = {"auto", "direct", "winograd"};
static const char *const restrict_names[] = {"both", "imd", "match"};
static const char *const query_names[] = {"cell", "bilinear"};
static const char *const similarity_names[] = {"cosine", "dot"};
static const char *const outside_names[] = {"drop", "zero"};
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

bool options_restrict_for(const struct geosc_options *options, enum geosc_restrict use)
{
    return options->restrict_target && (options->restrict_use == GEOSC_RESTRICT_BOTH || options->restrict_use == use);
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

/* ---- candidates --------------------------------------------------------------------------------- */

static const char *pose_name_of(const void *list, size_t i)
{
    (void)list;
    return i < GEOSC_POSES ? geosc_pose_name((enum geosc_pose)i) : NULL;
}

/* Adds a pose to the candidates by name. */
static bool add_pose(struct geosc_options *options, const char *name, char *reason, size_t size)
{
    const char *near = suggest_name(name, pose_name_of, NULL);
    enum geosc_pose pose;

    if (!pose_parse(name, &pose)) {
        if (near)
            snprintf(reason, size, "unknown pose '%s'; did you mean '%s'?", name, near);
        else
            snprintf(reason, size, "unknown pose '%s'; write for example none,hflip, without blanks", name);
        return false;
    }
    for (size_t i = 0; i < options->pose_count; i++)
        if (options->poses[i] == pose) {
            snprintf(reason, size, "%s is named twice", name);
            return false;
        }
    options->poses[options->pose_count++] = pose;
    return true;
}

static bool parse_poses(const struct option *option, const char *text, void *value, char *reason, size_t size)
{
    struct geosc_options *options = value;

    (void)option;
    options->pose_count = 0;
    if (strcmp(text, "all") == 0) {
        for (; options->pose_count < GEOSC_POSES; options->pose_count++)
            options->poses[options->pose_count] = (enum geosc_pose)options->pose_count;
        return true;
    }
    for (const char *end; text; text = *end ? end + 1 : NULL) {
        char name[32];

        end = text + strcspn(text, ",");
        snprintf(name, sizeof name, "%.*s", (int)(end - text), text);
        if (!add_pose(options, name, reason, size))
            return false;
    }
    return true;
}

static void show_poses(const struct option *option, const void *value, char *out, size_t size)
{
    const struct geosc_options *options = value;
    size_t used = 0;

    (void)option;
    out[0] = '\0';
    for (size_t i = 0; i < options->pose_count && i < GEOSC_POSES && used < size; i++) {
        const char *name = geosc_pose_name(options->poses[i]);
        used += (size_t)snprintf(out + used, size - used, "%s%s", i ? "," : "", name ? name : "?");
    }
}

static bool check_poses(const struct option *option, const void *value, char *reason, size_t size)
{
    const struct geosc_options *options = value;

    (void)option;
    if (options->pose_count < 1 || options->pose_count > GEOSC_POSES) {
        snprintf(reason, size, "1 to %d candidates, not %zu", GEOSC_POSES, options->pose_count);
        return false;
    }
    for (size_t i = 0; i < options->pose_count; i++) {
        const char *name = geosc_pose_name(options->poses[i]);
        if (!name) {
            snprintf(reason, size, "unknown pose number %d", (int)options->poses[i]);
            return false;
        }
        for (size_t j = 0; j < i; j++)
            if (options->poses[j] == options->poses[i]) {
                snprintf(reason, size, "%s is named twice", name);
                return false;
            }
    }
    return true;
}

const struct option_type options_poses = {parse_poses, show_poses, check_poses, NULL};

/* ---- what shapes the result --------------------------------------------------------------------- */

const char *options_imd_name(int i)
{
    return geosc_imd_name((enum geosc_imd)i);
}

const char *options_pose_source_name(int i)
{
    return geosc_pose_source_name((enum geosc_pose_source)i);
}

const char *options_conv_name(int i)
{
    return geosc_conv_name((enum geosc_conv)i);
}

const char *options_query_name(int i)
{
    return NAME_OF(query_names, i);
}

const char *options_similarity_name(int i)
{
    return NAME_OF(similarity_names, i);
}

const char *options_restrict_name(int i)
{
    return NAME_OF(restrict_names, i);
}

const char *options_outside_name(int i)
{
    return NAME_OF(outside_names, i);
}

static bool is_restriction(const char *word)
{
    size_t i = 0;

    while (i < sizeof restrict_names / sizeof *restrict_names && strcmp(restrict_names[i], word) != 0)
        i++;
    return options_restrict_name((int)i) != NULL;
}

static bool parse_restrict(const struct option *option, const char *text, void *value, char *reason, size_t size)
{
    struct geosc_options *options = value;

    options->restrict_target = strcmp(text, "no") != 0;
    options->restrict_use = GEOSC_RESTRICT_BOTH;
    return !text[0] || !options->restrict_target ||
           option_choice.parse(option, text, &options->restrict_use, reason, size);
}

static void show_restrict(const struct option *option, const void *value, char *out, size_t size)
{
    const struct geosc_options *options = value;

    if (options->restrict_target)
        option_choice.show(option, &options->restrict_use, out, size);
    else
        snprintf(out, size, "no");
}

static bool check_restrict(const struct option *option, const void *value, char *reason, size_t size)
{
    const struct geosc_options *options = value;

    return !options->restrict_target || option_choice.check(option, &options->restrict_use, reason, size);
}

const struct option_type options_restrict = {parse_restrict, show_restrict, check_restrict, is_restriction};

static const char no_window[] = "not an odd number, gauss:S or all";

static bool check_window(const struct option *option, const void *value, char *reason, size_t size)
{
    const struct geosc_options *options = value;
    double sigma = options->window_sigma;

    snprintf(reason, size, "%s", no_window);
    if (options->window_kind == GEOSC_WINDOW_BOX)
        return option_odd.check(option, &options->window, reason, size);
    if (options->window_kind == GEOSC_WINDOW_GAUSS && !(sigma > 0 && sigma <= option->maximum)) {
        snprintf(reason, size, "S is a number above 0 and up to %s", number_general(option->maximum, 6).text);
        return false;
    }
    return options->window_kind == GEOSC_WINDOW_GAUSS || options->window_kind == GEOSC_WINDOW_ALL;
}

/* A window leaves nothing of another one that was given before. */
static bool parse_window(const struct option *option, const char *text, void *value, char *reason, size_t size)
{
    struct geosc_options *options = value, chosen = *options;
    const char *end = "";

    option_odd.parse(option, option->initial, &chosen.window, reason, size);
    chosen.window_sigma = 0;
    chosen.window_kind = strcmp(text, "all") == 0          ? GEOSC_WINDOW_ALL
                         : strncmp(text, "gauss:", 6) == 0 ? GEOSC_WINDOW_GAUSS
                                                           : GEOSC_WINDOW_BOX;
    snprintf(reason, size, "%s", no_window);
    if (chosen.window_kind == GEOSC_WINDOW_GAUSS && (!number_parse(text + 6, &end, &chosen.window_sigma) || *end))
        return false;
    if (chosen.window_kind == GEOSC_WINDOW_BOX && text[0] && strspn(text, "0123456789") < strlen(text))
        return false;
    if (chosen.window_kind == GEOSC_WINDOW_BOX && !option_odd.parse(option, text, &chosen.window, reason, size))
        return false;
    if (!check_window(option, &chosen, reason, size))
        return false;
    *options = chosen;
    return true;
}

static void show_window(const struct option *option, const void *value, char *out, size_t size)
{
    const struct geosc_options *options = value;

    (void)option;
    if (options->window_kind == GEOSC_WINDOW_BOX)
        snprintf(out, size, "%d", options->window);
    else if (options->window_kind == GEOSC_WINDOW_GAUSS)
        snprintf(out, size, "gauss:%s", number_exact(options->window_sigma).text);
    else
        snprintf(out, size, options->window_kind == GEOSC_WINDOW_ALL ? "all" : "%d", (int)options->window_kind);
}

const struct option_type options_window = {parse_window, show_window, check_window, NULL};

static bool parse_outside(const struct option *option, const char *text, void *value, char *reason, size_t size)
{
    struct geosc_options *options = value;

    return option_choice.parse(option, text, &options->outside, reason, size);
}

/* Nothing where there is no outside: then it does not stand in the identity of a run. */
static void show_outside(const struct option *option, const void *value, char *out, size_t size)
{
    const struct geosc_options *options = value;

    option_choice.show(option, &options->outside, out, size);
    if (options->window_kind != GEOSC_WINDOW_BOX && option->choice((int)options->outside))
        out[0] = '\0';
}

static bool check_outside(const struct option *option, const void *value, char *reason, size_t size)
{
    const struct geosc_options *options = value;

    return option_choice.check(option, &options->outside, reason, size);
}

const struct option_type options_outside = {parse_outside, show_outside, check_outside, NULL};

/* Whether a word is a list of numbers, good ones or not: a file's name may begin with a digit. */
static bool are_numbers(const char *word)
{
    const char *end;
    double number;

    return number_parse(word, &end, &number) && !word[strspn(word, "0123456789.,eE+-")];
}

static bool parse_kap(const struct option *option, const char *text, void *value, char *reason, size_t size)
{
    struct geosc_options *options = value;

    (void)option;
    if (strcmp(text, "no") != 0)
        return option_parse_positives(text[0] ? text : "0.1", options->kap, GEOSC_KAP_ALPHAS, &options->kap_count,
                                      reason, size);
    memset(options->kap, 0, sizeof options->kap);
    options->kap_count = 0;
    return true;
}

static void show_kap(const struct option *option, const void *value, char *out, size_t size)
{
    const struct geosc_options *options = value;

    (void)option;
    option_show_numbers(options->kap, size_smaller(options->kap_count, GEOSC_KAP_ALPHAS), out, size);
}

static bool check_kap(const struct option *option, const void *value, char *reason, size_t size)
{
    const struct geosc_options *options = value;

    (void)option;
    snprintf(reason, size, "up to %d numbers above 0", GEOSC_KAP_ALPHAS);
    for (size_t i = 0; options->kap_count <= GEOSC_KAP_ALPHAS && i < options->kap_count; i++)
        if (!(options->kap[i] > 0 && isfinite(options->kap[i])))
            return false;
    return options->kap_count <= GEOSC_KAP_ALPHAS;
}

const struct option_type options_kap = {parse_kap, show_kap, check_kap, are_numbers};

const struct option options_rows[] = {
#define OPTIONS_BASE 0
#include "base/options_rows.h"
    {.name = NULL},
};

static const char *value_at(const struct geosc_options *options, const struct option *row)
{
    return (const char *)options + row->offset;
}

void geosc_options_init_sized(struct geosc_options *options, size_t size, size_t summary_size)
{
    struct geosc_options own = {.size = size, .summary_size = summary_size};
    char reason[128];

    for (const struct option *row = options_rows; row->name; row++)
        row->type->parse(row, row->initial, (char *)&own + row->offset, reason, sizeof reason);
    memset(options, 0, size);
    /* Two versions of a struct begin alike: what both have is copied, here and below. */
    memcpy(options, &own, size_smaller(size, sizeof own));
}

enum geosc_status options_take(geosc_context *context, const struct geosc_options *options, struct geosc_options *own)
{
    const char *bytes = (const char *)options;
    size_t size = options->size;

    if (size < offsetof(struct geosc_options, poses) || size > OPTIONS_SIZE || options->summary_size > OPTIONS_SIZE)
        return fail(context, GEOSC_BAD_USAGE, "options: call geosc_options_init first");
    for (size_t i = sizeof *own; i < size; i++)
        if (bytes[i])
            return fail(context, GEOSC_BAD_USAGE,
                        "options: a field is set that geosc " PACKAGE_VERSION " does not have");
    geosc_options_init(own);
    memcpy(own, options, size_smaller(size, sizeof *own));
    return GEOSC_OK;
}

const struct option *options_row(const char *name)
{
    const struct option *row = options_rows;

    while (row->name && strcmp(row->name, name) != 0)
        row++;
    return row->name ? row : NULL;
}

void options_give_summary(const struct geosc_options *options, const struct geosc_summary *own,
                          struct geosc_summary *summary)
{
    if (options->summary_size > sizeof *own)
        memset(summary, 0, options->summary_size);
    memcpy(summary, own, size_smaller(options->summary_size, sizeof *own));
}

enum geosc_status options_check(geosc_context *context, const struct geosc_options *options)
{
    char reason[256], shown[256];

    for (const struct option *row = options_rows; row->name; row++) {
        if (!row->type->check || row->type->check(row, value_at(options, row), reason, sizeof reason))
            continue;
        row->type->show(row, value_at(options, row), shown, sizeof shown);
        return fail(context, GEOSC_BAD_USAGE, "%s '%s': %s", row->name, shown, reason);
    }
    if (!options_format_name(options->format))
        return fail(context, GEOSC_BAD_USAGE, "unknown format %d", (int)options->format);
    if (options->imd == GEOSC_IMD_NONE && options->pose_count > 1)
        return fail(context, GEOSC_BAD_USAGE, "imd 'none': chooses no pose: give one candidate, such as --poses none");
    if (GUARD(hloc_top) && (options->top || options->kap_count || options->heat) &&
        options->format == GEOSC_FORMAT_HLOC)
        return fail(context, GEOSC_BAD_USAGE, "%s: format hloc has no place for %s: use format geosc",
                    options->top         ? "top"
                    : options->kap_count ? "kap"
                                         : "heat",
                    options->top         ? "the best cells"
                    : options->kap_count ? "what KAP needs"
                                         : "pictures of similarities");
    if (options->threads < 0)
        return fail(context, GEOSC_BAD_USAGE, "threads: 1 or more (0: all), not %d", options->threads);
    if (options->workers < 0)
        return fail(context, GEOSC_BAD_USAGE, "workers: 1 or more (0: one for each thread), not %d", options->workers);
    if (options->shards > OPTIONS_SHARDS)
        return fail(context, GEOSC_BAD_USAGE, "shards: at most %d, not %zu", OPTIONS_SHARDS, options->shards);
    if (options->shards ? options->shard >= options->shards : options->shard != 0)
        return fail(context, GEOSC_BAD_USAGE, "shard %zu of %zu: shards are counted from 0", options->shard,
                    options->shards);
    return GEOSC_OK;
}

void options_describe(const struct geosc_options *options, char *out, size_t size)
{
    char shown[256];
    size_t used = 0;

    for (const struct option *row = options_rows; row->name && used < size; row++) {
        row->type->show(row, value_at(options, row), shown, sizeof shown);
        if (!shown[0]) /* without effect, or off */
            continue;
        used += (size_t)snprintf(out + used, size - used, "%s%s=%s", used ? " " : "", row->name,
                                 GUARD(options_in_the_identity) ? shown : row->initial);
    }
}

/* ---- threads ------------------------------------------------------------------------------------ */

/* CPUs of the places that OpenMP binds its threads to (OMP_PROC_BIND, OMP_PLACES, GOMP_CPU_AFFINITY); 0 if it binds
 * none. With binding, OpenMP's library narrows the mask of the first thread when it loads, so that mask says
 * nothing. */
static int place_cpus(void)
{
    enum { TO_THE_FIRST = 2 }; /* omp_proc_bind_master, renamed omp_proc_bind_primary in OpenMP 5.1 */
    int places = omp_get_num_places(), cpus = 0;

    if (places > 0 && (int)omp_get_proc_bind() == TO_THE_FIRST && omp_get_place_num() >= 0)
        return omp_get_place_num_procs(omp_get_place_num());
    for (int place = 0; place < places; place++)
        cpus += omp_get_place_num_procs(place);
    return cpus < omp_get_num_procs() ? cpus : omp_get_num_procs(); /* places may overlap */
}

int options_default_threads(void)
{
    int cpus = place_cpus(), limit = omp_get_thread_limit();
    size_t quota = cgroup_cpus("");

    if (!GUARD(threads_of_bound_machines) || cpus < 1)
        cpus = system_cpus();
    if (cpus > limit)
        cpus = limit;
    if (quota < (size_t)cpus)
        cpus = (int)quota;
    return cpus > 0 ? cpus : 1;
}

/* More threads than CPUs gain nothing: they take memory and caches from each other, and keep each other waiting. */
int options_threads(const struct geosc_options *options)
{
    int most = options_default_threads(), limit = omp_get_thread_limit();

    if (most < options->workers)
        most = options->workers < limit ? options->workers : limit;
    return options->threads && options->threads < most ? options->threads : most;
}
