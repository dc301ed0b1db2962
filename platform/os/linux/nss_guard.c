/* Linked into every static program. glibc answers these calls through NSS, which loads the target's libnss_*.so; in a
 * static program that kills the process with SIGFPE as soon as the target's glibc is another one. Defined here, they
 * keep glibc's own versions, and with them NSS, out of the executable (the build checks it with nm). All answer "not
 * found": host names are resolved by c-ares inside libcurl, users and groups by reading the files. */
#include <errno.h>
#include <grp.h>
#include <netdb.h>
#include <pwd.h>
#include <stddef.h>

int getaddrinfo(const char* node, const char* service, const struct addrinfo* hints, struct addrinfo** result) {
    (void)node, (void)service, (void)hints, (void)result;
    return EAI_FAIL;
}

void freeaddrinfo(struct addrinfo* list) { (void)list; }

int getnameinfo(const struct sockaddr* address, socklen_t length, char* host, socklen_t host_length, char* service,
                socklen_t service_length, int flags) {
    (void)address, (void)length, (void)host, (void)host_length, (void)service, (void)service_length, (void)flags;
    return EAI_FAIL;
}

struct hostent* gethostbyname(const char* name) {
    (void)name;
    h_errno = NO_RECOVERY;
    return NULL;
}

struct servent* getservbyname(const char* name, const char* protocol) {
    (void)name, (void)protocol;
    return NULL;
}

int getservbyname_r(const char* name, const char* protocol, struct servent* entry, char* buffer, size_t length,
                    struct servent** result) {
    (void)name, (void)protocol, (void)entry, (void)buffer, (void)length;
    *result = NULL;
    return ENOENT;
}

int getservbyport_r(int port, const char* protocol, struct servent* entry, char* buffer, size_t length,
                    struct servent** result) {
    (void)port, (void)protocol, (void)entry, (void)buffer, (void)length;
    *result = NULL;
    return ENOENT;
}

struct passwd* getpwnam(const char* name) {
    (void)name;
    errno = ENOENT;
    return NULL;
}

struct passwd* getpwuid(uid_t user) {
    (void)user;
    errno = ENOENT;
    return NULL;
}

int getpwnam_r(const char* name, struct passwd* entry, char* buffer, size_t length, struct passwd** result) {
    (void)name, (void)entry, (void)buffer, (void)length;
    *result = NULL;
    return 0;
}

int getpwuid_r(uid_t user, struct passwd* entry, char* buffer, size_t length, struct passwd** result) {
    (void)user, (void)entry, (void)buffer, (void)length;
    *result = NULL;
    return 0;
}

struct group* getgrnam(const char* name) {
    (void)name;
    errno = ENOENT;
    return NULL;
}

struct group* getgrgid(gid_t group) {
    (void)group;
    errno = ENOENT;
    return NULL;
}

int getgrnam_r(const char* name, struct group* entry, char* buffer, size_t length, struct group** result) {
    (void)name, (void)entry, (void)buffer, (void)length;
    *result = NULL;
    return 0;
}

int getgrgid_r(gid_t group, struct group* entry, char* buffer, size_t length, struct group** result) {
    (void)group, (void)entry, (void)buffer, (void)length;
    *result = NULL;
    return 0;
}

int initgroups(const char* user, gid_t group) {
    (void)user, (void)group;
    errno = ENOSYS;
    return -1;
}

/* libcrypto.a can load providers and engines; a static program has none. The loader itself stays in: glibc's character
 * conversion (gconv) wants it, and uses it only for a locale or a character set other than C, ASCII and UTF-8, which a
 * static program must therefore never ask for. */
void* dlopen(const char* file, int mode) {
    (void)file, (void)mode;
    return NULL;
}

void* dlsym(void* handle, const char* name) {
    (void)handle, (void)name;
    return NULL;
}

int dlclose(void* handle) {
    (void)handle;
    return 0;
}

char* dlerror(void) {
    static char message[] = "a static program loads no libraries";
    return message;
}

int dladdr(const void* address, void* info) {
    (void)address, (void)info;
    return 0;
}
