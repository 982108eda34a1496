/* The whole plane under a script of datagrams and verbs. Nothing leaves the machine: this file's sendmmsg opens what
 * goes out with the subscriber's keys, and holds that no index is sealed twice as two different packets. */
/* links: all */
#define _GNU_SOURCE
#include <netinet/in.h>
#include <string.h>

#include "checks.h"
#include "crypto.h"
#include "plane.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { PUBLISHER = 1, STREAMS = 5, RTX_STREAM = 4, VIEWERS = 2, ROUTES = 2 * VIEWERS, SEEN = 1 << 12 };
static const char *const CODECS[] = {"opus", "vp8", "vp9", "av1"};
static const uint8_t KEYS[][16] = {{1}, {2}, {3}}, SALT[14] = {9};
static const int PROFILES[] = {YT_GCM, YT_GCM, YT_CM};

typedef struct {
    const uint8_t *at, *end;
} script;

static uint8_t next(script *from) { return from->at < from->end ? *from->at++ : 0; }

static size_t take(script *from, uint8_t *to, size_t most) {
    size_t left = (size_t)(from->end - from->at), length = most < left ? most : left;
    if (length > 0) memcpy(to, from->at, length);
    from->at += length;
    return length;
}

/* A viewer's side of the path. */
typedef struct {
    yt_srtp *opener;
    yt_window windows[8]; /* by outgoing SSRC */
    uint16_t last[8];
    struct {
        int64_t index;
        uint32_t ssrc, digest;
    } seen[SEEN];
} viewer;

static viewer viewers[VIEWERS];
static yt_window sent[STREAMS]; /* the publisher's side */
static uint16_t sequences[STREAMS];
static yt_plane *plane;
static int64_t routes[ROUTES], now_us;

static yt_srtp *direction(size_t who) {
    yt_srtp *srtp = yt_srtp_new(PROFILES[who], KEYS[who], SALT, PROFILES[who] == YT_GCM ? 12 : 14);
    CHECK(srtp != NULL);
    return srtp;
}

static yt_address address_of(size_t who) {
    yt_address address;
    CHECK(yt_address_parse(&address, "192.0.2.1", (uint16_t)(1000 + who)));
    return address;
}

static void arrive(viewer *at, const uint8_t *data, size_t length) {
    uint8_t packet[YT_DATAGRAM_BYTES + 512];
    yt_rtp rtp;
    CHECK(length <= sizeof packet && yt_rtp_parse(&rtp, data, length));
    memcpy(packet, data, length);
    CHECK(rtp.ssrc < 8);
    yt_window *window = &at->windows[rtp.ssrc];
    int64_t index = yt_window_index(window, rtp.sequence);
    CHECK(yt_srtp_open(at->opener, packet, rtp.header_bytes, length, rtp.ssrc, (uint64_t)index) != 0);
    if (yt_window_fresh(window, index)) yt_window_accept(window, index);
    at->last[rtp.ssrc] = rtp.sequence;
    uint32_t digest = 1;
    for (size_t i = 0; i < length; i++) digest = digest * 16777619u ^ data[i];
    size_t place = ((uint64_t)index + rtp.ssrc * 512) % SEEN;
    if (at->seen[place].digest != 0 && at->seen[place].index == index && at->seen[place].ssrc == rtp.ssrc)
        CHECK(at->seen[place].digest == digest);
    at->seen[place].index = index;
    at->seen[place].ssrc = rtp.ssrc;
    at->seen[place].digest = digest;
}

int sendmmsg(int fd, struct mmsghdr *messages, unsigned count, int flags) {
    CHECK(fd == plane->fd && (flags & MSG_DONTWAIT));
    for (unsigned i = 0; i < count; i++) {
        const struct msghdr *message = &messages[i].msg_hdr;
        size_t who = ntohs(((const struct sockaddr_in *)message->msg_name)->sin_port) - 1000u;
        CHECK(who >= 1 && who <= VIEWERS);
        for (size_t j = 0; j < message->msg_iovlen; j++)
            arrive(&viewers[who - 1], message->msg_iov[j].iov_base, message->msg_iov[j].iov_len);
    }
    return (int)count;
}

