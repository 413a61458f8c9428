#include "system/file_out.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/place.h"
#include "system/message.h"

enum { PIECE = 1 << 20 };

bool file_out_has_name(const char *command, const char *path)
{
    bool named = !path || strcmp(path, "-") != 0;

    if (!named)
        say_usage(command, "an HDF5 file cannot be written to stdout (-): name a file, or use ./- for a file named -");
    return named;
}

enum geosc_status file_out_check(geosc_context *context, const char *path, bool replace)
{
    return strcmp(path, "-") == 0 ? GEOSC_OK : place_check(context, path, replace);
}

static enum geosc_status write_all(geosc_context *context, const struct place *place, const char *bytes, size_t count)
{
    while (count) {
        ssize_t written = write(place->fd, bytes, count < PIECE ? count : PIECE);
        if (stop_asked(context))
            return check_stop(context);
        if (written < 0 && errno == EINTR)
            continue;
        if (written <= 0)
            return fail(context, GEOSC_FAILED, "%s: cannot be written: %s", place->path, strerror(errno));
        bytes += written;
        count -= (size_t)written;
    }
    return GEOSC_OK;
}

enum geosc_status file_out(geosc_context *context, const char *path, const void *bytes, size_t count, bool replace)
{
    struct place place = {0};
    enum geosc_status status;

    if (strcmp(path, "-") == 0) {
        fwrite(bytes, 1, count, stdout); /* main checks for errors */
        return GEOSC_OK;
    }
    TRY(place_open(context, path, replace, &place));
    TRY(write_all(context, &place, bytes, count));
    TRY(place_sync(context, &place));
    TRY(place_finish(context, &place));
done:
    place_close(&place);
    return status;
}

/* Through a stream of its own, so that the place keeps its descriptor. */
static enum geosc_status print_all(geosc_context *context, const struct place *place, file_out_lines *print,
                                   const void *job)
{
    int copy = fcntl(place->fd, F_DUPFD_CLOEXEC, 0);
    FILE *out = copy >= 0 ? fdopen(copy, "w") : NULL;
    enum geosc_status status;

    if (!out) {
        if (copy >= 0)
            close(copy);
        return fail_memory(context, BUFSIZ, place->path);
    }
    status = print(context, job, out);
    if (fflush(out) != 0 || ferror(out)) {
        int reason = errno;
        if (status == GEOSC_OK && (status = check_stop(context)) == GEOSC_OK)
            status = fail(context, GEOSC_FAILED, "%s: cannot be written: %s", place->path, strerror(reason));
    }
    fclose(out);
    return status;
}

enum geosc_status file_out_print(geosc_context *context, const char *path, bool replace, file_out_lines *print,
                                 const void *job)
{
    struct place place = {0};
    enum geosc_status status;

    TRY(place_open(context, path, replace, &place));
    TRY(print_all(context, &place, print, job));
    TRY(place_sync(context, &place));
    TRY(place_finish(context, &place));
done:
    place_close(&place);
    return status;
}
