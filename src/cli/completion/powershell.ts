/** The script of `liqoctl completion powershell`. It knows no words itself: `liqoctl __complete` tells them all. */
import type { Commands } from "../command/command.ts";

export function powershellScript({ name }: Commands): string {
  return `# PowerShell completion for ${name}. Load it by: ${name} completion powershell | Out-String | Invoke-Expression

Register-ArgumentCompleter -Native -CommandName '${name}' -ScriptBlock {
  param($wordToComplete, $commandAst, $cursorPosition)

  # Words before the cursor, without their quotes; the last one is what is being typed.
  $words = @()
  foreach ($element in ($commandAst.CommandElements | Select-Object -Skip 1)) {
    if ($element.Extent.StartOffset -ge $cursorPosition) { break }
    if ($element -is [System.Management.Automation.Language.StringConstantExpressionAst]) { $words += $element.Value }
    else { $words += $element.Extent.Text }
  }
  $current = ''
  if ($wordToComplete -ne '' -and $words.Count -gt 0) {
    $current = $words[-1]
    $words = @($words | Select-Object -SkipLast 1)
  }

  # Older versions leave out an argument that is empty.
  $last = $current
  if ($last -eq '' -and ($PSVersionTable.PSVersion -lt [version]'7.3.0' -or $PSNativeCommandArgumentPassing -eq 'Legacy')) { $last = '""' }
  $program = $commandAst.CommandElements[0].Extent.Text
  $lines = @(& $program __complete @words $last 2>$null)
  if ($lines.Count -eq 0) { return }
  $directive = $lines[-1]
  $prefix = ''
  if ($current -match '^--[^=]+=') { $prefix = $Matches[0] }

  $results = @($lines | Select-Object -SkipLast 1 | ForEach-Object {
    $word, $description = $_ -split "\`t", 2
    if (-not $description) { $description = $word }
    $text = "$prefix$word"
    # A name out of a kubeconfig is no code.
    if ($text -notmatch '^[\\w./:@%+=-]+$') { $text = "'" + ($text -replace "'", "''") + "'" }
    [System.Management.Automation.CompletionResult]::new($text, $word, 'ParameterValue', $description)
  })
  # Nothing at all would be taken for names of files.
  if ($results.Count -eq 0 -and $directive -ne ':0') { '' } else { $results }
}
`;
}
