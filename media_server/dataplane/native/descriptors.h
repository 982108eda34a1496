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

/* The place of a packet in a layered stream. `known` false: the stream does not say; forward it whole. */
typedef struct {
    bool known;
    bool begins; /* first packet of a frame (of one spatial layer) */
    bool ends;   /* last one; VP8 does not say (its marker does) */
    bool sync;   /* the frame itself needs the base layer only */
    uint8_t spatial;
    uint8_t temporal;
    int8_t up; /* highest temporal layer that can be decoded from this frame on, -1 if it does not say: for those who
                * have everything up to `temporal`, or for all if `sync` */
} yt_layers;

enum { YT_ALL_LAYERS = 7 };

/* VP8 and VP9; other codecs, and a descriptor that is cut short: not known. */
void yt_layers_read(yt_layers *layers, yt_codec codec, const uint8_t *payload, size_t length);

/* A VP8 descriptor: the running numbers, -1 = not there, and where they are. */
typedef struct {
    int32_t picture; /* 7 or 15 bit */
    int16_t tl0;
    int16_t key; /* 5 bit */
    uint8_t picture_at;
    uint8_t tl0_at;
    uint8_t key_at;
    bool picture_wide; /* 15 bit */
    yt_layers layers;
} yt_vp8;

enum { YT_VP8_MAX_DESCRIPTOR = 6 };

/* False when the descriptor does not fit into `length` bytes: then nothing is to be rewritten. */
bool yt_vp8_parse(yt_vp8 *vp8, const uint8_t *payload, size_t length);

/* What is added to the running numbers, each modulo its size. A route keeps one with each stretch of sequence numbers,
 * so that late and repeated packets get the numbers of their time. */
typedef struct {
    uint16_t picture;
    uint8_t tl0;
    uint8_t key;
} yt_vp8_offsets;

/* How to move a stream that begins with `first` (a frame of the base layer), so that it follows what was sent. `last`
 * was the last one sent, moved by `moved`. A number that one of the two has not is not moved. */
yt_vp8_offsets yt_vp8_following(const yt_vp8 *last, yt_vp8_offsets moved, const yt_vp8 *first);

/* Change the numbers in `payload` (which `vp8` was read from, or a copy of its first YT_VP8_MAX_DESCRIPTOR bytes) in
 * place. A PictureID keeps its width. */
void yt_vp8_rewrite(uint8_t *payload, const yt_vp8 *vp8, yt_vp8_offsets offsets);

/* One route's numbers. All zero at first. Call `switched` with the first packet after a (re)start or a switch of
 * stream, then for packets newer than all before: `sent` for each that is forwarded, `dropped` for each that is left
 * out for its layer. Late ones change nothing. */
typedef struct {
    yt_vp8_offsets offsets; /* for packets that come now */
    yt_vp8_offsets moved;   /* of the last one sent */
    yt_vp8 last;
    bool started;
    int32_t dropped; /* incoming PictureID + 1 of the frame that was left out last; 0 = none */
} yt_vp8_map;

/* Let this packet's frame follow the last one sent. First start: the numbers stay. */
void yt_vp8_switched(yt_vp8_map *map, const yt_vp8 *first);
void yt_vp8_sent(yt_vp8_map *map, const yt_vp8 *vp8);
/* Close the gap of a frame that is left out; its further packets change nothing. True when offsets changed. */
bool yt_vp8_dropped(yt_vp8_map *map, const yt_vp8 *vp8);

#endif
