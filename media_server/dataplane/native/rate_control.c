#include "rate_control.h"

#include <math.h>

static const double BACKOFF = 0.85, GROWTH_PER_S = 0.08, LEAST_GROWTH_BPS = 4000.0, PACKET_BITS = 9600.0;
static const double LIMIT_FACTOR = 1.5, LIMIT_SLACK_BPS = 10000.0;
static const double DEVIATION = 0.4, LEAST_DEVIATION = 0.4, MOST_DEVIATION = 2.5, CAPACITY_WEIGHT = 0.05;
static const double EXCESS_LOSS = 0.10, FLOOD_LOSS = 0.25, SIGMAS = 2.0, RADIO_LOSS = 0.05;
static const double FELL = 0.5, MOST_INHERENT = 0.5, FORGET = 0.25;
static const double LITTLE = 0.7, ALL = 0.75;
static const double SATURATED = 0.9, SATURATED_MARGIN = 0.95, UNKNOWN = -1.0;

enum {
    RESPONSE_US = 100000,
    LEAST_REDUCTION_US = 10000,
    MOST_REDUCTION_US = 200000,
    MOST_STEP_US = 1000000,
    TRIAL_PACKETS = 60,
};

static double larger(double a, double b) { return b > a ? b : a; }

static double smaller(double a, double b) { return b < a ? b : a; }

static void set(yt_rate_control *control, double rate_bps) {
    control->rate_bps = smaller(larger(rate_bps, control->least_bps), control->most_bps);
}

/* What was sent for that to arrive, were there no queue. */
static double carried_by(const yt_rate_control *control, int64_t arriving_bps) {
    return (double)arriving_bps / (1.0 - control->inherent);
}

void yt_rate_control_init(yt_rate_control *control, const yt_bandwidth_limits *limits) {
    *control = (yt_rate_control){
        .capacity_kbps = UNKNOWN, .deviation = DEVIATION, .trial_rate = UNKNOWN, .updated_us = -1, .reduced_us = -1};
    yt_rate_control_limit(control, limits);
    set(control, (double)limits->start_bps);
}

void yt_rate_control_limit(yt_rate_control *control, const yt_bandwidth_limits *limits) {
    control->least_bps = (double)limits->least_bps;
    control->most_bps = (double)(limits->most_bps > limits->least_bps ? limits->most_bps : limits->least_bps);
    set(control, control->rate_bps);
}

void yt_rate_control_silent(yt_rate_control *control) { set(control, control->rate_bps / 2.0); }

static double spread_kbps(const yt_rate_control *control) {
    return 3.0 * sqrt(control->deviation * control->capacity_kbps);
}

/* Mean and normalised variance of what arrived at each overuse. */
static void meet_capacity(yt_rate_control *control, double carried_kbps) {
    if (control->capacity_kbps >= 0.0 && carried_kbps < control->capacity_kbps - spread_kbps(control))
        control->capacity_kbps = UNKNOWN;
    if (control->capacity_kbps < 0.0) {
        control->capacity_kbps = carried_kbps;
        return;
    }
    control->capacity_kbps += CAPACITY_WEIGHT * (carried_kbps - control->capacity_kbps);
    double off = control->capacity_kbps - carried_kbps;
    double deviation = (1.0 - CAPACITY_WEIGHT) * control->deviation;
    deviation += CAPACITY_WEIGHT * off * off / larger(control->capacity_kbps, 1.0);
    control->deviation = smaller(larger(deviation, LEAST_DEVIATION), MOST_DEVIATION);
}

/* All that was sent arrived, and it was little: that says nothing of what the path carries. */
static bool overused_by_little(yt_rate_control *control, int64_t now_us) {
    if (control->reduced_us >= 0 && now_us - control->reduced_us < MOST_REDUCTION_US)
        return false;
    control->reduced_us = now_us;
    control->trial_rate = UNKNOWN;
    set(control, BACKOFF * control->rate_bps);
    return true;
}

static bool overused(yt_rate_control *control, double carried, int64_t trip_us, int64_t now_us) {
    int64_t pause_us = trip_us > LEAST_REDUCTION_US ? trip_us : LEAST_REDUCTION_US;
    pause_us = pause_us < MOST_REDUCTION_US ? pause_us : MOST_REDUCTION_US;
    if (control->reduced_us >= 0 && now_us - control->reduced_us < pause_us && carried >= 0.5 * control->rate_bps)
        return false;
    control->reduced_us = now_us;
    control->trial_rate = UNKNOWN;
    double target = BACKOFF * carried;
    if (target > control->rate_bps && control->capacity_kbps >= 0.0)
        target = BACKOFF * control->capacity_kbps * 1000.0;
    set(control, smaller(target, control->rate_bps));
    meet_capacity(control, carried / 1000.0);
    return true;
}

