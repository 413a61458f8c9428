#include "rows/presets.h"

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

static const struct option *find_row(const char *name)
{
    const struct option *row = options_rows;

    while (row->name && strcmp(row->name, name) != 0)
        row++;
    return row;
}

void preset_apply(int i, struct geosc_options *options)
{
    char words[512], reason[128], *rest = words;

    snprintf(words, sizeof words, "%s", presets[i].options);
    geosc_options_init(options);
    for (char *name, *value; (name = strtok_r(rest, " \n", &rest)) && (value = strtok_r(rest, " \n", &rest));) {
        const struct option *row = find_row(name + 2);
        row->type->parse(row, value, (char *)options + row->offset, reason, sizeof reason);
    }
}
