/* Grouping for GSO: for any sizes and addresses, runs cover every datagram once and keep the kernel's rules. */
/* links: udp */
#include "udp.h"

#include <string.h>

#include "checks.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void groups(const uint8_t *data, size_t count) {
    size_t *sizes = malloc((count + 1) * sizeof *sizes);
    yt_address *addresses = calloc(count + 1, sizeof *addresses);
    CHECK(sizes != NULL && addresses != NULL);
    for (size_t i = 0; i < count; i++) {
        sizes[i] = (size_t)(data[2 * i] & 15) * 100 + (data[2 * i + 1] & 1);
        addresses[i].port = data[2 * i] >> 7;
        addresses[i].scope = data[2 * i + 1] >> 7;
    }
    CHECK(yt_run_length(sizes, addresses, 0) == 0);
    for (size_t at = 0, run; at < count; at += run) {
        size_t total = sizes[at];
        run = yt_run_length(sizes + at, addresses + at, count - at);
        CHECK(run >= 1 && run <= count - at && run <= YT_GSO_SEGMENTS);
        if (run > 1) CHECK(sizes[at] <= YT_GSO_SEGMENT_BYTES);
        for (size_t i = 1; i < run; i++) {
            CHECK(yt_address_equal(&addresses[at], &addresses[at + i]) && sizes[at + i] > 0);
            CHECK(i + 1 == run ? sizes[at + i] <= sizes[at] : sizes[at + i] == sizes[at]);
            total += sizes[at + i];
        }
        CHECK(run == 1 || total <= YT_GSO_RUN_BYTES);
    }
    free(sizes);
    free(addresses);
}

static void parses(const uint8_t *data, size_t size) {
    char *text = malloc(size + 1), host[YT_HOST_BYTES];
    yt_address address, again;
    CHECK(text != NULL);
    memcpy(text, data, size);
    text[size] = '\0';
    if (yt_address_parse(&address, text, 7)) {
        yt_address_host(&address, host);
        address.scope = 0;
        CHECK(yt_address_parse(&again, host, 7) && yt_address_equal(&address, &again));
    }
    free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    groups(data, size / 2);
    parses(data, size);
    return 0;
}
