/* The compiled data plane: one socket, one forwarding thread, one lock. No Python here.
 *
 * The thread holds the lock while it works and gives way between packets when somebody waits for it, so that a caller
 * waits for one packet's copies at most. Callers that stop something first send what is under way (`yt_flush`). */
#ifndef YT_PLANE_H
#define YT_PLANE_H

#include "outbox.h"
#include "ring.h"
#include "route.h"
#include "state.h"

#include <pthread.h>

enum {
    YT_MOST_PEERS = 8192,
    YT_MOST_ROUTES = 1 << 18,
    YT_PEER_BUCKETS = 1 << 12,
    YT_ROUTE_BUCKETS = 1 << 14,
    YT_ADDRESS_BUCKETS = 1 << 13,
    /* `Received` and taps wait so long for company; the first wake-up after that tells, the clock a fifth later. */
    YT_TELL_US = 100000,
    YT_TELL_HUSHED_US = 50000, /* instead, when one of them came of a hushed stream: who it is may speak now */
    YT_TELL_SOON_US = 10000, /* instead, for YT_RESTLESS_US after what Python may have to act on */
    YT_RESTLESS_US = 300000,
    YT_TELL_RECORDS = 256, /* no more of them wait */
};
#define YT_POOL_BYTES ((size_t)512 << 20) /* all cached and queued packets */

/* Extension blocks of the packet in hand: routes with one map and hop share them. */
typedef struct {
    uint64_t serial; /* of the packet */
    bool read;
    yt_elements elements;
    uint32_t count;
    struct {
        const yt_map *map;
        yt_hop hop;
        yt_block block;
    } list[8];
} yt_blocks;

typedef struct yt_bound {
    struct yt_bound *next;
    yt_address address;
    yt_peer *peer;
} yt_bound;

/* What Python was not woken for yet. */
typedef struct {
    bool urgent;         /* a control datagram is among it: wake Python at once */
    bool hushed;         /* a packet of a hushed stream is */
    uint32_t records;    /* `Received` and taps */
    int64_t since_us;    /* when the first of these came */
    int64_t restless_us; /* the last time that something happened that Python may have to act on */
} yt_untold;

typedef struct {
    uint64_t received, forwarded, dropped_unbound, dropped_auth, dropped_malformed, send_blocked, paced_out, taps_lost,
        told_lost, busy_us;
} yt_counts;

typedef struct {
    int fd;      /* the media socket, the caller's */
    int wake_fd; /* ends the thread's wait */
    int told_fd; /* readable when Python has something to read */
    pthread_t thread;
    bool running;
    atomic_bool stopping;
    pthread_mutex_t turn, state; /* see `yt_enter` */
    atomic_int waiting;          /* callers at the lock */

    yt_peer **peers;
    yt_route **routes;
    yt_bound **bound;
    yt_map *maps;
    uint32_t peer_count, route_count;
    int64_t next_route;
    uint64_t secret; /* of the address table */

    yt_list timed; /* peers with something that waits, or with a probe */
    yt_list reported; /* peers with `arrivals` */

    yt_packet_pool pool;
    yt_receiver *receiver;
    yt_outbox outbox;
    yt_blocks blocks;
    yt_ring ring;
    yt_untold untold;
    atomic_bool woken; /* Python knows and has not begun to read yet */
    yt_counts counts;
} yt_plane;

int64_t yt_now_us(void);

/* plane.c: life and lock. */
yt_plane *yt_plane_new(int fd); /* NULL: no memory or no eventfd */
bool yt_plane_start(yt_plane *);
void yt_plane_stop(yt_plane *); /* idempotent; the thread is gone afterwards */
void yt_plane_free(yt_plane *);
bool yt_try_enter(yt_plane *);
void yt_enter(yt_plane *);
void yt_leave(yt_plane *);
void yt_give_way(yt_plane *); /* the thread, between packets */
void yt_wake(yt_plane *);     /* the thread looks at its timers anew */
yt_counts yt_plane_counts(yt_plane *);

