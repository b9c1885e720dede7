/* libfec on the same work as frames.rs: codewords of (255,223) in the dual basis, clean and with 8 errors. */
#include <fec.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#define BLOCKS 160

static double now(void) {
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return t.tv_sec + t.tv_nsec * 1e-9;
}

static double best(unsigned char (*from)[255], int expected) {
    static unsigned char copy[BLOCKS][255];
    double rate = 0;
    for (int round = 0; round < 100; round++) {
        memcpy(copy, from, sizeof copy);
        double start = now();
        for (int b = 0; b < BLOCKS; b++)
            if (decode_rs_ccsds(copy[b], NULL, 0, 0) != expected)
                return -1;
        double mbit = BLOCKS * 255 * 8e-6 / (now() - start);
        if (mbit > rate)
            rate = mbit;
    }
    return rate;
}

int main(void) {
    static unsigned char clean[BLOCKS][255], damaged[BLOCKS][255];
    unsigned state = 1;
    for (int b = 0; b < BLOCKS; b++) {
        for (int i = 0; i < 223; i++) {
            state = state * 1664525u + 1013904223u;
            clean[b][i] = state >> 24;
        }
        encode_rs_ccsds(clean[b], clean[b] + 223, 0);
        memcpy(damaged[b], clean[b], 255);
        for (int e = 0; e < 8; e++)
            damaged[b][e * 29] ^= 0x5a + e;
    }
    printf("libfec (255,223) dual basis: clean %.0f Mbit/s, 8 symbol errors a codeword %.0f Mbit/s\n",
           best(clean, 0), best(damaged, 8));
    return 0;
}
