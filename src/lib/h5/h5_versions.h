/*
 * h5_versions: hdf5.h, for all code that calls HDF5. A function with several versions has a macro as its plain name;
 * its meaning depends on the installed HDF5, its configuration and HDF5_CFLAGS. So geosc calls the newest version by
 * its numbered name, which this header defines for older HDF5. tests/cli/hdf5_names.sh finds plain names.
 */
#ifndef GEOSC_H5_VERSIONS_H
#define GEOSC_H5_VERSIONS_H

#include <hdf5.h>

#if !H5_VERSION_GE(1, 12, 0)
#define H5L_info2_t  H5L_info_t
#define H5Lget_info2 H5Lget_info
#define H5Literate2  H5Literate
#define H5O_info2_t  H5O_info_t
#define H5Ovisit3    H5Ovisit2
#endif

#if !H5_VERSION_GE(2, 0, 0)
/* *bytes stays unchanged: these versions assume the chunk size that H5Dget_chunk_storage_size returned. */
static inline herr_t H5Dread_chunk2(hid_t dataset, hid_t transfer_list, const hsize_t *start, uint32_t *filter_mask,
                                    void *into, size_t *bytes)
{
    (void)bytes;
    return H5Dread_chunk(dataset, transfer_list, start, filter_mask, into);
}
#endif

#endif
