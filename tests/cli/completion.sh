# Real shells complete command lines with geosc's completion scripts.
part "topics"
t geosc help --completion csh
for topic in poses imd files exit environment completion; do
    geosc help $topic >said || echo "exit $?"
    sed 1q said
    awk 'length > 90 { print "too long: " $0 }' said
done
t geosc help exit
t geosc help poes
t geosc rendr
t geosc report --gallry 3 a b

part "bash"
geosc help --completion bash >geosc.bash
# Prints bash's completions of the last word of a line.
in_bash() {
    bash --norc -c '
        source ./geosc.bash
        COMP_WORDS=("$@") COMP_CWORD=$(($# - 1))
        $(complete -p geosc | sed "s/.*-F \([^ ]*\).*/\1/")
        echo ${COMPREPLY[*]}' bash "$@"
}
t in_bash geosc ma
t in_bash geosc match --im
t in_bash geosc match --conv ''
t in_bash geosc match --conv = wi
t in_bash geosc match in.h5 --window ''
t in_bash geosc render in.h5 --al
t in_bash geosc help po
t in_bash geosc match in

part "fish"
if ! command -v fish >/dev/null; then
    skip "no fish"
fi
geosc help --completion fish >geosc.fish
in_fish() {
    HOME=$PWD XDG_CONFIG_HOME=$PWD fish --no-config -c 'source geosc.fish; complete -C "$argv[1]"' "$1" | cut -f 1 | sort | tr '\n' ' '
    echo
}
t in_fish 'geosc ma'
t in_fish 'geosc match --im'
t in_fish 'geosc match --conv '
t in_fish 'geosc render --al'
t in_fish 'geosc help po'

part "zsh"
if ! command -v zsh >/dev/null; then
    skip "no zsh"
fi
geosc help --completion zsh >geosc.zsh
# Runs an interactive zsh in its own terminal and sends it a line and a tab.
cat >drive.zsh <<'END'
zmodload zsh/zpty
zpty shell "TERM=dumb HISTFILE= zsh -f -i"
zpty -w shell "PS1='> '; LISTMAX=1000; autoload -Uz compinit; compinit -u -D; source ./geosc.zsh; setopt no_auto_menu; echo rea''dy"
zpty -r -m shell seen '*ready*' || exit 1
zpty -w -n shell "$1"$'\t\C-a'"echo 'line=' \""$'\C-e'"\"=end"$'\n'
zpty -r -m shell seen '*line= *=end*' || exit 1
print -r -- ${${seen##*line= }%%=end*}
zpty -d shell
END
in_zsh() {
    timeout 60 zsh -f drive.zsh "$1" | tr -d '\r' | sed 's/ *$//'
}
t in_zsh 'geosc ma'
t in_zsh 'geosc match --im'
t in_zsh 'geosc match --imd eu'
t in_zsh 'geosc render --al'
t in_zsh 'geosc help po'
