// SPDX-License-Identifier: Apache-2.0
/* C to LLVM IR by clang's own library. What stands in this folder is all of moonbee that must be C++. */
#include <string>
#include <vector>

#include <clang/AST/ASTConsumer.h>
#include <clang/AST/ASTContext.h>
#include <clang/AST/Attr.h>
#include <clang/AST/GlobalDecl.h>
#include <clang/CodeGen/ModuleBuilder.h>
#include <clang/Frontend/CompilerInstance.h>
#include <clang/Frontend/CompilerInvocation.h>
#include <clang/Frontend/FrontendAction.h>
#include <clang/Frontend/MultiplexConsumer.h>
#include <clang/Frontend/Utils.h>
#include <clang/Lex/Preprocessor.h>
#include <llvm/IR/DebugInfoMetadata.h>
#include <llvm/IR/LLVMContext.h>
#include <llvm/IR/Module.h>
#include <llvm/Support/VirtualFileSystem.h>

#include "assume.h"
#include "compiler.h"
#include "events.h"
#include "packets.h"
#include "pointers.h"
#include "tables.h"

using namespace clang;

bee__cc_place bee__cc_source_place(const SourceManager &sources, SourceLocation location)
{
	if (location.isInvalid())
		return {};
	PresumedLoc presumed = sources.getPresumedLoc(sources.getFileLoc(location));
	if (presumed.isInvalid())
		return {};
	return { presumed.getFilename(), presumed.getLine(), presumed.getColumn() };
}

const char *bee__cc_duplicate(llvm::StringRef text)
{
	char *copy = static_cast<char *>(bee__cc_alloc(text.size() + 1));

	memcpy(copy, text.data(), text.size());
	return copy;
}

namespace
{

/* ---- diagnostics ------------------------------------------------------------------------- */

class Diagnostics : public DiagnosticConsumer
{
public:
	Diagnostics(bee__cc *cc, const CompilerInstance &ci) : cc(cc), ci(ci) {}

	void HandleDiagnostic(DiagnosticsEngine::Level level, const Diagnostic &diag) override
	{
		llvm::SmallString<256> text;
		bee__cc_place place = {};
		bee__cc_words words = {};

		DiagnosticConsumer::HandleDiagnostic(level, diag);
		diag.FormatDiagnostic(text);
		words.place = diag.getLocation();
		words.text = text.str();
		words.severity = level >= DiagnosticsEngine::Error ? BEE_ERROR :
				 level == DiagnosticsEngine::Warning ? BEE_WARNING :
								       BEE_NOTE;
		if (ci.hasPreprocessor() && !bee__table_words(ci, diag, words))
			return;
		if (diag.hasSourceManager())
			place = bee__cc_source_place(diag.getSourceManager(), words.place);
		/* The prelude is no place that a user could look at. */
		if (words.severity == BEE_NOTE && place.file && cc->prelude &&
		    !strcmp(place.file, cc->prelude))
			return;
		bee__cc_diag(cc, words.severity, &place, words.text.c_str(), words.hint.c_str());
	}

private:
	bee__cc *cc;
	const CompilerInstance &ci;
};

/* ---- what the functions say -------------------------------------------------------------- */

class Functions
{
public:
	explicit Functions(bee__cc *cc) : cc(cc), tail(&cc->functions) {}

	void add(const FunctionDecl *decl)
	{
		const SourceManager &sources = decl->getASTContext().getSourceManager();
		auto *fn = static_cast<bee__cc_function *>(bee__cc_alloc(sizeof(bee__cc_function)));
		const RecordDecl *record = first_record(decl);

		fn->place = bee__cc_source_place(sources, decl->getLocation());
		if (fn->place.file)
			fn->place.file = bee__cc_duplicate(fn->place.file);
		fn->name = bee__cc_duplicate(name_of(decl));
		fn->context = record ? bee__cc_duplicate(record->getName()) : "";
		fn->has_kernel_type = record && is_in_prelude(sources, record->getLocation());
		fn->is_static = !decl->isExternallyVisible();
		*tail = fn;
		tail = &fn->next;
	}

private:
	static llvm::StringRef name_of(const FunctionDecl *decl)
	{
		const auto *label = decl->getAttr<AsmLabelAttr>();

		return label ? label->getLabel() : decl->getName();
	}

	static const RecordDecl *first_record(const FunctionDecl *decl)
	{
		if (!decl->getNumParams())
			return nullptr;
		QualType type = decl->getParamDecl(0)->getType();
		if (!type->isPointerType())
			return nullptr;
		return type->getPointeeType()->getAsRecordDecl();
	}

	bool is_in_prelude(const SourceManager &sources, SourceLocation location) const
	{
		return cc->prelude && sources.getFilename(sources.getFileLoc(location)) == cc->prelude;
	}

