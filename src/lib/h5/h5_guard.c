#include "base/guard.h"
#include "h5/h5_internal.h"

#include "base/reason.h"

#include <errno.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static pthread_once_t once = PTHREAD_ONCE_INIT;
static pthread_mutex_t lock;

static void make_lock(void)
{
    pthread_mutexattr_t attributes;
    pthread_mutexattr_init(&attributes);
    pthread_mutexattr_settype(&attributes, PTHREAD_MUTEX_RECURSIVE);
    pthread_mutex_init(&lock, &attributes);
    pthread_mutexattr_destroy(&attributes);
}

void h5_enter(struct h5_guard *guard)
{
    pthread_once(&once, make_lock);
    pthread_mutex_lock(&lock);
    *guard = (struct h5_guard){0};
#ifndef H5_NO_DEPRECATED_SYMBOLS
    unsigned version_2 = 1;
    H5Eauto_is_v2(H5E_DEFAULT, &version_2);
    guard->version_1 = !version_2;
    if (guard->version_1) {
        H5Eget_auto1(&guard->handler_1, &guard->data);
        H5Eset_auto1(NULL, NULL);
        return;
    }
#endif
    H5Eget_auto2(H5E_DEFAULT, &guard->handler, &guard->data);
    H5Eset_auto2(H5E_DEFAULT, NULL, NULL);
}

void h5_leave(const struct h5_guard *guard)
{
    int kept = errno;
    H5Eclear2(H5E_DEFAULT);
#ifndef H5_NO_DEPRECATED_SYMBOLS
    if (guard->version_1)
        H5Eset_auto1(guard->handler_1, guard->data);
    else
#endif
        H5Eset_auto2(H5E_DEFAULT, guard->handler, guard->data);
    pthread_mutex_unlock(&lock);
    errno = kept;
}

enum geosc_status h5_check_room(geosc_context *context)
{
    enum { ROOM = 4 << 20 }; /* HDF5's metadata cache takes most of it */
    char *room = NULL;
    enum geosc_status status = memory_allocate(context, &room, ROOM, 1, "HDF5");

    memory_free(room);
    return status;
}

void h5_process_setup(bool plugins)
{
    setenv("HDF5_USE_FILE_LOCKING", "FALSE", 1); /* overrides what h5_open sets: only our own locks work on file systems
                                                  * without locks */
    H5dont_atexit();
    H5PLset_loading_state(plugins || !GUARD(hostile_plugin_loaded) ? H5PL_ALL_PLUGIN : 0);
}

/* Walks from the innermost entry outwards and takes the first, the cause. */
static herr_t take_first(unsigned n, const H5E_error2_t *entry, void *out)
{
    if (n == 0 && entry->desc)
        snprintf(out, H5_CAUSE_SIZE, "%s", entry->desc);
    return 0;
}

const char *h5_cause(char out[H5_CAUSE_SIZE])
{
    out[0] = '\0';
    H5Ewalk2(H5E_DEFAULT, H5E_WALK_UPWARD, take_first, out);
    for (char *c = out; *c; c++) {
        if ((unsigned char)*c < ' ')
            *c = ' ';
    }
    if (!out[0])
        snprintf(out, H5_CAUSE_SIZE, "unknown cause");
    return out;
}

static herr_t take_errno(unsigned n, const H5E_error2_t *entry, void *out)
{
    const char *at = n == 0 && entry->desc ? strstr(entry->desc, "errno = ") : NULL;

    if (at)
        *(int *)out = atoi(at + strlen("errno = "));
    return 0;
}

void h5_take_error(struct h5_file *file)
{
    H5Ewalk2(H5E_DEFAULT, H5E_WALK_UPWARD, take_errno, &file->driver.error);
}

enum geosc_status h5_refuse(geosc_context *context, const struct h5_file *file, const char *path, const char *format,
                            ...)
{
    char reason[STATUS_MESSAGE_SIZE];
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(reason, sizeof reason, format, arguments);
    va_end(arguments);
    return fail(context, GEOSC_FAILED, "%s: %s: %s", file->path, path, reason);
}

enum geosc_status h5_sound(geosc_context *context, const struct h5_file *file, const char *path)
{
    return GUARD(read_error) && file->driver.error ? h5_unreadable(context, file, path, file->driver.error) : GEOSC_OK;
}

enum geosc_status h5_unreadable(geosc_context *context, const struct h5_file *file, const char *path, int error)
{
    return h5_refuse(context, file, path, "cannot be read: %s; try again" REASON_IO, strerror(error));
}

void h5_drop(hid_t id)
{
    if (id >= 0)
        H5Idec_ref(id);
}
