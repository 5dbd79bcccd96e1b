// SPDX-License-Identifier: Apache-2.0
/* The text of the source's lines, in the debug information of its code. */
#include <map>
#include <set>
#include <string>
#include <vector>

#include <clang/Basic/SourceManager.h>
#include <llvm/IR/DebugInfoMetadata.h>
#include <llvm/IR/InstIterator.h>
#include <llvm/IR/Module.h>

#include "events.h"

using namespace clang;

namespace
{

/* The text of a file by the lines that #line gives it, which are those that the IR speaks of. */
class Lines
{
public:
	explicit Lines(const SourceManager &sources) : sources(sources) {}

	void add(FileID file)
	{
		bool invalid = false;
		llvm::StringRef rest = sources.getBufferData(file, &invalid);

		for (unsigned number = 1; !invalid && !rest.empty(); number++) {
			auto [line, after] = rest.split('\n');
			PresumedLoc presumed = sources.getPresumedLoc(
				sources.translateLineCol(file, number, 1));

			if (presumed.isValid() && presumed.getLine() <= LINES_MAX)
				put(presumed.getFilename(), presumed.getLine(), line);
			rest = after;
		}
	}

	std::string text(llvm::StringRef name) const
	{
		std::string text;
		auto found = files.find(name.str());

		if (found == files.end())
			return text;
		for (llvm::StringRef line : found->second)
			text += line.str() + "\n";
		return text;
	}

private:
	/* Beyond this a #line is a joke, which must not cost memory. */
	static const unsigned LINES_MAX = 1000000;

	void put(const char *name, unsigned number, llvm::StringRef line)
	{
		std::vector<llvm::StringRef> &lines = files[name];

		if (lines.size() < number)
			lines.resize(number);
		lines[number - 1] = line;
	}

	const SourceManager &sources;
	std::map<std::string, std::vector<llvm::StringRef>> files;
};

llvm::DIFile *with_text(llvm::Module &module, const llvm::DIFile *file, const Lines &lines)
{
	return llvm::DIFile::get(module.getContext(), file->getFilename(), file->getDirectory(),
				 std::nullopt, lines.text(file->getFilename()));
}

class Embedder
{
public:
	Embedder(llvm::Module &module, const SourceManager &sources) : module(module), lines(sources)
	{
		for (auto it = sources.fileinfo_begin(); it != sources.fileinfo_end(); ++it)
			lines.add(sources.translateFile(it->first));
	}

	/* A function, or a block in one: the file is the first operand of either. */
	void embed(llvm::DILocalScope *scope)
	{
		for (; scope; scope = llvm::dyn_cast_or_null<llvm::DILocalScope>(scope->getScope())) {
			llvm::DIFile *old = scope->getFile();

			if (!old || !seen.insert(scope).second)
				return;
			llvm::DIFile *&file = files[old];
			if (!file)
				file = with_text(module, old, lines);
			scope->replaceOperandWith(0, file);
		}
	}

private:
	llvm::Module &module;
	Lines lines;
	std::map<llvm::DIFile *, llvm::DIFile *> files;
	std::set<llvm::DILocalScope *> seen;
};

} // namespace

void bee__embed_sources(llvm::Module &module, const SourceManager &sources)
{
	Embedder embedder(module, sources);

	for (llvm::Function &fn : module) {
		embedder.embed(fn.getSubprogram());
		for (llvm::Instruction &insn : llvm::instructions(fn))
			if (const llvm::DILocation *location = insn.getDebugLoc().get())
				embedder.embed(location->getScope());
	}
}
