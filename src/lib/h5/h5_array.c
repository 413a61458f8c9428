/* Opens datasets: checks every claim of the file before it is used. */
#include "base/guard.h"
#include "h5/h5_internal.h"

#include "base/reason.h"

#include <stdio.h>
#include <string.h>

/* A dataset under check. */
struct candidate {
    geosc_context *context;
    struct h5_array *array;
    hid_t id, creation, type, space;
};

#define REFUSE(candidate, ...) \
    h5_refuse((candidate)->context, (candidate)->array->file, (candidate)->array->path, __VA_ARGS__)

/* ---- layout ------------------------------------------------------------------------------------- */

/* The first check: other queries of a virtual dataset open other files, or crash. */
static enum geosc_status check_layout(struct candidate *c)
{
    H5D_layout_t layout;

    c->creation = H5Dget_create_plist(c->id);
    layout = H5Pget_layout(c->creation);
    if (layout == H5D_VIRTUAL) {
        c->array->elsewhere = c->array->by_hdf5 = c->array->allocated = true;
        return h5_check_virtual(c->context, c->array, c->id, c->creation);
    }
    if (layout != H5D_CHUNKED && layout != H5D_CONTIGUOUS && layout != H5D_COMPACT)
        return REFUSE(c, "cannot read its layout" REASON_DAMAGED);
    c->array->elsewhere = c->array->by_hdf5 = H5Pget_external_count(c->creation) != 0;
    if (GUARD(hostile_external_storage) && c->array->elsewhere && !c->array->file->access.links)
        return REFUSE(c, "is stored in another file; only data in the file itself is read (see "
                         "--allow-links)" REASON_EXTERNAL_DATA);
    c->array->chunked = layout == H5D_CHUNKED;
    c->array->allocated = layout == H5D_COMPACT || c->array->elsewhere ||
                          (layout == H5D_CONTIGUOUS && H5Dget_offset(c->id) != HADDR_UNDEF);
    return GEOSC_OK;
}

/* A filter of the dataset, with the parameters that its writer stored. */
struct filter {
    H5Z_filter_t id;
    char name[64];
    size_t value_count;
    unsigned values[8];
};

/* The numbers of LZF and bitshuffle are from HDF5's list of registered filters. RAW_FILTERS: we do not read it. */
static enum raw_filter filter_kind(const struct filter *filter)
{
    enum { LZF = 32000, BITSHUFFLE = 32008, LZ4 = 2 /* fifth parameter: how the blocks are packed */ };

    switch (filter->id) {
    case H5Z_FILTER_SHUFFLE:
        return RAW_SHUFFLE;
    case H5Z_FILTER_DEFLATE:
        return RAW_DEFLATE;
    case H5Z_FILTER_FLETCHER32:
        return RAW_FLETCHER32;
    case LZF:
        return RAW_LZF;
    case BITSHUFFLE:
        return filter->value_count > 4 && filter->values[4] == LZ4 ? RAW_BITSHUFFLE_LZ4 : RAW_FILTERS;
    default:
        return RAW_FILTERS;
    }
}

static enum geosc_status refuse_filter(struct candidate *c, const struct filter *filter, enum raw_filter kind)
{
    const char *why = c->array->file->access.plugins ? "HDF5 finds no plugin for it: set HDF5_PLUGIN_PATH"
                      : kind == RAW_FILTERS ? "only shuffle, deflate, fletcher32, lzf and bitshuffle with lz4 are "
                                              "read (see --allow-plugins)"
                                            : "geosc was built without liblz4: build it with liblz4 (Debian: "
                                              "liblz4-dev), or see --allow-plugins";

    return REFUSE(c, "uses the filter %s (number %d); %s" REASON_FILTER,
                  filter->name[0] ? filter->name : "without a name", (int)filter->id, why);
}

/* Whether the parameters fit the elements. Blocks below 128 bytes would make chunks larger than raw_stored_most. */
static enum geosc_status check_parameters(struct candidate *c, const struct filter *filter, enum raw_filter kind)
{
    enum { SMALLEST_BLOCK = 128 };
    size_t place = kind == RAW_SHUFFLE ? 0 : 2, item = c->array->item, block = filter->values[3];
    bool sized = c->array->format.type != NUMBER_STRING || c->array->string_size;

