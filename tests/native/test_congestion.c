/* The estimator on a simulated link: it finds the capacity, falls when the link narrows, and reads no byte too far. */
/* links: congestion delay_trend rate_control meters feedback */
#include "congestion.h"

#include <string.h>

#include "checks.h"

enum { PACKET_BYTES = 1200, TICK_US = 250, REFERENCE_US = 64000 };

/* A link of one queue; packets of the last 50 ms are told of at once. */
typedef struct {
    int64_t now_us, free_us, told_us;
    int64_t arrivals_us[4096];
    uint16_t first, count;
} link_state;

static void tell(link_state *link, yt_congestion *congestion) {
    uint8_t rtcp[2048] = {0x8F, 205};
    int64_t last_us = link->arrivals_us[0] / REFERENCE_US * REFERENCE_US;
    uint32_t reference = (uint32_t)(last_us / REFERENCE_US);
    size_t at = 20;
    CHECK(link->count <= 256);
    rtcp[12] = (uint8_t)(link->first >> 8);
    rtcp[13] = (uint8_t)link->first;
    rtcp[14] = (uint8_t)(link->count >> 8);
    rtcp[15] = (uint8_t)link->count;
    rtcp[16] = (uint8_t)(reference >> 16);
    rtcp[17] = (uint8_t)(reference >> 8);
    rtcp[18] = (uint8_t)reference;
    rtcp[at++] = (uint8_t)(0x40 | link->count >> 8); /* a run of large deltas */
    rtcp[at++] = (uint8_t)link->count;
    for (unsigned i = 0; i < link->count; i++) {
        int64_t delta = (link->arrivals_us[i] - last_us) / TICK_US;
        last_us += delta * TICK_US;
        rtcp[at++] = (uint8_t)(delta >> 8);
        rtcp[at++] = (uint8_t)delta;
    }
    yt_congestion_feedback(congestion, rtcp, at, link->now_us + 30000);
    link->count = 0;
    link->told_us = link->now_us;
}

/* Sends at the estimate for so long; returns the estimate. */
static int64_t run(link_state *link, yt_congestion *congestion, int64_t capacity_bps, int64_t duration_us) {
    yt_bandwidth read;
    for (int64_t end_us = link->now_us + duration_us; link->now_us < end_us;) {
        yt_congestion_read(congestion, &read, link->now_us);
        link->now_us += PACKET_BYTES * 8 * INT64_C(1000000) / read.estimate_bps;
        uint16_t number = yt_congestion_sent(congestion, PACKET_BYTES, link->now_us, false);
        if (link->count == 0) link->first = number;
        int64_t begin_us = link->free_us > link->now_us ? link->free_us : link->now_us;
        link->free_us = begin_us + PACKET_BYTES * 8 * INT64_C(1000000) / capacity_bps;
        link->arrivals_us[link->count++] = link->free_us + 20000;
        if (link->now_us - link->told_us >= 50000 || link->count == 256) tell(link, congestion);
    }
    return read.estimate_bps;
}

static void the_estimate_follows_the_link(void) {
    const yt_bandwidth_limits limits = {1000000, 50000, 20000000};
    link_state *link = calloc(1, sizeof *link);
    yt_congestion *congestion = yt_congestion_new(&limits);
    CHECK(link != NULL && congestion != NULL);
    link->now_us = 1000000;
    int64_t wide = run(link, congestion, 3000000, 60000000);
    CHECK(wide > 1800000 && wide < 3600000);
    int64_t narrow = run(link, congestion, 500000, 20000000);
    CHECK(narrow > 250000 && narrow < 650000);
    CHECK(run(link, congestion, 3000000, 60000000) > 1500000);
    yt_congestion_limit(congestion, &(yt_bandwidth_limits){1, 1, 100000});
    yt_bandwidth read;
    yt_congestion_read(congestion, &read, link->now_us);
    CHECK(read.estimate_bps == 100000 && read.feedback_us > 0 && read.loss == 0.0);
    yt_congestion_free(congestion);
    free(link);
}

static void feedback_may_end_anywhere(void) {
    const uint8_t whole[] = {0x8F, 205, 0, 6, 0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 9, 0, 0, 1, 0, 0x20, 2, 0xD4, 0x40,
                             4, 4, 0x12, 0x34, 5, 6, 7, 8};
    const yt_bandwidth_limits limits = {1000000, 50000, 20000000};
    yt_congestion *congestion = yt_congestion_new(&limits);
    CHECK(congestion != NULL);
    for (int i = 0; i < 100; i++) yt_congestion_sent(congestion, 100, 1000000 + i, false);
    for (size_t length = 0; length <= sizeof whole; length++) {
        uint8_t *exact = malloc(length + 1);
        memcpy(exact + 1, whole, length);
        yt_congestion_feedback(congestion, exact + 1, length, 2000000);
        free(exact);
    }
    yt_bandwidth read;
    yt_congestion_read(congestion, &read, 2000000);
    CHECK(read.feedback_us == 2000000 && read.loss > 0.0);
    yt_congestion_free(congestion);
}

int main(void) {
    the_estimate_follows_the_link();
    feedback_may_end_anywhere();
    return 0;
}
