/* What a peer does with datagrams: counts media, answers and sends ICE checks (RFC 8445), notes RTCP. */
#define _GNU_SOURCE
#include "load.h"

#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

enum { BATCH = 32, STUN_HEADER = 20 };

static uint32_t crc32(const uint8_t *data, int size)
{
    uint32_t crc = 0xFFFFFFFFu;
    for (int i = 0; i < size; i++) {
        crc ^= data[i];
        for (int bit = 0; bit < 8; bit++)
            crc = crc >> 1 ^ (crc & 1 ? 0xEDB88320u : 0);
    }
    return ~crc;
}

static int attribute(uint8_t *at, uint32_t kind, const void *value, int size)
{
    put16(at, kind);
    put16(at + 2, (uint32_t)size);
    memset(at + 4, 0, (size_t)((size + 3) & ~3));
    memcpy(at + 4, value, (size_t)size);
    return 4 + ((size + 3) & ~3);
}

/* MESSAGE-INTEGRITY and FINGERPRINT (RFC 8489 14.5, 14.7); returns the whole size. */
static int stun_finish(uint8_t *message, int size, const char *password)
{
    uint8_t digest[20], sum[4];
    put16(message + 2, (uint32_t)(size - STUN_HEADER + 24));
    hmac_sha1(password, (int)strlen(password), message, (size_t)size, digest);
    size += attribute(message + size, 0x0008, digest, 20);
    put16(message + 2, (uint32_t)(size - STUN_HEADER + 8));
    put32(sum, crc32(message, size) ^ 0x5354554E);
    return size + attribute(message + size, 0x8028, sum, 4);
}

static void stun_header(uint8_t *message, uint32_t kind, const uint8_t transaction[12])
{
    put16(message, kind);
    put32(message + 4, 0x2112A442);
    memcpy(message + 8, transaction, 12);
}

/* A consent check that also nominates (RFC 7675). */
void send_check(struct peer *peer)
{
    static const uint8_t priority[4] = {0x6E, 0x7F, 0, 0xFF}, tie[8] = {1};
    uint8_t message[256], transaction[12];
    int size = STUN_HEADER;
    for (int i = 0; i < 12; i++)
        transaction[i] = (uint8_t)rand();
    stun_header(message, 0x0001, transaction);
    size += attribute(message + size, 0x0006, peer->plan.username, (int)strlen(peer->plan.username));
    size += attribute(message + size, 0x0024, priority, 4);
    size += attribute(message + size, 0x802A, tie, 8);
    size += attribute(message + size, 0x0025, "", 0);
    size = stun_finish(message, size, peer->plan.remote_password);
    if (send(peer->plan.fd, message, (size_t)size, MSG_DONTWAIT) < 0)
        peer->counts.blocked++;
}

static void answer_check(struct peer *peer, const uint8_t *request)
{
    uint8_t message[128], mapped[8] = {0, 1};
    struct sockaddr_storage from;
    socklen_t length = sizeof from;
    const uint8_t *raw = (const uint8_t *)&from;
    if (getpeername(peer->plan.fd, (struct sockaddr *)&from, &length) || from.ss_family != AF_INET)
        return;
    stun_header(message, 0x0101, request + 8);
    for (int i = 0; i < 6; i++) /* the port, then the address, both masked by the cookie */
        mapped[2 + i] = raw[2 + i] ^ (uint8_t[]){0x21, 0x12, 0x21, 0x12, 0xA4, 0x42}[i];
    int size = STUN_HEADER + attribute(message + STUN_HEADER, 0x0020, mapped, 8);
    size = stun_finish(message, size, peer->plan.local_password);
    if (send(peer->plan.fd, message, (size_t)size, MSG_DONTWAIT) < 0)
        peer->counts.blocked++;
}

static struct stream *stream_of(struct peer *peer, uint32_t ssrc)
{
    for (int i = 0; i < peer->stream_count; i++)
        if (peer->streams[i].ssrc == ssrc)
            return &peer->streams[i];
    if (peer->stream_count == MAX_STREAMS)
        return NULL;
    struct stream *stream = &peer->streams[peer->stream_count++];
    memset(stream, 0, sizeof *stream);
    stream->ssrc = ssrc;
    stream->highest = -1;
    return stream;
}

/* Size of the RTP header with its extension, or 0; `cc` gets the transport-wide number or stays. */
static int header_of(const uint8_t *packet, int size, int cc_id, int32_t *cc)
{
    int header = 12 + 4 * (packet[0] & 15);
    if (!(packet[0] & 0x10))
        return header <= size ? header : 0;
    if (header + 4 > size)
        return 0;
    int at = header + 4, end = at + 4 * (int)get16(packet + header + 2);
    if (end > size)
        return 0;
    if (get16(packet + header) == 0xBEDE)
        while (at < end) {
            int id = packet[at] >> 4, length = (packet[at] & 15) + 1;
            if (!id) {
                at++;
                continue;
            }
            if (at + 1 + length > end)
                break;
            if (id == cc_id && length == 2)
                *cc = (int32_t)get16(packet + at + 1);
            at += 1 + length;
        }
    return end;
}

