/*
 * place: a file that appears under its name whole or not at all. It is written beside it under a temporary name,
 * `.NAME.PID.RANDOM.tmp` (of a long NAME its beginning and a checksum), synced, then renamed. Without `replace` nothing
 * that has the name is ever overwritten; with it a regular file is replaced, and so is a symbolic link, itself and not
 * what it points to. Anything else there (folder, FIFO, device) is refused. Permissions are the umask's. A place
 * belongs to one thread at a time.
 */
#ifndef GEOSC_PLACE_H
#define GEOSC_PLACE_H

#include "memory.h"

struct place {
    char *path;      /* final name, owned */
    char *temporary; /* name of the temporary file, owned; NULL once it is renamed */
    bool replace;
    int fd; /* of the temporary file, -1 when closed; readable and writable */
};

/* Whether both names (NULL allowed) are there and lead to one file. */
bool place_is_same(const char *name, const char *other);

/* Fails, before anything is computed, if a file could not be put at `path`. Leaves nothing behind. */
enum geosc_status place_check(geosc_context *context, const char *path, bool replace);

/* Makes the temporary file, empty. *place needs place_close, also after failure. */
enum geosc_status place_open(geosc_context *context, const char *path, bool replace, struct place *place);
/* Makes the contents durable and lets go of the pages in memory, so that what is read next comes from the file. */
enum geosc_status place_sync(geosc_context *context, struct place *place);
/* Gives the synced file its name, and makes that durable. */
enum geosc_status place_finish(geosc_context *context, struct place *place);
/* Makes durable that a file with this name is there, and (place_confirm) its contents. */
enum geosc_status place_sync_folder(geosc_context *context, const char *path);
enum geosc_status place_confirm(geosc_context *context, const char *path);
/* Removes temporary files of this name that killed processes have left: for the one who has the name to itself. */
void place_sweep(const char *path);
/* Removes a file that was not finished; frees. Of a zeroed place (fd may be 0 then: it is not touched) or an open one.
 */
void place_close(struct place *place);

#endif
