/* One datagram: sorted by its first byte (RFC 7983, RFC 5761), opened, unwrapped, forwarded, told upward. */
#include "plane.h"

#include <string.h>

#define LEAST_SEALED_BYTES 10
enum { RECEIVER_REPORT = 201, DESCRIPTION = 202, FEEDBACK = 205, TRANSPORT_CC = 15 };

static void tell_received(yt_plane *plane, yt_stream *stream, const yt_packet *packet, const uint8_t *extensions,
                          size_t extension_bytes) {
    yt_record record = {
        .kind = YT_TOLD_RECEIVED,
        .payload_type = packet->rtp.payload_type,
        .peer = stream->peer->id,
        .arrival_us = packet->arrival_us,
        .ssrc = stream->ssrc,
        .timestamp = packet->rtp.timestamp,
        .sequence = (uint16_t)packet->index,
        .size_bytes = packet->length,
        .marker = packet->rtp.marker != 0,
        .keyframe = packet->keyframe,
    };
    yt_tell(plane, record, extensions, extension_bytes, NULL, 0);
}

/* A publisher's RTX packet becomes the original: as if it had come on its own stream, if it had not. */
static void recover(yt_plane *plane, yt_peer *peer, const yt_rtx *rtx, const yt_packet *wrapped, int64_t now_us) {
    yt_stream *stream = yt_peer_find(peer, rtx->media_ssrc);
    uint8_t type = rtx->types[wrapped->rtp.payload_type];
    if (!stream || stream->window.highest < 0 || type == YT_NO_TYPE || wrapped->size < 2)
        return;
    const uint8_t *payload = yt_packet_payload(wrapped);
    int64_t index = yt_window_index(&stream->window, (uint16_t)(payload[0] << 8 | payload[1]));
    if (!yt_window_fresh(&stream->window, index))
        return;
    uint16_t head = wrapped->rtp.header_bytes, size = wrapped->size - 2;
    yt_packet *packet = yt_packet_new(&plane->pool, wrapped->data, (size_t)head + size);
    if (!packet)
        return;
    int64_t highest = stream->window.highest;
    yt_stream_accept(stream, index);
    packet->rtp = wrapped->rtp;
    packet->rtp.padded = false;
    packet->rtp.ssrc = rtx->media_ssrc;
    packet->rtp.sequence = (uint16_t)index;
    packet->rtp.payload_type = type;
    packet->index = index;
    packet->arrival_us = now_us;
    packet->size = size;
    memcpy(packet->data + head, payload + 2, size);
    packet->data[0] &= (uint8_t)~0x20;
    packet->data[1] = wrapped->rtp.marker | type;
    packet->data[2] = (uint8_t)(index >> 8);
    packet->data[3] = (uint8_t)index;
    for (int at = 0; at < 4; at++)
        packet->data[8 + at] = (uint8_t)(rtx->media_ssrc >> (24 - 8 * at));
    yt_forward(plane, stream, packet, highest, now_us);
    /* The elements were told with the RTX packet: transport-cc must not count it twice. */
    tell_received(plane, stream, packet, NULL, 0);
    yt_packet_drop(packet);
}

static void receive_rtp(yt_plane *plane, yt_peer *peer, yt_datagram *datagram, int64_t now_us) {
    yt_rtp rtp;
    uint8_t *data = datagram->data;
    if (!peer->inbound || !yt_rtp_parse(&rtp, data, datagram->length) ||
        datagram->length < rtp.header_bytes + LEAST_SEALED_BYTES) {
        plane->counts.dropped_malformed++;
        return;
    }
    yt_stream *stream = yt_peer_find(peer, rtp.ssrc);
    int64_t index = stream ? yt_window_index(&stream->window, rtp.sequence) : rtp.sequence;
    size_t length = !stream || yt_window_fresh(&stream->window, index)
                        ? yt_srtp_open(peer->inbound, data, rtp.header_bytes, datagram->length, rtp.ssrc, (uint64_t)index)
                        : 0;
    if (!length) {
        plane->counts.dropped_auth++;
        return;
    }
    if (!stream && !(stream = yt_peer_stream(peer, rtp.ssrc)))
        return;
    yt_packet *packet = yt_packet_new(&plane->pool, data, length);
    if (!packet)
        return;
    yt_note_arrival(peer, &rtp, data + rtp.extension_at, now_us);
    int64_t highest = stream->window.highest;
    yt_stream_accept(stream, index);
    packet->rtp = rtp;
    packet->index = index;
    packet->arrival_us = now_us;
    packet->size = (uint16_t)yt_rtp_unpadded(&rtp, data + rtp.header_bytes, length - rtp.header_bytes);
    const yt_rtx *rtx = yt_peer_rtx(peer, rtp.ssrc);
    if ((!rtx && yt_forward(plane, stream, packet, highest, now_us)) || index != highest + 1)
        yt_grow_restless(plane, now_us);
    plane->untold.hushed |= stream->hushed;
    tell_received(plane, stream, packet, data + rtp.extension_at, rtp.extension_bytes);
    if (rtx)
        recover(plane, peer, rtx, packet, now_us);
    yt_packet_drop(packet);
}

