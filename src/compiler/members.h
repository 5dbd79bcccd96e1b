/* SPDX-License-Identifier: Apache-2.0 */
/* Members of the kernel's structs, as the module's debug information has them. */
#ifndef BEE_MEMBERS_H
#define BEE_MEMBERS_H

#include <stdint.h>

#include <llvm-c/Types.h>

#ifdef __cplusplus
extern "C" {
#endif

/* What the verifier makes of a load through a pointer that has a type. */
enum bee__member {
	BEE_MEMBER_NONE, /* it refuses the load, or may */
	BEE_MEMBER_NUMBER,
	BEE_MEMBER_POINTER, /* all of a pointer, which may have a type again */
};

/* The struct of a name that a file of the module declares; NULL: none is known. */
const void *bee__record_find(LLVMModuleRef module, const char *file, const char *name);

/*
 * What size bytes at an offset of a struct are. *ret_record: the struct that a pointer points to,
 * NULL where it is not known.
 */
enum bee__member bee__record_member(const void *record, uint64_t offset, uint64_t size,
				    const void **ret_record);

#ifdef __cplusplus
}
#endif

#endif
