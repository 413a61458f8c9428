/* Of the build that tests/guards/run makes: a guard is on unless GEOSC_GUARD_OFF lists its name, between commas. */
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

bool guard_is_on(const char *name);

bool guard_is_on(const char *name)
{
    const char *off = getenv("GEOSC_GUARD_OFF");
    size_t length = strlen(name);

    for (; off && *off; off += *off == ',') {
        size_t listed = strcspn(off, ",");
        if (listed == length && memcmp(off, name, length) == 0)
            return false;
        off += listed;
    }
    return true;
}
