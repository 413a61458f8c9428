# Pictures: what they show, and the drawing, the only code that uses cairo.
noinst_LTLIBRARIES += libdraw.la
libdraw_la_SOURCES = \
	%D%/components.c %D%/components.h %D%/dense_view.c %D%/dense_view.h %D%/draw.h %D%/draw_format.c %D%/marks.c %D%/marks.h \
	%D%/pair_rank.c %D%/pair_rank.h %D%/pair_view.c %D%/pair_view.h %D%/picture_file.c %D%/picture_file.h
libdraw_la_CPPFLAGS = $(LIBRARY_CPPFLAGS)
libdraw_la_LIBADD = libgeosc_core.la
if HAVE_CAIRO
libdraw_la_SOURCES += %D%/canvas.c %D%/canvas.h %D%/draw_cairo.c %D%/draw_dense.c %D%/draw_dense.h %D%/draw_points.c %D%/draw_points.h %D%/sheet.c %D%/sheet.h
libdraw_la_CFLAGS = $(AM_CFLAGS) $(CAIRO_CFLAGS)
libdraw_la_LIBADD += $(CAIRO_LIBS)
else
libdraw_la_SOURCES += %D%/draw_none.c
endif
