/* SRTP in C: known answers of the Python twin, every length in memory of exactly its size, forgeries, replays. */
/* links: crypto ipsecmb srtp */
#define _GNU_SOURCE
#include <pthread.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "checks.h"
#include "crypto.h"
#include "ipsecmb.h"
#include "srtp.h"

#define SSRC 0x0a0b0c0du

static const uint8_t HEADER[12] = {0x80, 0xe0, 0xff, 0xfe, 0, 1, 2, 3, 0x0a, 0x0b, 0x0c, 0x0d};
static const uint8_t REPORT[20] = "\x80\xc9\x00\x01\x0a\x0b\x0c\x0dreport block";
static const int PROFILES[] = {YT_GCM, YT_CM};

static yt_srtp *direction(int profile) {
    uint8_t key[16], salt[14];
    for (size_t i = 0; i < sizeof key; i++) key[i] = (uint8_t)i;
    for (size_t i = 0; i < sizeof salt; i++) salt[i] = (uint8_t)(100 + i);
    yt_srtp *srtp = yt_srtp_new(profile, key, salt, profile == YT_GCM ? 12 : 14);
    CHECK(srtp != NULL);
    return srtp;
}

static void expect(const uint8_t *data, size_t length, const char *hex) {
    CHECK(strlen(hex) == 2 * length);
    for (size_t i = 0; i < length; i++) {
        char byte[3];
        snprintf(byte, sizeof byte, "%02x", data[i]);
        CHECK(memcmp(byte, hex + 2 * i, 2) == 0);
    }
}

static size_t seal(yt_srtp *srtp, uint8_t *out, size_t prefix, const uint8_t *payload, size_t length, uint64_t index) {
    yt_seal_job job = {.srtp = srtp, .out = out, .head = sizeof HEADER, .ssrc = SSRC, .index = index};
    memcpy(out, HEADER, sizeof HEADER);
    if (prefix > 0) memcpy(job.prefix, payload, prefix);
    job.prefix_length = (uint8_t)prefix;
    job.body = payload + prefix;
    job.body_length = (uint16_t)(length - prefix);
    yt_srtp_seal(&job, 1);
    return job.length;
}

static void gives_the_answers_of_the_twin(void) {
    static const uint8_t SPOKEN[] = "the hearing is open";
    static const char *const RTP[] = {"83d8e7138e24686730dc89b2b2e20da3a85ed411a7126fa08277b73d840c5882d5f69c",
                                      "0ef131b65b547752949d529d2ff1856e2cd37a5ceda1eca7266c398196"};
    static const char *const RTCP[] = {
        "80c900010a0b0c0dcd56de261cde9efd2f6da17fbf5e29b3bb42965a212589de8dc0ed1080000000",
        "80c900010a0b0c0dd91f891a0a0dd63a1b9d9168800000017eae36fd0eee0f4f062a"};
    for (size_t i = 0; i < 2; i++) {
        for (size_t prefix = 0; prefix <= 19; prefix++) {
            uint8_t out[80];
            yt_srtp *srtp = direction(PROFILES[i]);
            uint64_t index = PROFILES[i] == YT_GCM ? 0x5fffe : 0xfffe;
            size_t length = seal(srtp, out, prefix, SPOKEN, 19, index);
            expect(out + sizeof HEADER, length - sizeof HEADER, RTP[i]);
            memcpy(out, REPORT, sizeof REPORT);
            expect(out, yt_srtcp_seal(srtp, out, sizeof REPORT), RTCP[i]);
            yt_srtp_free(srtp);
        }
    }
}

static void opens_what_it_sealed_at_any_length(int profile) {
    yt_srtp *out = direction(profile), *in = direction(profile);
    for (size_t length = 0; length <= 1500; length += length < 80 ? 1 : 61) {
        size_t tag = profile == YT_GCM ? 16 : 10, prefix = length < 5 ? 0 : length % 5;
        uint8_t *payload = malloc(length + 1), *packet = malloc(sizeof HEADER + length + tag);
        for (size_t i = 0; i < length; i++) payload[i] = (uint8_t)(i * 7 + length);
        uint64_t index = 0xfffe + length * 0x10000 * 3;
        CHECK(seal(out, packet, prefix, payload, length, index) == sizeof HEADER + length + tag);
        CHECK(yt_srtp_open(in, packet, sizeof HEADER, sizeof HEADER + length + tag, SSRC, index) ==
              sizeof HEADER + length);
        CHECK(memcmp(packet + sizeof HEADER, payload, length) == 0);
        free(payload);
        free(packet);
    }
    yt_srtp_free(out);
    yt_srtp_free(in);
}

static void refuses_every_change(int profile) {
    yt_srtp *out = direction(profile), *in = direction(profile);
    uint8_t payload[40] = {1, 2, 3}, packet[80], copy[80];
    size_t length = seal(out, packet, 0, payload, sizeof payload, 0xfffe);
    for (size_t bit = 0; bit < 8 * length; bit++) {
        memcpy(copy, packet, length);
        copy[bit / 8] ^= (uint8_t)(1 << bit % 8);
        CHECK(yt_srtp_open(in, copy, sizeof HEADER, length, SSRC, 0xfffe) == 0);
    }
    for (size_t cut = 0; cut < length; cut++) {
        uint8_t *exact = malloc(cut + 1);
        memcpy(exact, packet, cut);
        CHECK(yt_srtp_open(in, exact, sizeof HEADER, cut, SSRC, 0xfffe) == 0);
        CHECK(yt_srtcp_open(in, exact, cut) == 0);
        free(exact);
    }
    memcpy(copy, packet, length);
    CHECK(yt_srtp_open(in, copy, sizeof HEADER, length, SSRC, 0x1fffe) == 0);
    memcpy(copy, packet, length);
    CHECK(yt_srtp_open(in, copy, length, length, SSRC, 0xfffe) == 0);
    CHECK(yt_srtp_open(in, copy, 11, length, SSRC, 0xfffe) == 0);
    CHECK(yt_srtp_open(in, packet, sizeof HEADER, length, SSRC, 0xfffe) == sizeof HEADER + sizeof payload);
    yt_srtp_free(out);
    yt_srtp_free(in);
}