	bee__cc *cc;
	bee__cc_function **tail;
};

/* ---- the parse --------------------------------------------------------------------------- */

/* Looks at what is parsed before the code generator does, and gives it the events' types. */
class Watcher : public ASTConsumer
{
public:
	Watcher(bee__cc *cc, CodeGenerator *codegen) : cc(cc), functions(cc), codegen(codegen) {}

	bool HandleTopLevelDecl(DeclGroupRef group) override
	{
		for (Decl *decl : group) {
			auto *fn = dyn_cast<FunctionDecl>(decl);

			if (!fn || fn->isInvalidDecl() || !fn->doesThisDeclarationHaveABody())
				continue;
			if (fn->getIdentifier() && fn->getName().starts_with(BEE_STRINGS))
				strings.push_back(fn);
			if (fn->getIdentifier() && fn->getName().starts_with("__bee_"))
				continue;
			bee__check_tables(cc, fn);
			/* A type with a mistake in it has no layout. */
			if (fn->getASTContext().getDiagnostics().hasErrorOccurred())
				continue;
			bee__packet_fields(fn);
			functions.add(fn);
			bee__find_events(fn, events);
			bee__mark_pointers(fn);
		}
		return true;
	}

	void HandleTranslationUnit(ASTContext &context) override
	{
		if (context.getDiagnostics().hasErrorOccurred())
			return;
		bee__check_table_types(cc, context);
		/* Nothing calls them yet. */
		for (const FunctionDecl *fn : strings)
			codegen->GetAddrOfGlobal(GlobalDecl(fn), true);
		if (cc->is_portable)
			bee__cc_find_assumptions(cc, context);
		for (const auto &[map, type] : events)
			if (!type.isNull())
				anchor(context, map, type);
	}

private:
	/* A variable that no one reads, whose type carries the event's into the BTF. */
	void anchor(ASTContext &context, const std::string &map, QualType type)
	{
		TranslationUnitDecl *unit = context.getTranslationUnitDecl();
		QualType pointer = context.getPointerType(type);
		VarDecl *var = VarDecl::Create(context, unit, SourceLocation(), SourceLocation(),
					       &context.Idents.get("__bee_event_" + map), pointer,
					       context.getTrivialTypeSourceInfo(pointer), SC_Static);

		var->addAttr(SectionAttr::CreateImplicit(context, ".bee.events"));
		var->addAttr(UsedAttr::CreateImplicit(context));
		unit->addDecl(var);
		/* C calls a variable without a value a tentative definition. */
		codegen->CompleteTentativeDefinition(var);
	}

	bee__cc *cc;
	Functions functions;
	bee__event_types events;
	std::vector<const FunctionDecl *> strings;
	CodeGenerator *codegen;
};

class Parse : public ASTFrontendAction
{
public:
	explicit Parse(bee__cc *cc) : cc(cc) {}

protected:
	std::unique_ptr<ASTConsumer> CreateASTConsumer(CompilerInstance &ci,
						       llvm::StringRef name) override
	{
		std::unique_ptr<CodeGenerator> generator(
			CreateLLVMCodeGen(ci.getDiagnostics(), name, &ci.getVirtualFileSystem(),
					  ci.getHeaderSearchOpts(), ci.getPreprocessorOpts(),
					  ci.getCodeGenOpts(), *llvm::unwrap(cc->context)));
		std::vector<std::unique_ptr<ASTConsumer>> consumers;

		codegen = generator.get();
		consumers.push_back(std::make_unique<Watcher>(cc, codegen));
		consumers.push_back(std::move(generator));
		return std::make_unique<MultiplexConsumer>(std::move(consumers));
	}

	/* The consumers, and with them the module, end when the action does. */
	void EndSourceFileAction() override
	{
		CompilerInstance &ci = getCompilerInstance();

		if (ci.getDiagnostics().hasErrorOccurred())
			return;
		cc->sources = &ci.getSourceManager();
		/* A word, several, or a string. */
		cc->license = macro_text(ci.getPreprocessor(), "BPF_LICENSE");
		cc->cast_function = macro_number(ci.getPreprocessor(), "__bee_cast_function");
		cc->cast_type = macro_number(ci.getPreprocessor(), "__bee_cast_type");
		if (macro_number(ci.getPreprocessor(), "__bee_task_typed"))
			cc->typed_file = cc->prelude;
		cc->module = llvm::wrap(codegen->ReleaseModule());
		if (!cc->module)
			return;
		bee__cc_keep_cast(cc);
		bee__cc_keep_typed(cc);
		bee__embed_sources(*llvm::unwrap(cc->module), ci.getSourceManager());
	}

private:
	/* What a macro stands for, as text; NULL: there is none of the name. */
	static const char *macro_text(Preprocessor &pp, const char *name)
	{
		const MacroInfo *macro = pp.getMacroInfo(pp.getIdentifierInfo(name));
		std::string text;

		if (!macro)
			return nullptr;
		for (const Token &token : macro->tokens()) {
			if (token.hasLeadingSpace() && !text.empty())
				text += ' ';
			text += pp.getSpelling(token);
		}
		return bee__cc_duplicate(llvm::StringRef(text).trim('"'));
	}

