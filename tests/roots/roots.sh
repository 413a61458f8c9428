# tests/roots/roots.sh: minimal Debian roots made by debootstrap, and commands run in them. Sourced by the scripts of this folder, which say what
# runs there. Sets folder (ROOTS_FOLDER: keeps the new roots, NAME.tar), work (a folder that ends with the script) and srcdir, pristine as paths.
folder=${ROOTS_FOLDER:-roots}
mirror=${MIRROR:-http://deb.debian.org/debian}
srcdir=$(cd "${srcdir:?}" && pwd) && pristine=$(cd "${pristine:?}" && pwd) || exit 1

test "$(id -u)" = 0 || { echo "roots: only root can make roots" >&2; exit 1; }
for program in debootstrap unshare; do
    command -v $program >/dev/null || { echo "roots: $program is missing (Debian: debootstrap, util-linux)" >&2; exit 1; }
done
mkdir -p "$folder" && folder=$(cd "$folder" && pwd) && work=$(mktemp -d "$folder/work.XXXXXX") || exit 1

# Whatever is mounted, and each process of a root, is in namespaces that end with their first process. So a root holds nothing of this
# machine when it is removed, however this ends.
inside=
clean() {
    trap '' HUP INT TERM
    test -z "$inside" || { kill -KILL "$inside"; wait "$inside"; } 2>/dev/null
    rm -rf "$work"
}
trap clean EXIT
trap 'exit 1' HUP INT TERM

# make_root NAME: NAME.tar, if there is none yet. Of another architecture, NAME is such as bookworm-arm64.
make_root() {
    test ! -f "$folder/$1.tar" || return 0
    case $1 in *-*) set -- "$1" "--arch=${1#*-}" ;; esac
    debootstrap --variant=minbase ${2:+"$2"} "${1%-*}" "$work/new" "$mirror" >"$folder/$1.debootstrap.log" 2>&1 &&
        tar -C "$work/new" -cf "$work/new.tar" . && mv "$work/new.tar" "$folder/$1.tar"
    made=$?
    rm -rf "$work/new"
    test $made = 0 || tail -n 5 "$folder/$1.debootstrap.log"
    return $made
}

# unpack_root NAME ROOT: a new root, with the folders that are named after it.
unpack_root() {
    mkdir -p "$2" && make_root "$1" && tar -C "$2" -xf "$folder/$1.tar"
}

# copy_sources FOLDER: the files that git tracks or, if srcdir is not a clone, the distributed files.
copy_sources() {
    if git -C "$srcdir" rev-parse --show-cdup 2>/dev/null | grep -qx ''; then
        (cd "$srcdir" && git ls-files -z | tar --null -T - -cf -)
    else
        tar -C "$pristine" -cf - .
    fi | tar -C "$1" -xf -
}

# enter ROOT COMMANDS NAME=VALUE...: runs them by sh, in namespaces of their own, with these variables. If lend is set, that program may first
# mount more there.
enter() {
    export lend
    # shellcheck disable=SC2016 # $1 and $2 are the inner shell's
    unshare --mount --propagation private --pid --fork --kill-child sh -ec '
        root=$1 commands=$2
        shift 2
        mount -t proc proc "$root/proc"
        mount -t tmpfs -o mode=755 tmpfs "$root/dev"
        for device in null zero full random urandom tty; do
            : >"$root/dev/$device"
            mount --bind "/dev/$device" "$root/dev/$device"
        done
        mkdir "$root/dev/pts" "$root/dev/shm"
        mount -t devpts -o newinstance,ptmxmode=666 devpts "$root/dev/pts"
        mount -t tmpfs -o mode=1777 tmpfs "$root/dev/shm"
        ln -s pts/ptmx "$root/dev/ptmx"
        ln -s /proc/self/fd "$root/dev/fd"
        for n in 0 1 2; do ln -s "/proc/self/fd/$n" "$root/dev/$(echo stdin stdout stderr | cut -d " " -f $((n + 1)))"; done
        cp /etc/resolv.conf "$root/etc/resolv.conf"
        test -z "${lend-}" || "$lend" "$root"
        # A shell starts what it does not wait for with these ignored.
        exec chroot "$root" /usr/bin/env --default-signal=INT,QUIT -i HOME=/root PATH=/usr/sbin:/usr/bin:/sbin:/bin LANG=C.UTF-8 \
            DEBIAN_FRONTEND=noninteractive ${http_proxy:+"http_proxy=$http_proxy"} "$@" sh -c "$commands"' enter "$@" </dev/null &
    inside=$!
    wait "$inside"
    set -- "$?"
    inside=
    return "$1"
}