static void refuses_impossible_jobs(int profile) {
    static uint8_t body[UINT16_MAX], out[2 * UINT16_MAX];
    yt_srtp *srtp = direction(profile);
    yt_seal_job good = {.srtp = srtp, .out = out, .head = 12, .body = body, .body_length = 10};
    yt_seal_job jobs[] = {good, good, good, good, good};
    jobs[0].head = 11;
    jobs[1].prefix_length = YT_PREFIX_BYTES + 1;
    jobs[2].body_length = UINT16_MAX;
    jobs[3].body_length = UINT16_MAX - 27;
    yt_srtp_seal(jobs, 5);
    CHECK(jobs[0].length == 0 && jobs[1].length == 0 && jobs[2].length == 0);
    CHECK((jobs[3].length != 0) == (profile == YT_CM)); /* 12 + 65508 + 10 fits, + 16 does not */
    CHECK(jobs[4].length == (profile == YT_GCM ? 38 : 32));
    CHECK(yt_srtcp_seal(srtp, out, 7) == 0);
    yt_srtp_free(srtp);
    CHECK(yt_srtp_new(profile, body, body, 13) == NULL);
    CHECK(yt_srtp_new(7, body, body, 12) == NULL);
}

static void opens_rtcp_once_from_each_sender(int profile) {
    yt_srtp *out = direction(profile), *in = direction(profile);
    uint8_t first[sizeof REPORT + YT_SRTCP_OVERHEAD], packet[sizeof first], copy[sizeof first];
    for (uint32_t sender = 0; sender < 200; sender++) {
        memcpy(packet, REPORT, sizeof REPORT);
        packet[4] = (uint8_t)sender;
        size_t length = yt_srtcp_seal(out, packet, sizeof REPORT);
        if (sender == 0) memcpy(first, packet, length);
        for (size_t bit = 0; bit < 8 * length; bit++) {
            memcpy(copy, packet, length);
            copy[bit / 8] ^= (uint8_t)(1 << bit % 8);
            CHECK(yt_srtcp_open(in, copy, length) == 0);
        }
        memcpy(copy, packet, length);
        CHECK(yt_srtcp_open(in, copy, length) == sizeof REPORT);
        CHECK(memcmp(copy + 8, REPORT + 8, sizeof REPORT - 8) == 0);
        CHECK(yt_srtcp_open(in, packet, length) == 0);
        if (sender == 127) {
            memcpy(copy, first, length);
            CHECK(yt_srtcp_open(in, copy, length) == 0);
        }
        if (sender == 128) { /* the table is bounded: the oldest sender was forgotten */
            memcpy(copy, first, length);
            CHECK(yt_srtcp_open(in, copy, length) == sizeof REPORT);
        }
    }
    yt_srtp_free(out);
    yt_srtp_free(in);
}

static void window_follows_a_plain_model(void) {
    yt_window window = YT_WINDOW_NEW;
    static bool seen[1 << 20];
    uint64_t random = 1;
    int64_t highest = -1;
    for (int i = 0; i < 60000; i++) {
        random = random * 6364136223846793005u + 1442695040888963407u;
        int64_t step = (int64_t)(random >> 33) % 40 - 18, index = highest + step;
        if (random >> 60 == 0) index = highest + (step < 0 ? step * 90 : step * 20);
        if (index < 0) continue;
        CHECK(index < (int64_t)(sizeof seen));
        bool fresh = index > highest || (highest - index < YT_WINDOW_PACKETS && !seen[index]);
        CHECK(yt_window_fresh(&window, index) == fresh);
        if (highest >= 0) CHECK(yt_window_index(&window, (uint16_t)index) == index);
        if (!fresh) continue;
        seen[index] = true;
        highest = index > highest ? index : highest;
        yt_window_accept(&window, index);
        CHECK(window.highest == highest);
    }
}

static void *loads(void *failed) {
    char why[200] = "";
    if (yt_crypto_load(why, sizeof why) != 0) *(int *)failed = 1;
    return NULL;
}

static void loads_from_many_threads(void) {
    pthread_t threads[8];
    int failed[8] = {0};
    for (size_t i = 0; i < 8; i++) CHECK(pthread_create(&threads[i], NULL, loads, &failed[i]) == 0);
    for (size_t i = 0; i < 8; i++) {
        pthread_join(threads[i], NULL);
        CHECK(!failed[i]);
    }
}

/* Once with the accelerator, if it is here, and once in a process of its own without. */
int main(void) {
    pid_t child = fork();
    if (child == 0) setenv("YUNTING_IPSEC_MB", "off", 1);
    loads_from_many_threads();
    if (child == 0) CHECK(strncmp(yt_ipsecmb_status(), "turned off", 10) == 0);
    gives_the_answers_of_the_twin();
    window_follows_a_plain_model();
    for (size_t i = 0; i < 2; i++) {
        opens_what_it_sealed_at_any_length(PROFILES[i]);
        refuses_every_change(PROFILES[i]);
        refuses_impossible_jobs(PROFILES[i]);
        opens_rtcp_once_from_each_sender(PROFILES[i]);
    }
    if (child == 0) return 0;
    int status = 1;
    CHECK(waitpid(child, &status, 0) == child && WIFEXITED(status) && WEXITSTATUS(status) == 0);
    return 0;
}
