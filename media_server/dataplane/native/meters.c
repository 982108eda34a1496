#include "meters.h"

#include <string.h>

enum {
    RATE_SLOT_US = 50000,
    LEAST_RATE_SPAN_US = 100000,
    CLOCK_JUMP_US = 3000000,
    LOSS_SLOT_US = 100000,
    LEAST_SPAN_US = 5000000,
    PROBE_PACKETS = 5,
};

static int64_t larger(int64_t a, int64_t b) { return a > b ? a : b; }

static int64_t smaller(int64_t a, int64_t b) { return a < b ? a : b; }

void yt_arrival_rate_init(yt_arrival_rate *rate) { *rate = (yt_arrival_rate){.first_us = -1, .newest_us = -1}; }

void yt_arrival_rate_add(yt_arrival_rate *rate, uint32_t size_bytes, int64_t arrival_us) {
    if (rate->newest_us < 0 || arrival_us < rate->newest_us - CLOCK_JUMP_US) {
        /* The first packet, or the peer's clock was set back. */
        memset(rate->slots, 0, sizeof rate->slots);
        rate->first_us = rate->newest_us = arrival_us;
    }
    int64_t slot = arrival_us / RATE_SLOT_US, newest = rate->newest_us / RATE_SLOT_US;
    if (slot <= newest - YT_RATE_SLOTS)
        return;
    for (int64_t passed = larger(newest + 1, slot - YT_RATE_SLOTS + 1); passed <= slot; passed++)
        rate->slots[passed % YT_RATE_SLOTS] = 0;
    rate->newest_us = larger(rate->newest_us, arrival_us);
    rate->slots[slot % YT_RATE_SLOTS] += size_bytes;
}

int64_t yt_arrival_rate_bps(const yt_arrival_rate *rate, int slots) {
    if (rate->newest_us < 0)
        return 0;
    /* Not below zero: nothing arrived before the clock's beginning. */
    int64_t newest = rate->newest_us / RATE_SLOT_US, oldest = larger(newest - slots + 1, 0);
    int64_t begin = larger(oldest * RATE_SLOT_US, rate->first_us);
    int64_t span_us = rate->newest_us - begin;
    if (span_us < LEAST_RATE_SPAN_US)
        return 0;
    uint64_t total = 0;
    for (int64_t slot = oldest; slot <= newest; slot++)
        total += rate->slots[slot % YT_RATE_SLOTS];
    return (int64_t)(total * 8000000 / (uint64_t)span_us);
}

static void advance(yt_loss_share *share, int64_t now_us) {
    int64_t slot = now_us / LOSS_SLOT_US;
    for (int64_t passed = larger(share->newest + 1, slot - YT_LOSS_SLOTS + 1); passed <= slot; passed++)
        share->told[passed % YT_LOSS_SLOTS] = share->lost[passed % YT_LOSS_SLOTS] = 0;
    share->newest = larger(share->newest, slot);
}

void yt_loss_share_add(yt_loss_share *share, int told, int lost, int64_t now_us) {
    advance(share, now_us);
    share->told[share->newest % YT_LOSS_SLOTS] += told;
    share->lost[share->newest % YT_LOSS_SLOTS] += lost;
}

double yt_loss_share_read(yt_loss_share *share, int64_t now_us) {
    advance(share, now_us);
    int64_t told = 0, lost = 0;
    for (int i = 0; i < YT_LOSS_SLOTS; i++) {
        told += share->told[i];
        lost += share->lost[i];
    }
    if (told <= 0 || lost <= 0)
        return 0.0;
    double found = (double)lost / (double)told;
    return found < 1.0 ? found : 1.0;
}

void yt_least_add(yt_least *least, int64_t value, int64_t now_us) {
    if (!least->known || now_us - least->begun_us >= 2 * LEAST_SPAN_US) {
        *least = (yt_least){.known = true, .begun_us = now_us, .now = value, .before = value};
    } else if (now_us - least->begun_us >= LEAST_SPAN_US) {
        least->begun_us += LEAST_SPAN_US;
        least->before = least->now;
        least->now = value;
    } else {
        least->now = smaller(least->now, value);
    }
}

int64_t yt_least_value(const yt_least *least, int64_t otherwise) {
    return least->known ? smaller(least->now, least->before) : otherwise;
}

void yt_probe_meter_init(yt_probe_meter *probe) { *probe = (yt_probe_meter){.last_number = -1, .open = true}; }

void yt_probe_meter_sent(yt_probe_meter *probe, int64_t number, uint32_t size_bytes, int64_t now_us) {
    if (probe->sent == 0)
        probe->first_sent_us = now_us;
    probe->sent++;
    probe->sent_bytes += size_bytes;
    probe->last_sent_us = now_us;
    probe->last_size = size_bytes;
    probe->last_number = number;
}

void yt_probe_meter_arrived(yt_probe_meter *probe, uint32_t size_bytes, int64_t arrival_us) {
    if (probe->arrived == 0 || arrival_us < probe->first_arrival_us) {
        probe->first_arrival_us = arrival_us;
        probe->first_size = size_bytes;
    }
    if (probe->arrived == 0 || arrival_us > probe->last_arrival_us)
        probe->last_arrival_us = arrival_us;
    probe->arrived++;
    probe->arrived_bytes += size_bytes;
}

bool yt_probe_meter_rates(const yt_probe_meter *probe, int64_t *sent_bps, int64_t *arrived_bps) {
    int64_t sent_us = probe->last_sent_us - probe->first_sent_us;
    int64_t arrived_us = probe->last_arrival_us - probe->first_arrival_us;
    *sent_bps = *arrived_bps = 0;
    if (probe->arrived < PROBE_PACKETS || probe->arrived * 2 < probe->sent || sent_us <= 0 || arrived_us <= 0)
        return false;
    /* The last packet's sending and the first one's arrival take no time that we see. */
    *sent_bps = (int64_t)((probe->sent_bytes - probe->last_size) * 8 * 1000000 / (uint64_t)sent_us);
    *arrived_bps = (int64_t)((probe->arrived_bytes - probe->first_size) * 8 * 1000000 / (uint64_t)arrived_us);
    return true;
}