    /* Variable-length arrays are only checked, never decoded: any shuffle will do. */
    if ((kind != RAW_SHUFFLE && kind != RAW_BITSHUFFLE_LZ4) || !sized)
        return GEOSC_OK;
    if (GUARD(hostile_filter_shuffle) && (filter->value_count <= place || filter->values[place] != item))
        return REFUSE(c, "its %s filter is for elements of %u bytes, not %zu" REASON_FILTER, raw_filter_name(kind),
                      filter->values[place], item);
    if (kind == RAW_BITSHUFFLE_LZ4 && block && block * item < SMALLEST_BLOCK)
        return REFUSE(
            c, "its bitshuffle-lz4 filter has blocks of %zu elements; blocks have at least %d bytes" REASON_FILTER,
            block, SMALLEST_BLOCK);
    return GEOSC_OK;
}

static enum geosc_status check_filter(struct candidate *c, unsigned place)
{
    struct raw_filters *filters = &c->array->filters;
    struct filter filter = {.name = "", .value_count = sizeof filter.values / sizeof *filter.values};
    unsigned flags, config;

    filter.id = H5Pget_filter2(c->creation, place, &flags, &filter.value_count, filter.values, sizeof filter.name,
                               filter.name, &config);
    enum raw_filter kind = filter_kind(&filter);
    bool known = kind != RAW_FILTERS && raw_can_undo(kind);
    if (!known && (c->array->file->access.plugins || !GUARD(hostile_plugin_loaded)) && H5Zfilter_avail(filter.id) > 0) {
        c->array->by_hdf5 = true;
        return GEOSC_OK;
    }
    if (GUARD(hostile_filter_unknown) && !known)
        return refuse_filter(c, &filter, kind);
    for (size_t i = 0; i < filters->count; i++) {
        bool twice = filters->filter[i] == kind, again = raw_packs(filters->filter[i]) && raw_packs(kind);
        if ((GUARD(hostile_filter_twice) && twice) || (GUARD(hostile_filter_packs_again) && again && !twice))
            return REFUSE(c, "uses the filter %s %s" REASON_FILTER, raw_filter_name(kind),
                          twice ? "twice" : "after another that packs");
    }
    if (check_parameters(c, &filter, kind) != GEOSC_OK)
        return GEOSC_FAILED;
    filters->filter[filters->count++] = kind;
    return GEOSC_OK;
}

/* Needs the element size. HDF5 runs no filter, so it loads no plugin: see raw_decode_chunk. */
static enum geosc_status check_filters(struct candidate *c)
{
    int count = c->array->chunked ? H5Pget_nfilters(c->creation) : 0;

    if (count < 0)
        return REFUSE(c, "cannot read its filters" REASON_DAMAGED);
    for (int i = 0; i < count; i++)
        if (check_filter(c, (unsigned)i) != GEOSC_OK)
            return GEOSC_FAILED;
    if (c->array->by_hdf5)
        c->array->filters.count = 0; /* HDF5 undoes all filters */
    return GEOSC_OK;
}

static enum geosc_status check_chunks(struct candidate *c)
{
    struct h5_array *array = c->array;
    hsize_t chunk[H5_RANK];
    unsigned options = 0;
    size_t bytes = array->item;

    if (H5Pget_chunk(c->creation, H5_RANK, chunk) != (int)array->rank || H5Pget_chunk_opts(c->creation, &options) < 0)
        return REFUSE(c, "cannot read its chunks" REASON_DAMAGED);
    for (size_t d = 0; d < array->rank; d++) {
        array->chunk[d] = (size_t)chunk[d];
        /* HDF5's own limit of 4 GB - 1 keeps all sums of bytes in a chunk far from overflow. */
        if (chunk[d] < 1 || chunk[d] > UINT32_MAX || !size_multiply(bytes, array->chunk[d], &bytes) ||
            bytes > UINT32_MAX)
            return REFUSE(c, "its chunks have an impossible size" REASON_DAMAGED);
    }
    array->plain_edges = options & H5D_CHUNK_DONT_FILTER_PARTIAL_CHUNKS;
    return GEOSC_OK;
}

static enum geosc_status check_storage(struct candidate *c)
{
    uint64_t file_bytes = c->array->file_bytes, bytes = (uint64_t)h5_array_items(c->array) * c->array->item;
    hsize_t stored = H5Dget_storage_size(c->id);
    haddr_t offset = H5Dget_offset(c->id); /* undefined for compact data, which is in the header */

