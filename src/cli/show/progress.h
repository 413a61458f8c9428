/*
 * progress: life signs of a long run on stderr, in the form that the user chose. Made for geosc_options.progress.
 */
#ifndef GEOSC_PROGRESS_H
#define GEOSC_PROGRESS_H

#include <stdio.h>

#include "geosc.h"

enum progress_form { PROGRESS_AUTO, PROGRESS_BAR, PROGRESS_LINE, PROGRESS_JSON, PROGRESS_NONE };

const char *progress_form_name(int form); /* NULL past the last */

struct progress {
    FILE *out;
    enum progress_form form;
    bool coloured;        /* the bar: not with NO_COLOR */
    bool drawn;           /* the bar stands on the terminal's last line */
    double shown_at;      /* seconds of the run at the last life sign */
    size_t shown_tenths;  /* tenths of the run then */
    double left, left_at; /* smoothed seconds left, and when that was; left < 0: not known yet */
};

/* AUTO becomes BAR where out is a terminal that can go back in a line, else LINE. */
void progress_start(struct progress *progress, enum progress_form form, FILE *out);
void progress_show(struct progress *progress, const struct geosc_progress *state);
/* A plain line, now, whatever the form. */
void progress_say(struct progress *progress, const struct geosc_progress *state);
/* Takes the bar away, so that other lines may follow. */
void progress_clear(struct progress *progress);

#endif
