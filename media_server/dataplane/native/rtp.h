/* RTP headers (RFC 3550) and their extension elements (RFC 8285): read, and written anew for one subscriber.
 *
 * Twin of `extensions.py` and of the header code in `forwarding.py`: same elements, same bytes. Nothing is
 * allocated, nothing is read outside what the caller gives, nothing here fails for a peer's bad input but by
 * returning false or zero. */
#ifndef YT_RTP_H
#define YT_RTP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    YT_RTP_FIXED_BYTES = 12,
    YT_RTP_MAX_WRITTEN = 256, /* a header that we write is never longer */
    YT_RTP_MAX_PACKET = 65535,
    YT_MAX_ELEMENTS = 256,
};

/* Where things are in one RTP packet. Good for an encrypted one: only the header is looked at. */
typedef struct {
    uint32_t timestamp;
    uint32_t ssrc;
    uint16_t sequence;
    uint8_t payload_type;
    uint8_t marker;        /* 0x80 or 0 */
    bool padded;
    uint16_t extension_at; /* offset of the extension block (profile, length, elements) */
    uint16_t extension_bytes; /* the whole block; 0 = none */
    uint16_t header_bytes; /* everything before the payload: the associated data of SRTP */
} yt_rtp;

/* False (and `view` is void) when it is not version 2 or the header does not fit into `length` bytes. */
bool yt_rtp_parse(yt_rtp *view, const uint8_t *data, size_t length);

/* Length of a decrypted payload without its padding; 0 when the padding count is 0 or larger than the payload. */
size_t yt_rtp_unpadded(const yt_rtp *view, const uint8_t *payload, size_t length);

/* One element; `at` is the offset of its value in the extension block. */
typedef struct {
    uint16_t at;
    uint8_t id;
    uint8_t length;
} yt_element;

/* Elements in the order in which their ids came first; of an id that comes again the last value counts. Filled to
 * `count` only. */
typedef struct {
    uint16_t count;
    yt_element list[YT_MAX_ELEMENTS];
} yt_elements;

/* Elements of a whole block (profile and length field included); none for an unknown profile. An element that runs
 * over the end is left out with all that follow. `length` 0 = no block. */
void yt_elements_read(yt_elements *elements, const uint8_t *block, size_t length);

/* NULL when there is none of this id. */
const yt_element *yt_elements_find(const yt_elements *elements, uint8_t id);

/* What is written anew on one hop; id 0 = not. */
typedef struct {
    uint8_t transport_cc;  /* id; 2 bytes, the transport-wide number, big-endian */
    uint8_t abs_send_time; /* id; 3 bytes, 6.18 fixed-point seconds, big-endian */
} yt_hop;

/* An extension block, ready to stand after the fixed header. The hop's values are zero in it: `yt_block_stamp` fills
 * them in when the packet leaves, so one block serves all routes with the same map and hop. */
typedef struct {
    uint16_t bytes;            /* 0 = no block, the X bit stays clear */
    uint16_t transport_cc_at;  /* offset in `data` of the 2 bytes; 0 = none */
    uint16_t abs_send_time_at; /* offset of the 3 bytes; 0 = none */
    uint8_t data[YT_RTP_MAX_WRITTEN - YT_RTP_FIXED_BYTES];
} yt_block;

/* The rule, same in Python: elements whose id `map` gives a new id other than 0, in the order of `elements`, then
 * abs-send-time, then transport-cc; a mapped element that would get the id of one of these two is left out. One-byte
 * profile (0xBEDE) if every id is below 15 and every value has 1 to 16 bytes, else two-byte (0x1000); with
 * `one_byte_only` mapped elements that do not fit the former are left out. Zeros fill up to 4 bytes. If fixed header and block were longer than YT_RTP_MAX_WRITTEN bytes, all mapped elements are left out.
 * `source` is the block that `elements` were read from. */
void yt_block_write(yt_block *block, const uint8_t *source, const yt_elements *elements, const uint8_t map[256],
                    bool one_byte_only, yt_hop hop);

/* Put the hop's values into a copy of the block's bytes (`data`: where the block begins). `send_time` is 24 bit. */
void yt_block_stamp(const yt_block *block, uint8_t *data, uint16_t number, uint32_t send_time);

/* abs-send-time of a time in microseconds: 6.18 fixed-point seconds, 24 bit. */
uint32_t yt_abs_send_time(int64_t now_us);

/* Fixed header (no CSRC, no padding) and block into `out` (at least YT_RTP_MAX_WRITTEN bytes); returns the length. */
size_t yt_rtp_write(uint8_t *out, uint8_t marker_and_type, uint16_t sequence, uint32_t timestamp, uint32_t ssrc,
                    const yt_block *block);

#endif
