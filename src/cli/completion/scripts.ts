/**
 * What the shells source. Each asks `kha __complete WORD…` (the last word is the one at the cursor) and gets a candidate a
 * line, with a tab before its description; the line `:files` asks for file names.
 */
export const completionScripts = {
  bash: String.raw`
# bash completion for kha; in ~/.bashrc: source <(kha completion bash)
_kha() {
  local current="${'${COMP_WORDS[COMP_CWORD]}'}" line
  COMPREPLY=()
  while IFS= read -r line; do
    if [[ $line == :files ]]; then
      compopt -o filenames 2>/dev/null
      while IFS= read -r line; do COMPREPLY+=("$line"); done < <(compgen -f -- "$current")
    else
      COMPREPLY+=("${"${line%%$'\\t'*}"}")
    fi
  done < <(kha __complete "${'${COMP_WORDS[@]:1:COMP_CWORD}'}" 2>/dev/null)
}
complete -F _kha kha
`,
  zsh: String.raw`#compdef kha
# zsh completion for kha; in ~/.zshrc: source <(kha completion zsh)
_kha() {
  local line
  local -a found
  while IFS= read -r line; do
    if [[ $line == :files ]]; then
      _files
    else
      found+=("${"${${line%%$'\\t'*}//:/\\\\:}"}:${"${line#*$'\\t'}"}")
    fi
  done < <(kha __complete "${'${(@)words[2,CURRENT]}'}" 2>/dev/null)
  (( ${'${#found}'} )) && _describe 'kha' found
}
compdef _kha kha
`,
  fish: String.raw`# fish completion for kha; kha completion fish > ~/.config/fish/completions/kha.fish
function __kha_complete
  set -l words (commandline -opc) (commandline -ct)
  for line in (kha __complete $words[2..-1] 2>/dev/null)
    if test "$line" = ':files'
      __fish_complete_path (commandline -ct)
    else
      echo $line
    end
  end
end
complete -c kha -f -a '(__kha_complete)'
`,
} as const;
