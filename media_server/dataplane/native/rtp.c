#include "rtp.h"

#include <string.h>

enum { ONE_BYTE_PROFILE = 0xBEDE, TWO_BYTE_PROFILE = 0x1000, TRANSPORT_CC_BYTES = 2, SEND_TIME_BYTES = 3 };

static uint16_t read16(const uint8_t *at) { return (uint16_t)(at[0] << 8 | at[1]); }

static uint32_t read32(const uint8_t *at) { return (uint32_t)read16(at) << 16 | read16(at + 2); }

static void write16(uint8_t *at, uint32_t value) {
    at[0] = (uint8_t)(value >> 8);
    at[1] = (uint8_t)value;
}

static void write32(uint8_t *at, uint32_t value) {
    write16(at, value >> 16);
    write16(at + 2, value);
}

bool yt_rtp_parse(yt_rtp *view, const uint8_t *data, size_t length) {
    if (length < YT_RTP_FIXED_BYTES || length > YT_RTP_MAX_PACKET || data[0] >> 6 != 2)
        return false;
    size_t extension_at = YT_RTP_FIXED_BYTES + 4 * (size_t)(data[0] & 15);
    size_t head = extension_at;
    if (data[0] & 16) {
        if (length < head + 4)
            return false;
        head += 4 + 4 * (size_t)read16(data + head + 2);
    }
    if (length < head)
        return false;
    *view = (yt_rtp){
        .timestamp = read32(data + 4),
        .ssrc = read32(data + 8),
        .sequence = read16(data + 2),
        .payload_type = data[1] & 0x7F,
        .marker = data[1] & 0x80,
        .padded = (data[0] & 32) != 0,
        .extension_at = (uint16_t)extension_at,
        .extension_bytes = (uint16_t)(head - extension_at),
        .header_bytes = (uint16_t)head,
    };
    return true;
}

size_t yt_rtp_unpadded(const yt_rtp *view, const uint8_t *payload, size_t length) {
    if (!view->padded)
        return length;
    if (length == 0)
        return 0;
    size_t padding = payload[length - 1];
    return padding > 0 && padding <= length ? length - padding : 0;
}

/* An id's place in the list, so that one that comes again costs no search. */
typedef struct {
    uint8_t seen[YT_MAX_ELEMENTS / 8];
    uint8_t place[YT_MAX_ELEMENTS];
} index_of_ids;

static void take(yt_elements *elements, index_of_ids *ids, uint8_t id, size_t at, size_t length) {
    uint8_t bit = (uint8_t)(1u << (id & 7));
    if (!(ids->seen[id >> 3] & bit)) {
        ids->seen[id >> 3] |= bit;
        ids->place[id] = (uint8_t)elements->count++;
    }
    elements->list[ids->place[id]] = (yt_element){.at = (uint16_t)at, .id = id, .length = (uint8_t)length};
}

void yt_elements_read(yt_elements *elements, const uint8_t *block, size_t length) {
    elements->count = 0;
    if (length < 4 || length > YT_RTP_MAX_PACKET)
        return;
    unsigned profile = read16(block);
    bool one_byte = profile == ONE_BYTE_PROFILE;
    if (!one_byte && (profile & 0xFFF0) != TWO_BYTE_PROFILE)
        return;
    index_of_ids ids;
    memset(ids.seen, 0, sizeof ids.seen);
    size_t at = 4;
    while (at < length) {
        if (block[at] == 0) {
            at++;
            continue;
        }
        uint8_t id = block[at];
        size_t value = at + 1, size;
        if (one_byte) {
            if (id >= 0xF0)
                return;
            size = (size_t)(id & 15) + 1;
            id >>= 4;
        } else {
            if (value >= length)
                return;
            size = block[value++];
        }
        if (value + size > length)
            return;
        take(elements, &ids, id, value, size);
        at = value + size;
    }
}

const yt_element *yt_elements_find(const yt_elements *elements, uint8_t id) {
    for (size_t i = 0; i < elements->count; i++)
        if (elements->list[i].id == id)
            return &elements->list[i];
    return NULL;
}

static bool fits_one_byte(uint8_t id, size_t length) { return id < 15 && length >= 1 && length <= 16; }

/* The id an element goes out with, 0 = not at all. */
static uint8_t id_of(const yt_element *element, const uint8_t map[256], bool one_byte_only, yt_hop hop) {
    uint8_t id = map[element->id];
    if (one_byte_only && !fits_one_byte(id, element->length))
        return 0;
    return id == hop.transport_cc || id == hop.abs_send_time ? 0 : id;
}

