/*
 * place: a file that appears under its name whole or not at all. It is written beside it under a temporary name,
 * `.NAME.PID.RANDOM.tmp` (of a long NAME its beginning and a checksum), synced, then renamed. Without `replace` nothing
 * that has the name is ever overwritten; with it a regular file is replaced, and so is a symbolic link, itself and not
 * what it points to. Anything else there, or behind a link (folder, FIFO, socket, device), is refused, and so is every
 * name in /dev, /proc and /sys, or that leads there. Permissions are the umask's. A temporary file is locked while its
 * process lives: the next one with this name sweeps what killed ones have left. A place belongs to one thread at a
 * time.
 */
#ifndef GEOSC_PLACE_H
#define GEOSC_PLACE_H

#include "base/memory.h"

struct place {
    char *path;      /* final name, owned */
    char *temporary; /* name of the temporary file, owned; NULL once it is renamed */
    bool replace;
    int fd;   /* of the temporary file, -1 when closed; readable and writable */
    int lock; /* keeps the temporary file's lock; -1: there is none */
};

/* Whether the name itself, and not what a link leads to, is a regular file's. */
bool place_is_file(const char *path);
/* Whether both names (NULL allowed) lead to one file, be it there or not. */
bool place_is_same(const char *name, const char *other);

/* Fails, naming the limit, if the name is too long for a file, or for one with `ending` added to it. */
enum geosc_status place_check_length(geosc_context *context, const char *path, const char *ending);
/* Fails, before anything is computed, if a file could not be put at `path`. Leaves nothing behind, and sweeps. */
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
/* Removes temporary files that killed processes have left: of this name, or of all in its folder that begin with it. */
void place_sweep(const char *path);
void place_sweep_all(const char *beginning);
/* Removes a file that was not finished; frees. Of a zeroed place (fd may be 0 then: it is not touched) or an open one.
 */
void place_close(struct place *place);

#endif
