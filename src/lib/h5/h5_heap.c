/* Strings of variable length from the global heaps of a file (HDF5 File Format Specification, III.E). HDF5 1.10 reads
 * beyond its memory, or without end, where a heap lies about its sizes.
 * The command's probe does not replace these checks: a program that calls the library has no probe, and a crash of the
 * probe's child does not tell the reason. Without them tests/h5/test_h5_text damaged_heaps and lengths_that_lie fail.
 */
#include "base/guard.h"
#include "h5/h5_internal.h"

#include "base/reason.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

enum {
    STRING_BYTES = 64 * 1024,          /* longest string */
    STRINGS_BYTES = 256 * 1024 * 1024, /* all strings of one array */
    HEAP_BYTES = 16 * 1024 * 1024,     /* one heap; HDF5 makes heaps of 4 KB and extends them to 64 KB */
    HEAP_OBJECTS = 65536,
    ALIGNMENT = 8
};

static const uint64_t bytes_most = (uint64_t)1 << 32; /* total size of the heaps read for one array, with repetitions */

/* The file that holds the heaps: another than the opened one if a link leads there. */
struct heap_file {
    hid_t file;
    int fd;                           /* owned by HDF5 */
    uint64_t base, bytes;             /* file offset of address 0 (after a user block), size of the file */
    size_t address_size, length_size; /* bytes of an address, bytes of a length */
};

/* Position of a string's text; address 0: an empty string. */
struct reference {
    size_t length;
    uint64_t address;
    size_t object;
};

/* The heap read last. */
struct heap {
    uint64_t address;
    unsigned char *bytes;
    size_t capacity;
    struct {
        size_t offset, length; /* of the data; length 0: no such object */
    } * objects;               /* [HEAP_OBJECTS], by number */
    uint64_t bytes_read;
};

/* The strings so far, NUL-terminated. */
struct texts {
    char *bytes;
    size_t count, capacity;
};

static uint64_t little_endian(const unsigned char *bytes, size_t count)
{
    uint64_t value = 0;

    for (size_t i = count; i-- > 0;)
        value = value << 8 | bytes[i];
    return value;
}

