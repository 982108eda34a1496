/* What the bandwidth estimator counts: arrival rate, share lost, least value, a probe's two rates.
 *
 * Twin of `meters.py`; integers only. Sums are unsigned: a peer that lies for years wraps them, nothing worse. */
#ifndef YT_METERS_H
#define YT_METERS_H

#include <stdbool.h>
#include <stdint.h>

enum { YT_RATE_SLOTS = 10, YT_LOSS_SLOTS = 10 };

/* Bits per second over the last half second of a peer's own clock. */
typedef struct {
    uint64_t slots[YT_RATE_SLOTS];
    int64_t first_us, newest_us; /* -1: none */
} yt_arrival_rate;

void yt_arrival_rate_init(yt_arrival_rate *rate);
/* What is older than the window is left out. */
void yt_arrival_rate_add(yt_arrival_rate *rate, uint32_t size_bytes, int64_t arrival_us);
/* Over the newest so many slots of 50 ms; 0 until a tenth of a second is known. */
int64_t yt_arrival_rate_bps(const yt_arrival_rate *rate, int slots);

/* Packets told of and lost in the last second of our clock. All zero at first. */
typedef struct {
    int64_t told[YT_LOSS_SLOTS], lost[YT_LOSS_SLOTS];
    int64_t newest;
} yt_loss_share;

/* `lost` is -1 for a packet that was told lost and came after all. Time never goes back. */
void yt_loss_share_add(yt_loss_share *share, int told, int lost, int64_t now_us);
double yt_loss_share_read(yt_loss_share *share, int64_t now_us);

/* The least value of the last 5 to 10 seconds, in two buckets. All zero at first. */
typedef struct {
    bool known;
    int64_t begun_us, now, before;
} yt_least;

void yt_least_add(yt_least *least, int64_t value, int64_t now_us);
int64_t yt_least_value(const yt_least *least, int64_t otherwise);

/* One cluster of packets: how fast it was sent and how fast it arrived. */
typedef struct {
    uint64_t sent, sent_bytes, arrived, arrived_bytes;
    int64_t first_sent_us, last_sent_us, first_arrival_us, last_arrival_us;
    uint32_t last_size, first_size;
    int64_t last_number; /* -1: none */
    bool open;           /* there is a probe */
    bool closed;         /* all of it was sent */
} yt_probe_meter;

void yt_probe_meter_init(yt_probe_meter *probe);
void yt_probe_meter_sent(yt_probe_meter *probe, int64_t number, uint32_t size_bytes, int64_t now_us);
void yt_probe_meter_arrived(yt_probe_meter *probe, uint32_t size_bytes, int64_t arrival_us);
/* False when too little of it arrived to tell. */
bool yt_probe_meter_rates(const yt_probe_meter *probe, int64_t *sent_bps, int64_t *arrived_bps);

#endif
