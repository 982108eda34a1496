/* For tests of the plane without socket, thread and clock: a publisher (peer 1) and two subscribers (2 and 3).
 *
 * Takes the place of udp.c. Everything the plane sends is opened as a subscriber would: it must authenticate, and no
 * index may come twice with different bytes (AES-GCM would give its key away). */
#ifndef PLANE_WORLD_H
#define PLANE_WORLD_H

#include <string.h>

#include "checks.h"
#include "crypto.h"
#include "plane.h"

enum { PEERS = 4, SOURCES = 64, SEEN = 1 << 14, PACKET_BYTES = 1500 };

typedef struct {
    uint32_t ssrc;
    yt_window window;
    uint64_t packets;
    uint16_t sequence; /* of the newest */
    uint8_t last[YT_DATAGRAM_BYTES]; /* opened */
    size_t last_length;
} heard_source;

typedef struct {
    yt_srtp *rx, *tx;
    uint32_t epoch; /* counts keys */
    heard_source sources[SOURCES];
    size_t count;
    uint64_t reports; /* RTCP packets */
    uint8_t report[YT_DATAGRAM_BYTES]; /* the newest, opened */
    size_t report_length;
} listener;

typedef struct {
    uint64_t key, hash;
    uint32_t round;
} seen_index;

static struct {
    yt_plane *plane;
    listener listeners[PEERS];
    int64_t now_us;
    uint32_t round; /* makes what was seen before void */
    seen_index seen[SEEN];
    uint8_t key[PEERS];
} world;

struct yt_sender {
    uint64_t sent;
};
struct yt_receiver {
    int unused;
};

yt_receiver *yt_receiver_new(int fd) {
    (void)fd;
    return calloc(1, sizeof(yt_receiver));
}
void yt_receiver_free(yt_receiver *receiver) { free(receiver); }
size_t yt_receiver_read(yt_receiver *receiver, yt_datagram **batch) {
    (void)receiver;
    *batch = NULL;
    return 0;
}
bool yt_address_equal(const yt_address *one, const yt_address *other) { return !memcmp(one, other, sizeof *one); }
yt_sender *yt_sender_new(int fd) {
    (void)fd;
    return calloc(1, sizeof(yt_sender));
}
void yt_sender_free(yt_sender *sender) { free(sender); }
void yt_sender_flush(yt_sender *sender) { (void)sender; }
yt_send_counts yt_sender_counts(const yt_sender *sender) { return (yt_send_counts){.sent = sender->sent}; }

static uint64_t hash_of(const uint8_t *data, size_t length) {
    uint64_t hash = 14695981039346656037u;
    for (size_t at = 0; at < length; at++) hash = (hash ^ data[at]) * 1099511628211u;
    return hash;
}

static void check_unused(uint64_t key, uint64_t hash) {
    for (uint64_t at = key * 0x9E3779B97F4A7C15u >> 40;; at++) {
        seen_index *place = &world.seen[at % SEEN];
        if (place->round == world.round && place->key != key) continue;
        if (place->round == world.round) CHECK(place->hash == hash);
        *place = (seen_index){.key = key, .hash = hash, .round = world.round};
        return;
    }
}

static heard_source *source_of(listener *ear, uint32_t ssrc) {
    for (size_t at = 0; at < ear->count; at++) {
        if (ear->sources[at].ssrc == ssrc) return &ear->sources[at];
    }
    CHECK(ear->count < SOURCES);
    heard_source *source = &ear->sources[ear->count++];
    *source = (heard_source){.ssrc = ssrc, .window = YT_WINDOW_NEW};
    return source;
}

void yt_sender_add(yt_sender *sender, const uint8_t *data, size_t length, const yt_address *to) {
    uint8_t copy[YT_DATAGRAM_BYTES * 2];
    yt_rtp rtp;
    listener *ear = &world.listeners[to->port];
    CHECK(to->port < PEERS && ear->rx && length <= sizeof copy);
    sender->sent++;
    memcpy(copy, data, length);
    if (data[1] >= 192 && data[1] <= 223) {
        ear->reports++;
        ear->report_length = yt_srtcp_open(ear->rx, copy, length);
        CHECK(ear->report_length > 0 && ear->report_length <= sizeof ear->report);
        memcpy(ear->report, copy, ear->report_length);
        return;
    }
    CHECK(yt_rtp_parse(&rtp, copy, length));
    heard_source *source = source_of(ear, rtp.ssrc);
    int64_t index = yt_window_index(&source->window, rtp.sequence);
    size_t opened = yt_srtp_open(ear->rx, copy, rtp.header_bytes, length, rtp.ssrc, (uint64_t)index);
    CHECK(opened > 0);
    uint64_t key = ((uint64_t)to->port << 60) ^ ((uint64_t)(ear->epoch & 0xFF) << 52) ^ ((uint64_t)rtp.ssrc << 36) ^
                   (uint64_t)index;
    check_unused(key, hash_of(data, length));
    if (index > source->window.highest) source->window.highest = index;
    source->packets++;
    source->sequence = rtp.sequence;
    source->last_length = opened < sizeof source->last ? opened : sizeof source->last;
    memcpy(source->last, copy, source->last_length);
}

