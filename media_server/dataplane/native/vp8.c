#include "descriptors.h"

void yt_vp8_switched(yt_vp8_map *map, const yt_vp8 *first) {
    if (map->started) {
        map->offsets.picture = (uint16_t)(map->last_picture + 1 - first->picture);
        map->offsets.tl0 = (uint8_t)(map->last_tl0 + 1 - first->tl0);
        map->offsets.key = (uint8_t)(map->last_key + 1 - first->key);
    }
    map->dropping = false;
}

void yt_vp8_sent(yt_vp8_map *map, const yt_vp8 *vp8) {
    map->started = true;
    map->dropping = false;
    if (vp8->picture_at)
        map->last_picture = (uint16_t)((vp8->picture + map->offsets.picture) & (vp8->picture_wide ? 0x7FFF : 0x7F));
    if (vp8->tl0_at)
        map->last_tl0 = (uint8_t)(vp8->tl0 + map->offsets.tl0);
    if (vp8->key_at)
        map->last_key = (vp8->key + map->offsets.key) & 0x1F;
}

bool yt_vp8_dropped(yt_vp8_map *map, const yt_vp8 *vp8) {
    if (!vp8->picture_at || (map->dropping && map->dropped_picture == vp8->picture))
        return false;
    map->dropping = true;
    map->dropped_picture = vp8->picture;
    map->offsets.picture--;
    return true;
}

void yt_vp8_rewrite(uint8_t *payload, const yt_vp8 *vp8, const yt_vp8_offsets *offsets) {
    if (vp8->picture_at) {
        unsigned picture = (unsigned)(vp8->picture + offsets->picture);
        uint8_t *at = payload + vp8->picture_at;
        if (vp8->picture_wide) {
            at[0] = (uint8_t)(0x80 | (picture >> 8 & 0x7F));
            at[1] = (uint8_t)picture;
        } else {
            at[0] = picture & 0x7F;
        }
    }
    if (vp8->tl0_at)
        payload[vp8->tl0_at] = (uint8_t)(vp8->tl0 + offsets->tl0);
    if (vp8->key_at) {
        uint8_t *at = payload + vp8->key_at;
        *at = (uint8_t)((*at & 0xE0) | ((vp8->key + offsets->key) & 0x1F));
    }
}
