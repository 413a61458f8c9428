/*
 * comma_locale: a locale that writes 0,5, as a host program of the library may have it. Few machines have one
 * installed: it is made with localedef, in the scratch folder.
 */
#ifndef TESTS_COMMA_LOCALE_H
#define TESTS_COMMA_LOCALE_H

#include "testing.h"

#include <limits.h>
#include <locale.h>
#include <stdbool.h>

/* Makes it this process's, "de_DE" or another of localedef's sources; false where that can't be. */
static inline bool comma_locale(const char *name)
{
    char command[2 * SCRATCH_PATH], folder[PATH_MAX], half[16];

    if (!realpath(scratch_folder, folder))
        return false;
    snprintf(command, sizeof command, "localedef -i %s -f UTF-8 '%s/%s.UTF-8' >'%s/localedef' 2>&1", name,
             scratch_folder, name, scratch_folder);
    if (system(command) != 0 && !is_there(scratch_path("localedef")))
        return false;
    setenv("LOCPATH", folder, 1);
    snprintf(command, sizeof command, "%s.UTF-8", name);
    if (!setlocale(LC_ALL, command)) {
        unsetenv("LOCPATH");
        if (!setlocale(LC_ALL, command)) /* installed, perhaps */
            return false;
    }
    snprintf(half, sizeof half, "%.1f", 0.5);
    return strcmp(half, "0.5") != 0;
}

static inline void plain_locale(void)
{
    setlocale(LC_ALL, "C");
    unsetenv("LOCPATH");
}

#endif
