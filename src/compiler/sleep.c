/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Programs that may sleep. BCC's names say "fentry", never "fentry.s": a program that calls what may
 * wait for memory goes to the hook's second row, since the kernel refuses it on the first in any case.
 */
#include <stdio.h>
#include <string.h>

#include "reads.h"

static const unsigned int waiting_helpers[] = {
	148, /* bpf_copy_from_user */
	161, /* bpf_ima_inode_hash */
	191, /* bpf_copy_from_user_task */
	193, /* bpf_ima_file_hash */
};

static bool may_wait(LLVMValueRef fn)
{
	for (LLVMValueRef insn = NULL; (insn = bee__cc_next_insn(fn, insn));)
		for (size_t i = 0; i < BEE_CC_LEN(waiting_helpers); i++)
			if (bee__is_helper_call(insn, waiting_helpers[i]))
				return true;
	return false;
}

/* "fmod_ret/f" becomes "fmod_ret.s/f", where there is such a row. */
static void let_sleep(LLVMValueRef fn, const struct bee__hook *hook)
{
	char section[BEE_CC_SECTION_SIZE];
	const char *rest = LLVMGetSection(fn) + strlen(hook->sec);
	const struct bee__hook *other;

	if (!bee__cc_starts(LLVMGetSection(fn), hook->sec) ||
	    snprintf(section, sizeof(section), "%s.s%s", hook->sec, rest) >= (int)sizeof(section))
		return;
	other = bee__hook_by_section(section, &rest);
	if (other && other != hook && !strncmp(other->name, hook->name, strlen(hook->name)))
		LLVMSetSection(fn, section);
}

void bee__cc_let_sleep(struct bee__cc *cc)
{
	for (struct bee__cc_function *fn = cc->functions; fn; fn = fn->next) {
		LLVMValueRef value = LLVMGetNamedFunction(cc->module, fn->name);

		if (fn->is_named && value && may_wait(value))
			let_sleep(value, fn->hook);
	}
}
