// Arguments as a process really has them, read as the component reads them.
import type { ConfigurableName } from '../../../cluster/components.ts'

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

/**
 * What a list flag is set to; undefined when it is not given. With pflag each occurrence adds. With etcd's own flags the last one wins
 * (etcd pkg/flags/strings.go).
 */
export function listOf(args: readonly string[], flag: string, component: ConfigurableName): string[] | undefined {
  const values = valuesOf(args, flag).slice(component === 'etcd' ? -1 : 0)
  return values.length === 0 ? undefined : values.flatMap((value) => value.split(',')).filter((item) => item !== '')
}

/** Flags that name a configuration file beside which the other flags, or most of them, count for nothing. */
const files: Partial<Record<ConfigurableName, string>> = { etcd: 'config-file', 'kube-scheduler': 'config' }

/** Why a component does not go by its other arguments; undefined when it does. */
export function overruled(args: readonly string[], component: ConfigurableName): string | undefined {
  const flag = files[component]
  const file = flag === undefined ? undefined : scalarOf(args, flag)
  return file === undefined ? undefined : `--${flag}=${file} counts instead`
}
