// SPDX-License-Identifier: Apache-2.0
/*
 * A typed pointer is followed as the verifier follows it, member by member: a load must stay within
 * one number, one array of numbers or one pointer, or hold a bitfield whole. The verifier looks at
 * the kernel's own BTF, and the prelude's structs may hide members. So what depends on those is left
 * alone: unions, of which it looks at the first member alone, and padding.
 */
#include <llvm/BinaryFormat/Dwarf.h>
#include <llvm/IR/DebugInfo.h>
#include <llvm/IR/Module.h>

#include "members.h"

using namespace llvm;

namespace
{

/* A type without its names and qualifiers. */
const DIType *resolve(const DIType *type)
{
	while (const auto *derived = dyn_cast_or_null<DIDerivedType>(type)) {
		unsigned tag = derived->getTag();

		if (tag != dwarf::DW_TAG_typedef && tag != dwarf::DW_TAG_const_type &&
		    tag != dwarf::DW_TAG_volatile_type && tag != dwarf::DW_TAG_restrict_type)
			break;
		type = derived->getBaseType();
	}
	return type;
}

/* A struct, whole, of the file that declares the other one. */
const DICompositeType *as_struct(const DIType *type, const DIFile *file)
{
	const auto *record = dyn_cast_or_null<DICompositeType>(resolve(type));

	if (!record || record->getTag() != dwarf::DW_TAG_structure_type ||
	    record->isForwardDecl() || record->getFile() != file)
		return nullptr;
	return record;
}

bool is_pointer(const DIType *type)
{
	return type && type->getTag() == dwarf::DW_TAG_pointer_type;
}

/* The bytes that are looked for, as an offset into what was found of them so far. */
class Walk
{
public:
	Walk(uint64_t offset, uint64_t size, const void **ret_record)
		: offset(offset), size(size), ret_record(ret_record)
	{
	}

	bee__member in_struct(const DICompositeType *record)
	{
		if (!record || offset + size > record->getSizeInBits() / 8)
			return BEE_MEMBER_NONE;
		file = record->getFile();
		for (const DINode *node : record->getElements()) {
			const auto *member = dyn_cast<DIDerivedType>(node);

			if (!member || member->getTag() != dwarf::DW_TAG_member)
				continue;
			if (member->isBitField() && is_whole(member))
				return BEE_MEMBER_NUMBER;
			if (!member->isBitField() && is_in(member))
				return in_member(member);
		}
		return BEE_MEMBER_NONE;
	}

private:
	/* A bitfield that begins in the first byte, so that no hidden member lies there. */
	bool is_whole(const DIDerivedType *member) const
	{
		uint64_t start = member->getOffsetInBits(), end = start + member->getSizeInBits();

		return !member->getName().empty() && start / 8 == offset &&
		       (end + 7) / 8 <= offset + size;
	}

	bool is_in(const DIDerivedType *member) const
	{
		uint64_t start = member->getOffsetInBits() / 8;

		return offset >= start && offset < start + member->getSizeInBits() / 8;
	}

	bee__member in_member(const DIDerivedType *member)
	{
		const DIType *type = resolve(member->getBaseType()), *element = type;
		uint64_t left = member->getSizeInBits() / 8;

		offset -= member->getOffsetInBits() / 8;
		left -= offset;
		if (member->getName().starts_with("__bee_"))
			return BEE_MEMBER_NONE;
		while (type && type->getTag() == dwarf::DW_TAG_array_type) {
			element = cast<DICompositeType>(type)->getBaseType();
			type = resolve(element);
			if (!type || !type->getSizeInBits())
				return BEE_MEMBER_NONE;
			offset %= type->getSizeInBits() / 8;
		}
		if (is_pointer(type))
			return in_pointer(cast<DIDerivedType>(type));
		if (isa_and_nonnull<DIBasicType>(type) || is_enum(type))
			return size <= left ? BEE_MEMBER_NUMBER : BEE_MEMBER_NONE;
		/* Of an array the verifier takes the elements' type as it is, a name for one too. */
		return element == type ? in_struct(as_struct(type, file)) : BEE_MEMBER_NONE;
	}

	static bool is_enum(const DIType *type)
	{
		return type && type->getTag() == dwarf::DW_TAG_enumeration_type;
	}

	bee__member in_pointer(const DIDerivedType *pointer)
	{
		if (offset || size != pointer->getSizeInBits() / 8)
			return BEE_MEMBER_NONE;
		*ret_record = as_struct(pointer->getBaseType(), file);
		return BEE_MEMBER_POINTER;
	}

	uint64_t offset, size;
	const DIFile *file = nullptr;
	const void **ret_record;
};

} // namespace

const void *bee__record_find(LLVMModuleRef module, const char *file, const char *name)
{
	DebugInfoFinder finder;

	finder.processModule(*unwrap(module));
	for (const DIType *type : finder.types()) {
		const auto *record = as_struct(type, type->getFile());

		if (record && record->getName() == name && record->getFile() &&
		    record->getFile()->getFilename() == file)
			return record;
	}
	return nullptr;
}

bee__member bee__record_member(const void *record, uint64_t offset, uint64_t size,
			       const void **ret_record)
{
	*ret_record = nullptr;
	return Walk(offset, size, ret_record).in_struct(static_cast<const DICompositeType *>(record));
}