static size_t aligned(size_t bytes)
{
    return (bytes + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
}

/* ---- source ------------------------------------------------------------------------------------- */

/* Reads the address and length sizes of the file; false if unknown. */
static bool read_sizes(struct heap_file *source)
{
    hid_t creation = H5Fget_create_plist(source->file);
    hsize_t user_block = 0;
    bool told = H5Pget_sizes(creation, &source->address_size, &source->length_size) >= 0 &&
                H5Pget_userblock(creation, &user_block) >= 0 && source->address_size <= 8 && source->length_size <= 8;

    source->base = user_block;
    H5Pclose(creation);
    return told;
}

size_t h5_reference_bytes(hid_t object)
{
    struct heap_file source = {.file = H5Iget_file_id(object)};
    size_t bytes = read_sizes(&source) ? 4 + source.address_size + 4 : 0;

    H5Fclose(source.file);
    return bytes;
}

/* Call H5Fclose on source->file in any case. */
static bool source_open(hid_t object, struct heap_file *source)
{
    hsize_t bytes = 0;
    void *handle = NULL;

    *source = (struct heap_file){.file = H5Iget_file_id(object)};
    /* The handle is a descriptor with our driver and HDF5's default one; no file uses another. */
    bool plain = H5Fget_filesize(source->file, &bytes) >= 0 &&
                 H5Fget_vfd_handle(source->file, H5P_DEFAULT, &handle) >= 0 && handle;
    source->bytes = bytes;
    source->fd = plain ? *(const int *)handle : -1;
    return plain && read_sizes(source) && source->base <= source->bytes;
}

static void source_close(struct heap_file *source)
{
    if (source->file > 0)
        H5Fclose(source->file);
}

/* Reads exactly `count` bytes at a file address. */
static bool read_at(const struct heap_file *source, uint64_t address, void *into, size_t count)
{
    uint64_t end = source->bytes - source->base;
    unsigned char *to = into;

    if (address > end || count > end - address)
        return false;
    for (size_t done = 0; done < count;) {
        ssize_t got = pread(source->fd, to + done, count - done, (off_t)(source->base + address + done));
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            return false;
        done += (size_t)got;
    }
    return true;
}

/* ---- heaps -------------------------------------------------------------------------------------- */

/* Lists the objects of a heap of `size` bytes. False if they do not fit. */
static bool list_objects(const struct heap_file *source, struct heap *heap, size_t size)
{
    size_t header = aligned(8 + source->length_size), at = header;

    memset(heap->objects, 0, HEAP_OBJECTS * sizeof *heap->objects);
    while (size - at >= header) {
        const unsigned char *object = heap->bytes + at;
        size_t number = (size_t)little_endian(object, 2);
        uint64_t length = little_endian(object + 8, source->length_size);
        if (number == 0)
            break; /* free space up to the end */
        if (GUARD(hostile_heap_objects) && length > size - at - header)
            return false;
        heap->objects[number].offset = at + header;
        heap->objects[number].length = (size_t)length;
        size_t step = header + aligned((size_t)length);
        at = step < size - at ? at + step : size;
    }
    return true;
}

/* Loads the heap at `address`. *fault: what is wrong with it, or NULL. */
static enum geosc_status load_heap(geosc_context *context, const struct heap_file *source, struct heap *heap,
                                   uint64_t address, const char **fault)
{
    unsigned char start[16];
    size_t header = aligned(8 + source->length_size);
    uint64_t size;

    heap->address = 0;
    *fault = "does not exist" REASON_DAMAGED;
    if (!read_at(source, address, start, header) || (GUARD(hostile_heap_signature) && memcmp(start, "GCOL\1", 5) != 0))
        return GEOSC_OK;
    size = little_endian(start + 8, source->length_size);
    heap->bytes_read += size;
    *fault = "is too large" REASON_TOO_LARGE;
    if (GUARD(hostile_heap_size) && (size < header || size > HEAP_BYTES || heap->bytes_read > bytes_most))
        return GEOSC_OK;
    *fault = NULL;
    if (memory_grow(context, &heap->bytes, &heap->capacity, (size_t)size, 1, "a heap of strings") != GEOSC_OK)
        return GEOSC_FAILED;
    *fault = "is damaged" REASON_DAMAGED;
    if (!read_at(source, address, heap->bytes, (size_t)size) || !list_objects(source, heap, (size_t)size))
        return GEOSC_OK;
    heap->address = address;
    *fault = NULL;
    return GEOSC_OK;
}

/* ---- strings ------------------------------------------------------------------------------------ */

static struct reference parse_reference(const struct heap_file *source, const unsigned char *bytes)
{
    return (struct reference){.length = (size_t)little_endian(bytes, 4),
                              .address = little_endian(bytes + 4, source->address_size),
                              .object = (size_t)little_endian(bytes + 4 + source->address_size, 4)};
}

/* Appends a string up to its first NUL. */
static enum geosc_status append(geosc_context *context, struct texts *texts, const unsigned char *text, size_t length)
{
    const char *end = length ? memchr(text, '\0', length) : NULL;

    length = end ? (size_t)(end - (const char *)text) : length;
    if (memory_grow(context, &texts->bytes, &texts->capacity, texts->count + length + 1, 1, "strings") != GEOSC_OK)
        return GEOSC_FAILED;
    if (length)
        memcpy(texts->bytes + texts->count, text, length);
    texts->bytes[texts->count + length] = '\0';
    texts->count += length + 1;
    return GEOSC_OK;
}

/* Appends the text of a reference. *fault: what is wrong with its heap, or NULL. */
static enum geosc_status append_referenced(geosc_context *context, const struct heap_file *source, struct heap *heap,
                                           const struct reference *reference, struct texts *texts, const char **fault)
{
    *fault = NULL;
    if (reference->address == 0 || reference->length == 0)
        return append(context, texts, NULL, 0);
    if (reference->address != heap->address && load_heap(context, source, heap, reference->address, fault) != GEOSC_OK)
        return GEOSC_FAILED;
    if (*fault)
        return GEOSC_OK;
    if (GUARD(hostile_heap_references) &&
        (reference->object >= HEAP_OBJECTS || heap->objects[reference->object].length < reference->length)) {
        *fault = "lacks a referenced string" REASON_DAMAGED;
        return GEOSC_OK;
    }
    return append(context, texts, heap->bytes + heap->objects[reference->object].offset, reference->length);
}

/* Makes one block: pointers, then texts. */
static enum geosc_status pack(geosc_context *context, const struct texts *texts, size_t count, char ***out)
{
    if (memory_allocate(context, out, count * sizeof(char *) + texts->count, 1, "strings") != GEOSC_OK)
        return GEOSC_FAILED;
    char *text = memcpy(*out + count, texts->bytes, texts->count);
    for (size_t i = 0; i < count; i++, text += strlen(text) + 1)
        (*out)[i] = text;
    return GEOSC_OK;
}

enum geosc_status h5_heap_strings(geosc_context *context, const struct h5_file *file, const char *path, hid_t object,
                                  const unsigned char *references, size_t count, char ***out)
{
    enum geosc_status status;
    struct heap heap = {0};
    struct texts texts = {0};
    struct heap_file source;
    const char *fault;

    *out = NULL;
    if (!source_open(object, &source))
        TRY(h5_refuse(context, file, path, "cannot read its strings" REASON_DAMAGED));
    TRY(memory_allocate(context, &heap.objects, HEAP_OBJECTS, sizeof *heap.objects, "a heap of strings"));
    for (size_t i = 0; i < count; i++) {
        struct reference reference = parse_reference(&source, references + i * (4 + source.address_size + 4));
        if (GUARD(hostile_strings_long) &&
            (reference.length >= STRING_BYTES || texts.count + reference.length >= STRINGS_BYTES))
            TRY(h5_refuse(context, file, path, "its strings are too long: the limit is %d bytes each" REASON_TOO_LARGE,
                          STRING_BYTES - 1));
        TRY(append_referenced(context, &source, &heap, &reference, &texts, &fault));
        if (fault)
            TRY(h5_refuse(context, file, path, "cannot read its strings: their heap at byte %llu %s",
                          (unsigned long long)(source.base + reference.address), fault));
    }
    TRY(pack(context, &texts, count, out));
done:
    source_close(&source);
    memory_free(heap.objects);
    memory_free(heap.bytes);
    memory_free(texts.bytes);
    return status;
}
