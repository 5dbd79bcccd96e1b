// C's string functions on the kernel's memory, the program's own and constants, with the order that they
// tell. Strings here are long enough to be read in several parts.
// probe reads
struct names {
	char a[16], b[80];
};
#ifndef PLAIN
BPF_ARRAY(out, u64, 32);
BPF_ARRAY(kept, struct names, 1);
#else
MAP(out, BPF_MAP_TYPE_ARRAY, u32, u64, 32);
MAP(kept, BPF_MAP_TYPE_ARRAY, u32, struct names, 1);
#endif
static __always_inline void put(u32 at, u64 value)
{
	bpf_map_update_elem((void *)&out, &at, &value, 0);
}
static __always_inline int sign(int x)
{
	return x < 0 ? 1 : x > 0 ? 2 : 0;
}
#ifndef PLAIN
int kprobe__f(struct pt_regs *ctx, struct task_struct *task, const char *name, u32 len)
{
	char mine[16] = "bash", other[16] = "bash", part[8], *at;
	u32 zero = 0;
	struct names *names = kept.lookup(&zero);

	if (!names)
		return 0;
	put(0, sign(strcmp(task->comm, "bash")));
	put(1, sign(strcmp("zzz", mine)));
	put(2, sign(strcmp(mine, other)));
	put(3, sign(strcmp(name, name)));
	put(4, sign(strcmp(name, (char *)task)));
	put(5, sign(strncmp(task->comm, name, len)));
	put(6, sign(__builtin_strncmp(mine, "basic", 3)));
	put(7, sign(__builtin_strncmp(mine, "basic", 4)));
	put(8, strlen(name));
	put(9, strnlen(name, 16));
	put(10, strnlen(name, len) * 2 + (strlen(mine) == 4));
	if (len <= 300)
		put(11, sign(memcmp(task, name, len)));
	put(12, sign(memcmp(task, task, 1000)) + sign(__builtin_bcmp(task, name, 1000)) * 4);
	put(13, sign(strcmp(name, "")));
	put(14, strchr(name, 'q') - name);
	at = strchr(mine, 's');
	if (at)
		put(15, at - mine);
	strncpy(other, task->comm, sizeof(other));
	put(16, *(u64 *)(other + 8));
	strncpy(part, mine, 3);
	put(17, part[0] + part[2]);
	strcpy(other, mine);
	put(18, *(u32 *)other);
	strcpy(names->b, mine);
	memcpy(names->a, task->comm, len & 15);
	memcpy(names->b + 16, mine, len & 7);
	put(19, sign(strcmp(names->a, "a string of more characters than one part has, "
				      "which is read with both sides")));
	return strcmp("x", "y") < 0;
}
#else
static int order(const char *a, const char *b, u64 size, int is_text)
{
	for (u64 i = 0; i < size; i++) {
		u8 x = AT(u8, a + i), y = AT(u8, b + i);

		if (x != y)
			return x < y ? 1 : 2;
		if (is_text && !x)
			return 0;
	}
	return 0;
}
static u64 length(const char *text, u64 size)
{
	u64 i = 0;

	while (i < size && AT(char, text + i))
		i++;
	return i;
}
SEC("kprobe/f") int kprobe__f(struct pt_regs *ctx)
{
	const char *task = (void *)PT_REGS_PARM1(ctx), *name = (void *)PT_REGS_PARM2(ctx);
	const char *comm = ((struct task_struct *)task)->comm;
	char bash[16] = "bash", zzz[4] = "zzz", other[16] = "", a[16];
	u32 zero = 0, len = PT_REGS_PARM3(ctx), i;
	struct names *names = bpf_map_lookup_elem(&kept, &zero);

	if (!names)
		return 0;
	put(0, order(comm, bash, 16, 1));
	put(1, order(zzz, bash, 4, 1));
	put(2, 0);
	put(3, 0);
	put(4, order(name, task, 4096, 1));
	put(5, order(comm, name, len, 1));
	put(6, 0);
	put(7, 1 + ('h' > 'i'));
	put(8, length(name, 4096));
	put(9, length(name, 16));
	put(10, length(name, len < 4096 ? len : 4096) * 2 + 1);
	if (len <= 300)
		put(11, order(task, name, len, 0));
	put(12, order(task, name, 1000, 0) * 4);
	put(13, length(name, 1) ? 2 : 0);
	for (i = 0; i < 4096; i++)
		if (!AT(char, name + i) || AT(char, name + i) == 'q')
			break;
	put(14, AT(char, name + i) == 'q' ? i : -(u64)name);
	put(15, 2);
	for (i = 0; i < 16 && AT(char, comm + i); i++)
		other[i] = AT(char, comm + i);
	put(16, *(u64 *)(other + 8));
	put(17, 'b' + 's');
	put(18, *(u32 *)bash);
	for (i = 0; i < 5; i++)
		names->b[i] = bash[i];
	bpf_probe_read_kernel(names->a, len & 15, comm);
	bpf_probe_read_kernel(names->b + 16, len & 7, bash);
	__builtin_memcpy(a, "a string of more", 16);
	put(19, order(names->a, a, 16, 1));
	return 1;
}
#endif
