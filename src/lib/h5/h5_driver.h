/*
 * h5_driver: HDF5's way to an open file descriptor of ours. Interrupted and short reads and writes are completed. A
 * failure is kept. One of writing is hidden from HDF5, which is told that all went well: HDF5 1.10 crashes at exit after
 * a close that failed. So the error must be looked at after each call of HDF5, and for the last time after H5Fclose.
 * Other files that HDF5 opens with the same access, those that links lead to, it finds by their names, for reading. Used
 * under the lock of h5_internal.h.
 */
#ifndef GEOSC_H5_DRIVER_H
#define GEOSC_H5_DRIVER_H

#include "h5/h5_versions.h"
#if H5_VERSION_GE(1, 13, 0)
#include <H5FDdevelop.h>
#endif

struct h5_driver {
    H5FD_t hdf5;             /* HDF5's own; must be the first */
    hid_t id;                /* the registered driver */
    int fd;                  /* the caller's; of a linked file the driver's */
    int error;               /* errno of the first failure, 0 if none; nothing is written after it */
    haddr_t eoa, eof;        /* end of what HDF5 has given away, and of the file */
    bool in_use, writing;    /* HDF5 has this file open, and may write it */
    struct h5_driver *owner; /* of a linked file: the one that keeps failures; else NULL */
};

/* Registers a driver for `fd`. Negative on failure. */
herr_t h5_driver_open(struct h5_driver *driver, int fd);
/* Makes a file access property list use it. It must stay where it is until the HDF5 file is closed. */
herr_t h5_driver_use(struct h5_driver *driver, hid_t access_list);
void h5_driver_close(struct h5_driver *driver);

#endif
