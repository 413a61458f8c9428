/*
 * report_page: the files of data/report as lines, made into src/cli/show/report_page.c when geosc is built. NULL ends each.
 */
#ifndef GEOSC_REPORT_PAGE_H
#define GEOSC_REPORT_PAGE_H

extern const char *const report_html[], *const report_css[], *const report_js[];

#endif
