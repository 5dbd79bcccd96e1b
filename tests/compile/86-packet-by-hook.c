// show: calls
// BCC's own test: the context's type tells nothing, but where the program is attached does.
int filter(void *ctx)
{
	u8 *cursor = 0;
	struct ethernet_t *ethernet = cursor_advance(cursor, sizeof(*ethernet));

	return ethernet->type == 0x0800;
}
int drop(void *ctx)
{
	u8 *cursor = 0;
	struct ethernet_t *ethernet = cursor_advance(cursor, sizeof(*ethernet));

	return ethernet->type == 0x0800 ? XDP_DROP : XDP_PASS;
}
// wish: filter tc
// wish: drop xdp
