// SPDX-License-Identifier: BSD-3-Clause
/* build_media.c - the media repository and its media as operations of a change. Pure; operations
 * belong to the caller's list. A medium is a backing device of type optical that says whose it is;
 * loading it makes it that of an optical target. */
#include "vios-core/cli/build_media.h"
#include "vios-core/cli/jx.h"
#include "vios-core/cli/suggest.h"
#include "vios-core/model/frame_config.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define REPOSITORY "VMLibrary" /* as the original calls it */
#define NAMES_MAX 512
#define PATH_BYTES 600
#define MEDIUM_BLOCK 2048

int build_size(const char *text, uint64_t *bytes, char *fault)
{
	static const char units[] = "MmGgTt";
	size_t digits = strspn(text, "0123456789");
	const char *unit = text[digits] ? strchr(units, text[digits]) : units;
	uint32_t number = 0;

	unsigned shift = unit ? 20 + 10 * (unsigned)((unit - units) / 2) : 0;

	if (args_to_number(text, digits, &number) == 0 && number > 0 && unit &&
		(!text[digits] || !text[digits + 1]) && number <= (uint64_t)INT64_MAX >> shift) {
		*bytes = (uint64_t)number << shift;
		return 0;
	}
	snprintf(fault, BUILD_FAULT_BYTES,
		"-size takes MiB, or a number with M, G or T behind it, not \"%.64s\"", text);
	return -EINVAL;
}

static const json_t *the_repository(const struct facts *facts)
{
	return json_array_get(json_object_get(facts->state, "repository"), 0);
}

static const json_t *need_repository(const struct facts *facts, char *fault)
{
	const json_t *repository = the_repository(facts);

	if (!repository)
		snprintf(fault, BUILD_FAULT_BYTES,
			"there is no media repository; make it with viosctl mkrep");
	return repository;
}

int build_mkrep(const struct facts *facts, const struct args *args, json_t *ops, char *fault)
{
	const json_t *known = the_repository(facts);
	const char *folder = args_get(args, "sp");
	json_t *paths, *vios;
	uint64_t bytes;
	size_t i;
	int r = build_size(args_get(args, "size"), &bytes, fault);

	if (r < 0)
		return r;
	if (folder[0] != '/') {
		snprintf(fault, BUILD_FAULT_BYTES,
			"-sp takes the path of a folder, from /, not \"%.64s\": there are no "
			"storage pools",
			folder);
		return -EINVAL;
	}
	if (known && !facts->vios) {
		snprintf(fault, BUILD_FAULT_BYTES,
			"the media repository is there already; see viosctl lsrep");
		return -ENOENT;
	}
	paths = json_object();
	json_array_foreach(json_object_get(facts->state, "vios"), i, vios)
	{
		if (view_wants(facts, jx_text(vios, "name")))
			jx_put_text(paths, jx_text(vios, "name"), folder);
	}
	build_op(ops, known ? "set" : "add", "repository",
		known ? jx_text(known, "name") : REPOSITORY,
		json_pack("{s:o, s:I}", "path", paths, "size_bytes", (json_int_t)bytes));
	return 0;
}

int build_chrep(const struct facts *facts, const struct args *args, json_t *ops, char *fault)
{
	const json_t *known = need_repository(facts, fault);
	uint64_t bytes, now = (uint64_t)jx_int(known, "size_bytes");
	int r = known ? build_size(args_get(args, "size"), &bytes, fault) : -ENOENT;

	if (r < 0)
		return r;
	if (bytes > INT64_MAX - now) {
		snprintf(fault, BUILD_FAULT_BYTES, "-size %.32s is more than there can be",
			args_get(args, "size"));
		return -EINVAL;
	}
	build_op(ops, "set", "repository", jx_text(known, "name"),
		json_pack("{s:I}", "size_bytes", (json_int_t)(now + bytes)));
	return 0;
}

static bool is_medium(const json_t *backing)
{
	return jx_text(backing, "repository")[0] != '\0';
}

