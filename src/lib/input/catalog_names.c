#include "input/catalog_names.h"

#include "base/reason.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { LINES_TOLD = 16 /* most faulty lines reported: a wrong file has many */ };

/* ---- images by name ----------------------------------------------------------------------------- */

/* Sorted names; those of a grouped file are sorted already. */
struct name {
    const char *text;
    size_t length, image;
};

/* Length of a name in a message, for "%.*s" before its text. */
#define SHOWN(name) ((name).length < 256 ? (int)(name).length : 256)

static int compare(const void *a, const void *b)
{
    const struct name *x = a, *y = b;
    int order = memcmp(x->text, y->text, x->length < y->length ? x->length : y->length);

    return order ? order : (x->length > y->length) - (x->length < y->length);
}

static enum geosc_status sort_names(const struct reader *reader, struct name **names)
{
    const struct catalog *catalog = reader->catalog;
    enum geosc_status status;

    TRY(memory_allocate(reader->context, names, catalog->images, sizeof **names, "names of images"));
    for (size_t i = 0; i < catalog->images; i++)
        (*names)[i] = (struct name){catalog->image_name[i], strlen(catalog->image_name[i]), i};
    qsort(*names, catalog->images, sizeof **names, compare);
done:
    return status;
}

enum finding { NAME_FOUND, NAME_UNKNOWN, NAME_OF_SEVERAL };

static enum finding find(const struct name *names, size_t count, const char *text, size_t length, size_t *image)
{
    const struct name key = {text, length, 0}, *place = bsearch(&key, names, count, sizeof *names, compare);

    if (!place)
        return NAME_UNKNOWN;
    *image = place->image;
    bool before = place > names && compare(place - 1, place) == 0;
    return before || (place + 1 < names + count && compare(place, place + 1) == 0) ? NAME_OF_SEVERAL : NAME_FOUND;
}

/* Describes the fault of a name, with the name of one image as an example: names may lack a folder or a suffix. */
static const char *describe_trouble(const struct name *names, size_t count, enum finding finding, char *out,
                                    size_t size)
{
    if (finding == NAME_OF_SEVERAL)
        snprintf(out, size, "is the name of several images" REASON_DUPLICATE);
    else if (count)
        snprintf(out, size, "is the name of no image in the input; its first image is %.*s" REASON_BAD_NAME,
                 SHOWN(names[0]), names[0].text);
    else
        snprintf(out, size, "is the name of no image in the input" REASON_BAD_NAME);
    return out;
}

/* ---- a dataset ---------------------------------------------------------------------------------- */

enum geosc_status catalog_find_names(const struct reader *reader, const char *path, size_t **out)
{
    struct catalog *catalog = reader->catalog;
    struct name *names = NULL;
    char **texts = NULL;
    size_t length = catalog->pairs;
    enum geosc_status status = GEOSC_OK;

    if (!reader_has(reader, path)) {
        reader_problem(reader, path,
                       "missing; name the pairs' images here, or in a text file with "
                       "--pairs" REASON_MISSING);
        return GEOSC_OK;
    }
    reader_strings(reader, path, &length, &texts);
    if (!texts)
        goto done;
    catalog->pairs = length;
    TRY(sort_names(reader, &names));
    TRY(memory_allocate_zero(reader->context, out, length, sizeof **out, path));
    for (size_t p = 0; p < length; p++) {
        enum finding finding = find(names, catalog->images, texts[p], strlen(texts[p]), &(*out)[p]);
        if (finding == NAME_FOUND)
            continue;
        char what[STATUS_MESSAGE_SIZE];
        reader_problem(reader, path, "[%zu]: %s %s", p, texts[p],
                       describe_trouble(names, catalog->images, finding, what, sizeof what));
        break;
    }
done:
    memory_free(names);
    memory_free(texts);
    return status;
}

/* ---- a text ------------------------------------------------------------------------------------- */

static void list_problem(const struct reader *reader, const char *path, const char *what, const char *why)
{
    fail(reader->context, GEOSC_FAILED, "%s: %s%s", path, what, why);
    reader_message(reader);
}

/* Reads a regular file whole; after a problem *text stays NULL. */
static enum geosc_status read_text(const struct reader *reader, const char *path, char **text, size_t *size)
{
    struct stat facts;
    int file = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    enum geosc_status status = GEOSC_OK;
    ssize_t got = 1;

