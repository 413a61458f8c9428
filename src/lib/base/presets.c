#include "base/presets.h"

#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "base/options.h"

static const struct preset {
    const char *name, *options;
} presets[] = {
#define PRESET(name, options, text) {name, options},
    PRESET_ROWS(PRESET)
#undef PRESET
};

const char *preset_name(int i)
{
    return i >= 0 && (size_t)i < sizeof presets / sizeof *presets ? presets[i].name : NULL;
}

void preset_apply(int i, struct geosc_options *options)
{
    char words[512], reason[128], *rest = words;

    snprintf(words, sizeof words, "%s", presets[i].options);
    for (const struct option *row = options_rows; row->name; row++)
        row->type->parse(row, row->initial, (char *)options + row->offset, reason, sizeof reason);
    for (char *name, *value; (name = strtok_r(rest, " \n", &rest)) && (value = strtok_r(rest, " \n", &rest));) {
        const struct option *row = options_row(name + 2);
        row->type->parse(row, value, (char *)options + row->offset, reason, sizeof reason);
    }
}
