#include "h5/h5_driver.h"

#include "base/guard.h"
#include "base/memory.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static void keep_error(struct h5_driver *driver, int error)
{
    struct h5_driver *keeper = driver->owner ? driver->owner : driver;

    if (!keeper->error)
        keeper->error = error;
}

/* A file that a link leads to. */
static struct h5_driver *open_linked(struct h5_driver *owner, const char *name)
{
    geosc_context unused;
    struct h5_driver *driver;

    if (memory_allocate_zero(&unused, &driver, 1, sizeof *driver, "a linked file") != GEOSC_OK) {
        keep_error(owner, ENOMEM);
        return NULL;
    }
    driver->owner = owner;
    driver->fd = open(name, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    if (driver->fd >= 0)
        return driver;
    memory_free(driver);
    return NULL;
}

static herr_t driver_close(H5FD_t *file)
{
    struct h5_driver *driver = (struct h5_driver *)file;

    driver->in_use = false;
    if (!driver->owner)
        return 0; /* the descriptor is the caller's */
    close(driver->fd);
    memory_free(driver);
    return 0;
}

/* The property list holds the driver's address: see h5_driver_use. */
static H5FD_t *driver_open(const char *name, unsigned flags, hid_t access_list, haddr_t largest)
{
    struct h5_driver *const *slot = H5Pget_driver_info(access_list);
    struct h5_driver *driver = slot ? *slot : NULL;
    struct stat there;

    (void)largest;
    if (driver && driver->in_use)
        driver = open_linked(driver, name);
    if (!driver)
        return NULL;
    if (fstat(driver->fd, &there) != 0) {
        driver_close(&driver->hdf5);
        return NULL;
    }
    memset(&driver->hdf5, 0, sizeof driver->hdf5);
    driver->in_use = true;
    driver->writing = flags & H5F_ACC_RDWR;
    driver->eoa = 0;
    driver->eof = flags & H5F_ACC_TRUNC ? 0 : (haddr_t)there.st_size;
    return &driver->hdf5;
}

/* The value in property lists: the address of the driver of the first file. */
static void *copy_slot(const void *slot)
{
    geosc_context unused;
    struct h5_driver **copy;

    if (memory_allocate(&unused, &copy, 1, sizeof *copy, "a property") != GEOSC_OK) {
        keep_error(*(struct h5_driver *const *)slot, ENOMEM);
        return NULL;
    }
    *copy = *(struct h5_driver *const *)slot;
    return copy;
}

static herr_t free_slot(void *slot)
{
    memory_free(slot);
    return 0;
}

static void *driver_get_slot(H5FD_t *file)
{
    struct h5_driver *driver = (struct h5_driver *)file;

    return copy_slot(driver->owner ? &driver->owner : &driver);
}

static herr_t driver_query(const H5FD_t *file, unsigned long *flags)
{
    (void)file;
    *flags = H5FD_FEAT_AGGREGATE_METADATA | H5FD_FEAT_ACCUMULATE_METADATA | H5FD_FEAT_DATA_SIEVE |
             H5FD_FEAT_AGGREGATE_SMALLDATA | H5FD_FEAT_DEFAULT_VFD_COMPATIBLE;
    return 0;
}

static haddr_t driver_get_eoa(const H5FD_t *file, H5FD_mem_t type)
{
    (void)type;
    return ((const struct h5_driver *)file)->eoa;
}

static herr_t driver_set_eoa(H5FD_t *file, H5FD_mem_t type, haddr_t end)
{
    (void)type;
    ((struct h5_driver *)file)->eoa = end;
    return 0;
}

static haddr_t driver_get_eof(const H5FD_t *file, H5FD_mem_t type)
{
    (void)type;
    return ((const struct h5_driver *)file)->eof;
}

static herr_t driver_get_handle(H5FD_t *file, hid_t access_list, void **handle)
{
    (void)access_list;
    *handle = &((struct h5_driver *)file)->fd;
    return 0;
}

int h5_driver_fetch(int fd, haddr_t address, size_t size, unsigned char *to)
{
    int error = 0;

    while (size) {
        ssize_t got = pread(fd, to, size, (off_t)address);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            error = errno;
        if (got <= 0)
            break;
        to += got, address += (haddr_t)got, size -= (size_t)got;
    }
    memset(to, 0, size);
    return error;
}

/* Unreadable bytes of a file being written read as 0. */
static herr_t driver_read(H5FD_t *file, H5FD_mem_t type, hid_t transfer_list, haddr_t address, size_t size,
                          void *buffer)
{
    struct h5_driver *driver = (struct h5_driver *)file;

    (void)transfer_list;
    if (driver->locating && type == H5FD_MEM_DRAW) {
        driver->located = address;
        driver->located_bytes = size;
        return 0;
    }
    int error = h5_driver_fetch(driver->fd, address, size, buffer);
    if (error)
        keep_error(driver, error);
    return error && !driver->writing ? -1 : 0;
}

static herr_t driver_write(H5FD_t *file, H5FD_mem_t type, hid_t transfer_list, haddr_t address, size_t size,
                           const void *buffer)
{
    struct h5_driver *driver = (struct h5_driver *)file;
    const unsigned char *from = buffer;

    (void)type, (void)transfer_list;
    while (size && !driver->error) {
        ssize_t put = pwrite(driver->fd, from, size, (off_t)address);
        if (GUARD(output_driver_write_errors) && put < 0 && errno != EINTR)
            driver->error = errno;
        if (put == 0)
            driver->error = EIO;
        if (put > 0)
            from += put, address += (haddr_t)put, size -= GUARD(output_driver_short_write) ? (size_t)put : size;
    }
    if (address > driver->eof)
        driver->eof = address;
    return 0;
}

static herr_t driver_truncate(H5FD_t *file, hid_t transfer_list, hbool_t closing)
{
    struct h5_driver *driver = (struct h5_driver *)file;
    int result;

    (void)transfer_list, (void)closing;
    if (driver->eof == driver->eoa)
        return 0;
    do
        result = driver->error ? 0 : ftruncate(driver->fd, (off_t)driver->eoa);
    while (result != 0 && errno == EINTR);
    if (GUARD(output_driver_truncation) && result != 0)
        driver->error = errno;
    driver->eof = driver->eoa;
    return 0;
}

static const H5FD_class_t driver_class = {
#ifdef H5FD_CLASS_VERSION
    .version = H5FD_CLASS_VERSION,
    .value = 600, /* above the numbers of HDF5 and its registered drivers */
#endif
    .name = "geosc",
    .maxaddr = ((haddr_t)1 << (8 * sizeof(off_t) - 1)) - 1,
    .fc_degree = H5F_CLOSE_WEAK,
    .fapl_size = sizeof(struct h5_driver *),
    .fapl_get = driver_get_slot,
    .fapl_copy = copy_slot,
    .fapl_free = free_slot,
    .open = driver_open,
    .close = driver_close,
    .query = driver_query,
    .get_eoa = driver_get_eoa,
    .set_eoa = driver_set_eoa,
    .get_eof = driver_get_eof,
    .get_handle = driver_get_handle,
    .read = driver_read,
    .write = driver_write,
    .truncate = driver_truncate,
    .fl_map = H5FD_FLMAP_DICHOTOMY,
};

herr_t h5_driver_open(struct h5_driver *driver, int fd)
{
    *driver = (struct h5_driver){.id = H5FDregister(&driver_class), .fd = fd};
    return driver->id < 0 ? -1 : 0;
}

herr_t h5_driver_use(struct h5_driver *driver, hid_t access_list)
{
    return H5Pset_driver(access_list, driver->id, &driver);
}

void h5_driver_close(struct h5_driver *driver)
{
    if (driver->id > 0)
        H5FDunregister(driver->id);
    driver->id = 0;
}
