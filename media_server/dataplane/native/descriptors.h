/* What the first bytes of a video payload say: keyframes, layers, and VP8's running numbers.
 *
 * VP8: RFC 7741, VP9: RFC 9628, AV1: the dependency descriptor (see `dependency.h`), H264: RFC 6184. Twin of
 * `payloads.is_keyframe` and `descriptors.py`. Pure; bad input gives "no keyframe", "no layers known". */
#ifndef YT_DESCRIPTORS_H
#define YT_DESCRIPTORS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef enum { YT_CODEC_UNKNOWN, YT_OPUS, YT_H264, YT_VP8, YT_VP9, YT_AV1 } yt_codec;

/* By lower-case name: "opus", "h264", "vp8", "vp9", "av1". */
yt_codec yt_codec_named(const char *name);

/* Whether this packet begins something a decoder can start with; for Opus always. */
bool yt_is_keyframe(yt_codec codec, const uint8_t *payload, size_t length);

/* The layer of one packet. `known` false: the stream does not say; forward it whole. */
typedef struct {
    bool known;
    bool begins_frame; /* first packet of a frame (VP9, AV1: of one spatial layer's frame) */
    bool ends_frame;   /* last one; VP8 has no such bit, there it is the RTP marker */
    uint8_t spatial;
    uint8_t temporal;
    uint8_t rises; /* bit t: who can decode this frame can decode temporal layer t from here on; see yt_rise */
} yt_layers;

/* VP8 and VP9; other codecs: not known. `marker` is the RTP marker bit. */
void yt_layers_read(yt_layers *layers, yt_codec codec, const uint8_t *payload, size_t length, bool marker);

/* The temporal limit from this frame on, when `limit` held until now and `wanted` is asked for. Lowering is at once;
 * rising goes layer by layer as far as `rises` allows: bits of VP8 are the frame's own layer (Y bit), of VP9 all
 * layers above the frame's (U bit), of AV1 those whose decode target may be switched to, of a keyframe all. */
uint8_t yt_rise(const yt_layers *layers, uint8_t limit, uint8_t wanted);

/* Positions of VP8's running numbers in a payload; an offset of 0 = the number is not there. */
typedef struct {
    uint16_t picture; /* 7 or 15 bit */
    uint8_t tl0;
    uint8_t key; /* 5 bit */
    uint8_t picture_at;
    uint8_t tl0_at;
    uint8_t key_at;
    bool picture_wide; /* 15 bit */
} yt_vp8;

enum { YT_VP8_MAX_DESCRIPTOR = 6 };

/* False when the descriptor does not fit into `length` bytes: then nothing is to be rewritten. */
bool yt_vp8_parse(yt_vp8 *vp8, const uint8_t *payload, size_t length);

/* What is added to the numbers, modulo their width. A route keeps one with each stretch of sequence numbers, so that
 * late and repeated packets get the numbers of their time. */
typedef struct {
    uint16_t picture;
    uint8_t tl0;
    uint8_t key;
} yt_vp8_offsets;

/* One route's numbers. All zero at first. Call `switched` with the first packet after a (re)start or a switch of
 * stream, then for packets newer than all before: `sent` for each that is forwarded, `dropped` for each that is left
 * out for its layer. Late ones change nothing. */
typedef struct {
    yt_vp8_offsets offsets;
    uint16_t last_picture; /* highest outgoing numbers */
    uint8_t last_tl0;
    uint8_t last_key;
    uint16_t dropped_picture; /* incoming number of the frame that was left out last */
    bool started;
    bool dropping; /* dropped_picture counts: nothing was sent since */
} yt_vp8_map;

/* Let this packet's frame follow the last one sent: each number goes on by one. First start: numbers stay. */
void yt_vp8_switched(yt_vp8_map *map, const yt_vp8 *first);
void yt_vp8_sent(yt_vp8_map *map, const yt_vp8 *vp8);
/* Close the gap of a frame that is left out; its further packets change nothing. True when offsets changed. */
bool yt_vp8_dropped(yt_vp8_map *map, const yt_vp8 *vp8);

/* Change the numbers in `payload` (which `vp8` was read from, or a copy of its first YT_VP8_MAX_DESCRIPTOR bytes) in
 * place. A PictureID keeps its width. */
void yt_vp8_rewrite(uint8_t *payload, const yt_vp8 *vp8, const yt_vp8_offsets *offsets);

#endif
