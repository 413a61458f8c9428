#include "base/foreign.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#define UNPACK     "unpack it first"
#define CHECKPOINT "convert it with geosc-import model"
#define ARRAYS     "convert a folder of them with geosc-import features"

/* Formats with fixed bytes at one offset. */
static const struct mark {
    size_t at, count;
    const char *bytes, *what, *advice;
} marks[] = {
    {0, 6, "\x93NUMPY", "a numpy array (.npy)", ARRAYS},
    {0, 23, "version https://git-lfs", "a Git LFS pointer to a file that was not downloaded",
     "get it with git lfs pull"},
    {0, 10, "MATLAB 5.0", "a MATLAB file", "read it with scipy.io.loadmat and store its arrays with h5py"},
    {0, 4, "\x0e\x03\x13\x01", "an HDF4 file", "convert it with h4toh5"},
    {0, 4, "CDF\x01", "a classic netCDF file", "convert it with nccopy -k nc4"},
    {0, 4, "CDF\x02", "a classic netCDF file", "convert it with nccopy -k nc4"},
    {0, 2, "\x1f\x8b", "compressed (gzip)", UNPACK},
    {0, 3, "BZh", "compressed (bzip2)", UNPACK},
    {0, 6,
     "\xfd"
     "7zXZ\0",
     "compressed (xz)", UNPACK},
    {0, 4, "\x28\xb5\x2f\xfd", "compressed (zstd)", UNPACK},
    {257, 5, "ustar", "a tar archive", UNPACK},
    {0, 8, "\x89PNG\r\n\x1a\n", "a PNG picture", "give the features extracted from it"},
    {0, 3, "\xff\xd8\xff", "a JPEG picture", "give the features extracted from it"},
};

static const char *describe(const char *what, const char *advice, char *out, size_t size)
{
    snprintf(out, size, ", but %s: %s", what, advice);
    return out;
}

static bool begins(const unsigned char *bytes, size_t count, const char *with)
{
    return count >= strlen(with) && strncasecmp((const char *)bytes, with, strlen(with)) == 0;
}

/* Zip archives, by the name of their first file: data.pkl is PyTorch's. */
static const char *describe_zip(const unsigned char *bytes, size_t count, char *out, size_t size)
{
    enum { NAME_LENGTH = 26, NAME = 30 };
    size_t length = count > NAME ? bytes[NAME_LENGTH] | (size_t)bytes[NAME_LENGTH + 1] << 8 : 0;
    char name[FOREIGN_BYTES + 1];

    length = length < count - NAME && count > NAME ? length : 0;
    memcpy(name, bytes + NAME, length);
    name[length] = '\0';
    if (strstr(name, "data.pkl"))
        return describe("a PyTorch checkpoint", CHECKPOINT, out, size);
    if (length > 4 && strcmp(name + length - 4, ".npy") == 0)
        return describe("a numpy archive (.npz)", ARRAYS, out, size);
    return describe("a zip archive", UNPACK, out, size);
}

/* safetensors begin with a length in 8 bytes, then that many bytes of JSON. */
static bool is_safetensors(const unsigned char *bytes, size_t count)
{
    uint64_t length = 0;

    for (size_t i = 8; count > 9 && i-- > 0;)
        length = length << 8 | bytes[i];
    return length > 1 && length <= 100000000 && bytes[8] == '{' && (bytes[9] == '"' || bytes[9] == '}');
}

/* Printable ASCII, or bytes from other encodings. */
static bool is_text(const unsigned char *bytes, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if ((bytes[i] < 0x20 && !isspace(bytes[i])) || bytes[i] == 0x7f)
            return false;
    return count > 0;
}

static const char *describe_text(const unsigned char *bytes, size_t count, char *out, size_t size)
{
    size_t blank = 0;

    if (begins(bytes, count, "\xef\xbb\xbf")) /* UTF-8's byte order mark */
        blank = 3;
    while (blank < count && isspace(bytes[blank]))
        blank++;
    bytes += blank, count -= blank;
    if (begins(bytes, count, "<!doctype html") || begins(bytes, count, "<html"))
        return describe("a web page", "download the file itself", out, size);
    if (begins(bytes, count, "{") || begins(bytes, count, "["))
        return describe("JSON", "geosc-files(5) lists the files that geosc reads", out, size);
    return describe("text", "geosc-files(5) lists the files that geosc reads", out, size);
}

const char *foreign_describe(const unsigned char *bytes, size_t count, char *out, size_t size)
{
    for (size_t i = 0; i < sizeof marks / sizeof *marks; i++)
        if (marks[i].at + marks[i].count <= count && memcmp(bytes + marks[i].at, marks[i].bytes, marks[i].count) == 0)
            return describe(marks[i].what, marks[i].advice, out, size);
    if (count >= 4 && memcmp(bytes, "PK\3\4", 4) == 0)
        return describe_zip(bytes, count, out, size);
    if (count >= 2 && bytes[0] == 0x80 && bytes[1] >= 2 && bytes[1] <= 5)
        return describe("a Python pickle, such as an old PyTorch checkpoint", CHECKPOINT, out, size);
    if (is_safetensors(bytes, count))
        return describe("a safetensors checkpoint", CHECKPOINT, out, size);
    if (is_text(bytes, count))
        return describe_text(bytes, count, out, size);
    snprintf(out, size, "%s", "");
    return out;
}
