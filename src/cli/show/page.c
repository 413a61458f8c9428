#include "show/page.h"

void page_lines(FILE *out, const char *const *lines)
{
    for (; *lines; lines++)
        fputs(*lines, out);
}

void page_data(FILE *out, const struct bytes *json)
{
    for (size_t i = 0; i < json->count; i++) {
        if (json->data[i] == '<')
            fputs("\\u003c", out);
        else
            fputc(json->data[i], out);
    }
}
