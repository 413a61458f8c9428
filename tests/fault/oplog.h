/*
 * oplog: what the shim writes down of a run with GEOSC_RECORD: each call that changes files or makes them durable, once
 * it is done, in order. An entry is followed by its `bytes` bytes of data. Closing a file changes nothing on a disk and
 * is not in it.
 */
#ifndef TESTS_OPLOG_H
#define TESTS_OPLOG_H

#include <stdint.h>

enum { OPLOG_NAME = 64 };

enum oplog_call {
    OPLOG_CREATE,      /* a file `inode` under `name` that was not there */
    OPLOG_WRITE,       /* `bytes` bytes at `offset` of `inode` */
    OPLOG_TRUNCATE,    /* `inode` has `offset` bytes now */
    OPLOG_SYNC,        /* all of `inode` */
    OPLOG_SYNC_FOLDER, /* all names */
    OPLOG_LINK,        /* `inode` has the name `name`, too */
    OPLOG_RENAME,      /* `inode`, which was `from`, is `name` */
    OPLOG_UNLINK,      /* `name` */
    OPLOG_CALLS
};

struct oplog_entry {
    uint32_t call, bytes, number; /* number: among all calls that the shim counts, from 1 */
    uint64_t inode, offset;
    double clock; /* of the run, in seconds, afterwards */
    char name[OPLOG_NAME], from[OPLOG_NAME];
};

#endif
