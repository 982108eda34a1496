/* The forwarding thread and its lock. */
#define _GNU_SOURCE /* ppoll */
#include "plane.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/random.h>
#include <time.h>
#include <unistd.h>

int64_t yt_now_us(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

/* Two locks: who waits for `state` holds `turn` meanwhile, so that the thread, which takes `turn` first too, cannot
 * take the lock again before a waiting caller had it. */
bool yt_try_enter(yt_plane *plane) {
    return !pthread_mutex_trylock(&plane->state);
}

void yt_enter(yt_plane *plane) {
    atomic_fetch_add(&plane->waiting, 1);
    pthread_mutex_lock(&plane->turn);
    pthread_mutex_lock(&plane->state);
    atomic_fetch_sub(&plane->waiting, 1);
    pthread_mutex_unlock(&plane->turn);
}

void yt_leave(yt_plane *plane) {
    pthread_mutex_unlock(&plane->state);
}

static void thread_enter(yt_plane *plane) {
    pthread_mutex_lock(&plane->turn);
    pthread_mutex_lock(&plane->state);
    pthread_mutex_unlock(&plane->turn);
}

void yt_give_way(yt_plane *plane) {
    if (!atomic_load_explicit(&plane->waiting, memory_order_relaxed))
        return;
    yt_leave(plane);
    thread_enter(plane);
}

static void signal_fd(int fd) {
    uint64_t one = 1;
    while (write(fd, &one, sizeof one) < 0 && errno == EINTR) {
    }
}

void yt_wake(yt_plane *plane) {
    signal_fd(plane->wake_fd);
}

/* Show what was told, and wake Python if that is due. */
static void publish(yt_plane *plane, int64_t now_us) {
    yt_ring_publish(&plane->ring);
    if (!yt_tell_due(plane, now_us))
        return;
    yt_note_told(plane);
    if (!atomic_exchange(&plane->woken, true))
        signal_fd(plane->told_fd);
}

/* Microseconds until the thread has something to do by itself; -1: nothing. */
static int64_t next_us(const yt_plane *plane, int64_t now_us) {
    int64_t next = -1;
    int64_t times_us[] = {yt_next_step_us(plane), yt_tell_at_us(plane, now_us), yt_report_at_us(plane)};
    for (size_t at = 0; at < sizeof times_us / sizeof *times_us; at++) {
        if (times_us[at] >= 0 && (next < 0 || times_us[at] < next))
            next = times_us[at];
    }
    return next < 0 ? -1 : next > now_us ? next - now_us : 0;
}

static void wait_for_work(yt_plane *plane, int64_t timeout_us) {
    struct pollfd watched[] = {{.fd = plane->fd, .events = POLLIN}, {.fd = plane->wake_fd, .events = POLLIN}};
    struct timespec timeout = {.tv_sec = timeout_us / 1000000, .tv_nsec = timeout_us % 1000000 * 1000};
    int ready = ppoll(watched, 2, timeout_us < 0 ? NULL : &timeout, NULL);
    uint64_t count;
    if (ready > 0 && watched[1].revents && read(plane->wake_fd, &count, sizeof count) < 0)
        return; /* woken for nothing */
}

static void *forward_all(void *argument) {
    yt_plane *plane = argument;
    int64_t timeout_us = 0;
    while (!atomic_load(&plane->stopping)) {
        if (timeout_us)
            wait_for_work(plane, timeout_us);
        yt_datagram *batch;
        size_t count = yt_receiver_read(plane->receiver, &batch);
        int64_t now_us = yt_now_us();
        thread_enter(plane);
        for (size_t at = 0; at < count; at++) {
            yt_receive(plane, &batch[at], now_us);
            yt_give_way(plane);
        }
        yt_pace_all(plane, now_us);
        yt_flush(plane);
        yt_report_all(plane, now_us);
        publish(plane, now_us);
        timeout_us = count == YT_BATCH ? 0 : next_us(plane, now_us);
        yt_leave(plane);
    }
    return NULL;
}

yt_plane *yt_plane_new(int fd) {
    yt_plane *plane = calloc(1, sizeof *plane);
    if (!plane)
        return NULL;
    plane->fd = fd;
    plane->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    plane->told_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    plane->pool.most = YT_POOL_BYTES;
    plane->peers = calloc(YT_PEER_BUCKETS, sizeof *plane->peers);
    plane->routes = calloc(YT_ROUTE_BUCKETS, sizeof *plane->routes);
    plane->bound = calloc(YT_ADDRESS_BUCKETS, sizeof *plane->bound);
    plane->receiver = yt_receiver_new(fd);
    pthread_mutex_init(&plane->turn, NULL);
    pthread_mutex_init(&plane->state, NULL);
    bool whole = getrandom(&plane->secret, sizeof plane->secret, 0) == sizeof plane->secret &&
                 yt_ring_open(&plane->ring) && yt_outbox_open(&plane->outbox, fd);
    if (!whole || plane->wake_fd < 0 || plane->told_fd < 0 || !plane->peers || !plane->routes || !plane->bound ||
        !plane->receiver) {
        yt_plane_free(plane);
        return NULL;
    }
    return plane;
}

bool yt_plane_start(yt_plane *plane) {
    /* Signals are the main thread's: a new thread takes over the mask it is made with. */
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    plane->running = !pthread_create(&plane->thread, NULL, forward_all, plane);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return plane->running;
}

/* CPU time of the thread. */
static uint64_t busy_us(const yt_plane *plane) {
    clockid_t clock;
    struct timespec busy;
    if (!plane->running || pthread_getcpuclockid(plane->thread, &clock) || clock_gettime(clock, &busy))
        return plane->counts.busy_us;
    return (uint64_t)busy.tv_sec * 1000000 + (uint64_t)busy.tv_nsec / 1000;
}

void yt_plane_stop(yt_plane *plane) {
    if (!plane->running)
        return;
    plane->counts.busy_us = busy_us(plane);
    plane->running = false;
    atomic_store(&plane->stopping, true);
    yt_wake(plane);
    pthread_join(plane->thread, NULL);
    plane->outbox.closed = true;
}

void yt_plane_free(yt_plane *plane) {
    yt_plane_stop(plane);
    for (uint32_t at = 0; plane->peers && at < YT_PEER_BUCKETS; at++) {
        while (plane->peers[at])
            yt_remove_peer(plane, plane->peers[at]->id);
    }
    yt_list_free(&plane->timed);
    yt_list_free(&plane->reported);
    for (yt_map *each = plane->maps, *next; each; each = next) {
        next = each->next;
        free(each);
    }
    yt_outbox_close(&plane->outbox);
    yt_ring_close(&plane->ring);
    yt_receiver_free(plane->receiver);
    if (plane->wake_fd >= 0)
        close(plane->wake_fd);
    if (plane->told_fd >= 0)
        close(plane->told_fd);
    free(plane->peers);
    free(plane->routes);
    free(plane->bound);
    pthread_mutex_destroy(&plane->turn);
    pthread_mutex_destroy(&plane->state);
    free(plane);
}

yt_counts yt_plane_counts(yt_plane *plane) {
    yt_counts counts = plane->counts;
    yt_send_counts sent = yt_sender_counts(plane->outbox.sender);
    counts.send_blocked += sent.blocked;
    counts.dropped_malformed += plane->outbox.failed;
    counts.busy_us = busy_us(plane);
    return counts;
}
