/* Reads attributes, and the strings of attributes and datasets from what is stored. */
#include "h5/h5_internal.h"

#include "base/reason.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

enum { ATTRIBUTE_BYTES = 1024 * 1024 };

/* ---- fixed length ------------------------------------------------------------------------------- */

/* Length of a string without its padding (NULs or spaces). */
static size_t fixed_length(const char *text, size_t size, bool spaces)
{
    size_t length = strnlen(text, size);

    while (spaces && length && text[length - 1] == ' ')
        length--;
    return length;
}

enum geosc_status h5_pack_fixed(geosc_context *context, hid_t type, const char *bytes, size_t count, char ***out)
{
    size_t size = H5Tget_size(type), block;
    bool spaces = H5Tget_strpad(type) == H5T_STR_SPACEPAD;

    if (!size_multiply(count, sizeof(char *) + size + 1, &block))
        return fail_memory(context, SIZE_MAX, "strings");
    if (memory_allocate(context, out, block, 1, "strings") != GEOSC_OK)
        return GEOSC_FAILED;
    char *to = (char *)(*out + count);
    for (size_t i = 0; i < count; i++, to += size + 1) {
        size_t length = fixed_length(bytes + i * size, size, spaces);
        memcpy(to, bytes + i * size, length);
        to[length] = '\0';
        (*out)[i] = to;
    }
    return GEOSC_OK;
}

/* ---- variable length ---------------------------------------------------------------------------- */

/* A conversion without effect: HDF5 returns references as opaque bytes and does not follow them. */
static herr_t keep_references(hid_t from, hid_t to, H5T_cdata_t *data, size_t count, size_t stride,
                              size_t background_stride, void *buffer, void *background, hid_t transfer)
{
    (void)count, (void)stride, (void)background_stride, (void)buffer, (void)background, (void)transfer;
    data->need_bkg = H5T_BKG_NO;
    return data->command != H5T_CONV_INIT || H5Tget_size(from) == H5Tget_size(to) ? 0 : -1;
}

/* The conversion is registered only during the call. */
bool h5_read_references(hid_t id, bool dataset, hid_t type, size_t size, void *out)
{
    hid_t opaque = H5Tcreate(H5T_OPAQUE, size);
    bool done = false;

    if (H5Tregister(H5T_PERS_SOFT, "references", type, opaque, keep_references) >= 0) {
        done = (dataset ? H5Dread(id, opaque, H5S_ALL, H5S_ALL, H5P_DEFAULT, out) : H5Aread(id, opaque, out)) >= 0;
        H5Tunregister(H5T_PERS_SOFT, "references", -1, -1, keep_references);
    }
    H5Tclose(opaque);
    return done;
}

/* ---- attributes --------------------------------------------------------------------------------- */

/* An attribute under h5_enter. All identifiers are -1 if it does not exist. */
struct attribute {
    hid_t object, id, type, space;
    size_t count; /* of elements; 0 also if they are too many */
};

static enum geosc_status refuse_attribute(geosc_context *context, const struct h5_file *file, const char *path,
                                          const char *name, const char *reason)
{
    return h5_refuse(context, file, path, "attribute %s %s", name, reason);
}

/* Opens it, if it exists, and counts its elements. */
static enum geosc_status attribute_find(geosc_context *context, struct h5_file *file, const char *path,
                                        const char *name, struct attribute *attribute)
{
    hssize_t count;
    htri_t there;

    *attribute = (struct attribute){-1, -1, -1, -1, 0};
    if (h5_object_open(context, file, path, &attribute->object) != GEOSC_OK)
        return GEOSC_FAILED;
    there = H5Aexists(attribute->object, name);
    if (there == 0)
        return GEOSC_OK;
    attribute->id = there > 0 ? H5Aopen(attribute->object, name, H5P_DEFAULT) : -1;
    if (attribute->id < 0)
        return refuse_attribute(context, file, path, name, "cannot be opened" REASON_DAMAGED);
    attribute->type = H5Aget_type(attribute->id);
    attribute->space = H5Aget_space(attribute->id);
    count = H5Sget_simple_extent_npoints(attribute->space);
    attribute->count = count > 0 && H5Aget_storage_size(attribute->id) <= ATTRIBUTE_BYTES ? (size_t)count : 0;
    return GEOSC_OK;
}

static enum geosc_status attribute_open(geosc_context *context, struct h5_file *file, const char *path,
                                        const char *name, struct attribute *attribute)
{
    if (attribute_find(context, file, path, name, attribute) != GEOSC_OK)
        return GEOSC_FAILED;
    if (attribute->id >= 0 && attribute->count == 0)
        return refuse_attribute(context, file, path, name, "is empty or too large" REASON_BAD_VALUE);
    return GEOSC_OK;
}

static void attribute_close(struct attribute *attribute)
{
    h5_drop(attribute->space);
    h5_drop(attribute->type);
    h5_drop(attribute->id);
    h5_drop(attribute->object);
}

