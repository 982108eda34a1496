/* Payload descriptors at every length they may be cut to, and the structure of a real AV1 keyframe. */
/* links: descriptors vp8 dependency */
#include "descriptors.h"

#include <string.h>

#include "checks.h"
#include "dependency.h"

/* Calls with a copy of exactly `length` bytes, so that a byte too far is seen. */
static void read_all(const uint8_t *data, size_t length, yt_dependency *state) {
    uint8_t *exact = malloc(length + 1);
    yt_layers layers;
    yt_vp8 vp8;
    CHECK(exact != NULL);
    memcpy(exact + 1, data, length);
    for (int codec = YT_CODEC_UNKNOWN; codec <= YT_AV1; codec++) {
        yt_is_keyframe((yt_codec)codec, exact + 1, length);
        yt_layers_read(&layers, (yt_codec)codec, exact + 1, length);
    }
    yt_vp8_parse(&vp8, exact + 1, length);
    yt_dependency_read(&layers, state, 9, exact + 1, length);
    free(exact);
}

static void vp8_numbers_keep_their_width(void) {
    uint8_t wide[] = {0x90, 0xF0, 0xFF, 0xFE, 255, 0x7F, 0}, narrow[] = {0x90, 0x80, 0x7F, 1};
    yt_vp8 vp8;
    CHECK(yt_vp8_parse(&vp8, wide, sizeof wide) && vp8.picture == 0x7FFE && vp8.tl0 == 255 && vp8.key == 31);
    CHECK(vp8.layers.temporal == 1 && vp8.layers.sync && vp8.layers.begins && vp8.layers.up == 1);
    yt_vp8_rewrite(wide, &vp8, (yt_vp8_offsets){3, 2, 1});
    CHECK(memcmp(wide, (const uint8_t[]){0x90, 0xF0, 0x80, 0x01, 1, 0x60, 0}, sizeof wide) == 0);
    CHECK(yt_vp8_parse(&vp8, narrow, sizeof narrow) && vp8.picture == 0x7F && vp8.tl0 == -1 && vp8.key == -1);
    CHECK(yt_is_keyframe(YT_VP8, wide, sizeof wide) && !yt_is_keyframe(YT_VP8, narrow, sizeof narrow));
    yt_vp8_rewrite(narrow, &vp8, (yt_vp8_offsets){3, 2, 1});
    CHECK(memcmp(narrow, (const uint8_t[]){0x90, 0x80, 0x02, 1}, sizeof narrow) == 0);
}

static void a_structure_explains_what_follows(void) {
    /* Chromium 156, AV1 L1T3. */
    const uint8_t first[] = {0x80, 0x00, 0x34, 0x80, 0x02, 0x14, 0xEA, 0xA8, 0x60, 0x41,
                             0x4D, 0x14, 0x10, 0x20, 0x84, 0x27, 0x01, 0x3F, 0x00, 0xEF};
    const uint8_t later[] = {0x42, 0x00, 0x35};
    yt_dependency state;
    yt_layers layers;
    memset(&state, 0, sizeof state);
    yt_dependency_read(&layers, &state, 5, later, sizeof later);
    CHECK(!layers.known);
    yt_dependency_read(&layers, &state, 6, first, sizeof first);
    CHECK(layers.known && layers.begins && !layers.ends && layers.temporal == 0 && layers.up == 2);
    yt_dependency_read(&layers, &state, 7, later, sizeof later);
    CHECK(layers.known && layers.ends && layers.spatial == 0 && layers.temporal > 0);
    yt_dependency_read(&layers, &state, 8, first, 6); /* cut short: the structure before it stays */
    CHECK(!layers.known);
    yt_dependency_read(&layers, &state, 9, later, sizeof later);
    CHECK(layers.known);
    yt_dependency_read(&layers, &state, 4, first, sizeof first); /* a late repair brings no old structure back */
    CHECK(!layers.known && state.since == 6);
    for (size_t length = 0; length <= sizeof first; length++) read_all(first, length, &state);
}

static void descriptors_may_end_anywhere(void) {
    const uint8_t payloads[][16] = {
        {0x90, 0xF0, 0x81, 0x23, 7, 0x60, 0, 0},
        {0xEB, 0x81, 0x23, 0x13, 7, 3, 5, 1, 0x18, 2, 0x0C, 1, 2, 3, 4},
        {0xFA, 0x81, 0x23, 0x13, 3, 3, 2, 0x38, 0, 0, 0, 0, 0, 0, 0, 3},
        {0x78, 0, 2, 0x67, 1, 0, 9, 0x65},
        {0x7C, 0x85},
    };
    yt_dependency state;
    memset(&state, 0, sizeof state);
    for (size_t i = 0; i < sizeof payloads / sizeof payloads[0]; i++)
        for (size_t length = 0; length <= sizeof payloads[i]; length++) read_all(payloads[i], length, &state);
    CHECK(yt_is_keyframe(YT_H264, payloads[3], 5) && yt_is_keyframe(YT_H264, payloads[4], 2));
    CHECK(!yt_is_keyframe(YT_H264, payloads[4], 1) && yt_is_keyframe(YT_OPUS, NULL, 0));
    CHECK(yt_codec_named("vp9") == YT_VP9 && yt_codec_named("VP9") == YT_CODEC_UNKNOWN);
}

int main(void) {
    vp8_numbers_keep_their_width();
    a_structure_explains_what_follows();
    descriptors_may_end_anywhere();
    return 0;
}
