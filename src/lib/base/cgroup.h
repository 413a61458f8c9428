/*
 * cgroup: limits that the control groups (v1 and v2) of this process set. Reads the system's files, keeps nothing.
 */
#ifndef GEOSC_CGROUP_H
#define GEOSC_CGROUP_H

#include <stddef.h>

/* The smallest limit of memory (bytes) and of CPUs (rounded up) from this process's group up to the root; SIZE_MAX if
 * none. root: "", or for tests a folder with proc/self/cgroup and sys/fs/cgroup. */
size_t cgroup_memory(const char *root);
size_t cgroup_cpus(const char *root);

#endif
