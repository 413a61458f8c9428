/*
 * print_eval: prints the results of geosc eval on stdout.
 */
#ifndef GEOSC_PRINT_EVAL_H
#define GEOSC_PRINT_EVAL_H

#include "results/evaluate.h"

void print_eval_text(const struct evaluation *evaluation); /* a table, shares in % */
void print_eval_json(const struct evaluation *evaluation); /* one object, shares 0..1 */
void print_eval_csv(const struct evaluation *evaluation);  /* one table, a line for each number; shares 0..1 */

#endif