/* The first drive that it is in, at or after *at; NULL: none. */
static const json_t *drive_of(const struct facts *facts, const char *medium, size_t *at)
{
	const json_t *list = json_object_get(facts->state, "vtd");

	while (*at < json_array_size(list)) {
		const json_t *vtd = json_array_get(list, (*at)++);
		if (jx_is(vtd, "backing", medium))
			return vtd;
	}
	return NULL;
}

static int refuse_loaded(
	const struct facts *facts, const char *medium, const char *advice, char *fault)
{
	size_t at = 0;
	const json_t *vtd = drive_of(facts, medium, &at);

	if (!vtd)
		return 0;
	snprintf(fault, BUILD_FAULT_BYTES, "%.64s is loaded in %.64s (%.64s); %s", medium,
		jx_text(vtd, "name"), jx_text(vtd, "vhost"), advice);
	return -ENOENT;
}

int build_rmrep(const struct facts *facts, const struct args *args, json_t *ops, char *fault)
{
	const json_t *known = need_repository(facts, fault), *backing;
	size_t n = 0, i;
	int r = known ? 0 : -ENOENT;

	json_array_foreach(json_object_get(facts->state, "backing"), i, backing)
	{
		if (r < 0 || !is_medium(backing))
			continue;
		r = refuse_loaded(
			facts, jx_text(backing, "name"), "unload it first: unloadopt", fault);
		n++;
	}
	if (r == 0 && n > 0 && !args_has(args, "f")) {
		snprintf(fault, BUILD_FAULT_BYTES,
			"the media repository is not empty: it has %zu media; remove them first "
			"(rmvopt), or give -f",
			n);
		r = -ENOENT;
	}
	if (r < 0)
		return r;
	build_op(ops, "remove", "repository", jx_text(known, "name"),
		n > 0 ? json_pack("{s:b}", "cascade", 1) : NULL);
	return 0;
}

static void no_such(const json_t *list, bool media, const char *what, const char *name, char *fault)
{
	const char *names[NAMES_MAX], *nearest;
	json_t *object;
	size_t n = 0, i;

	json_array_foreach(list, i, object)
	{
		bool counts = media ? is_medium(object) : jx_is(object, "type", "optical");
		if (counts && n < NAMES_MAX)
			names[n++] = jx_text(object, "name");
	}
	nearest = suggest_nearest(name, names, n);
	snprintf(fault, BUILD_FAULT_BYTES, "%.64s is no %s; %s%.64s%s", name, what,
		nearest ? "did you mean "
		: media ? "see viosctl lsrep"
			: "see viosctl lsmap -all",
		nearest ? nearest : "", nearest ? "?" : "");
}

static const json_t *find_medium(const struct facts *facts, const char *name, char *fault)
{
	const json_t *list = json_object_get(facts->state, "backing");
	const json_t *medium = jx_find(list, "name", name);

	if (medium && is_medium(medium))
		return medium;
	no_such(list, true, "medium of the repository", name, fault);
	return NULL;
}

static const json_t *find_drive(const struct facts *facts, const char *name, char *fault)
{
	const json_t *list = json_object_get(facts->state, "vtd");
	const json_t *vtd = jx_find(list, "name", name);

	if (vtd && jx_is(vtd, "type", "optical"))
		return vtd;
	if (vtd)
		snprintf(fault, BUILD_FAULT_BYTES,
			"%.64s is a disk and takes no medium; make a drive with viosctl mkvdev "
			"-fbo",
			name);
	else
		no_such(list, false, "optical drive", name, fault);
	return NULL;
}

