/* SPDX-License-Identifier: Apache-2.0 */
/* What a portable source assumes of the kernel, found in its syntax tree. */
#ifndef BEE_ASSUME_H
#define BEE_ASSUME_H

struct bee__cc;

namespace clang
{
class ASTContext;
}

void bee__cc_find_assumptions(bee__cc *cc, clang::ASTContext &context);

#endif
