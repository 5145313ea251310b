import type { NodeFile } from '../../cluster/files.ts'
import type { Control, Site } from '../control.ts'
import { textFile } from '../node/file.ts'

/**
 * What sshd must be set to, by the names of `sshd -T`. Keys keep working: apply and verify come by them. Weak algorithms are taken out of
 * what this sshd has, not listed anew: a name that it does not know would keep it from starting.
 */
export const sshdSettings = {
  PasswordAuthentication: 'no',
  KbdInteractiveAuthentication: 'no',
  PermitEmptyPasswords: 'no',
  PubkeyAuthentication: 'yes',
  PermitRootLogin: 'prohibit-password',
  X11Forwarding: 'no',
  MaxAuthTries: '3',
  LoginGraceTime: '30',
} as const
const withoutWeak = {
  Ciphers: '-*cbc*,3des*,arcfour*,chacha20*', // the last: CVE-2023-48795
  MACs: '-*sha1*,*md5*,umac-64*',
  KexAlgorithms: '-*sha1*',
} as const

/** Debian's sshd_config reads the folder first, and the first value of a name counts. */
function filesOf({ model }: Site, text: string): Record<string, readonly NodeFile[]> {
  const file = textFile('/etc/ssh/sshd_config.d/10-redoubt.conf', text, { restarts: ['sshd'] })
  return Object.fromEntries(model.nodes.map((node) => [node.name, [file]]))
}

export const hostSshd: Control = {
  id: 'host-sshd',
  title: 'Nodes are entered with keys alone, over strong algorithms',
  references: ['claim: private endpoints, firewall checklists', 'claim: minimal privileges'],
  why: 'Who guesses a password of root owns the node, and every key on it.',
  on: (site) => {
    const lines = Object.entries({ ...sshdSettings, ...withoutWeak }).map(([name, value]) => `${name} ${value}\n`)
    return { nodeFiles: filesOf(site, lines.join('')) }
  },
  // Nothing of ours: a host that is closed already is not opened.
  off: (site) => ({ nodeFiles: filesOf(site, '# as the host has it\n') }),
}
