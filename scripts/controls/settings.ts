import { octal } from '../../cluster/files.ts'
import { objectName } from '../../cluster/objects.ts'
import type { Contribution, Fields } from '../../templates/control.ts'

type Describe = { [Kind in keyof Contribution]-?: (sets: NonNullable<Contribution[Kind]>) => string[] }

const fields = (component: string, sets: Fields) =>
  Object.entries(sets).map(([path, value]) => `${component}: ${path}: ${JSON.stringify(value)}`)

/** One function per kind of setting: the compiler asks for those that are added. */
const describe: Describe = {
  args: (sets) =>
    Object.entries(sets).flatMap(([component, args]) =>
      Object.entries(args).map(
        ([flag, value]) => `${component} --${flag}=${typeof value === 'string' ? value : value.join(',')}`,
      ),
    ),
  kubelet: (sets) => fields('kubelet', sets),
  kubeProxy: (sets) => fields('kube-proxy', sets),
  authentication: (sets) => fields('authentication.yaml', sets),
  containerd: (sets) => fields('containerd', sets),
  files: (sets) => sets.map((file) => `file ${file.path} (${octal(file.mode)} ${file.owner})`),
  nodeFiles: (sets) =>
    [...new Map(Object.values(sets).flatMap((files) => files.map((file) => [file.path, file]))).values()].map(
      (file) => `file ${file.path} (${octal(file.mode)} ${file.owner})`,
    ),
  modes: (sets) =>
    sets.map(({ below, suffix = '', mode }) => `files ${below}${suffix && `*${suffix}`}: ${octal(mode)}`),
  users: (sets) => Object.entries(sets).map(([pod, { name, uid, gid }]) => `${pod} runs as ${name} (${uid}:${gid})`),
  owners: (sets) => Object.entries(sets).map(([path, owner]) => `owner of ${path}: ${owner}`),
  objects: (sets) => sets.map((object) => `object ${objectName(object)}`),
  byTag: (sets) => sets.map((name) => `image ${name} by tag`),
}

/** What a control sets, a line each. */
export function settings(contribution: Contribution): string[] {
  return (Object.keys(describe) as (keyof Contribution)[]).flatMap((kind) => {
    const sets = contribution[kind]
    return sets === undefined ? [] : (describe[kind] as (value: unknown) => string[])(sets)
  })
}
