import type { NodeFile } from '../../cluster/files.ts'
import type { Control, Site } from '../control.ts'
import { nowhere, registries } from '../node/containerd.ts'
import { textFile } from '../node/file.ts'
import { writeToml } from '../node/toml.ts'

function filesOf({ model }: Site, text: string): Record<string, readonly NodeFile[]> {
  const file = textFile(`${registries}/_default/hosts.toml`, text)
  return Object.fromEntries(model.nodes.map((node) => [node.name, [file]]))
}

const sockets = (gid: number, tcp: string) => ({
  'grpc.uid': 0,
  'grpc.gid': gid,
  'grpc.tcp_address': tcp,
  'debug.address': '',
  'metrics.address': '',
})

export const containerdClosed: Control = {
  id: 'containerd-closed',
  title: 'containerd is root’s alone, listens to no network and asks no registry',
  references: [
    'claim: private endpoints, firewall checklists',
    'claim: air gap',
    'claim: image checks',
    'claim: minimal privileges',
  ],
  why: 'Who reaches its socket is root on the node; an image that is not of the bundle was checked by nobody.',
  on: (site) => ({ containerd: sockets(0, ''), nodeFiles: filesOf(site, writeToml(nowhere)) }),
  off: (site) => ({
    containerd: sockets(65534, '127.0.0.1:10010'), // on loopback: a cluster with it off is weak, not open to its neighbours
    nodeFiles: filesOf(site, '# every registry is asked by its own name\n'),
  }),
}
