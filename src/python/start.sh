#!/bin/sh
# start.sh PYTHON: prints the first lines of a script that this Python shall run. The kernel accepts a path after "#!" that is absolute,
# has no blanks and is short (127 bytes are safe); for other paths, lines that are both shell and Python have the shell start it.
case $1 in
    [!/]*) echo "#!/usr/bin/env $1" ;;
    *[!A-Za-z0-9_./+@:=~-]*) long=yes ;;
    *) test ${#1} -le 124 && echo "#!$1" || long=yes ;;
esac
test -n "${long-}" || exit 0
# Characters that are special between double quotes get single quotes instead: Python would warn about a backslash before them.
quoted=$(printf '%s\n' "$1" | sed "s/[\\\\\"\$\`]/\"'&'\"/g")
cat <<END
#!/bin/sh
'''exec' "$quoted" "\$0" "\$@"
' '''
END
