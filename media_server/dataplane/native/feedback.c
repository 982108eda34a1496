#include "feedback.h"

#include <string.h>

enum { RTPFB = 205, TRANSPORT_CC = 15, FIRST_CHUNK = 20, SMALL = 1, LARGE = 2, VECTOR_SYMBOLS = 14 };

static uint16_t read16(const uint8_t *at) { return (uint16_t)(at[0] << 8 | at[1]); }

size_t yt_feedback_split(uint8_t *compound, size_t length, uint8_t *taken, size_t *taken_bytes) {
    size_t at = 0, kept = 0;
    *taken_bytes = 0;
    while (at + 4 <= length) {
        size_t part = 4 + 4 * (size_t)read16(compound + at + 2);
        if (part > length - at)
            break;
        if (compound[at + 1] == RTPFB && (compound[at] & 0x1F) == TRANSPORT_CC) {
            memcpy(taken + *taken_bytes, compound + at, part);
            *taken_bytes += part;
        } else {
            memmove(compound + kept, compound + at, part);
            kept += part;
        }
        at += part;
    }
    memmove(compound + kept, compound + at, length - at);
    return kept + length - at;
}

/* Symbols of one chunk; returns how many, 0 for a run of none. */
static size_t read_chunk(uint8_t *symbols, unsigned chunk, size_t wanted) {
    if (!(chunk & 0x8000)) {
        size_t run = chunk & 0x1FFF;
        run = run < wanted ? run : wanted;
        memset(symbols, (int)(chunk >> 13), run);
        return run;
    }
    unsigned width = chunk & 0x4000 ? 2 : 1;
    size_t count = 0;
    for (unsigned left = VECTOR_SYMBOLS; left > 0; left -= width)
        symbols[count++] = (uint8_t)(chunk >> (left - width) & (width == 2 ? 3 : 1));
    return count;
}

bool yt_feedback_read(yt_feedback *feedback, const uint8_t *packet, size_t length) {
    if (length < FIRST_CHUNK || (packet[0] & 0xDF) != (0x80 | TRANSPORT_CC) || packet[1] != RTPFB)
        return false;
    feedback->base = read16(packet + 12);
    feedback->count = read16(packet + 14);
    feedback->reference = (uint32_t)packet[16] << 16 | read16(packet + 17);
    if (feedback->count == 0 || feedback->count > YT_MAX_STATUSES)
        return false;
    uint8_t symbols[YT_MAX_STATUSES + VECTOR_SYMBOLS];
    size_t at = FIRST_CHUNK;
    for (size_t known = 0; known < feedback->count; at += 2) {
        if (length - at < 2)
            return false;
        size_t more = read_chunk(symbols + known, read16(packet + at), feedback->count - known);
        if (more == 0)
            return false;
        known += more;
    }
    for (size_t i = 0; i < feedback->count; i++) {
        if (symbols[i] == 0) {
            feedback->deltas[i] = YT_ABSENT;
            continue;
        }
        size_t size = symbols[i];
        if (size > LARGE || length - at < size)
            return false;
        feedback->deltas[i] = size == SMALL ? packet[at] : (int16_t)read16(packet + at);
        at += size;
    }
    return true;
}
