#include "draw/picture_file.h"

#include <math.h>
#include <string.h>
#include <zlib.h>

static enum geosc_status append(geosc_context *context, struct bytes *bytes, const void *data, size_t count)
{
    return memory_append(context, bytes, data, count, "a picture's file");
}

/* ---- PNG ---------------------------------------------------------------------------------------- */

static void big_endian(unsigned char out[4], uint32_t value)
{
    for (int i = 0; i < 4; i++)
        out[i] = (unsigned char)(value >> 8 * (3 - i));
}

static enum geosc_status append_chunk(geosc_context *context, struct bytes *bytes, const char *name,
                                      const unsigned char *data, size_t count)
{
    unsigned char length[4], sum[4];
    uLong crc = crc32(crc32(0, (const Bytef *)name, 4), data, (uInt)count);
    enum geosc_status status;

    big_endian(length, (uint32_t)count);
    big_endian(sum, (uint32_t)crc);
    TRY(append(context, bytes, length, 4));
    TRY(append(context, bytes, name, 4));
    TRY(append(context, bytes, data, count));
    TRY(append(context, bytes, sum, 4));
done:
    return status;
}

/* Rows with the filter "up": what is like the row above becomes zeros. */
static void filter_rows(const struct picture *picture, unsigned char *rows)
{
    const size_t stride = 3 * picture->width;

    for (size_t y = 0; y < picture->height; y++) {
        const unsigned char *row = picture->rgb + y * stride, *above = y ? row - stride : NULL;
        unsigned char *out = rows + y * (stride + 1);
        out[0] = 2;
        for (size_t i = 0; i < stride; i++)
            out[1 + i] = (unsigned char)(row[i] - (above ? above[i] : 0));
    }
}

enum geosc_status picture_png(geosc_context *context, const struct picture *picture, struct bytes *bytes)
{
    static const unsigned char signature[] = {0x89, 'P', 'N', 'G', '\r', '\n', 0x1a, '\n'};
    unsigned char head[13] = {[8] = 8, [9] = 2}; /* 8 bits, RGB */
    unsigned char *rows = NULL, *packed = NULL;
    size_t size = picture->height * (3 * picture->width + 1);
    uLongf packed_size = compressBound((uLong)size);
    enum geosc_status status;

    big_endian(head, (uint32_t)picture->width);
    big_endian(head + 4, (uint32_t)picture->height);
    TRY(memory_allocate(context, &rows, size, 1, "a picture's file"));
    TRY(memory_allocate(context, &packed, packed_size, 1, "a picture's file"));
    filter_rows(picture, rows);
    if (compress2(packed, &packed_size, rows, (uLong)size, Z_BEST_COMPRESSION) != Z_OK)
        TRY(fail_memory(context, size, "a picture's file"));
    if (packed_size > INT32_MAX)
        TRY(fail(context, GEOSC_FAILED,
                 "a picture of %zu x %zu points is too large for PNG: store smaller photographs in /images/rgb",
                 picture->width, picture->height));
    TRY(append(context, bytes, signature, sizeof signature));
    TRY(append_chunk(context, bytes, "IHDR", head, sizeof head));
    TRY(append_chunk(context, bytes, "IDAT", packed, packed_size));
    TRY(append_chunk(context, bytes, "IEND", (const unsigned char *)"", 0));
done:
    memory_free(rows);
    memory_free(packed);
    return status;
}

/* ---- JPEG --------------------------------------------------------------------------------------- */

/* ITU-T T.81: the zigzag order, the tables of annex K for quality 50, and its Huffman codes: how many have 1, 2 ..
 * 16 bits, and what they stand for. */
enum { BLOCK = 64, QUALITY = 82 };
static const unsigned char zigzag[BLOCK] = {0,  1,  8,  16, 9,  2,  3,  10, 17, 24, 32, 25, 18, 11, 4,  5,
                                            12, 19, 26, 33, 40, 48, 41, 34, 27, 20, 13, 6,  7,  14, 21, 28,
                                            35, 42, 49, 56, 57, 50, 43, 36, 29, 22, 15, 23, 30, 37, 44, 51,
                                            58, 59, 52, 45, 38, 31, 39, 46, 53, 60, 61, 54, 47, 55, 62, 63};
