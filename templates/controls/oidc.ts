import type { ClusterSpec } from '../../cluster/spec.ts'
import type { Control, Fields, Site } from '../control.ts'

export type Provider = NonNullable<ClusterSpec['spec']['authentication']['oidc']>

/** Names that the cluster gives rights to by itself: no identity provider hands them out, whatever its prefix is. */
const reserved = ['system:', 'kubeadm:', 'redoubt:']

/** A CEL list of plain words. */
const words = (items: readonly string[]) => `[${items.map((item) => `'${item}'`).join(', ')}]`

const unreserved = (name: string) => reserved.map((prefix) => `!${name}.startsWith('${prefix}')`).join(' && ')

/** Without `rules` whatever the provider signs is believed: any names, no second factor, for as long as it says. */
function authenticator({ model, authorities }: Site, rules: boolean): Fields {
  const { oidc } = model.spec.authentication
  if (!oidc) return {}
  const { issuer, audiences, username, groups, amr, maxLifetime } = oidc
  const named = ({ claim, prefix }: Provider['username']) => ({ claim, prefix: rules ? prefix : '' })
  return {
    jwt: [
      {
        issuer: {
          url: issuer,
          audiences,
          audienceMatchPolicy: 'MatchAny',
          certificateAuthority: authorities(oidc.ca),
        },
        claimMappings: { username: named(username), groups: named(groups) },
        ...(rules
          ? {
              claimValidationRules: [
                {
                  expression: `dyn(claims.?amr.orValue([])).exists(method, method in ${words(amr)})`,
                  message: 'amr must name a second factor',
                },
                {
                  expression: `claims.exp - claims.iat <= ${maxLifetime}`,
                  message: `a token must not live longer than ${maxLifetime} seconds`,
                },
              ],
              userValidationRules: [
                { expression: unreserved('user.username'), message: 'this user name is reserved' },
                {
                  expression: `user.groups.all(group, ${unreserved('group')})`,
                  message: 'one of these groups is reserved',
                },
              ],
            }
          : {}),
      },
    ],
  }
}

export const oidc: Control = {
  id: 'oidc',
  title: 'People come by the identity provider, with a second factor, for a short time and under names of their own',
  references: ['claim: MFA, OIDC / identity provider'],
  why: 'Certificates cannot be taken back; whatever else the provider signs must not become an administrator of the cluster.',
  notApplicable: ({ model }) =>
    model.spec.authentication.oidc ? undefined : 'the spec names no identity provider (authentication.oidc)',
  on: (site) => ({ authentication: authenticator(site, true) }),
  off: (site) => ({ authentication: authenticator(site, false) }),
}
