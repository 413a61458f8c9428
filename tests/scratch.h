/*
 * scratch: a folder of its own for each test, below the working folder, removed at the end.
 */
#ifndef TESTS_SCRATCH_H
#define TESTS_SCRATCH_H

/* A build with a sanitizer takes memory of its own and has handlers for signals: limits of a process do not suit it. */
#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define SANITIZED 1
#elif __has_feature(thread_sanitizer)
#define SANITIZED        1
#define THREAD_SANITIZED 1
#endif
#endif
#if defined(__SANITIZE_ADDRESS__)
#define SANITIZED 1
#elif defined(__SANITIZE_THREAD__)
#define SANITIZED        1
#define THREAD_SANITIZED 1
#endif
#ifndef SANITIZED
#define SANITIZED 0
#endif
#ifndef THREAD_SANITIZED
#define THREAD_SANITIZED 0
#endif

#include <dirent.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { SCRATCH_PATH = 512 };

static char scratch_folder[SCRATCH_PATH / 2];

/* The folder is new and empty. Returns 0, or -1: as cmocka's set-up functions. */
static inline int scratch_make(void **state)
{
    (void)state;
    snprintf(scratch_folder, sizeof scratch_folder, "scratch.XXXXXX");
    return mkdtemp(scratch_folder) ? 0 : -1;
}

static int scratch_remove_one(const char *path, const struct stat *there, int type, struct FTW *ftw)
{
    (void)there, (void)type, (void)ftw;
    return remove(path);
}

static inline int scratch_remove(void **state)
{
    (void)state;
    return nftw(scratch_folder, scratch_remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

/* FOLDER/NAME; valid until the eighth next call. */
static inline const char *scratch_path(const char *name)
{
    static char paths[8][SCRATCH_PATH];
    static unsigned next;
    char *path = paths[next++ % 8];

    if (snprintf(path, SCRATCH_PATH, "%s/%s", scratch_folder, name) >= SCRATCH_PATH)
        abort();
    return path;
}

/* Entries of the folder, . and .. left out. */
static inline size_t scratch_entries(void)
{
    DIR *folder = opendir(scratch_folder);
    size_t count = 0;

    for (struct dirent *entry; folder && (entry = readdir(folder));)
        count += strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0;
    if (folder)
        closedir(folder);
    return count;
}

/* A whole file, or NULL; free() it. */
static inline unsigned char *scratch_read(const char *path, size_t *size)
{
    FILE *file = fopen(path, "rb");
    unsigned char *bytes = NULL;
    long length;

    *size = 0;
    if (!file)
        return NULL;
    fseek(file, 0, SEEK_END);
    length = ftell(file);
    rewind(file);
    bytes = malloc(length > 0 ? (size_t)length : 1);
    if (bytes && length > 0)
        *size = fread(bytes, 1, (size_t)length, file);
    fclose(file);
    return bytes;
}

#endif