static const unsigned char quality50[2][BLOCK] = {
    {16, 11,  10,  16, 24, 40, 51, 61, 12,  12,  14,  19,  26, 58, 60, 55,  14,  13,  16,  24, 40, 57,
     69, 56,  14,  17, 22, 29, 51, 87, 80,  62,  18,  22,  37, 56, 68, 109, 103, 77,  24,  35, 55, 64,
     81, 104, 113, 92, 49, 64, 78, 87, 103, 121, 120, 101, 72, 92, 95, 98,  112, 100, 103, 99},
    {17, 18, 24, 47, 99, 99, 99, 99, 18, 21, 26, 66, 99, 99, 99, 99, 24, 26, 56, 99, 99, 99,
     99, 99, 47, 66, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99,
     99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99}};

struct huffman_source {
    unsigned char counts[16];
    const unsigned char *symbols;
};
static const unsigned char dc_symbols[] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11};
static const unsigned char ac_symbols[] = {
    0x01, 0x02, 0x03, 0x00, 0x04, 0x11, 0x05, 0x12, 0x21, 0x31, 0x41, 0x06, 0x13, 0x51, 0x61, 0x07, 0x22, 0x71,
    0x14, 0x32, 0x81, 0x91, 0xa1, 0x08, 0x23, 0x42, 0xb1, 0xc1, 0x15, 0x52, 0xd1, 0xf0, 0x24, 0x33, 0x62, 0x72,
    0x82, 0x09, 0x0a, 0x16, 0x17, 0x18, 0x19, 0x1a, 0x25, 0x26, 0x27, 0x28, 0x29, 0x2a, 0x34, 0x35, 0x36, 0x37,
    0x38, 0x39, 0x3a, 0x43, 0x44, 0x45, 0x46, 0x47, 0x48, 0x49, 0x4a, 0x53, 0x54, 0x55, 0x56, 0x57, 0x58, 0x59,
    0x5a, 0x63, 0x64, 0x65, 0x66, 0x67, 0x68, 0x69, 0x6a, 0x73, 0x74, 0x75, 0x76, 0x77, 0x78, 0x79, 0x7a, 0x83,
    0x84, 0x85, 0x86, 0x87, 0x88, 0x89, 0x8a, 0x92, 0x93, 0x94, 0x95, 0x96, 0x97, 0x98, 0x99, 0x9a, 0xa2, 0xa3,
    0xa4, 0xa5, 0xa6, 0xa7, 0xa8, 0xa9, 0xaa, 0xb2, 0xb3, 0xb4, 0xb5, 0xb6, 0xb7, 0xb8, 0xb9, 0xba, 0xc2, 0xc3,
    0xc4, 0xc5, 0xc6, 0xc7, 0xc8, 0xc9, 0xca, 0xd2, 0xd3, 0xd4, 0xd5, 0xd6, 0xd7, 0xd8, 0xd9, 0xda, 0xe1, 0xe2,
    0xe3, 0xe4, 0xe5, 0xe6, 0xe7, 0xe8, 0xe9, 0xea, 0xf1, 0xf2, 0xf3, 0xf4, 0xf5, 0xf6, 0xf7, 0xf8, 0xf9, 0xfa};
/* Those of luminance, of which chrominance makes use, too: a second pair would save a hundredth of the bytes. */
static const struct huffman_source huffman_sources[2] = {
    {{0, 1, 5, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0}, dc_symbols},
    {{0, 2, 1, 3, 3, 2, 4, 3, 5, 5, 4, 4, 0, 0, 1, 125}, ac_symbols}};

struct code {
    uint16_t bits;
    unsigned char length;
};

struct jpeg {
    geosc_context *context;
    struct bytes *bytes;
    unsigned char quantiser[2][BLOCK]; /* of luminance and of colour */
    double cosine[8][8];               /* [frequency][place], with the transform's factors */
    struct code codes[2][256];
    uint32_t pending; /* bits that fill no byte yet */
    int pending_bits;
    int previous[3]; /* the last block's mean of each component */
};

static void set_up(struct jpeg *jpeg)
{
    const int scale = QUALITY < 50 ? 5000 / QUALITY : 200 - 2 * QUALITY;

    for (int t = 0; t < 2; t++)
        for (int i = 0; i < BLOCK; i++) {
            int step = (quality50[t][i] * scale + 50) / 100;
            jpeg->quantiser[t][i] = (unsigned char)(step < 1 ? 1 : step > 255 ? 255 : step);
        }
    for (int u = 0; u < 8; u++)
        for (int x = 0; x < 8; x++)
            jpeg->cosine[u][x] = 0.5 * (u ? 1 : sqrt(0.5)) * cos((2 * x + 1) * u * M_PI / 16);
    for (int t = 0; t < 2; t++) {
        const unsigned char *symbol = huffman_sources[t].symbols;
        unsigned bits = 0;
        for (int length = 1; length <= 16; length++, bits <<= 1)
            for (int i = 0; i < huffman_sources[t].counts[length - 1]; i++)
                jpeg->codes[t][*symbol++] = (struct code){(uint16_t)bits++, (unsigned char)length};
    }
}

