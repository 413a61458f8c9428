# The number of threads of a run: the CPUs that it may use, whatever OpenMP's library binds, or the environment's number.
geosc synth -o in.h5 --layout indexed --images 4 --pairs 6 --channels 8 --height 4 --width 5 >stdout 2>&1
# Prints messages about threads, and their number, without messages of OpenMP's libraries about invalid values.
threads() {
    (
        test $# = 0 || export "${1?}"
        geosc match in.h5 -o t.h5 -f --progress none --poses none -v $beyond 2>&1 | grep -v -e libgomp -e '^OMP: ' | sed -nE 's/^geosc: ([0-9]+ threads?), .*/\1/p; /OMP|SLURM/p'
    )
}
beyond=
all=$(threads)
same() {
    got=$(threads "$@")
    if test "$got" = "$all"; then
        echo "$*: as many"
    else
        echo "$*: $got, not $all"
    fi
}
part "bound threads are as many as others"
for value in true close spread false; do
    same OMP_PROC_BIND=$value
done
for value in threads cores sockets; do
    with OMP_PROC_BIND=false same OMP_PLACES=$value
done
same OMP_PLACES=threads
part "no more threads than CPUs, but for workers"
with OMP_NUM_THREADS=5000 same A=1
beyond="-j 12 --workers 12"
threads A=1
beyond="--workers 12" # the CPUs of this machine do not limit what follows
part "OMP_NUM_THREADS as OpenMP has it"
for value in 3 ' 3 ' '3,2' '5 ,10' ' 3	, 2 , 1 ' 03; do
    echo "'$value': $(threads OMP_NUM_THREADS="$value")"
done
part "an invalid number of threads is ignored with a warning"
all=$(threads)
for value in x 0 -2 3, '3;2' 1.5 ,3; do
    threads OMP_NUM_THREADS="$value" | sed "s/^$all\$/as many/"
done
for value in 3,2 many; do
    threads SLURM_CPUS_PER_TASK="$value" | sed "s/^$all\$/as many/"
done
echo "$(with SLURM_CPUS_PER_TASK=3 threads OMP_NUM_THREADS=x)"
part "OMP_THREAD_LIMIT"
with OMP_THREAD_LIMIT=2 threads OMP_NUM_THREADS=5
with OMP_THREAD_LIMIT=1 threads A=1
part "threads that cannot be started, with the stack that they would have"
# Sanitizers do not work with limits.
if nm "$GEOSC" 2>/dev/null | grep -qE '__(asan|tsan)_init'; then
    skip "sanitized"
fi
few() {
    ( ulimit -v 3000000; "$@" )
}
for value in 1G ' 1048576 ' '1024 m' 1073741824B; do
    t few with OMP_STACKSIZE="$value" geosc match in.h5 -o out.h5 --poses none -j 5 --workers 5 --memory 512M
done
t few with GOMP_STACKSIZE=1G geosc bench -j 5
t few with OMP_STACKSIZE=192K geosc match in.h5 -o out.h5 --poses none -j 5 --workers 5 -q --memory 512M