static void grow(yt_rate_control *control, double carried, int64_t trip_us, double elapsed_s) {
    if (control->capacity_kbps >= 0.0 && carried / 1000.0 > control->capacity_kbps + spread_kbps(control))
        control->capacity_kbps = UNKNOWN;
    double grown;
    if (control->capacity_kbps >= 0.0)
        /* About a packet more in each response time (draft-ietf-rmcat-gcc-02, section 5.5). */
        grown = larger(PACKET_BITS / ((double)(trip_us + RESPONSE_US) / 1000000.0), LEAST_GROWTH_BPS) * elapsed_s;
    else
        grown = GROWTH_PER_S * control->rate_bps * elapsed_s;
    double limit = LIMIT_FACTOR * carried + LIMIT_SLACK_BPS;
    set(control, larger(control->rate_bps, smaller(control->rate_bps + grown, limit)));
}

void yt_rate_control_jammed(yt_rate_control *control, int64_t recent_bps, int64_t now_us) {
    if (recent_bps <= 0)
        return;
    control->updated_us = control->reduced_us = now_us;
    control->trial_rate = UNKNOWN;
    double carried = carried_by(control, recent_bps);
    set(control, smaller(control->rate_bps, BACKOFF * carried));
    meet_capacity(control, carried / 1000.0);
}

bool yt_rate_control_delay(yt_rate_control *control, yt_usage usage, int64_t sending_bps, int64_t arriving_bps,
                           int64_t trip_us, int64_t now_us) {
    int64_t elapsed_us = control->updated_us < 0 ? 0 : now_us - control->updated_us;
    elapsed_us = elapsed_us < MOST_STEP_US ? elapsed_us : MOST_STEP_US;
    control->updated_us = now_us;
    if (arriving_bps <= 0)
        return false;
    double carried = carried_by(control, arriving_bps);
    if (usage == YT_OVERUSE && (double)sending_bps < LITTLE * control->rate_bps &&
        carried >= ALL * (double)sending_bps)
        return overused_by_little(control, now_us);
    if (usage == YT_OVERUSE)
        return overused(control, carried, trip_us, now_us);
    if (usage != YT_UNDERUSE)
        grow(control, carried, trip_us, (double)elapsed_us / 1000000.0);
    return false;
}

bool yt_rate_control_loss(yt_rate_control *control, int64_t told, int64_t lost, bool delayed, int64_t sending_bps,
                          int64_t arriving_bps) {
    double all = (double)told, share = (double)lost / all, inherent = control->inherent;
    double radio = larger(inherent, RADIO_LOSS), sway = SIGMAS * sqrt(all * radio * (1.0 - radio));
    double bound = (inherent + EXCESS_LOSS) * all + sway;
    if ((double)lost > bound && delayed && arriving_bps > 0) {
        control->trial_rate = UNKNOWN;
        bool flooded = (double)lost > (inherent + FLOOD_LOSS) * all + sway;
        if ((double)sending_bps < LITTLE * control->rate_bps && !flooded)
            set(control, BACKOFF * control->rate_bps);
        else
            set(control, smaller(control->rate_bps, BACKOFF * carried_by(control, arriving_bps)));
        return true;
    }
    if (told < TRIAL_PACKETS)
        return false;
    if (control->trial_rate >= 0.0) {
        if (share >= inherent + FELL * (control->trial_loss - inherent)) {
            control->inherent = smaller(share, MOST_INHERENT);
            set(control, larger(control->rate_bps, control->trial_rate));
        }
        control->trial_rate = UNKNOWN;
    } else if ((double)lost > bound) {
        control->trial_rate = control->rate_bps;
        control->trial_loss = share;
        set(control, BACKOFF * control->rate_bps);
    } else if (share < inherent) {
        control->inherent += FORGET * (share - inherent);
    }
    return true;
}

int64_t yt_rate_control_probed(yt_rate_control *control, int64_t sent_bps, int64_t arrived_bps) {
    double carried = carried_by(control, arrived_bps), sent = (double)sent_bps;
    bool saturated = carried < SATURATED * sent;
    double proved = saturated ? SATURATED_MARGIN * carried : smaller(sent, carried);
    if (proved > control->rate_bps) {
        control->capacity_kbps = saturated ? proved / 1000.0 : UNKNOWN;
        set(control, proved);
    }
    return (int64_t)proved;
}
