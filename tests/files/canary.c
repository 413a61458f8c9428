/* A filter plugin for HDF5 that writes a file when it is loaded, which no input may cause. Its filter, number 32123,
 * changes nothing. */
#include <H5PLextern.h>

#include <fcntl.h>
#include <unistd.h>

static void __attribute__((constructor)) sing(void)
{
    int file = open("canary-was-loaded", O_CREAT | O_WRONLY, 0600);

    if (file >= 0)
        close(file);
}

static size_t pass(unsigned flags, size_t count, const unsigned *values, size_t bytes, size_t *size, void **buffer)
{
    (void)flags, (void)count, (void)values, (void)size, (void)buffer;
    return bytes;
}

static const H5Z_class2_t filter = {.version = H5Z_CLASS_T_VERS,
                                    .id = 32123,
                                    .encoder_present = 1,
                                    .decoder_present = 1,
                                    .name = "canary",
                                    .filter = pass};

H5PL_type_t H5PLget_plugin_type(void)
{
    return H5PL_TYPE_FILTER;
}

const void *H5PLget_plugin_info(void)
{
    return &filter;
}
