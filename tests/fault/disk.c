#include "disk.h"

#include "testing.h"

enum { FILES = 64 /* that a run makes */, NO_FILE = -1 };

/* ---- disks -------------------------------------------------------------------------------------- */

static void *copy_bytes(const void *bytes, size_t size)
{
    void *copy = malloc(size + 1);

    assert_non_null(copy);
    memcpy(copy, bytes, size);
    return copy;
}

static int by_name(const void *a, const void *b)
{
    return strcmp(((const struct disk_file *)a)->name, ((const struct disk_file *)b)->name);
}

static void path_of(const char *folder, const char *name, char *path)
{
    snprintf(path, SCRATCH_PATH, "%s/%s", folder, name);
}

void disk_read(const char *folder, struct disk *disk)
{
    DIR *entries = opendir(folder);
    char path[SCRATCH_PATH];

    assert_non_null(entries);
    disk->count = 0;
    for (struct dirent *entry; (entry = readdir(entries));) {
        struct disk_file *file = &disk->files[disk->count];
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
            continue;
        assert_true(disk->count++ < DISK_FILES && strlen(entry->d_name) < OPLOG_NAME);
        strcpy(file->name, entry->d_name);
        path_of(folder, file->name, path);
        file->bytes = scratch_read(path, &file->size);
        assert_non_null(file->bytes);
    }
    closedir(entries);
    qsort(disk->files, disk->count, sizeof *disk->files, by_name);
}

void disk_lay_out(const char *folder, const struct disk *disk)
{
    DIR *entries = opendir(folder);
    char path[SCRATCH_PATH];

    assert_non_null(entries);
    for (struct dirent *entry; (entry = readdir(entries));)
        unlinkat(dirfd(entries), entry->d_name, 0); /* but for . and .. */
    closedir(entries);
    for (size_t i = 0; i < disk->count; i++) {
        path_of(folder, disk->files[i].name, path);
        write_file(path, disk->files[i].bytes, disk->files[i].size);
    }
}

void disk_copy(const struct disk *from, struct disk *to)
{
    *to = *from;
    for (size_t i = 0; i < from->count; i++)
        to->files[i].bytes = copy_bytes(from->files[i].bytes, from->files[i].size);
}

void disk_free(struct disk *disk)
{
    for (size_t i = 0; i < disk->count; i++)
        free(disk->files[i].bytes);
    disk->count = 0;
}

const struct disk_file *disk_find(const struct disk *disk, const char *name)
{
    for (size_t i = 0; i < disk->count; i++)
        if (strcmp(disk->files[i].name, name) == 0)
            return &disk->files[i];
    return NULL;
}

/* FNV-1a, of 64 bits. */
static uint64_t hash_bytes(uint64_t hash, const void *bytes, size_t size)
{
    const unsigned char *byte = bytes;

    for (size_t i = 0; i < size; i++)
        hash = (hash ^ byte[i]) * 0x100000001b3ULL;
    return hash;
}

uint64_t disk_hash(const struct disk *disk)
{
    uint64_t hash = 0xcbf29ce484222325ULL;

    for (size_t i = 0; i < disk->count; i++) {
        const struct disk_file *file = &disk->files[i];
        hash = hash_bytes(hash, file->name, strlen(file->name) + 1);
        hash = hash_bytes(hash, &file->size, sizeof file->size);
        hash = hash_bytes(hash, file->bytes, file->size);
    }
    return hash;
}

/* ---- a run -------------------------------------------------------------------------------------- */

struct call {
    struct oplog_entry entry;
    unsigned char *data; /* owned */
    int file;            /* number of the file that it is about, NO_FILE: of none */
};

struct history {
    struct disk before; /* its files have the numbers 0 .. count - 1; those that the run made follow */
    uint64_t inode[FILES];
    int files;
    size_t count;
    struct call *calls;
    double clock; /* of the last */
};

/* The file that has an inode now: of files that had it one after another the last. */
static int file_of(const struct history *history, uint64_t inode)
{
    int file = history->files;

    while (--file >= 0 && history->inode[file] != inode)
        ;
    return file;
}

struct history *history_begin(const char *folder)
{
    struct history *history = calloc(1, sizeof *history);
    char path[SCRATCH_PATH];
    struct stat facts;

    assert_non_null(history);
    disk_read(folder, &history->before);
    for (size_t i = 0; i < history->before.count; i++) {
        path_of(folder, history->before.files[i].name, path);
        assert_int_equal(stat(path, &facts), 0);
        history->inode[history->files++] = facts.st_ino;
    }
    return history;
}

