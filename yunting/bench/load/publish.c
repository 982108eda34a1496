/* A publisher: frames of equal VP8-shaped packets at 30 a second, at once or a few every 5 ms as browsers pace. */
#include "load.h"

#include <string.h>
#include <sys/socket.h>

enum { FRAMES_PER_S = 30, SLOT_US = 5000, KEY_FRAMES = 60, DESCRIPTOR = 6 };

static int put_header(struct peer *peer, int marker, uint8_t *out)
{
    const struct plan *plan = &peer->plan;
    int at = 12;
    out[0] = 0x80;
    out[1] = (uint8_t)(plan->payload_type | (marker ? 0x80 : 0));
    put16(out + 2, (uint32_t)peer->index);
    put32(out + 4, peer->frame_us_rtp);
    put32(out + 8, plan->ssrc);
    if (!plan->transport_cc && !plan->abs_send_time)
        return at;
    out[0] |= 0x10;
    at += 4;
    if (plan->transport_cc) {
        out[at] = (uint8_t)(plan->transport_cc << 4 | 1);
        put16(out + at + 1, peer->cc_sequence++);
        at += 3;
    }
    if (plan->abs_send_time) {
        uint32_t stamp = (uint32_t)(((uint64_t)(mono_ns() / 1000) << 18) / 1000000);
        out[at] = (uint8_t)(plan->abs_send_time << 4 | 2);
        out[at + 1] = (uint8_t)(stamp >> 16);
        put16(out + at + 2, stamp);
        at += 4;
    }
    while (at & 3)
        out[at++] = 0;
    put32(out + 12, 0xBEDE0000u | (uint32_t)(at - 16) / 4);
    return at;
}

/* VP8 payload descriptor with picture id, TL0PICIDX and TID (RFC 7741 4.2), then the frame's first bytes. */
static int put_payload(struct peer *peer, uint8_t *out)
{
    static const uint8_t key[] = {0x10, 0x02, 0x00, 0x9D, 0x01, 0x2A, 0x80, 0x02, 0x68, 0x01};
    out[0] = peer->at_start ? 0x90 : 0x80;
    out[1] = 0xE0;
    put16(out + 2, 0x8000 | (peer->frame & 0x7FFF));
    out[4] = (uint8_t)peer->frame;
    out[5] = 0;
    out[DESCRIPTOR] = 0x11; /* an inter frame */
    if (peer->at_start && peer->key) {
        memcpy(out + DESCRIPTOR, key, sizeof key);
        peer->key = 0;
    }
    return DESCRIPTOR + 1;
}

static void send_packet(struct peer *peer)
{
    uint8_t packet[MAX_PACKET + 64] = {0};
    int64_t now_ns;
    int header = put_header(peer, peer->left == 1, packet), size = peer->plan.packet_bytes;
    put_payload(peer, packet + header);
    now_ns = mono_ns();
    memcpy(packet + size - 8, &now_ns, 8);
    peer->octets += (uint32_t)(size - header);
    size = rtp_seal(&peer->seal, packet, size, header, peer->plan.ssrc, peer->index);
    peer->index++;
    peer->at_start = 0;
    peer->left--;
    if (size > 0 && send(peer->plan.fd, packet, (size_t)size, MSG_DONTWAIT) == size)
        peer->counts.sent++;
    else
        peer->counts.blocked++;
}

static void begin_frame(struct peer *peer, int64_t now_us)
{
    peer->debt += (double)peer->plan.packets_per_s / FRAMES_PER_S;
    int packets = (int)peer->debt;
    peer->debt -= packets;
    peer->left += packets;
    peer->frame++;
    peer->at_start = packets > 0;
    peer->frame_us_rtp = (uint32_t)(now_us * 9 / 100);
    if (peer->frame % KEY_FRAMES == 0)
        peer->key = 1;
}

/* Sends what is due now. What a late wake-up missed is sent at once, as a browser's pacer does. */
void publish_due(struct engine *engine, struct peer *peer, int64_t now_us)
{
    if (!engine->media) {
        peer->next_frame_us = 0;
        peer->left = 0;
        return;
    }
    if (!peer->next_frame_us) {
        /* Publishers are spread over the frame time. */
        peer->next_frame_us = now_us + (int64_t)(peer->plan.ssrc * 2654435761u % (1000000 / FRAMES_PER_S));
        peer->next_slot_us = peer->next_frame_us;
        peer->key = 1;
    }
    while (now_us >= peer->next_frame_us) {
        begin_frame(peer, now_us);
        peer->next_frame_us += 1000000 / FRAMES_PER_S;
    }
    if (!peer->plan.slot_packets)
        while (peer->left > 0)
            send_packet(peer);
    while (now_us >= peer->next_slot_us) {
        for (int i = 0; i < peer->plan.slot_packets && peer->left > 0; i++)
            send_packet(peer);
        peer->next_slot_us += SLOT_US;
    }
}
