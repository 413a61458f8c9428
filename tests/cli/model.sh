make_bad stacked in.h5
part "a good model"
make_bad model model.h5
t geosc inspect model.h5
t geosc inspect --json model.h5
t geosc match in.h5 -m model.h5 -o out.h5 --progress none
part "bad models"
for name in model-missing-key model-left-over model-shape model-nan model-variance model-integer; do
    make_bad $name $name.h5
    t geosc match in.h5 -m $name.h5 -o bad.h5
    t geosc inspect $name.h5
done
part "not a model"
t geosc match in.h5 -m in.h5 -o bad.h5
t geosc match in.h5 -m missing.h5 -o bad.h5
t geosc match model.h5 -o bad.h5
part "a model that does not fit"
t geosc synth -o other.h5 --model-out other-model.h5 --channels 6 --height 5 --width 5 --pairs 2 --hidden 4 --blocks 1
t geosc match in.h5 -m other-model.h5 -o bad.h5
part "no output was left"
t ls