static void add_call(struct history *history, const struct oplog_entry *entry, unsigned char *data)
{
    struct call *calls = realloc(history->calls, (history->count + 1) * sizeof *calls);
    bool about_names = entry->call == OPLOG_UNLINK || entry->call == OPLOG_SYNC_FOLDER;

    assert_non_null(calls);
    if (entry->call == OPLOG_CREATE) {
        assert_true(history->files < FILES);
        history->inode[history->files++] = entry->inode;
    }
    history->calls = calls;
    calls[history->count] = (struct call){*entry, data, about_names ? NO_FILE : file_of(history, entry->inode)};
    assert_true(about_names || calls[history->count].file != NO_FILE);
    history->count++;
}

void history_read(struct history *history, const char *log)
{
    FILE *file = fopen(log, "rb");
    struct oplog_entry entry;
    double before = history->clock; /* another run's clock began anew */

    assert_non_null(file);
    while (fread(&entry, sizeof entry, 1, file) == 1) {
        unsigned char *data = entry.bytes ? malloc(entry.bytes) : NULL;
        assert_true(entry.call < OPLOG_CALLS);
        if (entry.bytes)
            assert_int_equal(fread(data, 1, entry.bytes, file), entry.bytes);
        history->clock = entry.clock += before;
        add_call(history, &entry, data);
    }
    fclose(file);
    unlink(log);
}

void history_free(struct history *history)
{
    for (size_t i = 0; i < history->count; i++)
        free(history->calls[i].data);
    free(history->calls);
    disk_free(&history->before);
    free(history);
}

size_t history_count(const struct history *history)
{
    return history->count;
}

const struct oplog_entry *history_entry(const struct history *history, size_t call, const unsigned char **data)
{
    *data = history->calls[call].data;
    return &history->calls[call].entry;
}

/* ---- what becomes of a file --------------------------------------------------------------------- */

enum { VERSIONS = 128 };

/* A file's contents after each of the calls since its last sync: version 0 is what is surely there. */
struct versions {
    int last;
    size_t size[VERSIONS];
    unsigned char *bytes[VERSIONS];
    int since[VERSIONS]; /* the last version before it that was cut, or 0: what came after a cut has other places on the
                            disk than what was cut off, and both are never seen together */
};

static void apply(const struct call *call, unsigned char **bytes, size_t *size)
{
    size_t end = (size_t)call->entry.offset + call->entry.bytes;
    size_t after = call->entry.call == OPLOG_WRITE && end < *size ? *size : end;
    unsigned char *grown = realloc(*bytes, after + 1);

    assert_non_null(grown);
    if (after > *size)
        memset(grown + *size, 0, after - *size);
    if (call->entry.bytes)
        memcpy(grown + call->entry.offset, call->data, call->entry.bytes);
    *bytes = grown;
    *size = after;
}

static void add_version(struct versions *versions, const struct call *call)
{
    int last = versions->last, next = last + 1;

    assert_true(next < VERSIONS);
    versions->size[next] = versions->size[last];
    versions->bytes[next] = copy_bytes(versions->bytes[last], versions->size[last]);
    apply(call, &versions->bytes[next], &versions->size[next]);
    versions->since[next] = versions->size[next] < versions->size[last] ? next : versions->since[last];
    versions->last = next;
}

/* All but the last, which is synced. */
static void forget_versions(struct versions *versions)
{
    int last = versions->last;

    for (int v = 0; v < last; v++)
        free(versions->bytes[v]);
    versions->size[0] = versions->size[last];
    versions->bytes[0] = versions->bytes[last];
    versions->last = 0;
}

static void list_versions(const struct history *history, size_t calls, int file, struct versions *versions)
{
    bool was_there = (size_t)file < history->before.count;
    const struct disk_file *before = &history->before.files[was_there ? file : 0];

    versions->last = versions->since[0] = 0;
    versions->size[0] = was_there ? before->size : 0;
    versions->bytes[0] = copy_bytes(was_there ? before->bytes : (const unsigned char *)"", versions->size[0]);
    for (size_t i = 0; i < calls; i++) {
        const struct call *call = &history->calls[i];
        if (call->file != file)
            continue;
        if (call->entry.call == OPLOG_SYNC)
            forget_versions(versions);
        if (call->entry.call == OPLOG_WRITE || call->entry.call == OPLOG_TRUNCATE)
            add_version(versions, call);
    }
}

/* How much of it reached the disk. */
enum loss {
    LOSE_NOTHING,
    LOSE_ALL,
    LOSE_LATER,    /* all from some call on */
    LOSE_CONTENTS, /* the length is kept */
    LOSE_LENGTH,   /* the contents are kept, up to the old length */
    LOSE_SECTORS,  /* the length is kept, and some of the sectors */
    LOSE_ANYHOW,   /* each sector has any version, and the length, too */
    LOSSES
};