	static uint32_t macro_number(Preprocessor &pp, const char *name)
	{
		const char *text = macro_text(pp, name);

		return text ? strtoul(text, nullptr, 10) : 0;
	}

	bee__cc *cc;
	CodeGenerator *codegen = nullptr;
};

/* As clang -E gives it, the virtual header too. */
class Preprocess : public PreprocessorFrontendAction
{
public:
	explicit Preprocess(bee__cc *cc) : cc(cc) {}

protected:
	void ExecuteAction() override
	{
		CompilerInstance &ci = getCompilerInstance();
		std::string text;
		llvm::raw_string_ostream stream(text);

		ci.getPreprocessorOutputOpts().ShowCPP = true;
		DoPrintPreprocessedInput(ci.getPreprocessor(), &stream,
					 ci.getPreprocessorOutputOpts());
		bee__cc_answer(cc, text.data(), text.size());
	}

private:
	bee__cc *cc;
};

/* What clang is told. Nothing here may change the code that clang -target bpf -O2 -g would make. */
const char *const fixed_args[] = {
	"-triple", "bpf", "-emit-llvm-only", "-O2", "-disable-llvm-passes",
	"-debug-info-kind=constructor", "-debugger-tuning=gdb", "-gembed-source",
	"-mrelocation-model", "static", "-mframe-pointer=all", "-fgnuc-version=4.2.1",
	"-nostdsysteminc", "-nobuiltininc", "-isystem", "/bee/include", "-ferror-limit", "20",
	/* Only what is a mistake in any dialect of BPF's C is worth a warning. */
	"-Wno-everything", "-Werror=implicit-function-declaration", "-W#warnings", "-Warray-bounds",
	"-Wconstant-conversion", "-Wdivision-by-zero", "-Wliteral-range", "-Wmissing-declarations",
	"-Wparentheses-equality", "-Wreturn-type", "-Wshift-count-negative",
	"-Wshift-count-overflow", "-Wsizeof-array-argument", "-Wsizeof-pointer-memaccess",
	"-Wsometimes-uninitialized", "-Wuninitialized", "-Wundefined-internal",
};

std::vector<const char *> arguments(const bee__cc *cc)
{
	std::vector<const char *> args(std::begin(fixed_args), std::end(fixed_args));
	const char *main = cc->files[cc->files_len - 1].path;

	args.insert(args.end(), { "-target-cpu", cc->cpu });
	if (strncmp(cc->show, "ir", 2))	/* names cost time, and are for readers only */
		args.push_back("-discard-value-names");
	for (size_t i = 0; i < cc->defines_len; i++)
		args.insert(args.end(), { "-D", cc->defines[i] });
	for (size_t i = 0; i < cc->folders_len; i++)
		args.insert(args.end(), { "-I", cc->folders[i] });
	if (cc->prelude)
		args.insert(args.end(), { "-include", cc->prelude });
	args.insert(args.end(), { "-main-file-name", main, "-x", "c", main });
	return args;
}

/* The request's files and no others. */
llvm::IntrusiveRefCntPtr<llvm::vfs::FileSystem> file_system(const bee__cc *cc)
{
	auto fs = llvm::makeIntrusiveRefCnt<llvm::vfs::InMemoryFileSystem>();

	for (size_t i = 0; i < cc->files_len; i++) {
		const bee__cc_file &file = cc->files[i];

		fs->addFile(file.path, 0,
			    llvm::MemoryBuffer::getMemBuffer(
				    llvm::StringRef(file.text, file.size), file.path));
	}
	return fs;
}

} // namespace

/* Never deleted: taking the parse apart would cost more than the end of the process. */
static void execute(struct bee__cc *cc, FrontendAction *action)
{
	auto *ci = new CompilerInstance;
	auto fs = file_system(cc);

	ci->createDiagnostics(new Diagnostics(cc, *ci));
	if (!CompilerInvocation::CreateFromArgs(ci->getInvocation(), arguments(cc),
						ci->getDiagnostics()))
		return;
	/* Options about warnings take effect only in an engine that is made after them. */
	ci->createDiagnostics(new Diagnostics(cc, *ci));
	ci->getDiagnosticOpts().ShowCarets = false;	/* or it counts the errors on stderr */
	ci->getFrontendOpts().DisableFree = true;
	ci->createFileManager(fs);
	ci->ExecuteAction(*action);
}

void bee__cc_parse(struct bee__cc *cc)
{
	execute(cc, new Parse(cc));
	if (!cc->module && !cc->errors) {
		bee__cc_place nowhere = {};

		bee__cc_error(cc, &nowhere, "", "clang gave no code, and no reason");
	}
}

void bee__cc_preprocess(struct bee__cc *cc)
{
	execute(cc, new Preprocess(cc));
}
