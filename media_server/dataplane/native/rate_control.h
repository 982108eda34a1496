/* The rate of a path, raised and lowered by what delay, loss and probes say.
 *
 * Twin of `rate_control.py`, which explains it; draft-ietf-rmcat-gcc-02, section 5.5; Carlucci et al., MMSys 2016; loss
 * against the path's inherent loss. Same doubles in the same order. */
#ifndef YT_RATE_CONTROL_H
#define YT_RATE_CONTROL_H

#include <stdbool.h>
#include <stdint.h>

#include "congestion.h"
#include "delay_trend.h"

enum { YT_LOSS_PACKETS = 20 }; /* a share of fewer packets says nothing */

typedef struct {
    double rate_bps;
    double inherent; /* share of packets the path loses at any rate */
    double least_bps, most_bps;
    double capacity_kbps; /* what arrived when a queue grew; -1: unknown */
    double deviation;
    double trial_rate; /* before a trial; -1: no trial is on */
    double trial_loss;
    int64_t updated_us, reduced_us; /* -1: never */
} yt_rate_control;

void yt_rate_control_init(yt_rate_control *control, const yt_bandwidth_limits *limits);
/* New bounds; the rate moves inside them. */
void yt_rate_control_limit(yt_rate_control *control, const yt_bandwidth_limits *limits);
/* A second without feedback. */
void yt_rate_control_silent(yt_rate_control *control);
/* A long queue stands: what arrives is all that the path carries. `recent_bps` 0: not known yet. */
void yt_rate_control_jammed(yt_rate_control *control, int64_t recent_bps, int64_t now_us);
/* Act on what the delay says; true when the rate was cut. `arriving_bps` 0: not known yet. */
bool yt_rate_control_delay(yt_rate_control *control, yt_usage usage, int64_t sending_bps, int64_t arriving_bps,
                           int64_t trip_us, int64_t now_us);
/* Act on the loss since the last true; true when it was used up and counting begins anew. */
bool yt_rate_control_loss(yt_rate_control *control, int64_t told, int64_t lost, bool delayed, int64_t sending_bps,
                          int64_t arriving_bps);
/* A probe's rates; returns what it proved and raises the rate to that. */
int64_t yt_rate_control_probed(yt_rate_control *control, int64_t sent_bps, int64_t arrived_bps);

#endif
