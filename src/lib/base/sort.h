/*
 * sort: numbers and names in order. Pure functions, any thread.
 */
#ifndef GEOSC_SORT_H
#define GEOSC_SORT_H

#include <stddef.h>

void sort_names(char **names, size_t count);      /* in byte order */
void sort_doubles(double *values, size_t count);  /* ascending; none may be NaN */
double sort_median(double *values, size_t count); /* sorts them; NaN for count 0 */

#endif
