/* A decrypted RTP packet that several hold at once: the cache, the pacing queues, the packets under way.
 *
 * Counted references without atomics: packets are touched only with the plane's lock held. */
#ifndef YT_PACKET_H
#define YT_PACKET_H

#include "descriptors.h"
#include "rtp.h"

typedef struct {
    size_t bytes; /* all packets now */
    size_t most;  /* over it there are no new ones */
    uint64_t made;
} yt_packet_pool;

typedef struct yt_packet {
    yt_packet_pool *pool;
    uint64_t serial; /* no two packets have the same */
    int64_t index; /* 48 bit: rollover counter and sequence number */
    int64_t arrival_us;
    yt_rtp rtp;
    uint32_t refs;
    uint16_t size;   /* of the payload, without padding */
    uint16_t length; /* whole packet, padding included */
    bool keyframe;
    bool numbered;    /* `vp8` says its running numbers */
    yt_layers layers;
    yt_vp8 vp8;
    uint8_t data[];
} yt_packet;

/* A new packet with one reference and a copy of `data`; NULL when there is no memory or the pool is full. */
yt_packet *yt_packet_new(yt_packet_pool *, const uint8_t *data, size_t length);
yt_packet *yt_packet_hold(yt_packet *);
void yt_packet_drop(yt_packet *); /* NULL is fine */
const uint8_t *yt_packet_payload(const yt_packet *);

#endif