static yt_address address_of(int64_t peer) {
    return (yt_address){.ip = {[10] = 0xFF, [11] = 0xFF, 127, 0, 0, 1}, .port = (uint16_t)peer, .family = 4};
}

static yt_srtp *made_srtp(uint8_t seed, int profile) {
    uint8_t key[16], salt[14];
    memset(key, seed, sizeof key);
    memset(salt, seed ^ 0x55, sizeof salt);
    yt_srtp *srtp = yt_srtp_new(profile, key, salt, profile == YT_GCM ? 12 : 14);
    CHECK(srtp != NULL);
    return srtp;
}

/* New keys for a peer, on both sides. What is under way leaves first, as the module does it. */
static void give_keys(int64_t id, int profile) {
    uint8_t seed = (uint8_t)(16 * id + 4 * (++world.key[id] & 3));
    yt_peer *peer = yt_find_peer(world.plane, id);
    listener *ear = &world.listeners[id];
    CHECK(peer != NULL);
    yt_flush(world.plane);
    yt_peer_set_keys(peer, profile, made_srtp(seed, profile), made_srtp(seed + 1, profile));
    yt_srtp_free(ear->tx);
    ear->tx = made_srtp(seed, profile);
    yt_srtp_free(ear->rx);
    ear->rx = made_srtp(seed + 1, profile);
    ear->epoch++;
    ear->count = 0;
}

static void begin_world(void) {
    char why[200];
    CHECK(!yt_crypto_load(why, sizeof why));
    world.now_us = 1000000;
    world.round++;
    /* One plane serves all worlds: making its tables takes longer than most worlds last. */
    if (!world.plane) world.plane = yt_plane_new(-1);
    CHECK(world.plane != NULL);
    for (int64_t id = 1; id < PEERS; id++) {
        yt_address address = address_of(id);
        yt_peer *peer = yt_add_peer(world.plane, id);
        CHECK(peer && yt_bind(world.plane, peer, &address));
        peer->target = address;
        peer->sending = true;
        give_keys(id, id == 3 ? YT_CM : YT_GCM);
    }
}

static void end_world(void) {
    yt_flush(world.plane);
    for (int64_t id = 1; id < PEERS; id++) yt_remove_peer(world.plane, id);
    CHECK(world.plane->pool.bytes == 0 && !world.plane->timed.count && !world.plane->reported.count && !world.plane->peer_count);
    yt_ring_publish(&world.plane->ring);
    while (yt_ring_peek(&world.plane->ring)) yt_ring_next(&world.plane->ring);
    for (int id = 0; id < PEERS; id++) {
        yt_srtp_free(world.listeners[id].tx);
        yt_srtp_free(world.listeners[id].rx);
        world.listeners[id] = (listener){0};
    }
}

/* A datagram of the publisher's, as it is. */
static void receive_raw(const uint8_t *data, size_t length) {
    uint8_t copy[YT_DATAGRAM_BYTES];
    CHECK(length <= sizeof copy);
    memcpy(copy, data, length);
    yt_datagram datagram = {.data = copy, .length = (uint16_t)length, .source = address_of(1)};
    yt_receive(world.plane, &datagram, world.now_us);
}

/* An RTP packet of the publisher's: `packet` has its header (`head` bytes) and payload. */
static void receive_sealed(const uint8_t *packet, size_t head, size_t length, uint32_t ssrc, uint64_t index) {
    uint8_t out[PACKET_BYTES + YT_SRTP_OVERHEAD];
    CHECK(length <= PACKET_BYTES);
    memcpy(out, packet, head);
    yt_seal_job job = {.srtp = world.listeners[1].tx, .out = out, .head = (uint16_t)head, .body = packet + head,
                       .body_length = (uint16_t)(length - head), .ssrc = ssrc, .index = index};
    yt_srtp_seal(&job, 1);
    if (job.length) receive_raw(out, job.length);
}

/* Let the clock run: what waits for the pace leaves when it is due. */
static void run_us(int64_t us) {
    for (int64_t end = world.now_us + us; world.now_us < end; world.now_us += 5000) {
        yt_pace_all(world.plane, world.now_us);
        yt_flush(world.plane);
        yt_report_all(world.plane, world.now_us);
    }
}

/* A route of the publisher's stream to `out`, payload type 96 as 120, RTX 121 over `out_ssrc` + 1000. */
static yt_route *made_route(uint32_t ssrc, int64_t out, uint32_t out_ssrc, yt_codec codec, bool rtx) {
    static const uint8_t ids[256] = {[1] = 1, [2] = 9};
    yt_route *route = calloc(1, sizeof *route);
    CHECK(route != NULL);
    memset(route->types, YT_NO_TYPE, sizeof route->types);
    memset(route->rtx_types, YT_NO_TYPE, sizeof route->rtx_types);
    route->types[96] = 120;
    route->rtx_types[120] = 121;
    route->out = yt_find_peer(world.plane, out);
    route->stream = yt_peer_stream(yt_find_peer(world.plane, 1), ssrc);
    route->ssrc = out_ssrc;
    route->rtx_ssrc = out_ssrc + 1000;
    route->has_rtx = rtx;
    route->clock_rate_hz = 90000;
    route->codec = codec;
    CHECK(route->out && route->stream && yt_stream_carry(route->stream, codec));
    CHECK(yt_add_route(world.plane, route, ids));
    return route;
}

#endif
