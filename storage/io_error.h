/* SPDX-License-Identifier: BSD-3-Clause */
/* io_error.h - what an errno of a disk means to a client, and to its other path. Pure. */
#ifndef VIOS_STORAGE_IO_ERROR_H
#define VIOS_STORAGE_IO_ERROR_H

#include <stdbool.h>

#include "storage/scsi_request.h"

/* error: a positive errno. */
enum scsi_io io_error_result(long error, bool write);
/* Perhaps only this path fails, and another one may do the request. */
bool io_error_of_path(long error);
/* "EIO"; a number that is not known: "E?". */
const char *io_error_name(long error);

#endif
