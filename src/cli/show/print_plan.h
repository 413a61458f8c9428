/*
 * print_plan: the output of match --dry-run.
 */
#ifndef GEOSC_PRINT_PLAN_H
#define GEOSC_PRINT_PLAN_H

#include "run/forecast.h"

void print_plan(const char *input, const struct forecast *forecast);
void print_plan_json(const char *input, const struct forecast *forecast);

#endif
