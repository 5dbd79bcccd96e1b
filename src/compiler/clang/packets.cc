// SPDX-License-Identifier: Apache-2.0
/*
 * Fields of packet headers. Where a struct is marked as one, `ip->ttl` is not a place in memory, and
 * what becomes of it depends on the packet, not on C:
 *
 *   x = ip->ttl          x = __bee_packet_get(ip, 64, 8)
 *   ip->ttl = 1          __bee_packet_set(ip, 64, 8, 1)
 *   ip->ttl -= 1         __bee_packet_set(ip, 64, 8, __bee_packet_get(ip, 64, 8) - 1)
 *
 * This is done to what clang has parsed, where a field is still a field: in LLVM IR, a bitfield is
 * whatever loads, shifts and masks make of it.
 */
#include <clang/AST/ASTContext.h>
#include <clang/AST/Attr.h>
#include <clang/AST/RecursiveASTVisitor.h>

#include "packets.h"

using namespace clang;

namespace
{

/* A header's field: the pointer to the header, and bits counted from the header's first. */
struct Field {
	Expr *header = nullptr;
	Expr *bytes = nullptr; /* to be added to header: where in an array; NULL: in none */
	uint64_t bit = 0;
	uint64_t width = 0;
	QualType type;
	bool is_packet = false;
};

class PacketFields : public RecursiveASTVisitor<PacketFields>
{
public:
	explicit PacketFields(ASTContext &context) : context(context) {}

	/* The list of an initialiser is two: as written, and as meant. Code is made of the latter. */
	bool shouldVisitImplicitCode() const { return true; }

	/* Parents come before their children, so that an assignment is seen before its left side. */
	bool VisitStmt(Stmt *parent)
	{
		for (Stmt *&child : parent->children())
			if (auto *expr = dyn_cast_or_null<Expr>(child))
				if (Expr *other = rewrite(expr))
					child = other;
		return true;
	}

private:
	static bool is_header(const RecordDecl *record)
	{
		for (const auto *attr : record->specific_attrs<AnnotateAttr>())
			if (attr->getAnnotation() == "bee:packet")
				return true;
		return false;
	}

	/* An element of an array that is a field, as a field at a place that only the program knows. */
	Field element_of(ArraySubscriptExpr *element) const
	{
		Field field = field_of(element->getBase()->IgnoreParenImpCasts());
		SourceLocation place = element->getExprLoc();

		/* Where there is a mistake, expressions may have types that are none. */
		if (!field.header || !field.type->isConstantSizeType() ||
		    !field.type->isArrayType())
			return {};
		uint64_t size = context.getTypeSizeInChars(element->getType()).getQuantity();
		Expr *bytes = combine(convert(element->getIdx(), word()), number(size), BO_Mul, word(),
				      place);
		field.bytes = field.bytes ? combine(field.bytes, bytes, BO_Add, word(), place) : bytes;
		field.type = element->getType();
		field.width = context.getTypeSize(field.type);
		return field;
	}

	/* The field that an expression names, through structs and arrays inside of structs. */
	Field field_of(Expr *expr) const
	{
		if (auto *element = dyn_cast<ArraySubscriptExpr>(expr->IgnoreParens()))
			return element_of(element);
		auto *member = dyn_cast<MemberExpr>(expr->IgnoreParens());
		auto *decl = member ? dyn_cast<FieldDecl>(member->getMemberDecl()) : nullptr;
		Field field;

		if (!decl)
			return {};
		if (member->isArrow())
			field.header = member->getBase();
		else if (auto *star = dyn_cast<UnaryOperator>(member->getBase()->IgnoreParens()))
			field.header = star->getSubExpr();
		else
			field = field_of(member->getBase());
		field.bit += context.getFieldOffset(decl);
		field.width = decl->isBitField()		  ? decl->getBitWidthValue(context) :
			      decl->getType()->isIncompleteType() ? 0 :
								    context.getTypeSize(decl->getType());
		field.type = decl->getType();
		field.is_packet |= is_header(decl->getParent());
		return field;
	}

	/* A number in a packet header; false: something else, which stays as it is. */
	bool find(Expr *expr, Field &field) const
	{
		field = field_of(expr);
		return field.header && field.is_packet && field.type->isIntegralOrEnumerationType() &&
		       field.width <= 64;
	}

	Expr *number(uint64_t value) const
	{
		return IntegerLiteral::Create(context, llvm::APInt(64, value), word(), {});
	}

	QualType word() const { return context.UnsignedLongLongTy; }

	Expr *convert(Expr *expr, QualType type) const
	{
		if (context.hasSameUnqualifiedType(expr->getType(), type))
			return expr;
		return ImplicitCastExpr::Create(context, type.getUnqualifiedType(),
						type->isBooleanType() ? CK_IntegralToBoolean :
									CK_IntegralCast,
						expr, nullptr, VK_PRValue, FPOptionsOverride());
	}

