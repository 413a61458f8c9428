/* Reads the strings of datasets. */
#include "h5/h5_internal.h"

#include "base/reason.h"

/* The references of a virtual dataset lead to heaps in its source files. */
static bool is_virtual(const struct h5_array *array)
{
    hid_t creation = array->elsewhere ? H5Dget_create_plist((hid_t)array->id) : -1;
    bool found = creation >= 0 && H5Pget_layout(creation) == H5D_VIRTUAL;

    h5_drop(creation);
    return found;
}

static enum geosc_status read_variable(geosc_context *context, const struct h5_array *array, hid_t type, char ***out)
{
    enum geosc_status status;
    size_t count = h5_array_items(array);
    unsigned char *references = NULL;

    if (is_virtual(array))
        return h5_refuse(context, array->file, array->path,
                         "has variable-length strings in a virtual dataset, which is unsupported; use a fixed "
                         "length" REASON_VIRTUAL);
    if (array->chunked && !array->by_hdf5) {
        TRY(h5_read_stored(context, array, NULL, &references));
    } else {
        TRY(h5_array_stored(context, array));
        TRY(memory_allocate_zero(context, &references, count, array->item, array->path));
        if (!h5_read_references((hid_t)array->id, true, type, array->item, references))
            TRY(h5_refuse(context, array->file, array->path, "cannot read its strings" REASON_DAMAGED));
    }
    TRY(h5_heap_strings(context, array->file, array->path, (hid_t)array->id, references, count, out));
done:
    memory_free(references);
    return status;
}

enum geosc_status h5_read_strings(geosc_context *context, const struct h5_array *array, char ***out)
{
    enum geosc_status status;
    unsigned char *bytes = NULL;
    struct h5_guard guard;
    hid_t type = -1;

    *out = NULL;
    if (array->format.type != NUMBER_STRING)
        return h5_refuse(context, array->file, array->path, "has type %s, expected strings" REASON_WRONG_TYPE,
                         number_name(array->format.type));
    h5_enter(&guard);
    type = H5Dget_type((hid_t)array->id);
    if (array->string_size) {
        TRY(h5_read_stored(context, array, NULL, &bytes));
        TRY(h5_pack_fixed(context, type, (const char *)bytes, h5_array_items(array), out));
    } else {
        TRY(read_variable(context, array, type, out));
    }
done:
    memory_free(bytes);
    H5Tclose(type);
    h5_leave(&guard);
    return status;
}
