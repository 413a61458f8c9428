# Files that a killed process leaves do not stop later ones. On a file system without locks, geosc continues after one warning, whatever the
# error is. HDF5 takes no locks, whatever the environment says.
geosc synth -o in.h5 --pairs 2 --channels 4 --height 4 --width 4 --keypoints 2
printf '#include <errno.h>\n#include <stdlib.h>\nint flock(int fd, int how) { const char *number = getenv("FLOCK_ERRNO"); (void)fd, (void)how; errno = number ? atoi(number) : ENOLCK; return -1; }\n' >none.c
# An empty file of LLVM's OpenMP runtime in shared memory, for a process with the number of a killed one.
namesake() {
    sh -c ': >"$0$$_$(id -u)"; exec "$@"' /dev/shm/__KMP_REGISTERED_LIB_ "$GEOSC" "$@" &
    wait $! || echo "ended with $?"
    rm -f /dev/shm/__KMP_REGISTERED_LIB_$!_$(id -u)
}
part "what LLVM's OpenMP runtime left in a process that was killed"
t namesake match in.h5 -o namesake.h5 --poses none -q
part "no locks"
"${TEST_CC:-cc}" -shared -fPIC -o none.so none.c || skip "no shared libraries here"
t with LD_PRELOAD=./none.so geosc match in.h5 -o out.h5 --poses none --progress none
part "other words for it: ENOSYS, EOPNOTSUPP, ENOTSUPP, EBADF, EIO, EINVAL, EACCES"
for number in 38 95 524 9 5 22 13; do
    ( preload=./none.so; t with FLOCK_ERRNO=$number geosc match in.h5 -o out-$number.h5 --poses none --progress none )
done 2>&1 | sed 's/[0-9.]* MB of memory/# MB of memory/'
part "a busy one is busy: EAGAIN"
( preload=./none.so; t with FLOCK_ERRNO=11 geosc match in.h5 -o busy.h5 --poses none -q )
part "a merge, and what makes no journal"
geosc match in.h5 -o s-%s.h5 --shard 0/1 --poses none -q
( preload=./none.so; t with FLOCK_ERRNO=524 geosc merge s-0-of-1.h5 -o merged.h5
  t with FLOCK_ERRNO=524 geosc synth -o other.h5 --pairs 2 )
t cmp merged.h5 out.h5
ls -A | grep -E 'journal|tmp$'
part "whatever HDF5 is told of them"
( preload=./none.so; t with HDF5_USE_FILE_LOCKING=TRUE geosc inspect in.h5 )
( preload=./none.so; t with HDF5_USE_FILE_LOCKING=FALSE geosc match in.h5 -o again.h5 --poses none -q )
