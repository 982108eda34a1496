#include "arrivals.h"

#include <string.h>

enum { TICK_US = 250, REFERENCE_US = 64000, ABSENT = 0, SMALL = 1, LARGE = 2, HEAD = 20, LONGEST_RUN = 0x1FFF };
/* Chunks of seven symbols, two bytes for each delta, padding. */
_Static_assert(HEAD + 2 * (YT_ARRIVALS_STATUSES / 7 + 2) + 2 * YT_ARRIVALS_STATUSES + 4 <= YT_ARRIVALS_PACKET_BYTES,
               "the longest packet fits");

void yt_arrivals_init(yt_arrivals *arrivals) {
    memset(arrivals->times_us, 0xFF, sizeof arrivals->times_us);
    arrivals->highest = arrivals->since_us = -1;
    arrivals->begin = 0;
    arrivals->count = 0;
}

static int64_t *time_of(yt_arrivals *arrivals, int64_t number) {
    return &arrivals->times_us[number % YT_ARRIVALS_SPAN];
}

void yt_arrivals_add(yt_arrivals *arrivals, uint16_t sequence, int64_t arrival_us) {
    if (arrivals->highest < 0) {
        arrivals->begin = (int64_t)sequence + 0x10000;
        arrivals->highest = arrivals->begin - 1;
    }
    int64_t highest = arrivals->highest;
    int64_t number = highest + (int16_t)(uint16_t)(sequence - (uint16_t)highest);
    if (number > highest) {
        int64_t missing = highest > number - YT_ARRIVALS_SPAN ? highest : number - YT_ARRIVALS_SPAN;
        while (++missing < number)
            *time_of(arrivals, missing) = -1;
        arrivals->highest = number;
    } else if (number <= highest - YT_ARRIVALS_SPAN || *time_of(arrivals, number) >= 0)
        return;
    else if (number < arrivals->begin)
        arrivals->begin = number; /* late: told with everything since, though that was told before */
    *time_of(arrivals, number) = arrival_us;
    if (arrivals->since_us < 0)
        arrivals->since_us = arrival_us;
}

static void write16(uint8_t *at, unsigned value) {
    at[0] = (uint8_t)(value >> 8);
    at[1] = (uint8_t)value;
}

static void write32(uint8_t *at, uint32_t value) {
    write16(at, value >> 16);
    write16(at + 2, value & 0xFFFF);
}

/* Runs where seven or more are alike, else vectors of seven two-bit symbols; the bytes written. */
static size_t write_chunks(uint8_t *out, const uint8_t *symbols, size_t count) {
    size_t at = 0, bytes = 0;
    while (at < count) {
        size_t run = 1;
        while (at + run < count && symbols[at + run] == symbols[at] && run < LONGEST_RUN)
            run++;
        if (run >= 7 || at + run == count) {
            write16(out + bytes, (unsigned)symbols[at] << 13 | (unsigned)run);
            at += run;
        } else {
            unsigned vector = 0xC000;
            for (size_t each = 0; each < 7 && at + each < count; each++)
                vector |= (unsigned)symbols[at + each] << (12 - 2 * each);
            write16(out + bytes, vector);
            at += 7;
        }
        bytes += 2;
    }
    return bytes;
}

static int64_t floor_div(int64_t value, int64_t by) {
    return value >= 0 ? value / by : -((-value + by - 1) / by);
}

size_t yt_arrivals_build(yt_arrivals *arrivals, uint32_t ssrc, uint32_t media_ssrc,
                         uint8_t out[YT_ARRIVALS_PACKET_BYTES]) {
    int64_t oldest = arrivals->highest - YT_ARRIVALS_SPAN + 1, last = arrivals->highest;
    int64_t first = arrivals->begin > oldest ? arrivals->begin : oldest;
    if (arrivals->since_us < 0)
        return 0;
    uint8_t symbols[YT_ARRIVALS_STATUSES], deltas[2 * YT_ARRIVALS_STATUSES];
    size_t count = 0, delta_bytes = 0;
    int64_t known = first;
    while (known < last && *time_of(arrivals, known) < 0)
        known++;
    int64_t reference = *time_of(arrivals, known) / REFERENCE_US, at_us = reference * REFERENCE_US;
    for (; first + (int64_t)count <= last && count < YT_ARRIVALS_STATUSES; count++) {
        int64_t arrival_us = *time_of(arrivals, first + (int64_t)count);
        if (arrival_us < 0) {
            symbols[count] = ABSENT;
            continue;
        }
        int64_t delta = floor_div(arrival_us - at_us, TICK_US);
        if (delta < INT16_MIN || delta > INT16_MAX)
            break;
        at_us += delta * TICK_US;
        symbols[count] = delta >= 0 && delta <= UINT8_MAX ? SMALL : LARGE;
        if (symbols[count] == LARGE)
            deltas[delta_bytes++] = (uint8_t)((uint64_t)delta >> 8);
        deltas[delta_bytes++] = (uint8_t)delta;
    }
    write32(out + 4, ssrc);
    write32(out + 8, media_ssrc);
    write16(out + 12, (unsigned)(first & 0xFFFF));
    write16(out + 14, (unsigned)count);
    write32(out + 16, (uint32_t)(reference & 0xFFFFFF) << 8 | arrivals->count++);
    size_t length = HEAD + write_chunks(out + HEAD, symbols, count);
    memcpy(out + length, deltas, delta_bytes);
    length += delta_bytes;
    size_t padding = (4 - length % 4) % 4;
    memset(out + length, 0, padding);
    length += padding;
    if (padding)
        out[length - 1] = (uint8_t)padding;
    out[0] = (uint8_t)(0x80 | (padding ? 0x20 : 0) | 15);
    out[1] = 205;
    write16(out + 2, (unsigned)(length / 4 - 1));
    arrivals->begin = first + (int64_t)count;
    if (arrivals->begin > last)
        arrivals->since_us = -1;
    return length;
}
