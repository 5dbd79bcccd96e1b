/* SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only */
/*
 * Packets, in BCC's style: a cursor, which is an offset and not an address, advances over structs of
 * protocols, and their fields are numbers as the wire has them: big-endian, a bitfield's first bit
 * being the most significant one. packets.cc makes calls of __bee_packet_get() and _set() of all
 * uses of fields; packets.c then puts the function for the program's kind of packet in their place.
 */

#define cursor_advance(cursor, len) ({							\
	void *__bee_at = (void *)(cursor);						\
	(cursor) = (void *)((unsigned long)__bee_at + (len));				\
	__bee_at;									\
})

unsigned long long __bee_load_byte(void *skb, unsigned long long at)
	__asm__("llvm.bpf.load.byte");
unsigned long long __bee_load_half(void *skb, unsigned long long at)
	__asm__("llvm.bpf.load.half");
unsigned long long __bee_load_word(void *skb, unsigned long long at)
	__asm__("llvm.bpf.load.word");
#define load_byte(skb, at) __bee_load_byte(skb, at)
#define load_half(skb, at) __bee_load_half(skb, at)
#define load_word(skb, at) __bee_load_word(skb, at)
#define load_dword(skb, at) (load_word(skb, at) << 32 | load_word(skb, (at) + 4))

/* The words of a header, which mark what is one. Bits are counted from the header's first. */
#define BPF_PACKET_HEADER __attribute__((packed, annotate("bee:packet")))
unsigned long long __bee_packet_get(const void *header, unsigned long long bit,
				    unsigned long long width);
unsigned long long __bee_packet_set(void *header, unsigned long long bit,
				    unsigned long long width, unsigned long long value);
void *__bee_ctx(void);
__bee_inline unsigned long long __bee_mask(unsigned long long width)
{
	return width < 64 ? (1ull << width) - 1 : ~0ull;
}
/* How many bytes a field touches, and how many bits of the last one lie behind it. */
#define __bee_touched(bit, width) (((bit) % 8 + (width) + 7) / 8)
#define __bee_behind(bit, width) (__bee_touched(bit, width) * 8 - (bit) % 8 - (width))
/* A field of 64 bits may touch 9 bytes: then it is done in two parts. */
#define __bee_get_field(read, packet, at, bit, width)					\
	(__bee_touched(bit, width) <= 8 ? read(packet, at, bit, width) :		\
	 read(packet, at, bit, (width) - 8) << 8 |					\
		 read(packet, at, (bit) + (width) - 8, 8))
#define __bee_set_field(write, packet, at, bit, width, value)				\
	if (__bee_touched(bit, width) <= 8) {						\
		write(packet, at, bit, width, value);					\
	} else {									\
		write(packet, at, bit, (width) - 8, (value) >> 8);			\
		write(packet, at, (bit) + (width) - 8, 8, value);			\
	}
