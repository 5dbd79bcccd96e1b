// SPDX-License-Identifier: Apache-2.0
/* A stand-in for Polly, which static LLVM libraries refer to and distributions do not ship. */
#include <llvm/Passes/PassPlugin.h>

llvm::PassPluginLibraryInfo getPollyPluginInfo();

llvm::PassPluginLibraryInfo getPollyPluginInfo()
{
	return { LLVM_PLUGIN_API_VERSION, "none", "", [](llvm::PassBuilder &) {} };
}
