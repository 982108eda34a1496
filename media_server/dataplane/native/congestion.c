#include "congestion.h"

#include <stdlib.h>
#include <string.h>

#include "delay_trend.h"
#include "feedback.h"
#include "meters.h"
#include "rate_control.h"

enum {
    HISTORY_PACKETS = 4096, /* feedback about older packets is ignored */
    TICK_US = 250,
    REFERENCE_TICKS = 256,
    SILENCE_US = 1000000,
    PAUSE_US = 500000,
    STALE_US = 2000000,
    UNKNOWN_TRIP_US = 200000,
    LOSS_WINDOW_US = 200000,
    QUEUE_US = 20000, /* less is jitter: of the path, or of a busy machine at its end */
    JAM_US = 80000,
    MOST_JAM_US = 1000000,
    MEASURED_US = 200000, /* of a jam: then what arrives may be all that is sent */
    USUAL_WEIGHT = 32,
    RECENT_SLOTS = 4,
    GAP_WEIGHT = 8,
    MOST_GAP_US = 250000,
    WINDOW_SLACK_US = 50000,
    LEAST_WINDOW_BYTES = 4800,
    WINDOW_US = 1000000,
};
enum { FLYING, LOST, ARRIVED };

static const int64_t LEAST_TICKS = INT64_C(1) << 31, MOST_TICKS = INT64_C(1) << 50;

static int64_t larger(int64_t a, int64_t b) { return a > b ? a : b; }

struct yt_congestion {
    int64_t next; /* extended transport-wide number of the next packet */
    int64_t sent_us[HISTORY_PACKETS];
    uint32_t sizes[HISTORY_PACKETS];
    int64_t totals[HISTORY_PACKETS]; /* what had been sent with this packet and before it */
    int64_t sent_bytes, told_bytes;  /* in all; up to the newest packet that feedback told of */
    uint8_t states[HISTORY_PACKETS];
    bool in_cluster[HISTORY_PACKETS];
    yt_rate_control control;
    yt_delay_trend trend;
    yt_arrival_rate arriving, sending;
    yt_loss_share loss;
    yt_least trip, base_delay;
    yt_probe_meter probe;
    int64_t queue_us; /* one-way delay of the newest feedback's fastest packet above the least of the last seconds */
    int64_t newest_queue_us; /* the same of its newest packet */
    int64_t usual_queue_us, jammed_us;
    bool jammed;
    int64_t gap_us; /* smoothed time between two feedback packets */
    int64_t feedback_us, last_sent_us, waiting_us;
    int64_t reference; /* -1: none yet */
    int64_t reference_ticks;
    int64_t processed; /* highest extended number that arrived */
    int64_t loss_from; /* loss of packets before this one was made by a rate that is no more */
    int64_t window_us, window_told, window_lost;
    int64_t probed_bps;
};

yt_congestion *yt_congestion_new(const yt_bandwidth_limits *limits) {
    yt_congestion *made = calloc(1, sizeof *made);
    if (made == NULL)
        return NULL;
    made->next = 0x10000;
    /* A place never used counts as arrived: nothing is to be learnt of it. */
    memset(made->states, ARRIVED, sizeof made->states);
    yt_rate_control_init(&made->control, limits);
    yt_delay_trend_init(&made->trend);
    yt_arrival_rate_init(&made->arriving);
    yt_arrival_rate_init(&made->sending);
    made->last_sent_us = made->waiting_us = made->reference = -1;
    return made;
}

void yt_congestion_free(yt_congestion *congestion) { free(congestion); }

void yt_congestion_limit(yt_congestion *congestion, const yt_bandwidth_limits *limits) {
    if (congestion->feedback_us)
        yt_rate_control_limit(&congestion->control, limits);
    else
        yt_rate_control_init(&congestion->control, limits);
}

uint16_t yt_congestion_sent(yt_congestion *congestion, size_t size_bytes, int64_t now_us, bool probing) {
    int64_t number = congestion->next++;
    size_t place = (size_t)(number % HISTORY_PACKETS);
    congestion->sent_us[place] = now_us;
    congestion->sizes[place] = (uint32_t)size_bytes;
    congestion->totals[place] = congestion->sent_bytes += (int64_t)size_bytes;
    yt_arrival_rate_add(&congestion->sending, (uint32_t)size_bytes, now_us);
    congestion->states[place] = FLYING;
    congestion->in_cluster[place] = probing && congestion->probe.open && !congestion->probe.closed;
    if (congestion->in_cluster[place])
        yt_probe_meter_sent(&congestion->probe, number, (uint32_t)size_bytes, now_us);
    if (congestion->waiting_us < 0 || now_us - congestion->last_sent_us > PAUSE_US) {
        congestion->waiting_us = now_us;
    } else if (now_us - congestion->waiting_us >= SILENCE_US) {
        congestion->waiting_us = now_us;
        yt_rate_control_silent(&congestion->control);
    }
    congestion->last_sent_us = now_us;
    return (uint16_t)number;
}

