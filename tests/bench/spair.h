/*
 * spair: pairs as in SPair-71k's test set: its number of images and pairs, in its number of categories.
 */
#ifndef TESTS_SPAIR_H
#define TESTS_SPAIR_H

#include "base/random.h"

#include <stdbool.h>
#include <stddef.h>

enum { SPAIR_CATEGORIES = 18, SPAIR_IMAGES = 1800, SPAIR_PAIRS = 12234 };

/* Pairs within categories, both ways round drawn at random, none twice: as SPair-71k's test pairs are, in the order of
 * its lists, category by category. */
static inline void spair_draw(size_t images, size_t pairs, size_t *sources, size_t *targets)
{
    size_t size = images / SPAIR_CATEGORIES, count = 0;
    struct random_stream stream = random_stream(71, 1, images);

    for (size_t category = 0; category < SPAIR_CATEGORIES; category++) {
        size_t end = pairs * (category + 1) / SPAIR_CATEGORIES, first = count;
        while (count < end) {
            size_t source = category * size + random_next(&stream) % size,
                   target = category * size + random_next(&stream) % size;
            bool known = source == target;
            for (size_t p = first; p < count && !known; p++)
                known = sources[p] == source && targets[p] == target;
            if (known)
                continue;
            sources[count] = source;
            targets[count++] = target;
        }
    }
}

#endif
