/* SPDX-License-Identifier: BSD-3-Clause */
/* io_error_test.c - each errno once: whose fault it is, what the client is told. */
#include "storage/io_error.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static void a_path_may_be_at_fault(void **state)
{
	/* blk_path_error() of Linux says yes to these, or they are of the way to a remote disk */
	static const int errors[] = {EIO, ENXIO, ENODEV, ENOLINK, ETIMEDOUT, ENOTCONN, ESHUTDOWN,
		ECONNRESET, ECONNREFUSED, EPIPE, EHOSTDOWN, EHOSTUNREACH, ENETDOWN, ENETUNREACH,
		ESTALE};

	for (size_t i = 0; i < sizeof(errors) / sizeof(errors[0]); i++) {
		assert_true(io_error_of_path(errors[i]));
		assert_int_equal(io_error_name(errors[i])[0], 'E');
		assert_string_not_equal(io_error_name(errors[i]), "E?");
	}
}

static void another_path_would_say_the_same(void **state)
{
	static const int errors[] = {ENODATA, EREMOTEIO, EILSEQ, EBADE, ENOSPC, EDQUOT, EROFS,
		EPERM, EACCES, EAGAIN, ENOMEM, EINVAL, EFAULT, EOPNOTSUPP, EBADF, 0, -EIO, 100000};

	for (size_t i = 0; i < sizeof(errors) / sizeof(errors[0]); i++)
		assert_false(io_error_of_path(errors[i]));
}

static void what_the_client_is_told(void **state)
{
	assert_int_equal(io_error_result(EIO, false), SCSI_IO_READ_ERROR);
	assert_int_equal(io_error_result(EIO, true), SCSI_IO_WRITE_ERROR);
	assert_int_equal(io_error_result(ENODATA, false), SCSI_IO_READ_ERROR);
	assert_int_equal(io_error_result(ENODEV, false), SCSI_IO_GONE);
	assert_int_equal(io_error_result(ETIMEDOUT, true), SCSI_IO_GONE);
	assert_int_equal(io_error_result(ENOSPC, true), SCSI_IO_NO_SPACE);
	assert_int_equal(io_error_result(EROFS, true), SCSI_IO_PROTECTED);
	assert_int_equal(io_error_result(EAGAIN, false), SCSI_IO_BUSY);
	/* one that nobody has thought of is an error all the same */
	assert_int_equal(io_error_result(12345, false), SCSI_IO_READ_ERROR);
	assert_int_equal(io_error_result(12345, true), SCSI_IO_WRITE_ERROR);
	assert_string_equal(io_error_name(12345), "E?");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_path_may_be_at_fault),
		cmocka_unit_test(another_path_would_say_the_same),
		cmocka_unit_test(what_the_client_is_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
