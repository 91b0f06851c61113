# Completes `hanamictl data` as bash does it when the Tab key is pressed. Arguments: Node, and hanamictl's main file.
node=$1
main=$2
hanamictl() { "$node" "$main" "$@"; }
source <(hanamictl completion bash)
COMP_WORDS=(hanamictl data)
COMP_CWORD=1
COMP_LINE='hanamictl data'
COMP_POINT=${#COMP_LINE}
$(complete -p hanamictl | sed 's/.*-F \([^ ]*\) .*/\1/')
echo "${COMPREPLY[@]}"
