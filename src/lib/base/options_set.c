#include "geosc.h"

#include <stdio.h>
#include <string.h>

#include "base/memory.h"
#include "base/options.h"
#include "base/presets.h"
#include "base/suggest.h"

static const char *row_name(const void *rows, size_t i)
{
    return ((const struct option *)rows)[i].name;
}

/* Sets what a row, or a preset, says. */
static bool set(struct geosc_options *options, const struct option *row, const char *text, char *reason, size_t size)
{
    static const struct option preset_row = {.name = "preset", .type = &option_choice, .choice = preset_name};
    int preset;

    if (row)
        return row->type->parse(row, text, (char *)options + row->offset, reason, size);
    if (!option_choice.parse(&preset_row, text, &preset, reason, size))
        return false;
    preset_apply(preset, options);
    return true;
}

enum geosc_status geosc_options_set(geosc_context *context, struct geosc_options *options, const char *name,
                                    const char *text)
{
    struct geosc_options own;
    enum geosc_status status;
    char reason[256];

    if (!context)
        return GEOSC_BAD_USAGE;
    context->message[0] = '\0';
    if (!options || !name || !text)
        return fail(context, GEOSC_BAD_USAGE, "geosc_options_set: options, name and text must not be NULL");
    const struct option *row = options_row(name);
    const char *near = row ? NULL : suggest_name(name, row_name, options_rows);
    if (!row && strcmp(name, "preset") != 0)
        return fail(context, GEOSC_BAD_USAGE, "unknown option '%s'%s%s%s", name, near ? "; did you mean '" : "",
                    near ? near : "", near ? "'?" : "");
    TRY(options_take(context, options, &own));
    if (row && row->type == &option_switch && strcmp(text, "yes") != 0 && strcmp(text, "no") != 0)
        return fail(context, GEOSC_BAD_USAGE, "%s '%s': yes or no", name, text);
    if (!set(&own, row, text, reason, sizeof reason))
        return fail(context, GEOSC_BAD_USAGE, "%s '%s': %s", name, text, reason);
    memcpy(options, &own, size_smaller(own.size, sizeof own));
done:
    return status;
}
