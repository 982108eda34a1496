#include "descriptors.h"

#include <string.h>

enum { H264_IDR = 5, H264_SPS = 7, H264_STAP_A = 24, H264_FU_A = 28 };

yt_codec yt_codec_named(const char *name) {
    static const struct {
        const char *name;
        yt_codec codec;
    } names[] = {{"opus", YT_OPUS}, {"h264", YT_H264}, {"vp8", YT_VP8}, {"vp9", YT_VP9}, {"av1", YT_AV1}};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (strcmp(name, names[i].name) == 0)
            return names[i].codec;
    return YT_CODEC_UNKNOWN;
}

/* A descriptor that is read byte by byte: once over the end, `bad` stays set and zeros come. */
typedef struct {
    const uint8_t *data;
    size_t length;
    size_t at;
    bool bad;
} reader;

static uint8_t peek(reader *from) {
    if (from->at >= from->length) {
        from->bad = true;
        return 0;
    }
    return from->data[from->at];
}

static uint8_t next(reader *from) {
    uint8_t byte = peek(from);
    from->at++;
    return byte;
}

/* --- VP8 (RFC 7741 4.2) --- */

/* What a VP8 descriptor says beyond the numbers. */
typedef struct {
    yt_vp8 numbers;
    size_t bytes;
    bool begins; /* first packet of the frame: S is set, partition 0 */
    bool layered;
    bool sync; /* Y */
    uint8_t temporal;
} vp8_descriptor;

static bool read_vp8(vp8_descriptor *out, const uint8_t *payload, size_t length) {
    reader from = {.data = payload, .length = length};
    uint8_t first = next(&from);
    *out = (vp8_descriptor){.begins = (first & 0x17) == 0x10};
    uint8_t flags = first & 0x80 ? next(&from) : 0;
    yt_vp8 *numbers = &out->numbers;
    if (flags & 0x80) {
        numbers->picture_at = (uint8_t)from.at;
        uint8_t high = next(&from);
        numbers->picture_wide = (high & 0x80) != 0;
        numbers->picture = numbers->picture_wide ? (uint16_t)((high & 0x7F) << 8 | next(&from)) : high;
    }
    if (flags & 0x40) {
        numbers->tl0_at = (uint8_t)from.at;
        numbers->tl0 = next(&from);
    }
    if (flags & 0x30) {
        uint8_t byte = peek(&from);
        if (flags & 0x10) {
            numbers->key_at = (uint8_t)from.at;
            numbers->key = byte & 0x1F;
        }
        out->layered = (flags & 0x20) != 0;
        if (out->layered) {
            out->temporal = byte >> 6;
            out->sync = (byte & 0x20) != 0;
        }
        from.at++;
    }
    out->bytes = from.at;
    return !from.bad;
}

static bool vp8_keyframe(const vp8_descriptor *descriptor, const uint8_t *payload, size_t length) {
    return descriptor->begins && descriptor->bytes < length && !(payload[descriptor->bytes] & 1);
}

bool yt_vp8_parse(yt_vp8 *vp8, const uint8_t *payload, size_t length) {
    vp8_descriptor descriptor;
    bool good = read_vp8(&descriptor, payload, length);
    *vp8 = good ? descriptor.numbers : (yt_vp8){0};
    return good;
}

static void vp8_layers(yt_layers *layers, const uint8_t *payload, size_t length, bool marker) {
    vp8_descriptor descriptor;
    if (!read_vp8(&descriptor, payload, length) || !descriptor.layered)
        return;
    *layers = (yt_layers){
        .known = true,
        .begins_frame = descriptor.begins,
        .ends_frame = marker,
        .temporal = descriptor.temporal,
        .rises = descriptor.sync ? (uint8_t)(1u << descriptor.temporal) : 0,
    };
    if (vp8_keyframe(&descriptor, payload, length))
        layers->rises = 0xFF;
}

/* --- VP9 (RFC 9628 4.2) --- */

typedef struct {
    bool begins, ends, predicted, layered, up;
    uint8_t spatial, temporal;
} vp9_descriptor;

