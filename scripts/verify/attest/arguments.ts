// Arguments as a process really has them, read as the component reads them.

/**
 * Every value that is given to a flag, in order: `--name=value`, `--name value`, `--name` alone (true). pflag takes underscores for
 * dashes in Kubernetes' components, and one dash for two in etcd's.
 */
function valuesOf(args: readonly string[], flag: string): string[] {
  return args.flatMap((arg, index) => {
    const [, name = '', value] = /^--?([^=\s]+)(?:=([\s\S]*))?$/.exec(arg) ?? []
    if (name.replaceAll('_', '-') !== flag) return []
    if (value !== undefined) return [value]
    const next = args[index + 1]
    return [next === undefined || next.startsWith('-') ? 'true' : next]
  })
}

/** What a scalar flag is set to: the last of several wins. Undefined when it is not given. */
export function scalarOf(args: readonly string[], flag: string): string | undefined {
  return valuesOf(args, flag).at(-1)
}

/** What a list flag is set to: each occurrence adds. Undefined when it is not given. */
export function listOf(args: readonly string[], flag: string): string[] | undefined {
  const values = valuesOf(args, flag)
  return values.length === 0 ? undefined : values.flatMap((value) => value.split(',')).filter((item) => item !== '')
}
