#include "network/tensors.h"

#include "base/guard.h"
#include "base/number.h"
#include "base/reason.h"
#include "base/share.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

enum {
    GROUPS_DEEP = 12,
    OBJECTS_MOST = 4096,
    PART = 65536, /* numbers of one unit of work: they stay in L2 while they are checked and summed up */
    CRC_BLOCK = 1024
};

void tensors_problem(const struct tensors *tensors, struct problems *problems, const char *path, const char *format,
                     ...)
{
    geosc_context scratch; /* formats the message as one clean line */
    char reason[STATUS_MESSAGE_SIZE];
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(reason, sizeof reason, format, arguments);
    va_end(arguments);
    const char *slash = tensors->file && path[0] != '/' ? "/" : "";
    fail(&scratch, GEOSC_FAILED, "%s: %s%s: %s", tensors->name, slash, path, reason);
    problems_add(problems, "%s", scratch.message);
}

size_t tensor_items(const struct tensor *tensor)
{
    size_t items = 1;

    for (size_t d = 0; d < tensor->rank; d++)
        items *= tensor->dims[d];
    return items;
}

/* ---- finding ------------------------------------------------------------------------------------ */

/* num_batches_tracked: not used in inference. */
static bool is_counter(const char *key)
{
    static const char name[] = "num_batches_tracked";
    const char *dot = strrchr(key, '.');

    return strcmp(dot ? dot + 1 : key, name) == 0;
}

/* Appends a tensor, zeroed except for key and path, both shorter than H5_PATH bytes. */
static enum geosc_status add(geosc_context *context, struct tensors *tensors, const char *key, const char *path,
                             struct tensor **added)
{
    if (memory_grow(context, &tensors->items, &tensors->capacity, tensors->count + 1, sizeof *tensors->items,
                    "the tensors of a model") != GEOSC_OK)
        return GEOSC_FAILED;
    *added = &tensors->items[tensors->count++];
    **added = (struct tensor){.array = {.id = -1}};
    memcpy((*added)->key, key, strlen(key) + 1);
    memcpy((*added)->path, path, strlen(path) + 1);
    return GEOSC_OK;
}

static enum geosc_status add_dataset(geosc_context *context, struct tensors *tensors, const char *path,
                                     struct problems *problems)
{
    char key[2 * H5_PATH];
    struct tensor *tensor;

    snprintf(key, sizeof key, "%s", path + 1);
    for (char *c = key; *c; c++)
        *c = *c == '/' ? '.' : *c;
    if (is_counter(key))
        return GEOSC_OK;
    if (strlen(path) >= H5_PATH) { /* cut off, it could name another dataset */
        tensors_problem(tensors, problems, path, "the path is too long" REASON_BAD_NAME);
        return GEOSC_OK;
    }
    if (add(context, tensors, key, path, &tensor) != GEOSC_OK)
        return GEOSC_FAILED;
    if (h5_array_open(context, tensors->file, path, &tensor->array) != GEOSC_OK) {
        problems_add(problems, "%s", context->message);
        tensor->faulty = true;
        return GEOSC_OK;
    }
    tensor->rank = tensor->array.rank;
    memcpy(tensor->dims, tensor->array.dims, sizeof tensor->dims);
    return GEOSC_OK;
}

/* Adds the datasets of a group and of the groups below. Links to groups above can make few objects look like many:
 * stops at too many, counted in *seen, or too deep. */
static enum geosc_status add_group(geosc_context *context, struct tensors *tensors, const char *group, int depth,
                                   size_t *seen, struct problems *problems)
{
    enum geosc_status status = GEOSC_OK;
    char **names = NULL, path[2 * H5_PATH];
    size_t count = 0;

    if (GUARD(hostile_groups_nested) && depth > GROUPS_DEEP)
        return fail(context, GEOSC_FAILED, "%s: %s: groups are nested too deeply: is this a model?" REASON_NOT_OURS,
                    tensors->name, group);
    if (h5_list(context, tensors->file, group[0] ? group : "/", OBJECTS_MOST, &names, &count) != GEOSC_OK)
        problems_add(problems, "%s", context->message);
    *seen += count;
    if (*seen > OBJECTS_MOST)
        TRY(fail(context, GEOSC_FAILED, "%s: more than %d groups and datasets: is this a model?" REASON_NOT_OURS,
                 tensors->name, OBJECTS_MOST));
    for (size_t i = 0; i < count; i++) {
        int length = snprintf(path, sizeof path, "%s/%s", group, names[i]);
        if (length >= (int)sizeof path)
            tensors_problem(tensors, problems, path, "the path is too long" REASON_BAD_NAME);
        else if (h5_kind(tensors->file, path) == H5_GROUP)
            TRY(add_group(context, tensors, path, depth + 1, seen, problems));
        else
            TRY(add_dataset(context, tensors, path, problems));
    }
done:
    memory_free(names);
    return status;
}