    *size = 0;
    if (file < 0 || fstat(file, &facts) < 0) {
        list_problem(reader, path, strerror(errno), REASON_NO_FILE);
        goto done;
    }
    if (!S_ISREG(facts.st_mode)) {
        list_problem(reader, path, "is not a regular file", REASON_NOT_REGULAR);
        goto done;
    }
    TRY(memory_allocate(reader->context, text, (size_t)facts.st_size, 1, path));
    while (got > 0 && *size < (size_t)facts.st_size) {
        got = read(file, *text + *size, (size_t)facts.st_size - *size);
        if (got < 0 && errno == EINTR)
            got = 1;
        else if (got > 0)
            *size += (size_t)got;
    }
    if (got < 0)
        list_problem(reader, path, strerror(errno), REASON_DAMAGED);
done:
    if (file >= 0)
        close(file);
    return status;
}

/* Length of the byte order mark that some editors write before UTF-8. */
static size_t mark_size(const char *text, size_t size)
{
    static const char mark[3] = {'\xef', '\xbb', '\xbf'};

    return size >= sizeof mark && memcmp(text, mark, sizeof mark) == 0 ? sizeof mark : 0;
}

static bool is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\r';
}

/* Splits the line at *at into at most `most` words; *at moves to the next line. Returns the number of words. */
static size_t split_line(const char **at, const char *end, struct name *words, size_t most)
{
    const char *stop = memchr(*at, '\n', (size_t)(end - *at)), *c = *at;
    size_t count = 0;

    if (!stop)
        stop = end;
    while (c < stop) {
        const char *start;
        while (c < stop && is_space(*c))
            c++;
        for (start = c; c < stop && !is_space(*c);)
            c++;
        if (c > start && count++ < most)
            words[count - 1] = (struct name){start, (size_t)(c - start), 0};
    }
    *at = stop < end ? stop + 1 : end;
    return count;
}

/* Adds the pair of a line, or a problem. */
static enum geosc_status add_line(const struct reader *reader, const char *path, size_t line, const struct name *names,
                                  const struct name *words, size_t count, size_t capacity[2])
{
    struct catalog *catalog = reader->catalog;
    size_t *const *sides[2] = {&catalog->source, &catalog->target};
    char what[STATUS_MESSAGE_SIZE];
    enum geosc_status status;

    if (count != 2) {
        snprintf(what, sizeof what, "line %zu has %zu word%s, expected two image names, SOURCE and TARGET", line, count,
                 count == 1 ? "" : "s");
        list_problem(reader, path, what, REASON_BAD_VALUE);
        return GEOSC_OK;
    }
    TRY(memory_grow(reader->context, &catalog->source, &capacity[0], catalog->pairs + 1, sizeof(size_t), "pairs"));
    TRY(memory_grow(reader->context, &catalog->target, &capacity[1], catalog->pairs + 1, sizeof(size_t), "pairs"));
    for (int i = 0; i < 2; i++) {
        enum finding finding =
            find(names, catalog->images, words[i].text, words[i].length, &(*sides[i])[catalog->pairs]);
        if (finding == NAME_FOUND)
            continue;
        char why[STATUS_MESSAGE_SIZE];
        snprintf(what, sizeof what, "line %zu: %.*s ", line, SHOWN(words[i]), words[i].text);
        list_problem(reader, path, what, describe_trouble(names, catalog->images, finding, why, sizeof why));
        goto done;
    }
    catalog->pairs++;
done:
    return status;
}

enum geosc_status catalog_read_list(const struct reader *reader, const char *path)
{
    struct catalog *catalog = reader->catalog;
    char *text = NULL;
    struct name *names = NULL, words[2];
    size_t size = 0, capacity[2] = {0}, line = 0, before = reader->problems->count;
    enum geosc_status status = GEOSC_OK;

    if (!catalog->image_name) {
        reader_problem(reader, "/images/name", "missing; a list of pairs needs image names" REASON_MISSING);
        return GEOSC_OK;
    }
    TRY(read_text(reader, path, &text, &size));
    if (!text)
        goto done;
    TRY(sort_names(reader, &names));
    for (const char *at = text + mark_size(text, size);
         at < text + size && reader->problems->count - before < LINES_TOLD;) {
        size_t count = split_line(&at, text + size, words, 2);
        line++;
        if (count && words[0].text[0] != '#')
            TRY(add_line(reader, path, line, names, words, count, capacity));
    }
    if (catalog->pairs == 0 && reader->problems->count == before)
        list_problem(reader, path, "has no pairs", REASON_EMPTY);
done:
    memory_free(names);
    memory_free(text);
    return status;
}
