/*
 * report_page: the files of data/report as lines, ended by NULL. The build makes src/cli/show/report_page.c from them.
 */
#ifndef GEOSC_REPORT_PAGE_H
#define GEOSC_REPORT_PAGE_H

extern const char *const report_html[], *const report_css[], *const report_js[];

#endif
