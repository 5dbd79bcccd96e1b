/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Perf events: clocks, what the kernel counts, and what the processor counts, for all, for one CPU and for
 * one process. What the library asks the kernel for is seen on its way there: this is all that can be
 * seen of a processor's counters where a machine has none.
 */
#include <linux/perf_event.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>

#include "support.h"
#include "witness.h"

/* ---- what the kernel is asked for -------------------------------------------------------- */

static struct asked {
	struct perf_event_attr attr;
	int pid, cpu;
} asked;
static int times_asked;
static bool is_stand_in; /* the clock stands in for the processor's counters */

long __wrap_syscall(long number, ...);
long __real_syscall(long number, ...);

/* The sixth word is on the caller's stack, there or not, which AddressSanitizer minds. */
__attribute__((no_sanitize("address"))) long __wrap_syscall(long number, ...)
{
	struct perf_event_attr instead;
	long args[6];
	va_list list;

	va_start(list, number);
	for (size_t i = 0; i < LEN(args); i++)
		args[i] = va_arg(list, long);
	va_end(list);
	if (number == SYS_perf_event_open) {
		memcpy(&asked.attr, (void *)args[0], sizeof(asked.attr));
		asked.pid = args[1];
		asked.cpu = args[2];
		times_asked++;
		if (is_stand_in &&
		    (asked.attr.type == PERF_TYPE_HARDWARE || asked.attr.type == PERF_TYPE_RAW)) {
			instead = asked.attr;
			instead.type = PERF_TYPE_SOFTWARE;
			instead.config = PERF_COUNT_SW_CPU_CLOCK;
			args[0] = (long)&instead;
		}
	}
	return __real_syscall(number, args[0], args[1], args[2], args[3], args[4], args[5]);
}

/* ---- helpers ----------------------------------------------------------------------------- */

#define SOURCE                                                               \
	"u64 hits, others, only, cpus;\n"                                    \
	"int f(struct bpf_perf_event_data *ctx)\n"                           \
	"{\n"                                                                \
	"	if (only && bpf_get_current_pid_tgid() >> 32 != only) others++;\n" \
	"	cpus |= 1ull << bpf_get_smp_processor_id();\n"                     \
	"	__sync_fetch_and_add(&hits, 1); return 0;\n"                       \
	"}\n"

static struct bee_module *load_perf(struct bee *bee, const char *target)
{
	const struct bee_wish wish = { .program = "f", .target = target };
	struct bee_module *mod = NULL;

	check_err(bee, try_load_wishes(bee, SOURCE, &wish, 1, &mod), 0);
	return mod;
}

/* Do work until the program was called, or 20 s are over. */
static void work_until_seen(struct bee_module *mod, void (*work)(void))
{
	uint64_t before = get_var(mod, "hits");
	time_t end = time(NULL) + 20;

	while (get_var(mod, "hits") == before && time(NULL) < end)
		work();
	assert_true(get_var(mod, "hits") > before);
}

static void check_fires(struct bee *bee, const char *target, void (*work)(void))
{
	struct bee_module *mod = load_perf(bee, target);
	struct bee_program *prog = bee_program_find(mod, "f");
	struct bee_link *link = NULL;
	uint64_t hits;

	stage("loads");
	check_err(bee, bee_program_attach(prog, target, NULL, &link), 0);
	stage("attaches");
	work_until_seen(mod, work);
	stage("fired");
	bee_link_close(link);
	hits = get_var(mod, "hits");
	for (int i = 0; i < 3; i++)
		work();
	assert_int_equal(get_var(mod, "hits"), hits);
	stage("detached");
	bee_module_close(mod);
}

static void spin(void)
{
	for (volatile int i = 0; i < 1000000; i++)
		;
}

static void touch_pages(void)
{
	size_t size = 256 * 4096;
	char *pages = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	assert_true(pages != MAP_FAILED);
	for (size_t i = 0; i < size; i += 4096)
		pages[i] = 1;
	munmap(pages, size);
}

static void sleep_often(void)
{
	for (int i = 0; i < 50; i++)
		usleep(10);
}

