/* Copies under way: numbered, waiting to be sealed and sent. Sealed in batches, sent subscriber by subscriber, so that
 * the kernel takes one subscriber's packets as one run (GSO).
 *
 * Bounded: a full outbox is flushed, nothing is dropped here. Untouched between wake-ups. */
#ifndef YT_OUTBOX_H
#define YT_OUTBOX_H

#include "packet.h"
#include "state.h"

enum {
    YT_OUT_JOBS = 64,       /* sealed together, while their payload is near */
    YT_OUT_DATAGRAMS = 2048,
    YT_OUT_BYTES = 2 << 20, /* about what a core's cache holds */
};

typedef struct {
    uint8_t *data;
    uint32_t next; /* of the same peer, 1-based; 0 = last */
    uint16_t length;
} yt_out;

typedef struct {
    yt_sender *sender;
    uint8_t *bytes;
    size_t used;
    yt_out *out;
    uint32_t count, sealed; /* out[sealed..count) are jobs */
    yt_seal_job jobs[YT_OUT_JOBS];
    yt_packet *bodies[YT_OUT_JOBS]; /* held until sealed */
    yt_peer *first_dirty, *last_dirty;
    uint64_t failed; /* could not be sealed */
    bool closed;     /* the socket's number may be another's by now: nothing is sent any more */
} yt_outbox;

bool yt_outbox_open(yt_outbox *, int fd); /* false: no memory */
void yt_outbox_close(yt_outbox *);
/* A place for a packet of at most `length` bytes before sealing; fill in what is not set: head, prefix, body, ssrc,
 * index, and the header at `out`. */
yt_seal_job *yt_outbox_add(yt_outbox *, yt_peer *, yt_packet *body, size_t length);
/* Seal and send all of it. */
void yt_outbox_flush(yt_outbox *);

#endif
