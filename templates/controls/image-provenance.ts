import type { KubeObject } from '../../cluster/objects.ts'
import type { Control, Site } from '../control.ts'
import { bundleImages, tagBeforeDigest } from '../images.ts'
import { admissionPolicy } from './objects/policy.ts'

export const imageProvenance: Control = {
  id: 'image-provenance',
  title: 'Pods run images of the bundle only, named by digest',
  references: ['CIS 5.5.1', 'STIG V-242395', 'STIG V-242442', 'claim: image checks', 'claim: air gap'],
  why: 'A tag can be moved and an image can be imported by hand; a digest of the signed bundle cannot be forged.',
  on: (site) => ({ objects: policy(site, 'Deny') }),
  off: (site) => ({ objects: policy(site, 'Audit'), byTag: ['coredns'] }),
}

/** Of the list, as it is or without a tag before its digest. Where there is none, CEL's replace of nothing makes what no list holds. */
const known = (image: string) =>
  `(${image} in variables.known || ${image}.replace(${image}.find('${tagBeforeDigest}'), '@') in variables.known)`

function policy(site: Site, action: 'Deny' | 'Audit'): KubeObject[] {
  // An update may keep what a pod has: the pods of an older bundle can still be changed and deleted.
  const kept = (field: string) =>
    `oldObject != null && has(oldObject.spec.${field}) && oldObject.spec.${field}.exists(o, o.image == c.image)`
  const list = (field: string) =>
    `!has(object.spec.${field}) || object.spec.${field}.all(c, ${known('c.image')} || ${kept(field)})`
  // No update can change them.
  const volumes = `oldObject != null || !has(object.spec.volumes) || object.spec.volumes.all(v, !has(v.image) || has(v.image.reference) && ${known('v.image.reference')})`
  const rules = ['containers', 'initContainers', 'ephemeralContainers'].map((field) => [field, list(field)])
  return admissionPolicy(
    {
      name: 'redoubt-images-of-the-bundle',
      rules: [{ groups: [''], resources: ['pods', 'pods/ephemeralcontainers'], operations: ['CREATE', 'UPDATE'] }],
      variables: [{ name: 'known', expression: JSON.stringify(bundleImages(site.lock)) }],
      validations: [...rules, ['volumes', volumes]].map(([field, expression = '']) => ({
        expression,
        message: `an image in spec.${field} is none of the bundle's, named by digest`,
      })),
    },
    action,
  )
}
