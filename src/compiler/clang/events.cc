// SPDX-License-Identifier: Apache-2.0
/* Of which types the events are that a source sends, by the calls that send them. */
#include <clang/AST/ASTContext.h>
#include <clang/AST/RecursiveASTVisitor.h>

#include "events.h"

using namespace clang;

namespace
{

/* How a call says what it sends into which map. */
struct Submission {
	const char *name;
	int map;	/* argument that points to the map; -1: it is a method of the map */
	int data;	/* argument that points to the event; -1: the call returns that pointer */
};

const Submission submissions[] = {
	{ "perf_submit", -1, 1 },
	{ "perf_submit_skb", -1, 2 },
	{ "ringbuf_output", -1, 0 },
	{ "ringbuf_reserve", -1, -1 },
	{ "bpf_perf_event_output", 1, 3 },
	{ "bpf_ringbuf_output", 0, 1 },
	{ "bpf_ringbuf_reserve", 0, -1 },
};

/* Finds, for each map that events are sent into, of which type they are. */
class Events : public RecursiveASTVisitor<Events>
{
public:
	explicit Events(bee__event_types &types) : types(types) {}

	bool VisitCallExpr(CallExpr *call)
	{
		const Submission *submission = submission_of(call);

		if (submission && submission->data >= 0 &&
		    unsigned(submission->data) < call->getNumArgs())
			note(map_of(call, submission), pointee(call->getArg(submission->data)));
		return true;
	}

	bool VisitVarDecl(VarDecl *var)
	{
		if (var->hasInit())
			note_reserved(var->getInit(), var->getType());
		return true;
	}

	bool VisitBinaryOperator(BinaryOperator *op)
	{
		if (op->getOpcode() == BO_Assign)
			note_reserved(op->getRHS(), op->getLHS()->getType());
		return true;
	}

	bool VisitReturnStmt(ReturnStmt *statement)
	{
		if (const Expr *value = statement->getRetValue())
			note_reserved(value, value->getType());
		return true;
	}

private:
	static llvm::StringRef callee_name(const CallExpr *call)
	{
		const Expr *callee = call->getCallee()->IgnoreParenImpCasts();

		if (const auto *member = dyn_cast<MemberExpr>(callee))
			return member->getMemberDecl()->getName();
		if (const auto *ref = dyn_cast<DeclRefExpr>(callee))
			return ref->getDecl()->getIdentifier() ? ref->getDecl()->getName() : "";
		return "";
	}

	static const Submission *submission_of(const CallExpr *call)
	{
		bool is_method = isa<MemberExpr>(call->getCallee()->IgnoreParenImpCasts());
		llvm::StringRef name = callee_name(call);

		for (const Submission &submission : submissions)
			if (name == submission.name && is_method == (submission.map < 0))
				return &submission;
		return nullptr;
	}

	/* The map's name in the object: what its variable is called there, or the table's own. */
	static std::string map_of(const CallExpr *call, const Submission *submission)
	{
		const Expr *map;

		if (submission->map < 0) {
			const Expr *callee = call->getCallee()->IgnoreParenImpCasts();
			map = cast<MemberExpr>(callee)->getBase();
		} else if (unsigned(submission->map) < call->getNumArgs()) {
			map = call->getArg(submission->map);
		} else {
			return "";
		}
		map = map->IgnoreParenCasts();
		if (const auto *op = dyn_cast<UnaryOperator>(map))
			map = op->getSubExpr()->IgnoreParenCasts();
		if (const auto *ref = dyn_cast<DeclRefExpr>(map))
			return name_of(ref->getDecl());
		return "";
	}

	static std::string name_of(const ValueDecl *decl)
	{
		const auto *label = decl->getAttr<AsmLabelAttr>();
		llvm::StringRef name = label ? label->getLabel() : decl->getName();

		name.consume_front("__bee_tbl_");
		return name.str();
	}

	/* What a type points to, if that tells anything. */
	static QualType target(QualType type)
	{
		QualType to;

		if (const auto *array = type->getAsArrayTypeUnsafe())
			to = array->getElementType();
		else if (type->isPointerType())
			to = type->getPointeeType();
		if (to.isNull() || to->isIncompleteType() || to->isAnyCharacterType() ||
		    to->isFunctionType() || to->isVariablyModifiedType())
			return {};
		return to.getUnqualifiedType();
	}

	/* The outermost type that tells, since a cast is the user's word for what it is. */
	static QualType pointee(const Expr *expr)
	{
		for (;;) {
			QualType to = target(expr->getType());
			if (!to.isNull())
				return to;

			const Expr *inner = expr->IgnoreParens();
			if (const auto *cast = dyn_cast<CastExpr>(inner))
				inner = cast->getSubExpr();
			if (inner == expr)
				return {};
			expr = inner;
		}
	}

	/* What may be an expression's value: the last of several, either of two. */
	void note_reserved(const Expr *value, QualType type)
	{
		value = value->IgnoreParenCasts();
		if (const auto *either = dyn_cast<ConditionalOperator>(value)) {
			note_reserved(either->getTrueExpr(), type);
			note_reserved(either->getFalseExpr(), type);
		} else if (const auto *either = dyn_cast<BinaryConditionalOperator>(value)) {
			note_reserved(either->getCommon(), type);
			note_reserved(either->getFalseExpr(), type);
		} else if (const auto *block = dyn_cast<StmtExpr>(value)) {
			const CompoundStmt *body = block->getSubStmt();
			if (!body->body_empty() && isa<Expr>(body->body_back()))
				note_reserved(cast<Expr>(body->body_back()), type);
		} else if (const auto *op = dyn_cast<BinaryOperator>(value)) {
			if (op->getOpcode() == BO_Comma)
				note_reserved(op->getRHS(), type);
		} else if (const auto *call = dyn_cast<CallExpr>(value)) {
			const Submission *submission = submission_of(call);
			if (submission && submission->data < 0)
				note(map_of(call, submission), target(type));
		}
	}

	void note(const std::string &map, QualType type)
	{
		if (map.empty() || type.isNull())
			return;
		auto [at, is_new] = types.try_emplace(map, type);
		if (!is_new && !at->second.isNull() &&
		    at->second.getCanonicalType() != type.getCanonicalType())
			at->second = {};
	}

	bee__event_types &types;
};

} // namespace

void bee__find_events(FunctionDecl *fn, bee__event_types &types)
{
	Events(types).TraverseDecl(fn);
}
