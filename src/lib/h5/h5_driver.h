/*
 * h5_driver: an HDF5 file driver on an open descriptor. Completes interrupted and short reads and writes. Keeps the
 * first failure and hides failed writes from HDF5: HDF5 1.10 crashes at exit after a failed close. So check the error
 * after each HDF5 call, for the last time after H5Fclose. Other files that links lead to are opened by name, for
 * reading. Used under the lock of h5_internal.h.
 */
#ifndef GEOSC_H5_DRIVER_H
#define GEOSC_H5_DRIVER_H

#include "h5/h5_versions.h"
#if H5_VERSION_GE(1, 13, 0)
#include <H5FDdevelop.h>
#endif

struct h5_driver {
    H5FD_t hdf5;          /* HDF5's part; must be first */
    hid_t id;             /* the registered driver */
    int fd;               /* owned by the caller; for a linked file by the driver */
    int error;            /* errno of the first failure, 0 if none; stops all further writes */
    haddr_t eoa, eof;     /* end of the allocated addresses, end of the file */
    bool in_use, writing; /* HDF5 has this file open; and may write it */
    bool locating;        /* raw data is not read: HDF5's next read of it only sets the fields below */
    haddr_t located;      /* where it begins; HADDR_UNDEF: HDF5 did not ask for it */
    size_t located_bytes;
    struct h5_driver *owner; /* of a linked file: the driver that keeps its failures; else NULL */
};

/* Registers a driver for `fd`. Negative on failure. */
herr_t h5_driver_open(struct h5_driver *driver, int fd);
/* Sets the driver in a file access property list. The driver must not move until the HDF5 file is closed. */
herr_t h5_driver_use(struct h5_driver *driver, hid_t access_list);
void h5_driver_close(struct h5_driver *driver);

/* Reads bytes at `address` of a descriptor, as the driver does; needs no lock. Bytes after the file's end read as 0.
 * Returns 0, or the errno of a failure; unread bytes are then 0. */
int h5_driver_fetch(int fd, haddr_t address, size_t size, unsigned char *to);

#endif
