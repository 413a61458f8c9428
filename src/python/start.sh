#!/bin/sh
# start.sh PYTHON: the lines with which a script begins that this Python is to run. The kernel takes a path with the "#!" if it is absolute,
# without blanks, and short (127 bytes are safe); for others a line that is both shell and Python has the shell find it.
case $1 in
    [!/]*) echo "#!/usr/bin/env $1" ;;
    *[!A-Za-z0-9_./+@:=~-]*) long=yes ;;
    *) test ${#1} -le 124 && echo "#!$1" || long=yes ;;
esac
test -n "${long-}" || exit 0
# Those that mean something between double quotes leave these for single ones: Python warns of a backslash before them.
quoted=$(printf '%s\n' "$1" | sed "s/[\\\\\"\$\`]/\"'&'\"/g")
cat <<END
#!/bin/sh
'''exec' "$quoted" "\$0" "\$@"
' '''
END
