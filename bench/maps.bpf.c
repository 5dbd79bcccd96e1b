// SPDX-License-Identifier: Apache-2.0
// A map as a tool counts its flows in, for moonbee and for BCC alike.
struct flow {
	u64 count, bytes;
};

BPF_HASH(flows, u32, struct flow, 200000);
