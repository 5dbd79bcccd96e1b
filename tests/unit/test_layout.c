/* SPDX-License-Identifier: Apache-2.0 */
/* Kernel types as the types stage prints them: clang gives them the layout that BTF tells. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <unistd.h>

#include <bpf/btf.h>
#include <cmocka.h>

#include "internal.h"

/* Words that reach into much of the kernel. A source that pastes names sees records in full. */
static const char *const sources[] = {
	"int f(struct task_struct *t, struct file *file, struct sock *sk, struct sk_buff *skb)\n"
	"{ return t->mm->exe_file->f_inode->i_sb->s_dev + t->real_parent->tgid + t->nsproxy->pid_ns"
	"->level + file->f_path.dentry->d_name.len + sk->__sk_common.skc_daddr + skb->dev->ifindex"
	"+ t->signal->oom_score_adj + t->se.vruntime + t->cred->uid.val + sk->sk_wmem_queued; }\n",

	"#define PASTE(a, b) a##b\n"
	"int f(struct iphdr *a, struct tcphdr *b, struct in6_addr *c, struct pt_regs *d,\n"
	"struct bpf_perf_event_data *e, struct xdp_md *f, struct __sk_buff *g, struct linux_binprm *h,"
	"struct kernel_siginfo *i, struct timespec64 *j, struct rusage *k, struct utsname *l,"
	"struct bpf_sock_ops *m, struct nlattr *n, struct qstr *o, struct path *p, struct sockaddr_in6"
	" *q, struct tcp_congestion_ops *r, struct kstat *s, struct msghdr *t, struct bpf_map *u)"
	"{ return a->ihl + b->doff + d->ip; }\n",

	"#define PASTE(a, b) a##b\n"
	"int f(struct request *rq, struct bio *bio, struct tcp_sock *tp, struct vm_area_struct *v,\n"
	"struct page *page, struct net_device *n, struct rq *runq, struct cgroup *cg, struct kmem_cache"
	" *c, struct folio *fo, struct dentry *de, struct inet_sock *in, struct nf_conn *ct,"
	"struct perf_event *ev, struct io_kiocb *io, struct mm_struct *mm)\n"
	"{ return rq->__data_len + bio->bi_iter.bi_size + tp->srtt_us + v->vm_mm->pgd + page->flags +"
	" n->name + runq->nr_running + cg->kn->id + c->size + de->d_parent + in->inet_sport + ct->status"
	" + ev->attr.config + io->opcode + rq->q->disk->disk_name + mm->arg_start; }\n",
};

struct layout {
	struct btf *btf;
	const char *header;   /* as printed */
	struct bee__text out; /* assertions */
	size_t checked;
};

/* The body of `struct name {`, up to the brace that ends it; NULL: it was not printed. */
static const char *find_body(const char *header, const char *keyword, const char *name,
			     size_t *ret_len)
{
	char start[256];
	const char *body, *end;

	snprintf(start, sizeof(start), "\n%s %s {\n", keyword, name);
	body = strstr(header, start);
	if (!body)
		return NULL;
	end = strstr(body + 1, "\n}");
	*ret_len = end - body;
	return body;
}

static bool has_word(const char *text, size_t len, const char *word)
{
	size_t word_len = strlen(word);
	const char *end = text + len;

	while ((text = memmem(text, end - text, word, word_len))) {
		char before = text[-1], after = text[word_len];

		if (strchr(" *(", before) && strchr(";[):", after))
			return true;
		text++;
	}
	return false;
}

static void check_members(struct layout *layout, const struct btf_type *type, const char *name,
			  uint32_t base, const char *body, size_t len)
{
	const struct btf_member *member = btf_members(type);

	for (int i = 0; i < btf_vlen(type); i++, member++) {
		const char *field = btf__name_by_offset(layout->btf, member->name_off);
		uint32_t offset = base + btf_member_bit_offset(type, i);
		const struct btf_type *inner;

		inner = btf__type_by_id(layout->btf, btf__resolve_type(layout->btf, member->type));
		if (btf_member_bitfield_size(type, i))
			continue;
		if (!*field && btf_is_composite(inner)) {
			check_members(layout, inner, name, offset, body, len);
			continue;
		}
		if (!*field || !has_word(body, len, field))
			continue;
		bee__text_printf(&layout->out,
				 "_Static_assert(__builtin_offsetof(%s, %s) == %u, "
				 "\"%s.%s\");\n",
				 name, field, offset / 8, name, field);
		layout->checked++;
	}
}

