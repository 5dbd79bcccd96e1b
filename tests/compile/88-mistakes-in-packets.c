// Elements of what is no array, or of what has no type: told by clang, and passed over by what looks for packets.
struct part { u8 address[NO_SUCH_LENGTH]; };

int filter(struct __sk_buff *skb)
{
	struct part *part = (void *)0;

	while (no_such_list[2]++ < 3)
		part->address[1]--;
	return no_such_thing->words[1];
}
