/* What the plane remembers: peers, their incoming streams with the packet cache, and routes. Twin of `state.py`.
 *
 * Sequence numbers are 48-bit indices throughout, so that wrapping and the SRTP rollover counter come out right by
 * plain addition. Everything here is touched with the plane's lock held; no sockets and no clock. */
#ifndef YT_STATE_H
#define YT_STATE_H

#include "arrivals.h"
#include "congestion.h"
#include "consent.h"
#include "dependency.h"
#include "descriptors.h"
#include "packet.h"
#include "rtp.h"
#include "srtp.h"
#include "udp.h"

enum {
    YT_VIDEO_CACHE = 500,
    YT_AUDIO_CACHE = 200,
    YT_GUESSED_STREAMS = 64, /* of a peer; then the stalest that nobody asked for goes */
    YT_MOST_STREAMS = 256,   /* of a peer, asked for ones included */
    YT_MOST_ADDRESSES = 8,
    YT_MOST_RTX = 64,
    YT_MOST_NUMBERINGS = 4096, /* outgoing SSRCs that a peer remembers */
    YT_SEGMENTS = 128,
    YT_RESENT = 512,
    YT_MOST_QUEUED = 1000,
    YT_JUMP = 3000, /* a stream that goes on further ahead begins anew */
    YT_NO_TYPE = 0xFF,
    YT_LAYERS = YT_ALL_LAYERS + 1,
};

typedef struct yt_peer yt_peer;
typedef struct yt_stream yt_stream;
typedef struct yt_route yt_route;

/* Growing array of pointers, in order of adding. */
typedef struct {
    void **items;
    uint32_t count, room;
} yt_list;
bool yt_list_add(yt_list *, void *item); /* false: no memory */
void yt_list_remove(yt_list *, const void *item);
void yt_list_free(yt_list *);

/* Where an outgoing SSRC goes on; kept after its routes end: no index may serve twice with one key. */
typedef struct yt_numbering {
    struct yt_numbering *next;
    int64_t index; /* of the next packet */
    int64_t left;  /* above all that were sealed: `index` never goes below it */
    uint32_t ssrc;
    uint32_t users; /* routes that hold on to it */
} yt_numbering;

typedef struct {
    uint32_t rtx_ssrc, media_ssrc;
    uint8_t types[128];
} yt_rtx;

struct yt_stream {
    yt_peer *peer;
    uint32_t ssrc;
    uint64_t life; /* of this peer's streams; another one when the SSRC was forgotten and comes back */
    yt_codec codec; /* YT_CODEC_UNKNOWN before anybody said: nothing is cached */
    yt_window window;
    int64_t highest_us;
    uint32_t highest_timestamp;
    bool muted, hushed, tapped;
    uint8_t dependency_id; /* incoming extension id of the AV1 dependency descriptor; 0 = none */
    yt_dependency *dependency; /* made with the id */
    uint64_t layer_bytes[YT_LAYERS][YT_LAYERS]; /* payload that came, by spatial and temporal layer */
    uint16_t cache_size;
    yt_packet **cache; /* ring by index */
    yt_list routes;
    yt_list waiting; /* routes that move here at the next keyframe */
};

/* One packet numbered for one subscriber, header and payload not written yet. */
typedef enum { YT_MEDIA, YT_REPEAT, YT_PADDING } yt_purpose;
typedef struct {
    yt_route *route;
    yt_packet *packet;
    int64_t index; /* of RTX: given when it leaves */
    uint32_t timestamp;
    uint8_t marker_and_type;
    bool rtx;
    bool late; /* older than the newest of its stream when it came */
    uint8_t purpose;
    uint8_t prefix_length; /* replaces `replaced` bytes at the payload's beginning */
    uint8_t replaced;
    uint8_t prefix[YT_VP8_MAX_DESCRIPTOR + 2];
} yt_letter;

/* What waits for the pace: a ring that grows up to YT_MOST_QUEUED. The letters hold their packets. */
typedef struct {
    yt_letter *items;
    uint32_t room, first, count;
    uint32_t ahead; /* how many of them are repeats: these stand in front of the rest */
    size_t bytes;
} yt_queue;

typedef struct {
    int64_t begun_us, until_us, rate_bps; /* rate 0: none is under way */
    int64_t sent_bytes;
} yt_probe;

