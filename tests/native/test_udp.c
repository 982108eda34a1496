/* Datagrams over loopback: everything arrives in order with GSO, without, and where the kernel refuses it. */
/* links: udp */
#define _GNU_SOURCE
#include "udp.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

#include "checks.h"

static int open_socket(int family, yt_address *bound) {
    int fd = socket(family, SOCK_DGRAM | SOCK_NONBLOCK, 0), off = 0, room = 4 << 20;
    struct sockaddr_in6 v6 = {.sin6_family = AF_INET6};
    struct sockaddr_in v4 = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    if (fd < 0) return -1; /* no IPv6 here */
    setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &room, sizeof room);
    if (family == AF_INET6) CHECK(setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof off) == 0);
    struct sockaddr *any = family == AF_INET6 ? (struct sockaddr *)&v6 : (struct sockaddr *)&v4;
    socklen_t length = family == AF_INET6 ? sizeof v6 : sizeof v4;
    if (bind(fd, any, length) != 0) {
        close(fd);
        return -1;
    }
    CHECK(getsockname(fd, any, &length) == 0);
    uint16_t port = ntohs(family == AF_INET6 ? v6.sin6_port : v4.sin_port);
    CHECK(yt_address_parse(bound, "127.0.0.1", port));
    return fd;
}

static void read_all(int fd, size_t expected, const size_t *sizes, const yt_address *from) {
    yt_receiver *receiver = yt_receiver_new(fd);
    yt_datagram *batch;
    size_t got = 0;
    while (got < expected) {
        struct pollfd ready = {.fd = fd, .events = POLLIN};
        CHECK(poll(&ready, 1, 5000) == 1);
        size_t count = yt_receiver_read(receiver, &batch);
        for (size_t i = 0; i < count; i++, got++) {
            CHECK(got < expected && batch[i].length == sizes[got]);
            CHECK(yt_address_equal(&batch[i].source, from));
            for (size_t j = 0; j < batch[i].length; j++) CHECK(batch[i].data[j] == (uint8_t)(got + j));
            memset(batch[i].data, 0, YT_DATAGRAM_BYTES);
        }
    }
    CHECK(yt_receiver_read(receiver, &batch) == 0);
    yt_receiver_free(receiver);
}

/* Runs of equal size, runs that end short, single ones, one too long to segment, many to two receivers. */
static void everything_arrives_in_order(int from_family, int to_family, const char *wish) {
    enum { COUNT = 300 };
    static uint8_t data[COUNT][2048];
    size_t sizes[2][COUNT], counts[2] = {0, 0};
    yt_address source, target[2];
    int from = open_socket(from_family, &source), to[2] = {open_socket(to_family, &target[0]), -1};
    to[1] = open_socket(AF_INET, &target[1]);
    if (from < 0 || to[0] < 0) {
        printf("no IPv6 here\n");
        return;
    }
    setenv("YUNTING_GSO", wish, 1);
    yt_sender *sender = yt_sender_new(from);
    for (size_t i = 0; i < COUNT; i++) {
        size_t which = i / 100 % 2, size = i % 10 == 9 ? 200 : i % 31 == 30 ? 1800 : i < 200 ? 1100 : 900 + i % 3;
        size_t place = counts[which]++;
        sizes[which][place] = size;
        for (size_t j = 0; j < size; j++) data[i][j] = (uint8_t)(place + j);
        yt_sender_add(sender, data[i], size, &target[which]);
    }
    yt_sender_flush(sender);
    for (size_t i = 0; i < 2; i++) read_all(to[i], counts[i], sizes[i], &source);
    yt_send_counts told = yt_sender_counts(sender);
    CHECK(told.sent == COUNT && told.blocked == 0);
    CHECK(!told.gso || strcmp(wish, "on") == 0);
    if (told.gso) CHECK(told.calls == 1);
    yt_sender_flush(sender);
    CHECK(yt_sender_counts(sender).sent == COUNT);
    yt_sender_free(sender);
    close(from);
    close(to[0]);
    close(to[1]);
}

