#include "descriptors.h"

enum { PICTURES = 0x8000, SHORT_PICTURES = 0x80, KEYS = 0x20 };

/* What leads from `first` to one after `last`, which was moved by `moved`. */
static unsigned step(int last, unsigned moved, int first) {
    return last >= 0 && first >= 0 ? (unsigned)last + moved + 1 - (unsigned)first : 0;
}

yt_vp8_offsets yt_vp8_following(const yt_vp8 *last, yt_vp8_offsets moved, const yt_vp8 *first) {
    return (yt_vp8_offsets){
        .picture = step(last->picture, moved.picture, first->picture) % PICTURES,
        .tl0 = (uint8_t)step(last->tl0, moved.tl0, first->tl0),
        .key = step(last->key, moved.key, first->key) % KEYS,
    };
}

void yt_vp8_rewrite(uint8_t *payload, const yt_vp8 *vp8, yt_vp8_offsets offsets) {
    if (vp8->picture_at) {
        unsigned picture = (unsigned)vp8->picture + offsets.picture;
        uint8_t *at = payload + vp8->picture_at;
        if (vp8->picture_wide) {
            at[0] = (uint8_t)(0x80 | (picture % PICTURES) >> 8);
            at[1] = (uint8_t)picture;
        } else {
            at[0] = picture % SHORT_PICTURES;
        }
    }
    if (vp8->tl0_at)
        payload[vp8->tl0_at] = (uint8_t)(vp8->tl0 + offsets.tl0);
    if (vp8->key_at) {
        uint8_t *at = payload + vp8->key_at;
        *at = (uint8_t)((*at & ~(KEYS - 1)) | (unsigned)(vp8->key + offsets.key) % KEYS);
    }
}

void yt_vp8_switched(yt_vp8_map *map, const yt_vp8 *first) {
    if (map->started)
        map->offsets = yt_vp8_following(&map->last, map->moved, first);
    map->dropped = 0;
}

void yt_vp8_sent(yt_vp8_map *map, const yt_vp8 *vp8) {
    map->last = *vp8;
    map->moved = map->offsets;
    map->started = true;
}

bool yt_vp8_dropped(yt_vp8_map *map, const yt_vp8 *vp8) {
    if (vp8->picture < 0 || map->dropped == vp8->picture + 1)
        return false;
    map->dropped = vp8->picture + 1;
    map->offsets.picture = (map->offsets.picture + (unsigned)PICTURES - 1) % PICTURES;
    return true;
}
