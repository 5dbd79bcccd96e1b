/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Plain C that reads the kernel's memory gives what the kernel tells of itself elsewhere: by system
 * calls, and to the process that owns a socket. Each case runs in three ways: as this kernel permits,
 * as one does that types the current task alone, and with probe reads.
 */
#include <arpa/inet.h>
#include <sched.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <time.h>

#include "support.h"
#include "witness.h"

#define PROBES "#define MOONBEE_PROBE_READS 1\n"
#define TASK   "	struct task_struct *task = (struct task_struct *)bpf_get_current_task();\n"

static const char *const ways[] = { "", "#define MOONBEE_NO_CAST 1\n", PROBES };

/* On entry to this process's own system call, and nobody else's. */
#define ENTRY                                                                   \
	"RAW_TRACEPOINT_PROBE(sys_enter)\n"                                     \
	"{\n"                                                                   \
	"	struct pt_regs *regs = (struct pt_regs *)ctx->args[0];\n"             \
	"	if (ctx->args[1] != NR_CLOSE || (int)PT_REGS_PARM1(regs) != MAGIC)\n" \
	"		return 0;\n"

#define START ENTRY TASK

static void check_values(struct bee_module *mod, const uint64_t *want, size_t len)
{
	const uint64_t *have = bee_var_find(mod, "v")->data;

	for (size_t i = 0; i < len; i++)
		if (have[i] != want[i])
			fail_msg("value %zu is %#llx, not %#llx", i, (unsigned long long)have[i],
				 (unsigned long long)want[i]);
}

/* Fire at a program, in each way, and compare what is in v. */
static void check(struct bee *bee, const char *text, const uint64_t *want, size_t len)
{
	for (size_t i = 0; i < LEN(ways); i++) {
		struct bee_module *mod;
		char whole[8192];

		snprintf(whole, sizeof(whole), "%su64 v[32];\n%s", ways[i], text);
		mod = load(bee, whole);
		attach(bee, mod, 1);
		fire(1);
		check_values(mod, want, len);
		bee_module_close(mod);
	}
}

static uint64_t word_at(const char *text, size_t size)
{
	uint64_t word = 0;

	memcpy(&word, text, size);
	return word;
}

static void chains_and_widths(void **state)
{
	char comm[16] = "abcdefghijklmno";
	struct utsname name;
	uint64_t want[] = {
		getpid(),
		gettid(),
		getppid(),
		getuid(),
		'a',
		word_at("bc", 2),
		word_at("cdef", 4),
		word_at("defghijk", 8),
		'o',
		0,
		0,
	};

	assert_int_equal(uname(&name), 0);
	want[10] = word_at(name.nodename, 4);
	assert_int_equal(prctl(PR_SET_NAME, comm), 0);
	check(bee_of(state),
	      START "	char *comm = task->comm;\n"
		    "	v[0] = task->tgid; v[1] = task->pid; v[2] = task->real_parent->tgid;\n"
		    "	v[3] = task->cred->uid.val; v[4] = comm[0]; v[5] = *(u16 *)(comm + 1);\n"
		    "	v[6] = *(u32 *)(comm + 2); v[7] = *(u64 *)(comm + 3); v[8] = comm[14];\n"
		    "	v[9] = comm[15];\n"
		    "	v[10] = *(u32 *)task->nsproxy->uts_ns->name.nodename;\n"
		    "	return 0;\n}\n",
	      want, LEN(want));
}

/* The numbers of /proc/self/stat behind the name, from that of a place on, which counts from 1. */
static void read_stat(uint64_t *fields, size_t len)
{
	char *text = output_of("cat /proc/%d/stat", getpid()), *at = strrchr(text, ')');

	assert_non_null(at);
	at += strlen(") S");
	for (size_t i = 4; i < len; i++)
		fields[i] = strtoull(at, &at, 10);
	free(text);
}

