/* SPDX-License-Identifier: Apache-2.0 */
/* What parse.cc asks of events.cc and embed.cc. */
#ifndef BEE_EVENTS_H
#define BEE_EVENTS_H

#include <map>
#include <string>

#include <clang/AST/Type.h>

namespace clang
{
class FunctionDecl;
class SourceManager;
} // namespace clang

namespace llvm
{
class Module;
}

/* By map; a type that is null: of several, so that none of them is the map's. */
using bee__event_types = std::map<std::string, clang::QualType>;

/* Add the types of the events that a function sends. */
void bee__find_events(clang::FunctionDecl *fn, bee__event_types &types);

/*
 * clang embeds no text for a file that #line renames, or one whose lines are counted without it, and BTF
 * then looks for one on disk, where nothing may be opened. So each file that code is of gets its text,
 * by the lines that #line gives.
 */
void bee__embed_sources(llvm::Module &module, const clang::SourceManager &sources);

#endif
