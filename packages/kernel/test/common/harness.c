/*
 * Runs the kernel's byte loops on this machine: reads cases from stdin, writes results to stdout. A case is
 * (operation, a, b, c: u32; length: u32; bytes), a result (value: i32; length: u32; bytes).
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bytes.h"
#include "chacha20.h"
#include "segments.h"

void *kernel_memmove(void *to, const void *from, size_t length);
void *kernel_memset(void *to, int value, size_t length);
int kernel_memcmp(const void *a, const void *b, size_t length);

enum { CHECKSUM, FIND, EQUAL, ASCII, UTF8, REPAIR, ENCODE64, DECODE64, MOVE, SET, COMPARE, CHACHA20, PARSE, EMIT };

int main(void) {
    uint32_t head[5];
    while (fread(head, sizeof head, 1, stdin) == 1) {
        uint32_t a = head[1], b = head[2], c = head[3], length = head[4];
        /* Exactly as large as the input, so that a sanitizer sees every byte read beyond. */
        uint8_t *in = malloc(length + (length == 0)), *out = NULL;
        if (length > 0 && fread(in, length, 1, stdin) != 1) return 1;
        int32_t value = 0;
        uint32_t size = 0;
        switch (head[0]) {
        case CHECKSUM:
            value = (int32_t)bytes_checksum(in + a, length - a, b);
            break;
        case FIND:
            value = (int32_t)bytes_find(in, (uint8_t)a, length);
            break;
        case EQUAL:
            value = bytes_equal(in, in + length / 2, length / 2);
            break;
        case ASCII:
            value = bytes_ascii(in, length);
            break;
        case UTF8:
            out = malloc(2 * length + 1);
            size = 2 * (uint32_t)bytes_utf8_to_utf16(in, length, (uint16_t *)(void *)out);
            break;
        case REPAIR:
            bytes_repair_surrogates(in, length);
            out = in, size = length;
            break;
        case ENCODE64:
            out = malloc(4 * ((length + 2) / 3) + 1);
            size = (uint32_t)bytes_base64_encode(in, length, out);
            break;
        case DECODE64:
            out = malloc(a + 1);
            value = (int32_t)bytes_base64_decode(in, length, out, a);
            size = value < 0 ? 0 : (uint32_t)value;
            break;
        case MOVE:
            kernel_memmove(in + a, in + b, c);
            out = in, size = length;
            break;
        case SET:
            kernel_memset(in + a, (int)b, c);
            out = in, size = length;
            break;
        case COMPARE:
            value = kernel_memcmp(in, in + length / 2, length / 2);
            break;
        case CHACHA20:
            out = malloc(b + 1);
            size = b;
            chacha20_keystream(in, in + CHACHA20_KEY, a, out, b);
            break;
        case PARSE: {
            /* SEGMENT_FIELDS words, then a frame; A: its checksum is trusted. The frame alone, for the sanitizer. */
            int32_t *fields = malloc(4 * SEGMENT_FIELDS);
            uint32_t size_of_frame = length - 4 * SEGMENT_FIELDS;
            uint8_t *frame = malloc(size_of_frame + (size_of_frame == 0));
            memcpy(fields, in, 4 * SEGMENT_FIELDS);
            memcpy(frame, in + 4 * SEGMENT_FIELDS, size_of_frame);
            value = (int32_t)segment_parse(frame, size_of_frame, a != 0, fields);
            free(frame);
            out = (uint8_t *)fields, size = 4 * SEGMENT_FIELDS;
            break;
        }
        case EMIT: {
            /* Words: seq, ack, control, bytes of data, of the ring; then headers, options, the ring. A: partial. */
            uint32_t words[5];
            memcpy(words, in, sizeof words);
            const size_t prepared = segment_prepared(in + sizeof words);
            const uint32_t options = (words[2] >> 28) * 4 - 20;
            uint8_t *headers = malloc(prepared), *ring = malloc(words[4] + (words[4] == 0));
            memcpy(headers, in + sizeof words, prepared);
            memcpy(ring, in + sizeof words + prepared + options, words[4]);
            const struct segment segment = {headers, ring, words[4], words[0], words[1], words[2], words[3], a != 0};
            size = (uint32_t)segment_frame_length(&segment, prepared);
            out = malloc(size);
            memset(out, 0xa5, size);
            memcpy(out + prepared, in + sizeof words + prepared, options);
            segment_emit(out, &segment, prepared);
            free(headers);
            free(ring);
            break;
        }
        }
        fwrite(&value, 4, 1, stdout);
        fwrite(&size, 4, 1, stdout);
        fwrite(out, 1, size, stdout);
        if (out != in) free(out);
        free(in);
    }
    return 0;
}
