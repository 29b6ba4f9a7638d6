/* Makes the disk and the clock of a process fail where a test asks for it: a library for LD_PRELOAD, on Linux.
 *
 * Calls on files below FAULTS_UNDER are counted, over all threads, from 1: those that change the disk as `write` (write, pwrite,
 * writev, fsync, fdatasync, ftruncate, rename, link, unlink), those that read as `read`. FAULTS_PLAN is one of
 *
 *   write:N:kill     the process dies, as by SIGKILL, just before the N-th call
 *   write:N:full     from the N-th call on the disk is full: ENOSPC (not for renames and unlinks, which need no space)
 *   read:N:eio       the N-th call fails with EIO
 *   read:N:short     from the N-th call on each read returns half of what was asked for, at least one byte
 *   read:N:end       the N-th call and those after it on the same file find its end
 *   read:N:rename    just before the N-th call the folder FAULTS_FOLDER is renamed to FAULTS_FOLDER.away
 *
 * FAULTS_CLOCK=SECONDS@CALLS adds seconds to the clock from its CALLS-th reading on. FAULTS_COUNT names a file that gets, at the
 * end, one line: `write N read M`.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

static atomic_long writes, reads, clocks;
static atomic_int ended_fd = -1;
static long at;
static char kind[8], what[8];
static const char *under;
static long clock_s, clock_at = LONG_MAX;

__attribute__((constructor)) static void begin(void) {
    under = getenv("FAULTS_UNDER");
    const char *plan = getenv("FAULTS_PLAN");
    if (plan) sscanf(plan, "%7[a-z]:%ld:%7[a-z]", kind, &at, what);
    const char *clock_plan = getenv("FAULTS_CLOCK");
    if (clock_plan) sscanf(clock_plan, "%ld@%ld", &clock_s, &clock_at);
}

__attribute__((destructor)) static void end(void) {
    const char *path = getenv("FAULTS_COUNT");
    if (!path) return;
    char line[64];
    int n = snprintf(line, sizeof line, "write %ld read %ld\n", atomic_load(&writes), atomic_load(&reads));
    int fd = syscall(SYS_openat, AT_FDCWD, path, O_WRONLY | O_CREAT | O_TRUNC, 0644);
    if (fd >= 0) syscall(SYS_write, fd, line, n);
}

static int is_under(const char *path) {
    return under && strncmp(path, under, strlen(under)) == 0;
}

static int is_fd_under(int fd) {
    char link[32], path[PATH_MAX];
    if (!under || fd < 3) return 0;
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t n = readlink(link, path, sizeof path - 1);
    if (n <= 0) return 0;
    path[n] = 0;
    return is_under(path);
}

/* Whether this call, which changes the disk, fails. */
static int fails(int needs_space) {
    long n = atomic_fetch_add(&writes, 1) + 1;
    if (strcmp(kind, "write") != 0 || n < at) return 0;
    if (n == at && strcmp(what, "kill") == 0) kill(getpid(), SIGKILL);
    if (strcmp(what, "full") == 0 && needs_space) {
        errno = ENOSPC;
        return 1;
    }
    return 0;
}

/* How many bytes a read of so many may give; -1 if it fails. */
static ssize_t allowed(int fd, size_t count) {
    long n = atomic_fetch_add(&reads, 1) + 1;
    if (strcmp(kind, "read") != 0 || n < at) return count;
    if (n == at && strcmp(what, "eio") == 0) {
        errno = EIO;
        return -1;
    }
    if (n == at && strcmp(what, "rename") == 0) {
        const char *folder = getenv("FAULTS_FOLDER");
        char away[PATH_MAX];
        snprintf(away, sizeof away, "%s.away", folder);
        syscall(SYS_renameat2, AT_FDCWD, folder, AT_FDCWD, away, 0);
    }
    if (strcmp(what, "end") == 0) {
        if (n == at) atomic_store(&ended_fd, fd);
        if (atomic_load(&ended_fd) == fd) return 0;
    }
    if (strcmp(what, "short") == 0 && count > 1) return count / 2;
    return count;
}

ssize_t write(int fd, const void *data, size_t count) {
    if (is_fd_under(fd) && fails(1)) return -1;
    return syscall(SYS_write, fd, data, count);
}

ssize_t pwrite64(int fd, const void *data, size_t count, off64_t offset) {
    if (is_fd_under(fd) && fails(1)) return -1;
    return syscall(SYS_pwrite64, fd, data, count, offset);
}

ssize_t writev(int fd, const struct iovec *parts, int n) {
    if (is_fd_under(fd) && fails(1)) return -1;
    return syscall(SYS_writev, fd, parts, n);
}

int fsync(int fd) {
    if (is_fd_under(fd) && fails(1)) return -1;
    return syscall(SYS_fsync, fd);
}

int fdatasync(int fd) {
    if (is_fd_under(fd) && fails(1)) return -1;
    return syscall(SYS_fdatasync, fd);
}

int ftruncate64(int fd, off64_t length) {
    if (is_fd_under(fd) && fails(1)) return -1;
    return syscall(SYS_ftruncate, fd, length);
}

int rename(const char *from, const char *to) {
    if (is_under(to) && fails(0)) return -1;
    return syscall(SYS_renameat2, AT_FDCWD, from, AT_FDCWD, to, 0);
}

int linkat(int a, const char *from, int b, const char *to, int flags) {
    if (is_under(to) && fails(1)) return -1;
    return syscall(SYS_linkat, a, from, b, to, flags);
}

int link(const char *from, const char *to) {
    return linkat(AT_FDCWD, from, AT_FDCWD, to, 0);
}

int unlink(const char *path) {
    if (is_under(path) && fails(0)) return -1;
    return syscall(SYS_unlinkat, AT_FDCWD, path, 0);
}

ssize_t copy_file_range(int from, off64_t *at_from, int to, off64_t *at_to, size_t count, unsigned flags) {
    if (is_fd_under(to) && fails(1)) return -1;
    return syscall(SYS_copy_file_range, from, at_from, to, at_to, count, flags);
}

ssize_t read(int fd, void *data, size_t count) {
    ssize_t n = is_fd_under(fd) ? allowed(fd, count) : (ssize_t)count;
    return n < 0 ? -1 : n == 0 ? 0 : syscall(SYS_read, fd, data, n);
}

ssize_t pread64(int fd, void *data, size_t count, off64_t offset) {
    ssize_t n = is_fd_under(fd) ? allowed(fd, count) : (ssize_t)count;
    return n < 0 ? -1 : n == 0 ? 0 : syscall(SYS_pread64, fd, data, n, offset);
}

int clock_gettime(clockid_t clock, struct timespec *time) {
    int failed = syscall(SYS_clock_gettime, clock, time);
    if (clock == CLOCK_REALTIME && !failed && clock_at != LONG_MAX
        && atomic_fetch_add(&clocks, 1) + 1 >= clock_at)
        time->tv_sec += clock_s;
    return failed;
}
