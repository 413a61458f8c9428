# --shard slurm, from the variables that sbatch, srun and mpirun set.
geosc synth -o in.h5 --pairs 6 --channels 4 --height 4 --width 4 --keypoints 2
shard() {
    rm -f s-*.h5
    t with "$@" geosc match in.h5 -o s-%s.h5 --shard slurm -q --poses none
    ls s-*.h5 2>/dev/null
}
array() {
    export SLURM_ARRAY_TASK_ID=$1 SLURM_ARRAY_TASK_MIN=$2 SLURM_ARRAY_TASK_MAX=$3 SLURM_ARRAY_TASK_STEP=$4 SLURM_ARRAY_TASK_COUNT=$5
}
part "neither array nor step"
shard A=1
shard SLURM_PROCID=0
part "arrays"
( array 0 0 3 1 4; shard A=1 )
( array 8 2 8 3 3; shard A=1 )
( array 5 5 5 1 1; shard A=1 )
part "a batch script of an array has a rank that means nothing"
( array 2 0 3 1 4; shard SLURM_PROCID=0 )
part "irregular arrays"
( array 1 1 7 1 3; shard A=1 )
( array 5 1 7 1 3; shard A=1 )
( array 2 1 7 3 3; shard A=1 )
( array 1 1 7 0 3; shard A=1 )
( array x 1 7 1 7; shard A=1 )
shard SLURM_ARRAY_TASK_ID=1
part "steps"
( export SLURM_STEP_NUM_TASKS=3; shard SLURM_PROCID=2 )
( export SLURM_STEP_NUM_TASKS=3; shard SLURM_PROCID=3 )
( export SLURM_STEP_NUM_TASKS=4 PMIX_RANK=1; shard SLURM_PROCID=3 )
part "mpirun, whose ranks have one and the same SLURM_PROCID"
( export SLURM_STEP_NUM_TASKS=1 OMPI_COMM_WORLD_RANK=4 OMPI_COMM_WORLD_SIZE=5; shard SLURM_PROCID=0 )
( export OMPI_COMM_WORLD_RANK=4 OMPI_COMM_WORLD_SIZE=5 PMIX_RANK=4; shard SLURM_PROCID=0 )
( export PMI_RANK=1 PMI_SIZE=2; shard SLURM_PROCID=0 )
shard OMPI_COMM_WORLD_RANK=4
part "a step of two within each task of an array"
( array 1 0 2 1 3; export SLURM_STEP_NUM_TASKS=2; shard SLURM_PROCID=1 )
part "threads"
threads() {
    t with "$@" geosc match in.h5 -o t.h5 -f --progress none --poses none --workers 3
    geosc match in.h5 -o t.h5 -f --progress none --poses none --workers 3 -v 2>&1 | grep -oE '[0-9]+ threads'
}
( export SLURM_CPUS_PER_TASK=3; threads OMP_NUM_THREADS=1 )
( export SLURM_CPUS_PER_TASK=3 OMP_NUM_THREADS=1; t geosc match in.h5 -o t.h5 -f -q --poses none --workers 3 )
( export SLURM_CPUS_PER_TASK=3 OMP_NUM_THREADS=2,1; threads A=1 )
( export SLURM_CPUS_PER_TASK=3; threads A=1 )
t with SLURM_CPUS_PER_TASK=no geosc match in.h5 -o t.h5 -f --progress none --poses none --workers 3
part "submit: what sbatch is asked for, and hloc's form of the merge, too"
mkdir bin
printf '#!/bin/sh\necho "$@" >>calls\necho 7\n' >bin/sbatch
chmod +x bin/sbatch
submit() {
    rm -f calls
    PATH="$PWD/bin:$PATH" sh "$srcdir/data/slurm/submit" "$@"
}
t submit 2 in.h5 m.h5 out/x.h5
t cat calls
t submit 2 in.h5 m.h5 out/x.h5 --pairs pairs.txt --format hloc
t cat calls
t submit 2 in.h5 m.h5 out/x.h5 --format=hloc
t tail -n 1 calls
part "names with blanks, quotes, line feeds, dashes and characters of patterns, from one end to the other"
# Like sbatch, but immediately: runs the array's tasks one after the other.
cat >bin/sbatch <<'END'
#!/bin/sh
array=
while :; do
    case $1 in --array=0-*) array=${1#--array=0-} ;; --*) ;; *) break ;; esac
    shift
done
script=$1
shift
for i in $(test -z "$array" || seq 0 "$array"); do
    SLURM_ARRAY_TASK_ID=$i SLURM_ARRAY_TASK_MIN=0 SLURM_ARRAY_TASK_MAX=$array SLURM_ARRAY_TASK_STEP=1 SLURM_ARRAY_TASK_COUNT=$((array + 1)) \
        sh "$script" "$@" >>said 2>&1 </dev/null || echo "task $i: $?" >>said
done
test -n "$array" || sh "$script" "$@" >>said 2>&1 </dev/null || echo "merge: $?" >>said
echo 7
END
geosc synth -o named.h5 --layout indexed --images 3 --pairs 4 --channels 4 --height 4 --width 4 --keypoints 2
geosc match named.h5 -o whole.h5 -q --poses none
geosc match named.h5 -o whole-hloc.h5 -q --poses none --format hloc
whole_way() {
    rm -f said
    GEOSC="$GEOSC" submit 2 "$@" --poses none >/dev/null
    grep -E '^task|^merge|^geosc: [^0-9]' said
}
for name in 'two words' '[1] a*b?' "it's \"quoted\"" 'back\slash *' '-dash' 'a --format hloc b' 'line
feed'; do
    mkdir -p -- "./$name"
    cp named.h5 "./$name/named.h5"
    whole_way "$name/named.h5" "" "$name/out.h5"
    cmp "./$name/out.h5" whole.h5 && echo "$name: the same"
    whole_way "$name/named.h5" "" "$name/hloc.h5" --format hloc
    cmp "./$name/hloc.h5" whole-hloc.h5 && echo "$name: the same for hloc"
done
