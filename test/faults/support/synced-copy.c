/*
 * Loaded into a server by LD_PRELOAD: keeps in SYNCED_TO what a power cut would leave of the folder
 * SYNCED_FROM. Both are real paths and hold the same files at the start, and SYNCED_TO an empty
 * folder `unnamed`.
 *
 * - What was written reaches the copy when the file is synced: the range written since its last
 *   sync, and its length.
 * - A disk may write more than it was asked to: of every 100 sectors (512 bytes) written, SECTORS
 *   (0 to 100, default 0) reach the copy at once, each for itself. SEED sets which.
 * - A new file counts once its folder was synced; until then its copy lies in `unnamed`.
 * - After a sync that failed, what it should have written may never be: the next one passes over it.
 * - A file that is removed is gone at once.
 * - Memory maps, renames, links and folders below are not followed. SQLite maps only its index
 *   (-shm), which it makes anew at a start, and renames nothing.
 *
 * A kill in the middle of a sync leaves a part of its range copied, as a power cut would.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define FILES 64
#define SECTOR 512
#define NEXT(type, name, ...) ((type(*)(__VA_ARGS__))dlsym(RTLD_NEXT, name))

struct dirty { ino_t inode; off_t from, to; };

static struct dirty files[FILES];
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

__attribute__((constructor)) static void begin(void) {
    srand(atoi(getenv("SEED") ? getenv("SEED") : "1"));
}

/* A copy that is not to be trusted must not pass for one that is. */
static void fail(const char *what) {
    perror(what);
    abort();
}

/* A path below the folder without it, "" for the folder itself, NULL for any other. */
static const char *below(const char *path) {
    const char *folder = getenv("SYNCED_FROM");
    size_t length = folder ? strlen(folder) : 0;
    if (length == 0 || strncmp(path, folder, length) != 0) return NULL;
    if (path[length] == 0) return path + length;
    return path[length] == '/' ? path + length + 1 : NULL;
}

static const char *name_of(int fd, char path[PATH_MAX]) {
    char link[64];
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t length = readlink(link, path, PATH_MAX - 1);
    if (length < 0) return NULL;
    path[length] = 0;
    return below(path);
}

static const char *copy_of(const char *name, const char *folder, char path[PATH_MAX]) {
    snprintf(path, PATH_MAX, "%s/%s%s", getenv("SYNCED_TO"), folder, name);
    return path;
}

static int open_copy(const char *name) {
    char path[PATH_MAX];
    int copy = open(copy_of(name, "", path), O_WRONLY);
    if (copy < 0) copy = open(copy_of(name, "unnamed/", path), O_WRONLY | O_CREAT, 0600);
    if (copy < 0) fail(path);
    return copy;
}

static struct dirty *entry_of(int fd) {
    struct stat status;
    if (fstat(fd, &status) != 0) fail("fstat");
    for (int i = 0; i < FILES; i++) {
        if (files[i].inode == 0) files[i] = (struct dirty){status.st_ino, 0, 0};
        if (files[i].inode == status.st_ino) return &files[i];
    }
    fail("too many files");
    return NULL;
}

static void copy_some_sectors(const char *name, const char *bytes, off_t count, off_t offset) {
    int share = atoi(getenv("SECTORS") ? getenv("SECTORS") : "0");
    if (share == 0) return;
    int copy = open_copy(name);
    for (off_t at = 0; at < count; at += SECTOR) {
        off_t size = count - at < SECTOR ? count - at : SECTOR;
        if (rand() % 100 >= share) continue;
        if (pwrite64(copy, bytes + at, size, offset + at) != size) fail("sector");
    }
    close(copy);
}

static void note_written(int fd, const void *bytes, ssize_t count, off_t offset) {
    char path[PATH_MAX];
    const char *name = count > 0 ? name_of(fd, path) : NULL;
    if (!name) return;
    pthread_mutex_lock(&lock);
    struct dirty *entry = entry_of(fd);
    if (entry->to == 0 || offset < entry->from) entry->from = offset;
    if (offset + count > entry->to) entry->to = offset + count;
    copy_some_sectors(name, bytes, count, offset);
    pthread_mutex_unlock(&lock);
}

static void copy_range(const char *path, int copy, off_t from, off_t to) {
    char buffer[65536];
    struct stat status;
    int source = open(path, O_RDONLY);
    if (source < 0 || fstat(source, &status) != 0) fail(path);
    if (to > status.st_size) to = status.st_size; /* cut off since */
    while (from < to) {
        size_t wanted = to - from < (off_t)sizeof buffer ? to - from : (off_t)sizeof buffer;
        ssize_t count = pread(source, buffer, wanted, from);
        if (count <= 0 || pwrite64(copy, buffer, count, from) != count) fail("copy");
        from += count;
    }
    if (ftruncate(copy, status.st_size) != 0) fail("length of a copy");
    close(source);
}

static void copy_file(int fd, const char *path, const char *name) {
    struct dirty *entry = entry_of(fd);
    int copy = open_copy(name);
    copy_range(path, copy, entry->from, entry->to);
    entry->from = entry->to = 0;
    close(copy);
}

/* Whatever the folder holds has its name in the copy from now on, with what was synced of it. */
static void name_files(const char *folder) {
    char to[PATH_MAX], unnamed[PATH_MAX];
    DIR *entries = opendir(folder);
    if (!entries) fail(folder);
    for (struct dirent *entry; (entry = readdir(entries));) {
        if (entry->d_type != DT_REG) continue;
        if (access(copy_of(entry->d_name, "", to), F_OK) == 0) continue;
        close(open_copy(entry->d_name));
        if (rename(copy_of(entry->d_name, "unnamed/", unnamed), to) != 0) fail(to);
    }
    closedir(entries);
}

static int sync_as(const char *function, int fd) {
    int result = NEXT(int, function, int)(fd), error = errno;
    char path[PATH_MAX];
    const char *name = name_of(fd, path);
    if (name) {
        pthread_mutex_lock(&lock);
        if (*name && result == 0) copy_file(fd, path, name);
        else if (*name) *entry_of(fd) = (struct dirty){entry_of(fd)->inode, 0, 0};
        else if (result == 0) name_files(path);
        pthread_mutex_unlock(&lock);
    }
    errno = error;
    return result;
}

int fsync(int fd) { return sync_as("fsync", fd); }

int fdatasync(int fd) { return sync_as("fdatasync", fd); }

ssize_t pwrite64(int fd, const void *bytes, size_t count, off_t offset) {
    ssize_t written =
        NEXT(ssize_t, "pwrite64", int, const void *, size_t, off_t)(fd, bytes, count, offset);
    note_written(fd, bytes, written, offset);
    return written;
}

ssize_t pwrite(int fd, const void *bytes, size_t count, off_t offset) {
    return pwrite64(fd, bytes, count, offset);
}

ssize_t write(int fd, const void *bytes, size_t count) {
    ssize_t written = NEXT(ssize_t, "write", int, const void *, size_t)(fd, bytes, count);
    if (written > 0) note_written(fd, bytes, written, lseek(fd, 0, SEEK_CUR) - written);
    return written;
}

int unlink(const char *path) {
    int result = NEXT(int, "unlink", const char *)(path);
    const char *name = result == 0 ? below(path) : NULL;
    char copy[PATH_MAX];
    if (!name) return result;
    NEXT(int, "unlink", const char *)(copy_of(name, "", copy));
    NEXT(int, "unlink", const char *)(copy_of(name, "unnamed/", copy));
    return result;
}
