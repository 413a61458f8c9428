# ./bootstrap on machines with other package managers than apt, or without autotools: only programs linked into bin exist.
bootstrap=$srcdir/bootstrap
mkdir bin tree
for tool in sh cat sed grep awk dirname head find getconf env id; do
    ln -s "$(command -v $tool)" bin/$tool
done
cp "$bootstrap" tree/
touch tree/configure.ac tree/Makefile.am
mkdir tree/m4
touch tree/m4/geosc_hdf5.m4
sh=$(command -v sh)
# machine "PROGRAM..." WORD...: ./bootstrap WORD... on a machine with these programs, which print how they are called.
machine() {
    mkdir machine
    cp -P bin/* machine/
    for program in $1; do
        rm -f machine/$program
        printf '#!%s\necho "%s: $*"\n' "$sh" "$program" >machine/$program
        chmod +x machine/$program
    done
    shift
    PATH=$PWD/machine tree/bootstrap "$@"
    ended=$?
    rm -r machine
    return $ended
}

part "the command that installs what building needs, for what is there"
for program in dnf pacman zypper apk pkg brew conda spack; do
    t machine $program deps
done
t machine "conda dnf" deps
part "what the tests need"
t machine dnf deps check
t machine pacman deps all
t machine spack deps all
t machine dnf deps everything
part "none of them is there"
t machine "" deps
t machine "" deps check
part "tools are missed before they are called"
t machine dnf
t machine "brew automake aclocal" build
t machine ""
part "with apt-get, as root: each set, and no more"
# apt-cache knows all packages but one.
cat >id <<'END'
#!/bin/sh
echo 0
END
cat >apt-cache <<'END'
#!/bin/sh
case $1 in depends) echo "  Depends: clang-19" ;; show) test "$2" != chromium ;; esac
END
cat >dpkg-query <<'END'
#!/bin/sh
case $4 in make) echo "install ok installed" ;; *) exit 1 ;; esac
END
chmod +x id apt-cache dpkg-query
mv -f id apt-cache dpkg-query bin/
t machine apt-get deps
t machine apt-get deps check
t machine apt-get deps all
t machine apt-get