	Expr *call(const char *name, llvm::ArrayRef<Expr *> args, SourceLocation place) const
	{
		auto found = context.getTranslationUnitDecl()->lookup(&context.Idents.get(name));
		auto *fn = found.isSingleResult() ? dyn_cast<FunctionDecl>(found.front()) : nullptr;

		if (!fn)
			return nullptr;
		Expr *callee = DeclRefExpr::Create(context, {}, {}, fn, false, place,
						   fn->getType(), VK_LValue);
		callee = ImplicitCastExpr::Create(context, context.getPointerType(fn->getType()),
						  CK_FunctionToPointerDecay, callee, nullptr,
						  VK_PRValue, FPOptionsOverride());
		return CallExpr::Create(context, callee, args, fn->getReturnType(), VK_PRValue,
					place, FPOptionsOverride());
	}

	/* Where the header of a field begins, were its array's element the first one. */
	Expr *header_of(const Field &field, SourceLocation place) const
	{
		QualType pointer = context.getPointerType(context.CharTy);

		if (!field.bytes)
			return field.header;
		Expr *header = ImplicitCastExpr::Create(context, pointer, CK_BitCast, field.header,
							nullptr, VK_PRValue, FPOptionsOverride());
		return combine(header, field.bytes, BO_Add, pointer, place);
	}

	Expr *get(const Field &field, QualType type, SourceLocation place) const
	{
		Expr *args[] = { header_of(field, place), number(field.bit), number(field.width) };
		Expr *value = call("__bee_packet_get", args, place);

		/* As wide as the field first: a number may be put into it that does not fit. */
		return value ? convert(convert(value, field.type), type) : nullptr;
	}

	Expr *set(const Field &field, Expr *value, QualType type, SourceLocation place) const
	{
		Expr *args[] = { header_of(field, place), number(field.bit), number(field.width),
				 convert(value, word()) };
		Expr *result = call("__bee_packet_set", args, place);

		return result ? convert(result, type) : nullptr;
	}

	Expr *combine(Expr *left, Expr *right, BinaryOperatorKind kind, QualType type,
		      SourceLocation place) const
	{
		return BinaryOperator::Create(context, left, right, kind, type, VK_PRValue,
					      OK_Ordinary, place, FPOptionsOverride());
	}

	/* NULL: it is none of our business. */
	Expr *rewrite(Expr *expr) const
	{
		if (auto *cast = dyn_cast<ImplicitCastExpr>(expr))
			return read(cast);
		if (auto *change = dyn_cast<CompoundAssignOperator>(expr))
			return change_by(change);
		if (auto *assign = dyn_cast<BinaryOperator>(expr))
			return assign->getOpcode() == BO_Assign ? write(assign) : nullptr;
		if (auto *step = dyn_cast<UnaryOperator>(expr))
			return step->isIncrementDecrementOp() ? step_by_one(step) : nullptr;
		return nullptr;
	}

	Expr *read(ImplicitCastExpr *cast) const
	{
		Field field;

		if (cast->getCastKind() != CK_LValueToRValue || !find(cast->getSubExpr(), field))
			return nullptr;
		return get(field, cast->getType(), cast->getExprLoc());
	}

	Expr *write(BinaryOperator *assign) const
	{
		Field field;

		if (!find(assign->getLHS(), field))
			return nullptr;
		return set(field, assign->getRHS(), assign->getType(), assign->getExprLoc());
	}

	Expr *change_by(CompoundAssignOperator *change) const
	{
		SourceLocation place = change->getExprLoc();
		Field field;

		if (!find(change->getLHS(), field))
			return nullptr;
		Expr *old = get(field, change->getComputationLHSType(), place);
		if (!old)
			return nullptr;
		Expr *value = combine(old, change->getRHS(),
				      BinaryOperator::getOpForCompoundAssignment(change->getOpcode()),
				      change->getComputationResultType(), place);
		return set(field, value, change->getType(), place);
	}

	/* x++ is (x += 1) - 1, and the other way for x--. */
	Expr *step_by_one(UnaryOperator *step) const
	{
		SourceLocation place = step->getExprLoc();
		BinaryOperatorKind forth = step->isIncrementOp() ? BO_Add : BO_Sub;
		BinaryOperatorKind back = step->isIncrementOp() ? BO_Sub : BO_Add;
		Field field;

		if (!find(step->getSubExpr(), field))
			return nullptr;
		Expr *old = get(field, word(), place);
		if (!old)
			return nullptr;
		Expr *value = set(field, combine(old, number(1), forth, word(), place), word(), place);
		if (step->isPostfix())
			value = combine(value, number(1), back, word(), place);
		return convert(value, step->getType());
	}

	ASTContext &context;
};

} // namespace

void bee__packet_fields(FunctionDecl *fn)
{
	PacketFields(fn->getASTContext()).TraverseDecl(fn);
}
