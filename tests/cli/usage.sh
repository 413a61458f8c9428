part "no command: stderr has what --help prints"
geosc 2>said || echo "exit $?"
geosc --help | t cmp said -
part "mistyped commands and options"
t geosc mtach
t geosc import
t geosc extract
t geosc xyzzy
t geosc --hlep
t geosc match --modle m.h5 in.h5
t geosc match -z in.h5
t geosc match --strict=yes in.h5
t geosc synth --chanels 4
part "operands"
t geosc match
t geosc match in.h5
t geosc match in.h5 more.h5 -o out.h5
t geosc match -o
t geosc match in.h5 -o ''
t geosc match in.h5 -o out.h5 --pairs -
t geosc inspect
t geosc inspect a b
t geosc eval in.h5
t geosc eval a b c d
t geosc synth
t geosc synth operand -o out.h5
t geosc match -- --strict
part "numbers"
for value in 0 -1 +1 1x 1.5 '' ' 1' 99999999999999999999999; do
    t geosc match in.h5 -o out.h5 --threads "$value"
done
for value in 0 -1 nan inf x 1e9; do
    t geosc match in.h5 -o out.h5 --temperature "$value"
done
t geosc synth -o out.h5 --deflate 10
t geosc synth -o out.h5 --seed 18446744073709551616
t geosc synth -o out.h5 --pairs 0
t geosc synth -o out.h5 --images 3
t geosc synth -o out.h5 --model-out out.h5
part "choices"
t geosc match in.h5 -o out.h5 --conv drect
t geosc match in.h5 -o out.h5 --pose-source none
t geosc match in.h5 -o out.h5 --query nearest
t geosc match in.h5 -o out.h5 --similarity cosin
t geosc match in.h5 -o out.h5 --outside zeros
t geosc match in.h5 -o out.h5 --restrict-target=matches
t geosc match in.h5 -o out.h5 --restrict-target matches
t geosc match in.h5 -o out.h5 --window gauss
t geosc match in.h5 -o out.h5 --window gauss:0
t geosc match in.h5 -o out.h5 --progress dots
t geosc match in.h5 -o out.h5 --poses none,rot45
t geosc match in.h5 -o out.h5 --poses none,
t geosc match in.h5 -o out.h5 --poses none,none,none,none,none,none,none,none,none
t geosc synth -o out.h5 --layout groups
t geosc synth -o out.h5 --dtype f8
t geosc eval a b --alpha 0.1,x
t geosc eval a b --alpha 0
t geosc eval a b --alpha 0.1,
t geosc eval a b --json --csv
t geosc eval a b --compare ge
t geosc eval a b --threshold boxes
part "what makes no sense, before the input is matched"
t geosc match in.h5 -o out.h5 --window 4
t geosc match in.h5 -o out.h5 --poses none,hflip,none
t geosc match in.h5 -o out.h5 --isa sse9
part "environment"
t with GEOSC_ISA=sse9 geosc match in.h5 -o out.h5
t with GEOSC_ISA=sse9 geosc match in.h5 -o out.h5 --isa c
t with GEOSC_ISA= geosc match in.h5 -o out.h5
t with OMP_NUM_THREADS=2,1 geosc match in.h5 -o out.h5
t with SLURM_CPUS_PER_TASK=0 geosc match in.h5 -o out.h5
t with SLURM_CPUS_PER_TASK=0 geosc match in.h5 -o out.h5 -q
t with SLURM_CPUS_PER_TASK=many geosc match in.h5 -o out.h5 -j 1
part "no file was made"
t ls
part "names that a terminal would act on: a message is one line all the same"
odd=$(printf 'a\nb\033[1mc\302\233.h5')
odd() {
    geosc synth -o in.h5 --pairs 1 --channels 2 --height 2 --width 2 -f
    geosc match "$odd" more.h5 -o out.h5
    geosc match in.h5 -o out.h5 --poses "$odd"
    geosc match in.h5 -o "$odd" --poses none -q
    geosc match in.h5 -o "$odd" --poses none
    geosc merge -o "$odd" in.h5
}
t odd
