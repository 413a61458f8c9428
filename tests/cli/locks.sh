# File systems without locks: we go on without, and say so; where HDF5 insists on one, the message says what to set.
geosc synth -o in.h5 --pairs 2 --channels 4 --height 4 --width 4 --keypoints 2
printf '#include <errno.h>\nint flock(int fd, int how) { (void)fd, (void)how; errno = ENOLCK; return -1; }\n' >none.c
part "no locks"
"${TEST_CC:-cc}" -shared -fPIC -o none.so none.c || skip "no shared libraries here"
t with LD_PRELOAD=./none.so geosc match in.h5 -o out.h5 --poses none --progress none
part "HDF5 wants one"
( export LD_PRELOAD=./none.so; t with HDF5_USE_FILE_LOCKING=TRUE geosc inspect in.h5 )
( export LD_PRELOAD=./none.so; t with HDF5_USE_FILE_LOCKING=FALSE geosc match in.h5 -o again.h5 --poses none -q )
