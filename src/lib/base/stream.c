#include "base/stream.h"

#include "base/guard.h"
#include "base/system.h"

#include <errno.h>
#include <string.h>

/* Takes what was printed; false once something failed. */
static bool take(void *sink, const char *data, size_t count)
{
    struct stream *stream = sink;

    if (stream->status == GEOSC_OK)
        stream->status = memory_append(stream->context, &stream->bytes, data, count, stream->what);
    return stream->status == GEOSC_OK;
}

enum geosc_status stream_open(geosc_context *context, struct stream *stream, const char *what)
{
    stream->context = context;
    stream->what = what;
    stream->out = system_stream(stream, take);
    return stream->out ? GEOSC_OK : fail(context, GEOSC_FAILED, "cannot begin to write %s: %s", what, strerror(errno));
}

enum geosc_status stream_end(struct stream *stream)
{
    bool complete = system_stream_end(stream->out, stream, take);

    if (stream->status == GEOSC_OK && !complete)
        return fail(stream->context, GEOSC_FAILED, "cannot write %s: %s", stream->what, strerror(errno));
    return GUARD(stream_without_memory) ? stream->status : GEOSC_OK;
}

void stream_free(struct stream *stream)
{
    if (stream->out)
        fclose(stream->out);
    memory_free(stream->bytes.data);
    *stream = (struct stream){0};
}
