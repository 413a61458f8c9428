/* Strings of datasets and attributes, and attributes in general. */
#include "h5_internal.h"

#include <stdio.h>
#include <string.h>

enum {
    STRING_BYTES = 64 * 1024,          /* longest string of variable length */
    STRINGS_BYTES = 256 * 1024 * 1024, /* all strings of one array */
    ATTRIBUTE_BYTES = 1024 * 1024
};

/* ---- packing ------------------------------------------------------------------------------------ */

static const char *string_at(const struct h5_strings *strings, size_t i, size_t *length)
{
    const char *text = strings->variable ? strings->variable[i] : strings->fixed + i * strings->size;

    if (strings->variable)
        *length = text ? strlen(text) : 0;
    else
        *length = strnlen(text, strings->size);
    while (strings->spaces && *length && text[*length - 1] == ' ')
        --*length;
    return text;
}

enum geosc_status h5_pack_strings(geosc_context *context, const struct h5_strings *strings, char ***out)
{
    size_t bytes = strings->count * sizeof(char *), length;

    for (size_t i = 0; i < strings->count; i++) {
        string_at(strings, i, &length);
        bytes += length + 1;
    }
    if (memory_allocate(context, out, bytes, 1, "strings") != GEOSC_OK)
        return GEOSC_FAILED;
    char *to = (char *)(*out + strings->count);
    for (size_t i = 0; i < strings->count; i++) {
        const char *text = string_at(strings, i, &length);
        (*out)[i] = to;
        if (length)
            memcpy(to, text, length);
        to[length] = '\0';
        to += length + 1;
    }
    return GEOSC_OK;
}

/* ---- datasets ----------------------------------------------------------------------------------- */

/* Memory that HDF5 takes for strings of variable length, kept in a list: after a failure it forgets some of it. */
struct string_node {
    struct string_node *next;
};

struct string_pool {
    struct string_node *first;
    size_t bytes;
};

static void *pool_take(size_t bytes, void *pool_pointer)
{
    struct string_pool *pool = pool_pointer;
    struct string_node *node;
    geosc_context scratch; /* takes the message */

    if (bytes > STRING_BYTES || bytes > STRINGS_BYTES - pool->bytes ||
        memory_allocate(&scratch, &node, sizeof *node + bytes, 1, "a string") != GEOSC_OK)
        return NULL;
    pool->bytes += bytes;
    node->next = pool->first;
    pool->first = node;
    return node + 1;
}

static void pool_give(void *block, void *pool)
{
    (void)block;
    (void)pool;
}

static void pool_free(struct string_pool *pool)
{
    while (pool->first) {
        struct string_node *node = pool->first;
        pool->first = node->next;
        memory_free(node);
    }
}

/* The only read that goes through HDF5's filters: so it comes after h5_read_stored, which has decoded every chunk of the
 * references to the strings and found them sound. */
static enum geosc_status read_variable(geosc_context *context, const struct h5_array *array, char ***out)
{
    enum geosc_status status;
    struct h5_strings strings = {.count = h5_array_items(array)};
    struct string_pool pool = {0};
    char **texts = NULL, cause[H5_CAUSE_SIZE];
    hid_t type = H5Dget_type((hid_t)array->id), transfer = H5Pcreate(H5P_DATASET_XFER);

    TRY(memory_allocate_zero(context, &texts, strings.count, sizeof *texts, "strings"));
    if (H5Pset_vlen_mem_manager(transfer, pool_take, &pool, pool_give, &pool) < 0 ||
        H5Dread((hid_t)array->id, type, H5S_ALL, H5S_ALL, transfer, texts) < 0)
        TRY(h5_refuse(context, array->file, array->path, "its strings can't be read (%s); each may have %d bytes",
                      h5_cause(cause), STRING_BYTES - 1));
    strings.variable = texts;
    TRY(h5_pack_strings(context, &strings, out));
done:
    H5Pclose(transfer);
    H5Tclose(type);
    memory_free(texts);
    pool_free(&pool);
    return status;
}

static bool padded_with_spaces(const struct h5_array *array)
{
    hid_t type = H5Dget_type((hid_t)array->id);
    bool spaces = H5Tget_strpad(type) == H5T_STR_SPACEPAD;

    H5Tclose(type);
    return spaces;
}

enum geosc_status h5_read_strings(geosc_context *context, const struct h5_array *array, char ***out)
{
    enum geosc_status status;
    struct h5_strings strings = {.count = h5_array_items(array), .size = array->string_size};
    unsigned char *bytes = NULL;
    struct h5_guard guard;

