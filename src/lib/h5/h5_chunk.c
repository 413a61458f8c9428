/* Chunks of a dataset, as HDF5 stores them. */
#include "base/guard.h"
#include "h5/h5_internal.h"

size_t h5_chunk_bytes(const struct h5_array *array)
{
    size_t bytes = array->item;

    for (size_t d = 0; d < array->rank; d++)
        bytes *= array->chunk[d];
    return bytes;
}

/* H5Dget_chunk_info_by_coord would scan all chunks. For a dataset without any data, HDF5 1.14 and 2 leave `bytes`
 * unchanged. */
hsize_t h5_chunk_storage(const struct h5_array *array, const hsize_t *start)
{
    hsize_t bytes = 0;

    if (H5Dget_chunk_storage_size((hid_t)array->id, start + array->alone, &bytes) >= 0)
        return bytes;
    h5_take_error(array->file);
    return 0;
}

size_t h5_chunk_stored(const struct h5_array *array, const hsize_t *start)
{
    hsize_t bytes = h5_chunk_storage(array, start);

    if (GUARD(hostile_chunk_oversized) && bytes > raw_stored_most(h5_chunk_bytes(array)))
        return 0;
    return bytes <= array->file_bytes ? (size_t)bytes : 0;
}

bool h5_chunk_read(const struct h5_array *array, const hsize_t *start, size_t bytes, void *into, uint32_t *filter_mask)
{
    size_t stored = bytes;

    if (H5Dread_chunk2((hid_t)array->id, H5P_DEFAULT, start + array->alone, filter_mask, into, &stored) < 0) {
        h5_take_error(array->file);
        return false;
    }
    if (stored != bytes)
        return false;
    for (size_t d = 0; array->plain_edges && d < array->rank; d++)
        if (start[d] + array->chunk[d] > array->dims[d])
            *filter_mask = UINT32_MAX;
    return true;
}

bool h5_chunk_next(const struct h5_array *array, size_t first, hsize_t *start)
{
    for (size_t d = array->rank; d-- > first;) {
        start[d] += array->chunk[d];
        if (start[d] < array->dims[d])
            return true;
        start[d] = 0;
    }
    return false;
}

bool h5_chunks_are_there(const struct h5_array *array, size_t first, hsize_t *start)
{
    do {
        if (!h5_chunk_storage(array, start))
            return false;
    } while (h5_chunk_next(array, first, start));
    return true;
}
