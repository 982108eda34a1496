/* Does the queue on the way to a peer grow? The delay part of Google congestion control.
 *
 * Twin of `delay_trend.py`, which explains it; draft-ietf-rmcat-gcc-02 and Carlucci et al., "Analysis and design of the
 * Google congestion control for web real-time communication", MMSys 2016. Same doubles in the same order. */
#ifndef YT_DELAY_TREND_H
#define YT_DELAY_TREND_H

#include <stdint.h>

enum { YT_TREND_GROUPS = 20 };

typedef enum { YT_NORMAL, YT_OVERUSE, YT_UNDERUSE } yt_usage;

typedef struct {
    int64_t first_sent_us; /* -1: no group */
    int64_t last_sent_us, first_arrival_us, last_arrival_us;
} yt_packet_group;

typedef struct {
    yt_usage usage;
    yt_packet_group group, previous;
    int reordered, deltas, known, over_count;
    int64_t first_arrival_us, last_update_us;
    double accumulated_ms, smoothed_ms, trend, threshold_ms, over_ms;
    double arrivals_ms[YT_TREND_GROUPS], smoothed[YT_TREND_GROUPS]; /* oldest first, `known` of them */
} yt_delay_trend;

void yt_delay_trend_init(yt_delay_trend *trend);

/* A packet that arrived, in order of sending: when it was sent (our clock) and when it arrived (the peer's). */
void yt_delay_trend_packet(yt_delay_trend *trend, int64_t sent_us, int64_t arrival_us);

#endif
