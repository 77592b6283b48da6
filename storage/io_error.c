/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * io_error.c - the table of errnos. Which of them another path may do better is what Linux itself
 * says to dm-multipath (include/linux/blk_types.h, blk_path_error(); block/blk-core.c,
 * blk_errors[]): the target's own verdict (EREMOTEIO), a bad medium (ENODATA), no space, a
 * reservation conflict (EBADE), bad protection information (EILSEQ) and what is not supported are
 * the same through every path. What says nothing of a disk (EINVAL, EFAULT: our own or the client's
 * memory) is not a path's either. Pure.
 */
#include "storage/io_error.h"

#include <errno.h>
#include <stddef.h>

static const struct row {
	int error;
	const char *name;
	bool of_path;
	enum scsi_io read, write;
} rows[] = {
	{EIO, "EIO", true, SCSI_IO_READ_ERROR, SCSI_IO_WRITE_ERROR},
	{ENXIO, "ENXIO", true, SCSI_IO_GONE, SCSI_IO_GONE},
	{ENODEV, "ENODEV", true, SCSI_IO_GONE, SCSI_IO_GONE},
	{ENOLINK, "ENOLINK", true, SCSI_IO_GONE, SCSI_IO_GONE},
	{ETIMEDOUT, "ETIMEDOUT", true, SCSI_IO_GONE, SCSI_IO_GONE},
	/* network block devices and file systems */
	{ENOTCONN, "ENOTCONN", true, SCSI_IO_GONE, SCSI_IO_GONE},
	{ESHUTDOWN, "ESHUTDOWN", true, SCSI_IO_GONE, SCSI_IO_GONE},
	{ECONNRESET, "ECONNRESET", true, SCSI_IO_GONE, SCSI_IO_GONE},
	{ECONNREFUSED, "ECONNREFUSED", true, SCSI_IO_GONE, SCSI_IO_GONE},
	{EPIPE, "EPIPE", true, SCSI_IO_GONE, SCSI_IO_GONE},
	{EHOSTDOWN, "EHOSTDOWN", true, SCSI_IO_GONE, SCSI_IO_GONE},
	{EHOSTUNREACH, "EHOSTUNREACH", true, SCSI_IO_GONE, SCSI_IO_GONE},
	{ENETDOWN, "ENETDOWN", true, SCSI_IO_GONE, SCSI_IO_GONE},
	{ENETUNREACH, "ENETUNREACH", true, SCSI_IO_GONE, SCSI_IO_GONE},
	{ESTALE, "ESTALE", true, SCSI_IO_GONE, SCSI_IO_GONE},

	{ENODATA, "ENODATA", false, SCSI_IO_READ_ERROR, SCSI_IO_WRITE_ERROR},
	{EREMOTEIO, "EREMOTEIO", false, SCSI_IO_READ_ERROR, SCSI_IO_WRITE_ERROR},
	{EILSEQ, "EILSEQ", false, SCSI_IO_READ_ERROR, SCSI_IO_WRITE_ERROR},
	{EBADE, "EBADE", false, SCSI_IO_READ_ERROR, SCSI_IO_WRITE_ERROR},
	{ENOSPC, "ENOSPC", false, SCSI_IO_NO_SPACE, SCSI_IO_NO_SPACE},
	{EDQUOT, "EDQUOT", false, SCSI_IO_NO_SPACE, SCSI_IO_NO_SPACE},
	{EROFS, "EROFS", false, SCSI_IO_PROTECTED, SCSI_IO_PROTECTED},
	{EPERM, "EPERM", false, SCSI_IO_PROTECTED, SCSI_IO_PROTECTED},
	{EACCES, "EACCES", false, SCSI_IO_PROTECTED, SCSI_IO_PROTECTED},
	{EAGAIN, "EAGAIN", false, SCSI_IO_BUSY, SCSI_IO_BUSY},
	{ENOMEM, "ENOMEM", false, SCSI_IO_BUSY, SCSI_IO_BUSY},
};

static const struct row *row_of(long error)
{
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (rows[i].error == error)
			return &rows[i];
	return NULL;
}

enum scsi_io io_error_result(long error, bool write)
{
	static const struct row other = {0, "", false, SCSI_IO_READ_ERROR, SCSI_IO_WRITE_ERROR};
	const struct row *row = row_of(error);

	row = row ? row : &other;
	return write ? row->write : row->read;
}

bool io_error_of_path(long error)
{
	const struct row *row = row_of(error);

	return row && row->of_path;
}

const char *io_error_name(long error)
{
	const struct row *row = row_of(error);

	return row ? row->name : "E?";
}
