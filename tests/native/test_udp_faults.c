/* The sender against a kernel that refuses: this program's own sendmmsg plays it. */
/* links: udp */
#define _GNU_SOURCE
#include <errno.h>
#include <string.h>

#include "checks.h"
#include "udp.h"

enum { MOST = 4 * YT_SEND_BATCH, LONG = 1300 };

static struct {
    int error;      /* given ... */
    bool runs_only; /* ... for runs, or for everything */
    int good;       /* ... once so many messages were taken (-1: never) */
    int most;       /* messages taken by one call */
} kernel;
static const uint8_t *arrived[MOST];
static size_t arrived_count;
static unsigned runs_taken, refusals;

int sendmmsg(int fd, struct mmsghdr *messages, unsigned count, int flags) {
    unsigned taken = 0;
    CHECK(fd == -7 && (flags & MSG_DONTWAIT) && count > 0);
    for (; taken < count && (int)taken < kernel.most; taken++) {
        const struct msghdr *message = &messages[taken].msg_hdr;
        bool run = message->msg_controllen > 0;
        CHECK(run == (message->msg_iovlen > 1));
        if (kernel.good == 0 && (run || !kernel.runs_only)) {
            refusals++;
            errno = kernel.error;
            return taken > 0 ? (int)taken : -1;
        }
        if (kernel.good > 0) kernel.good--;
        runs_taken += run;
        for (size_t i = 0; i < message->msg_iovlen; i++) arrived[arrived_count++] = message->msg_iov[i].iov_base;
    }
    return (int)taken;
}

static const uint8_t data[LONG * MOST];

static yt_sender *begin(int error, bool runs_only, int good) {
    kernel.error = error;
    kernel.runs_only = runs_only;
    kernel.good = good;
    kernel.most = 1000;
    arrived_count = runs_taken = refusals = 0;
    yt_sender *sender = yt_sender_new(-7);
    CHECK(sender != NULL);
    return sender;
}

/* `count` datagrams, in runs of ten. */
static void send_some(yt_sender *sender, size_t count) {
    yt_address to;
    CHECK(yt_address_parse(&to, "192.0.2.1", 0));
    for (size_t i = 0; i < count; i++) {
        to.port = (uint16_t)(i / 10);
        yt_sender_add(sender, data + i, 100, &to);
    }
    yt_sender_flush(sender);
}

static void all_arrived_in_order(size_t count) {
    CHECK(arrived_count == count);
    for (size_t i = 0; i < count; i++) CHECK(arrived[i] == data + i);
}

static void refused_gso_loses_nothing_and_stays_off(int error) {
    yt_sender *sender = begin(error, true, 0);
    send_some(sender, 205);
    all_arrived_in_order(205);
    CHECK(!yt_sender_counts(sender).gso && yt_sender_counts(sender).sent == 205);
    refusals = 0;
    send_some(sender, 205);
    CHECK(refusals == 0 && yt_sender_counts(sender).blocked == 0);
    yt_sender_free(sender);
}

static void a_narrow_path_does_not_turn_gso_off(int error, int good) {
    yt_sender *sender = begin(error, true, good);
    send_some(sender, 205);
    all_arrived_in_order(205);
    CHECK(yt_sender_counts(sender).gso);
    kernel.good = -1;
    runs_taken = 0;
    send_some(sender, 100);
    CHECK(runs_taken == 10);
    yt_sender_free(sender);
}

static void gso_that_fails_on_and_on_goes_off(void) {
    yt_sender *sender = begin(EINVAL, true, 1);
    for (int i = 0; i < 4; i++) {
        arrived_count = 0;
        send_some(sender, 200);
        all_arrived_in_order(200);
    }
    CHECK(!yt_sender_counts(sender).gso);
    yt_sender_free(sender);
}

static void a_full_socket_drops_the_rest_and_counts_it(int good) {
    yt_sender *sender = begin(EAGAIN, false, good);
    send_some(sender, 205);
    yt_send_counts told = yt_sender_counts(sender);
    CHECK(told.sent == arrived_count && told.sent == (uint64_t)good * 10 && told.sent + told.blocked == 205);
    CHECK(refusals <= 2 && told.gso);
    yt_sender_free(sender);
}


static void refused_runs_survive_short_calls_and_dead_ends_are_counted(void) {
    yt_sender *sender = begin(EMSGSIZE, true, 0);
    kernel.most = 3;
    send_some(sender, 25);
    all_arrived_in_order(25);
    yt_sender_free(sender);
    sender = begin(ENETUNREACH, false, 0);
    send_some(sender, 25);
    CHECK(yt_sender_counts(sender).blocked == 25 && yt_sender_counts(sender).gso);
    yt_sender_free(sender);
}

static void few_messages_a_call_keep_the_order(void) {
    yt_sender *sender = begin(0, false, -1);
    kernel.most = 2;
    send_some(sender, 1005);
    all_arrived_in_order(1005);
    CHECK(yt_sender_counts(sender).calls == 51);
    yt_sender_free(sender);
}

int main(void) {
    static const int REFUSALS[] = {EINVAL, EIO, ENOPROTOOPT, EOPNOTSUPP};
    for (size_t i = 0; i < 4; i++) refused_gso_loses_nothing_and_stays_off(REFUSALS[i]);
    a_narrow_path_does_not_turn_gso_off(EMSGSIZE, 0);
    a_narrow_path_does_not_turn_gso_off(EINVAL, 3);
    gso_that_fails_on_and_on_goes_off();
    a_full_socket_drops_the_rest_and_counts_it(0);
    a_full_socket_drops_the_rest_and_counts_it(4);
    refused_runs_survive_short_calls_and_dead_ends_are_counted();
    few_messages_a_call_keep_the_order();
    return 0;
}
