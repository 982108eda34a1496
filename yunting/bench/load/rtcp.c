/* RTCP as a browser sends it: sender and receiver reports each second, transport-cc feedback each 100 ms. */
#include "load.h"

#include <string.h>

enum { STATUS_LIMIT = 400, TICK_US = 250, REFERENCE_US = 64000 };

static int source_description(uint32_t ssrc, uint8_t *out)
{
    put32(out, 0x81CA0000u | 3);
    put32(out + 4, ssrc);
    memcpy(out + 8, "\1\4load\0\0", 8);
    return 16;
}

/* RFC 3550 6.4.1 */
int build_sender_report(struct peer *peer, int64_t now_us, uint8_t *out)
{
    uint32_t ssrc = peer->plan.ssrc;
    put32(out, 0x80C80000u | 6);
    put32(out + 4, ssrc);
    put32(out + 8, (uint32_t)(now_us / 1000000));
    put32(out + 12, (uint32_t)(((uint64_t)(now_us % 1000000) << 32) / 1000000));
    put32(out + 16, (uint32_t)(now_us * 9 / 100));
    put32(out + 20, (uint32_t)peer->index);
    put32(out + 24, peer->octets);
    return 28 + source_description(ssrc, out + 28);
}

/* RFC 3550 6.4.2, one block for each stream. */
int build_receiver_report(struct peer *peer, int64_t now_us, uint8_t *out)
{
    int count = peer->stream_count;
    put32(out, 0x80C90000u | (uint32_t)count << 24 | (uint32_t)(1 + 6 * count));
    put32(out + 4, peer->plan.ssrc);
    for (int i = 0; i < count; i++) {
        struct stream *stream = &peer->streams[i];
        uint8_t *block = out + 8 + 24 * i;
        int64_t lost = stream->highest - stream->first + 1 - (int64_t)stream->received;
        put32(block, stream->ssrc);
        put32(block + 4, (uint32_t)(lost > 0 ? lost : 0) & 0xFFFFFF);
        put32(block + 8, (uint32_t)stream->highest);
        put32(block + 12, stream->jitter);
        put32(block + 16, stream->report_ntp);
        put32(block + 20, stream->report_ntp ? (uint32_t)((now_us - stream->report_us) * 65536 / 1000000) : 0);
    }
    return 8 + 24 * count + source_description(peer->plan.ssrc, out + 8 + 24 * count);
}

static int put_chunks(const uint8_t *symbols, int count, uint8_t *out)
{
    int at = 0, size = 0;
    while (at < count) {
        int run = 1;
        uint32_t vector = 0xC000;
        while (at + run < count && symbols[at + run] == symbols[at])
            run++;
        if (run >= 7 || at + run == count) {
            put16(out + size, (uint32_t)symbols[at] << 13 | (uint32_t)run);
            at += run;
        } else {
            for (int i = 0; i < 7 && at + i < count; i++)
                vector |= (uint32_t)symbols[at + i] << (12 - 2 * i);
            put16(out + size, vector);
            at += 7;
        }
        size += 2;
    }
    return size;
}

/* draft-holmer-rmcat-transport-wide-cc-extensions-01: all arrivals since the last call, 0 when there are none. */
int build_transport_feedback(struct peer *peer, uint8_t *out)
{
    static int64_t times[STATUS_LIMIT]; /* one thread builds */
    static uint8_t symbols[STATUS_LIMIT + 7], deltas[2 * STATUS_LIMIT];
    int64_t base = peer->next_cc, reference = 0, at_us;
    int count = 0, bytes = 0, size;
    memset(times, 0, sizeof times);
    for (int i = 0; i < peer->arrival_count; i++) {
        int64_t offset = peer->arrivals[i].index - base;
        if (offset < 0 || offset >= STATUS_LIMIT || times[offset])
            continue;
        times[offset] = peer->arrivals[i].at_us;
        if (offset >= count)
            count = (int)offset + 1;
    }
    if (peer->arrival_count == MAX_ARRIVALS || (!count && peer->arrival_count))
        peer->next_cc = peer->highest_cc + 1; /* what does not fit is not told */
    peer->arrival_count = 0;
    if (!count)
        return 0;
    peer->next_cc = base + count > peer->next_cc ? base + count : peer->next_cc;
    for (int i = 0; i < count && !reference; i++)
        reference = times[i];
    reference /= REFERENCE_US;
    at_us = reference * REFERENCE_US;
    for (int i = 0; i < count; i++) {
        int64_t delta = times[i] ? (times[i] - at_us) / TICK_US : 0;
        if (times[i] && (delta < -0x8000 || delta > 0x7FFF))
            times[i] = 0;
        symbols[i] = !times[i] ? 0 : delta >= 0 && delta <= 255 ? 1 : 2;
        if (symbols[i] == 1)
            deltas[bytes++] = (uint8_t)delta;
        if (symbols[i] == 2) {
            put16(deltas + bytes, (uint32_t)delta);
            bytes += 2;
        }
        if (times[i])
            at_us += delta * TICK_US;
    }
    put32(out + 4, peer->plan.ssrc);
    put32(out + 8, peer->stream_count ? peer->streams[0].ssrc : 0);
    put16(out + 12, (uint32_t)base);
    put16(out + 14, (uint32_t)count);
    put32(out + 16, (uint32_t)reference << 8 | (peer->told_cc++ & 0xFF));
    size = 20 + put_chunks(symbols, count, out + 20);
    memcpy(out + size, deltas, (size_t)bytes);
    size += bytes;
    bytes = -size & 3;
    memset(out + size, 0, 4);
    if (bytes)
        out[size + bytes - 1] = (uint8_t)bytes;
    size += bytes;
    put32(out, (bytes ? 0xAFCD0000u : 0x8FCD0000u) | (uint32_t)(size / 4 - 1));
    return size;
}

/* Notes sender reports, so that receiver reports can echo them, and keyframe requests (PLI, FIR). */
void take_rtcp(struct peer *peer, const uint8_t *packet, int size, int64_t now_us)
{
    while (size >= 8) {
        int length = 4 * ((int)get16(packet + 2) + 1), format = packet[0] & 31;
        if (length > size)
            return;
        if (packet[1] == 200 && length >= 20)
            for (int i = 0; i < peer->stream_count; i++)
                if (peer->streams[i].ssrc == get32(packet + 4)) {
                    peer->streams[i].report_ntp = get32(packet + 10);
                    peer->streams[i].report_us = now_us;
                }
        if (packet[1] == 206 && (format == 1 || format == 4))
            peer->key = 1;
        packet += length;
        size -= length;
    }
}