json_t *build_medium_paths(const struct facts *facts, const char *file, char *fault)
{
	const json_t *known = need_repository(facts, fault);
	json_t *paths = json_object(), *folder;
	const char *vios;

	json_object_foreach(json_object_get(known, "path"), vios, folder)
	{
		char path[PATH_BYTES];
		const char *at = json_string_value(folder);
		if (!view_wants(facts, vios) || !at)
			continue;
		snprintf(path, sizeof(path), "%.255s%s%.300s", file[0] == '/' ? "" : at,
			file[0] == '/' ? "" : "/", file);
		jx_put_text(paths, vios, path);
	}
	if (known && json_object_size(paths) == 0)
		snprintf(fault, BUILD_FAULT_BYTES,
			"the media repository has no folder on %.32s; give it one: viosctl --vios "
			"%.32s mkrep",
			facts->vios ? facts->vios : "a VIOS", facts->vios ? facts->vios : "NAME");
	if (json_object_size(paths) > 0)
		return paths;
	json_decref(paths);
	return NULL;
}

/* What both sides say of the file. */
struct compared {
	json_int_t size;  /* 0: not known */
	const char *vios; /* the first that told it */
	const json_t *answer;
};

static int compare_sides(struct compared *c, const char *vios, const json_t *answer, char *fault)
{
	json_int_t size = jx_int(answer, "size_bytes");

	if (size <= 0) {
		snprintf(fault, BUILD_FAULT_BYTES, "the file on %.32s is empty", vios);
		return -ENOENT;
	}
	if (c->answer && size != c->size) {
		snprintf(fault, BUILD_FAULT_BYTES,
			"the files differ: %lld bytes on %.32s, %lld on %.32s; copy one to the "
			"other",
			(long long)c->size, c->vios, (long long)size, vios);
		return -ENOENT;
	}
	if (c->answer && strcmp(jx_text(c->answer, "identity"), jx_text(answer, "identity")) != 0 &&
		(!jx_text(answer, "sha256")[0] ||
			strcmp(jx_text(c->answer, "sha256"), jx_text(answer, "sha256")) != 0)) {
		snprintf(fault, BUILD_FAULT_BYTES,
			"%.32s and %.32s have different files of %lld bytes there; copy one to the "
			"other%s",
			c->vios, vios, (long long)size,
			jx_text(answer, "sha256")[0] ? "" : ", or give -f if they are alike");
		return -ENOENT;
	}
	*c = (struct compared){size, vios, answer};
	return 0;
}

static int check_side(struct compared *c, const char *vios, const char *path, const json_t *answer,
	bool force, char *fault)
{
	if (answer && !jx_text(answer, "fault")[0])
		return compare_sides(c, vios, answer, fault);
	if (force)
		return 0;
	if (answer)
		snprintf(fault, BUILD_FAULT_BYTES, "%.120s on %.32s: %.64s", path, vios,
			jx_text(answer, "fault"));
	else
		snprintf(fault, BUILD_FAULT_BYTES,
			"%.32s does not tell whether %.120s is right; start its viosd, or give -f",
			vios, path);
	return -ENOENT;
}

/* With force differing files are taken, too, but not of differing sizes. */
static int compare(
	const json_t *paths, const json_t *files, bool force, json_int_t *size, char *fault)
{
	struct compared c = {.size = 0};
	const char *vios;
	json_t *path;
	int r = 0;

	json_object_foreach((json_t *)paths, vios, path)
	{
		const json_t *answer = json_object_get(files, vios);
		if (r == 0)
			r = check_side(&c, vios, json_string_value(path), answer, force, fault);
		if (r < 0 && force && c.answer && jx_int(answer, "size_bytes") == c.size)
			r = 0;
	}
	*size = c.size;
	return r;
}

bool build_needs_digest(const json_t *files)
{
	const json_t *first = NULL;
	const char *vios;
	json_t *answer;
	bool others = false;

	json_object_foreach((json_t *)files, vios, answer)
	{
		if (jx_text(answer, "fault")[0])
			return false;
		if (!first)
			first = answer;
		if (jx_int(answer, "size_bytes") != jx_int(first, "size_bytes"))
			return false;
		others |= strcmp(jx_text(answer, "identity"), jx_text(first, "identity")) != 0;
	}
	return others;
}