/* The bytes around a field, with the field's new value in them. */
__bee_inline unsigned long long
__bee_merge(unsigned long long old, unsigned long long bit, unsigned long long width,
	    unsigned long long value)
{
	unsigned long long mask = __bee_mask(width) << __bee_behind(bit, width);
	return (old & ~mask) | (value << __bee_behind(bit, width) & mask);
}
/* Socket buffers: beyond the packet's end, such a load ends the program, which returns 0. */
__bee_inline unsigned long long
__bee_skb_bytes(void *skb, unsigned long long at, unsigned long long size)
{
	unsigned long long value = 0;
	if (size & 8)
		return load_dword(skb, at);
	if (size & 4)
		value = load_word(skb, at);
	if (size & 2)
		value = value << 16 | load_half(skb, at + (size & 4));
	if (size & 1)
		value = value << 8 | load_byte(skb, at + size - 1);
	return value;
}
__bee_inline unsigned long long
__bee_skb_read(void *skb, unsigned long long at, unsigned long long bit, unsigned long long width)
{
	return __bee_skb_bytes(skb, at + bit / 8, __bee_touched(bit, width)) >>
	       __bee_behind(bit, width) & __bee_mask(width);
}
__bee_inline void
__bee_skb_write(void *skb, unsigned long long at, unsigned long long bit, unsigned long long width,
		unsigned long long value)
{
	unsigned long long size = __bee_touched(bit, width), old = 0, bytes;
	if (size * 8 != width)
		old = __bee_skb_bytes(skb, at + bit / 8, size);
	bytes = __builtin_bswap64(__bee_merge(old, bit, width, value) << (64 - size * 8));
	bpf_skb_store_bytes(skb, at + bit / 8, &bytes, size, 0);
}
__attribute__((nodebug)) unsigned long long __bee_skb_get(void *skb, const void *header, unsigned long long bit,
				 unsigned long long width)
{
	return __bee_get_field(__bee_skb_read, skb, (unsigned long)header, bit, width);
}
__attribute__((nodebug)) unsigned long long __bee_skb_set(void *skb, void *header, unsigned long long bit,
				 unsigned long long width, unsigned long long value)
{
	__bee_set_field(__bee_skb_write, skb, (unsigned long)header, bit, width, value);
	return value & __bee_mask(width);
}
/* Addresses in the packet, as skb->data has them: the program has compared them to its end. */
__bee_inline unsigned long long
__bee_data_read(const void *packet, unsigned long long at, unsigned long long bit,
		unsigned long long width)
{
	const unsigned char *byte = packet + bit / 8;
	unsigned long long value = 0;
	_Pragma("clang loop unroll(full)")
	for (unsigned long long i = 0; i < 8; i++)
		if (i < __bee_touched(bit, width))
			value = value << 8 | byte[i];
	return value >> __bee_behind(bit, width) & __bee_mask(width);
}
__bee_inline void
__bee_data_write(void *packet, unsigned long long at, unsigned long long bit,
		 unsigned long long width, unsigned long long value)
{
	unsigned long long size = __bee_touched(bit, width), old;
	unsigned char *byte = packet + bit / 8;
	old = size * 8 == width ? 0 : __bee_data_read(byte, 0, 0, size * 8);
	value = __bee_merge(old, bit, width, value);
	_Pragma("clang loop unroll(full)")
	for (unsigned long long i = 0; i < 8; i++)
		if (i < size)
			byte[i] = value >> (size - 1 - i) * 8;
}
__attribute__((nodebug)) unsigned long long __bee_data_get(void *ctx, const void *header, unsigned long long bit,
				  unsigned long long width)
{
	return __bee_get_field(__bee_data_read, header, 0, bit, width);
}
__attribute__((nodebug)) unsigned long long __bee_data_set(void *ctx, void *header, unsigned long long bit,
				  unsigned long long width, unsigned long long value)
{
	__bee_set_field(__bee_data_write, header, 0, bit, width, value);
	return value & __bee_mask(width);
}
/* XDP: an offset into the packet. Beyond the packet's end all is 0, and nothing is written. */
__bee_inline void *
__bee_xdp_at(struct xdp_md *xdp, const void *header, unsigned long long bit,
	     unsigned long long width)
{
	unsigned long at = (unsigned long)header + bit / 8;
	void *data = (void *)(long)xdp->data, *end = (void *)(long)xdp->data_end;
	__asm__ volatile("" : "+r"(at));
	if (at > 0x7fff)
		return NULL;
	data += at;
	return data + __bee_touched(bit, width) > end ? NULL : data;
}
__attribute__((nodebug)) unsigned long long __bee_xdp_get(struct xdp_md *xdp, const void *header, unsigned long long bit,
				 unsigned long long width)
{
	void *at = __bee_xdp_at(xdp, header, bit, width);
	return at ? __bee_data_get(xdp, at, bit % 8, width) : 0;
}
__attribute__((nodebug)) unsigned long long __bee_xdp_set(struct xdp_md *xdp, void *header, unsigned long long bit,
				 unsigned long long width, unsigned long long value)
{
	void *at = __bee_xdp_at(xdp, header, bit, width);
	if (at)
		__bee_data_set(xdp, at, bit % 8, width, value);
	return value & __bee_mask(width);
}
__bee_inline unsigned long long
bpf_dext_pkt(void *skb, unsigned long long at, unsigned long long bit, unsigned long long width)
{
	return __bee_get_field(__bee_skb_read, skb, at, bit, width);
}
__bee_inline void
bpf_dins_pkt(void *skb, unsigned long long at, unsigned long long bit, unsigned long long width,
	     unsigned long long value)
{
	__bee_set_field(__bee_skb_write, skb, at, bit, width, value);
}
#define bpf_dext_pkt bpf_dext_pkt
#define bpf_dins_pkt bpf_dins_pkt

#define MASK(bits) ((bits) < 64 ? (1ull << (bits)) - 1 : ~0ull)

#define MASK128(bits) \
	((bits) < 128 ? ((unsigned __int128)1 << (bits)) - 1 : ~(unsigned __int128)0)

/* Checksums after a field has changed; the values are numbers, as fields are. */
#define incr_cksum_l3(at, from, to)							\
	__bee_update_sum(bpf_l3_csum_replace, at, from, to, 0)
#define incr_cksum_l4(at, from, to, is_pseudo)						\
	__bee_update_sum(bpf_l4_csum_replace, at, from, to, (is_pseudo) ? 0x10 : 0)
#define __bee_update_sum(replace, at, from, to, flags)					\
	replace(__bee_ctx(), (unsigned long)(at), __bee_wire_order(from, sizeof(to)),	\
		__bee_wire_order(to, sizeof(to)), (flags) | sizeof(to))
#define __bee_wire_order(value, size)							\
	((size) == 2 ? __builtin_bswap16(value) : (size) == 4 ? __builtin_bswap32(value) : (value))
