// SPDX-License-Identifier: Apache-2.0
//
// What calls inner.c, in another library.

int load_secret(const char* path);
int begin_service(const char* path);

__attribute__((noinline)) static int read_settings(const char* path) {
  const int fd = load_secret(path);  // line: read_settings
  return fd < 0 ? -1 : fd;
}

int begin_service(const char* path) {
  const int fd = read_settings(path);  // line: begin_service
  return fd < 0 ? -1 : fd;
}
