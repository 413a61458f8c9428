# What a killed process leaves to those that come after it. File systems without locks: we go on without, and say so; where HDF5 insists on
# one, the message says what to set.
geosc synth -o in.h5 --pairs 2 --channels 4 --height 4 --width 4 --keypoints 2
printf '#include <errno.h>\nint flock(int fd, int how) { (void)fd, (void)how; errno = ENOLCK; return -1; }\n' >none.c
# Its file in shared memory, empty, for a process that begins with the number of one that was killed.
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
part "HDF5 wants one"
( export LD_PRELOAD=./none.so; t with HDF5_USE_FILE_LOCKING=TRUE geosc inspect in.h5 )
( export LD_PRELOAD=./none.so; t with HDF5_USE_FILE_LOCKING=FALSE geosc match in.h5 -o again.h5 --poses none -q )
