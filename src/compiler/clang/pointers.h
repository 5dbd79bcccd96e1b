/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BEE_POINTERS_H
#define BEE_POINTERS_H

namespace clang
{
class FunctionDecl;
}

/* Mark, in a function that was parsed, the pointers of which only their types tell what they are. */
void bee__mark_pointers(clang::FunctionDecl *fn);

#endif
