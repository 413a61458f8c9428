#include "draw/draw.h"

const char *draw_format_name(int format)
{
    static const char *const names[] = {"png", "svg", "pdf", "html"};

    return format >= 0 && (size_t)format < sizeof names / sizeof *names ? names[format] : NULL;
}