/* What /proc tells of this process, by plain C, and by what libbpf's programs call in its place. */
static void proc_tells_the_same(void **state)
{
	static const char text[] = ENTRY TASK
		"	struct mm_struct *mm = GET(task, mm);\n"
		"	v[0] = GET(GET(task, real_parent), tgid); v[1] = GET(task, static_prio) - 120;\n"
		"	v[2] = GET(GET(task, signal), nr_threads); v[3] = GET(task, exit_signal);\n"
		"	v[4] = GET(task, start_boottime) / (1000000000 / HERTZ);\n"
		"	v[5] = GET(mm, start_code); v[6] = GET(mm, end_code); v[7] = GET(mm, start_stack);\n"
		"	v[8] = GET(mm, start_data); v[9] = GET(mm, start_brk); v[10] = GET(mm, arg_start);\n"
		"	v[11] = GET(mm, env_end);\n"
		"	return 0;\n}\n";
	static const char *const styles[] = {
		"#define GET(pointer, member) (pointer)->member\n",
		"#include <bpf/bpf_core_read.h>\n#define GET BPF_CORE_READ\n",
	};
	uint64_t stat[52];

	read_stat(stat, LEN(stat));
	for (size_t i = 0; i < LEN(styles); i++) {
		const uint64_t want[] = { stat[4],  stat[19], stat[20], stat[38],
					  stat[22], stat[26], stat[27], stat[28],
					  stat[45], stat[47], stat[48], stat[51] };
		char whole[4096];

		snprintf(whole, sizeof(whole), "#define HERTZ %ld\n%s%s", sysconf(_SC_CLK_TCK),
			 styles[i], text);
		check(bee_of(state), whole, want, LEN(want));
	}
}

/* By the helper that gives it, which the source itself calls. */
static void the_typed_task_leads_on(void **state)
{
	static const char text[] = ENTRY
		"	struct task_struct *task = (void *)bpf_get_current_task_btf(), *leader;\n"
		"	leader = task->group_leader; v[3] = task->cred->uid.val;\n"
		"	v[0] = leader->tgid; v[1] = task->real_parent->tgid;\n"
		"	v[2] = leader->real_parent->group_leader->tgid;\n"
		"	return 0;\n}\n";
	const uint64_t want[] = { getpid(), getppid(), getppid(), getuid() };

	if (!has_feature(BEE_FEATURE_TASK_TYPED))
		skip_without_feature();
	check(bee_of(state), text, want, LEN(want));
}

