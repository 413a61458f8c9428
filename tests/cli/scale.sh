# The plan, without a run, of a data set of SPair-71k's shape. geosc-cluster(7) has the table, too.
plan_scale() {
    "$builddir/tests/bench/plan_scale" "$@"
}
part "at SPair-71k's shape, at most 1.3 times the fewest refinements at 4 GB"
t plan_scale --check
