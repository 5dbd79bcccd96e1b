/* SPDX-License-Identifier: Apache-2.0 */
/* What parse.cc asks of tables.cc and table_checks.cc. */
#ifndef BEE_TABLES_H
#define BEE_TABLES_H

#include <string>

#include <clang/AST/Type.h>
#include <clang/Basic/SourceLocation.h>

#include "compiler.h"

namespace clang
{
class ASTContext;
class CompilerInstance;
class Diagnostic;
class FunctionDecl;
class SourceManager;
} // namespace clang

/* What a diagnostic says to the user. */
struct bee__cc_words {
	bee_severity severity;
	clang::SourceLocation place;
	std::string text;
	std::string hint;
};

/*
 * Tell what clang says about BCC's tables, which are macros and structs to it, in the terms of who
 * wrote them. false: it is not worth saying.
 */
bool bee__table_words(const clang::CompilerInstance &ci, const clang::Diagnostic &diag,
		      bee__cc_words &words);

/* A type as the user wrote it, not as typeof() of that. */
std::string bee__type_words(clang::QualType type);

/* Refuse what clang has nothing against, and what no table can do. */
void bee__check_tables(bee__cc *cc, clang::FunctionDecl *fn);

/* The same of keys and leaves, once all types are known. */
void bee__check_table_types(bee__cc *cc, clang::ASTContext &context);

/* Where the user wrote it: in a macro, where the macro is used. file is borrowed from clang. */
bee__cc_place bee__cc_source_place(const clang::SourceManager &sources,
				   clang::SourceLocation location);
/* A copy that lives as long as the answer. */
const char *bee__cc_duplicate(llvm::StringRef text);

#endif