    if (GUARD(hostile_stored_in_less) && bytes > stored)
        return REFUSE(c, "its shape needs %llu bytes, but it is stored in %llu" REASON_DAMAGED,
                      (unsigned long long)bytes, (unsigned long long)stored);
    if (GUARD(hostile_beyond_the_end) && offset != HADDR_UNDEF && (offset > file_bytes || bytes > file_bytes - offset))
        return REFUSE(
            c, "its data ends at byte %llu, beyond the end of the file at %llu: is the file truncated?" REASON_DAMAGED,
            (unsigned long long)(offset + bytes), (unsigned long long)file_bytes);
    if (offset != HADDR_UNDEF && !c->array->file->access.links)
        c->array->address = offset;
    return GEOSC_OK;
}

/* ---- type --------------------------------------------------------------------------------------- */

static const char *class_name(H5T_class_t class)
{
    static const char *const names[] = {
        [H5T_INTEGER] = "integer",
        [H5T_FLOAT] = "float",
        [H5T_TIME] = "time",
        [H5T_STRING] = "string",
        [H5T_BITFIELD] = "bit field",
        [H5T_OPAQUE] = "opaque",
        [H5T_COMPOUND] = "compound",
        [H5T_REFERENCE] = "reference",
        [H5T_ENUM] = "enum",
        [H5T_VLEN] = "variable-length",
        [H5T_ARRAY] = "array",
#if H5_VERSION_GE(2, 0, 0)
        [H5T_COMPLEX] = "complex",
#endif
    };
    return (size_t) class < sizeof names / sizeof *names ? names[class] : "unknown";
}

static bool order_of(hid_t type, bool *swapped)
{
    H5T_order_t order = H5Tget_order(type), native = H5Tget_order(H5T_NATIVE_INT);

    *swapped = order != native;
    return order == H5T_ORDER_LE || order == H5T_ORDER_BE;
}

/* Checks the fields of IEEE floats and bfloat16: other floats have the same sizes. */
static enum geosc_status float_format(struct candidate *c, hid_t type, struct number_format *format)
{
    static const struct {
        enum number_type type;
        size_t bits, exponent_bits, fraction_bits, bias;
    } kinds[] = {{NUMBER_F16, 16, 5, 10, 15},
                 {NUMBER_BF16, 16, 8, 7, 127},
                 {NUMBER_F32, 32, 8, 23, 127},
                 {NUMBER_F64, 64, 11, 52, 1023}};
    size_t sign, exponent, exponent_bits, fraction, fraction_bits, bits = H5Tget_size(type) * 8;

    if (H5Tget_fields(type, &sign, &exponent, &exponent_bits, &fraction, &fraction_bits) < 0)
        return REFUSE(c, "cannot read its type" REASON_DAMAGED);
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        if (bits != kinds[i].bits || H5Tget_precision(type) != bits || H5Tget_offset(type) != 0 || sign != bits - 1 ||
            (GUARD(hostile_float) &&
             (exponent != kinds[i].fraction_bits || exponent_bits != kinds[i].exponent_bits || fraction != 0 ||
              fraction_bits != kinds[i].fraction_bits || H5Tget_ebias(type) != kinds[i].bias)) ||
            H5Tget_norm(type) != H5T_NORM_IMPLIED || !order_of(type, &format->swapped))
            continue;
        format->type = kinds[i].type;
        return GEOSC_OK;
    }
    return REFUSE(c,
                  "has an unsupported float type (%zu bits, %zu of exponent, %zu of fraction); use float16, bfloat16, "
                  "float32 or float64" REASON_WRONG_TYPE,
                  bits, exponent_bits, fraction_bits);
}

static enum geosc_status integer_format(struct candidate *c, hid_t type, struct number_format *format)
{
    static const enum number_type kinds[2][4] = {{NUMBER_U8, NUMBER_U16, NUMBER_U32, NUMBER_U64},
                                                 {NUMBER_I8, NUMBER_I16, NUMBER_I32, NUMBER_I64}};
    H5T_sign_t sign = H5Tget_sign(type);
    size_t bytes = H5Tget_size(type);

    for (size_t i = 0; i < 4; i++) {
        if (bytes != (size_t)1 << i || (GUARD(hostile_integer) && H5Tget_precision(type) != 8 * bytes) ||
            H5Tget_offset(type) != 0 || (sign != H5T_SGN_NONE && sign != H5T_SGN_2) ||
            !order_of(type, &format->swapped))
            continue;
        format->type = kinds[sign == H5T_SGN_2][i];
        return GEOSC_OK;
    }
    return REFUSE(c,
                  "has an unsupported integer type (%zu bytes, %zu bits used); use all bits of 1, 2, 4 or 8 "
                  "bytes" REASON_WRONG_TYPE,
                  bytes, H5Tget_precision(type));
}

