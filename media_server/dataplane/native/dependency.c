#include "dependency.h"

enum { NOT_PRESENT = 0, SWITCH = 2 };
enum { MAX_SPATIAL = 3, MAX_TEMPORAL = 7, FIXED_BYTES = 3 };
enum { HAS_STRUCTURE = 0x10, HAS_ACTIVE_TARGETS = 0x08, HAS_INDICATIONS = 0x04 };

/* Bits, most significant first. Once over the end, `bad` stays set and zeros come. */
typedef struct {
    const uint8_t *data;
    size_t bits;
    size_t at;
    bool bad;
} reader;

static unsigned take(reader *from, unsigned count) {
    if (count > from->bits - from->at) {
        from->bad = true;
        from->at = from->bits;
        return 0;
    }
    unsigned value = 0;
    for (; count > 0; count--, from->at++)
        value = value << 1 | (from->data[from->at >> 3] >> (7 - (from->at & 7)) & 1);
    return value;
}

static void read_layers(reader *from, yt_dependency *structure) {
    unsigned spatial = 0, temporal = 0;
    for (;;) {
        if (structure->templates == YT_MAX_TEMPLATES) {
            from->bad = true;
            return;
        }
        structure->spatial[structure->templates] = (uint8_t)spatial;
        structure->temporal[structure->templates++] = (uint8_t)temporal;
        unsigned step = take(from, 2);
        if (step == 3 || from->bad)
            return;
        if (step == 1) {
            temporal++;
        } else if (step == 2) {
            temporal = 0;
            spatial++;
        }
        if (spatial > MAX_SPATIAL || temporal > MAX_TEMPORAL) {
            from->bad = true;
            return;
        }
    }
}

static uint64_t read_indications(reader *from, unsigned targets) {
    uint64_t indications = 0;
    for (unsigned target = 0; target < targets; target++)
        indications |= (uint64_t)take(from, 2) << (2 * target);
    return indications;
}

static unsigned indication(uint64_t indications, unsigned target) { return indications >> (2 * target) & 3; }

/* A target's layer: the highest of what it is made of. */
static void derive_targets(yt_dependency *structure) {
    for (unsigned target = 0; target < structure->targets; target++) {
        uint8_t spatial = 0, temporal = 0;
        for (unsigned i = 0; i < structure->templates; i++) {
            if (indication(structure->indications[i], target) == NOT_PRESENT)
                continue;
            spatial = structure->spatial[i] > spatial ? structure->spatial[i] : spatial;
            temporal = structure->temporal[i] > temporal ? structure->temporal[i] : temporal;
        }
        structure->target_spatial[target] = spatial;
        structure->target_temporal[target] = temporal;
    }
}

/* Only layers and indications: what comes after them is not asked for here. */
static void read_structure(reader *from, yt_dependency *structure) {
    *structure = (yt_dependency){.first_id = (uint8_t)take(from, 6)};
    structure->targets = (uint8_t)(take(from, 5) + 1);
    read_layers(from, structure);
    for (unsigned i = 0; i < structure->templates; i++)
        structure->indications[i] = read_indications(from, structure->targets);
    derive_targets(structure);
}

/* The highest temporal layer of a target that may be switched to with this frame; -1 = none. */
static int8_t highest_switch(const yt_dependency *structure, uint64_t indications, uint8_t spatial) {
    int8_t up = -1;
    for (unsigned target = 0; target < structure->targets; target++)
        if (indication(indications, target) == SWITCH && structure->target_spatial[target] >= spatial &&
            structure->target_temporal[target] > up)
            up = (int8_t)structure->target_temporal[target];
    return up;
}

void yt_dependency_read(yt_layers *layers, yt_dependency *state, int64_t index, const uint8_t *element, size_t length) {
    *layers = (yt_layers){.up = -1};
    if (length < FIXED_BYTES || index < state->since)
        return;
    reader from = {.data = element, .bits = 8 * length, .at = 8 * FIXED_BYTES};
    unsigned flags = length > FIXED_BYTES ? take(&from, 5) : 0;
    uint64_t own = 0;
    if (flags & HAS_STRUCTURE) {
        yt_dependency fresh;
        read_structure(&from, &fresh);
        if (from.bad)
            return;
        fresh.since = index;
        *state = fresh;
    } else {
        if (flags & HAS_ACTIVE_TARGETS)
            take(&from, state->targets);
        if (flags & HAS_INDICATIONS)
            own = read_indications(&from, state->targets);
        if (from.bad)
            return;
    }
    unsigned number = ((element[0] & 0x3Fu) - state->first_id) & 0x3F;
    if (number >= state->templates)
        return;
    bool own_counts = (flags & (HAS_STRUCTURE | HAS_INDICATIONS)) == HAS_INDICATIONS;
    uint8_t spatial = state->spatial[number];
    *layers = (yt_layers){
        .known = true,
        .begins = (element[0] & 0x80) != 0,
        .ends = (element[0] & 0x40) != 0,
        .spatial = spatial,
        .temporal = state->temporal[number],
        .up = highest_switch(state, own_counts ? own : state->indications[number], spatial),
    };
}
