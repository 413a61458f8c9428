/*
 * print_eval: prints the results of geosc eval on stdout.
 */
#ifndef GEOSC_PRINT_EVAL_H
#define GEOSC_PRINT_EVAL_H

#include "results/evaluate.h"

/* eval_text.c, eval_json.c, eval_csv.c */
void print_eval_text(const struct evaluation *evaluation); /* a table, shares in % */
void print_eval_json(const struct evaluation *evaluation); /* one object, shares 0..1 */
void print_eval_csv(const struct evaluation *evaluation);  /* one table, a line for each number; shares 0..1 */
/* The same for two outputs, whose paths are given. */
void print_comparison_text(const struct comparison *comparison, const char *const paths[RESAMPLE_OUTPUTS]);
void print_comparison_json(const struct comparison *comparison, const char *const paths[RESAMPLE_OUTPUTS]);
void print_comparison_csv(const struct comparison *comparison, const char *const paths[RESAMPLE_OUTPUTS]);

#endif