/* A bit that the scheduler keeps, before and after it is set. */
static void bitfields(void **state)
{
	static const char text[] = START
		"	v[0] = task->sched_reset_on_fork; v[1] = task->in_execve;\n"
		"	return 0;\n}\n";
	struct sched_param param = { 0 };
	uint64_t want[] = { 0, 0 };
	int status, child;

	check(bee_of(state), text, want, LEN(want));
	child = fork(); /* only in a child: it cannot be taken back without privilege */
	if (!child) {
		want[0] = 1;
		if (sched_setscheduler(0, SCHED_OTHER | SCHED_RESET_ON_FORK, &param))
			_exit(2);
		check(bee_of(state), text, want, LEN(want));
		_exit(0);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
}

static void copies_arrays_and_compares(void **state)
{
	char comm[16] = "honeycomb";
	const uint64_t want[] = { getuid(), 'n', word_at("honeycom", 8), 1, 0, 1, 0, 9, getpid() };

	assert_int_equal(prctl(PR_SET_NAME, comm), 0);
	check(bee_of(state),
	      "const volatile int two = 2;\n"
	      "static int same(struct task_struct *task, const char *want)\n"
	      "{\n"
	      "	for (int i = 0; i < 10; i++)\n"
	      "		if (task->comm[i] != want[i])\n"
	      "			return 0;\n"
	      "	return 1;\n"
	      "}\n" START "	char comm[16]; int len = 0;\n"
	      "	kuid_t uid = task->cred->uid;\n"
	      "	__builtin_memcpy(comm, task->comm, sizeof(comm));\n"
	      "	v[0] = uid.val; v[1] = task->comm[two]; v[2] = *(u64 *)comm;\n"
	      "	v[3] = !memcmp(task->comm, \"honeyc\", 6); v[4] = !memcmp(task->comm, \"honey-\", 6);\n"
	      "	v[5] = same(task, \"honeycomb\"); v[6] = same(task, \"honeycomm\");\n"
	      "	while (len < 16 && task->comm[len])\n"
	      "		len++;\n"
	      "	v[7] = len; v[8] = READ_ONCE(task->tgid);\n"
	      "	return 0;\n}\n",
	      want, LEN(want));
}

/* C's functions of strings: of the kernel's memory, constants, maps and the stack, also by parts. */
static void strings_are_compared_and_copied(void **state)
{
	static const char name[] =
		"a-folder-whose-name-has-more-characters-than-are-read-at-a-time";
	const uint64_t want[] = { 1,
				  0,
				  1,
				  9,
				  1,
				  1,
				  3,
				  0,
				  1,
				  9,
				  word_at("honeycom", 8),
				  1,
				  0,
				  1,
				  sizeof(name) - 1,
				  sizeof(name) - 2,
				  1 };
	char comm[16] = "honeycomb", home[4096], text[4096];

	assert_non_null(getcwd(home, sizeof(home)));
	rmdir(name); /* of a run that was ended */
	assert_int_equal(mkdir(name, 0700), 0);
	assert_int_equal(chdir(name), 0);
	assert_int_equal(prctl(PR_SET_NAME, comm), 0);
	snprintf(
		text, sizeof(text),
		"struct names { char a[16], b[16]; };\nBPF_ARRAY(kept, struct names, 1);\n" ENTRY
			TASK "	char mine[16] = \"honeycomb\", *at;\n"
		"	const char *name = task->fs->pwd.dentry->d_name.name;\n"
		"	u32 zero = 0, len = NR_CLOSE + 6 - ctx->args[1];\n"
		"	struct names *names = kept.lookup(&zero);\n"
		"	if (!names) return 0;\n"
		"	v[0] = !strcmp(task->comm, \"honeycomb\"); v[1] = !strcmp(task->comm, \"honey\");\n"
		"	v[2] = !strncmp(\"honeydew\", task->comm, 5); v[3] = strlen(task->comm);\n"
		"	v[4] = !strcmp(task->comm, mine); v[5] = strcmp(mine, \"honeycomc\") < 0;\n"
		"	at = strchr(mine, 'e'); v[6] = at ? at - mine : 99;\n"
		"	v[7] = (u64)strchr(task->comm, 'z');\n"
		"	strcpy(names->a, task->comm); v[8] = !strcmp(names->a, mine);\n"
		"	strncpy(names->b, names->a, 16); v[9] = strnlen(names->b, 16);\n"
		"	v[10] = *(u64 *)names->b;\n"
		"	if (len > 16) return 0;\n"
		"	v[11] = !memcmp(task->comm, \"honeyc!\", len);\n"
		"	v[12] = !memcmp(task->comm, \"honey-c\", len);\n"
		"	v[13] = !strcmp(name, \"%s\"); v[14] = strlen(name);\n"
		"	v[15] = strchr(name, 'e') ? 0 : 1;\n"
		"	v[15] += strchr(name + %zu, 'e') - name; v[16] = !strcmp(name, name);\n"
		"	return 0;\n}\n",
		name, sizeof(name) - 4);
	check(bee_of(state), text, want, LEN(want));
	assert_int_equal(chdir(home), 0);
	assert_int_equal(rmdir(name), 0);
}

/* Through functions, unions, a map, and from a member back to what holds it. */
static void pointers_go_everywhere(void **state)
{
	int child = fork();
	uint64_t want[] = { getpid(), getppid(), getpid(), child, getpid(), getppid() };

	if (!child) {
		prctl(PR_SET_PDEATHSIG, SIGKILL); /* where the test fails, nobody else ends it */
		pause();
		_exit(0);
	}
	check(bee_of(state),
	      "BPF_HASH(kept, u32, struct task_struct *);\n"
	      "union either { struct task_struct *task; u64 number; };\n"
	      "static __noinline struct task_struct *parent_of(struct task_struct *task)\n"
	      "{ return task->real_parent; }\n"
	      "static __noinline u32 tgid_of(struct task_struct *task) { return task->tgid; }\n"
	      "#define CHILD(task) container_of((task)->children.next, struct task_struct, sibling)\n" ENTRY
		      TASK "	u32 key = 0; union either either = { .task = task };\n"
	      "	struct task_struct **found, *twice[2] = { task, parent_of(task) };\n"
	      "	kept.update(&key, &task);\n"
	      "	found = kept.lookup(&key);\n"
	      "	if (!found) return 0;\n"
	      "	v[0] = (*found)->tgid; v[1] = parent_of(task)->tgid;\n"
	      "	v[2] = ((struct task_struct *)either.number)->tgid; v[3] = CHILD(task)->tgid;\n"
	      "	v[4] = tgid_of(task); v[5] = tgid_of(twice[1]);\n"
	      "	return 0;\n}\n",
	      want, LEN(want));
	kill(child, SIGKILL);
	assert_int_equal(waitpid(child, NULL, 0), child);
}

/* Addresses that no read may follow give 0, and the program goes on. */
static void bad_addresses_are_zero(void **state)
{
	static const uint64_t want[] = { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 77 };

	check(bee_of(state),
	      "struct wide { u8 a; u16 b; u32 c; u64 d; struct wide *next; } ;\n"
	      "const volatile u64 at[] = { 0, 8, 0x1234567812345678, 0xffffffffffffff00,\n"
	      "	0xfffffffffffffffe, 0x8000000000000000, 0xffff8f1234567000 };\n" ENTRY
	      "	struct wide *w = (void *)at[0];\n"
	      "	v[0] = w->a; v[1] = w->b; v[2] = w->c; v[3] = w->d; v[4] = w->next->next->d;\n"
	      "	w = (void *)at[1]; v[5] = w->d; w = (void *)at[2]; v[6] = w->d;\n"
	      "	w = (void *)at[3]; v[7] = w->d; w = (void *)at[4]; v[8] = w->c;\n"
	      "	w = (void *)at[5]; v[9] = w->d; w = (void *)at[6]; v[10] = w->b; v[11] = w->a;\n"
	      "	v[12] = 77;\n"
	      "	return 0;\n}\n",
	      want, LEN(want));
}

/* A pointer of the process's own, from a register, a tracepoint and a map, as BCC reads it. */
static void the_processs_memory_is_read(void **state)
{
	static const struct node {
		uint64_t number;
		const struct node *next;
	} last = { 0xbee, NULL }, first = { 0xfeed, &last };
	const uint64_t want[] = { 0xfeed, 0xbee, 0xfeed };
	char text[4096];

	snprintf(text, sizeof(text),
		 "struct node { u64 number; struct node *next; };\n"
		 "BPF_HASH(kept, u32, struct node *);\n" ENTRY
		 "	struct node *node = (void *)%pul, **found; u32 key = 1;\n"
		 "	kept.update(&key, &node);\n"
		 "	found = kept.lookup(&key);\n"
		 "	if (!found) return 0;\n"
		 "	v[0] = node->number; v[1] = node->next->number; v[2] = (*found)->number;\n"
		 "	return 0;\n}\n",
		 (const void *)&first);
	check(bee_of(state), text, want, LEN(want));
}

/* ---- other kinds of programs ------------------------------------------------------------- */

struct probed_arg {
	struct probed_arg *next;
	int16_t number;
};

int probed_pointer(struct probed_arg *arg);

__attribute__((noinline)) int probed_pointer(struct probed_arg *arg)
{
	__asm__ volatile("" ::"r"(arg));
	return arg->number;
}

static void uprobes_read_both(void **state)
{
	struct probed_arg last = { NULL, -5 }, first = { &last, 17 };
	const uint64_t want[] = { 17, -5, getpid(), getppid() };
	char self[256] = { 0 }, target[512], text[2048];

	assert_true(readlink("/proc/self/exe", self, sizeof(self) - 1) > 0);
	snprintf(target, sizeof(target), "uprobe:%s:probed_pointer", self);
	for (size_t i = 0; i < LEN(ways); i++) {
		struct bee_module *mod;

		snprintf(text, sizeof(text),
			 "%su64 v[4];\nstruct arg { struct arg *next; short number; };\n"
			 "int f(struct pt_regs *ctx, struct arg *arg)\n{\n" TASK
			 "	v[0] = arg->number; v[1] = arg->next->number;\n"
			 "	v[2] = task->tgid; v[3] = task->real_parent->tgid;\n"
			 "	return 0;\n}\n",
			 ways[i]);
		mod = load_at(bee_of(state), text, "f", target);
		assert_int_equal(probed_pointer(&first), 17);
		check_values(mod, want, LEN(want));
		bee_module_close(mod);
	}
}

static void tracepoints_read_both(void **state)
{
	const uint64_t want[] = { word_at("/no/such", 8), getppid() };

	for (size_t i = 0; i < LEN(ways); i++) {
		struct bee_module *mod;
		char text[1024];

		snprintf(text, sizeof(text),
			 "%su64 v[4];\nTRACEPOINT_PROBE(syscalls, sys_enter_chroot)\n{\n" TASK
			 "	if (task->tgid != %d) return 0;\n"
			 "	v[0] = *(u64 *)args->filename; v[1] = task->real_parent->tgid;\n"
			 "	return 0;\n}\n",
			 ways[i], getpid());
		mod = load(bee_of(state), text);
		attach(bee_of(state), mod, 1);
		assert_int_equal(chroot("/no/such/folder"), -1);
		check_values(mod, want, LEN(want));
		bee_module_close(mod);
	}
}

static void perf_events_read_the_task(void **state)
{
	time_t end = time(NULL) + 20;
	struct bee_module *mod;
	char text[1024];

	snprintf(text, sizeof(text),
		 "u64 hits, parent;\nint f(struct bpf_perf_event_data *ctx)\n{\n" TASK
		 "	if (task->tgid != %d) return 0;\n"
		 "	parent = task->real_parent->tgid; hits++;\n"
		 "	return 0;\n}\n",
		 getpid());
	mod = load_at(bee_of(state), text, "f", "profile:hz:99");
	while (!get_var(mod, "hits") && time(NULL) < end)
		;
	assert_int_equal(get_var(mod, "parent"), getppid());
}

/* What the context gives is typed, and its chains are plain loads; what a map kept is a number. */
static void typed_programs_read_both(void **state)
{
	const uint64_t want[] = {
		getpid(), getppid(), getppid(), 'n', word_at("neycomb", 8),
		0,        getuid(),  getppid(), 1,
	};

	for (size_t i = 0; i < LEN(ways); i++) {
		struct bee_module *mod;
		char text[2048];

		assert_int_equal(prctl(PR_SET_NAME, "honeycomb"), 0);

		snprintf(
			text, sizeof(text),
			"%s#include <bpf/bpf_tracing.h>\nu64 v[16]; u32 two = 2;\n"
			"BPF_HASH(kept, u32, struct task_struct *);\n"
			"SEC(\"tp_btf/task_rename\")\n"
			"int BPF_PROG(f, struct task_struct *task, const char *comm)\n{\n"
			"	struct task_struct *parent, **found; u32 key = 0;\n"
			"	if (task->tgid != %d) return 0;\n"
			"	parent = task->real_parent; kept.update(&key, &parent);\n"
			"	found = kept.lookup(&key);\n"
			"	if (!found) return 0;\n"
			"	v[0] = task->tgid; v[1] = parent->tgid; v[2] = (*found)->tgid;\n"
			"	v[3] = task->comm[two & 7]; v[4] = *(u64 *)(task->comm + 2);\n"
			"	v[5] = task->sched_reset_on_fork; v[6] = task->cred->uid.val;\n"
			"	task = (struct task_struct *)bpf_get_current_task();\n"
			"	v[7] = task->real_parent->tgid; v[8] = !memcmp(task->comm, \"honey\", 5);\n"
			"	return 0;\n}\n",
			ways[i], getpid());
		mod = load(bee_of(state), text);
		attach(bee_of(state), mod, 1);
		assert_int_equal(prctl(PR_SET_NAME, "reader"), 0);
		check_values(mod, want, LEN(want));
		bee_module_close(mod);
	}
}

/* Behind a pointer to a char, in a number and at an index that varies, it is a number after all. */
static void typed_programs_read_plain_pointers(void **state)
{
	int child = fork();
	const uint64_t want[] = { 'r', 'd', word_at(getenv("PATH") - strlen("PATH="), 8),
				  'd', 1,   child };
	struct bee_module *mod;
	char text[2048];

	if (!child) {
		pause();
		_exit(0);
	}

	snprintf(
		text, sizeof(text),
		"#include <bpf/bpf_tracing.h>\nu64 v[8];\n"
		"SEC(\"tp_btf/task_rename\")\n"
		"int BPF_PROG(f, struct task_struct *task, const char *comm)\n{\n"
		"	if (task->tgid != %d) return 0;\n"
		"	v[0] = comm[0]; v[1] = comm[(task->tgid & 0) + 3];\n"
		"	v[2] = *(u64 *)(task->mm->env_start + %zu);\n"
		"	v[3] = task->comm[(task->tgid & 0) + 3]; v[4] = !strcmp(comm, \"reader\");\n"
		"	v[5] = container_of(task->children.next, struct task_struct, sibling)->tgid;\n"
		"	return 0;\n}\n",
		getpid(), (size_t)(getenv("PATH") - strlen("PATH=") - environ[0]));
	assert_int_equal(prctl(PR_SET_NAME, "reader"), 0);
	mod = load(bee_of(state), text);
	attach(bee_of(state), mod, 1);
	assert_int_equal(prctl(PR_SET_NAME, "reader"), 0);
	kill(child, SIGKILL);
	assert_int_equal(waitpid(child, NULL, 0), child);
	check_values(mod, want, LEN(want));
}

/* By its type a pointer is one of the process's; the kernel's memory is none of that. */
static void types_say_whose_memory(void **state)
{
	static const struct node {
		uint64_t number;
		const struct node *next;
	} last = { 0xbee, NULL }, first = { 0xfeed, &last };
	const uint64_t want[] = { 0xfeed, 0xbee, 0xbee, 0, 0xfeed };
	char text[4096];

	snprintf(text, sizeof(text),
		 "struct node { u64 number; struct node *next; };\n"
		 "struct kept { const struct node __user *node; };\n"
		 "BPF_HASH(kept, u32, struct kept);\n"
		 "static __noinline u64 number_of(const struct node __user *node)\n"
		 "{ return node->number; }\n" ENTRY TASK
		 "	const struct node __user *node = (void *)%pul; u32 key = 1;\n"
		 "	struct kept *found, first = { node };\n"
		 "	kept.update(&key, &first);\n"
		 "	found = kept.lookup(&key);\n"
		 "	if (!found) return 0;\n"
		 "	v[0] = node->number; v[1] = node->next->number;\n"
		 "	v[2] = number_of(node->next); v[3] = *(u64 __user *)task->comm;\n"
		 "	v[4] = found->node->number;\n"
		 "	return 0;\n}\n",
		 (const void *)&first);
	check(bee_of(state), text, want, LEN(want));
}

/* Indexes that a comparison bounds, of which verifiers before Linux 6.8 must be told more. */
static void indexes_are_bounded(void **state)
{
	const uint64_t want[] = { 7, 5 };

	check(bee_of(state),
	      "struct kept { u64 len; u64 list[3]; };\nBPF_HASH(map, u32, struct kept);\n" ENTRY
	      "	u32 key = 0, at = 0;\n"
	      "	struct kept first = { 2, { 3, 7, 9 } }, *kept;\n"
	      "	bpf_probe_read_kernel(&at, 4, (void *)0);\n" /* none knows it now; it is 0 */
	      "	u32 half = ctx->args[1] - NR_CLOSE + at + 1;\n"
	      "	map.update(&key, &first);\n"
	      "	kept = map.lookup(&key);\n"
	      "	if (!kept || kept->len < 1 || kept->len >= 4)\n"
	      "		return 0;\n"
	      "	v[0] = kept->list[kept->len - 1];\n"
	      "	if (half >= 3)\n"
	      "		return 0;\n"
	      "	kept->list[half] -= 2;\n"
	      "	v[1] = kept->list[half];\n"
	      "	return 0;\n}\n",
	      want, LEN(want));
}

/* ---- sockets ----------------------------------------------------------------------------- */

/* Connect to a socket of our own; *ret_from and *ret_to are the two ports. */
static void connect_sockets(uint16_t *ret_from, uint16_t *ret_to)
{
	struct sockaddr_in addr = { .sin_family = AF_INET };
	int server = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	int client = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	socklen_t size = sizeof(addr);

	addr.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	assert_int_equal(bind(server, (void *)&addr, sizeof(addr)), 0);
	assert_int_equal(listen(server, 1), 0);
	assert_int_equal(getsockname(server, (void *)&addr, &size), 0);
	*ret_to = ntohs(addr.sin_port);
	assert_int_equal(connect(client, (void *)&addr, sizeof(addr)), 0);
	assert_int_equal(getsockname(client, (void *)&addr, &size), 0);
	*ret_from = ntohs(addr.sin_port);
	close(client);
	close(server);
}

static void sockets_have_their_ports(void **state)
{
	for (size_t i = 0; i < LEN(ways); i++) {
		struct bee_module *mod;
		uint16_t from, to;
		char text[2048];

		snprintf(
			text, sizeof(text),
			"%s#include <net/sock.h>\nu64 v[4];\n"
			"RAW_TRACEPOINT_PROBE(inet_sock_set_state)\n{\n"
			"	struct sock *sk = (struct sock *)ctx->args[0];\n"
			"	if (bpf_get_current_pid_tgid() >> 32 != %d || ctx->args[2] != 2)\n"
			"		return 0;\n" /* TCP_SYN_SENT: it has a destination, and soon a port */
			"	v[0] = ntohs(sk->sk_dport); v[1] = sk->sk_family; v[2] = sk->sk_daddr;\n"
			"	v[3] = sk->__sk_common.skc_daddr == *(u32 *)&sk->__sk_common;\n"
			"	return 0;\n}\n",
			ways[i], getpid());
		mod = load(bee_of(state), text);
		attach(bee_of(state), mod, 1);
		connect_sockets(&from, &to);
		check_values(mod, (const uint64_t[]){ to, AF_INET, htonl(INADDR_LOOPBACK), 1 }, 4);
		bee_module_close(mod);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(proc_tells_the_same),
		TEST(the_typed_task_leads_on),
		TEST(chains_and_widths),
		TEST(bitfields),
		TEST(copies_arrays_and_compares),
		TEST(pointers_go_everywhere),
		TEST(bad_addresses_are_zero),
		TEST(the_processs_memory_is_read),
		TEST(uprobes_read_both),
		TEST(tracepoints_read_both),
		TEST(perf_events_read_the_task),
		TEST(typed_programs_read_both),
		TEST(sockets_have_their_ports),
		TEST(indexes_are_bounded),
		TEST(strings_are_compared_and_copied),
		TEST(typed_programs_read_plain_pointers),
		TEST(types_say_whose_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
