# Faults of values: the pairs that need them fail, the others are matched, exit status 3.
part "one pair of two"
for name in source-nan target-infinite source-beyond-float32 source-zero mask-empty mask-negative mask-huge keypoint-outside \
            chunk-missing chunk-garbage chunk-short chunk-long; do
    make_bad $name $name.h5
    t geosc match $name.h5 -o $name-out.h5 --progress none --poses none
    t geosc eval $name.h5 $name-out.h5 --alpha 0.1
done
part "--strict: exit 1, no output"
t geosc match source-nan.h5 -o strict.h5 --strict --progress none --poses none
t ls strict.h5
part "--strict with a finished output: as if the pairs were run again"
geosc match source-nan.h5 -o lax.h5 -q --poses none
t geosc match source-nan.h5 -o lax.h5 --progress none --poses none
t geosc match source-nan.h5 -o lax.h5 --strict --progress none --poses none
geosc synth -o whole.h5 --layout indexed --pairs 2 --channels 4 --height 4 --width 4 --keypoints 2
geosc match whole.h5 -o whole-out.h5 -q --poses none
t geosc match whole.h5 -o whole-out.h5 --strict --progress none --poses none
part "mutual: no neighbours"
t geosc match mask-empty.h5 -o mutual.h5 --imd mutual --progress none --poses none