int build_mkvopt(const struct facts *facts, const struct args *args, const json_t *paths,
	const json_t *files, json_t *ops, char *fault)
{
	const char *name = args_get(args, "name");
	const json_t *known = jx_find(json_object_get(facts->state, "backing"), "name", name);
	json_int_t size;

	if (!model_name_valid(name)) {
		snprintf(fault, BUILD_FAULT_BYTES,
			"-name takes a letter and up to %d more of letters, digits, _ and -, not "
			"\"%.64s\"",
			MODEL_NAME_MAX - 1, name);
		return -EINVAL;
	}
	if (known && !(is_medium(known) && facts->vios)) {
		snprintf(fault, BUILD_FAULT_BYTES,
			"%.64s is there already, as %s; choose another name", name,
			is_medium(known) ? "a medium" : "a backing device");
		return -ENOENT;
	}
	int r = compare(paths, files, args_has(args, "f"), &size, fault);
	if (r == 0 && known && size > 0 && size != jx_int(known, "size_bytes")) {
		snprintf(fault, BUILD_FAULT_BYTES, "%.64s has %lld bytes, and this file %lld", name,
			(long long)jx_int(known, "size_bytes"), (long long)size);
		r = -ENOENT;
	}
	if (r < 0)
		return r;
	json_t *attrs = json_pack("{s:O}", "path", paths);
	if (!known) {
		jx_put_text(attrs, "type", "optical");
		jx_put_text(attrs, "repository", jx_text(the_repository(facts), "name"));
		jx_put(attrs, "read_only", json_true());
		jx_put(attrs, "block_bytes", json_integer(MEDIUM_BLOCK));
		jx_put(attrs, "size_bytes", json_integer(size));
	}
	build_op(ops, known ? "set" : "add", "backing", name, attrs);
	return 0;
}

static void set_medium(json_t *ops, const char *vtd, const char *medium)
{
	build_op(ops, "set", "vtd", vtd, json_pack("{s:s}", "backing", medium));
}

int build_rmvopt(const struct facts *facts, const struct args *args, json_t *ops, char *fault)
{
	const char *name = args_get(args, "name");
	const json_t *vtd;
	size_t at = 0;
	int r = find_medium(facts, name, fault) ? 0 : -ENOENT;

	if (r == 0 && !args_has(args, "f"))
		r = refuse_loaded(facts, name, "unload it first (unloadopt), or give -f", fault);
	if (r < 0)
		return r;
	while ((vtd = drive_of(facts, name, &at)))
		set_medium(ops, jx_text(vtd, "name"), "");
	build_op(ops, "remove", "backing", name, NULL);
	return 0;
}

int build_loadopt(const struct facts *facts, const struct args *args, json_t *ops, char *fault)
{
	const char *disk = args_get(args, "disk");
	const json_t *vtd = find_drive(facts, args_get(args, "vtd"), fault);
	const char *now = jx_text(vtd, "backing");

	if (!vtd || !find_medium(facts, disk, fault))
		return -ENOENT;
	if (now[0] && strcmp(now, disk) != 0 && !args_has(args, "f")) {
		snprintf(fault, BUILD_FAULT_BYTES,
			"%.64s has the medium %.64s; unload that first (unloadopt), or give -f",
			jx_text(vtd, "name"), now);
		return -ENOENT;
	}
	set_medium(ops, jx_text(vtd, "name"), disk);
	return 0;
}

int build_unloadopt(const struct facts *facts, const struct args *args, json_t *ops, char *fault)
{
	const json_t *vtd = find_drive(facts, args_get(args, "vtd"), fault);

	if (vtd && !jx_text(vtd, "backing")[0])
		snprintf(fault, BUILD_FAULT_BYTES, "%.64s has no medium", jx_text(vtd, "name"));
	if (!vtd || !jx_text(vtd, "backing")[0])
		return -ENOENT;
	set_medium(ops, jx_text(vtd, "name"), "");
	return 0;
}
