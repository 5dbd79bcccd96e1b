// A source without a program is no mistake: it may hold maps alone.
BPF_HASH(counts, u32, u64);
