#include "results/identity.h"

#include "base/guard.h"
#include "base/reason.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* ---- writing ------------------------------------------------------------------------------------ */

enum geosc_status identity_write(geosc_context *context, struct h5_writer *writer, const char *format,
                                 const struct run_identity *identity)
{
    enum geosc_status status;

    TRY(h5_write_attribute_string(context, writer, "/", "format", format));
    TRY(h5_write_attribute_uint32(context, writer, "/", "format_version", OUTPUT_VERSION));
    TRY(h5_write_attribute_string(context, writer, "/", "geosc_version", geosc_version()));
    TRY(h5_write_attribute_string(context, writer, "/", "options", identity->options));
    TRY(h5_write_attribute_string(context, writer, "/", "isa_class", identity->isa_class));
    if (identity->has_model)
        TRY(h5_write_attribute_uint32(context, writer, "/", "model_crc32", identity->model_crc32));
    TRY(h5_write_attribute_string(context, writer, "/", "input_name", identity->input_name));
    TRY(h5_write_attribute_uint32(context, writer, "/", "input_crc32", identity->input_crc32));
    if (identity->shards) {
        TRY(h5_write_attribute_uint32(context, writer, "/", "shard", (uint32_t)identity->shard));
        TRY(h5_write_attribute_uint32(context, writer, "/", "shards", (uint32_t)identity->shards));
        TRY(h5_write_attribute_uint32(context, writer, "/", "all_pairs", (uint32_t)identity->all_pairs));
    }
done:
    return status;
}

/* ---- reading ------------------------------------------------------------------------------------ */

static bool refuse_message(const geosc_context *context, struct problems *problems)
{
    problems_add(problems, "%s", context->message);
    return false;
}

bool identity_read_format(geosc_context *context, struct h5_file *file, const char *expected, struct problems *problems)
{
    const char *path = h5_file_path(file);
    char format[32];
    double version = 0;
    bool found = false;

    if (h5_attribute_string(context, file, "/", "format", format, sizeof format, &found) != GEOSC_OK)
        return refuse_message(context, problems);
    if (!found)
        problems_add(problems, "%s: is not an output of geosc match: it has no attribute format" REASON_NOT_OURS, path);
    else if (strcmp(format, HLOC_FORMAT) == 0 && strcmp(expected, OUTPUT_FORMAT) == 0)
        problems_add(problems, "%s: was written for hloc (--format hloc); match again without it" REASON_NOT_OURS,
                     path);
    else if (strcmp(format, expected) != 0)
        problems_add(problems,
                     "%s: is not an output of geosc match, or has another format: its attribute format is not "
                     "%s" REASON_NOT_OURS,
                     path, expected);
    else if (h5_attribute_double(context, file, "/", "format_version", &version, &found) != GEOSC_OK)
        return refuse_message(context, problems);
    else if (!found || version != OUTPUT_VERSION)
        problems_add(problems,
                     "%s: /: its attribute format_version is one that this version of geosc cannot read" REASON_DAMAGED,
                     path);
    else
        return true;
    return false;
}

bool identity_read_number(geosc_context *context, struct h5_file *file, const char *name, uint32_t *value, bool *found,
                          struct problems *problems)
{
    double number = 0;

    if (h5_attribute_double(context, file, "/", name, &number, found) != GEOSC_OK)
        return refuse_message(context, problems);
    if (*found && !(number >= 0 && number <= UINT32_MAX && number == floor(number))) {
        problems_add(problems, "%s: /: its attribute %s is out of range", h5_file_path(file), name);
        return false;
    }
    *value = *found ? (uint32_t)number : 0;
    return true;
}

bool identity_read(geosc_context *context, struct h5_file *file, struct run_identity *identity,
                   struct problems *problems)
{
    const struct {
        const char *name;
        char *text;
        size_t size;
    } strings[] = {{"geosc_version", identity->version, sizeof identity->version},
                   {"options", identity->options, sizeof identity->options},
                   {"isa_class", identity->isa_class, sizeof identity->isa_class},
                   {"input_name", identity->input_name, sizeof identity->input_name}};
    bool found, good = true;

    for (size_t i = 0; i < sizeof strings / sizeof *strings; i++) {
        const char *name = strings[i].name;
        if (h5_attribute_string(context, file, "/", name, strings[i].text, strings[i].size, &found) != GEOSC_OK) {
            good = refuse_message(context, problems);
        } else if (!found) {
            problems_add(problems, "%s: /: has no attribute %s" REASON_MISSING, h5_file_path(file), name);
            good = false;
        }
    }
    good &= identity_read_number(context, file, "model_crc32", &identity->model_crc32, &identity->has_model, problems);
    return identity_read_number(context, file, "input_crc32", &identity->input_crc32, &found, problems) && good;
}

/* ---- differences -------------------------------------------------------------------------------- */

const char *identity_run_difference(const struct run_identity *a, const struct run_identity *b)
{
    if (strcmp(a->input_name, b->input_name) != 0 ||
        (GUARD(output_of_another_input) && a->input_crc32 != b->input_crc32))
        return "input";
    if (a->has_model != b->has_model || (GUARD(output_of_another_model) && a->model_crc32 != b->model_crc32))
        return "model";
    if (GUARD(output_of_other_options) && strcmp(a->options, b->options) != 0)
        return "options";
    if (GUARD(output_of_another_version) && strcmp(a->version, b->version) != 0)
        return "version of geosc";
    return GUARD(output_of_another_isa_class) && strcmp(a->isa_class, b->isa_class) != 0 ? "class of instruction sets"
                                                                                         : NULL;
}

const char *identity_difference(const struct run_identity *a, const struct run_identity *b)
{
    const char *difference = identity_run_difference(a, b);

    if (!difference && (a->shard != b->shard || a->shards != b->shards))
        difference = "shard";
    return difference;
}

bool identity_next_difference(const char **before, const char **now, char separator)
{
    const char end[2] = {separator, '\0'};

    for (;;) {
        size_t a = strcspn(*before, end), b = strcspn(*now, end);
        bool last_before = !(*before)[a], last_now = !(*now)[b];
        if (a != b || strncmp(*before, *now, a) != 0)
            return true;
        *before += a + !last_before;
        *now += b + !last_now;
        if (last_before || last_now)
            return GUARD(fingerprint_line_ends) && last_before != last_now;
    }
}

/* Whether the text has a part with the same name (up to its =) as this one. */
static bool has_name(const char *text, const char *part, char separator)
{
    const char *end = strchr(part, '=');

    for (const char *at = text; end && at; at = strchr(at, separator)) {
        at += *at == separator;
        if (strncmp(at, part, (size_t)(end - part) + 1) == 0)
            return true;
    }
    return false;
}

void identity_describe_difference(const char *before, const char *now, char separator, char *out, size_t size)
{
    const char end[2] = {separator, '\0'};
    bool gone = *before && !has_name(now, before, separator), added = !gone && !has_name(before, now, separator);

    before = added ? "none" : before;
    now = gone ? "none" : now;
    snprintf(out, size, "%.*s, now %.*s", (int)strcspn(before, end), before, (int)strcspn(now, end), now);
}
