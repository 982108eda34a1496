/* Reads transport-wide congestion control feedback (draft-holmer-rmcat-transport-wide-cc-extensions-01).
 *
 * Twin of `feedback_parser.py`. A packet that is not whole and sound to its last byte is refused as a whole. */
#ifndef YT_FEEDBACK_H
#define YT_FEEDBACK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    YT_MAX_STATUSES = 4096, /* a packet that speaks of more is refused */
    YT_ABSENT = 1 << 20,    /* in place of a delta: the packet has not arrived */
};

typedef struct {
    uint16_t base;      /* transport-wide number that `deltas` begins with */
    uint16_t count;
    uint32_t reference; /* 24-bit time in 64 ms that the first delta counts from */
    int32_t deltas[YT_MAX_STATUSES]; /* since the one before that arrived, in 250 us, or YT_ABSENT; `count` of them */
} yt_feedback;

/* False, and `feedback` is void, when it is cut short or makes no sense. `packet`: RTCP header included. */
bool yt_feedback_read(yt_feedback *feedback, const uint8_t *packet, size_t length);

/* Takes the transport-cc feedback out of a compound RTCP packet: what stays is moved together in place, what is taken
 * is put one after the other into `taken` (room for `length` bytes; `taken_bytes` of it used). Returns the length of
 * what stays. From the first part on whose length is wrong, everything stays. */
size_t yt_feedback_split(uint8_t *compound, size_t length, uint8_t *taken, size_t *taken_bytes);

#endif