/* What the kernel refuses outright is counted, and what stands behind it still goes. */
static void one_bad_datagram_harms_no_other(void) {
    static uint8_t data[66000] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9};
    static const size_t GOOD[] = {10};
    yt_address source, target, v6, none = {0};
    int from = open_socket(AF_INET, &source), to = open_socket(AF_INET, &target);
    yt_sender *sender = yt_sender_new(from);
    CHECK(yt_address_parse(&v6, "::1", target.port));
    yt_sender_add(sender, data, sizeof data, &target);
    yt_sender_add(sender, data, 10, &v6);
    yt_sender_add(sender, data, 10, &none);
    yt_sender_add(sender, data, 10, &target);
    yt_sender_flush(sender);
    read_all(to, 1, GOOD, &source);
    CHECK(yt_sender_counts(sender).sent == 1 && yt_sender_counts(sender).blocked == 3);
    yt_sender_free(sender);
    close(from);
    close(to);
}

static void more_than_a_batch_flushes_itself(void) {
    enum { MANY = YT_SEND_BATCH + 1 };
    static const uint8_t data[] = "x";
    yt_address source, target;
    int from = open_socket(AF_INET, &source), to = open_socket(AF_INET, &target);
    yt_sender *sender = yt_sender_new(from);
    for (size_t i = 0; i < MANY; i++) yt_sender_add(sender, data, 1, &target);
    CHECK(yt_sender_counts(sender).sent == YT_SEND_BATCH);
    yt_sender_flush(sender);
    CHECK(yt_sender_counts(sender).sent == MANY);
    yt_sender_free(sender);
    close(from);
    close(to);
}

static void long_and_empty_datagrams_have_no_length(void) {
    static const uint8_t data[3000];
    static const size_t SENT[] = {2049, 0, 3000};
    yt_address source, target;
    int from = open_socket(AF_INET, &source), to = open_socket(AF_INET, &target);
    yt_sender *sender = yt_sender_new(from);
    yt_receiver *receiver = yt_receiver_new(to);
    yt_datagram *batch;
    for (size_t i = 0; i < 3; i++) yt_sender_add(sender, data, SENT[i], &target);
    yt_sender_flush(sender);
    for (size_t got = 0; got < 3;) {
        struct pollfd ready = {.fd = to, .events = POLLIN};
        CHECK(poll(&ready, 1, 5000) == 1);
        size_t count = yt_receiver_read(receiver, &batch);
        for (size_t i = 0; i < count; i++) CHECK(batch[i].length == 0);
        got += count;
    }
    yt_sender_free(sender);
    yt_receiver_free(receiver);
    close(from);
    close(to);
}

static void addresses_have_one_form(void) {
    static const char *const HOSTS[][2] = {{"192.0.2.7", "192.0.2.7"},      {"::ffff:192.0.2.7", "192.0.2.7"},
                                           {"2001:DB8::0:1", "2001:db8::1"}, {"fe80::1%3", "fe80::1"},
                                           {"::", "::"},                     {"2001:db8::1%3", "2001:db8::1"}};
    static const char *const BAD[] = {"", "example.org", "192.0.2.7%1", "1.2.3", "::g", "fe80::1 ",
                                      "1111:2222:3333:4444:5555:6666:7777:8888:9999:aaaa:bbbb:cccc"};
    yt_address address, again;
    char host[YT_HOST_BYTES];
    for (size_t i = 0; i < sizeof HOSTS / sizeof *HOSTS; i++) {
        CHECK(yt_address_parse(&address, HOSTS[i][0], 5000));
        yt_address_host(&address, host);
        CHECK(strcmp(host, HOSTS[i][1]) == 0 && address.port == 5000);
    }
    for (size_t i = 0; i < sizeof BAD / sizeof *BAD; i++) CHECK(!yt_address_parse(&address, BAD[i], 1));
    CHECK(yt_address_parse(&address, "192.0.2.7", 1) && yt_address_parse(&again, "::ffff:192.0.2.7", 1));
    CHECK(yt_address_equal(&address, &again));
    CHECK(yt_address_parse(&address, "fe80::1%3", 1) && address.scope == 3);
    CHECK(yt_address_parse(&address, "2001:db8::1%3", 1) && address.scope == 0);
}

int main(void) {
    static const char *const WISHES[] = {"on", "off", "refuse"};
    for (size_t i = 0; i < 3; i++) {
        everything_arrives_in_order(AF_INET, AF_INET, WISHES[i]);
        everything_arrives_in_order(AF_INET6, AF_INET, WISHES[i]);
        everything_arrives_in_order(AF_INET, AF_INET6, WISHES[i]);
    }
    unsetenv("YUNTING_GSO");
    one_bad_datagram_harms_no_other();
    more_than_a_batch_flushes_itself();
    long_and_empty_datagrams_have_no_length();
    addresses_have_one_form();
    return 0;
}
