/* Any payload: descriptors are read inside it, rewriting changes only the numbers and can be undone. */
/* links: descriptors vp8 dependency */
#include "descriptors.h"

#include <string.h>

#include "checks.h"
#include "dependency.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void rewrites(const uint8_t *payload, size_t size) {
    yt_vp8 vp8, moved;
    if (!yt_vp8_parse(&vp8, payload, size))
        return;
    CHECK(vp8.picture_at < YT_VP8_MAX_DESCRIPTOR && vp8.tl0_at < YT_VP8_MAX_DESCRIPTOR);
    CHECK(vp8.key_at < YT_VP8_MAX_DESCRIPTOR && vp8.picture < 0x8000 && vp8.key < 32);
    uint8_t copy[YT_VP8_MAX_DESCRIPTOR];
    size_t head = size < sizeof copy ? size : sizeof copy;
    memcpy(copy, payload, head);
    yt_vp8_rewrite(copy, &vp8, (yt_vp8_offsets){.picture = 0x1234, .tl0 = 99, .key = 7});
    CHECK(yt_vp8_parse(&moved, copy, head));
    CHECK(moved.picture_at == vp8.picture_at && moved.tl0_at == vp8.tl0_at && moved.key_at == vp8.key_at);
    CHECK(moved.layers.temporal == vp8.layers.temporal && moved.layers.begins == vp8.layers.begins);
    yt_vp8_rewrite(copy, &moved, (yt_vp8_offsets){.picture = 0x8000 - 0x1234, .tl0 = 256 - 99, .key = 32 - 7});
    CHECK(memcmp(copy, payload, head) == 0);
}

static void numbers_go_on(yt_vp8_map *map, const uint8_t *payload, size_t size, unsigned what) {
    yt_vp8 vp8;
    if (!yt_vp8_parse(&vp8, payload, size))
        return;
    if (what == 0)
        yt_vp8_switched(map, &vp8);
    else if (what == 1)
        yt_vp8_dropped(map, &vp8);
    else
        yt_vp8_sent(map, &vp8);
    CHECK(map->offsets.picture < 0x8000 && map->offsets.key < 32);
    if (what == 0 && map->started && map->last.picture >= 0 && vp8.picture >= 0) {
        int after = (map->last.picture + map->moved.picture + 1) & 0x7FFF;
        CHECK(((vp8.picture + map->offsets.picture) & 0x7FFF) == after);
    }
}

/* Pieces: a length byte, a byte that chooses, then so many bytes of payload or dependency descriptor. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    yt_dependency state;
    yt_vp8_map map;
    yt_layers layers;
    memset(&state, 0, sizeof state);
    memset(&map, 0, sizeof map);
    for (size_t at = 0; at + 2 <= size;) {
        size_t length = data[at] < size - at - 2 ? data[at] : size - at - 2;
        unsigned what = data[at + 1] % 3;
        /* A copy of its exact size, so that a byte too far is seen. */
        uint8_t *piece = malloc(length + 1);
        CHECK(piece != NULL);
        uint8_t *end = memcpy(piece + 1, data + at + 2, length);
        at += 2 + length;
        for (int codec = YT_CODEC_UNKNOWN; codec <= YT_AV1; codec++) {
            yt_is_keyframe((yt_codec)codec, end, length);
            yt_layers_read(&layers, (yt_codec)codec, end, length);
            CHECK(layers.known || (layers.up == -1 && !layers.temporal && !layers.spatial));
        }
        rewrites(end, length);
        numbers_go_on(&map, end, length, what);
        yt_dependency_read(&layers, &state, what, end, length);
        CHECK(layers.spatial <= 3 && layers.temporal <= 7 && layers.up <= 7 && state.templates <= YT_MAX_TEMPLATES);
        free(piece);
    }
    return 0;
}
