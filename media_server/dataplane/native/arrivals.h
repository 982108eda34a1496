/* Arrival times of a publisher's packets and the transport-cc feedback that tells them. Twin of `arrivals.py`. */
#ifndef YT_ARRIVALS_H
#define YT_ARRIVALS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    YT_ARRIVALS_US = 50000,          /* what was not told waits so long */
    YT_ARRIVALS_LATEST_US = 60000,   /* the same when nothing comes that would wake the thread anyway */
    YT_ARRIVALS_SPAN = 2048,         /* numbers that are remembered */
    YT_ARRIVALS_STATUSES = 400,      /* packets that one RTCP packet tells of */
    YT_ARRIVALS_PACKET_BYTES = 1000, /* more than the longest has */
};

typedef struct {
    int64_t times_us[YT_ARRIVALS_SPAN]; /* by number modulo the span; -1 = not received */
    int64_t highest;                    /* -1 before the first packet */
    int64_t begin;                      /* the first that was not told */
    int64_t since_us;                   /* when the first of these came; -1 = all was told */
    uint8_t count;                      /* of packets built */
} yt_arrivals;

void yt_arrivals_init(yt_arrivals *);
/* A repeated number keeps its first arrival. `arrival_us` is not negative. */
void yt_arrivals_add(yt_arrivals *, uint16_t sequence, int64_t arrival_us);
/* The next RTCP packet of what was not told; its length, 0 when all was. */
size_t yt_arrivals_build(yt_arrivals *, uint32_t ssrc, uint32_t media_ssrc, uint8_t out[YT_ARRIVALS_PACKET_BYTES]);

#endif
