// SPDX-License-Identifier: Apache-2.0
/*
 * What a portable source takes from this kernel that no relocation carries: sizes, constants, and
 * what tracefs tells. The kernel's records bear preserve_access_index, its enums a mark.
 */
#include <string>

#include <clang/AST/ASTContext.h>
#include <clang/AST/Attr.h>
#include <clang/AST/RecordLayout.h>
#include <clang/AST/RecursiveASTVisitor.h>
#include <clang/Basic/SourceManager.h>
#include <llvm/ADT/StringExtras.h>

#include "assume.h"
#include "compiler.h"

using namespace clang;

namespace
{

class Assumptions : public RecursiveASTVisitor<Assumptions>
{
public:
	Assumptions(bee__cc *cc, ASTContext &context) : cc(cc), context(context) {}

	bool VisitUnaryExprOrTypeTraitExpr(UnaryExprOrTypeTraitExpr *expr)
	{
		if (expr->getKind() == UETT_SizeOf)
			note_size(expr->getTypeOfArgument());
		return true;
	}

	bool VisitOffsetOfExpr(OffsetOfExpr *expr)
	{
		const auto *record = expr->getTypeSourceInfo()->getType()->getAsRecordDecl();
		std::string path;
		Expr::EvalResult offset;

		if (!is_kernels(record) || !expr->EvaluateAsInt(offset, context))
			return true;
		for (unsigned i = 0; i < expr->getNumComponents(); i++) {
			const OffsetOfNode &node = expr->getComponent(i);

			if (node.getKind() == OffsetOfNode::Array)
				return true;
			if (node.getKind() == OffsetOfNode::Field && node.getFieldName())
				path += "." + node.getFieldName()->getName().str();
		}
		bee__cc_assume(cc, "offset %llu %s%s",
			       (unsigned long long)offset.Val.getInt().getZExtValue() * 8,
			       name_of(record).c_str(), path.c_str());
		return true;
	}

	/* A kernel record by value, in memory of the program's own, or of its maps. */
	bool VisitVarDecl(VarDecl *var)
	{
		note_value(var->getType());
		return true;
	}

	bool VisitFieldDecl(FieldDecl *field)
	{
		if (is_kernels(field->getParent()))
			return true;
		/* A map is described by pointers to its key's and its value's types. */
		if (field->getType()->isPointerType() &&
		    (field->getName() == "key" || field->getName() == "value"))
			note_value(field->getType()->getPointeeType());
		note_value(field->getType());
		return true;
	}

	bool VisitArraySubscriptExpr(ArraySubscriptExpr *expr)
	{
		Expr::EvalResult index;

		if (!expr->getIdx()->EvaluateAsInt(index, context) ||
		    index.Val.getInt().getExtValue())
			note_size(expr->getType());
		return true;
	}

	bool VisitBinaryOperator(BinaryOperator *expr)
	{
		if ((expr->isAdditiveOp() || expr->isCompoundAssignmentOp()) &&
		    expr->getType()->isPointerType())
			note_size(expr->getType()->getPointeeType());
		return true;
	}

	bool VisitUnaryOperator(UnaryOperator *expr)
	{
		if (expr->isIncrementDecrementOp() && expr->getType()->isPointerType())
			note_size(expr->getType()->getPointeeType());
		return true;
	}

	bool VisitDeclRefExpr(DeclRefExpr *expr)
	{
		const auto *value = dyn_cast<EnumConstantDecl>(expr->getDecl());
		const auto *owner =
			value ? dyn_cast<EnumDecl>(value->getDeclContext()) : nullptr;

		if (owner && owner->hasAttr<AnnotateAttr>() && is_in_prelude(owner))
			bee__cc_assume(cc, "enumerator %s %s",
				       llvm::toString(value->getInitVal(), 10).c_str(),
				       value->getName().str().c_str());
		return true;
	}

