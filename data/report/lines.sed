# A text file as C strings, one for each line.
s/[\\"]/\\&/g
s/^/    "/
s/$/\\n",/