static void check_type(struct layout *layout, uint32_t id)
{
	const struct btf_type *type = btf__type_by_id(layout->btf, id);
	const char *keyword = btf_is_struct(type) ? "struct" : "union", *body;
	const char *tag = btf__name_by_offset(layout->btf, type->name_off);
	char name[256];
	size_t len;

	/* Of two types by one name, this one may not be the one that was printed. */
	if (!btf_is_composite(type) || !*tag ||
	    btf__find_by_name_kind(layout->btf, tag, btf_kind(type)) != (int)id)
		return;
	body = find_body(layout->header, keyword, tag, &len);
	if (!body)
		return;
	snprintf(name, sizeof(name), "%s %s", keyword, tag);
	bee__text_printf(&layout->out, "_Static_assert(sizeof(%s) == %u, \"%s\");\n", name,
			 type->size, name);
	check_members(layout, type, name, 0, body, len);
}

/* Names that BTF has twice: which of them was printed cannot be told from outside. */
static bool is_unique(struct btf *btf, uint32_t id)
{
	const struct btf_type *type = btf__type_by_id(btf, id);

	for (uint32_t other = id + 1; other < btf__type_cnt(btf); other++) {
		const struct btf_type *twin = btf__type_by_id(btf, other);

		if (twin->name_off == type->name_off && btf_kind(twin) == btf_kind(type))
			return false;
	}
	return true;
}

/* All names of records, in one pass: the types of the header are few among many. */
static void check_types(struct layout *layout)
{
	const char *line = layout->header;

	for (; line; line = strchr(line + 1, '\n')) {
		char keyword[8], tag[128], brace;
		int kind, id;

		if (sscanf(line, "\n%7s %127s %c", keyword, tag, &brace) != 3 || brace != '{')
			continue;
		kind = !strcmp(keyword, "struct")  ? BTF_KIND_STRUCT
		       : !strcmp(keyword, "union") ? BTF_KIND_UNION
						   : 0;
		id = kind ? btf__find_by_name_kind(layout->btf, tag, kind) : 0;
		if (id > 0 && is_unique(layout->btf, id))
			check_type(layout, id);
	}
}

static void compile(const char *text)
{
	static const char command[] =
		"clang-19 -target bpf -fsyntax-only -Wno-everything -x c - 2>&1 | grep -m 5 error";
	FILE *pipe = popen(command, "w");

	assert_non_null(pipe);
	fputs(text, pipe);
	assert_int_equal(pclose(pipe), 256); /* grep found nothing */
}

static void sizes_and_offsets_are_those_of_the_kernel(void **state)
{
	struct bee_load_opts opts = { .size = sizeof(opts) };
	struct layout layout = { 0 };
	struct bee *bee;

	if (access(BEE_BTF_PATH, R_OK) || system("clang-19 --version >/dev/null 2>&1")) {
		print_message("no BTF at %s, or no clang-19\n", BEE_BTF_PATH);
		skip();
	}
	layout.btf = btf__parse(BEE_BTF_PATH, NULL);
	assert_non_null(layout.btf);
	assert_int_equal(bee_open(NULL, &bee), 0);
	for (size_t i = 0; i < BEE_LEN(sources); i++) {
		struct bee__file file = { .text = (char *)sources[i], .size = strlen(sources[i]) };
		struct bee__files files = { .list = &file, .len = 1 };
		struct bee__text header = { 0 };

		assert_int_equal(bee__types(bee, &files, &opts, &header), 0);
		layout.header = header.data;
		bee__text_printf(&layout.out, "%s\n", header.data);
		check_types(&layout);
		compile(layout.out.data);
		bee__text_free(&layout.out);
		bee__text_free(&header);
	}
	print_message("%zu offsets\n", layout.checked);
	assert_true(layout.checked > 500);
	bee_close(bee);
	btf__free(layout.btf);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sizes_and_offsets_are_those_of_the_kernel),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
