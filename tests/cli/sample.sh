# The committed sample of data/, as the README uses it.
part "inspect"
cp "$srcdir/data/pairs.h5" "$srcdir/data/model.h5" .
t geosc inspect pairs.h5
t geosc inspect model.h5
part "match and evaluate"
t geosc match pairs.h5 -m model.h5 -o matches.h5 --progress none --poses all --pose-source derived
t geosc eval pairs.h5 matches.h5
part "small"
find pairs.h5 model.h5 -size +63k
