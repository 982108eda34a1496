#include "packet.h"

#include <stdlib.h>
#include <string.h>

yt_packet *yt_packet_new(yt_packet_pool *pool, const uint8_t *data, size_t length) {
    size_t bytes = sizeof(yt_packet) + length;
    yt_packet *packet = pool->bytes + bytes <= pool->most ? malloc(bytes) : NULL;
    if (!packet)
        return NULL;
    memset(packet, 0, sizeof *packet);
    memcpy(packet->data, data, length);
    packet->pool = pool;
    packet->serial = ++pool->made;
    packet->refs = 1;
    packet->length = (uint16_t)length;
    pool->bytes += bytes;
    return packet;
}

yt_packet *yt_packet_hold(yt_packet *packet) {
    packet->refs++;
    return packet;
}

void yt_packet_drop(yt_packet *packet) {
    if (!packet || --packet->refs)
        return;
    packet->pool->bytes -= sizeof *packet + packet->length;
    free(packet);
}

const uint8_t *yt_packet_payload(const yt_packet *packet) {
    return packet->data + packet->rtp.header_bytes;
}
