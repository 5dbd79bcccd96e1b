// SPDX-License-Identifier: Apache-2.0
/*
 * What is wrong with the use of a table, in its user's terms. To clang, `counts.push(&key, 0)` is a
 * member of a struct that a macro has made, and BPF_HASH() with five arguments is a syntax error.
 */
#include <clang/AST/ASTContext.h>
#include <clang/AST/Attr.h>
#include <clang/Basic/DiagnosticSema.h>
#include <clang/Frontend/CompilerInstance.h>
#include <clang/Lex/Preprocessor.h>

#include "tables.h"

using namespace clang;
using llvm::StringRef;

namespace
{

/* ---- what there is ----------------------------------------------------------------------- */

struct Usage {
	const char *name;
	unsigned min, max;
	const char *args;
};

// clang-format off
const Usage macros[] = {
	{ "TRACEPOINT_PROBE", 2, 2, "category, event" },
	{ "RAW_TRACEPOINT_PROBE", 1, 1, "event" },
	{ "BPF_ITER", 1, 1, "type" },
	{ "BPF_HASH", 1, 4, "name, key, leaf, size" },
	{ "BPF_PERCPU_HASH", 1, 4, "name, key, leaf, size" },
	{ "BPF_ARRAY", 1, 3, "name, leaf, size" },
	{ "BPF_PERCPU_ARRAY", 1, 3, "name, leaf, size" },
	{ "BPF_HISTOGRAM", 1, 3, "name, key, size" },
	{ "BPF_LPM_TRIE", 1, 4, "name, key, leaf, size" },
	{ "BPF_TABLE", 5, 5, "\"kind\", key, leaf, name, size" },
	{ "BPF_F_TABLE", 6, 6, "\"kind\", key, leaf, name, size, flags" },
	{ "BPF_TABLE_PUBLIC", 5, 5, "\"kind\", key, leaf, name, size" },
	{ "BPF_TABLE_SHARED", 5, 6, "\"kind\", key, leaf, name, size, flags" },
	{ "BPF_TABLE_PINNED", 6, 7, "\"kind\", key, leaf, name, size, \"path\", flags" },
	{ "BPF_PERF_OUTPUT", 1, 1, "name" },
	{ "BPF_PERF_ARRAY", 2, 2, "name, size" },
	{ "BPF_RINGBUF_OUTPUT", 2, 2, "name, pages" },
	{ "BPF_STACK_TRACE", 2, 2, "name, size" },
	{ "BPF_STACK_TRACE_BUILDID", 2, 2, "name, size" },
	{ "BPF_PROG_ARRAY", 2, 2, "name, size" },
	{ "BPF_CGROUP_ARRAY", 2, 2, "name, size" },
	{ "BPF_XDP_REDIRECT_MAP", 4, 4, "\"kind\", leaf, name, size" },
	{ "BPF_DEVMAP", 2, 2, "name, size" },
	{ "BPF_CPUMAP", 2, 2, "name, size" },
	{ "BPF_XSKMAP", 2, 3, "name, size, \"path\"" },
	{ "BPF_SOCKMAP", 2, 2, "name, size" },
	{ "BPF_SOCKHASH", 1, 3, "name, key, size" },
	{ "BPF_QUEUE", 3, 4, "name, leaf, size, flags" },
	{ "BPF_STACK", 3, 4, "name, leaf, size, flags" },
	{ "BPF_QUEUESTACK", 5, 5, "\"kind\", name, leaf, size, flags" },
	{ "BPF_ARRAY_OF_MAPS", 3, 3, "name, \"inner\", size" },
	{ "BPF_HASH_OF_MAPS", 2, 4, "name, key, \"inner\", size" },
	{ "BPF_SK_STORAGE", 2, 2, "name, leaf" },
	{ "BPF_INODE_STORAGE", 2, 2, "name, leaf" },
	{ "BPF_TASK_STORAGE", 2, 2, "name, leaf" },
	{ "BPF_CGROUP_STORAGE", 2, 2, "name, leaf" },
	{ "BPF_PERCPU_CGROUP_STORAGE", 2, 2, "name, leaf" },
};

const Usage methods[] = {
	{ "lookup", 1, 1, "&key" },
	{ "lookup_or_init", 2, 2, "&key, &first_leaf" },
	{ "lookup_or_try_init", 2, 2, "&key, &first_leaf" },
	{ "update", 2, 2, "&key, &leaf" },
	{ "insert", 2, 2, "&key, &leaf" },
	{ "delete", 1, 1, "&key" },
	{ "increment", 1, 2, "key, number" },
	{ "atomic_increment", 1, 2, "key, number" },
	{ "get_stackid", 2, 2, "ctx, flags" },
	{ "call", 2, 2, "ctx, index" },
	{ "redirect_map", 2, 2, "index, flags" },
	{ "push", 2, 2, "&leaf, flags" },
	{ "pop", 1, 1, "&leaf" },
	{ "peek", 1, 1, "&leaf" },
	{ "perf_submit", 3, 3, "ctx, &data, size" },
	{ "perf_submit_skb", 4, 4, "skb, packet_size, &data, size" },
	{ "perf_read", 1, 1, "flags" },
	{ "perf_counter_value", 3, 3, "flags, &value, size" },
	{ "check_current_task", 1, 1, "index" },
	{ "ringbuf_output", 3, 3, "&data, size, flags" },
	{ "ringbuf_reserve", 1, 1, "size" },
	{ "ringbuf_submit", 2, 2, "data, flags" },
	{ "ringbuf_discard", 2, 2, "data, flags" },
	{ "ringbuf_query", 1, 1, "flags" },
	{ "sk_storage_get", 3, 3, "sk, &first_leaf, flags" },
	{ "sk_storage_delete", 1, 1, "sk" },
	{ "inode_storage_get", 3, 3, "inode, &first_leaf, flags" },
	{ "inode_storage_delete", 1, 1, "inode" },
	{ "task_storage_get", 3, 3, "task, &first_leaf, flags" },
	{ "task_storage_delete", 1, 1, "task" },
	{ "get_local_storage", 1, 1, "flags" },
	{ "sock_map_update", 3, 3, "ctx, &key, flags" },
	{ "sock_hash_update", 3, 3, "ctx, &key, flags" },
	{ "msg_redirect_map", 3, 3, "msg, key, flags" },
	{ "msg_redirect_hash", 3, 3, "msg, &key, flags" },
	{ "sk_redirect_map", 3, 3, "skb, key, flags" },
	{ "sk_redirect_hash", 3, 3, "skb, &key, flags" },
};
// clang-format on

const char kinds[] = "hash, array, percpu_hash, percpu_array, lru_hash, lru_percpu_hash, lpm_trie, "
		     "histogram, stacktrace, prog, queue, stack, array_of_maps$INNER, "
		     "hash_of_maps$INNER, devmap, cpumap, xskmap, sockmap, sockhash, sk_storage, "
		     "inode_storage, task_storage, cgroup_array, perf_array, extern";

template <size_t len> const Usage *find(const Usage (&list)[len], StringRef name)
{
	for (const Usage &usage : list)
		if (name == usage.name)
			return &usage;
	return nullptr;
}

std::string how_to_use(const Usage &usage)
{
	std::string count = usage.min == usage.max ? "" : std::to_string(usage.min) + " to ";

	return std::string(usage.name) + "(" + usage.args + "): " + count +
	       std::to_string(usage.max) + (usage.max == 1 ? " argument" : " arguments");
}

/* ---- the call around a place of the source ----------------------------------------------- */

struct Call {
	StringRef table;	/* "counts" in counts.lookup(&key); "": a macro */
	StringRef name;
	SourceLocation place;
	unsigned args = 0;
};

bool is_word(char c)
{
	return isAsciiIdentifierContinue(c);
}

/* The identifier that ends before at, spaces left out; at goes to its first character. */
StringRef word_before(StringRef text, size_t &at)
{
	while (at && isspace(text[at - 1]))
		at--;
	size_t end = at;
	while (at && is_word(text[at - 1]))
		at--;
	return text.slice(at, end);
}

unsigned count_args(StringRef text)
{
	unsigned args = 0, depth = 0;
	bool in_string = false;

	for (char c : text) {
		if (c == '"')
			in_string = !in_string;
		if (in_string || !strchr("()[]{},", c)) {
			args += !args && depth && !isspace(c);
			continue;
		}
		if (c == ',')
			args += depth == 1;
		else
			depth += strchr("([{", c) ? 1 : -1;
		if (!depth)
			break;
	}
	return args;
}

/* Where the parenthesis opens that holds the place at; or npos. */
size_t open_before(StringRef text, size_t at)
{
	unsigned depth = 0;

	for (; at && text[at - 1] != ';'; at--) {
		if (text[at - 1] == ')')
			depth++;
		else if (text[at - 1] == '(' && !depth--)
			return at - 1;
	}
	return StringRef::npos;
}

Call call_at(const SourceManager &sources, SourceLocation location)
{
	auto [file, at] = sources.getDecomposedLoc(sources.getFileLoc(location));
	StringRef text = sources.getBufferData(file);
	size_t open = at;
	Call call;

	while (open < text.size() && is_word(text[open]))
		open++;
	if (open == at || open == text.size() || text[open] != '(' ||
	    !(find(macros, text.slice(at, open)) || (at && text[at - 1] == '.')))
		open = open_before(text, at);
	if (open == StringRef::npos)
		return call;
	call.args = count_args(text.substr(open));
	size_t start = open;
	call.name = word_before(text, start);
	call.place = sources.getComposedLoc(file, start);
	if (start && text[start - 1] == '.')
		call.table = word_before(text, --start);
	return call;
}

/* ---- clang's words, made ours ------------------------------------------------------------ */

class Words
{
public:
	Words(const CompilerInstance &ci, const Diagnostic &diag, bee__cc_words &words)
		: ci(ci), diag(diag), words(words)
	{
	}