/* tables.c: who is who. */
yt_peer *yt_find_peer(const yt_plane *, int64_t id);
yt_peer *yt_add_peer(yt_plane *, int64_t id); /* the known one, or a new one; NULL: no memory or too many */
void yt_remove_peer(yt_plane *, int64_t id);
yt_peer *yt_peer_at(const yt_plane *, const yt_address *);
bool yt_bind(yt_plane *, yt_peer *, const yt_address *); /* false: no memory */
yt_route *yt_find_route(const yt_plane *, int64_t id);
bool yt_ssrc_taken(const yt_peer *out, uint32_t ssrc);
/* Takes the prepared route in: `out`, `stream`, codes and types are set. False: no memory or too many; it is freed. */
bool yt_add_route(yt_plane *, yt_route *, const uint8_t ids[256]);
/* `shift`: NULL when not known; `stop`: nothing more of the present stream. False: no memory. */
bool yt_switch_route(yt_route *, uint32_t ssrc, const uint32_t *shift, bool stop);
void yt_remove_route(yt_plane *, yt_route *);

/* receive.c: one datagram. */
void yt_receive(yt_plane *, yt_datagram *, int64_t now_us);

/* tell.c: what goes up, and when. */
/* False: the ring had no room. */
bool yt_tell(yt_plane *, yt_record, const void *first, size_t first_length, const void *rest, size_t rest_length);
/* A gap, a copy that begins, a new stream, a verb about a route: for a while Python hears of packets soon. */
void yt_grow_restless(yt_plane *, int64_t now_us);
bool yt_tell_due(const yt_plane *, int64_t now_us);
int64_t yt_tell_at_us(const yt_plane *, int64_t now_us); /* when the clock should look; -1: nothing waits */
void yt_note_told(yt_plane *);                           /* Python was woken */

/* report.c: RTCP that goes out. */
/* Sealed and sent now; dropped while the peer has no keys or address. */
void yt_send_rtcp(yt_plane *, yt_peer *, const uint8_t *data, size_t length);
/* Feedback on the peer's packets under our `ssrc`; `transport_cc` 0: no more of them are noted. False: no memory. */
bool yt_report_arrivals(yt_plane *, yt_peer *, uint32_t ssrc, uint8_t transport_cc);
/* `block`: the packet's header extensions. */
void yt_note_arrival(yt_peer *, const yt_rtp *, const uint8_t *block, int64_t now_us);
void yt_report_all(yt_plane *, int64_t now_us); /* the feedback that is due */
int64_t yt_report_at_us(const yt_plane *);      /* when the clock should look; -1: nothing waits */

/* forward.c: what goes out. */
/* Cache, forward and tap one new packet of a stream. `highest`: of the stream before it. Says if a copy began with it. */
bool yt_forward(yt_plane *, yt_stream *, yt_packet *, int64_t highest, int64_t now_us);
void yt_forward_on(yt_plane *, yt_route *, yt_packet *, int64_t highest, int64_t now_us);
/* The packet as a stretch numbers it; false when its type does not go out. */
bool yt_write_letter(yt_letter *, yt_route *, yt_packet *, const yt_segment *);
void yt_send_letter(yt_plane *, const yt_letter *, int64_t now_us);
void yt_flush(yt_plane *);

/* repeat.c: the answer to a NACK, and a route's beginning from the cache. */
uint32_t yt_retransmit(yt_plane *, yt_route *, const uint16_t *sequences, size_t count, int64_t now_us);
bool yt_replay(yt_plane *, yt_route *, int64_t now_us);
/* The next filling of a probe: a repeat over RTX of one of the newest packets of the first route that has any, going
 * back one each time. False when there is none. */
bool yt_filling(const yt_peer *, yt_letter *);

/* pacer.c: what waits. */
void yt_post(yt_plane *, const yt_letter *, int64_t now_us); /* send it, or let it wait for the pace */
void yt_count_left(yt_peer *, size_t bytes);                 /* a datagram left, whether it had waited or not */
bool yt_pace_room(const yt_peer *, size_t packets, size_t bytes);
bool yt_begin_probe(yt_plane *, yt_peer *, int64_t rate_bps, int64_t duration_us, int64_t now_us);
void yt_pace_all(yt_plane *, int64_t now_us);
int64_t yt_next_step_us(const yt_plane *); /* -1: nothing waits */
/* What came from this stream and still waits never leaves. */
void yt_withhold_stream(yt_plane *, const yt_stream *);

#endif
