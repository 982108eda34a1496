/* How much one path carries, from transport-cc feedback (draft-holmer-rmcat-transport-wide-cc-extensions-01).
 *
 * Twin of `congestion.py`: same arithmetic on doubles in the same order (build with -ffp-contract=off); the papers are
 * named in `rate_control.h` and `delay_trend.h`. One `yt_congestion` for each peer, of fixed size (60 KB); nothing is
 * allocated after `yt_congestion_new` and no clock is read: times are CLOCK_MONOTONIC in microseconds. */
#ifndef YT_CONGESTION_H
#define YT_CONGESTION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct yt_congestion yt_congestion;

typedef struct {
    int64_t start_bps, least_bps, most_bps;
} yt_bandwidth_limits;

/* See `ports.Bandwidth`. */
typedef struct {
    int64_t estimate_bps;
    int64_t acknowledged_bps;
    double loss, inherent_loss;
    bool overusing, jammed;
    int64_t probed_bps;
    int64_t feedback_us;
    int64_t round_trip_us;
} yt_bandwidth;

/* NULL without memory. */
yt_congestion *yt_congestion_new(const yt_bandwidth_limits *limits);
void yt_congestion_free(yt_congestion *congestion);

/* New bounds, at once; `start_bps` counts as long as no feedback has come. */
void yt_congestion_limit(yt_congestion *congestion, const yt_bandwidth_limits *limits);

/* The 16-bit number of a packet that leaves now. `size_bytes`: the whole datagram; `probing`: part of the probe. */
uint16_t yt_congestion_sent(yt_congestion *congestion, size_t size_bytes, int64_t now_us, bool probing);

/* Whether less is under way than the path takes in a round trip with its feedback, and a little queue. True while no
 * feedback comes. */
bool yt_congestion_has_room(const yt_congestion *congestion, int64_t now_us);

/* Packets sent with `probing` belong to a new cluster from now on; an unfinished one is forgotten. */
void yt_congestion_begin_probe(yt_congestion *congestion);
/* The cluster is complete: its result comes with the feedback on its last packet. */
void yt_congestion_end_probe(yt_congestion *congestion);

/* One whole RTCP packet, authenticated but not trusted. What is no transport-cc feedback, or speaks of packets never
 * sent or long gone, is ignored. */
void yt_congestion_feedback(yt_congestion *congestion, const uint8_t *rtcp, size_t length, int64_t now_us);

/* The least round trip of the last seconds; 0: not known yet. */
int64_t yt_congestion_trip_us(const yt_congestion *congestion);
void yt_congestion_read(yt_congestion *congestion, yt_bandwidth *out, int64_t now_us);

#endif
