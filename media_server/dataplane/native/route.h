/* A route with its running offsets. While `live`, index + delta and timestamp + timestamp_delta go out. */
#ifndef YT_ROUTE_H
#define YT_ROUTE_H

#include "state.h"

/* A stretch of incoming indices of one stream that a route has numbered the same way. A stream that was forgotten and
 * comes back may carry other bytes under the same indices: its new life has no part in the stretches of the old. */
typedef struct {
    int64_t first, last, delta;
    uint64_t life;
    uint32_t ssrc;
    uint32_t timestamp_delta;
    yt_vp8_offsets vp8;
    uint8_t spatial; /* highest that went out: its last packet of a picture bears the marker */
} yt_segment;

/* What the header extensions become; routes with the same map share it, and one block a packet. */
typedef struct yt_map {
    struct yt_map *next;
    uint32_t users;
    uint8_t ids[256];
    bool one_byte_only; /* see `yt_block_write` */
} yt_map;

/* Outgoing index and when it was last repeated; place by index modulo YT_RESENT. */
typedef struct {
    int64_t index, sent_us;
} yt_resent;

struct yt_route {
    int64_t id;
    yt_route *next; /* of its bucket */
    yt_peer *out;
    yt_stream *stream;
    yt_stream *waiting; /* moves there at its next keyframe; NULL when not */
    yt_numbering *numbering, *rtx_numbering;
    yt_map *map;
    uint32_t ssrc, rtx_ssrc;
    uint32_t clock_rate_hz;
    yt_codec codec;
    uint8_t dependency_id;
    bool has_rtx, keyframe_first, one_byte_only;
    bool live, paused, started;
    bool stopped; /* nothing more of this stream: it waits for the one that it switches to */
    uint8_t types[128], rtx_types[128]; /* YT_NO_TYPE: dropped; not repeated over RTX */
    int64_t first; /* lowest incoming index that may be sent, and that `delta` holds for while live */
    int64_t delta;
    uint32_t timestamp_delta;
    uint32_t last_timestamp;
    int64_t last_us; /* 0: `last_timestamp` does not count */
    bool shifted; /* the stream's timestamps are `shift` above those of the one before */
    uint32_t shift;
    bool next_shifted; /* the same of the stream that is waited for */
    uint32_t next_shift;
    uint8_t spatial, temporal;               /* layers that go out now */
    uint8_t wanted_spatial, wanted_temporal; /* asked for */
    bool layered;                            /* some layers are left out */
    int64_t picture;                         /* timestamp that layers were decided for; -1 = none */
    yt_vp8_map vp8;
    yt_segment segments[YT_SEGMENTS]; /* earlier stretches, for late packets and repeats; the oldest goes */
    uint32_t segment_count;           /* ever; the place is modulo YT_SEGMENTS */
    yt_resent *resent;                /* NULL before the first repeat */
    uint32_t queued;                  /* letters that wait for the pace */
    uint64_t packets, payload_bytes, retransmitted;
};

void yt_route_pause(yt_route *, bool paused);
/* Send nothing more of the present stream, or let it begin again at a keyframe. Idempotent. */
void yt_route_stop(yt_route *, bool stopped);
/* What came until now must not be sent: a late packet would else open the way for repeats of the rest. */
void yt_route_begin_anew(yt_route *);
/* Go live with this packet if it may be the first; numbers continue after the last one sent. */
bool yt_route_start(yt_route *, const yt_packet *, int64_t now_us);
/* Stop; the next start continues the numbers. Idempotent. */
void yt_route_hold(yt_route *);
/* Hold, and what waits for the pace never leaves: its numbers are used again. */
void yt_route_withhold(yt_route *);
/* Withhold, and no packet of before is numbered or repeated any more (new keys). */
void yt_route_forget(yt_route *);
/* Hold; the stream's next timestamps say nothing about how they go on. */
void yt_route_interrupt(yt_route *);
/* Hold and take packets from another stream from now on. */
void yt_route_leave(yt_route *, yt_stream *);
/* Leave out the incoming packet `index`, the newest of the stream, without a gap in what goes out. */
void yt_route_skip(yt_route *, int64_t index);
/* The stretch that goes on now, while live. */
yt_segment yt_route_present(const yt_route *);
/* How a packet older than `first` was numbered, if it was this route's to send. */
const yt_segment *yt_route_late(const yt_route *, int64_t index);
/* The stretch and outgoing index of a 16-bit outgoing number that was sent lately; false: there is none. */
bool yt_route_find(const yt_route *, uint16_t sequence, yt_segment *, int64_t *index);
/* The index after the highest sent. */
int64_t yt_route_next_out(const yt_route *);
/* Whether an outgoing index was repeated in the last 20 ms; if not, notes that it is now. */
bool yt_route_just_resent(yt_route *, int64_t index, int64_t now_us);
void yt_route_free(yt_route *);

/* layers.c: only these and lower layers are wanted. */
void yt_route_limit(yt_route *, int spatial, int temporal);
/* The stream begins anew: what is wanted goes out. */
void yt_route_begin_layers(yt_route *);
/* Whether the newest packet of the stream goes out; here layers come and go. One that does not say its layer does. */
bool yt_route_admits(yt_route *, const yt_packet *, const yt_layers *);
/* Begin another stretch with this incoming index. */
void yt_route_divide(yt_route *, int64_t index);

#endif
