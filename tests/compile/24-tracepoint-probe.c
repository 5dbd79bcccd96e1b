// Arguments of a system call's tracepoint have names only in tracefs.
BPF_HASH(flags, u32, u64);

TRACEPOINT_PROBE(syscalls, sys_enter_openat)
{
	u32 dfd = args->dfd;
	u64 value = args->flags;
	char name[32];

	bpf_probe_read_user_str(name, sizeof(name), args->filename);
	value += name[0];
	flags.update(&dfd, &value);
	return 0;
}
// show: calls