static void note_arrival(struct peer *peer, uint32_t sequence, int64_t now_us)
{
    int64_t index = peer->highest_cc < 0 ? (int64_t)sequence + 65536
                                         : peer->highest_cc + (int16_t)(sequence - (uint32_t)peer->highest_cc);
    if (peer->highest_cc < 0)
        peer->next_cc = index;
    if (index > peer->highest_cc)
        peer->highest_cc = index;
    if (peer->arrival_count < MAX_ARRIVALS)
        peer->arrivals[peer->arrival_count++] = (struct arrival){index, now_us};
}

static void note_jitter(struct stream *stream, const uint8_t *packet, int64_t now_us)
{
    int64_t transit = now_us * 9 / 100 - (int64_t)get32(packet + 4);
    int32_t change = (int32_t)(transit - stream->transit);
    stream->transit = transit;
    change = change < 0 ? -change : change;
    stream->jitter += (uint32_t)((change - (int32_t)stream->jitter) / 16);
}

static void take_media(struct engine *engine, struct peer *peer, uint8_t *packet, int size, int64_t now_ns)
{
    int32_t cc = -1;
    int header = size < 12 ? 0 : header_of(packet, size, peer->plan.transport_cc, &cc);
    if (header && peer->plan.repeat_type && (packet[1] & 0x7F) == peer->plan.repeat_type) {
        peer->counts.repeats++;
        if (cc >= 0)
            note_arrival(peer, (uint32_t)cc, now_ns / 1000);
        return;
    }
    struct stream *stream = header ? stream_of(peer, get32(packet + 8)) : NULL;
    uint32_t sequence = get16(packet + 2);
    if (!stream)
        return;
    int64_t highest = stream->highest;
    int64_t index = highest < 0 ? (int64_t)sequence : highest + (int16_t)(sequence - (uint32_t)highest);
    if (highest < 0)
        stream->first = index;
    else if (index > highest)
        peer->counts.gaps += (uint64_t)(index - highest - 1);
    else
        peer->counts.reordered++;
    if (index > highest)
        stream->highest = index;
    stream->received++;
    peer->counts.received++;
    peer->counts.bytes += (uint64_t)size;
    if (cc >= 0)
        note_arrival(peer, (uint32_t)cc, now_ns / 1000);
    note_jitter(stream, packet, now_ns / 1000);
    if (engine->seen++ % (uint64_t)engine->sample_every)
        return;
    int end = rtp_open(&peer->open, packet, size, header, stream->ssrc, index);
    if (end < header + 8) {
        peer->counts.auth_failures++;
        return;
    }
    int64_t sent_ns, bin;
    memcpy(&sent_ns, packet + end - 8, 8);
    bin = (now_ns - sent_ns) / 1000 / DELAY_BIN_US;
    engine->delays[bin < 0 ? 0 : bin >= DELAY_BINS ? DELAY_BINS - 1 : bin]++;
}

static void take(struct engine *engine, struct peer *peer, uint8_t *packet, int size)
{
    int64_t now_ns = mono_ns();
    if (size < 8)
        return;
    if (packet[0] < 4) {
        if (size >= STUN_HEADER && get16(packet) == 0x0001)
            answer_check(peer, packet);
        peer->counts.checks++;
    } else if (packet[0] >= 128 && packet[0] < 192) {
        if (packet[1] < 192 || packet[1] > 223) {
            take_media(engine, peer, packet, size, now_ns);
            return;
        }
        peer->counts.rtcp_in++;
        size = rtcp_open(&peer->open, packet, size);
        if (size < 0)
            peer->counts.auth_failures++;
        else
            take_rtcp(peer, packet, size, now_ns / 1000);
    }
}

/* Everything that waits on the peer's socket, at most one batch a call. */
void receive_ready(struct engine *engine, struct peer *peer)
{
    static uint8_t buffers[BATCH][MAX_PACKET + 64]; /* one thread receives */
    struct iovec vectors[BATCH];
    struct mmsghdr messages[BATCH];
    memset(messages, 0, sizeof messages);
    for (int i = 0; i < BATCH; i++) {
        vectors[i] = (struct iovec){buffers[i], MAX_PACKET};
        messages[i].msg_hdr.msg_iov = &vectors[i];
        messages[i].msg_hdr.msg_iovlen = 1;
    }
    int count = recvmmsg(peer->plan.fd, messages, BATCH, MSG_DONTWAIT, NULL);
    for (int i = 0; i < count; i++)
        take(engine, peer, buffers[i], (int)messages[i].msg_len);
}