	bool improve()
	{
		StringRef text = words.text;
		size_t own = text.find("': BPF_");

		if (own != StringRef::npos && text.starts_with("static assertion")) {
			words.hint = std::string("one of: ") + kinds;
			words.text = text.substr(own + 3).str();
			return true;
		}
		/* What a macro of ours has inside explains nothing to its user. */
		if (words.severity == BEE_NOTE && diag.getLocation().isMacroID())
			return false;
		if (diag.getID() == diag::ext_typecheck_convert_incompatible_pointer ||
		    diag.getID() == diag::ext_typecheck_convert_int_pointer ||
		    diag.getID() == diag::ext_typecheck_convert_pointer_int)
			return tell_pointer();
		if (text.contains("redefinition") && diag.getLocation().isMacroID())
			return tell_twice();
		/* &table is the map, for whichever helper takes one. */
		if (words.severity == BEE_WARNING && text.contains("__of__"))
			return false;
		if (text.contains("__of__"))
			tell_missing();
		else if (words.severity == BEE_ERROR && diag.hasSourceManager())
			tell_call();
		clean("__bee_key_");
		clean("__bee_leaf_");
		clean_tables();
		return true;
	}

private:
	/* no member named 'push' in 'struct __bee_each_data__of__counts' */
	void tell_missing()
	{
		StringRef text = words.text;
		StringRef method = text.split('\'').second.split('\'').first;
		auto [list, rest] = text.substr(text.find("__bee_each")).split("__of__");

		method.consume_front("__bee_");
		if (!text.starts_with("no member named"))
			return;
		words.hint = hint_of(list, method);
		words.text = "table '" + rest.split('\'').first.str() + "' has no '" + method.str() +
			     "'";
	}

