/* Headers and elements: bounds, RFC 8285's two forms, what is written for a hop, the 256-byte limit. */
/* links: rtp */
#include "rtp.h"

#include <string.h>

#include "checks.h"

static uint8_t identity[256];

static const yt_hop NO_HOP = {0, 0};

static void headers_that_do_not_fit_are_refused(void) {
    uint8_t packet[12 + 4 * 15 + 4 + 8] = {0x80 | 0x10 | 15, 0x80 | 96, 0x12, 0x34, 0, 0, 0, 5, 0xDE, 0xAD, 0xBE, 0xEF};
    yt_rtp view;
    packet[12 + 60 + 3] = 2;
    for (size_t length = 0; length < sizeof packet; length++) {
        uint8_t *exact = malloc(length + 1); /* so that a byte too far is seen */
        memcpy(exact + 1, packet, length);
        CHECK(!yt_rtp_parse(&view, exact + 1, length));
        free(exact);
    }
    CHECK(yt_rtp_parse(&view, packet, sizeof packet));
    CHECK(view.header_bytes == sizeof packet && view.extension_at == 72 && view.extension_bytes == 12);
    CHECK(view.marker == 0x80 && view.payload_type == 96 && view.sequence == 0x1234);
    CHECK(view.timestamp == 5 && view.ssrc == 0xDEADBEEF && !view.padded);
    packet[0] = 0x40;
    CHECK(!yt_rtp_parse(&view, packet, sizeof packet));
}

static void padding_is_taken_off(void) {
    const uint8_t payload[] = {1, 2, 3, 2};
    yt_rtp view = {.padded = true};
    CHECK(yt_rtp_unpadded(&view, payload, 4) == 2);
    CHECK(yt_rtp_unpadded(&view, payload, 3) == 0);
    CHECK(yt_rtp_unpadded(&view, (const uint8_t[]){9, 0}, 2) == 0);
    CHECK(yt_rtp_unpadded(&view, payload, 0) == 0);
    view.padded = false;
    CHECK(yt_rtp_unpadded(&view, payload, 4) == 4);
}

static void the_last_of_two_values_counts(void) {
    const uint8_t one[] = {0xBE, 0xDE, 0, 2, 0x10, 7, 0, 0x20, 8, 0x10, 9, 0};
    const uint8_t two[] = {0x10, 0x00, 0, 2, 200, 0, 1, 1, 7, 3, 9, 9};
    yt_elements found;
    yt_elements_read(&found, one, sizeof one);
    CHECK(found.count == 2 && found.list[0].id == 1 && one[found.list[0].at] == 9 && found.list[1].id == 2);
    yt_elements_read(&found, two, sizeof two);
    CHECK(found.count == 2 && found.list[0].id == 200 && found.list[0].length == 0 && found.list[1].id == 1);
    CHECK(yt_elements_find(&found, 3) == NULL && yt_elements_find(&found, 1) == &found.list[1]);
    yt_elements_read(&found, one, 0);
    CHECK(found.count == 0);
}

static void hop_elements_come_last_and_are_stamped(void) {
    const uint8_t source[] = {0xBE, 0xDE, 0, 1, 0x10, 7, 0x20, 8};
    const uint8_t expected[] = {0xBE, 0xDE, 0, 3, 0x10, 7, 0x42, 0x11, 0x22, 0x33, 0x21, 0xAB, 0xCD, 0, 0, 0};
    yt_elements found;
    yt_block block;
    yt_elements_read(&found, source, sizeof source);
    yt_block_write(&block, source, &found, identity, false, (yt_hop){.transport_cc = 2, .abs_send_time = 4});
    CHECK(block.bytes == sizeof expected);
    yt_block_stamp(&block, block.data, 0xABCD, 0x112233);
    CHECK(memcmp(block.data, expected, sizeof expected) == 0);
    yt_block_write(&block, source, &found, identity, false, (yt_hop){.transport_cc = 15});
    CHECK(block.data[0] == 0x10 && block.data[1] == 0);
    CHECK(yt_abs_send_time(64500000) == 1 << 17);
}

static void a_header_never_grows_over_its_limit(void) {
    uint8_t source[4 + 252] = {0x10, 0x00, 0, 63, 1, 230}, out[YT_RTP_MAX_WRITTEN];
    yt_elements found;
    yt_block block;
    yt_elements_read(&found, source, sizeof source);
    CHECK(found.count == 1);
    yt_block_write(&block, source, &found, identity, false, NO_HOP);
    CHECK(block.bytes == 236 && yt_rtp_write(out, 96, 1, 2, 3, &block) == 248 && out[0] == 0x90);
    source[5] = 240;
    yt_elements_read(&found, source, sizeof source);
    yt_block_write(&block, source, &found, identity, false, NO_HOP);
    CHECK(block.bytes == 0 && yt_rtp_write(out, 96, 1, 2, 3, &block) == 12 && out[0] == 0x80);
    yt_block_write(&block, source, &found, identity, false, (yt_hop){.transport_cc = 5});
    CHECK(block.bytes == 8 && block.data[0] == 0xBE && block.transport_cc_at == 5);
}

int main(void) {
    for (unsigned id = 0; id < 256; id++) identity[id] = (uint8_t)id;
    headers_that_do_not_fit_are_refused();
    padding_is_taken_off();
    the_last_of_two_values_counts();
    hop_elements_come_last_and_are_stamped();
    a_header_never_grows_over_its_limit();
    return 0;
}
