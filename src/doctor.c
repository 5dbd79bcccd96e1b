// SPDX-License-Identifier: Apache-2.0
/* The doctor: what this kernel and this user can do, and what killed tools left behind. */
#include "leftover.h"
#include "system.h"

/* ---- what can be done ---------------------------------------------------------------------- */

static int give_system(struct bee *bee, const struct bee__system *row, bee_feature_fn fn, void *ctx)
{
	struct bee_feature feature = {
		.name = row->name,
		.about = row->about,
		.is_needed = row->is_needed,
	};
	struct bee__text reason = { 0 };
	int err;

	feature.state = row->check(bee, &reason);
	bee__diags_clear(bee);
	feature.reason = reason.data ? reason.data : "";
	feature.cure = feature.state == BEE_STATE_YES ? "" : row->cure;
	err = reason.failed ? -ENOMEM : fn(ctx, &feature);
	bee__text_free(&reason);
	return err;
}

static int give_feature(enum bee__feature which, bee_feature_fn fn, void *ctx)
{
	struct bee_feature feature = { .reason = "", .state = BEE_STATE_YES };
	const char *reason;
	int err = bee__feature(which, &reason);

	bee__feature_tell(which, &feature);
	if (!err) {
		feature.cure = "";
		return fn(ctx, &feature);
	}
	feature.reason = reason;
	/* The kernel has it, and refuses it to this process. */
	feature.state = err == -EOPNOTSUPP ? BEE_STATE_NO : BEE_STATE_LIMITED;
	return fn(ctx, &feature);
}

int bee_features(struct bee *bee, bee_feature_fn fn, void *ctx)
{
	int err = 0;

	bee__diags_clear(bee);
	for (size_t i = 0; i < bee__systems_len && err >= 0; i++)
		err = give_system(bee, &bee__systems[i], fn, ctx);
	for (int i = BEE_FEATURE_NONE + 1; i < BEE_FEATURES_LEN && err >= 0; i++)
		err = give_feature(i, fn, ctx);
	return err < 0 ? err : 0;
}

/* ---- what was left behind ------------------------------------------------------------------ */

struct found {
	struct bee__leftover *list;
	char **programs;
	size_t len;
};

/* They are removed when all are found: not while the kernel lists them. */
static int keep(void *ctx, const struct bee__leftover *left)
{
	struct found *found = ctx;
	struct bee__leftover *list = realloc(found->list, (found->len + 1) * sizeof(*found->list));
	char **programs;

	if (!list)
		return -ENOMEM;
	found->list = list;
	programs = realloc(found->programs, (found->len + 1) * sizeof(*programs));
	if (!programs)
		return -ENOMEM;
	found->programs = programs;
	programs[found->len] = strdup(left->program ? left->program : "");
	if (!programs[found->len])
		return -ENOMEM;
	list[found->len++] = *left;
	return 0;
}

static int give(struct bee *bee, const struct bee__leftover *left, const char *program,
		bee_leftover_fn fn, void *ctx)
{
	const struct bee_leftover one = {
		.target = left->target,
		.program = program,
		.netns = left->netns,
		.id = left->prog_id,
	};
	int answer = fn(ctx, &one);

	if (answer <= 0)
		return answer;
	answer = bee__leftover_remove(left);
	/* Someone else was faster. */
	return answer && answer != -ENOENT
		       ? bee__fail(bee, BEE_STAGE_ATTACH, answer, "cannot remove %s: %s",
				   left->target, strerror(-answer))
		       : 0;
}

int bee_leftovers(struct bee *bee, bee_leftover_fn fn, void *ctx)
{
	struct found found = { 0 };
	int err;

	bee__diags_clear(bee);
	err = bee__leftovers_each(keep, &found);
	if (err && err != -ENOMEM) {
		bee__fail(bee, BEE_STAGE_ATTACH, err, "cannot look for what was left behind: %s",
			  strerror(-err));
		bee__hint(bee, "it needs root, or CAP_NET_ADMIN and CAP_SYS_ADMIN");
	}
	for (size_t i = 0; i < found.len; i++) {
		if (!err)
			err = give(bee, &found.list[i], found.programs[i], fn, ctx);
		free(found.programs[i]);
	}
	free(found.programs);
	free(found.list);
	return err;
}
