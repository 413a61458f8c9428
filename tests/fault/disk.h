/*
 * disk: what a folder may hold after a power loss in the middle of a run whose calls were recorded (oplog.h).
 *
 * The model is that of ext4, XFS and the like, at their least orderly. What was synced is there. Of what was written to
 * a file since its last sync, any sector of 512 bytes may have any contents that it has had since, each for itself, and
 * the file any of the lengths; sectors that it gained may be zero; a cut is seen whole or not at all. Of the names
 * made, changed or removed since the last sync of the folder, any may be as it was: all, those after some moment, or
 * each for itself; a rename is one change.
 */
#ifndef TESTS_DISK_H
#define TESTS_DISK_H

#include "base/random.h"
#include "oplog.h"

#include <stddef.h>

enum { DISK_FILES = 8 /* names in the folder at most */, DISK_SECTOR = 512 };

struct disk_file {
    char name[OPLOG_NAME];
    unsigned char *bytes; /* owned */
    size_t size;
};

struct disk {
    size_t count;
    struct disk_file files[DISK_FILES]; /* by name */
};

/* What is in a folder of files, and putting it there in place of what it holds. Fail by cmocka. */
void disk_read(const char *folder, struct disk *disk);
void disk_lay_out(const char *folder, const struct disk *disk);
void disk_copy(const struct disk *from, struct disk *to);
void disk_free(struct disk *disk);
const struct disk_file *disk_find(const struct disk *disk, const char *name); /* NULL: not there */
/* Equal for equal disks, and as good as never for others. Of temporary files (their names begin with a dot) the names
 * and contents count as all others. */
uint64_t disk_hash(const struct disk *disk);

/* A recorded run, or several one after another: the folder as it was before, and their calls. */
struct history;

/* Before the run: what the folder holds now, all of it synced. */
struct history *history_begin(const char *folder);
/* After it, or after each: its calls, whose clock goes on from run to run. Removes the log. */
void history_read(struct history *history, const char *log);
void history_free(struct history *history);

size_t history_count(const struct history *history); /* of calls */
const struct oplog_entry *history_entry(const struct history *history, size_t call, const unsigned char **data);
/* A random one of the disks that a power loss between call `calls` and the next may leave (0 .. history_count). Free
 * it. */
void history_lose_power(const struct history *history, size_t calls, struct random_stream *chance, struct disk *disk);

#endif
