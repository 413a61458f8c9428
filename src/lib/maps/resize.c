#include "maps/resize.h"

#include <string.h>

#include "base/share.h"

enum { STRIP = 64 }; /* columns resized together: two of their lines stay in registers and L1 */

/* Inputs of an output place along an axis: two neighbours and the weight of the second. */
struct tap {
    size_t low, high;
    float weight;
};

/* A strip of input lines, resized horizontally; line y is kept at y % 2, since two neighbours are needed at a time. */
struct strip {
    const float *in;
    size_t in_width, width;
    struct tap columns[STRIP];
    size_t held[2];
    float lines[2][STRIP];
};

/* Place i of n on an axis of m inputs. */
static struct tap find_tap(size_t i, size_t n, size_t m)
{
    double at = ((double)i + 0.5) * (double)m / (double)n - 0.5;

    if (at < 0)
        at = 0;
    size_t low = (size_t)at;
    return (struct tap){low, low + 1 < m ? low + 1 : low, (float)(at - (double)low)};
}

static const float *get_line(struct strip *strip, size_t y)
{
    const float *row = strip->in + y * strip->in_width;
    float *line = strip->lines[y % 2];

    if (strip->held[y % 2] == y)
        return line;
    for (size_t i = 0; i < strip->width; i++) {
        const struct tap *place = &strip->columns[i];
        line[i] = (1 - place->weight) * row[place->low] + place->weight * row[place->high];
    }
    strip->held[y % 2] = y;
    return line;
}

/* Stores cells first .. first + count - 1 of a channel. */
static void store(const struct resize *resize, size_t channel, size_t first, const float *values, size_t count)
{
    float *out = resize->out + channel * resize->channel_step;

    while (count) {
        size_t room = PANEL - first % PANEL, part = count < room ? count : room;
        memcpy(out + first / PANEL * resize->panel_step + first % PANEL, values, part * sizeof *values);
        values += part;
        first += part;
        count -= part;
    }
}

void resize_channel(const struct resize *resize, size_t channel)
{
    struct strip strip = {.in = resize->in + channel * resize->in_step, .in_width = resize->in_width};
    float values[STRIP];

    for (size_t x = 0; x < resize->width; x += STRIP) {
        strip.width = resize->width - x < STRIP ? resize->width - x : STRIP;
        strip.held[0] = strip.held[1] = SIZE_MAX;
        for (size_t i = 0; i < strip.width; i++)
            strip.columns[i] = find_tap(x + i, resize->width, resize->in_width);
        for (size_t y = 0; y < resize->height; y++) {
            struct tap row = find_tap(y, resize->height, resize->in_height);
            const float *low = get_line(&strip, row.low), *high = get_line(&strip, row.high);
            for (size_t i = 0; i < strip.width; i++)
                values[i] = (1 - row.weight) * low[i] + row.weight * high[i];
            store(resize, channel, y * resize->width + x, values, strip.width);
        }
    }
}

static void resize_unit(const void *work, size_t channel, void *desk)
{
    (void)desk;
    resize_channel(work, channel);
}

void resize_channels(const geosc_context *context, const struct resize *resize, size_t channels)
{
    share(context, channels, resize_unit, resize, NULL, 0);
}