bool yt_congestion_has_room(const yt_congestion *congestion, int64_t now_us) {
    if (!congestion->feedback_us || now_us - congestion->feedback_us > WINDOW_US)
        return true;
    int64_t rate = larger((int64_t)congestion->control.rate_bps, yt_arrival_rate_bps(&congestion->arriving, YT_RATE_SLOTS));
    int64_t window_us = yt_least_value(&congestion->trip, UNKNOWN_TRIP_US) + 2 * congestion->gap_us + WINDOW_SLACK_US;
    return congestion->sent_bytes - congestion->told_bytes < larger(rate * window_us / 8000000, LEAST_WINDOW_BYTES);
}

void yt_congestion_begin_probe(yt_congestion *congestion) {
    yt_probe_meter_init(&congestion->probe);
    memset(congestion->in_cluster, 0, sizeof congestion->in_cluster);
}

void yt_congestion_end_probe(yt_congestion *congestion) { congestion->probe.closed = true; }

/* A trend without a queue is jitter. */
static bool overusing(const yt_congestion *congestion) {
    return congestion->trend.usage == YT_OVERUSE && congestion->queue_us > QUEUE_US;
}

int64_t yt_congestion_trip_us(const yt_congestion *congestion) {
    return yt_least_value(&congestion->trip, 0);
}

void yt_congestion_read(yt_congestion *congestion, yt_bandwidth *out, int64_t now_us) {
    *out = (yt_bandwidth){
        .estimate_bps = (int64_t)congestion->control.rate_bps,
        .acknowledged_bps = yt_arrival_rate_bps(&congestion->arriving, YT_RATE_SLOTS),
        .loss = yt_loss_share_read(&congestion->loss, now_us),
        .inherent_loss = congestion->control.inherent,
        .overusing = overusing(congestion),
        .jammed = congestion->jammed,
        .probed_bps = congestion->probed_bps,
        .feedback_us = congestion->feedback_us,
        .round_trip_us = yt_congestion_trip_us(congestion),
    };
}

static void count(yt_congestion *congestion, int64_t number, int told, int lost, int64_t now_us) {
    yt_loss_share_add(&congestion->loss, told, lost, now_us);
    if (number >= congestion->loss_from) {
        congestion->window_told += told;
        congestion->window_lost += lost;
    }
}

static void begin_loss_window(yt_congestion *congestion, int64_t now_us) {
    congestion->loss_from = congestion->next;
    congestion->window_us = now_us;
    congestion->window_told = congestion->window_lost = 0;
}

/* The reference time without its wrap after 12 days, in ticks. */
static int64_t unwrapped(yt_congestion *congestion, uint32_t reference) {
    if (congestion->reference >= 0) {
        int64_t step = ((reference - congestion->reference + 0x800000) & 0xFFFFFF) - 0x800000;
        congestion->reference_ticks += step * REFERENCE_TICKS;
    }
    if (congestion->reference_ticks < LEAST_TICKS || congestion->reference_ticks > MOST_TICKS)
        /* The first, or a clock that runs wild: high enough that no time becomes negative. */
        congestion->reference_ticks = ((int64_t)reference + 0x1000000) * REFERENCE_TICKS;
    congestion->reference = reference;
    return congestion->reference_ticks;
}

/* A packet that we had not heard of arrived. */
static void arrived(yt_congestion *congestion, int64_t number, int64_t arrival_us, int64_t now_us) {
    size_t place = (size_t)(number % HISTORY_PACKETS);
    bool told_lost = congestion->states[place] == LOST;
    congestion->states[place] = ARRIVED;
    count(congestion, number, told_lost ? 0 : 1, told_lost ? -1 : 0, now_us);
    yt_arrival_rate_add(&congestion->arriving, congestion->sizes[place], arrival_us);
    yt_least_add(&congestion->base_delay, arrival_us - congestion->sent_us[place], now_us);
    if (congestion->in_cluster[place] && congestion->probe.open)
        yt_probe_meter_arrived(&congestion->probe, congestion->sizes[place], arrival_us);
    if (number > congestion->processed) {
        congestion->processed = number;
        yt_delay_trend_packet(&congestion->trend, congestion->sent_us[place], arrival_us);
    }
}

/* Does a queue stand on the way, unusually long? See `Estimator._note_jam`. */
static void note_jam(yt_congestion *congestion, int64_t now_us) {
    int64_t bound_us = JAM_US + 2 * congestion->usual_queue_us;
    if (!congestion->jammed) {
        bool less = 10 * yt_arrival_rate_bps(&congestion->arriving, RECENT_SLOTS) <
                    9 * yt_arrival_rate_bps(&congestion->sending, YT_RATE_SLOTS);
        congestion->jammed =
            less && congestion->newest_queue_us > bound_us && congestion->queue_us > bound_us / 2;
        congestion->jammed_us = now_us;
    } else if (now_us - congestion->jammed_us > MOST_JAM_US) {
        /* A delay that stays although video has stopped is not of our making. */
        congestion->jammed = false;
        congestion->usual_queue_us = congestion->queue_us = congestion->newest_queue_us = 0;
        congestion->base_delay = (yt_least){0};
    } else {
        congestion->jammed = congestion->queue_us > bound_us / 2;
    }
    if (!congestion->jammed)
        congestion->usual_queue_us =
            ((USUAL_WEIGHT - 1) * congestion->usual_queue_us + congestion->newest_queue_us) / USUAL_WEIGHT;
}

