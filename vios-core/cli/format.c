// SPDX-License-Identifier: BSD-3-Clause
/* format.c - -fmt, -fmt2 and -field of a line. */
#include "vios-core/cli/format.h"
#include "vios-core/base/log.h"

static const char *delimiter(const struct cli *cli, const char *option)
{
	return args_find(cli->verb->options, option) ? args_get(&cli->args, option) : NULL;
}

int format_get(const struct cli *cli, struct format *format)
{
	const char *fmt = delimiter(cli, "fmt"), *fmt2 = delimiter(cli, "fmt2"), *field;
	size_t at = 0;

	*format = (struct format){
		.lay = {.delimiter = fmt ? fmt : fmt2, .empty_is_nothing = fmt2 != NULL}};
	if (fmt && fmt2) {
		log_refuse("-fmt and -fmt2 do not go together; give one of them");
		return CLI_USAGE;
	}
	if (format->lay.delimiter && format->lay.delimiter[1]) {
		log_refuse("-fmt takes one character, not \"%.32s\"", format->lay.delimiter);
		return CLI_USAGE;
	}
	format->lay.fields = format->fields;
	while (args_find(cli->verb->options, "field") &&
		(field = args_next(&cli->args, "field", &at))) {
		if (format->lay.n_fields == FORMAT_FIELDS_MAX) {
			log_refuse("-field takes at most %d fields", FORMAT_FIELDS_MAX);
			return CLI_USAGE;
		}
		format->fields[format->lay.n_fields++] = field;
	}
	return CLI_OK;
}
