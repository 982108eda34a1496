/* Any feedback after any sending: nothing is read too far, and the estimate stays between its limits. */
/* links: congestion delay_trend rate_control meters feedback */
#include "congestion.h"

#include <string.h>

#include "checks.h"
#include "feedback.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const yt_bandwidth_limits LIMITS = {.start_bps = 500000, .least_bps = 50000, .most_bps = 20000000};

static void take_out(const uint8_t *data, size_t size) {
    uint8_t *compound = malloc(size + 1), *taken = malloc(size + 1);
    size_t taken_bytes;
    CHECK(compound != NULL && taken != NULL);
    memcpy(compound, data, size);
    size_t kept = yt_feedback_split(compound, size, taken, &taken_bytes);
    CHECK(kept + taken_bytes == size);
    free(compound);
    free(taken);
}

static void check(yt_congestion *congestion, int64_t now_us) {
    yt_bandwidth read;
    yt_congestion_read(congestion, &read, now_us);
    CHECK(read.estimate_bps >= LIMITS.least_bps && read.estimate_bps <= LIMITS.most_bps);
    CHECK(read.loss >= 0.0 && read.loss <= 1.0 && read.acknowledged_bps >= 0 && read.inherent_loss >= 0.0 && read.inherent_loss <= 1.0 && read.probed_bps >= 0);
}

/* Pieces: a byte that chooses, a length byte; feedback pieces get a sound RTCP header, or else few would be read. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    take_out(data, size);
    yt_congestion *congestion = yt_congestion_new(&LIMITS);
    CHECK(congestion != NULL);
    int64_t now_us = 1000000;
    for (size_t at = 0; at + 2 <= size;) {
        unsigned what = data[at] & 7, amount = data[at + 1];
        at += 2;
        now_us += (data[at - 2] >> 3) * 7000;
        if (what < 4) {
            for (unsigned i = 0; i < amount; i++, now_us += 300 * what)
                yt_congestion_sent(congestion, 100 + 4 * amount, now_us, what == 3);
        } else if (what == 4) {
            yt_congestion_begin_probe(congestion);
        } else if (what == 5) {
            yt_congestion_end_probe(congestion);
        } else {
            size_t length = amount < size - at ? amount : size - at;
            uint8_t *rtcp = malloc(length + 12);
            CHECK(rtcp != NULL);
            memcpy(rtcp, "\x8f\xcd\0\0\0\0\0\0\0\0\0\0", 12);
            memcpy(rtcp + 12, data + at, length);
            yt_congestion_feedback(congestion, what == 6 ? rtcp : rtcp + 12, what == 6 ? length + 12 : length, now_us);
            free(rtcp);
            at += length;
        }
        check(congestion, now_us);
    }
    yt_congestion_free(congestion);
    return 0;
}
