// SPDX-License-Identifier: Apache-2.0
// A C++ program that embeds moonbee.
#include <cstdio>
#include <cstring>
#include <moonbee.h>

int main()
{
	struct bee_source source = {};
	bee_module *mod = nullptr;
	bee *bee = nullptr;

	if (bee_open(nullptr, &bee))
		return 1;
	source.size = sizeof(source);
	source.text = "int x = 42;\n";
	int err = bee_load(bee, &source, nullptr, &mod);
	if (err)
		std::printf("%s\n", std::strerror(-err));
	int64_t value = 0;
	const bee_var *var = err ? nullptr : bee_var_find(mod, "x");
	if (var)
		bee_value_get_int(var->type, var->data, &value);
	bee_close(bee);
	return value != 42;
}