    *out = NULL;
    if (array->format.type != NUMBER_STRING)
        return h5_refuse(context, array->file, array->path, "is of type %s, expected strings",
                         number_name(array->format.type));
    h5_enter(&guard);
    if (array->chunked || array->string_size)
        TRY(h5_read_stored(context, array, NULL, &bytes));
    else
        TRY(h5_array_stored(context, array));
    if (array->string_size) {
        strings.fixed = (const char *)bytes;
        strings.spaces = padded_with_spaces(array);
        TRY(h5_pack_strings(context, &strings, out));
    } else {
        TRY(read_variable(context, array, out));
    }
done:
    memory_free(bytes);
    h5_leave(&guard);
    return status;
}

/* ---- attributes --------------------------------------------------------------------------------- */

/* An attribute under h5_enter. All ids are -1 where it is not there. */
struct attribute {
    hid_t object, id, type, space;
    size_t count;
};

static enum geosc_status refuse_attribute(geosc_context *context, const struct h5_file *file, const char *path,
                                          const char *name, const char *reason)
{
    return h5_refuse(context, file, path, "attribute %s %s", name, reason);
}

static enum geosc_status attribute_open(geosc_context *context, const struct h5_file *file, const char *path,
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
        return refuse_attribute(context, file, path, name, "can't be opened");
    attribute->type = H5Aget_type(attribute->id);
    attribute->space = H5Aget_space(attribute->id);
    count = H5Sget_simple_extent_npoints(attribute->space);
    if (count < 1 || H5Aget_storage_size(attribute->id) > ATTRIBUTE_BYTES)
        return refuse_attribute(context, file, path, name, "is empty or too large");
    attribute->count = (size_t)count;
    return GEOSC_OK;
}

static void attribute_close(struct attribute *attribute)
{
    if (attribute->space >= 0)
        H5Sclose(attribute->space);
    if (attribute->type >= 0)
        H5Tclose(attribute->type);
    if (attribute->id >= 0)
        H5Aclose(attribute->id);
    if (attribute->object >= 0)
        H5Oclose(attribute->object);
}

/* Strings of an open attribute. */
static enum geosc_status attribute_texts(geosc_context *context, const struct attribute *attribute, char ***out)
{
    enum geosc_status status;
    bool variable = H5Tis_variable_str(attribute->type) > 0;
    struct h5_strings strings = {.count = attribute->count, .size = H5Tget_size(attribute->type)};
    char **texts = NULL, *bytes = NULL;
    herr_t read;

    strings.spaces = H5Tget_strpad(attribute->type) == H5T_STR_SPACEPAD;
    if (variable) {
        TRY(memory_allocate_zero(context, &texts, strings.count, sizeof *texts, "an attribute"));
        strings.variable = texts;
    } else {
        TRY(memory_allocate_zero(context, &bytes, strings.count, strings.size, "an attribute"));
        strings.fixed = bytes;
    }
    read = H5Aread(attribute->id, attribute->type, variable ? (void *)texts : (void *)bytes);
    status = read < 0 ? GEOSC_FAILED : h5_pack_strings(context, &strings, out);
    if (read >= 0 && variable)
        H5Dvlen_reclaim(attribute->type, attribute->space, H5P_DEFAULT, texts);
done:
    memory_free(texts);
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
        TRY(refuse_attribute(context, file, path, name, "is not a string"));
    if (attribute_texts(context, &attribute, out) != GEOSC_OK)
        TRY(refuse_attribute(context, file, path, name, "can't be read"));
    *count = attribute.count;
done:
    attribute_close(&attribute);
    h5_leave(&guard);
    return status;
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
        TRY(refuse_attribute(context, file, path, name, "has several strings, expected one"));
    if (strlen(texts[0]) >= size)
        TRY(refuse_attribute(context, file, path, name, "is too long"));
    snprintf(out, size, "%s", texts[0]);
done:
    memory_free(texts);
    return status;
}

enum geosc_status h5_attribute_double(geosc_context *context, struct h5_file *file, const char *path, const char *name,
                                      double *out, bool *found)
{
    enum geosc_status status;
    struct attribute attribute;
    struct h5_guard guard;
    H5T_class_t class;

    h5_enter(&guard);
    TRY(attribute_open(context, file, path, name, &attribute));
    *found = attribute.id >= 0;
    if (!*found)
        goto done;
    class = H5Tget_class(attribute.type);
    if ((class != H5T_INTEGER && class != H5T_FLOAT) || attribute.count != 1)
        TRY(refuse_attribute(context, file, path, name, "is not one number"));
    if (H5Aread(attribute.id, H5T_NATIVE_DOUBLE, out) < 0)
        TRY(refuse_attribute(context, file, path, name, "can't be read"));
done:
    attribute_close(&attribute);
    h5_leave(&guard);
    return status;
}
