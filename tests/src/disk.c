/* A disk that fails, under the real program: loaded before the C library (LD_PRELOAD), it stands where SQLite's file layer
 * calls it, and lets single calls on one ledger's files fail, fall short, or be the last before the power goes.
 *
 * What is written is kept with what it replaced until a sync has made it last. When the power goes, whatever was not synced
 * is dropped, all of it or sector by sector, names in the folder as well, and the process kills itself. Not here: which call
 * is struck, and what has to follow (`disk.rs` and its tests).
 *
 * Set by the environment: DISK_LEDGER (canonical path), DISK_REPORT (a line for each call), DISK_KIND, DISK_CALLS and DISK_FILES (kinds of
 * calls that are struck, and on which files), DISK_AT (the first that is), DISK_TIMES (how many; 0: all from then on), DISK_WHILE (strike only
 * while this file is there), DISK_POWER (the power goes at this of the calls that can change what lasts), DISK_TORN (a seed: sectors of what is unsynced may
 * have reached the disk). */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { MAIN, WAL, JOURNAL, BESIDE, FOLDER, OTHER };
static const char *const NAMED[] = {"main", "wal", "journal", "beside", "folder"};
static const char *const ENDINGS[] = {"", "-wal", "-journal"};
enum { DESCRIPTORS = 4096, FILES = 64, SECTOR = 512 };

/* One write or cut that no sync has made last yet, and what was there before. `lost`: a sync of it has failed, so that the
 * kernel takes it for clean, and no later sync writes it any more. A byte is `open` until it is written again and synced. */
struct change {
    off_t at, size_before;
    size_t length;
    unsigned char *old, *open;
    bool lost;
    struct change *older;
};

/* A file by its inode. Its descriptor is never closed: closing one would drop the locks that SQLite holds on the file. */
struct file {
    dev_t dev;
    ino_t ino;
    int own;
    struct change *newest;
};

static pthread_mutex_t turn = PTHREAD_MUTEX_INITIALIZER;
static struct file files[FILES];
static int file_count;
/* For each descriptor of the program: its file and its name, one up. */
static unsigned char file_of[DESCRIPTORS], name_of[DESCRIPTORS];
static struct {
    char path[PATH_MAX], gone[PATH_MAX];
    bool made, removed; /* in the folder, since its last sync */
} names[3];

static char ledger[PATH_MAX], folder[PATH_MAX];
static const char *kind, *struck_calls, *struck_files, *while_there;
static int report = -1, at, times, power_at, seen, turns;
static uint64_t torn;

static int (*real_open)(const char *, int, ...);
static int (*real_close)(int), (*real_fsync)(int), (*real_fdatasync)(int), (*real_ftruncate)(int, off_t);
static int (*real_unlink)(const char *);
static ssize_t (*real_pread)(int, void *, size_t, off_t), (*real_pwrite)(int, const void *, size_t, off_t);

static int number(const char *name) {
    const char *text = getenv(name);
    return text ? atoi(text) : 0;
}

