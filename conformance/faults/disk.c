/*
 * Lets writes to some files fail, as a broken or a full disk does. FAULT_FILES: what the names of those files contain. FAULT_SWITCH: a file of two
 * 32-bit numbers, read through a shared mapping: the errno for writes, and the errno for whatever makes them last. 0: everything works.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <unistd.h>

static volatile int32_t *switches;
static const char *files;

__attribute__((constructor)) static void open_switch(void) {
  const char *path = getenv("FAULT_SWITCH");
  files = getenv("FAULT_FILES");
  if (path == NULL || files == NULL) return;
  int descriptor = open(path, O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) return;
  void *mapped = mmap(NULL, 2 * sizeof(int32_t), PROT_READ, MAP_SHARED, descriptor, 0);
  close(descriptor);
  if (mapped != MAP_FAILED) switches = mapped;
}

/* The errno that this call fails with; 0: it is made. */
static int fault(int descriptor, int which) {
  if (switches == NULL || switches[which] == 0) return 0;
  char link[64], name[4096];
  snprintf(link, sizeof link, "/proc/self/fd/%d", descriptor);
  ssize_t length = readlink(link, name, sizeof name - 1);
  if (length < 0) return 0;
  name[length] = '\0';
  return strstr(name, files) == NULL ? 0 : switches[which];
}

#define FAIL_OR_CALL(which, result, name, types, ...)                  \
  do {                                                                  \
    static result(*next) types;                                         \
    if (next == NULL) next = (result(*) types)dlsym(RTLD_NEXT, #name);  \
    int error = fault(descriptor, which);                               \
    if (error == 0) return next(__VA_ARGS__);                           \
    errno = error;                                                      \
    return -1;                                                          \
  } while (0)

ssize_t write(int descriptor, const void *bytes, size_t count) {
  FAIL_OR_CALL(0, ssize_t, write, (int, const void *, size_t), descriptor, bytes, count);
}
ssize_t pwrite(int descriptor, const void *bytes, size_t count, off_t at) {
  FAIL_OR_CALL(0, ssize_t, pwrite, (int, const void *, size_t, off_t), descriptor, bytes, count, at);
}
ssize_t pwrite64(int descriptor, const void *bytes, size_t count, off64_t at) {
  FAIL_OR_CALL(0, ssize_t, pwrite64, (int, const void *, size_t, off64_t), descriptor, bytes, count, at);
}
ssize_t writev(int descriptor, const struct iovec *parts, int count) {
  FAIL_OR_CALL(0, ssize_t, writev, (int, const struct iovec *, int), descriptor, parts, count);
}
int ftruncate(int descriptor, off_t length) {
  FAIL_OR_CALL(0, int, ftruncate, (int, off_t), descriptor, length);
}
int ftruncate64(int descriptor, off64_t length) {
  FAIL_OR_CALL(0, int, ftruncate64, (int, off64_t), descriptor, length);
}
int posix_fallocate(int descriptor, off_t at, off_t length) {
  int error = fault(descriptor, 0);
  static int (*next)(int, off_t, off_t);
  if (next == NULL) next = (int (*)(int, off_t, off_t))dlsym(RTLD_NEXT, "posix_fallocate");
  return error != 0 ? error : next(descriptor, at, length);
}
int fsync(int descriptor) {
  FAIL_OR_CALL(1, int, fsync, (int), descriptor);
}
int fdatasync(int descriptor) {
  FAIL_OR_CALL(1, int, fdatasync, (int), descriptor);
}
