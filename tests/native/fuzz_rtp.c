/* Any packet: the view stays inside it, elements inside their block, and what is written is read again. */
/* links: rtp */
#include "rtp.h"

#include <string.h>

#include "checks.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static yt_elements elements, again;

static void writes(const uint8_t *block, const uint8_t map[256], bool one_byte_only, yt_hop hop) {
    yt_block written;
    uint8_t out[YT_RTP_MAX_WRITTEN];
    yt_rtp view;
    yt_block_write(&written, block, &elements, map, one_byte_only, hop);
    CHECK(written.bytes % 4 == 0 && written.bytes <= sizeof written.data);
    if (one_byte_only && hop.transport_cc < 15 && hop.abs_send_time < 15)
        CHECK(!written.bytes || written.data[0] == 0xBE);
    size_t length = yt_rtp_write(out, 0x80 | 96, 7, 8, 9, &written);
    CHECK(yt_rtp_parse(&view, out, length) && view.header_bytes == length && view.extension_bytes == written.bytes);
    yt_block_stamp(&written, out + YT_RTP_FIXED_BYTES, 0x1234, 0xABCDEF);
    yt_elements_read(&again, out + YT_RTP_FIXED_BYTES, written.bytes);
    CHECK(again.count <= elements.count + 2);
    if (hop.transport_cc) {
        const yt_element *number = yt_elements_find(&again, hop.transport_cc);
        CHECK(number != NULL && number->length == 2 && written.transport_cc_at == number->at);
        CHECK(memcmp(out + YT_RTP_FIXED_BYTES + number->at, "\x12\x34", 2) == 0);
    }
    if (hop.abs_send_time && hop.abs_send_time != hop.transport_cc) {
        const yt_element *time = yt_elements_find(&again, hop.abs_send_time);
        CHECK(time != NULL && time->length == 3 && written.abs_send_time_at == time->at);
        CHECK(memcmp(out + YT_RTP_FIXED_BYTES + time->at, "\xAB\xCD\xEF", 3) == 0);
    }
}

/* The first four bytes choose map and hop, the rest is the packet. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    yt_rtp view;
    uint8_t map[256];
    if (size < 4)
        return 0;
    for (unsigned id = 0; id < sizeof map; id++)
        map[id] = (uint8_t)(data[0] & 1 ? id : id * data[1] % 17);
    yt_hop hop = {.transport_cc = data[2], .abs_send_time = data[3]};
    const uint8_t *packet = data + 4;
    size -= 4;
    if (!yt_rtp_parse(&view, packet, size))
        return 0;
    CHECK(view.header_bytes <= size && view.extension_at + view.extension_bytes == view.header_bytes);
    CHECK(yt_rtp_unpadded(&view, packet + view.header_bytes, size - view.header_bytes) <= size - view.header_bytes);
    const uint8_t *block = packet + view.extension_at;
    yt_elements_read(&elements, block, view.extension_bytes);
    for (size_t i = 0; i < elements.count; i++) {
        CHECK(elements.list[i].at + elements.list[i].length <= view.extension_bytes);
        CHECK(yt_elements_find(&elements, elements.list[i].id) == &elements.list[i]);
    }
    writes(block, map, data[0] & 2, hop);
    return 0;
}
