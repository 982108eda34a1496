#include "dependency.h"

enum { NOT_PRESENT, DISCARDABLE, SWITCH, REQUIRED };
enum { MAX_SPATIAL = 3, MAX_TEMPORAL = 7 };

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

/* ns(n) of the AV1 specification (4.10.7): a number below `limit`, in as few bits as it needs. */
static unsigned take_below(reader *from, unsigned limit) {
    unsigned width = 0;
    for (unsigned rest = limit; rest != 0; rest >>= 1)
        width++;
    unsigned short_codes = (1u << width) - limit;
    unsigned value = take(from, width - 1);
    return value < short_codes ? value : (value << 1) - short_codes + take(from, 1);
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

static void skip_template_differences(reader *from) {
    while (take(from, 1))
        take(from, 4);
}

static void skip_chains(reader *from, yt_dependency *structure) {
    structure->chains = (uint8_t)take_below(from, structure->targets + 1u);
    if (structure->chains == 0)
        return;
    for (unsigned target = 0; target < structure->targets; target++)
        take_below(from, structure->chains);
    for (unsigned count = structure->templates * structure->chains; count > 0 && !from->bad; count--)
        take(from, 4);
}

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

static void read_structure(reader *from, yt_dependency *structure) {
    *structure = (yt_dependency){.first_id = (uint8_t)take(from, 6)};
    structure->targets = (uint8_t)(take(from, 5) + 1);
    read_layers(from, structure);
    for (unsigned i = 0; i < structure->templates; i++)
        structure->indications[i] = read_indications(from, structure->targets);
    for (unsigned i = 0; i < structure->templates && !from->bad; i++)
        skip_template_differences(from);
    skip_chains(from, structure);
    derive_targets(structure);
    if (take(from, 1)) /* width and height of each spatial layer */
        for (unsigned layer = 0; layer <= structure->spatial[structure->templates - 1]; layer++)
            take(from, 32);
}

static void skip_differences(reader *from) {
    for (unsigned size = take(from, 2); size != 0; size = take(from, 2))
        take(from, 4 * size);
}

/* Temporal layers above the frame's own that may be switched to with it. */
static uint8_t rising(const yt_dependency *structure, uint64_t indications, const yt_layers *layers) {
    uint8_t rises = 0;
    for (unsigned target = 0; target < structure->targets; target++)
        if (indication(indications, target) == SWITCH && structure->target_spatial[target] == layers->spatial &&
            structure->target_temporal[target] > layers->temporal)
            rises |= (uint8_t)(1u << structure->target_temporal[target]);
    return rises;
}

void yt_dependency_read(yt_layers *layers, yt_dependency *state, const uint8_t *element, size_t length) {
    *layers = (yt_layers){0};
    reader from = {.data = element, .bits = 8 * length};
    bool begins = take(&from, 1), ends = take(&from, 1);
    unsigned id = take(&from, 6);
    take(&from, 16); /* frame number */
    bool has_structure = false, has_active = false, own_indications = false, own_differences = false, own_chains = false;
    if (length > 3) {
        has_structure = take(&from, 1);
        has_active = take(&from, 1);
        own_indications = take(&from, 1);
        own_differences = take(&from, 1);
        own_chains = take(&from, 1);
    }
    yt_dependency fresh;
    const yt_dependency *structure = state;
    if (has_structure) {
        read_structure(&from, &fresh);
        structure = &fresh;
    }
    if (has_active)
        take(&from, structure->targets);
    unsigned number = (id - structure->first_id) & 63;
    if (from.bad || number >= structure->templates)
        return;
    uint64_t indications =
        own_indications ? read_indications(&from, structure->targets) : structure->indications[number];
    if (own_differences)
        skip_differences(&from);
    for (unsigned chain = 0; own_chains && chain < structure->chains; chain++)
        take(&from, 8);
    if (from.bad)
        return;
    *layers = (yt_layers){
        .known = true,
        .begins_frame = begins,
        .ends_frame = ends,
        .spatial = structure->spatial[number],
        .temporal = structure->temporal[number],
    };
    layers->rises = rising(structure, indications, layers);
    if (has_structure)
        *state = fresh;
}
