// SPDX-License-Identifier: Apache-2.0
/* What LLVM knows of a number's range, which its C interface does not tell. */
#include <llvm/Analysis/LazyValueInfo.h>
#include <llvm/IR/ConstantRange.h>
#include <llvm/IR/Instructions.h>
#include <llvm/Passes/PassBuilder.h>

#include "compiler.h"

uint64_t bee__cc_most(LLVMValueRef number, LLVMValueRef at)
{
	auto *insn = llvm::cast<llvm::Instruction>(llvm::unwrap(at));
	llvm::FunctionAnalysisManager analyses;
	llvm::PassBuilder builder;
	uint64_t most = UINT64_MAX;

	builder.registerFunctionAnalyses(analyses);
	auto &values = analyses.getResult<llvm::LazyValueAnalysis>(*insn->getFunction());
	/* What is compared may be the number before it was made wider, which is the same one. */
	for (llvm::Value *value = llvm::unwrap(number);;) {
		llvm::ConstantRange range = values.getConstantRange(value, insn, false);
		auto *wide = llvm::dyn_cast<llvm::ZExtInst>(value);

		most = std::min(most, range.getUnsignedMax().getLimitedValue());
		if (!wide)
			return most;
		value = wide->getOperand(0);
	}
}