static int by_key(const void *a, const void *b)
{
    return strcmp(((const struct tensor *)a)->key, ((const struct tensor *)b)->key);
}

static void sort(struct tensors *tensors, struct problems *problems)
{
    if (tensors->count)
        qsort(tensors->items, tensors->count, sizeof *tensors->items, by_key);
    for (size_t i = 1; i < tensors->count; i++) {
        struct tensor *one = &tensors->items[i - 1], *other = &tensors->items[i];
        if (by_key(one, other) != 0)
            continue;
        tensors_problem(tensors, problems, other->path, "the key %s exists twice" REASON_DUPLICATE, other->key);
        one->faulty = other->faulty = true;
    }
}

enum geosc_status tensors_open(geosc_context *context, const char *path, struct tensors *tensors,
                               struct problems *problems)
{
    enum geosc_status status;
    size_t seen = 0;

    *tensors = (struct tensors){.name = path};
    TRY(h5_open(context, path, &tensors->file));
    TRY(add_group(context, tensors, "", 0, &seen, problems));
    sort(tensors, problems);
done:
    if (status != GEOSC_OK)
        tensors_close(tensors);
    return status;
}

enum geosc_status tensors_wrap(geosc_context *context, const struct geosc_tensor *given, size_t count,
                               struct tensors *tensors, struct problems *problems)
{
    enum geosc_status status = GEOSC_OK;
    struct tensor *tensor;

    *tensors = (struct tensors){.name = "the model"};
    for (size_t i = 0; i < count; i++) {
        if (is_counter(given[i].key))
            continue;
        TRY(add(context, tensors, given[i].key, given[i].key, &tensor));
        tensor->rank = given[i].rank;
        memcpy(tensor->dims, given[i].dims, sizeof given[i].dims);
        tensor->data = given[i].data;
    }
    sort(tensors, problems);
done:
    if (status != GEOSC_OK)
        tensors_close(tensors);
    return status;
}

void tensors_close(struct tensors *tensors)
{
    for (size_t i = 0; i < tensors->count; i++) {
        h5_array_close(&tensors->items[i].array);
        memory_free(tensors->items[i].own);
    }
    memory_free(tensors->items);
    memory_free(tensors->weight);
    memory_free(tensors->stored);
    h5_close(tensors->file);
    *tensors = (struct tensors){0};
}

/* ---- taking ------------------------------------------------------------------------------------- */

static int key_against(const void *key, const void *tensor)
{
    return strcmp(key, ((const struct tensor *)tensor)->key);
}

struct tensor *tensors_find(const struct tensors *tensors, const char *key)
{
    if (tensors->count == 0)
        return NULL;
    return bsearch(key, tensors->items, tensors->count, sizeof *tensors->items, key_against);
}

/* "[64, 32, 1, 1]" */
static void describe_shape(size_t rank, const size_t *dims, char *out, size_t size)
{
    size_t length = (size_t)snprintf(out, size, "[");

    for (size_t d = 0; d < rank && length < size; d++)
        length += (size_t)snprintf(out + length, size - length, "%s%zu", d ? ", " : "", dims[d]);
    if (length < size)
        snprintf(out + length, size - length, "]");
}

struct tensor *tensors_take(const struct tensors *tensors, struct problems *problems, const char *key, size_t rank,
                            const size_t *dims)
{
    struct tensor *tensor = tensors_find(tensors, key);
    char found[256], expected[256];

    if (!tensor) {
        tensors_problem(tensors, problems, key, "missing" REASON_MISSING);
        return NULL;
    }
    tensor->used = true;
    if (tensor->faulty)
        return NULL;
    if (!tensor->data && !number_is_float(tensor->array.format.type)) {
        tensors_problem(tensors, problems, tensor->path,
                        "has type %s, expected float16, bfloat16, float32 or float64" REASON_WRONG_TYPE,
                        number_name(tensor->array.format.type));
        return NULL;
    }
    if (tensor->rank == rank && memcmp(tensor->dims, dims, rank * sizeof *dims) == 0)
        return tensor;
    describe_shape(tensor->rank, tensor->dims, found, sizeof found);
    describe_shape(rank, dims, expected, sizeof expected);
    tensors_problem(tensors, problems, tensor->path, "has shape %s, expected %s" REASON_WRONG_SHAPE, found, expected);
    return NULL;
}

