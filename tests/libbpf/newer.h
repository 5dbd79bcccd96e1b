/* SPDX-License-Identifier: Apache-2.0 */
/* What libbpf's headers have since 1.1: given to clang alone, before a source. */
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>
#include <bpf/bpf_core_read.h>

#define BPF_UPROBE BPF_KPROBE
#define BPF_URETPROBE BPF_KRETPROBE

extern int bpf_iter_num_new(struct bpf_iter_num *it, int start, int end) __weak __ksym;
extern int *bpf_iter_num_next(struct bpf_iter_num *it) __weak __ksym;
extern void bpf_iter_num_destroy(struct bpf_iter_num *it) __weak __ksym;
extern void *bpf_rdonly_cast(const void *obj, __u32 btf_id) __weak __ksym;

#define bpf_for(i, start, end)                                                                  \
	for (struct bpf_iter_num it __attribute__((aligned(8), cleanup(bpf_iter_num_destroy))), \
	     *once = (bpf_iter_num_new(&it, (start), (end)), &it);                              \
	     ({                                                                                 \
		     int *next = bpf_iter_num_next(&it);                                        \
		     (void)once;                                                                \
		     next && ((i) = *next, (i) >= (start) && (i) < (end));                      \
	     });)

#define bpf_repeat(n)                                                                           \
	for (struct bpf_iter_num it __attribute__((aligned(8), cleanup(bpf_iter_num_destroy))), \
	     *once = (bpf_iter_num_new(&it, 0, (n)), &it);                                      \
	     ({                                                                                 \
		     (void)once;                                                                \
		     bpf_iter_num_next(&it);                                                    \
	     });)

#define bpf_ksym_exists(symbol) (!!(symbol))

#define bpf_core_cast(ptr, type) \
	((typeof(type) *)bpf_rdonly_cast((ptr), bpf_core_type_id_kernel(type)))