	/* The methods of a kind of table, and the one that comes near, with its arguments. */
	std::string hint_of(StringRef list, StringRef method) const
	{
		Preprocessor &pp = ci.getPreprocessor();
		const MacroInfo *macro = pp.getMacroInfo(pp.getIdentifierInfo(list));
		unsigned int best = method.size() / 3 + 1;
		const Usage *meant = nullptr;
		std::string names;

		for (const Token &token : macro ? macro->tokens() : llvm::ArrayRef<Token>()) {
			StringRef name = token.getIdentifierInfo() ?
						 token.getIdentifierInfo()->getName() : "";
			const Usage *usage = name.consume_front("__bee_if_") ? find(methods, name) : nullptr;

			if (!usage)	/* what is no method, or its own */
				continue;
			names += (names.empty() ? "" : ", ") + name.str();
			if (name.edit_distance(method) <= best) {
				best = name.edit_distance(method);
				meant = usage;
			}
		}
		std::string mean = meant ? how_to_use(*meant) : "";

		return (meant ? "did you mean " + mean.substr(0, mean.find(":")) +
				"? It has " : "it has ") + names;
	}

	/* Of the many names that a table has, one is enough to tell. */
	bool tell_twice()
	{
		StringRef table = StringRef(words.text).split("__bee_map_").second;

		if (!find(macros, call_at(diag.getSourceManager(), diag.getLocation()).name))
			return true;
		table = table.take_while(is_word);
		words.text = "table '" + table.str() + "' is declared twice";
		words.hint = "give one of them another name";
		return !table.empty();
	}

