// SPDX-License-Identifier: Apache-2.0
/* What LLVM's optimiser and code generator have to say, in words about the source. */
#include <string>

#include <clang/Basic/SourceManager.h>
#include <llvm/IR/DebugInfo.h>
#include <llvm/IR/DebugInfoMetadata.h>
#include <llvm/IR/DiagnosticInfo.h>
#include <llvm/IR/DiagnosticPrinter.h>
#include <llvm/IR/InstIterator.h>
#include <llvm/IR/IntrinsicInst.h>
#include <llvm/IR/LLVMContext.h>
#include <llvm/IR/Module.h>
#include <llvm/Support/SourceMgr.h>

#include "compiler.h"
#include "tables.h"

using namespace clang;

/* DiagnosticInfoUnsupported writes place and function into its words; only the message is ours. */
static std::string words_of(const llvm::DiagnosticInfo &info)
{
	std::string text;
	llvm::raw_string_ostream stream(text);
	llvm::DiagnosticPrinterRawOStream printer(stream);

	if (const auto *unsupported = llvm::dyn_cast<llvm::DiagnosticInfoUnsupported>(&info))
		stream << unsupported->getMessage();
	else if (const auto *assembly = llvm::dyn_cast<llvm::DiagnosticInfoSrcMgr>(&info))
		stream << assembly->getSMDiag().getMessage();
	else
		info.print(printer);
	return llvm::StringRef(stream.str()).trim().str();
}

/* ---- the stack ----------------------------------------------------------------------------- */

/* The variables of a function, and the largest of them that the user has declared. */
struct Stack {
	uint64_t size = 0, largest = 0;
	const llvm::DILocalVariable *variable = nullptr;
	llvm::DebugLoc place;
};

static Stack stack_of(llvm::Function &fn)
{
	const llvm::DataLayout &layout = fn.getParent()->getDataLayout();
	Stack stack;

	for (llvm::Instruction &insn : llvm::instructions(fn)) {
		auto *slot = llvm::dyn_cast<llvm::AllocaInst>(&insn);
		uint64_t size = slot ? layout.getTypeAllocSize(slot->getAllocatedType()).getFixedValue() : 0;

		stack.size += size;
		if (size <= stack.largest)
			continue;
		for (llvm::DbgVariableIntrinsic *declare : llvm::findDbgDeclares(slot))
			stack = { stack.size, size, declare->getVariable(), declare->getDebugLoc() };
		for (llvm::DbgVariableRecord *declare : llvm::findDVRDeclares(slot))
			stack = { stack.size, size, declare->getVariable(), declare->getDebugLoc() };
	}
	return stack;
}

/* LLVM gives its advice at the places where it ran out of room; the variable is what can be moved. */
static std::string words_of_stack(const llvm::DiagnosticInfoUnsupported &info, bee__cc_place *place)
{
	auto &fn = const_cast<llvm::Function &>(info.getFunction());
	Stack stack = stack_of(fn);
	std::string words = "the variables of '" + fn.getName().str() + "' take " +
			    std::to_string(stack.size) + " bytes of stack, which has 512";

	if (!stack.variable || stack.size <= 512)
		return "'" + fn.getName().str() + "' takes more than the 512 bytes of stack";
	if (stack.place)
		*place = { bee__cc_duplicate(stack.variable->getFilename()), stack.place.getLine(),
			   stack.place.getCol() };
	return words + ": '" + stack.variable->getName().str() + "' alone " +
	       std::to_string(stack.largest);
}

/* ---- the place ----------------------------------------------------------------------------- */

/* The base class cannot be asked for: it has no kind of its own. */
static const llvm::DiagnosticInfoWithLocationBase *with_location(const llvm::DiagnosticInfo &info)
{
	if (const auto *unsupported = llvm::dyn_cast<llvm::DiagnosticInfoUnsupported>(&info))
		return unsupported;
	if (const auto *limit = llvm::dyn_cast<llvm::DiagnosticInfoResourceLimit>(&info))
		return limit;
	if (const auto *pass = llvm::dyn_cast<llvm::DiagnosticInfoIROptimization>(&info))
		return pass;
	return nullptr;
}

static bee__cc_place place_in_module(const llvm::DiagnosticInfoWithLocationBase &info)
{
	const llvm::DISubprogram *fn = info.getFunction().getSubprogram();

	if (info.isLocationAvailable()) {
		llvm::DiagnosticLocation location = info.getLocation();

		return { bee__cc_duplicate(location.getRelativePath()), location.getLine(),
			 location.getColumn() };
	}
	if (fn)
		return { bee__cc_duplicate(fn->getFilename()), fn->getLine(), 0 };
	return {};
}

/* clang marks inline assembly with the place that it has itself for it. */
static bee__cc_place place_of_assembly(const bee__cc *cc, const llvm::DiagnosticInfoSrcMgr &info)
{
	const llvm::SMDiagnostic &diag = info.getSMDiag();

	if (!strcmp(cc->input, "asm") && diag.getLineNo() > 0)
		return { cc->files[cc->files_len - 1].path, unsigned(diag.getLineNo()),
			 unsigned(diag.getColumnNo() + 1) };
	if (!cc->sources || !info.isInlineAsmDiag() || !info.getLocCookie())
		return {};
	return bee__cc_source_place(*static_cast<const SourceManager *>(cc->sources),
			SourceLocation::getFromRawEncoding(info.getLocCookie()));
}

char *bee__cc_backend_words(struct bee__cc *cc, LLVMDiagnosticInfoRef ref,
			    struct bee__cc_place *place)
{
	const llvm::DiagnosticInfo &info = *llvm::unwrap(ref);

	*place = {};
	if (const auto *located = with_location(info))
		*place = place_in_module(*located);
	else if (const auto *assembly = llvm::dyn_cast<llvm::DiagnosticInfoSrcMgr>(&info))
		*place = place_of_assembly(cc, *assembly);
	std::string words = words_of(info);
	const auto *unsupported = llvm::dyn_cast<llvm::DiagnosticInfoUnsupported>(&info);
	if (unsupported && llvm::StringRef(words).contains("stack limit"))
		words = words_of_stack(*unsupported, place);
	return strdup(words.c_str());
}