/* Bytes of the elements that go out, without their 1 or 2 head bytes; also how many, and if one byte will do. */
static size_t kept_bytes(const yt_elements *elements, const uint8_t map[256], bool one_byte_only, yt_hop hop,
                         size_t *count, bool *one_byte) {
    size_t bytes = 0;
    *count = 0;
    *one_byte = true;
    for (size_t i = 0; i < elements->count; i++) {
        const yt_element *element = &elements->list[i];
        uint8_t id = id_of(element, map, one_byte_only, hop);
        if (id == 0)
            continue;
        bytes += element->length;
        ++*count;
        *one_byte &= fits_one_byte(id, element->length);
    }
    return bytes;
}

static uint8_t *write_head(uint8_t *at, bool one_byte, uint8_t id, size_t length) {
    if (one_byte) {
        *at++ = (uint8_t)((unsigned)id << 4 | (unsigned)(length - 1));
    } else {
        *at++ = id;
        *at++ = (uint8_t)length;
    }
    return at;
}

/* Zeros for a value that `yt_block_stamp` fills in; `where` becomes its offset. */
static uint8_t *write_hop(yt_block *block, uint8_t *at, bool one_byte, uint8_t id, size_t length, uint16_t *where) {
    *where = 0;
    if (id == 0)
        return at;
    at = write_head(at, one_byte, id, length);
    *where = (uint16_t)(at - block->data);
    memset(at, 0, length);
    return at + length;
}

void yt_block_write(yt_block *block, const uint8_t *source, const yt_elements *elements, const uint8_t map[256],
                    bool one_byte_only, yt_hop hop) {
    size_t hops = (size_t)(hop.transport_cc != 0) + (size_t)(hop.abs_send_time != 0);
    size_t hop_bytes = (hop.transport_cc ? TRANSPORT_CC_BYTES : 0u) + (hop.abs_send_time ? SEND_TIME_BYTES : 0u);
    bool hops_fit = hop.transport_cc < 15 && hop.abs_send_time < 15;
    size_t count;
    bool one_byte;
    size_t bytes = kept_bytes(elements, map, one_byte_only, hop, &count, &one_byte);
    one_byte &= hops_fit;
    size_t total = bytes + hop_bytes + (count + hops) * (one_byte ? 1 : 2);
    if (4 + ((total + 3) & ~(size_t)3) > sizeof block->data) {
        count = 0;
        one_byte = hops_fit;
    }
    block->bytes = block->transport_cc_at = block->abs_send_time_at = 0;
    if (count + hops == 0)
        return;
    uint8_t *at = block->data + 4;
    for (size_t i = 0; count && i < elements->count; i++) {
        const yt_element *element = &elements->list[i];
        uint8_t id = id_of(element, map, one_byte_only, hop);
        if (id == 0)
            continue;
        at = write_head(at, one_byte, id, element->length);
        memcpy(at, source + element->at, element->length);
        at += element->length;
    }
    at = write_hop(block, at, one_byte, hop.abs_send_time, SEND_TIME_BYTES, &block->abs_send_time_at);
    at = write_hop(block, at, one_byte, hop.transport_cc, TRANSPORT_CC_BYTES, &block->transport_cc_at);
    while ((at - block->data) & 3)
        *at++ = 0;
    block->bytes = (uint16_t)(at - block->data);
    write16(block->data, one_byte ? ONE_BYTE_PROFILE : TWO_BYTE_PROFILE);
    write16(block->data + 2, block->bytes / 4u - 1);
}

void yt_block_stamp(const yt_block *block, uint8_t *data, uint16_t number, uint32_t send_time) {
    if (block->abs_send_time_at) {
        data[block->abs_send_time_at] = (uint8_t)(send_time >> 16);
        write16(data + block->abs_send_time_at + 1, send_time);
    }
    if (block->transport_cc_at)
        write16(data + block->transport_cc_at, number);
}

uint32_t yt_abs_send_time(int64_t now_us) {
    /* Seconds first: shifting microseconds by 18 would overflow after 407 days of uptime. */
    uint64_t seconds = (uint64_t)now_us / 1000000, rest = (uint64_t)now_us % 1000000;
    return (uint32_t)((seconds << 18) + (rest << 18) / 1000000) & 0xFFFFFF;
}

size_t yt_rtp_write(uint8_t *out, uint8_t marker_and_type, uint16_t sequence, uint32_t timestamp, uint32_t ssrc,
                    const yt_block *block) {
    out[0] = block->bytes ? 0x90 : 0x80;
    out[1] = marker_and_type;
    write16(out + 2, sequence);
    write32(out + 4, timestamp);
    write32(out + 8, ssrc);
    memcpy(out + YT_RTP_FIXED_BYTES, block->data, block->bytes);
    return YT_RTP_FIXED_BYTES + (size_t)block->bytes;
}