void tensors_ignore(const struct tensors *tensors, const char *key)
{
    struct tensor *tensor = tensors_find(tensors, key);

    if (tensor)
        tensor->ignored = true;
}

void tensors_left_over(const struct tensors *tensors, struct problems *problems)
{
    for (size_t i = 0; i < tensors->count; i++)
        if (GUARD(hostile_left_over) && !tensors->items[i].used && !tensors->items[i].ignored &&
            !tensors->items[i].faulty)
            tensors_problem(tensors, problems, tensors->items[i].path, "is not part of this model" REASON_LEFT_OVER);
}

/* ---- loading ------------------------------------------------------------------------------------ */

/* Of a part of the numbers. */
struct part {
    uint32_t crc32;
    bool finite;
};

static uint32_t sum_numbers(const float *numbers, size_t count)
{
    uint32_t crc = 0, block[CRC_BLOCK];

    for (size_t i = 0, n; i < count; i += n) {
        n = size_smaller(count - i, CRC_BLOCK);
        memcpy(block, numbers + i, n * sizeof *block);
        for (size_t k = 0; k < n; k++)
            block[k] = number_little_32(block[k]);
        crc = (uint32_t)crc32(crc, (const Bytef *)block, (uInt)(n * sizeof *block));
    }
    return crc;
}

/* Starts the tensor's part of the checksum: all but its numbers. */
static void sum_head(struct tensor *tensor)
{
    uint32_t rank = number_little_32((uint32_t)tensor->rank), crc = 0;
    size_t key = strlen(tensor->key) + 1;

    crc = (uint32_t)crc32(crc, (const Bytef *)tensor->key, (uInt)key);
    crc = (uint32_t)crc32(crc, (const Bytef *)&rank, sizeof rank);
    for (size_t d = 0; d < tensor->rank; d++) {
        uint64_t size = number_little_64(tensor->dims[d]);
        crc = (uint32_t)crc32(crc, (const Bytef *)&size, sizeof size);
    }
    tensor->crc32 = crc;
    tensor->summed = key + sizeof rank + tensor->rank * sizeof(uint64_t);
}

static void sum_part(struct tensor *tensor, const struct part *part, size_t count)
{
    tensor->crc32 = (uint32_t)crc32_combine(tensor->crc32, part->crc32, (z_off_t)(count * sizeof(float)));
    tensor->summed += count * sizeof(float);
}

/* The numbers of one tensor, in parts. */
struct taking {
    const struct kernels *kernels;
    const struct tensor *tensor;
    const unsigned char *stored; /* to be converted to `numbers`; NULL: they are there */
    float *numbers;
    struct part *parts;
};

static void taking_unit(const void *work, size_t place, void *desk)
{
    const struct taking *of = work;
    const struct tensor *tensor = of->tensor;
    struct part *part = &of->parts[place];
    size_t first = place * PART, count = size_smaller(tensor_items(tensor) - first, PART);

    (void)desk;
    part->finite = of->stored ? number_to_float(of->kernels, tensor->array.format,
                                                of->stored + first * number_size(tensor->array.format.type), count,
                                                of->numbers + first)
                              : number_all_finite(tensor->data + first, count);
    part->crc32 = sum_numbers(tensor->data + first, count);
}

/* Converts the stored numbers (NULL: they are there), checks and sums up all. */
static enum geosc_status take_numbers(geosc_context *context, struct tensor *tensor, const unsigned char *stored,
                                      float *numbers, bool *finite)
{
    enum geosc_status status;
    size_t items = tensor_items(tensor), count = (items + PART - 1) / PART;
    struct part *parts;

    TRY(memory_allocate(context, &parts, count, sizeof *parts, "a tensor"));
    share(context, count, taking_unit, &(struct taking){context->kernels, tensor, stored, numbers, parts}, NULL, 0);
    TRY(check_stop(context));
    sum_head(tensor);
    *finite = true;
    for (size_t p = 0; p < count; p++) {
        *finite &= parts[p].finite;
        sum_part(tensor, &parts[p], size_smaller(items - p * PART, PART));
    }
done:
    memory_free(parts);
    return status;
}