/* Puts sector `at` of a version into a file of `size` bytes: 0 where the version has none. */
static void put_sector(const struct versions *versions, int version, size_t at, unsigned char *bytes, size_t size)
{
    size_t end = at + DISK_SECTOR < size ? at + DISK_SECTOR : size;
    size_t known = versions->size[version] < end ? versions->size[version] : end;

    if (known > at)
        memcpy(bytes + at, versions->bytes[version] + at, known - at);
    else
        known = at;
    memset(bytes + known, 0, end - known);
}

/* The last version of those that a file may show together with this one's length. */
static int last_with(const struct versions *versions, int version)
{
    while (version < versions->last && versions->since[version + 1] == versions->since[version])
        version++;
    return version;
}

static int any_between(int first, int last, struct random_stream *chance)
{
    return first + (int)random_below(chance, (uint64_t)(last - first) + 1);
}

static void lose_contents(const struct versions *versions, struct random_stream *chance, struct disk_file *file)
{
    enum loss loss = versions->last ? (enum loss)random_below(chance, LOSSES) : LOSE_NOTHING;
    int length = versions->last, first, last, version;

    if (loss == LOSE_ALL || loss == LOSE_LENGTH)
        length = 0;
    if (loss == LOSE_LATER || loss == LOSE_ANYHOW)
        length = any_between(0, versions->last, chance);
    first = versions->since[length];
    last = last_with(versions, length);
    version = loss == LOSE_CONTENTS ? first : loss == LOSE_LENGTH ? last : length;
    file->size = versions->size[length];
    file->bytes = malloc(file->size + 1);
    assert_non_null(file->bytes);
    for (size_t at = 0; at < file->size; at += DISK_SECTOR) {
        if (loss == LOSE_SECTORS)
            version = random_below(chance, 2) ? length : first;
        if (loss == LOSE_ANYHOW)
            version = any_between(first, last, chance);
        put_sector(versions, version, at, file->bytes, file->size);
    }
}

/* ---- what becomes of the names ------------------------------------------------------------------ */

struct names {
    int count;
    int file[FILES]; /* NO_FILE: removed */
    char name[FILES][OPLOG_NAME];
};

static void set_name(struct names *names, const char *name, int file)
{
    int i = 0;

    while (i < names->count && strcmp(names->name[i], name) != 0)
        i++;
    assert_true(i < FILES);
    names->count += i == names->count;
    strcpy(names->name[i], name);
    names->file[i] = file;
}

static bool changes_names(const struct call *call)
{
    return call->entry.call == OPLOG_CREATE || call->entry.call == OPLOG_LINK || call->entry.call == OPLOG_RENAME ||
           call->entry.call == OPLOG_UNLINK;
}

/* Where the changes begin that are not durable yet; *changes: their number. */
static size_t unsynced(const struct history *history, size_t calls, size_t *changes)
{
    size_t first = 0;

    *changes = 0;
    for (size_t i = 0; i < calls; i++) {
        *changes += changes_names(&history->calls[i]);
        if (history->calls[i].entry.call == OPLOG_SYNC_FOLDER) {
            first = i + 1;
            *changes = 0;
        }
    }
    return first;
}

static void lose_names(const struct history *history, size_t calls, struct random_stream *chance, struct names *names)
{
    size_t changes, since = unsynced(history, calls, &changes), kept;
    bool each_for_itself = random_below(chance, 3) == 0;

    /* In order: all of them, often, since nothing else is told apart by its contents then; else up to some moment. */
    kept = random_below(chance, 2) ? changes : random_below(chance, changes + 1);
    names->count = 0;
    for (size_t i = 0; i < history->before.count; i++)
        set_name(names, history->before.files[i].name, (int)i);
    changes = 0;
    for (size_t i = 0; i < calls; i++) {
        const struct call *call = &history->calls[i];
        if (!changes_names(call))
            continue;
        if (i >= since && (each_for_itself ? random_below(chance, 2) == 0 : changes++ >= kept))
            continue;
        if (call->entry.call == OPLOG_RENAME)
            set_name(names, call->entry.from, NO_FILE);
        set_name(names, call->entry.name, call->entry.call == OPLOG_UNLINK ? NO_FILE : call->file);
    }
}

void history_lose_power(const struct history *history, size_t calls, struct random_stream *chance, struct disk *disk)
{
    struct versions versions;
    struct names names;

    lose_names(history, calls, chance, &names);
    disk->count = 0;
    for (int i = 0; i < names.count; i++) {
        struct disk_file *file = &disk->files[disk->count];
        if (names.file[i] == NO_FILE)
            continue;
        assert_true(disk->count++ < DISK_FILES);
        strcpy(file->name, names.name[i]);
        list_versions(history, calls, names.file[i], &versions);
        lose_contents(&versions, chance, file);
        for (int v = 0; v <= versions.last; v++)
            free(versions.bytes[v]);
    }
    qsort(disk->files, disk->count, sizeof *disk->files, by_name);
}