/* Whether member `place` of an enum over one-byte integers has this name and value. */
static bool has_member(hid_t type, unsigned place, const char *name, char value)
{
    char *found = H5Tget_member_name(type, place), stored = 0;
    bool same = found && strcmp(found, name) == 0 && H5Tget_member_value(type, place, &stored) >= 0 && stored == value;

    H5free_memory(found);
    return same;
}

static enum geosc_status enum_format(struct candidate *c)
{
    struct h5_array *array = c->array;
    hid_t base = H5Tget_super(c->type);
    enum geosc_status status = integer_format(c, base, &array->format);

    h5_drop(base);
    array->enumerated = true;
    array->boolean = H5Tget_size(c->type) == 1 && H5Tget_nmembers(c->type) == 2 && has_member(c->type, 0, "FALSE", 0) &&
                     has_member(c->type, 1, "TRUE", 1);
    if (array->boolean)
        array->format.type = NUMBER_U8;
    return status;
}

static void string_format(struct candidate *c)
{
    struct h5_array *array = c->array;
    bool variable = H5Tis_variable_str(c->type) > 0;

    array->format.type = NUMBER_STRING;
    array->string_size = variable ? 0 : H5Tget_size(c->type);
    array->item = variable ? h5_reference_bytes(c->id) : array->string_size;
}

/* Two more spellings of bfloat16 (geosc-import knows the same): NumPy's V2, of which it says nothing else and which has
 * no byte order, and 16-bit integers with an attribute that says so. */
static enum geosc_status bfloat_format(struct candidate *c, H5T_class_t class)
{
    struct number_format *format = &c->array->format;
    enum geosc_status status = GEOSC_OK;
    bool says = class == H5T_OPAQUE;

    if (class == H5T_INTEGER && number_size(format->type) == 2)
        TRY(h5_says_bfloat16(c->context, c->array->file, c->array->path, &says));
    if (says)
        format->type = NUMBER_BF16;
    if (class == H5T_OPAQUE)
        format->swapped = H5Tget_order(H5T_NATIVE_INT) != H5T_ORDER_LE;
done:
    return status;
}

static enum geosc_status check_type(struct candidate *c)
{
    struct h5_array *array = c->array;
    enum geosc_status status = GEOSC_OK;
    H5T_class_t class;

    c->type = H5Dget_type(c->id);
    class = H5Tget_class(c->type);
    if (class == H5T_STRING) {
        string_format(c);
        return GEOSC_OK;
    }
    if (class == H5T_FLOAT)
        status = float_format(c, c->type, &array->format);
    else if (class == H5T_INTEGER)
        status = integer_format(c, c->type, &array->format);
    else if (class == H5T_ENUM)
        status = enum_format(c);
    else if (GUARD(hostile_class) && (class != H5T_OPAQUE || H5Tget_size(c->type) != 2))
        return REFUSE(c, "has the unsupported type %s" REASON_WRONG_TYPE, class_name(class));
    if (status == GEOSC_OK && (class == H5T_INTEGER || class == H5T_OPAQUE))
        status = bfloat_format(c, class);
    array->item = number_size(array->format.type);
    return status;
}

/* ---- shape -------------------------------------------------------------------------------------- */

static enum geosc_status check_shape(struct candidate *c)
{
    struct h5_array *array = c->array;
    hsize_t dims[H5S_MAX_RANK];
    size_t bytes = array->item;
    int rank;

    c->space = H5Dget_space(c->id);
    rank = H5Sget_simple_extent_dims(c->space, dims, NULL);
    if (GUARD(hostile_no_shape) && H5Sget_simple_extent_type(c->space) == H5S_NULL)
        return REFUSE(c, "is empty (it has no shape)" REASON_EMPTY);
    if (rank < 0 || (GUARD(hostile_rank) && rank > H5_RANK))
        return REFUSE(c, "has %d dimensions, too many" REASON_WRONG_SHAPE, rank);
    array->rank = (size_t)rank;
    for (int d = 0; d < rank; d++) {
        array->dims[d] = (size_t)dims[d];
        if (GUARD(hostile_zero) && dims[d] == 0 && !array->file->access.empty)
            return REFUSE(c, "is empty: dimension %d is 0" REASON_EMPTY, d);
        if (dims[d] > SIZE_MAX / 16 || (!size_multiply(bytes, array->dims[d], &bytes) && GUARD(hostile_huge)))
            return REFUSE(c, "is larger than any file" REASON_TOO_LARGE);
    }
    return GEOSC_OK;
}

