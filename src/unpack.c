// SPDX-License-Identifier: Apache-2.0
/*
 * Files of modules, which distributions compress. Their libraries are those of the package manager and
 * are looked for when such a file is met: no program is to be linked with them for its sake.
 */
#include <dlfcn.h>
#include <zlib.h>

#include "internal.h"
#include "unpack.h"

#define SIZE_LIMIT (256u << 20) /* bytes of a module: the largest have 30 MB */

/* What is packed, and the room for what comes of it. */
struct unpacking {
	const char *data;
	size_t size;
	char *out;
	size_t room;
};

/* 0, and the size of what was unpacked; -ENOBUFS: there must be more room; -EINVAL: damaged. */
typedef int (*unpack_fn)(const struct unpacking *un, void *fn, size_t *ret_size);

static int unpack_gz(const struct unpacking *un, void *fn, size_t *ret_size)
{
	z_stream stream = {
		.next_in = (Bytef *)un->data,
		.avail_in = un->size,
		.next_out = (Bytef *)un->out,
		.avail_out = un->room,
	};
	int status;

	if (inflateInit2(&stream, 16 + MAX_WBITS) != Z_OK)
		return -ENOMEM;
	status = inflate(&stream, Z_FINISH);
	inflateEnd(&stream);
	*ret_size = stream.total_out;
	if (status == Z_STREAM_END)
		return 0;
	return stream.avail_out ? -EINVAL : -ENOBUFS;
}

static int unpack_xz(const struct unpacking *un, void *fn, size_t *ret_size)
{
	typedef int (*decode_fn)(uint64_t * limit, uint32_t flags, const void *allocator,
				 const char *in, size_t *in_at, size_t in_size, char *out,
				 size_t *out_at, size_t out_size);
	enum { LZMA_OK = 0, LZMA_BUF_ERROR = 10 }; /* lzma/base.h, whose numbers stay */
	uint64_t limit = SIZE_LIMIT;
	size_t at = 0;
	int status;

	*ret_size = 0;
	status = ((decode_fn)fn)(&limit, 0, NULL, un->data, &at, un->size, un->out, ret_size,
				 un->room);
	return status == LZMA_OK ? 0 : status == LZMA_BUF_ERROR ? -ENOBUFS : -EINVAL;
}

static int unpack_zst(const struct unpacking *un, void *fn, size_t *ret_size)
{
	typedef size_t (*decode_fn)(char *out, size_t room, const char *in, size_t size);
	enum { NO_ROOM = 70, CODES = 120 }; /* zstd_errors.h: errors are the largest numbers */

	*ret_size = ((decode_fn)fn)(un->out, un->room, un->data, un->size);
	if (*ret_size < -(size_t)CODES)
		return 0;
	return *ret_size == -(size_t)NO_ROOM ? -ENOBUFS : -EINVAL;
}

static const struct packing {
	const char *suffix;
	unpack_fn unpack;
	const char *library, *symbol; /* NULL: linked */
} packings[] = {
	{ ".gz", unpack_gz, NULL, NULL },
	{ ".xz", unpack_xz, "liblzma.so.5", "lzma_stream_buffer_decode" },
	{ ".zst", unpack_zst, "libzstd.so.1", "ZSTD_decompress" },
};

static const struct packing *find_packing(const char *path)
{
	const char *dot = strrchr(path, '.');

	for (size_t i = 0; dot && i < BEE_LEN(packings); i++)
		if (!strcmp(dot, packings[i].suffix))
			return &packings[i];
	return NULL;
}

/* What none of the forms tells beforehand is the size of the whole. */
static int unpack(const struct packing *packing, void *fn, struct unpacking *un, size_t *ret_size)
{
	int err = -ENOBUFS;

	for (un->room = un->size * 8 + 4096; err == -ENOBUFS && un->room <= SIZE_LIMIT;
	     un->room *= 2) {
		free(un->out);
		un->out = malloc(un->room);
		if (!un->out)
			return -ENOMEM;
		err = packing->unpack(un, fn, ret_size);
	}
	return err;
}

static int unpack_by(const struct packing *packing, struct unpacking *un, size_t *ret_size)
{
	void *library = packing->library ? dlopen(packing->library, RTLD_NOW | RTLD_LOCAL) : NULL;
	void *fn = library ? dlsym(library, packing->symbol) : NULL;
	int err = packing->library && !fn ? -ELIBACC : unpack(packing, fn, un, ret_size);

	if (library)
		dlclose(library);
	return err;
}

const char *bee__unpack_library(const char *path)
{
	const struct packing *packing = find_packing(path);

	return packing ? packing->library : NULL;
}

int bee__unpack(const char *path, char **ret_data, size_t *ret_size)
{
	const struct packing *packing = find_packing(path);
	struct unpacking un = { 0 };
	char *data;
	int err;

	if (!packing)
		return -ENOENT;
	err = bee__read_file(path, &data, &un.size);
	if (err)
		return err;
	un.data = data;
	err = unpack_by(packing, &un, ret_size);
	free(data);
	if (err)
		free(un.out);
	else
		*ret_data = un.out;
	return err;
}
