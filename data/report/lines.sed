# A text file as C strings, one for each line. Modules lose what would import them from one another: they become one script.
/^import .* from "\.\/[a-z]*\.js";$/d
s/^export //
s/[\\"]/\\&/g
s/^/    "/
s/$/\\n",/