	/* A wrong number of arguments, which clang tells only of functions. */
	void tell_call()
	{
		Call call = call_at(diag.getSourceManager(), diag.getLocation());
		const Usage *usage = call.table.empty() ? find(macros, call.name) :
							  find(methods, call.name);

		if (usage && StringRef(words.text).starts_with("'section' attribute only applies")) {
			words.text = call.name.str() + " in a function";
			words.hint = "tables are declared outside of all functions";
			return;
		}
		if (!usage || (call.args >= usage->min && call.args <= usage->max) ||
		    (!call.table.empty() && !StringRef(words.text).contains("arguments to function")))
			return;
		words.text = (call.table.empty() ? "" : call.table.str() + ".") + call.name.str() +
			     " with " + std::to_string(call.args) +
			     (call.args == 1 ? " argument" : " arguments");
		words.hint = how_to_use(*usage);
		words.place = call.place;
	}

	/* What a key or leaf is, by the parameter of a table's method; NULL: it is no such thing. */
	static const TypedefType *table_type(QualType type)
	{
		const auto *name = type->isPointerType() ?
					   type->getPointeeType()->getAs<TypedefType>() :
					   type->getAs<TypedefType>();

		if (!name)
			return nullptr;
		StringRef text = name->getDecl()->getName();
		return text.starts_with("__bee_key_") || text.starts_with("__bee_leaf_") ? name :
											   nullptr;
	}

	/* A pointer to something smaller has the kernel read what is beyond it. */
	bool is_too_small(QualType given, QualType wanted) const
	{
		const ASTContext &context = ci.getASTContext();

		return given->isIncompleteType() || given->isFunctionType() ||
		       context.getTypeSize(given) < context.getTypeSize(wanted);
	}

	/* What other functions are given is between the user and the verifier. */
	bool tell_pointer()
	{
		QualType given = QualType::getFromOpaquePtr(
			reinterpret_cast<void *>(diag.getRawArg(0)));
		QualType wanted = QualType::getFromOpaquePtr(
			reinterpret_cast<void *>(diag.getRawArg(1)));
		const TypedefType *type = table_type(wanted);

		if (!type)
			return false;
		StringRef name = type->getDecl()->getName();
		const char *what = name.consume_front("__bee_key_") ? "key" : "leaf";
		name.consume_front("__bee_leaf_");
		QualType own = type->getDecl()->getUnderlyingType();

		words.severity = BEE_ERROR;
		words.text = name.str() + ": the " + what + " is a '" + bee__type_words(own) + "', and this ";
		if (!wanted->isPointerType()) {
			words.text += "is an address";
			words.hint = std::string("give it by value: ") + what;
			return true;
		}
		/* An array stands for its address, which is what is wanted. */
		if (given->isArrayType() && !is_too_small(given, own))
			return false;
		if (!given->isPointerType()) {
			words.text += "is a '" + given.getAsString() + "'";
			words.hint = std::string("give its address: &") + what;
			return true;
		}
		words.text += "points to a '" + bee__type_words(given->getPointeeType()) + "'";
		if (!is_too_small(given->getPointeeType(), own))
			words.severity = BEE_WARNING;
		return true;
	}

	/* 'const struct __bee_each_data__of__counts' is what a table is made of. */
	void clean_tables()
	{
		size_t at, end;

		while ((at = words.text.find("__bee_each")) != std::string::npos) {
			at = words.text.rfind('\'', at);
			end = at == std::string::npos ? at : words.text.find('\'', at + 1);
			if (end == std::string::npos)
				return;
			words.text.replace(at, end - at + 1, "a table");
		}
	}

	/* "'__bee_key_counts' (aka 'u32')" is a 'u32'. */
	void clean(const char *prefix)
	{
		size_t at = words.text.find(std::string("'") + prefix), aka, end;

		if (at == std::string::npos)
			return;
		aka = words.text.find("' (aka '", at);
		end = aka == std::string::npos ? aka : words.text.find("')", aka);
		if (end != std::string::npos)
			words.text = words.text.substr(0, at) +
				     words.text.substr(aka + 7, end - aka - 6) +
				     words.text.substr(end + 2);
	}

	const CompilerInstance &ci;
	const Diagnostic &diag;
	bee__cc_words &words;
};

} // namespace

/* As the user wrote it, not as typeof() of that. */
std::string bee__type_words(QualType type)
{
	while (const auto *of = type->getAs<TypeOfType>())
		type = of->getUnmodifiedType();
	while (const auto *of = type->getAs<TypeOfExprType>())
		type = of->desugar();
	return type.getUnqualifiedType().getAsString();
}

bool bee__table_words(const CompilerInstance &ci, const Diagnostic &diag, bee__cc_words &words)
{
	return Words(ci, diag, words).improve();
}
