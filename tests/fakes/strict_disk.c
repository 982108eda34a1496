/* LD_PRELOAD: a disk that keeps nothing but what was synced. After each sync of a file below DISK_LIVE its bytes are
   copied to DISK_KEPT, which is what a power failure would leave; removed files go when their folder is synced. After DISK_SYNCS syncs, if set, each sync fails. */
#define _GNU_SOURCE
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static atomic_long synced;

static void forget(const char *live, const char *kept) {
    char here[PATH_MAX * 2], there[PATH_MAX * 2];
    DIR *folder = opendir(kept);
    if (!folder) abort();
    for (struct dirent *entry; (entry = readdir(folder));) {
        snprintf(here, sizeof here, "%s/%s", live, entry->d_name);
        snprintf(there, sizeof there, "%s/%s", kept, entry->d_name);
        if (access(here, F_OK)) unlink(there);
    }
    closedir(folder);
}

static int keep(int fd) {
    const char *live = getenv("DISK_LIVE"), *kept = getenv("DISK_KEPT"), *most = getenv("DISK_SYNCS");
    char link[64], path[PATH_MAX], made[PATH_MAX + 64], part[PATH_MAX + 72], block[65536];
    struct stat about;
    if (!live || !kept) return 0;
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t length = readlink(link, path, sizeof path - 1);
    if (length < 0) return 0;
    path[length] = 0;
    if (strncmp(path, live, strlen(live)) || fstat(fd, &about)) return 0;
    if (S_ISDIR(about.st_mode) && !strcmp(path, live)) forget(live, kept);
    if (!S_ISREG(about.st_mode)) return 0;
    if (most && atomic_fetch_add(&synced, 1) >= atol(most)) { errno = EIO; return -1; }
    snprintf(made, sizeof made, "%s%s", kept, path + strlen(live));
    snprintf(part, sizeof part, "%s.part", made);
    int to = open(part, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    if (to < 0) abort();
    ssize_t got;
    // Not by a descriptor of our own: closing it would drop SQLite's locks on the file.
    for (off_t at = 0; (got = pread(fd, block, sizeof block, at)) > 0; at += got)
        if (write(to, block, got) != got) abort();
    if (got < 0) abort();
    close(to);
    if (rename(part, made)) abort();
    return 0;
}

int fsync(int fd) { return keep(fd) ? -1 : ((int (*)(int))dlsym(RTLD_NEXT, "fsync"))(fd); }
int fdatasync(int fd) { return keep(fd) ? -1 : ((int (*)(int))dlsym(RTLD_NEXT, "fdatasync"))(fd); }