static enum geosc_status put_segment(struct jpeg *jpeg, unsigned char marker, const unsigned char *data, size_t count)
{
    const unsigned char head[4] = {0xff, marker, (unsigned char)((count + 2) >> 8), (unsigned char)(count + 2)};
    geosc_context *context = jpeg->context;
    enum geosc_status status;

    TRY(append(context, jpeg->bytes, head, sizeof head));
    TRY(append(context, jpeg->bytes, data, count));
done:
    return status;
}

static enum geosc_status put_tables(struct jpeg *jpeg)
{
    unsigned char data[1 + 16 + 256];
    enum geosc_status status = GEOSC_OK;

    for (int t = 0; t < 2; t++) {
        data[0] = (unsigned char)t;
        for (int i = 0; i < BLOCK; i++)
            data[1 + i] = jpeg->quantiser[t][zigzag[i]];
        TRY(put_segment(jpeg, 0xdb, data, 1 + BLOCK));
    }
    for (int t = 0; t < 2; t++) {
        size_t symbols = 0;
        data[0] = (unsigned char)(t << 4);
        for (int i = 0; i < 16; i++)
            symbols += data[1 + i] = huffman_sources[t].counts[i];
        memcpy(data + 17, huffman_sources[t].symbols, symbols);
        TRY(put_segment(jpeg, 0xc4, data, 17 + symbols));
    }
done:
    return status;
}

static enum geosc_status put_heads(struct jpeg *jpeg, const struct picture *picture)
{
    static const unsigned char jfif[] = {'J', 'F', 'I', 'F', 0, 1, 1, 0, 0, 1, 0, 1, 0, 0};
    static const unsigned char scan[] = {3, 1, 0, 2, 0, 3, 0, 0, 63, 0};
    const unsigned char frame[] = {8,
                                   (unsigned char)(picture->height >> 8),
                                   (unsigned char)picture->height,
                                   (unsigned char)(picture->width >> 8),
                                   (unsigned char)picture->width,
                                   3,
                                   1,
                                   0x11,
                                   0,
                                   2,
                                   0x11,
                                   1,
                                   3,
                                   0x11,
                                   1};
    geosc_context *context = jpeg->context;
    enum geosc_status status;

    TRY(append(context, jpeg->bytes, "\xff\xd8", 2));
    TRY(put_segment(jpeg, 0xe0, jfif, sizeof jfif));
    TRY(put_segment(jpeg, 0xc0, frame, sizeof frame));
    TRY(put_tables(jpeg));
    TRY(put_segment(jpeg, 0xda, scan, sizeof scan));
done:
    return status;
}

/* Adds bits; a byte of ones is followed by a zero, so that it looks like no marker. */
static enum geosc_status put_bits(struct jpeg *jpeg, unsigned bits, int length)
{
    geosc_context *context = jpeg->context;
    enum geosc_status status = GEOSC_OK;

    jpeg->pending = jpeg->pending << length | bits;
    for (jpeg->pending_bits += length; jpeg->pending_bits >= 8; jpeg->pending_bits -= 8) {
        const unsigned char byte[2] = {(unsigned char)(jpeg->pending >> (jpeg->pending_bits - 8)), 0};
        TRY(append(context, jpeg->bytes, byte, byte[0] == 0xff ? 2 : 1));
    }
done:
    return status;
}

/* A symbol, whose lower half tells how many bits of the value follow. */
static enum geosc_status put_value(struct jpeg *jpeg, int table, int zeros, int value)
{
    unsigned size = 0;
    enum geosc_status status;

    for (int rest = value < 0 ? -value : value; rest; rest >>= 1)
        size++;
    const struct code code = jpeg->codes[table][(unsigned)zeros << 4 | size];
    TRY(put_bits(jpeg, code.bits, code.length));
    TRY(put_bits(jpeg, (unsigned)(value < 0 ? value - 1 : value) & ((1U << size) - 1), (int)size));
done:
    return status;
}

/* The cosine transform of a block, quantised. */
static void transform(const struct jpeg *jpeg, const double *block, const unsigned char *quantiser, int *out)
{
    double rows[BLOCK];

    for (int y = 0; y < 8; y++)
        for (int u = 0; u < 8; u++) {
            double sum = 0;
            for (int x = 0; x < 8; x++)
                sum += block[8 * y + x] * jpeg->cosine[u][x];
            rows[8 * y + u] = sum;
        }
    for (int v = 0; v < 8; v++)
        for (int u = 0; u < 8; u++) {
            double sum = 0;
            for (int y = 0; y < 8; y++)
                sum += rows[8 * y + u] * jpeg->cosine[v][y];
            out[8 * v + u] = (int)lrint(sum / quantiser[8 * v + u]);
        }
}

