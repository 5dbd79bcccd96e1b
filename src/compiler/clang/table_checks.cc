// SPDX-License-Identifier: Apache-2.0
/* What no table can do, and clang lets pass. */
#include <clang/AST/ASTContext.h>
#include <clang/AST/RecursiveASTVisitor.h>

#include "tables.h"

using namespace clang;
using llvm::StringRef;

namespace
{

class Calls : public RecursiveASTVisitor<Calls>
{
public:
	Calls(bee__cc *cc, ASTContext &context) : cc(cc), context(context) {}

	bool VisitCallExpr(CallExpr *call)
	{
		const auto *member = dyn_cast<MemberExpr>(call->getCallee()->IgnoreParenImpCasts());
		const auto *ref = member ? dyn_cast<DeclRefExpr>(member->getBase()->IgnoreParens())
					 : nullptr;

		if (!ref)
			return true;
		StringRef method = member->getMemberDecl()->getName();
		if (method.consume_front("__bee_"))
			check_count(call, ref->getDecl()->getName(), method);
		else if (method == "insert" && is_array(ref->getDecl()->getName()))
			tell(BEE_WARNING, call, ref->getDecl()->getName(), method,
			     ": all elements of an array are there, so that it finds no place",
			     "update() writes to one");
		return true;
	}

private:
	/*
	 * counts.increment(key), where the leaf is no number, or the key nothing that C passes. Its macro
	 * puts one argument behind the user's, of which the function takes any number.
	 */
	void check_count(CallExpr *call, StringRef table, StringRef method)
	{
		QualType key = type_of("__bee_key_", table), leaf = type_of("__bee_leaf_", table);
		unsigned args = call->getNumArgs() - 1;

		if (args > 2)
			tell(BEE_ERROR, call, table, method,
			     " with " + std::to_string(args) + " arguments",
			     (method + "(key, number): 1 to 2 arguments").str());
		if (!leaf.isNull() && !leaf->isIntegralOrEnumerationType() && !leaf->isPointerType())
			tell(BEE_ERROR, call, table, method, ": the leaf is no number",
			     "look it up, and change it where it is");
		else if (!leaf.isNull() && method == "atomic_increment" &&
			 context.getTypeSize(leaf) < 32)
			tell(BEE_ERROR, call, table, method,
			     ": the leaf is a '" + bee__type_words(leaf) +
				     "', and atomic are numbers of 4 or 8 bytes",
			     "make it a u32 or a u64, or use increment()");
		if (!key.isNull() && key->isArrayType())
			tell(BEE_ERROR, call, table, method,
			     ": the key is an array, which C passes by its address",
			     "make it the member of a struct");
	}

	template <class Kind> const Kind *find_name(const char *prefix, StringRef table) const
	{
		auto found = context.getTranslationUnitDecl()->lookup(
			&context.Idents.get((prefix + table).str()));

		return found.isSingleResult() ? dyn_cast<Kind>(found.front()) : nullptr;
	}

	QualType type_of(const char *prefix, StringRef table) const
	{
		const auto *name = find_name<TypedefDecl>(prefix, table);

		return name ? name->getUnderlyingType() : QualType();
	}

	bool is_array(StringRef table) const
	{
		const auto *is = find_name<EnumConstantDecl>("__bee_is_array_", table);

		return is && !is->getInitVal().isZero();
	}

	void tell(bee_severity severity, CallExpr *call, StringRef table, StringRef method,
		  const std::string &what, const std::string &hint) const
	{
		bee__cc_place place =
			bee__cc_source_place(context.getSourceManager(), call->getExprLoc());

		bee__cc_diag(cc, severity, &place, (table + "." + method + what).str().c_str(),
			     hint.c_str());
	}

	bee__cc *cc;
	ASTContext &context;
};

} // namespace

void bee__check_tables(bee__cc *cc, FunctionDecl *fn)
{
	Calls(cc, fn->getASTContext()).TraverseDecl(fn);
}

void bee__check_table_types(bee__cc *cc, ASTContext &context)
{
	for (const Decl *decl : context.getTranslationUnitDecl()->decls()) {
		const auto *type = dyn_cast<TypedefDecl>(decl);
		StringRef table = type ? type->getName() : "";
		const char *what = table.consume_front("__bee_key_")    ? "key"
				   : table.consume_front("__bee_leaf_") ? "leaf"
									: nullptr;

		if (!what)
			continue;
		QualType own = type->getUnderlyingType();
		bool is_unknown = own->isIncompleteType();
		if (!is_unknown && context.getTypeSize(own))
			continue;
		bee__cc_place place =
			bee__cc_source_place(context.getSourceManager(), type->getLocation());
		bee__cc_error(cc, &place,
			      is_unknown ? "define it in the source: the kernel has none of the name"
					 : "the kernel wants at least a byte",
			      "%s: the %s is a '%s', which %s", table.str().c_str(), what,
			      bee__type_words(own).c_str(),
			      is_unknown ? "is defined nowhere" : "has no size");
	}
}