static void set_keys(size_t who) {
    yt_flush(plane);
    yt_peer *peer = yt_find_peer(plane, (int64_t)(PUBLISHER + who));
    CHECK(peer != NULL);
    yt_peer_set_keys(peer, PROFILES[who], direction(who), direction(who));
    if (who == 0) {
        for (size_t i = 0; i < STREAMS; i++) sent[i] = (yt_window)YT_WINDOW_NEW;
        return;
    }
    viewer *view = &viewers[who - 1];
    memset(view->seen, 0, sizeof view->seen);
    for (size_t i = 0; i < 8; i++) view->windows[i] = (yt_window)YT_WINDOW_NEW;
    yt_srtp_free(view->opener);
    view->opener = direction(who);
}

static void add_peer(size_t who) {
    yt_peer *peer = yt_add_peer(plane, (int64_t)(PUBLISHER + who));
    CHECK(peer != NULL);
    yt_address address = address_of(who);
    CHECK(yt_bind(plane, peer, &address));
    peer->target = address;
    peer->sending = who > 0;
    set_keys(who);
    if (who > 0) return;
    yt_rtx rtx = {.rtx_ssrc = RTX_STREAM, .media_ssrc = 1};
    memset(rtx.types, YT_NO_TYPE, sizeof rtx.types);
    rtx.types[99] = 96;
    CHECK(yt_peer_set_rtx(peer, &rtx));
}

/* Route 0 and 1 go to the first viewer, the others to the second; the odd ones have RTX. */
static void add_route(size_t which, uint8_t choice) {
    size_t codec = choice % 4;
    uint8_t ids[256] = {[1] = 1, [2] = choice & 16 ? 2 : 9, [5] = 20};
    yt_flush(plane);
    if (yt_find_route(plane, routes[which])) yt_remove_route(plane, yt_find_route(plane, routes[which]));
    yt_peer *publisher = yt_find_peer(plane, PUBLISHER);
    yt_route *route = calloc(1, sizeof *route);
    CHECK(route != NULL && publisher != NULL);
    route->out = yt_find_peer(plane, PUBLISHER + 1 + (int64_t)which / 2);
    route->ssrc = which % 2 ? 2 : 1;
    route->has_rtx = which % 2;
    route->rtx_ssrc = 3;
    route->clock_rate_hz = codec == 0 ? 48000 : 90000;
    route->keyframe_first = (choice & 4) != 0 && codec > 0;
    route->codec = yt_codec_named(CODECS[codec]);
    memset(route->types, YT_NO_TYPE, sizeof route->types);
    memset(route->rtx_types, YT_NO_TYPE, sizeof route->rtx_types);
    route->types[96] = 110;
    route->types[97] = 111;
    route->rtx_types[110] = 112;
    route->dependency_id = choice & 8 ? 5 : 0;
    route->one_byte_only = (choice & 32) != 0;
    route->stream = yt_peer_stream(publisher, (uint32_t)codec);
    CHECK(route->out != NULL && route->stream != NULL && yt_stream_carry(route->stream, route->codec));
    CHECK(yt_stream_depend(route->stream, route->dependency_id));
    CHECK(yt_add_route(plane, route, ids));
    routes[which] = route->id;
}

static void receive(size_t who, uint8_t *data, size_t length) {
    yt_datagram datagram = {.data = data, .length = (uint16_t)length, .source = address_of(who)};
    yt_receive(plane, &datagram, now_us);
}

