/* Any order of packets and verbs: what leaves authenticates, no index leaves twice with different bytes, and memory
 * comes back. */
/* links: plane tables state consent route layers queue pacer repeat forward receive tell outbox report arrivals packet ring srtp crypto ipsecmb rtp descriptors vp8 dependency congestion delay_trend feedback meters rate_control */
#include "plane_world.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { STREAMS = 3, ROUTES = 6, STEPS = 400 };

static const uint8_t *input, *input_end;
static int64_t routes[ROUTES];
static struct {
    int64_t index;
    uint32_t timestamp;
} sent[STREAMS];
static yt_codec codec;

static uint8_t byte(void) { return input < input_end ? *input++ : 0; }

static size_t take(uint8_t *out, size_t most) {
    size_t length = byte() % (most + 1);
    for (size_t at = 0; at < length; at++) out[at] = byte();
    return length;
}

static size_t header(uint8_t *packet, uint8_t first, uint8_t second, int64_t index, uint32_t timestamp, uint32_t ssrc) {
    const yt_block none = {0};
    size_t head = yt_rtp_write(packet, second, (uint16_t)index, timestamp, ssrc, &none);
    packet[0] = first;
    if (first & 0x10) {
        uint8_t block[] = {0xBE, 0xDE, 0, 2, 0x10, byte(), 0x21, byte(), byte(), 0x30, byte(), 0};
        memcpy(packet + head, block, sizeof block);
        head += sizeof block;
    }
    return head;
}

static void media(uint8_t choice) {
    uint8_t packet[PACKET_BYTES];
    unsigned stream = choice % STREAMS;
    int step = (int)(byte() % 16) - 3;
    int64_t index = sent[stream].index + step;
    if (index < 0) return;
    if (index > sent[stream].index) sent[stream].index = index;
    uint8_t flags = byte();
    if (flags & 1) sent[stream].timestamp += 3000;
    size_t head = header(packet, 0x80 | (flags & 2 ? 0x10 : 0) | (flags & 4 ? 0x20 : 0),
                         (uint8_t)((flags & 8 ? 0x80 : 0) | (flags & 0x70 ? 96 : 97)), index, sent[stream].timestamp,
                         stream + 1);
    size_t length = head + take(packet + head, 40);
    receive_sealed(packet, head, length, stream + 1, (uint64_t)index);
}

/* An RTX packet of the first stream; its own numbers run on. */
static void repaired(void) {
    static int64_t index;
    uint8_t packet[PACKET_BYTES];
    size_t head = header(packet, 0x80, 98, ++index & 0xFFFF, sent[0].timestamp, 50);
    packet[head] = (uint8_t)(sent[0].index >> 8);
    packet[head + 1] = (uint8_t)(sent[0].index - byte() % 8);
    receive_sealed(packet, head, head + 2 + take(packet + head + 2, 40), 50, (uint64_t)(index & 0xFFFF));
}

static void feedback(void) {
    uint8_t packet[300] = {0x8F, 205, 0, 0, 0, 0, 0, 1, 0, 0, 0, 1};
    size_t length = 12 + take(packet + 12, 200);
    packet[3] = (uint8_t)(byte() & 1 ? byte() : length / 4 - 1);
    length = yt_srtcp_seal(world.listeners[2].tx, packet, length);
    yt_datagram datagram = {.data = packet, .length = (uint16_t)length, .source = address_of(2)};
    yt_receive(world.plane, &datagram, world.now_us);
}

static void verb(uint8_t choice) {
    yt_plane *plane = world.plane;
    uint8_t what = byte();
    int64_t *place = &routes[what % ROUTES], out = 2 + what / ROUTES % 2;
    yt_route *route = yt_find_route(plane, *place);
    yt_peer *peer = yt_find_peer(plane, out);
    yt_stream *stream = yt_peer_stream(yt_find_peer(plane, 1), what % STREAMS + 1);
    CHECK(stream && peer);
    yt_flush(plane);
    switch (choice % 15) {
    case 0:
        if (!route && !yt_ssrc_taken(peer, 100 + what % ROUTES))
            *place = made_route(what % STREAMS + 1, out, 100 + what % ROUTES, codec, what & 64)->id;
        break;
    case 1:
        if (route) yt_remove_route(plane, route);
        break;
    case 2:
        if (route) yt_route_pause(route, byte() & 1);
        break;
    case 3: {
        uint32_t shift = 90u * byte();
        if (route) CHECK(yt_switch_route(route, byte() % STREAMS + 1, shift & 1 ? &shift : NULL, shift & 2));
        break;
    }
    case 4:
        if (route) yt_route_limit(route, byte() % 9, byte() % 9);
        break;
    case 5:
        if (route) yt_replay(plane, route, world.now_us);
        break;
    case 6:
        if (route) {
            uint16_t lost[8];
            for (int at = 0; at < 8; at++) lost[at] = (uint16_t)(yt_route_next_out(route) - 1 - byte() % 32);
            yt_retransmit(plane, route, lost, 8, world.now_us);
        }
        break;
    case 7:
        yt_stream_silence(stream, (what & 48) == 16, (what & 48) == 32);
        if (yt_stream_silent(stream)) yt_withhold_stream(plane, stream);
        break;
    case 8:
        peer->pace_bps = byte() * 2000;
        peer->was_linked |= peer->pace_bps != 0;
        break;
    case 9:
        peer->hop = (yt_hop){.transport_cc = 5, .abs_send_time = what & 1 ? 6 : 0};
        peer->was_linked = true;
        if (!peer->congestion) peer->congestion = yt_congestion_new(&peer->limits);
        break;
    case 10:
        yt_begin_probe(plane, peer, byte() * 20000, byte() * 1000, world.now_us);
        break;
    case 11:
        yt_peer_stop_sending(peer);
        peer->sending = !(what & 1);
        break;
    case 12:
        if (what % 4) break;
        give_keys(1 + what / 4 % 3, YT_GCM);
        for (unsigned at = 0; what / 4 % 3 == 0 && at < STREAMS; at++) sent[at].index = 10;
        break;
    case 13:
        CHECK(yt_report_arrivals(plane, yt_find_peer(plane, 1), 7, what % 4));
        break;
    default:
        stream->tapped = what & 1;
        while (yt_ring_peek(&plane->ring)) yt_ring_next(&plane->ring);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    input = data;
    input_end = data + size;
    memset(routes, 0, sizeof routes);
    memset(sent, 0, sizeof sent);
    begin_world();
    codec = (yt_codec)(1 + byte() % 5);
    yt_rtx rtx = {.rtx_ssrc = 50, .media_ssrc = 1};
    memset(rtx.types, YT_NO_TYPE, sizeof rtx.types);
    rtx.types[98] = 96;
    CHECK(yt_peer_set_rtx(yt_find_peer(world.plane, 1), &rtx));
    for (unsigned at = 0; at < STREAMS; at++) sent[at].index = byte() & 1 ? 65400 : 10;
    routes[0] = made_route(1, 2, 100, codec, true)->id;
    for (int step = 0; step < STEPS && input < input_end; step++) {
        uint8_t choice = byte();
        if (choice < 190) {
            media(choice);
        } else if (choice < 196) {
            repaired();
        } else if (choice < 202) {
            feedback();
        } else if (choice < 204) {
            uint8_t raw[100];
            receive_raw(raw, take(raw, sizeof raw));
        } else if (choice < 216) {
            run_us(1000 * (byte() % 64));
        } else {
            verb(choice);
        }
        yt_ring_publish(&world.plane->ring);
    }
    end_world();
    return 0;
}
