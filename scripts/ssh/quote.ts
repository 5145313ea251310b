/** One word for a POSIX shell, whatever it holds: `it's` becomes `'it'\''s'`. Throws on NUL, which no argument can hold. */
export function shellQuote(word: string): string {
  if (word.includes('\0')) throw new Error('a shell word cannot hold NUL')
  return `'${word.replaceAll("'", `'\\''`)}'`
}

/**
 * The command line that runs a script of `bytes` bytes, which comes first on standard input; what follows is the script's own
 * input. So a script is never interpolated, and its words (`$1`, `$2`) are quoted. `head -c` reads no byte too many,
 * which a shell that reads its script from a pipe may do.
 */
export function loaderCommand(bytes: number, words: readonly string[]): string {
  const loader = `umask 077; script=$(head -c ${bytes}) && exec sh -c "$script" "$@"`
  return ['exec', 'sh', '-c', ...[loader, 'sh', 'redoubt', ...words].map(shellQuote)].join(' ')
}