/* Take over what is new; false when nothing is. */
static bool learn(yt_congestion *congestion, const yt_feedback *feedback, int64_t now_us) {
    int64_t newest = congestion->next - 1;
    int64_t number = newest - ((newest - feedback->base) & 0xFFFF);
    int64_t ticks = unwrapped(congestion, feedback->reference);
    int64_t last_arrived = 0, least_delay_us = 0, newest_delay_us = 0;
    bool told = false;
    for (size_t i = 0; i < feedback->count; i++, number++) {
        bool absent = feedback->deltas[i] == YT_ABSENT;
        if (!absent)
            ticks += feedback->deltas[i];
        if (number > newest || number <= newest - HISTORY_PACKETS)
            continue;
        size_t place = (size_t)(number % HISTORY_PACKETS);
        uint8_t state = congestion->states[place];
        if (state == ARRIVED || (state == LOST && absent))
            continue;
        told = true;
        congestion->told_bytes = larger(congestion->told_bytes, congestion->totals[place]);
        if (absent) {
            congestion->states[place] = LOST;
            count(congestion, number, 1, 1, now_us);
            continue;
        }
        int64_t arrival_us = ticks * TICK_US;
        newest_delay_us = arrival_us - congestion->sent_us[place];
        arrived(congestion, number, arrival_us, now_us);
        if (last_arrived == 0 || newest_delay_us < least_delay_us)
            least_delay_us = newest_delay_us;
        last_arrived = number;
    }
    if (last_arrived) {
        yt_least_add(&congestion->trip, now_us - congestion->sent_us[last_arrived % HISTORY_PACKETS], now_us);
        int64_t base_us = yt_least_value(&congestion->base_delay, least_delay_us);
        congestion->queue_us = least_delay_us - base_us;
        congestion->newest_queue_us = newest_delay_us - base_us;
        note_jam(congestion, now_us);
    }
    return told;
}

static void judge(yt_congestion *congestion, int64_t now_us) {
    int64_t arriving_bps = yt_arrival_rate_bps(&congestion->arriving, YT_RATE_SLOTS);
    int64_t sending_bps = yt_arrival_rate_bps(&congestion->sending, YT_RATE_SLOTS);
    int64_t trip_us = yt_least_value(&congestion->trip, UNKNOWN_TRIP_US);
    yt_usage usage = congestion->trend.usage;
    if (congestion->jammed) {
        if (now_us - congestion->jammed_us <= MEASURED_US)
            yt_rate_control_jammed(&congestion->control, yt_arrival_rate_bps(&congestion->arriving, RECENT_SLOTS), now_us);
        begin_loss_window(congestion, now_us);
    } else if ((overusing(congestion) || usage != YT_OVERUSE) &&
               yt_rate_control_delay(&congestion->control, usage, sending_bps, arriving_bps, trip_us, now_us)) {
        begin_loss_window(congestion, now_us);
    } else if (congestion->window_told >= YT_LOSS_PACKETS && now_us - congestion->window_us >= LOSS_WINDOW_US) {
        bool delayed = congestion->queue_us > QUEUE_US;
        int64_t lost = congestion->window_lost > 0 ? congestion->window_lost : 0;
        if (yt_rate_control_loss(&congestion->control, congestion->window_told, lost, delayed, sending_bps, arriving_bps))
            begin_loss_window(congestion, now_us);
    }
    yt_probe_meter *probe = &congestion->probe;
    if (probe->open && probe->closed && congestion->processed >= probe->last_number) {
        int64_t sent_bps, arrived_bps;
        if (yt_probe_meter_rates(probe, &sent_bps, &arrived_bps) && sent_bps != 0)
            congestion->probed_bps = yt_rate_control_probed(&congestion->control, sent_bps, arrived_bps);
        probe->open = false;
    }
}

void yt_congestion_feedback(yt_congestion *congestion, const uint8_t *rtcp, size_t length, int64_t now_us) {
    yt_feedback feedback;
    if (!yt_feedback_read(&feedback, rtcp, length))
        return;
    if (congestion->feedback_us && now_us - congestion->feedback_us > STALE_US)
        yt_delay_trend_init(&congestion->trend);
    if (!learn(congestion, &feedback, now_us))
        return;
    if (congestion->feedback_us) {
        int64_t gap_us = now_us - congestion->feedback_us;
        gap_us = gap_us < MOST_GAP_US ? gap_us : MOST_GAP_US;
        congestion->gap_us = ((GAP_WEIGHT - 1) * congestion->gap_us + gap_us) / GAP_WEIGHT;
    }
    congestion->feedback_us = now_us;
    congestion->waiting_us = -1;
    judge(congestion, now_us);
}
