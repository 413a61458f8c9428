/*
 * risk: how well a confidence tells right answers from wrong ones (docs/computation.md, Accuracy against confidence).
 * Takes 8 bytes for each point while it sorts them. One thread.
 */
#ifndef GEOSC_RISK_H
#define GEOSC_RISK_H

#include "results/measure.h"

enum risk_confidence {
    RISK_SCORE,
    RISK_MARGIN, /* score minus second */
    RISK_CYCLE,  /* minus the cycle distance */
    RISK_CONFIDENCES
};
enum { RISK_COVERAGES = 10 /* a tenth, two tenths, ... */ };

struct risk {
    size_t points;
    double area[MEASURE_ALPHAS]; /* under the curve of risk (share of wrong answers) over coverage */
    double roc[MEASURE_ALPHAS];  /* chance that a right answer has more confidence than a wrong one */
    double accuracy[MEASURE_ALPHAS][RISK_COVERAGES]; /* of the most confident points */
};

const char *risk_confidence_name(enum risk_confidence confidence);
/* Whether the results have what the confidence is made of. */
bool risk_has(const struct results *results, enum risk_confidence confidence);
/* NaN without points; the roc also without right or without wrong ones. */
enum geosc_status risk_find(geosc_context *context, const struct catalog *catalog, const struct results *results,
                            const struct measure *measure, enum risk_confidence confidence, struct risk *risk);

#endif