/* Grows a block whose contents are no longer needed. */
static enum geosc_status renew(geosc_context *context, void *block_pointer, size_t *capacity, size_t count, size_t size,
                               const char *what)
{
    void **block = block_pointer;

    if (count <= *capacity)
        return GEOSC_OK;
    memory_free(*block);
    *block = NULL;
    *capacity = 0;
    return memory_grow(context, block, capacity, count, size, what);
}

/* Space for a tensor's numbers. */
static enum geosc_status make_room(geosc_context *context, struct tensors *tensors, struct tensor *tensor,
                                   float **numbers)
{
    size_t items = tensor_items(tensor);
    enum geosc_status status;

    if (tensor->rank > 1) {
        TRY(renew(context, &tensors->weight, &tensors->weight_capacity, items, sizeof(float), tensors->name));
        *numbers = tensors->weight;
    } else {
        TRY(memory_allocate(context, &tensor->own, items, sizeof(float), tensors->name));
        *numbers = tensor->own;
    }
done:
    return status;
}

/* Reads the numbers from the file; *stored: they are there, still to be converted. */
static enum geosc_status read_numbers(geosc_context *context, struct tensors *tensors, struct tensor *tensor,
                                      float **numbers, unsigned char **stored, struct problems *problems)
{
    const struct h5_array *array = &tensor->array;
    bool floats = array->format.type == NUMBER_F32 && !array->format.swapped;
    enum geosc_status status;

    if (h5_array_stored(context, array) != GEOSC_OK) {
        problems_add(problems, "%s", context->message);
        return GEOSC_OK;
    }
    TRY(make_room(context, tensors, tensor, numbers));
    if (!floats) {
        TRY(renew(context, &tensors->stored, &tensors->stored_capacity, tensor_items(tensor) * array->item, 1,
                  tensors->name));
        *stored = tensors->stored;
    }
    status = h5_read_bytes(context, array, floats ? (void *)*numbers : *stored);
    if (status == GEOSC_OK)
        tensor->data = *numbers;
    else if (status != GEOSC_STOPPED) {
        problems_add(problems, "%s", context->message);
        status = GEOSC_OK;
    }
done:
    return status;
}

/* Adds the problem of the first number that is not finite. */
static void refuse_numbers(const struct tensors *tensors, const struct tensor *tensor, struct problems *problems)
{
    size_t i = 0;

    while (isfinite(tensor->data[i]))
        i++;
    tensors_problem(tensors, problems, tensor->path,
                    "element %zu is %s: weights must be finite in float32" REASON_BAD_WEIGHT, i,
                    number_general(tensor->data[i], 6).text);
}

enum geosc_status tensor_load(geosc_context *context, struct tensors *tensors, struct tensor *tensor,
                              struct problems *problems)
{
    enum geosc_status status = GEOSC_OK;
    unsigned char *stored = NULL;
    float *numbers = NULL;
    bool finite;

    if (!tensor->data)
        TRY(read_numbers(context, tensors, tensor, &numbers, &stored, problems));
    if (!tensor->data)
        return GEOSC_OK;
    TRY(take_numbers(context, tensor, stored, numbers, &finite));
    if (GUARD(hostile_weights) && !finite)
        refuse_numbers(tensors, tensor, problems);
done:
    return status;
}

enum geosc_status tensors_walk(geosc_context *context, const struct tensors *tensors, struct problems *problems)
{
    enum geosc_status status = GEOSC_OK;

    for (size_t i = 0; i < tensors->count; i++) {
        struct tensor *tensor = &tensors->items[i];
        if (!tensor->used)
            continue;
        TRY(check_stop(context));
        if (h5_array_stored(context, &tensor->array) != GEOSC_OK) {
            problems_add(problems, "%s", context->message);
            continue;
        }
        TRY(memory_allocate(context, &tensor->own, tensor_items(tensor), sizeof(float), tensors->name));
        h5_array_walk(&tensor->array);
    }
done:
    return status;
}

uint32_t tensors_crc32(const struct tensors *tensors)
{
    uint32_t crc = 0;

    for (size_t i = 0; i < tensors->count; i++) {
        const struct tensor *tensor = &tensors->items[i];
        if (tensor->used)
            crc = (uint32_t)crc32_combine(crc, tensor->crc32, (z_off_t)tensor->summed);
    }
    return crc;
}