__attribute__((constructor)) static void begin(void) {
    real_open = dlsym(RTLD_NEXT, "open64");
    real_close = dlsym(RTLD_NEXT, "close");
    real_fsync = dlsym(RTLD_NEXT, "fsync");
    real_fdatasync = dlsym(RTLD_NEXT, "fdatasync");
    real_ftruncate = dlsym(RTLD_NEXT, "ftruncate64");
    real_unlink = dlsym(RTLD_NEXT, "unlink");
    real_pread = dlsym(RTLD_NEXT, "pread64");
    real_pwrite = dlsym(RTLD_NEXT, "pwrite64");
    const char *path = getenv("DISK_LEDGER");
    if (!path) return;
    snprintf(ledger, sizeof ledger, "%s", path);
    snprintf(folder, sizeof folder, "%s", path);
    *strrchr(folder, '/') = 0;
    for (int i = 0; i < 3; i++) {
        snprintf(names[i].path, PATH_MAX, "%.4000s%s", path, ENDINGS[i]);
        snprintf(names[i].gone, PATH_MAX, "%.4000s%s.gone", path, ENDINGS[i]);
    }
    report = real_open(getenv("DISK_REPORT"), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    kind = getenv("DISK_KIND");
    struck_calls = getenv("DISK_CALLS");
    struck_files = getenv("DISK_FILES");
    while_there = getenv("DISK_WHILE");
    at = number("DISK_AT");
    times = number("DISK_TIMES");
    power_at = number("DISK_POWER");
    torn = (uint64_t)number("DISK_TORN") * 0x9e3779b97f4a7c15u;
}

static int named(const char *path) {
    if (!*ledger || !path) return OTHER;
    for (int i = 0; i < 3; i++)
        if (!strcmp(path, names[i].path)) return i;
    if (!strcmp(path, folder)) return FOLDER;
    /* The lock and the shared memory. */
    size_t length = strlen(ledger);
    bool beside = !strncmp(path, ledger, length) && (!strcmp(path + length, ".lock") || !strcmp(path + length, "-shm"));
    return beside ? BESIDE : OTHER;
}

static int name_at(int fd) { return fd >= 0 && fd < DESCRIPTORS && name_of[fd] ? name_of[fd] - 1 : OTHER; }
static struct file *file_at(int fd) {
    return fd >= 0 && fd < DESCRIPTORS && file_of[fd] ? &files[file_of[fd] - 1] : NULL;
}

/* Whether a sector that was not synced is lost when the power goes. */
static bool is_dropped(void) {
    if (!torn) return true;
    torn ^= torn << 13;
    torn ^= torn >> 7;
    torn ^= torn << 17;
    return torn >> 63;
}

static void drop_unsynced(struct file *file) {
    for (struct change *c = file->newest; c; c = c->older) {
        bool dropped = true;
        for (size_t i = 0; i < c->length; i++) {
            off_t place = c->at + (off_t)i;
            if (!i || place % SECTOR == 0) dropped = is_dropped();
            if (dropped && c->open[i]) real_pwrite(file->own, c->old + i, 1, place);
        }
        if (!c->lost && is_dropped()) real_ftruncate(file->own, c->size_before);
    }
}

/* The power goes. The lock is not let go: no other thread writes any more. */
static void power_goes(void) {
    for (int i = 0; i < file_count; i++) drop_unsynced(&files[i]);
    for (int i = 0; i < 3; i++) {
        if (names[i].made) real_unlink(names[i].path);
        if (names[i].removed) rename(names[i].gone, names[i].path);
    }
    kill(getpid(), SIGKILL);
    for (;;) pause();
}

/* Counts a call, and says what strikes it: nothing, or the kind of fault. Between two calls that can change what lasts, each
 * moment leaves the same disk behind when the power goes, so those are the moments that are counted. */
static const char *strikes(const char *call, int name, bool lasts) {
    bool reads = !strcmp(call, "read");
    const char *found = NULL;
    bool meant = kind && strstr(struck_calls, call) && (!struck_files || strstr(struck_files, NAMED[name]));
    if (meant && (!while_there || !access(while_there, F_OK))) {
        seen++;
        if (seen >= at && (!times || seen < at + times)) found = kind;
    }
    /* Lines of one length, none across a page: a process that is ending may write as far as a page's end and no further. */
    if (!reads || found) dprintf(report, "%-7s%-8s%-16s\n", call, NAMED[name], found ? found : "-");
    if (lasts && ++turns == power_at) power_goes();
    return found;
}

static int error_of(const char *fault) {
    if (!strcmp(fault, "ENOSPC") || !strcmp(fault, "full")) return ENOSPC;
    if (!strcmp(fault, "EROFS")) return EROFS;
    return EIO;
}

/* A call that does nothing but fail. */
static int fails(const char *fault) {
    errno = error_of(fault);
    pthread_mutex_unlock(&turn);
    return -1;
}

static void track(int fd, int name) {
    struct stat found;
    if (fd < 0 || fd >= DESCRIPTORS || name == OTHER || name == BESIDE) return;
    name_of[fd] = (unsigned char)(name + 1);
    if (name == FOLDER || fstat(fd, &found)) return;
    int i = 0;
    while (i < file_count && (files[i].dev != found.st_dev || files[i].ino != found.st_ino)) i++;
    if (i == file_count) {
        if (file_count == FILES) abort();
        int own = real_open(names[name].path, O_RDWR | O_CLOEXEC);
        files[file_count++] = (struct file){found.st_dev, found.st_ino, own, NULL};
    }
    file_of[fd] = (unsigned char)(i + 1);
}

int open(const char *path, int flags, ...) {
    mode_t mode = 0;
    if (flags & (O_CREAT | O_TMPFILE)) {
        va_list more;
        va_start(more, flags);
        mode = va_arg(more, mode_t);
        va_end(more);
    }
    int name = named(path);
    if (name == OTHER) return real_open(path, flags, mode);
    pthread_mutex_lock(&turn);
    bool writes = (flags & O_ACCMODE) != O_RDONLY;
    bool makes = name < 3 && (flags & O_CREAT) && access(path, F_OK);
    const char *fault = writes ? strikes("open", name, makes) : NULL;
    if (fault) return fails(fault);
    int fd = real_open(path, flags, mode);
    if (fd >= 0 && makes) names[name].made = true;
    int kept = errno;
    track(fd, name);
    errno = kept;
    pthread_mutex_unlock(&turn);
    return fd;
}
int open64(const char *path, int flags, ...) __attribute__((alias("open")));

int close(int fd) {
    pthread_mutex_lock(&turn);
    if (fd >= 0 && fd < DESCRIPTORS) file_of[fd] = name_of[fd] = 0;
    pthread_mutex_unlock(&turn);
    return real_close(fd);
}

/* Remembers what is about to be overwritten or cut off. */
static void remember(struct file *file, off_t from, size_t length) {
    struct stat found;
    fstat(file->own, &found);
    struct change *c = calloc(1, sizeof *c);
    *c = (struct change){from, found.st_size, length, calloc(1, length + 1), malloc(length + 1), false, file->newest};
    memset(c->open, 1, length);
    if (length && real_pread(file->own, c->old, length, from) < 0) abort();
    file->newest = c;
}

ssize_t pwrite(int fd, const void *bytes, size_t length, off_t offset) {
    struct file *file = file_at(fd);
    if (!file) return real_pwrite(fd, bytes, length, offset);
    pthread_mutex_lock(&turn);
    const char *fault = strikes("write", name_at(fd), false);
    /* A disk that fills up takes the first part of what is written. */
    bool is_short = fault && (!strcmp(fault, "short") || (!strcmp(fault, "full") && seen == at));
    if (fault && !is_short) return fails(fault);
    if (is_short && length > 1) length /= 2;
    remember(file, offset, length);
    ssize_t done = real_pwrite(fd, bytes, length, offset);
    pthread_mutex_unlock(&turn);
    return done;
}
ssize_t pwrite64(int fd, const void *bytes, size_t length, off_t offset) __attribute__((alias("pwrite")));

ssize_t pread(int fd, void *bytes, size_t length, off_t offset) {
    if (!file_at(fd)) return real_pread(fd, bytes, length, offset);
    pthread_mutex_lock(&turn);
    const char *fault = strikes("read", name_at(fd), false);
    if (fault) return fails(fault);
    pthread_mutex_unlock(&turn);
    return real_pread(fd, bytes, length, offset);
}
ssize_t pread64(int fd, void *bytes, size_t length, off_t offset) __attribute__((alias("pread")));

int ftruncate(int fd, off_t size) {
    struct file *file = file_at(fd);
    if (!file) return real_ftruncate(fd, size);
    pthread_mutex_lock(&turn);
    const char *fault = strikes("cut", name_at(fd), true);
    if (fault) return fails(fault);
    struct stat found;
    fstat(fd, &found);
    remember(file, size, found.st_size > size ? (size_t)(found.st_size - size) : 0);
    int done = real_ftruncate(fd, size);
    pthread_mutex_unlock(&turn);
    return done;
}
int ftruncate64(int fd, off_t size) __attribute__((alias("ftruncate")));

/* What is on the disk now. What a failed sync lost is as good again only where it was written once more. */
static void make_last(struct file *file) {
    struct change *lost = NULL, *c, *older;
    for (c = file->newest; c; c = c->older) {
        if (c->lost) continue;
        for (struct change *l = c->older; l; l = l->older)
            for (size_t i = 0; l->lost && i < l->length; i++) {
                off_t place = l->at + (off_t)i;
                if (place >= c->at && place < c->at + (off_t)c->length) l->open[i] = 0;
            }
    }
    struct change **end = &lost;
    for (c = file->newest; c; c = older) {
        older = c->older;
        if (c->lost) {
            *end = c;
            end = &c->older;
        } else {
            free(c->old);
            free(c->open);
            free(c);
        }
    }
    *end = NULL;
    file->newest = lost;
}

static int sync_with(int fd, int (*real)(int)) {
    int name = name_at(fd);
    if (name == OTHER) return real(fd);
    pthread_mutex_lock(&turn);
    const char *fault = strikes("sync", name, true);
    struct file *file = file_at(fd);
    if (fault && !strcmp(fault, "lie")) {
        pthread_mutex_unlock(&turn);
        return 0;
    }
    if (fault) {
        for (struct change *c = file ? file->newest : NULL; c; c = c->older) c->lost = true;
        return fails(fault);
    }
    if (name == FOLDER)
        for (int i = 0; i < 3; i++) {
            if (names[i].removed) real_unlink(names[i].gone);
            names[i].made = names[i].removed = false;
        }
    if (file) make_last(file);
    int done = real(fd);
    pthread_mutex_unlock(&turn);
    return done;
}
int fsync(int fd) { return sync_with(fd, real_fsync); }
int fdatasync(int fd) { return sync_with(fd, real_fdatasync); }

int unlink(const char *path) {
    int name = named(path);
    if (name >= 3) return real_unlink(path);
    pthread_mutex_lock(&turn);
    const char *fault = strikes("unlink", name, true);
    if (fault) return fails(fault);
    /* Until the folder is synced the file may come back. */
    if (!names[name].made && !names[name].removed) {
        real_unlink(names[name].gone);
        names[name].removed = !link(path, names[name].gone);
    }
    names[name].made = false;
    int done = real_unlink(path);
    pthread_mutex_unlock(&turn);
    return done;
}

/* The last moment: the program has ended well, and the power goes. */
__attribute__((destructor)) static void end(void) {
    pthread_mutex_lock(&turn);
    if (++turns == power_at) power_goes();
    pthread_mutex_unlock(&turn);
}
