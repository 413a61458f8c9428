# Planned, not run: what a data set of SPair-71k's shape takes. The table stands in geosc-cluster(7), too.
plan_scale() {
    "$builddir/tests/bench/plan_scale" "$@"
}
part "at SPair-71k's shape, at most 1.3 times the fewest refinements at 4 GB"
t plan_scale --check
