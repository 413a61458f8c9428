/*
 * place: writes a file that appears under its name complete or not at all. The file is written beside its destination
 * under a temporary name, `.NAME.PID.RANDOM.tmp` (for a long NAME its beginning and a checksum), synced, then renamed.
 * Without `replace` nothing is ever overwritten; with it, a regular file is replaced, and so is a symbolic link itself,
 * not its target. Other kinds of files (folder, FIFO, socket, device), also behind a link, are refused, and so are
 * names in /dev, /proc and /sys or leading there. Permissions follow the umask. A temporary file is locked while its
 * process lives; the next writer of the same name removes those of killed processes. A place belongs to one thread at a
 * time.
 */
#ifndef GEOSC_PLACE_H
#define GEOSC_PLACE_H

#include "base/memory.h"

struct place {
    char *path;      /* final name, owned */
    char *temporary; /* owned; NULL after the rename */
    bool replace;
    int fd;   /* of the temporary file, readable and writable; -1 when closed */
    int lock; /* descriptor that keeps the temporary file's lock; -1 if none */
};

/* Whether the name itself is a regular file; false for a link to one. */
bool place_is_file(const char *path);
/* Whether both names (NULL is allowed) lead to the same file, existing or not. */
bool place_is_same(const char *name, const char *other);

/* Fails, with the limit, if the name, or the name with `ending` added, is too long for a file. */
enum geosc_status place_check_length(geosc_context *context, const char *path, const char *ending);
/* Fails, before any computation, if no file can be put at `path`. Sweeps; leaves nothing behind. */
enum geosc_status place_check(geosc_context *context, const char *path, bool replace);

/* Makes the temporary file, empty. Call place_close in any case, also after a failure. */
enum geosc_status place_open(geosc_context *context, const char *path, bool replace, struct place *place);
/* Syncs the contents and drops their pages from memory, so that the next read comes from the file. */
enum geosc_status place_sync(geosc_context *context, struct place *place);
/* Renames the synced file to its final name and syncs the folder. */
enum geosc_status place_finish(geosc_context *context, struct place *place);
/* Make durable the name of an existing file, and (place_confirm) its contents. */
enum geosc_status place_sync_folder(geosc_context *context, const char *path);
enum geosc_status place_confirm(geosc_context *context, const char *path);
/* Removes temporary files of killed processes: for this name, or for all names in its folder that begin with it. */
void place_sweep(const char *path);
void place_sweep_all(const char *beginning);
/* Removes an unfinished file and frees. Valid for an open place and for a zeroed one (fd 0 is left alone). */
void place_close(struct place *place);

#endif
