// SPDX-License-Identifier: BSD-3-Clause
/* scsid_sockets.c - see scsid_sockets.h. viosd's one thread; keeps nothing. */
#include "vios-core/daemon/scsid_sockets.h"

#include "vios-core/base/runpath.h"
#include "vios-core/model/frame_config.h"

#include <dirent.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static bool is_listened_to(const char *path)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	bool yes = false;

	if (fd < 0 || strlen(path) >= sizeof(address.sun_path)) {
		if (fd >= 0)
			close(fd);
		return false;
	}
	strcpy(address.sun_path, path);
	yes = connect(fd, (struct sockaddr *)&address, sizeof(address)) == 0;
	close(fd);
	return yes;
}

bool scsid_socket_runs(const char *run, const char *vios, const char *client, const char *adapter)
{
	struct runpath path;

	return runpath_scsid(&path, run, vios, client, adapter) == 0 && is_listened_to(path.text);
}

void scsid_sockets_each(const char *run, const char *vios,
	void (*fn)(const char *client, const char *adapter, void *user), void *user)
{
	char client[MODEL_NAME_MAX + 1], adapter[MODEL_NAME_MAX + 1];
	struct runpath path;
	struct dirent *entry;
	DIR *directory = NULL;

	if (runpath_vios_dir(&path, run, vios) == 0)
		directory = opendir(path.text);
	while (directory && (entry = readdir(directory))) {
		int end = 0;

		if (sscanf(entry->d_name, "%31[^.].%31[^.].ctl%n", client, adapter, &end) == 2 &&
			end && !entry->d_name[end] && model_name_valid(client) &&
			model_name_valid(adapter))
			fn(client, adapter, user);
	}
	if (directory)
		closedir(directory);
}
