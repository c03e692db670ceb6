/**
 * Scripts that teach a shell to complete commands (cli.md 17). Each asks the program itself, by `__complete`, so that they
 * know every command and flag of the program that is installed, and stay good when it changes. The word at the cursor goes
 * with a `=` before it, since some shells leave an empty argument out. `NAME` is the program's.
 */
export type Shell = 'bash' | 'fish' | 'powershell' | 'zsh';

/** Bash divides words at `=` too, which are put together again, and inserts only what follows it. */
const bash = `# bash completion of NAME: source <(NAME completion bash)
_NAME_complete() {
  local word line joined=() answer=() cut=''
  for word in "\${COMP_WORDS[@]:1:COMP_CWORD}"; do
    if [[ \${#joined[@]} -gt 0 && ( $word == = || \${joined[-1]} == -*= ) ]]; then
      joined[-1]+=$word
    else
      joined+=("$word")
    fi
  done
  [[ \${joined[-1]} == -*=* ]] && cut=\${joined[-1]%%=*}=
  mapfile -t answer < <("\${COMP_WORDS[0]}" __complete "\${joined[@]:0:\${#joined[@]}-1}" "=\${joined[-1]}" 2>/dev/null)
  COMPREPLY=()
  if [[ \${answer[0]} == files ]]; then
    mapfile -t COMPREPLY < <(compgen -f -- "\${joined[-1]#"$cut"}")
    compopt -o filenames
    return
  fi
  for line in "\${answer[@]:1}"; do
    line=\${line%%$'\\t'*}
    COMPREPLY+=("\${line#"$cut"}")
  done
}
complete -F _NAME_complete NAME
`;

const zsh = `#compdef NAME
# zsh completion of NAME: source <(NAME completion zsh)
_NAME_complete() {
  local line
  local -a answer found
  answer=("\${(@f)$("\${words[1]}" __complete "\${(@)words[2,CURRENT-1]}" "=\${words[CURRENT]}" 2>/dev/null)}")
  if [[ \${answer[1]} == files ]]; then
    [[ \${words[CURRENT]} == -*=* ]] && compset -P '*='
    _files
    return
  fi
  for line in "\${(@)answer[2,-1]}"; do
    line=\${line//:/\\\\:}
    found+=("\${line/$'\\t'/:}")
  done
  _describe 'NAME' found
}
(( $+functions[compdef] )) || { autoload -Uz compinit && compinit -u }
compdef _NAME_complete NAME
`;

const fish = `# fish completion of NAME: NAME completion fish | source
function __NAME_complete
  set -l words (commandline -opc)
  set -l current (commandline -ct)
  set -l answer ($words[1] __complete $words[2..-1] "=$current" 2>/dev/null)
  if test "$answer[1]" = files
    set -l start (string match -r -- '^-[^=]*=' "$current")
    __fish_complete_path (string replace -- "$start" '' "$current") | string replace -r -- '^' "$start"
  else
    printf '%s\\n' $answer[2..-1]
  end
end
complete -c NAME -f -a '(__NAME_complete)'
`;

const powershell = `# PowerShell completion of NAME: NAME completion powershell | Out-String | Invoke-Expression
Register-ArgumentCompleter -Native -CommandName 'NAME' -ScriptBlock {
  param($wordToComplete, $commandAst, $cursorPosition)
  $words = @($commandAst.CommandElements | Where-Object { $_.Extent.EndOffset -lt $cursorPosition } |
    Select-Object -Skip 1 | ForEach-Object { "$_" })
  $kind, $lines = & NAME __complete @words "=$wordToComplete" 2>$null
  if ($kind -eq 'files') { return }
  $lines | ForEach-Object {
    $word, $help = $_ -split [char]9, 2
    if (-not $help) { $help = $word }
    [System.Management.Automation.CompletionResult]::new($word, $word, 'ParameterValue', $help)
  }
}
`;

const scripts: Record<Shell, string> = { bash, fish, powershell, zsh };

/**
 * @param program the name by which the shell knows the program
 * @param described whether each word comes with what it is for
 */
export const completionScript = (shell: Shell, program: string, described: boolean): string =>
  scripts[shell]
    .replaceAll(/NAME(?=_complete)/g, program.replaceAll(/\W/g, '_'))
    .replaceAll('NAME', program)
    .replaceAll(' __complete', described ? ' __complete' : ' __completeNoDesc');