struct yt_peer {
    int64_t id;
    yt_peer *next; /* of its bucket */
    yt_address addresses[YT_MOST_ADDRESSES]; /* bound ones, oldest first */
    uint32_t address_count;
    yt_address target; /* valid while `sending` */
    bool sending;
    yt_srtp *inbound, *outbound;
    yt_consent *consent; /* NULL: nobody said that its checks may be answered here */
    yt_list streams;
    uint64_t lives; /* streams made so far */
    yt_stream *last_stream; /* found last */
    yt_list rtx;
    yt_list routes; /* outgoing ones */
    yt_numbering *numberings, *last_numbering;
    uint32_t numbering_count;
    yt_hop hop;
    yt_bandwidth_limits limits;
    yt_congestion *congestion; /* NULL without transport-cc */
    yt_arrivals *arrivals; /* NULL until feedback on its own packets is asked for */
    uint32_t arrivals_ssrc, arrivals_media; /* who tells, and of which of its streams */
    uint8_t arrivals_id; /* of transport-cc among its header extensions; 0: nothing is noted */
    uint32_t first_out, last_out; /* in the outbox */
    yt_peer *next_dirty;
    uint8_t tag_bytes; /* what sealing adds to RTP */
    bool was_linked;   /* had hop extensions or a pace: nothing is repeated with its own index any more (AES-GCM) */
    yt_queue queue;
    int64_t pace_bps;  /* 0: everything at once */
    int64_t tokens;    /* what may leave, in bits times microseconds */
    int64_t tokens_us; /* when they were counted; -1 = never */
    int64_t step_us;   /* when the clock looks at it again */
    uint32_t fillings; /* packets that have filled up probes */
    yt_probe probe;
    bool timed; /* in the plane's list of those that the clock moves */
};

yt_peer *yt_peer_new(int64_t id);
void yt_peer_free(yt_peer *); /* its routes must be gone */
yt_stream *yt_peer_find(yt_peer *, uint32_t ssrc);
/* Made when new; NULL: no memory, or too many that are asked for. */
yt_stream *yt_peer_stream(yt_peer *, uint32_t ssrc);
const yt_rtx *yt_peer_rtx(const yt_peer *, uint32_t rtx_ssrc);
bool yt_peer_set_rtx(yt_peer *, const yt_rtx *);
/* Takes over both directions; numbers begin with rollover counter zero. What waits for the pace is gone. */
void yt_peer_set_keys(yt_peer *, int profile, yt_srtp *inbound, yt_srtp *outbound);
void yt_peer_stop_sending(yt_peer *);
/* The numbering of an SSRC, one user more; a new one starts low, as RFC 3711 3.3.1 advises. NULL: no memory. */
yt_numbering *yt_peer_number(yt_peer *, uint32_t ssrc);

/* The ring of what waits. */
bool yt_queue_put(yt_queue *, const yt_letter *); /* false: YT_MOST_QUEUED or no memory */
yt_letter yt_queue_pop(yt_queue *); /* the oldest; its packet is the caller's to drop */
/* Drops what goes to `route`, or came from `stream`; the lowest index that will not leave now, -1 if none. A late
 * packet has a number between those that left, so that it does not count. */
int64_t yt_queue_purge(yt_queue *, const yt_route *route, const yt_stream *stream);
/* Of the payload that goes out. */
size_t yt_letter_bytes(const yt_letter *);

bool yt_stream_carry(yt_stream *, yt_codec codec); /* false: no memory */
/* Where its dependency descriptor is; 0 changes nothing. False: no memory. */
bool yt_stream_depend(yt_stream *, uint8_t id);
void yt_stream_silence(yt_stream *, bool muted, bool hushed);
void yt_stream_restart(yt_stream *);
/* Remembers the index of a packet that authenticated. After a jump routes begin anew: passed on, it could take a
 * viewer's SRTP past half its numbers, and the rollover counter with it. */
void yt_stream_accept(yt_stream *, int64_t index);
void yt_stream_keep(yt_stream *, yt_packet *);
yt_packet *yt_stream_cached(const yt_stream *, int64_t index); /* borrowed; NULL when it is not there */
bool yt_stream_silent(const yt_stream *);
void yt_stream_count(yt_stream *, const yt_packet *); /* the payload to its layer */
void yt_stream_free(yt_stream *);

#endif
