/* Models of any keys and shapes: lines "KEY DIM DIM ...", whose numbers are from a few values. An accepted model
 * refines a small map. */
#include "geosc.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { TENSORS = 64, ITEMS = 16384, KEY = 300, SIDE = 3, CHANNELS = 16 };

/* One line; false if there is nothing on it. Numbers of a tensor that would have too many are refused here: the caller
 * of the library vouches for the arrays that it gives. */
static bool parse(char *line, const float *numbers, struct geosc_tensor *tensor)
{
    char *save = NULL, *word = strtok_r(line, " ", &save);
    size_t items = 1;

    if (!word)
        return false;
    *tensor = (struct geosc_tensor){.key = word, .data = numbers};
    while ((word = strtok_r(NULL, " ", &save)) && tensor->rank < 4) {
        size_t dim = strtoul(word, NULL, 10);
        tensor->dims[tensor->rank++] = dim;
        if (dim > ITEMS || (items *= dim) > ITEMS)
            return false;
    }
    return true;
}

static void refine(geosc_context *context, const geosc_model *model)
{
    float features[CHANNELS * SIDE * SIDE];
    geosc_map *map = NULL;

    if (geosc_model_channels(model) > CHANNELS)
        return;
    for (size_t i = 0; i < sizeof features / sizeof *features; i++)
        features[i] = (float)(i % 7) - 3;
    if (geosc_refine(context, model, features, geosc_model_channels(model), SIDE, SIDE, GEOSC_POSE_ROT90, &map) !=
        GEOSC_OK)
        assert(geosc_message(context)[0]);
    geosc_map_free(map);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static float numbers[ITEMS];
    struct geosc_tensor tensors[TENSORS];
    geosc_context *context = geosc_create();
    geosc_model *model = NULL;
    char *text = malloc(size + 1), *save = NULL;
    size_t count = 0, special = size ? data[0] : 0;

    memcpy(text, data, size);
    text[size] = '\0';
    for (size_t i = 0; i < ITEMS; i++)
        numbers[i] = (float)(i % 13) / 13;
    if (special < 16) /* a number that is none, or no variance; the seeds begin with letters */
        numbers[special] = special % 2 ? -1 : (float)(1e30 * 1e30);
    for (char *line = strtok_r(text, "\n", &save); line && count < TENSORS; line = strtok_r(NULL, "\n", &save))
        count += parse(line, numbers, &tensors[count]);
    assert(geosc_configure(context, 1, "c") == GEOSC_OK);
    if (geosc_model_from_tensors(context, tensors, count, &model) == GEOSC_OK)
        refine(context, model);
    else
        assert(!model && geosc_message(context)[0]);
    geosc_model_free(model);
    geosc_destroy(context);
    free(text);
    return 0;
}
