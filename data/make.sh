#!/bin/sh
# data/make.sh GEOSC: creates the sample input and model beside this script again, with the command GEOSC.
set -eu
cd "$(dirname "$0")"
"$1" synth --force -o pairs.h5 --model-out model.h5 --seed 60 --layout indexed --images 4 --pairs 10 \
    --channels 18 --height 20 --width 20 --keypoints 8 --hidden 8 --blocks 2 --dtype f2 --deflate 9
