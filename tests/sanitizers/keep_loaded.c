// Linked into the test programs of sanitized builds, in place of the C library's dlclose(): a library that stays
// loaded keeps its name in reports, so that leaks.txt can name the drivers, and the pointers in its data still count.
__attribute__((visibility("default"))) int dlclose(void* handle) {
  (void)handle;
  return 0;
}
