#include "delay_trend.h"

#include <stdbool.h>
#include <string.h>

enum { GROUP_US = 5000, BURST_US = 100000, ANOMALY_US = 3000000, MAX_DELTAS = 60, MAX_REORDERED = 3 };

static const double SMOOTHING = 0.9, GAIN = 4.0, SPIKE_MS = 15.0, MAX_STEP_MS = 100.0, OVERUSE_MS = 10.0;
static const double THRESHOLD_MS = 12.5, LEAST_THRESHOLD_MS = 6.0, MOST_THRESHOLD_MS = 600.0;
static const double THRESHOLD_UP = 0.0087, THRESHOLD_DOWN = 0.039;

static const yt_packet_group NO_GROUP = {.first_sent_us = -1};

static int64_t larger(int64_t a, int64_t b) { return a > b ? a : b; }

void yt_delay_trend_init(yt_delay_trend *trend) {
    *trend = (yt_delay_trend){
        .usage = YT_NORMAL,
        .group = NO_GROUP,
        .previous = NO_GROUP,
        .first_arrival_us = -1,
        .last_update_us = -1,
        .threshold_ms = THRESHOLD_MS,
        .over_ms = -1.0,
    };
}

/* Least squares through the full window. */
static double slope(const yt_delay_trend *trend) {
    double sum_x = 0.0, sum_y = 0.0, numerator = 0.0, denominator = 0.0;
    for (int i = 0; i < YT_TREND_GROUPS; i++) {
        sum_x += trend->arrivals_ms[i];
        sum_y += trend->smoothed[i];
    }
    double mean_x = sum_x / YT_TREND_GROUPS, mean_y = sum_y / YT_TREND_GROUPS;
    for (int i = 0; i < YT_TREND_GROUPS; i++) {
        double x = trend->arrivals_ms[i] - mean_x;
        numerator += x * (trend->smoothed[i] - mean_y);
        denominator += x * x;
    }
    return denominator > 0.0 ? numerator / denominator : trend->trend;
}

/* Let the threshold follow, fast downward and slowly upward; a single spike does not move it. */
static void adapt(yt_delay_trend *trend, double modified, int64_t arrival_us) {
    if (trend->last_update_us < 0)
        trend->last_update_us = arrival_us;
    double size = modified < 0.0 ? -modified : modified;
    if (size <= trend->threshold_ms + SPIKE_MS) {
        double factor = size < trend->threshold_ms ? THRESHOLD_DOWN : THRESHOLD_UP;
        double step_ms = (double)(arrival_us - trend->last_update_us) / 1000.0;
        step_ms = step_ms < MAX_STEP_MS ? step_ms : MAX_STEP_MS;
        double threshold = trend->threshold_ms + factor * (size - trend->threshold_ms) * step_ms;
        threshold = threshold > LEAST_THRESHOLD_MS ? threshold : LEAST_THRESHOLD_MS;
        trend->threshold_ms = threshold < MOST_THRESHOLD_MS ? threshold : MOST_THRESHOLD_MS;
    }
    trend->last_update_us = arrival_us;
}

static void detect(yt_delay_trend *trend, double found, double sent_delta_ms, int64_t arrival_us) {
    double modified = (double)trend->deltas * found * GAIN;
    if (trend->deltas < 2) {
        trend->usage = YT_NORMAL;
    } else if (modified > trend->threshold_ms) {
        trend->over_ms = trend->over_ms < 0.0 ? sent_delta_ms / 2.0 : trend->over_ms + sent_delta_ms;
        trend->over_count++;
        if (trend->over_ms > OVERUSE_MS && trend->over_count > 1 && found >= trend->trend) {
            trend->over_ms = 0.0;
            trend->over_count = 0;
            trend->usage = YT_OVERUSE;
        }
    } else {
        trend->over_ms = -1.0;
        trend->over_count = 0;
        trend->usage = modified < -trend->threshold_ms ? YT_UNDERUSE : YT_NORMAL;
    }
    trend->trend = found;
    adapt(trend, modified, arrival_us);
}

static void update(yt_delay_trend *trend, double delta_ms, double sent_delta_ms, int64_t arrival_us) {
    if (trend->first_arrival_us < 0)
        trend->first_arrival_us = arrival_us;
    if (trend->deltas < MAX_DELTAS)
        trend->deltas++;
    trend->accumulated_ms += delta_ms;
    trend->smoothed_ms = SMOOTHING * trend->smoothed_ms + (1.0 - SMOOTHING) * trend->accumulated_ms;
    if (trend->known == YT_TREND_GROUPS) {
        memmove(trend->arrivals_ms, trend->arrivals_ms + 1, sizeof trend->arrivals_ms - sizeof trend->arrivals_ms[0]);
        memmove(trend->smoothed, trend->smoothed + 1, sizeof trend->smoothed - sizeof trend->smoothed[0]);
        trend->known--;
    }
    trend->arrivals_ms[trend->known] = (double)(arrival_us - trend->first_arrival_us) / 1000.0;
    trend->smoothed[trend->known++] = trend->smoothed_ms;
    detect(trend, trend->known == YT_TREND_GROUPS ? slope(trend) : trend->trend, sent_delta_ms, arrival_us);
}

/* The present group is whole: compare it with the one before. */
static void complete(yt_delay_trend *trend) {
    const yt_packet_group *group = &trend->group;
    if (trend->previous.first_sent_us >= 0) {
        int64_t sent_delta_us = group->last_sent_us - trend->previous.last_sent_us;
        int64_t arrival_delta_us = group->last_arrival_us - trend->previous.last_arrival_us;
        if (arrival_delta_us < 0) {
            if (++trend->reordered >= MAX_REORDERED) {
                trend->previous = NO_GROUP;
                trend->reordered = 0;
            }
            return;
        }
        trend->reordered = 0;
        int64_t delta_us = arrival_delta_us - sent_delta_us;
        if (delta_us < ANOMALY_US)
            update(trend, (double)delta_us / 1000.0, (double)sent_delta_us / 1000.0, group->last_arrival_us);
    }
    trend->previous = *group;
}

static bool same_group(const yt_packet_group *group, int64_t sent_us, int64_t arrival_us) {
    if (sent_us - group->first_sent_us <= GROUP_US)
        return true;
    /* What the link held back and then delivers at once tells nothing of a queue (MMSys 2016, section 3.1). */
    int64_t gap_us = arrival_us - group->last_arrival_us;
    return gap_us <= GROUP_US && gap_us < sent_us - group->last_sent_us &&
           arrival_us - group->first_arrival_us < BURST_US;
}

void yt_delay_trend_packet(yt_delay_trend *trend, int64_t sent_us, int64_t arrival_us) {
    yt_packet_group *group = &trend->group;
    if (group->first_sent_us >= 0) {
        if (sent_us < group->first_sent_us)
            return;
        if (same_group(group, sent_us, arrival_us)) {
            group->last_sent_us = larger(group->last_sent_us, sent_us);
            group->last_arrival_us = larger(group->last_arrival_us, arrival_us);
            return;
        }
        complete(trend);
    }
    *group = (yt_packet_group){sent_us, sent_us, arrival_us, arrival_us};
}