static enum geosc_status put_block(struct jpeg *jpeg, int component, const double *block)
{
    int values[BLOCK], zeros = 0, last = BLOCK - 1;
    enum geosc_status status;

    transform(jpeg, block, jpeg->quantiser[component > 0], values);
    TRY(put_value(jpeg, 0, 0, values[0] - jpeg->previous[component]));
    jpeg->previous[component] = values[0];
    while (last > 0 && values[zigzag[last]] == 0)
        last--;
    for (int i = 1; i <= last; i++) {
        int value = values[zigzag[i]];
        if (value == 0 && ++zeros < 16)
            continue;
        TRY(put_value(jpeg, 1, value ? zeros : 15, value)); /* 15 zeros and a zero: sixteen of them */
        zeros = 0;
    }
    if (last < BLOCK - 1)
        TRY(put_value(jpeg, 1, 0, 0));
done:
    return status;
}

/* The block at (x0, y0) in luminance and colour; the border repeats beyond the picture. */
static void read_block(const struct picture *picture, size_t x0, size_t y0, double blocks[3][BLOCK])
{
    for (size_t i = 0; i < BLOCK; i++) {
        size_t x = size_smaller(x0 + i % 8, picture->width - 1), y = size_smaller(y0 + i / 8, picture->height - 1);
        const unsigned char *rgb = picture->rgb + 3 * (y * picture->width + x);
        double luminance = 0.299 * rgb[0] + 0.587 * rgb[1] + 0.114 * rgb[2];
        blocks[0][i] = luminance - 128;
        blocks[1][i] = (rgb[2] - luminance) / 1.772;
        blocks[2][i] = (rgb[0] - luminance) / 1.402;
    }
}

enum geosc_status picture_jpeg(geosc_context *context, const struct picture *picture, struct bytes *bytes)
{
    struct jpeg jpeg = {.context = context, .bytes = bytes};
    double blocks[3][BLOCK];
    enum geosc_status status;

    if (picture->width > UINT16_MAX || picture->height > UINT16_MAX)
        return fail(context, GEOSC_FAILED, "a picture of %zu x %zu points is too large", picture->width,
                    picture->height);
    set_up(&jpeg);
    TRY(put_heads(&jpeg, picture));
    for (size_t y = 0; y < picture->height; y += 8)
        for (size_t x = 0; x < picture->width; x += 8) {
            read_block(picture, x, y, blocks);
            for (int component = 0; component < 3; component++)
                TRY(put_block(&jpeg, component, blocks[component]));
        }
    TRY(put_bits(&jpeg, 0x7f, 7)); /* fills the last byte */
    TRY(append(context, bytes, "\xff\xd9", 2));
done:
    return status;
}

/* ---- smaller ------------------------------------------------------------------------------------ */

/* The mean of rows y0 .. y1 - 1 and columns x0 .. x1 - 1. */
static void mean_of(const struct picture *picture, size_t x0, size_t x1, size_t y0, size_t y1, unsigned char *out)
{
    size_t sum[3] = {0}, count = (x1 - x0) * (y1 - y0);

    for (size_t y = y0; y < y1; y++)
        for (size_t x = x0; x < x1; x++)
            for (int c = 0; c < 3; c++)
                sum[c] += picture->rgb[3 * (y * picture->width + x) + (size_t)c];
    for (int c = 0; c < 3; c++)
        out[c] = (unsigned char)((sum[c] + count / 2) / count);
}

enum geosc_status picture_shrink(geosc_context *context, struct picture *picture, size_t side)
{
    const size_t longer = size_larger(picture->width, picture->height);
    struct picture small = *picture;
    enum geosc_status status;

    if (longer <= side)
        return GEOSC_OK;
    small.width = size_larger(1, picture->width * side / longer);
    small.height = size_larger(1, picture->height * side / longer);
    TRY(memory_allocate(context, &small.rgb, small.width * small.height, 3, "a picture"));
    for (size_t y = 0; y < small.height; y++)
        for (size_t x = 0; x < small.width; x++)
            mean_of(picture, x * picture->width / small.width, (x + 1) * picture->width / small.width,
                    y * picture->height / small.height, (y + 1) * picture->height / small.height,
                    small.rgb + 3 * (y * small.width + x));
    memory_free(picture->rgb);
    *picture = small;
done:
    return status;
}
