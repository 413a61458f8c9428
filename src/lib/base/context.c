/*
 * context: creates and frees the caller's handle (geosc.h), and sets its threads and instruction set.
 */
#include "base/memory.h"
#include "base/options.h"
#include "base/status.h"
#include "kernel/kernel.h"

#include <string.h>

#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

const char *geosc_version(void)
{
    return PACKAGE_VERSION;
}

geosc_context *geosc_create(void)
{
    geosc_context first = {0}, *context;

    if (memory_allocate_zero(&first, &context, 1, sizeof *context, "a context") != GEOSC_OK)
        return NULL;
    geosc_configure(context, 0, NULL);
    return context;
}

void geosc_destroy(geosc_context *context)
{
    memory_free(context);
}

const char *geosc_message(const geosc_context *context)
{
    return context ? context->message : "no context";
}

const char *geosc_isa_name(size_t i, bool *usable)
{
    const struct kernels *kernels = kernels_list(i, usable);

    return kernels ? kernels->name : NULL;
}

enum geosc_status geosc_configure(geosc_context *context, int threads, const char *isa)
{
    const struct kernels *kernels = kernels_find(isa);
    bool usable;

    if (!context)
        return GEOSC_BAD_USAGE;
    context->message[0] = '\0';
    if (threads < 0)
        return fail(context, GEOSC_BAD_USAGE, "threads: 1 or more (0: all), not %d", threads);
    if (kernels) {
        context->kernels = kernels;
        context->threads = threads ? threads : options_default_threads();
        return GEOSC_OK;
    }
    for (size_t i = 0; (kernels = kernels_list(i, &usable)); i++)
        if (strcmp(kernels->name, isa) == 0)
            return fail(context, GEOSC_BAD_USAGE, "instruction set %s: this machine lacks it", isa);
    return fail(context, GEOSC_BAD_USAGE, "instruction set %s: unknown or not built in; see geosc --version", isa);
}
