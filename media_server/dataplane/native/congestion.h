/* How much one path carries, from transport-cc feedback (draft-holmer-rmcat-transport-wide-cc-extensions-01).
 *
 * Twin of `congestion.py`, which names the papers: same arithmetic on doubles in the same order (build with
 * -ffp-contract=off). One `yt_congestion` for each peer, of fixed size; nothing is allocated after `yt_congestion_new`
 * and no clock is read: times are CLOCK_MONOTONIC in microseconds. */
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
    double loss;
    bool overusing;
    int64_t probed_bps;
    int64_t feedback_us;
    int64_t round_trip_us;
} yt_bandwidth;

/* NULL without memory. */
yt_congestion *yt_congestion_new(const yt_bandwidth_limits *limits);
void yt_congestion_free(yt_congestion *congestion);

void yt_congestion_limit(yt_congestion *congestion, const yt_bandwidth_limits *limits);

/* The number for the next packet that leaves; `probe` is the probe it belongs to, 0 = none. */
uint16_t yt_congestion_sent(yt_congestion *congestion, size_t size_bytes, int64_t now_us, uint32_t probe);

/* One whole RTCP packet with PT 205 and FMT 15, authenticated but not trusted. */
void yt_congestion_feedback(yt_congestion *congestion, const uint8_t *rtcp, size_t length, int64_t now_us);

void yt_congestion_read(const yt_congestion *congestion, yt_bandwidth *out, int64_t now_us);

#endif
