/*
 * progress: reports a long run's progress on stderr, in the form that the user chose; for geosc_options.progress.
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
    bool coloured;        /* the bar, unless NO_COLOR is set */
    bool drawn;           /* the bar is on the terminal's last line */
    double shown_at;      /* seconds of the run at the last report */
    size_t shown_tenths;  /* finished tenths of the run at that time */
    double share;         /* finished share of the run's time, as far as is known: it never falls */
    double left, left_at; /* smoothed seconds left, and the time of this estimate; left < 0: not known yet */
};

/* AUTO becomes BAR if out is a terminal that can move the cursor, else LINE. */
void progress_start(struct progress *progress, enum progress_form form, FILE *out);
void progress_show(struct progress *progress, const struct geosc_progress *state);
/* Prints a plain line now, in any form. */
void progress_say(struct progress *progress, const struct geosc_progress *state);
/* Removes the bar, so that other lines may follow. */
void progress_clear(struct progress *progress);

#endif