/* Reads the strings of an open attribute. */
static enum geosc_status attribute_texts(geosc_context *context, const struct h5_file *file, const char *path,
                                         const char *name, const struct attribute *attribute, char ***out)
{
    enum geosc_status status;
    bool variable = H5Tis_variable_str(attribute->type) > 0;
    size_t size = variable ? h5_reference_bytes(attribute->id) : H5Tget_size(attribute->type);
    unsigned char *bytes = NULL;

    TRY(memory_allocate_zero(context, &bytes, attribute->count, size, "an attribute"));
    if (variable ? !h5_read_references(attribute->id, false, attribute->type, size, bytes)
                 : H5Aread(attribute->id, attribute->type, bytes) < 0)
        TRY(refuse_attribute(context, file, path, name, "cannot be read" REASON_DAMAGED));
    if (variable)
        TRY(h5_heap_strings(context, file, path, attribute->id, bytes, attribute->count, out));
    else
        TRY(h5_pack_fixed(context, attribute->type, (const char *)bytes, attribute->count, out));
done:
    memory_free(bytes);
    return status;
}

enum geosc_status h5_attribute_strings(geosc_context *context, struct h5_file *file, const char *path, const char *name,
                                       char ***out, size_t *count, bool *found)
{
    enum geosc_status status;
    struct attribute attribute;
    struct h5_guard guard;

    *out = NULL;
    *count = 0;
    h5_enter(&guard);
    TRY(attribute_open(context, file, path, name, &attribute));
    *found = attribute.id >= 0;
    if (!*found)
        goto done;
    if (H5Tget_class(attribute.type) != H5T_STRING)
        TRY(refuse_attribute(context, file, path, name, "is not a string" REASON_WRONG_TYPE));
    TRY(attribute_texts(context, file, path, name, &attribute, out));
    *count = attribute.count;
done:
    attribute_close(&attribute);
    h5_leave(&guard);
    return status;
}

/* "bfloat16", "bf16", "torch.bfloat16", in any case. */
static bool is_bfloat16(const char *text)
{
    const char *prefix = "torch.";

    if (strncasecmp(text, prefix, strlen(prefix)) == 0)
        text += strlen(prefix);
    return strcasecmp(text, "bfloat16") == 0 || strcasecmp(text, "bf16") == 0;
}

static enum geosc_status attribute_says(geosc_context *context, struct h5_file *file, const char *path,
                                        const char *name, bool *says)
{
    enum geosc_status status;
    struct attribute attribute;
    char **texts = NULL;

    TRY(attribute_find(context, file, path, name, &attribute));
    if (attribute.id < 0 || attribute.count != 1 || H5Tget_class(attribute.type) != H5T_STRING)
        goto done;
    TRY(attribute_texts(context, file, path, name, &attribute, &texts));
    *says = *says || is_bfloat16(texts[0]);
done:
    memory_free(texts);
    attribute_close(&attribute);
    return status;
}

enum geosc_status h5_says_bfloat16(geosc_context *context, struct h5_file *file, const char *path, bool *says)
{
    static const char *const names[] = {"dtype", "type", "original_dtype", "torch_dtype"};
    enum geosc_status status = GEOSC_OK;

    *says = false;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        TRY(attribute_says(context, file, path, names[i], says));
done:
    return status;
}

bool h5_attribute_name(struct h5_file *file, const char *path, size_t i, char *out, size_t size)
{
    struct h5_guard guard;
    ssize_t length = -1;
    bool missing;

    h5_enter(&guard);
    hid_t id = h5_object_find(file, path, &missing);
    if (id >= 0)
        length = H5Aget_name_by_idx(id, ".", H5_INDEX_NAME, H5_ITER_INC, i, out, size, H5P_DEFAULT);
    h5_drop(id);
    h5_leave(&guard);
    return length > 0 && (size_t)length < size;
}

enum geosc_status h5_attribute_string(geosc_context *context, struct h5_file *file, const char *path, const char *name,
                                      char *out, size_t size, bool *found)
{
    enum geosc_status status;
    size_t count;
    char **texts;

    TRY(h5_attribute_strings(context, file, path, name, &texts, &count, found));
    if (!*found)
        goto done;
    if (count != 1)
        TRY(refuse_attribute(context, file, path, name, "has several strings, expected one" REASON_WRONG_SHAPE));
    if (strlen(texts[0]) >= size)
        TRY(refuse_attribute(context, file, path, name, "is too long" REASON_BAD_VALUE));
    snprintf(out, size, "%s", texts[0]);
done:
    memory_free(texts);
    return status;
}

enum geosc_status h5_attribute_doubles(geosc_context *context, struct h5_file *file, const char *path, const char *name,
                                       double *out, size_t most, size_t *count, bool *found)
{
    enum geosc_status status;
    struct attribute attribute;
    struct h5_guard guard;
    H5T_class_t class;

    *count = 0;
    h5_enter(&guard);
    TRY(attribute_open(context, file, path, name, &attribute));
    *found = attribute.id >= 0;
    if (!*found)
        goto done;
    class = H5Tget_class(attribute.type);
    if ((class != H5T_INTEGER && class != H5T_FLOAT) || attribute.count > most)
        TRY(refuse_attribute(context, file, path, name,
                             most == 1 ? "is not a single number" REASON_WRONG_TYPE
                                       : "is not a short list of numbers" REASON_WRONG_TYPE));
    if (H5Aread(attribute.id, H5T_NATIVE_DOUBLE, out) < 0)
        TRY(refuse_attribute(context, file, path, name, "cannot be read" REASON_DAMAGED));
    *count = attribute.count;
done:
    attribute_close(&attribute);
    h5_leave(&guard);
    return status;
}

enum geosc_status h5_attribute_double(geosc_context *context, struct h5_file *file, const char *path, const char *name,
                                      double *out, bool *found)
{
    size_t count;

    return h5_attribute_doubles(context, file, path, name, out, 1, &count, found);
}
