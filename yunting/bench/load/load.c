/* The load generator: one thread, one epoll over every peer's socket. Python makes the connections and hands over
   connected sockets with keys; from then on everything happens here. Calls may come from any one other thread. */
#define _GNU_SOURCE
#include "load.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { READY = 256, FEEDBACK_US = 100000, REPORT_US = 1000000, CHECK_US = 2500000 };

int64_t mono_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

static void send_rtcp(struct peer *peer, uint8_t *packet, int size)
{
    size = size > 0 ? rtcp_seal(&peer->seal, packet, size) : 0;
    if (size <= 0)
        return;
    if (send(peer->plan.fd, packet, (size_t)size, MSG_DONTWAIT) == size)
        peer->counts.rtcp_out++;
    else
        peer->counts.blocked++;
}

static void do_timers(struct engine *engine, struct peer *peer, int64_t now_us)
{
    uint8_t packet[MAX_PACKET + 64];
    if (peer->plan.publisher)
        publish_due(engine, peer, now_us);
    if (peer->plan.remote_password[0] && now_us >= peer->next_check_us) {
        send_check(peer);
        peer->next_check_us = now_us + CHECK_US;
    }
    if (now_us >= peer->next_report_us) {
        peer->next_report_us += REPORT_US;
        if (peer->plan.publisher && engine->media)
            send_rtcp(peer, packet, build_sender_report(peer, now_us, packet));
        else if (peer->plan.feedback)
            send_rtcp(peer, packet, build_receiver_report(peer, now_us, packet));
    }
    if (now_us >= peer->next_feedback_us) {
        peer->next_feedback_us += FEEDBACK_US;
        if (peer->plan.feedback && peer->plan.transport_cc && !peer->plan.publisher)
            send_rtcp(peer, packet, build_transport_feedback(peer, packet));
    }
}

static void *work(void *given)
{
    struct engine *engine = given;
    struct epoll_event events[READY];
    int64_t next_tick_us = 0;
    while (engine->running) {
        int count = epoll_wait(engine->epoll, events, READY, 1);
        pthread_mutex_lock(&engine->lock);
        for (int i = 0; i < count; i++)
            receive_ready(engine, events[i].data.ptr);
        int64_t now_us = mono_ns() / 1000;
        if (now_us >= next_tick_us) {
            for (int i = 0; i < engine->peer_count; i++)
                do_timers(engine, engine->peers[i], now_us);
            next_tick_us = now_us + 1000;
            struct timespec cpu;
            clock_gettime(CLOCK_THREAD_CPUTIME_ID, &cpu);
            engine->busy_us = (uint64_t)cpu.tv_sec * 1000000 + (uint64_t)cpu.tv_nsec / 1000;
        }
        pthread_mutex_unlock(&engine->lock);
    }
    return NULL;
}

/* NULL when the system has no epoll, no memory or no libcrypto. Every `sample_every`th packet is decrypted. */
struct engine *load_new(int sample_every)
{
    struct engine *engine = calloc(1, sizeof *engine);
    if (!engine || crypto_open())
        return free(engine), NULL;
    engine->epoll = epoll_create1(EPOLL_CLOEXEC);
    engine->sample_every = sample_every > 0 ? sample_every : 1;
    engine->running = 1;
    pthread_mutex_init(&engine->lock, NULL);
    if (engine->epoll < 0 || pthread_create(&engine->thread, NULL, work, engine))
        return free(engine), NULL;
    return engine;
}

/* Takes a connected, non-blocking socket over (not its ownership) and returns the peer's number, or -1. */
int load_add(struct engine *engine, const struct plan *plan)
{
    struct peer *peer = calloc(1, sizeof *peer);
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = peer};
    int64_t now_us = mono_ns() / 1000;
    if (!peer)
        return -1;
    peer->plan = *plan;
    peer->highest_cc = -1;
    if (side_init(&peer->seal, plan->gcm, 1, plan->seal_keys) || side_init(&peer->open, plan->gcm, 0, plan->open_keys))
        return side_free(&peer->seal), side_free(&peer->open), free(peer), -1;
    pthread_mutex_lock(&engine->lock);
    if (engine->peer_count == engine->peer_room) {
        int room = engine->peer_room ? 2 * engine->peer_room : 64;
        struct peer **peers = realloc(engine->peers, (size_t)room * sizeof *peers);
        if (!peers) {
            pthread_mutex_unlock(&engine->lock);
            return side_free(&peer->seal), side_free(&peer->open), free(peer), -1;
        }
        engine->peers = peers;
        engine->peer_room = room;
    }
    int number = engine->peer_count;
    /* Spread what is periodic, as independent browsers are. */
    peer->next_feedback_us = now_us + (int64_t)number * 7919 % FEEDBACK_US;
    peer->next_report_us = now_us + (int64_t)number * 104729 % REPORT_US;
    peer->next_check_us = now_us + (int64_t)number * 104729 % CHECK_US;
    engine->peers[engine->peer_count++] = peer;
    epoll_ctl(engine->epoll, EPOLL_CTL_ADD, plan->fd, &event);
    pthread_mutex_unlock(&engine->lock);
    return number;
}

/* Publishers send from now on, or stop. */
void load_media(struct engine *engine, int on)
{
    engine->media = on;
}

/* Count from now on. */
void load_reset(struct engine *engine)
{
    pthread_mutex_lock(&engine->lock);
    for (int i = 0; i < engine->peer_count; i++)
        memset(&engine->peers[i]->counts, 0, sizeof engine->peers[i]->counts);
    memset(engine->delays, 0, sizeof engine->delays);
    pthread_mutex_unlock(&engine->lock);
}

int load_counts(struct engine *engine, int number, struct counts *out)
{
    if (number < 0 || number >= engine->peer_count)
        return -1;
    pthread_mutex_lock(&engine->lock);
    *out = engine->peers[number]->counts;
    pthread_mutex_unlock(&engine->lock);
    return 0;
}

/* One-way delay in microseconds that the given share of the sampled packets does not exceed; -1 without packets. */
int load_delay_us(struct engine *engine, double share)
{
    uint64_t total = 0, below = 0;
    int bin = 0;
    for (int i = 0; i < DELAY_BINS; i++)
        total += engine->delays[i];
    if (!total)
        return -1;
    while (bin < DELAY_BINS - 1 && (double)(below += engine->delays[bin]) < share * (double)total)
        bin++;
    return bin * DELAY_BIN_US + DELAY_BIN_US / 2;
}

/* CPU time of the thread so far. */
uint64_t load_busy_us(struct engine *engine)
{
    return engine->busy_us;
}

void load_free(struct engine *engine)
{
    engine->running = 0;
    pthread_join(engine->thread, NULL);
    for (int i = 0; i < engine->peer_count; i++) {
        side_free(&engine->peers[i]->seal);
        side_free(&engine->peers[i]->open);
        free(engine->peers[i]);
    }
    close(engine->epoll);
    free(engine->peers);
    free(engine);
}