/* Takes transport-cc feedback out of a compound packet, in place; the length of what is left. */
static size_t without_feedback(yt_peer *peer, uint8_t *data, size_t length, int64_t now_us) {
    size_t at = 0, left = 0;
    while (at + 4 <= length) {
        size_t size = 4 * ((size_t)(data[at + 2] << 8 | data[at + 3]) + 1);
        if (size > length - at)
            break;
        if (data[at + 1] == FEEDBACK && (data[at] & 0x1F) == TRANSPORT_CC) {
            if (peer->congestion)
                yt_congestion_feedback(peer->congestion, data + at, size, now_us);
        } else {
            memmove(data + left, data + at, size);
            left += size;
        }
        at += size;
    }
    /* A packet that runs over the end is for Python to judge. */
    memmove(data + left, data + at, length - at);
    return left + (length - at);
}

/* Nothing but receiver reports and who sends them: most of all RTCP, and nobody waits for an answer. */
static bool only_reports(const uint8_t *data, size_t length) {
    size_t at = 0;
    while (at + 4 <= length && (data[at + 1] == RECEIVER_REPORT || data[at + 1] == DESCRIPTION))
        at += 4 * ((size_t)(data[at + 2] << 8 | data[at + 3]) + 1);
    return at == length;
}

static void receive_rtcp(yt_plane *plane, yt_peer *peer, yt_datagram *datagram, int64_t now_us) {
    size_t length = peer->inbound ? yt_srtcp_open(peer->inbound, datagram->data, datagram->length) : 0;
    if (!length) {
        plane->counts.dropped_auth++;
        return;
    }
    length = without_feedback(peer, datagram->data, length, now_us);
    yt_record record = {.kind = YT_TOLD_RTCP, .peer = peer->id, .arrival_us = now_us};
    record.patient = only_reports(datagram->data, length);
    if (length)
        yt_tell(plane, record, datagram->data, length, NULL, 0);
}

/* Answers a check that renews consent and moves nothing. It is told first, in order with what is not answered here, so
 * that nobody can use its transaction from elsewhere. */
static bool renew_consent(yt_plane *plane, const yt_peer *peer, const yt_datagram *datagram, int64_t now_us) {
    uint8_t answer[YT_CONSENT_BYTES];
    if (!peer->consent || !peer->sending || plane->outbox.closed || !yt_address_equal(&datagram->source, &peer->target))
        return false;
    size_t length = yt_consent_answer(peer->consent, datagram->data, datagram->length, &datagram->source, answer);
    yt_record record = {.kind = YT_TOLD_CONSENT, .peer = peer->id, .arrival_us = now_us, .patient = true};
    if (!length || !yt_tell(plane, record, &datagram->source, sizeof datagram->source, datagram->data + 8,
                            YT_TRANSACTION_BYTES))
        return false;
    yt_sender_add(plane->outbox.sender, answer, length, &datagram->source);
    yt_sender_flush(plane->outbox.sender);
    return true;
}

void yt_receive(yt_plane *plane, yt_datagram *datagram, int64_t now_us) {
    const uint8_t *data = datagram->data;
    uint8_t first = datagram->length ? data[0] : 255;
    yt_peer *peer = yt_peer_at(plane, &datagram->source);
    plane->counts.received++;
    if (first < 4) {
        if (!peer || !renew_consent(plane, peer, datagram, now_us))
            yt_tell(plane, (yt_record){.kind = YT_TOLD_STUN}, &datagram->source, sizeof datagram->source, data,
                    datagram->length);
    } else if (!peer)
        plane->counts.dropped_unbound++;
    else if (first >= 128 && first < 192 && datagram->length >= YT_RTP_FIXED_BYTES) {
        if (data[1] >= 192 && data[1] <= 223)
            receive_rtcp(plane, peer, datagram, now_us);
        else
            receive_rtp(plane, peer, datagram, now_us);
    } else if (first >= 20 && first < 64)
        yt_tell(plane, (yt_record){.kind = YT_TOLD_DTLS, .peer = peer->id}, data, datagram->length, NULL, 0);
    else
        plane->counts.dropped_malformed++;
}
