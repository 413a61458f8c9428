/*
 * cgroup: what the groups of processes that this one is in grant it (cgroups v1 and v2). Read from the system's files,
 * nothing is kept.
 */
#ifndef GEOSC_CGROUP_H
#define GEOSC_CGROUP_H

#include <stddef.h>

/* The smallest limit of memory, in bytes, and of CPUs used at a time, rounded up, along the way from this process's
 * group up to the root; SIZE_MAX without any. root: "", or a folder that holds proc/self/cgroup and sys/fs/cgroup, for
 * tests. */
size_t cgroup_memory(const char *root);
size_t cgroup_cpus(const char *root);

#endif