/* A packet of the publisher, as it would send it. */
static void send_rtp(script *from) {
    static yt_srtp *sealer;
    if (sealer == NULL) sealer = direction(0);
    uint8_t how = next(from), body[300], out[YT_DATAGRAM_BYTES] = {0x80};
    size_t stream = how % STREAMS, words = how & 8 ? next(from) % 16 : 0, head = 12;
    uint16_t sequence = sequences[stream] = (uint16_t)(sequences[stream] + (int8_t)next(from) % 20 + 1);
    out[1] = (uint8_t)((how & 16 ? 0x80 : 0) | (stream == RTX_STREAM ? 99 : 96 + (how >> 5) % 3));
    out[2] = (uint8_t)(sequence >> 8);
    out[3] = (uint8_t)sequence;
    out[6] = (uint8_t)(now_us >> 8);
    out[11] = (uint8_t)stream;
    if (words > 0) {
        static const uint8_t FORMS[][2] = {{0xbe, 0xde}, {0x10, 0x00}};
        out[0] |= 0x10;
        memcpy(out + 12, FORMS[next(from) & 1], 2);
        out[15] = (uint8_t)words;
        take(from, out + 16, 4 * words);
        head = 16 + 4 * words;
    }
    size_t length = take(from, body, next(from));
    if (stream == RTX_STREAM && length >= 2) {
        uint16_t lost = (uint16_t)(sequences[1] - body[1]);
        body[0] = (uint8_t)(lost >> 8);
        body[1] = (uint8_t)lost;
    }
    int64_t index = yt_window_index(&sent[stream], sequence);
    if (!yt_window_fresh(&sent[stream], index)) return;
    /* After a start at 2, 65530 counts as far ahead (as libsrtp has it): no subscriber could follow such a jump. */
    if (sent[stream].highest >= 0 && index > sent[stream].highest + 1000) return;
    /* What comes back over RTX stands in the plane's window of the original: a copy of it is refused there. */
    yt_window_accept(&sent[stream], index);
    yt_seal_job job = {.srtp = sealer, .out = out, .head = (uint16_t)head, .body = body, .ssrc = (uint32_t)stream};
    job.body_length = (uint16_t)length;
    job.index = (uint64_t)index;
    yt_srtp_seal(&job, 1);
    receive(0, out, job.length);
}

/* A report or transport-cc feedback of somebody. */
static void send_rtcp(script *from) {
    uint8_t how = next(from), packet[8 + 256 + YT_SRTCP_OVERHEAD] = {how & 4 ? 0x8f : 0x80, how & 4 ? 205 : 201, 0, 1};
    size_t who = how % 3, length = 8 + take(from, packet + 8, next(from));
    yt_srtp *sealer = direction(who);
    if (how & 4) packet[3] = (uint8_t)(length / 4 - 1);
    packet[7] = how >> 3; /* another sender: each has numbers of its own */
    receive(who, packet, yt_srtcp_seal(sealer, packet, length));
    yt_srtp_free(sealer);
}

static void send_anything(script *from) {
    uint8_t packet[YT_DATAGRAM_BYTES], how = next(from);
    size_t length = take(from, packet, how & 0x80 ? sizeof packet : next(from));
    receive(how % 5, packet, length); /* 3 and 4 are nobody's */
}

static void repeat(script *from) {
    yt_route *route = yt_find_route(plane, routes[next(from) % ROUTES]);
    uint16_t wanted[4];
    if (route == NULL) return;
    for (size_t i = 0; i < 4; i++)
        wanted[i] = (uint16_t)(viewers[route->out->id - PUBLISHER - 1].last[route->ssrc] - next(from));
    yt_retransmit(plane, route, wanted, 4, now_us);
}

static void read_told(void) {
    const yt_record *record;
    yt_flush(plane);
    yt_ring_publish(&plane->ring);
    while ((record = yt_ring_peek(&plane->ring)) != NULL) {
        CHECK(record->bytes >= sizeof *record + record->length && record->bytes % 8 == 0);
        yt_ring_next(&plane->ring);
    }
}

static void pass_time(uint8_t milliseconds) {
    now_us += milliseconds * 1000;
    yt_pace_all(plane, now_us);
    read_told();
}

static void change_viewer(uint8_t how) {
    size_t who = 1 + how % VIEWERS;
    yt_flush(plane);
    yt_peer *peer = yt_find_peer(plane, (int64_t)(PUBLISHER + who));
    switch (how >> 1 & 3) {
    case 0: yt_peer_stop_sending(peer); break;
    case 1: peer->sending = true; break;
    case 2: set_keys(who); break;
    default:
        yt_remove_peer(plane, peer->id);
        add_peer(who);
        for (size_t i = 0; i < 2; i++) add_route(2 * (who - 1) + i, how >> 3);
    }
}