static void skip_vp9_structure(reader *from) {
    uint8_t flags = next(from);
    if (flags & 0x10)
        from->at += 4 * ((size_t)(flags >> 5) + 1);
    if (flags & 0x08)
        for (unsigned pictures = next(from); pictures > 0 && !from->bad; pictures--)
            from->at += (next(from) >> 2) & 3;
}

static bool read_vp9(vp9_descriptor *out, const uint8_t *payload, size_t length) {
    reader from = {.data = payload, .length = length};
    uint8_t flags = next(&from);
    *out = (vp9_descriptor){
        .begins = (flags & 0x08) != 0,
        .ends = (flags & 0x04) != 0,
        .predicted = (flags & 0x40) != 0,
        .layered = (flags & 0x20) != 0,
    };
    if (flags & 0x80)
        from.at += peek(&from) & 0x80 ? 2 : 1;
    if (out->layered) {
        uint8_t layer = next(&from);
        out->temporal = layer >> 5;
        out->up = (layer & 0x10) != 0;
        out->spatial = (layer >> 1) & 7;
        from.at += flags & 0x10 ? 0 : 1; /* TL0PICIDX */
    }
    if ((flags & 0x50) == 0x50)
        for (int references = 0; references < 3 && (next(&from) & 1); references++) {
        }
    if (flags & 0x02)
        skip_vp9_structure(&from);
    return !from.bad;
}

static void vp9_layers(yt_layers *layers, const uint8_t *payload, size_t length) {
    vp9_descriptor descriptor;
    if (!read_vp9(&descriptor, payload, length) || !descriptor.layered)
        return;
    *layers = (yt_layers){
        .known = true,
        .begins_frame = descriptor.begins,
        .ends_frame = descriptor.ends,
        .spatial = descriptor.spatial,
        .temporal = descriptor.temporal,
    };
    if (!descriptor.predicted)
        layers->rises = 0xFF;
    else if (descriptor.up)
        layers->rises = (uint8_t)(0xFE << descriptor.temporal);
}

/* --- H264 (RFC 6184) --- */

static bool h264_starts(uint8_t header) { return (header & 0x1F) == H264_IDR || (header & 0x1F) == H264_SPS; }

static bool h264_keyframe(const uint8_t *payload, size_t length) {
    switch (payload[0] & 0x1F) {
    case H264_FU_A:
        return length > 1 && (payload[1] & 0x80) && h264_starts(payload[1]);
    case H264_STAP_A:
        for (size_t at = 1; at + 2 < length;) {
            size_t size = (size_t)(payload[at] << 8 | payload[at + 1]);
            at += 2;
            if (size == 0 || size > length - at)
                return false;
            if (h264_starts(payload[at]))
                return true;
            at += size;
        }
        return false;
    default:
        return h264_starts(payload[0]);
    }
}

/* --- All codecs --- */

bool yt_is_keyframe(yt_codec codec, const uint8_t *payload, size_t length) {
    if (codec == YT_OPUS)
        return true;
    if (length == 0)
        return false;
    vp8_descriptor vp8;
    vp9_descriptor vp9;
    switch (codec) {
    case YT_H264:
        return h264_keyframe(payload, length);
    case YT_VP8:
        return read_vp8(&vp8, payload, length) && vp8_keyframe(&vp8, payload, length);
    case YT_VP9:
        return read_vp9(&vp9, payload, length) && vp9.begins && !vp9.predicted && vp9.spatial == 0;
    case YT_AV1:
        return (payload[0] & 0x08) != 0;
    default:
        return false;
    }
}

void yt_layers_read(yt_layers *layers, yt_codec codec, const uint8_t *payload, size_t length, bool marker) {
    *layers = (yt_layers){0};
    if (codec == YT_VP8)
        vp8_layers(layers, payload, length, marker);
    else if (codec == YT_VP9)
        vp9_layers(layers, payload, length);
}

uint8_t yt_rise(const yt_layers *layers, uint8_t limit, uint8_t wanted) {
    if (wanted <= limit)
        return wanted;
    while (limit < wanted && limit < 7 && (layers->rises >> (limit + 1) & 1))
        limit++;
    return limit;
}
