/*
 * draw_points: the keypoints of a picture: lines, marks, numbers, what the marks mean, and the list.
 */
#ifndef GEOSC_DRAW_POINTS_H
#define GEOSC_DRAW_POINTS_H

#include "draw/sheet.h"

/* Allocates and fills sheet->at; free both with memory_free. */
enum geosc_status points_place(geosc_context *context, struct sheet *sheet);
void points_draw(const struct sheet *sheet);
/* Draws what the marks mean, from y on, or with draw off only measures; returns the y after it. */
double points_legend(const struct sheet *sheet, double y, bool draw);
/* The list of the keypoints: sets columns and their width; rows; draws. */
void points_measure_list(struct sheet *sheet);
size_t points_list_rows(const struct sheet *sheet);
void points_draw_list(const struct sheet *sheet);

#endif