static void check_refused(struct bee *bee, const char *target, int want, const char *words,
			  const char *hint)
{
	struct bee_module *mod = load_perf(bee, target);

	check_err(bee, bee_module_attach(mod), want);
	check_says(bee, words);
	check_says(bee, hint);
	bee_module_close(mod);
}

/* ---- each hook --------------------------------------------------------------------------- */

static void hook_profile_fires(void **state)
{
	check_fires(bee_of(state), "profile:hz:99", spin);
	assert_int_equal(asked.attr.freq, 1);
	assert_int_equal(asked.attr.sample_freq, 99);
}

static void hook_interval_fires(void **state)
{
	check_fires(bee_of(state), "interval:ms:20", sleep_often);
	assert_int_equal(asked.attr.freq, 0);
	assert_int_equal(asked.attr.sample_period, 20000000);
	assert_int_equal(asked.cpu, 0);
}

static void hook_software_fires(void **state)
{
	check_fires(bee_of(state), "software:page-faults:100", touch_pages);
	assert_int_equal(asked.attr.type, PERF_TYPE_SOFTWARE);
	assert_int_equal(asked.attr.config, PERF_COUNT_SW_PAGE_FAULTS);
	assert_int_equal(asked.attr.sample_period, 100);
}

/* Without a PMU the error says so, and what there is instead. */
static void hook_hardware_fires(void **state)
{
	struct bee *bee = bee_of(state);

	if (!has_feature(BEE_FEATURE_PMU)) {
		check_refused(bee, "hardware:cpu-cycles", -EOPNOTSUPP, "no PMU", "software");
		skip_without_feature();
	}
	check_fires(bee, "hardware:cpu-cycles:1000000", spin);
	check_fires(bee, "hardware:instructions:1000000", spin);
	assert_int_equal(asked.attr.type, PERF_TYPE_HARDWARE);
	assert_int_equal(asked.attr.config, PERF_COUNT_HW_INSTRUCTIONS);
}

/* ---- names ------------------------------------------------------------------------------- */

/* Those that this process causes by itself; the words after the colon are perf's. */
static void software_events_have_perfs_names(void **state)
{
	static const struct {
		const char *target;
		void (*work)(void);
		unsigned int config;
	} events[] = {
		{ "software:cpu-clock:1000000", spin, PERF_COUNT_SW_CPU_CLOCK },
		{ "software:cpu:hz:99", spin, PERF_COUNT_SW_CPU_CLOCK },
		{ "software:task-clock", spin, PERF_COUNT_SW_TASK_CLOCK },
		{ "software:faults", touch_pages, PERF_COUNT_SW_PAGE_FAULTS },
		{ "software:minor-faults:10", touch_pages, PERF_COUNT_SW_PAGE_FAULTS_MIN },
		{ "software:context-switches:1", sleep_often, PERF_COUNT_SW_CONTEXT_SWITCHES },
		{ "software:cs:10", sleep_often, PERF_COUNT_SW_CONTEXT_SWITCHES },
	};

	for (size_t i = 0; i < LEN(events); i++) {
		check_fires(bee_of(state), events[i].target, events[i].work);
		assert_int_equal(asked.attr.config, events[i].config);
	}
}

/* Those that nothing here causes are attached all the same. */
static void rare_events_attach(void **state)
{
	static const char *const targets[] = {
		"software:major-faults",     "software:cpu-migrations", "software:alignment-faults",
		"software:emulation-faults", "software:dummy",          "software:bpf-output",
	};

	for (size_t i = 0; i < LEN(targets); i++) {
		struct bee_module *mod = load_perf(bee_of(state), targets[i]);

		attach(bee_of(state), mod, 1);
		assert_int_equal(asked.attr.sample_period, 1);
		bee_module_close(mod);
	}
}

