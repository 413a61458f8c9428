/*
 * reason: the only list of reasons to refuse a file. A reason ends the message, in brackets: "FILE: /dataset: what is
 * wrong [reason]". Users look it up in geosc-files(5), scripts act on it; a test compares this list with that page. Bad
 * values are reported for each pair instead: enum geosc_pair_status.
 */
#ifndef GEOSC_REASON_H
#define GEOSC_REASON_H

/* The file. */
#define REASON_NO_FILE     " [no-file]"
#define REASON_NOT_REGULAR " [not-regular]"
#define REASON_EMPTY_FILE  " [empty-file]"
#define REASON_NOT_HDF5    " [not-hdf5]"
#define REASON_DAMAGED     " [damaged]"
#define REASON_CRASH       " [crash]"
#define REASON_TIMEOUT     " [timeout]"
#define REASON_INTERRUPTED " [interrupted]"
#define REASON_BUSY        " [busy]"
#define REASON_IO          " [io]"
#define REASON_MEMORY      " [memory]"
#define REASON_NOT_OURS    " [not-ours]"

/* Names and links. */
#define REASON_MISSING       " [missing]"
#define REASON_LEFT_OVER     " [left-over]"
#define REASON_DUPLICATE     " [duplicate]"
#define REASON_BAD_NAME      " [bad-name]"
#define REASON_EXTERNAL_LINK " [external-link]"
#define REASON_USER_LINK     " [user-link]"
#define REASON_DANGLING_LINK " [dangling-link]"
#define REASON_LINK_LOOP     " [link-loop]"

/* Location of the data. */
#define REASON_EXTERNAL_DATA " [external-data]"
#define REASON_VIRTUAL       " [virtual]"
#define REASON_BAD_SOURCE    " [bad-source]"
#define REASON_FILTER        " [filter]"
#define REASON_NO_DATA       " [no-data]"
#define REASON_BAD_CHUNK     " [bad-chunk]"

/* Kind, type, shape, values. */
#define REASON_WRONG_KIND   " [wrong-kind]"
#define REASON_WRONG_TYPE   " [wrong-type]"
#define REASON_WRONG_SHAPE  " [wrong-shape]"
#define REASON_EMPTY        " [empty]"
#define REASON_TOO_LARGE    " [too-large]"
#define REASON_OUT_OF_RANGE " [out-of-range]"
#define REASON_BAD_VALUE    " [bad-value]"
#define REASON_BAD_WEIGHT   " [bad-weight]"

#endif
