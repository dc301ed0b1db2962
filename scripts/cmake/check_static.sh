#!/bin/sh
# check_static.sh NM PROGRAM: fails, and removes PROGRAM, unless it is fully static and free of NSS (see
# platform/os/linux/nss_guard.c). Runs after the link and before the symbols are stripped.
nm=$1
program=$2
refuse() {
    echo "error: $program: $*" >&2
    rm -f "$program"
    exit 1
}
symbols=$("$nm" "$program") || refuse "its symbols cannot be read"
echo "$symbols" | grep -qE ' T main$' || refuse "has no symbol main: a stripped program proves nothing"
if "$nm" -D "$program" 2>/dev/null | grep -q .; then refuse "has dynamic symbols, so it is not fully static"; fi
found=$(echo "$symbols" | grep -oE ' [TtWw] __nss_(module_load|lookup|database_get).*' | sort | head -n 5)
[ -z "$found" ] || refuse "NSS got linked in ($(echo $found)): a call that nss_guard.c does not cover needs it"
