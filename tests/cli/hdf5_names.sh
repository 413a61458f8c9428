# Some names in HDF5's headers mean one version of a function or another: it depends on the release, its configuration and the user's flags.
# geosc names the version (src/lib/h5/h5_versions.h).
sources=$(cd "$srcdir" && find src tests examples -name '*.[ch]' ! -name h5_versions.h | sort)
include="-std=c11 -D_GNU_SOURCE -I$srcdir/include -I$srcdir/src -I$srcdir/src/lib -I$srcdir/src/cli -I$srcdir/tests ${CANARY_CFLAGS-}"

# The names of HDF5 2.2 (older releases have fewer), and those of the installed HDF5, which may have more.
known="H5A_operator_t H5Acreate H5Aiterate H5Dcreate H5Dopen H5Dread_chunk H5E_auto_t H5E_error_t H5E_walk_t H5Eclear H5Eget_auto H5Eprint
    H5Epush H5Eset_auto H5Ewalk H5F_info_t H5Fget_info H5Gcreate H5Gopen H5Iregister_type H5L_info_t H5L_iterate_t H5Lget_info
    H5Lget_info_by_idx H5Literate H5Literate_by_name H5Lvisit
    H5Lvisit_by_name H5O_info_t H5O_iterate_t H5Oget_info H5Oget_info_by_idx H5Oget_info_by_name H5Ovisit H5Ovisit_by_name H5Pencode
    H5Pget_filter H5Pget_filter_by_id H5Pinsert H5Pregister H5Rdereference H5Rget_obj_type H5Sencode H5Tarray_create H5Tcommit H5Tdecode
    H5Tget_array_dims H5Topen H5Z_class_t"
{
    echo "$known" | tr -s ' ' '\n' | grep .
    echo '#include <hdf5.h>' | ${TEST_CC:-cc} $include -E -dM - |
        sed -n 's/^#define \(H5[A-Za-z_0-9]*\) \(H5.*\)[0-9]\(_t\)\{0,1\}$/\1 \2\3/p' | awk '$1 == $2 { print $1 }'
} | sort -u >names

part "names that leave the version open"
test "$(wc -l <names)" -ge 45 || echo "only $(wc -l <names) names"
(cd "$srcdir" && grep -nwF -f "$OLDPWD/names" $sources)
echo "that is all"

# Compiles all files that call HDF5, except those that need cmocka or clang.
compile() {
    for source in $(cd "$srcdir" && grep -lE '\<H5[A-Z]+[a-z]' $sources | grep -v -e '\.h$' -e /test_ -e /fuzz/); do
        ${TEST_CC:-cc} $include "$@" -Werror=implicit-function-declaration -fsyntax-only "$srcdir/$source" || return 1
    done
}

part "headers that pretend to be older, or have nothing that is deprecated"
t compile -DH5_USE_16_API
t compile -DH5_USE_18_API
t compile -DH5_USE_110_API
# First undoes the default version of the headers, which Debian's have: it does not work without deprecated functions.
{
    echo '#include <H5pubconf.h>'
    for version in 16 18 110 112 114 200; do
        echo "#undef H5_USE_${version}_API_DEFAULT"
    done
    echo '#include <H5version.h>'
} >newest.h
t compile -include ./newest.h -DH5_NO_DEPRECATED_SYMBOLS
