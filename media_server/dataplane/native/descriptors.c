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

/* Numbers and layers; returns the length of the descriptor, 0 when it is cut short. */
static size_t read_vp8(yt_vp8 *out, const uint8_t *payload, size_t length) {
    reader from = {.data = payload, .length = length};
    uint8_t first = next(&from), flags = first & 0x80 ? next(&from) : 0;
    *out = (yt_vp8){.picture = -1, .tl0 = -1, .key = -1};
    out->layers = (yt_layers){.known = true, .begins = (first & 0x17) == 0x10, .up = -1};
    if (flags & 0x80) {
        out->picture_at = (uint8_t)from.at;
        uint8_t high = next(&from);
        out->picture_wide = (high & 0x80) != 0;
        out->picture = out->picture_wide ? (high & 0x7F) << 8 | next(&from) : high;
    }
    if (flags & 0x40) {
        out->tl0_at = (uint8_t)from.at;
        out->tl0 = next(&from);
    }
    if (flags & 0x30) {
        uint8_t at = (uint8_t)from.at, byte = next(&from);
        if (flags & 0x10) {
            out->key_at = at;
            out->key = byte & 0x1F;
        }
        if (flags & 0x20) {
            out->layers.temporal = byte >> 6;
            out->layers.sync = (byte & 0x20) != 0;
            out->layers.up = out->layers.sync ? (int8_t)(byte >> 6) : -1;
        }
    }
    return from.bad ? 0 : from.at;
}

static bool vp8_keyframe(const uint8_t *payload, size_t length) {
    yt_vp8 vp8;
    size_t start = read_vp8(&vp8, payload, length);
    return start > 0 && start < length && vp8.layers.begins && !(payload[start] & 1);
}

bool yt_vp8_parse(yt_vp8 *vp8, const uint8_t *payload, size_t length) {
    bool good = read_vp8(vp8, payload, length) > 0;
    if (!good)
        *vp8 = (yt_vp8){.picture = -1, .tl0 = -1, .key = -1, .layers.up = -1};
    return good;
}

/* --- VP9 (RFC 9628 4.2) --- */

/* Up to the layer byte; false when it is cut short. */
static bool read_vp9_layers(yt_layers *out, reader *from) {
    uint8_t flags = next(from);
    *out = (yt_layers){.begins = (flags & 0x08) != 0, .ends = (flags & 0x04) != 0, .up = -1};
    if (flags & 0x80)
        from->at += peek(from) & 0x80 ? 2 : 1;
    if (flags & 0x20) {
        uint8_t layer = next(from);
        out->known = true;
        out->temporal = layer >> 5;
        out->spatial = (layer >> 1) & 7;
        out->up = layer & 0x10 ? YT_ALL_LAYERS : -1;
    }
    return !from->bad;
}

static void skip_vp9_structure(reader *from) {
    uint8_t flags = next(from);
    if (flags & 0x10)
        from->at += 4 * ((size_t)(flags >> 5) + 1);
    if (flags & 0x08)
        for (unsigned pictures = next(from); pictures > 0 && !from->bad; pictures--)
            from->at += (next(from) >> 2) & 3;
}

static bool vp9_keyframe(const uint8_t *payload, size_t length) {
    reader from = {.data = payload, .length = length};
    yt_layers layers;
    uint8_t flags = payload[0];
    read_vp9_layers(&layers, &from);
    if (layers.known && !(flags & 0x10))
        from.at++; /* TL0PICIDX */
    if ((flags & 0x50) == 0x50)
        for (int references = 0; references < 3 && (next(&from) & 1); references++) {
        }
    if (flags & 0x02)
        skip_vp9_structure(&from);
    return !from.bad && layers.begins && !(flags & 0x40) && layers.spatial == 0;
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
    switch (codec) {
    case YT_H264:
        return h264_keyframe(payload, length);
    case YT_VP8:
        return vp8_keyframe(payload, length);
    case YT_VP9:
        return vp9_keyframe(payload, length);
    case YT_AV1:
        return (payload[0] & 0x08) != 0;
    default:
        return false;
    }
}

void yt_layers_read(yt_layers *layers, yt_codec codec, const uint8_t *payload, size_t length) {
    reader from = {.data = payload, .length = length};
    yt_vp8 vp8;
    if (codec == YT_VP8 && yt_vp8_parse(&vp8, payload, length))
        *layers = vp8.layers;
    else if (codec != YT_VP9 || !read_vp9_layers(layers, &from) || !layers->known)
        *layers = (yt_layers){.up = -1};
}