static void change_route(uint8_t verb, uint8_t how) {
    yt_route *route = yt_find_route(plane, routes[how % ROUTES]);
    uint32_t shift = how * 1000u;
    if (verb == 0) {
        add_route(how % ROUTES, how >> 2);
    } else if (verb == 1) {
        CHECK(yt_switch_route(route, (how >> 2) % 4, how & 16 ? &shift : NULL, how & 32));
    } else if (how & 8) {
        yt_route_limit(route, (how >> 4) % 3, (how >> 6) % 3);
    } else if (how & 16) {
        yt_replay(plane, route, now_us);
    } else {
        yt_flush(plane);
        yt_route_pause(route, (how & 4) != 0);
    }
}

/* Hop extensions, pace and probes, as module_paths.c sets them. */
static void change_path(uint8_t how) {
    yt_peer *peer = yt_find_peer(plane, PUBLISHER + 1 + how % VIEWERS);
    yt_flush(plane);
    if (how & 2) {
        yt_begin_probe(plane, peer, (int64_t)100000 << (how >> 4), (how & 12) * 10000, now_us);
    } else if (how & 4) {
        peer->pace_bps = how & 8 ? (int64_t)20000 << (how >> 4) : 0;
        peer->was_linked |= peer->pace_bps != 0;
    } else {
        peer->hop = (yt_hop){.transport_cc = how & 8 ? 6 : 0, .abs_send_time = how & 16 ? 3 : 0};
        peer->was_linked |= peer->hop.transport_cc || peer->hop.abs_send_time;
        if (peer->hop.transport_cc && peer->congestion == NULL) {
            CHECK((peer->congestion = yt_congestion_new(&peer->limits)) != NULL);
        } else if (!peer->hop.transport_cc) {
            yt_congestion_free(peer->congestion);
            peer->congestion = NULL;
        }
    }
}

static void silence(uint8_t how) {
    yt_flush(plane);
    yt_stream *stream = yt_peer_stream(yt_find_peer(plane, PUBLISHER), how % 4);
    CHECK(stream != NULL);
    stream->tapped = (how & 4) != 0;
    yt_stream_silence(stream, (how & 8) != 0, (how & 16) != 0);
}

static void begin(void) {
    char why[200];
    CHECK(yt_crypto_load(why, sizeof why) == 0);
    plane = yt_plane_new(socket(AF_INET, SOCK_DGRAM, 0));
    CHECK(plane != NULL && plane->fd >= 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    script from = {data, data + size};
    if (plane == NULL) begin(); /* one for all scripts: its tables are large */
    now_us = 1000000;
    for (size_t who = 0; who <= VIEWERS; who++) add_peer(who);
    for (size_t i = 0; i < STREAMS; i++) sequences[i] = (uint16_t)(0xffe0 + 8 * i);
    memset(routes, 0, sizeof routes);
    for (size_t i = 0; i < ROUTES; i++) add_route(i, next(&from));
    for (size_t i = 0; i < ROUTES; i++) change_path(next(&from));
    while (from.at < from.end) {
        uint8_t verb = next(&from) % 17;
        if (verb < 7) send_rtp(&from);
        if (verb == 7) send_anything(&from);
        if (verb == 8) send_rtcp(&from);
        if (verb == 9) repeat(&from);
        if (verb >= 10 && verb < 13) change_route(verb - 10, next(&from));
        if (verb == 13) silence(next(&from));
        if (verb == 14) change_viewer(next(&from));
        if (verb == 15) change_path(next(&from));
        if (verb == 16) pass_time(next(&from));
    }
    read_told();
    for (int64_t who = 0; who <= VIEWERS; who++) yt_remove_peer(plane, PUBLISHER + who);
    CHECK(plane->peer_count == 0 && plane->route_count == 0 && plane->pool.bytes == 0);
    return 0;
}