	bool VisitMemberExpr(MemberExpr *expr)
	{
		const auto *field = dyn_cast<FieldDecl>(expr->getMemberDecl());

		if (!field || field->isBitField() || field->getType()->isIncompleteType() ||
		    !field->getIdentifier())
			return true;
		if (is_kernels(field->getParent()))
			note_member(expr, field);
		else if (is_in_prelude(field))
			note_tracepoint(field);
		return true;
	}

private:
	bool is_in_prelude(const Decl *decl) const
	{
		const SourceManager &sources = context.getSourceManager();

		return cc->prelude &&
		       sources.getFilename(sources.getFileLoc(decl->getLocation())) == cc->prelude;
	}

	bool is_kernels(const RecordDecl *record) const
	{
		return record && record->hasAttr<BPFPreserveAccessIndexAttr>() &&
		       is_in_prelude(record);
	}

	/* As BTF has it: "struct file", or a typedef's name; a suffix of ours or CO-RE's is cut off. */
	static std::string name_of(const RecordDecl *record)
	{
		const auto *type_name = record->getTypedefNameForAnonDecl();
		llvm::StringRef name = type_name ? type_name->getName() : record->getName();

		if (name.empty())
			return "";
		name = name.substr(0, name.find("___"));
		return (type_name ? "" : record->getKindName().str() + " ") + name.str();
	}

	unsigned long long size_of(QualType type) const
	{
		return context.getTypeSizeInChars(type).getQuantity();
	}

	const RecordDecl *kernel_record(QualType type) const
	{
		while (const auto *array = type->getAsArrayTypeUnsafe())
			type = array->getElementType();

		const auto *record = type->getAsRecordDecl();
		return is_kernels(record) && record->isCompleteDefinition() &&
				       !name_of(record).empty() ?
			       record :
			       nullptr;
	}

	void note_size(QualType type)
	{
		const RecordDecl *record = type.isNull() ? nullptr : kernel_record(type);

		if (record)
			bee__cc_assume(cc, "size %llu %s",
				       size_of(context.getRecordType(record)),
				       name_of(record).c_str());
	}

	/* Others read such memory by the offsets that stand in the object's own BTF. */
	void note_value(QualType type)
	{
		const RecordDecl *record = kernel_record(type);

		if (!record)
			return;
		note_size(type);
		for (const FieldDecl *field : record->fields())
			if (field->getIdentifier() && !field->getName().starts_with("__bee_"))
				bee__cc_assume(cc, "offset %llu %s.%s",
					       (unsigned long long)context.getFieldOffset(field),
					       name_of(record).c_str(),
					       field->getName().str().c_str());
	}

	/* The path from the nearest record that has a name. */
	void note_member(const MemberExpr *expr, const FieldDecl *field)
	{
		std::string path = "." + field->getName().str();
		const RecordDecl *record = field->getParent();

		while (name_of(record).empty()) {
			expr = dyn_cast<MemberExpr>(expr->getBase()->IgnoreParenImpCasts());
			const auto *outer =
				expr ? dyn_cast<FieldDecl>(expr->getMemberDecl()) : nullptr;
			if (!outer)
				return;
			if (outer->getIdentifier())
				path = "." + outer->getName().str() + path;
			record = outer->getParent();
		}
		/* What is looked up in an inner record is relocated along the whole path. */
		if (size_of(field->getType()) &&
		    !context.getBaseElementType(field->getType())->isRecordType())
			bee__cc_assume(cc, "member %llu %s%s", size_of(field->getType()),
				       name_of(record).c_str(), path.c_str());
	}

	void note_tracepoint(const FieldDecl *field)
	{
		llvm::StringRef record = field->getParent()->getName(), name = field->getName();

		if (!record.consume_front("tracepoint__") || name.starts_with("__bee_") ||
		    name == "__do_not_use__")
			return;
		name.consume_front("data_loc_");
		bee__cc_assume(cc, "tracepoint %llu+%llu %s.%s",
			       (unsigned long long)context.getFieldOffset(field) / 8,
			       size_of(field->getType()), record.str().c_str(),
			       name.str().c_str());
	}

	bee__cc *cc;
	ASTContext &context;
};

} // namespace

void bee__cc_find_assumptions(bee__cc *cc, ASTContext &context)
{
	Assumptions(cc, context).TraverseDecl(context.getTranslationUnitDecl());
}
