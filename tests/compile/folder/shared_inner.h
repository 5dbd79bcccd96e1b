typedef u64 shared_inner;