/* ---- all together ------------------------------------------------------------------------------- */

/* Records the file that holds the dataset: another than the opened one if a link leads there. */
static void look_at_file(struct candidate *c)
{
    hid_t id = c->array->file->access.links ? H5Iget_file_id(c->id) : -1;
    hsize_t bytes;

    c->array->file_bytes = c->array->file->bytes;
    if (id >= 0 && H5Fget_filesize(id, &bytes) >= 0)
        c->array->file_bytes = bytes;
    if (id >= 0)
        H5Fclose(id);
}

static enum geosc_status check_contents(struct candidate *c)
{
    if (c->array->chunked)
        return check_chunks(c);
    if (c->array->by_hdf5)
        return GUARD(hostile_external_storage_checked) && c->array->elsewhere &&
                       H5Pget_layout(c->creation) != H5D_VIRTUAL
                   ? h5_check_external(c->context, c->array, c->id, c->creation)
                   : GEOSC_OK;
    return c->array->allocated ? check_storage(c) : GEOSC_OK;
}

static enum geosc_status check(struct candidate *c)
{
    H5I_type_t kind = H5Iget_type(c->id);

    if (GUARD(hostile_group_for_dataset) && kind != H5I_DATASET)
        return REFUSE(c, "is a %s, expected a dataset" REASON_WRONG_KIND, kind == H5I_GROUP ? "group" : "named type");
    look_at_file(c);
    if (check_layout(c) != GEOSC_OK || check_type(c) != GEOSC_OK || check_filters(c) != GEOSC_OK ||
        check_shape(c) != GEOSC_OK)
        return GEOSC_FAILED;
    return check_contents(c);
}

enum geosc_status h5_array_open(geosc_context *context, struct h5_file *file, const char *path, struct h5_array *array)
{
    struct candidate c = {.context = context, .array = array, .id = -1, .creation = -1, .type = -1, .space = -1};
    enum geosc_status status;
    struct h5_guard guard;

    *array = (struct h5_array){.file = file, .id = -1};
    snprintf(array->path, sizeof array->path, "%s", path);
    h5_enter(&guard);
    TRY(h5_object_open(context, file, path, &c.id));
    TRY(check(&c));
    array->id = c.id;
done:
    h5_drop(c.space);
    h5_drop(c.type);
    h5_drop(c.creation);
    if (status != GEOSC_OK && c.id >= 0)
        H5Oclose(c.id);
    h5_leave(&guard);
    return status;
}

void h5_array_close(struct h5_array *array)
{
    struct h5_guard guard;

    if (array->id > 0) {
        h5_enter(&guard);
        H5Dclose((hid_t)array->id);
        h5_leave(&guard);
    }
    *array = (struct h5_array){0};
}

void h5_array_release(struct h5_array *array)
{
    struct h5_array description = *array;

    h5_array_close(array);
    *array = description;
    array->id = -1;
}

bool h5_array_alone(struct h5_array *array)
{
    if (array->rank >= H5_RANK)
        return false;
    memmove(array->dims + 1, array->dims, array->rank * sizeof *array->dims);
    memmove(array->chunk + 1, array->chunk, array->rank * sizeof *array->chunk);
    array->dims[0] = array->chunk[0] = 1;
    array->rank++;
    array->alone = true;
    return true;
}

bool h5_array_alike(const struct h5_array *a, const struct h5_array *b)
{
    const struct raw_filters *filters = &a->filters;

    if (a->rank != b->rank || a->format.type != b->format.type || a->format.swapped != b->format.swapped ||
        a->item != b->item || a->chunked != b->chunked || a->by_hdf5 != b->by_hdf5 || a->elsewhere != b->elsewhere ||
        a->plain_edges != b->plain_edges || a->alone != b->alone || filters->count != b->filters.count)
        return false;
    for (size_t d = 1; d < a->rank; d++)
        if (a->dims[d] != b->dims[d])
            return false;
    for (size_t d = 0; d < a->rank && a->chunked; d++)
        if (a->chunk[d] != b->chunk[d])
            return false;
    for (size_t i = 0; i < filters->count; i++)
        if (filters->filter[i] != b->filters.filter[i])
            return false;
    return true;
}

size_t h5_array_items(const struct h5_array *array)
{
    size_t items = 1;

    for (size_t d = 0; d < array->rank; d++)
        items *= array->dims[d];
    return items;
}
