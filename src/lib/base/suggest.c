#include "base/suggest.h"

#include <ctype.h>
#include <string.h>

#include "base/memory.h"

enum { LONGEST_NAME = 31 };

/* Insertions, deletions, replacements and swaps of neighbours that turn a into b (each at most LONGEST_NAME long). */
static size_t edit_distance(const char *a, const char *b)
{
    size_t rows[3][LONGEST_NAME + 1];
    size_t *before = rows[0], *last = rows[1], *now = rows[2];
    size_t width = strlen(b);

    for (size_t j = 0; j <= width; j++)
        last[j] = j;
    for (size_t i = 1; a[i - 1]; i++) {
        now[0] = i;
        for (size_t j = 1; j <= width; j++) {
            now[j] = size_smaller(size_smaller(last[j], now[j - 1]) + 1, last[j - 1] + (a[i - 1] != b[j - 1]));
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                now[j] = size_smaller(now[j], before[j - 2] + 1);
        }
        size_t *spare = before;
        before = last;
        last = now;
        now = spare;
    }
    return last[width];
}

const char *suggest_name(const char *typed, const char *(*name)(const void *list, size_t i), const void *list)
{
    size_t length = strlen(typed);
    /* A third of the letters may be wrong, and always one. */
    size_t best = length / 3 + 2;
    const char *nearest = NULL;

    if (length == 0 || length > LONGEST_NAME)
        return NULL;
    for (size_t i = 0; name(list, i); i++) {
        size_t distance;

        if (strlen(name(list, i)) > LONGEST_NAME)
            continue;
        distance = edit_distance(typed, name(list, i));
        if (distance < best && distance < length) {
            best = distance;
            nearest = name(list, i);
        }
    }
    return nearest;
}

/* Lower case, without separators and plural s. */
static size_t simplify(const char *name, char out[LONGEST_NAME + 1])
{
    size_t length = 0;

    for (; *name && length < LONGEST_NAME; name++)
        if (isalnum((unsigned char)*name))
            out[length++] = (char)tolower((unsigned char)*name);
    while (length > 1 && out[length - 1] == 's')
        length--;
    out[length] = '\0';
    return length;
}

bool suggest_resembles(const char *found, const char *meant)
{
    enum { PART = 4 /* letters, the shortest part worth comparing */ };
    char a[LONGEST_NAME + 1], b[LONGEST_NAME + 1];

    if (strlen(found) > LONGEST_NAME || strlen(meant) > LONGEST_NAME)
        return false;
    size_t length = simplify(found, a), other = simplify(meant, b), shorter = size_smaller(length, other);
    if (length == 0)
        return false;
    if (shorter >= PART && (strncmp(a, b, shorter) == 0 || strcmp(a + (length - shorter), b + (other - shorter)) == 0))
        return true;
    return edit_distance(a, b) <= size_smaller(length, other) / PART;
}