/* By the numbers of perf_event_open(2). The clock ticks in their place, so that any machine has them. */
static void hardware_events_have_perfs_names(void **state)
{
	static const struct {
		const char *target;
		unsigned int type, config, period;
	} events[] = {
		{ "hardware:cpu-cycles", PERF_TYPE_HARDWARE, 0, 1000000 },
		{ "hardware:cycles:2000", PERF_TYPE_HARDWARE, 0, 2000 },
		{ "hardware:instructions:3000", PERF_TYPE_HARDWARE, 1, 3000 },
		{ "hardware:cache-references", PERF_TYPE_HARDWARE, 2, 1000000 },
		{ "hardware:cache-misses:1000", PERF_TYPE_HARDWARE, 3, 1000 },
		{ "hardware:branches", PERF_TYPE_HARDWARE, 4, 100000 },
		{ "hardware:branch-misses", PERF_TYPE_HARDWARE, 5, 100000 },
		{ "hardware:bus-cycles", PERF_TYPE_HARDWARE, 6, 100000 },
		{ "hardware:frontend-stalls", PERF_TYPE_HARDWARE, 7, 1000000 },
		{ "hardware:backend-stalls", PERF_TYPE_HARDWARE, 8, 1000000 },
		{ "hardware:ref-cycles", PERF_TYPE_HARDWARE, 9, 1000000 },
		{ "hardware:0x4f2e:5000", PERF_TYPE_RAW, 0x4f2e, 5000 },
	};

	is_stand_in = true;
	for (size_t i = 0; i < LEN(events); i++) {
		check_fires(bee_of(state), events[i].target, spin);
		assert_int_equal(asked.attr.type, events[i].type);
		assert_int_equal(asked.attr.config, events[i].config);
		assert_int_equal(asked.attr.sample_period, events[i].period);
	}
	check_refused(bee_of(state), "hardware:cache-mises", -ENOENT,
		      "no hardware event 'cache-mises'", "cache-misses");
	is_stand_in = false;
}

static void what_is_no_event_is_told(void **state)
{
	struct bee *bee = bee_of(state);

	check_refused(bee, "software:page-fault", -ENOENT, "no software event 'page-fault'",
		      "page-faults");
	check_refused(bee, "software:page-faults:some", -EINVAL, "'some' is no number of events",
		      "");
	check_refused(bee, "profile:days:1", -EINVAL, "'days' is no unit", "");
	check_refused(bee, "profile:hz:1000000000", -EINVAL, "perf_event_max_sample_rate", "");
	check_refused(bee, "profile:cpu:4711:hz:9", -ENODEV, "no CPU 4711", "");
	check_refused(bee, "profile:cpu:x:hz:9", -EINVAL, "'cpu' is no unit", "");
	check_refused(bee, "profile:pid:4194305:hz:9", -ESRCH, "no process 4194305", "");
}

/* ---- whose ------------------------------------------------------------------------------- */

static void one_cpu_is_a_scope(void **state)
{
	struct bee_module *mod = load_perf(bee_of(state), "profile:cpu:0:hz:999");

	times_asked = 0;
	attach(bee_of(state), mod, 1);
	assert_int_equal(asked.cpu, 0);
	assert_int_equal(times_asked, 1);
	work_until_seen(mod, spin);
	assert_int_equal(get_var(mod, "cpus"), 1);
}

/* This process works too, and is not seen. A thread that the other starts later is. */
static void one_process_is_a_scope(void **state)
{
	struct bee *bee = bee_of(state);
	struct bee_module *mod;
	char target[64];
	pid_t child = fork();

	if (!child) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		for (;;)
			spin();
	}
	snprintf(target, sizeof(target), "profile:pid:%d:hz:999", child);
	mod = load_perf(bee, target);
	*(uint64_t *)bee_var_find(mod, "only")->data = child;
	attach(bee, mod, 1);
	assert_int_equal(asked.pid, child);
	assert_int_equal(asked.attr.inherit, 1);
	work_until_seen(mod, spin);
	assert_int_equal(get_var(mod, "others"), 0);
	kill(child, SIGKILL);
	assert_int_equal(waitpid(child, NULL, 0), child);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(hook_profile_fires),
		TEST(hook_interval_fires),
		TEST(hook_software_fires),
		TEST(hook_hardware_fires),
		TEST(software_events_have_perfs_names),
		TEST(rare_events_attach),
		TEST(hardware_events_have_perfs_names),
		TEST(what_is_no_event_is_told),
		TEST(one_cpu_is_a_scope),
		TEST(one_process_is_a_scope),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
