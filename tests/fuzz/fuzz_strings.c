/* Strings of variable length (h5_internal.h): any references to heaps of any bytes. The input is the number of
 * references, then the length, object and address of each, then the bytes of the heaps in an otherwise valid file. */
#include "h5/h5_internal.h"

#include "h5/h5_oldest.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int LLVMFuzzerInitialize(int *count, char ***arguments);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum {
    PLACE = 4096,
    ROOM = 8192 /* of the heaps */,
    MOST = 16,
    GIVEN = 8,
    STORED = 16 /* bytes of a reference, here and in the file */
};

static char path[] = "strings-XXXXXX";
static int fd;
static geosc_context context;
static struct h5_file *file;
static struct h5_array array;

static void remove_file(void)
{
    h5_array_close(&array);
    h5_close(file);
    unlink(path);
}

/* A file with a dataset of strings, and room behind it. */
int LLVMFuzzerInitialize(int *count, char ***arguments)
{
    hsize_t one = 1;
    const char *text = "x";
    hid_t id, dataset, type = H5Tcopy(H5T_C_S1), space = H5Screate_simple(1, &one, NULL);

    (void)count, (void)arguments;
    fd = mkstemp(path);
    assert(fd >= 0);
    H5Tset_size(type, H5T_VARIABLE);
    id = create_oldest(path, H5P_DEFAULT);
    dataset = H5Dcreate2(id, "text", type, space, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
    H5Dwrite(dataset, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, &text);
    H5Dclose(dataset);
    H5Sclose(space);
    H5Tclose(type);
    assert(H5Fclose(id) >= 0 && lseek(fd, 0, SEEK_END) <= 2 * PLACE && ftruncate(fd, 2 * PLACE + ROOM) == 0);
    assert(h5_open(&context, path, &file) == GEOSC_OK && h5_array_open(&context, file, "/text", &array) == GEOSC_OK);
    atexit(remove_file);
    return 0;
}

static uint64_t little_endian(const uint8_t *bytes, size_t count)
{
    uint64_t value = 0;

    for (size_t i = count; i-- > 0;)
        value = value << 8 | bytes[i];
    return value;
}

static void put(uint8_t *out, size_t count, uint64_t value)
{
    for (size_t i = 0; i < count; i++)
        out[i] = (uint8_t)(value >> 8 * i);
}

/* Addresses count from the heaps' place; with the highest bit set they lie far behind the file, and 0 is none. */
static void store_reference(const uint8_t *given, uint8_t *stored)
{
    uint64_t address = little_endian(given + 4, 4);

    if (address >> 31)
        address <<= 32;
    else if (address)
        address += 2 * PLACE - GIVEN;
    put(stored, 4, little_endian(given, 2));
    put(stored + 4, 8, address);
    put(stored + 12, 4, little_endian(given + 2, 2));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    size_t count = size ? 1 + (data[0] - 1U) % MOST : 0, room;
    uint8_t *references, heaps[ROOM] = {0};
    struct h5_guard guard;
    char **texts;

    if (size < 1 + count * GIVEN)
        return 0;
    references = malloc(count * STORED + !count); /* of its very size, so that a read beyond it is seen */
    for (size_t i = 0; i < count; i++)
        store_reference(data + 1 + i * GIVEN, references + i * STORED);
    room = size - 1 - count * GIVEN;
    room = room < ROOM ? room : ROOM;
    memcpy(heaps, data + 1 + count * GIVEN, room);
    assert(pwrite(fd, heaps, ROOM, 2 * PLACE) == ROOM);
    h5_enter(&guard);
    if (h5_heap_strings(&context, file, "/text", (hid_t)array.id, references, count, &texts) == GEOSC_OK)
        for (size_t i = 0; i < count; i++)
            assert(strlen(texts[i]) <= little_endian(references + i * STORED, 4));
    else
        assert(!texts && context.message[0]);
    h5_leave(&guard);
    memory_free(texts);
    free(references);
    return 0;
}
