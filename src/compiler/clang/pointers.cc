// SPDX-License-Identifier: Apache-2.0
/*
 * What only the types of pointers tell. LLVM's pointers have none, so that calls say it, which hand on
 * what they are given:
 *
 *   const char __user *path      path becomes __bee_pointer_user(path): memory of a process
 *   skb->head, a char *          __bee_pointer_plain(skb->head): points to no struct, so that the verifier
 *                                knows nothing of what it points to
 *
 *   (struct inet_sock *)sk       __bee_pointer_wider(): the verifier knows only what sk points to
 *
 * origins.c reads them, and they are gone once all reads are made.
 */
#include <clang/AST/ASTContext.h>
#include <clang/AST/Attr.h>
#include <clang/AST/RecursiveASTVisitor.h>
#include <llvm/ADT/SmallPtrSet.h>

#include "compiler.h"
#include "pointers.h"

using namespace clang;

namespace
{

class Pointers : public RecursiveASTVisitor<Pointers>
{
public:
	explicit Pointers(ASTContext &context) : context(context) {}

	bool shouldVisitImplicitCode() const { return true; }

	/* What is static has constants for values. */
	bool TraverseVarDecl(VarDecl *var)
	{
		return var->isStaticLocal() || RecursiveASTVisitor::TraverseVarDecl(var);
	}

	/* What asks about types has a form, by which the code generator finds the type. */
	bool TraverseCallExpr(CallExpr *call)
	{
		const FunctionDecl *callee = call->getDirectCallee();
		llvm::StringRef name = callee && callee->getBuiltinID() ? callee->getName() : "";

		return name == "__builtin_preserve_enum_value" || name == "__builtin_preserve_type_info" ||
		       name == "__builtin_btf_type_id" || RecursiveASTVisitor::TraverseCallExpr(call);
	}

	bool VisitStmt(Stmt *parent)
	{
		if (is_static(parent))
			return true;
		for (Stmt *&child : parent->children()) {
			auto *expr = dyn_cast_or_null<Expr>(child);
			const char *mark = expr ? mark_of(expr) : nullptr;

			/* What is marked becomes a child of the mark, and is met again. */
			if (mark && marked.insert(expr).second)
				child = handed_on(expr, mark);
		}
		return true;
	}

private:
	static bool is_static(const Stmt *statement)
	{
		const auto *declaration = dyn_cast<DeclStmt>(statement);
		const auto *var = declaration && declaration->isSingleDecl() ?
					  dyn_cast<VarDecl>(declaration->getSingleDecl()) :
					  nullptr;

		return var && var->isStaticLocal();
	}

	/* __user, which the prelude defines as noderef: clang keeps it beside the type, and nowhere else. */
	static bool is_user(QualType target)
	{
		const auto *tagged = target->getAs<BTFTagAttributedType>();

		return target->hasAttr(attr::NoDeref) ||
		       (tagged && tagged->getAttr()->getBTFTypeTag() == "user");
	}

	/* A variable's value says no more than what was put into it, but for a parameter's. */
	static bool is_taken_from_memory(const Expr *place, QualType target)
	{
		const auto *ref = dyn_cast<DeclRefExpr>(place->IgnoreParens());

		return !ref || (isa<ParmVarDecl>(ref->getDecl()) && target->isIntegerType());
	}

	/* Of the struct that another one begins with, a pointer to that one is made. */
	bool is_wider(const CastExpr *cast, QualType target) const
	{
		QualType from = cast->getSubExpr()->getType();

		if (cast->getCastKind() != CK_BitCast || !from->isPointerType())
			return false;
		from = from->getPointeeType();
		return from->isRecordType() && target->isRecordType() && !from->isIncompleteType() &&
		       !target->isIncompleteType() &&
		       context.getTypeSize(target) > context.getTypeSize(from);
	}

	/* The mark of an expression; NULL: it needs none. */
	const char *mark_of(const Expr *expr) const
	{
		const auto *cast = dyn_cast<CastExpr>(expr);

		if (!expr->isPRValue() || !expr->getType()->isPointerType())
			return nullptr;
		QualType target = expr->getType()->getPointeeType();
		if (target.getAddressSpace() != LangAS::Default || target->isFunctionType())
			return nullptr;
		bool is_load = cast && cast->getCastKind() == CK_LValueToRValue;
		if (is_user(target))
			return is_load || isa<ExplicitCastExpr, CallExpr>(expr) ? BEE_MARK_USER : nullptr;
		if (is_load && !target->isRecordType() && is_taken_from_memory(cast->getSubExpr(), target))
			return BEE_MARK_PLAIN;
		if (cast && is_wider(cast, target))
			return BEE_MARK_WIDER;
		if (cast && cast->getCastKind() == CK_IntegralToPointer && target->isIntegerType())
			return BEE_MARK_PLAIN;
		return nullptr;
	}

	FunctionDecl *function(const char *name) const
	{
		TranslationUnitDecl *unit = context.getTranslationUnitDecl();
		IdentifierInfo *id = &context.Idents.get(name);
		auto found = unit->lookup(id);
		QualType type = context.getFunctionType(context.VoidPtrTy, { context.VoidPtrTy }, {});

		if (found.isSingleResult())
			return cast<FunctionDecl>(found.front());
		auto *fn = FunctionDecl::Create(context, unit, {}, {}, id, type, nullptr, SC_Extern);
		fn->setParams({ ParmVarDecl::Create(context, fn, {}, {}, nullptr, context.VoidPtrTy,
						    nullptr, SC_None, nullptr) });
		fn->addAttr(ConstAttr::CreateImplicit(context));
		fn->addAttr(NoThrowAttr::CreateImplicit(context));
		unit->addDecl(fn);
		return fn;
	}

	Expr *convert(Expr *expr, QualType type, CastKind kind) const
	{
		return ImplicitCastExpr::Create(context, type, kind, expr, nullptr, VK_PRValue,
						FPOptionsOverride());
	}

	Expr *handed_on(Expr *expr, const char *name) const
	{
		FunctionDecl *fn = function(name);
		SourceLocation place = expr->getExprLoc();
		Expr *callee = DeclRefExpr::Create(context, {}, {}, fn, false, place, fn->getType(),
						   VK_LValue);
		Expr *arg = convert(expr, context.VoidPtrTy, CK_BitCast);

		callee = convert(callee, context.getPointerType(fn->getType()),
				 CK_FunctionToPointerDecay);
		Expr *call = CallExpr::Create(context, callee, { arg }, context.VoidPtrTy, VK_PRValue,
					      place, FPOptionsOverride());
		return convert(call, expr->getType(), CK_BitCast);
	}

	ASTContext &context;
	llvm::SmallPtrSet<Expr *, 16> marked;
};

} // namespace

void bee__mark_pointers(FunctionDecl *fn)
{
	Pointers(fn->getASTContext()).TraverseDecl(fn);
}
