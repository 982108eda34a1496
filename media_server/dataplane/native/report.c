/* RTCP that goes out: what Python hands over, and transport-cc feedback to those who send. */
#include "plane.h"

#include <stdlib.h>
#include <string.h>

void yt_send_rtcp(yt_plane *plane, yt_peer *peer, const uint8_t *data, size_t length) {
    uint8_t packet[YT_DATAGRAM_BYTES + YT_SRTCP_OVERHEAD];
    if (!peer->outbound || !peer->sending || plane->outbox.closed || length > YT_DATAGRAM_BYTES)
        return;
    memcpy(packet, data, length);
    size_t sealed = yt_srtcp_seal(peer->outbound, packet, length);
    if (!sealed)
        return;
    yt_sender_add(plane->outbox.sender, packet, sealed, &peer->target);
    yt_sender_flush(plane->outbox.sender);
}

bool yt_report_arrivals(yt_plane *plane, yt_peer *peer, uint32_t ssrc, uint8_t transport_cc) {
    if (!peer->arrivals) {
        if (!transport_cc)
            return true;
        if (!(peer->arrivals = malloc(sizeof *peer->arrivals)))
            return false;
        yt_arrivals_init(peer->arrivals);
        if (!yt_list_add(&plane->reported, peer)) {
            free(peer->arrivals);
            peer->arrivals = NULL;
            return false;
        }
    }
    peer->arrivals_ssrc = ssrc;
    peer->arrivals_id = transport_cc;
    return true;
}

void yt_note_arrival(yt_peer *peer, const yt_rtp *rtp, const uint8_t *block, int64_t now_us) {
    yt_elements elements;
    if (!peer->arrivals_id || !rtp->extension_bytes)
        return;
    yt_elements_read(&elements, block, rtp->extension_bytes);
    const yt_element *number = yt_elements_find(&elements, peer->arrivals_id);
    if (!number || number->length != 2)
        return;
    if (!yt_peer_rtx(peer, rtp->ssrc))
        peer->arrivals_media = rtp->ssrc;
    yt_arrivals_add(peer->arrivals, (uint16_t)(block[number->at] << 8 | block[number->at + 1]), now_us);
}

void yt_report_all(yt_plane *plane, int64_t now_us) {
    uint8_t packet[YT_ARRIVALS_PACKET_BYTES];
    for (uint32_t at = 0; at < plane->reported.count; at++) {
        yt_peer *peer = plane->reported.items[at];
        if (peer->arrivals->since_us < 0 || now_us - peer->arrivals->since_us < YT_ARRIVALS_US)
            continue;
        size_t length;
        while ((length = yt_arrivals_build(peer->arrivals, peer->arrivals_ssrc, peer->arrivals_media, packet)))
            yt_send_rtcp(plane, peer, packet, length);
    }
}

int64_t yt_report_at_us(const yt_plane *plane) {
    int64_t next = -1;
    for (uint32_t at = 0; at < plane->reported.count; at++) {
        const yt_peer *peer = plane->reported.items[at];
        int64_t due_us = peer->arrivals->since_us + YT_ARRIVALS_LATEST_US;
        if (peer->arrivals->since_us >= 0 && (next < 0 || due_us < next))
            next = due_us;
    }
    return next;
}
