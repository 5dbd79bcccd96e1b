/* A struct of one's own stays what it is, though the kernel's headers make another's of its name. */
struct sockaddr_storage {
	int family;
};
struct rcu_head {
	char c;
};
_Static_assert(sizeof(struct sockaddr_storage) == 4 && sizeof(struct rcu_head) == 1, "");

BPF_HASH(seen, struct sockaddr_storage, struct rcu_head);

RAW_TRACEPOINT_PROBE(sys_enter)
{
	struct sockaddr_storage key = { .family = 2 };
	struct rcu_head first = { 1 };

	seen.update(&key, &first);
	return 0;
}
