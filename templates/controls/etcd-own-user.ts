import { paths } from '../../cluster/components.ts'
import type { SystemUser } from '../../cluster/files.ts'
import type { Control } from '../control.ts'

/**
 * etcd's user. A fixed number, since manifest and files name it before the user is there. It is a system user's (below 1000), far from
 * both ends at which Debian gives numbers away: adduser counts up from 100, systemd-sysusers down from 999.
 */
export const etcdUser: SystemUser = { name: 'etcd', uid: 379, gid: 379 }

/** The keys that etcd itself reads. That of the health check is read by root's etcdctl alone. */
export const etcdKeys: readonly string[] = ['server', 'peer'].map((name) => `${paths.pki}/etcd/${name}.key`)

/** The owner of what is etcd's: its data and its keys. */
export const etcdOwner = `${etcdUser.uid}:${etcdUser.gid}`

export const etcdOwnUser: Control = {
  id: 'etcd-own-user',
  title: 'etcd runs as a user of its own, which alone reads its data and its keys',
  references: ['CIS 1.1.12', 'STIG V-242445', 'claim: minimal privileges'],
  why: 'Whoever breaks out of etcd as root is root on the node; as its own user he has what etcd had and no more.',
  on: ({ model }) => ({
    users: { etcd: etcdUser },
    owners: Object.fromEntries([model.places.etcdData, ...etcdKeys].map((path) => [path, etcdOwner])),
  }),
  // As kubeadm does: root, still without capabilities.
  off: () => ({}),
}
